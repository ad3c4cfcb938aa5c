//! The troubles of the log store, as a person sees them.

use sakimori_words::{Retry, TroubleKind};

const KEEP_LOGS: &str = "令和3年6月28日 事務連絡 3(1)⑧";

/// Every trouble this crate can report.
pub const TROUBLES: &[TroubleKind] = &[
    LOCKED,
    DISK_FULL,
    FILE,
    STOPPED,
    STORE,
    SEGMENT,
    READ_BACK,
    CATALOGUE,
    FORMAT,
    SETTING,
    NOT_PROVED,
    LOG_REMOVED,
    EVIDENCE,
    NOT_SEALED,
    NO_SUCH_EVENT,
    CATALOGUE_AWAY,
    CATALOGUE_TAKEN,
    CATALOGUE_UNFIT,
];

pub(crate) const LOCKED: TroubleKind = TroubleKind {
    code: "SK-LAKE-001",
    status: 503,
    what: [
        "このログ保管フォルダーは、別のSakimoriが使用中です",
        "another Sakimori is using this log folder",
    ],
    now: [
        "動いているSakimoriを止めてから、もう一度始めてください。検索と検証（search・verify）は、動いたままでも使えます。",
        "stop the running Sakimori and start again; `search` and `verify` work while it runs",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

pub(crate) const DISK_FULL: TroubleKind = TroubleKind {
    code: "SK-LAKE-002",
    status: 507,
    what: [
        "ディスクの空きがなく、新しいログを保存できません。受領済みのログは失われていません。",
        "the disk is full: new logs cannot be kept; logs acknowledged before are safe",
    ],
    now: [
        "ログ保管フォルダーのあるディスクの空きを増やしてください。空きができれば自動で受信を再開します。保管フォルダーの中のファイルは消さないでください。",
        "make room on the disk of the log folder; intake resumes by itself. Do not delete files inside the log folder",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: KEEP_LOGS,
};

pub(crate) const FILE: TroubleKind = TroubleKind {
    code: "SK-LAKE-003",
    status: 500,
    what: [
        "ログ保管フォルダーのファイルを読み書きできません",
        "a file of the log folder cannot be read or written",
    ],
    now: [
        "フォルダーの権限とディスクの状態を確かめてください（sakimori doctor）。続く場合はディスクの故障を疑ってください。",
        "check permissions and the disk (`sakimori doctor`); suspect a failing disk when it persists",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: KEEP_LOGS,
};

pub(crate) const STOPPED: TroubleKind = TroubleKind {
    code: "SK-LAKE-004",
    status: 503,
    what: [
        "ディスクへの書き込みを確認できなかったため、ログの受信を停止しました。停止前に受領したログは失われていません。",
        "intake has stopped because the disk did not confirm a write; logs acknowledged before are safe",
    ],
    now: [
        "ディスクの空きと状態を確かめてから、Sakimoriを再起動してください。止まっている間のログは送信元に残っていることがあります。",
        "check room and health of the disk, then restart Sakimori; senders may still hold the logs of the gap",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: KEEP_LOGS,
};

// SK-LAKE-005 said that an event was too large. Such events are kept without their reading now; the code stays unused.

pub(crate) const STORE: TroubleKind = TroubleKind {
    code: "SK-LAKE-006",
    status: 503,
    what: [
        "ログの長期保管先に読み書きできません。新しいログは手元のディスクに残っています。",
        "the long-term log store cannot be reached; new logs stay on the local disk",
    ],
    now: [
        "保管先（フォルダーまたはS3）への接続、権限、空きを確かめてください。直れば自動で続きを保管します。",
        "check connection, permissions and room of the store (folder or S3); sealing continues by itself",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: KEEP_LOGS,
};

pub(crate) const SEGMENT: TroubleKind = TroubleKind {
    code: "SK-LAKE-007",
    status: 500,
    what: [
        "保管済みのログファイルを読めません。壊れたか、書き換えられた可能性があります。",
        "a sealed log file cannot be read: it is damaged or was changed",
    ],
    now: [
        "そのファイルを動かさず、sakimori verify で範囲を確かめてください。写しがあれば同じ名前で戻してください。",
        "leave the file alone, run `sakimori verify`, and put back a copy under the same name if there is one",
    ],
    call: [
        "書き換えが疑われるときは、保守会社と医療情報システム安全管理責任者",
        "when tampering is suspected: the vendor and the safety officer",
    ],
    retry: Retry::No,
    clause: KEEP_LOGS,
};

pub(crate) const READ_BACK: TroubleKind = TroubleKind {
    code: "SK-LAKE-008",
    status: 500,
    what: [
        "長期保管したログを読み直したところ、書いた内容と一致しませんでした。元のログは手元に残っています。",
        "a sealed log file did not read back as written; the original stays on the local disk",
    ],
    now: [
        "ディスクまたは保管先の故障を疑い、点検してください。直れば自動でやり直します。",
        "suspect a failing disk or store and have it checked; sealing is tried again by itself",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: KEEP_LOGS,
};

pub(crate) const CATALOGUE: TroubleKind = TroubleKind {
    code: "SK-LAKE-009",
    status: 500,
    what: [
        "ログの目録（署名付き）が壊れているか、書き換えられています",
        "the signed catalogue of the logs is damaged or was changed",
    ],
    now: [
        "保管フォルダーをそのまま複製して証拠として残し、sakimori verify の結果とともに確認してください。目録は手で直さないでください。",
        "copy the log folder as it is for evidence and look at it with `sakimori verify`; do not edit the catalogue",
    ],
    call: ["保守会社と医療情報システム安全管理責任者", "the vendor and the safety officer"],
    retry: Retry::No,
    clause: KEEP_LOGS,
};

pub(crate) const FORMAT: TroubleKind = TroubleKind {
    code: "SK-LAKE-010",
    status: 500,
    what: [
        "新しい版のSakimoriで書かれたログです。この版では読めません。",
        "these logs were written by a newer Sakimori and cannot be read by this one",
    ],
    now: ["新しい版のSakimoriで開いてください。", "open them with the newer Sakimori"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const SETTING: TroubleKind = TroubleKind {
    code: "SK-LAKE-011",
    status: 400,
    what: ["ログ保管の設定に誤りがあります", "a setting of the log store cannot be used"],
    now: ["設定を直してから、もう一度始めてください。", "correct the setting and start again"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_PROVED: TroubleKind = TroubleKind {
    code: "SK-LAKE-012",
    status: 409,
    what: [
        "ログが受領したときのままであることを証明できません",
        "the logs cannot be proved to be as they were taken in",
    ],
    now: [
        "この機器の電源を切らず、保管フォルダーを複製して証拠として残し、下の箇所を確認してください。",
        "keep the machine on, copy the log folder for evidence, and look at the places named",
    ],
    call: [
        "書き換えが疑われるときは、保守会社と医療情報システム安全管理責任者",
        "when tampering is suspected: the vendor and the safety officer",
    ],
    retry: Retry::No,
    clause: KEEP_LOGS,
};

pub(crate) const LOG_REMOVED: TroubleKind = TroubleKind {
    code: "SK-LAKE-013",
    status: 503,
    what: [
        "書き込み中のログファイルが消されたか移されたため、ログの受信を停止しました。まだ整理していないログが失われた可能性があります。",
        "the log file being written was removed or moved: intake has stopped, and logs not sealed yet may be lost",
    ],
    now: [
        "保管フォルダーを動かさず複製して証拠として残し、sakimori verify で失われた範囲を確かめてから、Sakimoriを再起動してください。",
        "copy the log folder as it is for evidence, see with `sakimori verify` what is lost, then restart Sakimori",
    ],
    call: [
        "消した人に心当たりがないときは、保守会社と医療情報システム安全管理責任者",
        "when nobody admits to removing it: the vendor and the safety officer",
    ],
    retry: Retry::No,
    clause: KEEP_LOGS,
};

pub(crate) const EVIDENCE: TroubleKind = TroubleKind {
    code: "SK-LAKE-020",
    status: 409,
    what: ["この証拠ファイルは成り立ちません", "this evidence file does not hold"],
    now: [
        "示された箇所を確かめてください。渡される途中で変わったおそれがあるときは、発行元から受け取り直してください。",
        "look at the place named; if it may have been changed on the way, get it anew from whoever made it",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_SEALED: TroubleKind = TroubleKind {
    code: "SK-LAKE-021",
    status: 409,
    what: [
        "まだ封印されていないログです。封印された記録がないため、証拠として書き出せません。",
        "the event is not sealed yet: no signed record covers it",
    ],
    now: [
        "6時間以内に自動で封印されます。急ぐときは、Sakimoriを止めると、そのときに封印されます。封印のあとで、もう一度書き出してください。",
        "it is sealed within six hours, or at once when Sakimori is stopped; export it after that",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

pub(crate) const NO_SUCH_EVENT: TroubleKind = TroubleKind {
    code: "SK-LAKE-022",
    status: 404,
    what: [
        "その番号のログを証拠として書き出せません",
        "events of these numbers cannot be exported as evidence",
    ],
    now: [
        "番号（seq）を検索の画面か `sakimori search` で確かめてください。一度に書き出せるのは 10,000 件までです。",
        "find the number (seq) with a search; one export holds 10,000 events at most",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

pub(crate) const CATALOGUE_AWAY: TroubleKind = TroubleKind {
    code: "SK-LAKE-014",
    status: 503,
    what: [
        "ログの目録を置いたデータベース（PostgreSQL）を使えません。受け取ったログは、このノードに保存されています。",
        "the database (PostgreSQL) of the log catalogue cannot be used; logs taken in are safe on this node",
    ],
    now: [
        "PostgreSQL が動いているか、sakimori.toml の catalogue の宛先とパスワード、空き容量を確かめてください。別の機器の場合は、サーバー証明書の名前と期限、認証局（sslrootcert）も確かめてください。使えるようになれば、封印は自動で再開します。",
        "see that PostgreSQL runs, that the address and password under `catalogue` in sakimori.toml are right, and that it has room; on another machine also name and dates of its certificate and the authority (sslrootcert); sealing resumes by itself",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: KEEP_LOGS,
};

pub(crate) const CATALOGUE_TAKEN: TroubleKind = TroubleKind {
    code: "SK-LAKE-015",
    status: 409,
    what: [
        "ログの目録に、このノードのものではない記録が加わっています。取り違えを防ぐため、封印を止めました。受け取ったログは失われていません。",
        "the log catalogue has records that this node did not add; sealing has stopped, and logs taken in are safe",
    ],
    now: [
        "同じ鍵と設定で動いている別の Sakimori（複製した仮想マシン、古いバックアップから戻したものなど）がないか確かめ、あれば止めてください。どちらのログを続けるか決めるまで、どちらの lake フォルダーも消さないでください（docs/grid.md）。",
        "look for another Sakimori with the same keys and settings (a cloned machine, one restored from an old backup) and stop it; remove neither `lake` folder before it is decided which goes on (docs/grid.md)",
    ],
    call: ["保守会社と医療情報システム安全管理責任者", "the vendor and the safety officer"],
    retry: Retry::No,
    clause: KEEP_LOGS,
};

pub(crate) const CATALOGUE_UNFIT: TroubleKind = TroubleKind {
    code: "SK-LAKE-016",
    status: 500,
    what: [
        "ログの目録を置くデータベース（PostgreSQL）の宛先または設定に誤りがあります",
        "the database (PostgreSQL) of the log catalogue is addressed or set up wrongly",
    ],
    now: [
        "詳細に示された点（fsync、full_page_writes、文字コード UTF8、別の機器への接続は sakimori.toml の catalogue に ?sslmode=verify-full&sslrootcert=認証局のPEM）を直してから起動してください。",
        "correct what the detail names (fsync, full_page_writes, UTF8 encoding; for another machine ?sslmode=verify-full&sslrootcert=AUTHORITY.pem under `catalogue` in sakimori.toml) and start again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: KEEP_LOGS,
};
