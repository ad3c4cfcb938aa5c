use std::path::Path;
use std::sync::Arc;

use mail_parser::MessageParser;
use proptest::prelude::*;
use sakimori_ledger::{Store, open};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{Clock as _, Instant, OrganisationId, WarningId};

use crate::*;

const NOW: i64 = 1_795_000_000_000_000;

pub(crate) fn now() -> Instant {
    Instant::from_micros(NOW)
}

fn matter(revision: u32) -> Matter {
    let (origin, warning) = (OrganisationId::from("mhlw"), WarningId::from("w1"));
    Matter { origin, warning, revision, reminder: 0 }
}

fn addressee(n: u32) -> Addressee {
    Addressee {
        organisation: OrganisationId::from(format!("fac-29-{n}")),
        name: format!("第{n}病院"),
        person: String::new(),
        address: format!("jimu{n}@hospital.example.jp"),
        answers: true,
    }
}

async fn store(folder: &Path) -> Arc<dyn Store> {
    open(&format!("sqlite:{}", folder.join("ledger.sqlite").display())).await.unwrap()
}

struct Place {
    room: Mailroom,
    clock: Arc<StepClock>,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(StepClock::new(now()));
        let room = room(folder.path(), &clock).await;
        Self { room, clock, folder }
    }

    async fn restarted(self) -> Self {
        let Self { room: old, clock, folder } = self;
        drop(old);
        let room = room(folder.path(), &clock).await;
        Self { room, clock, folder }
    }

    async fn queue(&self, revision: u32, n: std::ops::Range<u32>) {
        let all: Vec<Addressee> = n.map(addressee).collect();
        let run = Run { after: None, done: true };
        self.room.queue(&matter(revision), &all, &run).await.unwrap();
    }

    async fn tally(&self, revision: u32) -> Tally {
        self.room.tally(&matter(revision)).await.unwrap().unwrap()
    }

    async fn due(&self) -> Vec<Letter> {
        self.room.due(100).await.unwrap()
    }
}

async fn room(folder: &Path, clock: &Arc<StepClock>) -> Mailroom {
    Mailroom::new(store(folder).await, Arc::clone(clock) as _, MailSecret::new([9; 32]))
}

fn not_now() -> Outcome {
    Outcome::NotNow { said: "450 4.2.0 greylisted".to_owned() }
}

fn never() -> Saying {
    Saying::Never { said: "550 5.1.1 user unknown".to_owned(), of_address: true }
}

#[tokio::test]
async fn nobody_gets_the_same_revision_twice_whatever_is_repeated() {
    let place = Place::new().await;
    place.queue(1, 1..4).await;
    for letter in place.due().await {
        place.room.settle(&letter, &Outcome::Accepted).await.unwrap();
    }
    let place = place.restarted().await;
    place.queue(1, 1..4).await;
    assert_eq!(place.due().await, []);
    assert_eq!(place.tally(1).await, Tally { sent: 3, ..Tally::default() });
    place.queue(2, 1..4).await;
    assert_eq!(place.due().await.len(), 3, "a new revision is a letter of its own");
}

#[tokio::test]
async fn letters_wait_over_a_restart_and_are_tried_again_later_and_later() {
    let place = Place::new().await;
    place.queue(1, 1..2).await;
    let mut place = place.restarted().await;
    let mut pauses = vec![];
    for _ in 0..4 {
        let letter = place.due().await.remove(0);
        place.room.settle(&letter, &not_now()).await.unwrap();
        place = place.restarted().await;
        let mut minutes = 0;
        while place.due().await.is_empty() {
            place.clock.step_seconds(300);
            minutes += 5;
        }
        pauses.push(minutes);
    }
    assert_eq!(pauses, [15, 60, 240, 240]);
}

#[tokio::test]
async fn a_letter_that_is_never_taken_is_given_up_and_becomes_a_telephone_call() {
    let place = Place::new().await;
    place.queue(1, 1..2).await;
    let mut n_tries = 0;
    for _ in 0..300 {
        for letter in place.due().await {
            place.room.settle(&letter, &not_now()).await.unwrap();
            n_tries += 1;
        }
        place.clock.step_seconds(1_800);
    }
    assert!((10..30).contains(&n_tries), "{n_tries}");
    assert_eq!(place.tally(1).await, Tally { given_up: 1, to_call: 1, ..Tally::default() });
    let calls = place.room.to_call(&matter(1), 10).await.unwrap();
    assert_eq!(calls[0].name, "第1病院");
    assert_eq!(calls[0].said, "450 4.2.0 greylisted");
}

#[tokio::test]
async fn an_address_that_failed_twice_is_dead_until_a_person_says_otherwise() {
    let place = Place::new().await;
    for revision in 1..=2 {
        place.queue(revision, 1..2).await;
        let letter = place.due().await.remove(0);
        place.room.settle(&letter, &Outcome::Accepted).await.unwrap();
        place.room.take_back(&letter.id, &never()).await.unwrap();
        // The same letter coming back again counts once.
        place.room.take_back(&letter.id, &never()).await.unwrap();
        let known = place.room.overview().await.unwrap().addresses.remove(0);
        assert_eq!((known.n_returned, known.dead_since.is_some()), (revision, revision == 2));
        assert_eq!(place.room.to_call(&matter(revision), 10).await.unwrap().len(), 1);
    }
    place.queue(3, 1..2).await;
    assert_eq!(place.due().await, []);
    assert_eq!(place.tally(3).await, Tally { skipped: 1, to_call: 1, ..Tally::default() });
    assert_eq!(place.room.to_call(&matter(3), 10).await.unwrap().len(), 1);
    place.room.revive("JIMU1@hospital.example.jp", "officer").await.unwrap();
    place.queue(4, 1..2).await;
    assert_eq!(place.due().await.len(), 1);
}

#[tokio::test]
async fn a_reminder_is_a_letter_of_its_own_for_the_institution_and_its_deputy_once_each() {
    let place = Place::new().await;
    place.queue(1, 1..2).await;
    let first = place.due().await.remove(0);
    place.room.settle(&first, &Outcome::Accepted).await.unwrap();
    let deputy = Addressee {
        person: "副担当 花子".to_owned(),
        address: "deputy@hospital.example.jp".to_owned(),
        ..addressee(1)
    };
    let (reminder, run) = (matter(1).reminder(1), Run { after: None, done: true });
    for _ in 0..2 {
        let all = [addressee(1), deputy.clone()];
        place.room.queue(&reminder, &all, &run).await.unwrap();
    }
    let letters = place.due().await;
    assert_eq!(letters.len(), 2, "never twice for the same reminder");
    assert!(letters.iter().all(|letter| letter.id != first.id));
    for letter in &letters {
        place.room.settle(letter, &Outcome::Accepted).await.unwrap();
        place.room.take_back(&letter.id, &never()).await.unwrap();
    }
    place.room.take_back(&first.id, &never()).await.unwrap();
    let returned = Tally { returned: 2, ..Tally::default() };
    assert_eq!(place.room.tally(&reminder).await.unwrap(), Some(returned));
    assert_eq!(place.tally(1).await, Tally { returned: 1, to_call: 1, ..Tally::default() });
    let calls = place.room.to_call(&matter(1), 10).await.unwrap();
    assert_eq!(calls.len(), 1, "an institution is telephoned once, however many letters come back");
    assert_eq!(calls[0].address, addressee(1).address);
}

#[tokio::test]
async fn what_came_back_for_now_is_sent_again_after_four_hours_and_an_absence_changes_nothing() {
    let place = Place::new().await;
    place.queue(1, 1..2).await;
    let letter = place.due().await.remove(0);
    place.room.settle(&letter, &Outcome::Accepted).await.unwrap();
    place.room.take_back(&letter.id, &Saying::AutoAnswer).await.unwrap();
    assert_eq!(place.tally(1).await.sent, 1);
    let full = Saying::BackForNow { said: "4.2.2 mailbox full".to_owned() };
    place.room.take_back(&letter.id, &full).await.unwrap();
    assert_eq!(place.due().await, []);
    place.clock.step_seconds(4 * 3_600);
    assert_eq!(place.due().await.len(), 1);
    assert_eq!(place.room.overview().await.unwrap().addresses, []);
}

#[tokio::test]
async fn mail_that_is_switched_on_again_begins_anew_from_that_moment() {
    let place = Place::new().await;
    assert_eq!(place.room.switch(false).await.unwrap(), None);
    assert_eq!(place.room.switch(true).await.unwrap(), Some(now()));
    place.clock.step_seconds(60);
    assert_eq!(place.room.switch(true).await.unwrap(), Some(now()), "a restart changes nothing");
    place.room.switch(false).await.unwrap();
    assert_eq!(place.room.switch(true).await.unwrap(), Some(place.clock.now()));
}

#[tokio::test]
async fn a_link_leads_to_its_letter_until_it_expires_and_cannot_be_made_up() {
    let place = Place::new().await;
    place.queue(1, 1..3).await;
    let letter = place.due().await.remove(0);
    let link = place.room.link(&letter);
    assert_eq!(place.room.opened(&link).await.unwrap(), letter);
    let other = Mailroom::new(
        store(place.folder.path()).await,
        Arc::clone(&place.clock) as _,
        MailSecret::new([8; 32]),
    );
    for wrong in
        [other.link(&letter), link.replacen('-', "-f", 1), format!("{link}0"), String::new()]
    {
        assert!(matches!(place.room.opened(&wrong).await, Err(MailError::Link)), "{wrong}");
    }
    for _ in 0..10 {
        place.room.count_answer(&letter).unwrap();
    }
    assert!(matches!(place.room.count_answer(&letter), Err(MailError::TooOften)));
    place.clock.step_seconds(3_600);
    place.room.count_answer(&letter).unwrap();
    place.clock.step_seconds(LINK_DAYS * 86_400);
    assert!(matches!(place.room.opened(&link).await, Err(MailError::Expired)));
}

pub(crate) fn sender() -> Sender {
    Sender::new("奈良県 医療政策局", "warn@pref.example.jp", "bounce@pref.example.jp").unwrap()
}

pub(crate) fn keys() -> DkimKeys {
    let rsa = DkimKeys::new_rsa(&SeededChance::new(4)).unwrap();
    DkimKeys::new("sakimori", &rsa, &[5; 32]).unwrap()
}

#[test]
fn a_letter_is_one_a_mail_program_and_an_absence_assistant_understand() {
    let writing = Writing {
        id: "0123456789abcdef",
        to: "jimu@hospital.example.jp",
        subject: "【訓練】[TLP:GREEN] VPN 装置の脆弱性について（注意喚起）\r\nBcc: everybody@example.jp",
        text: "第1病院 御中\n\n至急、確認してください。\n",
        at: now(),
    };
    let bytes = compose(&sender(), &keys(), &writing).unwrap();
    assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 500 && line.is_ascii()));
    let message = MessageParser::default().parse(&bytes).unwrap();
    let to: Vec<_> = message.all_to().collect();
    assert_eq!(to.len(), 1);
    assert!(message.bcc().is_none(), "a title cannot smuggle a header in");
    assert!(message.subject().unwrap().starts_with("【訓練】[TLP:GREEN] VPN 装置"));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), writing.text);
    assert_eq!(message.message_id(), Some("0123456789abcdef@pref.example.jp"));
    assert_eq!(message.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    assert_eq!(message.header_raw("List-Unsubscribe"), None);
    assert_eq!(message.date().unwrap().to_timestamp(), NOW / 1_000_000);
    let n_signatures = message.headers_raw().filter(|(name, _)| *name == "DKIM-Signature").count();
    assert_eq!(n_signatures, 2);
}

#[test]
fn the_records_to_publish_name_both_keys() {
    let records = keys().records("pref.example.jp").unwrap();
    assert_eq!(records[0].name, "sakimori-rsa._domainkey.pref.example.jp");
    assert!(records[0].value.starts_with("v=DKIM1; k=rsa; p=MIIBIjAN"), "{}", records[0].value);
    assert!(records[1].value.starts_with("v=DKIM1; k=ed25519; p="));
}

/// A returned mail to the return path of letter `0123456789abcdef`, with `rest` after its To.
fn returned(rest: &str) -> Option<Returned> {
    let secret = MailSecret::new([9; 32]);
    let path = sender().return_path(&secret, "0123456789abcdef");
    let text = format!("From: MAILER-DAEMON@mx.example.jp\r\nTo: {path}\r\n{rest}");
    read_returned(text.as_bytes(), "bounce", &secret)
}

fn report(fields: &str) -> String {
    format!(
        "Auto-Submitted: auto-replied\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.jp\r\n\r\n\
         Final-Recipient: rfc822; jimu@hospital.example.jp\r\n{fields}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n\r\n--b--\r\n"
    )
}

fn check(rest: &str, expected: &str) {
    let found = returned(rest).unwrap();
    assert_eq!(found.id, "0123456789abcdef");
    assert_eq!(format!("{:?}", found.saying), expected, "{rest}");
}

#[test]
fn standard_reports_are_understood() {
    check(
        &report(
            "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 unknown\r\n user",
        ),
        r#"Never { said: "5.1.1 smtp; 550 5.1.1 unknown user", of_address: true }"#,
    );
    check(
        &report("Action: failed\r\nStatus: 5.7.1\r\nDiagnostic-Code: smtp; 550 blocked"),
        r#"Never { said: "5.7.1 smtp; 550 blocked", of_address: false }"#,
    );
    check(
        &report("Action: failed\r\nStatus: 4.4.7\r\nDiagnostic-Code: smtp; timed out"),
        r#"BackForNow { said: "4.4.7 smtp; timed out" }"#,
    );
    check(&report("Action: delayed\r\nStatus: 4.4.1"), "Notice");
    check(&report("Action: delivered\r\nStatus: 2.0.0"), "Notice");
}

#[test]
fn what_older_servers_and_operators_write_is_understood() {
    check(
        "Subject: failure notice\r\n\r\nHi. This is the qmail-send program.\r\n<a@b.example>:\r\n\
         Sorry, no mailbox here by that name. (#5.1.1)\r\n",
        r#"Never { said: "Sorry, no mailbox here by that name. (#5.1.1)", of_address: true }"#,
    );
    check(
        "Subject: Returned mail: User unknown\r\n\r\nsee above\r\n",
        r#"Never { said: "Returned mail: User unknown", of_address: true }"#,
    );
    check(
        "Subject: x\r\n\r\nhost 192.0.2.1 said: 452 mailbox full\r\n",
        r#"BackForNow { said: "host 192.0.2.1 said: 452 mailbox full" }"#,
    );
    check("Subject: x\r\n\r\nwe had trouble\r\n", "Unclear");
}

#[test]
fn an_absence_assistant_is_no_returned_mail() {
    let secret = MailSecret::new([9; 32]);
    let path = sender().return_path(&secret, "0123456789abcdef");
    for header in
        ["Auto-Submitted: auto-replied", "Subject: 自動応答: 不在です", "X-Autoreply: yes"]
    {
        let text = format!(
            "From: jimu@hospital.example.jp\r\nTo: {path}\r\n{header}\r\n\r\n550 5.1.1 ha\r\n"
        );
        let found = read_returned(text.as_bytes(), "bounce", &secret).unwrap();
        assert_eq!(found.saying, Saying::AutoAnswer, "{header}");
    }
}

#[test]
fn a_return_path_that_was_made_up_names_nobody() {
    let secret = MailSecret::new([9; 32]);
    let path = sender().return_path(&secret, "0123456789abcdef");
    let read = |path: &str| {
        read_returned(format!("To: {path}\r\n\r\n5.1.1\r\n").as_bytes(), "bounce", &secret)
    };
    assert!(read(&path).is_some());
    assert!(read(&path.to_uppercase()).is_some(), "servers may change the case");
    assert_eq!(read(&path.replace("0123", "0124")), None);
    assert_eq!(read("bounce+0123456789abcdef-0000000000000000@pref.example.jp"), None);
    assert_eq!(read("bounce@pref.example.jp"), None);
}

proptest! {
    #[test]
    fn any_bytes_that_come_back_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz_returned(&bytes);
    }

    #[test]
    fn a_damaged_report_is_survived(at in 0_usize..700, with in "\\PC{0,12}") {
        let whole = report("Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 unknown");
        let at = whole.floor_char_boundary(at);
        let (head, tail) = whole.split_at(at);
        let _ = returned(&format!("{head}{with}{tail}"));
        let _ = returned(head);
    }
}
