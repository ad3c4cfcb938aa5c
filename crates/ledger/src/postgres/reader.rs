//! Reading from PostgreSQL.

use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::gather::{Gather, Rows};
use super::link::{Link, Session};
use super::{fault_of, rows};
use crate::chain::Sealed;
use crate::check::Checker;
use crate::engine::{HeadRow, Page, PrivateRow, Reader};
use crate::error::Fault;
use crate::plan::{Place, ShelfRow};
use crate::{CheckReport, schema};

pub(super) struct PostgresReader {
    link: Arc<Link>,
    records: Gather<ShelfRow>,
    versions: Gather<(Place, u64)>,
    privates: Gather<PrivateRow>,
}

impl PostgresReader {
    pub(super) fn new(link: Link) -> Self {
        let link = Arc::new(link);
        let records = Rows {
            sql: schema::RECORDS_AT,
            read: rows::shelf,
            place: |row: &ShelfRow| (row.shelf.as_str(), row.key.as_str()),
        };
        let versions = Rows {
            sql: schema::VERSIONS_AT,
            read: rows::version,
            place: |((shelf, key), _): &(Place, u64)| (shelf.as_str(), key.as_str()),
        };
        let privates = Rows {
            sql: schema::PRIVATES_AT,
            read: rows::private,
            place: |row: &PrivateRow| (row.shelf.as_str(), row.key.as_str()),
        };
        Self {
            records: Gather::new(Arc::clone(&link), records),
            versions: Gather::new(Arc::clone(&link), versions),
            privates: Gather::new(Arc::clone(&link), privates),
            link,
        }
    }

    async fn rows(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        let session = self.link.session().await?;
        let statement = session.statement(sql).await.map_err(fault_of)?;
        session.client.query(&statement, values).await.map_err(fault_of)
    }

    async fn all<T>(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
        read: fn(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Fault> {
        self.rows(sql, values).await?.iter().map(|row| read(row).map_err(fault_of)).collect()
    }

    async fn first<T>(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
        read: fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Fault> {
        self.rows(sql, values).await?.first().map(read).transpose().map_err(fault_of)
    }
}

#[async_trait]
impl Reader for PostgresReader {
    async fn head(&self) -> Result<HeadRow, Fault> {
        let head = self.first(schema::HEAD, &[], rows::head).await?;
        head.ok_or_else(|| Fault::Damaged("the head row is gone".to_owned()))
    }

    async fn record(&self, shelf: &str, key: &str) -> Result<Option<ShelfRow>, Fault> {
        Ok(self.records.at(&[(shelf, key)]).await?.pop())
    }

    async fn version(&self, shelf: &str, key: &str) -> Result<Option<u64>, Fault> {
        Ok(self.versions.at(&[(shelf, key)]).await?.pop().map(|(_, version)| version))
    }

    async fn records_at(&self, places: &[(&str, &str)]) -> Result<Vec<ShelfRow>, Fault> {
        self.records.at(places).await
    }

    async fn records(
        &self,
        shelf: &str,
        page: Page<'_>,
        limit: i64,
    ) -> Result<Vec<ShelfRow>, Fault> {
        let (sql, key) = match page {
            Page::From(key) => (schema::RECORDS_FROM, key),
            Page::After(key) => (schema::RECORDS_AFTER, key),
            Page::Before(key) => (schema::RECORDS_BEFORE, key),
            Page::Between(key, end) => {
                let values: [&(dyn ToSql + Sync); 4] = [&shelf, &key, &end, &limit];
                return self.all(schema::RECORDS_BETWEEN, &values, rows::shelf).await;
            }
            Page::Latest => {
                return self.all(schema::RECORDS_LATEST, &[&shelf, &limit], rows::shelf).await;
            }
        };
        self.all(sql, &[&shelf, &key, &limit], rows::shelf).await
    }

    async fn count(&self, shelf: &str) -> Result<u64, Fault> {
        let count = self.first(schema::COUNT, &[&shelf], |row| row.try_get::<_, i64>(0)).await?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    async fn entries(
        &self,
        stream: Option<&str>,
        after: u64,
        limit: i64,
    ) -> Result<Vec<Sealed>, Fault> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        match stream {
            None => self.all(schema::ENTRIES, &[&after, &limit], rows::sealed).await,
            Some(stream) => {
                self.all(schema::STREAM_ENTRIES, &[&stream, &after, &limit], rows::sealed).await
            }
        }
    }

    async fn puts(
        &self,
        stream: &str,
        after: u64,
        limit: i64,
    ) -> Result<Vec<(u64, String)>, Fault> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.all(schema::STREAM_PUTS, &[&stream, &after, &limit], rows::puts).await
    }

    async fn private(&self, shelf: &str, key: &str) -> Result<Option<PrivateRow>, Fault> {
        Ok(self.privates.at(&[(shelf, key)]).await?.pop())
    }

    async fn privates(&self, shelf: &str) -> Result<Vec<PrivateRow>, Fault> {
        self.all(schema::PRIVATES, &[&shelf], rows::private).await
    }

    async fn private_shelves(&self) -> Result<Vec<String>, Fault> {
        self.all(schema::PRIVATE_SHELVES, &[], |row| row.try_get(0)).await
    }

    async fn check(&self) -> Result<CheckReport, Fault> {
        let session = self.link.own_session().await?;
        check(&session).await.map_err(fault_of)
    }
}

/// Reads everything in one transaction, so that commits made meanwhile do not look like damage.
async fn check(session: &Session) -> Result<CheckReport, Error> {
    let client = &session.client;
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let recorded = rows::head(&client.query_one(schema::HEAD, &[]).await?)?.head;
    let mut checker = Checker::new(recorded);
    let everything: [&(dyn ToSql + Sync); 2] = [&i64::MIN, &i64::MAX];
    let mut entries = pin!(client.query_raw(schema::ENTRIES, everything).await?);
    while let Some(row) = entries.try_next().await? {
        checker.entry(&rows::sealed(&row)?);
    }
    let nothing: [&(dyn ToSql + Sync); 0] = [];
    let mut records = pin!(client.query_raw(schema::ALL_RECORDS, nothing).await?);
    while let Some(row) = records.try_next().await? {
        checker.record(&rows::shelf(&row)?);
    }
    client.batch_execute("COMMIT").await?;
    Ok(checker.finish())
}
