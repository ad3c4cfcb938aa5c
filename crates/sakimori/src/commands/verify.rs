//! `sakimori verify`: proves that log store and journal are as they were written, or names what is not.

use std::path::Path;

use clap::ArgMatches;
use sakimori_lake::VerifyReport;
use sakimori_ledger::{CheckReport, Head, Store};
use sakimori_words::{Lang, Trouble};

use super::{Command, Outcome};
use crate::node::stores;
use crate::prove::prove_lake;
use crate::settings::{Role, Settings};
use crate::troubles;
use crate::world::World;

/// The command.
pub(super) struct Verify;

impl Command for Verify {
    fn name(&self) -> &'static str {
        "verify"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "保存したログと記録が改変・削除・追加されていないことを確かめます",
            "proves that kept logs and records were not changed, removed or added to",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(super::data_argument(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let data = super::existing_data_folder(given)?;
        super::block_on(prove(&data, world))?
    }
}

async fn prove(data: &Path, world: &World) -> Result<Outcome, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = present(stores::existing_ledger(data, &settings).await, world)?;
    let mut proved = store.is_some();
    if settings.role == Role::Node {
        let report = present(log_report(data, store.as_deref(), world).await, world)?;
        proved &= report.as_ref().is_some_and(VerifyReport::is_proved);
        report.map_or(Ok(()), |report| world.print(&log_words(&report, world.lang)))?;
    }
    if let Some(store) = store {
        let report = store.check().await.map_err(|error| error.trouble())?;
        let head = store.head().await.map_err(|error| error.trouble())?;
        proved &= report.problems.is_empty();
        world.print(&journal_words(&report, &head, world.lang))?;
    }
    Ok(if proved { Outcome::Fine } else { Outcome::Findings })
}

/// A store that is not there is a finding, not a reason to stop looking; any other trouble ends the command.
fn present<T>(found: Result<T, Trouble>, world: &World) -> Result<Option<T>, Trouble> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.kind.code == troubles::MISSING.code => {
            world.print(&trouble.render(world.lang))?;
            Ok(None)
        }
        Err(trouble) => Err(trouble),
    }
}

async fn log_report(
    data: &Path,
    store: Option<&dyn Store>,
    world: &World,
) -> Result<VerifyReport, Trouble> {
    let bar = world.progress(0, world.say(["ログを検証中", "proving the log"]));
    let report = prove_lake(data, store, &mut |progress| {
        bar.set_length(progress.total_bytes);
        bar.set_position(progress.done_bytes);
    })
    .await;
    bar.finish_and_clear();
    report
}

fn log_words(report: &VerifyReport, lang: Lang) -> String {
    let n_events = report.sealed_events + report.hot_events;
    let mut text = match (lang, report.is_proved()) {
        (Lang::Ja, true) => format!("ログ: {n_events} 件すべて、受け取ったときのままです\n"),
        (Lang::En, true) => format!("log: all {n_events} events are as they were taken in\n"),
        (Lang::Ja, false) => format!("ログ: 受け取ったときと違います（{n_events} 件を確認）\n"),
        (Lang::En, false) => format!("log: NOT as it was taken in ({n_events} events read)\n"),
    };
    for problem in &report.problems {
        text.push_str(&format!("  ! {}\n", problem.text(lang)));
    }
    for remark in &report.remarks {
        text.push_str(&format!("  - {}\n", remark.text(lang)));
    }
    if let Some(checkpoint) = &report.checkpoint {
        let label = match lang {
            Lang::Ja => "署名された先頭",
            Lang::En => "signed head",
        };
        text.push_str(&format!("  {label}: {} / {}\n", checkpoint.size, checkpoint.root));
    }
    text
}

fn journal_words(report: &CheckReport, head: &Head, lang: Lang) -> String {
    let mut text = match (lang, report.problems.is_empty()) {
        (Lang::Ja, true) => format!("記録: {} 件すべて、書いたときのままです\n", report.n_entries),
        (Lang::En, true) => {
            format!("journal: all {} entries are as they were written\n", report.n_entries)
        }
        (Lang::Ja, false) => {
            format!("記録: 書いたときと違います（{} 件を確認）\n", report.n_entries)
        }
        (Lang::En, false) => {
            format!("journal: NOT as it was written ({} entries read)\n", report.n_entries)
        }
    };
    for problem in &report.problems {
        text.push_str(&format!("  ! {problem}\n"));
    }
    // To be compared with a copy kept elsewhere: a journal cut at its end is a shorter journal without a fault.
    let label = match lang {
        Lang::Ja => "記録の先頭",
        Lang::En => "head of the journal",
    };
    text.push_str(&format!("  {label}: {} / {}\n", head.seq, head.digest));
    text
}
