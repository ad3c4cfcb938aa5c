//! What an office can rely on when a neighbour was taken over and signs lies with its genuine key.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_ledger::{Fact, Put, Store};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{
    Clock as _, Digest, Instant, MessageId, Organisation, OrganisationId, OrganisationKind, Tlp,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::Post;
use super::shelves::{
    Arrived, INBOX, KNOWN, Known, LINK, NEIGHBOUR, OUTBOX, PARENT, journal_stream,
};
use crate::dsse::SecretKey;
use crate::exchange::{BUNDLE_TYPE, Half, Item, ReadMark, UncheckedHalf, seal_half};
use crate::link::Link;
use crate::message::{Envelope, MessageHeader, add_via, seal_message};
use crate::neighbour::{Neighbour, Relation};
use crate::parcel::{Exchanged, Outgoing};
use crate::wire::{Door, Trust, Wire, WireError};

mod enrolment;
mod link;
mod published;
mod rights;

const NOTE_TYPE: &str = "application/vnd.sakimori.test-note.v1+json";

/// The genuine key of an organisation.
fn key(name: &str) -> SecretKey {
    SecretKey::from_bytes(Digest::of(name.as_bytes()).as_bytes())
}

fn organisation(name: &str) -> Organisation {
    let kind = match name {
        "mhlw" => OrganisationKind::Ministry,
        "osaka" => OrganisationKind::Prefecture,
        "jma" => OrganisationKind::CeptoarBody,
        _ => OrganisationKind::Institution,
    };
    Organisation {
        id: name.into(),
        kind,
        name: name.to_owned(),
        prefecture: None,
        institution: None,
    }
}

fn neighbour(name: &str, relation: Relation) -> Neighbour {
    Neighbour {
        organisation: organisation(name),
        key: key(name).public(),
        relation,
        address: Some(format!("http://localhost/{name}")),
        authority: vec![],
        enrolled_at: Instant::default(),
        parted: None,
    }
}

/// One organisation's post with a real ledger; everybody around it is played by the test.
struct Office {
    name: &'static str,
    _dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    clock: Arc<StepClock>,
    chance: Arc<SeededChance>,
    post: Post,
}

impl Office {
    async fn new(name: &'static str, parents: &[&str], children: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        let store = sakimori_ledger::open(&format!("sqlite:{}", path.display())).await.unwrap();
        let clock = Arc::new(StepClock::new(Instant::parse("2026-12-24T00:00:00Z").unwrap()));
        let chance = Arc::new(SeededChance::new(7));
        let post = Post::new(
            Arc::clone(&store),
            clock.clone(),
            chance.clone(),
            organisation(name),
            key(name),
        );
        let office = Self { name, _dir: dir, store, clock, chance, post };
        for parent in parents {
            office.put(NEIGHBOUR, parent, &neighbour(parent, Relation::Parent)).await;
            office.put(PARENT, parent, &true).await;
        }
        for child in children {
            office.put(NEIGHBOUR, child, &neighbour(child, Relation::Child)).await;
        }
        office
    }

    async fn put(&self, shelf: &str, key: &str, record: &impl Serialize) {
        let fact = Fact::new("test", "put", self.clock.now(), "test", &json!({})).unwrap();
        let put = Put::new(shelf, key, record).unwrap();
        self.store.commit(vec![fact.put(put)]).await.unwrap();
    }

    /// `voucher` vouches for the genuine key of `name`.
    async fn knows(&self, name: &str, voucher: &str) {
        let known = Known {
            organisation: organisation(name),
            key: key(name).public(),
            voucher: voucher.into(),
            disputed: false,
        };
        self.put(KNOWN, &format!("{name}/{voucher}"), &known).await;
    }

    fn header(&self, origin: &str, seq: u64) -> MessageHeader {
        MessageHeader {
            id: MessageId::new(self.clock.now(), &*self.chance),
            origin: origin.into(),
            to: Some(self.name.into()),
            stream: "direct".to_owned(),
            seq,
            message_type: NOTE_TYPE.to_owned(),
            created: self.clock.now(),
            expires: None,
            tlp: Tlp::Amber,
            exercise: false,
            in_reply_to: None,
            files: vec![],
        }
    }

    async fn link(&self, neighbour: &str) -> Link {
        let record = self.store.get(LINK, neighbour).await.unwrap();
        record.map(|record| record.read().unwrap()).unwrap_or_default()
    }

    /// `from` hands over these envelopes as the next ones of its link, and says how far it has read.
    async fn brings(&self, from: &str, have: ReadMark, envelopes: Vec<Envelope>) -> Exchanged {
        let read = self.link(from).await.read.seq;
        let items =
            (read + 1..).zip(envelopes).map(|(seq, envelope)| Item { seq, envelope }).collect();
        let half = self.half(from, have, items);
        self.post.read_bundle(&seal_half(BUNDLE_TYPE, &half, &key(from))).await.unwrap()
    }

    fn half(&self, from: &str, have: ReadMark, items: Vec<Item>) -> Half {
        Half {
            from: from.into(),
            to: self.name.into(),
            at: self.clock.now(),
            nonce: format!("nonce-{}", self.chance.next()),
            have,
            items,
            more: false,
            refused: vec![],
            medium_key: None,
        }
    }

    /// What `to` gets with the next exchange.
    async fn sends(&self, to: &str) -> Half {
        let bundle = self.post.write_bundle(&to.into()).await.unwrap();
        let half = UncheckedHalf::read(BUNDLE_TYPE, &bundle).unwrap();
        half.open(BUNDLE_TYPE, &key(self.name).public()).unwrap()
    }

    async fn note(&self, to: &str) -> MessageId {
        self.post.send(Outgoing::new(to.into(), NOTE_TYPE, json!("note"))).await.unwrap()
    }

    async fn n_in_outbox(&self) -> u64 {
        self.store.count(OUTBOX).await.unwrap()
    }

    /// Keys of the messages that wait for the stages.
    async fn inbox(&self) -> Vec<String> {
        let records = self.store.list(INBOX, None, 1_000).await.unwrap();
        records.iter().map(|record| record.read::<Arrived>().unwrap().envelope).collect()
    }

    async fn n_recorded(&self, about: &str, kind: &str) -> usize {
        let stream = journal_stream(&about.into());
        let entries = self.store.stream_entries(&stream, 0, 1_000).await.unwrap();
        entries.iter().filter(|entry| entry.kind == kind).count()
    }
}

fn sealed(header: &MessageHeader, body: &Value) -> Envelope {
    let message = seal_message(header, body, &key(header.origin.as_str()));
    Envelope { message, vias: vec![] }
}

/// The envelope as `by` hands it on.
fn via(mut envelope: Envelope, by: &str) -> Envelope {
    add_via(&mut envelope, &OrganisationId::from(by), Instant::default(), "", &key(by));
    envelope
}

fn mark(seq: u64) -> ReadMark {
    ReadMark { seq, digest: Some(Digest::of(b"something we never sent")) }
}

fn nothing_read() -> ReadMark {
    ReadMark::default()
}
