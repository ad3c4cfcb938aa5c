//! The troubles of searching, as a person sees them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can report.
pub const TROUBLES: &[TroubleKind] = &[
    SYNTAX,
    UNKNOWN_NAME,
    NOT_READING,
    TOO_LONG,
    TOO_SLOW,
    TOO_LARGE,
    FAILED,
    START,
    GRID_ADDRESS,
    GRID_PROCESS,
];

pub(crate) const SYNTAX: TroubleKind = TroubleKind {
    code: "SK-QUERY-001",
    status: 400,
    what: ["SQLの書き方に誤りがあります", "the SQL cannot be read"],
    now: [
        "示された位置を直して、もう一度検索してください。",
        "correct the place named and search again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNKNOWN_NAME: TroubleKind = TroubleKind {
    code: "SK-QUERY-002",
    status: 400,
    what: [
        "検索できません。列の名前や型、関数の使い方が合っていません。",
        "the search does not fit the events: a column, type or function",
    ],
    now: [
        "示された箇所を直してください。表の名前は events、取得元ごとの項目は src['項目名'] で指定します。",
        "correct the place named; the table is `events`, a source's own fields are src['Name']",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_READING: TroubleKind = TroubleKind {
    code: "SK-QUERY-003",
    status: 400,
    what: [
        "検索（SELECT）以外の命令は実行できません。ログは変更されていません。",
        "only SELECT is run here; nothing was changed",
    ],
    now: ["SELECT文を1つだけ入力してください。", "enter one SELECT statement"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const TOO_LONG: TroubleKind = TroubleKind {
    code: "SK-QUERY-004",
    status: 400,
    what: ["SQLが長すぎるか、入れ子が深すぎます", "the SQL is too long or nested too deeply"],
    now: [
        "条件を減らすか、INやLIKEでまとめてください。",
        "use fewer conditions, or gather them with IN or LIKE",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const TOO_SLOW: TroubleKind = TroubleKind {
    code: "SK-QUERY-005",
    status: 503,
    what: ["検索が制限時間内に終わりませんでした", "the search did not end within its time"],
    now: [
        "期間（time）や取得元（source）で絞ってから、もう一度検索してください。",
        "narrow it by time or source and search again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const TOO_LARGE: TroubleKind = TroubleKind {
    code: "SK-QUERY-006",
    status: 503,
    what: [
        "検索に必要なメモリーが上限を超えました",
        "the search needs more memory than it may use",
    ],
    now: [
        "期間や取得元で絞るか、必要な列だけを選んでください。",
        "narrow it by time or source, or select fewer columns",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const FAILED: TroubleKind = TroubleKind {
    code: "SK-QUERY-007",
    status: 500,
    what: ["検索の途中で失敗しました", "the search failed while it ran"],
    now: [
        "もう一度検索してください。続く場合は sakimori verify でログの状態を確かめてください。",
        "search again; when it persists, check the logs with `sakimori verify`",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

pub(crate) const START: TroubleKind = TroubleKind {
    code: "SK-QUERY-008",
    status: 500,
    what: ["検索の準備ができませんでした", "searching could not be started"],
    now: [
        "メモリーに空きがあるか確かめ、Sakimoriを再起動してください。",
        "check that memory is free and restart Sakimori",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

pub(crate) const GRID_ADDRESS: TroubleKind = TroubleKind {
    code: "SK-QUERY-009",
    status: 400,
    what: [
        "分散検索のポートは、このコンピューターの中だけで開けます",
        "ports of the search grid open on this machine's own address only",
    ],
    now: [
        "127.0.0.1 のアドレスを指定してください。コンピューターの間は `sakimori grid tunnel` か、SSH・WireGuard の転送でつないでください（このポートに届く人は全ログを読めます）。",
        "give an address of 127.0.0.1, and join machines with `sakimori grid tunnel`, or by SSH or WireGuard forwarding: whoever reaches this port can read the whole log",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const GRID_PROCESS: TroubleKind = TroubleKind {
    code: "SK-QUERY-010",
    status: 500,
    what: ["分散検索のプロセスが動いていません", "a process of the search grid does not run"],
    now: [
        "番号が使われていないか、スケジューラーが動いているか確かめて、起動し直してください。検索はノードだけでも続けられます。",
        "see that the port is free and the scheduler runs, and start it again; the node goes on searching by itself",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};
