//! `sakimori up`: starts a node or a hub, or the whole demonstration.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_words::{Lang, Trouble};
use tracing_subscriber::EnvFilter;

use super::{Command, Outcome, up_mail};
use crate::demo;
use crate::node::{self, Plan, Running};
use crate::open_files;
use crate::settings::{Role, Settings};
use crate::troubles;
use crate::world::World;

/// The command.
pub(super) struct Up;

impl Command for Up {
    fn name(&self) -> &'static str {
        "up"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "起動します（病院のノード、または行政のハブ）",
            "starts a hospital's node or an office's hub",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let address = |name: &'static str, help: [&'static str; 2]| {
            Arg::new(name)
                .long(name)
                .value_name("ADDR:PORT")
                .value_parser(value_parser!(SocketAddr))
                .help(world.say(help))
        };
        command
            .arg(super::data_argument(world))
            .arg(
                Arg::new("role")
                    .long("role")
                    .value_name("ROLE")
                    .value_parser(PossibleValuesParser::new(["node", "hub"]))
                    .help(world.say(["病院は node、行政・団体は hub（既定 node）", "node in an institution, hub in an office"])),
            )
            .arg(address("listen", [
                "画面のアドレス（既定 127.0.0.1:8460。他のアドレスでは TLS）",
                "address of the screens (default 127.0.0.1:8460; TLS on any other)",
            ]))
            .arg(address("syslog", [
                "syslog を受けるアドレス、UDP と TCP（既定 0.0.0.0:5514）",
                "where syslog arrives, UDP and TCP (default 0.0.0.0:5514)",
            ]))
            .arg(address("syslog-tls", [
                "TLS の syslog を受けるアドレス（既定 0.0.0.0:6514）",
                "where syslog over TLS arrives (default 0.0.0.0:6514)",
            ]))
            .arg(
                Arg::new("inbox")
                    .long("inbox")
                    .value_name("DIR")
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say(["ログファイルを置くフォルダ", "folder in which log files are dropped"])),
            )
            .arg(
                Arg::new("follow")
                    .long("follow")
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say(["追記されるログファイルを読み続けます", "follows a growing log file"])),
            )
            .arg(
                Arg::new("name")
                    .long("name")
                    .value_name("HOST")
                    .action(ArgAction::Append)
                    .help(world.say(["証明書に入れる、この機器の名前やアドレス", "a name or address of this machine for its certificate"])),
            )
            .arg(
                Arg::new("proxy")
                    .long("proxy")
                    .value_name("ADDR")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(IpAddr))
                    .help(world.say([
                        "画面の前に置いたプロキシのアドレス（TLS はプロキシが受け持ちます）",
                        "address of a proxy in front of the screens (it speaks TLS)",
                    ])),
            )
            .args(up_mail::arguments(world))
            .arg(Arg::new("demo").long("demo").action(ArgAction::SetTrue).help(world.say([
                "捨ててよいフォルダで、架空の行政と病院、攻撃の再生を見せます",
                "shows invented offices and hospitals and a replayed attack, in a throw-away folder",
            ])))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        log_to_stderr();
        open_files::raise();
        super::block_on(async {
            if given.get_flag("demo") {
                demo::run(given, world).await
            } else {
                run(given, world).await
            }
        })??;
        Ok(Outcome::Fine)
    }
}

async fn run(given: &ArgMatches, world: &World) -> Result<(), Trouble> {
    let data = super::data_folder(given);
    let settings = settings(given, &data)?;
    let plan = Plan { data: data.clone(), settings, demo: None, demonstration: false };
    until_stopped(node::start(plan, world).await?, &data, world).await
}

/// Greets the person, and stops the process when it is asked to or cannot go on.
pub(super) async fn until_stopped(
    running: Running,
    data: &Path,
    world: &World,
) -> Result<(), Trouble> {
    let stop = stop_signal();
    world.print(&greeting(&running, data, world.lang))?;
    let failed = tokio::select! {
        () = stop => None,
        trouble = running.failure() => Some(trouble),
    };
    world.note(world.say(["停止しています…", "stopping…"]));
    running.stop().await;
    if let Some(trouble) = failed {
        return Err(trouble);
    }
    world.note(world.say([
        "停止しました。受け取ったログと記録はすべて保存されています",
        "stopped; everything taken in is kept",
    ]));
    Ok(())
}

/// What the folder remembers, changed by what was given now.
fn settings(given: &ArgMatches, data: &Path) -> Result<Settings, Trouble> {
    let kept = Settings::load(data)?;
    let mut settings = kept.clone().unwrap_or_default();
    if let Some(role) = given.get_one::<String>("role") {
        let role = if role == "hub" { Role::Hub } else { Role::Node };
        if kept.is_some_and(|kept| kept.role != role) {
            let detail =
                format!("{}: --role cannot change an installation that exists", data.display());
            return Err(Trouble::new(&troubles::SETTINGS, detail));
        }
        settings.role = role;
    }
    let address = |name: &str| given.get_one::<SocketAddr>(name).copied();
    settings.listen = address("listen").unwrap_or(settings.listen);
    settings.syslog = address("syslog").unwrap_or(settings.syslog);
    settings.syslog_tls = address("syslog-tls").unwrap_or(settings.syslog_tls);
    if let Some(inbox) = given.get_one::<PathBuf>("inbox") {
        settings.inbox = std::path::absolute(inbox).unwrap_or_else(|_| inbox.clone());
    }
    for path in given.get_many::<PathBuf>("follow").into_iter().flatten() {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if !settings.follow.contains(&path) {
            settings.follow.push(path);
        }
    }
    for name in given.get_many::<String>("name").into_iter().flatten() {
        if !settings.names.contains(name) {
            settings.names.push(name.clone());
        }
    }
    for proxy in given.get_many::<IpAddr>("proxy").into_iter().flatten() {
        if !settings.proxies.contains(proxy) {
            settings.proxies.push(*proxy);
        }
    }
    up_mail::take(given, &mut settings.mail);
    Ok(settings)
}

fn greeting(running: &Running, data: &Path, lang: Lang) -> String {
    let mut text = match lang {
        Lang::Ja => {
            format!("\n  防人（さきもり）が動いています\n\n  画面      {}\n", running.address)
        }
        Lang::En => format!("\n  Sakimori is running\n\n  screens   {}\n", running.address),
    };
    if let Some(link) = &running.setup_link {
        text.push_str(&match lang {
            Lang::Ja => format!("  初回設定  {link}\n            （一度だけ使えます）\n"),
            Lang::En => format!("  set-up    {link}\n            (works once)\n"),
        });
    }
    text.push_str(&match lang {
        Lang::Ja => format!("  データ    {}\n\n  Ctrl-C で停止します\n", data.display()),
        Lang::En => format!("  data      {}\n\n  Ctrl-C stops it\n", data.display()),
    });
    text
}

/// Listens, from this call on, for Ctrl-C and the service manager's request to stop; ready when one comes. Call it before the
/// person is told of Ctrl-C: until then the signal ends the process at once.
#[cfg(unix)]
pub(crate) fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn comes(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
    let interrupt = signal(SignalKind::interrupt()).ok();
    let terminate = signal(SignalKind::terminate()).ok();
    async move {
        tokio::select! {
            () = comes(interrupt) => {}
            () = comes(terminate) => {}
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// What is logged unless `SAKIMORI_LOG` asks for something else. The EVTX parser talks to itself about damage that the
/// inbox names to the person.
const LOGGED: &str = "warn,evtx=error";

/// Log lines of the process on standard error.
pub(super) fn log_to_stderr() {
    let filter = std::env::var("SAKIMORI_LOG").unwrap_or_else(|_| LOGGED.to_owned());
    // A second subscriber in one process (tests) keeps the first.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
