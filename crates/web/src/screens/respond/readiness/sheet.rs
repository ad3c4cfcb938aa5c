//! The call sheet for now on one page: whom to call, in which order, under which number, and who answers when nobody does.

use askama::Template;
use sakimori_content::{
    CallEntry, CallLine, CallSheet, ContactRole, Content, DayKind, LocalContact,
};
use sakimori_identity::Action;
use sakimori_respond::Case;
use sakimori_respond::readiness::affected_systems;
use sakimori_words::{CaseId, Instant, Lang};

use super::super::{actor, dial, letter, sentence};
use super::{desk, document, paper, pass_to_read};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::paper::text_file;
use crate::ports::Paper;
use crate::profile::{self, Profile};
use crate::visit::{Visit, page};
use crate::wording::{say, say_with};

/// The sheet as it is shown on screen, on paper and in the copy that is taken along.
pub(crate) struct SheetView {
    pub(crate) day_note: String,
    /// Offices and firms, in the order of calling.
    pub(crate) outside: Vec<SheetRow>,
    /// Own people.
    pub(crate) inside: Vec<SheetRow>,
}

/// One contact.
pub(crate) struct SheetRow {
    pub(crate) name: String,
    pub(crate) duty: String,
    pub(crate) affected: bool,
    /// Whether nobody answers now, in words; empty when somebody does.
    pub(crate) state: String,
    pub(crate) lines: Vec<SheetLine>,
    pub(crate) deputies: Vec<SheetLine>,
    pub(crate) note: String,
}

/// One number.
pub(crate) struct SheetLine {
    pub(crate) who: String,
    pub(crate) phone: String,
    pub(crate) dial: String,
    pub(crate) words: String,
    pub(crate) right_now: bool,
}

#[derive(Template)]
#[template(path = "screens/respond/readiness/sheet.html")]
struct SheetPage {
    frame: Frame,
    sheet: SheetView,
    stylesheet: &'static str,
    head: Vec<String>,
    back: String,
    /// What the addresses of the files end with: the case, when there is one.
    query: String,
    case_title: String,
    exercise: bool,
}

/// The sheet of an institution at a moment.
pub(crate) fn sheet_of(
    content: &Content,
    own: Option<&Profile>,
    affected: &[String],
    at: Instant,
) -> CallSheet {
    content.call_sheet_affecting(
        at,
        own.and_then(|own| own.organisation.prefecture),
        own.map(Profile::vendors).unwrap_or_default(),
        own.map(|own| own.local_contacts.as_slice()).unwrap_or_default(),
        affected,
    )
}

/// The systems an institution names somebody for.
pub(crate) fn known_systems(own: Option<&Profile>) -> Vec<String> {
    let vendors = own.map(Profile::vendors).unwrap_or_default();
    let contacts: &[LocalContact] =
        own.map(|own| own.local_contacts.as_slice()).unwrap_or_default();
    let systems = contacts.iter().flat_map(|own| own.systems.iter().cloned());
    vendors.iter().map(|vendor| vendor.system.clone()).chain(systems).collect()
}

/// The sheet a case asks for: those responsible for what it names come first.
pub(crate) fn sheet_for_case(
    content: &Content,
    own: Option<&Profile>,
    case: &Case,
    at: Instant,
) -> CallSheet {
    sheet_of(content, own, &affected_systems(case, &known_systems(own)), at)
}

impl SheetView {
    /// The sheet in one language.
    pub(crate) fn of(sheet: &CallSheet, lang: Lang) -> Self {
        let (inside, outside): (Vec<&CallEntry>, Vec<&CallEntry>) =
            sheet.entries.iter().partition(|entry| entry.role == ContactRole::Staff);
        let rows =
            |entries: Vec<&CallEntry>| entries.into_iter().map(|entry| row(entry, lang)).collect();
        Self { day_note: day_note(sheet, lang), outside: rows(outside), inside: rows(inside) }
    }
}

fn day_note(sheet: &CallSheet, lang: Lang) -> String {
    let hours = say(lang, if sheet.offices_open { "case-day-office" } else { "case-day-closed" });
    match &sheet.day {
        DayKind::Holiday(name) | DayKind::Closed(name) => format!("{}: {hours}", name.get(lang)),
        DayKind::Business | DayKind::Weekend => hours,
    }
}

fn row(entry: &CallEntry, lang: Lang) -> SheetRow {
    let silent = !entry.answers_now() && !entry.lines.is_empty();
    let notes = [entry.without_number.get(lang), entry.rule.get(lang)];
    let notes: Vec<&str> = notes.into_iter().filter(|note| !note.is_empty()).collect();
    let mut note = notes.join(" ");
    if entry.lines.is_empty() && !entry.url.is_empty() {
        note = format!("{note} {}", entry.url);
    }
    SheetRow {
        name: entry.name.get(lang).to_owned(),
        duty: entry.duty.clone(),
        affected: entry.affected,
        state: if silent { say(lang, "sheet-silent") } else { String::new() },
        lines: entry.lines.iter().map(|one| line("", one, lang)).collect(),
        deputies: entry
            .deputies
            .iter()
            .filter_map(|deputy| {
                let who = [deputy.name.as_str(), deputy.duty.as_str()].join(" ");
                Some(line(who.trim(), deputy.line.as_ref()?, lang))
            })
            .collect(),
        note: note.trim().to_owned(),
    }
}

fn line(who: &str, own: &CallLine, lang: Lang) -> SheetLine {
    let parts = [own.label.get(lang), own.validity.get(lang)];
    let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    SheetLine {
        who: who.to_owned(),
        phone: own.phone.clone(),
        dial: dial(&own.phone),
        words: words.join(" · "),
        right_now: own.right_now,
    }
}

/// The sheet that is asked for: that of the case named in the address, else that of now.
async fn wanted(visit: &Visit, frame: &Frame) -> Result<(CallSheet, Option<Case>), Failure> {
    let own = profile::load(visit.site.store.as_ref()).await?;
    let case = case_of(visit).await?;
    let content = &visit.site.content;
    let sheet = match &case {
        Some(case) => sheet_for_case(content, own.as_ref(), case, frame.now),
        None => sheet_of(content, own.as_ref(), &[], frame.now),
    };
    Ok((sheet, case))
}

/// The sheet as a file.
pub(super) async fn file(visit: Visit, paper: Paper) -> Answer {
    pass_to_read(&visit, "call_sheet", paper.ending()).await?;
    let frame = visit.frame("call-sheet-title").await;
    let (sheet, case) = wanted(&visit, &frame).await?;
    let view = SheetView::of(&sheet, frame.lang);
    let document = document::document(&frame, &view, case.as_ref(), &visit.principal.name);
    crate::paper::hand_out(&visit, document, paper).await
}

pub(super) async fn show(visit: Visit) -> Answer {
    pass_to_read(&visit, "call_sheet", "").await?;
    let frame = visit.frame("call-sheet-title").await;
    let (sheet, case) = wanted(&visit, &frame).await?;
    let head = vec![
        frame.organisation.clone(),
        frame.with("sheet-at", "at", frame.minute(frame.now)),
        sentence(frame.lang, "sheet-printed-by", &[("name", &visit.principal.name)]),
    ];
    page(&SheetPage {
        sheet: SheetView::of(&sheet, frame.lang),
        stylesheet: letter::stylesheet(),
        head,
        back: case.as_ref().map_or("/readiness".to_owned(), |case| format!("/cases/{}", case.id)),
        query: case.as_ref().map(|case| format!("?case={}", case.id)).unwrap_or_default(),
        exercise: case.as_ref().is_some_and(|case| case.exercise),
        case_title: case.map(|case| case.title).unwrap_or_default(),
        frame,
    })
}

/// The case the sheet is asked for, if any.
async fn case_of(visit: &Visit) -> Result<Option<Case>, Failure> {
    let query = visit.query();
    let id = query.text("case");
    if id.is_empty() {
        return Ok(None);
    }
    visit.pass_personal(Action::ViewCase, "case", id, "call sheet").await?;
    Ok(Some(visit.site.cases.case(&CaseId::from(id)).await?))
}

/// Hands out the copy for paper or a telephone, or notes that the page was printed; Today remembers when.
pub(super) async fn take(visit: Visit, form: Form) -> Answer {
    pass_to_read(&visit, "call_sheet", "take").await?;
    let site = &visit.site;
    let (desk, now) = (desk(&visit), site.clock.now());
    let paper = paper::of_store(&site.store, &desk, &site.content, now, visit.lang()).await?;
    desk.take_paper(&actor(&visit)).await?;
    let (kind, name, body) = match form.text("as") {
        "html" => ("text/html; charset=utf-8", "html", paper.html),
        "text" => ("text/plain; charset=utf-8", "txt", paper.text),
        _ => return visit.done("/readiness", &Flash::new("flash-paper-taken")),
    };
    let of = format!("first-hour-{}", site.settings.organisation);
    Ok(text_file(&of, &now.to_string(), [name, kind], body))
}

/// The sentence that every sheet carries about one's own line.
pub(crate) fn own_line(lang: Lang) -> String {
    say(lang, "sheet-own-line")
}

impl SheetPage {
    fn own_line(&self) -> String {
        own_line(self.frame.lang)
    }

    fn for_case(&self) -> String {
        say_with(self.frame.lang, "sheet-for-case", &[("title", &self.case_title)])
    }
}
