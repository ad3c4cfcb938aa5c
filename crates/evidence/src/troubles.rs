//! The troubles of taking and checking evidence, as a person meets them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can report.
pub const TROUBLES: &[TroubleKind] = &[
    SOURCE,
    OCCUPIED,
    ON_THE_SOURCE,
    UNFINISHED,
    NOTHING_TO_RESUME,
    BUSY,
    CHANGED,
    JOURNAL,
    WRITE,
    NOT_EVIDENCE,
    DAMAGED,
];

const NOBODY: [&str; 2] = ["", ""];

pub(crate) const SOURCE: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-001",
    status: 400,
    what: ["取得元を読み取れません", "the source cannot be read"],
    now: [
        "取得元の名前を確かめてください（ディスクは `lsblk` で一覧できます）。ディスクの取得には root 権限が必要です",
        "check the name of the source (`lsblk` lists disks); taking a disk needs root",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const OCCUPIED: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-002",
    status: 409,
    what: [
        "保存先のフォルダに、すでに何か入っています",
        "the folder for the evidence is not empty",
    ],
    now: [
        "空のフォルダか、まだないフォルダを --out に指定してください。証拠は一件につき一つのフォルダに入れます",
        "give an empty folder, or one that is not there yet, with --out; each item has a folder of its own",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const ON_THE_SOURCE: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-003",
    status: 400,
    what: [
        "保存先が、取得しようとしているディスクの上にあります。何も書き込んでいません",
        "the folder lies on the disk that is to be taken; nothing was written",
    ],
    now: [
        "別のディスク（USB ディスクなど）をつなぎ、その上のフォルダを --out に指定してください",
        "connect another disk and give a folder on it with --out",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNFINISHED: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-004",
    status: 409,
    what: ["取得が途中で止まっています", "the acquisition was begun and is not finished"],
    now: [
        "同じ命令に --resume を付けて続けてください（disk・memory・archive）。フォルダ・トリアージ・ログは、別の空のフォルダに取り直してください",
        "go on with the same command and --resume (disk, memory, archive); take files, triage and logs anew into another empty folder",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOTHING_TO_RESUME: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-005",
    status: 404,
    what: ["続きから取得できるものがありません", "there is nothing that could be resumed"],
    now: [
        "--out のフォルダを確かめるか、--resume を外して始めから取得してください",
        "check the folder given with --out, or begin without --resume",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const BUSY: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-006",
    status: 409,
    what: [
        "別のプログラムが、このフォルダに取得しています",
        "another process takes evidence into this folder",
    ],
    now: [
        "動いている取得が終わるのを待つか、別のフォルダを指定してください",
        "wait until it ends, or give another folder",
    ],
    call: NOBODY,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const CHANGED: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-007",
    status: 409,
    what: [
        "取得元が、前回と違うか、書き換わっています。続きは取得していません",
        "the source is another one than before, or was changed; nothing more was taken",
    ],
    now: [
        "つないだディスクが同じものか、シリアル番号で確かめてください。違うディスクなら正しいものをつなぎ、同じディスクなら、別の空のフォルダに始めから取得してください。途中までの取得は消さずに残してください",
        "compare the serial number; connect the right disk, or if it is the same one, begin anew in another empty folder; keep what was taken so far",
    ],
    call: ["医療情報システム安全管理責任者", "the safety officer"],
    retry: Retry::No,
    clause: "",
};

pub(crate) const JOURNAL: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-008",
    status: 500,
    what: [
        "途中までの取得の記録が壊れています",
        "the record of an unfinished acquisition is damaged",
    ],
    now: [
        "このフォルダには触らず、別の空のフォルダに始めから取得してください",
        "leave this folder as it is and begin anew in another empty folder",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const WRITE: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-009",
    status: 507,
    what: ["証拠を書き込めません", "the evidence cannot be written"],
    now: [
        "保存先の空き容量と接続を確かめ、直してから --resume を付けて続けてください。書けたところまでは残っています",
        "check the free space and the connection of the target, then go on with --resume; what was written is kept",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_EVIDENCE: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-010",
    status: 400,
    what: ["証拠のフォルダとして読めません", "this cannot be read as a folder of evidence"],
    now: [
        "manifest.json のあるフォルダを指定してください。前は読めていたなら、フォルダに触らず、写しがあればそちらを確かめてください",
        "give the folder with manifest.json; if it could be read before, leave it as it is and check a copy, if there is one",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

/// `verify` found damage.
pub const DAMAGED: TroubleKind = TroubleKind {
    code: "SK-EVIDENCE-011",
    status: 422,
    what: ["証拠が壊れているか、書き換えられています", "the evidence is damaged or was changed"],
    now: [
        "フォルダに触らず、写しを確かめてください（`sakimori evidence verify`）。写しもなく、元のディスクが残っていれば、取り直してください",
        "leave the folder as it is and check a copy (`sakimori evidence verify`); without one, take the source again if it is still there",
    ],
    call: ["医療情報システム安全管理責任者", "the safety officer"],
    retry: Retry::No,
    clause: "",
};
