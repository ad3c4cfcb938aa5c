use std::sync::Arc;

use sakimori_content::{ContactRole, LocalContact, OwnPhone};
use sakimori_identity::{Action, Resource, Role};
use sakimori_words::{Involved, Lang, MessageId, Text};

use crate::site::Site;
use crate::tests::browser::{Browser, Page, World, world};

/// The address of the sample's case.
async fn case(site: &Arc<Site>) -> String {
    let cases = site.cases.cases(None, 1).await.unwrap();
    format!("/cases/{}", cases.first().unwrap().id)
}

/// The address of the finding with that title.
async fn finding(browser: &mut Browser, title: &str) -> String {
    let page = browser.get("/findings?state=all").await;
    let before = page.text.split(title).next().unwrap();
    let link = before.rsplit("href=\"").next().unwrap();
    link.split('"').next().unwrap().to_owned()
}

/// The page says all of these, and no sentence on it has an unfilled place.
pub(in crate::screens) fn has(page: &Page, words: &[&str]) {
    assert!(!page.text.contains("{$"), "a place of a sentence is not filled:\n{}", page.text);
    for word in words {
        assert!(page.text.contains(word), "`{word}` is not on the page:\n{}", page.text);
    }
}

/// The page says none of these.
pub(in crate::screens) fn has_not(page: &Page, words: &[&str]) {
    for word in words {
        assert!(!page.text.contains(word), "`{word}` is on the page:\n{}", page.text);
    }
}

/// Sends a form and follows to the page it leads to.
pub(in crate::screens) async fn send(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> Page {
    let page = browser.post(path, fields).await;
    assert_eq!(page.status, 303, "{path}: {}", page.text);
    let next = page.header("location").split('#').next().unwrap().to_owned();
    browser.get(&next).await
}

/// Order of the first occurrences of `words` in the page.
fn in_order(page: &Page, words: &[&str]) {
    let places: Vec<usize> = words
        .iter()
        .map(|word| page.text.find(word).unwrap_or_else(|| panic!("no `{word}`")))
        .collect();
    assert!(places.is_sorted(), "{words:?} stand at {places:?}");
}

#[tokio::test]
async fn findings_of_one_attack_are_told_together_in_the_order_of_their_time() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/findings").await;
    has(&page, &["一連の事象", "破壊・暗号化", "kyushoku-maint", "検知 3 件"]);
    let story = page.text.split("<ol>").nth(1).unwrap().split("</ol>").next().unwrap();
    let places = ["USB", "保守回線", "シャドウコピー"].map(|word| story.find(word));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    has_not(&browser.get("/findings?level=high").await, &["一連の事象"]);
}

#[tokio::test]
async fn findings_stand_worst_first_and_are_filtered_by_level() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = browser.get("/findings?state=all").await;
    in_order(&page, &["シャドウコピーの削除", "保守回線からの夜間ログオン", "USBメモリーの接続"]);
    has(&page, &["重大", "未確認"]);
    let page = browser.get("/findings?level=high").await;
    has(&page, &["保守回線からの夜間ログオン"]);
    has_not(&page, &["USBメモリーの接続"]);
    assert!(!page.has_script_of_strangers());
}

#[tokio::test]
async fn a_finding_says_what_why_and_what_next_and_shows_its_evidence() {
    let world = world().await;
    let ja = [
        "何が起きたか",
        "攻撃者は暗号化の前に復元手段を消します",
        "ログ番号 1234",
        "令和5年12月21日 事務連絡（Sakimori 整理番号 S0-9）",
    ];
    let en = [
        "What happened",
        "Attackers remove the means of recovery",
        "Log record 1234",
        "Notice of 21 December 2023 (Sakimori ref. S0-9)",
    ];
    for (lang, words) in [(Lang::Ja, ja), (Lang::En, en)] {
        let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, lang).await;
        let title = if lang == Lang::Ja {
            "シャドウコピーの削除"
        } else {
            "Shadow copies deleted"
        };
        let path = finding(&mut browser, title).await;
        let page = browser.get(&path).await;
        has(&page, &words);
        let digest = sakimori_words::Digest::of(b"vssadmin delete shadows /all").to_string();
        has(&page, &[&digest]);
    }
}

#[tokio::test]
async fn a_finding_is_closed_only_with_a_reason_and_can_be_opened_again() {
    let world = world().await;
    let mut browser = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let path = finding(&mut browser, "USBメモリーの接続").await;
    let revision = browser.get(&path).await.hidden("revision");
    let close = format!("{path}/close");
    let page = browser.post(&close, &[("revision", &revision), ("finding-reason", " ")]).await;
    has(&page, &["入力してください"]);
    let fields =
        [("revision", revision.as_str()), ("finding-reason", "予定した作業（担当者に確認）")];
    has(&send(&mut browser, &close, &fields).await, &["対応不要として終えました"]);
    let page = browser.get(&path).await;
    has(&page, &["予定した作業（担当者に確認）", "確認済みに戻す"]);
    let stale = browser.post(&close, &fields).await;
    assert_eq!(stale.status, 409, "a form from before somebody else acted is refused");
    let revision = page.hidden("revision");
    send(&mut browser, &format!("{path}/looked-at"), &[("revision", &revision)]).await;
    has(&browser.get(&path).await, &["確認済み"]);
}

#[tokio::test]
async fn a_clerk_alone_at_night_can_raise_a_suspicion_but_not_settle_a_finding() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let path = finding(&mut clerk, "保守回線からの夜間ログオン").await;
    let page = clerk.get(&path).await;
    let revision = page.hidden("revision");
    has(&page, &["攻撃の疑いとして対応を始める"]);
    has_not(&page, &["対応不要として終える"]);
    let refused = clerk.post(&format!("{path}/looked-at"), &[("revision", &revision)]).await;
    assert_eq!(refused.status, 403);
    let page = send(&mut clerk, &format!("{path}/suspect"), &[("revision", &revision)]).await;
    has(
        &page,
        &["疑いとして記録しました", "03-6812-7837", "tel:0368127837", "見本電子カルテ株式会社"],
    );
    has(&clerk.get(&path).await, &["この検知を扱っている事案を開く"]);
    let again = clerk.post(&format!("{path}/suspect"), &[("revision", &revision)]).await;
    assert_eq!(again.status, 303, "pressing twice leads to the same case");
    assert_eq!(
        world.sample.node.cases.cases(None, 10).await.unwrap().len(),
        3,
        "with the sample's two"
    );
}

#[tokio::test]
async fn one_sentence_opens_a_case_and_a_mistake_keeps_what_was_typed() {
    let world = world().await;
    let mut clerk = Browser::signed_in(&world.sample.node, Role::Clerk, Lang::Ja).await;
    let sentence = "電子カルテの端末に身代金を要求する画面が出ている <b>";
    let fields =
        [("sentence", sentence), ("learned-from", "attacker"), ("knew-at", "2099-01-01 00:00")];
    let page = clerk.post("/cases/new", &fields).await;
    has(
        &page,
        &[
            "未来の日時は記録できません",
            "身代金を要求する画面が出ている &#60;b&#62;",
            "2099-01-01 00:00",
        ],
    );
    let fields =
        [("sentence", sentence), ("learned-from", "attacker"), ("knew-at", "R8.11.20 21:00")];
    let page = send(&mut clerk, "/cases/new", &fields).await;
    has(&page, &["2026-11-20 21:00", "攻撃者からの要求・連絡"]);
    has_not(&page, &["<b>"]);
}

#[tokio::test]
async fn everything_done_in_the_room_is_in_the_room_and_on_the_sheet_for_the_meeting() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = officer.get(&room).await;
    let step = page.hidden("step");
    let call = [
        ("contact", "vendor-1"),
        ("outcome", "answered"),
        ("receipt-number", "V-77"),
        ("spoke-with", "当直 佐藤"),
    ];
    has(&send(&mut officer, &format!("{room}/call"), &call).await, &["連絡を記録しました", "V-77"]);
    send(&mut officer, &format!("{room}/step"), &[("step", &step), ("mark", "done")]).await;
    let note =
        [("note", "3階の端末も同じ画面"), ("note-kind", "fact"), ("note-at", "2026-11-20 21:30")];
    let page = send(&mut officer, &format!("{room}/note"), &note).await;
    has(&page, &["3階の端末も同じ画面", "記載 2026-11-20"]);
    let wrong = page
        .text
        .split("3階の端末も同じ画面")
        .next()
        .unwrap()
        .rsplit("id=\"entry-")
        .next()
        .unwrap();
    let wrong = wrong.split('"').next().unwrap().to_owned();
    has(&officer.get(&format!("{room}?correct={wrong}")).await, &["訂正する記載:"]);
    send(
        &mut officer,
        &format!("{room}/note"),
        &[("note", "2階の端末だった"), ("corrects", &wrong)],
    )
    .await;
    let decision = [
        ("act", "decision"),
        ("criteria", "1"),
        ("option", "outside-lines"),
        ("decided-by", "院長 田中"),
        ("decider-role", "院長"),
        ("clinical-impact", "調査中"),
        ("revert-condition", "侵入経路が分かったとき"),
    ];
    send(&mut officer, &format!("{room}/decision"), &decision).await;
    let judgement = judgement("yes", "no", "yes");
    let page = send(&mut officer, &format!("{room}/judgement"), &judgement).await;
    has(&page, &["報告が必要です", "個人情報保護委員会", "厚生労働省"]);
    let sheet = officer.get(&format!("{room}/sheet")).await;
    has(
        &sheet,
        &[
            "<s>3階の端末も同じ画面</s>",
            "2階の端末だった",
            "院長 田中",
            "侵入経路が分かったとき",
            "当直 佐藤",
            "報告が必要です",
            "ログの保持（証拠保全）",
            "シャドウコピーの削除",
            "03-6812-7837",
        ],
    );
    has_not(&sheet, &["<form", "<details"]);
}

#[tokio::test]
async fn who_has_no_number_on_the_sheet_is_named_with_what_to_do_instead() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let advice = [
        "緊急のときは最寄りの警察署へ",
        "電話ではなく、下のページのフォームから提出してください",
        "https://www.npa.go.jp/bureau/cyber/soudan.html",
        "https://www.ppc.go.jp/personalinfo/legal/leakAction/",
    ];
    let page = clerk.get(&room).await;
    has(&page, &advice);
    has(&page, &["f-dialled-police"]);
    has_not(&page, &["f-dialled-privacy-commission", "f-receipt-privacy-commission"]);
    has_not(&page, &["番号が未登録です。名刺・契約書"]);
    has(&clerk.get(&format!("{room}/sheet")).await, &advice);
}

#[tokio::test]
async fn a_threshold_not_reached_does_not_say_that_nobody_is_called() {
    let world = world().await;
    let room = case(&world.sample.node).await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let page = send(&mut officer, &format!("{room}/judgement"), &judgement("no", "no", "no")).await;
    has(&page, &["<div class=\"notice look\">", "厚生労働省への電話連絡は必要です"]);
    has_not(&page, &["<div class=\"notice good\">"]);
}

#[tokio::test]
async fn the_privacy_commissions_clock_counts_from_when_the_leak_was_known() {
    let world = world().await;
    let room = case(&world.sample.node).await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let mut fields = judgement("yes", "no", "yes");
    fields.push(("leak-known-at", "2099-01-01 00:00"));
    let page = officer.post(&format!("{room}/judgement"), &fields).await;
    has(&page, &["未来の日時は記録できません", "2099-01-01 00:00"]);
    fields.pop();
    fields.push(("leak-known-at", "2026-11-01 09:00"));
    let page = send(&mut officer, &format!("{room}/judgement"), &fields).await;
    has(
        &page,
        &[
            "2026-11-01 09:00",
            "2026-12-30 23:59",
            "60日以内（不正な目的のおそれ）",
            "速やかに（おおむね3〜5日以内）",
            "本人（患者等）",
            "状況に応じて速やかに",
            "個人情報の保護に関する法律（第26条第2項）",
        ],
    );
}

fn judgement(
    disorder: &'static str,
    care: &'static str,
    leak_feared: &'static str,
) -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![
        ("act", "judgement"),
        ("disorder", disorder),
        ("care", care),
        ("leak-feared", leak_feared),
    ];
    fields.extend([
        ("care-feared", "unknown"),
        ("leak", "unknown"),
        ("data-lost", "yes"),
        ("illicit", "yes"),
    ]);
    fields
}

#[tokio::test]
async fn a_clerk_records_but_neither_decides_nor_judges() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let page = clerk.get(&room).await;
    has(&page, &["判断できるのは安全管理責任者と経営層です", "経過に加える"]);
    has_not(&page, &["判断を記録する", "決定を記録する"]);
    assert_eq!(
        clerk.post(&format!("{room}/judgement"), &judgement("yes", "yes", "yes")).await.status,
        403
    );
    assert_eq!(
        clerk.post(&format!("{room}/decision"), &[("option", "outside-lines")]).await.status,
        403
    );
    let mut reviewer = Browser::signed_in(site, Role::Reviewer, Lang::Ja).await;
    assert_eq!(reviewer.post(&format!("{room}/note"), &[("note", "x")]).await.status, 403);
    has_not(&reviewer.get(&room).await, &["経過に加える"]);
}

#[tokio::test]
async fn a_refused_decision_comes_back_open_with_everything_filled_in() {
    let world = world().await;
    let room = case(&world.sample.node).await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::En).await;
    let fields = [
        ("act", "decision"),
        ("option", "backup-only"),
        ("decided-by", "Dr Tanaka"),
        ("clinical-impact", "none"),
    ];
    let page = officer.post(&format!("{room}/decision"), &fields).await;
    assert_eq!(page.status, 200);
    has(
        &page,
        &[
            "Dr Tanaka",
            "value=\"backup-only\" checked",
            "<details class=\"no-print\" open>",
            "href=\"#f-revert-condition\"",
        ],
    );
}

#[tokio::test]
async fn an_unconnected_health_department_is_addressed_as_the_institution_entered_it() {
    let world = world().await;
    let site = &world.sample.node;
    let store = site.store.as_ref();
    let mut own = crate::profile::load(store).await.unwrap().unwrap();
    own.local_contacts.push(LocalContact {
        id: "local-1".to_owned(),
        role: ContactRole::Prefecture,
        replaces: Some("prefecture".to_owned()),
        name: "見本市保健所".to_owned(),
        phones: vec![OwnPhone::always("06-0000-0333", "")],
        ..LocalContact::default()
    });
    crate::profile::save(store, &own, "system", site.clock.now()).await.unwrap();
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let page = officer.get(&format!("{room}/reports/new")).await;
    has(&page, &["見本市保健所"]);
    has_not(&page, &["大阪府 衛生主管部（局）"]);
}

/// Drafts a report as the safety officer and returns its address.
pub(super) async fn drafted(world: &World, officer: &mut Browser) -> String {
    let room = case(&world.sample.node).await;
    let page = officer.get(&format!("{room}/reports/new")).await;
    has(&page, &["厚生労働省（見本）", "Sakimori で送信", "大阪府 衛生主管部（局）"]);
    let fields = [
        ("stage", "prompt"),
        ("addressee", "org-ministry"),
        ("party-person", "見本 太郎"),
        ("party-phone", "06-0000-9999"),
    ];
    let page = officer.post(&format!("{room}/reports/new"), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);
    page.header("location").to_owned()
}

#[tokio::test]
async fn a_report_leaves_only_as_another_person_approved_it_and_its_receipt_returns() {
    let world = world().await;
    let (node, hub) = (&world.sample.node, &world.sample.hub);
    let mut officer = Browser::signed_in(node, Role::SafetyOfficer, Lang::Ja).await;
    let path = drafted(&world, &mut officer).await;
    let page = officer.get(&path).await;
    has(&page, &["作成した人は承認できません", "調査中"]);
    has_not(&page, &["この内容を承認する"]);
    let digest = page.hidden("digest");
    assert!(
        officer
            .post(&format!("{path}/approve"), &[("digest", &digest)])
            .await
            .status
            .is_client_error()
    );
    assert!(
        officer.post(&format!("{path}/submit"), &[]).await.status.is_client_error(),
        "nothing leaves unapproved"
    );

    let fields = [("answer-incident_class", "ransomware"), ("answer-support_request", "ministry")];
    has(&send(&mut officer, &path, &fields).await, &["保存しました"]);
    let mut director = Browser::signed_in(node, Role::Director, Lang::Ja).await;
    let page = director.get(&path).await;
    has(&page, &["ランサムウェア", "この内容を承認する"]);
    let stale = director.post(&format!("{path}/approve"), &[("digest", &digest)]).await;
    has(&stale, &["承認しようとした内容がその間に変わりました"]);
    let digest = page.hidden("digest");
    has(
        &send(&mut director, &format!("{path}/approve"), &[("digest", &digest)]).await,
        &["承認しました"],
    );
    has(
        &send(&mut officer, &format!("{path}/submit"), &[]).await,
        &["送信しました", "受領の返事を待って"],
    );

    let report = node.cases.report(&path.rsplit('/').next().unwrap().into()).await.unwrap();
    let body = node.cases.outgoing(&report).await.unwrap().body;
    let from = &node.settings.organisation;
    hub.office.receive(from, &MessageId::from("message-1"), &body).await.unwrap();
    let mut duty = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let inbox = duty.get("/reports").await;
    has(&inbox, &["見本市民病院", "未読", "返事を待っている報告 1件"]);
    let received = inbox.links().into_iter().find(|link| link.starts_with("/reports/")).unwrap();
    let page = duty.get(&received).await;
    has(&page, &["06-0000-9999", "受理する", "ランサムウェア"]);
    let page = duty.post(&format!("{received}/ask"), &[("question", "")]).await;
    has(&page, &["入力してください"]);
    has(
        &send(&mut duty, &format!("{received}/accept"), &[("accept-remark", "了解")]).await,
        &["受理済み"],
    );
    let cases = duty.get("/office/cases").await.links();
    let case = cases.into_iter().find(|link| link.starts_with("/office/cases/0")).unwrap();
    has(&duty.get(&case).await, &["<strong>厚生労働省の初動対応支援を要請する</strong>"]);
    let mut inspector = Browser::signed_in(hub, Role::Inspector, Lang::Ja).await;
    has_not(&inspector.get(&received).await, &["受理する</button>"]);
    assert_eq!(inspector.post(&format!("{received}/accept"), &[]).await.status, 403);

    let kept = hub.office.reports(None, 1).await.unwrap().remove(0);
    let reply = hub.office.answer(&kept, kept.replies.first().unwrap()).unwrap();
    node.cases.take_reply(&hub.settings.organisation, &reply.body).await.unwrap();
    has(&officer.get(&path).await, &["受理", "了解"]);
}

#[tokio::test]
async fn traces_are_picked_from_the_findings_of_a_case_and_none_is_ticked_beforehand() {
    let world = world().await;
    let node = &world.sample.node;
    let mut officer = Browser::signed_in(node, Role::SafetyOfficer, Lang::Ja).await;
    let path = drafted(&world, &mut officer).await;
    let known =
        node.findings.list(sakimori_watch::Which::Open, None, 1).await.unwrap().remove(0).finding;
    let address = |text: &str| Involved::Address(text.parse().unwrap());
    let finding = sakimori_words::Finding {
        id: sakimori_words::FindingId::from(""),
        rule_id: "another".to_owned(),
        title: Text::new("外部への送信", "Sent outside"),
        involved: vec![address("198.51.100.7"), address("10.11.12.13")],
        summary: "GET http://evil.example/a from EMR-SV01.local".to_owned(),
        ..known
    };
    let kept = node.findings.keep(vec![finding]).await.unwrap().remove(0).finding;
    let case = node.cases.cases(None, 1).await.unwrap().remove(0);
    let by = sakimori_respond::Actor::new("officer", "担当", "");
    node.cases.add_findings(&case.id, &[kept], &by).await.unwrap();
    let page = officer.get(&path).await;
    has(&page, &["検知の記録にある接続先・痕跡", "198.51.100.7", "evil.example/a", "外部への送信"]);
    has_not(&page, &["value=\"10.11.12.13\"", "value=\"198.51.100.7\" checked"]);
    let fields = [("answer-intrusion_path", "保守回線から"), ("report-trace", "198.51.100.7")];
    let page = send(&mut officer, &path, &fields).await;
    has(&page, &["保守回線から\n198.51.100.7", "evil.example/a"]);
    has_not(&page, &["value=\"198.51.100.7\""]);
}

#[tokio::test]
async fn approving_alone_needs_a_reason_and_says_so_loudly() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let path = drafted(&world, &mut officer).await;
    let digest = officer.get(&path).await.hidden("digest");
    let alone = format!("{path}/approve-alone");
    let page = officer.post(&alone, &[("digest", &digest), ("alone-reason", "")]).await;
    has(&page, &["入力してください", "<details open>"]);
    let reason = [("digest", digest.as_str()), ("alone-reason", "院長に3回電話したが不通")];
    has(&send(&mut officer, &alone, &reason).await, &["単独承認:", "院長に3回電話したが不通"]);
    has(&officer.get(&format!("{path}/letter")).await, &["院長に3回電話したが不通"]);
    let back = [("withdraw-approval-reason", "宛先の誤り")];
    has(
        &send(&mut officer, &format!("{path}/withdraw-approval"), &back).await,
        &["作成中に戻しました"],
    );
}

#[tokio::test]
async fn a_report_is_not_found_under_another_cases_address() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let path = drafted(&world, &mut officer).await;
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(officer.get(&format!("/cases/other/reports/{id}")).await.status, 404);
    assert_eq!(officer.get("/cases/no-such-case").await.status, 404);
    assert_eq!(officer.get("/findings/no-such-finding").await.status, 404);
}

#[tokio::test]
async fn the_letter_is_an_official_letter_in_both_languages() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let path = drafted(&world, &mut officer).await;
    let letter = officer.get(&format!("{path}/letter")).await;
    has(
        &letter,
        &["<html lang=\"ja\">", "令和8年11月20日", "御中", "記", "以上", "承認前の案です"],
    );
    in_order(
        &letter,
        &[
            "報告番号",
            "令和8年11月20日",
            "御中",
            "見本市民病院",
            "<h1>",
            ">記<",
            "<table>",
            ">以上<",
        ],
    );
    let copy = officer.get(&format!("{path}/letter?in=en")).await;
    has(&copy, &["<html lang=\"en\">", "English reading copy", "Still finding out"]);
    let style = officer.get("/assets/letter.css").await;
    assert!(style.header("content-type").starts_with("text/css"));
    has(&style, &["@page", "size: A4"]);
}

/// The name of the scope that a page shows, and the day it proposes.
fn proposed(page: &Page) -> (String, String) {
    let until = page.text.split("name=\"exception-until\"").nth(1).unwrap();
    let until = until.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    (page.hidden("seen"), until.to_owned())
}

#[tokio::test]
async fn what_is_ordinary_becomes_an_exception_after_a_look_at_what_it_hides() {
    let world = world().await;
    let site = &world.sample.node;
    let mut browser = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let path = finding(&mut browser, "保守回線からの夜間ログオン").await;
    has(&browser.get(&path).await, &["ここでは普段のこと"]);
    let make = format!("{path}/exception");
    let page = browser.get(&make).await;
    has(&page, &["直近30日の検知のうち 1件（のべ 1回）", "1件は重大度が「高」以上です", "VPN-01"]);
    has_not(&page, &["限定していません"]);
    let (seen, until) = proposed(&page);
    assert_eq!(until, "2027-02-18", "ninety days");
    let owner = site.identity.people().await.unwrap()[0].id.to_string();
    let term = |reason: &'static str| {
        [("do", "save"), ("exception-reason", reason), ("exception-owner", &owner)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let with = |reason: &'static str, more: &[(&'static str, &str)]| {
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        term(reason).into_iter().chain(more).collect::<Vec<_>>()
    };
    async fn post(browser: &mut Browser, path: &str, fields: &[(&str, String)]) -> Page {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(path, &fields).await
    }
    let narrow = [("exception-rule", "this"), ("exception-part", "host"), ("revision", "0")];
    let page = post(&mut browser, &make, &with("", &narrow)).await;
    has(&page, &["範囲を変えたので", "入力してください"]);
    let shown = proposed(&page).0;
    let far = [("seen", shown.as_str()), ("exception-until", "2028-01-01")];
    let far = [&narrow[..], &far].concat();
    has(&post(&mut browser, &make, &with("診断", &far)).await, &["366日以内"]);
    let none = [("exception-rule", "any"), ("seen", seen.as_str()), ("exception-until", &until)];
    has(&post(&mut browser, &make, &with("診断", &none)).await, &["条件を一つ以上"]);
    let wide = [("do", "preview"), ("exception-rule", "this")];
    has(&browser.post(&make, &wide).await, &["機器・アカウント・アドレスのどれも限定していません"]);
    let any = [("do", "preview"), ("exception-rule", "any"), ("exception-part", "source")];
    has(&browser.post(&make, &any).await, &["攻撃を見つける検知もすべて隠れます", "3件"]);
    let seen = proposed(&page).0;
    let fine = [("seen", seen.as_str()), ("exception-until", &until), ("exception-close", "yes")];
    let page =
        post(&mut browser, &make, &with("契約した夜間保守", &[&narrow[..], &fine].concat())).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let one = page.header("location").to_owned();
    has(
        &browser.get(&one).await,
        &["例外にしました", "契約した夜間保守", "vpn-01", "2027-02-19 00:00"],
    );
    has(&browser.get(&path).await, &["対応不要とした理由", "契約した夜間保守"]);
    has(&browser.get("/exceptions").await, &["契約した夜間保守", "まもなく期限（14日以内）"]);
    let mut like = site.findings.get(&path.replace("/findings/", "").into()).await.unwrap().finding;
    like.evidence.clear();
    site.findings.keep(vec![like]).await.unwrap();
    has_not(&browser.get("/findings").await, &["保守回線からの夜間ログオン"]);
    has_not(&browser.get("/today").await, &["保守回線からの夜間ログオン"]);
    let id = one.replace("/exceptions/", "");
    let held = browser.get(&format!("/findings?state=held&exception={id}")).await;
    has(&held, &["保守回線からの夜間ログオン", "例外扱い", "消さずに残しています"]);
    has_not(&held, &["内部からのポートスキャン"]);
    let held = finding_of(&held, "保守回線からの夜間ログオン");
    has(&browser.get(&held).await, &["例外により一覧から外しています", "一覧に戻して確認する"]);
    send(&mut browser, &format!("{held}/looked-at"), &[("revision", "0")]).await;
    has(&browser.get("/findings").await, &["保守回線からの夜間ログオン"]);
}

/// The address of the finding with that title on the page.
fn finding_of(page: &Page, title: &str) -> String {
    let row =
        page.text.split("class=\"title\" href=\"").skip(1).find(|row| row.contains(title)).unwrap();
    row.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_exception_that_ends_soon_or_has_nobody_is_on_today_until_it_is_renewed_or_withdrawn() {
    let world = world().await;
    let site = &world.sample.node;
    let mut browser = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let soon = ["例外の見直し", "内部からのポートスキャン", "期限が来ると"];
    has(&browser.get("/today").await, &soon);
    let page = browser.get("/exceptions").await;
    has(&page, &["まもなく期限", "一覧から外した検知 1件", "毎月の脆弱性診断"]);
    let one = page.links().into_iter().find(|link| link.starts_with("/exceptions/")).unwrap();
    let people = site.identity.people().await.unwrap();
    let of = |role: Role| {
        people.iter().find(|person| person.roles.contains(&role)).unwrap().id.to_string()
    };
    let clerk = of(Role::Clerk);
    let renewal = |owner: &str| {
        [
            ("revision", "0"),
            ("exception-reason", "来年も診断を続ける"),
            ("exception-until", "2027-10-01"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into_iter()
        .chain([("exception-owner", owner.to_owned())])
        .collect::<Vec<_>>()
    };
    let renew = format!("{one}/renew");
    let fields = renewal("nobody");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
    has(&browser.post(&renew, &fields).await, &["責任者: 選択肢から選んでください"]);
    let fields = renewal(&clerk);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let page = send(&mut browser, &renew, &fields).await;
    has(&page, &["例外を更新しました", "来年も診断を続ける", "毎月の脆弱性診断"]);
    assert!(!page.has_script_of_strangers());
    has_not(&browser.get("/today").await, &["例外の見直し"]);
    assert_eq!(browser.post(&renew, &fields).await.status, 409, "a form from before");
    let administrator = crate::sample::token(site, Role::Administrator).await.unwrap();
    let administrator = site.identity.session(&administrator).await.unwrap().unwrap();
    let resource = Resource::new(site.settings.organisation.clone(), "person", clerk.as_str());
    let permit = site.gate.pass(&administrator, Action::ManagePeople, resource, "").await.unwrap();
    site.identity.set_active(&permit, &clerk.as_str().into(), false).await.unwrap();
    has(
        &browser.get("/today").await,
        &["例外の見直し", "責任者のアカウントが使えなくなっています"],
    );
    has(&browser.get(&one).await, &["責任者がいません"]);
    let withdraw = format!("{one}/withdraw");
    let page = browser.post(&withdraw, &[("revision", "1")]).await;
    has(&page, &["取り消す理由: 入力してください"]);
    let reason = [("revision", "1"), ("exception-withdraw-reason", "診断契約が終わった")];
    let page = send(&mut browser, &withdraw, &reason).await;
    has(&page, &["例外を取り消しました", "診断契約が終わった", "取り消し済み"]);
    has_not(&page, &["この例外を更新する"]);
    has_not(&browser.get("/today").await, &["例外の見直し"]);
    has(&browser.get("/findings?state=held").await, &["内部からのポートスキャン"]);
}

#[tokio::test]
async fn who_does_not_handle_findings_sees_exceptions_and_changes_none() {
    let world = world().await;
    let site = &world.sample.node;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::En).await;
    let page = clerk.get("/exceptions").await;
    has(&page, &["Port scan from inside", "Ends soon"]);
    let one = page.links().into_iter().find(|link| link.starts_with("/exceptions/")).unwrap();
    has_not(&clerk.get(&one).await, &["Renew this exception"]);
    for act in ["renew", "withdraw"] {
        assert_eq!(clerk.post(&format!("{one}/{act}"), &[("revision", "0")]).await.status, 403);
    }
    let path = finding(&mut clerk, "Supplier logon at night").await;
    assert_eq!(clerk.get(&format!("{path}/exception")).await.status, 403);
    assert_eq!(clerk.post(&format!("{path}/exception"), &[]).await.status, 403);
}

#[tokio::test]
async fn a_strangers_text_never_runs_on_any_of_these_pages() {
    let world = world().await;
    let site = &world.sample.node;
    let xss = crate::sample::XSS;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    send(&mut officer, &format!("{room}/note"), &[("note", xss), ("note-kind", "fact")]).await;
    let mut call = vec![
        ("contact", "police"),
        ("outcome", "no-answer"),
        ("spoke-with", xss),
        ("receipt-number", xss),
    ];
    let page = officer.post(&format!("{room}/call"), &call).await;
    has(&page, &["かけた電話番号: 入力してください"]);
    assert!(!page.has_script_of_strangers());
    call.push(("dialled", xss));
    send(&mut officer, &format!("{room}/call"), &call).await;
    let page =
        send(&mut officer, "/cases/new", &[("sentence", xss), ("learned-from", "press")]).await;
    assert!(!page.has_script_of_strangers());
    for path in [
        room.clone(),
        format!("{room}/sheet"),
        "/cases".to_owned(),
        "/findings?state=all".to_owned(),
    ] {
        assert!(!officer.get(&path).await.has_script_of_strangers(), "{path}");
    }
    let path = drafted(&world, &mut officer).await;
    let fields =
        [("answer-incident_class", xss), ("answer-summary", xss), ("answer-data_kinds", xss)];
    officer.post(&path, &fields).await;
    for path in [path.clone(), format!("{path}/letter"), format!("{path}/redraft")] {
        assert!(!officer.get(&path).await.has_script_of_strangers(), "{path}");
    }
}
