use std::sync::Arc;

use sakimori_federation::{Post, SecretKey};
use sakimori_identity::{Gate, Identity, IdentitySettings, NewPerson, Role};
use sakimori_warn::{Link, RequestedAction, Selection, Signer, Stage, WarningContent, WarningDesk};
use sakimori_words::{Lang, Organisation, OrganisationId, OrganisationKind, Prefecture, jst_date};

use super::key_path;
use crate::profile::{self, Profile};
use crate::sample::{OneWire, XSS};
use crate::screens::respond::tests::{has, has_not, send};
use crate::site::{Side, Site, SiteSettings};
use crate::tests::browser::{Browser, Page, World, world};

/// The address part of the warning the hospital has received.
async fn received(world: &World) -> String {
    let received = world.sample.node.warnings.received(None, 10).await.unwrap();
    key_path(&received.first().unwrap().key)
}

/// The id of the ministry's draft that waits for release.
async fn waiting(world: &World) -> String {
    let issued = world.sample.hub.warnings.issued(None, 10).await.unwrap();
    issued.into_iter().find(|one| one.draft.is_some()).unwrap().key.id.to_string()
}

#[tokio::test]
async fn an_unread_warning_shows_its_class_and_deadline_and_reading_it_is_told() {
    let world = world().await;
    let node = &world.sample.node;
    let path = format!("/warnings{}", received(&world).await);
    let mut reviewer = Browser::signed_in(node, Role::Reviewer, Lang::Ja).await;
    has(&reviewer.get("/warnings").await, &["未読", "回答期限:"]);
    has(
        &reviewer.get(&path).await,
        &["回答できるのは安全管理責任者・事務担当・経営層です", "届いた経路"],
    );
    let stage = async || {
        let all = node.warnings.received(None, 1).await.unwrap();
        all.first().unwrap().current().unwrap().stage
    };
    assert_eq!(stage().await, Stage::Delivered, "an auditor's look is not the hospital's");
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::En).await;
    has(
        &clerk.get(&path).await,
        &["What is asked for", "Send the answer", "厚生労働省（見本）", "(Sakimori ref. S"],
    );
    assert_eq!(stage().await, Stage::Opened);
    has(&clerk.get("/warnings").await, &["Not answered"]);
}

#[tokio::test]
async fn a_named_person_answers_changes_the_answer_and_finishes() {
    let world = world().await;
    let path = format!("/warnings{}", received(&world).await);
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let page = clerk.post(&path, &[("do", "answer"), ("warning-note", "調べています <i>")]).await;
    has(&page, &["選択肢から選んでください", "調べています &#60;i&#62;"]);
    let answer =
        [("do", "answer"), ("warning-answer", "checking"), ("warning-note", "調べています")];
    let page = send(&mut clerk, &path, &answer).await;
    has(&page, &["回答を送りました", "確認中", "見本 事務担当"]);
    has_not(&page, &["対応が終わったことを知らせる"]);
    let answer = [("do", "answer"), ("warning-answer", "affected"), ("warning-note", "2台")];
    has(&send(&mut clerk, &path, &answer).await, &["該当あり", "対応が終わったことを知らせる"]);
    has(&send(&mut clerk, &path, &[("do", "done")]).await, &["対応完了"]);
    let mut reviewer = Browser::signed_in(&world.sample.node, Role::Reviewer, Lang::Ja).await;
    assert_eq!(reviewer.post(&path, &answer).await.status, 403);
}

#[tokio::test]
async fn who_writes_cannot_release_and_a_second_person_can() {
    let world = world().await;
    let hub = &world.sample.hub;
    let id = waiting(&world).await;
    let path = format!("/outbox/{id}");
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let page = officer.get(&path).await;
    has(&page, &["決裁待ち", "発出できるのは決裁者です", "当てはまる管内の機関: 3件"]);
    has_not(&page, &["value=\"release\""]);
    assert_eq!(officer.post(&path, &[("do", "release")]).await.status, 403);
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    has(&approver.get(&path).await, &["value=\"release\""]);
    has(
        &send(&mut approver, &path, &[("do", "release")]).await,
        &["発出しました", "見本市民病院", "未達"],
    );
}

#[tokio::test]
async fn a_draft_is_returned_with_a_reason_and_written_on() {
    let world = world().await;
    let hub = &world.sample.hub;
    let path = format!("/outbox/{}", waiting(&world).await);
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    let page = approver.post(&path, &[("do", "send-back"), ("return-reason", "")]).await;
    has(&page, &["入力してください"]);
    send(&mut approver, &path, &[("do", "send-back"), ("return-reason", "日付を直す")]).await;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    has(&officer.get("/outbox").await, &["差戻し"]);
    has(&officer.get(&path).await, &["日付を直す", "決裁に回す"]);
}

#[tokio::test]
async fn writing_counts_who_is_meant_and_keeps_everything_typed() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let page = officer.get("/outbox/new").await;
    has(&page, &["白紙から書く", "ひな形"]);
    let template = page
        .links()
        .into_iter()
        .find(|link| link.contains("template=") && !link.ends_with("blank"));
    has(&officer.get(&template.unwrap()).await, &["[S", "当てはまる管内の機関: 3件"]);
    let mut fields = vec![
        ("class", "flash"),
        ("warning-title", "至急の件名"),
        ("warning-body", "本文"),
        ("issuer", "見本係"),
        ("issued-on", "R8.11.20"),
        ("tlp", "TLP:AMBER"),
        ("beds-min", "２００"),
        ("warning-actions", "更新する [S4-3, S4-4]"),
        ("warning-links", "資料 https://www.example.jp/a"),
    ];
    fields.push(("do", "count"));
    let page = officer.post("/outbox/new", &fields).await;
    has(&page, &["当てはまる管内の機関: 0件", "至急の件名"]);
    fields.pop();
    fields.push(("do", "submit"));
    let page = officer.post("/outbox/new", &fields).await;
    has(&page, &["文書番号: 入力してください", "至急の件名", "２００"]);
    fields.push(("warning-number", "事務連絡"));
    let page = send(&mut officer, "/outbox/new", &fields).await;
    has(
        &page,
        &[
            "決裁に回しました",
            "200床以上",
            "S4-3, S4-4",
            "https://www.example.jp/a",
            "TLP:AMBER",
            "令和8年11月20日",
        ],
    );
}

#[tokio::test]
async fn coverage_lists_the_silent_first_prints_the_telephone_list_and_takes_calls() {
    let world = world().await;
    let hub = &world.sample.hub;
    let path = format!("/coverage{}", received(&world).await);
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    has(&officer.get("/outbox").await, &["回答なし", "回答期限"]);
    has(
        &officer.get(&path).await,
        &["見本市民病院", "大阪府 · 病院 · 150床", "<svg role=\"img\"", "督促を送る"],
    );
    has(&officer.get(&format!("{path}/calls")).await, &["電話確認の一覧", "見本市民病院"]);
    has(&send(&mut officer, &path, &[("do", "remind")]).await, &["督促を送りました"]);
    let call = [
        ("do", "call"),
        ("called", "org-hospital"),
        ("call-spoke-with", "事務長"),
        ("call-answer", "not-affected"),
    ];
    has(
        &send(&mut officer, &path, &call).await,
        &["電話での確認を記録しました", "該当なし", "事務長"],
    );
    // Those without a node are on the list with the numbers of the register; who was reached leaves it.
    let list = officer.get(&format!("{path}/calls")).await;
    has(&list, &["見本歯科医院", "06-0000-4444", "06-0000-5555"]);
    has_not(&list, &["見本市民病院"]);
    // The plan by the rule of its class; an officer may stop what goes out by itself, and let it go on.
    has(
        &officer.get(&path).await,
        &["担当者に督促", "回答のない機関すべてに電話", "いま電話する一覧"],
    );
    let stopped = send(&mut officer, &path, &[("do", "chase-stop")]).await;
    has(&stopped, &["自動の督促を止めました", "自動の督促を再開する"]);
    has_not(&send(&mut officer, &path, &[("do", "chase-go-on")]).await, &["自動の督促を再開する"]);
    has(&officer.get(&format!("{path}/routes")).await, &["経路別の結果", "電話"]);
    let file = officer.get(&format!("{path}/list.csv?coverage-which=silent")).await;
    has(&file, &["機関,都道府県", "見本歯科医院,"]);
    has_not(&file, &["見本市民病院"]);
    let issued = hub.warnings.issued(None, 10).await.unwrap();
    let key = &issued.iter().find(|one| path.ends_with(one.key.id.as_str())).unwrap().key;
    let warning = hub.warnings.warning(key).await.unwrap();
    let all = hub.warnings.coverage_rows(&warning, &Selection::default(), 0..100).await.unwrap();
    for row in all.rows {
        let [act, _, spoke_with, answer] = call;
        let called = ("called", row.organisation.id.as_str());
        assert_eq!(officer.post(&path, &[act, called, spoke_with, answer]).await.status, 303);
    }
    has(&officer.get(&format!("{path}/calls")).await, &["回答のない機関はありません"]);
    let mut inspector = Browser::signed_in(hub, Role::Inspector, Lang::Ja).await;
    has_not(&inspector.get(&path).await, &["督促を送る"]);
    assert_eq!(inspector.post(&path, &[("do", "remind")]).await.status, 403);
}

#[tokio::test]
async fn a_revision_is_begun_and_a_withdrawal_awaits_release() {
    let world = world().await;
    let path = format!("/coverage{}", received(&world).await);
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let page = officer.post(&path, &[("do", "withdraw"), ("withdraw-reason", "")]).await;
    has(&page, &["入力してください"]);
    let page =
        send(&mut officer, &path, &[("do", "withdraw"), ("withdraw-reason", "誤報のため")]).await;
    has(&page, &["誤報のため", "決裁待ち"]);
}

#[tokio::test]
async fn a_code_is_shown_once_and_never_in_an_address_or_cookie() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    has(&officer.get("/neighbours").await, &["見本市民病院", "接続コードを作る"]);
    let page = officer.post("/neighbours", &[("invite-note", "見本県立病院")]).await;
    assert_eq!(page.status, 200);
    has(&page, &["この接続コードは二度と表示されません", "見本県立病院"]);
    assert!(page.headers.get("set-cookie").is_none());
    has_not(&officer.get("/neighbours").await, &["この接続コードは二度と表示されません"]);
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    assert_eq!(approver.post("/neighbours", &[("invite-note", "x")]).await.status, 403);
    let mut node = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    has_not(&node.get("/neighbours").await, &["接続コードを作る"]);
}

#[tokio::test]
async fn a_strangers_text_never_runs_and_a_strange_address_is_no_link() {
    let world = world().await;
    let (hub, node) = (&world.sample.hub, &world.sample.node);
    let author = signer_of(hub, Role::Officer).await;
    let approver = signer_of(hub, Role::Approver).await;
    let content = WarningContent {
        number: XSS.to_owned(),
        title: XSS.to_owned(),
        body: XSS.to_owned(),
        contact: XSS.to_owned(),
        actions: vec![RequestedAction { text: XSS.to_owned(), clauses: vec![XSS.to_owned()] }],
        links: vec![Link { title: XSS.to_owned(), url: "javascript:alert(1)".to_owned() }],
        ..WarningContent::empty(XSS, jst_date(hub.clock.now()))
    };
    let issued = hub.warnings.begin(content, &author).await.unwrap();
    let id = issued.key.id.clone();
    hub.warnings.submit(&id, &author).await.unwrap();
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let mut pages = vec![officer.get(&format!("/outbox/{id}")).await, officer.get("/outbox").await];
    hub.warnings.release(&id, &approver).await.unwrap();
    exchange(hub, node).await;
    let key = key_path(&issued.key);
    for path in [format!("/coverage{key}"), format!("/coverage{key}/calls"), "/outbox".to_owned()] {
        pages.push(officer.get(&path).await);
    }
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    for path in [format!("/warnings{key}"), "/warnings".to_owned()] {
        pages.push(clerk.get(&path).await);
    }
    for page in pages {
        assert!(page.status.is_success(), "{}", page.text);
        assert!(!page.has_script_of_strangers(), "{}", page.text);
        has_not(&page, &["href=\"javascript:"]);
    }
}

#[tokio::test]
async fn a_prefecture_passes_a_warning_on_and_the_hospital_sees_it_once_with_its_words() {
    let world = world().await;
    let (hub, node) = (&world.sample.hub, &world.sample.node);
    let folder = tempfile::tempdir().unwrap();
    let prefecture = prefecture_below(hub, &folder).await;
    enrol(&prefecture, node).await;
    // The one the hospital has had since this morning reaches the new prefecture as well.
    exchange(hub, &prefecture).await;
    let mut officer = Browser::signed_in(&prefecture, Role::Officer, Lang::Ja).await;
    let path = format!("/warnings{}", received(&world).await);
    has(&officer.get("/warnings").await, &["未読"]);
    has(&officer.get(&path).await, &["周知する"]);
    let form = format!("{path}/relay");
    let page = officer.get(&form).await;
    has(&page, &["宛先に当てはまる管内の機関: 1件", "発出元の署名のまま"]);
    let long = "長".repeat(sakimori_federation::REMARK_CHARS_MAX + 1);
    has(&officer.post(&form, &[("remark", &long)]).await, &["文字以内で入力してください"]);
    let remark = format!("本日中に回答してください {XSS}");
    let page = send(&mut officer, &form, &[("remark", &remark)]).await;
    has(&page, &["周知しました", "見本市民病院"]);
    has(&officer.get("/outbox").await, &["周知"]);
    let inspector =
        Browser::signed_in(&prefecture, Role::Inspector, Lang::Ja).await.post(&form, &[]).await;
    assert_eq!(inspector.status, 403);

    exchange(&prefecture, node).await;
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    has(&clerk.get("/warnings").await, &["2つの経路で届きました"]);
    let page = clerk.get(&path).await;
    has(&page, &["見本県 から", "本日中に回答してください", "厚生労働省（見本） → 見本県"]);
    assert!(!page.has_script_of_strangers());
    assert_eq!(node.warnings.received(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_warning_that_does_not_exist_is_not_found() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::En).await;
    has(&officer.get("/warnings").await, &["No warning has arrived."]);
    for path in [
        "/warnings/org-nobody/none/relay",
        "/warnings/org-nobody/none",
        "/coverage/org-nobody/none",
        "/outbox/none",
    ] {
        assert_eq!(officer.get(path).await.status, 404, "{path}");
    }
}

pub(super) async fn signer_of(site: &Site, role: Role) -> Signer {
    let people = site.identity.people().await.unwrap();
    let person = people.into_iter().find(|person| person.roles.contains(&role)).unwrap();
    Signer { person: person.id, name: person.display_name }
}

async fn enrol(hub: &Site, child: &Site) {
    let code = hub.post.invite("system", "test", None).await.unwrap().to_string();
    child
        .post
        .enrol_with("http://127.0.0.1:1", &code, "system", &OneWire(Arc::clone(&hub.post)))
        .await
        .unwrap();
}

pub(super) async fn exchange(hub: &Site, child: &Site) {
    let wire = OneWire(Arc::clone(&hub.post));
    child.post.exchange_once(&hub.settings.organisation, &wire).await.unwrap();
    child.post.deliver(&[child.warnings.as_ref()]).await.unwrap();
}

/// A prefecture's site, enrolled under `hub`.
async fn prefecture_below(hub: &Arc<Site>, folder: &tempfile::TempDir) -> Arc<Site> {
    let kind = OrganisationKind::Prefecture;
    site_below(hub, folder, (kind, "見本県"), Side::Hub, &[Role::Officer, Role::Inspector]).await
}

/// A site of its own, enrolled under `hub`.
async fn site_below(
    hub: &Arc<Site>,
    folder: &tempfile::TempDir,
    (kind, name): (OrganisationKind, &str),
    side: Side,
    roles: &[Role],
) -> Arc<Site> {
    let me = Organisation {
        id: OrganisationId::from("org-prefecture"),
        kind,
        name: name.to_owned(),
        prefecture: Prefecture::from_code(27),
        institution: None,
    };
    let address = format!("sqlite:{}", folder.path().join("prefecture.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let (clock, chance, content) = (&hub.clock, &hub.chance, &hub.content);
    let key = SecretKey::new(chance.as_ref());
    let post = Arc::new(Post::new(
        Arc::clone(&store),
        Arc::clone(clock),
        Arc::clone(chance),
        me.clone(),
        key,
    ));
    let settings =
        IdentitySettings { demonstration: true, ..IdentitySettings::new(me.id.clone(), side) };
    let identity =
        Identity::new(Arc::clone(&store), Arc::clone(clock), Arc::clone(chance), settings);
    let desk = WarningDesk::new(
        Arc::clone(&store),
        Arc::clone(&post),
        Arc::clone(content),
        Arc::clone(clock),
        Arc::clone(chance),
    );
    for role in roles.iter().copied() {
        let person = NewPerson {
            sign_in_name: role.as_str().to_owned(),
            display_name: role.label().ja,
            roles: [role].into(),
            password: "つゆくさの咲く朝に歩いた道は長い".to_owned(),
        };
        identity.create_person(person).await.unwrap();
    }
    let own = Profile { organisation: me.clone(), local_contacts: Vec::new() };
    profile::save(store.as_ref(), &own, "system", clock.now()).await.unwrap();
    let site = Site {
        register: Arc::new(sakimori_register::Register::new(
            Arc::clone(&store),
            Arc::clone(clock),
            Arc::clone(chance),
        )),
        presence: crate::Presence::default(),
        taxii: Arc::clone(&hub.taxii),
        settings: SiteSettings {
            organisation: me.id.clone(),
            slug: "prefecture".to_owned(),
            side,
            tls: false,
        },
        gate: Gate::new(Arc::clone(&store), Arc::clone(clock)),
        identity: Arc::new(identity),
        findings: Arc::clone(&hub.findings),
        maintenance: Arc::clone(&hub.maintenance),
        mail: Arc::clone(&hub.mail),
        mailroom: Arc::clone(&hub.mailroom),
        retro: Arc::clone(&hub.retro),
        checklists: Arc::clone(&hub.checklists),
        assets: Arc::clone(&hub.assets),
        papers: Arc::clone(&hub.papers),
        paper_files: Arc::clone(&hub.paper_files),
        senders: Arc::clone(&hub.senders),
        saved_searches: Arc::clone(&hub.saved_searches),
        access_reviews: Arc::clone(&hub.access_reviews),
        record_accesses: Arc::clone(&hub.record_accesses),
        cases: hub.cases.clone(),
        pictures: Arc::clone(&hub.pictures),
        office: hub.office.clone(),
        warnings: Arc::new(desk),
        shares: Arc::clone(&hub.shares),
        population: Arc::clone(&hub.population),
        search: Arc::clone(&hub.search),
        lake: Arc::clone(&hub.lake),
        keeping: Arc::clone(&hub.keeping),
        heads: Arc::clone(&hub.heads),
        printer: Arc::clone(&hub.printer),
        control: Arc::clone(&hub.control),
        demo: None,
        clock: Arc::clone(clock),
        chance: Arc::clone(chance),
        content: Arc::clone(content),
        store,
        post,
    };
    let site = Arc::new(site);
    enrol(hub, &site).await;
    site
}

/// A form as browsers send it with a file.
async fn with_file(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let part = |(name, value): &(&str, &str)| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = fields.iter().map(part).collect();
    let request = browser
        .request("POST", path)
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::from(format!("{body}--x--\r\n")))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn rows_are_read_from_a_file_and_a_list_beside_what_is_typed_and_the_rest_is_shown() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let bundle = r#"{"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "software", "id": "software--1", "name": "FortiOS", "vendor": "Fortinet", "version": "6.0.4"},
        {"type": "malware", "id": "malware--1", "name": "Phobos"}]}"#;
    let mut fields = vec![
        ("warning-title", "装置の更新"),
        ("kinds", "hospital"),
        ("kinds", "clinic"),
        ("advisory-file", bundle),
        ("advisory-cves", "CVE-2018-13379 なぞ"),
    ];
    for name in [
        "product-vendor",
        "product-name",
        "product-versions",
        "product-fixed",
        "product-cves",
        "product-remedy",
        "product-link",
    ] {
        fields.push((name, if name == "product-name" { "手で書いた装置" } else { "" }));
    }
    let page = with_file(&mut officer, "/outbox/new/read", &fields).await;
    has(
        &page,
        &[
            "value=\"装置の更新\"",
            "value=\"手で書いた装置\"",
            "value=\"FortiOS\"",
            "value=\"6.0.4\"",
            "value=\"CVE-2018-13379\"",
            "行にならなかったもの",
            "<li>なぞ</li>",
            "<li>malware Phobos</li>",
            "value=\"hospital\" checked",
            "value=\"clinic\" checked",
        ],
    );
    let typed = [("do", "save"), ("warning-title", "題"), ("advisory-cves", "CVE-2020-12812")];
    let page = officer.post("/outbox/new", &typed).await;
    has(&page, &["value=\"CVE-2020-12812\"", "value=\"題\""]);
    let clerk = &mut Browser::signed_in(&world.sample.hub, Role::Inspector, Lang::Ja).await;
    assert_eq!(with_file(clerk, "/outbox/new/read", &fields).await.status.as_u16(), 403);
}

#[tokio::test]
async fn the_count_of_addressees_includes_members_without_a_node() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let count = [("do", "count"), ("kinds", "pharmacy")];
    has(&officer.post("/outbox/new", &count).await, &["当てはまる管内の機関: 1"]);
}

#[tokio::test]
async fn the_maker_of_a_product_gets_its_warning_answers_it_and_stands_in_the_coverage() {
    let world = world().await;
    let hub = &world.sample.hub;
    let folder = tempfile::tempdir().unwrap();
    let roles = [Role::SafetyOfficer];
    let maker = (OrganisationKind::Vendor, "フォーティネット・ジャパン合同会社");
    let maker = site_below(hub, &folder, maker, Side::Node, &roles).await;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let mut fields = vec![
        ("class", "normal"),
        ("warning-title", "装置の脆弱性"),
        ("warning-body", "更新してください"),
        ("warning-number", "事務連絡 1"),
        ("issuer", "見本係"),
        ("issued-on", "2026-11-20"),
        ("tlp", "TLP:GREEN"),
        ("warning-makers", "yes"),
        ("do", "submit"),
    ];
    let row = [
        ("product-vendor", "Fortinet"),
        ("product-name", "FortiOS"),
        ("product-versions", "< 6.0.5"),
    ];
    fields.extend(row);
    fields.extend(
        ["product-fixed", "product-cves", "product-remedy", "product-link"].map(|name| (name, "")),
    );
    let done = officer.post("/outbox/new", &fields).await;
    assert!(done.status.is_redirection(), "{}", done.text);
    let path = done.header("location").to_owned();
    has(&officer.get(&path).await, &["会社: ", "フォーティネットジャパン"]);
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    send(&mut approver, &path, &[("do", "release")]).await;

    exchange(hub, &maker).await;
    let came = maker.warnings.received(None, 1).await.unwrap().remove(0);
    let warning = key_path(&came.key);
    let mut person = Browser::signed_in(&maker, Role::SafetyOfficer, Lang::Ja).await;
    has(&person.get(&format!("/warnings{warning}")).await, &["装置の脆弱性"]);
    let answer =
        [("do", "answer"), ("warning-answer", "affected"), ("warning-note", "修正版を配布中")];
    send(&mut person, &format!("/warnings{warning}"), &answer).await;
    exchange(hub, &maker).await;
    hub.post.deliver(&[hub.warnings.as_ref()]).await.unwrap();
    let page = officer.get(&format!("/coverage{warning}")).await;
    has(&page, &["会社・その他", "フォーティネット・ジャパン合同会社", "修正版を配布中"]);
}

#[tokio::test]
async fn a_warning_for_the_makers_alone_leaves_the_institutions_out() {
    let world = world().await;
    let hub = &world.sample.hub;
    let folder = tempfile::tempdir().unwrap();
    let maker = (OrganisationKind::Vendor, "フォーティネット・ジャパン合同会社");
    let maker = site_below(hub, &folder, maker, Side::Node, &[Role::SafetyOfficer]).await;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let draft = |rule: &[(&'static str, &'static str)]| {
        let mut fields = vec![
            ("class", "normal"),
            ("warning-title", "製造業者へのお願い"),
            ("warning-body", "修正版の予定を知らせてください"),
            ("warning-number", "事務連絡 2"),
            ("issuer", "見本係"),
            ("issued-on", "2026-11-20"),
            ("tlp", "TLP:GREEN"),
            ("warning-companies-only", "yes"),
        ];
        fields.extend(rule);
        fields
    };
    let page = officer.post("/outbox/new", &draft(&[("do", "submit")])).await;
    has(&page, &["送る会社の名前を書くか"]);
    let both = draft(&[("do", "submit"), ("warning-vendors", "yes"), ("kinds", "hospital")]);
    has(&officer.post("/outbox/new", &both).await, &["会社だけに送るときは空にしてください"]);
    let named = |what| draft(&[("do", what), ("warning-companies", "フォーティネット")]);
    let page = officer.post("/outbox/new", &named("count")).await;
    has(
        &page,
        &["会社の名前で届く先: フォーティネット・ジャパン合同会社", "当てはまる管内の機関: 1"],
    );
    let done = officer.post("/outbox/new", &named("submit")).await;
    assert!(done.status.is_redirection(), "{}", done.text);
    let path = done.header("location").to_owned();
    has(&officer.get(&path).await, &["会社だけ（医療機関を除く）"]);
    let mut approver = Browser::signed_in(hub, Role::Approver, Lang::Ja).await;
    send(&mut approver, &path, &[("do", "release")]).await;

    exchange(hub, &maker).await;
    exchange(hub, &world.sample.node).await;
    let title = "製造業者へのお願い";
    let titles = async |site: &Site| {
        let received = site.warnings.received(None, 100).await.unwrap();
        received.iter().any(|one| one.current().unwrap().warning.content.title == title)
    };
    assert!(titles(&maker).await);
    assert!(!titles(&world.sample.node).await);
}
