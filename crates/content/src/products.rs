//! Products that send logs, and what to type on each so that it does.

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// What stands in commands for the node's address, port and folder.
pub const PLACES: [&str; 3] = ["@HOST@", "@PORT@", "@INBOX@"];

/// How a step's log travels to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepCarrier {
    /// Syslog over UDP.
    Udp,
    /// Lines over TCP.
    Tcp,
    /// Syslog over TLS.
    Tls,
    /// Files put into the inbox.
    Inbox,
}

/// One thing to do on the device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductStep {
    /// How what it sends travels; the step is left out where the node does not receive that way. `None`: always shown.
    #[serde(default)]
    pub carrier: Option<StepCarrier>,
    /// What to do.
    pub text: Text,
    /// What to type, with [`PLACES`] in it; empty when there is nothing to type.
    #[serde(default)]
    pub commands: String,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its id, e.g. `yamaha-rtx`.
    pub id: String,
    /// Its place in the list.
    pub order: u32,
    /// What people call it.
    pub name: Text,
    /// What to do, in order.
    #[serde(rename = "step")]
    pub steps: Vec<ProductStep>,
    /// The documentation behind it.
    pub provenance: Provenance,
}

impl ProductStep {
    /// The commands with the node's own values.
    #[must_use]
    pub fn commands_for(&self, host: &str, port: &str, inbox: &str) -> String {
        let filled = PLACES.iter().zip([host, port, inbox]);
        filled.fold(self.commands.clone(), |text, (place, value)| text.replace(place, value))
    }
}
