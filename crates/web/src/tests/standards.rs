//! Sharing with other people's tools through the screens, and the TAXII server beside them.

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_identity::Role;
use sakimori_ledger::{Fact, Put};
use sakimori_share::{
    Consent, ConsentAnswer, ConsentWay, DraftState, OwnCase, Release, SharedCase, SharedKey, Signer,
};
use sakimori_standards::taxii::{Collection, MEDIA_TYPE};
use sakimori_words::{Lang, Tlp};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::browser::{Browser, Page, world};
use crate::site::Site;
use crate::tools::Tools;

/// The token on a page.
fn token(page: &Page) -> String {
    let from = page.text.find("skm_").unwrap();
    page.text.get(from..from + 68).unwrap().to_owned()
}

async fn ask(
    site: &std::sync::Arc<Site>,
    path: &str,
    basic: &str,
    accept: &str,
) -> (u16, String, Value) {
    let request = Request::get(path)
        .header(header::ACCEPT, accept)
        .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(basic)))
        .body(Body::empty())
        .unwrap();
    let answer = crate::router(std::sync::Arc::clone(site)).oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, kind, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn an_account_made_on_the_screen_reads_what_its_kind_may() {
    let world = world().await;
    let hub = &world.sample.hub;
    let green = Collection::of(&hub.settings.organisation, Tlp::Green).unwrap();
    let object = json!({
        "type": "indicator", "id": "indicator--0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f60",
        "object_marking_refs": [sakimori_standards::tlp::marking_id(Tlp::Green)],
    });
    hub.taxii.shelf().add(&green, &[object], "officer").await.unwrap();
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let fields = [("reader-name", "isac"), ("reader-audience", "community")];
    let page = officer.post("/readers", &fields).await;
    assert!(page.text.contains("この画面にだけ"), "{}", page.text);
    let basic = format!("isac:{}", token(&page));
    let objects = format!("/taxii2/shared/collections/{}/objects/", green.id);
    let (status, kind, body) = ask(hub, &objects, &basic, MEDIA_TYPE).await;
    assert_eq!((status, kind.as_str()), (200, MEDIA_TYPE), "{body}");
    assert_eq!(body["objects"].as_array().unwrap().len(), 1);
    // Refusals are TAXII's own and not pages.
    let (status, kind, body) = ask(hub, &objects, &basic, "text/html").await;
    assert_eq!((status, kind.as_str(), &body["http_status"]), (406, MEDIA_TYPE, &json!("406")));
    let (status, kind, _) = ask(hub, &objects, "isac:wrong", MEDIA_TYPE).await;
    assert_eq!((status, kind.as_str()), (401, MEDIA_TYPE));
    let list = officer.get("/readers").await;
    assert!(
        list.text.contains("isac") && !list.text.contains("skm_"),
        "the token is not shown again"
    );
    let page = officer.post("/readers", &fields).await;
    assert!(page.text.contains("既にあります"), "{}", page.text);
    assert_eq!(officer.post("/readers/revoke", &[("name", "isac")]).await.status, 303);
    assert_eq!(ask(hub, &objects, &basic, MEDIA_TYPE).await.0, 401);
}

#[tokio::test]
async fn a_hospital_serves_nothing_and_only_who_admits_others_makes_accounts() {
    let world = world().await;
    assert_eq!(ask(&world.sample.node, "/taxii2/", "a:b", MEDIA_TYPE).await.0, 404);
    let mut inspector = Browser::signed_in(&world.sample.hub, Role::Inspector, Lang::En).await;
    let fields = [("reader-name", "x"), ("reader-audience", "public")];
    assert_eq!(inspector.post("/readers", &fields).await.status, 403);
}

#[tokio::test]
async fn a_released_warning_is_downloaded_as_cap_and_csaf() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let list = officer.get("/outbox").await;
    let coverage = list.links().into_iter().find(|link| link.starts_with("/coverage/")).unwrap();
    let page = officer.get(&coverage).await;
    assert!(page.text.contains("CAP をダウンロード"), "{}", page.text);
    let cap = officer.get(&format!("{coverage}/cap.xml")).await;
    assert_eq!(cap.header("content-type"), "application/cap+xml");
    assert!(cap.header("content-disposition").starts_with("attachment; filename=\""));
    let head = sakimori_standards::cap::read(cap.text.as_bytes()).unwrap();
    assert_eq!((head.kind.as_str(), head.status.as_str()), ("Alert", "Actual"));
    let csaf = officer.get(&format!("{coverage}/csaf.json")).await;
    let advisory = sakimori_standards::csaf::read(csaf.text.as_bytes()).unwrap();
    assert_eq!(advisory.title, head.headline);
    assert_eq!(advisory.version, "1");
    let mut director = Browser::signed_in(&world.sample.node, Role::Director, Lang::Ja).await;
    assert_eq!(director.get(&format!("{coverage}/cap.xml")).await.status, 403);
}

/// The sample's case as if it had been released for everybody: its ministry has too few below to release it by itself.
async fn released_case(hub: &Site) -> OwnCase {
    let mut own = hub.shares.own(1).await.unwrap().remove(0);
    let draft = own.draft.take().unwrap();
    let DraftState::Asked { mut content, .. } = draft.state else { panic!("asked") };
    content.tlp = Tlp::Clear;
    let at = hub.clock.now().plus_days(-1);
    let by = Signer { person: "approver".into(), name: "決裁".to_owned() };
    let consent = Consent {
        answer: ConsentAnswer::Approved,
        person: "院長".to_owned(),
        note: String::new(),
        at,
        way: ConsentWay::Node,
        digest: content.digest(),
    };
    let id = "0199aaaa-0000-7000-8000-00000000000a".into();
    let case = SharedCase {
        key: SharedKey { origin: hub.post.me().id, id },
        revision: 1,
        created_at: at,
        modified_at: at,
        withdrawn: false,
        content,
    };
    own.releases.push(Release {
        case,
        writing: draft.writing,
        authors: draft.authors,
        by,
        consent,
        n_candidates: 20,
        message: "m".into(),
        withdrawn_because: String::new(),
    });
    let put = Put::new("share-own", own.id.as_str(), &own).unwrap();
    let fact = Fact::new("share/test", "shared_case_released", at, "test", &json!({})).unwrap();
    hub.store.commit(vec![fact.put(put)]).await.unwrap();
    own
}

#[tokio::test]
async fn a_released_case_is_read_by_tools_and_by_everybody_until_it_is_withdrawn() {
    let world = world().await;
    let hub = &world.sample.hub;
    let own = released_case(hub).await;
    let content = own.current().unwrap().case.content.clone();
    assert_eq!(Tools::of(hub).lay_out().await.unwrap(), 1 + issued(hub).await);
    assert_eq!(Tools::of(hub).lay_out().await.unwrap(), 0, "everything lies there already");
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let fields = [("reader-name", "anybody"), ("reader-audience", "public")];
    let basic = format!("anybody:{}", token(&officer.post("/readers", &fields).await));
    let clear = Collection::of(&hub.settings.organisation, Tlp::Clear).unwrap();
    let reports = format!("/taxii2/shared/collections/{}/objects/?match[type]=report", clear.id);
    let of_case = |body: &Value| {
        let all = body["objects"].as_array().unwrap();
        all.iter().find(|one| one["name"] == content.title.as_str()).cloned().unwrap()
    };
    let report = of_case(&ask(hub, &reports, &basic, MEDIA_TYPE).await.2);
    assert!(report["description"].as_str().unwrap().contains(&content.lesson), "{report}");
    let (status, _, manifest) = ask(hub, "/misp/manifest.json", &basic, "*/*").await;
    assert_eq!(status, 200);
    let id =
        manifest.as_object().unwrap().iter().find(|(_, own)| own["info"] == content.title.as_str());
    let event = format!("/misp/{}.json", id.unwrap().0);
    let told = ask(hub, &event, &basic, "*/*").await.2.to_string();
    assert!(told.contains("tlp:clear"), "{told}");
    assert_eq!(ask(hub, &event, "anybody:wrong", "*/*").await.0, 401);
    assert_eq!(ask(&world.sample.node, "/misp/manifest.json", &basic, "*/*").await.0, 404);

    let mut administrator = Browser::signed_in(hub, Role::Administrator, Lang::Ja).await;
    administrator.post("/settings/public", &[("do", "open")]).await;
    let mut stranger = Browser::new(hub, Lang::Ja);
    let list = stranger.get("/public").await;
    let path = list.links().into_iter().find(|path| path.starts_with("/public/cases/")).unwrap();
    let page = stranger.get(&path).await;
    let article = sakimori_share::public_article(
        &own.current().unwrap().case,
        hub.content.sharing(),
        Lang::Ja,
    );
    assert!(page.text.contains(&article), "byte for byte what the gate looks through");
    assert!(stranger.get("/public/feed.atom").await.text.contains("urn:sakimori:shared-case:"));

    let token = crate::sample::member_token(hub).await.unwrap();
    let mut dentist = Browser::with_token(hub, token, Lang::Ja);
    let list = dentist.get("/portal/cases").await;
    let in_portal =
        list.links().into_iter().find(|path| path.starts_with("/portal/cases/")).unwrap();
    assert!(dentist.get(&in_portal).await.text.contains(&article), "the same bytes in the portal");
    assert_eq!(dentist.get("/portal/cases/mhlw/unknown").await.status, 404);

    let by = Signer { person: "officer".into(), name: "起案".to_owned() };
    hub.shares.withdraw(&own.id, &by, "誤り").await.unwrap();
    assert_eq!(Tools::of(hub).lay_out().await.unwrap(), 1);
    let report = of_case(&ask(hub, &reports, &basic, MEDIA_TYPE).await.2);
    assert_eq!(report["revoked"], true, "{report}");
    assert!(!report.to_string().contains(&content.lesson));
    let told = ask(hub, &event, &basic, "*/*").await.2;
    assert!(told["Event"]["info"].as_str().unwrap().starts_with("撤回"), "{told}");
    assert!(!told.to_string().contains(&content.lesson));
    let page = stranger.get(&path).await;
    assert!(!page.text.contains(&content.lesson) && page.text.contains("撤回"), "{}", page.text);
    let page = dentist.get(&in_portal).await;
    assert!(!page.text.contains(&content.lesson) && page.text.contains("撤回"), "{}", page.text);
}

/// How many of the office's own warnings tools may read.
async fn issued(hub: &Site) -> usize {
    let issued = hub.warnings.issued(None, 100).await.unwrap();
    let current = issued.iter().filter_map(sakimori_warn::IssuedWarning::current);
    current.filter(|one| !one.content.exercise && one.content.tlp != Tlp::Red).count()
}
