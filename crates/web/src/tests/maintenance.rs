//! Remote maintenance through the screens.

use axum::body::Body;
use sakimori_identity::Role;
use sakimori_words::Lang;

use super::browser::{Browser, world};

/// The first link of the page that begins so.
fn link(links: &[String], begin: &str) -> String {
    links.iter().find(|link| link.starts_with(begin)).cloned().unwrap_or_default()
}

#[tokio::test]
async fn who_is_in_the_house_is_shown_with_the_plan_or_in_red() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = officer.get("/maintenance").await;
    assert!(page.text.contains("予定どおり") && page.text.contains("月次更新"), "{}", page.text);
    assert!(page.text.contains("予定なし") && page.text.contains("作業予定のない遠隔保守の接続"));
    let findings = officer.get("/findings").await;
    assert!(findings.text.contains("作業予定のない遠隔保守の接続"), "{}", findings.text);
    // A plan entered afterwards stands beside what was told.
    let lines = world.sample.node.maintenance.lines().await.unwrap();
    let line = lines.iter().find(|line| line.fields.supplier == "見本給食サービス").unwrap();
    let session = world.sample.node.maintenance.sessions(None, 10).await.unwrap();
    let session = session.into_iter().find(|own| own.line.as_ref() == Some(&line.id)).unwrap();
    let page = officer.get(&format!("/maintenance/sessions/{}", session.id)).await;
    let offer = link(&page.links(), "/maintenance/plans/new?line");
    assert!(officer.get(&offer.replace("&amp;", "&")).await.text.contains("selected"));
    let fields = [
        ("mt-line", line.id.as_str()),
        ("mt-from", "2026-11-20T00:00"),
        ("mt-to", "2027-01-20T23:00"),
        ("mt-purpose", "献立の更新"),
    ];
    let page = officer.post("/maintenance/plans/new", &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let page = officer.get(&format!("/maintenance/sessions/{}", session.id)).await;
    assert!(
        page.text.contains("予定を後から登録")
            && page.text.contains("作業予定のない遠隔保守の接続"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn what_a_plan_lacks_is_said_beside_the_field_and_nothing_typed_is_lost() {
    let world = world().await;
    let site = &world.sample.node;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let lines = site.maintenance.lines().await.unwrap();
    let fields = [
        ("mt-line", lines[0].id.as_str()),
        ("mt-from", "2026-11-25T09:00"),
        ("mt-to", "2026-11-25T08:00"),
        ("mt-purpose", "月次の点検"),
    ];
    let page = clerk.post("/maintenance/plans/new", &fields).await;
    assert!(
        page.text.contains("id=\"p-mt-to\"") && page.text.contains("月次の点検"),
        "{}",
        page.text
    );
    assert_eq!(clerk.get("/maintenance/lines").await.status, 403);
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    assert!(director.get("/maintenance").await.status.is_success());
    assert_eq!(director.post("/maintenance/plans/new", &fields).await.status, 403);
}

#[tokio::test]
async fn a_plan_is_extended_and_cancelled_with_a_reason_and_never_edited() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let plan = site.maintenance.plans().await.unwrap().remove(0);
    let path = format!("/maintenance/plans/{}", plan.id);
    let to = [("mt-extend-to", "2099-01-01T00:00"), ("mt-extend-reason", "長引く")];
    let page = officer.post(&format!("{path}/extend"), &to).await;
    assert!(page.text.contains("id=\"p-mt-extend-to\""), "{}", page.text);
    let page = officer.post(&format!("{path}/cancel"), &[("mt-cancel-reason", "")]).await;
    assert!(page.text.contains("id=\"p-mt-cancel-reason\""), "{}", page.text);
    let page = officer.post(&format!("{path}/cancel"), &[("mt-cancel-reason", "業者の都合")]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let kept = site.maintenance.plan(&plan.id).await.unwrap();
    assert!(kept.cancelled());
    assert_eq!(kept.fields, plan.fields);
    assert!(officer.get(&path).await.text.contains("業者の都合"));
}

#[tokio::test]
async fn an_account_becomes_a_line_with_one_press_or_is_left_alone() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::En).await;
    assert!(officer.get("/maintenance/lines").await.text.contains("Make it a line"));
    let page = officer.post("/maintenance/lines/adopt", &[("account", "tanaka")]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let address = page.header("location").to_owned();
    assert!(officer.get(&address).await.text.contains("tanaka"));
    let fields = [("mt-supplier", "Tanaka Devices"), ("mt-addresses", "203.0.113.0/99")];
    let page = officer.post(&address, &fields).await;
    assert!(page.text.contains("“203.0.113.0/99” is no address"), "{}", page.text);
    let page = officer.post("/maintenance/lines/new", &[("mt-supplier", "Nobody")]).await;
    assert!(page.text.contains("id=\"p-mt-accounts\""), "{}", page.text);
}

#[tokio::test]
async fn a_month_is_proved_on_screen_and_as_csv() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = officer.get("/maintenance/month").await;
    let csv = officer.get(&link(&page.links(), "/maintenance/month.csv")).await;
    assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.text);
    assert!(csv.text.contains("emr-maint") && csv.text.contains("予定なし"), "{}", csv.text);
    let other = officer.get("/maintenance/month?month=2020-01").await;
    assert!(other.text.contains("この月の接続はありません"), "{}", other.text);
}

#[tokio::test]
async fn a_table_of_plans_is_taken_in_or_its_wrong_rows_are_named() {
    let world = world().await;
    let site = &world.sample.node;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let before = site.maintenance.plans().await.unwrap().len();
    let mut send = async |text: &str| {
        let head = "--x\r\nContent-Disposition: form-data; name=\"mt-file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n";
        let body = format!("{head}{text}\r\n--x--\r\n");
        let request = clerk
            .request("POST", "/maintenance/plans/import")
            .header("content-type", "multipart/form-data; boundary=x")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        clerk.send(request).await
    };
    let page = send("業者,開始,終了,目的\nだれか,2026/11/25 9:00,2026/11/25 12:00,点検").await;
    assert!(page.text.contains("2行目") && page.text.contains("「だれか」"), "{}", page.text);
    let page =
        send("業者,開始,終了,目的\n見本給食サービス,2026/11/25 9:00,2026/11/25 12:00,点検").await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert_eq!(site.maintenance.plans().await.unwrap().len(), before + 1);
}
