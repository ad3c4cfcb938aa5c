//! TLS for log senders (RFC 5425 §5.2): whose certificates are accepted, and by what name a sender is known then.
//!
//! A device that shows a certificate keeps its name when its address changes, and cannot be played by another one. Accepted
//! are certificates of this node's own authority (`sakimori sender-certificate`) and of the authorities whose PEM files lie in
//! `keys/log-senders/`; revocation lists lying there in PEM are heeded. The folder is read at the start. Certificates that a person
//! has withdrawn are refused whoever issued them.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    ServerConnection, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use sakimori_words::{Digest, Instant, SECOND_MICROS, Trouble};
use tokio_rustls::TlsAcceptor;

use super::distinguished_name::common_name;
use super::withdrawn::Withdrawn;
use super::{Tls, without_resumption};
use crate::settings::TlsClients;
use crate::troubles;

/// Folder of further authorities, inside `keys/`.
const FOLDER: &str = "log-senders";

/// Longest name of a sender, in characters. The names of sources are read by people.
const NAME_CHARS_MAX: usize = 64;

/// TLS as the door for log senders speaks it.
pub(crate) struct SenderTls {
    acceptor: TlsAcceptor,
    verifier: Arc<dyn ClientCertVerifier>,
    withdrawn: Arc<Withdrawn>,
}

/// The sender at the other end of a connection, as its certificate says.
pub(crate) struct Shown {
    /// Digest of the certificate.
    pub(crate) digest: Digest,
    /// The name in it.
    pub(crate) name: String,
}

impl SenderTls {
    /// The door's side, with the authorities in `keys/log-senders/` of the data folder beside the own one.
    ///
    /// # Errors
    /// SK-NODE-006 with the file when one of them cannot be read.
    pub(crate) fn open(
        tls: &Tls,
        data: &Path,
        clients: TlsClients,
        withdrawn: Arc<Withdrawn>,
    ) -> Result<Self, Trouble> {
        let verifier = accepted(tls, data)?;
        let asked = Doorkeeper {
            verifier: Arc::clone(&verifier),
            clients,
            withdrawn: Arc::clone(&withdrawn),
        };
        let acceptor = TlsAcceptor::from(Arc::new(config(tls, Arc::new(asked))?));
        Ok(Self { acceptor, verifier, withdrawn })
    }

    /// What agrees on TLS with a sender.
    pub(crate) const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// The certificates that are refused although they are in order.
    pub(crate) const fn withdrawn(&self) -> &Arc<Withdrawn> {
        &self.withdrawn
    }

    /// The sender at the other end; `None` when it showed no certificate, or none that is accepted.
    pub(crate) fn shown(&self, connection: &ServerConnection, now: Instant) -> Option<Shown> {
        let (own, intermediates) = connection.peer_certificates()?.split_first()?;
        let now = u64::try_from(now.as_micros() / SECOND_MICROS).ok()?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        self.verifier.verify_client_cert(own, intermediates, now).ok()?;
        Some(Shown { digest: Digest::of(own), name: subject(own) })
    }
}

/// Whose certificates are in order: those of the own authority and of those in `keys/log-senders/` of the data folder.
///
/// # Errors
/// SK-NODE-006 with the file when one of them cannot be read.
pub(crate) fn accepted(tls: &Tls, data: &Path) -> Result<Arc<dyn ClientCertVerifier>, Trouble> {
    let mut roots = RootCertStore::empty();
    let own = CertificateDer::from(tls.ca_der.clone());
    roots.add(own).map_err(|error| Trouble::because(&troubles::KEYS, &error))?;
    let lists = add_authorities(&data.join("keys").join(FOLDER), &mut roots)?;
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
            .with_crls(lists)
            // Most authorities give no list for every level, and a list that is late must not silence a device.
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status();
    let verifier = builder.build().map_err(|error| Trouble::because(&troubles::KEYS, &error))?;
    Ok(verifier)
}

fn config(tls: &Tls, verifier: Arc<dyn ClientCertVerifier>) -> Result<ServerConfig, Trouble> {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_client_cert_verifier(verifier))
        .and_then(|builder| builder.with_single_cert(tls.chain.clone(), tls.key.clone_key()))
        .map_err(|error| Trouble::because(&troubles::KEYS, &error))?;
    Ok(without_resumption(config))
}

/// Adds every authority in the folder; the revocation lists that lie beside them.
fn add_authorities(
    folder: &Path,
    roots: &mut RootCertStore,
) -> Result<Vec<CertificateRevocationListDer<'static>>, Trouble> {
    let mut lists = Vec::new();
    for path in pem_files(folder)? {
        let refused = |error: &dyn std::error::Error| {
            Trouble::new(&troubles::KEYS, format!("{}: {error}", path.display()))
        };
        let pem = std::fs::read(&path).map_err(|error| refused(&error))?;
        let mut n_found = 0_usize;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| refused(&error))?;
            roots.add(certificate).map_err(|error| refused(&error))?;
            n_found += 1;
        }
        for list in CertificateRevocationListDer::pem_slice_iter(&pem) {
            lists.push(list.map_err(|error| refused(&error))?);
            n_found += 1;
        }
        if n_found == 0 {
            let detail = format!("{}: no certificate in PEM", path.display());
            return Err(Trouble::new(&troubles::KEYS, detail));
        }
    }
    Ok(lists)
}

/// The `.pem`, `.crt` and `.crl` files of the folder by name; none when there is no folder.
fn pem_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, Trouble> {
    let refused = |error: &std::io::Error| {
        Trouble::new(&troubles::KEYS, format!("{}: {error}", folder.display()))
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(&error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| refused(&error))?.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if ending.is_some_and(|ending| ["pem", "crt", "crl"].contains(&ending.as_str())) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The trouble behind a handshake that failed; `from` is who tried.
pub(crate) fn handshake_trouble(from: IpAddr, error: &std::io::Error) -> Trouble {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let kind = match cause {
        Some(rustls::Error::NoCertificatesPresented) => &troubles::NO_CERTIFICATE,
        Some(rustls::Error::InvalidCertificate(CertificateError::Revoked)) => {
            &troubles::CERTIFICATE_WITHDRAWN
        }
        Some(rustls::Error::InvalidCertificate(_)) => &troubles::CERTIFICATE_REFUSED,
        _ => &troubles::INTAKE,
    };
    Trouble::new(kind, format!("{from}: {error}"))
}

/// The name in a certificate that was accepted: its common name, else the first DNS name, else its fingerprint.
fn subject(certificate: &CertificateDer<'_>) -> String {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok();
    let name = parsed.and_then(|parsed| {
        let dns_name = || parsed.valid_dns_names().next().map(str::to_owned);
        common_name(parsed.subject()).or_else(dns_name)
    });
    let name = name.map(|name| readable(&name)).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("certificate-{}", Digest::of(certificate).short()))
}

/// The name as a source can carry it. What a sender without a certificate is called stays told apart: an address.
fn readable(name: &str) -> String {
    let fits = |letter: char| letter.is_alphanumeric() || letter.is_ascii_graphic();
    let mut readable = String::new();
    for letter in name.trim().chars().take(NAME_CHARS_MAX) {
        readable.push(if fits(letter) { letter } else { '_' });
    }
    if readable.parse::<IpAddr>().is_ok() || readable == "other" {
        return format!("cn={readable}");
    }
    readable
}

/// Refuses withdrawn certificates; else takes senders as the settings say: with an accepted certificate, or with and without one.
/// Then one that is not accepted is as good as none: the sender is taken in and goes by its address. That it holds the key of
/// what it shows is verified always.
#[derive(Debug)]
struct Doorkeeper {
    verifier: Arc<dyn ClientCertVerifier>,
    clients: TlsClients,
    withdrawn: Arc<Withdrawn>,
}

impl ClientCertVerifier for Doorkeeper {
    fn client_auth_mandatory(&self) -> bool {
        self.clients == TlsClients::Certificate
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if self.withdrawn.holds(&Digest::of(own)) {
            return Err(CertificateError::Revoked.into());
        }
        match self.clients {
            TlsClients::Certificate => self.verifier.verify_client_cert(own, intermediates, now),
            TlsClients::Any => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_certificate_cannot_pass_for_an_address() {
        assert_eq!(readable("fw-01"), "fw-01");
        assert_eq!(readable("病棟 3階"), "病棟_3階");
        assert_eq!(readable("10.0.0.5"), "cn=10.0.0.5");
        assert_eq!(readable("::1"), "cn=::1");
        assert_eq!(readable("other"), "cn=other");
        assert_eq!(readable("a\nb\u{202e}c"), "a_b_c");
        assert_eq!(readable(&"x".repeat(500)).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn a_sender_that_is_refused_is_told_apart_from_one_that_speaks_no_tls() {
        let code = |cause: rustls::Error| {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidData, cause);
            handshake_trouble(IpAddr::from([10, 0, 0, 5]), &error).kind.code
        };
        assert_eq!(code(rustls::Error::NoCertificatesPresented), "SK-NODE-027");
        let unknown = CertificateError::UnknownIssuer;
        assert_eq!(code(rustls::Error::InvalidCertificate(unknown)), "SK-NODE-028");
        assert_eq!(code(CertificateError::Revoked.into()), "SK-NODE-035");
        assert_eq!(code(rustls::Error::HandshakeNotComplete), "SK-NODE-009");
    }

    #[test]
    fn a_certificate_without_a_name_goes_by_its_fingerprint() {
        let nonsense = CertificateDer::from(b"no certificate".to_vec());
        assert!(subject(&nonsense).starts_with("certificate-"));
    }
}
