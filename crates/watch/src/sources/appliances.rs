//! What the formats of security appliances share: their header between pipes, their makers' names, their words for what
//! happened.

use std::net::{IpAddr, Ipv4Addr};

use super::ocsf::{AUTHENTICATION, DETECTION, FAILURE, HTTP, NETWORK, SUCCESS};

/// Makers that Sigma's rules, or the names of their own products, call otherwise than the header does.
const MAKERS: &[(&str, &str)] = &[
    ("arubanetworks", "aruba"),
    ("aruba_networks", "aruba"),
    ("check_point", "checkpoint"),
    ("cisco_systems", "cisco"),
    ("f5_networks", "f5"),
    ("juniper_networks", "juniper"),
    ("palo_alto_networks", "paloalto"),
    ("trend_micro", "trendmicro"),
];

const LOGON_WORDS: &[&str] = &[
    "authenticat",
    "log in",
    "log off",
    "log on",
    "log out",
    "logged in",
    "logged off",
    "logged on",
    "logged out",
    "login",
    "logoff",
    "logon",
    "logout",
    "sign in",
    "sign out",
    "sign-in",
    "sign-out",
    "signed in",
    "signed out",
];

const ATTACK_WORDS: &[&str] = &[
    "antivirus",
    "anti-virus",
    "exploit",
    "intrusion",
    "ips detection",
    "ips prevention",
    "malware",
    "ransomware",
    "spyware",
    "trojan",
    "virus",
];

/// With one of these it is about the protection's own upkeep, not about an attack.
const UPKEEP_WORDS: &[&str] = &["definition", "license", "pattern", "signature", "update"];

/// What is known of an event whose product says no class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clues<'a> {
    /// Its name and category.
    pub(super) words: &'a str,
    pub(super) names_user: bool,
    pub(super) names_url: bool,
    /// From where and where to.
    pub(super) names_both_ends: bool,
}

/// Splits `n` texts off, each ended by a pipe; a backslash keeps a pipe or a backslash what it is.
pub(super) fn split_pipes(text: &str, n: usize) -> Option<(Vec<String>, &str)> {
    let mut parts = Vec::with_capacity(n);
    let mut rest = text;
    while parts.len() < n {
        let (part, after) = rest.split_at_checked(unescaped_pipe(rest)?)?;
        let part = unescape(part, |c| matches!(c, '|' | '\\').then_some(c));
        parts.push(part.trim().to_owned());
        rest = after.strip_prefix('|')?;
    }
    Some((parts, rest))
}

/// Takes away the backslashes before what `kept` knows, and writes what it says; any other backslash stays.
pub(super) fn unescape(text: &str, kept: impl Fn(char) -> Option<char>) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = chars.peek().copied().filter(|_| c == '\\').and_then(&kept);
        if meant.is_some() {
            chars.next();
        }
        plain.push(meant.unwrap_or(c));
    }
    plain
}

/// Product and service as Sigma writes them: maker and product in lower case, without blanks.
pub(super) fn names(maker: &str, product: &str) -> (String, String) {
    let (maker, product) = (name(maker), name(product));
    let known = MAKERS.iter().find(|(own, _)| *own == maker).map(|(_, known)| (*known).to_owned());
    match known.unwrap_or(maker) {
        maker if maker.is_empty() => (product, String::new()),
        maker => (maker, product),
    }
}

/// `Deep Security Agent` is `deep_security_agent`.
pub(super) fn name(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

/// The OCSF class, 0 when the clues say none.
pub(super) fn class_uid(clues: Clues<'_>) -> u32 {
    let words = clues.words.to_lowercase();
    let any = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if any(ATTACK_WORDS) && !any(UPKEEP_WORDS) {
        DETECTION
    } else if clues.names_user && any(LOGON_WORDS) {
        AUTHENTICATION
    } else if clues.names_url {
        HTTP
    } else if clues.names_both_ends {
        NETWORK
    } else {
        0
    }
}

/// `status` for a word such as `Deny` or `success`; empty for any other.
pub(super) fn outcome(word: &str) -> &'static str {
    const REFUSED: &[&str] = &[
        "block",
        "blocked",
        "denied",
        "deny",
        "drop",
        "dropped",
        "fail",
        "failed",
        "failure",
        "prevent",
        "prevented",
        "refused",
        "reject",
        "rejected",
        "reset",
        "失敗",
        "拒否",
        "遮断",
        "破棄",
    ];
    const ACCEPTED: &[&str] = &[
        "accept",
        "accepted",
        "allow",
        "allowed",
        "granted",
        "ok",
        "pass",
        "passed",
        "permit",
        "permitted",
        "succeeded",
        "success",
        "successful",
        "successfully",
        "成功",
        "許可",
        "通過",
    ];
    let word = word.trim().trim_start_matches('/').to_lowercase();
    match word.as_str() {
        word if REFUSED.contains(&word) => FAILURE,
        word if ACCEPTED.contains(&word) => SUCCESS,
        _ => "",
    }
}

/// `status` of a logon that only its sentence tells.
pub(super) fn logon_outcome(sentence: &str) -> &'static str {
    const REFUSED: [&str; 6] =
        ["denied", "fail", "invalid", "not allowed", "reject", "unsuccessful"];
    const ACCEPTED: [&str; 8] = [
        "accepted",
        "allowed",
        "granted",
        "logged in",
        "logged on",
        "signed in",
        "succe",
        "passed",
    ];
    let sentence = sentence.to_lowercase();
    let any = |list: &[&str]| list.iter().any(|word| sentence.contains(word));
    match (any(&REFUSED), any(&ACCEPTED)) {
        (true, _) => FAILURE,
        (false, true) => SUCCESS,
        (false, false) => "",
    }
}

/// The address at the front of `203.0.113.7`, `203.0.113.7:443:X1`, `[2001:db8::1]:443`; empty when none is there.
pub(super) fn address(text: &str) -> &str {
    let text = text.trim();
    if text.parse::<IpAddr>().is_ok() {
        return text;
    }
    if let Some((inside, _)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return if inside.parse::<IpAddr>().is_ok() { inside } else { "" };
    }
    let front = text.split([':', '/']).next().unwrap_or_default();
    if front.parse::<Ipv4Addr>().is_ok() { front } else { "" }
}

fn unescaped_pipe(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let found = byte == b'|' && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}
