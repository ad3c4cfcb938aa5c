//! The organisations of a scenario: each a real one with its own folder, keys, port and post, all on one clock.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sakimori_identity::{NewPerson, Role as Duty};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_web::profile::{self, Profile};
use sakimori_words::{
    Clock, Founder, Instant, Institution, InstitutionKind, Lang, Organisation, OrganisationKind,
    PersonId, Prefecture, VendorContract,
};
use tempfile::TempDir;

use super::browser::Browser;
use crate::node::{self, Plan, Running};
use crate::settings::{Role, Settings};
use crate::world::World;

/// How long a message may take from one organisation to another before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// One organisation and the ways in for its people.
pub(super) struct Place {
    running: Option<Running>,
    organisation: Organisation,
    people: Vec<PersonId>,
    clock: Arc<StepClock>,
    host: String,
    cookie: String,
}

/// A hospital under a prefecture under the ministry.
pub(super) struct Country {
    pub(super) clock: Arc<StepClock>,
    pub(super) hospital: Place,
    pub(super) prefecture: Place,
    pub(super) ministry: Place,
    world: World,
    folder: TempDir,
}

/// What an organisation is, before it runs.
struct Founding {
    folder: &'static str,
    role: Role,
    kind: OrganisationKind,
    name: &'static str,
    prefecture: Option<u8>,
    institution: Option<Institution>,
    people: &'static [(&'static str, Duty)],
}

const HOSPITAL_PEOPLE: &[(&str, Duty)] =
    &[("田中", Duty::SafetyOfficer), ("佐藤", Duty::Director), ("鈴木", Duty::Clerk)];
const OFFICE_PEOPLE: &[(&str, Duty)] = &[("山田", Duty::Officer), ("木村", Duty::Approver)];

impl Country {
    /// Everybody runs and knows each other at `at`, a moment in Japan such as `2026-10-31T07:00`.
    pub(super) async fn at(at: &str, hospital: (&'static str, Institution, u8)) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(StepClock::new(jst(at)));
        let world = World {
            lang: Lang::Ja,
            clock: Arc::<StepClock>::clone(&clock),
            chance: Arc::new(SeededChance::new(20_261_031)),
        };
        let (name, institution, code) = hospital;
        let office = |folder, kind, name, prefecture| Founding {
            folder,
            role: Role::Hub,
            kind,
            name,
            prefecture,
            institution: None,
            people: OFFICE_PEOPLE,
        };
        let foundings = [
            office("ministry", OrganisationKind::Ministry, "厚生労働省（見本）", None),
            office("prefecture", OrganisationKind::Prefecture, "見本県 医療政策課", Some(code)),
            Founding {
                folder: "hospital",
                role: Role::Node,
                kind: OrganisationKind::Institution,
                name,
                prefecture: Some(code),
                institution: Some(institution),
                people: HOSPITAL_PEOPLE,
            },
        ];
        let mut places = Vec::new();
        for founding in foundings {
            places.push(Place::found(founding, folder.path(), &clock, &world).await);
        }
        let mut places = places.into_iter();
        let mut next = || places.next().unwrap();
        let (ministry, prefecture, hospital) = (next(), next(), next());
        prefecture.enrol_with(&ministry).await;
        hospital.enrol_with(&prefecture).await;
        let country = Self { clock, hospital, prefecture, ministry, world, folder };
        country
            .until("the offices know each other", async || {
                let known = country.hospital.house().post.organisations().await.unwrap();
                known.len() >= 2
                    && country.ministry.house().post.organisations().await.unwrap().len() >= 2
            })
            .await;
        country
    }

    /// Sets the clock of everybody.
    pub(super) fn set(&self, at: &str) {
        self.clock.set(jst(at));
    }

    /// Lets the posts make their rounds until `ready`.
    pub(super) async fn until<F: Future<Output = bool>>(&self, what: &str, ready: impl Fn() -> F) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !ready().await {
                self.hurry();
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        });
        assert!(waited.await.is_ok(), "{what}: did not happen within {PATIENCE:?}");
    }

    /// Opens a page again and again until it says `word`: what a person does who waits for an answer.
    pub(super) async fn until_seen(
        &self,
        browser: &mut Browser,
        path: &str,
        word: &str,
    ) -> super::browser::Page {
        let started = std::time::Instant::now();
        loop {
            let page = browser.get(path).await;
            if page.text.contains(word) {
                return page;
            }
            assert!(started.elapsed() < PATIENCE, "{path} never says `{word}`:\n{}", page.seen());
            self.hurry();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Lets the posts make their rounds at once.
    fn hurry(&self) {
        for place in [&self.hospital, &self.prefecture, &self.ministry] {
            place.running.iter().for_each(|running| running.house.hurry.notify_one());
        }
    }

    /// The prefecture's machine is switched off.
    pub(super) async fn prefecture_goes_dark(&mut self) {
        self.prefecture.running.take().unwrap().stop().await;
    }

    /// The prefecture's machine comes back in its folder and at its old address.
    pub(super) async fn prefecture_comes_back(&mut self) {
        let listen = self.prefecture.host.parse().unwrap();
        let plan = plan(self.folder.path(), "prefecture", Role::Hub, listen);
        self.prefecture.running = Some(node::start(plan, &self.world).await.unwrap());
    }

    pub(super) async fn end(self) {
        for place in [self.hospital, self.prefecture, self.ministry] {
            if let Some(running) = place.running {
                running.stop().await;
            }
        }
    }
}

impl Place {
    async fn found(
        founding: Founding,
        root: &std::path::Path,
        clock: &Arc<StepClock>,
        world: &World,
    ) -> Self {
        let plan = plan(root, founding.folder, founding.role, loopback());
        let running = node::start(plan, world).await.unwrap();
        let house = &running.house;
        let organisation = Organisation {
            id: house.organisation.clone(),
            kind: founding.kind,
            name: founding.name.to_owned(),
            prefecture: founding.prefecture.and_then(Prefecture::from_code),
            institution: founding.institution,
        };
        let own = Profile { organisation: organisation.clone(), local_contacts: Vec::new() };
        profile::save(house.store.as_ref(), &own, "system", clock.now()).await.unwrap();
        house.post.describe(organisation.clone()).await.unwrap();
        let mut people = Vec::new();
        for (name, duty) in founding.people {
            let person = NewPerson {
                sign_in_name: duty.as_str().replace('_', "-"),
                display_name: (*name).to_owned(),
                roles: BTreeSet::from([*duty]),
                password: sakimori_words::new_uuid7(clock.now(), world.chance.as_ref()),
            };
            people.push(house.identity.create_person(person).await.unwrap().id);
        }
        let host = running.address.trim_start_matches("http://").to_owned();
        let port = host.rsplit(':').next().unwrap();
        let side = if founding.role == Role::Node { "node" } else { "hub" };
        let cookie = format!("sakimori_{side}-{port}");
        Self {
            running: Some(running),
            organisation,
            people,
            clock: Arc::clone(clock),
            host,
            cookie,
        }
    }

    async fn enrol_with(&self, hub: &Self) {
        let (own, above) = (self.house(), hub.house());
        let code = above.post.invite("system", "scenario", None).await.unwrap();
        let address = format!("http://{}", hub.host);
        own.post
            .enrol_with(&address, &code.to_string(), "system", own.wire.as_ref())
            .await
            .unwrap();
        own.hurry.notify_one();
    }

    fn house(&self) -> &node::House {
        &self.running.as_ref().unwrap().house
    }

    /// The organisation's id, as forms spell it.
    pub(super) fn id(&self) -> &str {
        self.organisation.id.as_str()
    }

    /// The n-th person at a browser: of a hospital the safety officer, the director, the clerk; of an office the officer and
    /// the approver.
    pub(super) fn browser(&self, n: usize) -> Browser {
        Browser::new(
            Arc::clone(&self.house().identity),
            Arc::clone(&self.clock),
            self.host.clone(),
            self.cookie.clone(),
            self.people[n].clone(),
        )
    }

    /// The journal of the organisation, as it is kept.
    pub(super) async fn stream(&self, stream: &str) -> Vec<sakimori_ledger::Entry> {
        self.house().store.stream_entries(stream, 0, 10_000).await.unwrap()
    }
}

fn plan(root: &std::path::Path, folder: &str, role: Role, listen: SocketAddr) -> Plan {
    let settings = Settings {
        role,
        listen,
        syslog: loopback(),
        syslog_tls: loopback(),
        ..Settings::default()
    };
    // The people of a scenario prove themselves to nobody: how one signs in is tested where that lives.
    Plan { data: root.join(folder), settings, demo: None, demonstration: true }
}

fn loopback() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)
}

/// A moment in Japan.
pub(super) fn jst(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

/// A hospital of so many beds with a vendor for its records.
pub(super) fn hospital_of(beds: u32, founder: Founder) -> Institution {
    let vendor = |name: &str, system: &str, phone: &str| VendorContract {
        name: name.to_owned(),
        system: system.to_owned(),
        phone: phone.to_owned(),
    };
    Institution {
        kind: InstitutionKind::Hospital,
        permitted_beds: beds,
        founder,
        functions: Vec::new(),
        code: String::new(),
        vendors: vec![vendor("架空メディカルシステム株式会社", "電子カルテ", "06-0000-0001")],
    }
}
