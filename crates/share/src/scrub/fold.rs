//! Text in one spelling: width, case, dashes and old forms of characters do not matter. Every place still knows where it stood.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Old or rare forms of characters that stand in names beside the common one.
const VARIANTS: [(char, char); 14] = [
    ('髙', '高'),
    ('﨑', '崎'),
    ('濵', '浜'),
    ('濱', '浜'),
    ('邊', '辺'),
    ('邉', '辺'),
    ('齋', '斎'),
    ('齊', '斉'),
    ('澤', '沢'),
    ('國', '国'),
    ('廣', '広'),
    ('嶋', '島'),
    ('ヶ', 'ケ'),
    ('會', '会'),
];

/// A text in one spelling, with the place of every byte in the text as it was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folded {
    /// The text in one spelling.
    pub(crate) text: String,
    /// For each byte of it, where the character it came from begins and ends.
    spans: Vec<(usize, usize)>,
}

impl Folded {
    /// Width, dashes and old forms folded, small letters; blanks stay.
    pub(crate) fn plain(written: &str) -> Self {
        Self::folding(written, |_| true)
    }

    /// The same without blanks and the signs people put between parts of names and numbers.
    pub(crate) fn tight(written: &str) -> Self {
        Self::folding(written, |c| !is_gap(c))
    }

    fn folding(written: &str, keeps: impl Fn(char) -> bool) -> Self {
        let mut folded = Self::default();
        each(written, |c, start, end| {
            if keeps(c) {
                folded.text.push(c);
                folded.spans.extend(std::iter::repeat_n((start, end), c.len_utf8()));
            }
        });
        folded
    }

    /// Where a part of the folded text stood in the text as it was written.
    pub(crate) fn written(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let first = self.spans.get(start)?.0;
        let last = self.spans.get(end.checked_sub(1)?)?.1;
        Some((first, last))
    }
}

/// A text in one spelling without blanks, for comparing.
pub(crate) fn tight(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    each(written, |c, _, _| {
        if !is_gap(c) {
            text.push(c);
        }
    });
    text
}

/// Hands over every character in its common spelling, with where it came from.
fn each(written: &str, mut take: impl FnMut(char, usize, usize)) {
    let mut chars = written.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let mut end = start + first.len_utf8();
        let alone = chars.peek().is_none_or(|(_, next)| !belongs_to_the_one_before(*next));
        if alone && first.is_ascii() {
            take(first.to_ascii_lowercase(), start, end);
            continue;
        }
        if alone && has_one_spelling(first) {
            take(common(first), start, end);
            continue;
        }
        let mut cluster = String::from(first);
        while let Some((at, mark)) = chars.next_if(|(_, c)| belongs_to_the_one_before(*c)) {
            end = at + mark.len_utf8();
            cluster.push(mark);
        }
        let spelt = cluster.nfkc().flat_map(char::to_lowercase).map(common);
        spelt.for_each(|c| take(c, start, end));
    }
}

/// Kana and the common kanji, which no width or composition changes.
const fn has_one_spelling(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' | '\u{4e00}'..='\u{9fff}')
}

/// Half-width voicing marks and combining signs.
fn belongs_to_the_one_before(c: char) -> bool {
    !c.is_ascii() && (matches!(c, '\u{ff9e}' | '\u{ff9f}') || is_combining_mark(c))
}

fn common(c: char) -> char {
    match c {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        other => VARIANTS.iter().find(|(old, _)| *old == other).map_or(other, |(_, now)| *now),
    }
}

/// Blanks, invisible signs, and what stands between the parts of a name or a number.
fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '(' | ')' | '・' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
        )
}
