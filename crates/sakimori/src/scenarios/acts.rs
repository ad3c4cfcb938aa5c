//! What people of a hospital do in every scenario: open a case, draft a report, have it approved and send it.

use super::browser::Browser;

/// Opens a case and returns the address of its room.
pub(super) async fn opened(person: &mut Browser, opening: &[(&str, &str)]) -> String {
    let room = person.post("/cases/new", opening).await.location();
    room.split('#').next().unwrap().to_owned()
}

/// Drafts a report of that stage for those offices and returns its address.
pub(super) async fn drafted(
    person: &mut Browser,
    room: &str,
    stage: &str,
    offices: &[&str],
) -> String {
    let mut fields = vec![("stage", stage)];
    fields.extend(offices.iter().map(|office| ("addressee", *office)));
    fields.extend([("party-person", "田中"), ("party-phone", "06-0000-9999")]);
    let page = person.post(&format!("{room}/reports/new"), &fields).await;
    assert_eq!(page.status, 303, "{}", page.seen());
    page.location()
}

/// Another person approves what is on the screen.
pub(super) async fn approved(approver: &mut Browser, report: &str) {
    let digest = approver.get(report).await.value("<main", "digest");
    let fields = [("digest", &*digest), ("scrub-seen", "yes")];
    approver.act(&format!("{report}/approve"), &fields).await.has(&["承認しました"]);
}

/// The report leaves.
pub(super) async fn sent(person: &mut Browser, report: &str) {
    person.act(&format!("{report}/submit"), &[]).await.has(&["送信しました"]);
}
