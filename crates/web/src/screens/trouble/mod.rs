//! The page a trouble is shown on.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use sakimori_words::{Retry, Trouble};

use crate::arrival::Arrival;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit;

#[derive(Template)]
#[template(path = "screens/trouble/page.html")]
struct TroublePage<'a> {
    frame: Frame,
    code: &'a str,
    now: &'a str,
    call: &'a str,
    clause: String,
    detail: &'a str,
    request: &'a str,
    again: bool,
}

/// The error page. If even that cannot be drawn, the trouble is said as plain text.
pub(crate) async fn trouble_page(
    site: &Site,
    arrival: &Arrival,
    trouble: &Trouble,
    request: &str,
) -> Response {
    let lang = arrival.lang;
    let mut frame = visit::frame_for(site, arrival).await;
    trouble.kind.what(lang).clone_into(&mut frame.title);
    frame.narrow = true;
    let page = TroublePage {
        code: trouble.kind.code,
        now: trouble.kind.now(lang),
        call: trouble.kind.call(lang),
        clause: site.content.citation(trouble.kind.clause.split(", ")).get(lang).to_owned(),
        detail: &trouble.detail,
        request,
        again: trouble.kind.retry == Retry::Later,
        frame,
    };
    page.render()
        .map_or_else(|_| trouble.render(lang).into_response(), |text| Html(text).into_response())
}
