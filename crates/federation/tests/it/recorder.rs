//! A stage that keeps everything it is given, in order.

use async_trait::async_trait;
use sakimori_federation::{Delivered, Handler, HandlerError, Standing, Taken};
use sakimori_ledger::{Fact, Store};
use sakimori_words::{Instant, MessageId, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Type of every message of these stories.
pub(crate) const NOTE_TYPE: &str = "application/vnd.sakimori.test-note.v1+json";

/// One delivery as it was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Got {
    pub(crate) id: MessageId,
    pub(crate) origin: OrganisationId,
    pub(crate) stream: String,
    pub(crate) seq: u64,
    pub(crate) standing: Standing,
    pub(crate) another_route: bool,
    pub(crate) from: OrganisationId,
    pub(crate) vias: Vec<OrganisationId>,
    pub(crate) remarks: Vec<String>,
    pub(crate) body: Value,
}

pub(crate) struct Recorder;

#[async_trait]
impl Handler for Recorder {
    fn takes(&self, message_type: &str) -> bool {
        message_type == NOTE_TYPE
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        let got = Got {
            id: delivered.header.id.clone(),
            origin: delivered.header.origin.clone(),
            stream: delivered.header.stream.clone(),
            seq: delivered.header.seq,
            standing: delivered.standing,
            another_route: delivered.another_route,
            from: delivered.from.clone(),
            vias: delivered.vias.iter().map(|via| via.by.clone()).collect(),
            remarks: delivered.vias.iter().map(|via| via.remark.clone()).collect(),
            body: delivered.body().unwrap(),
        };
        let fact = Fact::new("got", "got", Instant::default(), "test", &json!(got))?;
        Ok(Taken { facts: vec![fact], parcels: vec![] })
    }
}

/// Everything the recorder kept, in order.
pub(crate) async fn got(store: &dyn Store) -> Vec<Got> {
    let entries = store.stream_entries("got", 0, 100_000).await.unwrap();
    entries.into_iter().map(|entry| serde_json::from_value(entry.body).unwrap()).collect()
}
