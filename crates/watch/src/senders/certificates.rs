//! Certificates of senders over TLS: which were made here or shown at the door, and which a person has withdrawn.
//!
//! A certificate goes by the digest of its bytes, whoever issued it: one that was stolen is withdrawn alone, and the device gets
//! another one under the same name. Withdrawn is withdrawn for good.

use std::collections::HashSet;

use sakimori_ledger::{Fact, LedgerError, Put};
use sakimori_words::{Digest, Instant};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{By, STREAM, Senders, SendersError, cut};

/// Shelf of the certificates, by digest.
const CERTIFICATES: &str = "sender_certificate";
/// Private shelf of the certificates that were shown at the door, by digest.
const SEEN: &str = "sender_certificate_seen";

/// Days after which a certificate that nobody shows any more leaves the list, unless it was made here.
const SEEN_DAYS: i64 = 400;

/// Fewest digits of a fingerprint that stand for the whole.
const FINGERPRINT_DIGITS_MIN: usize = 8;

/// A certificate with which a sender over TLS is known by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderCertificate {
    /// Digest of its bytes (DER): its fingerprint.
    pub digest: Digest,
    /// The name in it; events have the source `syslog/<name>`.
    pub name: String,
    /// When it was made here; `None` for one of another authority, or of before this was written down.
    pub made_at: Option<Instant>,
    /// When it ends, where that is known.
    pub ends_at: Option<Instant>,
    /// When it was withdrawn; `None` while it is accepted.
    pub withdrawn_at: Option<Instant>,
    /// The name of the person who withdrew it.
    #[serde(default)]
    pub withdrawn_by_name: String,
}

/// A certificate as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderCertificateView {
    /// The certificate.
    pub certificate: SenderCertificate,
    /// When a sender last came in with it, to the minute.
    pub last_seen_at: Option<Instant>,
}

/// What is kept of a certificate that was shown.
#[derive(Serialize, Deserialize)]
struct Seen {
    digest: Digest,
    name: String,
    at: Instant,
}

impl Senders {
    /// Writes down that a certificate was made: no device is let in by one that nobody knows of.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn certificate_made(
        &self,
        name: &str,
        digest: Digest,
        ends_at: Instant,
        by: By<'_>,
    ) -> Result<(), SendersError> {
        let certificate = SenderCertificate {
            made_at: Some(self.clock.now()),
            ends_at: Some(ends_at),
            ..unknown(digest, name)
        };
        self.keep("sender_certificate_issued", &certificate, 0, by).await
    }

    /// Writes down that a sender came in with this certificate, at most once a minute. Not being able to is no reason to refuse it.
    pub async fn certificate_seen(&self, name: &str, digest: Digest) {
        let now = self.clock.now();
        let key = digest.to_string();
        if self.note_due(&key, now) {
            let seen = json!(Seen { digest, name: name.to_owned(), at: now });
            let until = now.plus_days(SEEN_DAYS);
            let _ = self.store.put_private(SEEN, &key, seen, Some(until)).await;
        }
    }

    /// Every certificate that was made here or shown at the door: those accepted first, by name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn certificates(&self) -> Result<Vec<SenderCertificateView>, SendersError> {
        let mut views = Vec::new();
        for record in self.store.list(CERTIFICATES, None, usize::MAX).await? {
            views.push(SenderCertificateView { certificate: record.read()?, last_seen_at: None });
        }
        for seen in self.store.list_private(SEEN).await? {
            let Seen { digest, name, at } = seen.read()?;
            match views.iter_mut().find(|view| view.certificate.digest == digest) {
                Some(view) => view.last_seen_at = Some(at),
                None => views.push(SenderCertificateView {
                    certificate: unknown(digest, &name),
                    last_seen_at: Some(at),
                }),
            }
        }
        views.sort_by_cached_key(|view| {
            let own = &view.certificate;
            (own.withdrawn_at.is_some(), own.name.clone(), own.digest)
        });
        Ok(views)
    }

    /// Withdraws the accepted certificate with that fingerprint, of which the first eight digits are enough. It is refused from
    /// now on, and whoever is connected with it is cut off.
    ///
    /// # Errors
    /// [`SendersError::NoCertificate`] when there is none or more than one, or the ledger's.
    pub async fn withdraw_certificate(
        &self,
        fingerprint: &str,
        by: By<'_>,
    ) -> Result<SenderCertificate, SendersError> {
        let wanted = fingerprint.trim().to_lowercase();
        let mut found = self.certificates().await?;
        found.retain(|view| {
            view.certificate.withdrawn_at.is_none()
                && wanted.len() >= FINGERPRINT_DIGITS_MIN
                && view.certificate.digest.to_string().starts_with(&wanted)
        });
        let [view] = found.as_slice() else {
            return Err(SendersError::NoCertificate { fingerprint: cut(fingerprint) });
        };
        let certificate = SenderCertificate {
            withdrawn_at: Some(self.clock.now()),
            withdrawn_by_name: by.name.to_owned(),
            ..view.certificate.clone()
        };
        let before = self.store.get(CERTIFICATES, &certificate.digest.to_string()).await?;
        let version = before.map_or(0, |record| record.version);
        self.keep("sender_certificate_withdrawn", &certificate, version, by).await?;
        Ok(certificate)
    }

    /// The certificates that were withdrawn.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn withdrawn_certificates(&self) -> Result<HashSet<Digest>, SendersError> {
        let mut withdrawn = HashSet::new();
        for record in self.store.list(CERTIFICATES, None, usize::MAX).await? {
            let certificate: SenderCertificate = record.read()?;
            if certificate.withdrawn_at.is_some() {
                withdrawn.insert(certificate.digest);
            }
        }
        Ok(withdrawn)
    }

    async fn keep(
        &self,
        kind: &str,
        certificate: &SenderCertificate,
        version: u64,
        by: By<'_>,
    ) -> Result<(), SendersError> {
        let SenderCertificate { digest, name, ends_at, .. } = certificate;
        let body = json!({ "name": name, "digest": digest, "ends_at": ends_at });
        let put = Put::new(CERTIFICATES, digest.to_string(), certificate)?.version(version);
        let fact = Fact::new(STREAM, kind, self.clock.now(), by.person.as_str(), &body)?;
        self.store.commit(vec![fact.put(put)]).await.map(drop).map_err(|error| match error {
            // Somebody else has withdrawn it at the same moment.
            LedgerError::Conflict { .. } => {
                SendersError::NoCertificate { fingerprint: digest.short() }
            }
            other => other.into(),
        })
    }
}

fn unknown(digest: Digest, name: &str) -> SenderCertificate {
    SenderCertificate {
        digest,
        name: name.to_owned(),
        made_at: None,
        ends_at: None,
        withdrawn_at: None,
        withdrawn_by_name: String::new(),
    }
}
