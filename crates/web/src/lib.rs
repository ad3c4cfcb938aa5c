//! Screens, forms and the HTTP interface over the stages.
//!
//! Every answer goes the same way: session → gate → desk → page. A screen is one folder under `screens/`; its words are in
//! `words/{ja,en}/`. Nothing here decides anything about cases, warnings or logs: the stages do.

pub mod address;
mod api;
mod arrival;
mod assets;
pub mod chart;
pub mod failure;
pub mod flash;
pub mod form;
pub mod frame;
mod guard;
mod live;
mod members;
mod misp;
mod paper;
pub mod ports;
mod presence;
pub mod profile;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
mod screens;
pub mod site;
mod taxii;
pub mod tools;
mod traces;
mod troubles;
mod upload;
mod visit;
pub mod wording;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};

pub use failure::{Answer, Failure};
pub use guard::CONTENT_SECURITY;
pub use members::RegisteredMembers;
pub use presence::{Company, Presence};
pub use screens::mailing::{
    Addressing, Answering, MailText, is_mailed, letter_by_mail, matter_of, reminded_by_mail,
};
pub use screens::respond::readiness::paper as offline_copy;
pub use screens::warn::formats::advisory;
pub use site::{Side, Site, SiteSettings};
pub use troubles::TROUBLES;

/// The largest form a screen takes. Uploads have their own routes and limits.
const FORM_LIMIT_BYTES: usize = 256 * 1024;

/// All screens of one organisation.
///
/// Serve it with the peer's address (`ConnectInfo<SocketAddr>`), which the sign-in throttle and the access record use.
pub fn router(site: Arc<Site>) -> Router {
    let mut router =
        assets::routes().merge(api::routes()).merge(taxii::routes()).merge(misp::routes());
    for screen in screens::all() {
        router = router.merge((screen.routes)());
    }
    router
        .fallback(|| async { Failure::new(&troubles::NOT_FOUND, "") })
        .layer(from_fn(guard::refuse_other_origins))
        .layer(DefaultBodyLimit::max(FORM_LIMIT_BYTES))
        .layer(from_fn_with_state(Arc::clone(&site), guard::dress_troubles))
        .layer(from_fn_with_state(Arc::clone(&site), guard::watch_over))
        .with_state(site)
}

/// One entry per kind of untrusted input: takes any bytes, must return.
pub mod fuzz {
    use sakimori_words::Lang;

    use crate::flash::Flash;
    use crate::form::{Form, parse_time};

    /// A form's body, read by every kind of field.
    pub fn fuzz_form(bytes: &[u8]) {
        let mut form = Form::read(bytes);
        let names: Vec<String> =
            String::from_utf8_lossy(bytes).split(['&', '=']).map(str::to_owned).collect();
        for name in &names {
            let _ = (form.required(name, 10), form.number(name), form.date(name), form.time(name));
            let _ = form.choice(name, &[("a", 1)]);
        }
        let _: Vec<String> =
            form.problems().iter().map(|problem| problem.message(Lang::Ja)).collect();
    }

    /// The cookie of the sentence after a redirect.
    pub fn fuzz_flash(bytes: &[u8]) {
        let _ = Flash::from_cookie(&String::from_utf8_lossy(bytes))
            .and_then(|flash| flash.message(Lang::En));
    }

    /// A path to return to, and a date and time.
    ///
    /// # Panics
    /// When a path would lead to another site: that is what the fuzzer looks for.
    pub fn fuzz_text(bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let path = crate::address::local(&text);
        assert!(path.starts_with('/') && !path.starts_with("//"), "{path} leaves the site");
        let _ = parse_time(&text);
    }
}

#[cfg(test)]
mod tests;
