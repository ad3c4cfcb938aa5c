//! Fetching from servers that are none of ours: one GET over HTTPS, as far as the person says, and no further.
//!
//! Redirects are not followed, so that credentials go to the address a person gave and nowhere else.

use std::collections::BTreeMap;

use reqwest::{Certificate, Client, Proxy, Url};

use crate::HttpSettings;
use crate::http::is_loopback;

/// What is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetch {
    /// The address with its query.
    pub address: String,
    /// The `Accept` header.
    pub accept: String,
    /// User name and password of HTTP Basic.
    pub basic: Option<(String, String)>,
    /// The authorities (PEM) the server must be certified by; empty for those this machine trusts.
    pub authorities: Vec<u8>,
    /// Longest answer, in bytes.
    pub bytes_max: usize,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers by their names in lower case; those that are no text are left out.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address cannot be dialled.
    #[error("`{address}` is no address to fetch from: {what}")]
    BadAddress {
        /// As given.
        address: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The authorities are no certificates.
    #[error("the file of authorities holds no certificate in PEM")]
    Authorities,
    /// Nobody answered in time, the line broke, or the certificate is not to be trusted.
    #[error("`{address}` did not answer")]
    NoAnswer {
        /// Who was dialled.
        address: String,
        /// What the network said.
        #[source]
        cause: reqwest::Error,
    },
    /// The answer is too long.
    #[error("`{address}` answers with more than {limit_bytes} bytes")]
    TooLarge {
        /// Who was dialled.
        address: String,
        /// The limit.
        limit_bytes: usize,
    },
}

/// Fetches. Plain HTTP is spoken to this machine only.
///
/// # Errors
/// When nothing could be fetched; an answer that refuses is an answer.
pub async fn fetch(what: &Fetch, settings: &HttpSettings) -> Result<FetchedAnswer, FetchError> {
    let url = address(&what.address)?;
    let shown = url.origin().ascii_serialization();
    let no_answer = |cause: reqwest::Error| FetchError::NoAnswer {
        address: shown.clone(),
        cause: cause.without_url(),
    };
    let client = client(what, settings, &no_answer)?;
    let mut request = client.get(url).header("accept", &what.accept);
    if let Some((name, password)) = &what.basic {
        request = request.basic_auth(name, Some(password));
    }
    let mut answer = request.send().await.map_err(no_answer)?;
    let status = answer.status().as_u16();
    let headers = answer.headers().iter();
    let headers = headers
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let mut body: Vec<u8> = vec![];
    while let Some(part) = answer.chunk().await.map_err(no_answer)? {
        if body.len() + part.len() > what.bytes_max {
            return Err(FetchError::TooLarge { address: shown, limit_bytes: what.bytes_max });
        }
        body.extend_from_slice(&part);
    }
    Ok(FetchedAnswer { status, headers, body })
}

fn address(typed: &str) -> Result<Url, FetchError> {
    let bad = |what| FetchError::BadAddress { address: typed.to_owned(), what };
    let url = Url::parse(typed.trim()).map_err(|_| bad("it is no web address"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.host_str().is_some_and(is_loopback) => Ok(url),
        "http" => Err(bad("it is not encrypted and not this machine")),
        _ => Err(bad("it begins neither with https:// nor with http://")),
    }
}

fn client(
    what: &Fetch,
    settings: &HttpSettings,
    no_answer: &impl Fn(reqwest::Error) -> FetchError,
) -> Result<Client, FetchError> {
    // The first one to install a provider wins; ring is the only one this program is built with.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(std::time::Duration::from_secs(settings.connect_seconds))
        .timeout(std::time::Duration::from_secs(settings.answer_seconds));
    if !what.authorities.is_empty() {
        let authorities = Certificate::from_pem_bundle(&what.authorities);
        let authorities = authorities.map_err(|_| FetchError::Authorities)?;
        if authorities.is_empty() {
            return Err(FetchError::Authorities);
        }
        builder = builder.tls_certs_only(authorities);
    }
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(Proxy::all(proxy).map_err(no_answer)?);
    }
    builder.build().map_err(no_answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_travel_encrypted_or_not_at_all() {
        for fine in
            ["https://taxii.example/taxii2/", "http://127.0.0.1:15100/taxii2/", "http://[::1]/"]
        {
            assert!(address(fine).is_ok(), "{fine}");
        }
        for wrong in
            ["http://taxii.example/", "ftp://127.0.0.1/", "taxii.example", "file:///etc/passwd"]
        {
            assert!(matches!(address(wrong), Err(FetchError::BadAddress { .. })), "{wrong}");
        }
    }
}
