//! A released case as other people's tools and everybody read it: STIX and MISP, the public page and its feed. Pure.
//!
//! What is written here is what leaves, byte for byte: [`crate::channels`] hands the same bytes to the gate.

use sakimori_content::{SharedWord, Sharing};
use sakimori_standards::atom::{self, escaped};
use sakimori_standards::{Publisher, SharedIntelligence, Technique, ids, misp, stix};
use sakimori_words::{Lang, Organisation, Tlp, jst_date};
use serde_json::Value;

use crate::case::{SharedCase, SharedContent};
use crate::letter::{about, broken_up, found, letter};

/// A way by which a released case reaches others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A signed message to every node and office below.
    Members,
    /// The portal of an office, for the institutions of its register without a node.
    Portal,
    /// STIX on the TAXII shelf of its label.
    Taxii,
    /// An event of the MISP feed.
    Misp,
    /// The page for everybody and its Atom feed, while the page is on.
    PublicPage,
}

impl Channel {
    /// The ways that a case of this label goes. An exercise goes to its members only: a tool that reads it would believe it. What has
    /// named recipients is not shared with tools.
    #[must_use]
    pub fn of(tlp: Tlp, exercise: bool) -> Vec<Self> {
        let mut channels = vec![Self::Members];
        // Whoever may read it by name is no institution of a list.
        channels.extend((tlp != Tlp::Red).then_some(Self::Portal));
        if exercise || matches!(tlp, Tlp::AmberStrict | Tlp::Red) {
            return channels;
        }
        channels.extend([Self::Taxii, Self::Misp]);
        channels.extend((tlp == Tlp::Clear).then_some(Self::PublicPage));
        channels
    }

    /// Whether a case of this content goes this way.
    #[must_use]
    pub fn carries(self, content: &SharedContent) -> bool {
        Self::of(content.tlp, content.exercise).contains(&self)
    }
}

/// An office as the publisher of what tools read; its id is the same in everything it publishes.
#[must_use]
pub fn publisher(office: &Organisation) -> Publisher {
    let id = ids::derived(office.id.as_str(), &["publisher"]);
    // The formats want a name, and an office has none before it is set up.
    let name = if office.name.trim().is_empty() { "Sakimori" } else { &office.name };
    Publisher { id, name: name.to_owned() }
}

/// The revisions of a case (the oldest first) as items of intelligence, each with its revisions.
///
/// Revisions that no tool may read are not among them; see [`SharedIntelligence::under_labels`].
#[must_use]
pub fn intelligence(
    revisions: &[SharedCase],
    publisher: &Publisher,
    sharing: &Sharing,
) -> Vec<Vec<SharedIntelligence>> {
    let told = revisions.iter().filter(|case| Channel::Taxii.carries(&case.content));
    SharedIntelligence::under_labels(told.map(|case| item(case, publisher, sharing)))
}

fn item(case: &SharedCase, publisher: &Publisher, sharing: &Sharing) -> SharedIntelligence {
    let (content, words) = (&case.content, &sharing.words);
    let name = |list: &[SharedWord], id: &str| {
        let word = list.iter().find(|one| one.id == id);
        word.map(|one| one.name.get(Lang::En).to_owned())
    };
    let technique = |id: &String| Technique {
        name: name(&words.techniques, id).unwrap_or_default(),
        id: id.clone(),
    };
    let mut techniques = content.analysis.techniques.clone();
    techniques.extend(content.indicators.iter().filter_map(|told| told.technique.clone()));
    let mut seen = std::collections::BTreeSet::new();
    techniques.retain(|id| seen.insert(id.clone()));
    let family = content.analysis.family.as_ref();
    let revision = case.revision.to_string();
    SharedIntelligence {
        id: ids::derived(case.key.id.as_str(), &["shared-case", &revision]),
        publisher: publisher.clone(),
        title: content.title.clone(),
        description: letter(case, sharing, Lang::Ja),
        published_at: case.modified_at,
        revised_at: case.modified_at,
        tlp: content.tlp,
        techniques: techniques.iter().map(technique).collect(),
        malware_family: family.and_then(|id| name(&words.families, id)),
        vulnerabilities: vec![],
        indicators: content.indicators.iter().map(|told| told.indicator.clone()).collect(),
        notes: content
            .indicators
            .iter()
            .map(|told| (told.indicator.value.clone(), told.note()))
            .collect(),
        withdrawn: case.withdrawn,
    }
}

/// The STIX objects of a case in all its revisions, as they lie on the shelf.
#[must_use]
pub fn stix_objects(
    revisions: &[SharedCase],
    publisher: &Publisher,
    sharing: &Sharing,
) -> Vec<Value> {
    let items = intelligence(revisions, publisher, sharing);
    items.iter().flat_map(|item| stix::history(item)).collect()
}

/// The files of a MISP feed that holds this case alone.
pub(crate) fn misp_bytes(
    revisions: &[SharedCase],
    publisher: &Publisher,
    sharing: &Sharing,
) -> Vec<u8> {
    let files = misp::feed(&intelligence(revisions, publisher, sharing));
    files.into_iter().flat_map(|file| file.bytes).collect()
}

/// The case as it stands in the portal and on the page for everybody: HTML without the frame around it.
#[must_use]
pub fn public_article(case: &SharedCase, sharing: &Sharing, lang: Lang) -> String {
    let content = &case.content;
    let ladder = &sharing.ladder;
    let about = about(content, ladder, lang).map(|(label, value)| (label.to_owned(), value));
    let facts = about.chain(found(content, sharing, lang));
    let facts: String = facts
        .map(|(label, value)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(&label), escaped(&value)))
        .collect();
    let [course, lesson] = match lang {
        Lang::Ja => ["経過", "学べること"],
        Lang::En => ["What happened", "What can be learnt"],
    };
    let texts = [(course, &content.course), (lesson, &content.lesson)];
    let said = texts.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let said: String = said
        .map(|(head, text)| format!("<h2>{head}</h2><p class=\"lines\">{}</p>\n", escaped(text)))
        .collect();
    let head = match lang {
        Lang::Ja => "攻撃の痕跡",
        Lang::En => "Traces of the attack",
    };
    let lines: String = content
        .indicators
        .iter()
        .map(|told| {
            let value = escaped(&broken_up(&told.indicator.value));
            let technique = told.technique.as_deref().map(escaped).unwrap_or_default();
            format!("<li><code>{value}</code> {} {technique}</li>\n", escaped(&told.seen_as))
        })
        .collect();
    let said = match lines.as_str() {
        "" => said,
        lines => format!("{said}<h2>{head}</h2>\n<ul>\n{lines}</ul>\n"),
    };
    format!(
        "<article class=\"card document\">\n<p><span class=\"pill\">{}</span></p>\n\
         <dl class=\"facts\">\n{facts}</dl>\n{said}</article>\n",
        content.tlp.label()
    )
}

/// The case as a row of the page for everybody: its title, and one line about it.
#[must_use]
pub fn public_row(case: &SharedCase, sharing: &Sharing, lang: Lang) -> (String, String) {
    let about = about(&case.content, &sharing.ladder, lang).map(|(_, value)| value);
    let day = jst_date(case.created_at).to_string();
    (case.content.title.clone(), about.chain([day]).collect::<Vec<_>>().join(" · "))
}

/// The case as an entry of an Atom feed (RFC 4287).
#[must_use]
pub fn atom_entry(case: &SharedCase, sharing: &Sharing, author: &str) -> String {
    let withdrawn = if case.withdrawn { "【撤回】" } else { "" };
    let summary = if case.withdrawn { String::new() } else { letter(case, sharing, Lang::Ja) };
    atom::entry(&atom::Entry {
        id: &format!("urn:sakimori:shared-case:{}:{}", case.key.origin, case.key.id),
        title: &format!("{withdrawn}{}", case.content.title),
        updated_at: case.modified_at,
        author,
        path: &public_path(case),
        summary: &summary,
    })
}

/// Where a case stands on the page for everybody.
#[must_use]
pub fn public_path(case: &SharedCase) -> String {
    format!("/public/cases/{}", case.key.id)
}
