//! What may have given attackers away, found in a text: for a person to choose from, so that nobody copies addresses by hand. Pure.

use std::collections::BTreeSet;

use sakimori_standards::{Indicator, IndicatorKind};
use sakimori_watch::retro::{self, IndicatorList};

/// Most of them that one text gives.
const TRACES_MAX: usize = 100;

/// Signs that stand around an address in running text, in either width. `.` and `:` are part of what is looked for.
const AROUND: &str = "\"'`「」『』（）()<>【】、。，,;；|=";

/// Addresses, domains, URLs and hashes that stand in a text, each once in the order of their first appearance.
///
/// Names of files and
/// mail addresses are left out: they stand everywhere and are people's.
pub(crate) fn in_text(text: &str) -> Vec<Indicator> {
    let words = text.split(|sign: char| sign.is_whitespace() || AROUND.contains(sign));
    let mut seen = BTreeSet::new();
    let traces = words.filter_map(of_word).filter(|own| seen.insert(own.value.clone()));
    traces.take(TRACES_MAX).collect()
}

fn of_word(word: &str) -> Option<Indicator> {
    let word = word.trim_end_matches(['.', ':', '/']);
    let read = IndicatorList::read(word).indicators;
    let own = read.first().and_then(retro::shared)?;
    let told = !matches!(own.kind, IndicatorKind::FileName | IndicatorKind::Mail);
    told.then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = in_text(text).into_iter().map(|own| own.value).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_attackers_use_is_found_in_running_text_once_and_people_and_files_are_not() {
        check("198.51.100[.]7（ブラジル）から接続、198.51.100.7 へ。", &["198.51.100.7"]);
        check("src=203.0.113.9 dst=10.1.2.3", &["203.0.113.9", "10.1.2.3"]);
        check("「evil.example」へ送信、invoice.exe、hanako@hospital.example", &["evil.example"]);
        let hash = "d41d8cd98f00b204e9800998ecf8427e";
        check(&format!("ハッシュ値 {hash}。"), &[hash]);
        check("電子カルテが使えない 06-6543-2100 2026-11-20 03:33", &[]);
    }
}
