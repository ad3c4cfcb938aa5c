//! DKIM (RFC 6376, RFC 8463): two signatures, since some receivers read only RSA and the other key is the better one.
//!
//! Our own messages are signed and nobody's else, and they are written so that relaxed canonicalisation changes next to nothing
//! ([`crate::compose`]); the algorithms themselves are those of well-kept crates.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sakimori_words::{Chance, Instant};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::compose::Header;
use crate::error::MailError;

/// Length of the RSA key in bits: what RFC 8301 asks of signers.
const RSA_BITS: usize = 2_048;

/// What stands in front of a SHA-256 digest in an RSA signature (RFC 8017 9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

const RSA: &str = "rsa";
const ED25519: &str = "ed25519";

/// The keys of one office, and the selector they are published under.
pub struct DkimKeys {
    selector: String,
    rsa: RsaPrivateKey,
    ed25519: ed25519_dalek::SigningKey,
}

/// A TXT record to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its name.
    pub name: String,
    /// Its value; longer than 255 bytes, a zone file splits it into several strings.
    pub value: String,
}

impl DkimKeys {
    /// Keys read back: the RSA key as PKCS#1 PEM, the other as its 32 bytes.
    ///
    /// # Errors
    /// When the RSA key is not readable.
    pub fn new(selector: &str, rsa_pem: &str, ed25519: &[u8; 32]) -> Result<Self, MailError> {
        let rsa = RsaPrivateKey::from_pkcs1_pem(rsa_pem).map_err(|error| wrong(&error))?;
        let ed25519 = ed25519_dalek::SigningKey::from_bytes(ed25519);
        Ok(Self { selector: selector.to_owned(), rsa, ed25519 })
    }

    /// A new RSA key as PKCS#1 PEM.
    ///
    /// # Errors
    /// When none can be made.
    pub fn new_rsa(chance: &dyn Chance) -> Result<Zeroizing<String>, MailError> {
        let key = RsaPrivateKey::new(&mut Dice(chance), RSA_BITS).map_err(|error| wrong(&error))?;
        key.to_pkcs1_pem(LineEnding::LF).map_err(|error| wrong(&error))
    }

    /// The records of both keys under `domain`.
    ///
    /// # Errors
    /// When a public key cannot be written.
    pub fn records(&self, domain: &str) -> Result<Vec<DnsRecord>, MailError> {
        let rsa = self.rsa.to_public_key().to_public_key_der().map_err(|error| wrong(&error))?;
        let record = |kind: &str, key: &[u8]| DnsRecord {
            name: format!("{}-{kind}._domainkey.{domain}", self.selector),
            value: format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key)),
        };
        let ed25519 = self.ed25519.verifying_key();
        Ok(vec![record(RSA, rsa.as_bytes()), record(ED25519, ed25519.as_bytes())])
    }

    /// Both signatures over a message, as header lines. Neither signs the other.
    pub(crate) fn signatures(
        &self,
        headers: &[Header],
        body: &str,
        domain: &str,
        at: Instant,
    ) -> Result<String, MailError> {
        let mut lines = String::new();
        for kind in [RSA, ED25519] {
            let tags = self.tags(kind, headers, body, domain, at);
            let digest = digest(headers, &tags);
            let signature = match kind {
                RSA => {
                    let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: SHA256_PREFIX.into() };
                    self.rsa.sign(scheme, &digest).map_err(|error| wrong(&error))?
                }
                _ => self.ed25519.sign(&digest).to_bytes().to_vec(),
            };
            let tags = tags.join(";\r\n ");
            lines.push_str(&format!("DKIM-Signature: {tags}{}\r\n", STANDARD.encode(signature)));
        }
        Ok(lines)
    }

    /// The tags of one signature, the last of which waits for its value.
    fn tags(
        &self,
        kind: &str,
        headers: &[Header],
        body: &str,
        domain: &str,
        at: Instant,
    ) -> Vec<String> {
        let names: Vec<String> = headers.iter().map(|one| one.name.to_lowercase()).collect();
        vec![
            format!("v=1; a={kind}-sha256; c=relaxed/relaxed; d={domain}"),
            format!("s={}-{kind}; t={}", self.selector, at.as_micros() / 1_000_000),
            format!("h={}", names.join(":")),
            format!("bh={}", STANDARD.encode(Sha256::digest(body))),
            "b=".to_owned(),
        ]
    }
}

/// What is signed: every header and the signature without its value, in relaxed form (RFC 6376 3.4.2, 3.7). The body's relaxed form is
/// the body itself: lines of base64 without spaces, none of them empty.
fn digest(headers: &[Header], tags: &[String]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for header in headers {
        hash.update(format!("{}:{}\r\n", header.name.to_lowercase(), header.parts.join(" ")));
    }
    hash.update(format!("dkim-signature:{}", tags.join("; ")));
    hash.finalize().to_vec()
}

fn wrong(error: &dyn std::error::Error) -> MailError {
    MailError::Key { why: error.to_string() }
}

/// Our source of chance as the library wants it.
struct Dice<'a>(&'a dyn Chance);

impl rand_core::TryRng for Dice<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Dice<'_> {}
