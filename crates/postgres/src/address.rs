//! Addresses of databases, and what they say about TLS.

use std::error::Error;
use std::path::PathBuf;

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
    /// The path of its authority has escapes that mean nothing.
    #[error("sslrootcert is not written as an address needs it")]
    Path,
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
fn unescaped(path: &str) -> Result<PathBuf, AddressError> {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(AddressError::Path)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| AddressError::Path)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map(PathBuf::from).map_err(|_| AddressError::Path)
}
