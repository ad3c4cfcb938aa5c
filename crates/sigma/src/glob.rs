//! Sigma's strings: literal text with `*` and `?`, compared without regard to case unless a rule says otherwise.

/// Text with wildcards, as a rule wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Glob(Vec<Piece>);

/// One part of a [`Glob`]. Two literals never stand side by side, nor do two `Many`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Literal(String),
    /// `?`: exactly one character.
    One,
    /// `*`: any characters, also none.
    Many,
}

impl Glob {
    /// Reads Sigma's escapes: `\*`, `\?` and `\\` are the plain characters, any other `\` is itself.
    pub(crate) fn parse(text: &str) -> Self {
        let mut glob = Self::default();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek()) {
                ('\\', Some(&escaped @ ('*' | '?' | '\\'))) => {
                    chars.next();
                    glob.push_char(escaped);
                }
                ('*', _) => glob.push_many(),
                ('?', _) => glob.0.push(Piece::One),
                (plain, _) => glob.push_char(plain),
            }
        }
        glob
    }

    /// Text that stands for itself.
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text)] })
    }

    /// The text when there is no wildcard in it.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// With `*` in front.
    pub(crate) fn ending(mut self) -> Self {
        if self.0.first() != Some(&Piece::Many) {
            self.0.insert(0, Piece::Many);
        }
        self
    }

    /// With `*` behind.
    pub(crate) fn starting(mut self) -> Self {
        self.push_many();
        self
    }

    /// Its parts in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// With another part behind.
    pub(crate) fn with(mut self, piece: Piece) -> Self {
        match piece {
            Piece::Literal(text) => text.chars().for_each(|c| self.push_char(c)),
            Piece::One => self.0.push(Piece::One),
            Piece::Many => self.push_many(),
        }
        self
    }

    /// The shape to compare with; without `cased` the literals are folded, and so must be the text.
    pub(crate) fn shape(&self, cased: bool) -> Shape {
        let own = |text: &str| if cased { text.into() } else { folded(text).into() };
        match self.0.as_slice() {
            [] => Shape::Equals("".into()),
            [Piece::Many] => Shape::Anything,
            [Piece::Literal(text)] => Shape::Equals(own(text)),
            [Piece::Literal(text), Piece::Many] => Shape::StartsWith(own(text)),
            [Piece::Many, Piece::Literal(text)] => Shape::EndsWith(own(text)),
            [Piece::Many, Piece::Literal(text), Piece::Many] => Shape::Contains(own(text)),
            pieces => Shape::Pieces(pieces.iter().map(|piece| fold_piece(piece, cased)).collect()),
        }
    }

    fn push_char(&mut self, c: char) {
        match self.0.last_mut() {
            Some(Piece::Literal(text)) => text.push(c),
            _ => self.0.push(Piece::Literal(c.into())),
        }
    }

    fn push_many(&mut self) {
        if self.0.last() != Some(&Piece::Many) {
            self.0.push(Piece::Many);
        }
    }
}

fn fold_piece(piece: &Piece, cased: bool) -> Piece {
    match piece {
        Piece::Literal(text) if !cased => Piece::Literal(folded(text)),
        other => other.clone(),
    }
}

/// How a text is compared. The literals are ready to compare: folded, unless case counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Equals(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    /// `*` alone: the field is there.
    Anything,
    Pieces(Box<[Piece]>),
}

impl Shape {
    /// Whether `text` (folded, unless case counts) has this shape.
    pub(crate) fn covers(&self, text: &str) -> bool {
        match self {
            Self::Equals(own) => text == &**own,
            Self::StartsWith(start) => text.starts_with(&**start),
            Self::EndsWith(end) => text.ends_with(&**end),
            Self::Contains(part) => text.contains(&**part),
            Self::Anything => true,
            Self::Pieces(pieces) => pieces_cover(pieces, text),
        }
    }
}

/// Leftmost placement of each stretch between two `*` decides, so the work is text length times number of stretches.
fn pieces_cover(pieces: &[Piece], text: &str) -> bool {
    let mut stretches = pieces.split(|piece| *piece == Piece::Many);
    let Some(rest) = stretches.next().and_then(|first| strip_start(first, text)) else {
        return false;
    };
    let Some(last) = stretches.next_back() else { return rest.is_empty() };
    let mut rest = rest;
    for stretch in stretches {
        match find_end(stretch, rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    ends_with(last, rest)
}

/// What is left of `text` after `stretch` at its start.
fn strip_start<'t>(stretch: &[Piece], text: &'t str) -> Option<&'t str> {
    let mut rest = text;
    for piece in stretch {
        rest = match piece {
            Piece::Literal(literal) => rest.strip_prefix(literal.as_str())?,
            Piece::One | Piece::Many => {
                let mut chars = rest.chars();
                chars.next()?;
                chars.as_str()
            }
        };
    }
    Some(rest)
}

/// What is left of `text` after the first place where `stretch` stands.
fn find_end<'t>(stretch: &[Piece], text: &'t str) -> Option<&'t str> {
    match stretch {
        [] => Some(text),
        [Piece::Literal(literal)] => text.split_once(literal.as_str()).map(|(_, after)| after),
        _ => suffixes(text).find_map(|suffix| strip_start(stretch, suffix)),
    }
}

fn ends_with(stretch: &[Piece], text: &str) -> bool {
    match stretch {
        [] => true,
        [Piece::Literal(literal)] => text.ends_with(literal.as_str()),
        _ => suffixes(text).any(|suffix| strip_start(stretch, suffix).is_some_and(str::is_empty)),
    }
}

/// `text`, then `text` without its first character, and so on to the empty end.
fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).filter_map(|at| text.get(at..))
}

/// `text` in the form in which case does not count.
pub(crate) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Appends `text` to `out` in the form in which case does not count.
///
/// Character by character, so that folding a part gives a part of the folded whole; `str::to_lowercase` does not promise that
/// (a final sigma depends on its neighbours).
pub(crate) fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(added) = out.get_mut(start..) {
            added.make_ascii_lowercase();
        }
        return;
    }
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.extend(c.to_lowercase());
        }
    }
}
