//! One log record: the raw bytes as they came, and what a source understood of them.

mod fields;

use serde::{Deserialize, Serialize};

pub use self::fields::{Fields, Value};
use crate::Instant;

/// The OCSF class of events that say who read, changed or sent a patient's record (Datastore Activity).
pub const RECORD_ACCESS: u32 = 6005;

/// One log record.
///
/// `raw` is evidence and is never changed; everything else is a reading of it. The flat columns are named after OCSF and
/// become columns of the `events` table; an empty text means that the source did not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Which configured source it came from, e.g. `syslog/10.0.0.5`, `inbox/Security.evtx`.
    pub source: String,
    /// When this node received it, by its own clock.
    pub received_at: Instant,
    /// When it happened according to the record itself; `received_at` when the record does not say.
    pub time: Instant,
    /// The record exactly as received. For binary formats: the record rendered by a stable, documented rule.
    pub raw: Vec<u8>,
    /// Sigma's product: `windows`, `linux`, `fortios`, `suricata`… Empty: unknown.
    pub product: String,
    /// Sigma's service, in lower case: `security`, `sysmon`, `sshd`… Empty: none.
    pub service: String,
    /// OCSF class, e.g. 3002 Authentication, 4001 Network Activity, 0 when unknown (Base Event).
    pub class_uid: u32,
    /// What was done, in the source's word for it (`logon`, `deny`, `alert`).
    pub activity: String,
    /// `success`, `failure` or empty.
    pub status: String,
    /// The machine the record speaks of.
    pub host: String,
    /// The account the record speaks of.
    pub user: String,
    /// The patient whose record it speaks of: the identifier as the source writes it.
    pub patient: String,
    /// Where it came from on the network.
    pub src_ip: String,
    /// Where it went on the network.
    pub dst_ip: String,
    /// The program involved.
    pub process: String,
    /// One line for people.
    pub message: String,
    /// The record's own fields under their own names.
    pub src: Fields,
}
