//! `sakimori mail`: `examine FILE…` looks at suspicious mails without a server and without keeping anything; `dkim` prints the DNS
//! records under which an office's own mail is verified.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches};
use sakimori_watch::mail::{self, Examined, House, MAIL_BYTES_MAX, Verdict};
use sakimori_words::{Lang, Trouble};
use serde_json::json;

use super::{Command, Outcome, mail_dkim};
use crate::files;
use crate::world::World;

/// The command.
pub(super) struct Mail;

impl Command for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "不審なメール（.eml・.msg）を調べます。送るメールの署名鍵も用意します",
            "examines suspicious mails (.eml, .msg); prepares the signatures of our own",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .subcommand_required(true)
            .subcommand(examine(world))
            .subcommand(mail_dkim::grammar(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        match given.subcommand() {
            Some(("examine", given)) => run_examine(given, world),
            Some(("dkim", given)) => mail_dkim::run(given, world),
            _ => Ok(Outcome::Fine),
        }
    }
}

fn examine(world: &World) -> clap::Command {
    let several = |name: &'static str, value: &'static str, help: [&'static str; 2]| {
        Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(world.say(help))
    };
    clap::Command::new("examine")
        .about(world.say([
            "メールを開かずに調べ、不審な点と、すべきことを示します（外部には接続しません）",
            "looks at mails without opening them; says what is wrong and what to do (asks no network)",
        ]))
        .arg(super::files_argument(
            "FILE",
            ["メールのファイル（.eml・.msg）", "mails as files (.eml, .msg)"],
            world,
        ))
        .arg(super::format_argument(&["text", "json"], world))
        .arg(several("own-domain", "DOMAIN", ["自院のメールのドメイン", "a domain of our own mail"]))
        .arg(several("partner", "DOMAIN", ["取引先のドメイン", "a domain of a partner"]))
        .arg(several(
            "person",
            "NAME",
            ["かたられやすい人の名前（院長など）", "a name that is likely to be borrowed"],
        ))
}

fn run_examine(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let house = house(given);
    let as_json = given.get_one::<String>("format").is_some_and(|format| format == "json");
    let mut worst = Verdict::NothingFound;
    let mut first_trouble = None;
    for path in super::given_files(given) {
        // One file that is no mail does not hide what is wrong with the others.
        match files::read_given(path, MAIL_BYTES_MAX as u64)
            .and_then(|bytes| mail::examine(&bytes, &house).map_err(|error| error.trouble()))
        {
            Ok(examined) => {
                worst = worst.max(examined.verdict);
                world.print(&written(path, &examined, &house, as_json, world.lang))?;
            }
            Err(trouble) => {
                let name = path.display();
                let trouble = Trouble::new(trouble.kind, format!("{name}: {}", trouble.detail));
                first_trouble = match first_trouble {
                    None => Some(trouble),
                    Some(first) => {
                        world.note(&trouble.render(world.lang));
                        Some(first)
                    }
                };
            }
        }
    }
    match first_trouble {
        Some(trouble) => Err(trouble),
        None if worst == Verdict::NothingFound => Ok(Outcome::Fine),
        None => Ok(Outcome::Findings),
    }
}

fn house(given: &ArgMatches) -> House {
    let all = |name: &str| {
        let values = given.get_many::<String>(name).into_iter().flatten();
        values.map(|value| value.trim().to_lowercase()).collect::<Vec<_>>()
    };
    House {
        own_domains: all("own-domain"),
        partners: all("partner"),
        people: all("person"),
        phone: String::new(),
    }
}

fn written(path: &Path, examined: &Examined, house: &House, as_json: bool, lang: Lang) -> String {
    let answer = mail::answer(examined, house);
    if as_json {
        let line = json!({ "file": path.display().to_string(), "examined": examined, "answer": answer.text });
        return format!("{line}\n");
    }
    text(path, examined, answer.text.get(lang), lang)
}

fn text(path: &Path, examined: &Examined, answer: &str, lang: Lang) -> String {
    let [signs, unknown, original] = match lang {
        Lang::Ja => ["不審な点", "分からないこと", "SHA-256"],
        Lang::En => ["Signs", "Not known", "SHA-256"],
    };
    let mut text = format!(
        "== {}: {}\n{original}: {}\n\n{answer}",
        path.display(),
        examined.verdict.words().get(lang),
        examined.digest
    );
    if !examined.signs.is_empty() {
        text.push_str(&format!("\n{signs}:\n"));
    }
    for sign in &examined.signs {
        let weight = sign.weight.words();
        text.push_str(&format!(
            "- [{}] {}: {}\n",
            weight.get(lang),
            sign.words.get(lang),
            sign.rests_on
        ));
    }
    if !examined.unknown.is_empty() {
        text.push_str(&format!("\n{unknown}:\n"));
    }
    for said in &examined.unknown {
        text.push_str(&format!("- {}\n", said.get(lang)));
    }
    text.push('\n');
    text
}
