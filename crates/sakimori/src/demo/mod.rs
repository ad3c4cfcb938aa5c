//! `up --demo`: invented offices and hospitals in one process, and an attack replayed through the real intake.
//!
//! Nothing here is a shortcut through the product: every organisation is a real one with its own data folder, keys and port;
//! they enrol with real codes over loopback, and the attack arrives over TCP like any syslog.

mod cast;
mod opening;
mod register;
mod replay;
mod stage;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use sakimori_words::{Lang, Trouble};

use crate::commands::up::stop_signal;
use crate::files;
use crate::node::{self, Plan, Running};
use crate::settings::Settings;
use crate::troubles;
use crate::world::World;

use cast::{CAST, Member, Part};
use stage::Stage;

/// Port of the first organisation; the others follow.
const FIRST_PORT: u16 = 8_460;

/// Runs the demonstration until it is stopped.
///
/// # Errors
/// SK-NODE-041 when a demonstration ran in the folder before; others when a folder or port cannot be used.
pub(crate) async fn run(given: &ArgMatches, world: &World) -> Result<(), Trouble> {
    let root = given
        .get_one::<PathBuf>("data")
        .filter(|_| given.value_source("data") == Some(clap::parser::ValueSource::CommandLine));
    let root = root.cloned().unwrap_or_else(|| throw_away_folder(world));
    if let Some(used) = used_before(&root)? {
        return Err(Trouble::new(&troubles::DEMO_FOLDER, used));
    }
    let first = given.get_one::<SocketAddr>("listen").map_or(FIRST_PORT, SocketAddr::port);
    let bar = world.progress(
        u64::try_from(CAST.len() + 2).unwrap_or(0),
        world.say(["準備中", "setting the stage"]),
    );
    let stage = Arc::new(Stage::new());
    let mut running: Vec<Running> = Vec::new();
    let mut people = Vec::new();
    for (index, member) in CAST.iter().enumerate() {
        let port = first.saturating_add(u16::try_from(index).unwrap_or(0));
        let plan = Plan {
            data: root.join(member.folder),
            settings: settings(member, port),
            demo: Some(Arc::new(Part::new(Arc::clone(&stage), index))),
            demonstration: true,
        };
        let part = node::start(plan, world).await?;
        people.push(cast::furnish(member, &part, world).await?);
        running.push(part);
        bar.inc(1);
    }
    stage.raise(&running, people.clone());
    cast::introduce(&running).await?;
    bar.inc(1);
    opening::send_first_warning(&running, &people, world).await?;
    bar.finish_and_clear();
    let stop = stop_signal();
    world.print(&greeting(&running, &root, world.lang))?;
    let replay =
        replay::target(&running).map(|target| tokio::spawn(replay::replay(target, world.clone())));
    let failed = tokio::select! {
        () = stop => None,
        (trouble, _, _) = futures::future::select_all(running.iter().map(|part| Box::pin(part.failure()))) => Some(trouble),
    };
    if let Some(replay) = replay {
        replay.abort();
    }
    for part in running {
        part.stop().await;
    }
    failed.map_or(Ok(()), Err)
}

/// A folder of an earlier demonstration, if there is one.
fn used_before(root: &Path) -> Result<Option<String>, Trouble> {
    for member in &CAST {
        let folder = root.join(member.folder);
        let there = folder.try_exists().map_err(|error| files::refused(&folder, &error))?;
        if there {
            return Ok(Some(folder.display().to_string()));
        }
    }
    Ok(None)
}

fn throw_away_folder(world: &World) -> PathBuf {
    let now = world.clock.now().as_micros();
    std::env::temp_dir().join(format!("sakimori-demo-{now}"))
}

/// Every organisation on loopback; only the first hospital has the usual syslog ports.
fn settings(member: &Member, port: u16) -> Settings {
    let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    Settings {
        role: member.role,
        listen: loopback(port),
        syslog: loopback(0),
        syslog_tls: loopback(0),
        ..Settings::default()
    }
}

fn greeting(running: &[Running], root: &Path, lang: Lang) -> String {
    let address = running.first().map(|part| part.address.as_str()).unwrap_or_default();
    match lang {
        Lang::Ja => format!(
            "\n  防人（さきもり）のデモが動いています（架空の組織・人物です）\n\n  開く      {address}\n  フォルダ  {}（捨てて構いません）\n\n  \
             画面の上の帯で組織と役割を切り替えられます。攻撃の再生は 15 秒後に始まります\n  Ctrl-C で停止します\n",
            root.display()
        ),
        Lang::En => format!(
            "\n  The Sakimori demonstration is running (all organisations and people are invented)\n\n  open    {address}\n  folder  {} \
             (throw it away)\n\n  The bar at the top changes organisation and role. The attack begins in 15 seconds\n  Ctrl-C stops it\n",
            root.display()
        ),
    }
}
