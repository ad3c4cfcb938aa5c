//! Rule texts for the detector: the built-in detections and folders or zips of Sigma rules given by a person.

use std::io::Read;
use std::path::Path;

use sakimori_content::{Content, Detection};
use sakimori_watch::{Advice, RULE_BYTES_MAX, RuleText};
use sakimori_words::Trouble;

use crate::files::{self, files_below};

/// The most text all rules of one folder or zip may hold together; SigmaHQ's are about ten megabytes.
const RULES_BYTES_MAX: usize = 256 << 20;

/// The most rule files one folder or zip may hold; SigmaHQ has about four thousand.
const RULE_FILES_MAX: usize = 50_000;

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
    fn a_rule_file_that_is_too_long_reaches_the_detector_too_long() {
        let bytes = vec![b'#'; usize::try_from(RULE_BYTES_MAX).unwrap() + 7];
        let text = text_of(bytes.as_slice()).unwrap();
        assert_eq!(text.len() as u64, RULE_BYTES_MAX + 1);
    }
}
