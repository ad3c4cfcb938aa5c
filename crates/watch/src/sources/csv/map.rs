//! A column map, checked: which files it is for, and what their columns mean.

use std::collections::BTreeMap;
use std::ops::Range;

use encoding_rs::Encoding;
use jiff::tz::Offset;
use sakimori_words::{Text, Trouble};
use toml::Spanned;

use super::super::ocsf::{FAILURE, SUCCESS};
use super::super::text::line_at;
use super::encoding::{encoding, folded};
use super::map_file::{ColumnsFile, MapFile, Names};
use super::time::{Format, parse_zone};
use crate::troubles;

/// Largest map that is read, in bytes.
const MAP_BYTES_MAX: usize = 256 << 10;

/// Which columns of a CSV export say what. Made by [`CsvMap::parse`] from a small TOML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvMap {
    pub(super) name: String,
    pub(super) title: Text,
    /// Names that must stand in the header, folded, of each one spelling of several. Empty: the file has no header.
    pub(super) header: Vec<Vec<String>>,
    /// Pattern for the file's name, folded.
    pub(super) file_name: Option<String>,
    /// Names of the columns of a file without header, in their order.
    pub(super) names: Vec<String>,
    pub(super) encoding: Option<&'static Encoding>,
    pub(super) delimiter: Option<u8>,
    pub(super) product: String,
    pub(super) service: String,
    pub(super) class_uid: u32,
    pub(super) class_of: BTreeMap<String, u32>,
    /// Of each column the names it may have, folded.
    pub(super) time: Vec<Vec<String>>,
    pub(super) formats: Vec<Format>,
    pub(super) zone: Offset,
    pub(super) columns: Columns,
    pub(super) activities: BTreeMap<String, String>,
    pub(super) statuses: BTreeMap<String, String>,
}

/// Folded names of the columns behind each column of an event; of several the first that says something counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) user: Vec<String>,
    pub(super) patient: Vec<String>,
    pub(super) host: Vec<String>,
    pub(super) src_ip: Vec<String>,
    pub(super) dst_ip: Vec<String>,
    pub(super) activity: Vec<String>,
    pub(super) status: Vec<String>,
    pub(super) process: Vec<String>,
    /// All of these make the message.
    pub(super) message: Vec<String>,
}

/// A column map that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{field}`: {}", what.en)]
pub struct CsvMapError {
    /// Where, from 1.
    pub line: usize,
    /// Which field, e.g. `time.formats`.
    pub field: String,
    /// What is wrong with it.
    pub what: Text,
}

impl CsvMapError {
    /// The error as a person sees it; `file` is where the map stands.
    #[must_use]
    pub fn trouble(&self, file: &str) -> Trouble {
        let Self { line, field, what } = self;
        let detail = format!("{file}:{line}: {field}: {} / {}", what.ja, what.en);
        Trouble::new(&troubles::CSV_MAP, detail)
    }
}

impl CsvMap {
    /// Reads and checks a map.
    ///
    /// # Errors
    /// With the line and the field that is wrong.
    pub fn parse(toml: &str) -> Result<Self, CsvMapError> {
        if toml.len() > MAP_BYTES_MAX {
            let what = Text::new("対応表が大きすぎます", "the map is too large");
            return Err(CsvMapError { line: 1, field: String::new(), what });
        }
        let file = toml::from_str(toml).map_err(|error| not_toml(toml, &error))?;
        Check { toml }.map(file)
    }

    /// Its name, which no other map has.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, for screens.
    #[must_use]
    pub const fn title(&self) -> &Text {
        &self.title
    }
}

/// What the parser refuses; the field is the one that the line names.
fn not_toml(toml: &str, error: &toml::de::Error) -> CsvMapError {
    let at = error.span().map_or(0, |span| span.start);
    let line = line_at(toml, at);
    let text = toml.lines().nth(line - 1).unwrap_or_default();
    let field = text.split(['=', '#']).next().unwrap_or_default();
    let message = error.message();
    CsvMapError {
        line,
        field: field.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']')).to_owned(),
        what: Text::new(format!("対応表の書き方が違います（{message}）"), message),
    }
}

struct Check<'t> {
    toml: &'t str,
}

impl Check<'_> {
    fn map(&self, file: MapFile) -> Result<CsvMap, CsvMapError> {
        let name_is_plain = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !name_is_plain(file.name.get_ref()) {
            let what =
                ["半角の英小文字・数字・ハイフンで書いてください", "write it in a-z, 0-9 and -"];
            return Err(self.error(file.name.span(), "name", what));
        }
        let names = self.which_files(&file)?;
        let time = file.time.columns.get_ref().names();
        let span = file.time.columns.span();
        let time = time.iter().map(|own| self.folded(&names, "time.columns", own, span.clone()));
        let time = time.collect::<Result<Vec<_>, _>>()?;
        if time.iter().all(Vec::is_empty) {
            let what = ["時刻の列を書いてください", "name the column of the time"];
            return Err(self.error(file.time.columns.span(), "time.columns", what));
        }
        let header = file.header.map(Spanned::into_inner).unwrap_or_default();
        Ok(CsvMap {
            columns: self.all_columns(&names, &file.columns)?,
            statuses: self.statuses(&file.values.status)?,
            formats: self.formats(&file.time.formats)?,
            zone: self.zone(file.time.zone.as_ref())?,
            encoding: self.encoding(file.encoding.as_ref())?,
            delimiter: self.delimiter(file.delimiter.as_ref())?,
            name: file.name.into_inner(),
            title: file.title,
            header: header
                .iter()
                .map(|names| names.0.iter().map(|name| folded(name)).collect())
                .collect(),
            file_name: file.file_name.map(|pattern| folded(pattern.get_ref())),
            names,
            product: file.product,
            service: file.service,
            class_uid: file.class_uid,
            class_of: file.class_of,
            time,
            activities: file
                .values
                .activity
                .iter()
                .map(|(own, to)| (folded(own), to.clone()))
                .collect(),
        })
    }

    /// By header, or by the file's name with the names of its columns; returns those names.
    fn which_files(&self, file: &MapFile) -> Result<Vec<String>, CsvMapError> {
        let says_nothing =
            |names: &[String]| names.is_empty() || names.iter().any(|name| folded(name).is_empty());
        let no_header = file.header.as_ref().filter(|own| {
            own.get_ref().is_empty() || own.get_ref().iter().any(|names| says_nothing(&names.0))
        });
        let no_names = file.names.as_ref().filter(|own| says_nothing(own.get_ref()));
        let empty = no_header.map(|own| ("header", own.span()));
        if let Some((field, span)) = empty.or(no_names.map(|own| ("names", own.span()))) {
            let what = ["列名を書いてください", "give the names of columns"];
            return Err(self.error(span, field, what));
        }
        match (&file.header, &file.names, &file.file_name) {
            (Some(_), None, _) => Ok(Vec::new()),
            (None, Some(names), Some(_)) => Ok(names.get_ref().clone()),
            (Some(_), Some(names), _) => {
                let what = ["header があるときは書きません", "it does not go with header"];
                Err(self.error(names.span(), "names", what))
            }
            (None, Some(names), None) => {
                let what = [
                    "見出しのないファイルには file_name も要ります",
                    "a file without header also needs file_name",
                ];
                Err(self.error(names.span(), "names", what))
            }
            (None, None, pattern) => {
                let what = [
                    "見出しの列名か、file_name と names を書いてください",
                    "give header, or file_name and names",
                ];
                let span = pattern.as_ref().map_or(0..0, Spanned::span);
                Err(self.error(span, "header", what))
            }
        }
    }

    fn all_columns(&self, names: &[String], file: &ColumnsFile) -> Result<Columns, CsvMapError> {
        let column = |field: &str, own: &Option<_>| {
            self.columns(names, &format!("columns.{field}"), own.as_ref())
        };
        Ok(Columns {
            user: column("user", &file.user)?,
            patient: column("patient", &file.patient)?,
            host: column("host", &file.host)?,
            src_ip: column("src_ip", &file.src_ip)?,
            dst_ip: column("dst_ip", &file.dst_ip)?,
            activity: column("activity", &file.activity)?,
            status: column("status", &file.status)?,
            process: column("process", &file.process)?,
            message: column("message", &file.message)?,
        })
    }

    /// Folded; where the map gives all names of the file, each must be one of them.
    fn columns(
        &self,
        names: &[String],
        field: &str,
        own: Option<&Spanned<Names>>,
    ) -> Result<Vec<String>, CsvMapError> {
        match own {
            Some(own) => self.folded(names, field, &own.get_ref().0, own.span()),
            None => Ok(Vec::new()),
        }
    }

    fn folded(
        &self,
        names: &[String],
        field: &str,
        own: &[String],
        span: Range<usize>,
    ) -> Result<Vec<String>, CsvMapError> {
        let of_file: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let columns: Vec<String> = own.iter().map(|name| folded(name)).collect();
        let unknown = columns.iter().find(|name| !of_file.is_empty() && !of_file.contains(name));
        match unknown {
            None => Ok(columns),
            Some(name) => {
                let what = Text::new(
                    format!("「{name}」という列は names にありません"),
                    format!("there is no column `{name}` among names"),
                );
                let line = line_at(self.toml, span.start);
                Err(CsvMapError { line, field: field.to_owned(), what })
            }
        }
    }

    fn statuses(
        &self,
        file: &BTreeMap<String, Spanned<String>>,
    ) -> Result<BTreeMap<String, String>, CsvMapError> {
        let known = |to: &Spanned<String>| [SUCCESS, FAILURE].contains(&to.get_ref().as_str());
        if let Some(wrong) = file.values().find(|to| !known(to)) {
            let what = ["success か failure と書いてください", "write success or failure"];
            return Err(self.error(wrong.span(), "values.status", what));
        }
        Ok(file.iter().map(|(own, to)| (folded(own), to.get_ref().clone())).collect())
    }

    fn formats(&self, file: &[Spanned<String>]) -> Result<Vec<Format>, CsvMapError> {
        let read = |written: &Spanned<String>| {
            let what = [
                "%Y/%m/%d %H:%M:%S のような書式か wareki と書いてください",
                "write a pattern such as %Y/%m/%d %H:%M:%S, or wareki",
            ];
            Format::parse(written.get_ref())
                .ok_or_else(|| self.error(written.span(), "time.formats", what))
        };
        file.iter().map(read).collect()
    }

    /// Japan's, unless the map says otherwise.
    fn zone(&self, file: Option<&Spanned<String>>) -> Result<Offset, CsvMapError> {
        let Some(written) = file else { return Ok(jiff::tz::offset(9)) };
        parse_zone(written.get_ref()).ok_or_else(|| {
            let what = ["+09:00 のように書いてください", "write it like +09:00"];
            self.error(written.span(), "time.zone", what)
        })
    }

    fn encoding(
        &self,
        file: Option<&Spanned<String>>,
    ) -> Result<Option<&'static Encoding>, CsvMapError> {
        let Some(written) = file else { return Ok(None) };
        let known = encoding(written.get_ref());
        known.map(Some).ok_or_else(|| {
            let what = [
                "utf-8、shift_jis、euc-jp、utf-16 のどれかを書いてください",
                "write utf-8, shift_jis, euc-jp or utf-16",
            ];
            self.error(written.span(), "encoding", what)
        })
    }

    fn delimiter(&self, file: Option<&Spanned<String>>) -> Result<Option<u8>, CsvMapError> {
        let Some(written) = file else { return Ok(None) };
        match written.get_ref().as_str() {
            "," => Ok(Some(b',')),
            ";" => Ok(Some(b';')),
            "\t" | "tab" => Ok(Some(b'\t')),
            _ => {
                let what = ["「,」「;」「tab」のどれかを書いてください", "write , or ; or tab"];
                Err(self.error(written.span(), "delimiter", what))
            }
        }
    }

    fn error(&self, span: Range<usize>, field: &str, what: [&str; 2]) -> CsvMapError {
        let [ja, en] = what;
        let line = line_at(self.toml, span.start);
        CsvMapError { line, field: field.to_owned(), what: Text::new(ja, en) }
    }
}
