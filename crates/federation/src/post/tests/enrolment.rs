//! Nobody becomes somebody else by enrolling.

use super::*;
use crate::code::EnrolmentCode;
use crate::enrolment::{EnrolmentAnswer, EnrolmentRequest, Introduction, hub_proof, open, seal};
use crate::errors::EnrolError;
use crate::neighbour::Parted;

const ADDRESS: &str = "http://localhost/hub";

/// A line straight to the office.
struct To<'o>(&'o Post);

#[async_trait]
impl Wire for To<'_> {
    async fn ask(
        &self,
        address: &str,
        door: Door,
        _: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let refused = |error: EnrolError| WireError::Refused {
            status: error.trouble().kind.status,
            code: error.trouble().kind.code.to_owned(),
            detail: address.to_owned(),
        };
        match door {
            Door::Introduction => Ok(self.0.introduction(b"authority")),
            _ => self.0.handle_enrolment(&request, "line").await.map_err(refused),
        }
    }
}

/// Somebody with `key_of`'s key enrols at the hub as `name`; the trouble code, if it is refused.
async fn enrols(hub: &Office, name: &'static str, key_of: &str, again: Option<&str>) -> String {
    let newcomer = Office::new(name, &[], &[]).await;
    let post = Post::new(
        Arc::clone(&newcomer.store),
        newcomer.clock.clone(),
        newcomer.chance.clone(),
        organisation(name),
        key(key_of),
    );
    let again = again.map(OrganisationId::from);
    let code = hub.post.invite("officer", "", again).await.unwrap().to_string();
    match post.enrol_with(ADDRESS, &code, "admin", &To(&hub.post)).await {
        Ok(_) => String::new(),
        Err(error) => error.trouble().detail,
    }
}

async fn key_known(hub: &Office, name: &str) -> crate::PublicKey {
    let known = hub.post.organisations().await.unwrap();
    known.iter().find(|known| known.organisation.id.as_str() == name).unwrap().key
}

#[tokio::test]
async fn an_invitation_does_not_take_over_an_organisation_others_vouch_for() {
    let hub = Office::new("mhlw", &[], &["osaka"]).await;
    hub.knows("hospital", "osaka").await;
    for again in [None, Some("clinic")] {
        let refused = enrols(&hub, "hospital", "thief", again).await;
        assert!(refused.contains("SK-FEDERATION-024"), "{refused}");
    }
    assert_eq!(key_known(&hub, "hospital").await, key("hospital").public());
    assert_eq!(enrols(&hub, "hospital", "hospital", None).await, "", "it may come itself");
}

#[tokio::test]
async fn an_invitation_does_not_take_over_an_organisation_that_parted() {
    let hub = Office::new("osaka", &[], &[]).await;
    let parted = Some(Parted { at: Instant::default(), reason: "廃院".to_owned() });
    let gone = Neighbour { parted, ..neighbour("clinic", Relation::Child) };
    hub.put(NEIGHBOUR, "clinic", &gone).await;
    let refused = enrols(&hub, "clinic", "thief", None).await;
    assert!(refused.contains("SK-FEDERATION-024"), "{refused}");
    let lost_key = enrols(&hub, "clinic", "new machine", Some("clinic")).await;
    assert_eq!(lost_key, "", "an officer may decide it for exactly this id");
    assert_eq!(key_known(&hub, "clinic").await, key("new machine").public());
}

/// A hub that was taken over, with a genuine code of its own, and what it says of itself once it is believed.
struct Liar {
    code: EnrolmentCode,
    introduced: Organisation,
    answered: Organisation,
}

#[async_trait]
impl Wire for Liar {
    async fn ask(
        &self,
        _: &str,
        door: Door,
        _: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let own = key("liar");
        if door == Door::Introduction {
            let organisation = self.introduced.clone();
            return Ok(seal(
                &Introduction { organisation, key: own.public(), authority: vec![] },
                &own,
            ));
        }
        let request: EnrolmentRequest = open(&request).unwrap();
        let proof = hub_proof(&self.code.proof_key(), &own.public(), &request.key, &request.nonce);
        let answer = EnrolmentAnswer {
            organisation: self.answered.clone(),
            key: own.public(),
            nonce: request.nonce,
            proof,
        };
        Ok(seal(&answer, &own))
    }
}

async fn enrols_with_liar(hospital: &Office, introduced: &str, answered: Organisation) -> String {
    let code = EnrolmentCode::new(&key("liar").public(), &*hospital.chance);
    let liar = Liar { code: code.clone(), introduced: organisation(introduced), answered };
    match hospital.post.enrol_with(ADDRESS, &code.to_string(), "admin", &liar).await {
        Ok(_) => String::new(),
        Err(error) => error.trouble().kind.code.to_owned(),
    }
}

#[tokio::test]
async fn a_hub_stays_who_it_said_it_was() {
    let hospital = Office::new("hospital", &["osaka"], &[]).await;
    let enrolled = enrols_with_liar(&hospital, "jma", organisation("mhlw")).await;
    assert_eq!(enrolled, "SK-FEDERATION-022", "another id than the code stands for");
    let long = Organisation { name: "x".repeat(17_000), ..organisation("jma") };
    assert_eq!(enrols_with_liar(&hospital, "jma", long).await, "SK-FEDERATION-002");
    let enrolled = enrols_with_liar(&hospital, "osaka", organisation("osaka")).await;
    assert_eq!(enrolled, "SK-FEDERATION-024", "our hub does not change its key like that");
    assert_eq!(key_known(&hospital, "osaka").await, key("osaka").public());
    hospital.post.part_with(&"osaka".into(), "admin", "鍵の更新").await.unwrap();
    assert_eq!(enrols_with_liar(&hospital, "osaka", organisation("osaka")).await, "");
}
