//! What people can rely on with files that go with a warning.

use axum::body::Body;
use sakimori_identity::Role;
use sakimori_words::{Digest, Lang};

use super::tests::exchange;
use crate::sample::OneWire;
use crate::screens::respond::tests::{has, has_not, send};
use crate::tests::browser::{Browser, Page, world};

const PDF: &[u8] = b"%PDF-1.7\nhow the attack goes\n";
const NAME: &str = "別添1 攻撃の流れ.pdf";

/// The fields of a warning that is complete.
const FIELDS: [(&str, &str); 7] = [
    ("class", "normal"),
    ("warning-title", "添付のある注意喚起"),
    ("warning-body", "別添を確認してください。"),
    ("warning-number", "事務連絡"),
    ("issuer", "見本係"),
    ("issued-on", "2026-12-01"),
    ("tlp", "TLP:CLEAR"),
];

async fn attach(browser: &mut Browser, at: &str, kept: &[&str], name: &str, file: &[u8]) -> Page {
    let mut body = Vec::new();
    let kept = kept.iter().map(|line| ("attachment", *line));
    for (name, value) in FIELDS.into_iter().chain(kept) {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    let head = format!(
        "--x\r\ncontent-disposition: form-data; name=\"attachment-file\"; filename=\"{name}\"\r\n\r\n"
    );
    body.extend([head.as_bytes(), file, b"\r\n--x--\r\n"].concat());
    let request = browser
        .request("POST", &format!("{at}/attach"))
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

/// What the form carries on for the file.
fn line(name: &str, bytes: &[u8]) -> String {
    format!("{} {} {name}", Digest::of(bytes), bytes.len())
}

#[tokio::test]
async fn a_file_is_attached_seen_by_the_releaser_and_read_at_the_hospital_once_it_came() {
    let world = world().await;
    let (hub, node) = (&world.sample.hub, &world.sample.node);
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let page = attach(&mut officer, "/outbox/new", &[], NAME, PDF).await;
    has(&page, &[NAME, "添付のある注意喚起", "を外す"]);
    let kept = line(NAME, PDF);
    let carried = [("attachment", kept.as_str()), ("do", "submit")];
    let fields: Vec<_> = FIELDS.into_iter().chain(carried).collect();
    let draft = officer.post("/outbox/new", &fields).await.header("location").to_owned();
    let digest = Digest::of(PDF).to_string();
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    has(&approver.get(&draft).await, &["添付資料", NAME, &digest]);
    assert_eq!(approver.get(&format!("{draft}/attachments/{digest}")).await.text.as_bytes(), PDF);
    let released = approver.post(&draft, &[("do", "release")]).await.header("location").to_owned();
    let own = approver.get(&format!("{released}/attachments/{digest}")).await;
    assert_eq!((own.text.as_bytes(), own.header("content-type")), (PDF, "application/pdf"));
    assert!(
        own.header("content-disposition").starts_with("attachment; "),
        "a browser only saves it"
    );
    assert!(own.header("content-disposition").contains("filename*=UTF-8''%E5%88%A5"));
    has(&approver.get(&released).await, &["添付資料", NAME]);

    exchange(hub, node).await;
    let received = format!("/warnings{}", released.trim_start_matches("/coverage"));
    let file = format!("{received}/attachments/{digest}");
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    has(&clerk.get(&received).await, &[NAME, "SHA-256", &digest]);
    let early = clerk.get(&file).await;
    assert_eq!(early.status, 404);
    has(&early, &["添付資料がまだ届いていません", "数分後にもう一度"]);
    let wire = OneWire(std::sync::Arc::clone(&hub.post));
    node.post.fetch_files(&hub.settings.organisation, &wire).await.unwrap();
    assert_eq!(clerk.get(&file).await.text.as_bytes(), PDF);
    let other = Digest::of(b"another").to_string();
    assert_eq!(clerk.get(&format!("{received}/attachments/{other}")).await.status, 404);
}

#[tokio::test]
async fn only_documents_are_attached_and_what_is_wrong_is_said_with_everything_typed_kept() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    for (name, file) in [("tool.exe", &b"MZ"[..]), ("手順.pdf", b"MZ\x90"), ("", b"")] {
        let page = attach(&mut officer, "/outbox/new", &[], name, file).await;
        has(&page, &["このファイルは添付できません", "添付のある注意喚起"]);
        has_not(&page, &["を外す"]);
    }
    let kept = line(NAME, PDF);
    let page = attach(&mut officer, "/outbox/new", &[&kept], NAME, PDF).await;
    has(&page, &["10個まで"]);
    // A line of the form that names a file nobody has put there is not released.
    let strange = line("a.pdf", b"not here");
    let forged = [("attachment", strange.as_str()), ("do", "submit")];
    let fields: Vec<_> = FIELDS.into_iter().chain(forged).collect();
    assert_eq!(officer.post("/outbox/new", &fields).await.status, 404);
    let dropped = Digest::of(PDF).to_string();
    let taken_off =
        [("attachment", kept.as_str()), ("attachment-drop", &dropped), ("do", "submit")];
    let fields: Vec<_> = FIELDS.into_iter().chain(taken_off).collect();
    has_not(&send(&mut officer, "/outbox/new", &fields).await, &[NAME]);
    let mut inspector = Browser::signed_in(&world.sample.hub, Role::Inspector, Lang::Ja).await;
    assert_eq!(attach(&mut inspector, "/outbox/new", &[], NAME, PDF).await.status, 403);
}
