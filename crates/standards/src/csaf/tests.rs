//! Advisories of makers are read as far as they go, and ours are laid out as a provider lays them out.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sakimori_words::Tlp;
use serde_json::Value;

use super::*;
use crate::sample::{AT, shared};

fn sample() -> Document {
    Document {
        id: "PREF-2026-001 第1号".to_owned(),
        title: "輸液ポンプの脆弱性".to_owned(),
        publisher: "見本県".to_owned(),
        namespace: "https://www.pref.example.jp/".to_owned(),
        contact: "0742-00-0000".to_owned(),
        lang: "ja".to_owned(),
        tlp: Tlp::Clear,
        status: DocumentStatus::Final,
        revisions: vec![
            Revision { number: 1, at: AT, summary: "初版".to_owned() },
            Revision { number: 2, at: AT.plus_days(1), summary: "対策版を追記".to_owned() },
        ],
        summary: "見本社の輸液ポンプに脆弱性がある。".to_owned(),
        actions: vec!["版を確かめる".to_owned()],
        references: vec![Reference {
            title: "製造販売業者の告知".to_owned(),
            url: "https://maker.example/advisory".to_owned(),
        }],
        vulnerabilities: vec!["CVE-2026-0001".to_owned()],
        products: vec![
            Product {
                vendor: "見本社".to_owned(),
                product: "ポンプ".to_owned(),
                version: "< 8.2.2".to_owned(),
                fixed_in: "8.2.2".to_owned(),
                remedy: "8.2.2 に更新".to_owned(),
                vulnerabilities: vec!["CVE-2026-0001".to_owned()],
            },
            Product {
                vendor: "見本社".to_owned(),
                product: "ポンプ".to_owned(),
                version: "9.0".to_owned(),
                fixed_in: String::new(),
                remedy: String::new(),
                vulnerabilities: vec!["CVE-2026-0001".to_owned()],
            },
        ],
    }
}

/// One of each category and label, and some that are as bare or as odd as an officer can make them.
pub(crate) fn samples() -> Vec<Document> {
    let informational =
        Document { vulnerabilities: vec![], products: vec![], id: "info".to_owned(), ..sample() };
    let base = Document { references: vec![], id: "base".to_owned(), ..informational.clone() };
    let known = Document { products: vec![], id: "cve only".to_owned(), ..sample() };
    let odd = Document {
        summary: String::new(),
        actions: vec![String::new()],
        contact: String::new(),
        namespace: "urn:uuid:0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f60".to_owned(),
        vulnerabilities: vec!["JVNVU#90000000".to_owned()],
        products: ["", "2.3 以前", "vers:all/*", "1.0 and prior", "A, B"]
            .map(|version| Product {
                vendor: String::new(),
                product: "装置".to_owned(),
                version: version.to_owned(),
                fixed_in: String::new(),
                remedy: String::new(),
                vulnerabilities: vec!["JVNVU#90000000".to_owned()],
            })
            .to_vec(),
        ..sample()
    };
    let mended = ["8.2.2", "8.2.2 以降"]
        .map(|fixed_in| Product { fixed_in: fixed_in.to_owned(), ..sample().products.remove(0) });
    let nameless = Product { vulnerabilities: vec![], ..mended[0].clone() };
    let other = Product { vulnerabilities: vec!["CVE-2026-0002".to_owned()], ..mended[1].clone() };
    let each = Document {
        id: "each its own".to_owned(),
        vulnerabilities: vec!["CVE-2026-0001".to_owned(), "CVE-2026-0002".to_owned()],
        products: vec![mended[0].clone(), other],
        ..sample()
    };
    let without = Document {
        id: "without a name".to_owned(),
        products: mended.into_iter().chain([nameless]).collect(),
        ..sample()
    };
    let labels = crate::tlp::LABELS.into_iter().map(|tlp| Document { tlp, ..sample() });
    labels.chain([informational, base, known, odd, each, without]).collect()
}

#[test]
fn our_advisory_is_read_back_with_its_products() {
    let written = document(&sample());
    insta::assert_snapshot!("document", format!("{written:#}"));
    let advisory = read(written.to_string().as_bytes()).unwrap();
    assert_eq!(advisory.tracking_id, "PREF-2026-001 第1号");
    assert_eq!(advisory.tlp, Some(Tlp::Clear));
    assert_eq!(advisory.vulnerabilities, ["CVE-2026-0001"]);
    let rows: Vec<_> = advisory
        .products
        .iter()
        .map(|row| (row.vendor.as_str(), row.product.as_str(), row.version.as_str(), row.status))
        .collect();
    assert_eq!(
        rows,
        [
            ("見本社", "ポンプ", "< 8.2.2", Status::KnownAffected),
            ("見本社", "ポンプ", "8.2.2", Status::Fixed),
            ("見本社", "ポンプ", "9.0", Status::KnownAffected),
        ]
    );
    assert_eq!(advisory.remediations.len(), 3);
    assert!(advisory.unexplained.is_empty());
}

#[test]
fn a_label_that_csaf_does_not_know_is_written_as_the_next_narrower() {
    let label = |tlp| {
        let written = document(&Document { tlp, ..sample() });
        read(written.to_string().as_bytes()).unwrap().tlp.unwrap()
    };
    for tlp in crate::tlp::LABELS {
        assert!(label(tlp) >= tlp, "never wider than it was");
    }
    assert_eq!(label(Tlp::AmberStrict), Tlp::Red);
}

#[test]
fn a_provider_lays_every_document_beside_its_digests_and_into_the_feed_of_its_label() {
    let provider = Provider {
        name: "見本県".to_owned(),
        namespace: "https://www.pref.example.jp/".to_owned(),
        base: "https://csaf.pref.example.jp".to_owned(),
        role: Role::Provider,
    };
    let narrow = Document { id: "narrow".to_owned(), tlp: Tlp::AmberStrict, ..sample() };
    let files = tree(&provider, &[sample(), narrow], AT);
    let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    insta::assert_snapshot!("tree", paths.join("\n"));
    for file in files.iter().filter(|file| file.path.ends_with(".sha256")) {
        let of = file.path.trim_end_matches(".sha256");
        let bytes = &files.iter().find(|own| own.path == of).unwrap().bytes;
        let digest = sakimori_words::Digest::of(bytes).to_string();
        assert!(String::from_utf8_lossy(&file.bytes).starts_with(&digest));
    }
    let white = files.iter().find(|file| file.path.ends_with("feed-tlp-white.json")).unwrap();
    let white: Value = serde_json::from_slice(&white.bytes).unwrap();
    assert!(!white.to_string().contains("narrow"), "an address is not told to those it is not for");
    let empty = tree(&provider, &[], AT);
    assert_eq!(empty.len(), 2, "the feed for everybody is always there");
}

#[test]
fn statuses_and_products_of_components_are_told() {
    let file = serde_json::json!({
        "document": { "csaf_version": "2.1", "title": "t", "distribution": { "tlp": { "label": "AMBER+STRICT" } },
            "tracking": { "id": "X-1" } },
        "product_tree": {
            "branches": [{ "category": "vendor", "name": "V", "branches": [
                { "category": "product_family", "name": "F", "branches": [
                    { "category": "product_name", "name": "P", "branches": [
                        { "category": "product_version", "name": "1", "product": { "product_id": "A", "name": "P 1" } }]}]}]}],
            "full_product_names": [{ "product_id": "B", "name": "Library" }],
            "relationships": [{ "product_reference": "B", "relates_to_product_reference": "A",
                "full_product_name": { "product_id": "C", "name": "Library in P 1" } }],
        },
        "vulnerabilities": [{ "ids": [{ "system_name": "s", "text": "OWN-1" }],
            "product_status": { "known_affected": ["C"], "fixed": ["A"], "under_investigation": ["nowhere"], "first_fixed": ["A"] } }],
    });
    let advisory = read(file.to_string().as_bytes()).unwrap();
    assert_eq!(advisory.tlp, Some(Tlp::AmberStrict));
    assert_eq!(advisory.unexplained, ["nowhere"]);
    let rows: Vec<_> = advisory
        .products
        .iter()
        .map(|row| {
            format!(
                "{} | {} | {} | {} | {:?}",
                row.vendor, row.product, row.version, row.name, row.status
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "V | P | 1 | P 1 | Fixed",
            "V | Library |  | Library in P 1 | KnownAffected",
            " |  |  |  | UnderInvestigation",
        ]
    );
}

#[test]
fn what_is_no_advisory_is_refused() {
    assert!(matches!(read(b"{}"), Err(ReadAdvisoryError::Other)));
    assert!(matches!(read(b"not json"), Err(ReadAdvisoryError::Json(_))));
    let other = read(br#"{"document": {"csaf_version": "3.0"}}"#);
    assert!(matches!(other, Err(ReadAdvisoryError::Version { .. })));
}

#[test]
fn the_name_of_a_file_follows_from_the_id() {
    assert_eq!(file_name("2022-ABC+1 (b)"), "2022-abc+1_b_.json");
    assert_eq!(file_name("../../x"), "_x.json");
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_csaf(&bytes);
    }
}

#[test]
#[ignore = "needs ../shared"]
fn real_advisories_are_read_and_those_of_medical_devices_as_the_gold_list_says() {
    let mut n_read = 0;
    for path in shared("csaf", ".json") {
        let bytes = std::fs::read(&path).unwrap();
        if let Ok(advisory) = read(&bytes) {
            n_read += 1;
            let is_cisa = path.to_string_lossy().contains("cisa-");
            assert!(
                !is_cisa || (!advisory.tracking_id.is_empty() && advisory.unexplained.is_empty()),
                "{}",
                path.display()
            );
        }
    }
    println!("{n_read} advisories");
    assert!(n_read > 180);
    let folder = shared("csaf/cisa-icsma", ".json");
    let gold = shared("csaf", "cisa-icsma-products.json").remove(0);
    let gold: Vec<Value> = serde_json::from_slice(&std::fs::read(gold).unwrap()).unwrap();
    let expected: BTreeSet<String> = gold.iter().flat_map(gold_rows).collect();
    let mut found = BTreeSet::new();
    for path in &folder {
        let advisory = read(&std::fs::read(path).unwrap()).unwrap();
        for row in advisory.products.iter().filter(|row| row.status == Status::KnownAffected) {
            for cve in &row.vulnerabilities {
                found.insert(format!(
                    "{} | {} | {} | {} | {cve}",
                    advisory.tracking_id, row.vendor, row.product, row.version
                ));
            }
        }
    }
    let missed: Vec<_> = expected.difference(&found).collect();
    let added: Vec<_> = found.difference(&expected).collect();
    println!("{} rows, {} missed, {} added", expected.len(), missed.len(), added.len());
    assert!(missed.is_empty() && added.is_empty(), "missed {missed:#?}\nadded {added:#?}");
}

fn gold_rows(row: &Value) -> Vec<String> {
    let of = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let cves = row["status"]["known_affected"].as_array().cloned().unwrap_or_default();
    cves.iter()
        .map(|cve| {
            format!(
                "{} | {} | {} | {} | {}",
                of("advisory"),
                of("vendor"),
                of("product"),
                of("leaf"),
                cve.as_str().unwrap()
            )
        })
        .collect()
}
