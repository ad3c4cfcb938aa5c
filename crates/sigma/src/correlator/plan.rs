//! A correlation with its rules looked up, ready to count.

use std::borrow::Cow;

use sakimori_words::SECOND_MICROS;

use crate::document::{Alias, Correlation, CorrelationKind, Header, Threshold};
use crate::ruleset::RuleIndex;

/// Stands between the values of one mark; no log writes it in a value.
const BETWEEN_VALUES: &str = "\u{1f}";

/// Reads a field of the event at hand.
pub(crate) type ReadField<'a> = dyn Fn(&str) -> Option<Cow<'a, str>> + 'a;

/// A correlation with its rules looked up, ready to count.
#[derive(Debug)]
pub(crate) struct CompiledCorrelation {
    rule: RuleIndex,
    id: String,
    kind: CorrelationKind,
    members: Vec<Member>,
    group_names: Vec<String>,
    threshold: Threshold,
    span: i64,
    generates: bool,
}

/// One rule that is listened to.
#[derive(Debug)]
struct Member {
    rule: RuleIndex,
    id: String,
    /// For each name in `group-by`, the field of this rule's events that it means.
    group_fields: Vec<String>,
}

impl CompiledCorrelation {
    /// `members` are the rules it names, in order, with their headers.
    pub(crate) fn new(
        own: &Correlation,
        rule: RuleIndex,
        members: &[RuleIndex],
        headers: &[&Header],
    ) -> Self {
        let member = |(rule, header): (&RuleIndex, &&Header)| Member {
            rule: *rule,
            id: if header.id.is_empty() { &header.name } else { &header.id }.clone(),
            group_fields: group_fields(own, header),
        };
        Self {
            rule,
            id: own.header.id.clone(),
            kind: own.kind,
            members: members.iter().zip(headers).map(member).collect(),
            group_names: own.group_by.clone(),
            threshold: own.threshold.clone(),
            span: own.timespan_seconds.saturating_mul(SECOND_MICROS),
            generates: own.generate,
        }
    }

    pub(crate) const fn rule(&self) -> RuleIndex {
        self.rule
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = RuleIndex> {
        self.members.iter().map(|member| member.rule)
    }

    pub(crate) const fn generates(&self) -> bool {
        self.generates
    }

    pub(crate) const fn span(&self) -> i64 {
        self.span
    }

    pub(crate) const fn kind(&self) -> CorrelationKind {
        self.kind
    }

    pub(crate) const fn threshold(&self) -> &Threshold {
        &self.threshold
    }

    /// Whether more events can make its condition untrue again, so that it is judged once, when its window has ended.
    pub(crate) fn waits_for_end(&self) -> bool {
        let computed =
            matches!(self.kind, CorrelationKind::ValueAverage | CorrelationKind::ValuePercentile);
        computed || self.threshold.can_fail_later()
    }

    /// Whether a match that came in the quiet after another of the same stretch counts: where matches or their values are added
    /// up, it would be the same events again.
    pub(crate) const fn hears_quiet_matches(&self) -> bool {
        matches!(
            self.kind,
            CorrelationKind::Temporal
                | CorrelationKind::TemporalOrdered
                | CorrelationKind::ValueCount
        )
    }

    /// The fields it reads of an event.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &String> {
        let grouped = self.members.iter().flat_map(|member| &member.group_fields);
        grouped.chain(&self.threshold.fields)
    }

    pub(crate) fn group_names(&self) -> impl Iterator<Item = String> {
        self.group_names.iter().cloned()
    }

    pub(crate) fn n_members(&self) -> usize {
        self.members.len()
    }

    /// The values an event of the rule at `place` is grouped by; `None` when one is missing.
    pub(crate) fn group_values(&self, place: usize, read: &ReadField<'_>) -> Option<Vec<String>> {
        let fields = &self.members.get(place)?.group_fields;
        fields.iter().map(|field| read(field).map(Cow::into_owned)).collect()
    }

    /// What makes an event different from others: its value, or which rule it matched.
    pub(crate) fn mark(&self, place: usize, read: &ReadField<'_>) -> Option<String> {
        match self.kind {
            CorrelationKind::EventCount => Some(String::new()),
            CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => Some(place.to_string()),
            CorrelationKind::ValueCount => {
                let values = self.threshold.fields.iter().map(|field| read(field));
                let values = values.collect::<Option<Vec<_>>>()?;
                Some(crate::glob::folded(&values.join(BETWEEN_VALUES)))
            }
            CorrelationKind::ValueSum
            | CorrelationKind::ValueAverage
            | CorrelationKind::ValuePercentile => {
                let value = read(self.threshold.fields.first()?)?;
                value.trim().parse::<f64>().ok().map(|number| number.to_string())
            }
        }
    }

    /// The fields counted and their values, of the mark of a count of values.
    pub(crate) fn counted(&self, mark: &str) -> impl Iterator<Item = (String, String)> {
        let values = mark.split(BETWEEN_VALUES).map(str::to_owned);
        self.threshold.fields.iter().cloned().zip(values)
    }

    /// How many events one group may hold so that the condition can still come true.
    pub(crate) fn capacity(&self, limit: usize) -> usize {
        let bounds = self.threshold.bounds.iter().map(|own| own.bound.number());
        let counts = matches!(self.kind, CorrelationKind::EventCount | CorrelationKind::ValueCount);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bound is a count of events; casting saturates"
        )]
        let asked = bounds.map(|bound| bound as usize).max().unwrap_or(0).saturating_add(1);
        if counts { limit.max(asked) } else { limit }
    }

    /// What kept counts belong to: they mean nothing for a correlation that has changed.
    pub(crate) fn definition(&self) -> String {
        let members: Vec<&str> = self.members.iter().map(|member| member.id.as_str()).collect();
        let fields: Vec<&[String]> =
            self.members.iter().map(|member| member.group_fields.as_slice()).collect();
        format!("{:?} {} {members:?} {fields:?} {:?}", self.kind, self.span, self.threshold.fields)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

fn group_fields(own: &Correlation, member: &Header) -> Vec<String> {
    own.group_by.iter().map(|name| meaning(name, &own.aliases, member).to_owned()).collect()
}

fn meaning<'a>(name: &'a str, aliases: &'a [Alias], member: &Header) -> &'a str {
    let alias = aliases.iter().find(|alias| alias.name == name);
    let mut fields = alias.into_iter().flat_map(|alias| &alias.fields);
    let own = fields.find(|(rule, _)| *rule == member.id || *rule == member.name);
    own.map_or(name, |(_, field)| field)
}
