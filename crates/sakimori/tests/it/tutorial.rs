//! The tutorial in `docs/`, played as it is written: five processes, three organisations by wire and one by USB stick.

use std::path::Path;
use std::process::Command;

/// The program to play it with: the one built for the tests, or any other that `SAKIMORI_BINARY` names, such as a release.
fn program() -> std::path::PathBuf {
    std::env::var_os("SAKIMORI_BINARY")
        .map_or_else(|| env!("CARGO_BIN_EXE_sakimori").into(), Into::into)
}

fn play(tutorial: &str) {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let status = Command::new("node")
        .arg("tutorial.mjs")
        .arg(program())
        .arg(root.join("docs").join(tutorial).canonicalize().unwrap())
        .arg(folder.path())
        .current_dir(root.join("tests/browser"))
        .status()
        .unwrap();
    assert!(status.success(), "{tutorial} is not what happens");
}

/// What both languages must have in common: the blocks by their kind, and for each step of a list the address it opens.
fn skeleton(tutorial: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(tutorial);
    let text = std::fs::read_to_string(path).unwrap();
    let address = |step: &str| {
        let (_, rest) = step.split_once("http").filter(|_| !step.contains(['“', '「']))?;
        rest.split(' ').next().map(|end| end.trim_end_matches('.').to_owned())
    };
    text.lines()
        .filter_map(|line| match line.strip_prefix("- ") {
            Some(step) => Some(format!("step {}", address(step).unwrap_or_default())),
            None => line.starts_with("```").then(|| line.to_owned()),
        })
        .collect()
}

#[test]
fn both_languages_of_the_tutorial_have_the_same_blocks_and_steps() {
    let (english, japanese) = (skeleton("tutorial.md"), skeleton("tutorial.ja.md"));
    assert!(english.len() > 150, "{} blocks and steps", english.len());
    assert_eq!(english, japanese);
}

#[test]
#[ignore = "needs chromium, node, minisign and tests/browser/node_modules"]
fn the_english_tutorial_is_what_happens_in_a_real_browser() {
    play("tutorial.md");
}

#[test]
#[ignore = "needs chromium, node, minisign and tests/browser/node_modules"]
fn the_japanese_tutorial_is_what_happens_in_a_real_browser() {
    play("tutorial.ja.md");
}
