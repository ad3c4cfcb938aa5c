//! What a shared case says, and how it is made from a report and from what an officer writes. Pure.

use sakimori_content::{Form, Sharing};
use sakimori_words::{Date, Digest, Instant, OrganisationId, PersonId, SharedCaseId, Tlp};
use serde::{Deserialize, Serialize};

use crate::indicators::SharedIndicator;
use crate::ladder::Climb;
use crate::period::Period;
use crate::place::Place;
use crate::reported::{PassedField, ReportedCase, VENDORS};
use crate::scrub::{Kind, NameBook, Override, Scrubbed, company_in_short, scrub};

/// A person who signs an act. Never leaves with a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The account.
    pub person: PersonId,
    /// 氏名.
    pub name: String,
}

/// How it happened and what would have helped, in the words of the lists in `content/share/analysis.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysis {
    /// Way in.
    pub route: String,
    /// Family of ransomware, when there was one.
    pub family: Option<String>,
    /// Techniques of ATT&CK.
    pub techniques: Vec<String>,
    /// What would have helped.
    pub safeguards: Vec<String>,
}

impl Analysis {
    /// The words the lists do not have; nothing typed passes as a word of a list.
    #[must_use]
    pub fn unknown_words(&self, sharing: &Sharing) -> Vec<String> {
        let words = &sharing.words;
        let known =
            |list: &[sakimori_content::SharedWord], id: &str| list.iter().any(|one| one.id == id);
        let mut unknown = Vec::new();
        unknown.extend((!known(&words.routes, &self.route)).then(|| self.route.clone()));
        unknown.extend(self.family.iter().filter(|id| !known(&words.families, id)).cloned());
        unknown.extend(self.techniques.iter().filter(|id| !known(&words.techniques, id)).cloned());
        let safeguard = |id: &&String| !words.safeguards.iter().any(|one| one.id == **id);
        unknown.extend(self.safeguards.iter().filter(safeguard).cloned());
        unknown
    }
}

/// What an officer writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// Title.
    pub title: String,
    /// What happened, told anew.
    pub course: String,
    /// What others can learn.
    pub lesson: String,
    /// Who may see it.
    pub tlp: Tlp,
    /// How it happened and what would have helped.
    pub analysis: Analysis,
    /// Passages that may stay, each with its reason.
    pub overrides: Vec<Override>,
    /// What may have been names and was looked at.
    pub reviewed: Vec<String>,
    /// What gave the attackers away.
    #[serde(default)]
    pub indicators: Vec<SharedIndicator>,
    /// Why it cannot wait for the next batch, when it cannot: the attackers go on. Stays at the office.
    #[serde(default)]
    pub urgent_because: Option<String>,
}

impl Writing {
    /// Whether it goes out at once, and therefore says no part of the country.
    #[must_use]
    pub const fn urgent(&self) -> bool {
        self.urgent_because.is_some()
    }
}

impl Default for Writing {
    fn default() -> Self {
        Self {
            title: String::new(),
            course: String::new(),
            lesson: String::new(),
            tlp: Tlp::Amber,
            analysis: Analysis { route: "unknown".to_owned(), ..Analysis::default() },
            overrides: Vec::new(),
            reviewed: Vec::new(),
            indicators: Vec::new(),
            urgent_because: None,
        }
    }
}

impl Writing {
    /// The texts as they would leave, and everything that was found in them.
    #[must_use]
    pub fn scrubbed(&self, register: &NameBook, reported: &ReportedCase) -> Scrubbed {
        let own = own_names(reported);
        let mut texts = vec![self.title.as_str(), self.course.as_str(), self.lesson.as_str()];
        texts.extend(self.indicators.iter().map(|told| told.seen_as.as_str()));
        scrub(&texts, &[&own, register], &self.overrides)
    }
}

/// Everything the report names: the victim in all forms, people, departments, companies.
fn own_names(reported: &ReportedCase) -> NameBook {
    let mut book = NameBook::default();
    book.add_victim(&reported.institution.name);
    let people = ["contact", VENDORS, "address", "email", "phone", "after_hours_phone", "code"];
    for field in reported.fields.iter().filter(|field| people.contains(&field.id.as_str())) {
        for name in field.names() {
            book.add(&name, Kind::Person);
            if field.id == VENDORS
                && let Some(short) = company_in_short(&name)
            {
                book.add(short, Kind::Person);
            }
        }
    }
    if let Some(profile) = &reported.institution.institution {
        profile.functions.iter().for_each(|one| book.add(one, Kind::Function));
    }
    book
}

/// Everything a case says before it has an id and a time: what the victim is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedContent {
    /// Title.
    pub title: String,
    /// Where, in words that fit many.
    pub place: Place,
    /// When, no more finely than it has to be.
    pub period: Period,
    /// What the attacker did and to what kind of system.
    pub technical: Vec<PassedField>,
    /// How bad it was, in bands.
    pub damage: Vec<PassedField>,
    /// How it happened and what would have helped.
    pub analysis: Analysis,
    /// What happened.
    pub course: String,
    /// What others can learn.
    pub lesson: String,
    /// What gave the attackers away. Absent where there is none, so that consent to an earlier content stays consent to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<SharedIndicator>,
    /// Who may see it.
    pub tlp: Tlp,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// Whether it goes out at once, so that its day follows the day of the report. Absent where it does not, for the same reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
}

impl SharedContent {
    /// The case as it would leave: the report's technical fields, its damage in bands, the place and the time as the ladder allows, and
    /// the officer's texts with placeholders.
    #[must_use]
    pub fn new(
        reported: &ReportedCase,
        writing: &Writing,
        scrubbed: &Scrubbed,
        climb: &Climb,
        (sharing, form): (&Sharing, &Form),
        today: Date,
    ) -> Option<Self> {
        let [title, course, lesson, seen_as @ ..] = scrubbed.texts.as_slice() else { return None };
        let indicators = writing.indicators.iter().zip(seen_as);
        Some(Self {
            title: title.clone(),
            place: climb.place()?.clone(),
            period: Period::to_say(climb.period, reported.published, reported.detected_on, today),
            technical: reported.technical(form),
            damage: reported.damage(form, &sharing.fields),
            analysis: writing.analysis.clone(),
            course: course.clone(),
            lesson: lesson.clone(),
            indicators: indicators
                .map(|(told, seen_as)| SharedIndicator { seen_as: seen_as.clone(), ..told.clone() })
                .collect(),
            tlp: writing.tlp,
            exercise: reported.exercise,
            urgent: writing.urgent(),
        })
    }

    /// Digest of everything it says: consent is to exactly this.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Serializing plain values cannot fail; an empty content would match no consent.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A shared case across organisations: who published it, and its id there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SharedKey {
    /// The office that published it.
    pub origin: OrganisationId,
    /// Its id, made when it was published.
    pub id: SharedCaseId,
}

/// A published revision, as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedCase {
    /// Which.
    pub key: SharedKey,
    /// Its revision, from 1. A later one takes the place of the earlier.
    pub revision: u32,
    /// When the case was published first. The only moment a shared case carries.
    pub created_at: Instant,
    /// When this revision was published.
    pub modified_at: Instant,
    /// Whether it was withdrawn (撤回). Why stays at the office.
    pub withdrawn: bool,
    /// What it says.
    pub content: SharedContent,
}
