//! `sakimori search SQL`: one read-only statement over the table `events`, also while `up` runs.

use clap::{Arg, ArgMatches, value_parser};
use sakimori_query::{Limits, Query, Table};
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
            "保存したログを SQL で検索します（表の名前は events）",
            "searches the kept logs with SQL (the table is `events`)",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(Arg::new("sql").value_name("SQL").required(true).help(world.say([
                "SELECT 文。列: time, received_at, seq, source, class_uid, activity, status, host, user, patient, src_ip, dst_ip, \
                 process, message, raw, src['項目名']",
                "a SELECT; columns: time, received_at, seq, source, class_uid, activity, status, host, user, patient, src_ip, dst_ip, \
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
        let data = super::existing_data_folder(given)?;
        let sql = given.get_one::<String>("sql").map(String::as_str).unwrap_or_default();
        let rows = given.get_one::<usize>("rows").copied().unwrap_or_default();
        let bar = world.waiting(world.say(["検索中", "searching"]));
        let table = super::block_on(async {
            let query = Query::new(stores::lake_reader(&data)?).map_err(|error| error.trouble())?;
            query.sql(sql, Limits { rows, ..Limits::EXPORT }).await.map_err(|error| error.trouble())
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

/// Columns padded to their widest value; a wide character counts two.
fn plain_table(table: &Table) -> String {
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

fn csv_text(table: &Table) -> Result<String, Trouble> {
    let failed = |error: &dyn std::error::Error| Trouble::because(&troubles::OUTPUT, error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(|error| failed(&error))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(ToString::to_string)).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn json_lines(table: &Table) -> Result<String, Trouble> {
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
