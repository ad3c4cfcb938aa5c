//! Rows of PostgreSQL as the ledger's own types.

use sakimori_words::{Digest, Instant};
use tokio_postgres::{Error, Row};

use crate::Head;
use crate::chain::Sealed;
use crate::engine::{HeadRow, PrivateRow};
use crate::plan::{Place, ShelfRow};

/// What is not a digest was not written by us, and the chain will say so.
fn digest(row: &Row, column: usize) -> Result<Digest, Error> {
    row.try_get::<_, &str>(column).map(|text| Digest::from_hex(text).unwrap_or_default())
}

fn natural(row: &Row, column: usize) -> Result<u64, Error> {
    row.try_get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

fn instant(row: &Row, column: usize) -> Result<Instant, Error> {
    row.try_get(column).map(Instant::from_micros)
}

/// A row of the journal.
pub(super) fn sealed(row: &Row) -> Result<Sealed, Error> {
    Ok(Sealed {
        seq: natural(row, 0)?,
        stream: row.try_get(1)?,
        kind: row.try_get(2)?,
        at: instant(row, 3)?,
        actor: row.try_get(4)?,
        body: row.try_get(5)?,
        puts: row.try_get(6)?,
        previous: digest(row, 7)?,
        digest: digest(row, 8)?,
    })
}

/// A row of the shelves.
pub(super) fn shelf(row: &Row) -> Result<ShelfRow, Error> {
    Ok(ShelfRow {
        shelf: row.try_get(0)?,
        key: row.try_get(1)?,
        version: natural(row, 2)?,
        at: instant(row, 3)?,
        body: row.try_get(4)?,
    })
}

/// A place and the version of the record there.
pub(super) fn version(row: &Row) -> Result<(Place, u64), Error> {
    Ok(((row.try_get(0)?, row.try_get(1)?), natural(row, 2)?))
}

/// Sequence number and puts of an entry.
pub(super) fn puts(row: &Row) -> Result<(u64, String), Error> {
    Ok((natural(row, 0)?, row.try_get(1)?))
}

/// A row of the private shelves.
pub(super) fn private(row: &Row) -> Result<PrivateRow, Error> {
    let expires_at = row.try_get::<_, Option<i64>>(3)?.map(Instant::from_micros);
    Ok(PrivateRow {
        shelf: row.try_get(0)?,
        key: row.try_get(1)?,
        body: row.try_get(2)?,
        expires_at,
    })
}

/// The head row.
pub(super) fn head(row: &Row) -> Result<HeadRow, Error> {
    let head = Head { seq: natural(row, 0)?, digest: digest(row, 1)? };
    Ok(HeadRow { head, importing: row.try_get::<_, i64>(2)? != 0 })
}
