//! What can be wrong with a file, in words for whoever gave it.

use std::fmt;

use sakimori_words::{Lang, Text};
use serde::{Deserialize, Serialize};

/// What is wrong with a part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// The header of an EVTX file is broken.
    FileHeader,
    /// The file ends too early.
    Cut,
    /// A checksum differs.
    Checksum,
    /// A chunk of an EVTX file does not begin like one.
    ChunkHeader,
    /// Something in a chunk cannot be read.
    Chunk,
    /// One record cannot be read.
    Record,
    /// An archive cannot be opened.
    Archive,
    /// An archive holds too many files.
    TooManyEntries,
    /// An archive's entry is a link.
    Link,
    /// An archive's entry cannot be unpacked.
    Packed,
    /// A limit was reached; the beginning was read.
    Limit,
    /// An archive inside an archive.
    Nested,
    /// Neither text nor a known format.
    NotALog,
    /// The input itself failed.
    Input,
}

impl Damage {
    /// What it means, in one sentence.
    #[must_use]
    pub fn what(self) -> Text {
        let (ja, en) = match self {
            Self::FileHeader => (
                "EVTX ファイルの先頭が壊れています。中の記録は読めるだけ読みました。",
                "The header of the EVTX file is broken. Its records were read as far as possible.",
            ),
            Self::Cut => (
                "ファイルが途中で切れています。切れる前までは読みました。",
                "The file ends too early. What comes before the end was read.",
            ),
            Self::Checksum => (
                "検査値が合いません。記録は読みましたが、壊れたか書き換えられた可能性があります。",
                "A checksum differs. The records were read, but may be damaged or altered.",
            ),
            Self::ChunkHeader => (
                "区画の先頭が壊れています。読める記録だけ読みました。",
                "A chunk does not begin like one. Only what could be read was read.",
            ),
            Self::Chunk => (
                "区画の一部が壊れていて読めません。残りは読みました。",
                "A part of a chunk cannot be read. The rest was.",
            ),
            Self::Record => (
                "この記録は壊れていて読めません。残りは読みました。",
                "This record cannot be read. The rest was.",
            ),
            Self::Archive => ("圧縮ファイルを開けません。", "The archive cannot be opened."),
            Self::TooManyEntries => (
                "中のファイルが多すぎます。上限までを読みました。分けて渡してください。",
                "The archive holds too many files. Those up to the limit were read. Split it.",
            ),
            Self::Link => ("リンクなので読みません。", "It is a link and was not followed."),
            Self::Packed => (
                "取り出せません（パスワード付き、または対応していない圧縮方式）。",
                "It cannot be unpacked: it has a password, or a method that is not supported.",
            ),
            Self::Limit => (
                "大きさの上限を超えたため、途中までを読みました。取り出して直接渡してください。",
                "It is over a size limit; only its beginning was read. Unpack it and give it directly.",
            ),
            Self::Nested => (
                "圧縮ファイルの中の圧縮ファイルは読みません。取り出して渡してください。",
                "An archive inside an archive is not read. Unpack it first.",
            ),
            Self::NotALog => (
                "ログとして読める形式ではありません。",
                "It is neither text nor a log format Sakimori knows.",
            ),
            Self::Input => (
                "読み取りの途中で失敗しました。ディスクやファイルの権限を確かめてください。",
                "Reading failed. Check the disk and the permissions of the file.",
            ),
        };
        Text::new(ja, en)
    }
}

/// A part of a file that could not be read, or only with a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Name of the file, or of the entry in an archive.
    pub file: String,
    /// Which part, in the format's own terms: `chunk 3`, `record 1204`, empty for the whole file.
    pub place: String,
    /// What is wrong with it.
    pub damage: Damage,
    /// The cause in technical words; may be empty.
    pub reason: String,
}

impl Unreadable {
    /// The whole of `file`.
    pub(crate) fn file(file: &str, damage: Damage, reason: &dyn fmt::Display) -> Self {
        Self { file: file.to_owned(), place: String::new(), damage, reason: reason.to_string() }
    }

    /// All of it in one line.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let place = if self.place.is_empty() { String::new() } else { format!(" {}", self.place) };
        let what = self.damage.what();
        let reason =
            if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        format!("{}{place}: {}{reason}", self.file, what.get(lang))
    }
}
