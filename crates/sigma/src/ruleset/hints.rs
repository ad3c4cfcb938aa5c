//! What a test cannot do without: literals of which one must stand in the field, or the test fails.
//!
//! The index looks for these literals only; a test none of whose literals was found is false without being asked.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::glob::{Piece, Shape, folded};
use crate::matcher::{Matcher, RegexFlags};

/// A folded literal that must stand in the folded value, at a place if it says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hint {
    pub(crate) literal: String,
    pub(crate) anchor: Anchor,
    /// Finding it already answers the test with yes.
    pub(crate) decides: bool,
}

/// Where in the value a literal must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    Whole,
    Start,
    End,
    Anywhere,
}

/// Shorter literals occur in almost every value and are not worth looking for.
const LITERAL_BYTES_MIN: usize = 2;

/// The literals of which one must be found; `None` when there is no such set.
pub(crate) fn hints(any: &[Matcher]) -> Option<Vec<Hint>> {
    let each = any.iter().map(matcher_hints).collect::<Option<Vec<_>>>()?;
    Some(each.into_iter().flatten().collect())
}

fn matcher_hints(matcher: &Matcher) -> Option<Vec<Hint>> {
    match matcher {
        Matcher::Text { shape, cased } => shape_hint(shape, *cased).map(|hint| vec![hint]),
        Matcher::Regex { source, flags } => regex_hints(source, *flags),
        Matcher::Cidr(_)
        | Matcher::Compare { .. }
        | Matcher::FieldRef { .. }
        | Matcher::Exists(_)
        | Matcher::Null => None,
    }
}

fn shape_hint(shape: &Shape, cased: bool) -> Option<Hint> {
    let (literal, anchor, decides) = match shape {
        Shape::Equals(text) => (&**text, Anchor::Whole, true),
        Shape::StartsWith(text) => (&**text, Anchor::Start, true),
        Shape::EndsWith(text) => (&**text, Anchor::End, true),
        Shape::Contains(text) => (&**text, Anchor::Anywhere, true),
        Shape::Pieces(pieces) => (longest_literal(pieces)?, Anchor::Anywhere, false),
        Shape::Anything => return None,
    };
    let long_enough = literal.len() >= LITERAL_BYTES_MIN || anchor == Anchor::Whole;
    let hint = Hint { literal: folded(literal), anchor, decides: decides && !cased };
    long_enough.then_some(hint)
}

fn longest_literal(pieces: &[Piece]) -> Option<&str> {
    let literals = pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(text) => Some(text.as_str()),
        Piece::One | Piece::Many => None,
    });
    literals.max_by_key(|text| text.len())
}

/// More alternatives than this are not worth looking for one by one.
const ALTERNATIVES_MAX: usize = 64;

fn regex_hints(source: &str, flags: RegexFlags) -> Option<Vec<Hint>> {
    let hir = regex_syntax::ParserBuilder::new()
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_matches_newline)
        .build()
        .parse(source)
        .ok()?;
    let literals = required(&hir)?;
    let hint = |literal| Hint { literal, anchor: Anchor::Anywhere, decides: false };
    Some(literals.into_iter().map(hint).collect())
}

/// Folded literals of which one stands in everything that `hir` matches.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => required_of_sequence(parts),
        HirKind::Alternation(branches) => {
            let each = branches.iter().map(required).collect::<Option<Vec<_>>>()?;
            let all: Vec<String> = each.into_iter().flatten().collect();
            (all.len() <= ALTERNATIVES_MAX).then_some(all)
        }
        HirKind::Literal(_) | HirKind::Class(_) => required_of_sequence(std::slice::from_ref(hir)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The best set that one part alone, or a run of plain characters, requires.
fn required_of_sequence(parts: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut run = String::new();
    let mut consider = |set: Vec<String>| {
        if weight(&set) > best.as_deref().map_or(0, weight) {
            best = Some(set);
        }
    };
    for part in parts {
        if let Some(text) = plain(part) {
            run.push_str(&text);
            continue;
        }
        consider(vec![std::mem::take(&mut run)]);
        if !matches!(part.kind(), HirKind::Class(_))
            && let Some(set) = required(part)
        {
            consider(set);
        }
    }
    consider(vec![run]);
    best
}

/// How rare a set may be: the length of its shortest literal; 0 when that is too short to look for.
fn weight(set: &[String]) -> usize {
    let shortest = set.iter().map(String::len).min().unwrap_or(0);
    if shortest < LITERAL_BYTES_MIN { 0 } else { shortest }
}

/// The folded text that `hir` always matches, whatever the case.
fn plain(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(folded(std::str::from_utf8(&literal.0).ok()?)),
        HirKind::Class(class) => one_letter(class),
        HirKind::Capture(capture) => plain(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(plain).collect(),
        HirKind::Empty => Some(String::new()),
        HirKind::Look(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => None,
    }
}

/// The letter of a class that holds only its upper and lower case, as `(?i)` makes them.
fn one_letter(class: &Class) -> Option<String> {
    let Class::Unicode(class) = class else { return None };
    let mut letters =
        class.iter().flat_map(|range| range.start()..=range.end()).take(LETTER_FORMS_MAX + 1);
    let first = folded(&letters.next()?.to_string());
    let mut n_letters = 1;
    for letter in letters {
        n_letters += 1;
        if folded(&letter.to_string()) != first {
            return None;
        }
    }
    (n_letters <= LETTER_FORMS_MAX).then_some(first)
}

/// No letter has more forms that fold to the same text.
const LETTER_FORMS_MAX: usize = 8;
