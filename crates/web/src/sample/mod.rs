//! A sample hospital and its ministry with invented people, for tests and for looking at the screens.
//!
//! Everything behind the ports is real (ledger, identity, desks, post); only the logs and the machine are invented, and the
//! wire between the two is a function call.

mod ports;
mod prepared;
mod sharing;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use sakimori_content::{Content, LocalContact, OwnPhone, Recipient};
use sakimori_federation::{Door, MemoryFiles, Post, SecretKey, Trust, Wire, WireError};
use sakimori_identity::{Client, Gate, Identity, IdentitySettings, NewPerson, Role, Side};
use sakimori_ledger::Store;
use sakimori_mail::{MailSecret, Mailroom};
use sakimori_prepare::{AssetDesk, ChecklistDesk};
use sakimori_register::{Contacts, Facility, Register, Source, Way};
use sakimori_respond::custody::{EventKind, Handling, PulledDisk};
use sakimori_respond::office::{
    Awareness, ConcernedInstitution, DispatchRoute, Entering, EntryHeading, NewLink, NewTask,
    OperatingBody, Peer, Place, TaskKind, UpDraft,
};
use sakimori_respond::{
    Actor, Addressee, CaseDesk, LearnedFrom, OfficeDesk, Opening, Origin, Stage as ReportStage,
};
use sakimori_share::ShareDesk;
use sakimori_standards::taxii;
use sakimori_warn::paper::PaperDesk;
use sakimori_warn::{Signer, WarningContent, WarningDesk};
use sakimori_watch::access_review::{Reviews, VerdictKind};
use sakimori_watch::mail::{Handing, House, MailDesk, Via};
use sakimori_watch::maintenance::{LineFields, MaintenanceDesk, PlanFields};
use sakimori_watch::retro::{Asked, Every, IndicatorList, LookBack, NewOrder, Retro, Sought};
use sakimori_watch::{
    By, Findings, NewException, SavedSearches, Scope, SearchFields, Senders, Term,
};
use sakimori_words::{
    Chance, Clock, Digest, Event, EvidenceRef, Finding, FindingId, Founder, Instant, Institution,
    InstitutionKind, Involved, Level, Organisation, OrganisationId, OrganisationKind, PersonId,
    Prefecture, Text, VendorContract, jst_date,
};

use crate::profile::{self, Profile};
use crate::site::{Site, SiteSettings};
pub(crate) use ports::OneWire;
use ports::{
    Machine, SampleAccesses, SampleHeads, SampleKeeping, SampleLake, SamplePrinter, SampleRegister,
    SampleSearch, SampleShelf, Stage,
};

/// What making a sample can fail with.
pub type SampleError = Box<dyn Error + Send + Sync>;

/// A text that would run as a script if any screen forgot to escape it.
pub const XSS: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";

/// A hospital and its ministry, joined.
pub struct Sample {
    /// The hospital's site.
    pub node: Arc<Site>,
    /// The ministry's site.
    pub hub: Arc<Site>,
}

/// Makes the sample in two empty stores.
///
/// # Errors
/// When a store or a desk refuses.
pub async fn sample(
    node_store: Arc<dyn Store>,
    hub_store: Arc<dyn Store>,
) -> Result<Sample, SampleError> {
    let world = World::new(0);
    let hub = house(&world, hub_store, Side::Hub, ministry()).await?;
    let node = house(&world, node_store, Side::Node, hospital()).await?;
    enter(&hub).await?;
    join(&hub, &node).await?;
    warn(&hub, &node).await?;
    sharing::share(&hub, &node).await?;
    learn(&hub).await?;
    let finding = find(&node).await?;
    // Before the real case, which is the newest one.
    prepared::prepare(&node).await?;
    suspect(&node, &finding).await?;
    secure(&node).await?;
    excuse(&node, &finding).await?;
    let_in(&node).await?;
    keep_searches(&node).await?;
    prepared::devices(&node).await?;
    prepared::papers(&node).await?;
    prepared::papers(&hub).await?;
    hand_in_mails(&node).await?;
    maintain(&node).await?;
    review_accesses(&node).await?;
    look_back(&node, &finding.id).await?;
    Ok(Sample { node, hub })
}

/// A site on which nobody has set up anything yet.
///
/// # Errors
/// When the store refuses.
pub async fn fresh(store: Arc<dyn Store>, side: Side) -> Result<Arc<Site>, SampleError> {
    let organisation = Organisation { name: String::new(), ..hospital() };
    bare_house(&World::new(0), store, side, organisation)
}

/// A prefecture under the sample's ministry, with what it learnt, a draft of its report and a task of the ministry.
///
/// # Errors
/// When a store or a desk refuses.
pub async fn prefecture(store: Arc<dyn Store>, hub: &Site) -> Result<Arc<Site>, SampleError> {
    let me = Organisation {
        id: OrganisationId::from("org-prefecture"),
        kind: OrganisationKind::Prefecture,
        name: "見本県 医療対策課".to_owned(),
        prefecture: Prefecture::from_code(27),
        institution: None,
    };
    let site = house(&World::new(1 << 32), store, Side::Hub, me).await?;
    join(hub, &site).await?;
    learn(&site).await?;
    let officer = signer(&site, Role::Officer).await?;
    let by = Actor::new(officer.person, officer.name, "担当官");
    let cases = site.office.office_cases().await?;
    for (case, their) in cases.iter().zip(hub.office.office_cases().await?) {
        let to = Addressee {
            recipient: Recipient::Ministry,
            name: "厚生労働省（見本）".to_owned(),
            organisation: Some(hub.settings.organisation.clone()),
        };
        let phone = "06-0000-7777".to_owned();
        let draft = UpDraft { stage: ReportStage::Prompt, to, department: XSS.to_owned(), phone };
        site.office.draft_up(&case.id, &draft, &site.content, &by).await?;
        let task = NewTask {
            to: site.post.me(),
            kind: TaskKind::Investigate,
            text: format!("侵入の経路を調査すること {XSS}"),
            basis: XSS.to_owned(),
            due_at: Some(site.clock.now().plus_days(3)),
        };
        let (_, task) = hub.office.give_task(&their.id, &task, &by).await?;
        let peer = Peer { organisation: hub.post.me(), place: Place::Above };
        site.office.take_task(&peer, &task.body).await?;
    }
    Ok(site)
}

/// Signs in as the invented person who has `role` and returns the session token.
///
/// # Errors
/// When nobody has the role.
pub async fn token(site: &Site, role: Role) -> Result<String, SampleError> {
    let people = site.identity.people().await?;
    let person = people
        .into_iter()
        .find(|person| person.roles.contains(&role))
        .ok_or("nobody has that role")?;
    let client = Client { source: "192.0.2.10".to_owned(), ..Client::default() };
    Ok(site.identity.sign_in_for_demonstration(&person.id, &client).await?.token)
}

/// Friday evening, 20 November 2026, 21:47 in Japan; every look at the clock is a millisecond later.
struct SampleClock(AtomicI64);

impl Clock for SampleClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

/// The same bytes in every run.
struct SampleChance(AtomicU64);

impl Chance for SampleChance {
    fn fill(&self, buffer: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        for (block, piece) in buffer.chunks_mut(32).enumerate() {
            let digest = Digest::of(format!("sample {n} {block}").as_bytes());
            piece.iter_mut().zip(digest.as_bytes()).for_each(|(byte, own)| *byte = *own);
        }
    }
}

struct World {
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl World {
    /// Worlds with different `draws` draw different keys.
    fn new(draws: u64) -> Self {
        Self {
            clock: Arc::new(SampleClock(AtomicI64::new(1_795_178_820_000_000))),
            chance: Arc::new(SampleChance(AtomicU64::new(draws))),
        }
    }
}

/// A dental clinic that uses the portal and a pharmacy that is telephoned, both without a node.
async fn enter(hub: &Site) -> Result<(), SampleError> {
    let osaka = Prefecture::from_code(27).ok_or("no such prefecture")?;
    let source =
        || Source { name: format!("見本の名簿 {XSS}"), on: jst_date(hub.clock.now()) };
    let mut dental = Facility::new("見本歯科医院", osaka, InstitutionKind::DentalClinic, source());
    dental.kana = "ミホンシカイイン".to_owned();
    dental.address = format!("大阪府見本市1-1 {XSS}");
    dental.way = Way::Portal;
    dental.contacts = Contacts {
        mail: "dental@example.jp".to_owned(),
        telephone: "06-0000-3333".to_owned(),
        fax: String::new(),
        people: vec![LocalContact {
            id: "p1".to_owned(),
            name: XSS.to_owned(),
            phones: vec![OwnPhone::always("06-0000-4444", "")],
            ..LocalContact::default()
        }],
    };
    let dental = hub.register.add(dental, "sample").await?;
    let mut pharmacy =
        Facility::new(format!("見本薬局 {XSS}"), osaka, InstitutionKind::Pharmacy, source());
    pharmacy.contacts.telephone = "06-0000-5555".to_owned();
    hub.register.add(pharmacy, "sample").await?;
    let person = NewPerson {
        sign_in_name: "dentist".to_owned(),
        display_name: "見本 歯子".to_owned(),
        roles: std::collections::BTreeSet::new(),
        password: "つゆくさの咲く朝に歩いた道は長い".to_owned(),
    };
    hub.identity.create_member(person, dental.id().clone()).await?;
    Ok(())
}

/// Signs in as the invented person of the dental clinic in the register and returns the session token.
///
/// # Errors
/// When there is nobody.
pub async fn member_token(hub: &Site) -> Result<String, SampleError> {
    let asked = sakimori_register::Asked { text: "見本歯科".to_owned(), ..Default::default() };
    let dental = hub.register.list(&asked, None, 1).await?.facilities;
    let dental = dental.first().ok_or("it is not in the register")?;
    let members = hub.identity.members_of(dental.id()).await?;
    let person = members.first().ok_or("nobody belongs to it")?;
    let client = Client { source: "192.0.2.11".to_owned(), ..Client::default() };
    Ok(hub.identity.sign_in_for_demonstration(&person.id, &client).await?.token)
}

fn ministry() -> Organisation {
    Organisation {
        id: OrganisationId::from("org-ministry"),
        kind: OrganisationKind::Ministry,
        name: "厚生労働省（見本）".to_owned(),
        prefecture: None,
        institution: None,
    }
}

fn hospital() -> Organisation {
    let vendor = |name: &str, system: &str, phone: &str| VendorContract {
        name: name.to_owned(),
        system: system.to_owned(),
        phone: phone.to_owned(),
    };
    Organisation {
        id: OrganisationId::from("org-hospital"),
        kind: OrganisationKind::Institution,
        name: "見本市民病院".to_owned(),
        prefecture: Prefecture::from_code(27),
        institution: Some(Institution {
            kind: InstitutionKind::Hospital,
            permitted_beds: 150,
            founder: Founder::Municipality,
            functions: vec!["災害拠点病院".to_owned()],
            code: "2712345678".to_owned(),
            vendors: vec![
                vendor("見本電子カルテ株式会社", "電子カルテ", "06-0000-1111"),
                vendor("見本給食サービス", "給食システム", "06-0000-2222"),
            ],
        }),
    }
}

fn bare_house(
    world: &World,
    store: Arc<dyn Store>,
    side: Side,
    me: Organisation,
) -> Result<Arc<Site>, SampleError> {
    let World { clock, chance } = world;
    let content = Arc::new(Content::embedded()?);
    let settings =
        IdentitySettings { demonstration: true, ..IdentitySettings::new(me.id.clone(), side) };
    let identity =
        Identity::new(Arc::clone(&store), Arc::clone(clock), Arc::clone(chance), settings);
    let key = SecretKey::new(chance.as_ref());
    let post = Arc::new(Post::new(
        Arc::clone(&store),
        Arc::clone(clock),
        Arc::clone(chance),
        me.clone(),
        key,
    ));
    let desk = || (Arc::clone(&store), Arc::clone(clock), Arc::clone(chance));
    let ((s1, c1, r1), (s2, c2, r2), (s3, c3, r3), (s4, c4, r4)) = (desk(), desk(), desk(), desk());
    let (s5, c5, r5) = desk();
    let findings = Arc::new(Findings::new(s1, c1, r1));
    let (s6, c6, r6) = desk();
    let mail = MailDesk::new(s6, c6, r6, Arc::clone(&findings), Arc::new(SampleShelf::default()));
    let (s7, c7, r7) = desk();
    let retro = Retro::new(s7, c7, r7, Arc::clone(&findings));
    let (s8, c8, r8) = desk();
    let (s9, c9, r9) = desk();
    let (s10, c10, r10) = desk();
    let (s11, c11, r11) = desk();
    let (s12, c12, r12) = desk();
    let (s13, c13, r13) = desk();
    let population: Arc<dyn sakimori_share::Population> =
        Arc::new(SampleRegister(Arc::clone(&post)));
    let shares = ShareDesk::new(
        s11,
        Arc::clone(&post),
        Arc::clone(&content),
        Arc::clone(&population),
        c11,
        r11,
    );
    let register = Arc::new(Register::new(s13, c13, r13));
    let slug = if side == Side::Node { "hospital" } else { "ministry" };
    let settings =
        SiteSettings { organisation: me.id.clone(), slug: slug.to_owned(), side, tls: false };
    Ok(Arc::new(Site {
        settings,
        gate: Gate::new(Arc::clone(&store), Arc::clone(clock)),
        identity: Arc::new(identity),
        findings,
        maintenance: Arc::new(MaintenanceDesk::new(s8, c8, r8)),
        mail: Arc::new(mail),
        retro: Arc::new(retro),
        checklists: Arc::new(ChecklistDesk::new(Arc::clone(&s9), Arc::clone(&c9))),
        assets: Arc::new(AssetDesk::new(s9, c9, r9)),
        papers: Arc::new(PaperDesk::new(s10, c10, r10)),
        paper_files: Arc::new(MemoryFiles::default()),
        saved_searches: Arc::new(SavedSearches::new(Arc::clone(&s5), Arc::clone(&c5))),
        access_reviews: Arc::new(Reviews::new(Arc::clone(&s5), Arc::clone(&c5))),
        record_accesses: Arc::new(SampleAccesses(clock.now())),
        senders: Arc::new(Senders::new(s5, c5, r5)),
        cases: CaseDesk::new(s2, c2, r2, Arc::clone(&content)),
        pictures: Arc::new(MemoryFiles::default()),
        presence: crate::Presence::default(),
        taxii: Arc::new(taxii::Server::new(s12, c12, r12)),
        office: OfficeDesk::new(s3, c3, r3, move || me.clone()),
        warnings: Arc::new(
            WarningDesk::new(s4, Arc::clone(&post), Arc::clone(&content), c4, r4)
                .with_members(Arc::new(crate::RegisteredMembers(Arc::clone(&register)))),
        ),
        shares: Arc::new(shares),
        population,
        register,
        mailroom: Arc::new(Mailroom::new(
            Arc::clone(&store),
            Arc::clone(clock),
            MailSecret::new([23; 32]),
        )),
        search: Arc::new(SampleSearch::new(clock.now())),
        lake: Arc::new(SampleLake::new(clock.now())),
        keeping: Arc::new(SampleKeeping(clock.now())),
        heads: Arc::new(SampleHeads { now: clock.now(), side }),
        printer: Arc::new(SamplePrinter),
        control: Arc::new(Machine::new(clock.now(), Arc::clone(&post))),
        demo: None,
        clock: Arc::clone(clock),
        chance: Arc::clone(chance),
        store,
        content,
        post,
    }))
}

async fn house(
    world: &World,
    store: Arc<dyn Store>,
    side: Side,
    me: Organisation,
) -> Result<Arc<Site>, SampleError> {
    let site = bare_house(world, store, side, me.clone())?;
    for role in Role::ALL.into_iter().filter(|role| role.exists_on(side)) {
        let person = NewPerson {
            sign_in_name: role.as_str().replace('_', "-"),
            display_name: format!("見本 {}", role.label().ja),
            roles: [role].into(),
            password: "つゆくさの咲く朝に歩いた道は長い".to_owned(),
        };
        site.identity.create_person(person).await?;
    }
    let local_contacts = if side == Side::Node { prepared::contacts() } else { Vec::new() };
    let profile = Profile { organisation: me, local_contacts };
    profile::save(site.store.as_ref(), &profile, "system", site.clock.now()).await?;
    Ok(site)
}

async fn join(hub: &Site, node: &Site) -> Result<(), SampleError> {
    let code = hub.post.invite("system", "見本市民病院", None).await?;
    let wire = OneWire(Arc::clone(&hub.post));
    node.post.enrol_with("http://127.0.0.1:1", &code.to_string(), "system", &wire).await?;
    Ok(())
}

/// A warning the hospital has received and not read, and a draft that waits for release.
async fn warn(hub: &Site, node: &Site) -> Result<(), SampleError> {
    let (author, approver) =
        (signer(hub, Role::Officer).await?, signer(hub, Role::Approver).await?);
    let today = jst_date(hub.clock.now());
    for template in hub.content.templates().iter().take(2) {
        let mut content = WarningContent::from_template(
            template,
            "厚生労働省（見本）",
            today,
            sakimori_words::Lang::Ja,
        );
        content.number = "事務連絡".to_owned();
        content.contact = "見本担当 03-0000-0000".to_owned();
        content.advisories = vec![prepared::advisory()];
        let issued = hub.warnings.begin(content, &author).await?;
        hub.warnings.submit(&issued.key.id, &author).await?;
    }
    let drafts = hub.warnings.issued(None, 10).await?;
    if let Some(first) = drafts.last() {
        hub.warnings.release(&first.key.id, &approver).await?;
    }
    let wire = OneWire(Arc::clone(&hub.post));
    node.post.exchange_once(&hub.settings.organisation, &wire).await?;
    node.post.deliver(&[node.warnings.as_ref()]).await?;
    Ok(())
}

/// What an office learnt from the evening paper and from a hostile caller, with guidance, help and a link.
async fn learn(hub: &Site) -> Result<(), SampleError> {
    let officer = signer(hub, Role::Officer).await?;
    let by = Actor::new(officer.person, officer.name, "担当官");
    let (office, now) = (&hub.office, hub.clock.now());
    for (awareness, name, hours) in [
        (Awareness::Media, "見本中央病院", 26),
        (Awareness::ClinicCall, XSS, 1),
        (Awareness::Police, XSS, 2),
    ] {
        let institution = ConcernedInstitution {
            name: name.to_owned(),
            beds: Some(200),
            municipal: true,
            phone: "06-0000-4444".to_owned(),
            operating_body: OperatingBody { name: XSS.to_owned(), ..OperatingBody::default() },
            ..ConcernedInstitution::default()
        };
        let entering = Entering {
            awareness,
            awareness_detail: "見本新聞 夕刊".to_owned(),
            institution: institution.clone(),
            title: String::new(),
            damage: format!("電子カルテが使えないとの報道 {XSS}"),
            care_impact: "外来を休止".to_owned(),
            known_at: Some(now.plus_seconds(-3_600 * hours)),
            exercise: false,
        };
        let case = office.enter(&entering, &by).await?;
        office.note_office_case(&case.id, EntryHeading::Damage, XSS, None, &by).await?;
        office.guide(&case.id, XSS, XSS, Some(now.plus_days(7)), &by).await?;
        office.request_dispatch(&case.id, DispatchRoute::HelpTeam, XSS, XSS, &by).await?;
        let link = NewLink { institution, case: Some(case.id), hours: 24, exercise: false };
        office.make_link(&link, &by).await?;
    }
    Ok(())
}

async fn find(node: &Site) -> Result<Finding, SampleError> {
    let now = node.clock.now();
    let finding = |minutes: i64, level: Level, title: Text, host: &str, summary: &str| Finding {
        id: FindingId::from(""),
        time: now.plus_seconds(-60 * minutes),
        found_at: now.plus_seconds(-60 * minutes + 1),
        rule_id: format!("sample-{minutes}"),
        title,
        reason: Text::new(
            "攻撃者は暗号化の前に復元手段を消します。",
            "Attackers remove the means of recovery before they encrypt.",
        ),
        next_step: Text::new(
            "この機器をネットワークから切り離すか決めてください。",
            "Decide whether to disconnect this machine.",
        ),
        level,
        tags: vec!["attack.impact".to_owned(), "attack.t1490".to_owned()],
        author: "Sakimori".to_owned(),
        clause: "S0-9".to_owned(),
        source: "syslog/10.0.0.5".to_owned(),
        host: host.to_owned(),
        user: "administrator".to_owned(),
        involved: vec![
            Involved::Machine(host.to_lowercase()),
            Involved::Account("kyushoku-maint".to_owned()),
        ],
        summary: summary.to_owned(),
        evidence: vec![EvidenceRef::Event { seq: 1_234, leaf: Digest::of(summary.as_bytes()) }],
    };
    let findings = vec![
        finding(
            4,
            Level::Critical,
            Text::new("シャドウコピーの削除", "Shadow copies deleted"),
            "EMR-DB01",
            "vssadmin delete shadows /all",
        ),
        finding(
            38,
            Level::High,
            Text::new("保守回線からの夜間ログオン", "Supplier logon at night"),
            "VPN-01",
            XSS,
        ),
        finding(
            190,
            Level::Low,
            Text::new("USBメモリーの接続", "USB memory attached"),
            XSS,
            "USB device",
        ),
    ];
    let kept = node.findings.keep(findings).await?;
    Ok(kept.into_iter().next().map(|kept| kept.finding).ok_or("no finding was kept")?)
}

async fn suspect(node: &Site, finding: &Finding) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = Actor::new(officer.person, officer.name, "安全管理責任者");
    let opening = Opening {
        title: String::new(),
        origin: Origin::Findings { findings: vec![finding.into()] },
        learned_from: LearnedFrom::Monitoring,
        detected_at: None,
        knew_at: None,
        exercise: false,
    };
    node.cases.open(&opening, &by).await?;
    Ok(())
}

/// A disk that was pulled, an image whose digest does not match, and a machine whose evidence somebody wants to do without.
async fn secure(node: &Site) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = Actor::new(officer.person, officer.name, "安全管理責任者");
    let case = node.cases.cases(None, 1).await?.into_iter().next().ok_or("no case")?.id;
    node.cases.name_machines_of_findings(&case, &by).await?;
    let pulled = PulledDisk {
        machine: "KYUSHOKU-01".to_owned(),
        serial: "S5Y1NX0T1".to_owned(),
        seal: "B-0017".to_owned(),
        place: "3階 情報室 施錠ロッカー".to_owned(),
        witness: XSS.to_owned(),
        completes: true,
        ..PulledDisk::default()
    };
    node.cases.pull_disk(&case, &pulled, &by).await?;
    node.cases.name_machine(&case, "UKETSUKE-PC7", XSS, &by).await?;
    node.cases.ask_waiver(&case, "UKETSUKE-PC7", "予備のディスクがない", &by).await?;
    let manifest = format!(
        r#"{{"format":"sakimori-evidence/1","kind":"disk","title":"EMR-DB01 の複製","source":{{"path":"/dev/sdb","size_bytes":2000398934016,"model":"SSD","serial":"S6"}},
        "size_bytes":2000398934016,"sha256":"{}","bad_ranges":[{{"offset":4096,"length":512}}],"tool":{{"name":"sakimori","version":"0.1.0"}},"examiner":"見本 次郎"}}"#,
        Digest::of(b"image")
    );
    let item = node.cases.acquire_evidence(&case, "", "EMR-DB01", manifest.as_bytes(), &by).await?;
    let check = Handling {
        kind: EventKind::Check,
        hash_after: Some(Digest::of(b"another")),
        ..Handling::default()
    };
    node.cases.handle_evidence(&case, &item.no, &check, &by).await?;
    Ok(())
}

/// A scan that is ordinary in this hospital, for ten days more, and what was held back of it.
async fn excuse(node: &Site, like: &Finding) -> Result<(), SampleError> {
    let (officer, clerk) =
        (signer(node, Role::SafetyOfficer).await?, signer(node, Role::Clerk).await?);
    let finding = Finding {
        rule_id: "sample-scan".to_owned(),
        title: Text::new("内部からのポートスキャン", "Port scan from inside"),
        host: "SCAN-01.hospital.example".to_owned(),
        user: XSS.to_owned(),
        level: Level::High,
        evidence: vec![EvidenceRef::Event { seq: 1_235, leaf: Digest::of(b"scan") }],
        ..like.clone()
    };
    let term = Term {
        reason: format!("毎月の脆弱性診断 {XSS}"),
        owner: clerk.person,
        expires_at: node.clock.now().plus_days(10),
    };
    let scope =
        Scope { rule: finding.rule_id.clone(), host: "scan-01".to_owned(), ..Scope::default() };
    let new = NewException {
        scope,
        everywhere: false,
        title: finding.title.clone(),
        finding: like.id.clone(),
        term,
    };
    node.findings.exceptions().make(new, &officer.person).await?;
    node.findings.keep(vec![finding]).await?;
    Ok(())
}

/// Two programs that were given a token, one of which was shut out again.
async fn let_in(node: &Site) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = By { person: &officer.person, name: XSS };
    let sender = node.senders.add("電子カルテ", by).await?;
    node.senders.recognise(&sender.token).await?;
    node.senders.add("old-pacs", by).await?;
    node.senders.revoke("old-pacs", by).await?;
    let ends_at = node.clock.now().plus_days(1_095);
    for (name, shown) in [("fw-01", b"kept"), ("pacs-old", b"lost")] {
        node.senders.certificate_made(name, Digest::of(shown), ends_at, by).await?;
    }
    node.senders.certificate_seen(XSS, Digest::of(b"another authority's")).await;
    let lost = Digest::of(b"lost").to_string();
    node.senders.withdraw_certificate(&lost, by).await?;
    Ok(())
}

/// A look back that found what is known already, one that waits, and a schedule; their texts try to break the page.
async fn look_back(node: &Site, known_as: &FindingId) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = By { person: &officer.person, name: XSS };
    for every in [Some(Every::Week), None] {
        let list = IndicatorList::read(&format!("198.51.100[.]7\n{XSS}"));
        let asked = Asked::Indicators(list);
        let order = NewOrder { name: XSS.to_owned(), asked, from: None, until: None, every };
        node.retro.ask(order, by).await?;
    }
    let Some(run) = node.retro.next().await? else { return Ok(()) };
    let run = node.retro.begin(run, 4_812, format!("log/sample\n4812\n{XSS}"), 4_812).await?;
    let list = node.retro.indicators(&run.order).await?;
    let mut back = LookBack::new(Sought::indicators(list)?, 10, node.clock.now());
    let event = Event {
        host: XSS.to_owned(),
        user: XSS.to_owned(),
        time: node.clock.now().plus_days(-30),
        src_ip: "198.51.100.7".to_owned(),
        ..Event::default()
    };
    back.look(&event, &EvidenceRef::Event { seq: 17, leaf: Digest::of(b"17") });
    let mut found = back.found();
    for hit in &mut found.hits {
        (hit.known, hit.known_as) = (hit.count, Some(known_as.clone()));
    }
    node.retro.finish(&run.id, &found, 4_812, 12, None).await?;
    Ok(())
}

/// A mail that imitates a partner, and one whose every text tries to break the page.
async fn hand_in_mails(node: &Site) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = By { person: &officer.person, name: "佐藤（医事課）" };
    let house = House {
        own_domains: vec!["mihon-hp.example".to_owned()],
        partners: vec!["sakura-lab.example".to_owned()],
        people: vec!["見本 院長".to_owned()],
        phone: "内線 1234".to_owned(),
    };
    node.mail.describe(house, by).await?;
    let text = format!("{XSS} https://203.0.113.9/{XSS}");
    for (from, body) in [
        (
            "=?UTF-8?B?44GV44GP44KJ5qSc5p+7?= <support@sakura-1ab.example>",
            "明細 https://203.0.113.9/a",
        ),
        ("\"<script>alert('x')</script>\" <x@y.example>", text.as_str()),
    ] {
        let mail = format!(
            "Received: from unknown ([203.0.113.7]) by mx01.mihon-hp.example; Fri, 20 Nov 2026 20:10:05 +0900\r\n\
             Authentication-Results: mx01.mihon-hp.example; spf=softfail smtp.mailfrom={XSS}\r\n\
             From: {from}\r\nReply-To: <a@other.example>\r\nTo: <soumu@mihon-hp.example>\r\n\
             Subject: =?UTF-8?B?6KuL5rGC5pu444Gu5Lu2?= {XSS}\r\nMessage-ID: <m1@y.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n\
             --b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=\"<script>.pdf.lnk\"\r\n\r\nx\r\n--b--\r\n"
        );
        let handing = Handing { by, via: &Via::Screen, file: "mail.eml" };
        node.mail.hand_in(mail.into_bytes(), handing).await?;
    }
    Ok(())
}

/// A supplier who is there as announced, one who came without a plan, and one whose every text tries to break the page.
async fn maintain(node: &Site) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = By { person: &officer.person, name: "佐藤（医事課）" };
    let (desk, now) = (&node.maintenance, node.clock.now());
    let line = |supplier: &str, account: &str| LineFields {
        supplier: supplier.to_owned(),
        phone: "06-0000-2222".to_owned(),
        accounts: vec![account.to_owned()],
        machines: vec!["kyushoku01".to_owned()],
        ..LineFields::default()
    };
    let records = desk.add_line(line("見本電子カルテ株式会社", "emr-maint"), by).await?;
    desk.add_line(line("見本給食サービス", "kyushoku-remote"), by).await?;
    let hostile = desk.add_line(line(XSS, XSS), by).await?;
    for (line, hours) in [(&records, 2), (&hostile, 26)] {
        let from = now.plus_seconds(-3_600);
        let plan = PlanFields {
            line: line.id.clone(),
            from,
            to: from.plus_seconds(hours * 3_600),
            purpose: if hours == 2 { "月次更新".to_owned() } else { XSS.to_owned() },
            asked_by: "医事課 佐藤".to_owned(),
            attended_by: XSS.to_owned(),
            ..PlanFields::default()
        };
        let plan = desk.add_plan(plan, by).await?;
        desk.extend(&plan.id, plan.until().plus_seconds(3_600), XSS, by).await?;
    }
    for (account, ago) in [("emr-maint", 0), ("kyushoku-remote", 900), ("tanaka", 600)] {
        let event = tunnel(account, node.clock.now().plus_seconds(-ago));
        let evidence = || EvidenceRef::Event { seq: 1_234, leaf: Digest::of(account.as_bytes()) };
        node.findings.keep(desk.note(&event, &evidence).findings).await?;
    }
    desk.keep().await?;
    Ok(())
}

/// A VPN device's word that somebody came in.
fn tunnel(account: &str, at: Instant) -> Event {
    let pairs = [
        ("type", "event"),
        ("subtype", "vpn"),
        ("action", "tunnel-up"),
        ("user", account),
        ("remip", "198.51.100.44"),
        ("group", XSS),
    ];
    Event {
        source: "syslog/10.20.0.1".to_owned(),
        received_at: at,
        time: at,
        product: "fortigate".to_owned(),
        host: "FW-01".to_owned(),
        src: pairs.into_iter().collect(),
        ..Event::default()
    }
}

/// Two searches that were kept, one by somebody who tries to break the page.
async fn keep_searches(node: &Site) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let failures = SearchFields {
        text: "class:vpn status:failure".to_owned(),
        period: "7d".to_owned(),
        ..SearchFields::default()
    };
    let by = By { person: &officer.person, name: "田中" };
    node.saved_searches.save("VPNの失敗", failures, by).await?;
    let broken =
        SearchFields { text: XSS.to_owned(), source: XSS.to_owned(), ..SearchFields::default() };
    node.saved_searches.save(XSS, broken, By { name: XSS, ..by }).await?;
    Ok(())
}

/// The review of a month with one verdict that a later one replaced.
async fn review_accesses(node: &Site) -> Result<(), SampleError> {
    let officer = signer(node, Role::SafetyOfficer).await?;
    let by = By { person: &officer.person, name: XSS };
    let run = node.record_accesses.run(jst_date(node.clock.now()).first_of_month()).await;
    let run = run.map_err(|trouble| trouble.to_string())?;
    let pseudonym = |patient: &str| node.record_accesses.pseudonym(patient);
    let review = node.access_reviews.keep(run, &pseudonym, by).await?;
    let asked = VerdictKind::ToBeAsked;
    node.access_reviews.judge(&review.month, 1, 0, asked, XSS, by).await?;
    node.access_reviews.judge(&review.month, 1, 1, VerdictKind::Justified, "", by).await?;
    Ok(())
}

async fn signer(site: &Site, role: Role) -> Result<Signer, SampleError> {
    let people = site.identity.people().await?;
    let person = people
        .into_iter()
        .find(|person| person.roles.contains(&role))
        .ok_or("nobody has that role")?;
    Ok(Signer { person: person.id, name: person.display_name })
}

/// Lets a visitor of the gallery change roles.
///
/// # Errors
/// When people cannot be read.
pub async fn stage(
    sample: &Sample,
    addresses: [String; 2],
) -> Result<[Arc<dyn crate::ports::Demo>; 2], SampleError> {
    let mut stages: Vec<Arc<dyn crate::ports::Demo>> = Vec::new();
    for (n, site) in [&sample.node, &sample.hub].into_iter().enumerate() {
        let people = site.identity.people().await?;
        let people = people
            .iter()
            .map(|one| (one.id.clone(), one.display_name.clone()))
            .collect::<Vec<(PersonId, String)>>();
        stages.push(Arc::new(Stage::new(Arc::clone(&site.identity), people, addresses.clone(), n)));
    }
    <[_; 2]>::try_from(stages).map_err(|_| "two stages".into())
}

#[async_trait]
impl Wire for OneWire {
    async fn ask(
        &self,
        address: &str,
        door: Door,
        _: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let no_answer =
            |cause: SampleError| WireError::NoAnswer { address: address.to_owned(), cause };
        match door {
            Door::Introduction => Ok(self.0.introduction(&[])),
            Door::Enrolment => self
                .0
                .handle_enrolment(&request, "192.0.2.1")
                .await
                .map_err(|error| no_answer(error.into())),
            Door::Exchange => {
                let answered = self.0.handle_exchange(&request).await;
                answered.map(|answered| answered.bytes).map_err(|error| no_answer(error.into()))
            }
            Door::File => {
                self.0.handle_file(&request).await.map_err(|error| no_answer(error.into()))
            }
        }
    }
}
