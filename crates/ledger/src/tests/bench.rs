//! A store to try a story on: a file, a schema of a running server or memory, with a way to tamper behind the store's back.

use std::sync::Arc;

use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::{MemoryDisk, Store, open};

pub(super) enum Bench {
    Sqlite { folder: TempDir },
    Postgres { address: String },
    Memory { disk: MemoryDisk },
}

impl Bench {
    pub(super) fn sqlite() -> Self {
        Self::Sqlite { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn address(&self) -> String {
        match self {
            Self::Sqlite { folder } => {
                format!("sqlite:{}", folder.path().join("ledger.sqlite").display())
            }
            Self::Postgres { address } => address.clone(),
            Self::Memory { .. } => panic!("memory has no address"),
        }
    }

    pub(super) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory { disk } => disk.open().unwrap(),
            Self::Sqlite { .. } | Self::Postgres { .. } => open(&self.address()).await.unwrap(),
        }
    }

    /// Runs SQL as somebody with the engine's own tools would.
    pub(super) async fn tamper(&self, sql: &str) {
        match self {
            Self::Sqlite { folder } => {
                let path = folder.path().join("ledger.sqlite");
                rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
            }
            Self::Postgres { address } => {
                let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
                let connection = tokio::spawn(connection);
                client.batch_execute(sql).await.unwrap();
                drop(client);
                connection.await.unwrap().unwrap();
            }
            Self::Memory { .. } => panic!("nobody tampers with memory"),
        }
    }
}
