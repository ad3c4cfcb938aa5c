//! Review of accesses to patients' records (アクセス記録の点検): the months, the ranked list of one with its samples, the signature.
//!
//! Patients stand there by pseudonym. Who may see them opens one on the page of an item, which asks for a code and is recorded.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_watch::By;
use sakimori_watch::access_review::{
    Item, ItemKind, NOTE_CHARS_MAX, Review, ReviewError, VerdictKind, parse_month,
};
use sakimori_words::{Date, Instant, jst_date};

use crate::failure::{Answer, fails_with};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Frame, Lamp};
use crate::paper;
use crate::ports::Paper;
use crate::site::Site;
use crate::visit::{Visit, page};

mod document;
mod item;

fails_with!(ReviewError);

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/record-access", get(list).post(make))
        .route("/record-access/{month}", get(show))
        .merge(paper::beside("/record-access/{month}/review", &get(file)))
        .route("/record-access/{month}/sign", post(sign))
        .route("/record-access/{month}/{number}", get(item::show).post(item::judge))
}

#[derive(Template)]
#[template(path = "screens/logs/access_review/list.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    reviews: Vec<ReviewLine>,
    lists: Vec<ListLine>,
    last: Option<String>,
}

struct ReviewLine {
    month: String,
    lamp: Lamp,
    state: String,
    accesses: u64,
    explained: String,
    n_items: u32,
}

/// Lists of one kind that count.
struct ListLine {
    kind: String,
    count: usize,
    newest: String,
}

#[derive(Template)]
#[template(path = "screens/logs/access_review/month.html")]
struct MonthPage {
    frame: Frame,
    form: Form,
    review: Review,
    explained: String,
    shares: Vec<(String, u64)>,
    parts: Vec<Part>,
    waiting: usize,
    signed: Option<Signed>,
    may_sign: bool,
    ready: bool,
}

/// The items of one kind.
struct Part {
    title: String,
    ranked: bool,
    lines: Vec<ItemLine>,
}

struct ItemLine {
    address: String,
    number: u32,
    points: u32,
    day: Date,
    who: String,
    patient: String,
    why: Vec<String>,
    verdict: String,
}

struct Signed {
    by_name: String,
    at: Instant,
    judged_too: bool,
    note: String,
    verdicts: String,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::ReviewAccess, "access_review", "").await?;
    let mut form = visit.query();
    if form.text("review-month").is_empty() {
        form.set("review-month", last_month(visit.site.clock.now()));
    }
    list_page(&visit, form).await
}

async fn list_page(visit: &Visit, form: Form) -> Answer {
    let frame = visit.frame("record-access-title").await;
    let reviews = visit.site.access_reviews.list().await?;
    let last = reviews.iter().find(|review| review.signature.is_some()).map(|review| {
        let at = review.signature.as_ref().map(|own| own.at).unwrap_or_default();
        frame.with2("record-access-last", "month", &review.month, "day", frame.day(at))
    });
    let lists = lists(visit, &frame).await?;
    let reviews = reviews.iter().map(|review| review_line(review, &frame)).collect();
    page(&ListPage { reviews, lists, last, form, frame })
}

async fn lists(visit: &Visit, frame: &Frame) -> Result<Vec<ListLine>, crate::failure::Failure> {
    let names = visit.site.record_accesses.lists().await?;
    let line = |kind: sakimori_watch::access_review::ListKind| {
        let of_kind: Vec<&String> =
            names.iter().filter(|(own, _)| *own == kind).map(|(_, name)| name).collect();
        ListLine {
            kind: kind.label().get(frame.lang).to_owned(),
            count: of_kind.len(),
            newest: of_kind.last().map_or_else(String::new, |name| (*name).clone()),
        }
    };
    Ok(sakimori_watch::access_review::ListKind::ALL.into_iter().map(line).collect())
}

fn review_line(review: &Review, frame: &Frame) -> ReviewLine {
    let (lamp, state) = match &review.signature {
        Some(own) => (Lamp::Good, frame.with("record-access-signed-by", "name", &own.by_name)),
        None => (Lamp::Look, frame.t("record-access-open")),
    };
    ReviewLine {
        month: review.month.clone(),
        lamp,
        state,
        accesses: review.accesses,
        explained: percent(review),
        n_items: review.n_items,
    }
}

/// Goes through a month and keeps what it came to.
async fn make(visit: Visit, mut form: Form) -> Answer {
    let written = form.required("review-month", 7);
    let month = parse_month(&written);
    if month.is_none() && !written.is_empty() {
        form.wrong("review-month", Problem::new("problem-review-month"));
    }
    let Some(month) = month.filter(|_| form.fine()) else {
        visit.look(Action::ReviewAccess, "access_review", "").await?;
        return list_page(&visit, form).await;
    };
    visit.pass_personal(Action::ReviewAccess, "access_review", &written, "make").await?;
    let run = visit.site.record_accesses.run(month).await?;
    let port = &visit.site.record_accesses;
    let pseudonym = |patient: &str| port.pseudonym(patient);
    let review = visit.site.access_reviews.keep(run, &pseudonym, by(&visit)).await?;
    let told = Flash::new("flash-record-access-made").with("count", review.n_items);
    visit.done(&format!("/record-access/{}", review.month), &told)
}

async fn show(visit: Visit, Path(month): Path<String>) -> Answer {
    visit.pass_personal(Action::ReviewAccess, "access_review", short(&month), "").await?;
    month_page(&visit, &month, Form::new()).await
}

async fn month_page(visit: &Visit, month: &str, form: Form) -> Answer {
    let (review, items) = visit.site.access_reviews.get(month).await?;
    let mut frame = visit.frame("record-access-title").await;
    frame.title = frame.with("record-access-month", "month", &review.month);
    let kinds = [ItemKind::Candidate, ItemKind::SampleUnexplained, ItemKind::SampleExplained];
    page(&MonthPage {
        parts: kinds.map(|kind| part(kind, &items, &frame)).into(),
        explained: percent(&review),
        shares: shares(&review, &frame),
        waiting: items.iter().filter(|item| item.waits()).count(),
        signed: signed(&review, &frame),
        may_sign: visit.may(Action::SignAccessReview),
        ready: visit.is_ready_for(Action::SignAccessReview),
        review,
        form,
        frame,
    })
}

/// The month as a file, for the inspection.
async fn file(visit: Visit, Path(month): Path<String>, paper: Paper) -> Answer {
    visit.pass(Action::ReviewAccess, "access_review", short(&month)).await?;
    let (review, items) = visit.site.access_reviews.get(&month).await?;
    let frame = visit.frame("record-access-title").await;
    paper::hand_out(&visit, document::document(&frame, &review, &items), paper).await
}

fn shares(review: &Review, frame: &Frame) -> Vec<(String, u64)> {
    let share = |(explanation, n): &(sakimori_watch::access_review::Explanation, u64)| {
        (explanation.label().get(frame.lang).to_owned(), *n)
    };
    review.explained.iter().map(share).collect()
}

fn signed(review: &Review, frame: &Frame) -> Option<Signed> {
    let own = review.signature.as_ref()?;
    let verdict = |(kind, n): &(VerdictKind, u32)| format!("{} {n}", kind.label().get(frame.lang));
    let verdicts: Vec<String> = own.verdicts.iter().map(verdict).collect();
    Some(Signed {
        by_name: own.by_name.clone(),
        at: own.at,
        judged_too: own.judged_too,
        note: own.note.clone(),
        verdicts: verdicts.join(" · "),
    })
}

fn part(kind: ItemKind, items: &[Item], frame: &Frame) -> Part {
    let of_kind = items.iter().filter(|item| item.kind == kind);
    Part {
        title: kind.label().get(frame.lang).to_owned(),
        ranked: kind == ItemKind::Candidate,
        lines: of_kind.map(|item| line(item, frame)).collect(),
    }
}

fn line(item: &Item, frame: &Frame) -> ItemLine {
    ItemLine {
        address: format!("/record-access/{}/{}", item.month, item.number),
        number: item.number,
        points: item.points,
        day: jst_date(item.first_at),
        who: who(item),
        patient: item.patient.clone(),
        why: why(item, frame),
        verdict: item.verdict().map_or_else(
            || frame.t("record-access-no-verdict"),
            |own| own.kind.label().get(frame.lang).to_owned(),
        ),
    }
}

/// The account with what its holder is, as far as known.
fn who(item: &Item) -> String {
    let parts = [&item.user, &item.role, &item.department].into_iter();
    let known: Vec<&str> = parts.filter(|part| !part.is_empty()).map(String::as_str).collect();
    known.join(" · ")
}

/// The reasons, or what explains a sampled access.
fn why(item: &Item, frame: &Frame) -> Vec<String> {
    let reasons = item.reasons.iter().map(|reason| reason.say(frame.lang));
    let explained = item.explanation.map(|own| own.label().get(frame.lang).to_owned());
    reasons.chain(explained).collect()
}

async fn sign(visit: Visit, Path(month): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::SignAccessReview, "access_review", short(&month)).await?;
    let note = form.limited("review-note", NOTE_CHARS_MAX);
    if !form.fine() {
        return month_page(&visit, &month, form).await;
    }
    let review = visit.site.access_reviews.sign(&month, &note, by(&visit)).await?;
    let told = Flash::new("flash-record-access-signed").with("month", &review.month);
    visit.done(&format!("/record-access/{}", review.month), &told)
}

fn percent(review: &Review) -> String {
    let permille = review.explained_permille();
    format!("{}.{} %", permille / 10, permille % 10)
}

/// The month before this one.
fn last_month(now: Instant) -> String {
    let before = jst_date(now).first_of_month().yesterday().unwrap_or_default();
    format!("{:04}-{:02}", before.year(), before.month())
}

/// What stood in the address, as far as an access record needs it.
fn short(month: &str) -> &str {
    month.char_indices().nth(10).map_or(month, |(end, _)| month.get(..end).unwrap_or_default())
}

fn by(visit: &Visit) -> By<'_> {
    By { person: &visit.principal.person, name: &visit.principal.name }
}
