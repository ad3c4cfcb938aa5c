//! Check of a node's detection rules: whether they can be used, and whether any waits for a list of the hospital's own.

use std::path::Path;

use sakimori_watch::RulesReport;

use super::{Check, Verdict};
use crate::rules;
use crate::settings::{Role, Settings};

const TITLE: [&str; 2] = ["検知ルール", "detection rules"];

/// Names of lists that are told at most.
const LISTS_TOLD_MAX: usize = 8;

/// The check; none on a hub, which looks at no logs.
pub(super) fn check(data: &Path, settings: &Settings) -> Option<Check> {
    if settings.role == Role::Hub {
        return None;
    }
    let report = rules::lists_of_node(data).and_then(|lists| rules::report_of_node(data, &lists));
    Some(match report {
        Ok(report) => told(&report),
        Err(trouble) => Check::failed("rules", TITLE, &trouble),
    })
}

fn told(report: &RulesReport) -> Check {
    let RulesReport { loaded, refused, waiting, lists_unused, .. } = report;
    let mut lists: Vec<String> = waiting.iter().map(|(list, ..)| format!("%{list}%")).collect();
    lists.sort();
    lists.dedup();
    lists.truncate(LISTS_TOLD_MAX);
    let (lists, unused) = (lists.join(" "), lists_unused.join(" "));
    let seen = [
        format!(
            "{loaded} 件が働きます。使えない {}、一覧を待つ {} {lists}、求められていない一覧 {} {unused}",
            refused.len(),
            waiting.len(),
            lists_unused.len()
        ),
        format!(
            "{loaded} are in use; refused {}, waiting for a list {} {lists}, lists nobody asks for {} {unused}",
            refused.len(),
            waiting.len(),
            lists_unused.len()
        ),
    ];
    let check =
        Check::ok("rules", TITLE, seen.map(|text| text.replace("  ", " ").trim().to_owned()));
    if refused.is_empty() && waiting.is_empty() && lists_unused.is_empty() {
        return check;
    }
    check.but(
        Verdict::Warn,
        [
            "`sakimori rules lists` で、どの一覧をどのファイルに書くかを確かめてください。使えないルールの理由は、取り込み直すと示されます",
            "`sakimori rules lists` tells which list goes into which file; why a rule is refused is told when it is imported again",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_waits_for_a_list_is_told_until_the_list_is_given() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join(rules::FOLDER);
        std::fs::create_dir(&folder).unwrap();
        let rule = "title: T\nid: 8a1b\nlogsource:\n  product: windows\n  service: security\ndetection:\n  s:\n    EventID: 4624\n    WorkstationName|expand: '%Workstations%'\n  condition: s\n";
        std::fs::write(folder.join("own.yml"), rule).unwrap();
        let settings = Settings::default();
        let looked = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(folder.join(rules::LISTS), text).unwrap();
            }
            let seen = check(data.path(), &settings).unwrap();
            (seen.verdict, seen.seen.en)
        };
        let (verdict, seen) = looked(None);
        assert!(verdict == Verdict::Warn && seen.contains("a list 1 %Workstations%"), "{seen}");
        let (verdict, seen) = looked(Some("Workstations = ['PC-*']"));
        assert!(verdict == Verdict::Ok && seen.contains("waiting for a list 0"), "{seen}");
        let (verdict, seen) = looked(Some("Workstations = ['PC-*']\nWorkstatoins = ['PC-*']"));
        assert!(verdict == Verdict::Warn && seen.contains("Workstatoins"), "{seen}");
        assert_eq!(looked(Some("Workstations = ['*']")).0, Verdict::Fail);
    }
}
