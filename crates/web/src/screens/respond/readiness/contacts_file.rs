//! The contact tree as a file for spreadsheets: out, and in again with every fault told by its cell.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use sakimori_identity::Action;
use sakimori_respond::readiness::{
    CONTACTS_FILE_BYTES_MAX, CellFault, ContactsFileError, contact_rows, read_contacts,
};
use sakimori_watch::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};
use sakimori_words::new_uuid7;

use super::contacts::{Changed, change_contacts, contacts_of};
use super::pass_to_read;
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::paper;
use crate::troubles;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/respond/readiness/contacts_file.html")]
struct ImportPage {
    frame: Frame,
    form: Form,
    faults: Vec<CellFault>,
}

pub(super) async fn export(visit: Visit) -> Answer {
    pass_to_read(&visit, "contacts", "export.csv").await?;
    let mut text = String::from(BYTE_ORDER_MARK);
    for row in contact_rows(&contacts_of(&visit).await?) {
        push_row(&mut text, row.iter().map(|cell| safe(cell)));
    }
    let of = format!("contacts-{}", visit.site.settings.organisation);
    Ok(paper::csv_file(&of, &visit.site.clock.now().to_string(), text))
}

pub(super) async fn offer(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "contacts", "import").await?;
    draw(&visit, Form::new(), Vec::new()).await
}

pub(super) async fn import(visit: Visit, upload: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass_personal(Action::ManageSettings, "contacts", "import", "").await?;
    let bytes = read(upload).await?;
    let (clock, chance) = (&visit.site.clock, visit.site.chance.as_ref());
    let new_id = || format!("c-{}", new_uuid7(clock.now(), chance));
    let contacts = match read_contacts(&bytes, &contacts_of(&visit).await?, new_id) {
        Ok(contacts) => contacts,
        Err(error) => return refused(&visit, error).await,
    };
    let count = contacts.len();
    // Somebody who changed a contact while the file was read keeps their change: it is merged into what is there then.
    let changed = change_contacts(&visit, |all| {
        match read_contacts(&bytes, all, new_id) {
            Ok(merged) => *all = merged,
            Err(_) => return false,
        }
        true
    })
    .await?;
    match changed {
        Changed::Kept => visit.done(
            "/readiness/contacts",
            &Flash::new("flash-contacts-imported").with("count", count),
        ),
        Changed::NoProfile | Changed::Nothing => {
            visit.done("/settings/organisation", &Flash::new("flash-organisation-first"))
        }
    }
}

async fn refused(visit: &Visit, error: ContactsFileError) -> Answer {
    let mut form = Form::new();
    let faults = match error {
        ContactsFileError::Cells(faults) => faults,
        ContactsFileError::NoHeading => {
            form.wrong("ct-file", Problem::new("problem-contacts-heading"));
            Vec::new()
        }
        ContactsFileError::TooLarge { .. } => {
            let limit = CONTACTS_FILE_BYTES_MAX / 1024;
            form.wrong("ct-file", Problem::new("problem-contacts-large").with("limit", limit));
            Vec::new()
        }
    };
    draw(visit, form, faults).await
}

async fn draw(visit: &Visit, form: Form, faults: Vec<CellFault>) -> Answer {
    page(&ImportPage { frame: visit.frame("contacts-import").await, form, faults })
}

/// The bytes of the form's file.
async fn read(upload: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Failure> {
    let unreadable = |what: String| Failure::new(&troubles::UNREADABLE, what);
    let mut upload = upload.map_err(|error| unreadable(error.to_string()))?;
    loop {
        let field = upload.next_field().await.map_err(|error| unreadable(error.to_string()))?;
        let Some(field) = field else { return Ok(Vec::new()) };
        if field.name() == Some("ct-file") {
            let bytes = field.bytes().await.map_err(|error| unreadable(error.to_string()))?;
            return Ok(bytes.into());
        }
    }
}
