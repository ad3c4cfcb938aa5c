//! An exercise stays in the house: its reports reach no office unless the offices take part, and then they are marked.

use sakimori_words::Founder;

use super::acts::{approved, drafted, opened, sent};
use super::browser::Browser;
use super::place::{Country, hospital_of};

/// Opens a case, real or not, and submits its first report to the prefecture. Returns the addresses of room and report.
async fn reported(
    country: &Country,
    it: &mut Browser,
    director: &mut Browser,
    opening: &[(&str, &str)],
    offices: bool,
) -> (String, String) {
    let room = opened(it, opening).await;
    if offices {
        it.act(&format!("{room}/exercise/offices"), &[("offices", "yes")]).await;
    }
    let report = drafted(it, &room, "prompt", &[country.prefecture.id()]).await;
    approved(director, &report).await;
    sent(it, &report).await;
    (room, report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_an_exercise_stays_in_the_house_unless_the_offices_take_part() {
    let hospital = hospital_of(152, Founder::MedicalCorporation);
    let country = Country::at("2026-11-20T10:00", ("見本病院", hospital, 27)).await;
    let (mut it, mut director) = (country.hospital.browser(0), country.hospital.browser(1));
    let mut officer = country.prefecture.browser(0);

    let inside = [("sentence", "院内だけの演習"), ("learned-from", "staff"), ("exercise", "yes")];
    let (room, report) = reported(&country, &mut it, &mut director, &inside, false).await;
    it.get(&report).await.has(&["訓練"]);
    it.act(&format!("{report}/resend"), &[]).await;

    country.set("2026-11-20T11:00");
    let with = [("sentence", "県と合同の演習"), ("learned-from", "staff"), ("exercise", "yes")];
    let (_, joint) = reported(&country, &mut it, &mut director, &with, true).await;
    // Messages keep their order on a line: once the second exercise has arrived, the first would have been there.
    let list = country.until_seen(&mut officer, "/reports", "県と合同の演習").await;
    list.has(&["訓練"]);
    list.has_not(&["院内だけの演習"]);
    officer.get("/office/cases").await.has_not(&["院内だけの演習"]);
    country.until_seen(&mut it, &joint, "2026-00001").await;
    it.get(&report).await.has_not(&["2026-00001"]);

    // What the exercise showed is open until somebody says what was done.
    let improve =
        [("im-what", "夜間の連絡網を更新"), ("im-owner", "田中"), ("im-due", "2026-11-30")];
    let page = it.act(&format!("{room}/exercise/improve"), &improve).await;
    page.has(&["夜間の連絡網を更新", "未了"]);
    let which = page.value("/exercise/done\"", "im-which");
    it.get("/readiness/drills").await.has(&["夜間の連絡網を更新", "院内だけの演習"]);
    country.set("2026-12-10T09:00");
    it.get("/today").await.has(&["期限を過ぎた改善事項が 1 件あります"]);
    let done = format!("{room}/exercise/done");
    it.post(&done, &[("im-which", &which), ("im-done", "")]).await.has(&["入力してください"]);
    let said = [("im-which", &*which), ("im-done", "当直表と番号を差し替えた")];
    let page = it.act(&done, &said).await;
    page.has(&["当直表と番号を差し替えた", "2026-12-10 09:00", "済み"]);
    it.get("/readiness/drills").await.has_not(&["夜間の連絡網を更新"]);
    it.get(&room).await.has(&["改善済み: 夜間の連絡網を更新"]);
    it.post(&done, &said).await.refused(404, &["SK-RESPOND-"]);
    country.end().await;
}
