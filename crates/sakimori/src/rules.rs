//! Rule texts for the detector: the built-in detections and folders or zips of Sigma rules given by a person.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sakimori_content::{Content, Detection};
use sakimori_watch::{Advice, Detector, RULE_BYTES_MAX, RuleLists, RuleText, RulesReport};
use sakimori_words::Trouble;
use zip::write::SimpleFileOptions;

use crate::data_folder;
use crate::files::{self, files_below};

/// The most text all rules of one folder or zip may hold together; SigmaHQ's are about ten megabytes.
const RULES_BYTES_MAX: usize = 256 << 20;

/// The most rule files one folder or zip may hold; SigmaHQ has about four thousand.
const RULE_FILES_MAX: usize = 50_000;

/// Most imports that are read from a data folder.
const IMPORTS_MAX: usize = 100;

/// The built-in detections with our words about them.
pub(crate) fn built_in(content: &Content) -> Vec<RuleText> {
    content.detections().iter().map(rule_text).collect()
}

/// Every `*.yml`/`*.yaml` under a folder, in a zip, or the one file given.
///
/// # Errors
/// SK-NODE-007 when it cannot be read. What is inside the files is judged by the detector, rule by rule.
pub(crate) fn from_path(path: &Path) -> Result<Vec<RuleText>, Trouble> {
    let rules = if path.is_dir() {
        from_folder(path)
    } else if has_ending(path, &["zip"]) {
        from_zip(path)
    } else {
        read_rule(path).map(|rule| vec![rule])
    };
    rules.map_err(|error| files::refused(path, &error))
}

/// Where imported rules lie in the data folder: one zip for each import, as a person can look into with any tool.
pub(crate) const FOLDER: &str = "rules";

/// The built-in rules and those of the data folder, which replace built-in ones with the same id. A file that cannot be read is
/// among them as such: it must not keep the node from starting.
pub(crate) fn of_node(content: &Content, data: &Path) -> Vec<RuleText> {
    let mut rules = built_in(content);
    rules.extend(imported(&data.join(FOLDER)));
    rules
}

/// What becomes of the rules of a node, the built-in ones and its own, with these lists.
///
/// # Errors
/// When the built-in content cannot be read.
pub(crate) fn report_of_node(data: &Path, lists: &RuleLists) -> Result<RulesReport, Trouble> {
    let content = Content::embedded().map_err(|error| error.trouble())?;
    Ok(Detector::with_lists(&of_node(&content, data), lists).report().clone())
}

/// The file beside the imported rules in which a hospital names its own machines, networks and accounts, for the rules that ask.
pub(crate) const LISTS: &str = "lists.toml";

/// Longest file of lists that is read; more than any may have, so that one that is too long is refused as such.
const LISTS_BYTES_MAX: u64 = 8 << 20;

/// The lists of a data folder, which need not be there.
///
/// # Errors
/// SK-NODE-007 when the file cannot be read, SK-WATCH-093 when something in it is wrong.
pub(crate) fn lists_of_node(data: &Path) -> Result<RuleLists, Trouble> {
    let path = data.join(FOLDER).join(LISTS);
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(RuleLists::default()),
        _ => lists(&path),
    }
}

/// The lists in a file.
///
/// # Errors
/// As [`lists_of_node`], and when there is no such file.
pub(crate) fn lists(path: &Path) -> Result<RuleLists, Trouble> {
    let text = String::from_utf8(files::read_given(path, LISTS_BYTES_MAX)?).map_err(|error| {
        files::refused(path, &std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    })?;
    RuleLists::parse(&text).map_err(|error| error.trouble(&path.display().to_string()))
}

/// What lies in the folder of imported rules, which need not be there.
fn imported(folder: &Path) -> Vec<RuleText> {
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![unreadable(folder, &error)],
    };
    paths.retain(|path| has_ending(path, &["zip", "yml", "yaml"]));
    paths.sort();
    let mut rules = Vec::new();
    for path in paths.iter().take(IMPORTS_MAX) {
        let zipped = has_ending(path, &["zip"]);
        let read = if zipped { from_zip(path) } else { read_rule(path).map(|rule| vec![rule]) };
        rules.extend(read.unwrap_or_else(|error| vec![unreadable(path, &error)]));
    }
    rules
}

/// Puts rules into the data folder under `name`, in the place of what was imported under it before; the file. Whole or not at
/// all: a running node reads the old ones or the new ones.
///
/// # Errors
/// SK-NODE-007 when it cannot be written.
pub(crate) fn import(data: &Path, name: &str, rules: &[&RuleText]) -> Result<PathBuf, Trouble> {
    let folder = data.join(FOLDER);
    let path = folder.join(format!("{name}.zip"));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| data_folder::restrict(&folder, 0o700))
        .and_then(|()| zipped(rules))
        .and_then(|bytes| data_folder::replace_file(&path, &bytes));
    written.map_err(|error| files::refused(&path, &error))?;
    Ok(path)
}

/// Under which name rules from `path` are imported: its own, of letters that every file system takes.
pub(crate) fn import_name(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = name.chars().map(|own| if plain(own) { own } else { '-' }).collect();
    let name: String = name.trim_matches('-').chars().take(60).collect();
    if name.is_empty() { "rules".to_owned() } else { name }
}

fn zipped(rules: &[&RuleText]) -> std::io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    // The same import gives the same bytes.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (number, rule) in (1..).zip(rules) {
        // Numbered, because two files of a folder may bear one name; the order decides which of two rules with one id is used.
        let file = Path::new(&rule.name).file_name().unwrap_or_default().to_string_lossy();
        archive.start_file(format!("{number:05}/{file}"), options)?;
        archive.write_all(rule.yaml.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn rule_text(detection: &Detection) -> RuleText {
    let reason = detection.reason.clone();
    RuleText {
        name: detection.id.clone(),
        yaml: detection.rule.clone(),
        advice: Some(Advice {
            title: reason.title,
            reason: reason.reason,
            next_step: reason.next_step,
            clause: reason.clause,
        }),
        unreadable: None,
    }
}

fn from_folder(folder: &Path) -> std::io::Result<Vec<RuleText>> {
    let below = files_below(folder, &[]);
    let mut rules: Vec<RuleText> =
        below.unreadable.iter().map(|(path, error)| unreadable(path, error)).collect();
    let mut n_bytes = 0;
    for path in below.files.iter().filter(|path| has_ending(path, &["yml", "yaml"])) {
        let rule = read_rule(path).unwrap_or_else(|error| unreadable(path, &error));
        n_bytes += rule.yaml.len();
        rules.push(rule);
        limit(rules.len(), n_bytes)?;
    }
    Ok(rules)
}

/// A place without rules that the detector then names as refused.
fn unreadable(path: &Path, error: &std::io::Error) -> RuleText {
    RuleText {
        name: path.display().to_string(),
        unreadable: Some(error.to_string()),
        ..RuleText::default()
    }
}

fn from_zip(path: &Path) -> std::io::Result<Vec<RuleText>> {
    let mut archive = zip::ZipArchive::new(std::io::BufReader::new(std::fs::File::open(path)?))?;
    let mut rules = Vec::new();
    let mut n_bytes = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let name = entry.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
        if entry.is_file() && has_ending(Path::new(&name), &["yml", "yaml"]) {
            let yaml = text_of(entry)?;
            n_bytes += yaml.len();
            rules.push(RuleText { name, yaml, ..RuleText::default() });
        }
        limit(rules.len(), n_bytes)?;
    }
    Ok(rules)
}

fn read_rule(path: &Path) -> std::io::Result<RuleText> {
    let yaml = text_of(std::fs::File::open(path)?)?;
    Ok(RuleText { name: path.display().to_string(), yaml, ..RuleText::default() })
}

/// All of it, up to one byte more than the detector takes: it refuses what is longer, by name. What is not UTF-8 is shown to
/// the rule parser as replacement characters.
fn text_of(input: impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    input.take(RULE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn limit(n_files: usize, n_bytes: usize) -> std::io::Result<()> {
    if n_files > RULE_FILES_MAX {
        return Err(std::io::Error::other(format!("more than {RULE_FILES_MAX} rule files")));
    }
    if n_bytes > RULES_BYTES_MAX {
        let megabytes = RULES_BYTES_MAX >> 20;
        return Err(std::io::Error::other(format!("more than {megabytes} MiB of rules")));
    }
    Ok(())
}

/// Whether the name ends in one of `endings`, in any case.
pub(crate) fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let own = path.extension().map(|own| own.to_string_lossy().to_ascii_lowercase());
    own.is_some_and(|own| endings.contains(&own.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_read_is_among_the_rules_as_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let rules = from_folder(&gone).unwrap();
        assert!(rules.first().is_some_and(|rule| rule.unreadable.is_some()));
    }

    #[test]
    fn what_was_imported_is_read_again_and_a_damaged_import_is_named() {
        let data = tempfile::tempdir().unwrap();
        let rule = |name: &str, yaml: &str| RuleText {
            name: name.to_owned(),
            yaml: yaml.to_owned(),
            ..RuleText::default()
        };
        let (one, other) = (rule("../../a/x.yml", "title: one"), rule("b\\x.yml", "title: other"));
        import(data.path(), "pack", &[&one]).unwrap();
        let path = import(data.path(), "pack", &[&one, &other]).unwrap();
        assert_eq!(path, data.path().join("rules/pack.zip"));
        let read = imported(&data.path().join(FOLDER));
        let texts: Vec<&str> = read.iter().map(|rule| rule.yaml.as_str()).collect();
        assert_eq!(texts, ["title: one", "title: other"]);
        std::fs::write(data.path().join("rules/broken.zip"), b"PK").unwrap();
        let read = imported(&data.path().join(FOLDER));
        assert_eq!(read.iter().filter(|rule| rule.unreadable.is_some()).count(), 1);
        assert_eq!(read.len(), 3);
        assert!(imported(&data.path().join("nowhere")).is_empty());
    }

    #[test]
    fn lists_are_read_where_there_are_any_and_a_wrong_one_is_named_with_its_line() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(lists_of_node(data.path()).unwrap(), RuleLists::default());
        std::fs::create_dir(data.path().join(FOLDER)).unwrap();
        let path = data.path().join(FOLDER).join(LISTS);
        std::fs::write(&path, "Workstations = ['PC-*']\n").unwrap();
        let lists = lists_of_node(data.path()).unwrap();
        assert_eq!(lists.names().collect::<Vec<_>>(), [("Workstations", 1)]);
        std::fs::write(&path, "Workstations = ['PC-*']\nNets = ['*']\n").unwrap();
        let trouble = lists_of_node(data.path()).unwrap_err();
        assert!(trouble.detail.contains("lists.toml:2: Nets"), "{}", trouble.detail);
    }

    #[test]
    fn an_import_is_named_after_what_was_given() {
        for (path, name) in [
            ("sigma/sigma_core++.zip", "sigma_core"),
            ("/srv/自院ルール", "自院ルール"),
            ("../..", "rules"),
        ] {
            assert_eq!(import_name(Path::new(path)), name);
        }
    }

    #[test]
    fn a_rule_file_that_is_too_long_reaches_the_detector_too_long() {
        let bytes = vec![b'#'; usize::try_from(RULE_BYTES_MAX).unwrap() + 7];
        let text = text_of(bytes.as_slice()).unwrap();
        assert_eq!(text.len() as u64, RULE_BYTES_MAX + 1);
    }
}
