//! Addresses of databases, and what they say about TLS.

use std::error::Error;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// Why an address is not used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It is not one of PostgreSQL.
    #[error("it is not a PostgreSQL address")]
    NotPostgres,
    /// It asks for TLS and does not name whom to believe.
    #[error(
        "sslmode asks for TLS, but sslrootcert does not name the PEM file of the authority that issued the database's certificate"
    )]
    NoAuthority,
    /// It names the authority's file in a way that no address is written.
    #[error("sslrootcert is not written as an address needs it")]
    Escapes,
    /// The authority that it names cannot be read.
    #[error("could not read the authority `{}`", path.display())]
    Authority {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// It leads to another machine, and asks for no TLS.
    #[error(
        "it is on another machine, and the connection would not be encrypted (sslmode=verify-full, sslrootcert)"
    )]
    InTheClear,
}

/// The options of an address that the client library does not know, taken out of it.
pub(crate) struct Options {
    /// The address without them.
    pub(crate) rest: String,
    /// Whether it asks for TLS.
    pub(crate) verified: bool,
    /// The PEM file of the authority to believe.
    pub(crate) authority: Option<PathBuf>,
}

impl Options {
    /// Takes them out of `address`.
    pub(crate) fn taken_from(address: &str) -> Result<Self, AddressError> {
        let (place, query) = address.split_once('?').unwrap_or((address, ""));
        let mut options = Self { rest: place.to_owned(), verified: false, authority: None };
        let mut joint = '?';
        for option in query.split('&') {
            match option.split_once('=') {
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => {
                    options.verified = true;
                }
                Some(("sslrootcert", path)) => options.authority = Some(unescaped(path)?),
                None if option.is_empty() => {}
                _ => {
                    options.rest.push(joint);
                    options.rest.push_str(option);
                    joint = '&';
                }
            }
        }
        Ok(options)
    }
}

/// A path as an address writes it: `%2F` is a slash.
fn unescaped(path: &str) -> Result<PathBuf, AddressError> {
    let is_escape = |part: &str| {
        part.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let decoded = percent_decode_str(path).decode_utf8().ok();
    let decoded = decoded.filter(|_| path.split('%').skip(1).all(is_escape));
    decoded.map(|path| PathBuf::from(&*path)).ok_or(AddressError::Escapes)
}
