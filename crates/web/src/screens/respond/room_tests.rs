//! What people in the case room can rely on: board, tasks, playbooks, decisions, timeline, passages, company.

use std::sync::Arc;

use sakimori_identity::Role;
use sakimori_words::Lang;

use super::tests::{has, has_not, send};
use crate::site::Site;
use crate::tests::browser::{Browser, world};

async fn case(site: &Arc<Site>) -> String {
    let cases = site.cases.cases(None, 1).await.unwrap();
    format!("/cases/{}", cases.first().unwrap().id)
}

/// The first link of a page that has `part` in it.
fn link(text: &str, part: &str) -> String {
    let all = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found =
        all.map(|link| link.replace("&amp;", "&")).find(|link| link.contains(part)).unwrap();
    found.split('#').next().unwrap().to_owned()
}

/// The value of the first option or hidden field of that name after `mark`.
fn value_after(text: &str, mark: &str, name: &str) -> String {
    let rest = text.split(mark).nth(1).unwrap();
    let rest = rest.split(&format!("name=\"{name}\"")).nth(1).unwrap();
    rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_board_says_what_is_on_paper_now_and_on_any_day() {
    let world = world().await;
    let site = &world.sample.node;
    let board = format!("{}/board", case(site).await);
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    has(&officer.get(&board).await, &["まだ何も登録していません", "疑い", "院内のみ", "検知"]);
    let page = send(&mut officer, &board, &[("act", "usual")]).await;
    has(&page, &["外来", "透析", "通常"]);
    let form = officer.get(&link(&page.text, "do=service&service=")).await;
    let service = value_after(&form.text, "id=\"doing\"", "service");
    let partial = [("act", "service"), ("service", &*service), ("service-state", "partial")];
    has(&officer.post(&board, &partial).await, &["再開した範囲", "id=\"problems\""]);
    let paper = [
        ("act", "service"),
        ("service", &*service),
        ("service-state", "paper"),
        ("service-condition", "紙カルテは2階"),
        ("taken-by", "見本 院長"),
        ("taken-role", "病院長"),
    ];
    let page = send(&mut officer, &board, &paper).await;
    has(&page, &["紙で運用", "紙カルテは2階", "見本 院長（病院長）"]);
    let again = officer.post(&board, &paper).await;
    assert_eq!(again.status, 409);
    has(&again, &["ほかの人が先に記録しました"]);
    let before = officer.get(&format!("{board}?at=2020-11-15")).await;
    has(&before, &["2020-11-15 23:59", "の時点の状態です"]);
    has_not(&before, &["紙で運用", "状態を変える"]);
    has(&officer.get(&format!("{board}?at=someday")).await, &["id=\"problems\""]);
    let mut english = Browser::signed_in(site, Role::SafetyOfficer, Lang::En).await;
    has(&english.get(&board).await, &["on paper", "suspected", "Detection"]);
}

#[tokio::test]
async fn handling_and_disclosure_go_their_way_and_no_other_without_a_reason() {
    let world = world().await;
    let site = &world.sample.node;
    let board = format!("{}/board", case(site).await);
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    has(&director.get(&format!("{board}?do=phase")).await, &["順番どおりではないので理由が必要"]);
    let leap = director.post(&board, &[("act", "phase"), ("phase", "recovering")]).await;
    assert_eq!(leap.status, 422);
    let page = send(&mut director, &board, &[("act", "phase"), ("phase", "confirmed")]).await;
    has(&page, &["事案と確認", "初動対応"]);
    has_not(&director.get(&format!("{board}?do=public")).await, &["value=\"published\""]);
    let early = [("act", "public"), ("public-state", "published")];
    assert_eq!(director.post(&board, &early).await.status, 409);
    let written = [("act", "public"), ("public-state", "prepared"), ("public-note", "第1報の案")];
    has(&send(&mut director, &board, &written).await, &["公表文を準備済み", "第1報の案"]);
    let sent = [("act", "patients"), ("patients-state", "planned"), ("patients-how", "書面")];
    has(&send(&mut director, &board, &sent).await, &["通知する予定（書面）"]);
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let refused = clerk.post(&board, &[("act", "phase"), ("phase", "contained")]).await;
    assert!(refused.status.is_client_error(), "a clerk does not decide");
}

#[tokio::test]
async fn a_step_becomes_a_task_that_one_person_takes_and_finishes() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let task = format!("{room}/task");
    let page = send(&mut officer, &task, &[("how", "step"), ("step", "call-police")]).await;
    has(&page, &["id=\"task-list\"", "手順から", "担当: 事務部門", "タスクにしました"]);
    let id = value_after(&page.text, "id=\"task-list\"", "task");
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    let take = [("how", "take"), ("task", &*id), ("seen", "0")];
    let page = send(&mut clerk, &task, &take).await;
    has(&page, &["対応中", "自分のタスクだけ表示する（1）"]);
    let late = officer.post(&task, &take).await;
    assert_eq!(late.status, 409);
    has(&late, &["ほかの人が先に記録しました", "見本"]);
    has(&clerk.get("/today").await, &["警察へ通報・相談する"]);
    let done = [("how", "done"), ("task", &*id), ("seen", "1"), ("why", "サ-123")];
    let page = send(&mut clerk, &task, &done).await;
    has(&page, &["残っているタスクはありません", "終わったタスク", "済み サ-123"]);
    let own = [
        ("how", "add"),
        ("task-title", "用紙を運ぶ"),
        ("task-owner", "看護部"),
        ("task-due", "2020-01-01 9:00"),
    ];
    has(&send(&mut officer, &task, &own).await, &["用紙を運ぶ", "看護部", "期限超過"]);
    has(&officer.get("/today").await, &["用紙を運ぶ", "担当: 看護部"]);
}

#[tokio::test]
async fn a_case_is_opened_with_a_playbook_and_others_are_added() {
    let world = world().await;
    let site = &world.sample.node;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let fields = [
        ("sentence", "業務用の端末を電車に置き忘れた"),
        ("learned-from", "staff"),
        ("open-playbook", "lost-device"),
    ];
    let page = send(&mut officer, "/cases/new", &fields).await;
    has(
        &page,
        &[
            "最初の1時間",
            "端末・媒体の紛失・盗難",
            "警察に遺失届・盗難の届けを出す",
            "Sakimori 整理番号",
        ],
    );
    let room = case(site).await;
    let page =
        send(&mut officer, &format!("{room}/playbook"), &[("playbook", "vendor-line")]).await;
    has(&page, &["保守回線・委託先との接続が悪用された", "手順書に沿って対応"]);
    let step = [("step", "lost-device/lock"), ("mark", "done")];
    let page = officer.post(&format!("{room}/step"), &step).await;
    assert_eq!(page.header("location"), format!("{room}#step-lost-device/lock"));
}

#[tokio::test]
async fn a_hypothesis_is_settled_and_the_timeline_is_filtered_and_taken_along() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let note = format!("{room}/note");
    let fields = [
        ("note", "=VPN 装置から入られた"),
        ("note-kind", "hypothesis"),
        ("note-at", "2026-11-02 2:00"),
        ("note-precision", "about"),
    ];
    let page = officer.post(&note, &fields).await;
    let page = if page.status == 303 { officer.get(&room).await } else { page };
    if page.text.contains("未来の日時") {
        // The sample's clock stands before that night: the same line without a time.
        send(
            &mut officer,
            &note,
            &[
                ("note", "=VPN 装置から入られた"),
                ("note-kind", "hypothesis"),
                ("note-precision", "about"),
            ],
        )
        .await;
    }
    let page = officer.get(&format!("{room}?kind=hypothesis")).await;
    has(&page, &["ごろ", "=VPN 装置から入られた", "確かめた結果を書く"]);
    let settle = link(&page.text, "?settle=");
    let entry = settle.split("settle=").nth(1).unwrap().to_owned();
    has(&officer.get(&settle).await, &["そのとおりだった", "違っていた"]);
    let fields = [("note", "ログオンの記録はない"), ("settles", &*entry), ("settling", "refuted")];
    let page = send(&mut officer, &note, &fields).await;
    has(&page, &["違っていた", "ログオンの記録はない"]);
    let csv = officer.get(&format!("{room}/timeline.csv")).await;
    assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.text);
    has(&csv, &["'=VPN 装置から入られた", "日時の確かさ", "about"]);
    assert_eq!(officer.get("/cases/no-such/timeline.csv").await.status, 404);
}

#[tokio::test]
async fn a_decision_is_made_anew_once_and_shows_on_today_when_it_is_due() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    let choice = format!("{room}/choice");
    let empty = director
        .post(&choice, &[("act", "choice"), ("choice-question", "救急を受け入れるか")])
        .await;
    has(&empty, &["決めたこと", "救急を受け入れるか", "<details class=\"no-print\" open>"]);
    let mut fields = vec![
        ("act", "choice"),
        ("choice-question", "救急を受け入れるか"),
        ("choice-options", "受け入れる\n止める"),
        ("choice-chosen", "新規の受入れを止める"),
        ("choice-impact", "近隣の2病院へ依頼"),
        ("choice-review", "2020-01-01 9:00"),
    ];
    let page = send(&mut director, &choice, &fields).await;
    has(&page, &["新規の受入れを止める", "見直しの時刻です", "受け入れる / 止める"]);
    has(&director.get("/today").await, &["決定の見直し", "救急を受け入れるか"]);
    let replace = link(&page.text, "?replace=");
    let id = replace.split("replace=").nth(1).unwrap().to_owned();
    has(&director.get(&replace).await, &["見直す決定:", "近隣の2病院へ依頼"]);
    fields.retain(|(name, _)| *name != "choice-review");
    fields.push(("replaces", &id));
    has(&send(&mut director, &choice, &fields).await, &["以前の決定", "現在の決定"]);
    assert_eq!(director.post(&choice, &fields).await.status, 409);
}

#[tokio::test]
async fn what_may_name_a_patient_is_looked_at_before_a_report_is_approved() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let fields = [
        ("stage", "prompt"),
        ("addressee", "org-ministry"),
        ("party-person", "見本 太郎"),
        ("party-phone", "06-0000-9999"),
    ];
    let page = officer.post(&format!("{room}/reports/new"), &fields).await;
    let path = page.header("location").to_owned();
    let details = [("answer-details", "患者番号 0012345 の画面に脅迫文が出た")];
    send(&mut officer, &path, &details).await;
    let mut director = Browser::signed_in(site, Role::Director, Lang::Ja).await;
    has(&director.get("/today").await, &["報告の承認"]);
    let page = director.get(&path).await;
    has(&page, &["患者を特定するかもしれない記述", "0012345", "患者番号に見える数字"]);
    has_not(&page, &["電話番号に見える数字"]);
    let digest = page.hidden("digest");
    let approve = format!("{path}/approve");
    has(&director.post(&approve, &[("digest", &digest)]).await, &["確認の欄に印を付けてください"]);
    let looked = [("digest", &*digest), ("scrub-seen", "yes")];
    has(&send(&mut director, &approve, &looked).await, &["承認しました"]);
    let twice = director.post(&approve, &looked).await;
    assert_eq!(twice.status, 409);
    has(&twice, &["ほかの人が先に済ませています"]);
    has(&director.get(&room).await, &["患者を特定するかもしれない記述 1 箇所を確かめた"]);
    let page = send(&mut officer, &format!("{path}/submit"), &[]).await;
    has(&page, &["まだ届いていません", "提出済み（受領待ち）"]);
}

#[tokio::test]
async fn a_limit_moves_with_a_reason_and_an_insurer_is_added_where_there_is_one() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    has(&officer.get(&room).await, &["ほかの報告先を加える", "サイバー保険の保険会社へ連絡"]);
    let page = send(&mut officer, &format!("{room}/duty"), &[("duty", "insurer-call")]).await;
    has(&page, &["保険会社", "保険法第14条"]);
    let limit = format!("{room}/limit");
    let silent = [("duty", "insurer-call"), ("limit-to", "2027-01-31 17:00")];
    has(&officer.post(&limit, &silent).await, &["problems"]);
    let said = [
        ("duty", "insurer-call"),
        ("limit-to", "2027-01-31 17:00"),
        ("limit-reason", "契約書の期限"),
        ("limit-granted", ""),
    ];
    has(
        &send(&mut officer, &limit, &said).await,
        &["期限の変更: – → 2027-01-31 17:00", "契約書の期限"],
    );
}

#[tokio::test]
async fn the_room_says_who_else_is_there_and_what_they_wrote() {
    let world = world().await;
    let site = &world.sample.node;
    let room = case(site).await;
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let mut clerk = Browser::signed_in(site, Role::Clerk, Lang::Ja).await;
    has(&officer.get(&room).await, &["あなただけです"]);
    let page = clerk.get(&room).await;
    has(&page, &["いまこの事案を見ている人: 見本"]);
    has_not(&page, &["新着"]);
    clerk
        .post(&format!("{room}/note"), &[("note", "検査部門も同じ症状"), ("note-kind", "fact")])
        .await;
    let page = officer.get(&room).await;
    has(&page, &["いまこの事案を見ている人: 見本", "検査部門も同じ症状"]);
}
