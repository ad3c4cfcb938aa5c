//! The stylesheet, the script and the icon: inside the program, addressed by their digest so that browsers may keep them.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use sakimori_words::Digest;

/// One file served to browsers.
pub(crate) struct Asset {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
    address: LazyLock<String>,
}

macro_rules! asset {
    ($path:literal, $kind:literal, $file:literal) => {
        Asset {
            path: $path,
            kind: $kind,
            text: include_str!($file),
            address: LazyLock::new(|| {
                format!("{}?v={}", $path, Digest::of(include_bytes!($file)).short())
            }),
        }
    };
}

pub(crate) static STYLESHEET: Asset =
    asset!("/assets/sakimori.css", "text/css; charset=utf-8", "assets/sakimori.css");
pub(crate) static SCRIPT: Asset =
    asset!("/assets/sakimori.js", "text/javascript; charset=utf-8", "assets/sakimori.js");
pub(crate) static ICON: Asset = asset!("/assets/icon.svg", "image/svg+xml", "assets/icon.svg");

impl Asset {
    /// Its address with the digest of its content.
    pub(crate) fn address(&'static self) -> &'static str {
        &self.address
    }

    #[cfg(test)]
    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }
}

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let mut router = Router::new();
    for asset in [&STYLESHEET, &SCRIPT, &ICON] {
        let headers =
            [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
        router = router
            .route(asset.path, get(move || async move { (headers, asset.text).into_response() }));
    }
    router
}
