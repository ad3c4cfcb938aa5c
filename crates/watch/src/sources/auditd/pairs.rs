//! The `key=value` pairs of an audit record: quoted, hexadecimal, or nested in `msg='…'`.

use sakimori_words::Value;

use super::super::pairs::bare_value;

/// Most pairs taken from one record; `raw` has the rest.
const PAIRS_MAX: usize = 10_000;

/// Fields whose text is written in hexadecimal when it holds blanks, quotes or control characters. Quoted it is as it stands.
const ENCODED: &[&str] = &[
    "acct",
    "cgroup",
    "cmd",
    "comm",
    "cwd",
    "data",
    "dir",
    "exe",
    "file",
    "grp",
    "key",
    "name",
    "ocomm",
    "path",
    "proctitle",
    "sw",
    "vm",
    "watch",
];

/// One pair.
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    value: Read<'a>,
}

enum Read<'a> {
    Written(Value<'a>),
    Decoded(String),
}

impl Pair<'_> {
    pub(super) fn value(&self) -> Value<'_> {
        match &self.value {
            Read::Written(value) => *value,
            Read::Decoded(text) => Value::Text(text),
        }
    }
}

/// Reads all pairs; words without `=` are skipped, and the pairs inside `msg='…'` are taken as the record's own.
pub(super) fn read_pairs<'a>(body: &'a str, record_type: &str) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    let mut rest = body;
    while pairs.len() < PAIRS_MAX {
        // Enriched records have a group separator before the names of what is a number before it.
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{1d}' || c == '\'');
        let Some(end) = rest.find(['=', ' ', '\u{1d}']) else { break };
        let Some((name, after)) = rest.split_at_checked(end) else { break };
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        if let Some(nested) = after.strip_prefix('\'').filter(|_| name == "msg") {
            rest = nested;
            continue;
        }
        let (value, after) = split_value(after);
        pairs.push(Pair { name, value: read_value(name, &value, record_type) });
        rest = after;
    }
    pairs
}

/// A value as it stands: what was between quotes, or a word.
enum Spelled<'a> {
    Quoted(&'a str),
    Bare(&'a str),
}

fn split_value(text: &str) -> (Spelled<'_>, &str) {
    if let Some((value, after)) = text.strip_prefix('"').and_then(|text| text.split_once('"')) {
        return (Spelled::Quoted(value), after);
    }
    let end = text.find([' ', '\u{1d}', '\'']).unwrap_or(text.len());
    let (value, after) = text.split_at_checked(end).unwrap_or((text, ""));
    (Spelled::Bare(value), after)
}

fn read_value<'a>(name: &str, value: &Spelled<'a>, record_type: &str) -> Read<'a> {
    let word = match value {
        Spelled::Quoted(text) => return Read::Written(Value::Text(text)),
        Spelled::Bare(word) => *word,
    };
    let argument = name.split('[').next().unwrap_or(name);
    let is_argument = argument
        .strip_prefix('a')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let encoded = if is_argument { record_type == "EXECVE" } else { ENCODED.contains(&name) };
    if encoded {
        return unhex(word).map_or(Read::Written(Value::Text(word)), Read::Decoded);
    }
    // The arguments of a system call are hexadecimal numbers without a sign of it.
    Read::Written(if is_argument { Value::Text(word) } else { bare_value(word) })
}

/// The text behind hexadecimal digits; the zeros between the words of a command line become blanks.
fn unhex(word: &str) -> Option<String> {
    if word.is_empty() || !word.len().is_multiple_of(2) {
        return None;
    }
    // Always in capitals, which keeps words such as `dead` what they are.
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = word
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(high)? << 4) | digit(low)?),
            _ => None,
        })
        .collect();
    Some(super::super::text::decode(&bytes?).trim_end_matches('\0').replace('\0', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, record_type: &str) -> Vec<(String, String)> {
        let pairs = read_pairs(body, record_type).into_iter();
        pairs.map(|pair| (pair.name.to_owned(), pair.value().to_text().into_owned())).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn arguments_are_text_in_execve_and_numbers_in_a_system_call() {
        let body = "a0=\"6361\" a1=6361740A a2=26";
        assert_eq!(
            read(body, "EXECVE"),
            [pair("a0", "6361"), pair("a1", "cat\n"), pair("a2", "&")]
        );
        assert_eq!(
            read(body, "SYSCALL"),
            [pair("a0", "6361"), pair("a1", "6361740A"), pair("a2", "26")]
        );
    }

    #[test]
    fn what_is_nested_and_what_is_enriched_is_taken_too() {
        let body = "pid=9 msg='op=login acct=\"root\" res=failed'\u{1d}UID=\"root\"";
        assert_eq!(
            read(body, "USER_LOGIN"),
            [
                pair("pid", "9"),
                pair("op", "login"),
                pair("acct", "root"),
                pair("res", "failed"),
                pair("UID", "root")
            ]
        );
    }
}
