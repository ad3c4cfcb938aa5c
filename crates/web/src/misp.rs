//! The MISP feed of an office: the same accounts as TAXII, and for each what its audience may see. It stands beside the screens.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sakimori_standards::misp;

use crate::failure::{Answer, Failure};
use crate::site::{Side, Site};
use crate::tools::Tools;
use crate::{taxii, troubles};

/// Where the feed lies, below the host.
pub(crate) const FEED: &str = "/misp/";

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/misp/{file}", get(file))
}

async fn file(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer {
    if site.settings.side != Side::Hub {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    }
    let Some((account, token)) = taxii::basic(taxii::text(&headers, &AUTHORIZATION)) else {
        return Ok(who_asks());
    };
    let Some(reader) = site.taxii.readers().recognise(&account, &token).await? else {
        return Ok(who_asks());
    };
    let mut items = Tools::of(&site).items().await?;
    items.retain(|item| item.last().is_some_and(|last| reader.audience.sees(last.tlp)));
    let file = misp::file(&items, &name).ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))?;
    let kind = if name.ends_with(".csv") { "text/csv" } else { "application/json" };
    tracing::info!(account = %reader.name, file = %name, "MISP: `{}` took {name}", reader.name);
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], file.bytes).into_response())
}

fn who_asks() -> Response {
    let ask = [(WWW_AUTHENTICATE, "Basic realm=\"MISP feed\", charset=\"UTF-8\"")];
    (StatusCode::UNAUTHORIZED, ask).into_response()
}
