//! The troubles of the list of devices, as a person meets them.

use sakimori_words::TroubleKind;

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[UNKNOWN, UNFIT, TWICE, FULL, FILE, CHANGED_MEANWHILE, CHECK];

pub(crate) const UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-PREPARE-001",
    404,
    ["その機器は一覧にありません", "There is no such device on the list"],
    ["一覧を開き直してください。", "Open the list again."],
);

pub(crate) const UNFIT: TroubleKind = TroubleKind::new(
    "SK-PREPARE-002",
    422,
    ["機器の記載に使えない項目があります", "The device has a field that cannot be kept"],
    ["示された項目を直してください。", "Correct the field that is named."],
);

pub(crate) const TWICE: TroubleKind = TroubleKind::new(
    "SK-PREPARE-003",
    409,
    ["同じ機器がすでに一覧にあります", "The device stands on the list already"],
    [
        "一覧の行を変更するか、管理番号か設置場所を書き分けてください。",
        "Change the line on the list, or give it another number or place.",
    ],
);

pub(crate) const FULL: TroubleKind = TroubleKind::new(
    "SK-PREPARE-004",
    409,
    ["機器の一覧がいっぱいです", "The list of devices is full"],
    [
        "同じ製品は台数をまとめて1行にしてください。",
        "Put devices of one product on one line with their number.",
    ],
);

pub(crate) const FILE: TroubleKind = TroubleKind::new(
    "SK-PREPARE-005",
    422,
    ["機器の一覧のファイルを読めません", "The file with the devices cannot be read"],
    [
        "1行目に「製品名」の列があるCSVを選んでください。",
        "Choose a CSV file whose first row names a column `product`.",
    ],
);

pub(crate) const CHANGED_MEANWHILE: TroubleKind = TroubleKind::new(
    "SK-PREPARE-006",
    409,
    ["ほかの人が同時に変更しました", "Somebody else changed it at the same moment"],
    ["画面を開き直して、もう一度行ってください。", "Reload and do it again."],
);

pub(crate) const CHECK: TroubleKind = TroubleKind::new(
    "SK-PREPARE-007",
    422,
    [
        "チェックリストの回答に保存できないものがあります",
        "An answer to the checklist cannot be kept",
    ],
    [
        "示された項目を直して、もう一度保存してください。",
        "Correct the item that is named and save again.",
    ],
);
