//! Where a database is and how it is spoken to.

use std::fmt;

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, NoTls, Socket};

use crate::AddressError;
use crate::address::Options;
use crate::encryption::Tls;

/// `off` would acknowledge a commit before it is on disk. Stricter settings of the operator stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'";

/// A database that may be connected to: on this machine, or over verified TLS.
#[derive(Clone)]
pub struct Place {
    config: Config,
    /// `None` in the clear.
    tls: Option<Tls>,
}

impl Place {
    /// The place of an address `postgres://…`. Connects to nothing.
    ///
    /// # Errors
    /// When it is no such address, asks for TLS without naming an authority that can be read, or leads to another machine in
    /// the clear.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        let options = Options::taken_from(address)?;
        let mut config: Config = options.rest.parse().map_err(|_| AddressError::NotPostgres)?;
        if !options.verified {
            refuse_network(&config)?;
            return Ok(Self { config, tls: None });
        }
        config.ssl_mode(SslMode::Require);
        let authority = options.authority.ok_or(AddressError::NoAuthority)?;
        Ok(Self { config, tls: Some(Tls::trusting(&authority)?) })
    }

    /// A new connection, whose commits are on disk when they are acknowledged. It is served until it ends.
    ///
    /// # Errors
    /// When the server cannot be reached, is not the one that the address names, or lets nobody in.
    pub async fn connect(&self) -> Result<Client, Error> {
        let client = match &self.tls {
            None => self.connect_over(NoTls).await?,
            Some(tls) => self.connect_over(tls.clone()).await?,
        };
        client.batch_execute(DURABLE).await?;
        Ok(client)
    }

    async fn connect_over<T>(&self, tls: T) -> Result<Client, Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self.config.connect(tls).await?;
        let place = self.to_string();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(place, %error, "the connection to the database was lost");
            }
        });
        Ok(client)
    }
}

impl fmt::Display for Place {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".to_owned(),
        };
        write!(f, "PostgreSQL {host}/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Place {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// What is not encrypted must not leave the machine: the ledger keeps verifiers and sessions there.
fn refuse_network(config: &Config) -> Result<(), AddressError> {
    let names_are_local = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    let addresses_are_local = config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
    if names_are_local && addresses_are_local { Ok(()) } else { Err(AddressError::InTheClear) }
}
