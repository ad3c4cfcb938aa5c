//! From characters to tokens: parentheses, operators and terms, each with its place.

use std::net::Ipv6Addr;
use std::str::Chars;

use super::{FilterError, FilterProblem};

/// A token and the character it begins at, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A text to be found anywhere.
    Words(Given),
    /// A field compared with a value.
    Compared {
        field: String,
        comparison: Comparison,
        value: Given,
    },
}

/// A value as it was typed; in quotes `*` is a star.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) quoted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Same,
    Different,
    Less,
    LessOrSame,
    More,
    MoreOrSame,
}

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut scanner = Scanner { rest: text.chars(), at: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Scanner<'a> {
    rest: Chars<'a>,
    at: usize,
}

impl Scanner<'_> {
    fn token(&mut self) -> Result<Option<Token>, FilterError> {
        self.take_while(char::is_whitespace);
        let at = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let kind = match first {
            '(' | '（' => self.sign(TokenKind::Open),
            ')' | '）' => self.sign(TokenKind::Close),
            '-' | '!' if self.second().is_some_and(begins_a_term) => self.sign(TokenKind::Not),
            c if is_quote(c) => {
                let text = self.quoted()?;
                self.words_or_field(at, Given { text, quoted: true })?
            }
            _ => self.word(at)?,
        };
        Ok(Some(Token { at, kind }))
    }

    fn sign(&mut self, kind: TokenKind) -> TokenKind {
        self.next();
        kind
    }

    /// A word without quotes: an operator, a comparison or a text.
    fn word(&mut self, at: usize) -> Result<TokenKind, FilterError> {
        let ahead: String = self.rest.clone().take_while(|c| !ends_word(*c)).collect();
        match &*ahead {
            "AND" => return Ok(self.skip(&ahead, TokenKind::And)),
            "OR" => return Ok(self.skip(&ahead, TokenKind::Or)),
            "NOT" => return Ok(self.skip(&ahead, TokenKind::Not)),
            _ => {}
        }
        if is_address(&ahead) {
            let words = TokenKind::Words(Given { text: ahead.clone(), quoted: false });
            return Ok(self.skip(&ahead, words));
        }
        let name: String = ahead.chars().take_while(|c| is_name(*c)).collect();
        let names_a_field = name.chars().next().is_some_and(|c| !c.is_ascii_digit() && c != '-');
        if names_a_field && !is_path(&name, &ahead) {
            self.advance(&name);
            if let Some(kind) = self.comparison(at, &name)? {
                return Ok(kind);
            }
            let tail = self.take_while(|c| !ends_word(c));
            return Ok(TokenKind::Words(Given { text: name + &tail, quoted: false }));
        }
        let text = ahead.clone();
        Ok(self.skip(&ahead, TokenKind::Words(Given { text, quoted: false })))
    }

    /// A text in quotes; in front of an operator it is a field's name.
    fn words_or_field(&mut self, at: usize, words: Given) -> Result<TokenKind, FilterError> {
        if !words.text.is_empty()
            && let Some(kind) = self.comparison(at, &words.text)?
        {
            return Ok(kind);
        }
        Ok(TokenKind::Words(words))
    }

    /// The operator and value after a field's name, if there is an operator.
    fn comparison(&mut self, at: usize, name: &str) -> Result<Option<TokenKind>, FilterError> {
        let Some((comparison, sign)) = operator(self.rest.as_str()) else { return Ok(None) };
        self.advance(sign);
        let value = if self.peek().is_some_and(is_quote) {
            Given { text: self.quoted()?, quoted: true }
        } else {
            Given { text: self.take_while(|c| !ends_word(c)), quoted: false }
        };
        if value.text.is_empty() && !value.quoted {
            let problem = FilterProblem::Missing(format!("{name}{sign}"));
            return Err(FilterError { at, problem });
        }
        Ok(Some(TokenKind::Compared { field: name.to_owned(), comparison, value }))
    }

    /// A text in quotes. A quote inside is written twice: a backslash is a backslash, as in Windows' paths.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let at = self.at;
        let opening = self.next();
        // What a straight quote opens only a straight one closes: clicks write straight ones around anything.
        let ends = |c: char| if opening == Some('"') { c == '"' } else { is_quote(c) };
        let mut text = String::new();
        while let Some(c) = self.next() {
            if !ends(c) {
                text.push(c);
            } else if self.peek().is_some_and(ends) {
                self.next();
                text.push(c);
            } else {
                return Ok(text);
            }
        }
        Err(FilterError { at, problem: FilterProblem::OpenQuote })
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn second(&self) -> Option<char> {
        self.rest.clone().nth(1)
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        self.at += 1;
        Some(next)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            taken.push(c);
            self.next();
        }
        taken
    }

    fn advance(&mut self, taken: &str) {
        for _ in taken.chars() {
            self.next();
        }
    }

    fn skip(&mut self, taken: &str, kind: TokenKind) -> TokenKind {
        self.advance(taken);
        kind
    }
}

/// Straight and typographic double quotes; input methods write the latter.
const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '＂')
}

const fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '（' | '）')
}

/// Whether a minus in front of `c` negates something: before a blank or a closing parenthesis it is a text of its own,
/// as it is at the end, so that parentheses may be put around any filter.
fn begins_a_term(c: char) -> bool {
    c == '(' || c == '（' || !ends_word(c)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@')
}

/// The operator a text begins with, and how it is written there.
fn operator(text: &str) -> Option<(Comparison, &str)> {
    const OPERATORS: [(&str, Comparison); 12] = [
        ("!=", Comparison::Different),
        (">=", Comparison::MoreOrSame),
        ("<=", Comparison::LessOrSame),
        ("＞＝", Comparison::MoreOrSame),
        ("＜＝", Comparison::LessOrSame),
        (":", Comparison::Same),
        ("：", Comparison::Same),
        ("=", Comparison::Same),
        ("＝", Comparison::Same),
        (">", Comparison::More),
        ("<", Comparison::Less),
        ("≠", Comparison::Different),
    ];
    let found = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign))?;
    Some((found.1, found.0))
}

/// An IPv6 or hardware address, whose colons name no field.
fn is_address(word: &str) -> bool {
    let hardware = |word: &str| {
        let parts: Vec<&str> = word.split(':').collect();
        parts.len() == 6
            && parts
                .iter()
                .all(|part| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit()))
    };
    word.parse::<Ipv6Addr>().is_ok() || hardware(word)
}

/// A web address or a Windows path, whose colon names no field.
fn is_path(name: &str, word: &str) -> bool {
    let rest = word.strip_prefix(name).unwrap_or_default();
    rest.starts_with("://")
        || rest.starts_with("::")
        || (name.len() == 1 && rest.starts_with(":\\"))
}
