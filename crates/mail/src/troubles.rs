//! The troubles of mail, as a person meets them.

use sakimori_words::TroubleKind;

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[SETTINGS, KEY, LINK, EXPIRED, TOO_OFTEN, RETURNED];

pub(crate) const SETTINGS: TroubleKind = TroubleKind::new(
    "SK-MAIL-001",
    500,
    ["メールの設定ではメールを送れません", "Mail cannot be sent with these settings"],
    [
        "sakimori.toml の [mail] の中継サーバ・差出人・返送先を確かめ、起動し直してください。",
        "Check relay, sender and return address under [mail] in sakimori.toml, then start again.",
    ],
);

pub(crate) const KEY: TroubleKind = TroubleKind::new(
    "SK-MAIL-002",
    500,
    ["メールの署名鍵を使えません", "A key for signing mail cannot be used"],
    [
        "keys フォルダの dkim-rsa.pem と dkim-ed25519 をバックアップから戻してください。鍵を作り直したときは DNS の TXT レコードも替えます。",
        "Restore dkim-rsa.pem and dkim-ed25519 in the keys folder from the backup. With new keys, publish new TXT records.",
    ],
);

pub(crate) const LINK: TroubleKind = TroubleKind::new(
    "SK-MAIL-003",
    404,
    ["このリンクは使えません", "This link does not work"],
    [
        "メールにあるリンクの全体を開いてください。それでも開けないときは、メールの差出人に電話してください。",
        "Open the whole link of the mail. If it still does not work, telephone the office that sent it.",
    ],
);

pub(crate) const EXPIRED: TroubleKind = TroubleKind::new(
    "SK-MAIL-004",
    410,
    ["このリンクの期限が過ぎました", "This link has expired"],
    [
        "回答は、メールの差出人に電話で伝えてください。",
        "Tell your answer to the office that sent the mail, by telephone.",
    ],
);

pub(crate) const TOO_OFTEN: TroubleKind = TroubleKind::new(
    "SK-MAIL-005",
    429,
    ["このリンクからの回答が多すぎます", "Too many answers came with this link"],
    [
        "1時間待つか、メールの差出人に電話してください。",
        "Wait an hour, or telephone the office that sent the mail.",
    ],
);

pub(crate) const RETURNED: TroubleKind = TroubleKind::new(
    "SK-MAIL-006",
    422,
    ["返送されたメールを読み取れません", "A returned mail cannot be understood"],
    [
        "failed フォルダのメールを開いて読み、届いていない機関には電話してください。",
        "Open the mail in the failed folder and read it; telephone the institution that was not reached.",
    ],
);
