//! The condition language: `selection and not 1 of filter_*`.

use crate::document::RuleError;

/// A condition over named searches, with the names already looked up in the rule's detection section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The search with this position in the detection section.
    Search(usize),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// At least this many of them.
    AtLeast(usize, Vec<Condition>),
    Not(Box<Condition>),
}

/// How deep brackets and negations may nest; deeper ones are hostile.
const DEPTH_MAX: usize = 64;

/// Reads one condition. `names` are the searches it may speak of.
pub(crate) fn parse(text: &str, line: u64, names: &[String]) -> Result<Condition, RuleError> {
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0, names, text, line };
    let condition = parser.either(0)?;
    match parser.peek() {
        None => Ok(condition),
        Some(Token::Pipe) => {
            Err(parser.wrong("aggregation after `|` left Sigma in 2.0; use a correlation rule"))
        }
        Some(_) => Err(parser.wrong("the condition goes on after its end")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Open,
    Close,
    Pipe,
    Word(&'t str),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')', '|']) {
            let (before, from) = rest.split_at(at);
            if !before.is_empty() {
                found.push(Token::Word(before));
            }
            let mut chars = from.chars();
            found.push(match chars.next() {
                Some('(') => Token::Open,
                Some(')') => Token::Close,
                _ => Token::Pipe,
            });
            rest = chars.as_str();
        }
        if !rest.is_empty() {
            found.push(Token::Word(rest));
        }
    }
    found
}

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    names: &'t [String],
    text: &'t str,
    line: u64,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(found);
        found
    }

    fn wrong(&self, why: &'static str) -> RuleError {
        RuleError::Wrong { line: self.line, why, text: self.text.to_owned() }
    }

    fn either(&mut self, depth: usize) -> Result<Condition, RuleError> {
        let mut parts = vec![self.both(depth)?];
        while self.takes("or") {
            parts.push(self.both(depth)?);
        }
        Ok(single_or(parts, Condition::Any))
    }

    fn both(&mut self, depth: usize) -> Result<Condition, RuleError> {
        let mut parts = vec![self.term(depth)?];
        while self.takes("and") {
            parts.push(self.term(depth)?);
        }
        Ok(single_or(parts, Condition::All))
    }

    fn term(&mut self, depth: usize) -> Result<Condition, RuleError> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("the condition is nested too deeply"));
        }
        if self.takes("not") {
            return Ok(Condition::Not(Box::new(self.term(depth + 1)?)));
        }
        match self.next() {
            Some(Token::Open) => {
                let inner = self.either(depth + 1)?;
                match self.next() {
                    Some(Token::Close) => Ok(inner),
                    _ => Err(self.wrong("a bracket is not closed")),
                }
            }
            Some(Token::Word(word)) => self.search_or_quantity(word),
            Some(Token::Close | Token::Pipe) | None => {
                Err(self.wrong("a search is missing in the condition"))
            }
        }
    }

    fn search_or_quantity(&mut self, word: &str) -> Result<Condition, RuleError> {
        let followed_by_of =
            matches!(self.peek(), Some(Token::Word(of)) if of.eq_ignore_ascii_case("of"));
        if followed_by_of && let Some(quantity) = Quantity::parse(word) {
            self.at += 1;
            return self.of(quantity);
        }
        match self.names.iter().position(|name| name == word) {
            Some(search) => Ok(Condition::Search(search)),
            None => Err(RuleError::Wrong {
                line: self.line,
                why: "the condition names a search that does not exist",
                text: word.to_owned(),
            }),
        }
    }

    fn of(&mut self, quantity: Quantity) -> Result<Condition, RuleError> {
        let Some(Token::Word(pattern)) = self.next() else {
            return Err(self.wrong("`of` names no searches"));
        };
        let named: Vec<Condition> = (0..)
            .zip(self.names)
            .filter(|(_, name)| pattern_covers(pattern, name))
            .map(|(search, _)| Condition::Search(search))
            .collect();
        if named.is_empty() {
            return Err(self.wrong("`of` matches no search"));
        }
        Ok(match quantity {
            Quantity::All => Condition::All(named),
            Quantity::AtLeast(1) => Condition::Any(named),
            Quantity::AtLeast(n) => Condition::AtLeast(n, named),
        })
    }
}

#[derive(Clone, Copy)]
enum Quantity {
    All,
    AtLeast(usize),
}

impl Quantity {
    fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "all" => Some(Self::All),
            "any" => Some(Self::AtLeast(1)),
            number => number.parse().ok().filter(|n| *n > 0).map(Self::AtLeast),
        }
    }
}

fn single_or(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

/// `them` means every search whose name does not begin with `_`; `*` stands for any characters of a name.
fn pattern_covers(pattern: &str, name: &str) -> bool {
    if pattern.eq_ignore_ascii_case("them") {
        return !name.starts_with('_');
    }
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => {
            name.strip_prefix(start).is_some_and(|name_rest| star_covers(rest, name_rest))
        }
    }
}

/// Whether `pattern` (which follows a `*`) covers the end of `name`.
fn star_covers(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => name.ends_with(pattern),
        Some((middle, rest)) => match name.find(middle) {
            Some(at) => {
                name.get(at + middle.len()..).is_some_and(|name_rest| star_covers(rest, name_rest))
            }
            None => false,
        },
    }
}
