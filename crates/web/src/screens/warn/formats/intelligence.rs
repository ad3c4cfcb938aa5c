//! A warning as an item that tools read: STIX on the TAXII shelf of its label, an event of the MISP feed.

use sakimori_standards::{Publisher, SharedIntelligence, ids};
use sakimori_warn::{Advisory, Warning, WarningContent};
use sakimori_words::Tlp;

use super::{actions, cves, safe_links};

/// Whether tools may read it. An exercise would be believed by them; what is RED has named recipients.
#[must_use]
pub(crate) fn is_for_tools(content: &WarningContent) -> bool {
    !content.exercise && content.tlp != Tlp::Red
}

/// The released revisions of a warning (the oldest first) as items of intelligence; see [`SharedIntelligence::under_labels`].
#[must_use]
pub(crate) fn intelligence(
    revisions: &[Warning],
    publisher: &Publisher,
) -> Vec<Vec<SharedIntelligence>> {
    let told = revisions.iter().filter(|warning| is_for_tools(&warning.content));
    SharedIntelligence::under_labels(told.map(|warning| item(warning, publisher)))
}

fn item(warning: &Warning, publisher: &Publisher) -> SharedIntelligence {
    let Warning { key, revision, content, released_at, .. } = warning;
    SharedIntelligence {
        id: ids::derived(key.id.as_str(), &["warning", &revision.to_string()]),
        publisher: publisher.clone(),
        title: content.title.clone(),
        description: content.withdrawn.clone().unwrap_or_else(|| description(content)),
        published_at: *released_at,
        revised_at: *released_at,
        tlp: content.tlp,
        techniques: vec![],
        malware_family: None,
        vulnerabilities: cves(content),
        indicators: vec![],
        notes: std::collections::BTreeMap::new(),
        withdrawn: content.withdrawn.is_some(),
    }
}

/// The whole text: a tool shows no other field to its people.
fn description(content: &WarningContent) -> String {
    let head = [content.issuer.as_str(), &content.number];
    let mut parts = vec![head.join(" ").trim().to_owned(), content.body.clone()];
    parts.extend(actions(content).into_iter().map(|action| format!("・{action}")));
    parts.extend(content.advisories.iter().flat_map(rows));
    parts.extend(safe_links(content).map(|link| format!("{} {}", link.title, link.url)));
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// A line for each product of an advisory.
fn rows(advisory: &Advisory) -> impl Iterator<Item = String> {
    advisory.products.iter().map(|product| {
        let fixed = match product.fixed_in.as_str() {
            "" => String::new(),
            version => format!("修正版 {version}"),
        };
        let cves = advisory.cves.join(", ");
        let cells = [
            product.vendor.as_str(),
            &product.product,
            &product.versions,
            &fixed,
            &cves,
            &advisory.remedy,
            &advisory.link,
        ];
        let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        format!("・{}", cells.join(" / "))
    })
}
