use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sakimori_ledger::Store;
use sakimori_testkit::SeededChance;
use sakimori_words::{Digest, Event, EvidenceRef, Level, PersonId, Trouble};

use super::super::{Handing, House, MailDesk, MailShelf, NoShelf, Verdict, Via};
use super::{PARTNER, PHISHING, forwarded, house};
use crate::{By, Findings, Which};

#[derive(Default)]
struct Shelf(Mutex<Vec<Event>>);

#[async_trait]
impl MailShelf for Shelf {
    async fn keep(&self, event: Event) -> Result<EvidenceRef, Trouble> {
        let mut kept = self.0.lock().unwrap();
        let leaf = Digest::of(&event.raw);
        kept.push(event);
        Ok(EvidenceRef::Event { seq: kept.len() as u64, leaf })
    }
}

struct World {
    desk: MailDesk,
    shelf: Arc<Shelf>,
    findings: Arc<Findings>,
    person: PersonId,
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let (folder, store, clock) = crate::desk::ledger().await;
    let chance = Arc::new(SeededChance::new(7));
    let findings = Arc::new(Findings::new(Arc::clone(&store), clock.clone(), chance.clone()));
    let shelf = Arc::new(Shelf::default());
    let desk =
        MailDesk::new(Arc::clone(&store), clock, chance, Arc::clone(&findings), shelf.clone());
    World { desk, shelf, findings, person: "sato".into(), store, _folder: folder }
}

impl World {
    const fn by(&self) -> By<'_> {
        By { person: &self.person, name: "佐藤" }
    }

    const fn handing(&self) -> Handing<'_> {
        Handing { by: self.by(), via: &Via::Screen, file: "strange.eml" }
    }
}

#[tokio::test]
async fn a_mail_handed_in_is_kept_as_it_came_and_a_dangerous_one_is_a_finding() {
    let world = world().await;
    world.desk.describe(house(), world.by()).await.unwrap();
    let handed = world.desk.hand_in(PHISHING.to_vec(), world.handing()).await.unwrap();
    assert_eq!(handed.examined.verdict, Verdict::Dangerous);
    let event = world.shelf.0.lock().unwrap()[0].clone();
    assert_eq!((event.raw.as_slice(), event.source.as_str()), (PHISHING, "sakimori/mail"));
    assert_eq!(event.src.text("message-id").unwrap(), "abc123@account-kakunin.example");
    let finding = world.findings.get(handed.finding.as_ref().unwrap()).await.unwrap().finding;
    assert_eq!((finding.level, finding.user.as_str()), (Level::High, "support@sakura-lab.example"));
    assert_eq!(finding.evidence.first(), Some(&handed.evidence));
    assert_eq!(world.desk.get(&handed.id).await.unwrap(), handed);
}

#[tokio::test]
async fn the_same_mail_from_two_people_is_one_finding_counted_twice() {
    let world = world().await;
    world.desk.describe(house(), world.by()).await.unwrap();
    let one = world.desk.hand_in(PHISHING.to_vec(), world.handing()).await.unwrap();
    let other = world.desk.hand_in(PHISHING.to_vec(), world.handing()).await.unwrap();
    assert_eq!(one.finding, other.finding);
    let open = world.findings.list(Which::Open, None, 10).await.unwrap();
    assert_eq!((open.len(), open[0].count), (1, 2));
    let listed = world.desk.list(None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|mail| &mail.id).collect::<Vec<_>>(), [&other.id, &one.id]);
    assert_eq!(world.desk.list(Some(&other.id), 10).await.unwrap(), [one]);
}

#[tokio::test]
async fn a_mail_without_signs_is_kept_and_raises_nothing() {
    let world = world().await;
    let handed = world.desk.hand_in(PARTNER.to_vec(), world.handing()).await.unwrap();
    assert_eq!((handed.examined.verdict, handed.finding), (Verdict::NothingFound, None));
    assert_eq!(world.findings.open_count().await.unwrap(), 0);
}

#[tokio::test]
async fn what_the_mail_server_drops_here_is_in_the_name_of_whoever_forwarded_it() {
    let world = world().await;
    world.desk.describe(house(), world.by()).await.unwrap();
    let handing = Handing { via: &Via::Folder, ..world.handing() };
    let handed = world.desk.hand_in(forwarded(PHISHING), handing).await.unwrap();
    assert_eq!(handed.by_name, "Sato <sato@midori-hp.example>");
}

#[tokio::test]
async fn what_is_no_mail_or_cannot_be_kept_leaves_nothing() {
    let world = world().await;
    let error = world.desk.hand_in(b"no".to_vec(), world.handing()).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-WATCH-041");
    let (_folder, _, clock) = crate::desk::ledger().await;
    let chance = Arc::new(SeededChance::new(7));
    let (store, findings) = (Arc::clone(&world.store), Arc::clone(&world.findings));
    let office = MailDesk::new(store, clock, chance, findings, Arc::new(NoShelf));
    let error = office.hand_in(PHISHING.to_vec(), world.handing()).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-WATCH-045");
    assert_eq!(world.desk.list(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_house_is_described_in_plain_domains_only() {
    let world = world().await;
    let typed = House {
        own_domains: vec![" @Midori-HP.example ".to_owned(), String::new()],
        ..House::default()
    };
    let kept = world.desk.describe(typed, world.by()).await.unwrap();
    assert_eq!(kept.own_domains, ["midori-hp.example"]);
    assert_eq!(world.desk.house().await.unwrap(), kept);
    for wrong in ["midori", "a b.example", "a..b", "https://a.example/"] {
        let house = House { partners: vec![wrong.to_owned()], ..House::default() };
        let error = world.desk.describe(house, world.by()).await.unwrap_err();
        assert_eq!(error.trouble().kind.code, "SK-WATCH-044", "{wrong}");
    }
}
