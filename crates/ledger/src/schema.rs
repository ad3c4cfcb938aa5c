//! Tables and statements that both engines share.
//!
//! Whole numbers are signed 64-bit, times are microseconds since 1970 UTC, digests are hexadecimal text so that a person can
//! read them with the engine's own tools, JSON is text. Nothing relies on collation, triggers, or numbers given out by the
//! engine. Parameters are numbered in the order of their first use, which is the one spelling both engines read alike.

use crate::LedgerError;

/// Format of the tables this version writes. A store with a higher one is refused.
pub(crate) const FORMAT: u32 = 1;

const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS ledger_about (
        name {text} PRIMARY KEY,
        value {text} NOT NULL
    ){strict}",
    // One row: where the journal ends. On PostgreSQL it is also the lock that writers take in turn.
    "CREATE TABLE IF NOT EXISTS ledger_head (
        one {int} PRIMARY KEY CHECK (one = 1),
        seq {int} NOT NULL,
        digest {text} NOT NULL,
        importing {int} NOT NULL
    ){strict}",
    "CREATE TABLE IF NOT EXISTS ledger_journal (
        seq {int} PRIMARY KEY,
        stream {text} NOT NULL,
        kind {text} NOT NULL,
        at {int} NOT NULL,
        actor {text} NOT NULL,
        body {text} NOT NULL,
        puts {text} NOT NULL,
        previous {text} NOT NULL,
        digest {text} NOT NULL
    ){strict}",
    "CREATE INDEX IF NOT EXISTS ledger_journal_stream ON ledger_journal (stream, seq)",
    "CREATE TABLE IF NOT EXISTS ledger_shelf (
        shelf {text} NOT NULL,
        key {text} NOT NULL,
        version {int} NOT NULL,
        at {int} NOT NULL,
        body {text} NOT NULL,
        PRIMARY KEY (shelf, key)
    ){strict}",
    "CREATE TABLE IF NOT EXISTS ledger_private (
        shelf {text} NOT NULL,
        key {text} NOT NULL,
        body {text} NOT NULL,
        expires_at {int},
        PRIMARY KEY (shelf, key)
    ){strict}",
];

/// The statements that make the tables, for SQLite.
pub(crate) fn sqlite_tables() -> String {
    tables("INTEGER", "TEXT", " STRICT")
}

/// The statements that make the tables, for PostgreSQL. The "C" collation makes keys sort by their bytes, as on SQLite.
pub(crate) fn postgres_tables() -> String {
    tables("BIGINT", "TEXT COLLATE \"C\"", "")
}

fn tables(int: &str, text: &str, strict: &str) -> String {
    TABLES.join(";\n").replace("{int}", int).replace("{text}", text).replace("{strict}", strict)
}

pub(crate) const PUT_FORMAT: &str =
    "INSERT INTO ledger_about (name, value) VALUES ('format', $1) ON CONFLICT (name) DO NOTHING";
pub(crate) const FORMAT_FOUND: &str = "SELECT value FROM ledger_about WHERE name = 'format'";
pub(crate) const PUT_FIRST_HEAD: &str = "INSERT INTO ledger_head (one, seq, digest, importing)
    VALUES (1, 0, $1, 0) ON CONFLICT (one) DO NOTHING";

pub(crate) const HEAD: &str = "SELECT seq, digest, importing FROM ledger_head WHERE one = 1";
pub(crate) const PUT_HEAD: &str =
    "UPDATE ledger_head SET seq = $1, digest = $2, importing = $3 WHERE one = 1";

/// Columns of the journal, in the order rows are read.
pub(crate) const ENTRIES: &str = "SELECT seq, stream, kind, at, actor, body, puts, previous, digest
    FROM ledger_journal WHERE seq > $1 ORDER BY seq LIMIT $2";
pub(crate) const STREAM_ENTRIES: &str =
    "SELECT seq, stream, kind, at, actor, body, puts, previous, digest
    FROM ledger_journal WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3";

/// Only what they put.
pub(crate) const STREAM_PUTS: &str =
    "SELECT seq, puts FROM ledger_journal WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3";

/// Columns of the shelves, in the order rows are read.
pub(crate) const RECORD: &str =
    "SELECT shelf, key, version, at, body FROM ledger_shelf WHERE shelf = $1 AND key = $2";
/// Records at several places in one question; only PostgreSQL, where every question is a journey. Each is looked up by its key, whatever
/// the planner believes about the size of the table.
pub(crate) const RECORDS_AT: &str =
    "SELECT found.shelf, found.key, found.version, found.at, found.body
    FROM unnest($1::text[], $2::text[]) AS wanted (shelf, key)
    CROSS JOIN LATERAL (SELECT shelf, key, version, at, body FROM ledger_shelf
        WHERE shelf = wanted.shelf COLLATE \"C\" AND key = wanted.key COLLATE \"C\" LIMIT 1) AS found";
pub(crate) const VERSION: &str = "SELECT version FROM ledger_shelf WHERE shelf = $1 AND key = $2";
/// Versions at several places in one question; only PostgreSQL.
pub(crate) const VERSIONS_AT: &str = "SELECT found.shelf, found.key, found.version
    FROM unnest($1::text[], $2::text[]) AS wanted (shelf, key)
    CROSS JOIN LATERAL (SELECT shelf, key, version FROM ledger_shelf
        WHERE shelf = wanted.shelf COLLATE \"C\" AND key = wanted.key COLLATE \"C\" LIMIT 1) AS found";
pub(crate) const RECORDS_FROM: &str = "SELECT shelf, key, version, at, body FROM ledger_shelf
    WHERE shelf = $1 AND key >= $2 ORDER BY key LIMIT $3";
pub(crate) const RECORDS_AFTER: &str = "SELECT shelf, key, version, at, body FROM ledger_shelf
    WHERE shelf = $1 AND key > $2 ORDER BY key LIMIT $3";
pub(crate) const RECORDS_BETWEEN: &str = "SELECT shelf, key, version, at, body FROM ledger_shelf
    WHERE shelf = $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT $4";
pub(crate) const RECORDS_LATEST: &str = "SELECT shelf, key, version, at, body FROM ledger_shelf
    WHERE shelf = $1 ORDER BY key DESC LIMIT $2";
pub(crate) const RECORDS_BEFORE: &str = "SELECT shelf, key, version, at, body FROM ledger_shelf
    WHERE shelf = $1 AND key < $2 ORDER BY key DESC LIMIT $3";
pub(crate) const ALL_RECORDS: &str =
    "SELECT shelf, key, version, at, body FROM ledger_shelf ORDER BY shelf, key";
pub(crate) const COUNT: &str = "SELECT count(*) FROM ledger_shelf WHERE shelf = $1";
pub(crate) const CLEAR_SHELVES: &str = "DELETE FROM ledger_shelf";

pub(crate) const PRIVATE: &str =
    "SELECT shelf, key, body, expires_at FROM ledger_private WHERE shelf = $1 AND key = $2";
/// Secrets at several places in one question; only PostgreSQL.
pub(crate) const PRIVATES_AT: &str =
    "SELECT found.shelf, found.key, found.body, found.expires_at
    FROM unnest($1::text[], $2::text[]) AS wanted (shelf, key)
    CROSS JOIN LATERAL (SELECT shelf, key, body, expires_at FROM ledger_private
        WHERE shelf = wanted.shelf COLLATE \"C\" AND key = wanted.key COLLATE \"C\" LIMIT 1) AS found";
pub(crate) const PRIVATES: &str =
    "SELECT shelf, key, body, expires_at FROM ledger_private WHERE shelf = $1 ORDER BY key";
pub(crate) const PRIVATE_SHELVES: &str = "SELECT DISTINCT shelf FROM ledger_private ORDER BY shelf";
pub(crate) const PUT_PRIVATE: &str = "INSERT INTO ledger_private (shelf, key, body, expires_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (shelf, key) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at";
pub(crate) const REMOVE_PRIVATE: &str = "DELETE FROM ledger_private WHERE shelf = $1 AND key = $2";
pub(crate) const PURGE_PRIVATE: &str = "DELETE FROM ledger_private WHERE expires_at <= $1";

/// Whether this version reads a store of the format `found`.
pub(crate) fn check_format(found: &str) -> Result<(), LedgerError> {
    match found.parse::<u32>() {
        Ok(number) if number <= FORMAT => Ok(()),
        _ => Err(LedgerError::NewerFormat { found: found.to_owned(), known: FORMAT }),
    }
}
