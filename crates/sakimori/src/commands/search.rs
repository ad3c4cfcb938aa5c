//! `sakimori search`: a filter or one read-only statement over the table `events`, also while `up` runs.
//!
//! Whoever can read the data folder can read every record in it, so this command masks nothing, and says so.

use clap::{Arg, ArgMatches, value_parser};
use sakimori_query::{Limits, Sight, Table};
use sakimori_watch::filter::{self, Filter};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::node::stores;
use crate::troubles;
use crate::world::World;

/// Rows printed unless `--rows` says otherwise.
const ROWS: &str = "10000";

/// The command.
pub(super) struct Search;

impl Command for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "保存したログを条件か SQL で検索します（患者の情報は伏せずに表示します）",
            "searches the kept logs with a filter or SQL (patients are not masked)",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(Arg::new("sql").value_name("FILTER|SQL").required(true).allow_hyphen_values(true).help(world.say([
                "条件（例: host:ek-02 status:failure -user:svc time>=2026-11-20）または SELECT 文。列: time, received_at, seq, source, class_uid, activity, status, host, user, patient, src_ip, dst_ip, \
                 process, message, raw, src['項目名']",
                "a filter (host:ek-02 status:failure -user:svc time>=2026-11-20) or a SELECT; columns: time, received_at, seq, source, class_uid, activity, status, host, user, patient, src_ip, dst_ip, \
                 process, message, raw, src['field']",
            ])))
            .arg(super::data_argument(world))
            .arg(super::format_argument(&["table", "csv", "jsonl"], world))
            .arg(
                Arg::new("rows")
                    .long("rows")
                    .value_name("N")
                    .default_value(ROWS)
                    .value_parser(value_parser!(usize))
                    .help(world.say(["最大の行数", "most rows to print"])),
            )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        super::up::log_to_stderr();
        let data = super::existing_data_folder(given)?;
        let wanted = given.get_one::<String>("sql").map(String::as_str).unwrap_or_default();
        let sql = statement(wanted)?;
        let rows = given.get_one::<usize>("rows").copied().unwrap_or_default();
        let bar = world.waiting(world.say(["検索中", "searching"]));
        let table = super::block_on(async {
            let query = stores::log_query(&data)?;
            query
                .sql(&sql, Sight::Full, Limits { rows, ..Limits::EXPORT })
                .await
                .map_err(|error| error.trouble())
        })??;
        bar.finish_and_clear();
        let text = match given.get_one::<String>("format").map(String::as_str) {
            Some("csv") => csv_text(&table)?,
            Some("jsonl") => json_lines(&table)?,
            _ => plain_table(&table),
        };
        world.print(&text)?;
        if table.truncated {
            world.note(&format!(
                "{} {rows}",
                world.say([
                    "行数の上限で打ち切りました（--rows）:",
                    "cut at the most rows (--rows):"
                ])
            ));
        }
        Ok(Outcome::Fine)
    }
}

/// The statement for what was given: SQL as it is, a filter with the columns people ask for, newest first.
///
/// # Errors
/// SK-WATCH-020 with the place, when it is neither.
fn statement(wanted: &str) -> Result<String, Trouble> {
    if filter::is_sql(wanted) {
        return Ok(wanted.to_owned());
    }
    let filter = Filter::read(wanted).map_err(|error| error.trouble())?;
    Ok(format!(
        "SELECT time, seq, source, host, \"user\", patient, activity, status, src_ip, dst_ip, process, message \
         FROM events WHERE {} ORDER BY time DESC",
        filter.condition()
    ))
}

/// Columns padded to their widest value; a wide character counts two.
pub(super) fn plain_table(table: &Table) -> String {
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        // What a device wrote must not steer the terminal.
        .map(|row| row.iter().map(|cell| cell.to_string().replace(char::is_control, " ")).collect())
        .collect();
    let widths: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell));
            cells.max().unwrap_or(0).max(width(name))
        })
        .collect();
    std::iter::once(&table.columns).chain(&rows).map(|row| padded(row, &widths)).collect()
}

fn padded(row: &[String], widths: &[usize]) -> String {
    let cells = row
        .iter()
        .zip(widths)
        .map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide - width(cell).min(*wide))));
    let line: Vec<String> = cells.collect();
    format!("{}\n", line.join("  ").trim_end())
}

/// Cells on a terminal: East Asian text takes two each.
fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

/// The rows as CSV with their header.
pub(super) fn csv_text(table: &Table) -> Result<String, Trouble> {
    let failed = |error: &dyn std::error::Error| Trouble::because(&troubles::OUTPUT, error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(|error| failed(&error))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(ToString::to_string)).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One object a row.
pub(super) fn json_lines(table: &Table) -> Result<String, Trouble> {
    let mut text = String::new();
    for row in &table.rows {
        let failed = |error| Trouble::because(&troubles::OUTPUT, &error);
        let mut object = serde_json::Map::new();
        for (name, cell) in table.columns.iter().zip(row) {
            object.insert(name.clone(), serde_json::to_value(cell).map_err(failed)?);
        }
        text.push_str(&serde_json::to_string(&object).map_err(failed)?);
        text.push('\n');
    }
    Ok(text)
}
