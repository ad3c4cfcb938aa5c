//! One item of a review: why it is there, the accesses behind it, the verdicts.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_watch::access_review::{Item, NOTE_CHARS_MAX, VerdictKind, misuse_finding};
use sakimori_words::Instant;

use super::{by, short, who, why};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::ports::{SearchCell, SearchLimits, SearchTable, Sight};
use crate::visit::{Visit, page};

const LIMITS: SearchLimits = SearchLimits { rows: 100, seconds: 30 };

#[derive(Template)]
#[template(path = "screens/logs/access_review/item.html")]
struct ItemPage {
    frame: Frame,
    form: Form,
    item: Item,
    who: String,
    why: Vec<String>,
    kind: String,
    accesses: Vec<AccessLine>,
    verdicts: Vec<VerdictLine>,
    /// Verdicts seen, which the form sends back.
    seen: usize,
    choices: Vec<Choice>,
    open: bool,
    back: String,
    may_open_events: bool,
    /// The same page with the patient shown, for those who may ask for it.
    unmask: Option<String>,
}

struct AccessLine {
    seq: String,
    at: Option<Instant>,
    activity: String,
    host: String,
    patient: String,
}

struct VerdictLine {
    kind: String,
    note: String,
    by_name: String,
    at: Instant,
    stands: bool,
}

pub(super) async fn show(visit: Visit, Path((month, number)): Path<(String, u32)>) -> Answer {
    let id = format!("{}/{number}", short(&month));
    visit.pass_personal(Action::ReviewAccess, "access_review", &id, "").await?;
    item_page(&visit, &month, number, Form::new()).await
}

async fn item_page(visit: &Visit, month: &str, number: u32, mut form: Form) -> Answer {
    let (review, _) = visit.site.access_reviews.get(month).await?;
    let item = visit.site.access_reviews.item(month, number).await?;
    let sight = sight(visit, &item).await?;
    let mut frame = visit.frame("record-access-title").await;
    frame.title = frame.with2("record-access-item", "month", month, "number", number);
    if form.text("verdict").is_empty() {
        form.set("verdict", VerdictKind::ToBeAsked.as_str());
    }
    let unmask = (sight == Sight::Masked && visit.may(Action::ViewPatients))
        .then(|| format!("{}?patients=yes", address(&item)));
    let choice = |kind: VerdictKind| Choice::new(kind.as_str(), kind.label().get(frame.lang));
    page(&ItemPage {
        who: who(&item),
        why: why(&item, &frame),
        kind: item.kind.label().get(frame.lang).to_owned(),
        accesses: accesses(visit, &item, sight).await?,
        verdicts: verdicts(&item, &frame),
        seen: item.verdicts.len(),
        choices: VerdictKind::ALL.map(choice).into(),
        open: review.signature.is_none(),
        back: format!("/record-access/{}", item.month),
        may_open_events: visit.may(Action::SearchLogs),
        unmask,
        item,
        form,
        frame,
    })
}

/// How much of the patient the person sees. Seeing it asks for a fresh code and is recorded.
async fn sight(visit: &Visit, item: &Item) -> Result<Sight, Failure> {
    if !visit.query().has("patients", "yes") {
        return Ok(Sight::Masked);
    }
    let id = format!("{}/{}", item.month, item.number);
    visit.pass_personal(Action::ViewPatients, "access_review", &id, &item.patient).await?;
    Ok(Sight::Full)
}

async fn accesses(visit: &Visit, item: &Item, sight: Sight) -> Result<Vec<AccessLine>, Failure> {
    let numbers: Vec<String> = item.seqs.iter().map(ToString::to_string).collect();
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    // The time lets whole files be passed over; the numbers alone would not.
    let statement = format!(
        "SELECT seq, time, activity, host, patient FROM events WHERE seq IN ({}) \
         AND time >= TIMESTAMP '{}' AND time <= TIMESTAMP '{}' ORDER BY time, seq",
        numbers.join(", "),
        item.first_at.rfc3339(),
        item.last_at.rfc3339()
    );
    let table = visit.site.search.sql(&statement, sight, LIMITS).await?;
    Ok(lines(&table))
}

fn lines(table: &SearchTable) -> Vec<AccessLine> {
    let place = |name: &str| table.columns.iter().position(|own| own == name);
    let line = |row: &Vec<SearchCell>| {
        let cell = |name: &str| place(name).and_then(|at| row.get(at));
        AccessLine {
            seq: text(cell("seq")),
            at: cell("time").and_then(moment),
            activity: text(cell("activity")),
            host: text(cell("host")),
            patient: text(cell("patient")),
        }
    };
    table.rows.iter().map(line).collect()
}

fn text(cell: Option<&SearchCell>) -> String {
    match cell {
        Some(SearchCell::Number(text) | SearchCell::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

const fn moment(cell: &SearchCell) -> Option<Instant> {
    match cell {
        SearchCell::Time(at) => Some(*at),
        _ => None,
    }
}

fn verdicts(item: &Item, frame: &Frame) -> Vec<VerdictLine> {
    let n = item.verdicts.len();
    let line = |(nth, own): (usize, &sakimori_watch::access_review::Verdict)| VerdictLine {
        kind: own.kind.label().get(frame.lang).to_owned(),
        note: own.note.clone(),
        by_name: own.by_name.clone(),
        at: own.at,
        stands: nth + 1 == n,
    };
    item.verdicts.iter().enumerate().map(line).collect()
}

/// Records a verdict. What was not justified becomes a finding.
pub(super) async fn judge(
    visit: Visit,
    Path((month, number)): Path<(String, u32)>,
    mut form: Form,
) -> Answer {
    let id = format!("{}/{number}", short(&month));
    visit.pass_personal(Action::ReviewAccess, "access_review", &id, "verdict").await?;
    let kinds = VerdictKind::ALL.map(|kind| (kind.as_str(), kind));
    let kind = form.choice("verdict", &kinds);
    let note = form.limited("review-note", NOTE_CHARS_MAX);
    let seen = form.number("seen").unwrap_or(0);
    if note.is_empty() && kind.is_some_and(|kind| kind != VerdictKind::Justified) {
        form.wrong("review-note", Problem::new("problem-required"));
    }
    let Some(kind) = kind.filter(|_| form.fine()) else {
        return item_page(&visit, &month, number, form).await;
    };
    let seen = usize::try_from(seen).unwrap_or(usize::MAX);
    let (item, entry) =
        visit.site.access_reviews.judge(&month, number, seen, kind, &note, by(&visit)).await?;
    if kind == VerdictKind::NotJustified {
        let finding = misuse_finding(&item, entry.evidence(), visit.site.clock.now());
        visit.site.findings.keep(vec![finding]).await?;
    }
    visit.done(&format!("/record-access/{}", item.month), &Flash::new("flash-record-access-judged"))
}

fn address(item: &Item) -> String {
    format!("/record-access/{}/{}", item.month, item.number)
}
