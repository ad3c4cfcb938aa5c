//! What an institution can do with a letter's link, and what it cannot.

use std::sync::Arc;

use sakimori_mail::{Addressee, Letter, Outcome, Run};
use sakimori_register::{Asked, Facility};
use sakimori_warn::{Addressees, Signer, WarningContent, WarningKey};
use sakimori_words::{Lang, Tlp, jst_date};

use super::{Addressing, Answering, letter_by_mail, matter_of};
use crate::site::Site;
use crate::tests::browser::{Browser, world};

fn person(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

async fn clinic(hub: &Site) -> Facility {
    let shown = hub.register.list(&Asked::default(), None, 100).await.unwrap();
    shown.facilities.into_iter().find(|one| !one.way.is_node()).unwrap()
}

async fn release(hub: &Site, key: &WarningKey) {
    hub.warnings.submit(&key.id, &person("起案")).await.unwrap();
    hub.warnings.release(&key.id, &person("決裁")).await.unwrap();
}

/// A warning to everybody, released by the sample's ministry.
async fn released(hub: &Site) -> WarningKey {
    let content = WarningContent {
        number: "事務連絡".to_owned(),
        title: "VPN装置の脆弱性について".to_owned(),
        body: "確認してください。".to_owned(),
        addressees: Addressees::default(),
        tlp: Tlp::Amber,
        exercise: true,
        ..WarningContent::empty("厚生労働省", jst_date(hub.clock.now()))
    };
    let draft = hub.warnings.begin(content, &person("起案")).await.unwrap();
    release(hub, &draft.key).await;
    draft.key
}

/// The letter about the warning to the clinic, taken by the relay.
async fn sent(hub: &Site, key: &WarningKey) -> Letter {
    let clinic = clinic(hub).await;
    let matter = matter_of(&hub.warnings.warning(key).await.unwrap());
    let to = Addressee {
        organisation: clinic.id().clone(),
        name: clinic.organisation.name.clone(),
        person: String::new(),
        address: "jimu@clinic.example.jp".to_owned(),
        answers: true,
    };
    let run = Run { after: None, done: true };
    hub.mailroom.queue(&matter, &[to], &run).await.unwrap();
    let letter = hub.mailroom.due(10).await.unwrap().remove(0);
    hub.mailroom.settle(&letter, &Outcome::Accepted).await.unwrap();
    letter
}

fn anybody(hub: &Arc<Site>) -> Browser {
    Browser::new(hub, Lang::Ja)
}

#[tokio::test]
async fn a_link_is_read_without_an_account_and_answers_for_its_institution() {
    let world = world().await;
    let hub = &world.sample.hub;
    let key = released(hub).await;
    let letter = sent(hub, &key).await;
    let path = format!("/m/{}", hub.mailroom.link(&letter));
    let mut scanner = anybody(hub);
    let page = scanner.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains(&letter.name) && page.text.contains("VPN装置の脆弱性について"));
    let counts = hub.warnings.coverage(&key).await.unwrap().counts;
    assert_eq!((counts.opened, counts.acknowledged), (0, 0), "opening a link says nothing");
    let nobody = scanner.post(&path, &[("warning-answer", "affected")]).await;
    assert_eq!(nobody.status, 200, "a name is asked for");
    assert_eq!(hub.warnings.coverage(&key).await.unwrap().counts.acknowledged, 0);
    for (answer, n_affected) in [("affected", 1), ("not-affected", 0)] {
        let fields = [("mailing-name", "見本 花子"), ("warning-answer", answer)];
        assert_eq!(scanner.post(&path, &fields).await.status, 303);
        let counts = hub.warnings.coverage(&key).await.unwrap().counts;
        assert_eq!((counts.acknowledged, counts.affected), (1, n_affected), "the last word holds");
    }
    assert!(scanner.get(&path).await.text.contains("見本 花子"));
}

#[tokio::test]
async fn a_link_that_was_made_up_leads_nowhere_and_an_old_one_answers_no_newer_revision() {
    let world = world().await;
    let hub = &world.sample.hub;
    let key = released(hub).await;
    let letter = sent(hub, &key).await;
    let link = hub.mailroom.link(&letter);
    let mut browser = anybody(hub);
    assert_eq!(browser.get(&format!("/m/{link}0")).await.status, 404);
    assert_eq!(browser.get("/m/0123456789abcdef-ffffffff-0").await.status, 404);
    hub.warnings.revise(&key.id, &person("起案")).await.unwrap();
    release(hub, &key).await;
    let fields = [("mailing-name", "見本 花子"), ("warning-answer", "affected")];
    let page = browser.post(&format!("/m/{link}"), &fields).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("新しい版"), "{}", page.text);
    assert_eq!(hub.warnings.coverage(&key).await.unwrap().counts.acknowledged, 0);
}

#[tokio::test]
async fn the_office_sees_which_letters_left_and_whom_to_telephone() {
    let world = world().await;
    let hub = &world.sample.hub;
    let key = released(hub).await;
    let letter = sent(hub, &key).await;
    let said = sakimori_mail::Saying::Never { said: "5.1.1 <b>".to_owned(), of_address: true };
    hub.mailroom.take_back(&letter.id, &said).await.unwrap();
    let mut officer = Browser::signed_in(hub, sakimori_identity::Role::Officer, Lang::Ja).await;
    let path = format!("/coverage/{}/{}", key.origin, key.id);
    let page = officer.get(&path).await;
    assert!(page.text.contains("電話で確認する機関: 1"), "{}", page.text);
    assert!(page.text.contains("5.1.1 &#60;b&#62;"), "what a stranger wrote stays text");
    assert!(officer.get(&format!("{path}/calls")).await.text.contains("メール: 不達"));
    let mut keeper =
        Browser::signed_in(hub, sakimori_identity::Role::Administrator, Lang::Ja).await;
    let page = keeper.get("/settings/mail").await;
    assert!(page.text.contains("jimu@clinic.example.jp"), "{}", page.text);
    let revive = [("address", "jimu@clinic.example.jp")];
    assert_eq!(keeper.post("/settings/mail", &revive).await.status, 303);
    assert_eq!(hub.mailroom.overview().await.unwrap().addresses, []);
}

#[tokio::test]
async fn a_letter_says_the_same_as_the_paper_with_label_and_mark_in_its_subject() {
    let world = world().await;
    let hub = &world.sample.hub;
    let key = released(hub).await;
    let clinic = clinic(hub).await;
    let seen = hub.warnings.member_warning(&key, &clinic.organisation).await.unwrap();
    let now = hub.clock.now();
    let url = "https://chui.example.jp/m/abc";
    let answering = Answering::Link { url, until: now.plus_days(60) };
    let to = Addressing { institution: "見本歯科", person: "", reminder: 0 };
    let mail = letter_by_mail(&hub.content, "見本省", to, &seen, answering, now);
    assert_eq!(mail.subject, "【訓練】[TLP:AMBER] VPN装置の脆弱性について");
    assert_eq!(mail.letter.head.addressees, ["見本歯科"]);
    assert!(mail.closing.contains(&format!("\n{url}\n")), "a link stands alone on its line");
    let node = letter_by_mail(&hub.content, "見本省", to, &seen, Answering::OwnNode, now);
    assert!(!node.closing.contains("http"));
    for (reminder, mark) in [(1, "再通知"), (2, "再々通知"), (3, "第3回再通知")] {
        let to = Addressing { person: "見本 花子", reminder, ..to };
        let again = letter_by_mail(&hub.content, "見本省", to, &seen, answering, now);
        let subject = format!("【訓練】[TLP:AMBER]【{mark}】 VPN装置の脆弱性について");
        assert_eq!(again.subject, subject);
        assert_eq!(again.letter.head.addressees, ["見本歯科", "見本 花子 様"]);
        assert_eq!(again.closing, mail.closing, "it is answered on the same page");
        let Some((reminding, rest)) = again.letter.blocks.split_first() else { panic!() };
        assert!(format!("{reminding:?}").contains("まだ確認できていません"));
        assert_eq!(rest, mail.letter.blocks, "the text of the warning is the same");
    }
}

#[tokio::test]
async fn the_office_sees_before_it_reminds_how_many_hear_on_a_screen_and_how_many_by_mail() {
    let world = world().await;
    let hub = &world.sample.hub;
    let mut officer = Browser::signed_in(hub, sakimori_identity::Role::Officer, Lang::Ja).await;
    let before = released(hub).await;
    sent(hub, &before).await;
    let coverage = |key: &WarningKey| format!("/coverage/{}/{}", key.origin, key.id);
    let page = officer.get(&coverage(&before)).await;
    assert!(page.text.contains("の画面に督促を出します") && !page.text.contains("メールで督促"));
    hub.mailroom.switch(true).await.unwrap();
    let key = released(hub).await;
    let letter = sent(hub, &key).await;
    let page = officer.get(&coverage(&key)).await;
    assert!(page.text.contains("1件にメールで督促を出します"), "{}", page.text);
    let page = officer.get("/outbox").await;
    assert!(page.text.contains("メール: 送信済 1"), "{}", page.text);
    let matter = matter_of(&hub.warnings.warning(&key).await.unwrap()).reminder(1);
    assert_eq!(officer.post(&coverage(&key), &[("do", "remind")]).await.status, 303);
    let to = Addressee {
        organisation: letter.organisation.clone(),
        name: letter.name.clone(),
        person: String::new(),
        address: letter.address.clone(),
        answers: true,
    };
    hub.mailroom.queue(&matter, &[to], &Run { after: None, done: true }).await.unwrap();
    let page = officer.get(&coverage(&key)).await;
    assert!(page.text.contains("/ メール 1 通"), "{}", page.text);
    assert!(page.text.contains(">再通知</th>"), "{}", page.text);
    let said = sakimori_mail::Saying::Never { said: "5.1.1".to_owned(), of_address: true };
    hub.mailroom.take_back(&letter.id, &said).await.unwrap();
    for (address, n_by_mail) in [(letter.address.as_str(), 0), ("new@clinic.example.jp", 1)] {
        let (mut entry, version) = hub.register.get(&letter.organisation).await.unwrap();
        entry.contacts.mail = address.to_owned();
        hub.register.change(&entry, version, "officer").await.unwrap();
        let page = officer.get(&coverage(&key)).await;
        let words = format!("{n_by_mail}件にメールで督促");
        assert!(page.text.contains(&words), "not to one that failed, to a corrected one again");
    }
    assert!(officer.get("/outbox").await.text.contains("メール: 不達 1"));
}
