//! The cast: seven invented organisations and the people a visitor can be.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sakimori_identity::{Client, NewPerson, Role as Duty};
use sakimori_web::ports::{Demo, DemoPerson, DemoSite};
use sakimori_web::profile::{self, Profile};
use sakimori_words::{
    Founder, Institution, InstitutionKind, Organisation, OrganisationKind, PersonId, Prefecture,
    Text, Trouble, VendorContract,
};

use super::register;
use super::stage::Stage;
use crate::node::Running;
use crate::settings::Role;
use crate::troubles;
use crate::world::World;

/// An organisation of the demonstration.
pub(super) struct Member {
    /// Its sub-folder.
    pub(super) folder: &'static str,
    /// Node or hub.
    pub(super) role: Role,
    /// What it is.
    pub(super) kind: OrganisationKind,
    /// Its name: Japanese, English.
    pub(super) label: [&'static str; 2],
    /// The code of its prefecture; `None` for the ministry.
    pub(super) place: Option<u8>,
    /// Permitted beds of a hospital.
    pub(super) beds: u32,
    /// The cast's indices of the hubs it enrols with.
    pub(super) hubs: &'static [usize],
    /// Its people: sign-in name, name and duty in Japanese and English, duties.
    pub(super) people: &'static [(&'static str, [&'static str; 2], &'static [Duty])],
}

const HOSPITAL_PEOPLE: &[(&str, [&str; 2], &[Duty])] = &[
    (
        "tanaka",
        ["田中（情報システム担当）", "Tanaka (IT)"],
        &[Duty::SafetyOfficer, Duty::Administrator],
    ),
    ("sato", ["佐藤（院長）", "Sato (director)"], &[Duty::Director]),
    ("suzuki", ["鈴木（事務）", "Suzuki (clerk)"], &[Duty::Clerk]),
];

const COMPANY_PEOPLE: &[(&str, [&str; 2], &[Duty])] = &[(
    "ito",
    ["伊藤（保守の窓口）", "Ito (support desk)"],
    &[Duty::SafetyOfficer, Duty::Administrator],
)];

const OFFICE_PEOPLE: &[(&str, [&str; 2], &[Duty])] = &[
    ("yamada", ["山田（担当官）", "Yamada (officer)"], &[Duty::Officer, Duty::Administrator]),
    ("kimura", ["木村（決裁者）", "Kimura (approver)"], &[Duty::Approver]),
];

/// The cast in the order of the bar; hubs are indices into it.
pub(super) static CAST: [Member; 7] = [
    Member {
        folder: "midori-hospital",
        role: Role::Node,
        kind: OrganisationKind::Institution,
        label: ["みどり病院（架空）", "Midori Hospital (invented)"],
        place: Some(OSAKA),
        beds: 152,
        hubs: &[2, 3],
        people: HOSPITAL_PEOPLE,
    },
    Member {
        folder: "aoba-hospital",
        role: Role::Node,
        kind: OrganisationKind::Institution,
        label: ["あおば病院（架空）", "Aoba Hospital (invented)"],
        place: Some(OSAKA),
        beds: 420,
        hubs: &[2, 3],
        people: HOSPITAL_PEOPLE,
    },
    Member {
        folder: "prefecture",
        role: Role::Hub,
        kind: OrganisationKind::Prefecture,
        label: ["大阪府 健康医療部（デモ）", "Osaka Prefecture (demo)"],
        place: Some(OSAKA),
        beds: 0,
        hubs: &[4],
        people: OFFICE_PEOPLE,
    },
    Member {
        folder: "ceptoar",
        role: Role::Hub,
        kind: OrganisationKind::CeptoarBody,
        label: ["医療セプター 団体（デモ）", "Medical CEPTOAR body (demo)"],
        place: Some(OSAKA),
        beds: 0,
        hubs: &[4],
        people: OFFICE_PEOPLE,
    },
    Member {
        folder: "ministry",
        role: Role::Hub,
        kind: OrganisationKind::Ministry,
        label: ["厚生労働省（デモ）", "Ministry of Health (demo)"],
        place: None,
        beds: 0,
        hubs: &[],
        people: OFFICE_PEOPLE,
    },
    Member {
        folder: "company",
        role: Role::Node,
        kind: OrganisationKind::Vendor,
        label: ["架空メディカルシステム株式会社", "Invented Medical Systems"],
        place: Some(OSAKA),
        beds: 0,
        hubs: &[4],
        people: COMPANY_PEOPLE,
    },
    Member {
        folder: "neighbour-prefecture",
        role: Role::Hub,
        kind: OrganisationKind::Prefecture,
        label: ["京都府 健康福祉部（デモ）", "Kyoto Prefecture (demo)"],
        place: Some(KYOTO),
        beds: 0,
        hubs: &[4],
        people: OFFICE_PEOPLE,
    },
];

/// Code of 大阪府.
pub(super) const OSAKA: u8 = 27;
/// Code of 京都府.
const KYOTO: u8 = 26;

/// One organisation's part in the demonstration, as its screens see it.
pub(super) struct Part {
    stage: Arc<Stage>,
    index: usize,
}

impl Part {
    pub(super) const fn new(stage: Arc<Stage>, index: usize) -> Self {
        Self { stage, index }
    }
}

#[async_trait]
impl Demo for Part {
    fn people(&self) -> Vec<DemoPerson> {
        let people =
            self.stage.room(self.index).map(|room| room.people.as_slice()).unwrap_or_default();
        people
            .iter()
            .map(|(person, label)| DemoPerson { person: person.clone(), label: label.clone() })
            .collect()
    }

    fn sites(&self) -> Vec<DemoSite> {
        let rooms = self.stage.rooms().iter().enumerate();
        rooms
            .map(|(index, room)| DemoSite {
                label: room.label.clone(),
                address: room.address.clone(),
                here: index == self.index,
            })
            .collect()
    }

    async fn enter(&self, person: &PersonId) -> Result<String, Trouble> {
        let Some(room) = self.stage.room(self.index) else {
            return Err(Trouble::new(&troubles::DEMO, "the stage is still being set"));
        };
        let client =
            Client { source: "127.0.0.1".to_owned(), device: None, agent: "demo".to_owned() };
        let signed_in = room.identity.sign_in_for_demonstration(person, &client).await;
        signed_in.map(|signed_in| signed_in.token).map_err(|error| error.trouble())
    }
}

/// Gives an organisation its profile and its people. Returns whom a visitor can be.
pub(super) async fn furnish(
    member: &Member,
    part: &Running,
    world: &World,
) -> Result<Vec<(PersonId, Text)>, Trouble> {
    let house = &part.house;
    let profile = Profile { organisation: organisation(member, part), local_contacts: Vec::new() };
    profile::save(house.store.as_ref(), &profile, "system", world.clock.now())
        .await
        .map_err(|error| error.trouble())?;
    house.post.describe(profile.organisation).await.map_err(|error| error.trouble())?;
    let mut people = Vec::new();
    for (sign_in_name, [ja, en], duties) in member.people {
        // Nobody signs in with it: visitors are entered by the bar. It only has to be nobody's guess.
        let password = sakimori_words::new_uuid7(world.clock.now(), world.chance.as_ref());
        let person = NewPerson {
            sign_in_name: (*sign_in_name).to_owned(),
            display_name: (*ja).to_owned(),
            roles: duties.iter().copied().collect::<BTreeSet<_>>(),
            password,
        };
        let person = house.identity.create_person(person).await.map_err(|error| error.trouble())?;
        people.push((person.id, Text::new(*ja, *en)));
    }
    match member.kind {
        OrganisationKind::Prefecture => people.extend(register::fill(member, house, world).await?),
        OrganisationKind::Ministry => register::fill_country(house, world).await?,
        _ => {}
    }
    Ok(people)
}

fn organisation(member: &Member, part: &Running) -> Organisation {
    let [name, _] = member.label;
    Organisation {
        id: part.house.organisation.clone(),
        kind: member.kind,
        name: name.to_owned(),
        prefecture: member.place.and_then(Prefecture::from_code),
        institution: (member.kind == OrganisationKind::Institution).then(|| institution(member)),
    }
}

fn institution(member: &Member) -> Institution {
    let vendor = |name: &str, system: &str, phone: &str| VendorContract {
        name: name.to_owned(),
        system: system.to_owned(),
        phone: phone.to_owned(),
    };
    Institution {
        kind: InstitutionKind::Hospital,
        permitted_beds: member.beds,
        founder: Founder::MedicalCorporation,
        functions: vec!["二次救急".to_owned()],
        code: String::new(),
        vendors: vec![
            vendor("架空メディカルシステム株式会社", "電子カルテ", "06-0000-0001"),
            vendor("架空ネットワーク株式会社", "VPN・ネットワーク", "06-0000-0002"),
        ],
    }
}

/// Enrols everybody with their hubs by real codes, and dials once so that the hubs know them.
pub(super) async fn introduce(running: &[Running]) -> Result<(), Trouble> {
    // Hubs above first: a prefecture must know the ministry before it vouches for it to its hospitals.
    for (member, part) in CAST.iter().zip(running).rev() {
        for hub in member.hubs.iter().filter_map(|index| running.get(*index)) {
            let code = hub
                .house
                .post
                .invite("system", "demo", None)
                .await
                .map_err(|error| error.trouble())?;
            let wire = part.house.wire.as_ref();
            part.house
                .post
                .enrol_with(&hub.address, &code.to_string(), "system", wire)
                .await
                .map_err(|error| error.trouble())?;
        }
        part.house.hurry.notify_one();
    }
    Ok(())
}
