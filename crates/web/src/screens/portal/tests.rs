//! What a person of the portal can do, and that nothing else is within reach.

use std::collections::BTreeSet;
use std::sync::Arc;

use sakimori_identity::{Action, Resource, Role};
use sakimori_register::Asked;
use sakimori_warn::{Addressees, Signer, WarningContent, WarningKey};
use sakimori_words::{InstitutionKind, Lang, jst_date};

use crate::sample::member_token;
use crate::site::Site;
use crate::tests::browser::{Browser, world};

/// The dental clinic's person at the ministry of the sample.
async fn member(hub: &Arc<Site>, lang: Lang) -> Browser {
    Browser::with_token(hub, member_token(hub).await.unwrap(), lang)
}

/// A warning for one kind of institution, released by the sample's ministry.
async fn released(hub: &Site, kind: InstitutionKind) -> WarningKey {
    let person = |name: &str| Signer { person: name.into(), name: name.to_owned() };
    let content = WarningContent {
        number: "事務連絡".to_owned(),
        title: format!("{kind:?} 向けの注意喚起"),
        body: "確認してください。".to_owned(),
        addressees: Addressees { kinds: [kind].into(), ..Addressees::default() },
        ..WarningContent::empty("厚生労働省", jst_date(hub.clock.now()))
    };
    let draft = hub.warnings.begin(content, &person("起案")).await.unwrap();
    hub.warnings.submit(&draft.key.id, &person("起案")).await.unwrap();
    hub.warnings.release(&draft.key.id, &person("決裁")).await.unwrap();
    draft.key
}

#[tokio::test]
async fn a_clinic_reads_answers_and_prints_and_the_office_counts_it() {
    let world = world().await;
    let hub = &world.sample.hub;
    let key = released(hub, InstitutionKind::DentalClinic).await;
    let mut dentist = member(hub, Lang::Ja).await;
    assert_eq!(dentist.get("/today").await.header("location"), "/portal");
    let inbox = dentist.get("/portal").await;
    assert!(inbox.text.contains("DentalClinic 向けの注意喚起"), "{}", inbox.text);
    let path = format!("/portal/warnings/{}/{}", key.origin, key.id);
    assert_eq!(dentist.get(&path).await.status, 200);
    assert_eq!(hub.warnings.coverage(&key).await.unwrap().counts.opened, 1);
    let fields = [("do", "answer"), ("warning-answer", "not-affected")];
    assert_eq!(dentist.post(&path, &fields).await.status, 303);
    let page = dentist.get(&path).await;
    assert!(page.text.contains("該当なし"), "{}", page.text);
    assert_eq!(dentist.post(&path, &[("do", "done")]).await.status, 303);
    let counts = hub.warnings.coverage(&key).await.unwrap().counts;
    assert_eq!((counts.expected, counts.acknowledged, counts.done), (1, 1, 1));
    assert_eq!(dentist.get(&format!("{path}/letter.pdf")).await.status, 200);
}

#[tokio::test]
async fn no_screen_of_the_office_and_no_other_institution_is_within_reach_of_the_portal() {
    let world = world().await;
    let hub = &world.sample.hub;
    let of_others = released(hub, InstitutionKind::Pharmacy).await;
    // Every page that anybody at the office can reach.
    let mut paths = BTreeSet::new();
    for role in [Role::Officer, Role::Approver, Role::Inspector, Role::Administrator] {
        let mut browser = Browser::signed_in(hub, role, Lang::Ja).await;
        paths.extend(
            crate::tests::pages::walk(&mut browser).await.into_iter().map(|(path, _)| path),
        );
    }
    assert!(paths.len() > 60, "only {} pages were found", paths.len());
    let mut dentist = member(hub, Lang::Ja).await;
    let open =
        ["/sign-in", "/invitation", "/step-up", "/assets", "/emergency", "/account", "/setup"];
    for path in paths.iter().filter(|path| !open.iter().any(|own| path.starts_with(own))) {
        let page = dentist.get(path).await;
        let is_led_home = page.header("location") == "/portal" || path == "/";
        assert!(page.status == 403 || page.status == 404 || is_led_home, "{path}: {}", page.status);
    }
    for (path, field) in [
        ("/register/new", "org-name"),
        ("/people/invite", "display-name"),
        ("/settings/public", "do"),
        ("/office/links", "office-name"),
        ("/live", "x"),
    ] {
        let page = dentist.post(path, &[(field, "x")]).await;
        assert!(
            !page.status.is_success() && !page.status.is_redirection(),
            "{path}: {}",
            page.status
        );
    }

    // Another institution's warning by its address.
    let path = format!("/portal/warnings/{}/{}", of_others.origin, of_others.id);
    for address in [path.clone(), format!("{path}/letter.pdf")] {
        assert_eq!(dentist.get(&address).await.status, 404, "{address}");
    }
    let fields = [("do", "answer"), ("warning-answer", "affected")];
    assert_eq!(dentist.post(&path, &fields).await.status, 404);
    assert_eq!(hub.warnings.coverage(&of_others).await.unwrap().counts.acknowledged, 0);
    // Nor by the gate, for any other institution in the register.
    let token = member_token(hub).await.unwrap();
    let principal = hub.identity.session(&token).await.unwrap().unwrap();
    let all = hub.register.list(&Asked::default(), None, 10).await.unwrap().facilities;
    for other in all.iter().filter(|one| *one.id() != principal.organisation) {
        let theirs = Resource::new(other.id().clone(), "contacts", "");
        assert!(hub.gate.pass(&principal, Action::ActInPortal, theirs, "").await.is_err());
    }
}

#[tokio::test]
async fn nobody_of_the_office_acts_in_an_institutions_name() {
    let world = world().await;
    let hub = &world.sample.hub;
    for role in [Role::Officer, Role::Administrator] {
        let mut browser = Browser::signed_in(hub, role, Lang::Ja).await;
        for path in ["/portal", "/portal/contacts", "/portal/report"] {
            assert_eq!(browser.get(path).await.status, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn a_clinic_keeps_its_contacts_and_reports_with_what_is_known_filled_in() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut dentist = member(hub, Lang::En).await;
    let form = dentist.get("/portal/contacts").await;
    let version = form.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("reg-telephone", "06-0000-8888"),
        ("reg-person", "Dr. Sample"),
        ("reg-person-phone", "06-0000-8889"),
        ("reg-person-hours", "weekdays 9:00-17:00"),
    ];
    assert_eq!(dentist.post("/portal/contacts", &fields).await.status, 303);
    let late = dentist.post("/portal/contacts", &fields).await;
    assert_eq!(late.status, 409, "an older form does not overwrite");
    let begun = dentist.post("/portal/report", &[]).await;
    let form = dentist.get(begun.header("location")).await;
    assert!(form.text.contains("06-0000-8888"), "{}", form.text);
    let code = form.hidden("em-code");
    let sent = [
        ("em-code", code.as_str()),
        ("em-what", "電子カルテが開きません"),
        ("em-contact", "Dr. Sample"),
        ("em-phone", "06-0000-8888"),
        ("em-consent", "yes"),
    ];
    let receipt = dentist.post("/emergency", &sent).await;
    assert_eq!(receipt.status, 200, "{}", receipt.text);
    let cases = hub.office.office_cases().await.unwrap();
    assert!(cases.iter().any(|case| case.institution.name == "見本歯科医院"));
}

#[tokio::test]
async fn the_pages_of_the_portal_are_whole_in_both_languages() {
    let world = world().await;
    let hub = &world.sample.hub;
    released(hub, InstitutionKind::DentalClinic).await;
    for lang in [Lang::Ja, Lang::En] {
        let mut dentist = member(hub, lang).await;
        let pages = crate::tests::pages::walk_from(&mut dentist, "/portal").await;
        assert!(pages.len() >= 5, "only {} pages", pages.len());
        pages.iter().for_each(|(path, page)| crate::tests::pages::check(path, page, lang));
    }
}

#[tokio::test]
async fn a_clinic_answers_the_checklist_and_the_office_counts_and_exports_it() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut dentist = member(hub, Lang::Ja).await;
    let page = dentist.get("/portal/checklist").await;
    assert!(page.text.contains("回答済み 0 / 18"), "{}", page.text);
    let answers = [
        ("version", ""),
        ("checked-on", "2026-11-20"),
        ("check-1-1", "yes"),
        ("check-2-1", "no"),
        ("note-2-1", "台帳を作成中 <i>"),
    ];
    let refused = dentist.post("/portal/checklist", &answers).await;
    assert!(refused.text.contains("2-①: 「いいえ」のときは目標日"), "{}", refused.text);
    assert!(refused.text.contains("台帳を作成中 &#60;i&#62;"), "what was typed stays");
    let mut answers = answers.to_vec();
    answers.push(("target-2-1", "2026-12-25"));
    assert_eq!(dentist.post("/portal/checklist", &answers).await.status, 303);
    let page = dentist.get("/portal/checklist").await;
    assert!(page.text.contains("回答済み 2 / 18") && page.text.contains("2026-11-20 確認"));
    // Somebody who still has the empty form overwrites nothing unseen.
    assert_eq!(dentist.post("/portal/checklist", &answers).await.status, 409);

    let mut officer = Browser::signed_in(hub, Role::Officer, Lang::Ja).await;
    let page = officer.get("/register/checklists").await;
    assert!(page.text.contains("回答を始めた機関: 1"), "{}", page.text);
    let list = hub.content.checklists().last().unwrap();
    let csv = officer.get(&format!("/register/checklists/{}", list.id)).await;
    assert!(csv.text.contains("見本歯科医院") && csv.text.contains("2026-12-25"), "{}", csv.text);
    assert_eq!(csv.text.lines().count(), 1 + list.items.len());
    let token = member_token(hub).await.unwrap();
    let principal = hub.identity.session(&token).await.unwrap().unwrap();
    let entry = officer.get(&format!("/register/entry/{}", principal.organisation)).await;
    assert!(entry.text.contains("はい 1、いいえ 1"), "{}", entry.text);
}

#[tokio::test]
async fn lessons_references_and_past_notices_are_read_in_the_portal_and_by_everybody() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut dentist = member(hub, Lang::Ja).await;
    let mut stranger = Browser::new(hub, Lang::En);
    assert_eq!(stranger.get("/public/materials").await.status, 404, "the page is off");
    let mut administrator = Browser::signed_in(hub, Role::Administrator, Lang::Ja).await;
    administrator.post("/settings/public", &[("do", "open")]).await;
    let list = dentist.get("/portal/materials").await;
    for notice in hub.content.notices() {
        assert!(list.text.contains(&notice.title.ja), "{}", notice.id);
    }
    for material in hub.content.materials() {
        assert!(list.text.contains(&material.title.ja), "{}", material.id);
        let (portal, public) = (
            format!("/portal/materials/{}", material.id),
            format!("/public/materials/{}", material.id),
        );
        let status = if material.link.is_some() { 404 } else { 200 };
        assert_eq!(dentist.get(&portal).await.status, status, "{portal}");
        let page = stranger.get(&public).await;
        assert_eq!(page.status, status, "{public}");
        assert!(material.points.iter().all(|point| page.text.contains(&point.en)), "{public}");
    }
}
