use axum::body::Body;
use sakimori_identity::Role;
use sakimori_words::Lang;

use crate::screens::respond::tests::{has, has_not, send};
use crate::tests::browser::{Browser, Page, world};

async fn upload(browser: &mut Browser, bytes: &[u8]) -> Page {
    let head =
        "--x\r\ncontent-disposition: form-data; name=\"device-file\"; filename=\"a.csv\"\r\n\r\n";
    let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
    let request = browser
        .request("POST", "/devices/import")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn devices_are_added_changed_retired_and_named_on_the_screen() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let mut fields = vec![
        ("device-product", "FortiGate 60F"),
        ("device-vendor", "フォーティネット"),
        ("device-kind", "system"),
        ("device-quantity", "２"),
    ];
    let page = clerk.post("/devices/new", &fields[1..]).await;
    has(&page, &["入力してください", "フォーティネット"]);
    let page = send(&mut clerk, "/devices/new", &fields).await;
    has(&page, &["「FortiGate 60F」を一覧に加えました", "版が未記入", "最終更新"]);
    has(&clerk.post("/devices/new", &fields).await, &["同じ機器がすでに一覧にあります"]);
    let list = world.sample.node.assets.list().await.unwrap();
    let own = list.iter().find(|asset| asset.fields.vendor == "フォーティネット").unwrap();
    let path = format!("/devices/{}", own.id);
    fields.push(("device-version", "7.0.3"));
    has(&send(&mut clerk, &path, &fields).await, &["変更しました", "7.0.3"]);
    let named = [("name-kind", "vendor"), ("name-known", "Fortinet"), ("name-also", "本館ネット")];
    has(&send(&mut clerk, "/devices/names", &named).await, &["本館ネット", "呼び名を取り消す"]);
    let retire = format!("{path}/retire");
    has(&send(&mut clerk, &retire, &[]).await, &["一覧から外しました", "廃棄・撤去した機器"]);
    let mut director = Browser::signed_in(&world.sample.node, Role::Director, Lang::Ja).await;
    has_not(&director.get("/devices").await, &["機器を加える"]);
    assert_eq!(director.post("/devices/new", &fields).await.status, 403);
}

#[tokio::test]
async fn a_csv_comes_in_with_its_faults_shown_and_goes_out_again() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::En).await;
    let csv =
        "vendor,product,version,quantity,room\nBD,Alaris 8015,9.7,24,3F\nBD,,9.7,1,<b>x</b>\n";
    let page = upload(&mut clerk, csv.as_bytes()).await;
    has(&page, &["1 new, 0 changed, 0 the same, 1 not understood", "went into the note: room"]);
    has(&page, &["there is no product", "&#60;b&#62;x&#60;/b&#62;"]);
    let page = upload(&mut clerk, csv.as_bytes()).await;
    has(&page, &["0 new, 0 changed, 1 the same"]);
    has(&clerk.get("/devices/export.csv").await, &["製品名", "Alaris 8015", "24"]);
    has(&upload(&mut clerk, b"a,b\n1,2\n").await, &["names no column"]);
}
