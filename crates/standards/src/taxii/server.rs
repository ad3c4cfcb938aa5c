//! The answers of the server. Pure but for the shelf and the accounts: a request comes in as plain values, an answer goes out as such.

use std::fmt::Write as _;
use std::sync::Arc;

use sakimori_ledger::Store;
use sakimori_words::{Chance, Clock, Instant, OrganisationId};
use serde_json::{Value, json};

use super::shelf::{Filter, Page, Placed, Shelf, Versions, label};
use super::{Collection, MEDIA_TYPE, Proposals, ROOT, Reader, Readers};
use crate::stix;

/// Objects on a page when the client does not say, and the most it gets. More is cut without a word, as the standard wants.
pub const PAGE_OBJECTS_MAX: usize = 100;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// The path below the host, e.g. `/taxii2/`.
    pub path: String,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// The `Accept` header; empty when there is none.
    pub accept: String,
    /// The `Content-Type` header; empty when there is none.
    pub content_type: String,
    /// User name and password of HTTP Basic.
    pub basic: Option<(String, String)>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside the content type, which is always [`MEDIA_TYPE`].
    pub headers: Vec<(&'static str, String)>,
    /// The body; its kind is [`MEDIA_TYPE`], also when it is an error.
    pub body: Value,
    /// The account that asked, when it is one.
    pub reader: Option<Reader>,
}

/// The server of an organisation.
pub struct Server {
    shelf: Shelf,
    proposals: Proposals,
    readers: Readers,
}

/// Why there is no other answer.
enum Refusal {
    Unauthorized,
    Forbidden,
    NotFound,
    NotAcceptable,
    UnsupportedMediaType,
    MethodNotAllowed,
    BadRequest(&'static str),
    Unavailable,
}

impl Server {
    /// A server over the ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let shelf = Shelf::new(Arc::clone(&store), Arc::clone(&clock));
        let proposals = Proposals::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&chance));
        Self { shelf, proposals, readers: Readers::new(store, clock, chance) }
    }

    /// What it serves.
    #[must_use]
    pub const fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// What waits to be put on the shelf.
    #[must_use]
    pub const fn proposals(&self) -> &Proposals {
        &self.proposals
    }

    /// Whom it serves.
    #[must_use]
    pub const fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Answers a request in the name of an organisation. Who may see what is looked at here, at the time of the answer.
    pub async fn answer(
        &self,
        organisation: &OrganisationId,
        title: &str,
        request: &Request,
    ) -> Answer {
        let reader = match self.reader(request).await {
            Ok(reader) => reader,
            Err(refusal) => return refusal.answer(),
        };
        // The standard wants a title, and an office has no name before it is set up.
        let title = if title.trim().is_empty() { "Sakimori" } else { title };
        let call = Call { shelf: &self.shelf, organisation, title, request, reader: &reader };
        let answer = call.answer().await.unwrap_or_else(|refusal| refusal.answer());
        Answer { reader: Some(reader), ..answer }
    }

    async fn reader(&self, request: &Request) -> Result<Reader, Refusal> {
        let (name, token) = request.basic.as_ref().ok_or(Refusal::Unauthorized)?;
        let found = self.readers.recognise(name, token).await;
        found.map_err(|_| Refusal::Unavailable)?.ok_or(Refusal::Unauthorized)
    }
}

/// One request of a known account.
struct Call<'a> {
    shelf: &'a Shelf,
    organisation: &'a OrganisationId,
    title: &'a str,
    request: &'a Request,
    reader: &'a Reader,
}

impl Call<'_> {
    async fn answer(&self) -> Result<Answer, Refusal> {
        if !accepts(&self.request.accept) {
            return Err(Refusal::NotAcceptable);
        }
        if matches!(self.request.method.as_str(), "POST" | "PUT")
            && !is_taxii(&self.request.content_type)
        {
            return Err(Refusal::UnsupportedMediaType);
        }
        let steps: Vec<&str> =
            self.request.path.split('/').filter(|step| !step.is_empty()).collect();
        let Some(("taxii2", below)) = steps.split_first().map(|(first, rest)| (*first, rest))
        else {
            return Err(Refusal::NotFound);
        };
        match below {
            [] => self.read_only(self.discovery()),
            ["shared"] => self.read_only(self.root()),
            ["shared", "collections"] => self.read_only(self.collections()),
            ["shared", "collections", id, rest @ ..] => self.in_collection(id, rest).await,
            _ => Err(Refusal::NotFound),
        }
    }

    fn read_only(&self, body: Value) -> Result<Answer, Refusal> {
        match self.request.method.as_str() {
            "GET" | "HEAD" => Ok(answer(body)),
            _ => Err(Refusal::MethodNotAllowed),
        }
    }

    fn discovery(&self) -> Value {
        // Relative, because only the client knows by which name it reached us.
        json!({ "title": self.title, "default": ROOT, "api_roots": [ROOT] })
    }

    fn root(&self) -> Value {
        // Nothing is ever posted here, but the standard wants a length.
        json!({ "title": self.title, "versions": [MEDIA_TYPE], "max_content_length": 1_048_576 })
    }

    fn collections(&self) -> Value {
        let own = Collection::all(self.organisation);
        let seen = own.iter().filter(|one| self.reader.audience.sees(one.tlp));
        json!({ "collections": seen.map(|one| self.description(one)).collect::<Vec<_>>() })
    }

    fn description(&self, collection: &Collection) -> Value {
        json!({
            "id": collection.id,
            "title": format!("{} {}", self.title, collection.tlp.label()),
            "alias": collection.tlp.label().to_lowercase().replace([':', '+'], "-"),
            "can_read": true,
            "can_write": false,
            "media_types": [stix::MEDIA_TYPE],
        })
    }

    /// What lies in a collection. One that the account may not see is answered as one that is not there.
    async fn in_collection(&self, id: &str, rest: &[&str]) -> Result<Answer, Refusal> {
        let own = Collection::all(self.organisation);
        let known = own.into_iter().find(|one| one.id == id || self.alias_is(one, id));
        let collection = known.filter(|one| self.reader.audience.sees(one.tlp));
        let collection = collection.ok_or(Refusal::NotFound)?;
        let is_known = matches!(
            rest,
            [] | ["manifest"] | ["objects"] | ["objects", _] | ["objects", _, "versions"]
        );
        match (is_known, self.request.method.as_str()) {
            (false, _) => return Err(Refusal::NotFound),
            (true, "GET" | "HEAD") => {}
            (true, "POST" | "DELETE") if rest.first() == Some(&"objects") => {
                return Err(Refusal::Forbidden);
            }
            _ => return Err(Refusal::MethodNotAllowed),
        }
        match rest {
            [] => Ok(answer(self.description(&collection))),
            ["manifest"] => self.paged(&collection, None, "objects", manifest_entry).await,
            ["objects"] => self.paged(&collection, None, "objects", whole).await,
            ["objects", object] => self.paged(&collection, Some(object), "objects", whole).await,
            ["objects", object, "versions"] => {
                self.paged(&collection, Some(object), "versions", version).await
            }
            _ => Err(Refusal::NotFound),
        }
    }

    fn alias_is(&self, collection: &Collection, typed: &str) -> bool {
        self.description(collection).get("alias").and_then(Value::as_str) == Some(typed)
    }

    async fn paged(
        &self,
        collection: &Collection,
        object: Option<&str>,
        name: &str,
        show: fn(&Placed) -> Value,
    ) -> Result<Answer, Refusal> {
        let asked = Asked::of(&self.request.query, name == "versions")?;
        let filter = Filter {
            ids: object.map_or(asked.filter.ids, |id| vec![id.to_owned()]),
            ..asked.filter
        };
        let page = self.shelf.page(collection, &filter, asked.after, asked.limit).await;
        let mut page = page.map_err(|_| Refusal::Unavailable)?;
        if object.is_some()
            && page.placed.is_empty()
            && !self.is_there(collection, &filter.ids).await?
        {
            return Err(Refusal::NotFound);
        }
        let next = page.placed.last().map(|last| next_of(last.added_at));
        // The shelf refuses what is too narrow; what got there by another way is not served either.
        page.placed.retain(|placed| self.reader.audience.sees(label(&placed.object)));
        Ok(paged_answer(&page, next, name, show))
    }

    /// Whether any version of an object is there, whatever else was asked for.
    async fn is_there(&self, collection: &Collection, ids: &[String]) -> Result<bool, Refusal> {
        let versions = Versions { all: true, ..Filter::default().versions };
        let any = Filter { ids: ids.to_vec(), versions, ..Filter::default() };
        let page = self.shelf.page(collection, &any, None, 1).await;
        Ok(!page.map_err(|_| Refusal::Unavailable)?.placed.is_empty())
    }
}

/// What the query asks for.
struct Asked {
    filter: Filter,
    after: Option<Instant>,
    limit: usize,
}

impl Asked {
    fn of(query: &[(String, String)], all_versions: bool) -> Result<Self, Refusal> {
        let mut filter = Filter::default();
        filter.versions.all = all_versions;
        let (mut added_after, mut next, mut limit) = (None, None, PAGE_OBJECTS_MAX);
        for (name, value) in query {
            match name.as_str() {
                "match[id]" => filter.ids = listed(value),
                "match[type]" => filter.types = listed(value),
                "match[spec_version]" => filter.spec_versions = listed(value),
                "match[version]" if !all_versions => filter.versions = versions(value)?,
                "added_after" => added_after = Some(time(value)?),
                "next" => next = Some(place(value)?),
                "limit" => limit = number(value)?,
                // Filters we do not know: the standard has them ignored.
                _ => {}
            }
        }
        // A place among the pages goes on from where it was, with or without the time at which the reading began.
        Ok(Self { filter, after: next.max(added_after), limit })
    }
}

fn listed(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn versions(value: &str) -> Result<Versions, Refusal> {
    let mut versions = Versions { first: false, last: false, all: false, at: vec![] };
    for one in listed(value) {
        match one.as_str() {
            "first" => versions.first = true,
            "last" => versions.last = true,
            "all" => versions.all = true,
            _ => versions.at.push(time(&one)?),
        }
    }
    Ok(versions)
}

fn time(value: &str) -> Result<Instant, Refusal> {
    // A plus sign that was not encoded arrives as a space.
    Instant::parse(&value.replace(' ', "+"))
        .map_err(|_| Refusal::BadRequest("a time is not RFC 3339"))
}

fn number(value: &str) -> Result<usize, Refusal> {
    let number = value.parse::<u64>().ok().filter(|number| *number > 0);
    let number = number.ok_or(Refusal::BadRequest("limit is no positive number"))?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX).min(PAGE_OBJECTS_MAX))
}

/// A place among the pages: the time of the last object, in a form that nobody takes for one.
fn next_of(last: Instant) -> String {
    let mut text = String::from("p");
    let _ = write!(text, "{:x}", last.as_micros());
    text
}

fn place(value: &str) -> Result<Instant, Refusal> {
    let micros = value.strip_prefix('p').and_then(|hex| i64::from_str_radix(hex, 16).ok());
    micros.map(Instant::from_micros).ok_or(Refusal::BadRequest("next is none of ours"))
}

fn whole(placed: &Placed) -> Value {
    placed.object.clone()
}

fn manifest_entry(placed: &Placed) -> Value {
    json!({
        "id": placed.id, "date_added": placed.added_at.rfc3339(), "version": placed.version,
        "media_type": stix::MEDIA_TYPE,
    })
}

fn version(placed: &Placed) -> Value {
    json!(placed.version)
}

fn paged_answer(
    page: &Page,
    next: Option<String>,
    name: &str,
    show: fn(&Placed) -> Value,
) -> Answer {
    let mut body = json!({ "more": page.more });
    if let Some(fields) = body.as_object_mut() {
        // `more` without `next` would leave the client without a way on; with it, no object is met twice or missed.
        if let (true, Some(next)) = (page.more, next) {
            fields.insert("next".to_owned(), json!(next));
        }
        if !page.placed.is_empty() {
            fields.insert(name.to_owned(), page.placed.iter().map(show).collect());
        }
    }
    let added = |placed: Option<&Placed>| placed.map(|placed| placed.added_at.rfc3339());
    let first = added(page.placed.first()).map(|at| ("X-TAXII-Date-Added-First", at));
    let last = added(page.placed.last()).map(|at| ("X-TAXII-Date-Added-Last", at));
    Answer { headers: first.into_iter().chain(last).collect(), ..answer(body) }
}

const fn answer(body: Value) -> Answer {
    Answer { status: 200, headers: vec![], body, reader: None }
}

/// Whether the client takes what we send: TAXII 2.1, named, of any version, or anything at all.
fn accepts(accept: &str) -> bool {
    accept.split(',').any(|one| {
        let essence = one.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "*/*" | "application/*" => true,
            _ => is_taxii(one),
        }
    })
}

fn is_taxii(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_kind = parts.next().as_deref() == Some("application/taxii+json");
    let versions = parts.filter_map(|part| part.strip_prefix("version=").map(str::to_owned));
    is_kind && versions.into_iter().all(|version| version.trim_matches('"') == "2.1")
}

impl Refusal {
    fn answer(&self) -> Answer {
        let (status, title) = match self {
            Self::Unauthorized => (401, "Unauthorized"),
            Self::Forbidden => (403, "Collections here are read only"),
            Self::NotFound => (404, "Not found"),
            Self::NotAcceptable => (406, "The answer is application/taxii+json;version=2.1"),
            Self::UnsupportedMediaType => {
                (415, "The body is not application/taxii+json;version=2.1")
            }
            Self::MethodNotAllowed => (405, "Method not allowed"),
            Self::BadRequest(why) => (400, *why),
            Self::Unavailable => (503, "The shelf cannot be read now"),
        };
        let headers = match self {
            Self::Unauthorized => {
                vec![("WWW-Authenticate", "Basic realm=\"taxii\", charset=\"UTF-8\"".to_owned())]
            }
            Self::Unavailable => vec![("Retry-After", "30".to_owned())],
            Self::MethodNotAllowed => vec![("Allow", "GET".to_owned())],
            _ => vec![],
        };
        let body = json!({ "title": title, "http_status": status.to_string() });
        Answer { status, headers, body, reader: None }
    }
}

/// Reads any text as the parts of a request, for fuzzing: must return.
pub fn fuzz_query(text: &str) {
    let query: Vec<_> = text
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let _ = (Asked::of(&query, false).is_ok(), accepts(text), is_taxii(text));
}
