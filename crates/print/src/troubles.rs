//! What keeps a document from being made, in words for people.

use sakimori_words::{Trouble, TroubleKind};

use crate::PrintError;

/// The troubles of this crate.
pub const TROUBLES: &[TroubleKind] =
    &[NO_FONTS, MISSING_CHARACTERS, TOO_LONG, NOT_MADE, OTHER_FORM];

const NO_FONTS: TroubleKind = TroubleKind::new(
    "SK-PRINT-001",
    503,
    [
        "PDF を作るための日本語フォントがこの機器にありません",
        "this machine has no Japanese font to make a PDF with",
    ],
    [
        "急ぐときは「印刷用の文書を開く」からブラウザで印刷してください。フォントは Debian・Ubuntu なら \
         `apt install fonts-morisawa-bizud-gothic`（または fonts-noto-cjk）で入ります。インターネットに出られない機器では、\
         フォントのファイル（BIZUDPGothic-Regular.ttf など）をデータフォルダの `fonts` に置いてください。再起動は要りません。",
        "If it is urgent, open the document for printing and print from the browser. On Debian or Ubuntu \
         `apt install fonts-morisawa-bizud-gothic` (or fonts-noto-cjk) installs a font. Without the Internet put its files \
         (BIZUDPGothic-Regular.ttf or others) into `fonts` in the data folder. No restart is needed.",
    ],
);

const MISSING_CHARACTERS: TroubleKind = TroubleKind::new(
    "SK-PRINT-002",
    422,
    [
        "この機器のフォントにない文字があるため、PDF を作れません",
        "no PDF is made, because the fonts of this machine lack some characters",
    ],
    [
        "示された文字を別の書き方に直すか、その文字を持つフォント（人名なら IPAmj明朝 など）のファイルをデータフォルダの \
         `fonts` に置いてください。急ぐときは「印刷用の文書を開く」からブラウザで印刷できます。",
        "Write the characters shown in another way, or put a font that has them into `fonts` in the data folder. If it is \
         urgent, open the document for printing and print from the browser.",
    ],
);

const TOO_LONG: TroubleKind = TroubleKind::new(
    "SK-PRINT-003",
    422,
    ["文書が長すぎて PDF にできません", "the document is too long for a PDF"],
    [
        "Excel（XLSX）で出すか、「印刷用の文書を開く」からブラウザで印刷してください。",
        "Take the workbook (XLSX), or open the document for printing and print from the browser.",
    ],
);

const NOT_MADE: TroubleKind = TroubleKind::new(
    "SK-PRINT-004",
    500,
    ["文書のファイルを作れません", "the file of the document could not be made"],
    [
        "「印刷用の文書を開く」からブラウザで印刷してください。この表示の詳細を添えて開発者に知らせてください。",
        "Open the document for printing and print from the browser. Send the details shown here to the developers.",
    ],
);

const OTHER_FORM: TroubleKind = TroubleKind::new(
    "SK-PRINT-005",
    409,
    [
        "データフォルダの `forms` に置かれた Excel は、この様式のこの版の白紙ではありません。何も書き込んでいません",
        "the workbook in `forms` of the data folder is not the blank of this version of the form; nothing was written",
    ],
    [
        "提出先から、画面に示した版の白紙（記入前、.xlsx）を入手して同じ名前で置き直してください。様式が改定されているときは、\
         示された項目を開発者に知らせてください。急ぐときは、そのファイルを `forms` から外すと、同じ項目を同じ順に並べた表が出ます。",
        "Get the blank (not filled in, .xlsx) of the version shown from the office and put it there under the same name. When the \
         office has changed its form, send the details shown here to the developers. If it is urgent, take the file out of `forms`: \
         then a table of the same fields in the same order is made.",
    ],
);

impl PrintError {
    /// What a person sees.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::NoFonts { .. } => &NO_FONTS,
            Self::MissingCharacters { .. } => &MISSING_CHARACTERS,
            Self::TooLong { .. } => &TOO_LONG,
            Self::OtherForm { .. } => &OTHER_FORM,
            Self::Typesetter { .. } | Self::Workbook(_) => &NOT_MADE,
        };
        Trouble::because(kind, self)
    }
}
