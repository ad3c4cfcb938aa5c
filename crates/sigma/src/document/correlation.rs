//! Correlation documents: what is counted over which matches, in what time.

use super::read::{required, texts};
use super::{Header, RuleError};
use crate::matcher::{Bound, Order};
use crate::yaml::{Kind, Node};

/// A count or sequence over the matches of rules.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// What it says about itself.
    pub header: Header,
    /// What is counted.
    pub kind: CorrelationKind,
    /// Ids or names of the rules and correlations it listens to; for an ordered one, in that order.
    pub rules: Vec<String>,
    /// Fields that must have the same value in all events counted together.
    pub group_by: Vec<String>,
    /// How far apart the first and the last event may be, in seconds.
    pub timespan_seconds: i64,
    /// Whether the rules it listens to are findings of their own as well.
    pub generate: bool,
    pub(crate) threshold: Threshold,
    pub(crate) aliases: Vec<Alias>,
}

/// What a correlation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrelationKind {
    /// Events.
    EventCount,
    /// Different values of a field.
    ValueCount,
    /// Different rules, in any order.
    Temporal,
    /// Different rules, in the order in which they are listed.
    TemporalOrdered,
    /// The sum of a field's numbers.
    ValueSum,
    /// The mean of a field's numbers.
    ValueAverage,
    /// A percentile of a field's numbers.
    ValuePercentile,
}

/// When a correlation comes true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Threshold {
    /// The fields whose values are counted or computed with.
    pub(crate) fields: Vec<String>,
    /// All of them must hold. Empty for a temporal one: all rules must have matched.
    pub(crate) bounds: Vec<Comparison>,
    /// Which percentile, 0 to 100; the specification's own example names none.
    percentile: Option<Bound>,
}

/// The percentile that is meant when a rule names none: the median.
const PERCENTILE_USUAL: f64 = 50.0;

/// One comparison of the computed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) order: Order,
    pub(crate) bound: Bound,
    /// `neq`: the comparison must not hold.
    pub(crate) negated: bool,
}

/// A name in `group-by` that means another field in each rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) name: String,
    /// Rule (id or name) and the field it means there.
    pub(crate) fields: Vec<(String, String)>,
}

impl Threshold {
    pub(crate) fn holds(&self, value: f64) -> bool {
        self.bounds.iter().all(|own| own.order.holds(value, own.bound.number()) != own.negated)
    }

    /// Whether a growing number can make it untrue again: an upper bound, or one that must be met exactly.
    pub(crate) fn can_fail_later(&self) -> bool {
        let rising = |order| matches!(order, Order::Greater | Order::GreaterOrEqual);
        self.bounds.iter().any(|own| own.negated || !rising(own.order))
    }

    /// Which percentile, 0 to 100.
    pub(crate) fn percentile(&self) -> f64 {
        self.percentile.map_or(PERCENTILE_USUAL, Bound::number)
    }
}

/// Reads the `correlation` map of a document; `generate` may stand beside it.
pub(super) fn read_correlation(
    header: Header,
    node: &Node,
    generate: Option<&Node>,
) -> Result<Correlation, RuleError> {
    let kind = kind(required(node, "type")?)?;
    let rules = texts(required(node, "rules")?)?;
    let threshold = threshold(node, kind)?;
    if rules.is_empty() || (kind == CorrelationKind::TemporalOrdered && rules.len() < 2) {
        return Err(node.wrong("the correlation names too few rules"));
    }
    let generate = node.get("generate").or(generate);
    Ok(Correlation {
        header,
        kind,
        rules,
        group_by: node.get("group-by").map_or_else(|| Ok(Vec::new()), texts)?,
        timespan_seconds: timespan_seconds(required(node, "timespan")?)?,
        generate: generate.is_some_and(|node| node.kind == Kind::Bool(true)),
        threshold,
        aliases: node.get("aliases").map_or_else(|| Ok(Vec::new()), aliases)?,
    })
}

fn kind(node: &Node) -> Result<CorrelationKind, RuleError> {
    Ok(match node.as_text().unwrap_or_default() {
        "event_count" => CorrelationKind::EventCount,
        "value_count" => CorrelationKind::ValueCount,
        "temporal" => CorrelationKind::Temporal,
        "temporal_ordered" => CorrelationKind::TemporalOrdered,
        "value_sum" => CorrelationKind::ValueSum,
        "value_avg" => CorrelationKind::ValueAverage,
        "value_percentile" => CorrelationKind::ValuePercentile,
        _ => return Err(node.wrong("an unknown kind of correlation")),
    })
}

fn threshold(node: &Node, kind: CorrelationKind) -> Result<Threshold, RuleError> {
    let temporal = matches!(kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered);
    let Some(condition) = node.get("condition") else {
        return if temporal {
            Ok(Threshold::default())
        } else {
            Err(RuleError::Missing { line: node.line, key: "condition" })
        };
    };
    let threshold = read_threshold(condition)?;
    let needs_field = !temporal && kind != CorrelationKind::EventCount;
    if needs_field && threshold.fields.is_empty() {
        return Err(RuleError::Missing { line: condition.line, key: "field" });
    }
    if threshold.bounds.is_empty() {
        return Err(condition.wrong("the condition compares with nothing"));
    }
    Ok(threshold)
}

fn read_threshold(condition: &Node) -> Result<Threshold, RuleError> {
    let Kind::Map(entries) = &condition.kind else {
        return Err(condition.wrong("the condition of a correlation is a map"));
    };
    let mut threshold = Threshold::default();
    for (key, value) in entries {
        match key.as_text().unwrap_or_default() {
            "field" => threshold.fields = texts(value)?,
            "percentile" => {
                let percentile = bound(value)?;
                if !(0.0..=100.0).contains(&percentile.number()) {
                    return Err(value.wrong("a percentile is between 0 and 100"));
                }
                threshold.percentile = Some(percentile);
            }
            name => {
                let (order, negated) = order(name)
                    .ok_or_else(|| key.wrong("a comparison is gt, gte, lt, lte, eq or neq"))?;
                threshold.bounds.push(Comparison { order, bound: bound(value)?, negated });
            }
        }
    }
    Ok(threshold)
}

fn order(name: &str) -> Option<(Order, bool)> {
    Some(match name {
        "gt" => (Order::Greater, false),
        "gte" => (Order::GreaterOrEqual, false),
        "lt" => (Order::Less, false),
        "lte" => (Order::LessOrEqual, false),
        "eq" => (Order::Equal, false),
        "neq" => (Order::Equal, true),
        _ => return None,
    })
}

fn bound(node: &Node) -> Result<Bound, RuleError> {
    let bound = node.spelled().and_then(|text| Bound::parse(&text));
    bound.ok_or_else(|| node.wrong("a number is expected here"))
}

/// `90s`, `15m`, `1h`, `7d`.
fn timespan_seconds(node: &Node) -> Result<i64, RuleError> {
    let wrong = || node.wrong("a timespan is a number and one of s, m, h, d");
    let text = node.spelled().ok_or_else(wrong)?;
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(number) {
        Some("s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        Some("d") => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.filter(|seconds| (1..=TIMESPAN_SECONDS_MAX).contains(seconds)).ok_or_else(wrong)
}

/// Ten years; a longer one is a typing error and would never forget anything.
const TIMESPAN_SECONDS_MAX: i64 = 3_653 * 86_400;

fn aliases(node: &Node) -> Result<Vec<Alias>, RuleError> {
    let Kind::Map(entries) = &node.kind else {
        return Err(node.wrong("aliases are a map"));
    };
    entries.iter().map(|(name, fields)| alias(name, fields)).collect()
}

fn alias(name: &Node, fields: &Node) -> Result<Alias, RuleError> {
    let Kind::Map(entries) = &fields.kind else {
        return Err(fields.wrong("an alias names a field for each rule"));
    };
    let mut own = Vec::new();
    for (rule, field) in entries {
        let field = field.spelled().ok_or_else(|| field.wrong("an alias means one field"))?;
        own.push((rule.spelled().unwrap_or_default(), field));
    }
    Ok(Alias { name: name.spelled().unwrap_or_default(), fields: own })
}
