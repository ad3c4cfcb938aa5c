//! The troubles of mail, as a person meets them.

use sakimori_words::TroubleKind;

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[
    SETTINGS,
    KEY,
    LINK,
    EXPIRED,
    TOO_OFTEN,
    RETURNED,
    RELAY_LINE,
    RELAY_ENCRYPTION,
    RELAY_CERTIFICATE,
    RELAY_ACCOUNT,
    RELAY_REFUSAL,
];

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

pub(crate) const RELAY_LINE: TroubleKind = TroubleKind::new(
    "SK-MAIL-007",
    503,
    ["メールの中継サーバにつながりません", "The mail relay cannot be reached"],
    [
        "sakimori.toml の relay のサーバ名とポート、間の通信機器を確かめてください。メールは送信待ちのまま残り、つながりしだい送ります。",
        "Check name and port of relay in sakimori.toml, and the network between. Letters stay queued and go out once it answers.",
    ],
);

pub(crate) const RELAY_ENCRYPTION: TroubleKind = TroubleKind::new(
    "SK-MAIL-008",
    503,
    [
        "メールの中継サーバとの通信を暗号化できません",
        "The way to the mail relay cannot be encrypted",
    ],
    [
        "メールの担当者に、STARTTLS に応じるポートを確かめてください。初めから TLS で話すポートなら、security を tls にします。平文では送りません。",
        "Ask the mail administrator for a port that offers STARTTLS. For a port that speaks TLS from the first byte, set security to tls. Nothing is sent in the clear.",
    ],
);

pub(crate) const RELAY_CERTIFICATE: TroubleKind = TroubleKind::new(
    "SK-MAIL-009",
    503,
    [
        "メールの中継サーバの証明書を確かめられません",
        "The certificate of the mail relay cannot be trusted",
    ],
    [
        "relay のサーバ名が証明書の名前と同じか、期限が切れていないかを確かめてください。組織内の認証局が出した証明書なら、その認証局の PEM ファイルを authority に指定します。",
        "Check that the name in relay is the one in its certificate, and that it has not expired. For an authority of your own organisation, name its PEM file under authority.",
    ],
);

pub(crate) const RELAY_ACCOUNT: TroubleKind = TroubleKind::new(
    "SK-MAIL-010",
    503,
    [
        "メールの中継サーバがアカウントを受け付けません",
        "The mail relay does not accept the account",
    ],
    [
        "account と password_file のパスワードを確かめ、直したら起動し直してください。メールは送信待ちのまま残ります。",
        "Check account and the password in password_file, then start again. Letters stay queued.",
    ],
);

pub(crate) const RELAY_REFUSAL: TroubleKind = TroubleKind::new(
    "SK-MAIL-011",
    503,
    ["メールの中継サーバがメールを受け取りません", "The mail relay takes no mail from this office"],
    [
        "下の中継サーバの言葉をメールの担当者に伝え、この機器と差出人からの中継を許すよう頼んでください。メールは送信待ちのまま残ります。",
        "Tell the mail administrator the words below and ask that relaying from this machine and sender be allowed. Letters stay queued.",
    ],
);
