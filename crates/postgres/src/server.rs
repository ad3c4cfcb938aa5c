//! What a server must be set to.

use tokio_postgres::{Client, Error};

const SETTINGS: &str = "SELECT current_setting('fsync'), current_setting('full_page_writes'),
    current_setting('server_encoding')";

/// What they must be, in that order.
const NEEDED: [(&str, &str); 3] =
    [("fsync", "on"), ("full_page_writes", "on"), ("server_encoding", "UTF8")];

/// A setting with which a server would acknowledge what it does not keep, or could not hold Japanese.
#[derive(Debug, thiserror::Error)]
#[error("its setting {name} is {found} and must be {needed}")]
pub struct UnfitSetting {
    name: &'static str,
    found: String,
    needed: &'static str,
}

/// What must be changed before anything is kept on this server; `None` when it is fit.
///
/// # Errors
/// When the server does not say.
pub async fn unfit_setting(client: &Client) -> Result<Option<UnfitSetting>, Error> {
    let row = client.query_one(SETTINGS, &[]).await?;
    for (column, (name, needed)) in NEEDED.into_iter().enumerate() {
        let found: String = row.try_get(column)?;
        if found != needed {
            return Ok(Some(UnfitSetting { name, found, needed }));
        }
    }
    Ok(None)
}
