//! CAP 1.2 (OASIS Common Alerting Protocol): a warning for systems that take alerts, and the acknowledgements they send back.

mod read;
mod write;

pub use read::{AlertHead, ReadAlertError, read};
pub use write::{
    Alert, Certainty, MessageKind, Resource, Severity, Standing, Urgency, reference, write,
};

/// Media type of an alert.
pub const MEDIA_TYPE: &str = "application/cap+xml";

/// Reads any bytes as an alert, for fuzzing: must return.
pub fn fuzz_cap(bytes: &[u8]) {
    let _ = read(bytes);
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;
