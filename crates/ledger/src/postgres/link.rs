//! A connection that is made again when it is lost.

use std::collections::HashMap;
use std::sync::Arc;

use sakimori_postgres::Place;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Error, Statement};

use super::fault_of;
use crate::error::Fault;

/// A place to connect to, and the current connection to it.
pub(super) struct Link {
    place: Place,
    session: Mutex<Option<Arc<Session>>>,
}

/// One connection with the statements it has prepared.
pub(super) struct Session {
    pub(super) client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
}

impl Link {
    pub(super) fn new(place: Place) -> Self {
        Self { place, session: Mutex::new(None) }
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
        let client = self.place.connect().await?;
        Ok(Session { client, statements: Mutex::new(HashMap::new()) })
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
