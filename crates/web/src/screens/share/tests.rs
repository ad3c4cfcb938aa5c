use sakimori_identity::Role;
use sakimori_share::DraftState;
use sakimori_words::Lang;

use crate::sample::OneWire;
use crate::screens::respond::tests::{has, has_not};
use crate::tests::browser::{Browser, Page, World, world};

/// The address of the ministry's case, about which the hospital is asked.
async fn own(world: &World) -> String {
    let own = world.sample.hub.shares.own(10).await.unwrap();
    super::own_address(&own.first().unwrap().id)
}

/// The address of the question at the hospital.
async fn question(world: &World) -> String {
    let asked = world.sample.node.shares.asked(10).await.unwrap();
    let asked = asked.first().unwrap();
    format!("/sharing-consent/{}/{}", asked.from, asked.request)
}

/// The digest of what the form shows.
fn shown(page: &Page) -> String {
    let (_, after) = page.text.split_once("name=\"shown\" value=\"").unwrap();
    after.split('"').next().unwrap().to_owned()
}

/// What the hospital has said reaches the ministry.
async fn arrive(world: &World) {
    let (node, hub) = (&world.sample.node, &world.sample.hub);
    let wire = OneWire(std::sync::Arc::clone(&hub.post));
    node.post.exchange_once(&hub.settings.organisation, &wire).await.unwrap();
    hub.post.deliver(&[hub.shares.as_ref()]).await.unwrap();
}

#[tokio::test]
async fn the_victim_sees_exactly_what_would_leave_and_a_named_person_answers() {
    let world = world().await;
    let path = question(&world).await;
    let mut director = Browser::signed_in(&world.sample.node, Role::Director, Lang::Ja).await;
    has(&director.get("/sharing-consent").await, &["未回答"]);
    let page = director.get(&path).await;
    has(
        &page,
        &[
            "TLP:AMBER",
            "&#60;HOST-1&#62;",
            "&#60;IP-1&#62;",
            "当てはまる施設: 12",
            "検知ルール",
            "チェックリスト 2-②",
        ],
    );
    has_not(&page, &["EMR-SV01", "10.11.12.13", "見本市民病院の"]);
    // Nobody opens the list of questions unasked.
    has(&director.get("/today").await, &[&path]);
    let shown = shown(&page);
    let bare = [("share-answer", "with_changes"), ("shown", shown.as_str())];
    has(&director.post(&path, &bare).await, &["入力してください"]);
    let unseen = director.post(&path, &[("share-answer", "approved"), ("shown", "other")]).await;
    has(&unseen, &["文面が変わりました"]);
    let answer = [("share-answer", "approved"), ("shown", shown.as_str())];
    let done = director.post(&path, &answer).await;
    assert!(done.status.is_redirection(), "{}", done.text);
    has(&director.get(&path).await, &["このまま共有してよい"]);
    has_not(&director.get("/today").await, &[&path]);
    has(&director.post(&path, &answer).await, &["すでに回答済みです"]);
    arrive(&world).await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let page = officer.get(&own(&world).await).await;
    has(&page, &["同意あり", "機関の画面から回答", "決裁に回す"]);
    has(&officer.get("/today").await, &["同意を得ました"]);
}

#[tokio::test]
async fn whoever_does_not_answer_for_the_institution_is_not_asked() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    assert_eq!(clerk.get(&question(&world).await).await.status.as_u16(), 403);
    has_not(&clerk.get("/today").await, &["/sharing-consent"]);
    has(&clerk.get("/shared").await, &["TLP:GREEN"]);
}

#[tokio::test]
async fn an_officer_sees_report_rungs_and_text_side_by_side_and_writes_an_answer_down() {
    let world = world().await;
    let path = own(&world).await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::En).await;
    let page = officer.get(&path).await;
    has(
        &page,
        &[
            "Victim asked",
            "What was reported (does not leave)",
            "How exactly it may be said",
            "Enough",
        ],
    );
    let nobody = officer.post(&path, &[("do", "consent"), ("share-answer", "approved")]).await;
    has(&nobody, &["Name of the person who answered"]);
    let page_shown = shown(&nobody);
    let said = |shown| {
        [
            ("do", "consent"),
            ("shown", shown),
            ("share-answer", "approved"),
            ("share-consent-person", "院長 花子"),
            ("share-consent-on", "2026-11-20"),
            ("share-consent-how", "電話"),
        ]
    };
    has(&officer.post(&path, &said("other")).await, &["The text has changed"]);
    assert!(officer.post(&path, &said(&page_shown)).await.status.is_redirection());
    assert!(officer.post(&path, &[("do", "submit")]).await.status.is_redirection());
    has(&officer.get(&path).await, &["Awaits release", "An approver publishes it."]);
    assert_eq!(officer.post(&path, &[("do", "release")]).await.status.as_u16(), 403);
    // The sample's ministry has one hospital below: between two, the third is known.
    let mut approver = Browser::signed_in(&world.sample.hub, Role::Approver, Lang::En).await;
    has(&approver.get("/today").await, &[&path]);
    let page = approver.get(&path).await;
    has(&page, &["Too few would receive it"]);
    let unseen = [("do", "release"), ("shown", "other")];
    has(&approver.post(&path, &unseen).await, &["The text has changed"]);
    let shown = shown(&page);
    let release = [("do", "release"), ("shown", shown.as_str())];
    has(&approver.post(&path, &release).await, &["SK-SHARE-014"]);
    let back = [("do", "send-back"), ("share-return-reason", "宛先が足りない")];
    assert!(approver.post(&path, &back).await.status.is_redirection());
    has(&officer.get(&path).await, &["Returned", "宛先が足りない", "Ask the victim"]);
}

#[tokio::test]
async fn what_is_saved_is_shown_with_placeholders_and_what_may_be_a_name_is_asked_about() {
    let world = world().await;
    let path = own(&world).await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let text = [
        ("do", "save"),
        ("share-title", "夜間の暗号化"),
        ("share-course", "見本市民病院の 10.1.2.3 とナガサワ商事の機器"),
        ("share-lesson", "切り離す"),
        ("share-tlp", "TLP:AMBER"),
        ("share-route", "supplier-line"),
    ];
    assert!(officer.post(&path, &text).await.status.is_redirection());
    let page = officer.get(&path).await;
    has(
        &page,
        &["&#60;FACILITY-1&#62;", "&#60;IP-1&#62;", "ナガサワ商事", "「10.1.2.3」を残す理由"],
    );
    let ask = text.map(|(name, value)| if name == "do" { (name, "ask") } else { (name, value) });
    has(&officer.post(&path, &ask).await, &["まだ確かめていない語", "「ナガサワ商事」"]);
    let unknown = text
        .map(|(name, value)| if name == "share-route" { (name, "nowhere") } else { (name, value) });
    has(&officer.post(&path, &unknown).await, &["SK-SHARE-008"]);
    let own = world.sample.hub.shares.own(1).await.unwrap();
    let state = own[0].draft.as_ref().map(|draft| draft.state.clone());
    assert!(matches!(state, Some(DraftState::Writing { .. })), "nothing was asked: {state:?}");
}

#[tokio::test]
async fn a_case_that_came_says_how_it_came_and_figures_hide_what_is_small() {
    let world = world().await;
    let mut reviewer = Browser::signed_in(&world.sample.node, Role::Reviewer, Lang::Ja).await;
    let list = reviewer.get("/shared").await;
    let path = list.links().into_iter().find(|link| link.starts_with("/shared/")).unwrap();
    has(
        &reviewer.get(&path).await,
        &["厚生労働省（見本） が公開", "届いた経路", "侵入経路", "T1486"],
    );
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    has(&officer.get("/sharing-figures").await, &["まだありません", "10 件に満たない"]);
    assert_eq!(reviewer.get("/sharing-figures").await.status.as_u16(), 403);
}

#[tokio::test]
async fn what_gave_the_attackers_away_is_read_from_lines_and_the_victims_own_is_refused() {
    let world = world().await;
    let path = own(&world).await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let text = |indicators: &'static str| {
        [
            ("do", "save"),
            ("share-title", "夜間の暗号化"),
            ("share-course", "外から入られた"),
            ("share-lesson", "切り離す"),
            ("share-tlp", "TLP:AMBER"),
            ("share-route", "supplier-line"),
            ("share-indicators", indicators),
        ]
    };
    let lines = "198.51.100[.]7, 侵入に使われた接続元, t1133\nhxxp://evil[.]example/a.exe\n";
    assert!(officer.post(&path, &text(lines)).await.status.is_redirection());
    let page = officer.get(&path).await;
    has(&page, &["198[.]51[.]100[.]7", "侵入に使われた接続元 T1133", "evil[.]example/a[.]exe"]);
    has(&page, &["公開すると出ていく先", "TAXII（STIX 2.1）", "MISP フィード"]);
    has_not(&page, &["公開ページと Atom フィード"]);
    let told = &world.sample.hub.shares.own(1).await.unwrap()[0];
    assert_eq!(told.draft.as_ref().unwrap().writing.indicators.len(), 2);
    has(
        &officer.post(&path, &text("10.1.2.3")).await,
        &["「10.1.2.3」は被害機関のもの", "外から入られた"],
    );
    has(&officer.post(&path, &text("なんとか")).await, &["「なんとか」は", "どれにも見えません"]);
}

#[tokio::test]
async fn a_hospital_looks_back_for_what_a_case_tells_with_one_button() {
    let world = world().await;
    let node = &world.sample.node;
    let mut received = node.shares.received(1).await.unwrap().remove(0);
    let indicator = sakimori_standards::Indicator::address("198.51.100.7").unwrap();
    received.case.content.indicators = vec![sakimori_share::SharedIndicator {
        indicator,
        seen_as: "侵入に使われた接続元".to_owned(),
        technique: None,
    }];
    let key = format!("{}/{}", received.key.id, received.key.origin);
    let put = sakimori_ledger::Put::new("share-received", &key, &received).unwrap();
    let at = node.clock.now();
    let fact = sakimori_ledger::Fact::new("test", "test", at, "test", &()).unwrap();
    node.store.commit(vec![fact.put(put)]).await.unwrap();
    let path = super::received_address(&received.key);
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    has(&clerk.get(&path).await, &["198[.]51[.]100[.]7"]);
    has_not(&clerk.get(&path).await, &["さかのぼって調べる"]);
    let mut officer = Browser::signed_in(node, Role::SafetyOfficer, Lang::Ja).await;
    has(&officer.get("/today").await, &[&path]);
    has(&officer.get(&path).await, &["自機関のログをさかのぼって調べる"]);
    let asked = officer.post(&path, &[]).await;
    assert!(asked.status.is_redirection(), "{}", asked.text);
    has_not(&officer.get("/today").await, &[&path]);
    let run = node.retro.runs(None, 10).await.unwrap().remove(0);
    assert_eq!(run.name, received.case.content.title);
    let listed = node.retro.indicators(&run.order).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].text, "198.51.100.7");
}

#[tokio::test]
async fn traces_are_picked_from_the_report_and_a_houses_own_cannot_be() {
    let world = world().await;
    let path = own(&world).await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let mut own = world.sample.hub.shares.own(1).await.unwrap().remove(0);
    let told = "198.51.100[.]7 から 10.11.12.13 へ";
    own.reported.fields.push(sakimori_share::ReportedField {
        id: "intrusion_path".to_owned(),
        label: sakimori_words::Text::new("侵入経路・方法", "Way in"),
        value: sakimori_words::Text::new(told, told),
        class: sakimori_content::FieldClass::Free,
    });
    let put = sakimori_ledger::Put::new("share-own", own.id.as_str(), &own).unwrap();
    let at = world.sample.hub.clock.now();
    let fact = sakimori_ledger::Fact::new("test", "test", at, "test", &()).unwrap();
    world.sample.hub.store.commit(vec![fact.put(put)]).await.unwrap();
    let text = [
        ("do", "save"),
        ("share-title", "夜間の暗号化"),
        ("share-course", "外から入られた"),
        ("share-lesson", "切り離す"),
        ("share-tlp", "TLP:AMBER"),
        ("share-route", "supplier-line"),
    ];
    assert!(officer.post(&path, &text).await.status.is_redirection());
    let page = officer.get(&path).await;
    has(
        &page,
        &["value=\"198.51.100.7\"><label", "value=\"10.11.12.13\" disabled", "侵入経路・方法"],
    );
    let ticked: Vec<_> = text.into_iter().chain([("share-candidates", "198.51.100.7")]).collect();
    assert!(officer.post(&path, &ticked).await.status.is_redirection());
    let own = world.sample.hub.shares.own(1).await.unwrap().remove(0);
    let told = &own.draft.unwrap().writing.indicators;
    assert_eq!((told.len(), told[0].indicator.value.as_str()), (1, "198.51.100.7"));
    has_not(&officer.get(&path).await, &["value=\"198.51.100.7\""]);
}

#[tokio::test]
async fn whoever_releases_sees_beforehand_when_it_goes_out() {
    let world = world().await;
    let path = own(&world).await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let text = |urgent: &'static str, because: &'static str| {
        [
            ("do", "save"),
            ("share-title", "夜間の暗号化"),
            ("share-course", "外から入られた"),
            ("share-lesson", "切り離す"),
            ("share-tlp", "TLP:AMBER"),
            ("share-route", "supplier-line"),
            ("share-urgent", urgent),
            ("share-urgent-because", because),
        ]
    };
    assert!(officer.post(&path, &text("", "")).await.status.is_redirection());
    let page = officer.get(&path).await;
    has(
        &page,
        &["公開の時期", "（水）10時00分 に、ほかの事例とまとめて公開します", "大阪府 · 150～199床"],
    );
    has(&officer.post(&path, &text("yes", "")).await, &["待てない理由", "入力してください"]);
    let because = "同じ手口が続いている";
    assert!(officer.post(&path, &text("yes", because)).await.status.is_redirection());
    let page = officer.get(&path).await;
    has(&page, &["決裁と同時に公開します", because, "全国", "緊急"]);
}

#[tokio::test]
async fn counts_go_back_as_the_institution_has_decided() {
    let world = world().await;
    let node = &world.sample.node;
    let received = node.shares.received(1).await.unwrap().remove(0);
    let path = super::received_address(&received.key);
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    has(&clerk.get("/shared").await, &["自動で上位の行政機関に返します"]);
    has_not(&clerk.get("/shared").await, &["担当者が確かめてから返すようにする"]);
    assert_eq!(clerk.post("/shared", &[("do", "ask")]).await.status.as_u16(), 403);
    let mut officer = Browser::signed_in(node, Role::SafetyOfficer, Lang::Ja).await;
    assert!(officer.post("/shared", &[("do", "ask")]).await.status.is_redirection());
    has(&officer.get("/shared").await, &["担当者が返すと決めるまで外へ出ません"]);

    let by = super::Signer { person: "officer".into(), name: "担当".to_owned() };
    node.shares.looks_back(&received.key, "run-1", &by).await.unwrap();
    has(&officer.get(&path).await, &["調べています", "/retro/run-1"]);
    let look = node.shares.running_looks().await.unwrap().remove(0);
    node.shares.looked(&look, &[]).await.unwrap();
    has(
        &officer.get(&path).await,
        &["まだ返していません", "見つかりませんでした", "回数だけを返す"],
    );
    has_not(&clerk.get(&path).await, &["回数だけを返す"]);
    assert!(officer.post(&path, &[("do", "return")]).await.status.is_redirection());
    has(&officer.get(&path).await, &["に返しました（機関名なし"]);
    assert_eq!(officer.post(&path, &[("do", "return")]).await.status.as_u16(), 409);
}

#[tokio::test]
async fn a_file_for_everybody_is_published_by_an_approver_who_sees_what_is_in_it() {
    let world = world().await;
    let hub = &world.sample.hub;
    let indicator = serde_json::json!({
        "type": "indicator", "spec_version": "2.1",
        "id": "indicator--0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f61",
        "created": "2026-11-20T00:00:00.000Z", "modified": "2026-11-20T00:00:00.000Z",
        "pattern_type": "stix", "pattern": "[domain-name:value = 'evil.example']",
        "valid_from": "2026-11-20T00:00:00Z",
        "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
    });
    let console = sakimori_words::PersonId::from("console");
    let by = sakimori_standards::taxii::By { person: &console, name: "console" };
    let file = hub.taxii.proposals().propose("bundle.json", &[indicator], by).await.unwrap();
    let green = sakimori_standards::taxii::Collection::of(
        &hub.settings.organisation,
        sakimori_words::Tlp::Green,
    );
    let before = hub.taxii.shelf().count(green.as_ref().unwrap()).await.unwrap();
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    has(&officer.get("/sharing").await, &["決裁待ちのファイル"]);
    let shown = ["bundle.json", "TLP:GREEN 1", "コマンドから", "evil.example"];
    has(&officer.get("/sharing-files").await, &shown);
    let release = [("do", "release"), ("file", file.id.as_str())];
    assert_eq!(officer.post("/sharing-files", &release).await.status.as_u16(), 403);
    assert_eq!(hub.taxii.shelf().count(green.as_ref().unwrap()).await.unwrap(), before);
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    assert!(approver.post("/sharing-files", &release).await.status.is_redirection());
    assert_eq!(hub.taxii.shelf().count(green.as_ref().unwrap()).await.unwrap(), before + 1);
    has(&approver.get("/sharing-files").await, &["決裁待ちのファイルはありません", "公開した"]);
    has(&approver.post("/sharing-files", &release).await, &["SK-STANDARDS-008"]);
}
