//! What everybody may see, and that it is nothing before somebody opens the page.

use sakimori_identity::Role;
use sakimori_warn::{Signer, WarningContent};
use sakimori_words::{Lang, Tlp, jst_date};

use crate::sample::XSS;
use crate::site::Site;
use crate::tests::browser::{Browser, world};

async fn released(hub: &Site, title: &str, tlp: Tlp, exercise: bool) {
    let person = |name: &str| Signer { person: name.into(), name: name.to_owned() };
    let content = WarningContent {
        number: "事務連絡".to_owned(),
        title: title.to_owned(),
        body: format!("VPN装置を更新してください。{XSS} & <更新>\u{b}"),
        tlp,
        exercise,
        ..WarningContent::empty("厚生労働省", jst_date(hub.clock.now()))
    };
    let draft = hub.warnings.begin(content, &person("起案")).await.unwrap();
    hub.warnings.submit(&draft.key.id, &person("起案")).await.unwrap();
    hub.warnings.release(&draft.key.id, &person("決裁")).await.unwrap();
}

#[tokio::test]
async fn only_what_is_clear_is_public_and_only_after_somebody_opened_the_page() {
    let world = world().await;
    let hub = &world.sample.hub;
    released(hub, "みなさまへ", Tlp::Clear, false).await;
    released(hub, "会員限り", Tlp::Green, false).await;
    released(hub, "訓練です", Tlp::Clear, true).await;
    let mut stranger = Browser::new(hub, Lang::Ja);
    for path in ["/public", "/public/feed.atom"] {
        assert_eq!(stranger.get(path).await.status, 404, "{path}: off until it is opened");
    }
    let mut administrator = Browser::signed_in(hub, Role::Administrator, Lang::Ja).await;
    assert_eq!(administrator.post("/settings/public", &[("do", "open")]).await.status, 303);

    let list = stranger.get("/public").await;
    assert!(list.text.contains("みなさまへ"), "{}", list.text);
    assert!(!list.text.contains("会員限り") && !list.text.contains("訓練です"));
    assert_eq!(list.header("cache-control"), "public, max-age=300");
    let path = list.links().into_iter().find(|path| path.starts_with("/public/warnings/"));
    let one = stranger.get(&path.unwrap()).await;
    assert!(one.text.contains("VPN装置") && !one.has_script_of_strangers(), "{}", one.text);
    assert!(
        stranger.get("/public?public-q=vpn%E8%A3%85%E7%BD%AE").await.text.contains("みなさまへ")
    );
    assert!(!stranger.get("/public?public-q=printer").await.text.contains("みなさまへ"));
    // The same for everybody: somebody who is signed in is not greeted by name.
    let page = administrator.get("/public").await;
    assert!(!page.text.contains("/sign-out"));

    let feed = stranger.get("/public/feed.atom").await;
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    assert_eq!(elements(&feed.text, "entry"), 1);
    assert!(!feed.text.contains("会員限り"));

    administrator.post("/settings/public", &[("do", "close")]).await;
    assert_eq!(stranger.get("/public").await.status, 404);
}

/// How many elements of that name a well-formed document has.
fn elements(text: &str, name: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut depth, mut found) = (0_usize, 0);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(start) => {
                depth += 1;
                found += usize::from(start.name().as_ref() == name);
            }
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{text}");
    assert!(!text.contains('\u{b}'), "characters that XML forbids are left out");
    found
}

#[tokio::test]
async fn an_institution_has_no_public_page() {
    let world = world().await;
    let mut stranger = Browser::new(&world.sample.node, Lang::Ja);
    assert_eq!(stranger.get("/public").await.status, 404);
}
