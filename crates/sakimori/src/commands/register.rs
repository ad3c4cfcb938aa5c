//! `sakimori register import|export|count`: the register of institutions, beside the running hub.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_register::{
    Asked, Census, Extent, Imported, LIST_BYTES_MAX, Reading, Register, RegisterError, Source,
    Terms, Way, list_heading, list_row, read_list, refused_csv,
};
use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, push_row};
use sakimori_words::{Lang, Prefecture, Trouble, jst_date, parse_date};

use super::{Command, Outcome};
use crate::files;
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;
use crate::{data_folder, troubles};

/// Entries read at a time.
const PAGE: usize = 1_000;
/// Rows that were not understood, named on the terminal; all of them are in the file.
const REFUSED_NAMED: usize = 20;

/// The command.
pub(super) struct TheRegister;

impl Command for TheRegister {
    fn name(&self) -> &'static str {
        "register"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "医療機関の名簿を取り込み、書き出し、数えます",
            "takes in, exports and counts the register of institutions",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .subcommand_required(true)
            .subcommand(import_grammar(world))
            .subcommand(
                clap::Command::new("export")
                    .about(world.say(["名簿をCSVに書き出します", "writes the register as CSV"]))
                    .arg(file_argument(world, false))
                    .arg(super::data_argument(world)),
            )
            .subcommand(
                clap::Command::new("count")
                    .about(world.say([
                        "都道府県ごと・届け方ごとの件数を表示し、数え直しと一致するか確かめます",
                        "shows counts by prefecture and way, and proves them by counting anew",
                    ]))
                    .arg(super::data_argument(world)),
            )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let Some((verb, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
        let data = super::existing_data_folder(given)?;
        super::block_on(async {
            let settings = Settings::load(&data)?.unwrap_or_default();
            let store = stores::existing_ledger(&data, &settings).await?;
            let register = Register::new(store, world.clock.clone(), world.chance.clone());
            match verb {
                "import" => import(&register, given, world).await,
                "export" => export(&register, given, world).await,
                _ => count(&register, world).await,
            }
        })?
    }
}

fn import_grammar(world: &World) -> clap::Command {
    clap::Command::new("import")
        .about(world.say([
            "名簿のCSV（UTF-8・Shift_JIS）を取り込みます。何度でも取り込めます",
            "takes in a list (CSV, UTF-8 or Shift_JIS), as often as it comes",
        ]))
        .arg(file_argument(world, true))
        .arg(Arg::new("complete").long("complete").action(ArgAction::SetTrue).help(world.say([
            "この名簿に載っていない同じ種別の機関を、廃止の候補にします",
            "the list names every institution of its kinds: propose the others as closed",
        ])))
        .arg(Arg::new("source").long("source").value_name("TEXT").help(world.say([
            "名簿の名前（省くとファイル名）",
            "name of the list (default: name of the file)",
        ])))
        .arg(
            Arg::new("date")
                .long("date")
                .value_name("DATE")
                .help(world.say(["名簿の日付（省くと今日）", "day of the list (default: today)"])),
        )
        .arg(
            Arg::new("way")
                .long("way")
                .value_name("WAY")
                .default_value("telephone")
                .value_parser(Way::CHOSEN.map(|way| way.as_str()))
                .help(world.say([
                    "名簿に届け方が書かれていない新しい機関への届け方（office は、都道府県など別の窓口が周知する機関）",
                    "how new institutions are reached when the list does not say (office: a prefecture or another office warns them)",
                ])),
        )
        .arg(
            Arg::new("refused")
                .long("refused")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(world.say([
                    "取り込めなかった行を理由とともに書き出すファイル",
                    "where to write the rows that were not taken in, with the reasons",
                ])),
        )
        .arg(super::data_argument(world))
}

fn file_argument(world: &World, reads: bool) -> Arg {
    let help = if reads {
        ["名簿のファイル", "the list"]
    } else {
        ["書き出し先のファイル", "the file to write"]
    };
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(world.say(help))
}

fn file(given: &ArgMatches) -> PathBuf {
    given.get_one::<PathBuf>("file").cloned().unwrap_or_default()
}

async fn import(
    register: &Register,
    given: &ArgMatches,
    world: &World,
) -> Result<Outcome, Trouble> {
    let path = file(given);
    let bytes = files::read_given(&path, LIST_BYTES_MAX as u64)?;
    let mut reading = read_list(&bytes).map_err(|error| RegisterError::from(error).trouble())?;
    let extent = if given.get_flag("complete") { Extent::Complete } else { Extent::Partial };
    let source = source(given, &path, world)?;
    let rows = std::mem::take(&mut reading.rows);
    let bar = world.waiting(world.say(["取り込み中", "taking in"]));
    let terms = Terms { new_way: new_way(given), ..Terms::new(source, extent) };
    let imported = register.import(rows, &terms, "system").await;
    bar.finish_and_clear();
    world.print(&imported_words(&imported.map_err(|error| error.trouble())?, world.lang))?;
    tell_what_was_left(&reading, world);
    if let Some(path) = given.get_one::<PathBuf>("refused") {
        write(path, refused_csv(&reading).as_bytes())?;
    }
    Ok(if reading.refused.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

fn new_way(given: &ArgMatches) -> Way {
    let named = given.get_one::<String>("way");
    let found = Way::CHOSEN.into_iter().find(|way| named.is_some_and(|name| name == way.as_str()));
    found.unwrap_or_default()
}

fn source(given: &ArgMatches, path: &Path, world: &World) -> Result<Source, Trouble> {
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = given.get_one::<String>("source").cloned().or(file_name).unwrap_or_default();
    let on = match given.get_one::<String>("date") {
        None => jst_date(world.clock.now()),
        Some(text) => parse_date(text)
            .ok_or_else(|| Trouble::new(&troubles::FILE, format!("--date {text}")))?,
    };
    Ok(Source { name, on })
}

fn imported_words(imported: &Imported, lang: Lang) -> String {
    let Imported { n_added, n_changed, n_same, n_proposed } = imported;
    match lang {
        Lang::Ja => format!(
            "新しく登録 {n_added} 件、変更 {n_changed} 件、変更なし {n_same} 件、廃止の候補 {n_proposed} 件\n"
        ),
        Lang::En => format!(
            "{n_added} new, {n_changed} changed, {n_same} unchanged, {n_proposed} proposed as closed\n"
        ),
    }
}

fn tell_what_was_left(reading: &Reading, world: &World) {
    if !reading.unknown_columns.is_empty() {
        let columns = reading.unknown_columns.join(", ");
        let head = world.say(["名簿に項目がない列", "columns without a place in the register"]);
        world.note(&format!("{head}: {columns}"));
    }
    for row in reading.refused.iter().take(REFUSED_NAMED) {
        for fault in &row.faults {
            let why = fault.why.get(world.lang);
            world.note(&match world.lang {
                Lang::Ja => format!("{}行目 {}: {why}", row.line, fault.column),
                Lang::En => format!("line {}, {}: {why}", row.line, fault.column),
            });
        }
    }
    if !reading.refused.is_empty() {
        let head = world.say(["取り込めなかった行", "rows that were not taken in"]);
        world.note(&format!("{head}: {}", reading.refused.len()));
    }
}

async fn export(
    register: &Register,
    given: &ArgMatches,
    world: &World,
) -> Result<Outcome, Trouble> {
    let path = file(given);
    let made = data_folder::private_file(&path).map_err(|error| files::refused(&path, &error))?;
    let mut out = BufWriter::new(made);
    let mut head = BYTE_ORDER_MARK.to_owned();
    push_row(&mut head, list_heading());
    out.write_all(head.as_bytes()).map_err(|error| files::refused(&path, &error))?;
    let asked = Asked { closed_too: true, ..Asked::default() };
    let (mut after, mut n_rows) = (None, 0);
    loop {
        let shown = register.list(&asked, after.as_ref(), PAGE).await;
        let shown = shown.map_err(|error| error.trouble())?;
        let mut text = String::new();
        shown.facilities.iter().for_each(|one| push_row(&mut text, list_row(one)));
        out.write_all(text.as_bytes()).map_err(|error| files::refused(&path, &error))?;
        n_rows += shown.facilities.len();
        after = shown.next;
        if after.is_none() {
            break;
        }
    }
    out.flush().map_err(|error| files::refused(&path, &error))?;
    world.note(&format!("{}: {n_rows}", world.say(["書き出した医療機関", "institutions written"])));
    Ok(Outcome::Fine)
}

async fn count(register: &Register, world: &World) -> Result<Outcome, Trouble> {
    let census = register.census().await.map_err(|error| error.trouble())?;
    world.print(&census_words(&census, world.lang))?;
    let anew = register.recount().await.map_err(|error| error.trouble())?;
    if anew == census {
        return Ok(Outcome::Fine);
    }
    world.note(world.say([
        "件数が、名簿を数え直した結果と一致しません",
        "the counts differ from counting the register anew",
    ]));
    Ok(Outcome::Findings)
}

fn census_words(census: &Census, lang: Lang) -> String {
    let mut text = String::new();
    let row = |prefecture: Prefecture, total: u64| {
        format!("{:02} {}: {total}\n", prefecture.code(), prefecture.name(lang))
    };
    census.prefectures().for_each(|(at, tally)| text.push_str(&row(at, tally.total())));
    for way in Way::NAMES {
        text.push_str(&format!("{way}: {}\n", census.reached_by(way)));
    }
    let all = match lang {
        Lang::Ja => "合計",
        Lang::En => "all",
    };
    text.push_str(&format!("{all}: {}\n", census.total()));
    text
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    data_folder::private_file(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| files::refused(path, &error))
}
