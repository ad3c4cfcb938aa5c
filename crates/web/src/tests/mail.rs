//! Handing in a suspicious mail through the screens.

use axum::body::Body;
use sakimori_identity::Role;
use sakimori_words::Lang;

use super::browser::{Browser, Page, world};

const MAIL: &str = "From: =?UTF-8?B?5bGx55Sw?= <yamada@rnihon-hp.example>\r\nTo: <soumu@mihon-hp.example>\r\n\
    Subject: invoice\r\nMessage-ID: <9@rnihon-hp.example>\r\n\r\nhttps://203.0.113.9/x\r\n";

/// Hands in a file as the form of the page does.
async fn hand_in(browser: &mut Browser, name: &str, bytes: &[u8]) -> Page {
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"mail\"; filename=\"{name}\"\r\nContent-Type: message/rfc822\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
    let request = browser
        .request("POST", "/mail")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn staff_hand_a_mail_in_and_are_answered_at_once_in_their_language() {
    let world = world().await;
    let site = &world.sample.node;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = hand_in(&mut clerk, "a.eml", MAIL.as_bytes()).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let address = page.header("location").to_owned();
    let page = clerk.get(&address).await;
    assert!(
        page.text.contains("危険なメールです。開かないでください")
            && page.text.contains("内線 1234")
    );
    assert!(page.text.contains("hxxps://203[.]0[.]113[.]9/x"), "{}", page.text);
    assert!(!page.text.contains("href=\"https://203"), "nothing of a stranger's can be pressed");
    assert!(clerk.get("/mail").await.text.contains(&address), "one's own are listed");
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::En).await;
    assert!(officer.get(&address).await.text.contains("This mail is dangerous"));
    assert!(officer.get("/findings").await.text.contains("staff handed in a dangerous mail"));
}

#[tokio::test]
async fn mails_of_others_are_seen_by_whoever_must_and_it_is_on_record() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let list = officer.get("/mail").await;
    let one = list.links().into_iter().find(|link| link.starts_with("/mail/0")).unwrap();
    let others = officer.get(&format!("{one}/others")).await;
    assert!(others.text.contains("soumu@mihon-hp.example") && others.text.contains("届いた"));
    let stream = sakimori_identity::access_stream(site.clock.now());
    let entries = site.store.stream_entries(&stream, 0, 1_000).await.unwrap();
    assert!(entries.iter().any(|entry| entry.body["action"] == "view_mails"));
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    assert!(!director.get("/mail").await.links().contains(&one));
    assert_eq!(director.get(&one).await.status, 403);
    assert_eq!(director.get(&format!("{one}/others")).await.status, 403);
}

#[tokio::test]
async fn what_is_no_mail_is_said_beside_the_field_and_too_much_is_refused() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    for bytes in [&b"\x89PNG\r\n"[..], b""] {
        let page = hand_in(&mut clerk, "a.png", bytes).await;
        assert!(page.status.is_success(), "{}", page.text);
        assert!(page.text.contains("id=\"p-mail\""), "{}", page.text);
    }
    let page = hand_in(&mut clerk, "a.eml", &vec![b'a'; 16 << 20]).await;
    assert_eq!(page.status, 413);
    assert!(page.text.contains("SK-WATCH-042"), "{}", page.text);
}

#[tokio::test]
async fn the_house_describes_itself_and_a_wrong_domain_is_named() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = officer.post("/mail/house", &[("mail-own", "midori hp")]).await;
    assert!(page.text.contains("「midori hp」は使えません"), "{}", page.text);
    let page =
        officer.post("/mail/house", &[("mail-own", "midori-hp.or.jp\r\nmidori.example")]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert_eq!(site.mail.house().await.unwrap().own_domains, ["midori-hp.or.jp", "midori.example"]);
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    assert_eq!(clerk.post("/mail/house", &[("mail-own", "")]).await.status, 403);
}
