//! The ledger in a PostgreSQL database.
//!
//! One task writes, with its own connection and the head row as lock, so several processes may share the database: what waits is
//! worked out together and written by a handful of statements. Reads go over a second connection, those of single records together. Nothing needs more than PostgreSQL's plain SQL: no advisory locks, no LISTEN.

mod batch;
mod gather;
mod link;
mod reader;
mod rows;
mod writer;

use std::sync::Arc;

use sakimori_postgres::{AddressError, Place};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use crate::engine::{Ledger, Reader as _};
use crate::error::Fault;
use crate::{Head, LedgerError, Store, schema};
use link::Link;

/// Opens the database at `address` and makes the tables when they are not there.
pub(crate) async fn open(address: &str) -> Result<Arc<dyn Store>, LedgerError> {
    let place = Place::at(address).map_err(refused)?;
    let link = Link::new(place.clone());
    let session = link.session().await.map_err(|fault| not_opened(&place, fault))?;
    check_server(&session.client).await?;
    create_tables(&session.client).await.map_err(|error| not_opened(&place, fault_of(error)))?;
    check_format(&session.client).await?;
    let reader = reader::PostgresReader::new(link);
    let head = reader.head().await?.usable()?;
    let (ledger, ends) = Ledger::new(Box::new(reader), head);
    tokio::spawn(writer::run(Link::new(place), ends));
    Ok(Arc::new(ledger))
}

/// Refuses a server that would acknowledge what it does not keep, or that cannot hold Japanese.
async fn check_server(client: &Client) -> Result<(), LedgerError> {
    match sakimori_postgres::unfit_setting(client).await.map_err(fault_of)? {
        Some(setting) => Err(LedgerError::UnfitServer { why: setting.to_string() }),
        None => Ok(()),
    }
}

async fn create_tables(client: &Client) -> Result<(), Error> {
    client.batch_execute(&schema::postgres_tables()).await?;
    client.execute(schema::PUT_FORMAT, &[&schema::FORMAT.to_string()]).await?;
    client.execute(schema::PUT_FIRST_HEAD, &[&Head::default().digest.to_string()]).await?;
    Ok(())
}

async fn check_format(client: &Client) -> Result<(), LedgerError> {
    let row = client.query_one(schema::FORMAT_FOUND, &[]).await.map_err(fault_of)?;
    let found: String = row.try_get(0).map_err(fault_of)?;
    schema::check_format(&found)
}

fn refused(error: AddressError) -> LedgerError {
    match error {
        AddressError::Authority { path, cause } => {
            LedgerError::Open { place: path.display().to_string(), cause: cause.into() }
        }
        AddressError::InTheClear => LedgerError::UnfitServer { why: error.to_string() },
        _ => LedgerError::Address { why: error.to_string() },
    }
}

fn not_opened(place: &Place, fault: Fault) -> LedgerError {
    match fault {
        Fault::Engine(cause) => LedgerError::Open { place: place.to_string(), cause },
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
