//! An office's mail from the release to the returned letter, over a real socket, with a restart between.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_content::LocalContact;
use sakimori_mail::{MailSecret, Mailroom, Tally};
use sakimori_register::{Facility, Source, Way};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_warn::{Answer, Signer, WarningContent, WarningKey};
use sakimori_web::matter_of;
use sakimori_words::{
    Instant, InstitutionKind, Lang, OrganisationId, Prefecture, jst_date, new_uuid7,
};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::node::{self, Plan, Running};
use crate::settings::{MailSecurity, MailSettings, Role, Settings};
use crate::world::World;

/// What the relay of the tests took: return path, recipient, message.
type Taken = Arc<Mutex<Vec<[String; 3]>>>;

/// What the relay of the tests has against everybody.
#[derive(Default)]
struct Rules {
    refuses_all: bool,
    n_refused: usize,
}

/// A relay that takes everything, but puts each recipient off once who is called `later`, and one called `slow` at every letter
/// but the first; it never takes what goes to one called `blocked`.
async fn relay(rules: &Arc<Mutex<Rules>>) -> (u16, Taken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Taken::default();
    let (kept, put_off) = (Arc::clone(&taken), Arc::new(Mutex::new(BTreeSet::new())));
    let rules = Arc::clone(rules);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&kept), Arc::clone(&put_off), Arc::clone(&rules)));
        }
    });
    (port, taken)
}

async fn talk(
    stream: TcpStream,
    taken: Taken,
    put_off: Arc<Mutex<BTreeSet<String>>>,
    rules: Arc<Mutex<Rules>>,
) {
    let mut stream = BufReader::new(stream);
    let (mut path, mut to) = (String::new(), String::new());
    stream.write_all(b"220 relay\r\n").await.unwrap();
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
        let between = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer = match line.get(..4).unwrap_or_default() {
            "MAIL" => {
                path = between();
                "250 ok"
            }
            "RCPT" => {
                to = between();
                let first = put_off.lock().unwrap().insert(to.clone());
                let name = if first { "later" } else { "slow" };
                let mut rules = rules.lock().unwrap();
                if rules.refuses_all || to.starts_with("blocked") {
                    rules.n_refused += 1;
                    "554 5.7.1 relay access denied"
                } else if to.starts_with(name) {
                    "450 4.2.0 later"
                } else {
                    "250 ok"
                }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.unwrap();
                let mut message = Vec::new();
                while !message.ends_with(b"\r\n.\r\n") {
                    message.push(stream.read_u8().await.unwrap());
                }
                let message = String::from_utf8(message).unwrap();
                taken.lock().unwrap().push([path.clone(), to.clone(), message]);
                "250 taken"
            }
            _ => "250 relay",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        line.clear();
    }
}

pub(super) struct Office {
    running: Option<Running>,
    pub(super) clock: Arc<StepClock>,
    world: World,
    pub(super) settings: Settings,
    taken: Taken,
    rules: Arc<Mutex<Rules>>,
    folder: tempfile::TempDir,
}

impl Office {
    pub(super) async fn start(on: bool) -> Self {
        let rules = Arc::<Mutex<Rules>>::default();
        let (port, taken) = relay(&rules).await;
        let settings = Settings {
            role: Role::Hub,
            listen: "127.0.0.1:0".parse().unwrap(),
            mail: MailSettings {
                on,
                relay: format!("127.0.0.1:{port}"),
                security: MailSecurity::Plain,
                from: "chui@pref.example.jp".to_owned(),
                returns: "henso@pref.example.jp".to_owned(),
                portal: "http://127.0.0.1:1/".to_owned(),
                letters_per_minute: 60_000,
                ..MailSettings::default()
            },
            ..Settings::default()
        };
        let clock = Arc::new(StepClock::new(Instant::parse("2026-11-20T00:00:00Z").unwrap()));
        let world = World {
            lang: Lang::Ja,
            clock: Arc::<StepClock>::clone(&clock),
            chance: Arc::new(SeededChance::new(30)),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut office = Self { running: None, clock, world, settings, taken, rules, folder };
        office.begin().await;
        office
    }

    async fn begin(&mut self) {
        let (data, settings) = (self.folder.path().to_path_buf(), self.settings.clone());
        let plan = Plan { data, settings, demo: None, demonstration: true };
        self.running = Some(node::start(plan, &self.world).await.unwrap());
    }

    async fn restart(&mut self) {
        self.end().await;
        self.begin().await;
    }

    async fn end(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub(super) async fn stop(mut self) {
        self.end().await;
    }

    pub(super) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(super) fn house(&self) -> &node::House {
        &self.running().house
    }

    /// Enters an institution with a person in charge and a deputy; the former has no address of her own.
    async fn enter_with_deputy(&self, name: &str, mail: &str, deputy: &str) -> OrganisationId {
        let id = self.enter(name, mail, Way::Mail).await;
        let (mut entry, version) = self.house().register.get(&id).await.unwrap();
        let person = |id: &str, email: &str| LocalContact {
            id: id.to_owned(),
            name: format!("担当 {id}"),
            email: email.to_owned(),
            ..LocalContact::default()
        };
        entry.contacts.people = vec![person("花子", mail), person("次郎", deputy)];
        self.house().register.change(&entry, version, "officer").await.unwrap();
        id
    }

    pub(super) async fn enter(&self, name: &str, mail: &str, way: Way) -> OrganisationId {
        let source = Source { name: "名簿".to_owned(), on: jst_date(self.world.clock.now()) };
        let place = Prefecture::from_code(29).unwrap();
        let mut entry = Facility::new(name, place, InstitutionKind::Hospital, source);
        entry.contacts.mail = mail.to_owned();
        entry.way = way;
        self.house().register.add(entry, "officer").await.unwrap().id().clone()
    }

    pub(super) async fn release(&self) -> WarningKey {
        let person = |name: &str| Signer { person: name.into(), name: name.to_owned() };
        let desk = &self.house().warnings;
        let content = WarningContent {
            number: "事務連絡".to_owned(),
            title: "遠隔保守用VPN装置について".to_owned(),
            body: "至急、確認してください。".to_owned(),
            ..WarningContent::empty("見本県", jst_date(self.world.clock.now()))
        };
        let draft = desk.begin(content, &person("起案")).await.unwrap();
        desk.submit(&draft.key.id, &person("起案")).await.unwrap();
        desk.release(&draft.key.id, &person("決裁")).await.unwrap();
        draft.key
    }

    async fn tally(&self, key: &WarningKey, reminder: u32) -> Tally {
        let warning = self.house().warnings.warning(key).await.unwrap();
        let matter = matter_of(&warning).reminder(reminder);
        let clock = Arc::clone(&self.world.clock);
        let room = Mailroom::new(Arc::clone(&self.house().store), clock, MailSecret::new([0; 32]));
        room.tally(&matter).await.unwrap().unwrap_or_default()
    }

    /// Lets the clock run until the letters are so far.
    async fn until(&self, key: &WarningKey, wanted: Tally) {
        self.until_reminded(key, 0, wanted).await;
    }

    async fn until_reminded(&self, key: &WarningKey, reminder: u32, wanted: Tally) {
        let mut seen = Tally::default();
        for _ in 0..600 {
            seen = self.tally(key, reminder).await;
            if seen == wanted {
                return;
            }
            self.clock.step_seconds(10);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{seen:?} instead of {wanted:?}");
    }

    /// Lets the clock run until the rule has reminded so often.
    async fn until_rule_reminded(&self, key: &WarningKey, n_reminders: usize) {
        let desk = &self.house().warnings;
        let warning = desk.warning(key).await.unwrap();
        for _ in 0..1_000 {
            desk.chase().await.unwrap();
            if desk.chased(&warning).await.unwrap().reminders.len() >= n_reminders {
                return;
            }
            self.clock.step_seconds(3_600);
        }
        panic!("nobody was reminded");
    }

    async fn answer(&self, key: &WarningKey, organisation: &OrganisationId) {
        let (entry, _) = self.house().register.get(organisation).await.unwrap();
        let by = Signer { person: "p".into(), name: "見本 花子".to_owned() };
        let (desk, answer) = (&self.house().warnings, Answer::NotAffected);
        desk.member_answers(key, &entry.organisation, &by, answer, "").await.unwrap();
    }

    /// To whom letters went, in the order of addresses.
    fn recipients(&self) -> Vec<String> {
        let mut recipients: Vec<String> = self.letters().into_iter().map(|[_, to, _]| to).collect();
        recipients.sort();
        recipients
    }

    fn letters(&self) -> Vec<[String; 3]> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn text_of(message: &str) -> String {
    let (_, body) = message.split_once("\r\n\r\n").unwrap();
    let body: String = body.lines().filter(|line| *line != ".").collect();
    String::from_utf8(STANDARD.decode(body).unwrap()).unwrap()
}

fn deliver(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join("inbox/bounces/new").join(name), text).unwrap();
}

/// What the file says, once it is there.
async fn appears(path: &Path) -> String {
    for _ in 0..600 {
        match std::fs::read_to_string(path) {
            Ok(text) if !text.is_empty() => return text,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("{} never came", path.display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_warning_reaches_those_without_a_node_by_mail_once_and_comes_back_as_a_call() {
    let mut office = Office::start(true).await;
    office.enter("見本医院", "jimu@clinic.example.jp", Way::Mail).await;
    office.enter("見本病院", "later@hospital.example.jp", Way::Telephone).await;
    office.enter("電話だけの医院", "", Way::Telephone).await;
    let node = OrganisationId::from(new_uuid7(Instant::default(), &SeededChance::new(1)));
    office.enter("ノードの病院", "n@node.example.jp", Way::Node { organisation: node }).await;
    let key = office.release().await;
    office.until(&key, Tally { sent: 2, ..Tally::default() }).await;
    office.restart().await;
    office.clock.step_seconds(3_600);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let letters = office.letters();
    assert_eq!(letters.len(), 2, "not again after a restart");
    let [path, _, message] = letters.iter().find(|one| one[1].starts_with("jimu")).unwrap();
    let text = text_of(message);
    for said in [
        "見本医院",
        "遠隔保守用VPN装置について",
        "至急、確認してください。",
        "http://127.0.0.1:1/m/",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    deliver(
        office.folder.path(),
        "returned",
        &format!(
            "From: MAILER-DAEMON@mx.example.jp\nTo: {path}\nSubject: x\n\nuser unknown 5.1.1\n"
        ),
    );
    deliver(office.folder.path(), "other", "From: a@b.example\nTo: henso@pref.example.jp\n\nhi\n");
    office.until(&key, Tally { sent: 1, returned: 1, to_call: 1, ..Tally::default() }).await;
    // The letter counts as returned a moment before its file moves.
    appears(&office.folder.path().join("inbox/bounces/done/returned")).await;
    let why = appears(&office.folder.path().join("inbox/bounces/failed/other.txt")).await;
    assert!(why.contains("SK-MAIL-006"), "{why}");
    let coverage = office.house().warnings.coverage(&key).await.unwrap();
    assert_eq!(coverage.counts.acknowledged, 0, "a letter that was sent acknowledges nothing");
    office.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_before_mail_is_switched_on_and_nothing_older_afterwards() {
    let mut office = Office::start(false).await;
    office.enter("見本医院", "jimu@clinic.example.jp", Way::Mail).await;
    let old = office.release().await;
    office.clock.step_seconds(60);
    office.settings.mail.on = true;
    office.restart().await;
    office.clock.step_seconds(60);
    let new = office.release().await;
    office.until(&new, Tally { sent: 1, ..Tally::default() }).await;
    assert_eq!(office.tally(&old, 0).await, Tally::default());
    assert_eq!(office.letters().len(), 1);
    office.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_wait_while_the_relay_refuses_everybody_and_one_refused_alone_becomes_a_call() {
    let mut office = Office::start(true).await;
    office.rules.lock().unwrap().refuses_all = true;
    office.enter("受け取る医院", "a@clinic.example.jp", Way::Mail).await;
    office.enter("断られる医院", "blocked@clinic.example.jp", Way::Mail).await;
    let key = office.release().await;
    office.until(&key, Tally { waiting: 2, ..Tally::default() }).await;
    while office.rules.lock().unwrap().n_refused < 2 {
        office.clock.step_seconds(10);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(office.tally(&key, 0).await, Tally { waiting: 2, ..Tally::default() });
    office.rules.lock().unwrap().refuses_all = false;
    office.restart().await;
    office.until(&key, Tally { sent: 1, returned: 1, to_call: 1, ..Tally::default() }).await;
    office.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_silent_are_reminded_by_mail_once_for_each_reminder_and_their_deputies_from_the_second()
{
    let mut office = Office::start(true).await;
    office.enter_with_deputy("黙る医院", "a@clinic.example.jp", "jiro@clinic.example.jp").await;
    let answering = office.enter("答える医院", "b@clinic.example.jp", Way::Mail).await;
    let key = office.release().await;
    office.until(&key, Tally { sent: 2, ..Tally::default() }).await;
    office.answer(&key, &answering).await;
    office.until_rule_reminded(&key, 1).await;
    office.until_reminded(&key, 1, Tally { sent: 1, ..Tally::default() }).await;
    let last = office.letters().pop().unwrap();
    assert!(last[1].starts_with("a@"));
    let text = text_of(&last[2]);
    for said in ["再通知1回目", "至急、確認してください。", "http://127.0.0.1:1/m/"]
    {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    office.restart().await;
    office.clock.step_seconds(600);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(office.letters().len(), 3, "not again after a restart");
    office.until_rule_reminded(&key, 2).await;
    office.until_reminded(&key, 2, Tally { sent: 2, ..Tally::default() }).await;
    let expected = ["a@clinic.example.jp"; 3].into_iter();
    let expected = expected.chain(["b@clinic.example.jp", "jiro@clinic.example.jp"]);
    assert_eq!(office.recipients(), expected.collect::<Vec<_>>());
    let by = Signer { person: "officer".into(), name: "担当官".to_owned() };
    let warning = office.house().warnings.warning(&key).await.unwrap();
    office.house().warnings.remind(&warning, &[], false, &by).await.unwrap();
    office.until_reminded(&key, 3, Tally { sent: 1, ..Tally::default() }).await;
    office.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_that_waited_is_not_sent_to_somebody_who_has_answered_meanwhile() {
    let mut office = Office::start(true).await;
    let hospital = office.enter("見本病院", "slow@hospital.example.jp", Way::Mail).await;
    let key = office.release().await;
    office.until(&key, Tally { sent: 1, ..Tally::default() }).await;
    office.until_rule_reminded(&key, 1).await;
    office.until_reminded(&key, 1, Tally { waiting: 1, ..Tally::default() }).await;
    office.answer(&key, &hospital).await;
    office.until_reminded(&key, 1, Tally { superseded: 1, ..Tally::default() }).await;
    assert_eq!(office.letters().len(), 1);
    office.end().await;
}
