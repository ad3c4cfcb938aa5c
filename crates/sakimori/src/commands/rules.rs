//! `sakimori rules list|test|import|lists`: which rules are loaded, which are not and why; giving a node more of them, and which
//! lists they wait for.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_content::Content;
use sakimori_watch::{Detector, RuleLists, RuleText, RulesReport};
use sakimori_words::{Lang, Trouble};

use super::{Command, Outcome};
use crate::rules;
use crate::world::World;

/// The command.
pub(super) struct Rules;

impl Command for Rules {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn about(&self) -> [&'static str; 2] {
        ["検知ルールを一覧・点検します", "lists and checks detection rules"]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let rules = || {
            Arg::new("rules")
                .value_name("DIR|ZIP")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help(world.say([
                    "Sigma ルールのフォルダ・zip・ファイル（省くと内蔵ルール）",
                    "a folder, zip or file of Sigma rules (default: the built-in ones)",
                ]))
        };
        command
            .subcommand_required(true)
            .subcommand(
                clap::Command::new("list")
                    .about(
                        world.say([
                            "ルールの名前と表題を一覧します",
                            "lists rules with their titles",
                        ]),
                    )
                    .arg(rules()),
            )
            .subcommand(
                clap::Command::new("test")
                    .about(world.say([
                        "読み込めるか、対象のログがあるかをルールごとに点検します",
                        "checks of each rule whether it loads and whether its log source is known",
                    ]))
                    .arg(rules())
                    .arg(super::lists_argument(world)),
            )
            .subcommand(
                clap::Command::new("lists")
                    .about(world.say([
                        "自院の端末などの一覧（rules/lists.toml）と、一覧を待つルールを示します",
                        "shows your own lists (rules/lists.toml) and which rules wait for which list",
                    ]))
                    .arg(super::data_argument(world)),
            )
            .subcommand(
                clap::Command::new("import")
                    .about(world.say([
                        "ルールをデータフォルダに加えます（次の起動から使われます）",
                        "adds rules to the data folder (used from the next start on)",
                    ]))
                    .arg(rules().required(true).help(world.say([
                        "Sigma ルールのフォルダ・zip・ファイル。同じ名前で前に加えたものは置き換えます",
                        "a folder, zip or file of Sigma rules; replaces what was imported under its name before",
                    ])))
                    .arg(super::data_argument(world)),
            )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let Some((name, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
        match name {
            "import" => return import(given, world),
            "lists" => return lists(given, world),
            _ => {}
        }
        let texts = texts(given)?;
        if name == "list" {
            world.print(&listed(&texts, world.lang))?;
            return Ok(Outcome::Fine);
        }
        let report = Detector::with_lists(&texts, &super::given_lists(given)?).report().clone();
        world.print(&judged(&report, world))?;
        Ok(if all_work(&report) { Outcome::Fine } else { Outcome::Findings })
    }
}

/// Copies the rule files that nothing is wrong with. Those for logs that are not read yet are among them: another version may
/// read them.
fn import(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = super::existing_data_folder(given)?;
    let lists = rules::lists_of_node(&data)?;
    let mut outcome = Outcome::Fine;
    for path in given.get_many::<PathBuf>("rules").into_iter().flatten() {
        let texts = rules::from_path(path)?;
        let report = Detector::with_lists(&texts, &lists).report().clone();
        let refused: BTreeSet<&str> =
            report.refused.iter().map(|(name, _)| name.as_str()).collect();
        let taken: Vec<&RuleText> =
            texts.iter().filter(|rule| !refused.contains(rule.name.as_str())).collect();
        world.print(&judged(&report, world))?;
        if !all_work(&report) || taken.is_empty() {
            outcome = Outcome::Findings;
        }
        if taken.is_empty() {
            world
                .note(world.say(["使えるルールがありません", "there is no rule that can be used"]));
            continue;
        }
        let file = rules::import(&data, &rules::import_name(path), &taken)?;
        let copied = world.say(["加えたルールファイル", "rule files added"]);
        world.print(&format!("{copied}: {} → {}\n", taken.len(), file.display()))?;
    }
    let all = rules::report_of_node(&data, &lists)?.loaded;
    let all_loaded = world.say([
        "次の起動から使うルール（内蔵を含む）",
        "rules in use from the next start on, with the built-in ones",
    ]);
    world.print(&format!("{all_loaded}: {all}\n"))?;
    Ok(outcome)
}

/// The lists of a node, and what is amiss with them. A list that is not there is told here, and by `doctor`.
fn lists(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = super::existing_data_folder(given)?;
    let lists = rules::lists_of_node(&data)?;
    let report = rules::report_of_node(&data, &lists)?;
    let file = data.join(rules::FOLDER).join(rules::LISTS);
    world.print(&format!("{}: {}\n", world.say(["ファイル", "file"]), file.display()))?;
    world.print(&given_and_missing(&lists, &report, world))?;
    let complete = report.waiting.is_empty() && report.lists_unused.is_empty();
    Ok(if complete { Outcome::Fine } else { Outcome::Findings })
}

/// Whether none is wrong and none waits for a list.
const fn all_work(report: &RulesReport) -> bool {
    report.refused.is_empty() && report.waiting.is_empty()
}

fn given_and_missing(lists: &RuleLists, report: &RulesReport, world: &World) -> String {
    let mut text = String::new();
    for (name, n_values) in lists.names() {
        text.push_str(&format!("{}: {name} ({n_values})\n", world.say(["一覧", "list"])));
    }
    for name in &report.lists_unused {
        let label = world.say(["どのルールも求めない一覧", "list that no rule asks for"]);
        text.push_str(&format!("{label}: {name}\n"));
    }
    text.push_str(&waiting(report, world));
    if !report.waiting.is_empty() {
        text.push_str(world.say([
            "一覧は 名前 = [\"値\", \"値\"] の形でこのファイルに書きます（* は任意の文字）。次の起動から使われます。\n",
            "Write a list into this file as name = [\"value\", \"value\"] (* is for any letters). It is used from the next start on.\n",
        ]));
    }
    text
}

fn waiting(report: &RulesReport, world: &World) -> String {
    let label = world.say(["一覧を待つルール", "waits for a list"]);
    let line = |(list, file, title): &(String, String, String)| {
        format!("{label}: %{list}%: {file}: {title}\n")
    };
    report.waiting.iter().map(line).collect()
}

fn texts(given: &ArgMatches) -> Result<Vec<RuleText>, Trouble> {
    if given.contains_id("rules") {
        return super::given_rules(given);
    }
    Ok(rules::built_in(&Content::embedded().map_err(|error| error.trouble())?))
}

fn listed(texts: &[RuleText], lang: Lang) -> String {
    texts.iter().map(|rule| format!("{}  {}\n", rule.name, title(rule, lang))).collect()
}

fn title(rule: &RuleText, lang: Lang) -> &str {
    match &rule.advice {
        Some(advice) => advice.title.get(lang),
        None => rule
            .yaml
            .lines()
            .find_map(|line| line.strip_prefix("title:"))
            .unwrap_or_default()
            .trim(),
    }
}

fn judged(report: &RulesReport, world: &World) -> String {
    let mut text =
        format!("{}: {}\n", world.say(["読み込んだルール", "rules loaded"]), report.loaded);
    for (source, n_rules) in &report.not_applicable {
        let label = world.say(["対象外のログ", "log source not read"]);
        text.push_str(&format!("{label}: {source} ({n_rules})\n"));
    }
    for (id, left_out, used) in &report.replaced {
        let label = world.say(["同じ ID のため置き換え", "replaced by one with the same id"]);
        text.push_str(&format!("{label}: {id}: {left_out} → {used}\n"));
    }
    let by_authors = [
        (report.deprecated, ["作者が廃止したルール", "deprecated by their authors"]),
        (report.unsupported, ["作者が未対応としたルール", "unsupported by their authors"]),
    ];
    for (n_rules, label) in by_authors.into_iter().filter(|(n_rules, _)| *n_rules > 0) {
        text.push_str(&format!("{}: {n_rules}\n", world.say(label)));
    }
    text.push_str(&waiting(report, world));
    for (name, why) in &report.refused {
        text.push_str(&format!("{}: {name}: {why}\n", world.say(["使えないルール", "refused"])));
    }
    text
}
