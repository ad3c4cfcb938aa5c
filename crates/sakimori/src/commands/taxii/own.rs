//! The organisation's own server: what is on its shelf, and the accounts that read it. Written to the ledger beside `up`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};
use sakimori_ledger::Store;
use sakimori_standards::taxii::{
    Audience, By, Proposals, Readers, Shelf, ShelfError, labels, needs_second_officer,
};
use sakimori_words::{Lang, PersonId, Trouble};
use serde_json::Value;

use super::super::{Outcome, data_argument, existing_data_folder};
use crate::node::{installation, stores};
use crate::settings::Settings;
use crate::world::World;
use crate::{files, troubles};

/// Longest bundle that is read, in bytes.
const BUNDLE_BYTES_MAX: u64 = 64 << 20;

pub(super) fn publish_grammar(world: &World) -> clap::Command {
    clap::Command::new("publish")
        .about(world.say([
            "STIX のファイルを、TLP ラベルに応じたコレクションで公開します（CLEAR・GREEN は画面で別の担当者が決裁します）",
            "publishes a STIX file in the collections of its TLP labels; another officer releases CLEAR and GREEN on a screen",
        ]))
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(world.say(["STIX 2.1 のバンドル", "a bundle of STIX 2.1"])),
        )
        .arg(data_argument(world))
}

pub(super) fn accounts_grammar(world: &World) -> clap::Command {
    let name = || {
        Arg::new("name")
            .value_name("NAME")
            .required(true)
            .help(world.say(["アカウントの名前", "the name of the account"]))
    };
    let kinds = Audience::ALL.map(Audience::name);
    let audience = Arg::new("audience")
        .long("audience")
        .value_name("KIND")
        .required(true)
        .value_parser(PossibleValuesParser::new(kinds))
        .help(world.say([
            "種類: public（CLEAR）、community（GREEN まで）、client（AMBER まで）、recipient（AMBER+STRICT まで）",
            "public (CLEAR), community (up to GREEN), client (up to AMBER), recipient (up to AMBER+STRICT)",
        ]));
    let add = clap::Command::new("add")
        .about(world.say(["アカウントを発行します", "lets an account in"]))
        .arg(name())
        .arg(audience)
        .arg(data_argument(world));
    let revoke = clap::Command::new("revoke")
        .about(world.say(["アカウントを停止します", "shuts an account out"]))
        .arg(name())
        .arg(data_argument(world));
    let list = clap::Command::new("list")
        .about(world.say(["アカウントの一覧", "lists the accounts"]))
        .arg(data_argument(world));
    clap::Command::new("accounts")
        .about(world.say(["このサーバーを読めるアカウント", "the accounts that read this server"]))
        .subcommand_required(true)
        .subcommands([add, revoke, list])
}

/// `taxii publish`.
pub(super) async fn publish(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = existing_data_folder(given)?;
    let path = given.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let objects = objects(&path)?;
    let settings = Settings::load(&data)?.unwrap_or_default();
    let store = stores::existing_ledger(&data, &settings).await?;
    let (clock, chance) = (world.clock.as_ref(), world.chance.as_ref());
    let organisation = installation::organisation_id(store.as_ref(), clock, chance).await;
    let organisation = organisation.map_err(|error| error.trouble())?;
    if labels(&objects)
        .map_err(|error| error.trouble())?
        .iter()
        .any(|(tlp, _)| needs_second_officer(*tlp))
    {
        return propose(&path, &objects, store, world).await;
    }
    let shelf = Shelf::new(store, Arc::clone(&world.clock));
    let done = shelf.publish(&organisation, &objects, "console").await;
    for (collection, added) in done.map_err(|error| error.trouble())? {
        let (label, n_new, n_known) = (collection.tlp.label(), added.n_new, added.n_known);
        world.print(&match world.lang {
            Lang::Ja => format!("{label}: 新しく {n_new} 件（公開済み {n_known} 件）\n"),
            Lang::En => format!("{label}: {n_new} new ({n_known} were there)\n"),
        })?;
    }
    Ok(Outcome::Fine)
}

/// What everybody or the whole community would read waits for an officer, the whole file together.
async fn propose(
    path: &Path,
    objects: &[Value],
    store: Arc<dyn Store>,
    world: &World,
) -> Result<Outcome, Trouble> {
    let proposals = Proposals::new(store, Arc::clone(&world.clock), Arc::clone(&world.chance));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let console = PersonId::from("console");
    let done = proposals.propose(&name, objects, By { person: &console, name: "console" }).await;
    for (label, n) in done.map_err(|error| error.trouble())?.labels {
        let label = label.label();
        world.print(&match world.lang {
            Lang::Ja => format!("{label}: 決裁待ち {n} 件\n"),
            Lang::En => format!("{label}: {n} waiting for release\n"),
        })?;
    }
    world.note(world.say([
        "TLP:CLEAR・TLP:GREEN を含むため、決裁者が画面「事例の共有」→「決裁待ちのファイル」で公開するまで読まれません",
        "it holds TLP:CLEAR or TLP:GREEN: nobody reads it until an approver publishes it on the screen “Sharing a case” → “Files waiting for release”",
    ]));
    Ok(Outcome::Fine)
}

fn objects(path: &Path) -> Result<Vec<Value>, Trouble> {
    let bytes = files::read_given(path, BUNDLE_BYTES_MAX)?;
    let unfit = |why: String| Trouble::new(&troubles::FILE, format!("{}: {why}", path.display()));
    if bytes.len() as u64 > BUNDLE_BYTES_MAX {
        return Err(unfit(format!("more than {} MiB", BUNDLE_BYTES_MAX >> 20)));
    }
    let not_stix = |why: String| Trouble {
        detail: format!("{}: {why}", path.display()),
        ..ShelfError::NoObject.trouble()
    };
    let bundle: Value =
        serde_json::from_slice(&bytes).map_err(|error| not_stix(error.to_string()))?;
    let objects = bundle.get("objects").and_then(Value::as_array).cloned();
    objects.ok_or_else(|| not_stix("it has no `objects`".to_owned()))
}

/// `taxii accounts …`.
pub(super) async fn accounts(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let Some((act, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
    let data = existing_data_folder(given)?;
    let settings = Settings::load(&data)?.unwrap_or_default();
    let store = stores::existing_ledger(&data, &settings).await?;
    let readers = Readers::new(store, Arc::clone(&world.clock), Arc::clone(&world.chance));
    let name = || given.get_one::<String>("name").map(String::as_str).unwrap_or_default();
    let console = PersonId::from("console");
    let by = By { person: &console, name: "console" };
    match act {
        "add" => add(&readers, name(), given, by, world).await?,
        "revoke" => {
            readers.revoke(name(), by).await.map_err(|error| error.trouble())?;
            world.note(world.say(["停止しました", "shut out"]));
        }
        _ => world.print(&listed(&readers, world).await?)?,
    }
    Ok(Outcome::Fine)
}

async fn add(
    readers: &Readers,
    name: &str,
    given: &ArgMatches,
    by: By<'_>,
    world: &World,
) -> Result<(), Trouble> {
    let audience = given.get_one::<String>("audience").and_then(|word| Audience::of_name(word));
    let audience = audience.unwrap_or(Audience::Public);
    let made = readers.add(name, audience, by).await.map_err(|error| error.trouble())?;
    world.note(world.say([
        "トークンは今だけ表示します。これがパスワードになります",
        "the token is shown only now; it is the password",
    ]));
    world.print(&format!("{}\n", made.token))
}

async fn listed(readers: &Readers, world: &World) -> Result<String, Trouble> {
    let readers = readers.list().await.map_err(|error| error.trouble())?;
    let works = world.say(["有効", "works"]);
    let revoked = world.say(["停止", "shut out"]);
    let line = |reader: &sakimori_standards::taxii::Reader| {
        let state = if reader.revoked_at.is_none() { works } else { revoked };
        format!("{state}\t{}\t{}\t{}\n", reader.name, reader.audience.name(), reader.made_at)
    };
    Ok(readers.iter().map(line).collect())
}
