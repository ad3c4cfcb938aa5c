//! The papers of a case as files: each beside its page, for whoever may see the page, the same case and marks on it.

use sakimori_identity::Role;
use sakimori_words::Lang;

use super::tests::{drafted, has};
use crate::tests::browser::{Browser, world};

const ENDINGS: [(&str, &str); 3] = [
    ("pdf", "application/pdf"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("txt", "text/plain; charset=utf-8"),
];

#[tokio::test]
async fn every_paper_of_a_case_is_linked_from_its_page_and_comes_as_three_files() {
    let world = world().await;
    let site = &world.sample.node;
    let case = site.cases.cases(None, 1).await.unwrap().remove(0);
    let room = format!("/cases/{}", case.id);
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    let papers = [
        (format!("{room}/sheet"), "事案対応記録"),
        (format!("{room}/evidence/E-001/form"), "証拠物件の受渡記録"),
        ("/readiness/sheet".to_owned(), "連絡表"),
    ];
    for (page, title) in papers {
        let shown = officer.get(&page).await;
        for (ending, media_type) in ENDINGS {
            has(&shown, &[&format!("{page}.{ending}")]);
            let file = officer.get(&format!("{page}.{ending}")).await;
            assert_eq!(file.status, 200, "{page}.{ending}: {}", file.text);
            assert_eq!(file.headers["content-type"], media_type);
            has(&file, &[ending, title]);
        }
    }
    let mut stranger = Browser::new(site, Lang::Ja);
    assert_eq!(stranger.get(&format!("{room}/sheet.pdf")).await.status, 303, "signs in first");
    assert_eq!(officer.get(&format!("{room}/sheet.docx")).await.status, 404);
}

#[tokio::test]
async fn papers_of_an_exercise_say_so() {
    let world = world().await;
    let site = &world.sample.node;
    let cases = site.cases.cases(None, 10).await.unwrap();
    let exercise = cases.iter().find(|case| case.exercise).unwrap();
    let mut officer = Browser::signed_in(site, Role::SafetyOfficer, Lang::Ja).await;
    for page in [
        format!("/cases/{}/sheet.pdf", exercise.id),
        format!("/readiness/sheet.pdf?case={}", exercise.id),
    ] {
        has(&officer.get(&page).await, &["訓練です"]);
    }
}

#[tokio::test]
async fn a_report_comes_on_the_forms_of_other_offices_and_only_once_approved_in_their_workbooks() {
    let world = world().await;
    let mut officer = Browser::signed_in(&world.sample.node, Role::SafetyOfficer, Lang::Ja).await;
    let path = drafted(&world, &mut officer).await;
    let form = format!("{path}/forms/ppc-prompt/form");
    has(&officer.get(&path).await, &["漏えい等報告書（速報）", "forms/ppc-prompt-2022-04.xlsx"]);
    has(&officer.get(&format!("{form}.pdf")).await, &["pdf", "漏えい等報告書（速報）", "下書き"]);
    // A file of the office has no place for the word "draft".
    has(&officer.get(&format!("{form}.xlsx")).await, &["xlsx", "下書き"]);
    let mut director = Browser::signed_in(&world.sample.node, Role::Director, Lang::Ja).await;
    let digest = director.get(&path).await.hidden("digest");
    let seen = [("digest", digest.as_str()), ("scrub-seen", "yes")];
    assert_eq!(director.post(&format!("{path}/approve"), &seen).await.status, 303);
    let file = officer.get(&format!("{form}.xlsx")).await;
    assert!(file.text.starts_with("ppc-prompt-2022-04.xlsx"), "{}", file.text);
    let none = officer.get(&format!("{path}/forms/none/form.pdf")).await;
    assert_eq!(none.status, 404);
}
