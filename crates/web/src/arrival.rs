//! What a request says about itself before anybody knows who sent it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, REFERER};
use axum::http::{HeaderMap, Method, Uri, request};
use sakimori_words::Lang;

use crate::flash::Flash;
use crate::guard::LIVE_HEADER;
use crate::site::SiteSettings;
use crate::visit::agent_of;

/// Name of the language cookie; one for all sites of a machine, since it says nothing about anybody.
pub(crate) const LANGUAGE_COOKIE: &str = "sakimori_lang";

/// A request before its session is looked up.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) lang: Lang,
    /// Path and query, to come back to.
    pub(crate) here: String,
    pub(crate) path: String,
    /// Session token.
    pub(crate) token: Option<String>,
    /// Mark of a browser on which somebody has signed in before.
    pub(crate) device: Option<String>,
    /// The browser in its own words.
    pub(crate) agent: String,
    /// Whether the request changes nothing, so that the same address can be opened again.
    pub(crate) reads: bool,
    /// Whether our script fetches a page again by itself: nobody opened it.
    pub(crate) live: bool,
    /// Path and query of the page that led here, when it is one of ours.
    referer: Option<String>,
    pub(crate) flash: Option<Flash>,
    /// Address of the peer; `None` when the program that serves did not say.
    pub(crate) caller: Option<IpAddr>,
}

impl Arrival {
    pub(crate) fn read(parts: &request::Parts, settings: &SiteSettings) -> Self {
        let headers = &parts.headers;
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
        Self {
            lang: language(headers),
            here: here.to_owned(),
            path: parts.uri.path().to_owned(),
            token: cookie(headers, &settings.session_cookie()).map(str::to_owned),
            device: cookie(headers, &settings.device_cookie()).map(str::to_owned),
            agent: agent_of(parts),
            referer: referer(headers),
            live: headers.contains_key(LIVE_HEADER),
            reads: matches!(parts.method, Method::GET | Method::HEAD),
            flash: cookie(headers, &settings.flash_cookie()).and_then(Flash::from_cookie),
            caller: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()),
        }
    }

    /// Where to come back to after a detour: this page, or for a sent form the page it most likely stood on.
    pub(crate) fn return_path(&self) -> String {
        if self.reads {
            self.here.clone()
        } else {
            self.referer.clone().unwrap_or_else(|| "/today".to_owned())
        }
    }

    /// Whether the request is for `path` or something under it.
    pub(crate) fn is_under(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the answer is for a program rather than a person.
    pub(crate) fn is_api(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// The peer's address as text, for the throttle and the access record.
    pub(crate) fn caller_text(&self) -> String {
        self.caller.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
    }
}

/// The value of the first cookie called `name`.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(own, value)| (own == name).then_some(value))
}

/// Path and query of the page that led here. Only the path is taken, so a foreign page leads at most to a page of ours.
fn referer(headers: &HeaderMap) -> Option<String> {
    let uri: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    uri.path_and_query().map(|here| here.as_str().to_owned())
}

/// The chosen language, else the browser's first of the two, else Japanese.
fn language(headers: &HeaderMap) -> Lang {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(Lang::from_tag);
    let accepted = || {
        let line = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        line.split(',').find_map(|tag| Lang::from_tag(tag.trim()))
    };
    chosen.or_else(accepted).unwrap_or_default()
}
