//! The copy that works when everything is down: call sheet, first hour and criteria in one file without anything to fetch.

use std::sync::Arc;

use askama::Template;
use sakimori_content::Content;
use sakimori_ledger::Store;
use sakimori_respond::readiness::{Procedure, ReadinessDesk, reach};
use sakimori_words::{Digest, Instant, Lang, jst_date};

use super::sheet::{SheetRow, SheetView, own_line, sheet_of};
use crate::failure::Failure;
use crate::profile::{self, Profile};
use crate::wording::{say, say_with};

/// The playbook of the first hour.
const FIRST_HOUR: &str = "first-hour";
/// The guide for cutting networks and stopping systems.
const ISOLATION: &str = "isolation";

/// The copy in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// For a browser without network, a telephone or a printer.
    pub html: String,
    /// For anything that shows text.
    pub text: String,
}

#[derive(Template)]
#[template(path = "screens/respond/readiness/paper.html")]
struct PaperPage {
    lang: Lang,
    title: String,
    organisation: String,
    made: String,
    sheet: SheetView,
    steps: Vec<PaperStep>,
    deciders: Vec<PaperDecider>,
    question: String,
    considerations: Vec<String>,
    order: Vec<(String, String)>,
    procedures: Vec<PaperProcedure>,
    style: &'static str,
}

struct PaperStep {
    minutes: String,
    title: String,
    detail: String,
    who: String,
}

struct PaperDecider {
    name: String,
    position: String,
    limits: String,
    phone: String,
    words: String,
}

struct PaperProcedure {
    title: String,
    version: String,
    parts: Vec<(String, String)>,
}

/// The copy from what an institution has in its store.
///
/// # Errors
/// When the store cannot be read, or the page not drawn.
pub async fn of_store(
    store: &Arc<dyn Store>,
    desk: &ReadinessDesk,
    content: &Content,
    now: Instant,
    lang: Lang,
) -> Result<Paper, Failure> {
    let own = profile::load(store.as_ref()).await?;
    let deciders = desk.deciders().await?;
    let procedures = desk.procedures().await?;
    let own = own.as_ref();
    let contacts = own.map(|own| own.local_contacts.as_slice()).unwrap_or_default();
    let deciders = reach(&deciders, contacts, content.calendar(), now)
        .into_iter()
        .map(|one| PaperDecider {
            name: one.name,
            position: match one.deputy_of.as_str() {
                "" => one.position,
                whose => say_with(lang, "decider-deputy-of", &[("name", &whose)]),
            },
            limits: one.limits,
            phone: one.line.as_ref().map(|line| line.phone.clone()).unwrap_or_default(),
            words: one.line.map(|line| line.validity.get(lang).to_owned()).unwrap_or_default(),
        })
        .collect();
    let page = page_of(content, own, deciders, &procedures, now, lang);
    let html = page
        .render()
        .map_err(|error| Failure::new(&crate::troubles::NOT_DRAWN, error.to_string()))?;
    Ok(Paper { html, text: page.text() })
}

/// What the copy is made of, as a digest: as long as it stays the same there is nothing to write anew but once a day.
///
/// # Errors
/// When the store cannot be read.
pub async fn basis(
    store: &Arc<dyn Store>,
    desk: &ReadinessDesk,
    content: &Content,
    now: Instant,
) -> Result<Digest, Failure> {
    let own = profile::load(store.as_ref()).await?;
    let basis = serde_json::json!([
        jst_date(now).to_string(),
        content.version().digest.to_string(),
        own,
        desk.deciders().await?,
        desk.procedures().await?,
    ]);
    Ok(Digest::of(basis.to_string().as_bytes()))
}

fn page_of(
    content: &Content,
    own: Option<&Profile>,
    deciders: Vec<PaperDecider>,
    procedures: &[Procedure],
    now: Instant,
    lang: Lang,
) -> PaperPage {
    let today = jst_date(now);
    let guide = content.decision(ISOLATION, today);
    let steps = content.playbook(FIRST_HOUR, today).map(|own| own.steps.as_slice());
    PaperPage {
        lang,
        title: say(lang, "paper-title"),
        organisation: own.map(|own| own.organisation.name.clone()).unwrap_or_default(),
        made: say_with(lang, "paper-made", &[("at", &now.to_string())]),
        sheet: SheetView::of(&sheet_of(content, own, &[], now), lang),
        steps: steps
            .unwrap_or_default()
            .iter()
            .map(|step| PaperStep {
                minutes: {
                    let [from, to] = step.minutes;
                    format!("{from}–{to}")
                },
                title: step.title.get(lang).to_owned(),
                detail: step.detail.get(lang).to_owned(),
                who: step.who.get(lang).to_owned(),
            })
            .collect(),
        deciders,
        question: guide.map(|own| own.question.get(lang).to_owned()).unwrap_or_default(),
        considerations: guide
            .map(|own| own.considerations.iter().map(|one| one.question.get(lang).to_owned()))
            .map(Iterator::collect)
            .unwrap_or_default(),
        order: guide
            .map(|own| {
                let steps = own.order.iter();
                steps.map(|one| (one.action.get(lang).into(), one.reason.get(lang).into()))
            })
            .map(Iterator::collect)
            .unwrap_or_default(),
        procedures: procedures.iter().map(|own| procedure(own, lang)).collect(),
        style: include_str!("paper.css"),
    }
}

fn procedure(own: &Procedure, lang: Lang) -> PaperProcedure {
    let text = &own.text;
    let parts = [
        ("field-pr-handling", &text.handling),
        ("field-pr-preservation", &text.preservation),
        ("field-pr-stopping", &text.stopping),
    ];
    let said = parts.into_iter().filter(|(_, text)| !text.is_empty());
    PaperProcedure {
        title: say(lang, &format!("procedure-{}", own.kind)),
        version: say_with(
            lang,
            "procedure-version",
            &[("version", &own.version), ("by", &text.approved_by)],
        ),
        parts: said.map(|(word, text)| (say(lang, word), text.clone())).collect(),
    }
}

impl PaperPage {
    fn say(&self, key: &str) -> String {
        say(self.lang, key)
    }

    fn own_line(&self) -> String {
        own_line(self.lang)
    }

    /// The same as plain text, in the same order.
    fn text(&self) -> String {
        let mut lines = vec![
            self.title.clone(),
            self.organisation.clone(),
            self.made.clone(),
            String::new(),
            self.own_line(),
            self.say("paper-next-rule"),
        ];
        let tables = [("sheet-outside", &self.sheet.outside), ("sheet-inside", &self.sheet.inside)];
        for (word, rows) in tables {
            lines.push(format!("\n== {}", self.say(word)));
            for (n, row) in rows.iter().enumerate() {
                self.row_text(&mut lines, n + 1, row);
            }
        }
        lines.push(format!("\n== {}", self.say("paper-deciders")));
        for one in &self.deciders {
            lines.push(format!("{} {}  {}  {}", one.position, one.name, one.phone, one.limits));
        }
        lines.push(format!("\n== {}", self.say("paper-steps")));
        for step in &self.steps {
            lines.push(format!("[ ] {} {}（{}）", step.minutes, step.title, step.who));
            lines.push(format!("    {}", step.detail));
        }
        lines.push(format!("\n== {}", self.question));
        lines.extend(self.considerations.iter().map(|one| format!("- {one}")));
        let order = self.order.iter().enumerate();
        lines.extend(order.map(|(n, (action, why))| format!("{}. {action} {why}", n + 1)));
        for own in &self.procedures {
            lines.push(format!("\n== {} {}", own.title, own.version));
            lines.extend(own.parts.iter().map(|(label, text)| format!("{label}\n{text}")));
        }
        // Notepad wants both.
        lines.join("\n").replace('\n', "\r\n") + "\r\n"
    }

    fn row_text(&self, lines: &mut Vec<String>, n: usize, row: &SheetRow) {
        lines.push(format!("{n}. {} {} {}", row.name, row.duty, row.state).trim().to_owned());
        for line in &row.lines {
            let mark = if line.right_now { "→" } else { " " };
            lines.push(format!("   {mark} {}  {}", line.phone, line.words));
        }
        for line in &row.deputies {
            let deputy = self.say("sheet-deputy");
            lines.push(format!("     {deputy}: {} {} {}", line.who, line.phone, line.words));
        }
        if !row.note.is_empty() {
            lines.push(format!("     {}", row.note));
        }
    }
}
