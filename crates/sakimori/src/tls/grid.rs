//! Certificates of the machines of a search grid: an authority of its own, because whoever is let in there can read the whole log.

use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose};
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sakimori_words::{Clock, Instant, Trouble};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{Authority, IssuedCertificate, end_params, without_resumption};
use crate::keys::Keys;
use crate::troubles;

/// The authority of one node's grid.
const GRID: Authority = Authority {
    name: "Sakimori grid CA",
    files: ["grid-ca.key.pem", "grid-ca.pem", "grid-ca.ends_at"],
    usages: &[],
};

/// The name that all members answer to: addresses change, and every member may do what any other may.
pub(crate) const MEMBER: &str = "member.grid.sakimori.internal";

/// The files of a member in its folder: its key, its certificate, the authority of all.
pub(crate) const FILES: [&str; 3] = ["member.key.pem", "member.pem", "grid-ca.pem"];

/// Issues a certificate for the machine called `name`, for `days`.
///
/// # Errors
/// SK-NODE-006 when the authority's files cannot be used or the name cannot stand in a certificate.
pub(crate) fn issue_for_member(
    keys: &Keys,
    name: &str,
    days: u32,
    clock: &dyn Clock,
) -> Result<IssuedCertificate, Trouble> {
    GRID.issue(keys, days, clock, |now, ends_at| params(name, now, ends_at))
}

fn params(name: &str, now: Instant, ends_at: Instant) -> Result<CertificateParams, rcgen::Error> {
    let usages = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    end_params(vec![MEMBER.to_owned()], name, &usages, now, ends_at)
}

/// Both sides of TLS as a member of the grid speaks it: each shows its certificate, and only members of this grid are heard.
pub(crate) struct MemberTls {
    /// For those who come.
    pub(crate) acceptor: TlsAcceptor,
    /// For going to others.
    pub(crate) connector: TlsConnector,
}

impl MemberTls {
    /// Reads the files of a member that lie in `folder`.
    ///
    /// # Errors
    /// SK-NODE-006 with the file when one of them cannot be used.
    pub(crate) fn open(folder: &Path) -> Result<Self, Trouble> {
        let [key, certificate, authority] = FILES.map(|name| folder.join(name));
        let chain = vec![certificate_in(&certificate)?];
        let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| refused(&key, &error))?;
        let mut roots = RootCertStore::empty();
        let root = certificate_in(&authority)?;
        roots.add(root).map_err(|error| refused(&authority, &error))?;
        let roots = Arc::new(roots);
        let unusable = |error: &dyn std::error::Error| refused(&certificate, error);
        let server =
            server(&roots, chain.clone(), key.clone_key()).map_err(|error| unusable(&*error))?;
        let client = client(roots, chain, key).map_err(|error| unusable(&error))?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
        })
    }
}

fn server(
    roots: &Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let provider = Arc::new(default_provider());
    let members =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider))
            .build()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(members)
        .with_single_cert(chain, key)?;
    Ok(without_resumption(config))
}

fn client(
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
}

fn certificate_in(path: &Path) -> Result<CertificateDer<'static>, Trouble> {
    CertificateDer::from_pem_file(path).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &dyn std::error::Error) -> Trouble {
    Trouble::new(&troubles::KEYS, format!("{}: {error}", path.display()))
}
