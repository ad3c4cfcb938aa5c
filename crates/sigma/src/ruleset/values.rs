//! The values of one event as rules see them: by field number, folded once, with aliases and flat columns.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use sakimori_words::{Event, Value};

use crate::detection::{Expr, Target};
use crate::fast_hash::RuleMap;
use crate::glob::fold_into;
use crate::logsource::Alias;
use crate::matcher::Matcher;

/// Number of a field name within one rule set.
pub(crate) type FieldId = u32;

/// The field that stands for the whole event: keywords are looked for in it.
pub(crate) const EVERYTHING: FieldId = 0;

/// The field names that some rule asks for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Numbers begin at 1: 0 is [`EVERYTHING`], which has no name.
    ids: RuleMap<Box<str>, FieldId>,
    /// Flat columns that some rule asks for.
    columns: Vec<(Column, FieldId)>,
}

/// A flat column of an event; rules may name it where the record has no field of its own by that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Host,
    User,
    Patient,
    SourceAddress,
    DestinationAddress,
    Process,
    Message,
    Activity,
    Status,
}

impl Column {
    const ALL: [(&'static str, Self); 9] = [
        ("host", Self::Host),
        ("user", Self::User),
        ("patient", Self::Patient),
        ("src_ip", Self::SourceAddress),
        ("dst_ip", Self::DestinationAddress),
        ("process", Self::Process),
        ("message", Self::Message),
        ("activity", Self::Activity),
        ("status", Self::Status),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == name).map(|(_, column)| *column)
    }

    /// What the source put there; `None` when it said nothing.
    fn of(self, event: &Event) -> Option<&str> {
        let text = match self {
            Self::Host => &event.host,
            Self::User => &event.user,
            Self::Patient => &event.patient,
            Self::SourceAddress => &event.src_ip,
            Self::DestinationAddress => &event.dst_ip,
            Self::Process => &event.process,
            Self::Message => &event.message,
            Self::Activity => &event.activity,
            Self::Status => &event.status,
        };
        (!text.is_empty()).then_some(text)
    }
}

impl Names {
    /// The number of `name`, given now if it has none yet.
    pub(crate) fn intern(&mut self, name: &str) -> FieldId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = FieldId::try_from(self.ids.len() + 1).unwrap_or(FieldId::MAX);
        self.ids.insert(name.into(), id);
        if let Some(column) = Column::named(name) {
            self.columns.push((column, id));
        }
        id
    }
}

/// Whether a rule with this condition looks at a flat column.
pub(crate) fn asks_columns(expr: &Expr) -> bool {
    match expr {
        Expr::Test(test) => is_column(&test.target) || test.any.iter().any(compares_column),
        Expr::All(parts) | Expr::Any(parts) | Expr::AtLeast(_, parts) => {
            parts.iter().any(asks_columns)
        }
        Expr::Not(part) => asks_columns(part),
    }
}

fn is_column(target: &Target) -> bool {
    matches!(target, Target::Field(name) if Column::named(name).is_some())
}

fn compares_column(matcher: &Matcher) -> bool {
    matches!(matcher, Matcher::FieldRef { other, .. } if Column::named(other).is_some())
}

/// The text of the field `name` as rules see it: the record's own, by alias, or the flat column.
pub(crate) fn field_text<'e>(
    event: &'e Event,
    name: &str,
    aliases: &[&'static [Alias]],
) -> Option<Cow<'e, str>> {
    let native = |name| event.src.text(name);
    native(name)
        .or_else(|| {
            let mut own = aliases.iter().copied().flatten().filter(|(sigma, _)| *sigma == name);
            own.find_map(|(_, record)| native(record))
        })
        .or_else(|| Column::named(name).and_then(|column| column.of(event)).map(Cow::Borrowed))
}

/// Memory that is kept from event to event.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// For each field: the event it was last seen in and where its occurrences begin.
    slots: Vec<(u32, u32)>,
    occurrences: Vec<Occurrence>,
    folded: String,
    everything: String,
    everything_folded: String,
    event: u32,
}

#[derive(Debug)]
struct Occurrence {
    /// Position of the next occurrence of the same field; `u32::MAX`: none.
    next: u32,
    folded: Option<Range<usize>>,
}

const NONE: u32 = u32::MAX;

/// The values of one event.
#[derive(Debug)]
pub(crate) struct Values<'e, 'b> {
    event: &'e Event,
    values: Vec<Value<'e>>,
    buffers: &'b mut Buffers,
}

impl<'e, 'b> Values<'e, 'b> {
    /// Finds the fields that some rule asks for.
    pub(crate) fn new(
        event: &'e Event,
        names: &Names,
        aliases: &[&'static [Alias]],
        buffers: &'b mut Buffers,
    ) -> Self {
        buffers.begin(names.ids.len() + 1);
        let mut own = Self { event, values: Vec::with_capacity(event.src.len()), buffers };
        for (name, value) in event.src.iter() {
            if let Some(id) = names.ids.get(name) {
                own.add(*id, value);
            }
        }
        for (sigma, native) in aliases.iter().copied().flatten() {
            own.add_alias(names, sigma, native);
        }
        for (column, id) in &names.columns {
            if !own.has(*id)
                && let Some(text) = column.of(event)
            {
                own.add(*id, Value::Text(text));
            }
        }
        own
    }

    fn add_alias(&mut self, names: &Names, sigma: &str, native: &str) {
        if let Some(id) = names.ids.get(sigma)
            && !self.has(*id)
        {
            let values = self.event.src.iter().filter(|(name, _)| *name == native);
            for (_, value) in values {
                self.add(*id, value);
            }
        }
    }

    fn add(&mut self, field: FieldId, value: Value<'e>) {
        let at = u32::try_from(self.values.len()).unwrap_or(NONE);
        let next = self.first(field).unwrap_or(NONE);
        self.buffers.set(field, at);
        self.buffers.occurrences.push(Occurrence { next, folded: None });
        self.values.push(value);
    }

    /// Whether the event has the field.
    pub(crate) fn has(&self, field: FieldId) -> bool {
        field == EVERYTHING || self.first(field).is_some()
    }

    /// The values of the field, with the number each can be folded by.
    pub(crate) fn of(&self, field: FieldId) -> impl Iterator<Item = (u32, Value<'e>)> {
        std::iter::successors(self.first(field), |at| self.next(*at))
            .filter_map(|at| Some((at, *self.values.get(at as usize)?)))
    }

    /// The number of the first value of `field`.
    pub(crate) fn first(&self, field: FieldId) -> Option<u32> {
        let (event, at) = *self.buffers.slots.get(field as usize)?;
        (event == self.buffers.event).then_some(at)
    }

    /// The number of the value after `occurrence` in the same field.
    pub(crate) fn next(&self, occurrence: u32) -> Option<u32> {
        let next = self.buffers.occurrences.get(occurrence as usize)?.next;
        (next != NONE).then_some(next)
    }

    /// One value, folded; worked out once.
    pub(crate) fn folded(&mut self, occurrence: u32) -> &str {
        let at = occurrence as usize;
        let (Some(value), Some(own)) = (self.values.get(at), self.buffers.occurrences.get_mut(at))
        else {
            return "";
        };
        let folded = &mut self.buffers.folded;
        let range = own.folded.get_or_insert_with(|| {
            let start = folded.len();
            fold_value_into(*value, folded);
            start..folded.len()
        });
        folded.get(range.clone()).unwrap_or_default()
    }

    /// The whole event as text: every value, the message and the raw record, one per line.
    pub(crate) fn everything(&mut self) -> &str {
        if self.buffers.everything.is_empty() {
            let text = &mut self.buffers.everything;
            for (_, value) in self.event.src.iter() {
                text.push('\n');
                text.push_str(&value.to_text());
            }
            for said in said_besides(self.event) {
                text.push('\n');
                text.push_str(&said);
            }
        }
        &self.buffers.everything
    }

    /// The whole event as text, folded.
    pub(crate) fn everything_folded(&mut self) -> &str {
        if self.buffers.everything_folded.is_empty() {
            let folded = &mut self.buffers.everything_folded;
            for (_, value) in self.event.src.iter() {
                folded.push('\n');
                fold_value_into(value, folded);
            }
            for said in said_besides(self.event) {
                folded.push('\n');
                fold_into(&said, folded);
            }
        }
        &self.buffers.everything_folded
    }
}

/// What an event says besides its values. A Windows record is its values: its raw form and our line about it are other
/// spellings of them.
fn said_besides(event: &Event) -> impl Iterator<Item = Cow<'_, str>> {
    let more = event.product != "windows" || event.src.is_empty();
    let said = || [Cow::Borrowed(&*event.message), String::from_utf8_lossy(&event.raw)];
    more.then(said).into_iter().flatten()
}

fn fold_value_into(value: Value<'_>, out: &mut String) {
    match value {
        Value::Null => {}
        Value::Text(text) => fold_into(text, out),
        // Writing to a text cannot fail.
        Value::Int(number) => drop(write!(out, "{number}")),
        Value::Bool(_) | Value::Float(_) => fold_into(&value.to_text(), out),
    }
}

impl Buffers {
    /// Forgets the event before.
    fn begin(&mut self, n_fields: usize) {
        self.event = self.event.wrapping_add(1);
        if self.event == 0 || self.slots.len() != n_fields {
            self.event = 1;
            self.slots.clear();
            self.slots.resize(n_fields, (0, NONE));
        }
        self.occurrences.clear();
        self.folded.clear();
        self.everything.clear();
        self.everything_folded.clear();
    }

    fn set(&mut self, field: FieldId, at: u32) {
        if let Some(slot) = self.slots.get_mut(field as usize) {
            *slot = (self.event, at);
        }
    }
}
