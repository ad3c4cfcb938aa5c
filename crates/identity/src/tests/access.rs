//! The gate, the policy's whole table, and requests from other sites.

use std::fmt::Write as _;
use std::sync::Arc;

use sakimori_ledger::Adoption;
use sakimori_words::{Instant, OrganisationId, PersonId, SessionId, jst_date};

use super::World;
use crate::{
    AccessRecord, Action, Denied, Principal, RequestOrigin, Resource, Role, Side, access_stream,
    decide, same_origin,
};

fn principal(roles: &[Role], at: Instant) -> Principal {
    Principal {
        person: PersonId::from("p"),
        name: "田中".to_owned(),
        organisation: OrganisationId::from("hospital"),
        roles: roles.iter().copied().collect(),
        session: SessionId::from("s"),
        source: "10.0.0.5".to_owned(),
        signed_in_at: at,
        stepped_up_at: at,
    }
}

fn resource() -> Resource {
    Resource::new(OrganisationId::from("hospital"), "case", "1")
}

fn noon() -> Instant {
    Instant::parse("2026-11-20T03:00:00Z").unwrap()
}

/// The reviewed table: `x` allowed, `c` allowed with a fresh code.
#[test]
fn the_table_of_roles_and_actions_is_as_reviewed() {
    let mut table = String::new();
    for (side, title) in [(Side::Node, "institution"), (Side::Hub, "office")] {
        let here =
            |role: &Role| role.exists_on(side) || (side == Side::Hub && *role == Role::Member);
        let roles: Vec<Role> = Role::ALL.into_iter().filter(here).collect();
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        writeln!(table, "{title}: {}", names.join(", ")).unwrap();
        for action in Action::ALL {
            let marks = roles.iter().map(|role| mark(*role, *action));
            let marks = marks.collect::<Vec<_>>().join(" ");
            writeln!(table, "{:<20} {marks}", action.as_str()).unwrap();
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

fn mark(role: Role, action: Action) -> &'static str {
    let principal = principal(&[role], noon());
    let fresh = decide(&principal, action, &resource(), noon());
    let stale = decide(&principal, action, &resource(), noon().plus_seconds(601));
    match (fresh.allowed, stale.allowed) {
        (true, true) => "x",
        (true, false) => "c",
        (false, _) => ".",
    }
}

#[test]
fn without_role_or_for_another_organisation_nothing_is_allowed() {
    let other = Resource::new(OrganisationId::from("other"), "case", "1");
    let everybody = principal(&Role::ALL, noon());
    for action in Action::ALL {
        let nobody = decide(&principal(&[], noon()), *action, &resource(), noon());
        assert_eq!((nobody.allowed, nobody.policy), (false, "deny/no_role"));
        let elsewhere = decide(&everybody, *action, &other, noon());
        assert_eq!((elsewhere.allowed, elsewhere.policy), (false, "deny/other_organisation"));
        assert!(decide(&everybody, *action, &resource(), noon()).allowed);
    }
}

#[test]
fn a_code_from_the_future_proves_nothing() {
    let principal = principal(&[Role::Administrator], noon());
    let before = decide(&principal, Action::ManagePeople, &resource(), noon().plus_seconds(-1));
    assert_eq!(before.policy, "deny/step_up");
}

#[test]
fn anybody_in_the_institution_may_raise_a_suspicion_except_by_the_technical_role_alone() {
    for role in [Role::SafetyOfficer, Role::Clerk, Role::Director, Role::Reviewer] {
        assert_eq!(mark(role, Action::OpenCase), "x");
    }
    assert_eq!(mark(Role::Administrator, Action::ViewCase), ".");
}

async fn records(world: &World) -> Vec<(String, AccessRecord)> {
    let stream = access_stream(world.now());
    let entries = world.store.stream_entries(&stream, 0, 100).await.unwrap();
    let access = entries.into_iter().filter(|entry| entry.kind.starts_with("access_"));
    access.map(|entry| (entry.kind, serde_json::from_value(entry.body).unwrap())).collect()
}

#[tokio::test]
async fn the_gate_records_what_matters_and_gives_a_permit() {
    let world = World::new().await;
    let gate = world.gate();
    let clerk = principal(&[Role::Clerk], world.now());
    let look = gate.pass(&clerk, Action::ViewToday, resource(), "").await.unwrap();
    assert_eq!((look.action(), look.at()), (Action::ViewToday, world.now()));
    assert!(records(&world).await.is_empty());

    let personal = resource().personal();
    let permit = gate.pass(&clerk, Action::ViewCase, personal, "当直の確認").await.unwrap();
    assert_eq!(permit.person(), &clerk.person);
    assert_eq!(permit.resource().id, "1");
    gate.pass(&clerk, Action::OpenCase, resource(), "").await.unwrap();
    let denied = gate.pass(&clerk, Action::Decide, resource(), "").await.unwrap_err();
    assert!(matches!(denied, Denied::NotAllowed { policy: "deny/no_role", .. }));
    assert_eq!(denied.trouble().kind.code, "SK-IDENTITY-008");

    let records = records(&world).await;
    let kinds: Vec<_> =
        records.iter().map(|(kind, record)| (kind.as_str(), record.action.as_str())).collect();
    assert_eq!(
        kinds,
        [
            ("access_allowed", "view_case"),
            ("access_allowed", "open_case"),
            ("access_denied", "decide")
        ]
    );
    insta::assert_json_snapshot!(records[0].1);
}

#[tokio::test]
async fn the_gate_asks_for_a_fresh_code() {
    let world = World::new().await;
    let admin = principal(&[Role::Administrator], world.now().plus_seconds(-601));
    let denied = world.gate().pass(&admin, Action::ManagePeople, resource(), "").await.unwrap_err();
    assert_eq!(denied.trouble().kind.code, "SK-IDENTITY-009");
    assert_eq!(records(&world).await[0].1.policy, "deny/step_up");
}

#[tokio::test]
async fn the_gate_stays_shut_when_the_record_cannot_be_written() {
    let world = World::new().await;
    // A store in the middle of an import takes no facts.
    world.store.adopt(vec![], Adoption::More).await.unwrap();
    let director = principal(&[Role::Director], world.now());
    let personal = resource().personal();
    let denied = world.gate().pass(&director, Action::ViewCase, personal, "").await.unwrap_err();
    assert!(matches!(denied, Denied::NotRecorded(_)));
    assert_eq!(denied.trouble().kind.code, "SK-IDENTITY-010");
    assert!(denied.trouble().detail.contains("import"));
}

#[test]
fn access_records_are_kept_by_the_day_in_japan() {
    let late = Instant::parse("2026-11-20T15:30:00Z").unwrap();
    assert_eq!(access_stream(late), format!("access/{}", jst_date(late)));
    assert_eq!(access_stream(late), "access/2026-11-21");
}

fn request<'a>(
    method: &'a str,
    sec_fetch_site: Option<&'a str>,
    origin: Option<&'a str>,
) -> RequestOrigin<'a> {
    RequestOrigin { method, sec_fetch_site, origin, host: Some("node.example:8443") }
}

#[test]
fn only_our_own_pages_may_change_anything() {
    let own = Some("https://node.example:8443");
    for (site, origin, passes) in [
        (Some("same-origin"), own, true),
        (Some("none"), None, true),
        (Some("same-site"), own, false),
        (Some("cross-site"), own, false),
        (Some("something new"), own, false),
        (None, own, true),
        (None, Some("http://NODE.example:8443"), true),
        (None, Some("https://node.example"), false),
        (None, Some("https://node.example:8443.evil.example"), false),
        (None, Some("https://evil.example"), false),
        (None, Some("null"), false),
        (None, Some(""), false),
        (None, None, true),
    ] {
        assert_eq!(same_origin(&request("POST", site, origin)), passes, "{site:?} {origin:?}");
        assert!(same_origin(&request("GET", site, origin)));
    }
    let without_host = RequestOrigin { host: None, ..request("POST", None, own) };
    assert!(!same_origin(&without_host));
    assert!(!same_origin(&request("post", Some("cross-site"), None)));
}

#[test]
fn gate_and_identity_can_be_shared_between_tasks() {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<crate::Gate>>();
    shared::<Arc<crate::Identity>>();
}

#[tokio::test]
async fn a_list_that_draws_itself_anew_is_one_look_a_minute() {
    let world = World::new().await;
    let gate = world.gate();
    let clerk = principal(&[Role::Clerk], world.now());
    let look = || gate.pass_to_list(&clerk, Action::ViewCase, resource().personal(), "cases");
    for _ in 0..3 {
        look().await.unwrap();
    }
    assert_eq!(records(&world).await.len(), 1);
    world.pass_seconds(61);
    look().await.unwrap();
    assert_eq!(records(&world).await.len(), 2);
    let nobody = principal(&[], world.now());
    for _ in 0..2 {
        let list = resource().personal();
        gate.pass_to_list(&nobody, Action::ViewCase, list, "cases").await.unwrap_err();
    }
    assert_eq!(records(&world).await.len(), 4, "every refusal is on record");
}
