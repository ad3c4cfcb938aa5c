//! What happens around every request: its number, its log line, the refusal of foreign origins, the security headers, and
//! the dressing of troubles in the visitor's language.

use std::sync::Arc;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sakimori_identity::{CROSS_SITE, RequestOrigin, same_origin};
use sakimori_words::{Trouble, TroubleKind, new_uuid7};

use crate::arrival::Arrival;
use crate::failure::{Failure, Undressed};
use crate::screens::trouble::trouble_page;
use crate::site::Site;
use crate::troubles;
use crate::visit::set_cookie;

/// The policy of every page: only own files, no inline code, no frames.
pub const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Sent by our script when it fetches a page again by itself.
pub(crate) const LIVE_HEADER: HeaderName = HeaderName::from_static("x-sakimori-live");

const REQUEST_NUMBER: HeaderName = HeaderName::from_static("x-request-id");

/// Numbers the request, answers it, adds the security headers and writes one log line without path values, query, person or body.
pub(crate) async fn watch_over(
    State(site): State<Arc<Site>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started_at = site.clock.now();
    let number = new_uuid7(started_at, site.chance.as_ref());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestNumber(number.clone()));
    let mut response = next.run(request).await;
    add_headers(response.headers_mut(), &number);
    let status = response.status().as_u16();
    let duration_ms = site.clock.now().micros_since(started_at) / 1_000;
    tracing::info!(%method, %route, status, duration_ms, request = %number, site = %site.settings.slug, "{method} {route} -> {status}");
    response
}

/// Refuses requests that change something and come from another site.
pub(crate) async fn refuse_other_origins(request: Request, next: Next) -> Response {
    if from_own_page(&request) {
        return next.run(request).await;
    }
    Failure::new(&CROSS_SITE, "").into_response()
}

/// Turns a trouble into a page (or JSON for the API) in the visitor's language, and logs it once.
pub(crate) async fn dress_troubles(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let arrival = Arrival::read(&parts, &site.settings);
    let number = parts.extensions.get::<RequestNumber>().cloned().unwrap_or_default();
    let wants_page = !arrival.is_api() && accepts_pages(&parts.headers);
    let drawn_for_reader = parts.method == Method::GET && !parts.headers.contains_key(LIVE_HEADER);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if arrival.flash.is_some() && drawn_for_reader && !response.status().is_redirection() {
        // The sentence was on this page; the next page shall not repeat it.
        set_cookie(&mut response, &site, &site.settings.flash_cookie(), "", Some(0));
    }
    let Some(trouble) = trouble_of(&mut response) else { return response };
    log(&trouble, &number);
    let status = response.status();
    let dressed = if wants_page {
        trouble_page(&site, &arrival, &trouble, &number.0).await
    } else {
        Json(for_programs(&trouble, &number, &arrival)).into_response()
    };
    (status, dressed).into_response()
}

/// The number of a request, for the log line and the error page.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestNumber(pub(crate) String);

fn add_headers(headers: &mut HeaderMap, number: &str) {
    let fixed = [
        (CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would then send `Origin: null` with forms and the origin check would refuse them.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), usb=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(number) = HeaderValue::from_str(number) {
        headers.insert(REQUEST_NUMBER, number);
    }
}

/// The trouble a handler ended with, or the one behind a bare refusal of the framework.
fn trouble_of(response: &mut Response) -> Option<Arc<Trouble>> {
    if let Some(Undressed(trouble)) = response.extensions_mut().remove::<Undressed>() {
        return Some(trouble);
    }
    let own_answer = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    let kind: &'static TroubleKind = match response.status() {
        _ if own_answer => return None,
        StatusCode::NOT_FOUND => &troubles::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED => &troubles::NOT_ALLOWED_METHOD,
        StatusCode::PAYLOAD_TOO_LARGE => &troubles::TOO_LARGE,
        status if status.is_client_error() => &troubles::UNREADABLE,
        status if status.is_server_error() => &troubles::NOT_DRAWN,
        _ => return None,
    };
    Some(Arc::new(Trouble::new(kind, "")))
}

fn log(trouble: &Trouble, number: &RequestNumber) {
    let (code, request) = (trouble.kind.code, &number.0);
    if trouble.kind.status >= 500 {
        tracing::warn!(code, request, detail = %trouble.detail, "{code}: {}", trouble.detail);
    } else {
        // The detail of a refused request can hold what a visitor typed, so it stays out of the log.
        tracing::info!(code, request, "{code}");
    }
}

fn for_programs(trouble: &Trouble, number: &RequestNumber, arrival: &Arrival) -> serde_json::Value {
    serde_json::json!({
        "code": trouble.kind.code,
        "what": trouble.kind.what(arrival.lang),
        "now": trouble.kind.now(arrival.lang),
        "detail": trouble.detail,
        "request": number.0,
    })
}

fn accepts_pages(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    accept.contains("text/html") || accept.contains("*/*")
}

fn from_own_page(request: &Request) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    same_origin(&RequestOrigin {
        method: request.method().as_str(),
        sec_fetch_site: text(HeaderName::from_static("sec-fetch-site")),
        origin: text(ORIGIN),
        host: text(HOST).or(authority),
    })
}
