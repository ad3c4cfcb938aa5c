//! An advisory of our own as a CSAF 2.0 document.

use std::collections::BTreeMap;

use sakimori_words::{Instant, Tlp};
use serde_json::{Value, json};

/// What an office publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id, unique at the publisher; the name of its file follows from it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// The publisher's own address, e.g. `https://www.pref.example.jp/`.
    pub namespace: String,
    /// Whom to ask; may be empty.
    pub contact: String,
    /// Language of the texts, e.g. `ja`.
    pub lang: String,
    /// Who may see it.
    pub tlp: Tlp,
    /// Whether it counts.
    pub status: DocumentStatus,
    /// Its revisions, the first one first. Without any, the document is no valid one.
    pub revisions: Vec<Revision>,
    /// The text.
    pub summary: String,
    /// What is asked for, one text each.
    pub actions: Vec<String>,
    /// What is published elsewhere.
    pub references: Vec<Reference>,
    /// CVE ids.
    pub vulnerabilities: Vec<String>,
    /// Products that are affected.
    pub products: Vec<Product>,
}

/// Whether a document counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentStatus {
    /// More is expected.
    Interim,
    /// Nothing more is expected.
    Final,
}

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// When it was released.
    pub at: Instant,
    /// What is new in it.
    pub summary: String,
}

/// A document elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// A product that is affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The maker.
    pub vendor: String,
    /// The product.
    pub product: String,
    /// The versions in the maker's words, e.g. `< 8.2.2`; empty for every version.
    pub version: String,
    /// The first version that is not affected; empty when nobody has said.
    pub fixed_in: String,
    /// What to do; empty when nothing is known.
    pub remedy: String,
    /// Which of the document's vulnerabilities it has; empty when they have no name.
    pub vulnerabilities: Vec<String>,
}

/// The document.
///
/// Its category follows from what it holds: a security advisory needs vulnerabilities with products, an informational one
/// needs a reference and must not have vulnerabilities; what is neither is of the base profile.
#[must_use]
pub fn document(document: &Document) -> Value {
    let mut file = json!({ "document": heading(document) });
    let Some(parts) = file.as_object_mut() else { return file };
    if !document.products.is_empty() {
        parts.insert("product_tree".to_owned(), product_tree(&document.products));
    }
    let named = document.vulnerabilities.iter().map(|id| vulnerability(document, Some(id)));
    let nameless = document.products.iter().any(|product| product.vulnerabilities.is_empty());
    let each: Vec<Value> = named.chain(nameless.then(|| vulnerability(document, None))).collect();
    if !each.is_empty() {
        parts.insert("vulnerabilities".to_owned(), json!(each));
    }
    file
}

/// The name of a document's file, as CSAF 2.0 section 5.1 makes it of its id.
#[must_use]
pub fn file_name(id: &str) -> String {
    let mut name = String::new();
    for sign in id.to_lowercase().chars() {
        let fits = sign.is_ascii_lowercase() || sign.is_ascii_digit() || "+-".contains(sign);
        if fits {
            name.push(sign);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    format!("{name}.json")
}

/// The label of CSAF 2.0, which knows TLP 1 only: it has no AMBER+STRICT, so the next narrower one stands for it.
pub(super) const fn label(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "WHITE",
        Tlp::Green => "GREEN",
        Tlp::Amber => "AMBER",
        Tlp::AmberStrict | Tlp::Red => "RED",
    }
}

/// A time of CSAF: UTC, to the second.
pub(super) fn time(at: Instant) -> String {
    let text = at.rfc3339();
    format!("{}Z", text.get(..19).unwrap_or_default())
}

fn category(document: &Document) -> &'static str {
    let is_nameless = document.products.iter().any(|product| product.vulnerabilities.is_empty());
    let mut named = document.vulnerabilities.iter();
    let each_has_products =
        named.all(|id| document.products.iter().any(|product| has(product, Some(id.as_str()))));
    match (document.vulnerabilities.is_empty(), document.products.is_empty()) {
        (false, false) if each_has_products && !is_nameless => "csaf_security_advisory",
        (true, true) if !document.references.is_empty() => "csaf_informational_advisory",
        _ => "csaf_base",
    }
}

/// Whether a product has a vulnerability; without one: whether those it has are without a name.
fn has(product: &Product, id: Option<&str>) -> bool {
    match id {
        Some(id) => product.vulnerabilities.iter().any(|own| own == id),
        None => product.vulnerabilities.is_empty(),
    }
}

fn heading(document: &Document) -> Value {
    let mut publisher = json!({
        "category": "coordinator", "name": document.publisher, "namespace": document.namespace,
    });
    if let (Some(publisher), false) = (publisher.as_object_mut(), document.contact.is_empty()) {
        publisher.insert("contact_details".to_owned(), json!(document.contact));
    }
    let mut heading = json!({
        "category": category(document),
        "csaf_version": "2.0",
        "distribution": {
            "text": document.tlp.label(),
            "tlp": { "label": label(document.tlp), "url": "https://www.first.org/tlp/" },
        },
        "lang": document.lang,
        "notes": notes(document),
        "publisher": publisher,
        "title": document.title,
        "tracking": tracking(document),
    });
    if let (Some(heading), false) = (heading.as_object_mut(), document.references.is_empty()) {
        let link = |one: &Reference| json!({ "category": "external", "summary": or(&one.title, &one.url), "url": one.url });
        heading.insert("references".to_owned(), document.references.iter().map(link).collect());
    }
    heading
}

/// A text, or the other one when it is empty: CSAF allows no empty texts.
fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.trim().is_empty() { other } else { text }
}

fn notes(document: &Document) -> Value {
    let summary = json!({ "category": "summary", "text": or(&document.summary, &document.title) });
    let actions = document.actions.iter().filter(|action| !action.trim().is_empty());
    let actions = actions.map(|action| json!({ "category": "details", "text": action }));
    std::iter::once(summary).chain(actions).collect()
}

fn tracking(document: &Document) -> Value {
    let first = document.revisions.first().map(|revision| revision.at).unwrap_or_default();
    let last = document.revisions.last();
    let history = document.revisions.iter().map(|revision| {
        json!({
            "date": time(revision.at), "number": revision.number.to_string(),
            "summary": or(&revision.summary, "-"),
        })
    });
    json!({
        "current_release_date": time(last.map_or(first, |revision| revision.at)),
        "generator": { "engine": { "name": "Sakimori", "version": env!("CARGO_PKG_VERSION") } },
        "id": document.id.trim(),
        "initial_release_date": time(first),
        "revision_history": history.collect::<Vec<_>>(),
        "status": match document.status {
            DocumentStatus::Interim => "interim",
            DocumentStatus::Final => "final",
        },
        "version": last.map_or(1, |revision| revision.number).to_string(),
    })
}

/// Vendor, product, version: each once, products by the place they have in the list.
fn product_tree(products: &[Product]) -> Value {
    let mut vendors: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for (n, product) in products.iter().enumerate() {
        let versions = vendors.entry(or(&product.vendor, "-")).or_default();
        let versions = versions.entry(or(&product.product, "-")).or_default();
        versions.push(version(&product_id(n), or(&product.version, "vers:all/*"), product));
        if !product.fixed_in.trim().is_empty() {
            versions.push(version(&fixed_id(n), &product.fixed_in, product));
        }
    }
    let branch = |category: &str, name: &str, inside: Vec<Value>| json!({ "category": category, "name": name, "branches": inside });
    let vendors = vendors.into_iter().map(|(vendor, products)| {
        let products = products.into_iter();
        let products = products.map(|(name, versions)| branch("product_name", name, versions));
        branch("vendor", vendor, products.collect())
    });
    json!({ "branches": vendors.collect::<Vec<_>>() })
}

fn version(id: &str, name: &str, product: &Product) -> Value {
    let category = if is_range(name) { "product_version_range" } else { "product_version" };
    let whole = format!("{} {} {name}", product.vendor, product.product);
    json!({
        "category": category, "name": name,
        "product": { "name": whole.trim(), "product_id": id },
    })
}

fn product_id(n: usize) -> String {
    format!("CSAFPID-{:04}", n + 1)
}

/// The id of the version of a product in which it is mended.
fn fixed_id(n: usize) -> String {
    format!("CSAFPID-{:04}-FIXED", n + 1)
}

/// Whether a text names more than one version. A range is none of the versions a product has (CSAF 2.0 test 6.1.31).
fn is_range(version: &str) -> bool {
    const WORDS: [&str; 14] = [
        "after", "all", "before", "earlier", "first", "higher", "last", "later", "lower", "older",
        "newer", "prior", "to", "until",
    ];
    let lower = version.to_lowercase();
    let by_word =
        lower.split(|sign: char| !sign.is_alphanumeric()).any(|word| WORDS.contains(&word));
    lower.starts_with("vers:")
        || by_word
        || ["以前", "以下", "未満", "以降", "全"].iter().any(|word| lower.contains(word))
        || version.contains(['<', '>', '=', '*', '~', '≤', '≥', '|', ','])
}

fn vulnerability(document: &Document, id: Option<&str>) -> Value {
    let mut one = json!({ "notes": [{ "category": "summary", "text": or(&document.summary, &document.title) }] });
    let Some(parts) = one.as_object_mut() else { return one };
    match id {
        Some(id) if is_cve(id) => parts.insert("cve".to_owned(), json!(id)),
        Some(id) => {
            let known = json!([{ "system_name": document.publisher, "text": id }]);
            parts.insert("ids".to_owned(), known)
        }
        None => parts.insert("title".to_owned(), json!(document.title)),
    };
    let with = document.products.iter().enumerate().filter(|(_, product)| has(product, id));
    let with: Vec<(usize, &Product)> = with.collect();
    if with.is_empty() {
        return one;
    }
    let affected: Vec<String> = with.iter().map(|(n, _)| product_id(*n)).collect();
    let mended = with.iter().filter(|(_, product)| !product.fixed_in.trim().is_empty());
    let mended: Vec<String> = mended.map(|(n, _)| fixed_id(*n)).collect();
    let mut status = json!({ "known_affected": affected });
    if let (Some(status), false) = (status.as_object_mut(), mended.is_empty()) {
        status.insert("fixed".to_owned(), json!(mended));
    }
    parts.insert("product_status".to_owned(), status);
    parts.insert("remediations".to_owned(), remediations(&with));
    one
}

fn is_cve(id: &str) -> bool {
    let Some((year, number)) = id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)
}

/// What to do, once for all products of which the same is said. What is not known is said to be not known.
fn remediations(products: &[(usize, &Product)]) -> Value {
    let mut of: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for (n, product) in products {
        let (remedy, fixed) = (product.remedy.trim(), product.fixed_in.trim());
        if !fixed.is_empty() {
            of.entry(("vendor_fix", format!("修正版 {fixed}"))).or_default().push(product_id(*n));
        }
        if !remedy.is_empty() {
            of.entry(("mitigation", remedy.to_owned())).or_default().push(product_id(*n));
        }
        if remedy.is_empty() && fixed.is_empty() {
            of.entry(("none_available", "-".to_owned())).or_default().push(product_id(*n));
        }
    }
    let each = of.into_iter().map(|((category, details), ids)| {
        json!({ "category": category, "details": details, "product_ids": ids })
    });
    each.collect()
}
