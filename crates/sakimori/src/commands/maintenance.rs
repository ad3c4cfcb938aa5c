//! `sakimori maintenance line|plan …`: remote maintenance lines and work plans, entered beside the running node.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use sakimori_watch::By;
use sakimori_watch::maintenance::{
    LineFields, MaintenanceDesk, MaintenanceError, Network, PLANS_FILE_BYTES_MAX, WrittenPlan,
};
use sakimori_words::{Lang, PersonId, Trouble};

use super::{Command, Outcome};
use crate::files;
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;

/// The command.
pub(super) struct Maintenance;

impl Command for Maintenance {
    fn name(&self) -> &'static str {
        "maintenance"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "遠隔保守の回線と作業予定を登録・一覧します",
            "enters and lists remote maintenance lines and work plans",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let line = clap::Command::new("line")
            .about(world.say(["保守回線", "maintenance lines"]))
            .subcommand_required(true)
            .subcommand(line_add(world))
            .subcommand(listing(world, ["保守回線の一覧", "lists the maintenance lines"]));
        let plan = clap::Command::new("plan")
            .about(world.say(["作業予定", "work plans"]))
            .subcommand_required(true)
            .subcommand(plan_add(world))
            .subcommand(plan_import(world))
            .subcommand(listing(world, ["作業予定の一覧", "lists the work plans"]));
        command.subcommand_required(true).subcommand(line).subcommand(plan)
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let Some((noun, inner)) = given.subcommand() else { return Ok(Outcome::Fine) };
        let Some((verb, given)) = inner.subcommand() else { return Ok(Outcome::Fine) };
        let data = super::existing_data_folder(given)?;
        let said = super::block_on(async {
            let settings = Settings::load(&data)?.unwrap_or_default();
            let store = stores::existing_ledger(&data, &settings).await?;
            let (clock, chance) = (world.clock.clone(), world.chance.clone());
            let desk = MaintenanceDesk::new(store, clock, chance);
            match (noun, verb) {
                ("line", "add") => add_line(&desk, given, world.lang).await,
                ("line", _) => list_lines(&desk).await,
                ("plan", "add") => add_plan(&desk, given, world.lang).await,
                ("plan", "import") => import(&desk, given, world.lang).await,
                _ => list_plans(&desk, world.lang).await,
            }
        })??;
        world.print(&said)?;
        Ok(Outcome::Fine)
    }
}

fn option(name: &'static str, must: bool, world: &World, help: [&'static str; 2]) -> Arg {
    Arg::new(name).long(name).value_name("TEXT").required(must).help(world.say(help))
}

fn several(name: &'static str, world: &World, help: [&'static str; 2]) -> Arg {
    option(name, false, world, help).action(clap::ArgAction::Append)
}

fn by_argument(world: &World) -> Arg {
    option("by", false, world, ["登録する人の名前", "name of whoever enters it"])
}

fn listing(world: &World, about: [&'static str; 2]) -> clap::Command {
    clap::Command::new("list").about(world.say(about)).arg(super::data_argument(world))
}

fn line_add(world: &World) -> clap::Command {
    clap::Command::new("add")
        .about(world.say(["保守回線を登録します", "adds a maintenance line"]))
        .arg(option("supplier", true, world, ["業者の名前", "name of the supplier"]))
        .arg(option("phone", false, world, ["連絡先の電話", "whom to call there"]))
        .arg(several("account", world, ["アカウント", "an account they use"]))
        .arg(several("group", world, ["VPN のグループ・トンネル", "a group or tunnel of the VPN"]))
        .arg(several("address", world, ["接続元（例 203.0.113.0/24）", "where they come from"]))
        .arg(several("machine", world, ["入ってよい機器", "a machine they may touch"]))
        .arg(option("device", false, world, ["経由する装置", "the device they come through"]))
        .arg(by_argument(world))
        .arg(super::data_argument(world))
}

fn plan_add(world: &World) -> clap::Command {
    clap::Command::new("add")
        .about(world.say(["作業予定を登録します", "enters a work plan"]))
        .arg(option("supplier", true, world, ["業者の名前（登録済みの保守回線）", "the supplier"]))
        .arg(option("from", true, world, ["開始（例 2026-11-25 9:00）", "begin, in Japan's time"]))
        .arg(option("to", true, world, ["終了", "end"]))
        .arg(option("purpose", true, world, ["作業内容", "what for"]))
        .arg(several("machine", world, ["対象の機器", "a machine"]))
        .arg(option("asked-by", false, world, ["依頼・承認した人", "who asked for it"]))
        .arg(option("attended-by", false, world, ["立ち会う人", "who attends"]))
        .arg(by_argument(world))
        .arg(super::data_argument(world))
}

fn plan_import(world: &World) -> clap::Command {
    clap::Command::new("import")
        .about(world.say([
            "作業予定の CSV を取り込みます（見出し: 業者,開始,終了,目的,対象機器,依頼者,立会者）",
            "takes in a CSV of work plans (supplier,from,to,purpose,machines,asked_by,attended_by)",
        ]))
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(world.say(["CSV ファイル", "the CSV file"])),
        )
        .arg(by_argument(world))
        .arg(super::data_argument(world))
}

fn text<'a>(given: &'a ArgMatches, name: &str) -> &'a str {
    given.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

fn all(given: &ArgMatches, name: &str) -> Vec<String> {
    given.get_many::<String>(name).into_iter().flatten().cloned().collect()
}

/// Nobody is signed in on the command line; the name is what whoever types gives.
fn by<'a>(given: &'a ArgMatches, person: &'a PersonId) -> By<'a> {
    By { person, name: given.get_one::<String>("by").map_or("command line", String::as_str) }
}

async fn add_line(
    desk: &MaintenanceDesk,
    given: &ArgMatches,
    lang: Lang,
) -> Result<String, Trouble> {
    let mut addresses = Vec::new();
    for written in all(given, "address") {
        let address: Network = written.parse().map_err(|_| {
            MaintenanceError::Unfit {
                field: "addresses",
                why: sakimori_words::Text::new(
                    format!("「{written}」はアドレスとして読めません"),
                    format!("“{written}” is no address"),
                ),
            }
            .trouble()
        })?;
        addresses.push(address);
    }
    let fields = LineFields {
        supplier: text(given, "supplier").trim().to_owned(),
        phone: text(given, "phone").to_owned(),
        accounts: all(given, "account"),
        groups: all(given, "group"),
        addresses,
        machines: all(given, "machine"),
        device: text(given, "device").to_owned(),
    };
    let person = PersonId::from("system");
    let line = desk.add_line(fields, by(given, &person)).await.map_err(|error| error.trouble())?;
    Ok(match lang {
        Lang::Ja => format!("登録しました: {} ({})\n", line.fields.supplier, line.id),
        Lang::En => format!("added: {} ({})\n", line.fields.supplier, line.id),
    })
}

async fn add_plan(
    desk: &MaintenanceDesk,
    given: &ArgMatches,
    lang: Lang,
) -> Result<String, Trouble> {
    let machines = all(given, "machine").join(" ");
    let written = WrittenPlan {
        supplier: text(given, "supplier"),
        from: text(given, "from"),
        to: text(given, "to"),
        purpose: text(given, "purpose"),
        machines: &machines,
        asked_by: text(given, "asked-by"),
        attended_by: text(given, "attended-by"),
    };
    let person = PersonId::from("system");
    let plan =
        desk.add_written(&written, by(given, &person)).await.map_err(|error| error.trouble())?;
    let (supplier, from, to) = (&plan.supplier, plan.fields.from, plan.fields.to);
    Ok(match lang {
        Lang::Ja => format!("登録しました: {supplier} {from} – {to}\n"),
        Lang::En => format!("entered: {supplier} {from} – {to}\n"),
    })
}

async fn import(desk: &MaintenanceDesk, given: &ArgMatches, lang: Lang) -> Result<String, Trouble> {
    let path = given.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let bytes = files::read_given(&path, PLANS_FILE_BYTES_MAX as u64)?;
    let person = PersonId::from("system");
    let import = desk.import(&bytes, by(given, &person)).await.map_err(|error| error.trouble())?;
    let (entered, known) = (import.entered, import.known);
    Ok(match lang {
        Lang::Ja => format!("登録 {entered} 件、登録済み {known} 件\n"),
        Lang::En => format!("{entered} entered, {known} known already\n"),
    })
}

async fn list_lines(desk: &MaintenanceDesk) -> Result<String, Trouble> {
    let mut said = String::new();
    for line in desk.lines().await.map_err(|error| error.trouble())? {
        let addresses = line.fields.addresses.iter().map(Network::to_string);
        let own = line.fields.accounts.iter().chain(&line.fields.groups).cloned();
        let told_by = own.chain(addresses).collect::<Vec<_>>().join(" ");
        said.push_str(&format!(
            "{}  {}  {}  {told_by}\n",
            line.id, line.fields.supplier, line.fields.phone
        ));
    }
    Ok(said)
}

async fn list_plans(desk: &MaintenanceDesk, lang: Lang) -> Result<String, Trouble> {
    let mut said = String::new();
    for plan in desk.plans().await.map_err(|error| error.trouble())? {
        let mark = match (plan.cancelled(), lang) {
            (false, _) => "",
            (true, Lang::Ja) => "（取消）",
            (true, Lang::En) => " (cancelled)",
        };
        said.push_str(&format!(
            "{} – {}  {}  {}{mark}\n",
            plan.fields.from,
            plan.until(),
            plan.supplier,
            plan.fields.purpose
        ));
    }
    Ok(said)
}
