//! What users of the desks can rely on.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use sakimori_content::{Content, Recipient};
use sakimori_ledger::Store;
use sakimori_words::{
    Chance, Clock, Digest, EvidenceRef, Finding, Founder, Instant, Institution, InstitutionKind,
    Level, Organisation, OrganisationId, OrganisationKind, Prefecture, Text, VendorContract,
};

use crate::{
    Actor, Addressee, CaseDesk, Draft, LearnedFrom, OfficeDesk, Opening, Origin, PrintableReport,
    ReportingParty, Stage, TimelineEntry,
};

mod board;
mod exchange;
mod ledger;
mod room;
mod rules;
mod story;

/// A clock that a test sets.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(jst(text).as_micros())))
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.store(jst(text).as_micros(), Ordering::Relaxed);
    }

    pub(crate) fn advance_minutes(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60_000_000, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        // One microsecond a look, so that ids made in one act differ in time order too.
        Instant::from_micros(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Chance that counts.
#[derive(Default)]
pub(crate) struct TestChance(AtomicU64);

impl Chance for TestChance {
    fn fill(&self, buffer: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.fill(0);
        for (byte, next) in buffer.iter_mut().rev().zip(count.iter().rev()) {
            *byte = *next;
        }
    }
}

pub(crate) fn content() -> Arc<Content> {
    static CONTENT: LazyLock<Arc<Content>> =
        LazyLock::new(|| Arc::new(Content::embedded().unwrap()));
    CONTENT.clone()
}

pub(crate) fn jst(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

pub(crate) async fn store(folder: &Path, name: &str) -> Arc<dyn Store> {
    sakimori_ledger::open(&format!("sqlite:{}", folder.join(name).display())).await.unwrap()
}

pub(crate) async fn case_desk(folder: &Path, clock: &Arc<TestClock>) -> CaseDesk {
    let store = store(folder, "node.db").await;
    CaseDesk::new(store, clock.clone(), Arc::new(TestChance::default()), content())
}

pub(crate) async fn office_desk(
    folder: &Path,
    clock: &Arc<TestClock>,
    me: Organisation,
) -> OfficeDesk {
    let store = store(folder, &format!("{}.db", me.id)).await;
    OfficeDesk::new(store, clock.clone(), Arc::new(TestChance::default()), move || me.clone())
}

pub(crate) fn office(id: &str, kind: OrganisationKind, name: &str) -> Organisation {
    Organisation {
        id: OrganisationId::from(id),
        kind,
        name: name.to_owned(),
        prefecture: Prefecture::from_code(27),
        institution: None,
    }
}

pub(crate) fn ministry() -> Organisation {
    Organisation {
        prefecture: None, ..office("mhlw", OrganisationKind::Ministry, "厚生労働省")
    }
}

pub(crate) fn prefecture() -> Organisation {
    office("osaka-pref", OrganisationKind::Prefecture, "大阪府")
}

pub(crate) fn hospital() -> Organisation {
    Organisation {
        institution: Some(Institution {
            kind: InstitutionKind::Hospital,
            permitted_beds: 865,
            founder: Founder::PublicBody,
            functions: vec!["基幹災害拠点病院".to_owned(), "高度救命救急センター".to_owned()],
            code: "2710000000".to_owned(),
            vendors: vec![VendorContract {
                name: "なにわ電子カルテ".to_owned(),
                system: "電子カルテ".to_owned(),
                phone: "06-0000-0001".to_owned(),
            }],
        }),
        ..office("hospital", OrganisationKind::Institution, "大阪架空急性期センター")
    }
}

pub(crate) fn party(organisation: Organisation) -> ReportingParty {
    ReportingParty {
        organisation,
        address: "大阪府架空市一丁目1番".to_owned(),
        department: "医療情報部".to_owned(),
        person: "佐藤 花子".to_owned(),
        phone: "06-0000-1000".to_owned(),
        after_hours_phone: "090-0000-1000".to_owned(),
        email: String::new(),
    }
}

pub(crate) fn draft_of(stage: Stage) -> Draft {
    let addressee = |recipient, organisation: Organisation| Addressee {
        recipient,
        name: organisation.name,
        organisation: Some(organisation.id),
    };
    Draft {
        stage,
        party: party(hospital()),
        addressees: vec![
            addressee(Recipient::Ministry, ministry()),
            addressee(Recipient::Prefecture, prefecture()),
            Addressee {
                recipient: Recipient::Police,
                name: "大阪府警察本部".to_owned(),
                organisation: None,
            },
        ],
    }
}

pub(crate) fn it_person() -> Actor {
    Actor::new("sato", "佐藤 花子", "医療情報システム安全管理責任者")
}

pub(crate) fn director() -> Actor {
    Actor::new("yamada", "山田 太郎", "病院長")
}

pub(crate) fn officer() -> Actor {
    Actor::new("officer", "鈴木 一郎", "担当官")
}

pub(crate) fn mass_rename() -> Finding {
    Finding {
        id: "0192f000-0000-7000-8000-000000000001".into(),
        time: jst("2026-11-02T05:58"),
        found_at: jst("2026-11-02T06:01"),
        rule_id: "b7a1".to_owned(),
        title: Text::new("大量のファイル名変更", "Mass renaming of files"),
        reason: Text::new("暗号化の兆候です", "A sign of encryption"),
        next_step: Text::new("共有を切り離す", "Separate the share"),
        level: Level::Critical,
        tags: vec!["attack.t1486".to_owned()],
        author: "Sakimori".to_owned(),
        clause: "S4-4".to_owned(),
        source: "syslog/10.0.0.5".to_owned(),
        host: "EMR-SV01".to_owned(),
        user: "administrator".to_owned(),
        involved: Vec::new(),
        summary: "300 files renamed within 60 s".to_owned(),
        evidence: vec![EvidenceRef::Event { seq: 4_242, leaf: Digest::of(b"leaf") }],
    }
}

pub(crate) fn opening(sentence: &str) -> Opening {
    Opening {
        title: String::new(),
        origin: Origin::Person { sentence: sentence.to_owned() },
        learned_from: LearnedFrom::Staff,
        detected_at: None,
        knew_at: None,
        exercise: false,
    }
}

/// The document as it is read on paper.
pub(crate) fn printed(document: &PrintableReport) -> String {
    let mut text = format!("{:>60}\n", document.dated.ja);
    for addressee in &document.addressees {
        text.push_str(&format!("{}\n", addressee.ja));
    }
    text.push_str(&format!("{:>60}\n\n{}\n", document.sender.ja, document.title.ja));
    for banner in &document.banner {
        text.push_str(&format!("*** {} ***\n", banner.ja));
    }
    for (index, section) in document.sections.iter().enumerate() {
        text.push_str(&format!("\n{} {}\n", index + 1, section.title.ja));
        for row in &section.rows {
            let value = row.value.ja.replace('\n', "\n        ");
            text.push_str(&format!("    {}: {value}\n", row.label.ja));
        }
    }
    text
}

pub(crate) fn told(timeline: &[TimelineEntry]) -> String {
    let mut text = String::new();
    for entry in timeline {
        let late = if entry.at == entry.recorded_at { "" } else { " (*)" };
        text.push_str(&format!(
            "{}{late} {:?} {}: {}\n",
            entry.at, entry.kind, entry.by.name, entry.text.ja
        ));
    }
    text
}
