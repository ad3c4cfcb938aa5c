//! Records handed in over HTTP with a token: log records at `/intake/v1/events`, FHIR `AuditEvent`s at `/intake/v1/fhir`.
//!
//! A body is taken in as a whole or not at all, and the answer says which: 200 or 201 with `{"accepted": n}` when every record of it
//! is on the disk, anything else when none is. Nobody is held back here as over TCP: while the disk is full the sender is
//! told to come again, because programs that speak HTTP keep what was refused and give up on what hangs.
//!
//! The token is looked at before the body is read. Who has none learns nothing: a missing, an unknown and a revoked token are
//! answered alike.

mod body;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use sakimori_watch::sources::Context;
use sakimori_watch::{Sender, Senders};
use sakimori_words::{Event, Lang, Trouble, TroubleKind};
use serde_json::json;
use tokio::sync::Semaphore;

use self::body::Form;
use super::Pipeline;
use crate::troubles;

/// Bodies read at the same time. With [`body::BODY_BYTES_MAX`] each, they fit into the memory of a small machine.
const BODIES_MAX: usize = 8;

/// Of them, bodies of one sender: one program that sends slowly must not shut out the others.
const BODIES_OF_ONE_MAX: usize = 4;

/// How long a body waits for its turn before the sender is told to come again.
const TURN_LIMIT: Duration = Duration::from_secs(10);

/// After how many seconds a sender that was refused for the moment shall come again.
const AGAIN_AFTER_SECONDS: u16 = 30;

/// The door for HTTP senders.
pub(crate) struct HttpIntake {
    /// Not held: while answers are still running, the node must be able to stop.
    pipeline: Weak<Pipeline>,
    senders: Arc<Senders>,
    turns: Semaphore,
    held: Mutex<HashMap<String, usize>>,
}

/// How a refusal is answered: the trouble, and whether coming again helps.
struct Refusal {
    status: StatusCode,
    trouble: Trouble,
}

impl Refusal {
    /// Answered with the status that belongs to the trouble.
    fn of(trouble: Trouble) -> Self {
        let status = StatusCode::from_u16(trouble.kind.status);
        Self { status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), trouble }
    }

    fn new(kind: &'static TroubleKind, detail: impl Into<String>) -> Self {
        Self::of(Trouble::new(kind, detail))
    }

    /// The node cannot keep it now; the sender keeps it and comes again.
    const fn for_now(trouble: Trouble) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, trouble }
    }
}

impl HttpIntake {
    /// A door that takes in through `pipeline` what the known `senders` hand in.
    pub(crate) fn new(pipeline: &Arc<Pipeline>, senders: Arc<Senders>) -> Self {
        Self {
            pipeline: Arc::downgrade(pipeline),
            senders,
            turns: Semaphore::new(BODIES_MAX),
            held: Mutex::default(),
        }
    }

    /// Takes a body in; how many records it had. They are durable when this returns.
    async fn take(&self, headers: &HeaderMap, body: Body, form: Form) -> Result<usize, Refusal> {
        let sender = self.sender(headers).await?;
        let form = form.of(headers)?;
        let _place = self.place(&sender)?;
        let turn = tokio::time::timeout(TURN_LIMIT, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| busy("too many bodies at once"))?;
        let bytes = body::read(headers, body).await?;
        let pipeline = self.pipeline.upgrade().ok_or_else(|| busy("stopping"))?;
        let context = Context { source: sender.source(), received_at: pipeline.now() };
        let read = tokio::task::spawn_blocking(move || body::events(&bytes, form, &context)).await;
        let events =
            read.map_err(|error| Refusal::of(Trouble::because(&troubles::INTAKE, &error)))??;
        let n_events = events.len();
        keep(pipeline, events).await.map(|()| n_events)
    }

    async fn sender(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        let recognised = match token(headers) {
            Some(token) => self.senders.recognise(token).await,
            None => Ok(None),
        };
        recognised
            .map_err(|error| Refusal::for_now(error.trouble()))?
            .ok_or_else(|| Refusal::new(&troubles::SENDER_TOKEN, ""))
    }

    /// One of the places of that sender, given back when it is dropped.
    fn place(&self, sender: &Sender) -> Result<Place<'_>, Refusal> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let places = held.entry(sender.id.clone()).or_default();
        if *places >= BODIES_OF_ONE_MAX {
            let detail = format!("more than {BODIES_OF_ONE_MAX} at once from one sender");
            return Err(Refusal::new(&troubles::INTAKE_BUSY, detail));
        }
        *places += 1;
        Ok(Place { held: &self.held, sender: sender.id.clone() })
    }
}

struct Place<'a> {
    held: &'a Mutex<HashMap<String, usize>>,
    sender: String,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = held.get_mut(&self.sender) {
            *places = places.saturating_sub(1);
            if *places == 0 {
                held.remove(&self.sender);
            }
        }
    }
}

/// Makes the events durable, also when the sender goes away meanwhile: a write that was begun is shown to the detector.
async fn keep(pipeline: Arc<Pipeline>, events: Vec<Event>) -> Result<(), Refusal> {
    let kept = tokio::spawn(async move { pipeline.offer(events).await }).await;
    match kept {
        Ok(Ok(())) => Ok(()),
        Ok(Err(trouble)) if trouble.kind.code == troubles::BODY_TOO_LARGE.code => {
            Err(Refusal::of(trouble))
        }
        Ok(Err(trouble)) => Err(Refusal::for_now(trouble)),
        Err(error) => Err(Refusal::for_now(Trouble::because(&troubles::INTAKE, &error))),
    }
}

fn busy(why: &str) -> Refusal {
    Refusal::for_now(Trouble::new(&troubles::INTAKE_BUSY, why))
}

/// The token, as most programs send it (`Bearer`) or as those do that were made for Splunk.
fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let known = ["bearer", "splunk"].iter().any(|own| scheme.eq_ignore_ascii_case(own));
    known.then(|| token.trim())
}

/// The routes of the door.
pub(crate) fn routes(intake: Arc<HttpIntake>) -> Router {
    Router::new()
        .route("/intake/v1/events", post(events))
        // A FHIR server's base takes Bundles, the address of the type takes one resource; senders use either for both.
        .route("/intake/v1/fhir", post(audit_events))
        .route("/intake/v1/fhir/AuditEvent", post(audit_events))
        .with_state(intake)
}

async fn events(State(intake): State<Arc<HttpIntake>>, headers: HeaderMap, body: Body) -> Response {
    let taken = intake.take(&headers, body, Form::Records).await;
    answer(taken, StatusCode::OK, &headers)
}

async fn audit_events(
    State(intake): State<Arc<HttpIntake>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let taken = intake.take(&headers, body, Form::AuditEvents).await;
    answer(taken, StatusCode::CREATED, &headers)
}

fn answer(taken: Result<usize, Refusal>, good: StatusCode, headers: &HeaderMap) -> Response {
    match taken {
        Ok(accepted) => (good, Json(json!({ "accepted": accepted }))).into_response(),
        Err(refusal) => refuse(&refusal, lang(headers)),
    }
}

/// The refusal in the words of the sender's language. Nothing of the body was kept, which is what the sender has to know.
fn refuse(refusal: &Refusal, lang: Lang) -> Response {
    let Refusal { status, trouble } = refusal;
    let (code, detail) = (trouble.kind.code, trouble.detail.as_str());
    tracing::info!(code, status = status.as_u16(), "a body was refused");
    let body = json!({
        "accepted": 0,
        "code": code,
        "what": trouble.kind.what(lang),
        "now": trouble.kind.now(lang),
        "detail": detail,
    });
    let mut response = (*status, Json(body)).into_response();
    if *status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer realm=\"sakimori\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    }
    if matches!(*status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(AGAIN_AFTER_SECONDS));
    }
    response
}

fn lang(headers: &HeaderMap) -> Lang {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    wanted.and_then(Lang::from_tag).unwrap_or_default()
}
