//! The TAXII 2.1 server of an office: requests are handed to `sakimori_standards::taxii`, which knows accounts and audiences.
//!
//! It stands beside the screens and not behind their gate: who asks here is a program with an account and a token of its own, sees
//! what its audience may see, and there is nothing personal on the shelf.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode, request};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_standards::taxii;

use crate::failure::Failure;
use crate::site::{Side, Site};
use crate::troubles;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/taxii2/", any(answer)).route("/taxii2/{*below}", any(answer))
}

async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    if site.settings.side != Side::Hub {
        return Failure::new(&troubles::NOT_FOUND, "").into_response();
    }
    let (parts, _) = request.into_parts();
    let (organisation, me) = (&site.settings.organisation, site.post.me());
    let answer = site.taxii.answer(organisation, &me.name, &read(&parts)).await;
    if let Some(reader) = &answer.reader {
        let (account, status) = (&reader.name, answer.status);
        tracing::info!(%account, status, "TAXII: `{account}` was answered {status}");
    }
    response(&answer)
}

fn read(parts: &request::Parts) -> taxii::Request {
    let query = parts.uri.query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    taxii::Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        accept: text(&parts.headers, &ACCEPT).to_owned(),
        content_type: text(&parts.headers, &CONTENT_TYPE).to_owned(),
        basic: basic(text(&parts.headers, &AUTHORIZATION)),
    }
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// User name and password (RFC 7617).
pub(crate) fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, credentials) = authorization.split_once(' ')?;
    let bytes = STANDARD.decode(credentials.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (name.to_owned(), password.to_owned()))
}

fn response(answer: &taxii::Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(CONTENT_TYPE, taxii::MEDIA_TYPE)];
    let mut response = (status, kind, answer.body.to_string()).into_response();
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
