//! The wire over HTTPS. A hub is recognised by the certificate authority it named at enrolment, and by nothing else.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Certificate, Client, Proxy, Url};
use serde::Deserialize;

use crate::exchange::EXCHANGE_BYTES_MAX;
use crate::wire::{Door, Trust, Wire, WireError};

/// How the wire dials. The binary reads these from its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Longest wait for a connection, in seconds.
    pub connect_seconds: u64,
    /// Longest wait for a whole answer, in seconds.
    pub answer_seconds: u64,
    /// The hospital's proxy, e.g. `http://proxy.local:8080`; none is guessed from the environment.
    pub proxy: Option<String>,
}

/// Ten seconds to connect, sixty for an answer, no proxy.
pub const HTTP_SETTINGS: HttpSettings =
    HttpSettings { connect_seconds: 10, answer_seconds: 60, proxy: None };

/// Dials hubs over HTTPS, and over plain HTTP only on this machine.
#[derive(Debug)]
pub struct HttpWire {
    settings: HttpSettings,
    /// One client for each certificate authority; connections are kept in it.
    clients: Mutex<BTreeMap<Vec<u8>, Client>>,
}

impl HttpWire {
    /// A wire with these settings.
    #[must_use]
    pub fn new(settings: HttpSettings) -> Self {
        // The first one to install a provider wins; ring is the only one this program is built with.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { settings, clients: Mutex::default() }
    }

    fn client(&self, address: &str, trust: &Trust) -> Result<Client, WireError> {
        let Trust::Authority(authority) = trust else {
            // The introduction carries a public key whose fingerprint the enrolment code carries; nothing secret is sent.
            return self
                .build(self.builder(address)?.tls_danger_accept_invalid_certs(true), address);
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(authority) {
            return Ok(client.clone());
        }
        let mut builder = self.builder(address)?;
        if !authority.is_empty() {
            let certificate = Certificate::from_der(authority).map_err(|cause| {
                WireError::OtherCertificate { address: address.to_owned(), cause: cause.into() }
            })?;
            // The hub's own authority issues for the hub only, so any name in its certificate is the hub: addresses of
            // hubs change, and a node must not lose its hub over a renamed host.
            builder =
                builder.tls_certs_only([certificate]).tls_danger_accept_invalid_hostnames(true);
        }
        let client = self.build(builder, address)?;
        clients.insert(authority.clone(), client.clone());
        Ok(client)
    }

    fn builder(&self, address: &str) -> Result<reqwest::ClientBuilder, WireError> {
        let builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(self.settings.connect_seconds))
            .timeout(Duration::from_secs(self.settings.answer_seconds));
        let Some(proxy) = &self.settings.proxy else { return Ok(builder) };
        let proxy = Proxy::all(proxy).map_err(|cause| no_answer(address, cause))?;
        Ok(builder.proxy(proxy))
    }

    #[expect(clippy::unused_self, reason = "reads as a step of `client`")]
    fn build(&self, builder: reqwest::ClientBuilder, address: &str) -> Result<Client, WireError> {
        builder.build().map_err(|cause| no_answer(address, cause))
    }
}

#[async_trait]
impl Wire for HttpWire {
    async fn ask(
        &self,
        address: &str,
        door: Door,
        trust: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let url = door_url(address, door, trust)?;
        let client = self.client(address, trust)?;
        let asked = client.post(url).header("content-type", "application/json").body(request);
        let mut answer = asked.send().await.map_err(|cause| failure(address, cause))?;
        let status = answer.status();
        let mut body: Vec<u8> = vec![];
        while let Some(part) = answer.chunk().await.map_err(|cause| failure(address, cause))? {
            if body.len() + part.len() > EXCHANGE_BYTES_MAX {
                return Err(WireError::TooLarge {
                    address: address.to_owned(),
                    limit_bytes: EXCHANGE_BYTES_MAX,
                });
            }
            body.extend_from_slice(&part);
        }
        if status.is_success() { Ok(body) } else { Err(refused(status.as_u16(), &body)) }
    }
}

/// The address of a door, if the hub's address may be dialled at all.
fn door_url(address: &str, door: Door, trust: &Trust) -> Result<Url, WireError> {
    let bad = |what| WireError::BadAddress { address: address.to_owned(), what };
    let base = Url::parse(address.trim()).map_err(|_| bad("it is no web address"))?;
    let on_this_machine = base.host_str().is_some_and(is_loopback);
    match base.scheme() {
        "https" if *trust == Trust::Authority(vec![]) => {
            return Err(bad("its certificate authority is not known"));
        }
        "https" => {}
        "http" if on_this_machine => {}
        "http" => return Err(WireError::NotEncrypted { address: address.to_owned() }),
        _ => return Err(bad("it begins neither with https:// nor with http://")),
    }
    base.join(door.path()).map_err(|_| bad("it is no web address"))
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn no_answer(address: &str, cause: reqwest::Error) -> WireError {
    WireError::NoAnswer { address: address.to_owned(), cause: Box::new(cause.without_url()) }
}

/// Tells a wrong certificate from a line that is down: the first is an alarm, the second is Tuesday.
fn failure(address: &str, cause: reqwest::Error) -> WireError {
    if is_certificate_error(&cause) {
        let cause = Box::new(cause.without_url());
        return WireError::OtherCertificate { address: address.to_owned(), cause };
    }
    no_answer(address, cause)
}

fn is_certificate_error(error: &(dyn Error + 'static)) -> bool {
    if matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
        return true;
    }
    // An I/O error names the cause of what it wraps as its source and skips what it wraps.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|inner| is_certificate_error(inner))
        || error.source().is_some_and(is_certificate_error)
}

fn refused(status: u16, body: &[u8]) -> WireError {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        code: String,
        detail: String,
    }
    let said: Said = serde_json::from_slice(body).unwrap_or_default();
    let clip = |text: String| text.chars().filter(|c| !c.is_control()).take(300).collect();
    WireError::Refused { status, code: clip(said.code), detail: clip(said.detail) }
}

#[cfg(test)]
mod tests;
