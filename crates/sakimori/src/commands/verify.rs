//! `sakimori verify`: proves that log store, journal and photographs are as they were written, or names what is not.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_lake::VerifyReport;
use sakimori_lake::proof::{Proved, ProvedEvent, check_evidence, root_at};
use sakimori_ledger::{CheckReport, Head, Store};
use sakimori_words::{Lang, Trouble};

use super::{Command, Outcome};
use crate::files;
use crate::files_on_record::FilesOnRecord;
use crate::node::stores;
use crate::paper::{self, HeadCopy};
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
        let file = |name: &'static str, help| {
            Arg::new(name)
                .long(name)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(world.say(help))
        };
        command
            .arg(super::data_argument(world))
            .arg(
                file(
                    "witnessed",
                    [
                        "別に保管したログの先頭の写しとも照合します（署名つきの写し、または今日の画面を印刷した紙の件数とルート。- は標準入力）",
                        "also compares with a copy of the log's head kept elsewhere (signed note, or size and root typed from the printed day; - is standard input)",
                    ],
                )
                .action(clap::ArgAction::Append),
            )
            .arg(
                file(
                    "evidence",
                    [
                        "証拠ファイルを、データフォルダなしで確かめます",
                        "checks an evidence file, without any data folder",
                    ],
                )
                .conflicts_with_all(["witnessed", "data"]),
            )
            .arg(Arg::new("key").long("key").value_name("KEY").requires("evidence").help(
                world.say([
                    "証拠ファイルとは別の経路で伝えられた、ログの検証鍵",
                    "the log's verifier line, as it was told by another way than the file",
                ]),
            ))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        if let Some(file) = given.get_one::<PathBuf>("evidence") {
            return check_file(file, given.get_one::<String>("key").map(String::as_str), world);
        }
        let data = super::existing_data_folder(given)?;
        let files = given.get_many::<PathBuf>("witnessed").into_iter().flatten();
        let copies = files.map(|file| paper::read(file)).collect::<Result<Vec<_>, _>>()?;
        super::block_on(prove(&data, &copies, world))?
    }
}

/// Longest evidence file that is read, in bytes: ten thousand large events.
const EVIDENCE_BYTES_MAX: u64 = 1 << 30;

/// Checks an evidence file by itself.
fn check_file(file: &Path, key: Option<&str>, world: &World) -> Result<Outcome, Trouble> {
    let refused = |error: &std::io::Error| files::refused(file, error);
    let length = std::fs::metadata(file).map_err(|error| refused(&error))?.len();
    if length > EVIDENCE_BYTES_MAX {
        return Err(refused(&std::io::ErrorKind::FileTooLarge.into()));
    }
    let bytes = std::fs::read(file).map_err(|error| refused(&error))?;
    match check_evidence(&bytes, key.map(str::trim)) {
        Ok(proved) => {
            world.print(&evidence_words(&proved, world.lang))?;
            Ok(Outcome::Fine)
        }
        Err(error) => {
            world.print(&error.trouble().render(world.lang))?;
            Ok(Outcome::Findings)
        }
    }
}

fn evidence_words(proved: &Proved, lang: Lang) -> String {
    let (n_events, head) = (proved.events.len(), &proved.checkpoint);
    let mut text = match lang {
        Lang::Ja => format!("証拠: {n_events} 件すべて、署名されたログにあるとおりです\n"),
        Lang::En => {
            format!("evidence: all {n_events} events are in the signed log as they stand\n")
        }
    };
    text.push_str(&format!("  {}\n  {} / {}\n", head.origin, head.size, head.root));
    text.push_str(match (lang, proved.key_was_given) {
        (Lang::Ja, true) => "  渡された鍵で確かめました\n",
        (Lang::En, true) => "  checked with the key given\n",
        (Lang::Ja, false) => {
            "  ! ファイル自身が名乗る鍵で確かめました。別の経路で伝えられた鍵を --key で渡すと、作り直しも見破れます\n"
        }
        (Lang::En, false) => {
            "  ! checked with the key the file itself names; give the key told by another way with --key\n"
        }
    });
    for witness in &proved.witnesses {
        let (name, at, size) = (&witness.name, witness.at, witness.size);
        text.push_str(&match lang {
            Lang::Ja => {
                format!("  {name} が {at} に先頭（{size} 件）を見ています\n    {}\n", witness.key)
            }
            Lang::En => {
                format!("  {name} saw the head ({size} records) at {at}\n    {}\n", witness.key)
            }
        });
    }
    for stamp in &proved.timestamps {
        let (at, size) = (stamp.at, stamp.size);
        text.push_str(&match lang {
            Lang::Ja => format!(
                "  時刻認証局の回答: {at} に先頭（{size} 件）。署名は認証局の証明書で別に確かめてください（openssl ts -verify）\n"
            ),
            Lang::En => format!(
                "  a time-stamping authority states {at} for the head ({size} records); its signature is to be checked with its certificate (openssl ts -verify)\n"
            ),
        });
    }
    proved.events.iter().for_each(|event| text.push_str(&event_line(event, lang)));
    text
}

fn event_line(event: &ProvedEvent, lang: Lang) -> String {
    // What a device wrote must not steer the terminal.
    let raw: String = String::from_utf8_lossy(&event.raw).chars().take(RAW_CHARS_SHOWN).collect();
    let raw = raw.replace(char::is_control, " ");
    let source = event.source.replace(char::is_control, " ");
    let seen = match (event.seen_at, lang) {
        (Some(at), Lang::Ja) => format!("（遅くとも {at} に存在）"),
        (Some(at), Lang::En) => format!(" (there by {at} at the latest)"),
        (None, _) => String::new(),
    };
    format!("  {} {} {source}{seen}\n    {raw}\n", event.seq, event.received_at)
}

/// Characters of an event's record that are shown.
const RAW_CHARS_SHOWN: usize = 200;

/// Compares typed copies with the catalogue; says what differs.
async fn compare_typed(data: &Path, copies: &[HeadCopy], world: &World) -> Result<bool, Trouble> {
    let catalogue = stores::catalogue(data, &Settings::load(data)?.unwrap_or_default())?;
    let mut fits = true;
    for copy in copies {
        let HeadCopy::Typed { size, root } = copy else { continue };
        let own = root_at(&*catalogue, *size).await.map_err(|error| error.trouble())?;
        let same = own == Some(*root);
        fits &= same;
        world.print(&match (world.lang, same) {
            (Lang::Ja, true) => format!("紙の写し: {size} 件の先頭と同じです\n"),
            (Lang::En, true) => format!("typed copy: the same as the head of {size} records\n"),
            (Lang::Ja, false) => format!(
                "紙の写し: 違います（{size} 件）。打ち間違いでなければ、ログが書き換えられたか切り詰められています\n"
            ),
            (Lang::En, false) => format!(
                "typed copy: DIFFERS ({size} records); unless mistyped, the log was rewritten or cut\n"
            ),
        })?;
    }
    Ok(fits)
}

async fn prove(data: &Path, copies: &[HeadCopy], world: &World) -> Result<Outcome, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = present(stores::existing_ledger(data, &settings).await, world)?;
    let mut proved = store.is_some();
    if settings.role == Role::Node {
        let report = present(log_report(data, store.as_deref(), copies, world).await, world)?;
        proved &= report.as_ref().is_some_and(VerifyReport::is_proved);
        report.map_or(Ok(()), |report| world.print(&log_words(&report, world.lang)))?;
        proved &= compare_typed(data, copies, world).await?;
    }
    if let Some(store) = store {
        let report = store.check().await.map_err(|error| error.trouble())?;
        let head = store.head().await.map_err(|error| error.trouble())?;
        proved &= report.problems.is_empty();
        world.print(&journal_words(&report, &head, world.lang))?;
        for compared in FilesOnRecord::read(store.as_ref()).await?.prove(data)? {
            proved &= compared.is_sound();
            world.print(&compared.words(world.lang))?;
        }
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
    copies: &[HeadCopy],
    world: &World,
) -> Result<VerifyReport, Trouble> {
    let bar = world.progress(0, world.say(["ログを検証中", "proving the log"]));
    let signed = copies.iter().filter_map(|copy| match copy {
        HeadCopy::Signed(note) => Some(note.clone()),
        HeadCopy::Typed { .. } => None,
    });
    let signed: Vec<String> = signed.collect();
    let report = prove_lake(data, store, &signed, &mut |progress| {
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
