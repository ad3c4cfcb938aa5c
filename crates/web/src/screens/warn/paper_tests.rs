//! What people can rely on with warnings on paper and the library of past notices.

use axum::body::Body;
use sakimori_identity::Role;
use sakimori_words::Lang;

use crate::screens::respond::tests::{has, has_not};
use crate::tests::browser::{Browser, Page, world};

async fn enter(browser: &mut Browser, fields: &[(&str, &str)], file: &[u8]) -> Page {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(head.as_bytes());
    }
    let head = "--x\r\ncontent-disposition: form-data; name=\"paper-file\"; filename=\"a\"\r\n\r\n";
    body.extend([head.as_bytes(), file, b"\r\n--x--\r\n"].concat());
    let request = browser
        .request("POST", "/papers/new")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn a_fax_is_typed_in_proposed_as_the_same_and_becomes_a_route_when_a_person_says_so() {
    let world = world().await;
    let node = &world.sample.node;
    let received = node.warnings.received(None, 1).await.unwrap().remove(0);
    let warning = received.current().unwrap().warning.clone();
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    has(&clerk.get("/warnings").await, &["紙・FAX・メールの注意喚起を入力"]);
    let page = enter(&mut clerk, &[("do", "save"), ("came-by", "fax")], b"").await;
    has(&page, &["件名: 入力してください"]);
    let fields = [
        ("do", "save"),
        ("came-by", "fax"),
        ("paper-title", warning.content.title.as_str()),
        ("paper-from", "県医師会"),
    ];
    let page = enter(&mut clerk, &fields, b"").await;
    let path = page.header("location").to_owned();
    assert_eq!(page.status, 303);
    let page = clerk.get(&path).await;
    has(&page, &["署名のない文書です", "件名が同じ", "同じものとする", "別の文書とする"]);
    let item = format!("/warnings{}", super::key_path(&warning.key));
    has(&clerk.get(&item).await, &["これと同じかもしれないもの"]);
    let mut reviewer = Browser::signed_in(node, Role::Reviewer, Lang::Ja).await;
    has_not(&reviewer.get(&path).await, &["同じものとする"]);
    let of = format!("warning{}", super::key_path(&warning.key));
    let same = [("do", "same"), ("of", of.as_str())];
    assert_eq!(reviewer.post(&path, &same).await.status, 403);
    assert_eq!(clerk.post(&path, &[("do", "same"), ("of", "warning/x/y")]).await.status, 404);
    assert_eq!(clerk.post(&path, &same).await.status, 303);
    has(&clerk.get(&path).await, &["同じものと確認:", "見本 事務担当"]);
    has(&clerk.get(&item).await, &["FAX（署名なし） 県医師会"]);
    has_not(&clerk.get("/warnings").await, &[&format!("href=\"{path}\"")]);
    clerk.post(&path, &[("do", "another")]).await;
    has(&clerk.get("/warnings").await, &[&format!("href=\"{path}\"")]);
}

#[tokio::test]
async fn a_mail_file_fills_the_form_a_pdf_is_kept_and_an_unsigned_notice_is_dealt_with_here() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let mail = "From: office@example.jp\r\nSubject: VPN no kinkyu\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n医政研発０３１４第一号\r\n令和六年三月十四日\r\n本文です\r\n";
    let page = enter(&mut clerk, &[("do", "read"), ("came-by", "mail")], mail.as_bytes()).await;
    has(&page, &["VPN no kinkyu", "医政研発0314第1号", "2024-03-14", "本文です"]);
    let pdf = b"%PDF-1.7 <script>alert(1)</script>";
    let page = enter(&mut clerk, &[("do", "read"), ("came-by", "letter")], pdf).await;
    has(&page, &["PDFを預かりました"]);
    let digest = page.hidden("file-digest");
    let fields = [
        ("do", "save"),
        ("came-by", "letter"),
        ("paper-title", "郵送の通知"),
        ("file-digest", digest.as_str()),
        ("file-name", "document.pdf"),
    ];
    let path = enter(&mut clerk, &fields, b"").await.header("location").to_owned();
    let file = clerk.get(&format!("{path}/file")).await;
    assert_eq!(file.header("content-type"), "application/pdf");
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert_eq!(file.text.as_bytes(), pdf);
    let handled = [("do", "handle"), ("paper-answer", "not-affected"), ("paper-note", "対象なし")];
    assert_eq!(clerk.post(&path, &handled).await.status, 303);
    has(&clerk.get(&path).await, &["該当なし 対象なし 見本 事務担当"]);
}

#[tokio::test]
async fn the_library_finds_notices_warnings_and_papers_by_words_in_any_width() {
    let world = world().await;
    for (site, role) in [(&world.sample.node, Role::Clerk), (&world.sample.hub, Role::Officer)] {
        let mut browser = Browser::signed_in(site, role, Lang::Ja).await;
        let page = browser.get("/library").await;
        has(&page, &["伊勢志摩サミット", "令和5年12月21日", "求められていること"]);
        let page = browser.get("/library?library-words=%EF%BC%A6%EF%BD%8F%EF%BD%92%EF%BD%94%EF%BD%89%EF%BC%AF%EF%BC%B3").await;
        has_not(&page, &["伊勢志摩サミット"]);
        has(&page, &["1件"]);
        has(&browser.get("/library?library-words=zzzzzz").await, &["0件"]);
    }
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    has(&officer.get("/library").await, &["ひな形として使う"]);
    let notices = world.sample.hub.content.notices();
    let templates = world.sample.hub.content.templates();
    assert!(notices.iter().all(|notice| templates.iter().any(|one| one.notice == notice.id)));
}
