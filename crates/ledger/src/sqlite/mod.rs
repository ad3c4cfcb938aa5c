//! The ledger in one SQLite file.
//!
//! Write-ahead log, flushed to disk at every commit (`synchronous=FULL`), tables with strict types, one thread that writes
//! and a few read-only connections beside it.

mod reader;
mod rows;
mod writer;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::engine::Ledger;
use crate::error::Fault;
use crate::{Head, LedgerError, Store, schema};

/// Opens or creates the file at `path`.
pub(crate) async fn open(path: &Path) -> Result<Arc<dyn Store>, LedgerError> {
    open_limited(path, None).await
}

/// The same, with a limit on the file's pages of 4 KiB, so that a test can fill the disk.
pub(crate) async fn open_limited(
    path: &Path,
    pages_max: Option<u32>,
) -> Result<Arc<dyn Store>, LedgerError> {
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        return Err(LedgerError::Address {
            why: "sqlite: must be followed by the path of a file".to_owned(),
        });
    }
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || open_now(&path, pages_max)).await;
    opened.map_err(|cause| LedgerError::Engine { cause: Arc::new(cause) })?
}

fn open_now(path: &Path, pages_max: Option<u32>) -> Result<Arc<dyn Store>, LedgerError> {
    let trouble = |cause| not_opened(path, cause);
    create_private_file(path).map_err(|cause| LedgerError::Open {
        place: path.display().to_string(),
        cause: Arc::new(cause),
    })?;
    let mut connection = writing_connection(path).map_err(trouble)?;
    create_tables(&mut connection).map_err(trouble)?;
    check_format(&connection).map_err(trouble)??;
    let head = rows::head(&connection).map_err(trouble)?.usable()?;
    sync_folder_of(path);
    if let Some(pages_max) = pages_max {
        connection.pragma_update(None, "max_page_count", pages_max).map_err(trouble)?;
    }
    start(path.to_owned(), connection, head)
}

fn start(path: PathBuf, connection: Connection, head: Head) -> Result<Arc<dyn Store>, LedgerError> {
    let place = path.display().to_string();
    let reader = reader::SqliteReader::new(path);
    let (ledger, ends) = Ledger::new(Box::new(reader), head);
    std::thread::Builder::new()
        .name("ledger-writer".to_owned())
        .spawn(move || writer::run(connection, ends))
        .map_err(|cause| LedgerError::Open { place, cause: Arc::new(cause) })?;
    Ok(Arc::new(ledger))
}

/// Makes the file readable by its owner only, before SQLite writes the first secret into it.
fn create_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A new file is only safe once its folder is on disk too. Where folders cannot be flushed, nothing better can be done.
fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let synced = File::open(folder.unwrap_or(Path::new("."))).and_then(|file| file.sync_all());
    if let Err(error) = synced {
        tracing::warn!(%error, "could not flush the folder of the ledger to disk");
    }
}

fn writing_connection(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    prepare(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Settings every connection has: patience with another process, and no trust in what the file says beyond data.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(&schema::sqlite_tables())?;
    transaction.execute(schema::PUT_FORMAT, [schema::FORMAT.to_string()])?;
    transaction.execute(schema::PUT_FIRST_HEAD, [Head::default().digest.to_string()])?;
    transaction.commit()
}

fn check_format(connection: &Connection) -> rusqlite::Result<Result<(), LedgerError>> {
    let found: String = connection.query_row(schema::FORMAT_FOUND, [], |row| row.get(0))?;
    Ok(schema::check_format(&found))
}

fn not_opened(path: &Path, cause: rusqlite::Error) -> LedgerError {
    match fault_of(cause) {
        Fault::Engine(cause) => LedgerError::Open { place: path.display().to_string(), cause },
        other => other.into(),
    }
}

/// What an error of SQLite means for the caller.
fn fault_of(error: rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Fault::Full(Arc::new(error)),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Fault::Damaged(error.to_string())
        }
        _ => Fault::Engine(Arc::new(error)),
    }
}
