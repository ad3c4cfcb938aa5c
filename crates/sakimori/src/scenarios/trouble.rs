//! What goes wrong on the worst night: the office is off the line, buttons are pressed twice, two people act at once, clocks
//! are behind, a file is damaged. Nothing is lost, and everybody is told what happened.

use sakimori_words::Founder;

use super::acts::{approved, drafted, opened};
use super::place::{Country, hospital_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_to_an_office_that_is_off_the_line_waits_visibly_and_arrives_once() {
    let hospital = hospital_of(152, Founder::MedicalCorporation);
    let mut country = Country::at("2026-11-20T21:47", ("見本病院", hospital, 27)).await;
    let (mut it, mut director) = (country.hospital.browser(0), country.hospital.browser(1));
    let opening = [("sentence", "サーバーの画面に脅迫文"), ("learned-from", "staff")];
    let room = opened(&mut it, &opening).await;
    let report = drafted(&mut it, &room, "prompt", &[country.prefecture.id()]).await;

    // Two people approve the same page at once: one approval stands, the other person is told whose.
    let digest = director.get(&report).await.value("<main", "digest");
    let seen = [("digest", &*digest), ("scrub-seen", "yes")];
    let approve = format!("{report}/approve");
    let mut same_person_elsewhere = country.hospital.browser(1);
    let (one, other) =
        tokio::join!(director.post(&approve, &seen), same_person_elsewhere.post(&approve, &seen));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{}\n{}", one.seen(), other.seen());
    let late = if one.status == 409 { one } else { other };
    late.has(&["SK-RESPOND-046", "佐藤"]);

    country.prefecture_goes_dark().await;
    country.set("2026-11-20T22:00");
    let submit = format!("{report}/submit");
    let mut elsewhere = country.hospital.browser(0);
    let (one, other) = tokio::join!(it.post(&submit, &[]), elsewhere.post(&submit, &[]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "pressed twice, submitted once");
    it.act(&format!("{report}/resend"), &[]).await;
    country.set("2026-11-20T22:40");
    let page = it.get(&report).await;
    page.has(&["まだ届いていません", "提出済み（受領待ち）"]);
    page.has_not(&["受理"]);
    it.get(&room).await.has(&["受領待ち"]);

    country.set("2026-11-20T23:30");
    country.prefecture_comes_back().await;
    country.until_seen(&mut it, &report, "2026-00001").await;
    it.act(&format!("{report}/resend"), &[]).await;
    let mut officer = country.prefecture.browser(0);
    let list = officer.get("/reports").await;
    assert_eq!(list.text.matches("2026-0000").count(), 1, "it is there once:\n{}", list.seen());
    let approvals =
        country.hospital.stream(&format!("case/{}", room.rsplit('/').next().unwrap())).await;
    let kinds: Vec<&str> = approvals.iter().map(|entry| entry.kind.as_str()).collect();
    for kind in ["report_approved", "report_submitted"] {
        assert_eq!(kinds.iter().filter(|own| **own == kind).count(), 1, "{kind} in {kinds:?}");
    }
    country.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_falls_behind_loses_nothing_and_nothing_leaves_before_it_was_approved() {
    let hospital = hospital_of(152, Founder::MedicalCorporation);
    let country = Country::at("2026-11-20T21:00", ("見本病院", hospital, 27)).await;
    let (mut it, mut director) = (country.hospital.browser(0), country.hospital.browser(1));
    let opening = [("sentence", "ファイルの名前が変わっていく"), ("learned-from", "staff")];
    let room = opened(&mut it, &opening).await;
    country.set("2026-11-20T21:30");
    it.act(&format!("{room}/note"), &[("note", "検査部門でも発生"), ("note-kind", "fact")]).await;
    let report = drafted(&mut it, &room, "prompt", &[country.prefecture.id()]).await;
    approved(&mut director, &report).await;

    // The battery of the clock is empty: it shows an hour before the case was opened.
    country.set("2026-11-20T20:00");
    let later = [("note", "放射線部門"), ("note-kind", "fact"), ("note-at", "2026-11-20 21:45")];
    it.post(&format!("{room}/note"), &later).await.has(&["未来の日時は記録できません"]);
    it.act(&format!("{room}/note"), &[("note", "時計が遅れている"), ("note-kind", "fact")]).await;
    it.act(&format!("{report}/submit"), &[]).await;
    let page = it.get(&room).await;
    page.has(&["検査部門でも発生", "時計が遅れている"]);
    let page = it.get(&report).await;
    page.has(&["2026-11-20 21:30"]);
    let mut officer = country.prefecture.browser(0);
    country.until_seen(&mut officer, "/reports", "見本病院").await;
    country.set("2026-11-20T22:00");
    country.until_seen(&mut it, &report, "2026-00001").await;
    country.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_record_or_a_wrong_digest_is_told_and_the_item_stays_as_it_was() {
    let hospital = hospital_of(152, Founder::MedicalCorporation);
    let country = Country::at("2026-11-20T21:00", ("見本病院", hospital, 27)).await;
    let mut it = country.hospital.browser(0);
    let opening = [("sentence", "サーバーが暗号化された"), ("learned-from", "staff")];
    let evidence = format!("{}/evidence", opened(&mut it, &opening).await);
    let sha256 = "d".repeat(64);
    let whole = format!(
        "{{\"format\":\"sakimori-evidence/1\",\"kind\":\"disk\",\"sha256\":\"{sha256}\",\"size_bytes\":9}}"
    );
    let (path, machine) = (format!("{evidence}/manifest"), ("manifest-machine", "EMR-SV01"));
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        let page = it.hand_in(&path, machine, ("manifest", &whole.as_bytes()[..cut])).await;
        assert_eq!(page.status, 200, "cut at {cut}");
        page.has(&["id=\"problems\""]);
    }
    it.get(&evidence).await.has_not(&["/evidence/E-001"]);
    let page = it.hand_in(&path, machine, ("manifest", whole.as_bytes())).await;
    assert_eq!(page.status, 303, "{}", page.seen());
    let wrong = "e".repeat(64);
    let check = [("handle-kind", "check"), ("handle-hash", &*wrong)];
    let page = it.act(&format!("{evidence}/E-001/handle"), &check).await;
    page.has(&["【ハッシュ値の不一致】記録しました", &sha256]);
    let page = it.get(&evidence).await;
    page.has(&["E-001", "連鎖は完全です"]);
    country.end().await;
}
