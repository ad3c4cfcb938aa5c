//! What a finding says: the rule's words, the event's facts, all of it short enough to be kept and read.

use sakimori_sigma::{Correlated, Header};
use sakimori_words::{Event, Finding, Level, Text};

use super::Advice;
use super::involved::{involved, of_field};

/// Longest name of a machine, account or source in a finding, in characters. Logs are written by attackers too, and a finding
/// that does not fit the ledger is a finding lost.
pub(super) const NAME_CHARS_MAX: usize = 256;

/// Longest text in a finding, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 2_000;

/// Longest list of counted values in a summary, in characters.
const VALUES_CHARS_MAX: usize = 400;

pub(super) fn finding(header: &Header, advice: Option<&Advice>, event: &Event) -> Finding {
    let both = |text: &str| Text::new(text, text);
    let Advice { title, reason, next_step, clause } = advice.cloned().unwrap_or_else(|| Advice {
        title: both(&cut(&header.title, TEXT_CHARS_MAX)),
        reason: both(&cut(&header.description, TEXT_CHARS_MAX)),
        next_step: next_step_of_others(),
        clause: String::new(),
    });
    Finding {
        rule_id: header.id.clone(),
        title,
        reason,
        next_step,
        level: header.level,
        tags: header.tags.clone(),
        author: header.author.clone(),
        clause,
        ..about(event)
    }
}

/// What a finding says of an event, whoever found it: no words of a rule, no evidence yet.
pub(crate) fn about(event: &Event) -> Finding {
    Finding {
        id: "".into(),
        time: event.time,
        found_at: event.received_at,
        rule_id: String::new(),
        title: Text::default(),
        reason: Text::default(),
        next_step: Text::default(),
        level: Level::Medium,
        tags: Vec::new(),
        author: String::new(),
        clause: String::new(),
        source: cut(&event.source, NAME_CHARS_MAX),
        host: cut(&event.host, NAME_CHARS_MAX),
        user: cut(&event.user, NAME_CHARS_MAX),
        involved: involved(event),
        summary: cut(&event.message, TEXT_CHARS_MAX),
        evidence: Vec::new(),
    }
}

/// What to do about a finding of a rule that does not say so itself.
fn next_step_of_others() -> Text {
    Text::new(
        "この操作に心当たりがあるか、機器の担当者に確かめてください。心当たりがなければ「疑い」として記録してください。",
        "Ask whoever looks after the machine whether this was intended. If not, record a suspicion.",
    )
}

/// A count speaks of its last event and says what was counted; everybody it was grouped by or counted is involved.
pub(super) fn of_correlation(finding: Finding, product: &str, result: Correlated) -> Finding {
    let group =
        result.group.iter().map(|(name, value)| format!("{name}={}", cut(value, NAME_CHARS_MAX)));
    let group = cut(&group.collect::<Vec<_>>().join(" "), TEXT_CHARS_MAX / 2);
    let (first_at, last_at) = (result.first_at, result.last_at);
    let counted =
        format!("{} × {group} ({first_at} – {last_at}){}: ", result.value, values(&result));
    let mut involved = finding.involved;
    let named = result.group.iter().chain(&result.counted);
    involved.extend(named.filter_map(|(name, value)| of_field(product, name, value)));
    involved.sort_unstable();
    involved.dedup();
    Finding {
        time: last_at,
        summary: cut(&format!("{counted}{}", finding.summary), TEXT_CHARS_MAX),
        evidence: result.evidence,
        involved,
        ..finding
    }
}

/// The values that were counted, as far as they are short enough to be read.
fn values(result: &Correlated) -> String {
    let values = result.counted.iter().map(|(_, value)| value.as_str());
    let values = cut(&values.collect::<Vec<_>>().join(", "), VALUES_CHARS_MAX);
    if values.is_empty() { values } else { format!(" [{values}]") }
}

/// The text, or its beginning with a sign that it goes on.
pub(super) fn cut(text: &str, n_chars: usize) -> String {
    match text.char_indices().nth(n_chars) {
        None => text.to_owned(),
        Some(_) => {
            let kept = text.chars().take(n_chars.saturating_sub(1));
            kept.chain(std::iter::once('…')).collect()
        }
    }
}
