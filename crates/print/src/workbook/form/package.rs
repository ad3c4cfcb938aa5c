//! The parts of a workbook file: unpacked, one replaced, packed again in the same order.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::Sheet;
use super::sheet::SheetXml;
use crate::PrintError;

/// Most bytes of all parts together; forms are pages, and a small file can unpack into an endless one.
const BYTES_MAX: u64 = 64 << 20;
/// Most parts.
const PARTS_MAX: usize = 2_000;

const WORKBOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";
const STRINGS: &str = "xl/sharedStrings.xml";

/// A workbook file.
pub(super) struct Package {
    parts: Vec<(String, Vec<u8>)>,
}

/// The attributes of an element by their name without prefix.
pub(super) type Attributes = BTreeMap<String, String>;

impl Package {
    /// Unpacks a file.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PrintError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        if archive.len() > PARTS_MAX {
            return Err(broken(&"it has too many parts"));
        }
        let (mut parts, mut left) = (Vec::new(), BYTES_MAX);
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|error| broken(&error))?;
            let name = entry.name().map_err(|error| broken(&error))?.into_owned();
            if !entry.is_file() {
                continue;
            }
            let mut part = Vec::new();
            entry.take(left + 1).read_to_end(&mut part).map_err(|error| broken(&error))?;
            left = left.checked_sub(part.len() as u64).ok_or_else(|| broken(&"it is too large"))?;
            parts.push((name, part));
        }
        Ok(Self { parts })
    }

    /// Its sheets in their order, with what stands in their cells.
    pub(super) fn sheets(&self) -> Result<Vec<Sheet>, PrintError> {
        let relations = elements(self.text(RELATIONS)?, "Relationship")?;
        let path = |id: &str| {
            let of_id = |one: &&Attributes| one.get("Id").is_some_and(|own| own == id);
            relations.iter().find(of_id)?.get("Target").map(|target| resolved(target))
        };
        let strings = match self.text(STRINGS) {
            Ok(text) => shared_strings(text)?,
            // A workbook without any text has no such part.
            Err(_) => Vec::new(),
        };
        let mut sheets = Vec::new();
        for sheet in elements(self.text(WORKBOOK)?, "sheet")? {
            let path = sheet.get("id").and_then(|id| path(id));
            // Charts and dialogs are sheets, too, but have no cells.
            let Some(path) = path.filter(|path| path.contains("worksheets/")) else { continue };
            let name = sheet.get("name").cloned().unwrap_or_default();
            let xml = SheetXml::read(self.text(&path)?, &strings)?;
            sheets.push(Sheet { name, path, xml });
        }
        Ok(sheets)
    }

    /// Puts a text in the place of a part.
    pub(super) fn replace(&mut self, path: &str, text: String) {
        if let Some((_, part)) = self.parts.iter_mut().find(|(name, _)| name == path) {
            *part = text.into_bytes();
        }
    }

    /// Packs it again: the same parts give the same bytes.
    pub(super) fn write(&self) -> Result<Vec<u8>, PrintError> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        for (name, part) in &self.parts {
            archive.start_file(name.as_str(), options).map_err(|error| broken(&error))?;
            archive.write_all(part).map_err(|error| broken(&error))?;
        }
        Ok(archive.finish().map_err(|error| broken(&error))?.into_inner())
    }

    fn text(&self, path: &str) -> Result<&str, PrintError> {
        let part = self.parts.iter().find(|(name, _)| name == path);
        let (_, part) = part.ok_or_else(|| broken(&format!("`{path}` is missing")))?;
        std::str::from_utf8(part).map_err(|error| broken(&error))
    }
}

/// The trouble of a file that cannot be read.
pub(super) fn broken(problem: &dyn std::fmt::Display) -> PrintError {
    PrintError::OtherForm { problems: vec![format!("the file is no workbook (xlsx): {problem}")] }
}

/// The attributes of every element of that name.
fn elements(text: &str, name: &str) -> Result<Vec<Attributes>, PrintError> {
    let mut reader = Reader::from_str(text);
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == name => {
                found.push(attributes(&tag));
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The attributes of an element; what is no attribute is passed over.
pub(super) fn attributes(tag: &BytesStart<'_>) -> Attributes {
    let mut all = tag.attributes();
    all.with_checks(false);
    all.filter_map(Result::ok)
        .map(|one| {
            let value =
                unescape(&one.value).map_or_else(|_| one.value.to_string(), |own| own.into_owned());
            (one.key.local_name().as_ref().to_owned(), value)
        })
        .collect()
}

/// What an entity such as `&amp;` stands for; one that is unknown stays as it is.
pub(super) fn entity(name: &str) -> String {
    let written = format!("&{name};");
    unescape(&written).map_or_else(|_| written.clone(), |own| own.into_owned())
}

/// The texts that cells point at, without what is read aloud of them (furigana).
fn shared_strings(text: &str) -> Result<Vec<String>, PrintError> {
    let mut reader = Reader::from_str(text);
    let (mut found, mut in_text, mut in_reading) = (Vec::<String>::new(), false, false);
    loop {
        let event = reader.read_event().map_err(|error| broken(&error))?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let starts = matches!(event, Event::Start(_));
                match tag.local_name().as_ref() {
                    "si" => found.push(String::new()),
                    "t" => in_text = starts,
                    "rPh" => in_reading = starts,
                    _ => {}
                }
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => in_text = false,
                "rPh" => in_reading = false,
                _ => {}
            },
            Event::Eof => return Ok(found),
            other => {
                if let Some(own) = found.last_mut().filter(|_| in_text && !in_reading) {
                    own.push_str(&said(other));
                }
            }
        }
    }
}

/// The characters of an event between tags.
pub(super) fn said(event: &Event<'_>) -> String {
    match event {
        Event::Text(text) => text.to_string(),
        Event::CData(text) => text.to_string(),
        Event::GeneralRef(name) => entity(name),
        _ => String::new(),
    }
}

/// A target of the workbook as the name of a part.
fn resolved(target: &str) -> String {
    target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned)
}
