//! Files that go with a warning (添付資料): put to a draft, named on every page that shows the warning, handed out from there.

use axum::extract::Path;
use axum::extract::multipart::{Multipart, MultipartRejection};
use sakimori_federation::FileError;
use sakimori_identity::Action;
use sakimori_warn::{ATTACHMENTS_MAX, Attachment, WarnError, WarningContent, attachments_fit};
use sakimori_words::WarningId;

use super::key_of;
use crate::failure::{Answer, Failure};
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::site::Site;
use crate::upload;
use crate::visit::Visit;
use crate::{paper, troubles};

/// The file that is put to a draft.
const FILE: &str = "attachment-file";
/// The attachments of a draft as its form carries them: digest, size and name of each.
const KEPT: &str = "attachment";
/// The digests of those that are taken away.
const DROPPED: &str = "attachment-drop";

/// A file of a warning on a page.
pub(in crate::screens) struct AttachmentView {
    pub(in crate::screens) name: String,
    pub(in crate::screens) size: String,
    pub(in crate::screens) digest: String,
    /// Where it is handed out; empty on paper.
    pub(in crate::screens) address: String,
}

/// The files of a warning, handed out below the page `at`.
pub(super) fn views(frame: &Frame, content: &WarningContent, at: &str) -> Vec<AttachmentView> {
    content.attachments.iter().map(|one| view(frame, one, at)).collect()
}

fn view(frame: &Frame, attachment: &Attachment, at: &str) -> AttachmentView {
    let digest = attachment.digest.to_string();
    AttachmentView {
        name: attachment.name.clone(),
        size: frame.bytes(attachment.n_bytes),
        address: if at.is_empty() { String::new() } else { format!("{at}/attachments/{digest}") },
        digest,
    }
}

/// The file of that digest, when one of these contents names it. A browser saves it and opens nothing of it by itself.
pub(in crate::screens) async fn hand_out(
    site: &Site,
    contents: &[&WarningContent],
    digest: &str,
) -> Answer {
    let mut attachments = contents.iter().flat_map(|content| &content.attachments);
    let attachment = attachments.find(|one| one.digest.to_string() == digest);
    let attachment = attachment.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))?;
    let bytes = site.post.file(&attachment.file()).await.map_err(WarnError::from)?;
    let media_type = attachment.media_type_of(&bytes)?;
    Ok(paper::named_file(&attachment.name, media_type, bytes))
}

type Address = Path<(String, String, String)>;

/// A file of a warning that came, in whichever revision.
pub(super) async fn of_received(visit: Visit, Path((origin, id, digest)): Address) -> Answer {
    visit.pass(Action::ReadWarning, "warning", &id).await?;
    let received = visit.site.warnings.received_one(&key_of(&origin, &id)).await?;
    let contents: Vec<_> = received.revisions.iter().map(|one| &one.warning.content).collect();
    hand_out(&visit.site, &contents, &digest).await
}

/// A file of a warning that went on from here.
pub(super) async fn of_covered(visit: Visit, Path((origin, id, digest)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let warning = visit.site.warnings.warning(&key_of(&origin, &id)).await?;
    hand_out(&visit.site, &[&warning.content], &digest).await
}

/// A file of a draft.
pub(super) async fn of_draft(visit: Visit, Path((id, digest)): Path<(String, String)>) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let issued = visit.site.warnings.issued_one(&WarningId::from(id)).await?;
    let contents: Vec<_> = issued.draft.iter().map(|draft| &draft.content).collect();
    hand_out(&visit.site, &contents, &digest).await
}

/// The form of a warning with the file that came with it kept and put to it. Nothing of the form itself is kept.
pub(super) async fn add(
    visit: &Visit,
    upload: Result<Multipart, MultipartRejection>,
) -> Result<Form, Failure> {
    let (mut form, file) = upload::read_named(upload, FILE).await?;
    let Ok(attachment) = Attachment::new(&file.name, &file.bytes) else {
        form.wrong(FILE, Problem::new("problem-attachment"));
        return Ok(form);
    };
    let mut attachments = kept(&form);
    attachments.push(attachment.clone());
    if !attachments_fit(&attachments) {
        form.wrong(FILE, Problem::new("problem-attachments").with("most", ATTACHMENTS_MAX));
        return Ok(form);
    }
    match visit.site.post.keep_file(file.bytes).await {
        Ok(_) => form.add(KEPT, line(&attachment)),
        Err(FileError::Size { .. }) => form.wrong(FILE, Problem::new("problem-attachment-size")),
        Err(error) => return Err(WarnError::from(error).into()),
    }
    Ok(form)
}

/// Puts attachments into the form.
pub(super) fn fill(form: &mut Form, attachments: &[Attachment]) {
    attachments.iter().for_each(|one| form.add(KEPT, line(one)));
}

/// The attachments of the form without those that are taken away.
pub(super) fn kept(form: &Form) -> Vec<Attachment> {
    let attachments = form.all(KEPT).filter_map(attachment).take(ATTACHMENTS_MAX);
    attachments.filter(|one| !form.has(DROPPED, &one.digest.to_string())).collect()
}

/// The rows of the form: the value it carries on, and what a person sees.
pub(super) fn rows(frame: &Frame, form: &Form) -> Vec<(String, AttachmentView)> {
    let attachments = kept(form);
    attachments.iter().map(|one| (line(one), view(frame, one, ""))).collect()
}

fn line(attachment: &Attachment) -> String {
    format!("{} {} {}", attachment.digest, attachment.n_bytes, attachment.name)
}

fn attachment(line: &str) -> Option<Attachment> {
    let mut parts = line.splitn(3, ' ');
    let digest = serde_json::from_value(parts.next()?.into()).ok()?;
    let n_bytes = parts.next()?.parse().ok()?;
    Some(Attachment { digest, n_bytes, name: parts.next()?.to_owned() })
}
