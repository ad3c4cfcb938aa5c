//! The wire between a child and its parent hub, as a port: HTTP in the binary, a lossy one in tests.

use async_trait::async_trait;

/// What is asked of a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Introduce yourself: key and certificate.
    Introduction,
    /// Take me in, here is my proof.
    Enrolment,
    /// Here is what I have for you; give me what you have for me.
    Exchange,
    /// Give me this part of a file that belongs to a message.
    File,
}

impl Door {
    /// The path of the door under the hub's address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Introduction => "/federation/v1/introduction",
            Self::Enrolment => "/federation/v1/enrolment",
            Self::Exchange => "/federation/v1/exchange",
            Self::File => "/federation/v1/file",
        }
    }
}

/// How the hub's TLS certificate is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Not at all: only for the introduction, which is believed by the fingerprint in the enrolment code instead.
    ByCodeOnly,
    /// It must be issued by exactly this certificate authority (DER), the hub's own.
    Authority(Vec<u8>),
}

/// Carries one request to a hub and its answer back. May lose, repeat or delay either.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Asks the hub at `address` (scheme, host and port) and returns the body of its answer.
    async fn ask(
        &self,
        address: &str,
        door: Door,
        trust: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError>;
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The address cannot be dialled at all.
    #[error("`{address}` is not an address of a hub: {what}")]
    BadAddress {
        /// As given.
        address: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Plain HTTP to another machine is never spoken.
    #[error("`{address}` is not encrypted and not this machine")]
    NotEncrypted {
        /// As given.
        address: String,
    },
    /// Nobody answered in time, or the line broke.
    #[error("`{address}` did not answer")]
    NoAnswer {
        /// Who was dialled.
        address: String,
        /// What the network said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The certificate is not the one learned at enrolment.
    #[error("the certificate of `{address}` is not the one learned at enrolment")]
    OtherCertificate {
        /// Who was dialled.
        address: String,
        /// What the TLS library said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The hub answered that it does not want this.
    #[error("the hub refused with status {status}: {code} {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its trouble code, when it gave one.
        code: String,
        /// Its particulars, when it gave some.
        detail: String,
    },
    /// The answer was larger than any answer may be.
    #[error("the answer of `{address}` is larger than {limit_bytes} bytes")]
    TooLarge {
        /// Who was dialled.
        address: String,
        /// The limit.
        limit_bytes: usize,
    },
}
