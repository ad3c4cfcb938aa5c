//! Files that go with a warning (添付資料): named in it by their digest, fetched by those who receive it.
//!
//! A warning in everybody's name is what an attacker would send too. So only documents go along that need no program to be read, and
//! whoever hands one out has looked at its bytes, not at its name alone.

use std::collections::HashSet;

use sakimori_federation::{FILES_MAX, FileRef};
use sakimori_words::Digest;
use serde::{Deserialize, Serialize};

use crate::error::WarnError;

/// Most files of a warning.
pub const ATTACHMENTS_MAX: usize = FILES_MAX;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// A file that goes with a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name as the sender gives it, with the ending of its kind; no path.
    pub name: String,
    /// How many bytes it has.
    pub n_bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

impl Attachment {
    /// The file `bytes` under `name`, when it is a document that may go along.
    ///
    /// # Errors
    /// [`WarnError::AttachmentName`] or [`WarnError::AttachmentKind`].
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, WarnError> {
        let FileRef { digest, n_bytes } = FileRef::to(bytes);
        let attachment = Self { name: plain_name(name), n_bytes, digest };
        attachment.media_type_of(bytes)?;
        Ok(attachment)
    }

    /// As the post names it.
    #[must_use]
    pub const fn file(&self) -> FileRef {
        FileRef { digest: self.digest, n_bytes: self.n_bytes }
    }

    /// The media type by its name.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        Kind::of(&self.name).map_or("application/octet-stream", Kind::media_type)
    }

    /// The media type of these bytes under this name.
    ///
    /// # Errors
    /// [`WarnError::AttachmentName`] when the name has no ending or another than documents have, and [`WarnError::AttachmentKind`] when
    /// the bytes are not what the ending says, or hold a program.
    pub fn media_type_of(&self, bytes: &[u8]) -> Result<&'static str, WarnError> {
        let name = self.name.clone();
        let kind = Kind::of(&self.name).ok_or(WarnError::AttachmentName { name })?;
        let name = self.name.clone();
        if kind.fits(bytes) {
            Ok(kind.media_type())
        } else {
            Err(WarnError::AttachmentKind { name })
        }
    }
}

/// Whether a list of attachments can go with one warning: not too many, and none twice.
#[must_use]
pub fn attachments_fit(attachments: &[Attachment]) -> bool {
    let digests: HashSet<Digest> = attachments.iter().map(|one| one.digest).collect();
    let names: HashSet<&str> = attachments.iter().map(|one| one.name.as_str()).collect();
    let n = attachments.len();
    n <= ATTACHMENTS_MAX && digests.len() == n && names.len() == n
}

/// What a document is, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pdf,
    Png,
    Jpeg,
    Text(&'static str),
    /// Text, table or slides of an office program, without macros.
    Office(&'static str),
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        Some(match ending.to_ascii_lowercase().as_str() {
            "pdf" => Self::Pdf,
            "png" => Self::Png,
            "jpg" | "jpeg" => Self::Jpeg,
            "txt" => Self::Text("text/plain"),
            "csv" => Self::Text("text/csv"),
            "docx" => Self::Office(
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            "xlsx" => {
                Self::Office("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
            }
            "pptx" => Self::Office(
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            ),
            _ => return None,
        })
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Text(media_type) | Self::Office(media_type) => media_type,
        }
    }

    fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpeg => bytes.starts_with(b"\xff\xd8\xff"),
            // Japanese text in UTF-8, UTF-16 or Shift_JIS has no NUL beside another, and a program has.
            Self::Text(_) => {
                !bytes.is_empty()
                    && !bytes.windows(2).any(|two| two == [0, 0])
                    && !bytes.starts_with(b"MZ")
            }
            Self::Office(_) => bytes.starts_with(b"PK\x03\x04") && !holds_program(bytes),
        }
    }
}

/// Whether a part of the archive has the name that macros, controls and embedded programs have. Names in a ZIP archive are not
/// compressed.
fn holds_program(archive: &[u8]) -> bool {
    ["vbaProject", "activeX", "oleObject"].into_iter().any(|name| {
        archive.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The last part of a path, without characters that file systems or people stumble over.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let keep =
        |c: &char| !c.is_control() && !"<>:\"|?*\u{202e}\u{200f}\u{202d}\u{202b}".contains(*c);
    let name: String = last.trim().trim_start_matches('.').chars().filter(keep).collect();
    let n_over = name.chars().count().saturating_sub(NAME_CHARS_MAX);
    match name.rsplit_once('.') {
        // The ending stays: it says what the file is.
        Some((stem, ending)) if n_over > 0 => {
            let n_left = stem.chars().count().saturating_sub(n_over);
            format!("{}.{ending}", stem.chars().take(n_left).collect::<String>())
        }
        _ => name.chars().take(NAME_CHARS_MAX).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_go_along_and_programs_do_not_whatever_their_name() {
        let good: [(&str, &[u8]); 6] = [
            ("別添1 対策チェックリスト.pdf", b"%PDF-1.7\n"),
            ("図.PNG", b"\x89PNG\r\n\x1a\n..."),
            ("写真.jpg", b"\xff\xd8\xff\xe0"),
            ("一覧.csv", "製品名,版\r\n".as_bytes()),
            ("一覧.txt", b"\x90\xbb\x95i\x96\xbc"),
            ("様式.xlsx", b"PK\x03\x04....xl/workbook.xml"),
        ];
        for (name, bytes) in good {
            let attachment = Attachment::new(name, bytes).unwrap();
            assert_eq!((attachment.name.as_str(), attachment.digest), (name, Digest::of(bytes)));
        }
        let bad: [(&str, &[u8]); 9] = [
            ("対策ツール.exe", b"MZ"),
            ("対策チェックリスト.pdf", b"MZ\x90\x00"),
            ("様式.xlsx", b"PK\x03\x04....xl/vbaProject.bin"),
            ("様式.docx", b"PK\x03\x04....word/embeddings/oleObject1.bin"),
            ("様式.xlsm", b"PK\x03\x04....xl/workbook.xml"),
            ("一覧.csv", b"\x7fELF\x02\x01\x01\x00\x00\x00"),
            ("手順.html", b"<script>"),
            (".pdf", b"%PDF-1.7"),
            ("名前だけ", b"%PDF-1.7"),
        ];
        for (name, bytes) in bad {
            assert!(Attachment::new(name, bytes).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_is_no_path_and_shows_its_ending() {
        let of = |name: &str| Attachment::new(name, b"%PDF-1.7").unwrap().name;
        assert_eq!(of("C:\\Users\\a\\別添.pdf"), "別添.pdf");
        assert_eq!(of("../../etc/別添.pdf"), "別添.pdf");
        assert_eq!(of("fdp.\u{202e}exe.pdf"), "fdp.exe.pdf");
        let long = of(&format!("{}.pdf", "長".repeat(300)));
        assert!(long.ends_with("長.pdf") && long.chars().count() == NAME_CHARS_MAX, "{long}");
    }

    proptest! {
        #[test]
        fn any_name_and_bytes_are_answered(name in ".{0,200}", bytes: Vec<u8>) {
            if let Ok(attachment) = Attachment::new(&name, &bytes) {
                prop_assert!(attachment.name.chars().count() <= NAME_CHARS_MAX);
                prop_assert!(!attachment.name.contains(['/', '\\', '\n']));
                prop_assert!(attachment.media_type_of(&bytes).is_ok());
            }
        }
    }
}
