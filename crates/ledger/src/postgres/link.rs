//! A connection that is made again when it is lost.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_postgres::{Client, Config, Error, NoTls, Statement};

use super::encryption::Tls;
use super::fault_of;
use crate::error::Fault;

/// A place to connect to, and the current connection to it.
pub(super) struct Link {
    config: Config,
    tls: Option<Tls>,
    session: Mutex<Option<Arc<Session>>>,
}

/// One connection with the statements it has prepared.
pub(super) struct Session {
    pub(super) client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
}

impl Link {
    pub(super) fn new(config: Config, tls: Option<Tls>) -> Self {
        Self { config, tls, session: Mutex::new(None) }
    }

    /// The current connection, or a new one when it was lost.
    pub(super) async fn session(&self) -> Result<Arc<Session>, Fault> {
        let mut current = self.session.lock().await;
        if let Some(session) = current.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(self.connect().await.map_err(fault_of)?);
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    /// A connection of one's own, for long work.
    pub(super) async fn own_session(&self) -> Result<Session, Fault> {
        self.connect().await.map_err(fault_of)
    }

    async fn connect(&self) -> Result<Session, Error> {
        let client = match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(serve(connection));
                client
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(serve(connection));
                client
            }
        };
        // `off` would acknowledge a commit before it is on disk. Stricter settings of the operator stay.
        client
            .batch_execute(
                "SELECT set_config('synchronous_commit', 'on', false)
                    WHERE current_setting('synchronous_commit') = 'off'",
            )
            .await?;
        Ok(Session { client, statements: Mutex::new(HashMap::new()) })
    }
}

/// Serves a connection until it ends.
async fn serve(connection: impl Future<Output = Result<(), Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(%error, "the connection to PostgreSQL was lost");
    }
}

impl Session {
    /// The statement, prepared once per connection.
    pub(super) async fn statement(&self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.lock().await.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.lock().await.insert(sql, statement.clone());
        Ok(statement)
    }
}
