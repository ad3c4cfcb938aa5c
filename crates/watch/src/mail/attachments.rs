//! What a mail carries: the real kind by its first bytes, not by its name.

use std::io::Cursor;

use sakimori_words::Digest;
use serde::{Deserialize, Serialize};

use super::addresses::line;
use super::packed::{self, Packed};

/// Text of an HTML attachment that is looked through, in bytes.
const HTML_BYTES_MAX: usize = 2 << 20;

/// Entries of a compound file that are looked through.
const OLE_ENTRIES_MAX: usize = 5_000;

/// A file that came with a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name it carries.
    pub name: String,
    /// The kind the mail says it is.
    pub said: String,
    /// The kind it is.
    pub kind: AttachmentKind,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: Digest,
    /// What an archive holds.
    pub holds: Vec<String>,
    /// How many more it holds.
    pub holds_more: usize,
    /// A password is needed to open it.
    pub has_password: bool,
    /// It could not be looked into.
    pub unreadable: bool,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A program.
    Program,
    /// A text that Windows runs (JS, VBS, HTA, WSF, PowerShell, batch).
    Script,
    /// A Windows shortcut.
    Shortcut,
    /// A disk image, which lets its content in without Windows' mark of the Internet.
    DiskImage,
    /// A `OneNote` page.
    OneNote,
    /// An Office document that carries a macro.
    OfficeMacro,
    /// An Office document that needs a password.
    OfficeLocked,
    /// An Office document.
    Office,
    /// A PDF.
    Pdf,
    /// Rich text.
    Rtf,
    /// A web page that builds a file by itself.
    HtmlSmuggling,
    /// A web page that asks for a password or sends a form.
    HtmlForm,
    /// A web page.
    Html,
    /// An archive.
    Archive,
    /// Another mail.
    Mail,
    /// A picture.
    Picture,
    /// Anything else.
    Other,
}

/// Endings of names, by what Windows does with them.
const PROGRAMS: &[&str] =
    &["exe", "scr", "com", "pif", "cpl", "msi", "msix", "appx", "dll", "jar", "xll", "application"];
const SCRIPTS: &[&str] = &[
    "js",
    "jse",
    "vbs",
    "vbe",
    "wsf",
    "wsh",
    "hta",
    "ps1",
    "bat",
    "cmd",
    "sct",
    "reg",
    "chm",
    "iqy",
    "settingcontent-ms",
    "library-ms",
];
const SHORTCUTS: &[&str] = &["lnk", "url", "website"];
const IMAGES: &[&str] = &["iso", "img", "vhd", "vhdx", "udf"];
const MACRO_OFFICE: &[&str] =
    &["docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppam", "ppsm", "xlsb"];
const OFFICE: &[&str] = &["doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf", "csv"];
const ARCHIVES: &[&str] =
    &["zip", "7z", "rar", "lzh", "gz", "tgz", "tar", "cab", "ace", "xz", "bz2"];

/// The ending of a name, in lower case.
pub(super) fn ending(name: &str) -> String {
    let name = name.trim_end_matches(['.', ' ', '"', '\'']);
    name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
}

/// What a name alone says that the file would do.
pub(super) fn kind_by_name(name: &str) -> AttachmentKind {
    let ending = ending(name);
    let is = |list: &[&str]| list.contains(&ending.as_str());
    match () {
        () if is(PROGRAMS) => AttachmentKind::Program,
        () if is(SCRIPTS) => AttachmentKind::Script,
        () if is(SHORTCUTS) => AttachmentKind::Shortcut,
        () if is(IMAGES) => AttachmentKind::DiskImage,
        () if is(MACRO_OFFICE) => AttachmentKind::OfficeMacro,
        () if is(OFFICE) => AttachmentKind::Office,
        () if is(ARCHIVES) => AttachmentKind::Archive,
        () if is(&["one", "onepkg"]) => AttachmentKind::OneNote,
        () if is(&["pdf"]) => AttachmentKind::Pdf,
        () if is(&["htm", "html", "shtml", "xhtml", "svg", "mht"]) => AttachmentKind::Html,
        () if is(&["eml", "msg"]) => AttachmentKind::Mail,
        () if is(&["jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff"]) => {
            AttachmentKind::Picture
        }
        () => AttachmentKind::Other,
    }
}

/// Whether opening a file of that kind runs what somebody else wrote.
pub(super) const fn runs(kind: AttachmentKind) -> bool {
    matches!(
        kind,
        AttachmentKind::Program
            | AttachmentKind::Script
            | AttachmentKind::Shortcut
            | AttachmentKind::DiskImage
    )
}

/// Whether a name in a long list must not be lost.
pub(super) fn is_telling(name: &str) -> bool {
    let kind = kind_by_name(name);
    runs(kind)
        || name.ends_with("vbaProject.bin")
        || matches!(kind, AttachmentKind::OneNote | AttachmentKind::OfficeMacro)
}

/// Looks at one attachment.
pub(super) fn look(name: &str, said: &str, bytes: &[u8]) -> Attachment {
    let (kind, packed) = kind_of(name, bytes);
    Attachment {
        name: line(name),
        said: line(said),
        kind,
        bytes: bytes.len() as u64,
        digest: Digest::of(bytes),
        has_password: packed.has_password || kind == AttachmentKind::OfficeLocked,
        unreadable: packed.unreadable,
        holds: if kind == AttachmentKind::Archive { packed.names } else { Vec::new() },
        holds_more: if kind == AttachmentKind::Archive { packed.more } else { 0 },
    }
}

fn kind_of(name: &str, bytes: &[u8]) -> (AttachmentKind, Packed) {
    let plain = |kind| (kind, Packed::default());
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        return zipped(bytes);
    }
    if starts(b"7z\xbc\xaf\x27\x1c") {
        return archive(packed::seven_z_has_password(bytes));
    }
    if starts(b"Rar!\x1a\x07") {
        return archive(packed::rar_has_password(bytes));
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound(name, bytes);
    }
    if let Some(kind) = by_first_bytes(bytes) {
        return plain(kind);
    }
    if is_html(bytes) || kind_by_name(name) == AttachmentKind::Html {
        return plain(html(bytes));
    }
    match kind_by_name(name) {
        // An archive that nothing here can list.
        AttachmentKind::Archive => archive(false),
        // A name that promises Office with other content runs nothing in Office.
        AttachmentKind::OfficeMacro => plain(AttachmentKind::Office),
        kind => plain(kind),
    }
}

fn by_first_bytes(bytes: &[u8]) -> Option<AttachmentKind> {
    const FIRST: [(&[u8], AttachmentKind); 15] = [
        (b"MZ", AttachmentKind::Program),
        (b"\x7fELF", AttachmentKind::Program),
        (b"L\0\0\0\x01\x14\x02\0", AttachmentKind::Shortcut),
        (b"vhdxfile", AttachmentKind::DiskImage),
        (b"conectix", AttachmentKind::DiskImage),
        (
            b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3",
            AttachmentKind::OneNote,
        ),
        (b"ITSF", AttachmentKind::Script),
        (b"%PDF", AttachmentKind::Pdf),
        (b"{\\rt", AttachmentKind::Rtf),
        (b"MSCF", AttachmentKind::Archive),
        (b"\x1f\x8b", AttachmentKind::Archive),
        (b"\x89PNG", AttachmentKind::Picture),
        (b"\xff\xd8\xff", AttachmentKind::Picture),
        (b"GIF8", AttachmentKind::Picture),
        (b"BZh", AttachmentKind::Archive),
    ];
    let first = FIRST.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind);
    first.or_else(|| is_disk_image(bytes).then_some(AttachmentKind::DiskImage))
}

/// An ISO 9660 or UDF volume says so at sector 16; a fixed VHD at its end.
fn is_disk_image(bytes: &[u8]) -> bool {
    let sector = bytes.get(0x8001..0x8006);
    let is_volume =
        sector.is_some_and(|id| matches!(id, b"CD001" | b"BEA01" | b"NSR02" | b"NSR03"));
    let foot = bytes.len().checked_sub(512).and_then(|at| bytes.get(at..));
    is_volume || foot.is_some_and(|foot| foot.starts_with(b"conectix"))
}

fn archive(has_password: bool) -> (AttachmentKind, Packed) {
    // Only zip's list is read.
    (AttachmentKind::Archive, Packed { has_password, unreadable: true, ..Packed::default() })
}

/// A zip is an archive, or an Office document of the newer form.
fn zipped(bytes: &[u8]) -> (AttachmentKind, Packed) {
    let packed = packed::zip(bytes);
    let holds = |wanted: &str| packed.names.iter().any(|name| name == wanted);
    let is_office = holds("[Content_Types].xml");
    let has_macro = packed
        .names
        .iter()
        .any(|name| name.ends_with("vbaProject.bin") || name.contains("/macrosheets/"));
    match (is_office, has_macro) {
        (true, true) => (AttachmentKind::OfficeMacro, packed),
        (true, false) => (AttachmentKind::Office, packed),
        (false, _) => (AttachmentKind::Archive, packed),
    }
}

/// A compound file is a mail of Outlook, an Office document of the older form, an encrypted one, or an installer.
fn compound(name: &str, bytes: &[u8]) -> (AttachmentKind, Packed) {
    let Ok(file) = cfb::CompoundFile::open(Cursor::new(bytes)) else {
        return (AttachmentKind::Office, Packed { unreadable: true, ..Packed::default() });
    };
    let mut kind = match kind_by_name(name) {
        AttachmentKind::Program => AttachmentKind::Program,
        _ => AttachmentKind::Office,
    };
    for entry in file.walk().take(OLE_ENTRIES_MAX) {
        match entry.name() {
            "VBA" | "_VBA_PROJECT_CUR" | "_VBA_PROJECT" if kind == AttachmentKind::Office => {
                kind = AttachmentKind::OfficeMacro;
            }
            "EncryptedPackage" => kind = AttachmentKind::OfficeLocked,
            "__properties_version1.0" if kind == AttachmentKind::Office => {
                kind = AttachmentKind::Mail;
            }
            _ => {}
        }
    }
    (kind, Packed::default())
}

fn is_html(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or_default().to_ascii_lowercase();
    let has = |wanted: &str| memchr::memmem::find(&head, wanted.as_bytes()).is_some();
    has("<html") || has("<!doctype html") || has("<script")
}

/// A page with a script that makes a file out of itself; one that asks for something; or only a page.
fn html(bytes: &[u8]) -> AttachmentKind {
    let text =
        bytes.get(..bytes.len().min(HTML_BYTES_MAX)).unwrap_or_default().to_ascii_lowercase();
    let has = |wanted: &str| memchr::memmem::find(&text, wanted.as_bytes()).is_some();
    let makes =
        ["createobjecturl", "mssaveoropenblob", "mssaveblob", "new blob", "data:application"];
    let unwraps = ["atob(", "fromcharcode", "charcodeat", "uint8array", "unescape("];
    let has_script = has("<script") || has("onload=");
    if has_script && makes.iter().any(|word| has(word)) && unwraps.iter().any(|word| has(word)) {
        return AttachmentKind::HtmlSmuggling;
    }
    if has("<form") || has("type=\"password\"") || has("type=password") {
        return AttachmentKind::HtmlForm;
    }
    AttachmentKind::Html
}
