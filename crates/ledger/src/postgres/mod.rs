//! The ledger in a PostgreSQL database.
//!
//! One task writes, with its own connection and the head row as lock, so several processes may share the database; reads are
//! pipelined over a second connection. Nothing needs more than PostgreSQL's plain SQL: no advisory locks, no LISTEN.

mod encryption;
mod link;
mod reader;
mod rows;
mod writer;

use std::sync::Arc;

use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Error};

use crate::engine::{Ledger, Reader as _};
use crate::error::Fault;
use crate::{Head, LedgerError, Store, schema};
use encryption::Asked;
use link::Link;

/// Opens the database at `address` and makes the tables when they are not there.
pub(crate) async fn open(address: &str) -> Result<Arc<dyn Store>, LedgerError> {
    let Asked { config, tls } = encryption::read(address)?;
    if tls.is_none() {
        refuse_network(&config)?;
    }
    let place = place_of(&config);
    let link = Link::new(config.clone(), tls.clone());
    let session = link.session().await.map_err(|fault| not_opened(&place, fault))?;
    check_server(&session.client).await?;
    create_tables(&session.client).await.map_err(|error| not_opened(&place, fault_of(error)))?;
    check_format(&session.client).await?;
    let reader = reader::PostgresReader::new(link);
    let head = reader.head().await?.usable()?;
    let (ledger, ends) = Ledger::new(Box::new(reader), head);
    tokio::spawn(writer::run(Link::new(config, tls), ends));
    Ok(Arc::new(ledger))
}

/// A connection that is not encrypted carries verifiers and sessions: it must not leave the machine.
fn refuse_network(config: &Config) -> Result<(), LedgerError> {
    let names_are_local = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    let addresses_are_local = config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
    if names_are_local && addresses_are_local {
        return Ok(());
    }
    let why = "it is on another machine, and the connection would not be encrypted (sslmode=verify-full, sslrootcert)".to_owned();
    Err(LedgerError::UnfitServer { why })
}

/// Where the database is, without credentials.
fn place_of(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => "localhost".to_owned(),
    };
    format!("PostgreSQL {host}/{}", config.get_dbname().unwrap_or_default())
}

/// Refuses a server that would acknowledge what it does not keep, or that cannot hold Japanese.
async fn check_server(client: &tokio_postgres::Client) -> Result<(), LedgerError> {
    let settings = "SELECT current_setting('fsync'), current_setting('full_page_writes'),
        current_setting('server_encoding')";
    let row = client.query_one(settings, &[]).await.map_err(fault_of)?;
    let needed = [("fsync", "on"), ("full_page_writes", "on"), ("server_encoding", "UTF8")];
    for (column, (name, needed)) in needed.into_iter().enumerate() {
        let found: String = row.try_get(column).map_err(fault_of)?;
        if found != needed {
            let why = format!("its setting {name} is {found} and must be {needed}");
            return Err(LedgerError::UnfitServer { why });
        }
    }
    Ok(())
}

async fn create_tables(client: &tokio_postgres::Client) -> Result<(), Error> {
    client.batch_execute(&schema::postgres_tables()).await?;
    client.execute(schema::PUT_FORMAT, &[&schema::FORMAT.to_string()]).await?;
    client.execute(schema::PUT_FIRST_HEAD, &[&Head::default().digest.to_string()]).await?;
    Ok(())
}

async fn check_format(client: &tokio_postgres::Client) -> Result<(), LedgerError> {
    let row = client.query_one(schema::FORMAT_FOUND, &[]).await.map_err(fault_of)?;
    let found: String = row.try_get(0).map_err(fault_of)?;
    schema::check_format(&found)
}

fn not_opened(place: &str, fault: Fault) -> LedgerError {
    match fault {
        Fault::Engine(cause) => LedgerError::Open { place: place.to_owned(), cause },
        other => other.into(),
    }
}

/// What an error of PostgreSQL means for the caller.
fn fault_of(error: Error) -> Fault {
    match error.code() {
        Some(code) if *code == SqlState::DISK_FULL => Fault::Full(Arc::new(error)),
        Some(code) if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
            Fault::Damaged(error.to_string())
        }
        _ => Fault::Engine(Arc::new(error)),
    }
}
