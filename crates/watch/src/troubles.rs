//! The troubles of this crate that a person may see.

use sakimori_words::{Retry, TroubleKind};

/// Every kind of trouble this crate can report.
pub const TROUBLES: &[TroubleKind] = &[
    FINDING_UNKNOWN,
    FINDING_MOVED_ON,
    FINDING_STATE,
    EXCEPTION_SCOPE,
    EXCEPTION_TERM,
    EXCEPTIONS_FULL,
    EXCEPTION_UNKNOWN,
    EXCEPTION_MOVED_ON,
    CSV_MAP,
    AUDIT_EVENTS,
    FILTER,
    SENDER_NAME,
    SENDER_TAKEN,
    SENDER_UNKNOWN,
    CERTIFICATE_UNKNOWN,
    SEARCH_NAME,
    SEARCH_TAKEN,
    SEARCH_TOO_LONG,
    SEARCHES_FULL,
    SEARCH_UNKNOWN,
    ACCESS_LIST,
    REVIEW_UNKNOWN,
    REVIEW_BEGUN,
    REVIEW_MOVED_ON,
    REVIEW_NOTE,
    REVIEW_SIGNED,
    REVIEW_UNFINISHED,
    NOT_MAIL,
    MAIL_TOO_LARGE,
    MAIL_UNKNOWN,
    MAIL_HOUSE,
    MAIL_NOWHERE,
    RETRO_LIST,
    RETRO_MOMENT,
    RETRO_UNKNOWN,
    RETRO_FULL,
    MAINTENANCE_UNFIT,
    MAINTENANCE_UNKNOWN,
    MAINTENANCE_FILE,
    RULE_LISTS,
];

/// SK-WATCH-001.
pub(crate) const FINDING_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-001",
    status: 404,
    what: ["その検知は記録にありません", "there is no such finding"],
    now: ["検知の一覧を開き直してください。", "Open the list of findings again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-002.
pub(crate) const FINDING_MOVED_ON: TroubleKind = TroubleKind {
    code: "SK-WATCH-002",
    status: 409,
    what: [
        "ほかの人が先にこの検知を処理しました",
        "someone else has dealt with this finding in the meantime",
    ],
    now: [
        "画面を読み直し、最新の状態を確かめてから、もう一度操作してください。",
        "Reload the page, check its present state, then decide again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-003.
pub(crate) const FINDING_STATE: TroubleKind = TroubleKind {
    code: "SK-WATCH-003",
    status: 422,
    what: ["検知をその状態にはできません", "the finding cannot be given that state"],
    now: [
        "終了にするときは、理由を一文で書いてください。",
        "To close it, write the reason in one sentence.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-071.
pub(crate) const EXCEPTION_SCOPE: TroubleKind = TroubleKind {
    code: "SK-WATCH-071",
    status: 422,
    what: ["その範囲では例外にできません", "an exception cannot have that scope"],
    now: [
        "検知の画面から作り直してください。検知ルールのほかに、機器・アカウント・送信元・アドレスのどれかを選びます。",
        "Make it again from the finding: choose a machine, account, source or address besides the rule.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-072.
pub(crate) const EXCEPTION_TERM: TroubleKind = TroubleKind {
    code: "SK-WATCH-072",
    status: 422,
    what: [
        "例外の理由・責任者・期限のどれかが足りないか、使えません",
        "the exception's reason, owner or end is missing or cannot be used",
    ],
    now: [
        "理由を書き、責任者を選び、期限を今日から366日以内にしてください。",
        "Write the reason, choose an owner, and let it end within 366 days.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-073.
pub(crate) const EXCEPTIONS_FULL: TroubleKind = TroubleKind {
    code: "SK-WATCH-073",
    status: 409,
    what: ["有効な例外が多すぎます", "too many exceptions are in force"],
    now: [
        "例外の一覧で、いらなくなったものを取り消してください。例外が増え続けるときは、検知ルールそのものを見直してください。",
        "Withdraw those that are not needed any more. If they keep growing in number, review the rules themselves.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-074.
pub(crate) const EXCEPTION_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-074",
    status: 404,
    what: ["その例外は記録にありません", "there is no such exception"],
    now: ["例外の一覧を開き直してください。", "Open the list of exceptions again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-075.
pub(crate) const EXCEPTION_MOVED_ON: TroubleKind = TroubleKind {
    code: "SK-WATCH-075",
    status: 409,
    what: [
        "ほかの人が先にこの例外を変えたか、取り消しました",
        "someone else has changed or withdrawn this exception in the meantime",
    ],
    now: [
        "画面を読み直し、いまの内容を確かめてから、もう一度操作してください。",
        "Reload the page, check how it stands now, then decide again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-020.
pub(crate) const FILTER: TroubleKind = TroubleKind {
    code: "SK-WATCH-020",
    status: 400,
    what: ["検索条件を読み取れません", "the filter cannot be read"],
    now: [
        "示された位置を直してください。文字どおりに探すときは \"…\" で囲みます。",
        "Correct the place named; put text to be taken literally into \"…\".",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-004.
pub(crate) const CSV_MAP: TroubleKind = TroubleKind {
    code: "SK-WATCH-004",
    status: 422,
    what: ["CSV の列対応表を使えません", "a column map for CSV cannot be used"],
    now: [
        "示された行と項目を直してください。直すまで、この対応表の CSV は一行ずつの文字列として保管されます。",
        "Correct the line and field named. Until then CSV files for this map are kept line by line as text.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-005.
pub(crate) const AUDIT_EVENTS: TroubleKind = TroubleKind {
    code: "SK-WATCH-005",
    status: 422,
    what: [
        "送られた本文を AuditEvent として受け取れません",
        "the body cannot be taken as AuditEvents",
    ],
    now: [
        "示された箇所を送る側で直し、本文全体を送り直してください。この本文からは何も保管していません。",
        "Correct the place named at the sender and send the whole body again. Nothing of it was kept.",
    ],
    call: ["送信元システムの業者", "the vendor of the sending system"],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-011.
pub(crate) const SENDER_NAME: TroubleKind = TroubleKind {
    code: "SK-WATCH-011",
    status: 422,
    what: ["その名前は送信元に使えません", "that name cannot be given to a sender"],
    now: [
        "文字・数字と . - _ で、64文字以内の名前にしてください。空白と / は使えません。",
        "Use letters, digits and . - _, at most 64 of them; no blanks and no slash.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-012.
pub(crate) const SENDER_TAKEN: TroubleKind = TroubleKind {
    code: "SK-WATCH-012",
    status: 409,
    what: ["その名前の送信元はもうあります", "there is a sender of that name already"],
    now: [
        "別の名前にするか、先に今のトークンを無効にしてください。",
        "Take another name, or revoke the present token first.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-013.
pub(crate) const SENDER_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-013",
    status: 404,
    what: ["その名前で有効な送信元はありません", "no sender of that name is let in"],
    now: ["送信用トークンの一覧を開き直してください。", "Open the list of tokens again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-014.
pub(crate) const CERTIFICATE_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-014",
    status: 404,
    what: [
        "その指紋に当たる有効な証明書が、ないか一つに決まりません",
        "no accepted certificate, or more than one, has that fingerprint",
    ],
    now: [
        "証明書の一覧を開き直し、指紋の先頭8桁以上を確かめてください。すでに失効させたものは一覧の下にあります。",
        "Open the list of certificates again and give at least the first eight digits; those withdrawn are at its end.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-021.
pub(crate) const SEARCH_NAME: TroubleKind = TroubleKind {
    code: "SK-WATCH-021",
    status: 422,
    what: ["その名前では検索を保存できません", "a search cannot be saved under that name"],
    now: [
        "60文字以内で、改行や見えない文字を含まない名前にしてください。",
        "Use at most 60 characters, on one line and without invisible signs.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-022.
pub(crate) const SEARCH_TAKEN: TroubleKind = TroubleKind {
    code: "SK-WATCH-022",
    status: 409,
    what: ["その名前で保存した検索がもうあります", "there is a saved search of that name already"],
    now: [
        "別の名前にするか、先に今の検索を一覧から消してください。",
        "Take another name, or remove the present one from the list first.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-023.
pub(crate) const SEARCH_TOO_LONG: TroubleKind = TroubleKind {
    code: "SK-WATCH-023",
    status: 422,
    what: ["検索条件が長すぎて保存できません", "the search is too long to be saved"],
    now: [
        "条件を4,000文字以内にしてください。検索そのものはこのまま使えます。",
        "Keep it within 4,000 characters. It can still be run as it is.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-024.
pub(crate) const SEARCHES_FULL: TroubleKind = TroubleKind {
    code: "SK-WATCH-024",
    status: 409,
    what: ["保存できる検索の数の上限です", "no more searches can be saved"],
    now: [
        "使わなくなった検索を一覧から消してから、もう一度保存してください。",
        "Remove those that nobody uses any more from the list, then save again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-025.
pub(crate) const SEARCH_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-025",
    status: 404,
    what: ["その名前で保存した検索はありません", "no saved search has that name"],
    now: [
        "検索の画面を開き直してください。ほかの人が先に消したのかもしれません。",
        "Open the search again; somebody else may have removed it.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The clause behind the review of record accesses.
const REVIEW_CLAUSE: &str = "平成28年3月14日 通知 ③（アクセスの記録と定期的な内容のチェック）";

/// SK-WATCH-030.
pub(crate) const ACCESS_LIST: TroubleKind = TroubleKind {
    code: "SK-WATCH-030",
    status: 422,
    what: [
        "アクセス点検用の一覧として読み取れません",
        "the file cannot be read as a list for the access review",
    ],
    now: [
        "一行目の列名を見本（docs/access-review.md）に合わせて、もう一度取り込んでください。この一覧からは何も取り込んでいません。",
        "Name the columns as in docs/access-review.md and hand it in again. Nothing of this list was taken.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: REVIEW_CLAUSE,
};

/// SK-WATCH-031.
pub(crate) const REVIEW_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-031",
    status: 404,
    what: [
        "その月のアクセス点検、またはその項目はありません",
        "there is no such access review or item",
    ],
    now: ["アクセス点検の一覧を開き直してください。", "Open the list of access reviews again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-032.
pub(crate) const REVIEW_BEGUN: TroubleKind = TroubleKind {
    code: "SK-WATCH-032",
    status: 409,
    what: ["その月の点検はもう始まっています", "the review of that month has begun already"],
    now: [
        "判定が一件でも付いた点検は作り直せません。今の点検を続けてください。",
        "A review with a verdict cannot be made anew. Go on with the present one.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-033.
pub(crate) const REVIEW_MOVED_ON: TroubleKind = TroubleKind {
    code: "SK-WATCH-033",
    status: 409,
    what: ["ほかの人が先に判定しました", "someone else has given a verdict in the meantime"],
    now: [
        "画面を読み直し、最新の判定を確かめてから、もう一度判定してください。",
        "Reload the page, read the present verdict, then decide again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-034.
pub(crate) const REVIEW_NOTE: TroubleKind = TroubleKind {
    code: "SK-WATCH-034",
    status: 422,
    what: ["判定に理由がありません", "the verdict has no reason"],
    now: [
        "「業務上必要」以外の判定には、確かめたことを一文で書いてください（1,000文字以内）。",
        "Write what you found out in one sentence, at most 1,000 characters; only \"justified\" needs none.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-035.
pub(crate) const REVIEW_SIGNED: TroubleKind = TroubleKind {
    code: "SK-WATCH-035",
    status: 409,
    what: ["その月の点検は署名済みです", "the review of that month has been signed"],
    now: [
        "署名した点検は変えられません。新しく分かったことは、検知または事案として記録してください。",
        "A signed review does not change. Record what became known since as a finding or a case.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-036.
pub(crate) const REVIEW_UNFINISHED: TroubleKind = TroubleKind {
    code: "SK-WATCH-036",
    status: 409,
    what: ["判定の済んでいない項目があります", "there are items without a verdict"],
    now: [
        "「未判定」と「本人に確認中」の項目をすべて判定してから署名してください。",
        "Give every item a verdict, also those that were to be asked about, before you sign.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: REVIEW_CLAUSE,
};

/// SK-WATCH-041.
pub(crate) const NOT_MAIL: TroubleKind = TroubleKind {
    code: "SK-WATCH-041",
    status: 422,
    what: ["メールのファイルとして読めません", "the file cannot be read as a mail"],
    now: [
        "メールソフトで、そのメールを .eml か .msg の形で保存して渡してください。画面の写真や印刷したものは調べられません。",
        "Save the mail from the mail program as .eml or .msg and hand that in. Pictures of it cannot be examined.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-042.
pub(crate) const MAIL_TOO_LARGE: TroubleKind = TroubleKind {
    code: "SK-WATCH-042",
    status: 413,
    what: ["メールが大きすぎて調べられません", "the mail is too large to be examined"],
    now: [
        "15MB までのメールを調べられます。開かずに、情報システムの担当者へ知らせてください。",
        "Mails of up to 15 MB can be examined. Do not open it; tell the information systems desk.",
    ],
    call: ["情報システムの担当者", "the information systems desk"],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-043.
pub(crate) const MAIL_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-043",
    status: 404,
    what: ["そのメールは届け出の記録にありません", "no such mail was handed in"],
    now: ["不審メールの一覧を開き直してください。", "Open the list of suspicious mail again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-044.
pub(crate) const MAIL_HOUSE: TroubleKind = TroubleKind {
    code: "SK-WATCH-044",
    status: 422,
    what: [
        "ドメイン・名前・電話番号のどれかが使えません",
        "a domain, name or number cannot be used",
    ],
    now: [
        "ドメインは midori-hp.or.jp のように書いてください。一つの欄に200個、一つ100文字までです。",
        "Write domains as in midori-hp.or.jp; at most 200 in a list, each of at most 100 characters.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-045.
pub(crate) const MAIL_NOWHERE: TroubleKind = TroubleKind {
    code: "SK-WATCH-045",
    status: 409,
    what: ["ここではメールを受け付けていません", "no mail is taken in here"],
    now: [
        "病院のノードの画面で届け出てください。行政のハブにはログの保管場所がありません。",
        "Hand it in at the hospital's node; an office's hub keeps no log.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-080.
pub(crate) const RETRO_LIST: TroubleKind = TroubleKind {
    code: "SK-WATCH-080",
    status: 422,
    what: ["痕跡の一覧を使えません", "the list of indicators cannot be used"],
    now: [
        "1行に1つ、IPアドレス・ドメイン・URL・ハッシュ値・ファイル名・メールアドレスを書くか、STIX または MISP のファイルを渡してください。CSAF には痕跡が書かれていません。",
        "Write one address, domain, URL, hash, file name or mail address a line, or hand in a STIX or MISP file. CSAF names products and no indicators.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-081.
pub(crate) const RETRO_MOMENT: TroubleKind = TroubleKind {
    code: "SK-WATCH-081",
    status: 422,
    what: ["日付か時刻を読めません", "a date or time cannot be read"],
    now: [
        "2026-01-31 または 2026-01-31T09:00 のように書いてください。",
        "Write it as in 2026-01-31 or 2026-01-31T09:00.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-082.
pub(crate) const RETRO_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-082",
    status: 404,
    what: ["そのさかのぼり調査はありません", "there is no such look back"],
    now: ["一覧を開き直してください。", "Open the list again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-083.
pub(crate) const RETRO_FULL: TroubleKind = TroubleKind {
    code: "SK-WATCH-083",
    status: 409,
    what: ["さかのぼり調査が多すぎます", "there are too many looks back"],
    now: [
        "要らない予約を止めてから、もう一度登録してください。",
        "Stop schedules that nobody needs, then try again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-090.
pub(crate) const MAINTENANCE_UNFIT: TroubleKind = TroubleKind {
    code: "SK-WATCH-090",
    status: 422,
    what: [
        "保守回線または作業予定の入力に使えないものがあります",
        "something about the maintenance line or work plan cannot be used",
    ],
    now: [
        "下に示した項目を直して、もう一度登録してください。",
        "Correct the field named below and enter it again.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-091.
pub(crate) const MAINTENANCE_UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-WATCH-091",
    status: 404,
    what: [
        "その保守回線・作業予定・接続は記録にありません",
        "there is no such maintenance line, work plan or session",
    ],
    now: ["「遠隔保守」の画面を開き直してください。", "Open “Remote maintenance” again."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-092.
pub(crate) const MAINTENANCE_FILE: TroubleKind = TroubleKind {
    code: "SK-WATCH-092",
    status: 422,
    what: ["作業予定の CSV を取り込めません", "the CSV of work plans cannot be taken in"],
    now: [
        "下に示した行を直し、ファイル全体をもう一度取り込んでください（今回は一件も登録していません）。見出しは「業者,開始,終了,目的,対象機器,依頼者,立会者」です。",
        "Correct the rows named below and hand the whole file in again; nothing of it was entered. The columns are supplier, from, to, purpose, machines, asked_by, attended_by.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// SK-WATCH-093.
pub(crate) const RULE_LISTS: TroubleKind = TroubleKind {
    code: "SK-WATCH-093",
    status: 422,
    what: [
        "ルール用の一覧（lists.toml）を使えません",
        "the lists for rules (lists.toml) cannot be used",
    ],
    now: [
        "示した行を直してください。直すまで、一覧を使うルールは動きません（ほかのルールは動いています）。",
        "Mend the line that is shown. Until then the rules that ask for lists do not run; the others do.",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};
