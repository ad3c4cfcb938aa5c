//! The troubles of sharing, as a person meets them.

use sakimori_words::TroubleKind;

/// Every trouble this crate can raise, for `sakimori explain` and the tests of wording.
pub const TROUBLES: &[TroubleKind] = &[
    UNKNOWN,
    DRAFT_STATE,
    NOT_APPROVED,
    NO_NODE,
    NOT_PUBLISHED,
    WITHDRAWN,
    SECOND_PERSON,
    MISSING,
    NOT_REVIEWED,
    REGISTER_CHANGED,
    NOT_IN_REGISTER,
    TOO_FEW,
    IDENTIFIES,
    AUDIENCE,
    CHANGED_MEANWHILE,
    UNREADABLE,
    NOT_THE_SENDERS,
    VICTIMS_OWN,
    TOO_MANY_INDICATORS,
];

pub(crate) const UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-SHARE-001",
    404,
    ["その共有事例は見つかりません", "There is no such shared case here"],
    ["一覧を開き直してください。", "Open the list again."],
);

pub(crate) const DRAFT_STATE: TroubleKind = TroubleKind::new(
    "SK-SHARE-002",
    409,
    [
        "作成の状態が変わっているため、この操作はできません",
        "The draft is in another state, so this cannot be done",
    ],
    ["画面を開き直し、いまの状態を確認してください。", "Reload and look at its state."],
);

pub(crate) const NOT_APPROVED: TroubleKind = TroubleKind::new(
    "SK-SHARE-003",
    409,
    ["被害を受けた機関の同意がまだありません", "The victim has not approved this text yet"],
    [
        "この文面のまま同意を求めるか、得た同意を記録してください。文面を変えたときは、改めて同意が必要です。",
        "Ask for approval of this very text, or record the approval you have. A changed text needs a new one.",
    ],
);

pub(crate) const NO_NODE: TroubleKind = TroubleKind::new(
    "SK-SHARE-004",
    409,
    [
        "その機関には同意を求める接続先がありません",
        "The institution has no node that could be asked",
    ],
    [
        "電話や文書で文面を示し、得た答えを氏名・日付・方法とともに記録してください。",
        "Show the text by letter or telephone and record the answer with name, date and how it was given.",
    ],
);

pub(crate) const NOT_PUBLISHED: TroubleKind = TroubleKind::new(
    "SK-SHARE-005",
    409,
    ["まだ公開されていません", "It has not been published yet"],
    ["公開してから操作してください。", "Publish it first."],
);

pub(crate) const WITHDRAWN: TroubleKind = TroubleKind::new(
    "SK-SHARE-006",
    409,
    ["この共有事例は撤回されています", "This shared case was withdrawn"],
    ["必要なら、新しい事例として作成してください。", "Draft a new one if it is needed."],
);

pub(crate) const SECOND_PERSON: TroubleKind = TroubleKind {
    clause: "S2-10",
    ..TroubleKind::new(
        "SK-SHARE-007",
        403,
        [
            "作成した人は公開できません（被害機関が特定されないことを二人で確かめます）",
            "Whoever wrote it cannot release it: two persons make sure that the victim cannot be identified",
        ],
        [
            "作成に加わっていない決裁者に依頼してください。",
            "Ask an approver who did not write at it.",
        ],
    )
};

pub(crate) const MISSING: TroubleKind = TroubleKind::new(
    "SK-SHARE-008",
    422,
    ["必要な項目が入力されていません", "Something that is needed is missing"],
    ["詳細に示した項目を入力してください。", "Fill in what is named below."],
);

pub(crate) const NOT_REVIEWED: TroubleKind = TroubleKind::new(
    "SK-SHARE-009",
    409,
    [
        "特定につながるおそれのある語が確認されていません",
        "Words that may identify were not looked at",
    ],
    [
        "残した語には理由を書き、固有名詞の候補はすべて確かめてください。",
        "Write a reason for each passage that stays, and look at every word that may be a name.",
    ],
);

pub(crate) const REGISTER_CHANGED: TroubleKind = TroubleKind::new(
    "SK-SHARE-010",
    409,
    [
        "施設の登録が変わり、同意を得た文面ではもう公開できません",
        "The register has changed: the approved words may not be used any more",
    ],
    [
        "差し戻し、いま許される表現で改めて同意を得てください。",
        "Send it back and ask again with the words that are allowed now.",
    ],
);

pub(crate) const NOT_IN_REGISTER: TroubleKind = TroubleKind::new(
    "SK-SHARE-011",
    409,
    [
        "その機関が施設の登録に見つからないか、所在地・病床数が登録されていません",
        "The institution is not in the register, or its prefecture and size are not",
    ],
    [
        "施設の登録を確認してください。登録がなければ、似た施設の数を数えられません。",
        "Look at the register. Without it nobody can count how many are like it.",
    ],
);

pub(crate) const TOO_FEW: TroubleKind = TroubleKind {
    clause: "S2-10",
    ..TroubleKind::new(
        "SK-SHARE-012",
        409,
        [
            "似た施設が少なすぎるため、何も共有できません",
            "Too few institutions are like it, so nothing may be shared",
        ],
        [
            "名簿に管内の施設がそろっているか確かめてください。そろっていても足りないときは、より広い範囲を持つ上位の機関に依頼してください。",
            "Make sure that the register holds every institution of your area. When it does, ask the office above, whose register is wider.",
        ],
    )
};

pub(crate) const IDENTIFIES: TroubleKind = TroubleKind {
    clause: "S2-10",
    ..TroubleKind::new(
        "SK-SHARE-013",
        409,
        [
            "外へ出る文面に、被害機関が分かる語が残っています",
            "What would leave still says who it was",
        ],
        [
            "事例の画面を開き直し、その語を除いてから、改めて同意を得てください。決裁待ちのときは、先に差し戻してください。",
            "Open the case again, remove those words and ask for approval anew. When it awaits release, send it back first.",
        ],
    )
};

pub(crate) const AUDIENCE: TroubleKind = TroubleKind::new(
    "SK-SHARE-014",
    409,
    [
        "受け取る機関が少なすぎます（二者の間では、もう一者が分かってしまいます）",
        "Too few would receive it: between two, the third is known",
    ],
    [
        "接続先を増やすか、上位の機関に依頼してください。",
        "Connect more organisations, or ask the office above.",
    ],
);

pub(crate) const CHANGED_MEANWHILE: TroubleKind = TroubleKind::new(
    "SK-SHARE-015",
    409,
    ["ほかの人が同時に変更しました", "Somebody else changed it at the same time"],
    ["画面を開き直してから、もう一度操作してください。", "Reload, then do it again."],
);

pub(crate) const UNREADABLE: TroubleKind = TroubleKind::new(
    "SK-SHARE-016",
    400,
    ["届いた共有事例を読み取れません", "A shared case that came cannot be read"],
    ["送信元に、版の新しさを確認してください。", "Ask the sender which version it runs."],
);

pub(crate) const NOT_THE_SENDERS: TroubleKind = TroubleKind::new(
    "SK-SHARE-017",
    403,
    ["送信元にその資格がありません", "The sender is not entitled to it"],
    [
        "何もする必要はありません。続くときは、接続先に連絡してください。",
        "Nothing needs to be done. When it goes on, call the neighbour.",
    ],
);

pub(crate) const VICTIMS_OWN: TroubleKind = TroubleKind {
    clause: "S2-10",
    ..TroubleKind::new(
        "SK-SHARE-018",
        400,
        [
            "被害機関のもの、または内部だけで使うアドレス・ドメインは、攻撃の痕跡として共有できません",
            "An address or domain of the victim's own, or of a private network, is not shared as an indicator",
        ],
        [
            "その行を除いてください。攻撃者が外で使ったものだけを書きます。",
            "Take that line out. Only what the attackers used outside belongs there.",
        ],
    )
};

pub(crate) const TOO_MANY_INDICATORS: TroubleKind = TroubleKind::new(
    "SK-SHARE-019",
    400,
    [
        "攻撃の痕跡が多すぎます（1事例500件まで）",
        "There are too many indicators: a case carries up to 500",
    ],
    ["確かなものに絞ってください。", "Keep those that are certain."],
);
