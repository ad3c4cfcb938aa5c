use std::collections::{BTreeSet, VecDeque};

use sakimori_identity::Role;
use sakimori_words::{Digest, Lang};

use super::browser::{Browser, Page, world};
use crate::{CONTENT_SECURITY, assets};

/// Follows every link of the site from the menu on, as one person.
pub(crate) async fn walk(browser: &mut Browser) -> Vec<(String, Page)> {
    walk_from(browser, "/today").await
}

/// Follows every link from that page on.
pub(crate) async fn walk_from(browser: &mut Browser, first: &str) -> Vec<(String, Page)> {
    let mut waiting = VecDeque::from([first.to_owned()]);
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut pages = Vec::new();
    while let Some(path) = waiting.pop_front() {
        let page = browser.get(&path).await;
        for link in page.links() {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            // Every value of a search leads to another search: some of them stand for all.
            let n_searches = seen.iter().filter(|path| path.starts_with("/search")).count();
            let enough = link.starts_with("/search") && n_searches > 40;
            if !link.is_empty() && !enough && seen.insert(link.clone()) && seen.len() < 400 {
                waiting.push_back(link);
            }
        }
        pages.push((path, page));
    }
    pages
}

/// What every page keeps to, whoever looks at it.
pub(crate) fn check(path: &str, page: &Page, lang: Lang) {
    if page.status.is_redirection() {
        return;
    }
    assert!(page.status.is_success(), "{path}: {} {}", page.status, page.text);
    if !page.header("content-type").starts_with("text/html") {
        return;
    }
    assert_eq!(page.header("content-security-policy"), CONTENT_SECURITY, "{path}");
    assert_eq!(page.header("cache-control"), "no-store", "{path}");
    assert!(
        !page.has_script_of_strangers(),
        "{path}: a stranger's text is not escaped\n{}",
        page.text
    );
    assert!(
        !page.text.contains(" style=") && !page.text.contains(" onclick="),
        "{path}: inline code"
    );
    assert!(page.text.contains(&format!("<html lang=\"{}\"", lang.tag())), "{path}: language");
    assert_eq!(page.text.matches("<h1").count(), 1, "{path}: one h1");
    assert_eq!(unknown_words(&page.text), [""; 0], "{path}: words without an entry");
    labels_stand_by_their_fields(path, &page.text);
}

/// Keys that show themselves because no entry exists: lower-case words with hyphens standing alone in an element.
fn unknown_words(text: &str) -> Vec<String> {
    let inside = text.split('>').filter_map(|part| part.split('<').next()).map(str::trim);
    let known = [
        "field-", "hint-", "menu-", "flash-", "problem-", "lamp-", "today-", "level-", "action-",
        "trouble-",
    ];
    inside
        .filter(|text| known.iter().any(|start| text.starts_with(start)) && !text.contains(' '))
        .map(str::to_owned)
        .collect()
}

fn labels_stand_by_their_fields(path: &str, text: &str) {
    let ids: Vec<&str> =
        text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "{path}: an id is there twice: {ids:?}");
    for target in text.split("<label for=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(unique.contains(target), "{path}: a label without its field: {target}");
    }
}

#[tokio::test]
async fn every_page_a_person_can_reach_is_whole_in_both_languages() {
    let world = world().await;
    let sides = [
        (&world.sample.node, Role::SafetyOfficer),
        (&world.sample.node, Role::Administrator),
        (&world.sample.node, Role::Director),
        (&world.sample.hub, Role::Officer),
        (&world.sample.hub, Role::Approver),
        (&world.sample.hub, Role::Administrator),
    ];
    for (site, role) in sides {
        for lang in [Lang::Ja, Lang::En] {
            let mut browser = Browser::signed_in(site, role, lang).await;
            let pages = walk(&mut browser).await;
            assert!(pages.len() > 5, "{role:?} reaches only {} pages", pages.len());
            pages.iter().for_each(|(path, page)| check(path, page, lang));
        }
    }
}

#[tokio::test]
async fn every_screen_in_the_menu_is_reached() {
    let world = world().await;
    for (site, role) in
        [(&world.sample.node, Role::SafetyOfficer), (&world.sample.hub, Role::Officer)]
    {
        let mut browser = Browser::signed_in(site, role, Lang::Ja).await;
        let today = browser.get("/today").await;
        for screen in crate::screens::all() {
            let Some(menu) = &screen.menu else { continue };
            let principal = site
                .identity
                .session(&crate::sample::token(site, role).await.unwrap())
                .await
                .unwrap()
                .unwrap();
            let shown = menu.side.is_none_or(|side| side == site.settings.side)
                && crate::visit::may(site, &principal, menu.action);
            assert_eq!(
                today.links().contains(&screen.path.to_owned()),
                shown,
                "{} for {role:?}",
                screen.path
            );
        }
    }
}

#[tokio::test]
async fn a_search_shows_its_statement_its_rows_and_its_mistakes() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/search?go=1&q=VPN&period=7d").await;
    check("/search", &page, Lang::Ja);
    assert!(page.text.contains("ILIKE"), "{}", page.text);
    assert!(page.text.contains("検索結果: "), "{}", page.text);
    let page = browser.get("/search?go=1&sql=SELECT+broken").await;
    check("/search", &page, Lang::Ja);
    assert!(page.text.contains("line 1, column 8"), "{}", page.text);
    let csv = browser.get("/search.csv?sql=SELECT+1").await;
    assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.text);
    assert!(csv.text.starts_with("\u{feff}time,"), "{}", csv.text);
    let file = browser.get("/search.parquet?q=host:a").await;
    assert!(file.header("content-disposition").contains("sakimori-search.parquet"));
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_shown_with_its_place_and_runs_nothing() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/search?go=1&q=host%3Aa+OR").await;
    check("/search", &page, Lang::Ja);
    assert!(page.text.contains("10文字目: 「OR」の後に条件か値が必要です"), "{}", page.text);
    assert!(!page.text.contains("検索結果"), "{}", page.text);
    assert_eq!(browser.get("/search.csv?q=host%3Aa+OR").await.status, 400);
}

#[tokio::test]
async fn bars_values_and_events_lead_to_narrower_searches() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::En).await;
    let page = browser.get("/search?go=1&q=status:success").await;
    let links = page.links();
    let has = |part: &str| links.iter().any(|link| link.contains(part));
    assert!(has("q=status%3Asuccess+host%3AVPN-01"), "{links:?}");
    assert!(has("q=status%3Asuccess+-host%3AVPN-01"), "{links:?}");
    assert!(has("from=2026-11-20+21%3A00%3A00&to=2026-11-20+22%3A00%3A00"), "{links:?}");
    let event = links.iter().find(|link| link.starts_with("/search/event")).unwrap();
    let page = browser.get(event).await;
    check(event, &page, Lang::En);
    assert!(page.links().iter().any(|link| link.contains("class%3Arecord")), "{}", page.text);
}

#[tokio::test]
async fn patients_are_masked_until_a_person_with_the_right_asks_and_it_is_on_record() {
    let world = world().await;
    let site = &world.sample.node;
    let mut browser = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/search?go=1&q=class:record").await;
    assert!(page.text.contains("P-3f2a90c1d4e5") && !page.text.contains("0012345"));
    let shown = page.links().into_iter().find(|link| link.contains("patients=yes")).unwrap();
    let page = browser.get(&shown).await;
    assert!(page.text.contains("0012345"), "{}", page.text);
    let stream = sakimori_identity::access_stream(site.clock.now());
    let entries = site.store.stream_entries(&stream, 0, 100).await.unwrap();
    assert!(entries.iter().any(|entry| entry.body["action"] == "view_patients"));
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    assert_eq!(director.get(&shown).await.status, 403);
}

#[tokio::test]
async fn a_followed_search_draws_itself_anew() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/search?go=1&q=host:a&live=yes").await;
    check("/search", &page, Lang::Ja);
    assert!(page.text.contains("id=\"result\" data-part"), "{}", page.text);
    assert!(page.text.contains("data-live="), "{}", page.text);
    let still = browser.get("/search?go=1&q=SELECT+1&live=yes").await;
    assert!(!still.text.contains("data-part"), "{}", still.text);
}

#[tokio::test]
async fn the_interface_for_programs_answers_and_describes_itself() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::En).await;
    let status: serde_json::Value =
        serde_json::from_str(&browser.get("/api/v1/status").await.text).unwrap();
    assert_eq!(status["proof"], "intact");
    let findings: serde_json::Value =
        serde_json::from_str(&browser.get("/api/v1/findings").await.text).unwrap();
    assert!(!findings.as_array().unwrap().is_empty());
    let described: serde_json::Value =
        serde_json::from_str(&browser.get("/api/v1/openapi.json").await.text).unwrap();
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/api/v1/findings", "/api/v1/search", "/api/v1/status"]);
    let mut stranger = Browser::new(&world.sample.node, Lang::En);
    let page = stranger.get("/api/v1/status").await;
    assert_eq!(page.status, 401);
    let trouble: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!(trouble["code"], "SK-IDENTITY-007");
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_method_are_troubles_in_the_visitors_language() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let page = browser.get("/no/such/page").await;
    assert_eq!(page.status, 404);
    assert!(
        page.text.contains("SK-WEB-001") && page.text.contains("このページは見つかりません"),
        "{}",
        page.text
    );
    let page = browser.post("/today", &[]).await;
    assert_eq!(page.status, 405);
    assert!(page.text.contains("SK-WEB-005"), "{}", page.text);
    let page = browser.post("/language", &[("lang", &"x".repeat(300_000))]).await;
    assert_eq!(page.status, 413);
}

#[test]
fn the_script_stays_small_and_nothing_evaluates_text() {
    let script = assets::SCRIPT.text();
    assert!(script.lines().count() < 200, "{} lines", script.lines().count());
    for word in ["eval(", "innerHTML = ", "new Function", "document.write"] {
        assert!(!script.contains(word), "{word}");
    }
}

#[test]
fn every_trouble_of_the_screens_has_its_own_code_and_both_languages() {
    let codes: BTreeSet<&str> = crate::TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), crate::TROUBLES.len());
    for kind in crate::TROUBLES {
        assert!(kind.what.iter().chain(&kind.now).all(|text| !text.is_empty()), "{}", kind.code);
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_its_sender_can_be_shut_out() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let made = officer.post("/sources/senders", &[("sender-name", "fluentbit-01")]).await;
    check("/sources/senders", &made, Lang::Ja);
    let token = made.text.split("skm_").nth(1).and_then(|rest| rest.get(..64)).unwrap();
    let token = format!("skm_{token}");
    let sender = site.senders.recognise(&token).await.unwrap().unwrap();
    assert_eq!(sender.source(), "http/fluentbit-01");
    let list = officer.get("/sources/senders").await;
    assert!(list.text.contains("fluentbit-01") && !list.text.contains(&token));
    for (name, wrong) in
        [("fluentbit-01", "もうあります"), ("a b", "使えません"), ("", "入力してください")]
    {
        let page = officer.post("/sources/senders", &[("sender-name", name)]).await;
        check("/sources/senders", &page, Lang::Ja);
        assert!(page.text.contains(wrong), "{name}: {}", page.text);
    }
    let page = officer.post("/sources/senders/revoke", &[("name", "fluentbit-01")]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert_eq!(site.senders.recognise(&token).await.unwrap(), None);
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = clerk.post("/sources/senders", &[("sender-name", "x")]).await;
    assert_eq!(page.status, 403, "{}", page.text);
}

#[tokio::test]
async fn a_certificate_is_withdrawn_by_whoever_manages_sources_and_by_nobody_else() {
    let world = world().await;
    let site = &world.sample.node;
    let fingerprint = Digest::of(b"kept").to_string();
    let withdraw = [("fingerprint", fingerprint.as_str())];
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = clerk.post("/sources/senders/certificates/withdraw", &withdraw).await;
    assert_eq!(page.status, 403, "{}", page.text);
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::En).await;
    let list = officer.get("/sources/senders").await;
    check("/sources/senders", &list, Lang::En);
    assert!(list.text.contains(&fingerprint), "{}", list.text);
    let page = officer.post("/sources/senders/certificates/withdraw", &withdraw).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(site.senders.withdrawn_certificates().await.unwrap().contains(&Digest::of(b"kept")));
    let list = officer.get("/sources/senders").await;
    assert!(!list.text.contains(&fingerprint), "no button any more: {}", list.text);
    let page = officer.post("/sources/senders/certificates/withdraw", &withdraw).await;
    assert_eq!(page.status, 404, "{}", page.text);
}

#[tokio::test]
async fn a_search_is_saved_for_everybody_who_may_search_until_somebody_removes_it() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let night = [("q", "class:vpn host:vpn-*"), ("period", "7d"), ("source", "syslog/10.0.0.5")];
    let page = officer.get("/search?q=class%3Avpn+host%3Avpn-*&period=7d").await;
    assert!(page.text.contains("<code>class:vpn host:vpn-*</code>"), "{}", page.text);
    let save = |name: &'static str| [&night[..], &[("go", "1"), ("search-name", name)]].concat();
    let page = officer.post("/search/saved", &save("夜間のVPN")).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let back = "/search?go=1&q=class%3Avpn+host%3Avpn-*&period=7d&source=syslog%2F10.0.0.5";
    assert_eq!(page.header("location"), back);
    let mut reviewer = Browser::signed_in(site, Role::Reviewer, Lang::En).await;
    let page = reviewer.get("/search").await;
    check("/search", &page, Lang::En);
    assert!(page.text.contains("夜間のVPN") && page.links().iter().any(|link| link == back));
    let page = reviewer.get(back).await;
    assert!(page.text.contains("value=\"class:vpn host:vpn-*\""), "{}", page.text);
    for (name, wrong) in
        [("夜間のVPN", "もうあります"), ("", "入力してください"), ("a\u{202e}b", "見えない文字")]
    {
        let page = officer.post("/search/saved", &save(name)).await;
        check("/search/saved", &page, Lang::Ja);
        assert!(page.text.contains(wrong), "{name}: {}", page.text);
        assert!(page.text.contains("value=\"class:vpn host:vpn-*\""), "nothing is typed twice");
    }
    let page = reviewer.post("/search/saved/remove", &[("name", "夜間のVPN")]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(!officer.get("/search").await.text.contains("夜間のVPN</a>"));
    let page = officer.post("/search/saved/remove", &[("name", "夜間のVPN")]).await;
    assert_eq!(page.status, 404, "{}", page.text);
    assert!(page.text.contains("SK-WATCH-025"), "{}", page.text);
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = clerk.post("/search/saved", &save("x")).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert_eq!(clerk.post("/search/saved/remove", &[("name", "x")]).await.status, 403);
}

#[tokio::test]
async fn lost_datagrams_and_clocks_that_are_off_are_on_today_and_beside_their_source() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let today = officer.get("/today").await;
    assert!(today.text.contains("直近24時間に45件"), "{}", today.text);
    assert!(today.text.contains("時計がずれています: syslog/10.0.0.5"), "{}", today.text);
    let sources = officer.get("/sources").await;
    assert!(sources.text.contains("約8分遅れ"), "{}", sources.text);
    assert!(sources.text.contains("起動してからの合計 120件"), "{}", sources.text);
}

#[tokio::test]
async fn machines_on_at_night_though_unused_and_the_state_of_learning_are_beside_the_sources() {
    let world = world().await;
    for lang in [Lang::Ja, Lang::En] {
        let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, lang).await;
        let page = officer.get("/sources").await;
        let words = match lang {
            Lang::Ja => [
                "reha-pc03",
                "20 夜のうち 17 夜",
                "学習中。検知を始める日時:",
                "プログラムの起動、通信",
            ],
            Lang::En => [
                "reha-pc03",
                "17 of 20 nights",
                "Learning; findings from:",
                "programs started, network traffic",
            ],
        };
        for word in words {
            assert!(page.text.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn connecting_a_product_shows_what_to_type_with_this_nodes_address_and_what_arrived() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/sources/connect?product=yamaha-rtx").await;
    check("/sources/connect", &page, Lang::Ja);
    assert!(page.text.contains("syslog host 10.0.0.2 5514"), "{}", page.text);
    assert!(page.text.contains("読み取った内容: VPN / VPN-01 / hosyu"), "{}", page.text);
    assert!(page.text.contains("形式を読み取れませんでした"), "{}", page.text);
    let page = browser.get("/sources/connect?product=windows-files").await;
    assert!(page.text.contains("/srv/sakimori-data/inbox"), "{}", page.text);
    let mut administrator =
        Browser::signed_in(&world.sample.node, Role::Administrator, Lang::Ja).await;
    let page = administrator.get("/sources/connect").await;
    assert!(!page.text.contains("SSL tunnel"), "who may not read logs sees no line");
}
