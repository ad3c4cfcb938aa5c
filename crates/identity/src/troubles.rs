//! The troubles of identity, as a person meets them.

use sakimori_words::{Retry, TroubleKind};

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[
    SETUP_USED,
    LINK_INVALID,
    REFUSED,
    WAIT,
    WEAK_PASSWORD,
    CODE_WRONG,
    SIGNED_OUT,
    NOT_ALLOWED,
    STEP_UP,
    NOT_RECORDED,
    NAME_TAKEN,
    NAME_UNFIT,
    LAST_ADMINISTRATOR,
    ROLE_UNFIT,
    UNKNOWN,
    NOT_A_DEMONSTRATION,
    HASHING,
    CROSS_SITE,
];

const CALL_ADMINISTRATOR: [&str; 2] = ["施設のシステム管理者", "your administrator"];
const NOBODY: [&str; 2] = ["", ""];
/// 2016-03-14 notice: identify and authenticate users, rights by class, log every access to personal information.
const CLAUSE_ACCESS: &str = "医政研発0314第1号 (2016-03-14)";
/// 2021-06-28 notice: multi-factor authentication.
const CLAUSE_SIGN_IN: &str = "令和3年6月28日 事務連絡 (2021-06-28)";

pub(crate) const SETUP_USED: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-001",
    status: 410,
    what: ["初期設定リンクは使用済みです", "The setup link was used already"],
    now: [
        "設定済みのアカウントでログインしてください。心当たりがない場合は、第三者が使った疑いがあります。ネットワークから切り離し、連絡してください。",
        "Sign in with the account made then. If nobody of yours used it, somebody else may have: disconnect the machine and call.",
    ],
    call: ["医療情報システム安全管理責任者", "the safety officer"],
    retry: Retry::No,
    clause: "",
};

pub(crate) const LINK_INVALID: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-002",
    status: 410,
    what: [
        "このリンクは無効です(使用済み、期限切れ、または誤り)",
        "This link does not work: used, expired or mistyped",
    ],
    now: [
        "リンク全体を写せているか確かめてください。初期設定は Sakimori の再起動で、招待は管理者への依頼で、新しいリンクを出せます。",
        "Check that you copied the whole link. Restarting Sakimori gives a new setup link; an administrator gives a new invitation.",
    ],
    call: CALL_ADMINISTRATOR,
    retry: Retry::No,
    clause: "",
};

pub(crate) const REFUSED: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-003",
    status: 401,
    what: [
        "ログインできません。名前、パスワード、確認コードのいずれかが違います",
        "Not signed in: name, password or code is wrong",
    ],
    now: [
        "もう一度入力してください。確認コードは次の表示を待って使い、スマートフォンの時刻も確かめてください。手元にないときは紙の復旧コードが使えます。",
        "Enter them again. Wait for the next code and check the telephone's clock; without the telephone use a paper recovery code.",
    ],
    call: CALL_ADMINISTRATOR,
    retry: Retry::Later,
    clause: CLAUSE_SIGN_IN,
};

pub(crate) const WAIT: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-004",
    status: 429,
    what: [
        "誤りが続いたため、しばらくログインを受け付けません",
        "Too many wrong attempts; sign-in pauses for a while",
    ],
    now: [
        "表示された秒数だけ待ってから、もう一度入力してください。急ぐときは、以前ログインしたことのある端末を使ってください。",
        "Wait the number of seconds shown. In a hurry, use a browser on which you have signed in before.",
    ],
    call: CALL_ADMINISTRATOR,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const WEAK_PASSWORD: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-005",
    status: 422,
    what: ["このパスワードは使えません", "This password cannot be used"],
    now: [
        "15 文字以上で、名前やよくある語だけにならない文にしてください。記号や大文字は必須ではありません。",
        "Use a sentence of at least 15 characters that is not only names and common words. Symbols and capitals are not required.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const CODE_WRONG: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-006",
    status: 422,
    what: ["確認コードが一致しません", "The code does not fit"],
    now: [
        "認証アプリに今表示されている 6 桁を入力してください。合わないときは、スマートフォンとこの機器の時刻を確かめてください。",
        "Enter the six digits the app shows now. If they do not fit, check the clocks of the telephone and of this machine.",
    ],
    call: NOBODY,
    retry: Retry::Later,
    clause: "",
};

pub(crate) const SIGNED_OUT: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-007",
    status: 401,
    what: ["ログインの有効期限が切れました", "You are no longer signed in"],
    now: ["もう一度ログインしてください。", "Sign in again."],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_ALLOWED: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-008",
    status: 403,
    what: ["この操作の権限がありません", "You are not allowed to do this"],
    now: [
        "権限のある担当者に依頼してください。攻撃の疑いは、業務の担当者なら誰でもすぐに記録を始められます。",
        "Ask a colleague who may. Whoever works in the institution may raise a suspicion at once.",
    ],
    call: CALL_ADMINISTRATOR,
    retry: Retry::No,
    clause: CLAUSE_ACCESS,
};

pub(crate) const STEP_UP: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-009",
    status: 403,
    what: ["この操作には確認コードの再入力が必要です", "This asks for a fresh code"],
    now: [
        "認証アプリの 6 桁を入力してください。10 分間有効です。",
        "Enter the six digits of your authenticator app. They count for ten minutes.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: CLAUSE_ACCESS,
};

pub(crate) const NOT_RECORDED: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-010",
    status: 503,
    what: [
        "アクセス記録を残せないため、表示を止めました",
        "The access record could not be written, so nothing is shown",
    ],
    now: [
        "ディスクの空きと状態を確かめ、少し待ってやり直してください。",
        "Check the disk's space and health, wait a little and try again.",
    ],
    call: CALL_ADMINISTRATOR,
    retry: Retry::Later,
    clause: CLAUSE_ACCESS,
};

pub(crate) const NAME_TAKEN: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-011",
    status: 409,
    what: ["このログイン名は使われています", "This sign-in name is taken"],
    now: ["別のログイン名にしてください。", "Choose another sign-in name."],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NAME_UNFIT: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-012",
    status: 422,
    what: ["この名前は使えません", "This name cannot be used"],
    now: [
        "ログイン名は半角の英数字と . - _ @ で 2~64 文字、表示名は 1~64 文字にしてください。",
        "Sign-in name: 2 to 64 letters, digits and . - _ @; display name: 1 to 64 characters.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const LAST_ADMINISTRATOR: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-013",
    status: 409,
    what: ["最後のシステム管理者の権限は外せません", "The last administrator must remain one"],
    now: [
        "先に別の人をシステム管理者にしてください。",
        "First make somebody else an administrator.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const ROLE_UNFIT: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-014",
    status: 422,
    what: ["この組織では選べない役割です", "These roles do not exist here"],
    now: [
        "役割を一つ以上、一覧から選び直してください。",
        "Choose at least one role from the list.",
    ],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const UNKNOWN: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-015",
    status: 404,
    what: ["該当する利用者またはログインが見つかりません", "No such person or session"],
    now: ["一覧を開き直してください。", "Open the list again."],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const NOT_A_DEMONSTRATION: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-016",
    status: 404,
    what: [
        "役割の切り替えはデモでのみ使えます",
        "Switching persons works only in the demonstration",
    ],
    now: ["ログイン画面からログインしてください。", "Sign in on the sign-in page."],
    call: NOBODY,
    retry: Retry::No,
    clause: "",
};

pub(crate) const HASHING: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-017",
    status: 500,
    what: ["パスワードを処理できませんでした", "The password could not be processed"],
    now: [
        "少し待ってやり直してください。続くときは機器のメモリーの空きを確かめてください。",
        "Wait a little and try again. If it goes on, check the machine's free memory.",
    ],
    call: CALL_ADMINISTRATOR,
    retry: Retry::Later,
    clause: "",
};

/// For the web: [`crate::same_origin`] said no.
pub const CROSS_SITE: TroubleKind = TroubleKind {
    code: "SK-IDENTITY-018",
    status: 403,
    what: [
        "別のサイトから送られた操作のため受け付けませんでした",
        "The request came from another site and was refused",
    ],
    now: [
        "Sakimori の画面を直接開いて、操作をやり直してください。身に覚えがなければ、直前に開いたメールやサイトを控えて連絡してください。",
        "Open Sakimori itself and do it there. If you did nothing, note the mail or site you opened just before and call.",
    ],
    call: ["医療情報システム安全管理責任者", "the safety officer"],
    retry: Retry::No,
    clause: "",
};
