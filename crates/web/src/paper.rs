//! Handing out files: documents as PDF, workbook or words through the printer of the program, and tables. Whoever gets one
//! can tell which it is, of which state, and whether it arrived whole: name and header say so.

use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sakimori_words::Digest;
use sakimori_words::document::Document;

use crate::failure::Answer;
use crate::ports::Paper;
use crate::visit::Visit;

/// The file of a document, to be kept under the document's own number. The caller has passed the gate.
pub(crate) async fn hand_out(visit: &Visit, document: Document, paper: Paper) -> Answer {
    let (stem, ending, kind) = (document.id.clone(), paper.ending(), paper.media_type());
    let file = visit.site.printer.print(document, paper).await?;
    // What is read out is read on the screen.
    let how = if matches!(paper, Paper::Words) { "inline" } else { "attachment" };
    Ok(with_name(how, &file_name(&stem, &file, ending), kind, file))
}

/// A table to take along. `of`: what it shows and of whom; `state`: the version of that, e.g. how many lines or which moment.
pub(crate) fn table(of: &str, state: &str, text: String) -> Response {
    text_file(of, state, ["csv", "text/csv; charset=utf-8"], text)
}

/// A text to take along, as [`table`], with its ending and media type.
pub(crate) fn text_file(
    of: &str,
    state: &str,
    [ending, media_type]: [&str; 2],
    text: String,
) -> Response {
    let name = file_name(&format!("{of}-v{state}"), text.as_bytes(), ending);
    with_name("attachment", &name, media_type, text.into_bytes())
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
