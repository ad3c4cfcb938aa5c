//! What people can rely on when a warning is held against the list of devices, replaced, revised or withdrawn.

use sakimori_identity::Role;
use sakimori_words::Lang;

use super::key_path;
use super::tests::{self, signer_of};
use crate::screens::respond::tests::{has, has_not, send};
use crate::tests::browser::{Browser, World, world};

/// What was written on either side reaches the other.
async fn exchange(hub: &crate::Site, node: &crate::Site) {
    tests::exchange(hub, node).await;
    hub.post.deliver(&[hub.warnings.as_ref()]).await.unwrap();
}

async fn received(world: &World) -> String {
    let received = world.sample.node.warnings.received(None, 10).await.unwrap();
    key_path(&received.first().unwrap().key)
}

#[tokio::test]
async fn a_warning_shows_the_affected_devices_with_the_reason_and_the_counts_reach_the_office() {
    let world = world().await;
    let (hub, node) = (&world.sample.hub, &world.sample.node);
    let key = received(&world).await;
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    let page = clerk.get(&format!("/warnings{key}")).await;
    has(
        &page,
        &[
            "該当 3台、ほかに要確認 1台",
            "一覧 6台、最終更新",
            "6.0.2 ≧ 6.0.0, 6.0.2 ≦ 6.0.4",
            "機器の版が未記入",
            "value=\"affected\" checked",
            "CVE-2018-13379",
        ],
    );
    has_not(&page, &["RTX1300"]);
    let answer = [("do", "answer"), ("warning-answer", "affected"), ("warning-note", "")];
    let page = send(&mut clerk, &format!("/warnings{key}"), &answer).await;
    has(&page, &["該当 3台・要確認 1台（一覧 6台"]);
    exchange(hub, node).await;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let page = officer.get(&format!("/coverage{key}")).await;
    has(&page, &["該当 3台・要確認 1台（一覧のある 1機関の計 6台", "一覧なしの回答 0機関"]);
}

#[tokio::test]
async fn without_a_list_nothing_is_proposed_and_nobody_is_told_none() {
    let world = world().await;
    let (hub, node) = (&world.sample.hub, &world.sample.node);
    let by = sakimori_prepare::By { person: &"it".into(), name: "情報" };
    for asset in node.assets.list().await.unwrap() {
        node.assets.retire(&asset.id, by).await.unwrap();
    }
    let key = received(&world).await;
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    let page = clerk.get(&format!("/warnings{key}")).await;
    has(&page, &["機器の一覧がないため突き合わせできません", "機器の一覧を作る"]);
    has_not(&page, &["value=\"not-affected\" checked", "該当なし</span>"]);
    let answer = [("do", "answer"), ("warning-answer", "not-affected"), ("warning-note", "")];
    send(&mut clerk, &format!("/warnings{key}"), &answer).await;
    exchange(hub, node).await;
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let page = officer.get(&format!("/coverage{key}")).await;
    has(&page, &["機器の台数はわかりません（一覧なしの回答 1機関）"]);
}

#[tokio::test]
async fn products_are_written_row_by_row_and_a_row_without_a_name_is_refused() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let mut fields = vec![
        ("class", "urgent"),
        ("warning-title", "脆弱性について"),
        ("warning-body", "本文"),
        ("warning-number", "事務連絡"),
        ("issuer", "見本係"),
        ("tlp", "TLP:GREEN"),
        ("product-vendor", "Philips"),
        ("product-vendor", "Philips"),
        ("product-name", "IntelliVue"),
        ("product-name", ""),
        ("product-versions", "< B.06.18"),
        ("product-versions", "< C.01"),
        ("product-cves", "cve-2020-16214"),
        ("product-cves", ""),
        ("do", "rows"),
    ];
    let page = officer.post("/outbox/new", &fields).await;
    has(&page, &["製品 7", "value=\"&#60; B.06.18\""]);
    fields.pop();
    fields.push(("do", "submit"));
    has(&officer.post("/outbox/new", &fields).await, &["製品名のない行があります"]);
    fields.remove(7);
    fields.retain(|(_, value)| !value.is_empty() && *value != "< C.01");
    let page = send(&mut officer, "/outbox/new", &fields).await;
    has(&page, &["決裁に回しました", "Philips IntelliVue", "&#60; B.06.18", "CVE-2020-16214"]);
}

#[tokio::test]
async fn a_replaced_a_revised_and_a_withdrawn_warning_say_so_at_the_hospital() {
    let world = world().await;
    let (hub, node) = (&world.sample.hub, &world.sample.node);
    let key = received(&world).await;
    let old = key.rsplit('/').next().unwrap().to_owned();
    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let fields = [
        ("class", "urgent"),
        ("warning-title", "差し替えの注意喚起"),
        ("warning-body", "本文"),
        ("warning-number", "事務連絡"),
        ("issuer", "見本係"),
        ("tlp", "TLP:GREEN"),
        ("supersedes", &old),
        ("do", "submit"),
    ];
    has(&officer.get("/outbox/new?template=blank").await, &["置き換える注意喚起", &old]);
    send(&mut officer, "/outbox/new", &fields).await;
    let approver = signer_of(hub, Role::Approver).await;
    let issued = hub.warnings.issued(None, 1).await.unwrap().remove(0);
    hub.warnings.release(&issued.key.id, &approver).await.unwrap();
    exchange(hub, node).await;
    let mut clerk = Browser::signed_in(node, Role::Clerk, Lang::Ja).await;
    let page = clerk.get(&format!("/warnings{key}")).await;
    has(&page, &["新しいものに置き換えられました", "差し替えの注意喚起"]);
    has(&officer.get(&format!("/coverage{key}")).await, &["新しいものに置き換えられました"]);
    let new = key_path(&issued.key);
    has(&clerk.get(&format!("/warnings{new}")).await, &["次の注意喚起に代わるものです"]);
    // A revision counts at once, and asks for a new answer.
    let answer = [("do", "answer"), ("warning-answer", "affected"), ("warning-note", "")];
    send(&mut clerk, &format!("/warnings{new}"), &answer).await;
    let author = signer_of(hub, Role::Officer).await;
    let id = &issued.key.id;
    let draft = hub.warnings.revise(id, &author).await.unwrap().draft.unwrap();
    let content =
        sakimori_warn::WarningContent { body: "訂正した本文".to_owned(), ..draft.content };
    hub.warnings.edit(id, content, &author).await.unwrap();
    hub.warnings.submit(id, &author).await.unwrap();
    hub.warnings.release(id, &approver).await.unwrap();
    exchange(hub, node).await;
    let page = clerk.get(&format!("/warnings{new}")).await;
    has(&page, &["訂正した本文", "第2版です", "回答する"]);
    hub.warnings.withdraw(id, &author, "誤報のため").await.unwrap();
    hub.warnings.release(id, &approver).await.unwrap();
    exchange(hub, node).await;
    let page = clerk.get(&format!("/warnings{new}")).await;
    has(&page, &["この注意喚起は撤回されました", "誤報のため"]);
    has_not(&page, &["回答を送る"]);
    // What was withdrawn replaces nothing any more.
    has_not(&clerk.get(&format!("/warnings{key}")).await, &["置き換えられました"]);
}
