//! Rows of products read from what others publish: a CSAF advisory, a STIX bundle, or a list of CVE ids. Pure. What is not understood,
//! and what is understood but no row of a warning, is named.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_standards::FileKind;
use sakimori_standards::csaf::{self, Status};
use sakimori_warn::{Advisory, AffectedProduct};
use serde_json::Value;

use super::products::{CELL_CHARS_MAX, ROWS_MAX};

/// Most lines of what was not taken that are shown; the rest is counted.
const NOTES_MAX: usize = 100;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Rows for the form.
    pub(super) advisories: Vec<Advisory>,
    /// What became no row, in the words of the file.
    pub(super) not_taken: Vec<String>,
    /// How many more of these there are.
    pub(super) n_more: usize,
}

/// Reads a file or a typed list.
pub(super) fn read(bytes: &[u8]) -> Read {
    let mut read = match sakimori_standards::read_file(bytes) {
        Some((FileKind::Csaf, _)) => of_csaf(bytes),
        Some((FileKind::Stix, _)) => of_stix(bytes),
        Some((FileKind::Misp | FileKind::MispManifest, reading)) => Read {
            not_taken: reading.indicators.into_iter().map(|own| own.indicator.value).collect(),
            ..Read::default()
        },
        None => of_list(&String::from_utf8_lossy(bytes)),
    };
    read.fit();
    read
}

/// Whether a file is neither one of those known nor a list in words: cut off, damaged, or something else altogether.
pub(super) fn is_broken(bytes: &[u8]) -> bool {
    let looks_like_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    // No list in words has a zero byte, whatever its encoding.
    let is_binary = bytes.contains(&0);
    (looks_like_json || is_binary) && sakimori_standards::read_file(bytes).is_none()
}

impl Read {
    /// Keeps what a warning can hold, and names the rest.
    fn fit(&mut self) {
        let mut room = ROWS_MAX;
        for advisory in &mut self.advisories {
            for text in [&mut advisory.remedy, &mut advisory.link] {
                self.not_taken.extend(cut(text));
            }
            for row in &mut advisory.products {
                for text in
                    [&mut row.vendor, &mut row.product, &mut row.versions, &mut row.fixed_in]
                {
                    self.not_taken.extend(cut(text));
                }
            }
            let beyond = advisory.products.split_off(advisory.products.len().min(room));
            room -= advisory.products.len();
            self.not_taken.extend(beyond.iter().map(|row| words(row, &advisory.cves)));
        }
        self.advisories.retain(|advisory| !advisory.products.is_empty());
        self.n_more = self.not_taken.len().saturating_sub(NOTES_MAX);
        self.not_taken.truncate(NOTES_MAX);
    }
}

/// Cuts a text to what a cell holds; what was cut off.
fn cut(text: &mut String) -> Option<String> {
    let (at, _) = text.char_indices().nth(CELL_CHARS_MAX - 1)?;
    let rest = text.get(at..).unwrap_or_default();
    if rest.chars().count() <= 1 {
        return None;
    }
    let rest = rest.to_owned();
    text.truncate(at);
    text.push('…');
    Some(format!("…{rest}"))
}

fn words(row: &AffectedProduct, cves: &[String]) -> String {
    let cves = cves.join(", ");
    let cells = [row.vendor.as_str(), &row.product, &row.versions, &row.fixed_in, &cves];
    cells.into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" / ")
}

fn of_csaf(bytes: &[u8]) -> Read {
    let file = match csaf::read(bytes) {
        Ok(file) => file,
        Err(error) => {
            return Read { not_taken: vec![error.to_string()], ..Read::default() };
        }
    };
    let mut read = Read::default();
    let mut used = BTreeSet::new();
    // A product that the file names nowhere is among the unexplained.
    let is_named = |row: &&csaf::AffectedProduct| !row.product.is_empty() || !row.name.is_empty();
    for row in file.products.iter().filter(|row| is_affected(row.status)).filter(is_named) {
        let product = if row.product.is_empty() { &row.name } else { &row.product };
        let mended: Vec<&csaf::AffectedProduct> =
            file.products.iter().filter(|other| mends(other, row)).collect();
        used.extend(mended.iter().map(|other| other.product_id.as_str()));
        let versions: BTreeSet<&str> = mended.iter().map(|other| other.version.as_str()).collect();
        read.advisories.push(Advisory {
            cves: row.vulnerabilities.clone(),
            products: vec![AffectedProduct {
                vendor: row.vendor.clone(),
                product: product.clone(),
                versions: row.version.clone(),
                fixed_in: versions.into_iter().collect::<Vec<_>>().join(", "),
            }],
            remedy: remedy(&file, row),
            link: file.links.first().cloned().unwrap_or_default(),
        });
    }
    let other = file.products.iter().filter(|row| !is_affected(row.status));
    let other = other.filter(|row| !used.contains(row.product_id.as_str()));
    read.not_taken.extend(other.map(|row| format!("{:?}: {}", row.status, whole(row))));
    read.not_taken.extend(file.unexplained.iter().cloned());
    let told: BTreeSet<&String> =
        file.products.iter().flat_map(|row| &row.vulnerabilities).collect();
    let bare = file.vulnerabilities.iter().filter(|id| !told.contains(id));
    read.advisories.extend(bare.map(|id| of_id(id)));
    if file.left_out > 0 {
        read.not_taken.push(format!("+{}", file.left_out));
    }
    read
}

const fn is_affected(status: Status) -> bool {
    matches!(status, Status::KnownAffected | Status::UnderInvestigation)
}

/// Whether one row is the mended version of another.
fn mends(mended: &csaf::AffectedProduct, affected: &csaf::AffectedProduct) -> bool {
    matches!(mended.status, Status::Fixed | Status::Recommended)
        && (&mended.vendor, &mended.product) == (&affected.vendor, &affected.product)
        && !mended.version.is_empty()
        && (affected.vulnerabilities.is_empty()
            || mended.vulnerabilities.iter().any(|id| affected.vulnerabilities.contains(id)))
}

fn whole(row: &csaf::AffectedProduct) -> String {
    if row.name.is_empty() {
        return format!("{} {} {}", row.vendor, row.product, row.version).trim().to_owned();
    }
    row.name.clone()
}

/// What helps for a product, each text once.
fn remedy(file: &csaf::Advisory, row: &csaf::AffectedProduct) -> String {
    let helps = file.remediations.iter().filter(|one| {
        (one.product_ids.is_empty() || one.product_ids.contains(&row.product_id))
            && (one.vulnerability.is_empty() || row.vulnerabilities.contains(&one.vulnerability))
    });
    let mut texts: Vec<&str> = Vec::new();
    for text in helps.map(|one| one.details.trim()).filter(|text| !matches!(*text, "" | "-")) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(" ")
}

/// A row of which the product is still to be filled in.
fn of_id(id: &str) -> Advisory {
    Advisory {
        cves: vec![id.to_owned()],
        products: vec![AffectedProduct::default()],
        ..Advisory::default()
    }
}

/// Software of a STIX bundle with the vulnerabilities it is said to have, and the vulnerabilities of which no software is named.
fn of_stix(bytes: &[u8]) -> Read {
    let file: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let listed = file.get("objects").and_then(Value::as_array).or_else(|| file.as_array());
    let objects: Vec<&Value> = listed.map_or_else(|| vec![&file], |all| all.iter().collect());
    let of_type = |kind: &'static str| {
        let standing = |one: &&&Value| {
            text(one, "type") == kind && one.get("revoked") != Some(&Value::Bool(true))
        };
        objects.iter().filter(standing).copied().collect::<Vec<_>>()
    };
    let named: BTreeMap<&str, &str> =
        of_type("vulnerability").iter().map(|one| (text(one, "id"), text(one, "name"))).collect();
    let relations = of_type("relationship");
    let mut read = Read::default();
    let mut told = BTreeSet::new();
    for software in of_type("software") {
        let own = relations.iter().filter(|one| text(one, "source_ref") == text(software, "id"));
        let cves: BTreeSet<&str> =
            own.filter_map(|one| named.get(text(one, "target_ref")).copied()).collect();
        told.extend(cves.iter().copied());
        read.advisories.push(Advisory {
            cves: cves.into_iter().map(str::to_owned).collect(),
            products: vec![AffectedProduct {
                vendor: text(software, "vendor").to_owned(),
                product: text(software, "name").to_owned(),
                versions: text(software, "version").to_owned(),
                fixed_in: String::new(),
            }],
            ..Advisory::default()
        });
    }
    let bare: BTreeSet<&str> = named.into_values().filter(|name| !told.contains(name)).collect();
    read.advisories.extend(bare.into_iter().map(of_id));
    let known = ["vulnerability", "software", "marking-definition", "identity", "relationship"];
    let other = objects.iter().filter(|one| !known.contains(&text(one, "type")));
    let other = other.map(|one| [text(one, "type"), text(one, "name")].join(" "));
    read.not_taken.extend(other.map(|line| line.trim().to_owned()));
    read
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A list of CVE ids, however they are separated.
fn of_list(typed: &str) -> Read {
    let mut read = Read::default();
    let mut seen = BTreeSet::new();
    let parts = typed.split(|c: char| c.is_whitespace() || ",;、，\"'".contains(c));
    for part in parts.filter(|part| !part.is_empty()) {
        let id = part.to_uppercase();
        if !is_cve(&id) {
            read.not_taken.push(part.chars().filter(|c| !c.is_control()).take(100).collect());
        } else if seen.insert(id.clone()) {
            read.advisories.push(of_id(&id));
        }
    }
    read
}

fn is_cve(id: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(read: &Read) -> Vec<String> {
        let row = |advisory: &Advisory| {
            advisory.products.iter().map(|row| words(row, &advisory.cves)).collect::<Vec<_>>()
        };
        read.advisories.iter().flat_map(row).collect()
    }

    #[test]
    fn a_file_that_is_cut_off_is_called_broken_and_a_list_is_not() {
        for broken in [&b"{\"document\": {\"csaf_"[..], b" [1", b"PK\x03\x04\0\0"] {
            assert!(is_broken(broken), "{broken:?}");
        }
        for list in ["CVE-2026-0001, CVE-2026-0002", "影響なし", ""] {
            assert!(!is_broken(list.as_bytes()), "{list}");
        }
    }

    #[test]
    fn an_advisory_becomes_rows_with_what_mends_and_what_helps_and_the_rest_is_named() {
        let file = br#"{"document": {"csaf_version": "2.0", "title": "t", "tracking": {"id": "X-1"}},
            "product_tree": {"branches": [{"category": "vendor", "name": "Maker", "branches": [
                {"category": "product_name", "name": "Pump", "branches": [
                    {"category": "product_version_range", "name": "< 8.2.2", "product": {"name": "Pump < 8.2.2", "product_id": "A"}},
                    {"category": "product_version", "name": "8.2.2", "product": {"name": "Pump 8.2.2", "product_id": "B"}}]},
                {"category": "product_name", "name": "Viewer", "branches": [
                    {"category": "product_version", "name": "3", "product": {"name": "Viewer 3", "product_id": "C"}}]}]}]},
            "vulnerabilities": [
                {"cve": "CVE-2026-0001", "product_status": {"known_affected": ["A", "GHOST"], "fixed": ["B"], "known_not_affected": ["C"]},
                 "remediations": [{"category": "vendor_fix", "details": "Update.", "product_ids": ["A"]}]},
                {"cve": "CVE-2026-0002"}]}"#;
        let read = read(file);
        assert_eq!(
            rows(&read),
            ["Maker / Pump / < 8.2.2 / 8.2.2 / CVE-2026-0001", "CVE-2026-0002"],
            "{read:?}"
        );
        assert_eq!(read.advisories[0].remedy, "Update.");
        let left = read.not_taken.join("\n");
        assert!(left.contains("Viewer 3") && left.contains("GHOST"), "{left}");
    }

    #[test]
    fn a_bundle_gives_its_software_with_its_vulnerabilities_and_names_what_else_it_holds() {
        let file = br#"{"type": "bundle", "id": "bundle--1", "objects": [
            {"type": "software", "id": "software--1", "name": "FortiOS", "vendor": "Fortinet", "version": "6.0.4"},
            {"type": "vulnerability", "id": "vulnerability--1", "name": "CVE-2018-13379"},
            {"type": "vulnerability", "id": "vulnerability--2", "name": "CVE-2020-12812"},
            {"type": "relationship", "source_ref": "software--1", "target_ref": "vulnerability--1"},
            {"type": "malware", "id": "malware--1", "name": "Phobos"}]}"#;
        let read = read(file);
        assert_eq!(rows(&read), ["Fortinet / FortiOS / 6.0.4 / CVE-2018-13379", "CVE-2020-12812"]);
        assert_eq!(read.not_taken, ["malware Phobos"]);
    }

    #[test]
    fn a_list_gives_a_row_for_each_id_and_names_what_is_none() {
        let read = read("cve-2018-13379, CVE-2020-12812\nCVE-2018-13379 すぐに".as_bytes());
        assert_eq!(rows(&read), ["CVE-2018-13379", "CVE-2020-12812"]);
        assert_eq!(read.not_taken, ["すぐに"]);
    }

    #[test]
    fn rows_beyond_what_a_warning_holds_and_texts_that_are_cut_are_not_lost() {
        let ids: Vec<String> = (0..ROWS_MAX + 3).map(|n| format!("CVE-2026-{n:04}")).collect();
        let list = read(ids.join(" ").as_bytes());
        assert_eq!(list.advisories.len(), ROWS_MAX);
        assert_eq!(list.not_taken, ids[ROWS_MAX..]);
        let mut long = "あ".repeat(CELL_CHARS_MAX + 2);
        assert_eq!(cut(&mut long).as_deref(), Some("…あああ"));
        assert_eq!(long.chars().count(), CELL_CHARS_MAX);
    }
}
