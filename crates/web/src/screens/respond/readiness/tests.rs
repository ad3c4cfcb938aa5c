//! Being prepared, through the screens.

use axum::body::Body;
use sakimori_identity::Role;
use sakimori_respond::readiness::ReadinessDesk;
use sakimori_words::Lang;

use super::super::tests::has;
use super::paper;
use crate::site::Site;
use crate::tests::browser::{Browser, World, world};

fn desk(site: &Site) -> ReadinessDesk {
    ReadinessDesk::new(site.store.clone(), site.clock.clone(), site.chance.clone())
}

async fn officer(world: &World) -> Browser {
    Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await
}

#[tokio::test]
async fn a_contact_is_entered_with_hours_and_deputy_and_is_on_the_sheet_at_once() {
    let world = world().await;
    let mut officer = officer(&world).await;
    let fields = [
        ("ct-role", "police"),
        ("ct-replaces", "yes"),
        ("ct-name", "大阪府警 サイバー担当"),
        ("ct-phone-1", "06-0000-0110"),
        ("ct-when-1", "平日 9:00-17:00"),
        ("ct-phone-2", "06-0000-0119"),
        ("ct-kind-2", "mobile"),
        ("ct-when-2", "平日 9:00-17:00 以外"),
        ("ct-deputy-1", "it"),
    ];
    let page = officer.post("/readiness/contacts", &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);
    // The sample's moment is a Friday at 21:47.
    let page = officer.get("/readiness/sheet").await;
    has(&page, &["大阪府警 サイバー担当", "tel:0600000119", "番号を通知して"]);
    assert!(!page.text.contains("tel:0600000110"), "that number is not answered at night");
    let refused = [("ct-role", "staff"), ("ct-name", "x"), ("ct-phone-1", "9012345678")];
    let page = officer.post("/readiness/contacts", &refused).await;
    has(&page, &["電話番号として読めません", "value=\"9012345678\""]);
}

#[tokio::test]
async fn deputies_that_lead_back_to_the_contact_are_refused_by_name() {
    let world = world().await;
    let mut officer = officer(&world).await;
    // The head's deputy is the manager already.
    let fields = [
        ("ct-role", "staff"),
        ("ct-name", "見本 花子"),
        ("ct-phone-1", "090-0000-0002"),
        ("ct-deputy-1", "head"),
    ];
    let page = officer.post("/readiness/contacts/manager", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text);
    has(&page, &["代行が一周して戻ります（見本 花子 → ", "value=\"090-0000-0002\""]);
    let fields = [fields[0], fields[1], fields[2], ("ct-deputy-1", "it")];
    assert_eq!(officer.post("/readiness/contacts/manager", &fields).await.status, 303);
    assert_eq!(officer.post("/readiness/contacts/nobody", &fields).await.status, 404);
}

#[tokio::test]
async fn the_vendor_of_the_affected_system_comes_first_and_its_deputy_is_offered_when_nobody_answers()
 {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = officer(&world).await;
    let cases = site.cases.cases(None, 10).await.unwrap();
    let exercise = cases.iter().find(|case| case.exercise).unwrap();
    let room = format!("/cases/{}", exercise.id);
    let page = officer.get(&room).await;
    has(
        &page,
        &["影響を受けたシステムの担当", "【訓練】", "病棟から印刷が止まらない", "代行にかける"],
    );
    assert!(!page.text.contains("報道機関から問合せ"), "it is told later");
    has(&officer.get(&format!("/readiness/sheet?case={}", exercise.id)).await, &["【訓練】", "★"]);
    let called = [("contact", "maker"), ("dialled", "06-0000-1112"), ("outcome", "no-answer")];
    assert_eq!(officer.post(&format!("{room}/call"), &called).await.status, 303);
    has(&officer.get(&room).await, &["応答なし。代行にかける", "080-0000-1113"]);
}

#[tokio::test]
async fn an_exercise_is_not_among_what_is_really_due_and_holds_no_logs() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = officer(&world).await;
    let page = officer.get("/today").await;
    has(&page, &["演習中", "連絡網", "手順と基準"]);
    let exercise = site.cases.cases(None, 10).await.unwrap();
    let exercise = exercise.iter().find(|case| case.exercise).unwrap();
    let links = page.text.matches(&format!("/cases/{}\"", exercise.id)).count();
    assert_eq!(links, 1, "once as an exercise, never as a duty");
    let holds = site.cases.holds().await.unwrap();
    assert!(holds.iter().all(|hold| hold.case != exercise.id));
    has(&officer.get(&format!("/cases/{}", exercise.id)).await, &["訓練のため、実際の証拠保全"]);
}

#[tokio::test]
async fn the_decision_offers_the_prepared_deciders_and_keeps_the_version_of_the_criteria() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = officer(&world).await;
    let case = site.cases.cases(None, 1).await.unwrap().remove(0);
    let room = format!("/cases/{}", case.id);
    let page = officer.get(&room).await;
    has(&page, &["この医療機関の基準（第1版）", "外部回線を切ってよい", "病院長", "の代行"]);
    let fields = [
        ("act", "decision"),
        ("criteria", "1"),
        ("option", "backup-only"),
        ("decided-by", "見本 花子"),
        ("decider-role", "事務長"),
        ("clinical-impact", "なし"),
        ("revert-condition", "調査が終わるまで"),
    ];
    assert_eq!(officer.post(&format!("{room}/decision"), &fields).await.status, 303);
    let case = site.cases.case(&case.id).await.unwrap();
    assert_eq!(case.isolation().unwrap().own_criteria, Some(1));
    has(&officer.get(&room).await, &["判断の基準"]);

    // The criteria are written anew while the form is open: it comes back with the new ones and everything typed.
    let mut text = desk(site).versions("isolation").await.unwrap().remove(0).text;
    text.stopping = "1台でも暗号化されたら外部回線を切る".to_owned();
    let by = sakimori_respond::Actor::new("x", "見本", "");
    desk(site).write_procedure("isolation", &text, &by).await.unwrap();
    let page = officer.post(&format!("{room}/decision"), &fields).await;
    has(
        &page,
        &["判断の基準が改訂されました", "第2版", "1台でも暗号化されたら", "調査が終わるまで"],
    );
    assert_eq!(site.cases.case(&case.id).await.unwrap().isolation.len(), case.isolation.len());
    let mut read = fields;
    read[1].1 = "2";
    assert_eq!(officer.post(&format!("{room}/decision"), &read).await.status, 303);
    let case = site.cases.case(&case.id).await.unwrap();
    assert_eq!(case.isolation().unwrap().own_criteria, Some(2));
}

#[tokio::test]
async fn the_tree_goes_out_as_csv_and_a_fault_of_a_file_is_told_by_its_cell() {
    let world = world().await;
    let mut officer = officer(&world).await;
    let csv = officer.get("/readiness/contacts/export.csv").await;
    has(&csv, &["番号,区分,名称", "見本カルテ保守株式会社", "平日 8:30-17:15"]);
    let table = csv.text.replace("090-0000-0002", "090-7777-0002");
    let page = upload(&mut officer, &table).await;
    assert_eq!(page.status, 303, "{}", page.text);
    has(&officer.get("/readiness/contacts").await, &["090-7777-0002", "090-0000-0001"]);
    let page = upload(&mut officer, "名称,電話1\r\n新人,9012345678\r\n").await;
    has(&page, &["2 行目「電話1」", "先頭の 0 がありません"]);
}

async fn upload(browser: &mut Browser, table: &str) -> crate::tests::browser::Page {
    let body = format!(
        "--sep\r\nContent-Disposition: form-data; name=\"ct-file\"; filename=\"c.csv\"\r\n\r\n{table}\r\n--sep--\r\n"
    );
    let request = browser
        .request("POST", "/readiness/contacts/import")
        .header("content-type", "multipart/form-data; boundary=sep")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn a_drill_runs_from_the_plan_to_its_improvements() {
    let world = world().await;
    let mut officer = officer(&world).await;
    let plan = [("dr-title", "冬の訓練"), ("dr-people", "head"), ("dr-people", "manager")];
    let page = officer.post("/readiness/drills", &plan).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let drill = page.header("location").to_owned();
    assert_eq!(officer.post(&format!("{drill}/start"), &[]).await.status, 303);
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let tried = [("contact", "head"), ("channel", "090-0000-0001"), ("outcome", "answered")];
    assert_eq!(clerk.post(&format!("{drill}/try"), &tried).await.status, 303);
    has(&officer.get(&drill).await, &["1/2", "次にかける人", "見本 花子"]);
    assert_eq!(officer.post(&format!("{drill}/end"), &[]).await.status, 303);
    has(&officer.get(&drill).await, &["つながらなかった人", "改善事項を追加する"]);
    has(&officer.get("/readiness/drills").await, &["<svg", "冬の訓練", "1/2"]);
    let wanted = [("im-what", "当直表を更新"), ("im-owner", "見本"), ("im-due", "2026-11-01")];
    assert_eq!(officer.post(&format!("{drill}/improve"), &wanted).await.status, 303);
    let page = officer.get(&drill).await;
    has(&page, &["当直表を更新", "未了", "行ったこと"]);
    has(&officer.get("/readiness/drills").await, &["当直表を更新", "期限超過"]);
    let id = page.text.split("name=\"im-which\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let which = ("im-which", id.split('"').next().unwrap());
    has(&officer.post(&format!("{drill}/done"), &[which]).await, &["入力してください"]);
    let said = [which, ("im-done", "番号を差し替えた")];
    assert_eq!(officer.post(&format!("{drill}/done"), &said).await.status, 303);
    has(&officer.get(&drill).await, &["番号を差し替えた", "改善事項が済んだので完了にする"]);
}

#[tokio::test]
async fn the_copy_for_paper_fetches_nothing_and_says_whom_to_call_what_to_do_and_who_decides() {
    let world = world().await;
    let site = &world.sample.node;
    let at = site.clock.now();
    for lang in [Lang::Ja, Lang::En] {
        let copy =
            paper::of_store(&site.store, &desk(site), &site.content, at, lang).await.unwrap();
        for part in ["見本カルテ保守株式会社", "080-0000-1113", "03-6812-7837", "見本 花子"]
        {
            assert!(copy.html.contains(part), "{part} is in the file");
            assert!(copy.text.contains(part), "{part} is in the text\n{}", copy.text);
        }
        for fetching in ["<script", "<link", "src=\"", "url(", "@import"] {
            assert!(!copy.html.contains(fetching), "{fetching}");
        }
        assert!(!copy.html.contains("<img"), "a stranger's name is escaped");
    }
    let mut officer = officer(&world).await;
    let page = officer.post("/readiness/sheet/take", &[("as", "text")]).await;
    has(&page, &["[ ]"]);
    assert!(desk(site).paper_taken().await.unwrap().is_some());
    let before = paper::basis(&site.store, &desk(site), &site.content, at).await.unwrap();
    assert_eq!(before, paper::basis(&site.store, &desk(site), &site.content, at).await.unwrap());
    officer.post("/readiness/contacts/manager/verified", &[]).await;
    assert_ne!(before, paper::basis(&site.store, &desk(site), &site.content, at).await.unwrap());
}

#[tokio::test]
async fn who_may_not_change_reads_and_who_works_on_no_case_is_refused() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    assert!(clerk.get("/readiness/contacts").await.status.is_success());
    assert_eq!(clerk.get("/readiness/contacts/new").await.status, 403);
    assert_eq!(clerk.post("/readiness/contacts/manager/remove", &[]).await.status, 403);
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    assert_eq!(officer.get("/readiness/contacts").await.status, 403);
}
