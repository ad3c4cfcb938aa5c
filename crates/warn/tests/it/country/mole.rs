//! An institution that was taken over: its own key is genuine, everything it says is a lie.

use sakimori_federation::{Dsse, Envelope, MessageHeader, SecretKey, add_via, seal_message};
use sakimori_warn::exchange::{ACKNOWLEDGEMENT_TYPE, AcknowledgementV1, WARNING_TYPE};
use sakimori_warn::{Acknowledgement, Answer, Stage, WarningKey};
use sakimori_words::{Clock as _, MessageId, OrganisationId, Tlp};
use serde_json::{Value, json};

use super::line::{Line, REQUEST_TYPE};
use super::places::{Country, MINISTRY, MOLE};

/// Stands in everything the mole writes; nobody may ever believe it.
pub(super) const LIE: &str = "LIE";

/// What the mole's lies must have left behind.
#[derive(Default)]
pub(super) struct Lies {
    /// Envelopes its hub must have refused on record.
    pub(super) n_refused: usize,
    /// Answers in the name of others that must have been set aside at the ministry, once they arrive.
    pub(super) n_set_aside: usize,
}

impl Country {
    /// The mole hands its hub one more lie.
    pub(super) async fn lie(&mut self, lies: &mut Lies, about: Option<&WarningKey>) {
        let hub = self.places[MOLE].parents[0];
        let Some(running) = self.running(hub) else { return };
        let link = running.store.get("post-link", MOLE).await.unwrap();
        let read = link.map_or(0, |link| link.body["read"]["seq"].as_u64().unwrap());
        let kind = self.pick(4);
        let Some(envelope) = self.lie_of(kind, about) else { return };
        let at = self.places[MOLE].clock.now();
        let half = json!({
            "from": MOLE, "to": hub, "at": at, "nonce": format!("lie-{}", self.dice.next()),
            "have": { "seq": 0 }, "items": [{ "seq": read + 1, "envelope": envelope }], "more": false,
        });
        let sealed =
            Dsse::seal(REQUEST_TYPE, half.to_string().into_bytes(), &self.places[MOLE].key);
        let request = json!(sealed).to_string().into_bytes();
        if self.line.hand_in(&Line::address(hub), &request).await.is_ok() {
            if kind == 3 { lies.n_set_aside += 1 } else { lies.n_refused += 1 }
        }
        self.bury();
    }

    fn lie_of(&self, kind: usize, about: Option<&WarningKey>) -> Option<Envelope> {
        let mole = &self.places[MOLE];
        let key = &mole.key;
        let victims = self.institutions();
        let victim = OrganisationId::from(self.pick_from(&victims).as_str());
        Some(match kind {
            // The ministry's name under our own signature.
            0 => sealed(&self.header(MINISTRY, None, WARNING_TYPE), &json!({ "title": LIE }), key),
            // Our own warning to everybody above.
            1 => sealed(&self.header(MOLE, None, WARNING_TYPE), &json!({ "title": LIE }), key),
            // Another's report, as if a relay had brought it.
            2 => {
                let header = self.header(victim.as_str(), Some(MINISTRY), super::REPORT_TYPE);
                let mut envelope = sealed(&header, &json!({ "text": LIE }), key);
                add_via(&mut envelope, &mole.me.id, mole.clock.now(), LIE, key);
                envelope
            }
            // Our own letter with another's answer in it.
            _ => {
                let word = self.answer_in_the_name_of(victim, about?.clone());
                sealed(&self.header(MOLE, Some(MINISTRY), ACKNOWLEDGEMENT_TYPE), &word, key)
            }
        })
    }

    fn header(&self, origin: &str, to: Option<&str>, message_type: &str) -> MessageHeader {
        let at = self.places[MOLE].clock.now();
        MessageHeader {
            id: MessageId::new(at, &self.dice),
            origin: origin.into(),
            to: to.map(OrganisationId::from),
            stream: format!("lie-{}", self.dice.next()),
            seq: 1,
            message_type: message_type.to_owned(),
            created: at,
            expires: None,
            tlp: Tlp::Amber,
            exercise: false,
            in_reply_to: None,
            files: vec![],
        }
    }

    fn answer_in_the_name_of(&self, victim: OrganisationId, warning: WarningKey) -> Value {
        json!(AcknowledgementV1::new(&Acknowledgement {
            warning,
            revision: 1,
            organisation: victim,
            stage: Stage::Done,
            at: self.clock.now().plus_days(1),
            answer: Some(Answer::NotAffected),
            person: LIE.to_owned(),
            note: LIE.to_owned(),
            n_relayed_to: 0,
            devices: None,
        }))
    }
}

fn sealed(header: &MessageHeader, body: &Value, key: &SecretKey) -> Envelope {
    Envelope { message: seal_message(header, body, key), vias: vec![] }
}
