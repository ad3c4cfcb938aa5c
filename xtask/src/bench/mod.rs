//! Benches: whole processes measured from outside, in CPU seconds and peak memory, with a peer in the same run where there is one.
//!
//! Wall time on a shared machine says little; CPU seconds and ratios within one run do. Nothing here asserts: the numbers go
//! into `docs/performance.md` with the command that made them.

mod evidence;
mod failing_disk;
mod intake;
mod lake;
mod live;
mod pages;
mod polls;
mod process;
mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Real Windows logs, beside the repository.
const EVTX: &str = "../shared/data/evtx";
/// The rules of SigmaHQ, beside the repository.
const SIGMA_RULES: &str = "../shared/data/sigma/sigmahq-rules-8eaafff1.zip";
/// Events of the rules' own regression tests as JSON, beside the repository.
const EVENTS: &str = "../shared/data/evtx/sigma-regression";

/// The folders of attacks among the real logs.
const ATTACKS: [&str; 2] = ["evtx-to-mitre-attack", "sigma-regression"];
/// Logs of machines at work among them.
const ORDINARY: [&str; 5] = ["system", "sysmon", "security", "post-Security", "2-vss_7-System"];
/// How often each of those is looked through, so that there is enough to measure.
const ORDINARY_TIMES: usize = 10;

/// Runs counted after one that warms the caches.
const RUNS: usize = 5;

/// The benches' names.
pub(crate) const NAMES: &str = "hunt | evtx | sigma | ledger | warn | lake | intake | live | pages | polls | idle | print | evidence | failing-disk";

/// Runs the bench called `name`.
pub(crate) fn run(name: &str, rest: &[&str]) -> Result<()> {
    match name {
        "hunt" => hunt(rest),
        "evtx" => example("sakimori-watch", "evtx_speed", rest, &[EVTX]),
        "sigma" => example("sakimori-sigma", "throughput", rest, &[SIGMA_RULES, EVENTS]),
        "ledger" => on_ledger("sakimori-ledger", "measure_commits", rest),
        "warn" => on_ledger("sakimori-warn", "nationwide", rest),
        "lake" => lake::run(rest),
        "intake" => with_binary(intake::run, rest),
        "live" => with_binary(live::run, rest),
        "pages" => with_binary(pages::run, rest),
        "polls" => with_binary(polls::run, rest),
        "idle" => with_binary(pages::idle, rest),
        "print" => example("sakimori-print", "print_speed", rest, &[]),
        "evidence" => evidence::run(rest),
        "failing-disk" => failing_disk::run(),
        _ => bail!("no bench is called `{name}`; there are {NAMES}"),
    }
}

/// `hunt` with all of SigmaHQ's rules for Windows over attacks and over ordinary logs, beside the bare parser and beside fewer rules;
/// then the command with the built-in rules, over a folder if one is given.
fn hunt(rest: &[&str]) -> Result<()> {
    if rest.is_empty() {
        let corpora = corpora()?;
        let corpora: Vec<&str> = corpora.iter().map(String::as_str).collect();
        example("sakimori-watch", "hunt_speed", &corpora, &[])?;
    }
    let folder = rest.first().map_or_else(samples, |folder| Ok(PathBuf::from(folder)))?;
    build(&["--bin", "sakimori"])?;
    let folder = folder.display().to_string();
    report(
        "hunt with the built-in rules",
        &["target/release/sakimori", "hunt", "--format", "jsonl", "--output", "/dev/null", &folder],
    )
}

/// The rules, and the files in which they are looked for, as the example wants them.
fn corpora() -> Result<Vec<String>> {
    let samples = samples()?.display().to_string();
    let attacks = ATTACKS.iter().map(|folder| format!("{samples}/{folder}"));
    let ordinary = ORDINARY.iter().map(|log| format!("{samples}/evtx-crate-samples/{log}.evtx"));
    let ordinary: Vec<String> = ordinary.collect();
    let mut all = vec![SIGMA_RULES.to_owned(), "attacks".to_owned()];
    all.extend(attacks);
    all.extend(["--", "ordinary logs"].map(str::to_owned));
    all.extend(std::iter::repeat_n(ordinary, ORDINARY_TIMES).flatten());
    Ok(all)
}

/// A bench of the whole program, built first.
fn with_binary(bench: fn(&[&str]) -> Result<()>, rest: &[&str]) -> Result<()> {
    build(&["--bin", "sakimori"])?;
    bench(rest)
}

/// An example that works on a new file, or on the store whose address is given.
fn on_ledger(package: &str, name: &str, rest: &[&str]) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("sakimori-bench-ledger-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let address = format!("sqlite:{}", folder.join("ledger.sqlite").display());
    let done = example(package, name, rest, &[&address]);
    std::fs::remove_dir_all(&folder)?;
    done
}

/// A measuring example of a crate with `rest`, or with `usual` when nothing was given; it prints its own numbers.
fn example(package: &str, name: &str, rest: &[&str], usual: &[&str]) -> Result<()> {
    let rest = if rest.is_empty() { usual } else { rest };
    example_output(package, name, rest, Stdio::inherit()).map(drop)
}

/// The same, and what it printed when `stdout` is a pipe.
fn example_output(package: &str, name: &str, rest: &[&str], stdout: Stdio) -> Result<Vec<u8>> {
    let output = example_command(package, name, rest)
        .stdin(Stdio::inherit())
        .stdout(stdout)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("example {name} of {package}"))?;
    if !output.status.success() {
        bail!("example {name} of {package}: {}", output.status);
    }
    Ok(output.stdout)
}

fn example_command(package: &str, name: &str, rest: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--release", "--quiet", "--package", package, "--example", name, "--"]);
    command.args(rest);
    command
}

fn samples() -> Result<PathBuf> {
    let folder = Path::new(EVTX);
    if !folder.try_exists()? {
        bail!("give a folder of EVTX files: cargo xtask bench hunt FOLDER");
    }
    Ok(folder.to_path_buf())
}

fn build(what: &[&str]) -> Result<()> {
    let status =
        Command::new(env!("CARGO")).args(["build", "--release", "--quiet"]).args(what).status()?;
    if !status.success() {
        bail!("cargo build {}: {status}", what.join(" "));
    }
    Ok(())
}

/// Prints minimum, median and maximum CPU seconds and the peak memory of one command.
fn report(label: &str, command: &[&str]) -> Result<()> {
    let mut runs = Vec::new();
    for _ in 0..=RUNS {
        runs.push(process::measure(command)?);
    }
    runs.remove(0);
    runs.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds));
    let at = |index: usize| runs.get(index).map_or(0.0, |run| run.cpu_seconds);
    let peak_mib = runs.iter().map(|run| run.peak_mib).max().unwrap_or(0);
    crate::say(&format!(
        "{label}: {:.2} / {:.2} / {:.2} CPU s (min / median / max of {RUNS}), peak {peak_mib} MiB",
        at(0),
        at(RUNS / 2),
        at(RUNS - 1)
    ));
    Ok(())
}
