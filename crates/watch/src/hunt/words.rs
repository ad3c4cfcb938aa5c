//! The words of a report, in both languages.

use sakimori_words::{Lang, Level};

use super::HuntReport;

/// One wording of the pair.
pub(super) const fn pick(pair: [&'static str; 2], lang: Lang) -> &'static str {
    let [ja, en] = pair;
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// All levels, most serious first.
pub(super) const LEVELS: [Level; 5] =
    [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Informational];

/// A level as people say it.
pub(super) const fn level(level: Level, lang: Lang) -> &'static str {
    let pair = match level {
        Level::Critical => ["緊急", "critical"],
        Level::High => ["重要", "high"],
        Level::Medium => ["注意", "medium"],
        Level::Low => ["軽微", "low"],
        Level::Informational => ["参考", "informational"],
    };
    pick(pair, lang)
}

/// The numbers behind a report, so that "nothing found" is never mistaken for "nothing read".
pub(super) fn numbers(report: &HuntReport, lang: Lang) -> Vec<(&'static str, String)> {
    let not_applicable: usize = report.rules.not_applicable.iter().map(|(_, n)| n).sum();
    let mut numbers = vec![
        (pick(["調べたファイル", "Files read"], lang), report.files.to_string()),
        (pick(["調べた記録", "Events read"], lang), report.events.to_string()),
        (
            pick(["形式を読み取れなかった記録", "Events not understood"], lang),
            report.not_understood.to_string(),
        ),
        (
            pick(["読めなかった箇所", "Parts not readable"], lang),
            report.unreadable.len().to_string(),
        ),
        (pick(["使ったルール", "Rules used"], lang), report.rules.loaded.to_string()),
        (
            pick(["対象のログがないルール", "Rules without a matching log source"], lang),
            not_applicable.to_string(),
        ),
        (
            pick(["読み込めなかったルール", "Rules refused"], lang),
            report.rules.refused.len().to_string(),
        ),
    ];
    let left_out = left_out(report, lang).into_iter();
    numbers.extend(left_out.map(|(name, number)| (name, number.to_string())));
    numbers
}

/// What was left out on purpose or for want of room, by name; empty when there is nothing to say.
#[must_use]
pub fn left_out(report: &HuntReport, lang: Lang) -> Vec<(&'static str, u64)> {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let rules = &report.rules;
    let all = [
        (
            pick(
                ["同じIDの別のルールに置き換えたルール", "Rules replaced by one with the same id"],
                lang,
            ),
            count(rules.replaced.len()),
        ),
        (
            pick(["作成者が廃止としたため使わないルール", "Rules left out as deprecated"], lang),
            count(rules.deprecated),
        ),
        (
            pick(["作成者が未対応としたため使わないルール", "Rules left out as unsupported"], lang),
            count(rules.unsupported),
        ),
        (
            pick(
                ["上限のため回数に数えなかった記録", "Events not counted for want of memory"],
                lang,
            ),
            report.uncounted.saturating_add(report.lost.n_events),
        ),
        (
            pick(
                [
                    "上限のためふだんの動きの学習に使わなかった記録",
                    "Events not learnt from for want of memory",
                ],
                lang,
            ),
            report.unlearnt,
        ),
        (
            pick(["時刻が遅すぎて回数に数えなかった記録", "Events too late to be counted"], lang),
            report.lost.n_late,
        ),
        (
            pick(
                [
                    "上限のため途中で数えるのをやめた集まり",
                    "Groups no longer counted for want of memory",
                ],
                lang,
            ),
            report.lost.n_groups,
        ),
    ];
    all.into_iter().filter(|(_, number)| *number > 0).collect()
}

/// That there are more stories than are shown.
pub(super) fn more_stories(more: usize, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("ほかに一連の事象が {more} 件あります（JSONL ですべて分かります）。"),
        Lang::En => format!("{more} more stories; JSONL names all of them."),
    }
}

/// A machine as people say it.
pub(super) fn host_name(host: &str, lang: Lang) -> &str {
    if host.is_empty() { pick(["（端末名なし）", "(no machine named)"], lang) } else { host }
}

/// That there are more machines than are shown.
pub(super) fn more_hosts(more: usize, lang: Lang) -> String {
    match lang {
        Lang::Ja => {
            format!("ほかに {more} 台の端末で検知があります（CSV・JSONL ですべて分かります）。")
        }
        Lang::En => format!("Findings on {more} more machines; CSV and JSONL name all of them."),
    }
}
