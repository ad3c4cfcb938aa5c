//! Names of makers and products as they are compared: width, kana, case, blanks and corporate words make no difference.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_content::NameAliases;
use unicode_normalization::UnicodeNormalization;

/// A model number that two names share makes them worth a look from so many characters on: `60F` does, `2` does not.
const MODEL_CHARS_MIN: usize = 3;

/// Whether two names mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// The same.
    Same,
    /// Perhaps the same: a person decides.
    Similar,
    /// One side names nothing, or everything.
    Unnamed,
    /// Something else.
    Different,
}

/// The table of names, ready for comparing.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    corporate: BTreeSet<String>,
    vendors: BTreeMap<String, String>,
    products: BTreeMap<String, String>,
}

impl Aliases {
    /// The table of the content pack.
    #[must_use]
    pub fn new(table: &NameAliases) -> Self {
        let corporate = table.corporate.iter().map(|word| normalised(word)).collect();
        let mut aliases = Self { corporate, ..Self::default() };
        for vendor in &table.vendors {
            aliases = aliases.with_vendor(&vendor.name, &vendor.also);
        }
        for product in &table.products {
            aliases = aliases.with_product(&product.name, &product.also);
        }
        aliases
    }

    /// The table with other names of a maker.
    #[must_use]
    pub fn with_vendor(mut self, name: &str, also: &[String]) -> Self {
        let known = self.vendor_keys(name);
        let Some(target) = known.iter().next().cloned() else { return self };
        for other in also {
            for key in self.plain_vendor_keys(other) {
                self.vendors.insert(key, target.clone());
            }
        }
        self
    }

    /// The table with other names of a product.
    #[must_use]
    pub fn with_product(mut self, name: &str, also: &[String]) -> Self {
        let target = self.product_key(&words(name));
        if target.is_empty() {
            return self;
        }
        for other in also {
            self.products.insert(words(other).concat(), target.clone());
        }
        self
    }

    /// Whether two names mean the same maker.
    pub(super) fn compare_vendors(&self, ours: &str, theirs: &str) -> Likeness {
        if is_unnamed(ours) || is_unnamed(theirs) {
            return Likeness::Unnamed;
        }
        let (ours, theirs) = (self.vendor_keys(ours), self.vendor_keys(theirs));
        if ours.is_disjoint(&theirs) { Likeness::Different } else { Likeness::Same }
    }

    /// Whether two names mean the same product of one maker.
    pub(super) fn compare_products(&self, ours: &str, theirs: &str) -> Likeness {
        if is_unnamed(ours) || is_unnamed(theirs) {
            return Likeness::Unnamed;
        }
        let (ours, theirs) = (words(ours), words(theirs));
        if ours.is_empty() || theirs.is_empty() {
            return Likeness::Unnamed;
        }
        if self.product_key(&ours) == self.product_key(&theirs) {
            return Likeness::Same;
        }
        let (ours, theirs) = (self.product_words(&ours), self.product_words(&theirs));
        if are_similar(&ours, &theirs) { Likeness::Similar } else { Likeness::Different }
    }

    /// The keys of a maker: the whole name, the name without what stands in brackets, and what stands there when it is a name in
    /// the table (`… Company (BD)`). `(Japan)` is none, or all makers with a branch there would be one.
    fn vendor_keys(&self, name: &str) -> BTreeSet<String> {
        let plain = self.plain_vendor_keys(name);
        let named = |key: String| self.vendors.get(&key).cloned().unwrap_or(key);
        let name: String = name.nfkc().collect();
        let inside = self.vendors.get(&self.vendor_key(&brackets(&name).1)).cloned();
        plain.into_iter().map(named).chain(inside).collect()
    }

    fn plain_vendor_keys(&self, name: &str) -> BTreeSet<String> {
        let name: String = name.nfkc().collect();
        let keys = [self.vendor_key(&name), self.vendor_key(&brackets(&name).0)];
        keys.into_iter().filter(|key| !key.is_empty()).collect()
    }

    fn vendor_key(&self, name: &str) -> String {
        let kept = words(name).into_iter().filter(|word| !self.corporate.contains(word));
        self.without_corporate(&kept.collect::<String>())
    }

    /// Japanese corporate words stand at the name without a blank: `富士通株式会社`.
    fn without_corporate(&self, key: &str) -> String {
        let japanese = self.corporate.iter().filter(|word| !word.is_ascii());
        let mut rest = key;
        for word in japanese {
            rest = rest.strip_prefix(word.as_str()).unwrap_or(rest);
            rest = rest.strip_suffix(word.as_str()).unwrap_or(rest);
        }
        rest.to_owned()
    }

    fn product_key(&self, words: &[String]) -> String {
        let key = words.concat();
        self.products.get(&key).cloned().unwrap_or(key)
    }

    /// The words of a product, each under the name that stands for it: `FortiGate 60F` holds `FortiOS`.
    fn product_words(&self, words: &[String]) -> BTreeSet<String> {
        let named = |word: &String| self.products.get(word).unwrap_or(word).clone();
        words.iter().map(named).collect()
    }
}

/// A text as it is compared: NFKC, lower case, hiragana as katakana, without signs and blanks.
#[must_use]
pub fn normalised(text: &str) -> String {
    words(text).concat()
}

/// The words of a name, each normalised. Blanks and signs part words; the katakana middle dot and the long vowel do not.
fn words(text: &str) -> Vec<String> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).map(katakana).collect();
    let joined = folded.replace('・', "");
    let parts = joined.split(|c: char| !(c.is_alphanumeric() || c == 'ー'));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Hiragana (U+3041–U+3096) as katakana.
fn katakana(c: char) -> char {
    match c {
        '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

/// What stands outside and inside of brackets.
fn brackets(name: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_u32);
    for c in name.chars() {
        match c {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            c => inside.push(c),
        }
    }
    (outside, inside)
}

/// Nothing, or a sign for everything.
fn is_unnamed(name: &str) -> bool {
    let name: String = name.nfkc().collect();
    matches!(
        name.trim().to_lowercase().as_str(),
        "" | "*" | "-" | "n/a" | "any" | "all" | "すべて" | "全て" | "全製品" | "不明"
    ) || normalised(&name).is_empty()
}

/// All words of one are in the other, or they share a model number, or one is written into the other (Japanese has no blanks).
fn are_similar(ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> bool {
    let within = ours.is_subset(theirs) || theirs.is_subset(ours);
    let model = |word: &&String| {
        word.chars().count() >= MODEL_CHARS_MIN && word.chars().any(|c| c.is_ascii_digit())
    };
    within || ours.intersection(theirs).any(|word| model(&word)) || written_into(ours, theirs)
}

fn written_into(ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> bool {
    let long = |word: &&String| !word.is_ascii() && word.chars().count() >= MODEL_CHARS_MIN;
    let holds = |all: &BTreeSet<String>, one: &str| all.iter().any(|word| word.contains(one));
    ours.iter().filter(long).any(|word| holds(theirs, word))
        || theirs.iter().filter(long).any(|word| holds(ours, word))
}
