//! What an officer writes, between the form and the stage.

use sakimori_share::{Analysis, Override, SharedIndicator, Writing};
use sakimori_watch::retro::{self, IndicatorList};
use sakimori_words::Tlp;

use crate::form::{Form, Problem};
use crate::screens::share::{LINE_CHARS_MAX, TEXT_CHARS_MAX};

/// The labels a case can be shared under. What may go to named recipients only is not shared.
pub(super) const TLPS: [Tlp; 3] = [Tlp::Amber, Tlp::Green, Tlp::Clear];

/// The form of what was written.
pub(super) fn fill(writing: &Writing) -> Form {
    let mut form = Form::new();
    form.set("share-title", &writing.title);
    form.set("share-course", &writing.course);
    form.set("share-lesson", &writing.lesson);
    form.set("share-tlp", writing.tlp.label());
    form.set("share-route", &writing.analysis.route);
    form.set("share-family", writing.analysis.family.as_deref().unwrap_or_default());
    writing.analysis.techniques.iter().for_each(|id| form.add("share-techniques", id));
    writing.analysis.safeguards.iter().for_each(|id| form.add("share-safeguards", id));
    if let Some(because) = &writing.urgent_because {
        form.set("share-urgent", "yes");
        form.set("share-urgent-because", because);
    }
    let lines: Vec<String> = writing.indicators.iter().map(line).collect();
    form.set("share-indicators", lines.join("\n"));
    form
}

fn line(told: &SharedIndicator) -> String {
    let technique = told.technique.as_deref().unwrap_or_default();
    let cells = [told.indicator.value.as_str(), &told.seen_as, technique];
    cells.join(", ").trim_end_matches([',', ' ']).to_owned()
}

/// The indicators of the form: one a line, with how it was seen and the technique after commas. A line that is none is named.
fn indicators(form: &mut Form) -> Vec<SharedIndicator> {
    let ticked: Vec<String> = form.all("share-candidates").map(str::to_owned).collect();
    let typed = form.text("share-indicators").to_owned();
    let lines = [typed].into_iter().chain(ticked).filter(|line| !line.is_empty());
    form.set("share-indicators", lines.collect::<Vec<_>>().join("\n"));
    let typed = form.limited("share-indicators", TEXT_CHARS_MAX * 4);
    let mut told: Vec<SharedIndicator> = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match indicator(line) {
            Some(own) if told.iter().any(|one| one.indicator == own.indicator) => {}
            Some(own) => told.push(own),
            None => {
                let problem = Problem::new("problem-share-indicator").with("line", line);
                form.wrong("share-indicators", problem);
            }
        }
    }
    told
}

fn indicator(line: &str) -> Option<SharedIndicator> {
    let mut cells = line.split([',', '，', '、', '\t']).map(str::trim);
    let read = IndicatorList::read(cells.next()?).indicators;
    let indicator = read.first().and_then(retro::shared)?;
    let mut rest: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
    let technique = rest.last().copied().filter(|cell| is_technique(cell)).map(str::to_uppercase);
    if technique.is_some() {
        rest.pop();
    }
    Some(SharedIndicator { indicator, seen_as: rest.join("、"), technique })
}

/// `T1190`, `T1021.001`.
fn is_technique(cell: &str) -> bool {
    let digits = cell.strip_prefix(['T', 't']).unwrap_or_default();
    let (first, second) = digits.split_once('.').unwrap_or((digits, "001"));
    let fits =
        |part: &str, n: usize| part.len() == n && part.bytes().all(|byte| byte.is_ascii_digit());
    fits(first, 4) && fits(second, 3)
}

/// What was written in the form.
pub(super) fn read(form: &mut Form) -> Writing {
    let tlps = TLPS.map(|tlp| (tlp.label(), tlp));
    let tlp = form.choice("share-tlp", &tlps).unwrap_or(Tlp::Amber);
    let family = form.text("share-family").to_owned();
    let all = |name: &str| form.all(name).map(str::to_owned).collect::<Vec<_>>();
    let passages: Vec<String> = all("share-passage");
    let reasons: Vec<String> = all("share-passage-reason");
    let kept = passages.into_iter().zip(reasons).filter(|(_, reason)| !reason.is_empty());
    Writing {
        analysis: Analysis {
            route: form.text("share-route").to_owned(),
            family: (!family.is_empty()).then_some(family),
            techniques: all("share-techniques"),
            safeguards: all("share-safeguards"),
        },
        overrides: kept.map(|(text, reason)| Override { text, reason }).collect(),
        reviewed: all("share-reviewed"),
        indicators: indicators(form),
        urgent_because: form
            .has("share-urgent", "yes")
            .then(|| form.required("share-urgent-because", LINE_CHARS_MAX)),
        title: form.required("share-title", LINE_CHARS_MAX),
        course: form.required("share-course", TEXT_CHARS_MAX),
        lesson: form.required("share-lesson", TEXT_CHARS_MAX),
        tlp,
    }
}
