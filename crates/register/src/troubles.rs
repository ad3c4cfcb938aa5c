//! The troubles of the register, as a person meets them.

use sakimori_words::TroubleKind;

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[UNKNOWN, UNFIT, CHANGED_MEANWHILE, LIST];

pub(crate) const UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-REGISTER-001",
    404,
    ["その医療機関は名簿にありません", "There is no such institution in the register"],
    ["名簿を開き直して探してください。", "Open the register again and search."],
);

pub(crate) const UNFIT: TroubleKind = TroubleKind::new(
    "SK-REGISTER-002",
    422,
    ["このままでは名簿に載せられません", "It cannot be entered like this"],
    [
        "名称・都道府県・種別を確認してください。移転で都道府県が変わったときは、廃止にして新しく登録してください。",
        "Check name, prefecture and kind. When it moved to another prefecture, close it and enter it anew.",
    ],
);

pub(crate) const CHANGED_MEANWHILE: TroubleKind = TroubleKind::new(
    "SK-REGISTER-003",
    409,
    ["ほかの人が同時に名簿を変更しました", "Somebody else changed the register at the same moment"],
    ["画面を開き直し、変更をもう一度行ってください。", "Reload and make the change again."],
);

pub(crate) const LIST: TroubleKind = TroubleKind::new(
    "SK-REGISTER-004",
    422,
    ["名簿のファイルを読めません", "The list cannot be read"],
    [
        "1行目に列の名前（名称、都道府県、種別など）があるCSVファイルを渡してください。書き出した名簿が見本になります。",
        "Hand over a CSV file whose first row names the columns (name, prefecture, kind …). An exported register serves as a sample.",
    ],
);
