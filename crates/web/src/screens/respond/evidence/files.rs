//! The evidence as files for others: a table, the chain itself, CASE/UCO. Their names carry the case, the length of the chain
//! and its head; a header carries the digest of the file.

use axum::extract::Path;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use sakimori_identity::Action;
use sakimori_respond::custody::{ChainHead, export};
use sakimori_words::{CaseId, Digest};

use crate::failure::Answer;
use crate::visit::Visit;

const FILE_DIGEST: HeaderName = HeaderName::from_static("x-sakimori-sha256");

pub(super) async fn csv(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ExportData, "case", &id, "custody.csv").await?;
    let id = CaseId::from(id);
    let custody = visit.site.cases.custody(&id).await?;
    file(&id, custody.head, "csv", "text/csv; charset=utf-8", export::csv(&id, &custody))
}

pub(super) async fn chain(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ExportData, "case", &id, "custody.jsonl").await?;
    let id = CaseId::from(id);
    let head = visit.site.cases.custody_head(&id).await?;
    let text = visit.site.cases.custody_chain(&id).await?;
    file(&id, head, "jsonl", "application/x-ndjson", text)
}

pub(super) async fn case_uco(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ExportData, "case", &id, "custody.jsonld").await?;
    let id = CaseId::from(id);
    let case = visit.site.cases.case(&id).await?;
    let custody = visit.site.cases.custody(&id).await?;
    let text = export::case_uco(&case, &custody);
    file(&id, custody.head, "jsonld", "application/ld+json", text)
}

fn file(
    id: &CaseId,
    head: ChainHead,
    ending: &str,
    media_type: &'static str,
    text: String,
) -> Answer {
    let safe: String =
        id.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let name = format!("custody-{safe}-v{}-{}.{ending}", head.n, head.digest.short());
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (FILE_DIGEST, Digest::of(text.as_bytes()).to_string()),
    ];
    Ok((headers, text).into_response())
}
