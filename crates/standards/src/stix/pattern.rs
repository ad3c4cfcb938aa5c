//! Patterns of STIX, as far as a log can be searched for them.
//!
//! The answer is an over-estimate and never an under-estimate: where a pattern wants two things at once, the more telling one alone is
//! taken, so a hit may turn out to be none, but what the pattern describes is not missed. A pattern of which that cannot be said
//! (comparison by expression, negation, size, registry …) is marked incomplete, and the reader names it.

use crate::intelligence::{Indicator, IndicatorKind};

/// Deepest nesting of brackets that is read.
const DEPTH_MAX: usize = 32;

/// Longest pattern that is read, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// What a pattern looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sought {
    /// Values, of which one at least is there when the pattern matches.
    pub(super) indicators: Vec<Indicator>,
    /// Whether that can be said; otherwise the pattern may match without any of them.
    pub(super) complete: bool,
}

/// What of a pattern can be looked for.
pub(super) fn sought(pattern: &str) -> Sought {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Sought::default();
    }
    let tokens = tokens(pattern);
    let mut reader = Reader { tokens: &tokens, at: 0 };
    let sought = reader.alternatives(0);
    // What follows is no pattern: what stands before it is taken, but not vouched for.
    if reader.at < tokens.len() { Sought { complete: false, ..sought } } else { sought }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Comma,
    Text(String),
    Sign(String),
    Word(String),
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    /// One of several: all values of all of them.
    fn alternatives(&mut self, depth: usize) -> Sought {
        let mut all = self.together(depth);
        while self.eat_word("OR") {
            let other = self.together(depth);
            all.indicators.extend(other.indicators);
            all.complete &= other.complete;
        }
        all
    }

    /// Several at once: the most telling of them.
    fn together(&mut self, depth: usize) -> Sought {
        let mut best = self.one(depth);
        while self.eat_word("AND") || self.eat_word("FOLLOWEDBY") {
            let other = self.one(depth);
            if telling(&other) > telling(&best) {
                best = other;
            }
        }
        best
    }

    fn one(&mut self, depth: usize) -> Sought {
        if self.eat_word("NOT") || self.eat_word("EXISTS") {
            self.one_or_nothing(depth);
            return Sought::default();
        }
        self.one_or_nothing(depth)
    }

    fn one_or_nothing(&mut self, depth: usize) -> Sought {
        if !self.eat(&Token::Open) {
            return self.comparison();
        }
        if depth >= DEPTH_MAX {
            return Sought::default();
        }
        let inside = self.alternatives(depth + 1);
        let closed = self.eat(&Token::Close);
        let sought = Sought { complete: inside.complete && closed, ..inside };
        self.pass_qualifiers();
        sought
    }

    /// `WITHIN 5 SECONDS`, `REPEATS 3 TIMES`, `START t'…' STOP t'…'` narrow what is meant; what is looked for stays wider.
    fn pass_qualifiers(&mut self) {
        const QUALIFIERS: [&str; 6] = ["WITHIN", "SECONDS", "REPEATS", "TIMES", "START", "STOP"];
        while let Some(token) = self.tokens.get(self.at) {
            let passed = match token {
                Token::Word(word) => {
                    QUALIFIERS.contains(&word.as_str())
                        || word == "t"
                        || word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                }
                Token::Text(_) => true,
                _ => false,
            };
            if !passed {
                return;
            }
            self.at += 1;
        }
    }

    fn comparison(&mut self) -> Sought {
        let Some(Token::Word(path)) = self.tokens.get(self.at) else { return Sought::default() };
        self.at += 1;
        let negated = self.eat_word("NOT");
        let sign = match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) => sign.clone(),
            Some(Token::Word(word)) => word.clone(),
            _ => return Sought::default(),
        };
        self.at += 1;
        let values = self.values();
        let fits = match sign.as_str() {
            "=" | "==" | "IN" => true,
            "ISSUBSET" => path.starts_with("ipv"),
            _ => false,
        };
        if negated || !fits || values.is_empty() {
            return Sought::default();
        }
        let n_values = values.len();
        let indicators: Vec<_> = values.iter().filter_map(|value| indicator(path, value)).collect();
        Sought { complete: indicators.len() == n_values, indicators }
    }

    /// A value, or several in round brackets. Numbers and words are values of things we do not look for, so they are passed over.
    fn values(&mut self) -> Vec<String> {
        let mut values = Vec::new();
        let listed = self.eat(&Token::Open);
        while let Some(Token::Text(text) | Token::Word(text)) = self.tokens.get(self.at) {
            values.push(text.clone());
            self.at += 1;
            if !(listed && self.eat(&Token::Comma)) {
                break;
            }
        }
        if listed && !self.eat(&Token::Close) {
            return Vec::new();
        }
        values
    }

    fn eat(&mut self, token: &Token) -> bool {
        let there = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(there);
        there
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == wanted);
        self.at += usize::from(there);
        there
    }
}

/// How much a condition says about where to look: complete before incomplete, then a digest before a name.
fn telling(sought: &Sought) -> (bool, bool, std::cmp::Reverse<Option<IndicatorKind>>) {
    let widest = sought.indicators.iter().map(|indicator| indicator.kind).max();
    (sought.complete, widest.is_some(), std::cmp::Reverse(widest))
}

/// What a value at a path is to us; nothing when no log is searched for it.
fn indicator(path: &str, value: &str) -> Option<Indicator> {
    let hash = path.strip_prefix("file:hashes.");
    if let Some(algorithm) = hash {
        return Indicator::new(hash_kind(algorithm)?, &value.to_ascii_lowercase());
    }
    match path {
        "ipv4-addr:value" => Indicator::new(IndicatorKind::Ipv4, value),
        "ipv6-addr:value" => Indicator::new(IndicatorKind::Ipv6, value),
        "domain-name:value" => Indicator::new(IndicatorKind::Domain, value),
        "url:value" => Indicator::new(IndicatorKind::Url, value),
        "file:name" => Indicator::new(IndicatorKind::FileName, value),
        "email-addr:value" | "email-message:from_ref.value" | "email-message:sender_ref.value" => {
            Indicator::new(IndicatorKind::Mail, value)
        }
        "network-traffic:dst_ref.value" | "network-traffic:src_ref.value" => {
            let is_address = value.contains(':')
                || value.bytes().all(|byte| byte.is_ascii_digit() || b"./".contains(&byte));
            if is_address {
                Indicator::address(value)
            } else {
                Indicator::new(IndicatorKind::Domain, value)
            }
        }
        _ => None,
    }
}

/// Which digest an algorithm's name means, however it is quoted.
pub(super) fn hash_kind(algorithm: &str) -> Option<IndicatorKind> {
    let name = algorithm.trim_matches(['\'', '"']).to_ascii_uppercase();
    match name.as_str() {
        "MD5" => Some(IndicatorKind::Md5),
        "SHA-1" | "SHA1" => Some(IndicatorKind::Sha1),
        "SHA-256" | "SHA256" => Some(IndicatorKind::Sha256),
        _ => None,
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut signs = pattern.chars().peekable();
    while let Some(sign) = signs.next() {
        let token = match sign {
            '[' | '(' => Token::Open,
            ']' | ')' => Token::Close,
            ',' => Token::Comma,
            '\'' => Token::Text(quoted(&mut signs)),
            '=' | '!' | '<' | '>' => {
                let mut text = sign.to_string();
                while let Some(next) = signs.next_if(|next| "=!<>".contains(*next)) {
                    text.push(next);
                }
                Token::Sign(text)
            }
            _ if sign.is_whitespace() => continue,
            _ => Token::Word(word(sign, &mut signs)),
        };
        tokens.push(token);
    }
    tokens
}

type Signs<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// A text up to its closing quote; `\'` and `\\` stand for themselves.
fn quoted(signs: &mut Signs<'_>) -> String {
    let mut text = String::new();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' => break,
            '\\' => text.extend(signs.next()),
            other => text.push(other),
        }
    }
    text
}

/// A word or path; a quoted step such as `hashes.'SHA-256'` and an index such as `[0]` belong to it.
fn word(first: char, signs: &mut Signs<'_>) -> String {
    let mut text = first.to_string();
    while let Some(next) = signs.peek().copied() {
        let in_path = text.contains(':');
        if next == '\'' && text.ends_with('.') {
            signs.next();
            text.push_str(&quoted(signs));
        } else if next == '[' && in_path {
            text.extend(signs.by_ref().take_while(|sign| *sign != ']'));
        } else if next.is_whitespace() || "[](),'=!<>".contains(next) {
            break;
        } else {
            text.push(next);
            signs.next();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: &str) {
        let sought = sought(pattern);
        let values: Vec<_> =
            sought.indicators.iter().map(|own| format!("{:?} {}", own.kind, own.value)).collect();
        let told = format!("{}{}", values.join(", "), if sought.complete { "" } else { " …" });
        assert_eq!(told, expected, "{pattern}");
    }

    #[test]
    fn what_logs_hold_is_looked_for() {
        check("[ipv4-addr:value = '198.51.100.7']", "Ipv4 198.51.100.7");
        check("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "Ipv4 198.51.100.0/24");
        check("[ file:hashes.'SHA-256' = 'ABCD' ]", "Sha256 abcd");
        check(
            "[file:hashes.MD5 = 'ab' OR url:value='http://e.example/a?b=[1]']",
            "Md5 ab, Url http://e.example/a?b=[1]",
        );
        check(
            "[domain-name:value IN ('a.example', 'b.example')]",
            "Domain a.example, Domain b.example",
        );
        check("[network-traffic:dst_ref.value = 'c2.example']", "Domain c2.example");
        check(r"[file:name = 'it\'s.exe']", "FileName it's.exe");
    }

    #[test]
    fn of_what_must_come_together_the_most_telling_is_taken() {
        check("[file:name = 'a.exe' AND file:hashes.MD5 = 'ab']", "Md5 ab");
        check("[file:size = 3 AND file:name = 'a.exe']", "FileName a.exe");
        check(
            "[ipv4-addr:value = '198.51.100.7'] FOLLOWEDBY [domain-name:value = 'a.example'] WITHIN 60 SECONDS",
            "Domain a.example",
        );
        check(
            "[ipv4-addr:value = '198.51.100.7'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z' OR [url:value = 'http://e.example/x']",
            "Ipv4 198.51.100.7, Url http://e.example/x",
        );
    }

    #[test]
    fn what_cannot_be_looked_for_is_never_vouched_for() {
        check("[email-message:subject MATCHES '^x']", " …");
        check("[ipv4-addr:value != '198.51.100.7']", " …");
        check("[NOT ipv4-addr:value = '198.51.100.7']", " …");
        check("[ipv4-addr:value NOT IN ('198.51.100.7')]", " …");
        check("[ipv4-addr:value = '198.51.100.7' OR file:size > 3]", "Ipv4 198.51.100.7 …");
        check("[ipv4-addr:value = '198.51.100.7'", "Ipv4 198.51.100.7 …");
        check("", " …");
        check(&"(".repeat(100_000), " …");
    }
}
