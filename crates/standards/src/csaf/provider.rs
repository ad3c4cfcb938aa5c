//! The files with which a CSAF provider publishes: metadata, one ROLIE feed for each label, documents and their digests.

use sakimori_words::Instant;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::write::{label, time};
use super::{Document, document, file_name};

/// The labels of CSAF 2.0 and the folders of their documents.
const LABELS: [(&str, &str); 4] =
    [("WHITE", "white"), ("GREEN", "green"), ("AMBER", "amber"), ("RED", "red")];

/// The JSON schema of documents.
const SCHEMA: &str = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json";

/// What a provider promises (CSAF 2.0 section 7.2). `csaf_trusted_provider` would need `OpenPGP` signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Documents, and nothing about where they are.
    Publisher,
    /// Documents over TLS, found by their metadata.
    Provider,
}

/// Who publishes where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its own address.
    pub namespace: String,
    /// The address the files are published under, e.g. `https://csaf.pref.example.jp`, without a slash at the end.
    pub base: String,
    /// What it promises.
    pub role: Role,
}

/// One file of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderFile {
    /// Its path below the base, e.g. `white/2026/pref-2026-001.json`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The whole tree of these documents at that time.
///
/// `white/` can be served to everybody; who serves the other folders must ask who
/// wants them. What is named by another file comes before it, to be written in this order. The feed for everybody is there even when it is empty, because a provider must have one.
#[must_use]
pub fn tree(provider: &Provider, documents: &[Document], at: Instant) -> Vec<ProviderFile> {
    let mut files = Vec::new();
    let mut feeds = Vec::new();
    for (label_of, folder) in LABELS {
        let own: Vec<_> = documents.iter().filter(|one| label(one.tlp) == label_of).collect();
        if own.is_empty() && label_of != "WHITE" {
            continue;
        }
        let feed = format!("{folder}/feed-tlp-{folder}.json");
        feeds.push(json!({
            "summary": format!("TLP:{label_of}"), "tlp_label": label_of,
            "url": format!("{}/{feed}", provider.base),
        }));
        files.extend(own.iter().flat_map(|one| published(folder, one)));
        files.push(file(feed.clone(), &feed_of(provider, &feed, folder, &own, at)));
    }
    files.push(file("provider-metadata.json".to_owned(), &metadata(provider, &feeds, at)));
    files
}

fn metadata(provider: &Provider, feeds: &[Value], at: Instant) -> Value {
    json!({
        "canonical_url": format!("{}/provider-metadata.json", provider.base),
        "distributions": [{ "rolie": { "feeds": feeds } }],
        "last_updated": time(at),
        "list_on_CSAF_aggregators": true,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": true,
        "publisher": { "category": "coordinator", "name": provider.name, "namespace": provider.namespace },
        "role": match provider.role {
            Role::Publisher => "csaf_publisher",
            Role::Provider => "csaf_provider",
        },
    })
}

fn feed_of(
    provider: &Provider,
    path: &str,
    folder: &str,
    documents: &[&Document],
    at: Instant,
) -> Value {
    let entries: Vec<Value> = documents.iter().map(|one| entry(provider, folder, one)).collect();
    json!({ "feed": {
        "id": format!("csaf-feed-tlp-{folder}"),
        "title": format!("{} TLP:{}", provider.name, folder.to_uppercase()),
        "link": [{ "rel": "self", "href": format!("{}/{path}", provider.base) }],
        "category": [{ "scheme": "urn:ietf:params:rolie:category:information-type", "term": "csaf" }],
        "updated": time(at),
        "entry": entries,
    }})
}

fn entry(provider: &Provider, folder: &str, one: &Document) -> Value {
    let address = format!("{}/{}", provider.base, path(folder, one));
    let link =
        |rel: &str, ending: &str| json!({ "rel": rel, "href": format!("{address}{ending}") });
    json!({
        "id": one.id,
        "title": one.title,
        "link": [link("self", ""), link("hash", ".sha256"), link("hash", ".sha512")],
        "published": time(first(one)),
        "updated": time(one.revisions.last().map(|revision| revision.at).unwrap_or_default()),
        "content": { "type": "application/json", "src": address },
        "format": { "schema": SCHEMA, "version": "2.0" },
    })
}

fn first(one: &Document) -> Instant {
    one.revisions.first().map(|revision| revision.at).unwrap_or_default()
}

/// Documents lie by the year of their first release (CSAF 2.0 requirement 11).
fn path(folder: &str, one: &Document) -> String {
    let year = time(first(one)).chars().take(4).collect::<String>();
    format!("{folder}/{year}/{}", file_name(&one.id))
}

fn published(folder: &str, one: &Document) -> [ProviderFile; 3] {
    let document = file(path(folder, one), &document(one));
    let name = file_name(&one.id);
    let digest = |ending: &str, hex: String| ProviderFile {
        path: format!("{}{ending}", document.path),
        bytes: format!("{hex}  {name}\n").into_bytes(),
    };
    let sha256 = digest(".sha256", hex(&Sha256::digest(&document.bytes)));
    let sha512 = digest(".sha512", hex(&Sha512::digest(&document.bytes)));
    [document, sha256, sha512]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file(path: String, content: &Value) -> ProviderFile {
    let mut bytes = format!("{content:#}").into_bytes();
    bytes.push(b'\n');
    ProviderFile { path, bytes }
}
