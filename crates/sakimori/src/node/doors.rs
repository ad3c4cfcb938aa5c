//! The doors through which other organisations come in: bytes in, bytes out, everything else is the post's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
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
    let asks_again = answered.as_ref().is_ok_and(|answered| answered.more);
    let answered = answered.map(|answered| answered.bytes).map_err(|error| error.trouble());
    if asks_again { answer(answered) } else { farewell(answer(answered)) }
}

/// Hangs up after the answer. Whoever asks once a minute would keep a line open for nothing; a country of them takes all there are.
fn farewell(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
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

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use sakimori_federation::{Outgoing, SecretKey, Trust, Wire, WireError};
    use sakimori_testkit::{SeededChance, StepClock};
    use sakimori_words::{Instant, Organisation, OrganisationKind};
    use tower::ServiceExt as _;

    use super::*;

    /// A line to the doors of a hub, which notes whether the hub hung up after each answer.
    struct Line {
        doors: Router,
        hung_up: std::sync::Mutex<Vec<bool>>,
    }

    #[async_trait]
    impl Wire for Line {
        async fn ask(
            &self,
            _: &str,
            door: Door,
            _: &Trust,
            request: Vec<u8>,
        ) -> Result<Vec<u8>, WireError> {
            let mut request = Request::post(door.path()).body(Body::from(request)).unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
            let answer = self.doors.clone().oneshot(request).await.unwrap();
            let hung_up = answer.headers().get(header::CONNECTION).is_some_and(|it| it == "close");
            self.hung_up.lock().unwrap().push(hung_up);
            Ok(to_bytes(answer.into_body(), EXCHANGE_BYTES_MAX).await.unwrap().to_vec())
        }
    }

    async fn post_of(folder: &tempfile::TempDir, id: &str, kind: OrganisationKind) -> Arc<Post> {
        let ledger = format!("sqlite:{}", folder.path().join(id).display());
        let clock = StepClock::new(Instant::parse("2026-11-20T09:00:00+09:00").unwrap());
        let chance = SeededChance::new(id.len() as u64);
        let key = SecretKey::new(&chance);
        let me = Organisation {
            id: id.into(),
            kind,
            name: id.to_owned(),
            prefecture: None,
            institution: None,
        };
        let store = sakimori_ledger::open(&ledger).await.unwrap();
        Arc::new(Post::new(store, Arc::new(clock), Arc::new(chance), me, key))
    }

    #[tokio::test]
    async fn the_line_is_kept_while_more_waits_and_given_back_after_the_last_page() {
        let folder = tempfile::tempdir().unwrap();
        let office = post_of(&folder, "prefecture", OrganisationKind::Prefecture).await;
        let hospital = post_of(&folder, "hospital", OrganisationKind::Institution).await;
        let arrived = Arc::new(Notify::new());
        let doors = Doors { post: Arc::clone(&office), authority: Arc::default(), arrived };
        let line = Line { doors: routes(doors), hung_up: std::sync::Mutex::default() };
        let code = office.invite("officer", "みどり病院", None).await.unwrap().to_string();
        hospital.enrol_with("http://127.0.0.1:1", &code, "admin", &line).await.unwrap();
        line.hung_up.lock().unwrap().clear();
        for _ in 0..40 {
            let note = json!("a".repeat(60_000));
            office.send(Outgoing::new("hospital".into(), "test.note", note)).await.unwrap();
        }
        while hospital.exchange_once(&"prefecture".into(), &line).await.unwrap().more {}
        let hung_up = line.hung_up.lock().unwrap();
        let (last, before) = hung_up.split_last().unwrap();
        assert!(
            *last && !before.is_empty() && before.iter().all(|hung_up| !hung_up),
            "{hung_up:?}"
        );
    }
}
