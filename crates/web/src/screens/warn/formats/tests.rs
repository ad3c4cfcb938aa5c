//! What tools read of a warning.

use sakimori_standards::csaf;
use sakimori_warn::{Advisory, AffectedProduct, Warning, WarningContent, WarningKey};
use sakimori_words::{Instant, Tlp, jst_date};

use super::{advisory, intelligence};

fn row(product: &str, versions: &str, fixed_in: &str) -> AffectedProduct {
    AffectedProduct {
        vendor: "見本社".to_owned(),
        product: product.to_owned(),
        versions: versions.to_owned(),
        fixed_in: fixed_in.to_owned(),
    }
}

fn warning(revision: u32, tlp: Tlp) -> Warning {
    let at = Instant::parse("2026-11-20T00:00:00Z").unwrap().plus_days(i64::from(revision));
    let told = |cve: &str, products: Vec<AffectedProduct>| Advisory {
        cves: vec![cve.to_owned()],
        products,
        remedy: "管理画面を閉じる".to_owned(),
        link: "https://maker.example/advisory".to_owned(),
    };
    let gate = row("FortiGate", "6.0.0 to 6.0.4", "6.0.5");
    Warning {
        key: WarningKey { origin: "mhlw".into(), id: "0199aaaa-0000-7000-8000-1".into() },
        revision,
        content: WarningContent {
            title: "VPN装置の更新".to_owned(),
            body: "更新してください。".to_owned(),
            advisories: vec![
                told("CVE-2018-13379", vec![gate.clone(), row("ポンプ", "< 8.2.2", "8.2.2")]),
                told("CVE-2020-12812", vec![gate]),
            ],
            tlp,
            ..WarningContent::empty("厚生労働省", jst_date(at))
        },
        released_at: at,
        due_at: at,
    }
}

#[test]
fn the_rows_of_a_warning_are_read_back_from_its_csaf_with_what_each_has() {
    let document = advisory(&[warning(1, Tlp::Green)], "厚生労働省").unwrap();
    let file = csaf::document(&document);
    assert_eq!(file["document"]["category"], "csaf_security_advisory");
    let read = csaf::read(file.to_string().as_bytes()).unwrap();
    let affected = read.products.iter().filter(|row| row.status == csaf::Status::KnownAffected);
    let rows: Vec<_> = affected
        .map(|row| (row.product.as_str(), row.version.as_str(), row.vulnerabilities.clone()))
        .collect();
    let both = vec!["CVE-2018-13379".to_owned(), "CVE-2020-12812".to_owned()];
    assert_eq!(
        rows,
        [
            ("FortiGate", "6.0.0 to 6.0.4", both.clone()),
            ("ポンプ", "< 8.2.2", both.get(..1).unwrap().to_vec()),
        ]
    );
    let fixed = read.products.iter().filter(|row| row.status == csaf::Status::Fixed);
    let fixed: Vec<_> = fixed.map(|row| row.version.as_str()).collect();
    assert_eq!(fixed, ["6.0.5", "8.2.2"]);
    let references = file["document"]["references"].as_array().unwrap();
    assert_eq!(references.len(), 1, "two advisories are published at the same place");
    assert_eq!(references[0]["url"], "https://maker.example/advisory");
}

#[test]
fn tools_read_a_warning_but_no_exercise_and_a_withdrawal_ends_it() {
    let publisher = sakimori_standards::Publisher {
        id: "7c9e6679-7425-40de-944b-e07fc1f90ae7".to_owned(),
        name: "厚生労働省".to_owned(),
    };
    let mut exercise = warning(1, Tlp::Clear);
    exercise.content.exercise = true;
    assert!(intelligence(&[exercise, warning(2, Tlp::Red)], &publisher).is_empty());
    let mut withdrawn = warning(3, Tlp::Green);
    withdrawn.content.withdrawn = Some("誤報のため".to_owned());
    let items =
        intelligence(&[warning(1, Tlp::Clear), warning(2, Tlp::Green), withdrawn], &publisher);
    let told: Vec<Vec<_>> = items
        .iter()
        .map(|item| item.iter().map(|one| (one.tlp, one.withdrawn)).collect())
        .collect();
    let expected = [
        vec![(Tlp::Clear, false), (Tlp::Clear, true)],
        vec![(Tlp::Green, false), (Tlp::Green, true)],
    ];
    assert_eq!(told, expected, "who reads CLEAR alone learns that it holds no more");
    assert_eq!(items[0][0].vulnerabilities, ["CVE-2018-13379", "CVE-2020-12812"]);
    assert!(items[0][0].description.contains("FortiGate / 6.0.0 to 6.0.4 / 修正版 6.0.5"));
    assert_ne!(items[0][0].id, items[1][0].id);
}
