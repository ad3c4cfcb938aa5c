//! The registers in the demonstration: a few dozen invented institutions of a prefecture, one of which uses the portal; and at the
//! ministry one for every hundred of the country, so that a shared case finds others it may hide among.

use std::collections::BTreeSet;

use sakimori_identity::NewPerson;
use sakimori_register::{Contacts, Extent, Facility, Row, Source, Terms, Way};
use sakimori_testkit::register::{RegisterEntry, scaled};
use sakimori_words::{InstitutionKind, PersonId, Prefecture, Text, Trouble, jst_date};

use super::cast::Member;
use crate::node::House;
use crate::world::World;

/// One institution for every so many of the country: a few dozen in the prefecture.
const EVERY: u64 = 500;
/// The same at the ministry, which only counts them.
const EVERY_IN_THE_COUNTRY: u64 = 100;

/// Fills a prefecture's register and makes the person of a dental clinic. Returns whom a visitor can be.
pub(super) async fn fill(
    member: &Member,
    house: &House,
    world: &World,
) -> Result<Option<(PersonId, Text)>, Trouble> {
    let source = source(world);
    let here =
        |one: &RegisterEntry| one.organisation.prefecture.map(Prefecture::code) == member.place;
    let entries: Vec<Facility> =
        scaled(1, EVERY).into_iter().filter(here).map(|one| facility(one, &source)).collect();
    take_in(house, &entries, source).await?;
    let dental = entries.iter().find(|one| one.way == Way::Portal);
    let Some(dental) = dental else { return Ok(None) };
    let person = NewPerson {
        sign_in_name: "mori".to_owned(),
        display_name: "森（歯科医院）".to_owned(),
        roles: BTreeSet::new(),
        // Nobody signs in with it: visitors are entered by the bar.
        password: sakimori_words::new_uuid7(world.clock.now(), world.chance.as_ref()),
    };
    let person = house.identity.create_member(person, dental.id().clone()).await;
    let person = person.map_err(|error| error.trouble())?;
    Ok(Some((person.id, Text::new("森（歯科医院・ポータル）", "Mori (dental clinic, portal)"))))
}

/// Fills the ministry's register with institutions that their prefectures warn.
pub(super) async fn fill_country(house: &House, world: &World) -> Result<(), Trouble> {
    let source = source(world);
    let theirs = |one| Facility { way: Way::Office, ..facility(one, &source) };
    let entries: Vec<Facility> = scaled(1, EVERY_IN_THE_COUNTRY).into_iter().map(theirs).collect();
    take_in(house, &entries, source).await
}

fn source(world: &World) -> Source {
    Source { name: "架空の名簿".to_owned(), on: jst_date(world.clock.now()) }
}

async fn take_in(house: &House, entries: &[Facility], source: Source) -> Result<(), Trouble> {
    let rows = entries.iter().filter_map(Row::of).collect();
    let terms = Terms::new(source, Extent::Partial);
    let imported = house.register.import(rows, &terms, "system").await;
    imported.map(drop).map_err(|error| error.trouble())
}

fn facility(entry: RegisterEntry, source: &Source) -> Facility {
    let is_dental = entry
        .organisation
        .institution
        .as_ref()
        .is_some_and(|own| own.kind == InstitutionKind::DentalClinic);
    let way = match (is_dental, entry.mail.is_empty()) {
        (true, _) => Way::Portal,
        (false, false) => Way::Mail,
        (false, true) => Way::Telephone,
    };
    Facility {
        organisation: entry.organisation,
        kana: entry.kana,
        municipality: entry.municipality,
        address: entry.address,
        contacts: Contacts { mail: entry.mail, telephone: entry.telephone, ..Contacts::default() },
        way,
        source: source.clone(),
        closed_on: None,
    }
}
