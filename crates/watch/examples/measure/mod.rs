//! What the measuring examples share: files, rules, CPU time and memory.

use std::io::Read;
use std::path::{Path, PathBuf};

use sakimori_watch::RuleText;

/// The EVTX files below a path, in the order of their names; a file is itself.
pub(crate) fn evtx_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        files.extend(evtx_files(&entry?.path())?);
    }
    files.retain(|file| file.extension().is_some_and(|ending| ending == "evtx"));
    files.sort();
    Ok(files)
}

/// The Sigma rules of a zip.
pub(crate) fn rules_in(zip: &Path) -> Result<Vec<RuleText>, Box<dyn std::error::Error>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(zip)?)?;
    let mut rules = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        if name.ends_with(".yml") {
            let mut yaml = String::new();
            entry.read_to_string(&mut yaml)?;
            rules.push(RuleText { name, yaml, ..RuleText::default() });
        }
    }
    Ok(rules)
}

/// CPU time of this thread, from the scheduler's own account (Linux).
pub(crate) fn cpu_seconds() -> std::io::Result<f64> {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = account.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    nanos.map(|nanos| nanos / 1e9).ok_or_else(|| std::io::Error::other("no CPU account"))
}

/// The number in millions.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub(crate) fn mega(number: usize) -> f64 {
    number as f64 / 1e6
}

#[expect(clippy::print_stdout, reason = "a measurement's output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
