//! Whether an event holds one of many indicators, each as a whole word: one pass over its text, however many there are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use sakimori_words::Event;

use super::indicators::{Indicator, IndicatorKind, as_v6, bits};

/// Longest text that may be an address, in bytes: IPv6 with an IPv4 end and a port.
const ADDRESS_BYTES_MAX: usize = 54;

/// Shortest text by which events are told apart before they are looked at.
const NEEDLE_BYTES_MIN: usize = 3;

/// Indicators made ready to be looked for.
pub struct Matcher {
    /// By the bits that count, and how many they are: the place of the indicator.
    networks: HashMap<(u128, u8), usize>,
    /// How many bits count, each number once.
    prefixes: Vec<u8>,
    words: AhoCorasick,
    /// The place and kind of the indicator of each pattern of `words`.
    of_word: Vec<(usize, IndicatorKind)>,
    needles: Option<Vec<String>>,
}

/// Why indicators could not be made ready: there are too many, or too long ones.
#[derive(Debug, thiserror::Error)]
#[error("the indicators could not be made ready")]
pub struct MatcherError(#[from] aho_corasick::BuildError);

impl Matcher {
    /// Makes `indicators` ready.
    ///
    /// # Errors
    /// When they are more than the automaton can hold.
    pub fn new(indicators: &[Indicator]) -> Result<Self, MatcherError> {
        let mut networks = HashMap::new();
        let mut patterns: Vec<Cow<'_, str>> = Vec::new();
        let mut of_word = Vec::new();
        for (at, indicator) in indicators.iter().enumerate() {
            match bits(indicator).filter(|_| is_of_network(indicator.kind)) {
                Some((own, prefix)) => {
                    networks.insert((own & mask(prefix), prefix), at);
                }
                None => {
                    for form in forms(indicator) {
                        patterns.push(form);
                        of_word.push((at, indicator.kind));
                    }
                }
            }
        }
        let mut prefixes: Vec<u8> = networks.keys().map(|(_, prefix)| *prefix).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        let words = AhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(patterns.iter().map(|pattern| pattern.as_bytes()))?;
        let needles = indicators.iter().map(needles_of).collect::<Option<Vec<_>>>();
        let needles = needles.map(|needles| needles.into_iter().flatten().collect());
        Ok(Self { networks, prefixes, words, of_word, needles })
    }

    /// Texts of which every event that holds an indicator holds one, in any case; `None` when there are no such texts.
    #[must_use]
    pub fn needles(&self) -> Option<&[String]> {
        self.needles.as_deref()
    }

    /// The places of the indicators that stand in the event, each once, in order.
    #[must_use]
    pub fn look(&self, event: &Event) -> Vec<usize> {
        let mut found = Vec::new();
        self.look_in(&event.raw, &mut found);
        for address in [&event.src_ip, &event.dst_ip] {
            self.note_address(address, &mut found);
        }
        if event.raw.iter().any(|byte| matches!(byte, b'\\' | b'&')) {
            // The record writes some signs otherwise; its fields do not.
            self.look_in(event.message.as_bytes(), &mut found);
            for (name, _) in event.src.iter() {
                if let Some(text) = event.src.text(name) {
                    self.look_in(text.as_bytes(), &mut found);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn look_in(&self, text: &[u8], found: &mut Vec<usize>) {
        if !self.of_word.is_empty() {
            self.look_for_words(text, found);
        }
        if !self.networks.is_empty() {
            addresses(text).for_each(|address| self.note_address(address, found));
        }
    }

    fn look_for_words(&self, text: &[u8], found: &mut Vec<usize>) {
        for own in self.words.find_overlapping_iter(text) {
            let Some((at, kind)) = self.of_word.get(own.pattern().as_usize()) else { continue };
            let before = text.get(..own.start()).unwrap_or_default();
            let after = text.get(own.end()..).unwrap_or_default();
            let word = text.get(own.span().range()).unwrap_or_default();
            if begins(*kind, before, word) && ends(*kind, word, after) && !found.contains(at) {
                found.push(*at);
            }
        }
    }

    fn note_address(&self, text: &str, found: &mut Vec<usize>) {
        if self.networks.is_empty() {
            return;
        }
        let Some(address) = address(text) else { return };
        let own = as_v6(address).to_bits();
        for prefix in &self.prefixes {
            if let Some(at) = self.networks.get(&(own & mask(*prefix), *prefix)) {
                found.push(*at);
            }
        }
    }
}

const fn is_of_network(kind: IndicatorKind) -> bool {
    matches!(kind, IndicatorKind::Address | IndicatorKind::Network)
}

/// As many ones as bits count.
const fn mask(prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        counted => u128::MAX << (128 - counted as u32),
    }
}

/// How an indicator may be written: a domain of another script also in its letters.
fn forms(indicator: &Indicator) -> Vec<Cow<'_, str>> {
    let own = Cow::Borrowed(indicator.text.as_str());
    if indicator.kind != IndicatorKind::Domain || !indicator.text.contains("xn--") {
        return vec![own];
    }
    vec![own, Cow::Owned(idna::domain_to_unicode(&indicator.text).0)]
}

/// The texts of which one stands in every record with the indicator.
fn needles_of(indicator: &Indicator) -> Option<Vec<String>> {
    let text = indicator.text.as_str();
    match indicator.kind {
        IndicatorKind::Address => (!text.contains(':')).then(|| vec![text.to_owned()]),
        IndicatorKind::Network => Some(vec![octets(text)?]),
        _ => forms(indicator).into_iter().map(|form| plain_piece(&form)).collect(),
    }
}

/// The whole octets of a network, with their dots: `10.1.` of `10.1.0.0/20`.
fn octets(network: &str) -> Option<String> {
    let (address, prefix) = network.split_once('/')?;
    let n_octets = usize::from(prefix.parse::<u8>().ok()? / 8).min(3);
    let octets: Vec<&str> = address.split('.').take(n_octets).collect();
    (address.contains('.') && !octets.is_empty()).then(|| format!("{}.", octets.join(".")))
}

/// The longest piece that every record writes as it is.
fn plain_piece(text: &str) -> Option<String> {
    let is_plain =
        |sign: char| sign.is_ascii() && !sign.is_control() && !"\\/&\"'<>".contains(sign);
    let longest = text.split(|sign| !is_plain(sign)).max_by_key(|piece| piece.len())?;
    (longest.len() >= NEEDLE_BYTES_MIN).then(|| longest.to_owned())
}

/// Whether a word may begin there.
fn begins(kind: IndicatorKind, before: &[u8], word: &[u8]) -> bool {
    let Some(last) = last_char(before) else { return true };
    if !last.is_ascii() {
        return !(last.is_alphanumeric() && begins_beyond_ascii(word));
    }
    if is_escaped(before) {
        return true;
    }
    match kind {
        IndicatorKind::Domain => !is_of_label(last),
        IndicatorKind::Mail => !is_of_label(last) && !matches!(last, '.' | '+'),
        IndicatorKind::File => {
            word.first().is_some_and(|byte| b"/\\%".contains(byte))
                || (!is_of_label(last) && last != '.')
        }
        IndicatorKind::Url => !is_of_label(last) && last != '.',
        IndicatorKind::Hash | IndicatorKind::Address | IndicatorKind::Network => {
            !last.is_ascii_alphanumeric()
        }
    }
}

/// Whether a word may end there.
fn ends(kind: IndicatorKind, word: &[u8], after: &[u8]) -> bool {
    let Some(first) = first_char(after) else { return true };
    if !first.is_ascii() {
        return !(first.is_alphanumeric() && ends_beyond_ascii(word));
    }
    let goes_on = || after.get(1).is_some_and(u8::is_ascii_alphanumeric);
    match kind {
        IndicatorKind::Hash | IndicatorKind::Address | IndicatorKind::Network => {
            !first.is_ascii_alphanumeric()
        }
        IndicatorKind::Url if word.ends_with(b"/") => true,
        _ => !(is_of_label(first) || (first == '.' && goes_on())),
    }
}

/// Signs of which names on the network and of files are made.
const fn is_of_label(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_')
}

/// Whether the text ends in a sign written as `%2F`: what follows begins anew.
fn is_escaped(before: &[u8]) -> bool {
    matches!(before, [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

fn begins_beyond_ascii(word: &[u8]) -> bool {
    word.first().is_some_and(|byte| !byte.is_ascii())
}

fn ends_beyond_ascii(word: &[u8]) -> bool {
    word.last().is_some_and(|byte| !byte.is_ascii())
}

fn first_char(text: &[u8]) -> Option<char> {
    chars(text.get(..4).unwrap_or(text)).next()
}

fn last_char(text: &[u8]) -> Option<char> {
    let begin = text.len().saturating_sub(4);
    let tail = text.get(begin..).unwrap_or_default();
    let begin = tail.iter().rposition(|byte| !matches!(byte, 0x80..=0xbf)).unwrap_or(0);
    chars(tail.get(begin..).unwrap_or_default()).next()
}

/// The characters of bytes that need not be text.
fn chars(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let broken = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(broken)
    })
}

/// Every piece of the text that may be an address.
fn addresses(text: &[u8]) -> impl Iterator<Item = &str> {
    let pieces = text.split(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' | b':' | 0x80..));
    let may_be = |piece: &&[u8]| {
        (3..=ADDRESS_BYTES_MAX).contains(&piece.len())
            && piece.iter().any(|byte| matches!(byte, b'.' | b':'))
            && piece.iter().any(|byte| byte.is_ascii_digit() || *byte == b':')
    };
    pieces.filter(may_be).flat_map(ascii_pieces)
}

/// Words of other scripts stand next to an address without a space.
fn ascii_pieces(piece: &[u8]) -> impl Iterator<Item = &str> {
    piece.split(|byte| !byte.is_ascii()).filter_map(|piece| std::str::from_utf8(piece).ok())
}

/// The address that a piece of text is, with or without a port or what a sentence puts behind it.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_end_matches(['.', ':']);
    let text = text.strip_prefix(':').filter(|rest| !rest.starts_with(':')).unwrap_or(text);
    let parsed = text.parse::<IpAddr>().ok().or_else(|| {
        let (before, after) = text.rsplit_once(':')?;
        let port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if port(after) && before.contains('.') {
            return before.parse().ok();
        }
        // `inside:10.0.0.1`, `outside:198.51.100.7/443`.
        after.parse::<IpAddr>().ok().filter(IpAddr::is_ipv4)
    });
    // `interface:10.0.0.1:443`
    let parsed = parsed.or_else(|| {
        text.split(':').filter_map(|part| part.parse::<IpAddr>().ok()).find(IpAddr::is_ipv4)
    });
    parsed.map(|address| address.to_canonical())
}
