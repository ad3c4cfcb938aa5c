use sakimori_identity::Role;
use sakimori_words::Lang;

use crate::screens::respond::tests::{has, has_not, send};
use crate::tests::browser::{Browser, world};

const ENTER: [(&str, &str); 8] = [
    ("office-awareness", "media"),
    ("office-detail", "見本新聞 夕刊"),
    ("office-name", "さくら診療所"),
    ("concerned-kind", "clinic"),
    ("office-beds", "１９"),
    ("office-damage", "電子カルテが使えないとの報道"),
    ("office-care", "外来を休止"),
    ("office-known", "2026-11-20 19:30"),
];

fn address(page: &crate::tests::browser::Page) -> String {
    page.header("location").to_owned()
}

#[tokio::test]
async fn an_officer_enters_a_case_investigates_and_the_list_shows_it_as_csv_too() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let wrong = officer.post("/office/cases/new", &[("office-awareness", "media")]).await;
    has(&wrong, &["入力してください"]);
    let made = officer.post("/office/cases/new", &ENTER).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let case = address(&made);
    let page = officer.get(&case).await;
    has(&page, &["さくら診療所", "診療所 · 19床", "報道 (見本新聞 夕刊)", "2026-11-20 19:30"]);
    let note = [("office-heading", "damage"), ("office-text", "端末 5 台")];
    has(&send(&mut officer, &format!("{case}/note"), &note).await, &["端末 5 台", "記録しました"]);
    let guide = [("office-guidance", "バックアップを切り離すこと"), ("office-basis", "助言")];
    has(
        &send(&mut officer, &format!("{case}/guide"), &guide).await,
        &["バックアップを切り離すこと"],
    );
    let help = [("office-route", "help_team"), ("office-provider", "見本お助け隊 06-0000-5555")];
    has(&send(&mut officer, &format!("{case}/dispatch"), &help).await, &["依頼済み"]);
    has(&officer.get("/office/dispatch").await, &["さくら診療所", "見本お助け隊"]);
    let close = [("office-close-reason", "復旧")];
    let closed = send(&mut officer, &format!("{case}/close"), &close).await;
    has(&closed, &["事案を終了しました"]);
    has_not(&officer.get("/office/cases").await, &["さくら診療所"]);
    let csv = officer.get("/office/cases.csv?office-closed=yes").await;
    assert!(csv.text.starts_with('\u{feff}') && csv.text.contains("さくら診療所"), "{}", csv.text);
}

#[tokio::test]
async fn a_clinic_without_an_account_reports_once_by_a_link() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let link =
        [("office-name", "もみじ歯科"), ("concerned-kind", "dental-clinic"), ("link-hours", "24")];
    let made = officer.post("/office/links", &link).await;
    has(&made, &["もみじ歯科 用のリンクを作成しました"]);
    let code = made.text.split("/emergency?code=").nth(1).unwrap();
    let code = code.split('<').next().unwrap().to_owned();
    let mut clinic = Browser::new(&world.sample.hub, Lang::Ja);
    has(&clinic.get("/emergency").await, &["コードを入力してください"]);
    has(&clinic.get(&format!("/emergency?code={code}")).await, &["もみじ歯科", "何が起きましたか"]);
    let mut report = vec![
        ("em-code", code.as_str()),
        ("em-what", "患者番号 00123456 の画面が開けない"),
        ("em-stopped", "records"),
        ("em-stopped", "billing"),
        ("em-contact", "院長 佐藤"),
        ("em-phone", "06-0000-6666"),
    ];
    has(&clinic.post("/emergency", &report).await, &["同意できないときは"]);
    report.push(("em-consent", "yes"));
    has(&clinic.post("/emergency", &report).await, &["<li>00123456</li>"]);
    report.push(("em-no-patient", "yes"));
    has(&clinic.post("/emergency", &report).await, &["報告を受け付けました", "E-"]);
    let again = clinic.post("/emergency", &report).await;
    assert_eq!(again.status, 404, "{}", again.text);
    has(&again, &["SK-OFFICE-001"]);
    let list = officer.get("/office/cases").await;
    has(&list, &["もみじ歯科", "緊急報告フォーム"]);
    assert_eq!(clinic.get("/office/cases").await.status, 303, "a clinic sees nothing else");
}

#[tokio::test]
async fn an_inspector_reads_and_an_institution_has_no_such_list() {
    let world = world().await;
    let mut inspector = Browser::signed_in(&world.sample.hub, Role::Inspector, Lang::En).await;
    let list = inspector.get("/office/cases").await;
    has(&list, &["Silent", "見本中央病院"]);
    has_not(&list, &["Enter a case"]);
    assert_eq!(inspector.post("/office/cases/new", &ENTER).await.status, 403);
    let mut node = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    assert_eq!(node.get("/office/cases").await.status, 404);
    assert_eq!(node.get("/emergency").await.status, 404);
}

#[tokio::test]
async fn cases_of_one_institution_are_proposed_and_joined_with_a_reason() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::Ja).await;
    let first = address(&officer.post("/office/cases/new", &ENTER).await);
    let second = address(&officer.post("/office/cases/new", &ENTER).await);
    has(&officer.get(&second).await, &["同じ事案かどうか判断してください"]);
    let other = first.rsplit('/').next().unwrap();
    let join =
        [("office-other", other), ("office-join-how", "join"), ("office-join-reason", "同じ")];
    has(&send(&mut officer, &format!("{second}/join"), &join).await, &["統合しました"]);
    has(&officer.get(&first).await, &["この事案は別の事案に統合されました"]);
    let part = [("office-part", other), ("office-part-reason", "別の日")];
    has(&send(&mut officer, &format!("{second}/part"), &part).await, &["分けました"]);
}

#[tokio::test]
async fn the_ministry_draws_no_report_upwards_and_lists_no_tasks_yet() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.hub, Role::Officer, Lang::En).await;
    let case = address(&officer.post("/office/cases/new", &ENTER).await);
    has_not(&officer.get(&case).await, &["Draft a report", "Set a task"]);
    has(&officer.get("/office/tasks").await, &["No tasks."]);
}

#[tokio::test]
async fn a_prefecture_reports_to_the_ministry_with_two_people_and_answers_its_task() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("pref.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let site = crate::sample::prefecture(store, &world.sample.hub).await.unwrap();
    for lang in [Lang::Ja, Lang::En] {
        let mut approver = Browser::signed_in(&site, Role::Approver, lang).await;
        for case in site.office.office_cases().await.unwrap() {
            let page = approver.get(&format!("/office/cases/{}", case.id)).await;
            assert!(page.status.is_success() && !page.has_script_of_strangers(), "{}", page.text);
            let letter = page.links().into_iter().find(|link| link.ends_with("/letter"));
            if let Some(letter) = letter {
                assert!(!approver.get(&letter).await.has_script_of_strangers());
            }
        }
    }
    let mut officer = Browser::signed_in(&site, Role::Officer, Lang::Ja).await;
    let mut approver = Browser::signed_in(&site, Role::Approver, Lang::Ja).await;
    let drafted = |case: &sakimori_respond::office::OfficeCase| !case.upward.is_empty();
    let cases = site.office.office_cases().await.unwrap();
    let case = cases.iter().find(|case| drafted(case)).unwrap();
    let (path, report) = (format!("/office/cases/{}", case.id), &case.upward[0]);
    let up = format!("{path}/up/{}", report.id);
    has(&officer.get(&path).await, &["承認待ち", "作成した人は承認できません"]);
    let seen = report.document.digest().to_string();
    let own = officer.post(&format!("{up}/approve"), &[("seen", &seen)]).await;
    assert_eq!(own.status, 409, "{}", own.text);
    has(&own, &["SK-RESPOND-010"]);
    has(
        &send(&mut approver, &format!("{up}/approve"), &[("seen", &seen)]).await,
        &["承認しました"],
    );
    assert_eq!(approver.post(&format!("{up}/submit"), &[]).await.status, 403);
    has(&send(&mut officer, &format!("{up}/submit"), &[]).await, &["提出しました", "受領待ち"]);
    let asked = cases.iter().find(|case| !case.tasks.is_empty()).unwrap();
    let path = format!("/office/cases/{}", asked.id);
    has(&officer.get("/office/tasks").await, &["侵入の経路を調査すること", "からの依頼"]);
    let fields = [
        ("task-of", asked.tasks[0].id.as_str()),
        ("task-answer", "給食業者の VPN から"),
        ("task-done", "yes"),
    ];
    has(&send(&mut officer, &format!("{path}/task/answer"), &fields).await, &["回答を送りました"]);
}
