//! What a person asked the search for, read from the address of the page, and the addresses of what they may ask next.

use sakimori_watch::filter::{self, Filter, narrowed};
use sakimori_words::Instant;

use super::super::statement::{Wanted, newest, whole};
use crate::address::with_query;
use crate::form::{Form, Problem};

/// Periods by name, in seconds; everything is 0.
pub(super) const PERIODS: [(&str, i64); 5] =
    [("1h", 3_600), ("24h", 86_400), ("7d", 604_800), ("30d", 2_592_000), ("all", 0)];

/// Most characters of a statement typed by hand.
const SQL_CHARS_MAX: usize = 20_000;

/// A search as it was asked for.
pub(super) struct Asked {
    pub(super) form: Form,
    pub(super) how: How,
    /// New hits appear by themselves.
    pub(super) live: bool,
    /// Patients are wanted instead of pseudonyms.
    pub(super) patients: bool,
}

pub(super) enum How {
    /// Through the filter language.
    Filter(Wanted),
    /// With SQL typed by hand.
    Sql(String),
    /// In a way that cannot be read; the form says why.
    Unreadable,
}

impl Asked {
    /// Reads a form. Mistakes are noted in it.
    pub(super) fn read(mut form: Form, now: Instant) -> Self {
        if form.text("period").is_empty() {
            form.set("period", "24h");
        }
        // Addresses of earlier versions, kept in bookmarks.
        for old in ["sql", "text"] {
            if form.text("q").is_empty() && !form.text(old).is_empty() {
                let text = form.text(old).to_owned();
                form.set("q", text);
            }
        }
        let text = form.limited("q", SQL_CHARS_MAX);
        let how =
            if filter::is_sql(&text) { How::Sql(text) } else { read_filter(&mut form, &text, now) };
        let live = form.has("live", "yes") && matches!(how, How::Filter(_));
        let patients = form.has("patients", "yes");
        Self { how: if form.fine() { how } else { How::Unreadable }, live, patients, form }
    }

    /// The statement that answers on the screen; empty when there is none.
    pub(super) fn statement(&self) -> String {
        match &self.how {
            How::Filter(wanted) => newest(wanted),
            How::Sql(sql) => sql.clone(),
            How::Unreadable => String::new(),
        }
    }

    /// The statement that fills a file.
    pub(super) fn statement_for_file(&self) -> String {
        match &self.how {
            How::Filter(wanted) => whole(wanted),
            How::Sql(_) | How::Unreadable => self.statement(),
        }
    }

    /// What goes into the access record: what was asked, cut to a length a person can review.
    pub(super) fn purpose(&self) -> String {
        let text = match &self.how {
            How::Sql(sql) => sql.clone(),
            How::Filter(_) | How::Unreadable => {
                let parts = ["q", "source", "period", "from", "to"].map(|name| {
                    let value = self.form.text(name);
                    if value.is_empty() { String::new() } else { format!("{name}={value} ") }
                });
                parts.concat()
            }
        };
        text.trim().chars().take(500).collect()
    }

    /// The address of `path` for the same search, with some of its fields changed.
    pub(super) fn address(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let names = ["go", "q", "period", "source", "from", "to", "live", "patients"];
        let fields: Vec<(&str, &str)> = names
            .into_iter()
            .map(|name| {
                let changed = changes.iter().find(|(own, _)| *own == name);
                (name, changed.map_or_else(|| self.form.text(name), |(_, value)| *value))
            })
            .filter(|field| *field != ("period", "24h"))
            .chain(changes.iter().filter(|(own, _)| !names.contains(own)).copied())
            .collect();
        with_query(path, &fields)
    }

    /// The address of the search narrowed by one more term. SQL cannot be narrowed by a click: a filter begins instead.
    pub(super) fn narrowed(&self, field: &str, value: &str, negated: bool) -> String {
        let text = match self.how {
            How::Filter(_) => self.form.text("q"),
            How::Sql(_) | How::Unreadable => "",
        };
        self.address("/search", &[("go", "1"), ("q", &narrowed(text, field, value, negated))])
    }
}

fn read_filter(form: &mut Form, text: &str, now: Instant) -> How {
    let (from, to) = span(form, now);
    match Filter::read(text) {
        Ok(filter) => How::Filter(Wanted { from, to, source: form.limited("source", 200), filter }),
        Err(error) => {
            form.wrong("q", Problem::said(error.text()));
            How::Unreadable
        }
    }
}

/// An exact span when one was typed, else the chosen period, else the last 24 hours.
fn span(form: &mut Form, now: Instant) -> (Option<Instant>, Option<Instant>) {
    let (from, to) = (form.time("from"), form.time("to"));
    if from.is_some() || to.is_some() || !form.fine() {
        return (from, to);
    }
    let chosen = PERIODS.iter().find(|(name, _)| form.has("period", name));
    let seconds = chosen.map_or(86_400, |(_, seconds)| *seconds);
    ((seconds > 0).then(|| now.plus_seconds(-seconds)), None)
}
