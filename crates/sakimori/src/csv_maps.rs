//! Column maps for CSV exports: the hospital's own, which are asked first, then the built-in ones.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sakimori_content::Content;
use sakimori_watch::sources::CsvMap;
use sakimori_words::Trouble;

use crate::files;

/// The folder of own maps in the data folder.
pub(crate) const FOLDER: &str = "csv-maps";

/// Bytes read of one map at most; more than any map may have, so that one that is too large is refused as such.
const MAP_BYTES_MAX: u64 = 1 << 20;

/// Own maps read at most.
const MAPS_MAX: usize = 1_000;

/// The maps that can be used, and why the others cannot.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// In the order in which they are asked whether a file is theirs.
    pub(crate) maps: Vec<CsvMap>,
    /// Files of maps, each with what is wrong.
    pub(crate) refused: Vec<(PathBuf, Trouble)>,
}

/// Reads the maps of the folder, which need not be there, and of the content pack. One broken map costs only itself.
pub(crate) fn load(content: &Content, folder: Option<&Path>) -> Loaded {
    let mut loaded = Loaded::default();
    if let Some(folder) = folder {
        match own_files(folder) {
            Ok(paths) => paths.iter().for_each(|path| loaded.take_file(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => loaded.refuse(folder, files::refused(folder, &error)),
        }
    }
    for map in content.csv_maps() {
        loaded.take(Path::new(&map.file), &map.text);
    }
    loaded
}

impl Loaded {
    fn take_file(&mut self, path: &Path) {
        match read(path) {
            Ok(text) => self.take(path, &text),
            Err(error) => self.refuse(path, files::refused(path, &error)),
        }
    }

    fn take(&mut self, path: &Path, text: &str) {
        match CsvMap::parse(text) {
            Ok(map) => self.maps.push(map),
            Err(error) => self.refuse(path, error.trouble(&path.display().to_string())),
        }
    }

    fn refuse(&mut self, path: &Path, trouble: Trouble) {
        self.refused.push((path.to_path_buf(), trouble));
    }
}

/// `*.toml` of the folder in the order of their names.
fn own_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(MAPS_MAX) {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAP_BYTES_MAX).read_to_string(&mut text)?;
    // Editors of Windows put a mark in front.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_maps_come_first_and_a_broken_one_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let content = Content::embedded().unwrap();
        let built_in = load(&content, None);
        assert!(built_in.refused.is_empty() && !built_in.maps.is_empty());
        let own = "\u{feff}name = 'own'\ntitle = { ja = 'あ', en = 'a' }\nheader = ['x']\n[time]\ncolumns = 'x'\n";
        std::fs::write(folder.path().join("own.toml"), own).unwrap();
        std::fs::write(folder.path().join("broken.toml"), "name = 1").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "name = 1").unwrap();
        let loaded = load(&content, Some(folder.path()));
        assert_eq!(loaded.maps[0].name(), "own");
        assert_eq!(loaded.maps.len(), built_in.maps.len() + 1);
        assert_eq!(loaded.refused.len(), 1);
        let missing = load(&content, Some(&folder.path().join("no")));
        assert_eq!(missing.maps.len(), built_in.maps.len());
    }
}
