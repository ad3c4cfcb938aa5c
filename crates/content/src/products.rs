//! Products that send logs, and what to type on each so that it does.

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// What stands in commands for the node's address, port and folder, and for the address of its HTTP intake.
pub const PLACES: [&str; 4] = ["@HOST@", "@PORT@", "@INBOX@", "@BASE@"];

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
    /// Records posted over HTTP with a token.
    Http,
}

/// What this node puts into the [`PLACES`] of commands; a value that it does not have is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// The address devices send to.
    pub host: String,
    /// The port.
    pub port: String,
    /// The folder files are put into.
    pub inbox: String,
    /// The address of the HTTP intake before its path.
    pub base: String,
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
    pub fn commands_for(&self, door: &Door) -> String {
        let values = [&door.host, &door.port, &door.inbox, &door.base];
        let filled = PLACES.iter().zip(values);
        filled.fold(self.commands.clone(), |text, (place, value)| text.replace(place, value))
    }
}
