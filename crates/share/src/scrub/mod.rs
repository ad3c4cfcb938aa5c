//! The safety net under what an officer writes: everything that may identify is replaced by a typed placeholder, and what remains and
//! may be a name is listed for a person to look at. Pure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sakimori_words::passages::{PassageKind, passages};
use sakimori_words::{PREFECTURES, Text};
use serde::{Deserialize, Serialize};

pub(crate) mod fold;
mod names;
mod shapes;

use fold::{Folded, tight};
pub use names::{NameBook, formal_names, short_names};
pub(crate) use names::{company_in_short, without_brackets};

/// What a passage identifies by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The name of an institution.
    Facility,
    /// A person, a department, a company of the report.
    Person,
    /// A prefecture.
    Area,
    /// An address.
    Address,
    /// A postal code.
    Postcode,
    /// A telephone number.
    Phone,
    /// A mail address.
    Mail,
    /// An address on the web.
    Url,
    /// An IP address.
    Ip,
    /// A hardware address.
    Mac,
    /// A machine, domain or account.
    Host,
    /// A path that names a machine, share or user.
    Path,
    /// A patient's number, name or date of birth.
    Patient,
    /// A number of beds.
    Beds,
    /// A date.
    Date,
    /// A function only few institutions have.
    Function,
}

impl Kind {
    /// The word in the placeholder: `<HOST-1>`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Facility => "FACILITY",
            Self::Person => "PERSON",
            Self::Area => "AREA",
            Self::Address => "ADDRESS",
            Self::Postcode => "POSTCODE",
            Self::Phone => "PHONE",
            Self::Mail => "MAIL",
            Self::Url => "URL",
            Self::Ip => "IP",
            Self::Mac => "MAC",
            Self::Host => "HOST",
            Self::Path => "PATH",
            Self::Patient => "PATIENT",
            Self::Beds => "BEDS",
            Self::Date => "DATE",
            Self::Function => "FUNCTION",
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn words(self) -> Text {
        let [ja, en] = match self {
            Self::Facility => ["施設名", "name of an institution"],
            Self::Person => ["人・部署・会社の名", "name of a person, department or company"],
            Self::Area => ["都道府県名", "prefecture"],
            Self::Address => ["所在地", "address"],
            Self::Postcode => ["郵便番号", "postal code"],
            Self::Phone => ["電話番号", "telephone number"],
            Self::Mail => ["メールアドレス", "mail address"],
            Self::Url => ["URL", "web address"],
            Self::Ip => ["IP アドレス", "IP address"],
            Self::Mac => ["MAC アドレス", "hardware address"],
            Self::Host => ["機器・ドメイン・アカウント名", "machine, domain or account"],
            Self::Path => ["パス", "path"],
            Self::Patient => ["患者に関する記述", "about a patient"],
            Self::Beds => ["病床数", "number of beds"],
            Self::Date => ["日付", "date"],
            Self::Function => {
                ["特定につながる機能・表現", "function or wording that points at one"]
            }
        };
        Text::new(ja, en)
    }
}

/// A replacement that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// What it identifies by.
    pub kind: Kind,
    /// The passage as it was written.
    pub text: String,
    /// What stands there now; the same for the same passage throughout a case.
    pub placeholder: String,
}

/// A person's decision that a passage may stay, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The passage as it was written.
    pub text: String,
    /// Why it identifies nobody. Without one nothing is released.
    pub reason: String,
}

/// Texts after scrubbing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// The texts with placeholders, in the order they were given.
    pub texts: Vec<String>,
    /// Replacements, each once, in the order of their first place.
    pub replaced: Vec<Replacement>,
    /// Passages that were found and left standing because a person said so.
    pub overridden: Vec<Replacement>,
    /// What remains and may be a name; a person looks at each.
    pub to_review: Vec<String>,
}

impl Scrubbed {
    /// Passages that were left standing without a reason.
    pub fn without_reason<'a>(
        &'a self,
        overrides: &'a [Override],
    ) -> impl Iterator<Item = &'a Replacement> {
        self.overridden.iter().filter(move |left| {
            !overrides
                .iter()
                .any(|one| tight(&one.text) == tight(&left.text) && !one.reason.trim().is_empty())
        })
    }
}

/// Scrubs the texts of one case: names of `books`, prefectures, shapes. The same passage gets the same placeholder in all of them.
#[must_use]
pub fn scrub(texts: &[&str], books: &[&NameBook], overrides: &[Override]) -> Scrubbed {
    let mut scrubbed = Scrubbed::default();
    let mut numbering = Numbering::default();
    for text in texts {
        let hits = hits(text, books);
        let clean = replace(text, &hits, overrides, &mut numbering, &mut scrubbed);
        scrubbed.to_review.extend(remaining(text, &hits));
        scrubbed.texts.push(clean);
    }
    let mut seen = Vec::new();
    scrubbed.to_review.retain(|word| {
        let new = !seen.contains(word);
        seen.push(word.clone());
        new
    });
    scrubbed
}

/// A passage: where it stands in the text as written, and what it identifies by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hit {
    start: usize,
    end: usize,
    kind: Kind,
}

impl Hit {
    const fn len(&self) -> usize {
        self.end - self.start
    }
}

/// Every passage, not overlapping: where two do, the whole stretch goes under the name of the longer.
fn hits(text: &str, books: &[&NameBook]) -> Vec<Hit> {
    let (plain, tight) = (Folded::plain(text), Folded::tight(text));
    let placed = |folded: &Folded, found: Vec<(usize, usize, Kind)>| -> Vec<Hit> {
        let hit = |(start, end, kind)| {
            let (start, end) = folded.written(start, end)?;
            Some(Hit { start, end, kind })
        };
        found.into_iter().filter_map(hit).collect()
    };
    let mut found = placed(&plain, shapes::find(&plain.text));
    for book in books {
        found.extend(placed(&tight, book.find(&tight)));
    }
    found.extend(placed(&tight, PREFECTURE_NAMES.find(&tight)));
    found.extend(patients(text));
    found.retain(|hit| hit.end > hit.start && !is_placeholder(text, hit));
    found.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let mut merged: Vec<Hit> = Vec::new();
    for hit in found {
        match merged.last_mut() {
            Some(last) if hit.start < last.end => {
                if hit.len() > last.len() {
                    last.kind = hit.kind;
                }
                last.end = last.end.max(hit.end);
            }
            _ => merged.push(hit),
        }
    }
    merged
}

/// What may identify a patient, by the shapes every stage knows.
fn patients(text: &str) -> Vec<Hit> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let hit = |passage: sakimori_words::passages::Passage| {
        let start = *starts.get(passage.start)?;
        let kind = match passage.kind {
            PassageKind::Phone => Kind::Phone,
            PassageKind::PatientNumber
            | PassageKind::BirthDate
            | PassageKind::Name
            | PassageKind::InsuredNumber => Kind::Patient,
        };
        Some(Hit { start, end: start + passage.text.len(), kind })
    };
    passages(text).into_iter().filter_map(hit).collect()
}

/// The prefectures with and without 都・府・県, in both languages.
static PREFECTURE_NAMES: LazyLock<NameBook> = LazyLock::new(|| {
    let mut book = NameBook::default();
    for name in PREFECTURES.iter().flat_map(|names| prefecture_names(*names)) {
        book.add(&name, Kind::Area);
    }
    book
});

/// The ways a prefecture is written.
pub(crate) fn prefecture_names([ja, en]: [&str; 2]) -> Vec<String> {
    let stem = ja.strip_suffix(['都', '府', '県']).filter(|stem| stem.chars().count() > 1);
    let mut names = vec![ja.to_owned(), en.to_owned()];
    names.extend(stem.map(str::to_owned));
    names
}

/// Whether a passage lies in a placeholder that an earlier scrubbing made.
fn is_placeholder(text: &str, hit: &Hit) -> bool {
    let before = text.get(..hit.start).unwrap_or_default();
    let after = text.get(hit.end..).unwrap_or_default();
    let opened =
        before.rfind('<').is_some_and(|open| !before.get(open..).unwrap_or_default().contains('>'));
    let inside = before.rsplit('<').next().unwrap_or_default();
    opened
        && after.starts_with(|c: char| c == '>' || c == '-' || c.is_ascii_digit())
        && inside.chars().all(|c| c.is_ascii_uppercase() || c == '-' || c.is_ascii_digit())
}

/// Numbers placeholders, the same for the same passage.
#[derive(Default)]
struct Numbering {
    given: BTreeMap<(Kind, String), String>,
    last: BTreeMap<Kind, usize>,
}

impl Numbering {
    fn placeholder(&mut self, kind: Kind, passage: &str) -> String {
        let last = self.last.entry(kind).or_default();
        let given = self.given.entry((kind, tight(passage))).or_insert_with(|| {
            *last += 1;
            format!("<{}-{last}>", kind.tag())
        });
        given.clone()
    }
}

fn replace(
    text: &str,
    hits: &[Hit],
    overrides: &[Override],
    numbering: &mut Numbering,
    scrubbed: &mut Scrubbed,
) -> String {
    let mut clean = String::new();
    let mut at = 0;
    for hit in hits {
        let passage = text.get(hit.start..hit.end).unwrap_or_default();
        let stays = overrides.iter().any(|one| tight(&one.text) == tight(passage));
        let placeholder = numbering.placeholder(hit.kind, passage);
        clean.push_str(text.get(at..hit.start).unwrap_or_default());
        clean.push_str(if stays { passage } else { &placeholder });
        at = hit.end;
        let made = Replacement { kind: hit.kind, text: passage.to_owned(), placeholder };
        let list = if stays { &mut scrubbed.overridden } else { &mut scrubbed.replaced };
        if !list.iter().any(|known| known.placeholder == made.placeholder) {
            list.push(made);
        }
    }
    clean.push_str(text.get(at..).unwrap_or_default());
    clean
}

/// What is left between the hits and may be a name.
fn remaining(text: &str, hits: &[Hit]) -> Vec<String> {
    let folded = Folded::plain(text);
    let mut found: Vec<(usize, usize)> = shapes::name_like(&folded.text)
        .into_iter()
        .filter_map(|(start, end)| folded.written(start, end))
        .filter(|(start, end)| hits.iter().all(|hit| *end <= hit.start || hit.end <= *start))
        .filter(|(start, end)| {
            !is_placeholder(text, &Hit { start: *start, end: *end, kind: Kind::Person })
        })
        .collect();
    found.sort_unstable();
    found.into_iter().filter_map(|(start, end)| text.get(start..end)).map(str::to_owned).collect()
}

/// Any text is scrubbed, and what was replaced stands in it no more.
///
/// # Panics
/// When that promise is broken.
pub fn fuzz_scrub(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let once = scrub(&[text.as_ref()], &[], &[]);
    for made in &once.replaced {
        assert!(once.texts.iter().any(|clean| clean.contains(&made.placeholder)));
    }
}

#[cfg(test)]
mod tests;
