//! Tests ready to run: names are numbers, regular expressions are compiled.

use regex::Regex;
use sakimori_words::Value;

use super::values::{EVERYTHING, FieldId, Names, Values};
use crate::detection::{Target, Test};
use crate::glob::{Shape, folded};
use crate::matcher::{Bound, Matcher, Network, Order, Relation, TimePart, number};
use crate::modifiers::compile_regex;

/// A question about one event: one of the matchers must hold for one of the values of the field.
#[derive(Debug)]
pub(crate) struct Predicate {
    pub(crate) field: FieldId,
    any: Vec<Ask>,
}

#[derive(Debug)]
enum Ask {
    Folded(Shape),
    Cased(Shape),
    Regex(Regex),
    Cidr(Network),
    Compare { part: Option<TimePart>, order: Order, bound: Bound },
    FieldRef { other: FieldId, relation: Relation, cased: bool },
    Exists(bool),
    Null,
}

impl Predicate {
    /// Prepares `test`.
    ///
    /// # Errors
    /// When a regular expression cannot be compiled, e.g. because it grows too large.
    pub(crate) fn new(test: &Test, names: &mut Names) -> Result<Self, regex::Error> {
        let field = match &test.target {
            Target::Field(name) => names.intern(name),
            Target::Everything => EVERYTHING,
        };
        let any = test.any.iter().map(|matcher| Ask::new(matcher, names));
        Ok(Self { field, any: any.collect::<Result<_, _>>()? })
    }

    /// Whether the event answers yes.
    pub(crate) fn holds(&self, values: &mut Values<'_, '_>) -> bool {
        self.any.iter().any(|ask| ask.holds(self.field, values))
    }
}

impl Ask {
    fn new(matcher: &Matcher, names: &mut Names) -> Result<Self, regex::Error> {
        Ok(match matcher {
            Matcher::Text { shape, cased: false } => Self::Folded(shape.clone()),
            Matcher::Text { shape, cased: true } => Self::Cased(shape.clone()),
            Matcher::Regex { source, flags } => Self::Regex(compile_regex(source, *flags)?),
            Matcher::Cidr(network) => Self::Cidr(*network),
            Matcher::Compare { part, order, bound } => {
                Self::Compare { part: *part, order: *order, bound: *bound }
            }
            Matcher::FieldRef { other, relation, cased } => {
                Self::FieldRef { other: names.intern(other), relation: *relation, cased: *cased }
            }
            Matcher::Exists(there) => Self::Exists(*there),
            Matcher::Null => Self::Null,
        })
    }

    fn holds(&self, field: FieldId, values: &mut Values<'_, '_>) -> bool {
        match self {
            Self::Exists(there) => values.has(field) == *there,
            Self::Null => !values.has(field) || values.of(field).any(|(_, own)| own == Value::Null),
            Self::Folded(shape) if field == EVERYTHING => shape.covers(values.everything_folded()),
            Self::Cased(shape) if field == EVERYTHING => shape.covers(values.everything()),
            Self::Regex(regex) if field == EVERYTHING => regex.is_match(values.everything()),
            Self::Folded(shape) => any_folded(values, field, |text| shape.covers(text)),
            Self::Cased(shape) => any(values, field, |own| shape.covers(&own.to_text())),
            Self::Regex(regex) => any(values, field, |own| regex.is_match(&own.to_text())),
            Self::Cidr(network) => any(values, field, |own| network.contains(&own.to_text())),
            Self::Compare { part, order, bound } => any(values, field, |own| {
                let number = part.map_or_else(|| number(own), |part| part.of(own));
                number.is_some_and(|number| order.holds(number, bound.number()))
            }),
            Self::FieldRef { other, relation, cased } => any(values, field, |own| {
                any(values, *other, |other| relates(own, other, *relation, *cased))
            }),
        }
    }
}

fn any<'e>(
    values: &Values<'e, '_>,
    field: FieldId,
    mut holds: impl FnMut(Value<'e>) -> bool,
) -> bool {
    values.of(field).any(|(_, own)| holds(own))
}

fn any_folded(values: &mut Values<'_, '_>, field: FieldId, holds: impl Fn(&str) -> bool) -> bool {
    let mut next = values.first(field);
    while let Some(occurrence) = next {
        if holds(values.folded(occurrence)) {
            return true;
        }
        next = values.next(occurrence);
    }
    false
}

fn relates(own: Value<'_>, other: Value<'_>, relation: Relation, cased: bool) -> bool {
    let (own, other) = (own.to_text(), other.to_text());
    if cased {
        relation.holds(&own, &other)
    } else {
        relation.holds(&folded(&own), &folded(&other))
    }
}
