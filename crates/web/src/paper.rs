//! Handing out a document as a file: PDF, workbook or words, through the printer of the program.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use sakimori_words::document::Document;

use crate::failure::Answer;
use crate::ports::Paper;
use crate::visit::Visit;

/// The file of a document, to be kept under the document's own number. The caller has passed the gate.
pub(crate) async fn hand_out(visit: &Visit, document: Document, paper: Paper) -> Answer {
    let name = file_name(&document.id, paper);
    let file = visit.site.printer.print(document, paper).await?;
    let disposition = match paper {
        // What is read out is read on the screen.
        Paper::Words => format!("inline; filename=\"{name}\""),
        Paper::Pdf | Paper::Workbook => format!("attachment; filename=\"{name}\""),
    };
    let headers =
        [(CONTENT_TYPE, paper.media_type().to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, file).into_response())
}

/// `sakimori-50DC0952-1.pdf`; other characters than letters and digits become hyphens, since headers are plain.
fn file_name(id: &str, paper: Paper) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let id: String = id.chars().take(60).map(plain).collect();
    format!("sakimori-{id}.{}", paper.ending())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_number_cannot_change_the_header() {
        let name = file_name("第1号\"\r\nX: y", Paper::Pdf);
        assert_eq!(name, "sakimori--1----X--y.pdf");
    }
}
