//! What is shared, in our own words, before it is put into a format; and what was understood of a file that somebody else wrote.

use std::collections::BTreeMap;

use sakimori_words::{Instant, Tlp};
use serde::{Deserialize, Serialize};

/// Most indicators taken from one file; what is beyond is counted.
pub const INDICATORS_MAX: usize = 100_000;

/// Most parts of a file that are named because they are not understood; the rest is counted.
const NOT_UNDERSTOOD_MAX: usize = 1_000;

/// Longest indicator, in bytes.
const VALUE_BYTES_MAX: usize = 2_000;

/// What an indicator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// The SHA-256 digest of a file.
    Sha256,
    /// The SHA-1 digest of a file.
    Sha1,
    /// The MD5 digest of a file.
    Md5,
    /// A URL.
    Url,
    /// A mail address.
    Mail,
    /// A domain name.
    Domain,
    /// An IPv4 address, or a network in CIDR notation.
    Ipv4,
    /// An IPv6 address, or a network in CIDR notation.
    Ipv6,
    /// The name of a file.
    FileName,
}

/// Something that gives an attacker away. Of attackers only: nothing of a victim is ever made into one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Indicator {
    /// What it is.
    pub kind: IndicatorKind,
    /// As it is compared, e.g. `198.51.100.7` or `evil.example`.
    pub value: String,
}

impl Indicator {
    /// An indicator of a value that is no longer than values are; white space around it is cut.
    #[must_use]
    pub fn new(kind: IndicatorKind, value: &str) -> Option<Self> {
        let value = value.trim();
        let fits = !value.is_empty()
            && value.len() <= VALUE_BYTES_MAX
            && !value.chars().any(char::is_control);
        fits.then(|| Self { kind, value: value.to_owned() })
    }

    /// An address of either kind, by how it is written.
    #[must_use]
    pub fn address(value: &str) -> Option<Self> {
        let kind = if value.contains(':') { IndicatorKind::Ipv6 } else { IndicatorKind::Ipv4 };
        Self::new(kind, value)
    }
}

/// Who publishes: the office, never the institution that something happened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publisher {
    /// Its id: a UUID as text, the same in everything it publishes.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A technique of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technique {
    /// Its number, e.g. `T1190`.
    pub id: String,
    /// Its name, e.g. `Exploit Public-Facing Application`.
    pub name: String,
}

/// What is said of an indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How it was seen in the attack; may be empty.
    pub seen_as: String,
    /// The technique it belongs to, e.g. `T1190`: one of those of the item.
    pub technique: Option<String>,
}

/// A shared item as it leaves the house. Whoever fills it in vouches that it names no victim: the formats add nothing and take
/// nothing away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedIntelligence {
    /// Its id: a random UUID made for the publication, of no other record.
    pub id: String,
    /// Who publishes it.
    pub publisher: Publisher,
    /// Its title.
    pub title: String,
    /// What can be learnt from it.
    pub description: String,
    /// When it was first published. No earlier time is told.
    pub published_at: Instant,
    /// When this revision was published; the first one: [`Self::published_at`].
    pub revised_at: Instant,
    /// Who may see it.
    pub tlp: Tlp,
    /// How the attackers went about it.
    pub techniques: Vec<Technique>,
    /// The family of the malware, e.g. `LockBit 2.0`.
    pub malware_family: Option<String>,
    /// Vulnerabilities that were used, e.g. `CVE-2018-13379`.
    pub vulnerabilities: Vec<String>,
    /// What gives the attackers away.
    pub indicators: Vec<Indicator>,
    /// What is said of an indicator, by its value.
    #[serde(default)]
    pub notes: BTreeMap<String, Note>,
    /// Whether it was withdrawn. It is then said again without its words, so that whoever has it strikes it out.
    #[serde(default)]
    pub withdrawn: bool,
}

impl SharedIntelligence {
    /// Revisions (the oldest first, each with an id of its own) as items with their revisions: one for every stretch under the same label.
    ///
    /// When the label changes, the item ends withdrawn under the label it had and goes on as another one: whoever reads the one label need
    /// not be able to read the other.
    #[must_use]
    pub fn under_labels(revisions: impl IntoIterator<Item = Self>) -> Vec<Vec<Self>> {
        let mut items: Vec<Vec<Self>> = Vec::new();
        for revision in revisions {
            match items.last_mut() {
                Some(same) if same.last().is_some_and(|last| last.tlp == revision.tlp) => {
                    let first = same.first().map(|first| (first.id.clone(), first.published_at));
                    let (id, published_at) =
                        first.unwrap_or((revision.id.clone(), revision.published_at));
                    same.push(Self { id, published_at, ..revision });
                }
                Some(other) => {
                    let last = other.last().filter(|last| !last.withdrawn);
                    other.extend(last.map(|last| last.closed(revision.revised_at)));
                    items.push(vec![revision]);
                }
                None => items.push(vec![revision]),
            }
        }
        items
    }

    fn closed(&self, at: Instant) -> Self {
        let (description, notes) = (String::new(), BTreeMap::new());
        Self { withdrawn: true, description, notes, revised_at: at, ..self.clone() }
    }
}

/// An indicator that was read, with what its file says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadIndicator {
    /// The indicator.
    pub indicator: Indicator,
    /// What the file calls it.
    pub name: String,
    /// The id of the object or attribute it stands in.
    pub origin: String,
    /// Who may see it; RED when the file does not say it readably.
    pub tlp: Tlp,
}

/// What was understood of a file. Nothing is lost in silence: what is not here as an indicator is named or counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What was found, each value once.
    pub indicators: Vec<ReadIndicator>,
    /// Parts that look for something we cannot look for: the first of them.
    pub not_understood: Vec<String>,
    /// How many such parts there are.
    pub n_not_understood: usize,
    /// Indicators beyond [`INDICATORS_MAX`].
    pub left_out: usize,
    /// Indicators that the publisher has withdrawn.
    pub n_revoked: usize,
    /// How many objects of each type the file holds, those without indicators too.
    pub objects: BTreeMap<String, usize>,
}

impl Reading {
    /// Takes an indicator in, unless its value is there already.
    pub(crate) fn take(
        &mut self,
        seen: &mut std::collections::BTreeSet<Indicator>,
        read: ReadIndicator,
    ) {
        if seen.contains(&read.indicator) {
            return;
        }
        if self.indicators.len() >= INDICATORS_MAX {
            self.left_out += 1;
            return;
        }
        seen.insert(read.indicator.clone());
        self.indicators.push(read);
    }

    /// Names a part that is not understood.
    pub(crate) fn refuse(&mut self, part: &str) {
        self.n_not_understood += 1;
        if self.not_understood.len() < NOT_UNDERSTOOD_MAX {
            self.not_understood.push(shown(part));
        }
    }

    /// Counts an object of a type.
    pub(crate) fn count(&mut self, kind: &str) {
        // A file that invents types without end must not fill the memory.
        let known = self.objects.len() < 200 || self.objects.contains_key(kind);
        *self.objects.entry(if known { shown(kind) } else { "…".to_owned() }).or_default() += 1;
    }

    /// The values one a line, as a plain list of indicators has them.
    #[must_use]
    pub fn lines(&self) -> String {
        self.indicators.iter().map(|read| format!("{}\n", read.indicator.value)).collect()
    }
}

/// As much of a stranger's text as is repeated to a person.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(200).collect()
}

/// What a file that people hand round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A STIX 2 bundle, a TAXII envelope or a STIX object.
    Stix,
    /// A MISP event, or several.
    Misp,
    /// A CSAF advisory. It names products and no indicators.
    Csaf,
    /// The manifest of a MISP feed: the events lie in files beside it.
    MispManifest,
}

/// What was understood of a file of one of the standards; `None` when it is of none of them, e.g. a plain list.
#[must_use]
pub fn read_file(bytes: &[u8]) -> Option<(FileKind, Reading)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !b"{[".contains(first) {
        return None;
    }
    let file = serde_json::from_slice(bytes).ok()?;
    let kind = kind_of(&file)?;
    let reading = match kind {
        FileKind::Stix => crate::stix::read(&file),
        FileKind::Misp => crate::misp::read(&file),
        FileKind::Csaf | FileKind::MispManifest => Reading::default(),
    };
    Some((kind, reading))
}

fn kind_of(file: &serde_json::Value) -> Option<FileKind> {
    let has = |name: &str| file.get(name).is_some();
    let first = file.as_array().and_then(|listed| listed.first());
    if has("Event") || has("response") || first.is_some_and(|one| one.get("Event").is_some()) {
        return Some(FileKind::Misp);
    }
    if file.get("document").is_some_and(|document| document.get("csaf_version").is_some()) {
        return Some(FileKind::Csaf);
    }
    let is_object = |one: &serde_json::Value| {
        let id = one.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
        one.get("type").is_some() && id.contains("--")
    };
    if has("objects") || is_object(file) || first.is_some_and(is_object) {
        return Some(FileKind::Stix);
    }
    let keys = file.as_object().filter(|keys| !keys.is_empty())?;
    keys.keys().all(|key| crate::ids::is_uuid(key)).then_some(FileKind::MispManifest)
}
