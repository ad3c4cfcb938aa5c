//! Japanese fonts of this machine: looked for in the usual folders and in one the institution names; none is built in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;

use crate::characters::chooses_shape;

/// Where systems keep fonts: Debian and others, macOS, Windows.
const FOLDERS: [&str; 6] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "/opt/homebrew/share/fonts",
    "C:\\Windows\\Fonts",
];

/// Families that are looked for, the best for official letters first, and how the names of their files end. Everything
/// found takes part, so that a later family helps out where the first has no glyph.
const FAMILIES: [(&str, &[&str]); 9] = [
    (
        "BIZ UDPGothic",
        &[
            "bizudpgothic-regular.ttf",
            "bizudpgothic-bold.ttf",
            "biz-udgothicr.ttc",
            "biz-udgothicb.ttc",
        ],
    ),
    (
        "Noto Sans CJK JP",
        &[
            "notosanscjk-regular.ttc",
            "notosanscjk-bold.ttc",
            "notosanscjkjp-regular.otf",
            "notosanscjkjp-bold.otf",
        ],
    ),
    (
        "Noto Sans JP",
        &[
            "notosansjp-regular.otf",
            "notosansjp-bold.otf",
            "notosansjp-regular.ttf",
            "notosansjp-bold.ttf",
        ],
    ),
    ("IPAexGothic", &["ipaexg.ttf"]),
    ("IPAGothic", &["ipag.ttf"]),
    // The names of these files are Japanese and spelt in two ways; their ends are not.
    ("Hiragino Sans", &["w3.ttc", "w6.ttc"]),
    ("Yu Gothic", &["yugothm.ttc", "yugothb.ttc"]),
    ("Meiryo", &["meiryo.ttc", "meiryob.ttc"]),
    ("MS Gothic", &["msgothic.ttc"]),
];

/// Largest font file that is read, in bytes; the largest known ones have 30 MB.
const FONT_BYTES_MAX: u64 = 100 << 20;

/// Most entries of folders that are looked through.
const ENTRIES_MAX: usize = 20_000;

/// Most missing characters that are named at once.
const MISSING_NAMED: usize = 20;

/// Fonts that documents are set with, in the order in which they are asked for a glyph.
pub struct Fonts {
    book: LazyHash<FontBook>,
    families: Vec<String>,
    faces: Vec<Face>,
    folders: Vec<PathBuf>,
}

/// A face; its file is read when the first document needs it.
struct Face {
    path: PathBuf,
    index: u32,
    info: FontInfo,
    font: OnceLock<Option<Font>>,
}

impl Fonts {
    /// The Japanese fonts of this machine, those of the folder `own` before all others.
    #[must_use]
    pub fn find(own: Option<&Path>) -> Self {
        Self::find_in(own, &FOLDERS.map(PathBuf::from))
    }

    /// The fonts of the folder `own`, whatever they are, and the known Japanese ones of `folders`.
    #[must_use]
    pub fn find_in(own: Option<&Path>, folders: &[PathBuf]) -> Self {
        let mut found = Self::none();
        for path in own.map(files_below).unwrap_or_default() {
            found.take(&path, None);
        }
        let files: Vec<PathBuf> = folders.iter().flat_map(|folder| files_below(folder)).collect();
        for (family, ends) in FAMILIES {
            for path in files.iter().filter(|path| ends_with_any(path, ends)) {
                found.take(path, Some(family));
            }
        }
        found.folders = own.map(Path::to_path_buf).into_iter().chain(folders.to_vec()).collect();
        found.book =
            LazyHash::new(FontBook::from_infos(found.faces.iter().map(|face| face.info.clone())));
        found
    }

    /// No font at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            book: LazyHash::new(FontBook::new()),
            families: Vec::new(),
            faces: Vec::new(),
            folders: Vec::new(),
        }
    }

    /// Whether there is no font.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faces.is_empty()
    }

    /// The families, in the order in which they are asked for a glyph.
    #[must_use]
    pub fn families(&self) -> &[String] {
        &self.families
    }

    /// Where was looked.
    pub(super) fn folders(&self) -> Vec<String> {
        self.folders.iter().map(|folder| folder.display().to_string()).collect()
    }

    pub(super) const fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(super) fn font(&self, index: usize) -> Option<Font> {
        let face = self.faces.get(index)?;
        face.font.get_or_init(|| Font::new(Bytes::new(read(&face.path)?), face.index)).clone()
    }

    /// Characters of the texts that no font has, each once, the first ones.
    pub(super) fn missing<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<char> {
        let (mut missing, mut seen) = (Vec::new(), BTreeSet::new());
        for c in texts.flat_map(str::chars) {
            // What a font covers is a list to go through, so each character is looked up once.
            if !seen.insert(c) || c.is_whitespace() || chooses_shape(c) || self.covers(c) {
                continue;
            }
            missing.push(c);
            if missing.len() == MISSING_NAMED {
                break;
            }
        }
        missing
    }

    fn covers(&self, c: char) -> bool {
        self.faces.iter().any(|face| face.info.coverage.contains(u32::from(c)))
    }

    /// Takes the faces of a file; only those of `family` when one is named. A file that is no font is passed over.
    fn take(&mut self, path: &Path, family: Option<&str>) {
        let Some(bytes) = read(path) else { return };
        for font in Font::iter(Bytes::new(bytes)) {
            let info = font.info().clone();
            if family.is_some_and(|family| info.family != family) {
                continue;
            }
            if !self.families.contains(&info.family) {
                self.families.push(info.family.clone());
            }
            let (path, index) = (path.to_path_buf(), font.index());
            self.faces.push(Face { path, index, info, font: OnceLock::new() });
        }
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let about = fs::metadata(path).ok()?;
    if !about.is_file() || about.len() > FONT_BYTES_MAX {
        return None;
    }
    fs::read(path).ok()
}

/// The font files below a folder, in the order of their paths: the order decides which of two equal faces is used.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    let mut n_entries = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            n_entries += 1;
            // Links are not followed: a ring of them would never end.
            let Ok(kind) = entry.file_type() else { continue };
            if n_entries > ENTRIES_MAX {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if ends_with_any(&entry.path(), &[".ttf", ".ttc", ".otf", ".otc"]) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

fn ends_with_any(path: &Path, ends: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    ends.iter().any(|end| name.ends_with(end))
}
