//! `sakimori access-review`: the monthly look at who opened which patient's record, from the command line.
//!
//! Patients are shown by pseudonym, the same as on the screens.

use std::path::Path;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches};
use sakimori_query::{Cell, Pseudonyms, Table};
use sakimori_watch::By;
use sakimori_watch::access_review::{
    Candidate, List, Outcome as Month, Refused, ReviewSettings, Reviews, Run, parse_month,
};
use sakimori_words::{Date, Lang, PersonId, Trouble};

use super::search::{csv_text, json_lines, plain_table};
use super::{Command, Outcome};
use crate::access_lists;
use crate::keys::Keys;
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;

/// Refused rows printed for each list; the others are counted.
const REFUSED_SHOWN: usize = 20;

/// The command.
pub(super) struct AccessReview;

impl Command for AccessReview {
    fn name(&self) -> &'static str {
        "access-review"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "カルテの参照記録を点検し、説明のつかないものを順に示します",
            "reviews accesses to patients' records and ranks those that nothing explains",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .subcommand_required(true)
            .subcommand(run_grammar(world))
            .subcommand(context_grammar(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        super::up::log_to_stderr();
        let Some((name, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
        let data = super::existing_data_folder(given)?;
        match name {
            "context" => super::block_on(add_lists(&data, given, world))?,
            _ => review(&data, given, world),
        }
    }
}

fn run_grammar(world: &World) -> clap::Command {
    let month = Arg::new("month")
        .long("month")
        .value_name("YYYY-MM")
        .required(true)
        .value_parser(|written: &str| {
            parse_month(written).ok_or("a month is written 2026-10 / 月は 2026-10 のように書きます")
        })
        .help(world.say(["点検する月", "the month to review"]));
    let keep = Arg::new("keep").long("keep").action(ArgAction::SetTrue).help(world.say([
        "点検として記録し、画面で判定できるようにします",
        "keeps it as a review to be judged on the screens",
    ]));
    clap::Command::new("run")
        .about(world.say(["一か月分を点検します", "reviews one month"]))
        .arg(month)
        .arg(keep)
        .arg(super::data_argument(world))
        .arg(super::format_argument(&["table", "csv", "jsonl"], world))
}

fn context_grammar(world: &World) -> clap::Command {
    clap::Command::new("context")
        .about(world.say([
            "職員・勤務・患者・入院・予約・オーダ・紹介の一覧（CSV）を取り込みます",
            "takes in lists (CSV) of staff, duties, patients, stays, visits, orders, referrals",
        ]))
        .arg(super::files_argument("FILE", ["一覧のファイル", "the lists"], world))
        .arg(super::data_argument(world))
}

/// Takes in every list that can be, and names what could not.
async fn add_lists(data: &Path, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let mut outcome = Outcome::Fine;
    for file in super::given_files(given) {
        let console = PersonId::from("console");
        let list =
            access_lists::add(data, file, store.as_ref(), world.clock.as_ref(), &console).await;
        let list = list.map_err(|trouble| named(trouble, file))?;
        world.print(&added(file, &list, world.lang))?;
        if list.n_refused > 0 {
            outcome = Outcome::Findings;
        }
    }
    Ok(outcome)
}

fn named(mut trouble: Trouble, file: &Path) -> Trouble {
    let name = file.display().to_string();
    if !trouble.detail.contains(&name) {
        trouble.detail = format!("{name}: {}", trouble.detail);
    }
    trouble
}

fn added(file: &Path, list: &List, lang: Lang) -> String {
    let (file, label) = (file.display(), list.kind.label());
    let (n, refused) = (list.n_rows(), list.n_refused);
    let mut text = match lang {
        Lang::Ja => {
            format!("{file}: {} {n} 行を取り込みました（読めない行 {refused}）\n", label.ja)
        }
        Lang::En => format!("{file}: {}, {n} rows taken, {refused} refused\n", label.en),
    };
    let line = |refused: &Refused| match lang {
        Lang::Ja => format!("  {} 行目: {}\n", refused.line, refused.why.ja),
        Lang::En => format!("  line {}: {}\n", refused.line, refused.why.en),
    };
    text.extend(list.refused.iter().take(REFUSED_SHOWN).map(line));
    text
}

fn review(data: &Path, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let Some(month) = given.get_one::<Date>("month").copied() else { return Ok(Outcome::Fine) };
    let secret = Keys::open(data)?.secret("patients", world.chance.as_ref())?;
    let pseudonyms = Pseudonyms::new(*secret);
    let bar = world.waiting(world.say(["点検中", "reviewing"]));
    let (table, said, found) = super::block_on(async {
        let query = stores::log_query(data)?;
        let chance = world.chance.as_ref();
        let run = access_lists::run(data, &query, month, ReviewSettings::STANDARD, chance).await?;
        let table = ranked(&run.outcome, &pseudonyms, world.lang);
        let said = summary(&run, world.lang);
        let found = !run.outcome.candidates.is_empty();
        if given.get_flag("keep") {
            keep(data, run, &pseudonyms, world).await?;
        }
        Ok::<_, Trouble>((table, said, found))
    })??;
    bar.finish_and_clear();
    let text = match given.get_one::<String>("format").map(String::as_str) {
        Some("csv") => csv_text(&table)?,
        Some("jsonl") => json_lines(&table)?,
        _ => plain_table(&table),
    };
    world.print(&text)?;
    world.note(&said);
    Ok(if found { Outcome::Findings } else { Outcome::Fine })
}

async fn keep(
    data: &Path,
    run: Run,
    pseudonyms: &Pseudonyms,
    world: &World,
) -> Result<(), Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let reviews = Reviews::new(store, Arc::clone(&world.clock));
    let console = PersonId::from("console");
    let by = By { person: &console, name: "console" };
    let kept = reviews.keep(run, &|patient| pseudonyms.of(patient), by).await;
    kept.map(drop).map_err(|error| error.trouble())
}

/// The list as rows.
fn ranked(outcome: &Month, pseudonyms: &Pseudonyms, lang: Lang) -> Table {
    let columns =
        ["rank", "points", "day", "user", "role", "department", "patient", "accesses", "reasons"];
    let rows = (1..).zip(&outcome.candidates);
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.map(|(rank, one)| row(rank, one, pseudonyms, lang)).collect(),
        truncated: false,
    }
}

fn row(rank: i64, one: &Candidate, pseudonyms: &Pseudonyms, lang: Lang) -> Vec<Cell> {
    let reasons: Vec<String> = one.reasons.iter().map(|reason| reason.say(lang)).collect();
    vec![
        Cell::Int(rank),
        Cell::Int(one.points.into()),
        Cell::Text(one.day.to_string()),
        Cell::Text(one.user.clone()),
        Cell::Text(one.role.clone()),
        Cell::Text(one.department.clone()),
        Cell::Text(pseudonyms.of(&one.patient)),
        Cell::Int(i64::try_from(one.count).unwrap_or(i64::MAX)),
        Cell::Text(reasons.join("; ")),
    ]
}

/// The numbers behind the list, so that a short list is never mistaken for little looked at.
fn summary(run: &Run, lang: Lang) -> String {
    let outcome = &run.outcome;
    let permille = outcome.explained_permille();
    let share = format!("{}.{}%", permille / 10, permille % 10);
    let shares: Vec<String> = outcome
        .explained
        .iter()
        .map(|(explanation, n)| format!("{} {n}", explanation.label().get(lang)))
        .collect();
    let (n, known) = (outcome.accesses, run.known);
    let (waiting, unnamed) = (outcome.n_candidates, outcome.unnamed);
    match lang {
        Lang::Ja => format!(
            "参照 {n}、説明がつくもの {share}（{}）、説明がつかないもの {waiting} 組（職員×患者×日）、職員か患者が分からない記録 {unnamed}\n\
             使った一覧 {}（職員 {}、患者 {}、診療の予定と実績 {}、勤務 {}）",
            shares.join("、"),
            run.lists.len(),
            known.staff,
            known.patients,
            known.contacts,
            known.duties
        ),
        Lang::En => format!(
            "{n} accesses, {share} explained ({}), {waiting} unexplained by person, patient and day, {unnamed} records without account or patient\n\
             {} lists used: {} staff, {} patients, {} contacts, {} duties",
            shares.join(", "),
            run.lists.len(),
            known.staff,
            known.patients,
            known.contacts,
            known.duties
        ),
    }
}
