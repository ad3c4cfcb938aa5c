use std::sync::Arc;

use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{Clock as _, Digest, PersonId};

use super::{By, Senders, SendersError, TOKENS};

struct Desk {
    senders: Senders,
    clock: Arc<StepClock>,
    store: Arc<dyn Store>,
    person: PersonId,
    _folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let (folder, store, clock) = crate::desk::ledger().await;
    let chance = Arc::new(SeededChance::new(1));
    let senders = Senders::new(Arc::clone(&store), clock.clone(), chance);
    Desk { senders, clock, store, person: "tanaka".into(), _folder: folder }
}

impl Desk {
    const fn by(&self) -> By<'_> {
        By { person: &self.person, name: "田中" }
    }
}

#[tokio::test]
async fn a_token_opens_its_sender_and_no_other_text_does() {
    let desk = desk().await;
    let made = desk.senders.add(" 電子カルテ ", desk.by()).await.unwrap();
    assert_eq!(made.sender.source(), "http/電子カルテ");
    let found = desk.senders.recognise(&made.token).await.unwrap();
    assert_eq!(found, Some(made.sender));
    let last = made.token.chars().last().unwrap();
    let rest = made.token.strip_suffix(last).unwrap();
    let wrong = format!("{rest}{}", if last == '0' { '1' } else { '0' });
    for text in ["", "skm_", &wrong, rest, &format!("{}0", made.token)] {
        assert_eq!(desk.senders.recognise(text).await.unwrap(), None, "{text}");
    }
}

#[tokio::test]
async fn the_token_itself_is_kept_nowhere() {
    let desk = desk().await;
    let made = desk.senders.add("emr", desk.by()).await.unwrap();
    let secret = made.token.strip_prefix("skm_").unwrap();
    for entry in desk.store.entries(0, 100).await.unwrap() {
        assert!(!format!("{entry:?}").contains(secret));
    }
    for kept in desk.store.list_private(TOKENS).await.unwrap() {
        assert!(!format!("{kept:?}").contains(secret));
    }
}

#[tokio::test]
async fn a_sender_that_is_shut_out_stays_out_when_its_name_is_given_again() {
    let desk = desk().await;
    let first = desk.senders.add("emr", desk.by()).await.unwrap();
    let taken = desk.senders.add("emr", desk.by()).await.unwrap_err();
    assert!(matches!(taken, SendersError::Taken { .. }), "{taken}");
    desk.senders.revoke("emr", desk.by()).await.unwrap();
    assert_eq!(desk.senders.recognise(&first.token).await.unwrap(), None);
    assert!(desk.store.list_private(TOKENS).await.unwrap().is_empty());
    let again = desk.senders.revoke("emr", desk.by()).await.unwrap_err();
    assert!(matches!(again, SendersError::Unknown { .. }), "{again}");
    let second = desk.senders.add("emr", desk.by()).await.unwrap();
    assert_eq!(desk.senders.recognise(&first.token).await.unwrap(), None);
    assert_eq!(desk.senders.recognise(&second.token).await.unwrap(), Some(second.sender));
}

#[tokio::test]
async fn the_list_says_who_made_a_token_and_when_it_was_last_used() {
    let desk = desk().await;
    let made = desk.senders.add("emr", desk.by()).await.unwrap();
    desk.senders.add("pacs", desk.by()).await.unwrap();
    let used_at = desk.clock.now();
    desk.senders.recognise(&made.token).await.unwrap();
    desk.clock.step_seconds(30);
    desk.senders.recognise(&made.token).await.unwrap();
    let list = desk.senders.list().await.unwrap();
    let lines: Vec<_> = list
        .iter()
        .map(|view| {
            (view.sender.name.as_str(), view.sender.made_by_name.as_str(), view.last_used_at)
        })
        .collect();
    assert_eq!(lines, [("emr", "田中", Some(used_at)), ("pacs", "田中", None)]);
    desk.clock.step_seconds(31);
    desk.senders.recognise(&made.token).await.unwrap();
    assert_eq!(desk.senders.list().await.unwrap()[0].last_used_at, Some(desk.clock.now()));
}

#[tokio::test]
async fn names_that_would_confuse_a_source_are_refused() {
    let desk = desk().await;
    for name in ["", " ", "a b", "a/b", "a#b", "a\n", "x\u{202e}y", &"x".repeat(65)] {
        let refused = desk.senders.add(name, desk.by()).await;
        let fine = name.trim() == "a" && refused.is_ok();
        assert!(fine || matches!(refused, Err(SendersError::Name { .. })), "{name:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_listed_once_it_was_made_or_shown() {
    let desk = desk().await;
    let (ours, theirs) = (Digest::of(b"ours"), Digest::of(b"theirs"));
    let now = desk.clock.now();
    desk.senders.certificate_made("fw-01", ours, now.plus_days(30), desk.by()).await.unwrap();
    desk.senders.certificate_seen("pacs", theirs).await;
    desk.senders.certificate_seen("fw-01", ours).await;
    let list = desk.senders.certificates().await.unwrap();
    let [fw, pacs] = list.as_slice() else { panic!("{list:?}") };
    assert_eq!((fw.certificate.name.as_str(), fw.certificate.digest), ("fw-01", ours));
    assert_eq!(fw.certificate.ends_at, Some(now.plus_days(30)));
    assert!(fw.last_seen_at.is_some());
    assert_eq!((pacs.certificate.name.as_str(), pacs.certificate.made_at), ("pacs", None));
}

#[tokio::test]
async fn a_withdrawn_certificate_stays_withdrawn_and_the_others_do_not() {
    let desk = desk().await;
    let (lost, next) = (Digest::of(b"lost"), Digest::of(b"next"));
    let ends_at = desk.clock.now().plus_days(30);
    for digest in [lost, next] {
        desk.senders.certificate_made("fw-01", digest, ends_at, desk.by()).await.unwrap();
    }
    let digits: String = lost.to_string().to_uppercase().chars().take(8).collect();
    let withdrawn = desk.senders.withdraw_certificate(&digits, desk.by()).await.unwrap();
    assert_eq!((withdrawn.digest, withdrawn.withdrawn_by_name.as_str()), (lost, "田中"));
    assert_eq!(desk.senders.withdrawn_certificates().await.unwrap(), [lost].into());
    for text in [&lost.to_string(), "", "0", "fw-01", &"g".repeat(200)] {
        let again = desk.senders.withdraw_certificate(text, desk.by()).await;
        assert!(matches!(again, Err(SendersError::NoCertificate { .. })), "{text}");
    }
    desk.senders.certificate_seen("fw-01", lost).await;
    let list = desk.senders.certificates().await.unwrap();
    assert_eq!(list.last().unwrap().certificate.digest, lost, "last in the list");
    let entries = desk.store.entries(0, 100).await.unwrap();
    let kinds = format!("{entries:?}");
    assert!(kinds.contains("sender_certificate_withdrawn"), "{kinds}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_can_be_withdrawn_as_well() {
    let desk = desk().await;
    let theirs = Digest::of(b"theirs");
    desk.senders.certificate_seen("pacs", theirs).await;
    desk.senders.withdraw_certificate(&theirs.to_string(), desk.by()).await.unwrap();
    assert_eq!(desk.senders.withdrawn_certificates().await.unwrap(), [theirs].into());
}
