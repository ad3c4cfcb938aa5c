//! Rows of SQLite as the ledger's own types.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};
use sakimori_words::{Digest, Instant};

use crate::chain::Sealed;
use crate::engine::{HeadRow, PrivateRow};
use crate::plan::ShelfRow;
use crate::{Head, schema};

/// Texts are read leniently: what is not UTF-8 or not a digest was not written by us, and the chain will say so.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => String::new(),
    })
}

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    Ok(Digest::from_hex(&text(row, column)?).unwrap_or_default())
}

fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    row.get(column).map(Instant::from_micros)
}

/// A row of the journal.
pub(super) fn sealed(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed {
        seq: natural(row, 0)?,
        stream: text(row, 1)?,
        kind: text(row, 2)?,
        at: instant(row, 3)?,
        actor: text(row, 4)?,
        body: text(row, 5)?,
        puts: text(row, 6)?,
        previous: digest(row, 7)?,
        digest: digest(row, 8)?,
    })
}

/// A row of the shelves.
pub(super) fn shelf(row: &Row<'_>) -> rusqlite::Result<ShelfRow> {
    Ok(ShelfRow {
        shelf: text(row, 0)?,
        key: text(row, 1)?,
        version: natural(row, 2)?,
        at: instant(row, 3)?,
        body: text(row, 4)?,
    })
}

/// The version of the record at a place.
pub(super) fn version(
    connection: &Connection,
    shelf: &str,
    key: &str,
) -> rusqlite::Result<Option<u64>> {
    let mut statement = connection.prepare_cached(schema::VERSION)?;
    statement.query_row([shelf, key], |row| natural(row, 0)).optional()
}

/// Sequence number and puts of an entry.
pub(super) fn puts(row: &Row<'_>) -> rusqlite::Result<(u64, String)> {
    Ok((natural(row, 0)?, text(row, 1)?))
}

/// A row of the private shelves.
pub(super) fn private(row: &Row<'_>) -> rusqlite::Result<PrivateRow> {
    let expires_at = row.get::<_, Option<i64>>(3)?.map(Instant::from_micros);
    Ok(PrivateRow { shelf: text(row, 0)?, key: text(row, 1)?, body: text(row, 2)?, expires_at })
}

/// The head row.
pub(super) fn head(connection: &Connection) -> rusqlite::Result<HeadRow> {
    connection.prepare_cached(schema::HEAD)?.query_row([], |row| {
        let head = Head { seq: natural(row, 0)?, digest: digest(row, 1)? };
        Ok(HeadRow { head, importing: row.get::<_, i64>(2)? != 0 })
    })
}

/// All rows of a statement.
pub(super) fn all<T>(
    statement: &mut CachedStatement<'_>,
    values: impl rusqlite::Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    statement.query_map(values, read)?.collect()
}

/// Every entry of the journal in order, one at a time.
pub(super) fn each_entry(
    connection: &Connection,
    each: &mut dyn FnMut(Sealed),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(schema::ENTRIES)?;
    let mut rows = statement.query(params![i64::MIN, i64::MAX])?;
    while let Some(row) = rows.next()? {
        each(sealed(row)?);
    }
    Ok(())
}
