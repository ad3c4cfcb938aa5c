//! TLS to a database on another machine: encrypted, and the server's certificate and name verified, or not at all.
//!
//! An address says it as PostgreSQL's own programs do: `?sslmode=verify-full&sslrootcert=/path/to/authority.pem`. There is no
//! encryption without verification: whoever can listen between two machines can also answer in the server's place.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::{TlsConnector, client};

use crate::LedgerError;

const NO_AUTHORITY: &str = "sslmode asks for TLS, but sslrootcert does not name the PEM file of the authority that issued the database's certificate";

/// What an address asks for.
pub(super) struct Asked {
    /// The place, for the client library.
    pub(super) config: Config,
    /// How to speak TLS with it; `None` in the clear.
    pub(super) tls: Option<Tls>,
}

/// Reads an address.
///
/// # Errors
/// When it is no PostgreSQL address, or asks for TLS without naming an authority that can be read.
pub(super) fn read(address: &str) -> Result<Asked, LedgerError> {
    let options = Options::taken_from(address)?;
    let not_understood = LedgerError::Address { why: "it is not a PostgreSQL address" };
    let mut config: Config = options.rest.parse().map_err(|_| not_understood)?;
    if !options.verified {
        return Ok(Asked { config, tls: None });
    }
    config.ssl_mode(SslMode::Require);
    let authority = options.authority.ok_or(LedgerError::Address { why: NO_AUTHORITY })?;
    Ok(Asked { config, tls: Some(Tls::trusting(&authority)?) })
}

/// The options of an address that the client library does not know, taken out of it.
struct Options {
    rest: String,
    verified: bool,
    authority: Option<PathBuf>,
}

impl Options {
    fn taken_from(address: &str) -> Result<Self, LedgerError> {
        let whole = Self { rest: address.to_owned(), verified: false, authority: None };
        let Some((place, query)) = address.split_once('?') else { return Ok(whole) };
        let mut options = Self { rest: String::new(), ..whole };
        let mut others = Vec::new();
        for option in query.split('&') {
            match option.split_once('=') {
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => {
                    options.verified = true;
                }
                Some(("sslrootcert", path)) => options.authority = Some(unescaped(path)?),
                _ => others.push(option),
            }
        }
        options.rest = match others.as_slice() {
            [] => place.to_owned(),
            others => format!("{place}?{}", others.join("&")),
        };
        Ok(options)
    }
}

/// A path as an address writes it: `%2F` is a slash.
fn unescaped(path: &str) -> Result<PathBuf, LedgerError> {
    let wrong =
        || LedgerError::Address { why: "sslrootcert is not written as an address needs it" };
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map(PathBuf::from).map_err(|_| wrong())
}

/// How to speak TLS with the database.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// With servers whose certificate one of the authorities in a PEM file has issued.
    fn trusting(authority: &Path) -> Result<Self, LedgerError> {
        let failed = |cause: Box<dyn std::error::Error + Send + Sync>| LedgerError::Open {
            place: authority.display().to_string(),
            cause: Arc::from(cause),
        };
        let pem = std::fs::read(authority).map_err(|error| failed(error.into()))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| failed(error.into()))?;
            roots.add(certificate).map_err(|error| failed(error.into()))?;
        }
        if roots.is_empty() {
            return Err(LedgerError::Address { why: NO_AUTHORITY });
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type TlsConnect = Named;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Named, InvalidDnsNameError> {
        let server = ServerName::try_from(domain.to_owned())?;
        Ok(Named { connector: self.0.clone(), server })
    }
}

/// TLS with the server of that name.
pub(super) struct Named {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Named {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { Ok(Encrypted(self.connector.connect(self.server, stream).await?)) })
    }
}

/// An encrypted connection.
pub(super) struct Encrypted<S>(client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        // The certificate itself was verified.
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(address: &str) -> (String, bool, Option<String>) {
        let options = Options::taken_from(address).unwrap();
        let authority = options.authority.map(|path| path.display().to_string());
        (options.rest, options.verified, authority)
    }

    #[test]
    fn what_an_address_says_about_tls_is_taken_out_of_it() {
        let plain = "postgres://db.example/sakimori?user=a&connect_timeout=5";
        assert_eq!(options(plain), (plain.to_owned(), false, None));
        let asked =
            "postgres://db.example/x?sslmode=verify-full&user=a&sslrootcert=%2Fetc%2Fca.pem";
        let expected =
            ("postgres://db.example/x?user=a".to_owned(), true, Some("/etc/ca.pem".to_owned()));
        assert_eq!(options(asked), expected);
        assert!(options("postgres://h/x?sslmode=require").1);
        assert!(!options("postgres://h/x?sslmode=prefer").1);
        for wrong in ["%", "%2", "%zz", "%ff", "%é"] {
            let address = format!("postgres://h/x?sslrootcert={wrong}");
            assert!(Options::taken_from(&address).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tls_without_an_authority_that_can_be_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate").unwrap();
        let refused =
            |more: &str| read(&format!("postgres://h/x?sslmode=verify-full{more}")).is_err();
        assert!(refused(""));
        assert!(refused("&sslrootcert=/not/there.pem"));
        assert!(refused(&format!("&sslrootcert={}", empty.display())));
    }
}
