//! The machine's own certificate authority and the TLS it speaks with it.
//!
//! The CA is made once and kept; hospitals install it on their terminals (GPO) and in their log senders. The server's
//! certificate is made afresh at every start for the names in force then, so renaming a machine needs no ceremony.

mod distinguished_name;
pub(crate) mod grid;
pub(crate) mod senders;
pub(crate) mod withdrawn;

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sakimori_words::{Clock, Digest, Instant, Trouble, jst_date};
use zeroize::Zeroizing;

use crate::keys::Keys;
use crate::troubles;

/// An authority of a data folder.
struct Authority {
    /// What it is called in its certificate.
    name: &'static str,
    /// Files of its key, its certificate, and when that ends.
    files: [&'static str; 3],
    /// What those who trust it trust it for; everything when empty.
    usages: &'static [ExtendedKeyUsagePurpose],
}

/// The authority that terminals and devices know.
const OWN: Authority = Authority {
    name: "Sakimori local CA",
    files: ["ca.key.pem", "ca.pem", "ca.ends_at"],
    // Terminals that trust this CA shall trust it for servers only, never for programs or mail.
    usages: &[ExtendedKeyUsagePurpose::ServerAuth],
};

/// Days the CA is valid: ten years, longer than the machine it stands on.
const CA_DAYS: i64 = 3_650;

/// Days a server certificate is valid; the longest that browsers accept for new ones.
const SERVER_DAYS: i64 = 397;

/// What TLS needs and what others need to trust it.
pub(crate) struct Tls {
    /// The CA certificate to install elsewhere.
    pub(crate) ca_pem: String,
    /// The same as other organisations pin it at enrolment.
    pub(crate) ca_der: Vec<u8>,
    /// Server side for browsers, other organisations and log senders.
    pub(crate) server: Arc<ServerConfig>,
    /// When the CA ends; it has to be replaced and handed out again before.
    pub(crate) authority_ends_at: Instant,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// A certificate for somebody else, with what goes along with it. All in PEM.
pub(crate) struct IssuedCertificate {
    /// Their key; nobody keeps a copy.
    pub(crate) key_pem: Zeroizing<String>,
    /// Their certificate.
    pub(crate) certificate_pem: String,
    /// The authority, by which they recognise whom they talk to.
    pub(crate) authority_pem: String,
    /// Digest of the certificate, for the record.
    pub(crate) digest: Digest,
    /// When it ends: never later than the authority itself.
    pub(crate) ends_at: Instant,
}

/// Opens the CA, making it at the first start, and issues a server certificate for `names`.
///
/// # Errors
/// SK-NODE-006 when key files cannot be used or a name cannot stand in a certificate.
pub(crate) fn open(keys: &Keys, names: &[String], clock: &dyn Clock) -> Result<Tls, Trouble> {
    let (issuer, ca_pem, authority_ends_at) = OWN.open(keys, clock)?;
    let server_key = KeyPair::generate().map_err(refused)?;
    let certificate = server_params(names, clock.now(), clock.now().plus_days(SERVER_DAYS))
        .and_then(|params| params.signed_by(&server_key, &issuer));
    let chain = vec![certificate.map_err(refused)?.der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    let ca_der = CertificateDer::from_pem_slice(ca_pem.as_bytes())
        .map_err(|error| Trouble::because(&troubles::KEYS, &error))?
        .to_vec();
    let server = Arc::new(server_config(chain.clone(), key.clone_key())?);
    Ok(Tls { ca_pem, ca_der, server, authority_ends_at, chain, key })
}

/// Issues a certificate with which a device that sends logs is known as `name`, for `days`.
///
/// # Errors
/// SK-NODE-006 when the authority's files cannot be used or the name cannot stand in a certificate.
pub(crate) fn issue_for_sender(
    keys: &Keys,
    name: &str,
    days: u32,
    clock: &dyn Clock,
) -> Result<IssuedCertificate, Trouble> {
    OWN.issue(keys, days, clock, |now, ends_at| sender_params(name, now, ends_at))
}

/// Issues a certificate with which a proxy speaks TLS for this house under `names`, for `days`.
///
/// # Errors
/// SK-NODE-006 when the authority's files cannot be used or a name cannot stand in a certificate.
pub(crate) fn issue_for_proxy(
    keys: &Keys,
    names: &[String],
    days: u32,
    clock: &dyn Clock,
) -> Result<IssuedCertificate, Trouble> {
    OWN.issue(keys, days, clock, |now, ends_at| server_params(names, now, ends_at))
}

impl Authority {
    /// The authority, its certificate in PEM, and when it ends; made at the first call.
    fn open(
        &self,
        keys: &Keys,
        clock: &dyn Clock,
    ) -> Result<(Issuer<'static, KeyPair>, String, Instant), Trouble> {
        let (key, pem, ends_at) = self.files(keys, clock)?;
        let params = self.params(clock.now(), ends_at).map_err(refused)?;
        Ok((Issuer::new(params, key), pem, ends_at))
    }

    /// A certificate for a key that nobody keeps, for at most `days`.
    fn issue(
        &self,
        keys: &Keys,
        days: u32,
        clock: &dyn Clock,
        params: impl FnOnce(Instant, Instant) -> Result<CertificateParams, rcgen::Error>,
    ) -> Result<IssuedCertificate, Trouble> {
        let (issuer, authority_pem, authority_ends_at) = self.open(keys, clock)?;
        let now = clock.now();
        let key = KeyPair::generate().map_err(refused)?;
        let ends_at = now.plus_days(i64::from(days)).min(authority_ends_at);
        let certificate = params(now, ends_at)
            .and_then(|params| params.signed_by(&key, &issuer))
            .map_err(refused)?;
        Ok(IssuedCertificate {
            key_pem: Zeroizing::new(key.serialize_pem()),
            certificate_pem: certificate.pem(),
            authority_pem,
            digest: Digest::of(certificate.der()),
            ends_at,
        })
    }

    fn files(&self, keys: &Keys, clock: &dyn Clock) -> Result<(KeyPair, String, Instant), Trouble> {
        let [key, certificate, ends] = self.files;
        if let (Some(key), Some(pem), Some(ends_at)) =
            (keys.text(key)?, keys.text(certificate)?, keys.text(ends)?)
        {
            let ends_at = Instant::parse(ends_at.trim())
                .map_err(|error| Trouble::because(&troubles::KEYS, &error))?;
            return Ok((KeyPair::from_pem(&key).map_err(refused)?, pem.to_string(), ends_at));
        }
        let pair = KeyPair::generate().map_err(refused)?;
        let ends_at = clock.now().plus_days(CA_DAYS);
        let pem = self
            .params(clock.now(), ends_at)
            .and_then(|params| params.self_signed(&pair))
            .map_err(refused)?
            .pem();
        keys.write(key, pair.serialize_pem().as_bytes())?;
        keys.write(ends, ends_at.rfc3339().as_bytes())?;
        keys.write(certificate, pem.as_bytes())?;
        Ok((pair, pem, ends_at))
    }

    fn params(&self, now: Instant, ends_at: Instant) -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages = self.usages.to_vec();
        set_validity(&mut params, now.plus_days(-1), ends_at);
        Ok(params)
    }
}

/// Every name and address under which this machine may be asked for, without duplicates.
pub(crate) fn server_names(given: &[String], listen: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    if !listen.is_unspecified() {
        names.push(listen.to_string());
    }
    names.extend(given.iter().cloned());
    names.sort();
    names.dedup();
    names
}

fn server_params(
    names: &[String],
    now: Instant,
    ends_at: Instant,
) -> Result<CertificateParams, rcgen::Error> {
    end_params(names.to_vec(), "Sakimori", &[ExtendedKeyUsagePurpose::ServerAuth], now, ends_at)
}

fn sender_params(
    name: &str,
    now: Instant,
    ends_at: Instant,
) -> Result<CertificateParams, rcgen::Error> {
    // Also as a DNS name: RFC 5425 §5.2 prefers it, and some programs look nowhere else.
    let names = vec![name.to_owned()];
    end_params(names, name, &[ExtendedKeyUsagePurpose::ClientAuth], now, ends_at)
}

/// A certificate that issues no others.
fn end_params(
    names: Vec<String>,
    common_name: &str,
    usages: &[ExtendedKeyUsagePurpose],
    now: Instant,
    ends_at: Instant,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = usages.to_vec();
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now.plus_days(-1), ends_at);
    Ok(params)
}

fn set_validity(params: &mut CertificateParams, from: Instant, to: Instant) {
    let [(year, month, day), (last_year, last_month, last_day)] = [from, to].map(|at| {
        let date = jst_date(at);
        (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    });
    params.not_before = date_time_ymd(year, month, day);
    params.not_after = date_time_ymd(last_year, last_month, last_day);
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Trouble> {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(chain, key))
        .and_then(with_tickets)
        .map_err(|error| Trouble::because(&troubles::KEYS, &error))
}

/// Whoever was here takes up the session again by a ticket that only this process can read, so nothing is kept for each of a whole
/// country; with the keys in memory a restart begins anew. One ticket is enough for who dials once a minute.
fn with_tickets(mut config: ServerConfig) -> Result<ServerConfig, rustls::Error> {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = rustls::crypto::ring::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(config)
}

/// Has every connection prove anew who it is: a resumed one would outlive its certificate.
fn without_resumption(mut config: ServerConfig) -> ServerConfig {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

#[expect(clippy::needless_pass_by_value, reason = "a function to hand to map_err")]
fn refused(error: rcgen::Error) -> Trouble {
    Trouble::because(&troubles::KEYS, &error)
}
