//! `sakimori doctor`: is this installation able to do its duty? Each check says what it saw and what to do.

mod machine;
mod mail;
mod rules;
mod stores;

use std::path::Path;

use sakimori_words::{Lang, Text, Trouble};
use serde::Serialize;

use crate::settings::Settings;
use crate::world::World;

pub(crate) use machine::clock_state;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// Works, and a person should look.
    Warn,
    /// Does not do its duty.
    Fail,
}

impl Verdict {
    /// The word beside the lamp; a state is never told by colour alone.
    pub(crate) const fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Ok, Lang::Ja) => "正常",
            (Self::Warn, Lang::Ja) => "注意",
            (Self::Fail, Lang::Ja) => "不良",
            (Self::Ok, Lang::En) => "ok",
            (Self::Warn, Lang::En) => "warn",
            (Self::Fail, Lang::En) => "FAIL",
        }
    }
}

/// One check: what was looked at, what was seen, and what to do about it (empty when nothing).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    /// Stable name for scripts.
    pub(crate) name: &'static str,
    /// How it ended.
    pub(crate) verdict: Verdict,
    /// What was looked at.
    pub(crate) title: Text,
    /// What was seen.
    pub(crate) seen: Text,
    /// What to do.
    pub(crate) next: Text,
}

impl Check {
    /// A check that found everything as it should be.
    fn ok(name: &'static str, title: [&str; 2], seen: [String; 2]) -> Self {
        let ([title_ja, title_en], [ja, en]) = (title, seen);
        Self {
            name,
            verdict: Verdict::Ok,
            title: Text::new(title_ja, title_en),
            seen: Text::new(ja, en),
            next: Text::default(),
        }
    }

    /// The same check, ended as `verdict`, with what to do.
    fn but(self, verdict: Verdict, next: [&str; 2]) -> Self {
        let [ja, en] = next;
        Self { verdict, next: Text::new(ja, en), ..self }
    }

    /// A check that could not be made because of `trouble`.
    fn failed(name: &'static str, title: [&str; 2], trouble: &Trouble) -> Self {
        let seen = [Lang::Ja, Lang::En].map(|lang| {
            format!("{} {}: {}", trouble.kind.code, trouble.kind.what(lang), trouble.detail)
        });
        let next = [Lang::Ja, Lang::En].map(|lang| trouble.kind.now(lang));
        Self::ok(name, title, seen).but(Verdict::Fail, next)
    }
}

/// Makes every check on the data folder.
///
/// # Errors
/// When the settings cannot be read; everything else is a check that fails.
pub(crate) async fn examine(data: &Path, world: &World) -> Result<Vec<Check>, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let mut checks = vec![machine::clock().await, machine::disk(data), machine::fsync(data)];
    checks.extend(machine::open_files());
    checks.extend(machine::ports(&settings).await);
    checks.push(machine::certificate(data, &settings, world));
    checks.extend(machine::paper(data, &settings, world));
    checks.extend(mail::check(data, &settings));
    checks.extend(rules::check(data, &settings));
    checks.extend(stores::checks(data, &settings, world).await);
    Ok(checks)
}

/// The checks as a person reads them, the worst first.
pub(crate) fn render(checks: &[Check], lang: Lang) -> String {
    let mut checks: Vec<&Check> = checks.iter().collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    let lines = checks.iter().map(|check| {
        let next = match check.next.get(lang) {
            "" => String::new(),
            next => format!("      → {next}\n"),
        };
        format!(
            "[{}] {}: {}\n{next}",
            check.verdict.word(lang),
            check.title.get(lang),
            check.seen.get(lang)
        )
    });
    lines.collect()
}
