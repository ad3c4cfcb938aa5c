//! A browser small enough to read: keeps cookies, follows nothing by itself.
#![allow(dead_code, reason = "included by several test modules, none of which needs all of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use sakimori_identity::{Role, Side};
use sakimori_words::Lang;
use tower::ServiceExt as _;

use crate::sample::{self, Sample, XSS};
use crate::{Site, router};

/// The sample with its folder, which lasts as long as the test.
pub(crate) struct World {
    pub(crate) sample: Sample,
    _folder: tempfile::TempDir,
}

pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    lang: Lang,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

pub(crate) async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let node = sakimori_ledger::open(&open("node.sqlite")).await.unwrap();
    let hub = sakimori_ledger::open(&open("hub.sqlite")).await.unwrap();
    World { sample: sample::sample(node, hub).await.unwrap(), _folder: folder }
}

/// A site that nobody has set up.
pub(crate) async fn fresh(side: Side) -> (Arc<Site>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("fresh.sqlite").display());
    (sample::fresh(sakimori_ledger::open(&address).await.unwrap(), side).await.unwrap(), folder)
}

impl Browser {
    pub(crate) fn new(site: &Arc<Site>, lang: Lang) -> Self {
        Self { router: router(Arc::clone(site)), cookies: BTreeMap::new(), lang }
    }

    pub(crate) async fn signed_in(site: &Arc<Site>, role: Role, lang: Lang) -> Self {
        let mut browser = Self::new(site, lang);
        let token = sample::token(site, role).await.unwrap();
        browser.cookies.insert(site.settings.session_cookie(), token);
        browser
    }

    /// Somebody who is signed in with that session.
    pub(crate) fn with_token(site: &Arc<Site>, token: String, lang: Lang) -> Self {
        let mut browser = Self::new(site, lang);
        browser.cookies.insert(site.settings.session_cookie(), token);
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Sends a form as our own pages do.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body.finish()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8460")
            .header("accept", "text/html")
            .header("accept-language", self.lang.tag())
            .header("cookie", cookies.join("; "))
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Page {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        let bytes = to_bytes(body, 10_000_000).await.unwrap();
        Page {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Addresses of this site that the page links to.
    pub(crate) fn links(&self) -> Vec<String> {
        let hrefs = self.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        hrefs.filter(|href| href.starts_with('/')).map(unescape).collect()
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let main = self.text.split("<main").nth(1).unwrap_or_default();
        let rest = main
            .split(&start)
            .nth(1)
            .unwrap_or_else(|| panic!("no hidden field `{name}` in:\n{}", self.text));
        unescape(rest.split('"').next().unwrap())
    }

    pub(crate) fn has_script_of_strangers(&self) -> bool {
        self.text.contains(XSS)
            || self.text.contains("<script>")
            || self.text.contains("<img src=x")
    }
}

fn unescape(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
}
