//! One-time links: made for one institution, shown once, listed, taken back.

use askama::Template;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use sakimori_respond::office::{EmergencyLink, LINK_HOURS_MAX, LinkState, NewLink};
use sakimori_words::{CaseId, Instant};

use super::{NAME_CHARS_MAX, child_choices, children, institution, kind_choices, work};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::respond::{actor, by};
use crate::visit::{Visit, page};

/// How long a link works unless somebody says otherwise, in hours.
const LINK_HOURS: u32 = 24;

#[derive(Template)]
#[template(path = "screens/respond/office/links.html")]
struct LinksPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    children: Vec<Choice>,
    kinds: Vec<Choice>,
    case: Option<CaseLine>,
    made: Option<Made>,
    revocable: Vec<Choice>,
}

struct CaseLine {
    id: String,
    words: String,
}

/// A link, shown once.
struct Made {
    institution: String,
    token: String,
    address: String,
    until: Instant,
}

struct Row {
    institution: String,
    state: String,
    class: &'static str,
    made: String,
    until: Instant,
    case: Option<String>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    work(&visit, "links").await?;
    let mut form = Form::new();
    form.set("link-hours", LINK_HOURS);
    form.set("case", visit.query().text("case"));
    draw(&visit, form, None).await
}

pub(super) async fn make(visit: Visit, headers: HeaderMap, mut form: Form) -> Answer {
    work(&visit, "links").await?;
    let case = Some(form.text("case")).filter(|id| !id.is_empty()).map(CaseId::from);
    let institution = match &case {
        Some(case) => visit.site.office.office_case(case).await?.case.institution,
        None => institution(&mut form, &children(&visit).await?),
    };
    let hours = form.number("link-hours").unwrap_or(LINK_HOURS);
    if !(1..=LINK_HOURS_MAX).contains(&hours) {
        let problem = Problem::new("problem-link-hours").with("most", LINK_HOURS_MAX);
        form.wrong("link-hours", problem);
    }
    if !form.fine() {
        return draw(&visit, form, None).await;
    }
    let new = NewLink { institution, case, hours, exercise: form.has("office-exercise", "yes") };
    let (link, token) = visit.site.office.make_link(&new, &actor(&visit)).await?;
    let made = Made {
        institution: link.institution.name,
        address: format!("{}/emergency?code={token}", own_address(&headers)),
        until: link.expires_at,
        token,
    };
    let mut form = Form::new();
    form.set("link-hours", LINK_HOURS);
    draw(&visit, form, Some(made)).await
}

/// Where this page was opened, e.g. `https://hub.example`: the guard let only our own origin through. Empty when the browser kept it.
fn own_address(headers: &HeaderMap) -> &str {
    headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default()
}

pub(super) async fn revoke(visit: Visit, mut form: Form) -> Answer {
    work(&visit, "links").await?;
    let id = form.required("link-id", NAME_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, form, None).await;
    }
    visit.site.office.revoke_link(&id, &actor(&visit)).await?;
    visit.done("/office/links", &Flash::new("flash-office-link-revoked"))
}

async fn draw(visit: &Visit, form: Form, made: Option<Made>) -> Answer {
    let frame = visit.frame("office-links-title").await;
    let links = visit.site.office.links().await?;
    let case = match form.text("case") {
        "" => None,
        id => Some(visit.site.office.office_case(&CaseId::from(id)).await?.case),
    };
    let revocable = links.iter().filter(|link| link.works(frame.now));
    page(&LinksPage {
        rows: links.iter().map(|link| row(&frame, link)).collect(),
        children: child_choices(&frame, &children(visit).await?),
        kinds: kind_choices(&frame),
        case: case.map(|case| CaseLine {
            id: case.id.to_string(),
            words: format!("{} {}", case.number, case.institution.name),
        }),
        revocable: revocable
            .map(|link| {
                let label = format!("{} ({})", link.institution.name, frame.minute(link.made_at));
                Choice::new(&link.id, label)
            })
            .collect(),
        made,
        form,
        frame,
    })
}

fn row(frame: &Frame, link: &EmergencyLink) -> Row {
    let (word, class) = match &link.state {
        LinkState::Used { .. } => ("office-link-used", "good"),
        LinkState::Revoked { .. } => ("office-link-revoked", ""),
        LinkState::Open if link.works(frame.now) => ("office-link-open", "look"),
        LinkState::Open => ("office-link-expired", ""),
    };
    let case = match &link.state {
        LinkState::Used { case, .. } => Some(format!("/office/cases/{case}")),
        LinkState::Open | LinkState::Revoked { .. } => None,
    };
    Row {
        institution: link.institution.name.clone(),
        state: frame.t(word),
        class,
        made: format!("{} {}", frame.minute(link.made_at), by(frame, &link.made_by)),
        until: link.expires_at,
        case,
    }
}
