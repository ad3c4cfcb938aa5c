//! What people do with evidence through the screens, on a telephone as on a desk.

use std::sync::Arc;

use axum::body::Body;
use sakimori_identity::Role;
use sakimori_words::{Digest, Lang};

use super::super::tests::{has, has_not, send};
use crate::site::Site;
use crate::tests::browser::{Browser, Page, world};

async fn case(site: &Arc<Site>) -> String {
    let cases = site.cases.cases(None, 1).await.unwrap();
    format!("/cases/{}", cases.first().unwrap().id)
}

/// Sends a form with a file as the page does.
async fn hand_in(
    browser: &mut Browser,
    path: &str,
    texts: &[(&str, &str)],
    file: (&str, &[u8]),
) -> Page {
    let mut body = Vec::new();
    for (name, value) in texts {
        let part =
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"f\"\r\nContent-Type: text/html\r\n\r\n",
        file.0
    );
    body.extend(head.into_bytes());
    body.extend(file.1);
    body.extend(b"\r\n--x--\r\n");
    let request = browser
        .request("POST", path)
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn a_pulled_disk_is_recorded_in_one_form_and_opens_the_gate() {
    let world = world().await;
    let site = &world.sample.node;
    let evidence = format!("{}/evidence", case(site).await);
    let mut it = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let gate = format!("{evidence}/gate");
    let shut = it.post(&gate, &[("do", "rebuild"), ("machine", "EMR-DB01")]).await;
    assert_eq!(shut.status, 409);
    has(&shut, &["SK-RESPOND-050"]);
    let page = it.post(&format!("{evidence}/pull"), &[("ev-machine", "PC-9")]).await;
    has(&page, &["PC-9", "入力してください", "ディスクの製造番号"]);
    let fields = [
        ("ev-machine", "PC-9"),
        ("ev-serial", "S1"),
        ("ev-seal", "B-99"),
        ("ev-place", "金庫"),
        ("ev-completes", "yes"),
    ];
    let page = send(&mut it, &format!("{evidence}/pull"), &fields).await;
    has(&page, &["E-003", "B-99", "金庫", "封印して保管", "採取"]);
    let page = send(&mut it, &gate, &[("do", "rebuild"), ("machine", "PC-9")]).await;
    has(&page, &["再構築に回すことを記録しました", "連鎖は完全です"]);
    let page = it.get(&case(site).await).await;
    has(&page, &["PC-9 を再構築に回す", "受渡記録の連鎖", "証拠が未確保"]);
    let sheet = it.get(&format!("{}/sheet", case(site).await)).await;
    has(&sheet, &["受渡記録の連鎖", "ハッシュ値の不一致: E-002"]);
}

#[tokio::test]
async fn a_waiver_is_given_by_the_director_alone() {
    let world = world().await;
    let site = &world.sample.node;
    let evidence = format!("{}/evidence", case(site).await);
    let gate = format!("{evidence}/gate");
    let fields = [("do", "waive"), ("machine", "UKETSUKE-PC7"), ("waiver-reason", "救急を優先")];
    for role in [Role::SafetyOfficer, Role::Clerk, Role::Reviewer] {
        let mut other = Browser::signed_in(site, role, Lang::Ja).await;
        assert_eq!(other.post(&gate, &fields).await.status, 403, "{role:?}");
        has_not(&other.get(&evidence).await, &["value=\"waive\""]);
    }
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    has(&director.get(&evidence).await, &["value=\"waive\"", "予備のディスクがない"]);
    let page = send(&mut director, &gate, &fields).await;
    has(&page, &["証拠の放棄を記録しました", "救急を優先"]);
    let mine = [("do", "ask"), ("machine", "EMR-DB01"), ("waiver-reason", "急ぐ")];
    send(&mut director, &gate, &mine).await;
    let own = [("do", "waive"), ("machine", "EMR-DB01"), ("waiver-reason", "急ぐ")];
    let refused = director.post(&gate, &own).await;
    assert_eq!(refused.status, 409, "nobody grants what they asked for");
    has(&refused, &["SK-RESPOND-052"]);
}

#[tokio::test]
async fn a_photograph_is_told_by_its_bytes_and_kept_as_it_was() {
    let world = world().await;
    let site = &world.sample.node;
    let item = format!("{}/evidence/E-001", case(site).await);
    let mut it = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = hand_in(&mut it, &format!("{item}/photo"), &[], ("photo", b"<script>")).await;
    has(&page, &["JPEG か PNG の写真"]);
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe1][..], b"Exif camera"].concat();
    let page =
        hand_in(&mut it, &format!("{item}/photo"), &[("photo-note", "札と封印")], ("photo", &jpeg))
            .await;
    assert_eq!(page.status, 303, "{}", page.text);
    let address = format!("{item}/photos/{}", Digest::of(&jpeg));
    has(&it.get(&item).await, &[&address, "札と封印"]);
    let photo = it.get(&address).await;
    assert_eq!(photo.header("content-type"), "image/jpeg");
    assert_eq!(photo.header("x-content-type-options"), "nosniff");
    assert!(photo.text.contains("Exif camera"));
    assert_eq!(it.get(&format!("{item}/photos/{}", Digest::of(b"other"))).await.status, 404);
}

#[tokio::test]
async fn an_acquisition_record_completes_an_item_and_a_hostile_one_is_refused_with_its_reason() {
    let world = world().await;
    let site = &world.sample.node;
    let evidence = format!("{}/evidence", case(site).await);
    let mut it = Browser::signed_in(site, Role::SafetyOfficer, Lang::En).await;
    let path = format!("{evidence}/manifest");
    let page = hand_in(&mut it, &path, &[], ("manifest", b"{\"kind\":1}")).await;
    has(&page, &["Cannot be imported: line 1"]);
    let nameless = format!(
        "{{\"format\":\"sakimori-evidence/1\",\"kind\":\"disk\",\"sha256\":\"{}\",\"size_bytes\":9}}",
        "d".repeat(64)
    );
    let page = hand_in(&mut it, &path, &[], ("manifest", nameless.as_bytes())).await;
    has(&page, &["id=\"problems\"", "href=\"#f-manifest-machine\""]);
    let sha256 = "d".repeat(64);
    let manifest = format!(
        "{{\"format\":\"sakimori-evidence/1\",\"kind\":\"disk\",\"sha256\":\"{sha256}\",\"size_bytes\":9}}"
    );
    let fields = [("manifest-item", "E-001")];
    let page = hand_in(&mut it, &path, &fields, ("manifest", manifest.as_bytes())).await;
    assert_eq!(page.status, 303, "{}", page.text);
    has(&it.get(&format!("{evidence}/E-001")).await, &[&sha256, "Acquired, not verified"]);
    let fields = [("handle-kind", "check"), ("handle-hash", &*"e".repeat(64))];
    let page = send(&mut it, &format!("{evidence}/E-001/handle"), &fields).await;
    has(&page, &["DIGESTS DO NOT MATCH. Recorded."]);
    let form = it.get(&format!("{evidence}/E-001/form")).await;
    has(
        &form,
        &["Custody record of an item of evidence", "DIGESTS DO NOT MATCH", "Custody chain: "],
    );
    let labels = it.get(&format!("{evidence}/labels")).await;
    has(&labels, &["<svg", "E-001", "E-002", "Do not open or use"]);
}

#[tokio::test]
async fn files_for_others_carry_case_length_and_head() {
    let world = world().await;
    let site = &world.sample.node;
    let case = case(site).await;
    let mut it = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    for (ending, part) in
        [("csv", "chain_head"), ("jsonl", "sakimori-custody/1"), ("jsonld", "ProvenanceRecord")]
    {
        let file = it.get(&format!("{case}/custody.{ending}")).await;
        assert_eq!(file.status, 200, "{ending}: {}", file.text);
        assert!(file.text.contains(part), "{ending}");
        let name = file.header("content-disposition").to_owned();
        assert!(name.contains("-v") && name.ends_with(&format!(".{ending}\"")), "{name}");
        let digest = Digest::of(file.text.as_bytes()).to_string();
        assert_eq!(file.header("x-sakimori-sha256"), digest);
    }
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    assert_eq!(clerk.get(&format!("{case}/custody.csv")).await.status, 403);
}

/// Name with the number or the id, the version and the first digits of the digest; header with the whole digest.
fn tells_what_it_is(file: &Page, path: &str, of: &str) {
    assert_eq!(file.status, 200, "{path}: {}", file.text);
    let digest = file.header("x-sakimori-sha256");
    assert_eq!(digest.len(), 64, "{path}");
    let name = file.header("content-disposition");
    assert!(name.contains(of) && name.contains(digest.get(..12).unwrap()), "{path}: {name}");
    if !file.text.contains('\u{fffd}') {
        assert_eq!(digest, Digest::of(file.text.as_bytes()).to_string(), "{path}");
    }
}

#[tokio::test]
async fn every_file_that_is_handed_out_says_what_it_is_and_of_which_state() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let id = room.rsplit('/').next().unwrap();
    let mut it = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let file = it.get(&format!("{room}/timeline.csv")).await;
    let n_lines = site.cases.timeline(&id.into()).await.unwrap().len();
    tells_what_it_is(&file, "timeline", &format!("{id}-v{n_lines}-"));
    it.post(&format!("{room}/note"), &[("note", "もう1行"), ("note-kind", "fact")]).await;
    let later = it.get(&format!("{room}/timeline.csv")).await;
    tells_what_it_is(&later, "timeline", &format!("{id}-v{}-", n_lines + 1));
    assert_ne!(file.header("content-disposition"), later.header("content-disposition"));
    let own = site.settings.organisation.to_string();
    let contacts = it.get("/readiness/contacts/export.csv").await;
    tells_what_it_is(&contacts, "contacts", &format!("contacts-{own}-v2026-11-20-21-47-"));

    let fields = [
        ("stage", "prompt"),
        ("addressee", "org-ministry"),
        ("party-person", "見本 太郎"),
        ("party-phone", "06-0000-9999"),
    ];
    let report = it.post(&format!("{room}/reports/new"), &fields).await;
    let report = report.header("location").to_owned();
    let number = site.cases.report(&report.rsplit('/').next().unwrap().into()).await.unwrap();
    for ending in ["pdf", "xlsx", "txt"] {
        let path = format!("{report}/report.{ending}");
        let file = it.get(&path).await;
        tells_what_it_is(&file, &path, &format!("sakimori-{}-", number.paper_number()));
    }
    for ending in ["csv", "jsonl", "jsonld"] {
        let path = format!("{room}/custody.{ending}");
        let file = it.get(&path).await;
        let head = site.cases.custody_head(&id.into()).await.unwrap();
        assert_eq!(file.header("x-sakimori-sha256"), Digest::of(file.text.as_bytes()).to_string());
        assert!(file.header("content-disposition").contains(&format!("{id}-v{}-", head.n)));
    }
    let hub = &world.sample.hub;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let file = officer.get("/office/cases.csv").await;
    let own = hub.settings.organisation.to_string();
    tells_what_it_is(&file, "office cases", &format!("office-cases-{own}-v2026-"));
}

#[tokio::test]
async fn closing_a_case_names_the_machines_without_evidence_first() {
    let world = world().await;
    let site = &world.sample.node;
    let case = case(site).await;
    let mut it = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let fields = [("act", "close"), ("case-close-reason", "誤検知"), ("how", "dismissed")];
    let page = it.post(&format!("{case}/close"), &fields).await;
    has(&page, &["証拠を確保も放棄もしていない機器があります: EMR-DB01, UKETSUKE-PC7"]);
    let seen = page.hidden("unsecured-seen");
    let again = [fields[0], fields[1], fields[2], ("unsecured-seen", &seen)];
    has(&send(&mut it, &format!("{case}/close"), &again).await, &["誤検知"]);
}
