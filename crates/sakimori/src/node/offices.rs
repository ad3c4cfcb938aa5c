//! Messages between offices and the respond stage: reports upwards, tasks downwards, and the answers to both.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::{Delivered, Handler, HandlerError, Post, Taken};
use sakimori_ledger::LedgerError;
use sakimori_respond::OfficeDesk;
use sakimori_respond::exchange::{
    OFFICE_REPORT_MEDIA_TYPE, OFFICE_TASK_ANSWER_MEDIA_TYPE, OFFICE_TASK_MEDIA_TYPE,
    REPLY_MEDIA_TYPE,
};
use sakimori_respond::office::{Peer, Place};
use sakimori_words::{Organisation, OrganisationId};

use super::reports::{body_bytes, not_taken, parcels};

/// An office takes what other offices send.
pub(super) struct Offices {
    pub(super) desk: OfficeDesk,
    pub(super) post: Arc<Post>,
}

#[async_trait]
impl Handler for Offices {
    fn takes(&self, message_type: &str) -> bool {
        [
            OFFICE_REPORT_MEDIA_TYPE,
            OFFICE_TASK_MEDIA_TYPE,
            OFFICE_TASK_ANSWER_MEDIA_TYPE,
            REPLY_MEDIA_TYPE,
        ]
        .contains(&message_type)
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        if delivered.another_route {
            return Ok(Taken::default());
        }
        let (header, body) = (&delivered.header, body_bytes(delivered)?);
        let peer = self.peer(&header.origin).await?;
        // Each of these is taken once however often it comes, so it does not matter that the desk commits by itself.
        let answer = match header.message_type.as_str() {
            OFFICE_REPORT_MEDIA_TYPE => {
                let taken = self.desk.receive_office_report(&peer, &header.id, &body).await;
                Some(taken.map_err(not_taken)?.receipt)
            }
            OFFICE_TASK_MEDIA_TYPE => {
                Some(self.desk.take_task(&peer, &body).await.map_err(not_taken)?.1)
            }
            OFFICE_TASK_ANSWER_MEDIA_TYPE => {
                self.desk.take_task_answer(&peer, &body).await.map_err(not_taken)?;
                None
            }
            _ => {
                self.desk.take_up_reply(&header.origin, &body).await.map_err(not_taken)?;
                None
            }
        };
        let parcels = answer.as_ref().map(parcels).transpose()?.unwrap_or_default();
        Ok(Taken { facts: Vec::new(), parcels })
    }
}

impl Offices {
    /// Who sent a message, and where they stand. The signature was checked; an unknown one would not have come so far.
    async fn peer(&self, id: &OrganisationId) -> Result<Peer, LedgerError> {
        let parents = self.post.parents().await?;
        if let Some(parent) = parents.into_iter().find(|one| one.is_active() && one.id() == id) {
            return Ok(Peer { organisation: parent.organisation, place: Place::Above });
        }
        let known = self.post.organisations().await?;
        let known = known.into_iter().find(|one| one.organisation.id == *id);
        Ok(known.map_or_else(
            || Peer { organisation: nobody(id), place: Place::Elsewhere },
            |known| Peer {
                place: if known.below { Place::Below } else { Place::Elsewhere },
                organisation: known.organisation,
            },
        ))
    }
}

/// An organisation nobody vouches for any more.
fn nobody(id: &OrganisationId) -> Organisation {
    Organisation {
        id: id.clone(),
        kind: sakimori_words::OrganisationKind::Vendor,
        name: String::new(),
        prefecture: None,
        institution: None,
    }
}

#[cfg(test)]
mod tests;
