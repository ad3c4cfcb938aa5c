//! Repository chores: `cargo xtask tidy | setup-peers | bench NAME | simulate [SEEDS [FIRST]] | help`.
//!
//! Everything cleverer than a line of `justfile` or `.ci/run` is here, in Rust, so that it runs wherever the product does.

mod bench;
mod peers;
mod simulate;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["tidy"] => tidy::run(),
        ["setup-peers"] => peers::setup(),
        ["bench", name, rest @ ..] => bench::run(name, rest),
        ["simulate", rest @ ..] => simulate::run(rest),
        _ => {
            say("cargo xtask tidy          the repository's own rules (also run by `cargo test`)");
            say(
                "cargo xtask setup-peers   install the real programs the ignored tests speak to (Debian, npm; needs root)",
            );
            say(&format!("cargo xtask bench NAME    measure: {}", bench::NAMES));
            say(
                "cargo xtask simulate [SEEDS [FIRST]]   stories of a whole country in a storm, 1,000 of them unless told",
            );
            Ok(())
        }
    }
}

/// One line for the person at the terminal.
#[expect(clippy::print_stderr, reason = "the one writer of this tool")]
fn say(line: &str) {
    eprintln!("{line}");
}
