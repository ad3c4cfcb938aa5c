//! An advisory, as far as an institution needs it: what it is about, which products, what to do. Everything else in it is passed over.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_words::Tlp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tlp;

/// Most rows of products taken from one advisory; what is beyond is counted.
const PRODUCTS_MAX: usize = 100_000;

/// An advisory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Its title.
    pub title: String,
    /// Its id at its publisher, e.g. `ICSMA-17-009-01A`.
    pub tracking_id: String,
    /// Its version there.
    pub version: String,
    /// Who published it.
    pub publisher: String,
    /// When this version was released, as it is written there.
    pub released: String,
    /// Who may see it; `None` when it carries no label.
    pub tlp: Option<Tlp>,
    /// Its vulnerabilities: CVE ids, or the publisher's own where there is none.
    pub vulnerabilities: Vec<String>,
    /// Its products, one row for each product and status.
    pub products: Vec<AffectedProduct>,
    /// What to do.
    pub remediations: Vec<Remediation>,
    /// Where it is published: the references to itself.
    pub links: Vec<String>,
    /// Product ids that are used and nowhere explained.
    pub unexplained: Vec<String>,
    /// Rows beyond the limit.
    pub left_out: usize,
}

/// A product in one status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedProduct {
    /// Its id in the advisory.
    pub product_id: String,
    /// The maker; empty when the advisory does not say.
    pub vendor: String,
    /// The product.
    pub product: String,
    /// The version as it is written: `2.3`, `< 8.2.2`, `vers:all/*`, free text. Many publishers write ranges where a version belongs, so
    /// the text is not parsed here.
    pub version: String,
    /// The whole name in the publisher's words.
    pub name: String,
    /// What is said of it.
    pub status: Status,
    /// Of which vulnerabilities.
    pub vulnerabilities: Vec<String>,
}

/// What an advisory says of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is affected.
    KnownAffected,
    /// It is not.
    KnownNotAffected,
    /// The vulnerability is mended in it.
    Fixed,
    /// It is the version to go to.
    Recommended,
    /// The publisher does not know yet.
    UnderInvestigation,
    /// The publisher will not say (CSAF 2.1).
    Unknown,
}

/// What to do about vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// `vendor_fix`, `mitigation`, `workaround`, `no_fix_planned` and the like.
    pub category: String,
    /// What to do.
    pub details: String,
    /// Where it is explained; may be empty.
    pub url: String,
    /// For which products, by their ids.
    pub product_ids: Vec<String>,
    /// Against which vulnerability.
    pub vulnerability: String,
}

/// Why a file is no advisory.
#[derive(Debug, thiserror::Error)]
pub enum ReadAdvisoryError {
    /// It is no JSON.
    #[error("the file is not JSON")]
    Json(#[from] serde_json::Error),
    /// It is JSON of another kind.
    #[error("the file is no CSAF document: it has no `document.csaf_version`")]
    Other,
    /// It is of a version we do not know.
    #[error("CSAF {version} is not known; 2.0 and 2.1 are")]
    Version {
        /// The version it names.
        version: String,
    },
}

impl Status {
    /// What CSAF calls it.
    const WORDS: [(&'static str, Self); 8] = [
        ("first_affected", Self::KnownAffected),
        ("known_affected", Self::KnownAffected),
        ("last_affected", Self::KnownAffected),
        ("known_not_affected", Self::KnownNotAffected),
        ("first_fixed", Self::Fixed),
        ("fixed", Self::Fixed),
        ("recommended", Self::Recommended),
        ("under_investigation", Self::UnderInvestigation),
    ];

    fn of_word(word: &str) -> Self {
        let known = Self::WORDS.iter().find(|(own, _)| *own == word);
        known.map_or(Self::Unknown, |(_, status)| *status)
    }
}

/// Reads an advisory. Parts that are missing are empty, parts that are unknown are passed over.
///
/// # Errors
/// When it is no CSAF 2 document at all.
pub fn read(bytes: &[u8]) -> Result<Advisory, ReadAdvisoryError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let file: Value = serde_json::from_slice(bytes)?;
    let document = file.get("document").ok_or(ReadAdvisoryError::Other)?;
    match text(document, "csaf_version") {
        "" => return Err(ReadAdvisoryError::Other),
        "2.0" | "2.1" => {}
        other => {
            return Err(ReadAdvisoryError::Version { version: crate::intelligence::shown(other) });
        }
    }
    let mut advisory = heading(document);
    let tree = explained(file.get("product_tree").unwrap_or(&Value::Null));
    let vulnerabilities = list(&file, "vulnerabilities");
    advisory.vulnerabilities = vulnerabilities.iter().map(id_of).collect();
    advisory.vulnerabilities.dedup();
    advisory.remediations = vulnerabilities.iter().flat_map(remediations).collect();
    put_products(&mut advisory, &tree, vulnerabilities);
    Ok(advisory)
}

fn heading(document: &Value) -> Advisory {
    let tracking = document.get("tracking").unwrap_or(&Value::Null);
    let references = list(document, "references").iter();
    let links = references.filter(|link| text(link, "category") == "self");
    let publisher = document.get("publisher").map_or("", |publisher| text(publisher, "name"));
    Advisory {
        title: text(document, "title").to_owned(),
        tracking_id: text(tracking, "id").to_owned(),
        version: text(tracking, "version").to_owned(),
        publisher: publisher.to_owned(),
        released: text(tracking, "current_release_date").to_owned(),
        tlp: label(document),
        links: links.map(|link| text(link, "url").to_owned()).collect(),
        ..Advisory::default()
    }
}

fn label(document: &Value) -> Option<Tlp> {
    let label = document.get("distribution")?.get("tlp")?.get("label")?;
    // A label that is there and no text is unreadable, which is RED.
    Some(tlp::of_word(label.as_str().unwrap_or_default()))
}

/// The CVE of a vulnerability, else its first own id, else its title.
fn id_of(vulnerability: &Value) -> String {
    let cve = text(vulnerability, "cve");
    let own = || list(vulnerability, "ids").first().map_or("", |id| text(id, "text"));
    let names = [cve, own(), text(vulnerability, "title")];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

fn remediations(vulnerability: &Value) -> Vec<Remediation> {
    let id = id_of(vulnerability);
    let read = |one: &Value| Remediation {
        category: text(one, "category").to_owned(),
        details: text(one, "details").to_owned(),
        url: text(one, "url").to_owned(),
        product_ids: texts(one, "product_ids"),
        vulnerability: id.clone(),
    };
    list(vulnerability, "remediations").iter().map(read).collect()
}

/// Where a product stands in the tree.
#[derive(Clone, Debug, Default)]
struct Place {
    vendor: String,
    product: String,
    version: String,
    name: String,
}

/// Every product that the tree explains, by its id.
fn explained(tree: &Value) -> BTreeMap<String, Place> {
    let mut places = BTreeMap::new();
    for branch in list(tree, "branches") {
        put_branch(branch, &Place::default(), &mut places);
    }
    for named in list(tree, "full_product_names") {
        put_place(named, &Place::default(), &mut places);
    }
    for relationship in list(tree, "relationships") {
        put_relationship(relationship, &mut places);
    }
    places
}

/// As deep as the JSON is, of which the parser allows 128 levels.
fn put_branch(branch: &Value, above: &Place, places: &mut BTreeMap<String, Place>) {
    let mut place = above.clone();
    let name = text(branch, "name").to_owned();
    match text(branch, "category") {
        "vendor" => place.vendor = name,
        "product_name" => place.product = name,
        "product_version" | "product_version_range" => place.version = name,
        // A family, an architecture, a service pack: part of what the product is called.
        _ if place.product.is_empty() => place.product = name,
        _ => {}
    }
    if let Some(product) = branch.get("product") {
        put_place(product, &place, places);
    }
    for inner in list(branch, "branches") {
        put_branch(inner, &place, places);
    }
}

fn put_place(product: &Value, above: &Place, places: &mut BTreeMap<String, Place>) {
    let name = text(product, "name").to_owned();
    let mut place = Place { name: name.clone(), ..above.clone() };
    if place.product.is_empty() {
        place.product = name;
    }
    places.insert(text(product, "product_id").to_owned(), place);
}

/// A component in a product: the maker and version of the component, under the name the publisher gave to both together.
fn put_relationship(relationship: &Value, places: &mut BTreeMap<String, Place>) {
    let Some(whole) = relationship.get("full_product_name") else { return };
    let part = places.get(text(relationship, "product_reference")).cloned().unwrap_or_default();
    let inside = places.get(text(relationship, "relates_to_product_reference")).cloned();
    let vendor =
        if part.vendor.is_empty() { inside.unwrap_or_default().vendor } else { part.vendor };
    put_place(whole, &Place { vendor, ..part }, places);
}

/// One row for each product and status, with every vulnerability of which it is said.
fn put_products(
    advisory: &mut Advisory,
    tree: &BTreeMap<String, Place>,
    vulnerabilities: &[Value],
) {
    let mut rows: BTreeMap<(String, Status), Vec<String>> = BTreeMap::new();
    let mut unexplained = BTreeSet::new();
    for vulnerability in vulnerabilities {
        let id = id_of(vulnerability);
        let statuses = vulnerability.get("product_status").and_then(Value::as_object);
        for (word, products) in statuses.into_iter().flatten() {
            let products = products.as_array().map(Vec::as_slice).unwrap_or_default();
            for product in products.iter().filter_map(Value::as_str) {
                if !tree.contains_key(product) {
                    unexplained.insert(product.to_owned());
                }
                let row = rows.entry((product.to_owned(), Status::of_word(word))).or_default();
                if !row.contains(&id) {
                    row.push(id.clone());
                }
            }
        }
    }
    advisory.left_out = rows.len().saturating_sub(PRODUCTS_MAX);
    let rows = rows.into_iter().take(PRODUCTS_MAX);
    advisory.products = rows.map(|((id, status), cves)| row(tree, id, status, cves)).collect();
    advisory.unexplained = unexplained.into_iter().collect();
}

fn row(
    tree: &BTreeMap<String, Place>,
    product_id: String,
    status: Status,
    vulnerabilities: Vec<String>,
) -> AffectedProduct {
    let Place { vendor, product, version, name } =
        tree.get(&product_id).cloned().unwrap_or_default();
    AffectedProduct { product_id, vendor, product, version, name, status, vulnerabilities }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts(object: &Value, name: &str) -> Vec<String> {
    list(object, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
