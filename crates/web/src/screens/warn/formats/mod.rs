//! A warning as a file of the field's standards: CAP for alerting systems, CSAF for vulnerability tools.
//!
//! The files are projections and carry no signature: what counts is the signed message of the warning itself.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_standards::cap::{
    self, Alert, Certainty, MessageKind, Resource, Severity, Standing, Urgency, reference,
};
use sakimori_standards::csaf::{self, Document, DocumentStatus, Product, Reference, Revision};
use sakimori_standards::ids;
use sakimori_warn::{Attachment, WarnError, Warning, WarningClass, WarningContent, WarningKey};
use sakimori_words::Lang;

use super::{key_of, name, names};
use crate::failure::Answer;
use crate::site::Site;
use crate::visit::Visit;

mod intelligence;
#[cfg(test)]
mod tests;

pub(crate) use intelligence::{intelligence, is_for_tools};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/coverage/{origin}/{id}/cap.xml", get(as_cap))
        .route("/coverage/{origin}/{id}/csaf.json", get(as_csaf))
}

type Address = Path<(String, String)>;

/// Every released revision of a warning, the oldest first, with the name of its origin.
struct Told {
    revisions: Vec<Warning>,
    issuer: String,
}

async fn as_cap(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let told = told(&visit, &key_of(&origin, &id)).await?;
    let alert = alert(&told.revisions, &told.issuer, visit.lang()).ok_or(WarnError::NotReleased)?;
    Ok(file(cap::MEDIA_TYPE, &format!("{}.cap.xml", file_stem(&id)), cap::write(&alert)))
}

async fn as_csaf(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let told = told(&visit, &key_of(&origin, &id)).await?;
    let document = advisory(&told.revisions, &told.issuer).ok_or(WarnError::NotReleased)?;
    let text = format!("{:#}\n", csaf::document(&document));
    Ok(file("application/json", &csaf::file_name(&id), text))
}

fn file(kind: &str, name: &str, text: String) -> axum::response::Response {
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}

/// The name of a file for an id, by the rule of CSAF, which leaves nothing in it that a path is made of.
fn file_stem(id: &str) -> String {
    csaf::file_name(id).trim_end_matches(".json").to_owned()
}

async fn told(visit: &Visit, key: &WarningKey) -> Result<Told, crate::Failure> {
    let desk = &visit.site.warnings;
    let revisions = if key.origin == visit.site.post.me().id {
        let issued = desk.issued_one(&key.id).await?;
        issued.releases.into_iter().map(|release| release.warning).collect()
    } else {
        let received = desk.received_one(key).await?;
        received.revisions.into_iter().rev().map(|revision| revision.warning).collect()
    };
    Ok(Told { revisions, issuer: name(&names(visit).await?, &key.origin) })
}

/// The last of a warning's released revisions (the oldest first) as an alert; none when there is none.
fn alert(revisions: &[Warning], issuer: &str, lang: Lang) -> Option<Alert> {
    let current = revisions.last()?;
    let Warning { key, content, released_at, due_at, .. } = current;
    let (urgency, severity) = how_soon(content.class);
    let sender = key.origin.to_string();
    let sender_name = if content.issuer.is_empty() { issuer } else { &content.issuer };
    Some(Alert {
        identifier: identifier(current),
        sent_at: *released_at,
        standing: if content.exercise { Standing::Exercise } else { Standing::Actual },
        kind: kind(revisions, current, &sender),
        tlp: content.tlp,
        lang: "ja-JP".to_owned(),
        event: "サイバーセキュリティに関する注意喚起".to_owned(),
        urgency,
        severity,
        certainty: Certainty::Unknown,
        expires_at: None,
        sender_name: sender_name.to_owned(),
        headline: content.title.clone(),
        description: content.withdrawn.clone().unwrap_or_else(|| content.body.clone()),
        instruction: actions(content).join("\n"),
        web: safe_links(content).next().map(|link| link.url).unwrap_or_default(),
        contact: content.contact.clone(),
        area: places(content, lang),
        parameters: vec![
            ("文書番号".to_owned(), content.number.clone()),
            ("TLP".to_owned(), content.tlp.label().to_owned()),
            ("回答期限".to_owned(), format!("{due_at}")),
        ],
        resources: content.attachments.iter().map(resource).collect(),
        sender,
    })
}

fn resource(attachment: &Attachment) -> Resource {
    Resource {
        description: format!("{} (SHA-256 {})", attachment.name, attachment.digest),
        media_type: attachment.media_type().to_owned(),
        n_bytes: attachment.n_bytes,
    }
}

/// The prefectures it is for, or the whole country.
fn places(content: &WarningContent, lang: Lang) -> String {
    let names = content.addressees.prefectures.iter().map(|prefecture| prefecture.name(lang));
    let names: Vec<&str> = names.collect();
    match (names.is_empty(), lang) {
        (true, Lang::Ja) => "全国".to_owned(),
        (true, Lang::En) => "Japan".to_owned(),
        (false, _) => names.join(" "),
    }
}

/// The id of a revision: each is a message of its own in CAP.
fn identifier(warning: &Warning) -> String {
    format!("{}-r{}", warning.key.id, warning.revision)
}

fn kind(revisions: &[Warning], current: &Warning, sender: &str) -> MessageKind {
    let before = revisions.iter().filter(|own| own.revision < current.revision);
    let before: Vec<String> =
        before.map(|own| reference(sender, &identifier(own), own.released_at)).collect();
    match (current.content.withdrawn.is_some(), before.is_empty()) {
        (_, true) => MessageKind::Alert,
        (true, false) => MessageKind::Cancel(before),
        (false, false) => MessageKind::Update(before),
    }
}

/// How soon an answer is wanted, in the words of CAP. How bad a thing is nobody has said, unless it is wanted at once.
const fn how_soon(class: WarningClass) -> (Urgency, Severity) {
    match class {
        WarningClass::Flash => (Urgency::Immediate, Severity::Severe),
        WarningClass::Urgent => (Urgency::Expected, Severity::Unknown),
        WarningClass::Normal => (Urgency::Future, Severity::Unknown),
    }
}

fn actions(content: &WarningContent) -> Vec<String> {
    content.actions.iter().map(|action| action.text.clone()).collect()
}

/// Links that a program may follow.
fn safe_links(content: &WarningContent) -> impl Iterator<Item = Reference> {
    let safe = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let links = content.links.iter().map(|link| (&link.title, &link.url));
    let published = content.advisories.iter().map(|advisory| (&advisory.link, &advisory.link));
    let mut seen = std::collections::BTreeSet::new();
    links
        .chain(published)
        .filter(move |(_, url)| safe(url) && seen.insert((*url).clone()))
        .map(|(title, url)| Reference { title: title.clone(), url: url.clone() })
}

/// The last of a warning's released revisions (the oldest first) as an advisory; none when there is none.
#[must_use]
pub fn advisory(revisions: &[Warning], issuer: &str) -> Option<Document> {
    let Warning { key, content, .. } = revisions.last()?;
    let revision = |own: &Warning| Revision {
        number: own.revision,
        at: own.released_at,
        summary: heading(&own.content),
    };
    Some(Document {
        id: key.id.to_string(),
        title: heading(content),
        publisher: issuer.to_owned(),
        // An office need not have an address on the web; this one is its own all the same.
        namespace: format!("urn:uuid:{}", ids::derived(key.origin.as_str(), &["publisher"])),
        contact: content.contact.clone(),
        lang: Lang::Ja.tag().to_owned(),
        tlp: content.tlp,
        status: DocumentStatus::Final,
        revisions: revisions.iter().map(revision).collect(),
        summary: content.body.clone(),
        actions: actions(content),
        references: safe_links(content).collect(),
        vulnerabilities: cves(content),
        products: products(content),
    })
}

fn cves(content: &WarningContent) -> Vec<String> {
    let mut cves: Vec<String> =
        content.advisories.iter().flat_map(|advisory| advisory.cves.iter().cloned()).collect();
    cves.sort();
    cves.dedup();
    cves
}

/// The rows of the advisories; a row that stands in several has the vulnerabilities of all of them.
fn products(content: &WarningContent) -> Vec<Product> {
    let mut products: Vec<Product> = Vec::new();
    for (advisory, row) in content
        .advisories
        .iter()
        .flat_map(|advisory| advisory.products.iter().map(move |row| (advisory, row)))
    {
        let product = Product {
            vendor: row.vendor.clone(),
            product: row.product.clone(),
            version: row.versions.clone(),
            fixed_in: row.fixed_in.clone(),
            remedy: advisory.remedy.clone(),
            vulnerabilities: vec![],
        };
        let same = products.iter_mut().find(|one| {
            Product { vulnerabilities: vec![], ..(*one).clone() } == product
                && one.vulnerabilities.is_empty() == advisory.cves.is_empty()
        });
        match same {
            Some(same) => same.vulnerabilities.extend(advisory.cves.iter().cloned()),
            None => products.push(Product { vulnerabilities: advisory.cves.clone(), ..product }),
        }
    }
    products.iter_mut().for_each(|product| {
        product.vulnerabilities.sort();
        product.vulnerabilities.dedup();
    });
    products
}

/// The title, with what must not be overlooked before it: CSAF has no field for an exercise.
fn heading(content: &WarningContent) -> String {
    match (&content.withdrawn, content.exercise) {
        (Some(why), _) => format!("【撤回】{}: {why}", content.title),
        (None, true) => format!("【訓練】{}", content.title),
        (None, false) => content.title.clone(),
    }
}
