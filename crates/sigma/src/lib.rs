//! Sigma rules: parsing, strict dispatch, matching and correlation. Pure: no input or output.
//!
//! A rule file becomes [`Document`]s ([`Document::parse`]); documents become a [`RuleSet`] ([`RuleSet::compile`]) that says
//! which rules an event matches; a [`Correlator`] counts those matches over event time. A rule is tried only on events whose
//! log source the mapping table (`logsource.rs`) recognises: an event nobody can place matches nothing, and a rule whose
//! log source nobody can recognise is reported, never tried on everything.
//!
//! ```ignore
//! let (rules, problems) = RuleSet::compile(Document::parse(&yaml)?, &Placeholders::new());
//! let mut correlator = Correlator::new(&rules, CorrelatorLimits::RECOMMENDED);
//! let mut scratch = Scratch::new();
//! let matched = rules.matches_with(&mut scratch, &event);
//! let correlated = correlator.offer(&rules, &event, &matched, &evidence);
//! ```

mod condition;
mod correlator;
mod detection;
mod document;
mod fast_hash;
mod glob;
mod logsource;
mod matcher;
mod modifiers;
mod ruleset;
mod troubles;
mod yaml;

pub use correlator::{
    COUNTED_MAX, Correlated, Correlator, CorrelatorLimits, CorrelatorSnapshot, EVIDENCE_MAX, Held,
    Lost,
};
pub use document::{
    Correlation, CorrelationKind, Document, Filter, Header, LogSource, Rule, RuleError,
};
pub use logsource::windows_service;
pub use ruleset::{
    Coverage, Foresight, Placeholders, Replaced, RuleIndex, RuleProblem, RuleSet, Scratch,
    Unmapped, Words,
};
pub use troubles::TROUBLES;

/// For fuzzing: reads any bytes as a rule file, compiles what it holds and asks it of an event.
pub fn fuzz_rule(bytes: &[u8]) {
    let documents = Document::parse_each(&String::from_utf8_lossy(bytes), "fuzz");
    let documents = documents.into_iter().filter_map(Result::ok).collect();
    let (rules, _) = RuleSet::compile(documents, &Placeholders::new());
    let mut event = sakimori_words::Event { product: "p".into(), ..Default::default() };
    event.src.push("F", &*String::from_utf8_lossy(bytes));
    let _ = rules.matches(&event);
}

/// For fuzzing: reads any bytes as a kept correlator state and counts on with it.
pub fn fuzz_snapshot(bytes: &[u8]) {
    let Ok(kept) = serde_json::from_slice::<CorrelatorSnapshot>(bytes) else { return };
    let rules = RuleSet::default();
    let mut correlator = Correlator::restore(&rules, CorrelatorLimits::RECOMMENDED, kept);
    let _ = correlator.offer(&rules, &sakimori_words::Event::default(), &[], &|| {
        sakimori_words::EvidenceRef::Event { seq: 0, leaf: sakimori_words::Digest::default() }
    });
}

#[cfg(test)]
mod tests;
