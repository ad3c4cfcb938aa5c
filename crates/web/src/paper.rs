//! Handing out files: documents as PDF, workbook or words through the printer of the program, and tables. Whoever gets one
//! can tell which it is, of which state, and whether it arrived whole: name and header say so.
//!
//! A page that exists on paper has its files beside it: the page's own address with `.pdf`, `.xlsx` and `.txt`.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, request};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sakimori_words::document::{Block, Column, Datum, Document, LetterHead, Row, Table};
use sakimori_words::{Digest, Instant, jst_date};

use crate::Failure;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::ports::Paper;
use crate::site::Site;
use crate::troubles;
use crate::visit::Visit;

/// The three files beside a page, all answered by `file`, which is told by [`Paper`] which one is wanted.
pub(crate) fn beside(address: &str, file: &MethodRouter<Arc<Site>>) -> Router<Arc<Site>> {
    Paper::ALL.into_iter().fold(Router::new(), |router, paper| {
        router.route(&format!("{address}.{}", paper.ending()), file.clone())
    })
}

/// Which file is wanted, by the ending of the address.
impl FromRequestParts<Arc<Site>> for Paper {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut request::Parts,
        _: &Arc<Site>,
    ) -> Result<Self, Failure> {
        let ending = parts.uri.path().rsplit('.').next().unwrap_or_default();
        let wanted = Self::ALL.into_iter().find(|paper| paper.ending() == ending);
        wanted.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))
    }
}

/// A paper of the house with nothing on it yet: a form or a list of this moment, no letter to anybody.
pub(crate) fn blank(frame: &Frame, id: String, title: String) -> Document {
    Document {
        id,
        version: minute(frame.now),
        source: Digest::of(b""),
        form: None,
        lang: frame.lang,
        dated: jst_date(frame.now),
        head: LetterHead {
            title,
            sender: vec![frame.organisation.clone()],
            ..LetterHead::default()
        },
        blocks: Vec::new(),
        foot: Vec::new(),
    }
}

/// `2026-11-20T18:40`, Japan's: the version of a paper that has no other.
pub(crate) fn minute(at: Instant) -> String {
    Datum::Moment(at).iso().unwrap_or_default().chars().take(16).collect()
}

/// A block of rows from labels and values, all of them words; the code of each is its number.
pub(crate) fn rows(code: &str, pairs: &[(String, String)]) -> Block {
    let row = |(n, (label, value)): (usize, &(String, String))| {
        Row::new(format!("{code}.{}", n + 1), label, Datum::text(value))
    };
    Block::Rows(pairs.iter().enumerate().map(row).collect())
}

/// A table whose columns are given by code, title and share of the width.
pub(crate) fn table<const N: usize>(
    code: &str,
    columns: [(&str, String, u8); N],
    rows: Vec<[Datum; N]>,
) -> Block {
    Block::Table(Table {
        code: code.to_owned(),
        caption: String::new(),
        columns: columns.map(|(code, title, share)| Column::new(code, title, share)).into(),
        rows: rows.into_iter().map(Vec::from).collect(),
    })
}

/// Lines of a cell: those that say something.
pub(crate) fn lines<'l>(lines: impl IntoIterator<Item = &'l str>) -> Datum {
    let said: Vec<&str> =
        lines.into_iter().map(str::trim).filter(|line| !line.is_empty()).collect();
    Datum::text(said.join("\n"))
}

/// The file of a document, to be kept under the document's own number. The caller has passed the gate.
pub(crate) async fn hand_out(visit: &Visit, document: Document, paper: Paper) -> Answer {
    let id = document.id.clone();
    let file = visit.site.printer.print(document, paper).await?;
    Ok(as_file(&id, paper, file))
}

/// The answer that carries a file, named after the document of that id.
pub(crate) fn as_file(id: &str, paper: Paper, file: Vec<u8>) -> Response {
    // What is read out is read on the screen.
    let how = if matches!(paper, Paper::Words) { "inline" } else { "attachment" };
    with_name(how, &file_name(id, &file, paper.ending()), paper.media_type(), file)
}

/// A table to take along as CSV. `of`: what it shows and of whom; `state`: the version of that, e.g. how many lines or which moment.
pub(crate) fn csv_file(of: &str, state: &str, text: String) -> Response {
    text_file(of, state, ["csv", "text/csv; charset=utf-8"], text)
}

/// A PDF that came from outside, to be saved: a browser opens nothing of it by itself.
pub(crate) fn pdf_file(of: &str, bytes: Vec<u8>) -> Response {
    with_name("attachment", &format!("{of}.pdf"), "application/pdf", bytes)
}

/// A text to take along, as [`csv_file`], with its ending and media type.
pub(crate) fn text_file(
    of: &str,
    state: &str,
    [ending, media_type]: [&str; 2],
    text: String,
) -> Response {
    let name = file_name(&format!("{of}-v{state}"), text.as_bytes(), ending);
    with_name("attachment", &name, media_type, text.into_bytes())
}

/// A file under the name that its sender gave it, which may be Japanese (RFC 8187), to be saved.
pub(crate) fn named_file(name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let (_, ending) = name.rsplit_once('.').unwrap_or_default();
    let plain: String = ending.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let plain = file_name("file", &bytes, &plain);
    let whole = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let how = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    let headers = [
        (CONTENT_DISPOSITION, how),
        (CONTENT_TYPE, media_type.to_owned()),
        (FILE_DIGEST, Digest::of(&bytes).to_string()),
    ];
    (headers, bytes).into_response()
}

/// The digest of the file, for whoever wants to make sure that it arrived whole.
const FILE_DIGEST: HeaderName = HeaderName::from_static("x-sakimori-sha256");

fn with_name(how: &str, name: &str, media_type: &str, file: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("{how}; filename=\"{name}\"")),
        (FILE_DIGEST, Digest::of(&file).to_string()),
    ];
    (headers, file).into_response()
}

/// `sakimori-50DC0952-1-1f0c22aa31b5.pdf`: number and version, and the first digits of the file's SHA-256. Other characters
/// than letters and digits become hyphens, since headers are plain.
fn file_name(stem: &str, file: &[u8], ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let stem: String = stem.chars().take(80).map(plain).collect();
    format!("sakimori-{stem}-{}.{ending}", Digest::of(file).short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_number_cannot_change_the_header() {
        let name = file_name("第1号\"\r\nX: y", b"", "pdf");
        assert_eq!(name, "sakimori--1----X--y-e3b0c44298fc.pdf");
    }
}
