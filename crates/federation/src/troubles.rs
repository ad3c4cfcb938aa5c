//! The troubles of exchanging with other organisations, as a person meets them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[
    UNREADABLE,
    TOO_LARGE,
    WRONG_TYPE,
    FORGED,
    UNKNOWN_ORGANISATION,
    BROKEN_ROUTE,
    NOT_FOR_US,
    REPLAYED,
    CLOCK_SKEW,
    EXPIRED,
    CONTENT_CONFLICT,
    KEY_CONFLICT,
    OUT_OF_SCOPE,
    NO_ROUTE,
    TOO_LARGE_TO_SEND,
    UNKNOWN_MESSAGE,
    MARKING_FORBIDS,
    NO_SUCH_HUB,
    NOT_A_CODE,
    OTHER_HUB,
    UNUSABLE_CODE,
    WRONG_PROOF,
    TOO_MANY_ATTEMPTS,
    ALREADY_ENROLLED,
    WRONG_KIND,
    BAD_ADDRESS,
    NOT_ENCRYPTED,
    NO_ANSWER,
    OTHER_CERTIFICATE,
    HUB_REFUSED,
    NOT_UNDERSTOOD,
    CANNOT_BE_KEPT,
    NOT_ASKED,
    ALTERED_FILE,
    FILE_NOT_HERE,
    FILE_SIZE,
];

const NOBODY: [&str; 2] = ["", ""];
const SENDER: [&str; 2] = ["相手の機関の担当者", "the person in charge at the other organisation"];
const HUB: [&str; 2] =
    ["登録先の窓口（都道府県・団体・厚生労働省）", "the office you are enrolled with"];
const SUPPORT: [&str; 2] = ["Sakimori の保守担当者", "whoever maintains Sakimori for you"];
const NOTHING_TAKEN: [&str; 2] = [
    "この通信の内容は一切取り込んでいません。続くときは相手の機関に電話で確認してください。",
    "Nothing of it was taken in. If it goes on, ask the other organisation by telephone.",
];

const fn refused(code: &'static str, status: u16, what: [&'static str; 2]) -> TroubleKind {
    TroubleKind {
        code,
        status,
        what,
        now: NOTHING_TAKEN,
        call: SENDER,
        retry: Retry::No,
        clause: "",
    }
}

pub(crate) const UNREADABLE: TroubleKind = refused(
    "SK-FEDERATION-001",
    400,
    ["他機関から届いた通信を読み取れません", "What another organisation sent cannot be read"],
);

pub(crate) const TOO_LARGE: TroubleKind = refused(
    "SK-FEDERATION-002",
    413,
    [
        "他機関から届いた通信が大きすぎるため受け取りませんでした",
        "What another organisation sent is too large and was not taken",
    ],
);

pub(crate) const WRONG_TYPE: TroubleKind = refused(
    "SK-FEDERATION-003",
    400,
    [
        "届いた通信の種類が違います（別の用途の署名が使われています）",
        "What came is of another type than it should be here",
    ],
);

pub(crate) const FORGED: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-004",
    status: 403,
    what: [
        "電子署名が合いません。偽造または途中で改ざんされたおそれがあります",
        "A signature does not fit: forged, or altered on the way",
    ],
    now: [
        "内容は一切取り込んでいません。差出人とされる機関に、届いた連絡ではなく電話帳などで確かめた番号から確認してください。",
        "Nothing of it was taken in. Ask the alleged sender, on a number you know from elsewhere.",
    ],
    call: SENDER,
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNKNOWN_ORGANISATION: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-005",
    status: 403,
    what: [
        "登録されていない機関からの通信です",
        "It comes from an organisation that is not enrolled",
    ],
    now: [
        "取り込んでいません。正当な機関であれば、接続コードを発行して登録してもらってください。",
        "It was not taken in. If the organisation is genuine, issue a connection code to it.",
    ],
    call: SENDER,
    retry: Retry::No,
    clause: "",
};

pub(crate) const BROKEN_ROUTE: TroubleKind = refused(
    "SK-FEDERATION-006",
    403,
    [
        "経由機関の記録がつながっていません",
        "The records of the relays do not lead from the sender to us",
    ],
);

pub(crate) const NOT_FOR_US: TroubleKind = refused(
    "SK-FEDERATION-007",
    400,
    ["ほかの機関あての通信です", "It is meant for somebody else"],
);

pub(crate) const REPLAYED: TroubleKind = refused(
    "SK-FEDERATION-008",
    409,
    [
        "一度受け取った通信が再び送られてきました（再送攻撃のおそれ）",
        "The same request came a second time (possibly a replay)",
    ],
);

pub(crate) const CLOCK_SKEW: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-009",
    status: 409,
    what: [
        "相手の機関とこちらの時計が10分以上ずれているため、通信を受け付けませんでした",
        "The clocks of the two organisations differ by more than ten minutes",
    ],
    now: [
        "時計を合わせてください（NTP の設定を確認）。送る予定のものは保管されており、時計が合えば自動で届きます。",
        "Set the clock (look at NTP). What waits to be sent is kept and goes out by itself afterwards.",
    ],
    call: NOBODY,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const EXPIRED: TroubleKind = refused(
    "SK-FEDERATION-010",
    409,
    ["有効期限を過ぎた通信が届きました", "A message came after its time"],
);

pub(crate) const CONTENT_CONFLICT: TroubleKind = refused(
    "SK-FEDERATION-011",
    409,
    [
        "同じ番号で内容の異なる通信が届きました",
        "Two messages with the same id and different content came",
    ],
);

pub(crate) const KEY_CONFLICT: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-012",
    status: 409,
    what: [
        "同じ機関について、異なる署名鍵が通知されました",
        "Two different signing keys were announced for one organisation",
    ],
    now: [
        "これまでの鍵を使い続けています。その機関と経由機関に電話で確認し、鍵を替えたのであれば登録し直してもらってください。",
        "The known key stays in use. Ask that organisation and the relay by telephone; if the key was changed, have it enrol again.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const OUT_OF_SCOPE: TroubleKind = refused(
    "SK-FEDERATION-013",
    403,
    [
        "相手の機関に認められていない操作が届きました",
        "The other organisation tried what its place does not allow",
    ],
);

pub(crate) const NO_ROUTE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-014",
    status: 409,
    what: ["あて先の機関へ届ける経路がありません", "No way to the addressee is known"],
    now: [
        "登録先の窓口が登録されているか確認してください。急ぐときは電話で伝えてください。",
        "Look whether you are enrolled with an office. If it is urgent, telephone.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const TOO_LARGE_TO_SEND: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-015",
    status: 413,
    what: ["文章が長すぎるため送れません", "It is too long to send"],
    now: [
        "短くするか、資料は掲載先の URL を書いてください。",
        "Shorten it, or give the address where the document is published.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNKNOWN_MESSAGE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-016",
    status: 404,
    what: ["周知しようとした通信が見つかりません", "The message to be relayed is not here"],
    now: ["一覧を開き直してください。", "Open the list again."],
    call: SUPPORT,
    retry: Retry::No,
    clause: "",
};

pub(crate) const MARKING_FORBIDS: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-017",
    status: 403,
    what: [
        "共有範囲（TLP）の指定により、ほかの機関へ送れません",
        "Its TLP label does not allow passing it on",
    ],
    now: [
        "発出元に、共有範囲を広げてよいか確認してください。",
        "Ask the origin whether it may be shared more widely.",
    ],
    call: SENDER,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NO_SUCH_HUB: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-018",
    status: 404,
    what: ["その窓口には登録していません", "You are not enrolled with that office"],
    now: [
        "窓口から接続コードをもらい、設定画面で登録してください。",
        "Get a connection code from the office and enrol in the settings.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_A_CODE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-019",
    status: 422,
    what: ["接続コードの形が違います", "That is not a connection code"],
    now: [
        "英数字20文字（4文字ずつ5組）を、もう一度入力してください。",
        "Enter the twenty letters and digits (five groups of four) again.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const OTHER_HUB: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-020",
    status: 409,
    what: [
        "入力したアドレスの窓口は、この接続コードを発行した窓口ではありません",
        "The office at that address did not issue this connection code",
    ],
    now: [
        "何も送っていません。アドレスと接続コードを窓口に電話で確認し、入力し直してください。",
        "Nothing was sent. Check address and connection code with the office by telephone and enter them again.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNUSABLE_CODE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-021",
    status: 403,
    what: [
        "この接続コードは使えません（使用済み、期限切れ、または誤り）",
        "This connection code cannot be used (used, expired or wrong)",
    ],
    now: [
        "窓口に新しい接続コードを発行してもらってください。接続コードは1回限り、24時間（USB などで運ぶときは14日）有効です。",
        "Ask the office for a new connection code. It works once, within 24 hours, or 14 days when files are carried.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const WRONG_PROOF: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-022",
    status: 403,
    what: [
        "登録の相手が接続コードを知っていることを確認できません",
        "The other side could not prove that it knows the connection code",
    ],
    now: [
        "登録は行っていません。通信が途中で差し替えられているおそれがあります。窓口に電話してください。",
        "Nothing was enrolled. Somebody may stand in between. Telephone the office.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const TOO_MANY_ATTEMPTS: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-023",
    status: 429,
    what: [
        "登録の失敗が続いたため、しばらく受け付けません",
        "Too many failed enrolments; none is looked at for a while",
    ],
    now: [
        "10分待ってから、接続コードを確かめてやり直してください。",
        "Wait ten minutes, check the connection code and try again.",
    ],
    call: HUB,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const ALREADY_ENROLLED: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-024",
    status: 409,
    what: [
        "この機関は別の署名鍵ですでに登録されています",
        "This organisation is already enrolled with another key",
    ],
    now: [
        "機器を入れ替えた場合は、窓口に「再登録用」の接続コードを発行してもらってください。",
        "If the machine was replaced, ask the office for a connection code for enrolling again.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const WRONG_KIND: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-025",
    status: 409,
    what: [
        "この種別の機関は、この窓口の下には登録できません",
        "An organisation of this kind does not belong under this office",
    ],
    now: [
        "機関の種別と登録先を確認してください。",
        "Check the kind of organisation and the office.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const BAD_ADDRESS: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-026",
    status: 422,
    what: ["窓口のアドレスの形が違います", "That is not the address of an office"],
    now: [
        "https:// から始まるアドレスを、窓口の案内どおりに入力してください。",
        "Enter the address beginning with https:// as the office gave it.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_ENCRYPTED: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-027",
    status: 422,
    what: [
        "暗号化されていないアドレス（http://）には接続しません",
        "No connection without encryption to another machine",
    ],
    now: ["https:// のアドレスを使ってください。", "Use the address beginning with https://."],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NO_ANSWER: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-028",
    status: 502,
    what: ["窓口に接続できません", "The office cannot be reached"],
    now: [
        "送るものは保管されており、つながれば自動で届きます。急ぐときは電話してください。続くときは回線とアドレスを確認してください。",
        "What waits to be sent is kept and goes out by itself. If it is urgent, telephone. If it lasts, check line and address.",
    ],
    call: HUB,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const OTHER_CERTIFICATE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-029",
    status: 502,
    what: [
        "窓口のサーバー証明書が登録時のものと違います",
        "The certificate of the office is not the one learned at enrolment",
    ],
    now: [
        "何も送っていません。窓口に電話し、証明書を替えたのであれば登録し直してください。",
        "Nothing was sent. Telephone the office; if it changed its certificate, enrol again.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const HUB_REFUSED: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-030",
    status: 502,
    what: ["窓口が通信を受け付けませんでした", "The office did not accept it"],
    now: [
        "詳細の番号（SK-…）の説明を確認してください。送るものは保管されています。",
        "Look up the code in the particulars. What waits to be sent is kept.",
    ],
    call: HUB,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const NOT_UNDERSTOOD: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-031",
    status: 422,
    what: [
        "届いた通信の種類をこの版の Sakimori は扱えません",
        "This version of Sakimori does not understand that kind of message",
    ],
    now: [
        "失われていません。Sakimori を更新すると読めるようになります。急ぐ内容のおそれがあれば差出人に電話してください。",
        "It is kept. After an update of Sakimori it can be read. If it may be urgent, telephone the sender.",
    ],
    call: SENDER,
    retry: Retry::No,
    clause: "",
};

pub(crate) const CANNOT_BE_KEPT: TroubleKind = refused(
    "SK-FEDERATION-032",
    422,
    [
        "他機関から届いた通信を台帳に保存できません",
        "What another organisation sent cannot be kept in the ledger",
    ],
);

pub(crate) const NOT_ASKED: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-033",
    status: 409,
    what: [
        "こちらから申し込んでいない（または 30 日より前に申し込んだ）登録の返事です",
        "It answers an enrolment we did not ask for, or asked for more than 30 days ago",
    ],
    now: [
        "登録していません。窓口の紹介ファイルと接続コードで `sakimori bundle ask` からやり直してください。",
        "Nothing was enrolled. Begin again with `sakimori bundle ask`, the office's introduction and a connection code.",
    ],
    call: HUB,
    retry: Retry::No,
    clause: "",
};

pub(crate) const ALTERED_FILE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-034",
    status: 409,
    what: [
        "添付資料が、発出元の示したもの（SHA-256）と一致しません",
        "An attached file is not the one that its sender named (SHA-256)",
    ],
    now: [
        "開かないでください。別の経路で届くのを待ち、続くときは発出元に電話で確認してください。本文は電子署名で確かめてあり、そのまま使えます。",
        "Do not open it. It may still come by another route; if this goes on, ask the sender by telephone. The warning itself is verified by its signature and holds.",
    ],
    call: SENDER,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const FILE_NOT_HERE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-035",
    status: 404,
    what: ["添付資料がまだ届いていません", "The attached file is not here yet"],
    now: [
        "窓口から自動で取り寄せています。数分後にもう一度開いてください。USB などで受け渡しているときは、窓口に添付資料のフォルダーも渡してもらってください。",
        "It is being fetched from the office by itself; open it again in a few minutes. If you exchange by a medium, ask the office for the folder of attached files too.",
    ],
    call: HUB,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const FILE_SIZE: TroubleKind = TroubleKind {
    code: "SK-FEDERATION-036",
    status: 413,
    what: [
        "添付資料は空でない 10 MB までのファイルにしてください",
        "An attached file has at most 10 MB and is not empty",
    ],
    now: [
        "小さく分けるか、公開された場所へのリンクを本文に書いてください。",
        "Divide it, or name a published address in the text instead.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};
