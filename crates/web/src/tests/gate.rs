use axum::body::Body;
use sakimori_identity::{Role, access_stream};
use sakimori_words::Lang;

use super::browser::{Browser, world};

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_sign_in_page_and_back() {
    let world = world().await;
    let mut stranger = Browser::new(&world.sample.node, Lang::Ja);
    let page = stranger.get("/search?q=a&go=1").await;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), "/sign-in?next=%2Fsearch%3Fq%3Da%26go%3D1");
    let page = stranger.get(page.header("location")).await;
    assert_eq!(page.hidden("next"), "/search?q=a&go=1");
}

#[tokio::test]
async fn a_role_that_may_not_gets_a_trouble_and_the_refusal_is_on_record() {
    let world = world().await;
    let site = &world.sample.node;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = clerk.get("/search?go=1").await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("SK-IDENTITY-008"), "{}", page.text);
    let entries =
        site.store.stream_entries(&access_stream(site.clock.now()), 0, 100).await.unwrap();
    let refusal = entries.iter().find(|entry| entry.kind == "access_denied").unwrap();
    assert_eq!(refusal.body["action"], "search_logs");
}

#[tokio::test]
async fn a_search_is_on_record_with_its_statement() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    officer.get("/search?go=1&sql=SELECT+host+FROM+events").await;
    let mut reviewer = Browser::signed_in(site, Role::Reviewer, Lang::Ja).await;
    let page = reviewer.get("/access").await;
    assert!(page.text.contains("SELECT host FROM events"), "{}", page.text);
}

#[tokio::test]
async fn another_sites_page_cannot_act_for_the_person() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = browser
            .request("POST", "/sign-out")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::empty())
            .unwrap();
        let page = browser.send(request).await;
        assert_eq!(page.status, 403, "{name}: {value}");
        assert!(page.text.contains("SK-IDENTITY-018"), "{}", page.text);
    }
    assert_eq!(browser.get("/today").await.status, 200);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let world = world().await;
    let site = &world.sample.node;
    let mut browser = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let mut copy = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = browser.post("/sign-out", &[]).await;
    assert_eq!(page.header("location"), "/sign-in");
    let page = browser.get("/sign-in").await;
    assert!(page.text.contains("ログアウトしました"), "{}", page.text);
    assert_eq!(browser.get("/today").await.status, 303);
    assert_eq!(copy.get("/today").await.status, 200, "another session of the same person goes on");
}

#[tokio::test]
async fn a_sentence_after_a_redirect_is_shown_once() {
    let world = world().await;
    let site = &world.sample.node;
    let mut browser = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.post("/settings/link/exchange", &[]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(browser.get("/settings/link").await.text.contains("交信を始めました"));
    assert!(!browser.get("/settings/link").await.text.contains("交信を始めました"));
}

#[tokio::test]
async fn the_cookie_is_closed_to_scripts_and_other_sites() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let page = browser.post("/language", &[("lang", "en"), ("next", "//evil.example")]).await;
    assert_eq!(page.header("location"), "/today");
    assert_eq!(
        page.header("set-cookie"),
        "sakimori_lang=en; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
    );
}
