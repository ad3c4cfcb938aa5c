//! The error a person sees: a stable code, what happened, what to do now, whom to call, and the clause behind it.
//!
//! Every crate declares its own `TROUBLES` table of [`TroubleKind`]s and turns its errors into [`Trouble`]s. The screen,
//! the command line and `sakimori explain CODE` are projections of those tables.

use std::error::Error;
use std::fmt;

use crate::Lang;

/// Whether trying the same thing again helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same input will fail again; something must change first.
    No,
    /// It may pass by itself; try again after a little while.
    Later,
}

/// One kind of trouble, declared once.
#[derive(Debug)]
pub struct TroubleKind {
    /// Stable code, `SK-<AREA>-<NNN>`. Never reused for another meaning.
    pub code: &'static str,
    /// HTTP status a screen answers with.
    pub status: u16,
    /// What happened: Japanese, English.
    pub what: [&'static str; 2],
    /// What to do now: Japanese, English.
    pub now: [&'static str; 2],
    /// Whom to call: Japanese, English; empty when nobody needs to be called.
    pub call: [&'static str; 2],
    /// Whether trying again helps.
    pub retry: Retry,
    /// The clause behind it when a duty is involved, else empty.
    pub clause: &'static str,
}

impl TroubleKind {
    /// A trouble that something must change before it passes; nobody has to be called and no clause is behind it.
    #[must_use]
    pub const fn new(
        code: &'static str,
        status: u16,
        what: [&'static str; 2],
        now: [&'static str; 2],
    ) -> Self {
        Self { code, status, what, now, call: ["", ""], retry: Retry::No, clause: "" }
    }

    /// What happened, in `lang`.
    #[must_use]
    pub const fn what(&self, lang: Lang) -> &'static str {
        pick(self.what, lang)
    }

    /// What to do now, in `lang`.
    #[must_use]
    pub const fn now(&self, lang: Lang) -> &'static str {
        pick(self.now, lang)
    }

    /// Whom to call, in `lang`; may be empty.
    #[must_use]
    pub const fn call(&self, lang: Lang) -> &'static str {
        pick(self.call, lang)
    }
}

const fn pick(pair: [&'static str; 2], lang: Lang) -> &'static str {
    let [ja, en] = pair;
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// A trouble that happened: its kind and the particulars.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Which kind.
    pub kind: &'static TroubleKind,
    /// The particulars (file, line, value) with the whole chain of causes. Never a password, key or patient.
    pub detail: String,
}

impl Trouble {
    /// A trouble with its particulars in one sentence.
    pub fn new(kind: &'static TroubleKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A trouble caused by `error`; the detail is the whole chain, outermost first.
    #[must_use]
    pub fn because(kind: &'static TroubleKind, error: &dyn Error) -> Self {
        let mut detail = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            detail.push_str(": ");
            detail.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self { kind, detail }
    }

    /// The trouble as a terminal or a log shows it: code, what, detail, now, call, clause; one line each.
    #[must_use]
    pub fn render(&self, lang: Lang) -> String {
        let (now, call, clause, more) = match lang {
            Lang::Ja => ("いますぐ", "連絡先", "根拠", "詳細"),
            Lang::En => ("Now", "Call", "Clause", "More"),
        };
        let mut text = format!("{}  {}\n", self.kind.code, self.kind.what(lang));
        let rows = [
            ("", self.detail.as_str()),
            (now, self.kind.now(lang)),
            (call, self.kind.call(lang)),
            (clause, self.kind.clause),
        ];
        for (label, value) in rows {
            match (label.is_empty(), value.is_empty()) {
                (_, true) => {}
                (true, false) => text.push_str(&format!("  {value}\n")),
                (false, false) => text.push_str(&format!("  {label}: {value}\n")),
            }
        }
        text.push_str(&format!("  {more}: sakimori explain {}\n", self.kind.code));
        text
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind.code, self.kind.what(Lang::En), self.detail)
    }
}

impl Error for Trouble {}
