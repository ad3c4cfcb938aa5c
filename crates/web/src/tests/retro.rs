//! Looking back through the screens.

use sakimori_identity::Role;
use sakimori_words::Lang;

use super::browser::{Browser, world};

#[tokio::test]
async fn the_officer_pastes_indicators_and_sees_the_run_in_line_with_what_was_not_understood() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let list = "hxxps://bad[.]example/a\r\nとりとめのない行\r\n";
    let fields = [("retro-what", "indicators"), ("retro-list", list), ("retro-every", "week")];
    let page = officer.post("/retro", &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let address = page.header("location").to_owned();
    let page = officer.get(&address).await;
    assert!(
        page.text.contains("順番待ち") && page.text.contains("とりとめのない行"),
        "{}",
        page.text
    );
    assert!(officer.get("/retro").await.text.contains("毎週"));
    let page = officer.post(&format!("{address}/cancel"), &[]).await;
    assert_eq!(page.status, 303);
    assert!(officer.get(&address).await.text.contains("中止"));
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_said_beside_the_field() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::En).await;
    for fields in [
        [("retro-what", "indicators"), ("retro-list", "nothing here"), ("retro-every", "once")],
        [("retro-what", "new-rules"), ("retro-since", ""), ("retro-every", "once")],
        [("retro-what", "rules"), ("retro-from", "yesterday"), ("retro-every", "once")],
    ] {
        let page = officer.post("/retro", &fields).await;
        assert!(page.text.contains("id=\"problems\""), "{}", page.text);
    }
}

#[tokio::test]
async fn whoever_may_search_sees_runs_and_only_who_handles_findings_asks_for_them() {
    let world = world().await;
    let mut reviewer = Browser::signed_in(&world.sample.node, Role::Reviewer, Lang::En).await;
    let list = reviewer.get("/retro").await;
    let one = list.links().into_iter().find(|link| link.starts_with("/retro/0")).unwrap();
    assert_eq!(reviewer.get(&one).await.status, 200);
    let fields = [("retro-what", "rules"), ("retro-every", "once")];
    assert_eq!(reviewer.post("/retro", &fields).await.status, 403);
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::En).await;
    assert_eq!(clerk.get("/retro").await.status, 403);
}

#[tokio::test]
async fn a_stix_file_is_looked_for_beside_what_was_pasted() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let bundle = r#"{"type":"bundle","id":"bundle--1","objects":[
        {"type":"indicator","id":"indicator--1","pattern_type":"stix","pattern":"[domain-name:value = 'evil.example']"},
        {"type":"indicator","id":"indicator--2","pattern_type":"yara","pattern":"rule of_another_kind {}"}]}"#;
    let field = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = [
        field("retro-what", "indicators"),
        field("retro-list", "198.51.100.7"),
        field("retro-every", "once"),
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"retro-file\"; filename=\"a.json\"\r\n\r\n{bundle}\r\n--x--\r\n"
        ),
    ];
    let request = officer
        .request("POST", "/retro")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::from(body.concat()))
        .unwrap();
    let page = officer.send(request).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let page = officer.get(page.header("location")).await;
    assert!(page.text.contains("痕跡 2 件"), "{}", page.text);
    assert!(page.text.contains("rule of_another_kind"), "{}", page.text);
}

#[tokio::test]
async fn what_was_seen_is_handed_out_by_day_and_names_nobody() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let fields =
        [("retro-what", "indicators"), ("retro-list", "198.51.100.7"), ("retro-every", "once")];
    let address = officer.post("/retro", &fields).await.header("location").to_owned();
    assert!(!officer.get(&address).await.text.contains("sightings.json"), "nothing was found");
    let mut run = site.retro.run(address.trim_start_matches("/retro/")).await.unwrap();
    let sought = site.retro.indicators(&run.order).await.unwrap().remove(0);
    let at = sakimori_words::Instant::parse("2026-11-02T03:04:05Z").unwrap();
    run.state = sakimori_watch::retro::RunState::Done;
    run.ended_at = Some(at);
    run.hits = vec![sakimori_watch::retro::RunHit {
        rule_id: sakimori_watch::retro::rule_of(&sought),
        title: sakimori_words::Text::new("痕跡", "Indicator"),
        level: sakimori_words::Level::High,
        host: "EMR-SV01".to_owned(),
        users: vec!["hanako".to_owned()],
        count: 7,
        known: 0,
        first_at: at,
        last_at: at,
        evidence: vec![],
        finding: None,
    }];
    let put = sakimori_ledger::Put::new("retro_run", &run.id, &run).unwrap();
    let fact = sakimori_ledger::Fact::new("test", "test", at, "test", &()).unwrap();
    site.store.commit(vec![fact.put(put)]).await.unwrap();
    assert!(officer.get(&address).await.text.contains("sightings.json"));
    let file = officer.get(&format!("{address}/sightings.json")).await;
    let bundle: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    let objects = bundle["objects"].as_array().unwrap();
    let seen = objects.iter().find(|one| one["type"] == "sighting").unwrap();
    assert_eq!(
        (&seen["count"], &seen["first_seen"]),
        (&7.into(), &"2026-11-01T15:00:00.000Z".into())
    );
    for named in ["EMR-SV01", "hanako", "03:04:05", "created_by_ref", "where_sighted_refs"] {
        assert!(!file.text.contains(named), "{named}: {}", file.text);
    }
}
