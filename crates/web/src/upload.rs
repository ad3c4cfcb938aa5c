//! Reads a form with a file: the texts as a [`Form`], the file beside it.

use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};

use crate::failure::Failure;
use crate::form::Form;
use crate::troubles;

/// Longest text field beside a file, in bytes.
const TEXT_BYTES_MAX: usize = 128 * 1024;

/// A file as a browser sends it.
#[derive(Default)]
pub(crate) struct Upload {
    /// Its name by the browser's word; empty when none was chosen.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// The texts of the form, and the bytes of its field `file`.
pub(crate) async fn read(
    upload: Result<Multipart, MultipartRejection>,
    file: &str,
) -> Result<(Form, Vec<u8>), Failure> {
    read_named(upload, file).await.map(|(form, upload)| (form, upload.bytes))
}

/// The same with the name of the file.
pub(crate) async fn read_named(
    upload: Result<Multipart, MultipartRejection>,
    file: &str,
) -> Result<(Form, Upload), Failure> {
    let mut upload =
        upload.map_err(|error| Failure::new(&troubles::UNREADABLE, error.to_string()))?;
    let (mut form, mut found) = (Form::new(), Upload::default());
    while let Some(field) = upload.next_field().await.map_err(|error| broken_off(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let part = field.bytes().await.map_err(|error| broken_off(&error))?;
        if name == file {
            found = Upload { name: file_name.unwrap_or_default(), bytes: part.into() };
        } else if file_name.is_some() {
            // Another file of the form, which was not sent by its own button.
        } else if part.len() <= TEXT_BYTES_MAX {
            // A name may stand several times: boxes of a choice, cells of a column.
            form.add(&name, String::from_utf8_lossy(&part));
        }
    }
    Ok((form, found))
}

fn broken_off(error: &MultipartError) -> Failure {
    match error.status().as_u16() {
        413 => Failure::new(&troubles::TOO_LARGE, error.to_string()),
        _ => Failure::new(&troubles::UNREADABLE, error.to_string()),
    }
}
