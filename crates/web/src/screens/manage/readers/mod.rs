//! Sharing with other people's tools: the TAXII server's collections, who may read them, letting an account in and shutting one out.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_standards::taxii::{
    Audience, By, Collection, DISCOVERY, NewReader, Reader, ReadersError, ShelfError,
};

use crate::failure::{Answer, fails_with};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::visit::{Visit, page};

fails_with!(ReadersError, ShelfError);

/// Longest name of an account, in characters.
const NAME_CHARS_MAX: usize = 64;

/// What an account can be, in the form, the most trusted last.
const AUDIENCES: [(&str, Audience); 4] = [
    ("public", Audience::Public),
    ("community", Audience::Community),
    ("client", Audience::Client),
    ("recipient", Audience::Recipient),
];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/readers", get(list).post(add)).route("/readers/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "screens/manage/readers/page.html")]
struct SharingPage {
    frame: Frame,
    form: Form,
    collections: Vec<CollectionLine>,
    readers: Vec<ReaderLine>,
    audiences: Vec<Choice>,
    path: &'static str,
    misp: &'static str,
    may_admit: bool,
}

struct CollectionLine {
    label: &'static str,
    id: String,
    count: u64,
    seen_by: String,
}

struct ReaderLine {
    reader: Reader,
    audience: String,
}

#[derive(Template)]
#[template(path = "screens/manage/readers/token.html")]
struct TokenPage {
    frame: Frame,
    made: NewReader,
    audience: String,
    path: &'static str,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "taxii_reader", "").await?;
    let mut form = Form::new();
    form.set("reader-audience", "community");
    draw(&visit, form).await
}

async fn add(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::Enrol, "taxii_reader", "").await?;
    let name = form.required("reader-name", NAME_CHARS_MAX);
    let audience = form.choice("reader-audience", &AUDIENCES);
    let (true, Some(audience)) = (form.fine(), audience) else { return draw(&visit, form).await };
    let problem = match visit.site.taxii.readers().add(&name, audience, by(&visit)).await {
        Ok(made) => return token_page(&visit, made).await,
        Err(ReadersError::Name { .. }) => "problem-reader-name",
        Err(ReadersError::Taken { .. }) => "problem-reader-taken",
        Err(other) => return Err(other.into()),
    };
    form.wrong("reader-name", Problem::new(problem));
    draw(&visit, form).await
}

async fn revoke(visit: Visit, form: Form) -> Answer {
    let name: String = form.text("name").chars().take(NAME_CHARS_MAX).collect();
    visit.pass(Action::Enrol, "taxii_reader", &name).await?;
    let reader = visit.site.taxii.readers().revoke(&name, by(&visit)).await?;
    visit.done("/readers", &Flash::new("flash-reader-revoked").with("name", reader.name))
}

fn by(visit: &Visit) -> By<'_> {
    By { person: &visit.principal.person, name: &visit.principal.name }
}

async fn draw(visit: &Visit, form: Form) -> Answer {
    let frame = visit.frame("readers-title").await;
    let mut collections = Vec::new();
    for collection in Collection::all(&visit.site.settings.organisation) {
        let count = visit.site.taxii.shelf().count(&collection).await?;
        collections.push(line(collection, count, &frame));
    }
    let readers = visit.site.taxii.readers().list().await?;
    let audience = |audience: Audience| frame.t(&word(audience));
    let readers = readers
        .into_iter()
        .map(|reader| ReaderLine { audience: audience(reader.audience), reader });
    page(&SharingPage {
        readers: readers.collect(),
        audiences: AUDIENCES.map(|(value, own)| Choice::new(value, audience(own))).to_vec(),
        path: DISCOVERY,
        misp: crate::misp::FEED,
        may_admit: visit.may(Action::Enrol),
        collections,
        form,
        frame,
    })
}

fn line(collection: Collection, count: u64, frame: &Frame) -> CollectionLine {
    let seen_by = Audience::ALL.into_iter().filter(|audience| audience.sees(collection.tlp));
    let seen_by: Vec<String> = seen_by.map(|audience| frame.t(&word(audience))).collect();
    let between = frame.t("readers-and");
    CollectionLine {
        label: collection.tlp.label(),
        seen_by: seen_by.join(&between),
        id: collection.id,
        count,
    }
}

fn word(audience: Audience) -> String {
    format!("audience-{}", audience.name())
}

async fn token_page(visit: &Visit, made: NewReader) -> Answer {
    let mut frame = visit.frame("readers-token-title").await;
    frame.narrow = true;
    let audience = frame.t(&word(made.reader.audience));
    page(&TokenPage { frame, made, audience, path: DISCOVERY })
}
