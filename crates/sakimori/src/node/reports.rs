//! Reports and replies between the post and the respond stage.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::{Delivered, Handler, HandlerError, Outgoing, Parcel, Post, Taken};
use sakimori_respond::exchange::{ExchangeError, REPLY_MEDIA_TYPE, REPORT_MEDIA_TYPE};
use sakimori_respond::{CaseDesk, OfficeDesk, Outgoing as Answer, RespondError};
use serde_json::Value;

/// An office takes reports in and answers with a receipt.
pub(super) struct Reports {
    pub(super) desk: OfficeDesk,
    pub(super) post: Arc<Post>,
}

/// An institution takes the offices' replies in.
pub(super) struct Replies(pub(super) CaseDesk);

#[async_trait]
impl Handler for Reports {
    fn takes(&self, message_type: &str) -> bool {
        message_type == REPORT_MEDIA_TYPE
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        if delivered.another_route {
            return Ok(Taken::default());
        }
        let body = body_bytes(delivered)?;
        // Taking the same report twice takes it once, so it does not matter that the desk commits by itself.
        let (origin, message) = (&delivered.header.origin, &delivered.header.id);
        let known = self.post.organisations().await?;
        let sender = known.iter().map(|known| &known.organisation).find(|own| own.id == *origin);
        let reception =
            self.desk.receive_known(sender, origin, message, &body).await.map_err(not_taken)?;
        Ok(Taken { facts: Vec::new(), parcels: parcels(&reception.receipt)? })
    }
}

#[async_trait]
impl Handler for Replies {
    fn takes(&self, message_type: &str) -> bool {
        message_type == REPLY_MEDIA_TYPE
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        self.0
            .take_reply(&delivered.header.origin, &body_bytes(delivered)?)
            .await
            .map_err(not_taken)?;
        Ok(Taken::default())
    }
}

/// What the respond stage wants sent, as parcels: one for each recipient.
pub(super) fn parcels(answer: &Answer) -> Result<Vec<Parcel>, HandlerError> {
    let body: Value = serde_json::from_slice(&answer.body).map_err(not_json)?;
    let parcel = |to: &sakimori_words::OrganisationId| {
        Parcel::New(Outgoing::new(to.clone(), answer.media_type, body.clone()))
    };
    Ok(answer.to.iter().map(parcel).collect())
}

pub(super) fn body_bytes(delivered: &Delivered) -> Result<Vec<u8>, HandlerError> {
    let body: Value = delivered.body().map_err(not_json)?;
    serde_json::to_vec(&body).map_err(not_json)
}

fn not_json(cause: serde_json::Error) -> HandlerError {
    not_taken(ExchangeError::Unreadable { what: "message of this program", cause }.into())
}

#[expect(clippy::needless_pass_by_value, reason = "a function to hand to map_err")]
pub(super) fn not_taken(error: RespondError) -> HandlerError {
    HandlerError::NotUnderstood(error.trouble())
}
