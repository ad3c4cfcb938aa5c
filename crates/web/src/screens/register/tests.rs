//! The register's screens.

use sakimori_identity::Role;
use sakimori_register::{Asked, Way};
use sakimori_words::Lang;

use crate::screens::respond::tests::has;
use crate::tests::browser::{Browser, world};

#[tokio::test]
async fn an_officer_searches_enters_and_changes_an_institution() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let list =
        officer.get("/register?reg-text=%E3%81%BF%E3%81%BB%E3%82%93%E3%81%97%E3%81%8B").await;
    assert!(list.text.contains("見本歯科医院"), "found by its reading: {}", list.text);
    let fields = [
        ("institution-kind", "clinic"),
        ("org-name", "新しい診療所"),
        ("prefecture", "27"),
        ("founder", "individual"),
        ("reg-way", "telephone"),
        ("reg-kana", "アタラシイ"),
        ("reg-person", "院長"),
        ("reg-person-phone", "06-0000-9999"),
        ("reg-person-hours", "平日 9:00-17:00"),
    ];
    let entered = officer.post("/register/new", &fields).await;
    assert_eq!(entered.status, 303, "{}", entered.text);
    let path = entered.header("location").to_owned();
    let entry = officer.get(&path).await;
    assert!(entry.text.contains("06-0000-9999"), "{}", entry.text);
    let mut wrong = fields;
    wrong[8] = ("reg-person-hours", "いつか");
    let refused = officer.post("/register/new", &wrong).await;
    assert!(refused.text.contains("p-reg-person-hours"), "{}", refused.text);

    let unreadable =
        [("reg-telephone", "あとで"), ("reg-deputy-mail", "info@"), ("reg-deputy", "")];
    let typed: Vec<_> = fields.into_iter().chain(unreadable).chain([("beds", "9000")]).collect();
    let refused = officer.post("/register/new", &typed).await;
    for field in ["reg-telephone", "reg-deputy-mail", "reg-deputy", "beds"] {
        let said = format!("id=\"p-{field}\"");
        assert!(refused.text.contains(&said), "{field} is lost or kept wrong: {}", refused.text);
    }
    let nameless = officer.post(&format!("{path}/invite"), &[("reg-invite-name", "")]).await;
    assert!(nameless.text.contains("p-reg-invite-name"), "{}", nameless.text);
    assert!(nameless.text.contains("06-0000-9999"), "the entry is still shown");

    let closed = officer.post(&format!("{path}/close"), &[("reg-closed-on", "2026-11-20")]).await;
    assert_eq!(closed.status, 303, "{}", closed.text);
    let census = hub.register.census().await.unwrap();
    assert_eq!(census.total(), 2, "the two of the sample");
    assert_eq!(census, hub.register.recount().await.unwrap());
}

#[tokio::test]
async fn a_list_is_taken_in_and_what_is_not_understood_is_shown() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let list = "名称,都道府県,種別,ひみつ\n甲薬局,大阪府,薬局,x\n乙薬局,なにわ,薬局,y\n";
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"reg-file\"; filename=\"list.csv\"\r\n\r\n{list}\r\n--b\r\ncontent-disposition: form-data; name=\"reg-new-way\"\r\n\r\noffice\r\n--b--\r\n"
    );
    let request = officer
        .request("POST", "/register/import")
        .header("content-type", "multipart/form-data; boundary=b")
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::from(body))
        .unwrap();
    let page = officer.send(request).await;
    assert!(page.text.contains("新しく登録 1件"), "{}", page.text);
    assert!(page.text.contains("ひみつ"), "the column without a place is named");
    assert!(page.text.contains("乙薬局 | なにわ"), "the row is shown whole");
    let asked = Asked { text: "甲薬局".to_owned(), ..Asked::default() };
    let found = hub.register.list(&asked, None, 10).await.unwrap().facilities;
    assert_eq!(found[0].way, Way::Office);
    let members = hub.register.roll().await.unwrap();
    assert!(members.iter().all(|one| one.name != "甲薬局"), "its own office warns it");
    has(&officer.get("/register/import").await, &["value=\"office\" selected"]);
    let mut inspector = Browser::signed_in(hub, Role::Inspector, Lang::Ja).await;
    assert_eq!(inspector.get("/register").await.status, 200);
    assert_eq!(inspector.get("/register/import").await.status, 403);
}
