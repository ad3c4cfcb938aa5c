//! What can go wrong with a content pack, in words for people.

use sakimori_words::{Retry, Trouble, TroubleKind};

use crate::ContentError;

/// The troubles of content packs.
pub const TROUBLES: &[TroubleKind] = &[UNREADABLE, BROKEN, TOO_LARGE];

const UNREADABLE: TroubleKind = TroubleKind {
    code: "SK-CONTENT-001",
    status: 500,
    what: [
        "コンテンツ（連絡先・様式・手順など）のフォルダーを読み取れません",
        "The content folder (contacts, forms, playbooks …) cannot be read",
    ],
    now: [
        "フォルダーの場所と読み取り権限を確認してください。直るまでは内蔵のコンテンツをお使いください。",
        "Check the folder's place and its permissions. Until then use the built-in content.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

const BROKEN: TroubleKind = TroubleKind {
    code: "SK-CONTENT-002",
    status: 422,
    what: [
        "コンテンツに誤りがあるため、使用しませんでした",
        "The content pack has mistakes and was not put into use",
    ],
    now: [
        "表示されたファイルと行を直し、`sakimori content check` でもう一度確認してください。これまでのコンテンツはそのまま使えます。",
        "Correct the files and lines shown, then run `sakimori content check` again. The content in use so far stays in use.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

const TOO_LARGE: TroubleKind = TroubleKind {
    code: "SK-CONTENT-003",
    status: 422,
    what: ["コンテンツのフォルダーが大きすぎます", "The content folder is too large"],
    now: [
        "指定したフォルダーがコンテンツのフォルダーかどうか確認してください。",
        "Check that the folder given is a content folder.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

impl ContentError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind: &'static TroubleKind = match self {
            Self::Unreadable { .. } => &UNREADABLE,
            Self::Broken { .. } => &BROKEN,
            Self::TooLarge { .. } => &TOO_LARGE,
        };
        Trouble::because(kind, self)
    }
}
