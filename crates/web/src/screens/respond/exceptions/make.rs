//! "This is ordinary here": an exception made from a finding's own values, after a look at what it would have held back.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_watch::{
    Covered, EXCEPTION_DAYS, EXCEPTION_REASON_CHARS_MAX, Exception, ExceptionsError, FindingState,
    FindingsError, KeptFinding, NewException, Scope, Term,
};
use sakimori_words::{Digest, FindingId, Instant, Level};

use super::super::sentence;
use super::one::address;
use super::shown::{self, People};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::visit::{Visit, page};

/// How far the preview looks back, in days.
const PREVIEW_DAYS: i64 = 30;

/// Findings that the preview names.
const PREVIEW_ROWS: usize = 20;

#[derive(Template)]
#[template(path = "screens/respond/exceptions/make.html")]
struct MakePage {
    frame: Frame,
    form: Form,
    id: String,
    title: String,
    revision: u32,
    rules: Vec<Choice>,
    parts: Vec<Choice>,
    owners: Vec<Choice>,
    may_close: bool,
    preview: Option<Preview>,
}

/// What the scope would have held back.
struct Preview {
    /// Names the scope, so that nothing else is saved than what was looked at.
    seen: String,
    count: String,
    warnings: Vec<String>,
    rows: Vec<PreviewRow>,
    more: u64,
    partial: bool,
}

struct PreviewRow {
    id: String,
    level: Level,
    title: String,
    place: String,
    last_at: Instant,
    count: u64,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.look(Action::HandleFinding, "finding", &id).await?;
    let kept = visit.site.findings.get(&FindingId::from(id)).await?;
    let mut form = Form::new();
    form.set("exception-rule", "this");
    // As narrow as it can be begun with: of whom it speaks at all.
    for part in parts(&kept).filter(|part| matches!(part.key.as_str(), "host" | "user")) {
        form.add("exception-part", part.key);
    }
    form.set("exception-owner", &visit.principal.person);
    form.set("exception-until", shown::day_in(visit.site.clock.now(), EXCEPTION_DAYS));
    form.set("exception-close", "yes");
    draw(&visit, &kept, form).await
}

pub(super) async fn send(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::HandleFinding, "finding", &id).await?;
    let kept = visit.site.findings.get(&FindingId::from(id)).await?;
    if form.text("do") == "save" {
        let people = shown::people(&visit.site).await?;
        if let Some(new) = read(&mut form, &kept, &people) {
            match save(&visit, &form, &kept, new).await {
                Ok(made) => {
                    return visit.done(&address(&made.id), &Flash::new("flash-exception-made"));
                }
                Err(Refused::Form(field, problem)) => form.wrong(field, problem),
                Err(Refused::Failure(failure)) => return Err(failure),
            }
        }
    }
    draw(&visit, &kept, form).await
}

/// Why it was not saved.
enum Refused {
    Form(&'static str, Problem),
    Failure(Failure),
}

/// The exception that was filled in; notes problems otherwise.
fn read(form: &mut Form, kept: &KeptFinding, people: &People) -> Option<NewException> {
    let scope = scope_of(form, kept);
    match scope.normal() {
        Some(scope) if scope.is_narrowed() || form.has("exception-everywhere", "yes") => {
            if form.text("seen") != name_of(&scope) {
                form.wrong("exception-part", Problem::new("problem-scope-unseen"));
            }
        }
        _ => form.wrong("exception-part", Problem::new("problem-scope")),
    }
    let reason = form.required("exception-reason", EXCEPTION_REASON_CHARS_MAX);
    let owner = shown::owner(form, people);
    let expires_at = shown::until(form)?;
    form.fine().then(|| NewException {
        everywhere: !scope.is_narrowed(),
        scope,
        title: kept.finding.title.clone(),
        finding: kept.finding.id.clone(),
        term: Term { reason, owner, expires_at },
    })
}

async fn save(
    visit: &Visit,
    form: &Form,
    kept: &KeptFinding,
    new: NewException,
) -> Result<Exception, Refused> {
    let by = &visit.principal.person;
    let reason = new.term.reason.clone();
    let made =
        visit.site.findings.exceptions().make(new, by).await.map_err(|error| match error {
            ExceptionsError::Expiry { limit, .. } => {
                Refused::Form("exception-until", Problem::new("problem-until").with("limit", limit))
            }
            other => Refused::Failure(other.into()),
        })?;
    if kept.state.is_open() && form.has("exception-close", "yes") {
        let revision = form.text("revision").parse().unwrap_or(u32::MAX);
        let closed = FindingState::Closed { reason };
        match visit.site.findings.set_state(&kept.finding.id, revision, closed, by).await {
            // Somebody else has dealt with it meanwhile: theirs stays.
            Ok(_) | Err(FindingsError::MovedOn { .. }) => {}
            Err(other) => return Err(Refused::Failure(other.into())),
        }
    }
    Ok(made)
}

async fn draw(visit: &Visit, kept: &KeptFinding, form: Form) -> Answer {
    visit.pass_personal(Action::ViewFindings, "finding", kept.finding.id.as_str(), "").await?;
    let frame = visit.frame("exception-make-title").await;
    let people = shown::people(&visit.site).await?;
    let label =
        |part: Part| Choice::new(part.key, format!("{}: {}", frame.t(part.word), part.value));
    let title = kept.finding.title.get(frame.lang).to_owned();
    page(&MakePage {
        id: kept.finding.id.to_string(),
        revision: kept.revision,
        rules: vec![
            Choice::new("this", frame.with("exception-this-rule", "title", &title)),
            Choice::new("any", frame.t("exception-any-rule")),
        ],
        parts: parts(kept).map(label).collect(),
        owners: shown::owners(&people),
        may_close: kept.state.is_open(),
        preview: preview(visit, &frame, kept, &scope_of(&form, kept)).await?,
        title,
        form,
        frame,
    })
}

/// A value of the finding that can be asked for.
struct Part {
    key: String,
    word: &'static str,
    value: String,
}

/// The finding's own values. Those it involves go by their place, to which only new ones are added at the end.
fn parts(kept: &KeptFinding) -> impl Iterator<Item = Part> {
    let finding = &kept.finding;
    let own = [
        ("host", "finding-host", finding.host.clone()),
        ("user", "finding-user", finding.user.clone()),
        ("source", "finding-source", finding.source.clone()),
    ];
    let own = own.into_iter().filter(|(_, _, value)| !value.trim().is_empty());
    let own = own.map(|(key, word, value)| Part { key: key.to_owned(), word, value });
    let involved = finding.involved.iter().enumerate().map(|(n, one)| Part {
        key: format!("i{n}"),
        word: shown::involved_word(one),
        value: one.to_string(),
    });
    own.chain(involved)
}

/// What was ticked.
fn scope_of(form: &Form, kept: &KeptFinding) -> Scope {
    let finding = &kept.finding;
    let when = |ticked: bool, value: &str| if ticked { value.to_owned() } else { String::new() };
    let has = |key: &str| form.has("exception-part", key);
    let involved = finding.involved.iter().enumerate();
    Scope {
        rule: when(!form.has("exception-rule", "any"), &finding.rule_id),
        host: when(has("host"), &finding.host),
        user: when(has("user"), &finding.user),
        source: when(has("source"), &finding.source),
        involved: involved
            .filter(|(n, _)| has(&format!("i{n}")))
            .map(|(_, one)| one.clone())
            .collect(),
    }
}

fn name_of(scope: &Scope) -> String {
    let text = serde_json::to_vec(scope).unwrap_or_default();
    Digest::of(&text).to_string()
}

async fn preview(
    visit: &Visit,
    frame: &Frame,
    kept: &KeptFinding,
    scope: &Scope,
) -> Result<Option<Preview>, Failure> {
    let Some(scope) = scope.normal() else { return Ok(None) };
    let since = frame.now.plus_days(-PREVIEW_DAYS);
    let covered = visit.site.findings.covered(&scope, since).await?;
    Ok(Some(Preview {
        seen: name_of(&scope),
        count: sentence(
            frame.lang,
            "exception-preview-count",
            &[("days", &PREVIEW_DAYS), ("count", &covered.total()), ("times", &covered.times)],
        ),
        warnings: warnings(frame, kept, &scope, &covered),
        more: covered.total().saturating_sub(PREVIEW_ROWS as u64),
        partial: covered.partial,
        rows: covered.findings.into_iter().take(PREVIEW_ROWS).map(|one| row(frame, one)).collect(),
    }))
}

fn warnings(frame: &Frame, kept: &KeptFinding, scope: &Scope, covered: &Covered) -> Vec<String> {
    let serious = covered.at_least(Level::High);
    // A finding that was found once from several events counts them; its machine and account are those of the last.
    let counts = kept.finding.evidence.len() as u64 > kept.count;
    let warnings = [
        (serious > 0, frame.with("exception-warn-serious", "count", serious)),
        (serious == 0 && kept.finding.level >= Level::High, frame.t("exception-warn-level")),
        (!scope.names_somebody(), frame.t("exception-warn-whoever")),
        (scope.rule.is_empty(), frame.t("exception-warn-any-rule")),
        (counts && scope.names_somebody(), frame.t("exception-warn-counts")),
    ];
    warnings.into_iter().filter(|(is, _)| *is).map(|(_, warning)| warning).collect()
}

fn row(frame: &Frame, kept: KeptFinding) -> PreviewRow {
    let finding = kept.finding;
    let place = [finding.host, finding.user].into_iter().filter(|text| !text.is_empty());
    PreviewRow {
        id: finding.id.to_string(),
        level: finding.level,
        title: finding.title.get(frame.lang).to_owned(),
        place: place.collect::<Vec<_>>().join(" · "),
        last_at: kept.last_at,
        count: kept.count,
    }
}
