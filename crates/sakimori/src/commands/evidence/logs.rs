//! `sakimori evidence acquire logs`: the sealed logs of a period as they lie, with what proves them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgMatches};
use sakimori_evidence::{AcquireError, Found, Kind, Request, Taken, Wanted};
use sakimori_lake::SegmentInfo;
use sakimori_query::{Limits, Sight, Table};
use sakimori_watch::filter::{Filter, typed_moments};
use sakimori_words::{Instant, Trouble};

use super::{acquire, proof, text};
use crate::commands;
use crate::node::stores;
use crate::settings::Settings;
use crate::troubles;
use crate::world::World;

/// Events of a filter that are written out; the segments hold all of them anyway.
const ROWS_MAX: usize = 100_000;
/// Events that one file of proofs holds.
const PROVED_MAX: usize = 10_000;

/// Adds what is special about logs.
pub(super) fn grammar(command: clap::Command, world: &World) -> clap::Command {
    let option = |name: &'static str, value: &'static str, help: [&'static str; 2]| {
        Arg::new(name).long(name).value_name(value).help(world.say(help).to_owned())
    };
    command
        .about(world.say([
            "保管しているログを、期間を決めて証明とともに",
            "the kept logs of a period, with their proofs",
        ]))
        .arg(option("from", "TIME", ["この日時から（例: 2026-11-20）", "from this time, e.g. 2026-11-20"]).required(true))
        .arg(option("to", "TIME", ["この日時まで（日付だけならその日の終わりまで）", "up to this time; a date means to its end"]).required(true))
        .arg(option("filter", "FILTER", [
            "この条件に合うログを、読みやすい形でも書き出します（例: host:ek-02 user:svc）",
            "also writes the events that fit this filter in readable form, e.g. host:ek-02 user:svc",
        ]))
        .arg(commands::data_argument(world))
}

/// Takes the logs of a period.
pub(super) fn acquire(
    request: &Request<'_>,
    given: &ArgMatches,
    world: &World,
) -> Result<Taken, Trouble> {
    let data = commands::existing_data_folder(given)?;
    let (from, to) = (moments(given, "from")?.0, moments(given, "to")?.1);
    let filter = given.get_one::<String>("filter");
    let bundle = commands::block_on(gather(&data, from, to, filter, world))??;
    acquire::take(request, Kind::Logs, &data, &bundle, world)
}

fn moments(given: &ArgMatches, name: &str) -> Result<(Instant, Instant), Trouble> {
    let typed = text(given, name);
    typed_moments(&typed)
        .ok_or_else(|| Trouble::new(&troubles::WRONG_USE, format!("--{name}: `{typed}`")))
}

/// What goes into the archive: files made here, then the segments as they lie.
struct Bundle {
    made: Vec<(&'static str, Vec<u8>)>,
    segments: Vec<(PathBuf, String)>,
}

impl Wanted for Bundle {
    fn each(
        &self,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), AcquireError>,
    ) -> Result<(), AcquireError> {
        for (name, bytes) in &self.made {
            visit(Found::Made { name: Path::new(name), bytes })?;
        }
        for (path, name) in &self.segments {
            visit(Found::Entry { path, name: Path::new(name), item: "segments" })?;
        }
        Ok(())
    }
}

async fn gather(
    data: &Path,
    from: Instant,
    to: Instant,
    filter: Option<&String>,
    world: &World,
) -> Result<Bundle, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    if !settings.segments.is_empty() {
        let why = world.say([
            "ログの保管先が別の場所（オブジェクト ストレージ）にあるため、この命令では取得できません。保管先から segments を写し、`evidence acquire files` で取得してください",
            "the segments are in an object store; copy them from there and take them with `evidence acquire files`",
        ]);
        return Err(Trouble::new(&troubles::WRONG_USE, why));
    }
    let reader = stores::lake_reader(data)?;
    let snapshot = reader.snapshot().await.map_err(|error| error.trouble())?;
    let touches = |segment: &&Arc<SegmentInfo>| {
        let within = |(first, last): (Instant, Instant)| first <= to && last >= from;
        within(segment.time) || within(segment.received)
    };
    let chosen: Vec<Arc<SegmentInfo>> = snapshot.segments.iter().filter(touches).cloned().collect();
    let unsealed: usize = snapshot.hot.iter().map(|batch| batch.num_rows()).sum();
    if chosen.is_empty() {
        return Err(nothing_kept(data, unsealed, world));
    }
    if unsealed > 0 {
        let ja = format!(
            "まだ封をしていない新しいログ {unsealed} 件は入っていません。封のあと（自動）で、もう一度取得してください"
        );
        let en = format!(
            "{unsealed} new events that are not sealed yet are left out; take them again when they are (by itself)"
        );
        world.note(world.say([&ja, &en]));
    }
    let mut made = vec![("period.json", period(from, to, filter, &chosen, unsealed))];
    made.push(("catalogue.jsonl", catalogue(data, &settings).await?));
    let mut seqs: Vec<u64> = chosen.iter().map(|segment| segment.first_seq).collect();
    if let Some(filter) = filter {
        let table = fitting(data, from, to, filter).await?;
        seqs.extend(seqs_of(&table));
        made.push(("fitting.jsonl", commands::search::json_lines(&table)?.into_bytes()));
    }
    let last_sealed = chosen.iter().map(|segment| segment.last_seq).max().unwrap_or_default();
    seqs.retain(|seq| *seq <= last_sealed);
    seqs.sort_unstable();
    seqs.dedup();
    seqs.truncate(PROVED_MAX);
    if !seqs.is_empty() {
        let ranges: Vec<(u64, u64)> = seqs.iter().map(|seq| (*seq, *seq)).collect();
        let evidence = proof::gather(data, &ranges).await?;
        made.push(("proof.json", evidence.to_text().into_bytes()));
    }
    let lake = data.join("lake");
    let segments = chosen.iter().map(|segment| (lake.join(&segment.file), segment.file.clone()));
    Ok(Bundle { made, segments: segments.collect() })
}

/// An archive without a log would be taken for evidence.
fn nothing_kept(data: &Path, unsealed: usize, world: &World) -> Trouble {
    let data = data.display();
    let ja = format!(
        "{data}: この期間に、封をしたログはありません（封をしていない新しいログ {unsealed} 件）。--data と期間を確かめてください"
    );
    let en = format!(
        "{data}: no sealed logs of this period ({unsealed} new events that are not sealed yet); check --data and the period"
    );
    let why = world.say([&ja, &en]);
    Trouble::new(&troubles::WRONG_USE, why)
}

/// What was asked for and what is in it, for whoever opens the archive.
fn period(
    from: Instant,
    to: Instant,
    filter: Option<&String>,
    chosen: &[Arc<SegmentInfo>],
    unsealed: usize,
) -> Vec<u8> {
    let segments: Vec<_> = chosen
        .iter()
        .map(|segment| {
            serde_json::json!({"file": segment.file, "sha256": segment.file_digest, "first_seq": segment.first_seq,
                "last_seq": segment.last_seq, "events": segment.events, "root": segment.root})
        })
        .collect();
    let told = serde_json::json!({
        "from": from.rfc3339(), "to": to.rfc3339(), "filter": filter, "segments": segments,
        "unsealed_events_left_out": unsealed,
    });
    let mut text = serde_json::to_string_pretty(&told).unwrap_or_default();
    let _ = writeln!(text);
    text.into_bytes()
}

/// The signed catalogue as it is: the chain of records that every segment's root stands in.
async fn catalogue(data: &Path, settings: &Settings) -> Result<Vec<u8>, Trouble> {
    let catalogue = stores::catalogue(data, settings)?;
    let grown = catalogue.read(0).await.map_err(|error| error.trouble())?;
    Ok(grown.unwrap_or_default().lines.into_bytes())
}

async fn fitting(data: &Path, from: Instant, to: Instant, filter: &str) -> Result<Table, Trouble> {
    let period = Filter::read(&format!("time>={} time<={}", from.rfc3339(), to.rfc3339()));
    let period = period.map_err(|error| error.trouble())?;
    let wanted = Filter::read(filter).map_err(|error| error.trouble())?;
    let sql = format!(
        "SELECT seq, time, received_at, source, host, \"user\", patient, activity, status, src_ip, dst_ip, process, message, raw \
         FROM events WHERE ({}) AND ({}) ORDER BY seq",
        period.condition(),
        wanted.condition()
    );
    let limits = Limits { rows: ROWS_MAX, ..Limits::EXPORT };
    let query = stores::log_query(data)?;
    query.sql(&sql, Sight::Full, limits).await.map_err(|error| error.trouble())
}

fn seqs_of(table: &Table) -> Vec<u64> {
    let cells = table.rows.iter().filter_map(|row| row.first());
    cells.filter_map(|cell| cell.to_string().parse().ok()).collect()
}
