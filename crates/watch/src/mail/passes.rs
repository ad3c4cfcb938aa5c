//! What the receiving machine wrote about SPF, DKIM and DMARC (`Authentication-Results`, RFC 8601).
//!
//! Nothing is verified again: a signature's key and a domain's policy stand in the DNS, and may have changed since. Only the
//! topmost field is taken, because everything below may have come with the mail; who wrote it is said with it.

use serde::{Deserialize, Serialize};

use super::addresses::line;

/// Results taken from one field.
const RESULTS_MAX: usize = 20;

/// What one machine wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passes {
    /// The machine's own name for itself.
    pub by: String,
    /// Whether that machine is seen to be the one that received the mail last, or of the house. A mail can bring such a field
    /// along; without this, a good result says nothing.
    pub by_receiver: bool,
    /// What it found.
    pub results: Vec<Pass>,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// `spf`, `dkim`, `dmarc`, `arc`…
    pub method: String,
    /// `pass`, `fail`, `softfail`, `none`…
    pub result: String,
    /// The domain it was found for; empty when it is not said.
    pub domain: String,
}

impl Passes {
    /// The first result of a method: several signatures are given in order.
    #[must_use]
    pub fn result(&self, method: &str) -> Option<&str> {
        let mut own = self.results.iter().filter(|pass| pass.method == method);
        // One good signature is enough, whatever the others are.
        let best = own.clone().find(|pass| pass.result == "pass").or_else(|| own.next());
        best.map(|pass| pass.result.as_str())
    }
}

/// Reads the value of one field.
pub(super) fn read(value: &str) -> Option<Passes> {
    let value = without_comments(value);
    let mut parts = value.split(';');
    let by = parts.next()?.split_whitespace().next()?.trim_matches('"').to_lowercase();
    let results = parts.filter_map(result).take(RESULTS_MAX).collect();
    Some(Passes { by: line(&by), by_receiver: false, results })
}

fn result(part: &str) -> Option<Pass> {
    let mut words = part.split_whitespace();
    let (method, result) = words.next()?.split_once('=')?;
    let mut properties = words.filter_map(|word| word.split_once('='));
    let named = |(name, _): &(&str, &str)| {
        matches!(*name, "header.d" | "header.from" | "smtp.mailfrom" | "header.i")
    };
    let domain = properties.find(named).map_or("", |(_, value)| value);
    let domain = domain.rsplit('@').next().unwrap_or_default();
    Some(Pass {
        method: line(&method.split('/').next().unwrap_or_default().to_lowercase()),
        result: line(&result.to_lowercase()),
        domain: line(&domain.trim_matches('"').to_lowercase()),
    })
}

/// The text without what stands in brackets, which may be nested and may never end.
fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth == 0 => kept.push(sign),
            _ => {}
        }
    }
    kept
}

/// The value of `d=` in a signature.
pub(super) fn signing_domain(value: &str) -> Option<String> {
    let tags = value.split(';').filter_map(|tag| tag.split_once('='));
    let mut own = tags.filter(|(name, _)| name.trim() == "d");
    own.next().map(|(_, domain)| line(&domain.trim().to_lowercase()))
}
