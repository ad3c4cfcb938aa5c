//! Troubles of the binary itself, and the list of everybody's for `sakimori explain`.

use sakimori_words::{Retry, TroubleKind};

/// The command line was not understood.
pub(crate) const WRONG_USE: TroubleKind = TroubleKind {
    code: "SK-NODE-001",
    status: 400,
    what: ["コマンドの書き方が違います", "the command line was not understood"],
    now: ["`sakimori --help` で使い方を確かめてください", "see `sakimori --help`"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Standard output could not be written.
pub(crate) const OUTPUT: TroubleKind = TroubleKind {
    code: "SK-NODE-002",
    status: 500,
    what: ["結果を書き出せません", "the result could not be written"],
    now: [
        "出力先の空き容量と権限を確かめてください",
        "check the space and permissions where the output goes",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The data folder cannot be used.
pub(crate) const DATA_FOLDER: TroubleKind = TroubleKind {
    code: "SK-NODE-003",
    status: 500,
    what: ["データフォルダを使えません", "the data folder cannot be used"],
    now: [
        "フォルダの場所・権限・空き容量を確かめ、`--data` で別の場所を指定することもできます",
        "check its place, permissions and free space, or name another with `--data`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// An address could not be listened on.
pub(crate) const LISTEN: TroubleKind = TroubleKind {
    code: "SK-NODE-004",
    status: 500,
    what: ["待ち受けアドレスを開けません", "cannot listen on the address"],
    now: [
        "同じ番号を使う別のプログラムがないか確かめるか、`--listen`・`--syslog` で別の番号を指定してください",
        "see whether another program uses it, or give another with `--listen` / `--syslog`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The settings file is wrong.
pub(crate) const SETTINGS: TroubleKind = TroubleKind {
    code: "SK-NODE-005",
    status: 500,
    what: ["設定ファイルを読めません", "the settings file cannot be read"],
    now: [
        "示された行を直してから、もう一度起動してください",
        "correct the line shown, then start again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A key or certificate could not be made or read.
pub(crate) const KEYS: TroubleKind = TroubleKind {
    code: "SK-NODE-006",
    status: 500,
    what: ["鍵または証明書を扱えません", "a key or certificate cannot be used"],
    now: [
        "`keys` フォルダの権限を確かめてください。鍵を消すと、登録し直しが必要になります",
        "check the permissions of the `keys` folder; deleting a key means enrolling again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A file given on the command line could not be read.
pub(crate) const FILE: TroubleKind = TroubleKind {
    code: "SK-NODE-007",
    status: 400,
    what: ["ファイルを読み書きできません", "a file cannot be read or written"],
    now: ["ファイル名と権限を確かめてください", "check the name and its permissions"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// An unknown trouble code was asked for.
pub(crate) const NO_SUCH_CODE: TroubleKind = TroubleKind {
    code: "SK-NODE-008",
    status: 404,
    what: ["そのコードはありません", "there is no such code"],
    now: ["`sakimori explain` で一覧を見られます", "`sakimori explain` lists all codes"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A syslog sender's data was more than one frame may hold, or its TLS could not be agreed.
pub(crate) const INTAKE: TroubleKind = TroubleKind {
    code: "SK-NODE-009",
    status: 400,
    what: ["ログの受信で問題がありました", "a log sender could not be understood"],
    now: [
        "送信側の設定（宛先・ポート・TLS の証明書）を確かめてください。受け取った分は保存されています",
        "check the sender (address, port, TLS certificate); what was received is kept",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// The demonstration is not ready.
pub(crate) const DEMO: TroubleKind = TroubleKind {
    code: "SK-NODE-010",
    status: 503,
    what: ["デモの準備ができていません", "the demonstration is not ready"],
    now: ["数秒待ってから、もう一度開いてください", "wait a few seconds and open the page again"],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// A neighbour was named that is not enrolled, or not clearly.
pub(crate) const NEIGHBOUR: TroubleKind = TroubleKind {
    code: "SK-NODE-011",
    status: 400,
    what: ["どの連携先か決められません", "it is not clear which neighbour is meant"],
    now: [
        "`--to` に、示された名前か ID のどれか一つを指定してください。相手がいなければ、先に連携先として登録してください",
        "give one of the names or ids shown with `--to`; if it is not there, enrol with it first",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A dropped file holds nothing that could be read as a log.
pub(crate) const NOT_A_LOG: TroubleKind = TroubleKind {
    code: "SK-NODE-012",
    status: 400,
    what: ["ログとして読めるものがありません", "nothing in the file could be read as a log"],
    now: [
        "圧縮やパスワードを解いてから、もう一度受信フォルダに置いてください。元のファイルは failed フォルダにあります",
        "unpack it or remove its password and drop it again; the file is in the `failed` folder",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Another process uses the data folder.
pub(crate) const IN_USE: TroubleKind = TroubleKind {
    code: "SK-NODE-013",
    status: 409,
    what: ["データフォルダは別の Sakimori が使っています", "another Sakimori uses the data folder"],
    now: [
        "動いている Sakimori を止めるか、`--data` で別のフォルダを指定してください",
        "stop the one that runs, or name another folder with `--data`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Something that was there is gone from the data folder.
pub(crate) const MISSING: TroubleKind = TroubleKind {
    code: "SK-NODE-014",
    status: 500,
    what: [
        "データフォルダから、あるはずのものがなくなっています",
        "something is missing from the data folder",
    ],
    now: [
        "フォルダに触らず、写しを取ってから、安全管理責任者に連絡してください",
        "leave the folder as it is, copy it, and call the safety officer",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A message about the head of a log cannot be believed.
pub(crate) const LOG_HEAD: TroubleKind = TroubleKind {
    code: "SK-NODE-020",
    status: 400,
    what: [
        "ログの写しについての連絡を受け入れられません",
        "a message about the head of a log cannot be believed",
    ],
    now: [
        "相手の機関に電話で確かめてください。相手の鍵が変わったときは、登録し直しが必要です",
        "ask the other organisation by telephone; if its key changed, it has to enrol anew",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A time stamp could not be asked for or kept.
pub(crate) const TIME_STAMP: TroubleKind = TroubleKind {
    code: "SK-NODE-021",
    status: 400,
    what: ["タイムスタンプを扱えません", "the time stamp cannot be used"],
    now: [
        "回答がこのデータフォルダで書き出した要求（`sakimori timestamp request`）に対するものか確かめ、必要なら要求からやり直してください",
        "see that it answers a request written from this data folder (`sakimori timestamp request`); if not, ask again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Troubles declared by this crate.
pub(crate) const TROUBLES: &[TroubleKind] = &[
    WRONG_USE,
    OUTPUT,
    DATA_FOLDER,
    LISTEN,
    SETTINGS,
    KEYS,
    FILE,
    NO_SUCH_CODE,
    INTAKE,
    DEMO,
    NEIGHBOUR,
    NOT_A_LOG,
    IN_USE,
    MISSING,
    LOG_HEAD,
    TIME_STAMP,
];

/// Every trouble of the program, crate by crate.
pub(crate) fn all() -> impl Iterator<Item = &'static TroubleKind> {
    [
        TROUBLES,
        sakimori_content::TROUBLES,
        sakimori_ledger::TROUBLES,
        sakimori_lake::TROUBLES,
        sakimori_sigma::TROUBLES,
        sakimori_identity::TROUBLES,
        sakimori_query::TROUBLES,
        sakimori_federation::TROUBLES,
        sakimori_warn::TROUBLES,
        sakimori_watch::TROUBLES,
        sakimori_respond::TROUBLES,
        sakimori_web::TROUBLES,
    ]
    .into_iter()
    .flatten()
}
