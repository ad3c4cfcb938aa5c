//! The doors through which other organisations come in: bytes in, bytes out, everything else is the post's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use sakimori_federation::{Door, EXCHANGE_BYTES_MAX, Post};
use sakimori_words::Trouble;
use serde_json::json;
use tokio::sync::{Notify, Semaphore};

/// What the doors need.
#[derive(Clone)]
pub(crate) struct Doors {
    /// The organisation's post.
    pub(crate) post: Arc<Post>,
    /// The certificate authority by which others recognise this server (DER); empty over plain loopback.
    pub(crate) authority: Arc<Vec<u8>>,
    /// Told when something came in.
    pub(crate) arrived: Arc<Notify>,
}

/// Longest enrolment request, in bytes; a real one has a few thousand.
const ENROLMENT_BYTES_MAX: usize = 64 << 10;

/// Exchanges read at the same time, so that senders cannot fill the memory with half-sent pages.
const READ_AT_ONCE_MAX: usize = 64;

/// How long one exchange may take to arrive. A slow sender gives its place back.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(20);

static READING: Semaphore = Semaphore::const_new(READ_AT_ONCE_MAX);

/// The doors of a hub.
pub(crate) fn routes(doors: Doors) -> Router {
    Router::new()
        .route(Door::Introduction.path(), post(introduce))
        .route(Door::Enrolment.path(), post(enrol))
        .route(Door::Exchange.path(), post(exchange))
        .route(Door::File.path(), post(file))
        .layer(DefaultBodyLimit::max(ENROLMENT_BYTES_MAX))
        .with_state(doors)
}

async fn introduce(State(doors): State<Doors>) -> Response {
    answer(Ok(doors.post.introduction(&doors.authority)))
}

async fn enrol(
    State(doors): State<Doors>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Bytes,
) -> Response {
    let result = doors.post.handle_enrolment(&request, &from.ip().to_string()).await;
    answer(result.map_err(|error| error.trouble()))
}

async fn exchange(State(doors): State<Doors>, request: Request) -> Response {
    let Some(request) = page(request.into_body()).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    let answered = doors.post.handle_exchange(&request).await;
    if answered.as_ref().is_ok_and(|answered| answered.n_received > 0) {
        doors.arrived.notify_one();
    }
    answer(answered.map(|answered| answered.bytes).map_err(|error| error.trouble()))
}

async fn file(State(doors): State<Doors>, request: Bytes) -> Response {
    match doors.post.handle_file(&request).await {
        Ok(part) => ([(header::CONTENT_TYPE, "application/octet-stream")], part).into_response(),
        Err(error) => answer(Err(error.trouble())),
    }
}

/// The bytes of an exchange, when they come in time and are not too many.
async fn page(body: Body) -> Option<Bytes> {
    let _place = READING.acquire().await.ok()?;
    let read = tokio::time::timeout(ARRIVAL_LIMIT, to_bytes(body, EXCHANGE_BYTES_MAX)).await;
    read.ok()?.ok()
}

/// The answer's bytes, or the trouble's code and particulars for the other organisation's screen.
fn answer(result: Result<Vec<u8>, Trouble>) -> Response {
    match result {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(trouble) => {
            let status =
                StatusCode::from_u16(trouble.kind.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(json!({ "code": trouble.kind.code, "detail": trouble.detail })))
                .into_response()
        }
    }
}
