//! The small interface for programs: reading only, within a signed-in session, described by OpenAPI.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use sakimori_identity::Action;
use sakimori_watch::{KeptFinding, Which};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::failure::{Answer, Failure};
use crate::ports::{LogProof, SearchCell, SearchLimits, SearchTable, Sight};
use crate::site::Site;
use crate::troubles;
use crate::visit::Visit;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/v1/openapi.json", get(description))
        .route("/api/v1/status", get(status))
        .route("/api/v1/findings", get(findings))
        .route("/api/v1/search", post(search))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sakimori",
        description = "Reading interface of one organisation's Sakimori. Uses the session cookie of a signed-in person; every look is in the access record."
    ),
    paths(status, findings, search),
    components(schemas(ApiTrouble))
)]
struct Description;

/// State of the log store.
#[derive(Serialize, ToSchema)]
struct ApiStatus {
    /// Events kept.
    events: u64,
    /// Bytes on disk.
    bytes: u64,
    /// Time of the oldest event kept, RFC 3339.
    oldest_at: Option<String>,
    /// Time of the newest event kept, RFC 3339.
    newest_at: Option<String>,
    /// Days events are kept.
    retention_days: u32,
    /// `not_checked`, `intact` or `altered`.
    proof: &'static str,
    /// Sources that have sent something.
    sources: Vec<ApiSource>,
}

/// One log source.
#[derive(Serialize, ToSchema)]
struct ApiSource {
    /// Its name.
    name: String,
    /// Events kept from it.
    events: u64,
    /// When the last one arrived, RFC 3339.
    last_event_at: Option<String>,
}

/// One finding that waits for somebody.
#[derive(Serialize, ToSchema)]
struct ApiFinding {
    /// Its id.
    id: String,
    /// Time of the last event behind it, RFC 3339.
    time: String,
    /// The rule that spoke.
    rule_id: String,
    /// `informational`, `low`, `medium`, `high` or `critical`.
    level: &'static str,
    /// What happened, in the language of the request.
    title: String,
    /// Machine.
    host: String,
    /// Account.
    user: String,
    /// Log source.
    source: String,
    /// How often it was found.
    count: u64,
}

/// A search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApiQuery {
    /// One reading SQL statement over the table `events`.
    sql: String,
    /// Most rows wanted, at most 5000.
    #[serde(default = "rows_by_default")]
    rows: usize,
    /// Whether patients are wanted instead of pseudonyms; asks for a fresh code and is recorded.
    #[serde(default)]
    patients: bool,
}

/// The answer to a search.
#[derive(Serialize, ToSchema)]
struct ApiTable {
    /// Column names.
    columns: Vec<String>,
    /// Rows; times are RFC 3339 text, numbers are text as the engine writes them, NULL is null.
    rows: Vec<Vec<Option<String>>>,
    /// Whether rows were cut.
    truncated: bool,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
struct ApiTrouble {
    /// Stable code, `SK-…`.
    code: String,
    /// What happened.
    what: String,
    /// What to do now.
    now: String,
    /// The particulars.
    detail: String,
    /// Number of the request in the log.
    request: String,
}

const ROWS_MAX: usize = 5_000;
const SEARCH_SECONDS: u64 = 30;
const FINDINGS_MAX: usize = 200;

const fn rows_by_default() -> usize {
    500
}

async fn description(State(_): State<Arc<Site>>, visit: Visit) -> Answer {
    visit.pass(Action::ViewToday, "openapi", "").await?;
    Ok(Json(Description::openapi()).into_response())
}

#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, body = ApiStatus), (status = 403, body = ApiTrouble)))]
async fn status(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "status", "").await?;
    let status = visit.site.lake.status().await?;
    let proof = match visit.site.lake.proof().await {
        LogProof::NotChecked => "not_checked",
        LogProof::Intact { .. } => "intact",
        LogProof::Altered { .. } => "altered",
        LogProof::Unproved { .. } => "unproved",
    };
    let source = |source: crate::ports::LogSource| ApiSource {
        name: source.name,
        events: source.events,
        last_event_at: source.last_event_at.map(sakimori_words::Instant::rfc3339),
    };
    let answer = ApiStatus {
        events: status.events,
        bytes: status.bytes,
        oldest_at: status.oldest_at.map(sakimori_words::Instant::rfc3339),
        newest_at: status.newest_at.map(sakimori_words::Instant::rfc3339),
        retention_days: status.retention_days,
        proof,
        sources: status.sources.into_iter().map(source).collect(),
    };
    Ok(Json(answer).into_response())
}

#[utoipa::path(get, path = "/api/v1/findings", responses((status = 200, body = Vec<ApiFinding>), (status = 403, body = ApiTrouble)))]
async fn findings(visit: Visit) -> Answer {
    visit.pass_personal(Action::ViewFindings, "findings", "", "api").await?;
    let kept = visit.site.findings.list(Which::Open, None, FINDINGS_MAX).await?;
    let finding = |kept: KeptFinding| ApiFinding {
        id: kept.finding.id.to_string(),
        time: kept.last_at.rfc3339(),
        level: kept.finding.level.as_str(),
        title: kept.finding.title.get(visit.lang()).to_owned(),
        rule_id: kept.finding.rule_id,
        host: kept.finding.host,
        user: kept.finding.user,
        source: kept.finding.source,
        count: kept.count,
    };
    Ok(Json(kept.into_iter().map(finding).collect::<Vec<_>>()).into_response())
}

#[utoipa::path(post, path = "/api/v1/search", request_body = ApiQuery, responses((status = 200, body = ApiTable), (status = 403, body = ApiTrouble), (status = 422, body = ApiTrouble)))]
async fn search(visit: Visit, body: bytes::Bytes) -> Answer {
    let query: ApiQuery = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(&troubles::UNREADABLE, error.to_string()))?;
    let purpose: String = query.sql.chars().take(500).collect();
    visit.pass_personal(Action::SearchLogs, "events", "", &purpose).await?;
    let sight = if query.patients {
        visit.pass_personal(Action::ViewPatients, "events", "", &purpose).await?;
        Sight::Full
    } else {
        Sight::Masked
    };
    let limits = SearchLimits { rows: query.rows.min(ROWS_MAX), seconds: SEARCH_SECONDS };
    let table = visit.site.search.sql(&query.sql, sight, limits).await?;
    Ok(Json(table_for_programs(table)).into_response())
}

fn table_for_programs(table: SearchTable) -> ApiTable {
    let cell = |cell: SearchCell| match cell {
        SearchCell::Empty => None,
        SearchCell::Number(text) | SearchCell::Text(text) => Some(text),
        SearchCell::Time(at) => Some(at.rfc3339()),
        SearchCell::Fields(_) => Some(cell.text()),
    };
    let rows = table.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    ApiTable { columns: table.columns, rows, truncated: table.truncated }
}
