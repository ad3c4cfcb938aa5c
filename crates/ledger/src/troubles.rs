//! The troubles of the ledger, as a person meets them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[
    CONFLICT,
    UNFIT,
    ADDRESS,
    OPEN,
    UNFIT_SERVER,
    FULL,
    ENGINE,
    DAMAGED,
    STOPPED,
    NEWER_FORMAT,
    NOT_EMPTY,
    IMPORT_UNFINISHED,
    IMPORT,
    EXPORT_FILE,
    SHAPE,
    UNSOUND,
];

const CALL_SUPPORT: [&str; 2] = ["Sakimori の保守担当者", "whoever maintains Sakimori for you"];

pub(crate) const CONFLICT: TroubleKind = TroubleKind {
    code: "SK-LEDGER-001",
    status: 409,
    what: [
        "別の人が先にこの記録を変更しました。あなたの変更は保存されていません",
        "Somebody else changed this record first; your change was not saved",
    ],
    now: [
        "画面を開き直して最新の内容を確認し、必要ならもう一度入力してください。",
        "Reload, look at the current content, and enter your change again if it is still needed.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNFIT: TroubleKind = TroubleKind {
    code: "SK-LEDGER-002",
    status: 422,
    what: ["この内容は記録できない形式です", "This content cannot be kept in the record"],
    now: [
        "長すぎる文や特殊な文字がないか確認し、短くして入力し直してください。",
        "Look for overlong text or unusual characters, shorten it and enter it again.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const ADDRESS: TroubleKind = TroubleKind {
    code: "SK-LEDGER-003",
    status: 500,
    what: ["保存先の指定を読み取れません", "The address of the store is not understood"],
    now: [
        "設定の保存先を sqlite:<ファイル> または postgres://… の形に直してください。",
        "Set the store's address to sqlite:<file> or postgres://….",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const OPEN: TroubleKind = TroubleKind {
    code: "SK-LEDGER-004",
    status: 503,
    what: ["記録の保存先を開けません", "The store cannot be opened"],
    now: [
        "フォルダーの有無と権限、PostgreSQL の場合はサーバーが動いているかを確認してください。別の機器の PostgreSQL では、サーバー証明書の名前と期限、認証局（sslrootcert）も確認してください。",
        "Check that the folder exists and is writable or, with PostgreSQL, that the server is running; on another machine also name and dates of its certificate and the authority (sslrootcert).",
    ],
    call: CALL_SUPPORT,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const UNFIT_SERVER: TroubleKind = TroubleKind {
    code: "SK-LEDGER-005",
    status: 500,
    what: [
        "データベースサーバーの設定では記録を安全に保存できません",
        "The database server is not set up to keep records safely",
    ],
    now: [
        "詳細に示された設定(fsync、文字コード UTF8、別の機器への接続は ?sslmode=verify-full&sslrootcert=認証局のPEM)を直してから起動してください。",
        "Correct the setting named in the detail (fsync, UTF8 encoding, ?sslmode=verify-full&sslrootcert=AUTHORITY.pem for another machine) and start again.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const FULL: TroubleKind = TroubleKind {
    code: "SK-LEDGER-006",
    status: 507,
    what: [
        "ディスクの空きがなく、記録を保存できませんでした。これまでの記録は無事です",
        "The disk is full and the record was not saved; everything saved before is safe",
    ],
    now: [
        "不要なファイルを移して空きを作り、同じ操作をもう一度行ってください。ログや証拠は消さないでください。",
        "Move files away to make room, then do the same again. Do not delete logs or evidence.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const ENGINE: TroubleKind = TroubleKind {
    code: "SK-LEDGER-007",
    status: 503,
    what: [
        "記録の保存先が応答しません。この操作は保存されていない可能性があります",
        "The store does not respond; this action may not have been saved",
    ],
    now: [
        "少し待って画面を開き直し、保存されたかを確かめてください。続くときは紙に時刻と内容を控えてください。",
        "Wait a little, reload and see whether it was saved. If it goes on, note time and content on paper.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const DAMAGED: TroubleKind = TroubleKind {
    code: "SK-LEDGER-008",
    status: 500,
    what: ["保存されている記録が壊れています", "The stored record is damaged"],
    now: [
        "Sakimori を止め、データフォルダーを丸ごと複写して保全してから「sakimori verify」を実行してください。",
        "Stop Sakimori, copy the whole data folder to keep it as it is, then run `sakimori verify`.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const STOPPED: TroubleKind = TroubleKind {
    code: "SK-LEDGER-009",
    status: 503,
    what: [
        "ディスクの障害のため書き込みを止めました。障害前に保存された記録は無事です",
        "Writing stopped because the disk failed; what was saved before is safe",
    ],
    now: [
        "ディスクを点検し、Sakimori を再起動してください。それまでは紙に時刻と内容を控えてください。",
        "Check the disk and restart Sakimori. Until then note time and content on paper.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NEWER_FORMAT: TroubleKind = TroubleKind {
    code: "SK-LEDGER-010",
    status: 500,
    what: [
        "この保存先は新しい版の Sakimori で作られています",
        "A newer version of Sakimori wrote this store",
    ],
    now: [
        "新しい版の Sakimori で起動してください。古い版では開けません。",
        "Start the newer version; an older one cannot open it.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_EMPTY: TroubleKind = TroubleKind {
    code: "SK-LEDGER-011",
    status: 409,
    what: [
        "取り込み先に既に記録があります。取り込みは行いませんでした",
        "The store already has records; nothing was imported",
    ],
    now: [
        "空のデータフォルダーを指定して、もう一度取り込んでください。",
        "Name an empty data folder and import again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const IMPORT_UNFINISHED: TroubleKind = TroubleKind {
    code: "SK-LEDGER-012",
    status: 500,
    what: [
        "この保存先への取り込みは途中で終わっています",
        "An import into this store began and never finished",
    ],
    now: [
        "この保存先を削除し、空の保存先へ最初から取り込み直してください。",
        "Delete this store and import again into an empty one.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const IMPORT: TroubleKind = TroubleKind {
    code: "SK-LEDGER-013",
    status: 422,
    what: [
        "書き出しファイルを取り込めません。途中で切れているか、変更されています",
        "The export cannot be imported: it is cut short or was changed",
    ],
    now: [
        "元の保存先からもう一度書き出し、変更せずに取り込んでください。",
        "Export again from the original store and import the file unchanged.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const EXPORT_FILE: TroubleKind = TroubleKind {
    code: "SK-LEDGER-014",
    status: 500,
    what: ["書き出しファイルを読み書きできません", "The export file cannot be read or written"],
    now: [
        "ファイルの場所、権限、空き容量を確認してください。",
        "Check the file's place, its permissions and the free space.",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

pub(crate) const SHAPE: TroubleKind = TroubleKind {
    code: "SK-LEDGER-015",
    status: 500,
    what: [
        "記録の形式がこの版の Sakimori と合いません",
        "A record does not have the shape this version expects",
    ],
    now: [
        "記録は失われていません。詳細を控えて保守担当者に連絡してください。",
        "The record is not lost. Note the detail and call whoever maintains Sakimori.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNSOUND: TroubleKind = TroubleKind {
    code: "SK-LEDGER-016",
    status: 500,
    what: [
        "記録が後から変更、削除または追加されています",
        "The record was changed, cut or added to after the fact",
    ],
    now: [
        "Sakimori を止め、データフォルダーを丸ごと保全し、示された番号の記録を写しと照合してください。",
        "Stop Sakimori, keep the whole data folder as it is, and compare the entries named with a copy.",
    ],
    call: CALL_SUPPORT,
    retry: Retry::No,
    clause: "医政研発0314第1号 (2016-03-14)",
};
