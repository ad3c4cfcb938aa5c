//! Uda City Hospital 2018 told on the dates of 2026: ransomware in the records, a vendor who wants to reinstall at once, a
//! municipal hospital, a prefecture that investigates under four headings and gives guidance, and a ministry above it.

use sakimori_words::Founder;

use super::acts::{approved, drafted, opened, sent};
use super::place::{Country, hospital_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uda_keeps_its_evidence_and_the_prefecture_investigates_reports_up_and_guides() {
    let hospital = hospital_of(176, Founder::Municipality);
    let country = Country::at("2026-10-16T05:40", ("見本市立病院", hospital, 29)).await;
    let mut it = country.hospital.browser(0);
    let mut director = country.hospital.browser(1);
    let sentence = "電子カルテが起動せず、身代金を求める画面が出ている";
    let room = opened(&mut it, &[("sentence", sentence), ("learned-from", "staff")]).await;

    // The vendor stands at the door with the installation disks.
    country.set("2026-10-16T08:00");
    let evidence = format!("{room}/evidence");
    let gate = format!("{evidence}/gate");
    for (name, note) in [("EMR-SV01", "電子カルテ サーバー"), ("EMR-SV02", "部門 サーバー")]
    {
        let fields = [("machine-name", name), ("machine-note", note)];
        it.act(&format!("{evidence}/machine"), &fields).await.has(&[name]);
    }
    let rebuild = |machine| [("do", "rebuild"), ("machine", machine)];
    for person in [&mut it, &mut director] {
        person.post(&gate, &rebuild("EMR-SV01")).await.refused(409, &["SK-RESPOND-050"]);
    }

    // One disk is pulled, labelled, bagged and locked away: that is enough, and takes a minute.
    let pulled = [
        ("ev-machine", "EMR-SV01"),
        ("ev-serial", "WD-0001"),
        ("ev-seal", "B-17"),
        ("ev-place", "事務長室の金庫"),
        ("ev-completes", "yes"),
        ("ev-witness", "鈴木"),
    ];
    it.act(&format!("{evidence}/pull"), &pulled).await.has(&["E-001", "B-17"]);
    it.act(&gate, &rebuild("EMR-SV01")).await.has(&["再構築に回すことを記録しました"]);

    // For the other machine there is no spare disk: only the director waives, by name and with a reason.
    let reason = "予備のディスクがなく、診療を止められない";
    let ask = [("do", "ask"), ("machine", "EMR-SV02"), ("waiver-reason", reason)];
    it.act(&gate, &ask).await;
    it.post(&gate, &rebuild("EMR-SV02")).await.refused(409, &["SK-RESPOND-050"]);
    let waive = |reason| [("do", "waive"), ("machine", "EMR-SV02"), ("waiver-reason", reason)];
    assert_eq!(it.post(&gate, &waive(reason)).await.status, 403);
    director.post(&gate, &waive("")).await.has(&["入力してください"]);
    it.post(&gate, &rebuild("EMR-SV02")).await.refused(409, &["SK-RESPOND-050"]);
    let page = director.act(&gate, &waive(reason)).await;
    page.has(&["証拠の放棄を記録しました", "佐藤", reason]);
    it.act(&gate, &rebuild("EMR-SV02")).await;
    it.get(&room).await.has(&[reason, "EMR-SV02"]);

    // Dispensing and billing go on, on paper, and the board says so.
    let board = format!("{room}/board");
    it.act(&board, &[("act", "add"), ("service-name", "外来"), ("service-priority", "1")]).await;
    let page = it.get(&board).await;
    let form = it.get(&page.link("do=service&service=")).await;
    let service = form.value("id=\"doing\"", "service");
    let paper = [
        ("act", "service"),
        ("service", &*service),
        ("service-state", "paper"),
        ("taken-by", "佐藤"),
        ("taken-role", "院長"),
    ];
    it.act(&board, &paper).await.has(&["紙で運用"]);

    // The hospital reports to the prefecture.
    let judgement = [
        ("act", "judgement"),
        ("disorder", "yes"),
        ("leak", "unknown"),
        ("leak-feared", "no"),
        ("data-lost", "yes"),
        ("care", "yes"),
        ("care-feared", "yes"),
        ("illicit", "yes"),
    ];
    it.act(&format!("{room}/judgement"), &judgement).await;
    let report = drafted(&mut it, &room, "prompt", &[country.prefecture.id()]).await;
    approved(&mut director, &report).await;
    sent(&mut it, &report).await;

    let mut officer = country.prefecture.browser(0);
    let list = country.until_seen(&mut officer, "/office/cases", "見本市立病院").await;
    let case = list.link("/office/cases/0");
    country.until_seen(&mut it, &report, "2026-00001").await;
    investigated_and_reported_up(&country, &case).await;
    guided(&country, &case, &report).await;
    country.end().await;
}

/// The four headings, and the report to the ministry that is made of them: written by one, approved by another.
async fn investigated_and_reported_up(country: &Country, case: &str) {
    let (mut officer, mut approver) =
        (country.prefecture.browser(0), country.prefecture.browser(1));
    country.set("2026-10-17T10:00");
    let found = [
        ("damage", "患者 1,133 人分の診療記録が参照できない"),
        ("response", "バックアップ媒体が装着されておらず、取得されていなかった"),
        ("recovery", "2日後に電子カルテを再開"),
        ("prevention", "バックアップの世代管理と媒体の切離し"),
    ];
    for (heading, text) in found {
        let fields = [("office-heading", heading), ("office-text", text)];
        officer.act(&format!("{case}/note"), &fields).await.has(&[text]);
    }
    let fields =
        [("up-stage", "prompt"), ("up-department", "医療政策課"), ("up-phone", "0742-00-0000")];
    let page = officer.act(&format!("{case}/up"), &fields).await;
    page.has(&["承認待ち"]);
    let up = page.link("/up/").replace("/letter", "");
    officer.post(&format!("{up}/submit"), &[]).await.refused(409, &["SK-RESPOND-"]);
    let page = approver.get(case).await;
    let seen = page.value("/approve\"", "seen");
    approver.act(&format!("{up}/approve"), &[("seen", &seen)]).await.has(&["承認しました"]);
    officer.act(&format!("{up}/submit"), &[("up-no-patient", "yes")]).await.has(&["提出しました"]);

    let mut above = country.ministry.browser(0);
    let list = country.until_seen(&mut above, "/office/cases", "見本市立病院").await;
    let theirs = list.link("/office/cases/0");
    let page = above.get(&theirs).await;
    let report = above.get(&page.link("/reports/")).await;
    for (_, text) in found {
        assert!(report.text.contains(text), "the ministry reads `{text}`:\n{}", report.seen());
    }
    for only_at_home in ["WD-0001", "事務長室の金庫", "予備のディスクがなく"] {
        assert!(!report.text.contains(only_at_home) && !page.text.contains(only_at_home));
    }
    country.until_seen(&mut officer, case, "2026-00001").await;

    // The ministry asks, the prefecture answers.
    let task = [
        ("task-to", country.prefecture.id()),
        ("task-kind", "investigate"),
        ("task-text", "侵入の経路を調査すること"),
        ("office-task-due", "2026-10-24 17:00"),
    ];
    above.act(&format!("{theirs}/task"), &task).await.has(&["侵入の経路を調査すること"]);
    let page = country.until_seen(&mut officer, case, "侵入の経路を調査すること").await;
    let of = page.value("/task/answer\"", "task-of");
    country.set("2026-10-24T19:00");
    officer.get("/office/tasks").await.has(&["侵入の経路を調査すること"]);
    let answer = [("task-of", &*of), ("task-answer", "保守用の回線から"), ("task-done", "yes")];
    officer.act(&format!("{case}/task/answer"), &answer).await.has(&["回答を送りました"]);
    country.until_seen(&mut above, &theirs, "保守用の回線から").await;
}

/// Guidance goes down to the hospital, and its answer is written down.
async fn guided(country: &Country, case: &str, report: &str) {
    let (mut officer, mut it) = (country.prefecture.browser(0), country.hospital.browser(0));
    country.set("2026-11-06T10:00");
    let guidance = "原因を究明し、被害の全容を把握し、再発防止策を公表すること";
    let fields = [
        ("office-guidance", guidance),
        ("office-basis", "地方自治法に基づく助言"),
        ("office-due", "2026-11-30 17:00"),
    ];
    let page = officer.act(&format!("{case}/guide"), &fields).await;
    page.has(&[guidance, "2026-11-30 17:00"]);
    country.until_seen(&mut it, report, guidance).await;
    let of = officer.get(case).await.value("/answered\"", "office-guidance-of");
    let answer =
        [("office-guidance-of", &*of), ("office-guidance-answer", "外部の専門家と調査し公表した")];
    officer.act(&format!("{case}/answered"), &answer).await.has(&["外部の専門家と調査し公表した"]);
    let close = [("office-close-reason", "公表を確認")];
    officer.act(&format!("{case}/close"), &close).await.has(&["公表を確認"]);
}
