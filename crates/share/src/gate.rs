//! The last gate: no byte that leaves says who it was. Pure.
//!
//! Every channel passes here, whatever its format: what identifies the victim is looked for in the bytes themselves, after undoing
//! the ways in which formats write characters. It does not ask who wrote a text or which list it came from.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_content::{FieldClass, Ladder, Sharing};
use sakimori_words::{Lang, Organisation, PREFECTURES};

use crate::case::SharedCase;
use crate::indicators::SharedIndicator;
use crate::place::{Area, Place};
use crate::published::{self, Channel, publisher};
use crate::reported::{ReportedCase, VENDORS};
use crate::scrub::fold::tight;
use crate::scrub::{Kind, formal_names, prefecture_names, scrub, short_names};

/// Fields whose whole value names somebody.
const NAMING: [&str; 8] =
    ["name", "code", "address", "contact", "phone", "after_hours_phone", "email", VENDORS];
/// Signs that HTML and XML write by name.
const NAMED: [(&str, char); 5] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
/// Endings of departments: every institution has them.
const DEPARTMENTS: [&str; 7] = ["室", "部", "課", "係", "科", "局", "センター"];

/// Strings that must stand in nothing that leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Canaries {
    strings: BTreeSet<String>,
    /// Those of them that are addresses, machines and links which stand somewhere in the report: they may be the attackers'.
    told: BTreeSet<String>,
    /// Words of the case itself in which a canary may stand: `北海道・東北`.
    allowed: Vec<String>,
}

/// Why something may not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateRefusal {
    /// A channel would say who it was. What was found is not repeated here: this text is shown and logged.
    #[error("channel `{channel}` would carry {n} identifying strings")]
    Identifies {
        /// Which channel.
        channel: String,
        /// How many strings were found in it.
        n: usize,
        /// Them, for the officer's eyes only.
        found: Vec<String>,
    },
    /// The words fit too few institutions of the register as it is now.
    #[error("the words fit {n} institutions, {k} are needed")]
    TooFew {
        /// Institutions they fit.
        n: usize,
        /// Institutions they must fit.
        k: usize,
    },
}

/// Proof that bytes passed the gate: only [`gate`] makes one.
#[derive(Debug)]
pub struct Passed(());

impl Canaries {
    /// What identifies the victim of `reported`, when it is described as `place`.
    #[must_use]
    pub fn of(reported: &ReportedCase, place: &Place, ladder: &Ladder) -> Self {
        let mut canaries = Self::default();
        let name = &reported.institution.name;
        formal_names(name).iter().chain(&short_names(name)).for_each(|form| canaries.add(form));
        // An id may be a plain word (`clinic`); one with a number in it is nobody else's.
        let ids =
            [reported.case.as_str(), reported.report.as_str(), reported.institution.id.as_str()];
        let telling = ids.into_iter().filter(|id| id.contains(|c: char| c.is_ascii_digit()));
        telling.for_each(|id| canaries.add(id));
        if let Some(profile) = &reported.institution.institution {
            canaries.add(&profile.code);
            profile.vendors.iter().for_each(|vendor| canaries.add(&vendor.name));
        }
        for field in reported.fields.iter().filter(|field| NAMING.contains(&field.id.as_str())) {
            canaries.add(&field.value.ja);
            field.names().iter().for_each(|name| canaries.add(name));
        }
        canaries.add_what_texts_name(reported);
        canaries.add_prefecture(reported, place);
        canaries.allowed =
            [Lang::Ja, Lang::En].map(|lang| tight(&place.area_words(ladder, lang))).to_vec();
        if let Area::Block(id) = &place.area {
            canaries.allowed.push(tight(id));
        }
        canaries
    }

    /// Also allows a canary to stand within these words: the name of the office that publishes.
    #[must_use]
    pub fn allowing(mut self, words: &str) -> Self {
        if !words.is_empty() {
            self.allowed.push(tight(words));
        }
        self
    }

    /// Without what the officer has declared to be the attackers': an address, machine or link of the report's text that is one of these
    /// indicators, or a part of one. Names and whatever identifies the victim stay.
    #[must_use]
    pub fn apart_from(mut self, indicators: &[SharedIndicator]) -> Self {
        use sakimori_standards::IndicatorKind;
        // The name of a file may hold the name of a machine.
        let reached = indicators.iter().filter(|one| one.indicator.kind != IndicatorKind::FileName);
        for indicator in reached {
            let value = tight(&indicator.indicator.value);
            let told = &self.told;
            self.strings.retain(|canary| !(told.contains(canary) && value.contains(&**canary)));
        }
        self
    }

    /// How many strings are looked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// The strings that stand in `bytes`.
    #[must_use]
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let text = String::from_utf8_lossy(bytes);
        let is_escaped = ["\\u", "%", "&"].iter().any(|sign| text.contains(sign));
        let undone = is_escaped.then(|| tight(&unescaped(&text)));
        let readings = [Some(tight(&text)), undone];
        let clean: Vec<String> = readings
            .into_iter()
            .flatten()
            .map(|reading| {
                self.allowed.iter().fold(reading, |text, words| text.replace(words.as_str(), " "))
            })
            .collect();
        let stands = |canary: &&String| clean.iter().any(|text| text.contains(canary.as_str()));
        self.strings.iter().filter(stands).map(String::as_str).collect()
    }

    fn add(&mut self, written: &str) {
        let string = tight(written);
        let n_chars = string.chars().count();
        let is_department =
            DEPARTMENTS.iter().any(|ending| string.ends_with(ending)) && n_chars < 8;
        if n_chars >= 2 && !(string.is_ascii() && n_chars < 4) && !is_department {
            self.strings.insert(string);
        }
    }

    /// Machines, addresses and numbers that stand anywhere in the report. Those that only its free text tells may be the attackers'.
    fn add_what_texts_name(&mut self, reported: &ReportedCase) {
        self.add_what_a_class_names(reported, FieldClass::Identity);
        let own = self.strings.clone();
        let told = self.add_what_a_class_names(reported, FieldClass::Free);
        self.told = told.into_iter().filter(|told| !own.contains(told)).collect();
    }

    /// The addresses, machines and links among what was added.
    fn add_what_a_class_names(
        &mut self,
        reported: &ReportedCase,
        class: FieldClass,
    ) -> Vec<String> {
        let values = reported.of_class(class).map(|field| field.value.ja.as_str());
        let text = values.collect::<Vec<_>>().join("\n");
        let scrubbed = scrub(&[text.as_str()], &[], &[]);
        let mut reached = Vec::new();
        for made in &scrubbed.replaced {
            match made.kind {
                Kind::Beds | Kind::Date | Kind::Function | Kind::Area => continue,
                Kind::Host => {
                    reached.push(tight(&made.text));
                    // `fs01` of `fs01.midori.example`; `mail` or `www` alone is no one's.
                    let label = made.text.split('.').next().unwrap_or_default();
                    if label.contains(|sign: char| sign.is_ascii_digit()) {
                        self.add(label);
                        reached.push(tight(label));
                    }
                }
                Kind::Ip | Kind::Url | Kind::Mail => reached.push(tight(&made.text)),
                Kind::Facility
                | Kind::Person
                | Kind::Address
                | Kind::Postcode
                | Kind::Phone
                | Kind::Mac
                | Kind::Path
                | Kind::Patient => {}
            }
            self.add(&made.text);
        }
        reached
    }

    fn add_prefecture(&mut self, reported: &ReportedCase, place: &Place) {
        let Some(prefecture) = reported.institution.prefecture else { return };
        if place.area == Area::Prefecture(prefecture) {
            return;
        }
        let names = PREFECTURES.get(usize::from(prefecture.code()) - 1);
        let names = names.into_iter().flat_map(|names| prefecture_names(*names));
        names.for_each(|name| self.add(&name));
    }
}

/// Lets bytes out when the words of the case fit at least `k` of `n_candidates` institutions and no channel carries a canary.
///
/// # Errors
/// [`GateRefusal`]; nothing may leave by any channel then.
pub fn gate(
    canaries: &Canaries,
    n_candidates: usize,
    k: usize,
    outgoing: &[(&str, &[u8])],
) -> Result<Passed, GateRefusal> {
    if n_candidates < k {
        return Err(GateRefusal::TooFew { n: n_candidates, k });
    }
    for (channel, bytes) in outgoing {
        let found = canaries.found_in(bytes);
        if !found.is_empty() {
            return Err(GateRefusal::Identifies {
                channel: (*channel).to_owned(),
                n: found.len(),
                found: found.into_iter().map(str::to_owned).collect(),
            });
        }
    }
    Ok(Passed(()))
}

/// Everything the newest of `revisions` (the oldest first) leaves as, by the name of the channel.
///
/// That is the message, the letter and the line of the list, and as far as its label goes the page of the portal and of everybody, STIX for
/// TAXII, the MISP feed and the Atom feed.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn channels(
    revisions: &[SharedCase],
    office: &Organisation,
    sharing: &Sharing,
) -> Result<BTreeMap<&'static str, Vec<u8>>, serde_json::Error> {
    let mut outgoing = BTreeMap::new();
    let Some(case) = revisions.last() else { return Ok(outgoing) };
    outgoing.insert("message", serde_json::to_vec(&crate::exchange::SharedCaseV1::new(case))?);
    outgoing.insert("letter-ja", crate::letter::letter(case, sharing, Lang::Ja).into_bytes());
    outgoing.insert("letter-en", crate::letter::letter(case, sharing, Lang::En).into_bytes());
    outgoing.insert("list", crate::letter::line(case, &sharing.ladder, Lang::Ja).into_bytes());
    let publisher = publisher(office);
    let objects = published::stix_objects(revisions, &publisher, sharing);
    if !objects.is_empty() {
        outgoing.insert("taxii", serde_json::to_vec(&objects)?);
        outgoing.insert("misp", published::misp_bytes(revisions, &publisher, sharing));
    }
    if Channel::Portal.carries(&case.content) || Channel::PublicPage.carries(&case.content) {
        let row = |lang| {
            let (title, line) = published::public_row(case, sharing, lang);
            let article = published::public_article(case, sharing, lang);
            [title, line, article].join("\n").into_bytes()
        };
        outgoing.insert("page-ja", row(Lang::Ja));
        outgoing.insert("page-en", row(Lang::En));
    }
    if Channel::PublicPage.carries(&case.content) {
        let entry = published::atom_entry(case, sharing, &office.name);
        outgoing.insert("atom", entry.into_bytes());
    }
    Ok(outgoing)
}

/// The text with `\uXXXX`, `%XX`, `&#…;` and `&amp;` undone.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (character, after) = percent(rest)
            .map(|(byte, after)| (vec![byte], after))
            .or_else(|| written(rest).map(|(c, after)| (c.to_string().into_bytes(), after)))
            .unwrap_or_else(|| {
                let (head, after) = rest.split_at(first.len_utf8());
                (head.as_bytes().to_vec(), after)
            });
        bytes.extend(character);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent(text: &str) -> Option<(u8, &str)> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    Some((u8::from_str_radix(digits, 16).ok()?, text.get(3..)?))
}

/// `\u5927`, `&#22823;`, `&#x5927;`, `&amp;`.
fn written(text: &str) -> Option<(char, &str)> {
    if let Some(rest) = text.strip_prefix("\\u") {
        let code = u32::from_str_radix(rest.get(..4)?, 16).ok()?;
        return Some((char::from_u32(code)?, rest.get(4..)?));
    }
    if let Some((sign, rest)) =
        NAMED.iter().find_map(|(name, sign)| text.strip_prefix(name).map(|rest| (*sign, rest)))
    {
        return Some((sign, rest));
    }
    let (number, rest) = text.strip_prefix("&#")?.split_once(';')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((char::from_u32(code)?, rest))
}
