//! Past notices, lessons and references: the same for the portal and for everybody.

use askama::Template;
use sakimori_content::{Content, Material, MaterialKind, Tier};
use sakimori_words::wareki_with_western;

use crate::failure::{Answer, Failure};
use crate::frame::Frame;
use crate::troubles;
use crate::visit::page;

#[derive(Template)]
#[template(path = "screens/materials/list.html")]
struct ListPage {
    frame: Frame,
    lessons: Vec<Row>,
    references: Vec<Row>,
    notices: Vec<NoticeRow>,
}

struct Row {
    /// Where it is read: a page of ours, or the link.
    path: String,
    title: String,
    about: String,
    /// For whom and how long.
    line: String,
}

struct NoticeRow {
    title: String,
    line: String,
}

#[derive(Template)]
#[template(path = "screens/materials/one.html")]
struct OnePage {
    frame: Frame,
    back: &'static str,
    about: String,
    line: String,
    points: Vec<String>,
    questions: Vec<(String, String)>,
    citation: String,
}

/// The list; lessons are read below `base`.
pub(super) fn list(frame: Frame, content: &Content, base: &str) -> Answer {
    let of = |kind: MaterialKind| {
        let own = content.materials().iter().filter(move |one| one.kind == kind);
        own.map(|one| row(&frame, base, one)).collect::<Vec<_>>()
    };
    let notices = content.notices().iter().map(|notice| NoticeRow {
        title: frame.text(&notice.title).to_owned(),
        line: format!(
            "{} · {} · {}",
            notice.number,
            wareki_with_western(notice.issued_on),
            frame.text(&notice.issuer)
        ),
    });
    page(&ListPage {
        lessons: of(MaterialKind::Training),
        references: of(MaterialKind::Reference),
        notices: notices.collect(),
        frame,
    })
}

/// One lesson; `frame` makes the page with that title.
pub(super) fn lesson<'c>(content: &'c Content, id: &str) -> Result<&'c Material, Failure> {
    let lessons = content.materials().iter().filter(|one| one.kind == MaterialKind::Training);
    let found = lessons.into_iter().find(|one| one.id == id);
    found.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))
}

/// The page of a lesson.
pub(super) fn one(
    frame: Frame,
    content: &Content,
    lesson: &Material,
    back: &'static str,
) -> Answer {
    let clauses = lesson.clauses.iter().map(String::as_str);
    let questions = lesson.questions.iter();
    page(&OnePage {
        back,
        about: frame.text(&lesson.about).to_owned(),
        line: line(&frame, lesson),
        points: lesson.points.iter().map(|point| frame.text(point).to_owned()).collect(),
        questions: questions
            .map(|one| (frame.text(&one.asks).to_owned(), frame.text(&one.answer).to_owned()))
            .collect(),
        citation: content.citation(clauses).get(frame.lang).to_owned(),
        frame,
    })
}

fn row(frame: &Frame, base: &str, material: &Material) -> Row {
    Row {
        path: material.link.clone().unwrap_or_else(|| format!("{base}/{}", material.id)),
        title: frame.text(&material.title).to_owned(),
        about: frame.text(&material.about).to_owned(),
        line: line(frame, material),
    }
}

fn line(frame: &Frame, material: &Material) -> String {
    let tier = material.tier.map(|tier| {
        frame.t(match tier {
            Tier::Beginner => "materials-beginner",
            Tier::Management => "materials-management",
            Tier::System => "materials-system",
        })
    });
    let minutes = material.minutes.map(|minutes| frame.with("materials-minutes", "n", minutes));
    tier.into_iter().chain(minutes).collect::<Vec<_>>().join(" · ")
}
