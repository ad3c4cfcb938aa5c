//! What can go wrong at the desks, in words for people.

use sakimori_words::{Retry, Trouble, TroubleKind};

use crate::RespondError;

/// The troubles of this crate.
pub const TROUBLES: &[TroubleKind] = &[
    UNKNOWN,
    MISSING,
    TOO_LONG,
    IN_FUTURE,
    UNFIT_ANSWER,
    CASE_CLOSED,
    CASE_OPEN,
    DUTIES_OPEN,
    REPORT_STATE,
    SAME_PERSON,
    NOT_AS_APPROVED,
    WRONG_SENDER,
    BUSY,
    CONTENT_LACKS,
    EXCHANGE,
    CHANGED_MEANWHILE,
    CRITERIA_CHANGED,
    crate::custody::GATE_SHUT,
    crate::custody::ITEM_STATE,
    crate::custody::GRANT_SELF,
    crate::custody::NOT_PERMITTED,
    crate::custody::ON_HOLD,
    crate::custody::KNOWN,
    crate::custody::TOO_MANY,
    crate::custody::MANIFEST,
    crate::custody::PICTURE,
    STEP,
    MOVED_MEANWHILE,
    OUT_OF_ORDER,
    ALREADY,
    TOO_MANY,
    DONE_BY,
    CHAIN_CLOSED,
    NOT_NOW,
    NOT_AN_EXERCISE,
];

const NOT_NOW: TroubleKind = TroubleKind::new(
    "SK-RESPOND-061",
    409,
    ["今の状態ではこの操作はできません", "This cannot be done in the state it is in"],
    ["画面を開き直し、今の状態を確かめてください", "Open the page again and see how it stands"],
);
const NOT_AN_EXERCISE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-060",
    409,
    ["これは訓練ではなく実際の事案です", "This is a real case, not an exercise"],
    [
        "訓練は「訓練として記録する」を付けて新しく開いてください",
        "Open a new case with \"Record as an exercise\" for an exercise",
    ],
);
const UNKNOWN: TroubleKind = TroubleKind::new(
    "SK-RESPOND-001",
    404,
    ["指定された記録が見つかりません", "There is no such record"],
    ["一覧に戻り、もう一度開いてください。", "Go back to the list and open it again."],
);

const MISSING: TroubleKind = TroubleKind::new(
    "SK-RESPOND-002",
    422,
    ["必要な記入がありません", "Something that must be said is missing"],
    [
        "示された項目を記入してください。分からないことは「調査中」と書けます。",
        "Fill in what is named. What is not known may be given as “still finding out”.",
    ],
);

const TOO_LONG: TroubleKind = TroubleKind::new(
    "SK-RESPOND-003",
    422,
    ["文章が長すぎます", "The text is too long"],
    [
        "要点だけにするか、経過記録に分けて記入してください。",
        "Keep to the point, or write it into the timeline in parts.",
    ],
);

const IN_FUTURE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-004",
    422,
    ["時刻が未来になっています", "The time lies in the future"],
    [
        "日付と時刻（日本時間）を確認してください。機器の時計がずれていることもあります。",
        "Check date and time (JST); a clock may also be wrong.",
    ],
);

const UNFIT_ANSWER: TroubleKind = TroubleKind::new(
    "SK-RESPOND-005",
    422,
    ["この項目に合わない答えです", "The answer does not fit this field"],
    [
        "選択肢から選ぶか、示された形で記入してください。分からないときは「調査中」を選べます。",
        "Choose one of the choices or use the form shown; “still finding out” is always possible.",
    ],
);

const CASE_CLOSED: TroubleKind = TroubleKind::new(
    "SK-RESPOND-006",
    409,
    ["この事案の記録は終了しています", "This case is closed"],
    [
        "続きがあるときは、理由を記入して事案を再開してください。",
        "If it goes on, open the case again with the reason.",
    ],
);

const CASE_OPEN: TroubleKind = TroubleKind::new(
    "SK-RESPOND-007",
    409,
    ["この事案はまだ対応中です", "This case is still open"],
    [
        "先に事案を終了してください。対応中の証拠保全の指示は解除できません。",
        "Close the case first; the order to keep evidence cannot be lifted while it is open.",
    ],
);

const DUTIES_OPEN: TroubleKind = TroubleKind {
    code: "SK-RESPOND-008",
    status: 409,
    what: ["連絡・報告が済んでいない先があります", "Somebody still has to be told"],
    now: [
        "報告先の一覧で、連絡・提出を記録するか、対象外とする理由を記入してください。",
        "In the list of duties record the call or the report, or the reason why it does not apply.",
    ],
    call: ["連絡先シートの各機関", "The offices on the call sheet"],
    retry: Retry::No,
    clause: "平成30年10月29日 通知 記の1",
};

const REPORT_STATE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-009",
    409,
    ["報告がその段階にありません", "The report is not at that stage"],
    [
        "報告の画面を開き直してください。案、承認、提出の順に進みます。提出した後の変更は続報で行います。",
        "Open the report again: draft, approval, submission. After that, changes go into a follow-up report.",
    ],
);

const SAME_PERSON: TroubleKind = TroubleKind::new(
    "SK-RESPOND-010",
    409,
    ["報告を作成した人は、自分の案を承認できません", "Who drafted a report cannot approve it"],
    [
        "別の人が承認してください。誰にも連絡がつかないときは、理由を記入して単独で承認できます（報告書に明示されます）。",
        "Another person approves. When nobody can be reached, approve alone with the reason; the report will say so.",
    ],
);

const NOT_AS_APPROVED: TroubleKind = TroubleKind::new(
    "SK-RESPOND-011",
    409,
    [
        "承認された内容と異なるため、提出しませんでした",
        "The report is not the one that was approved and was not sent",
    ],
    [
        "記録が改変されたおそれがあります。`sakimori verify` を実行し、報告を作り直してください。",
        "The record may have been tampered with. Run `sakimori verify` and draft the report again.",
    ],
);

const WRONG_SENDER: TroubleKind = TroubleKind::new(
    "SK-RESPOND-012",
    403,
    [
        "差出人と署名した組織が一致しない報告を受け取りませんでした",
        "A report whose sender is not the organisation that signed it was refused",
    ],
    [
        "差出人とされた組織に、登録済みの電話番号で確認してください。",
        "Ask the named organisation under the number you have on file.",
    ],
);

const BUSY: TroubleKind = TroubleKind {
    code: "SK-RESPOND-013",
    status: 503,
    what: [
        "ほかの人の更新が続いたため、記録できませんでした",
        "Others kept changing the record, so this was not written",
    ],
    now: ["数秒おいて、もう一度行ってください。", "Wait a few seconds and do it again."],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

const CONTENT_LACKS: TroubleKind = TroubleKind::new(
    "SK-RESPOND-014",
    500,
    [
        "手順・様式などのコンテンツが足りません",
        "The content pack lacks a playbook, form or the like",
    ],
    [
        "`sakimori content check` を実行してください。それまでは連絡先シートの電話で連絡してください。",
        "Run `sakimori content check`. Until then call the offices on the call sheet.",
    ],
);

const EXCHANGE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-015",
    422,
    [
        "報告又は回答の電文を読み書きできません",
        "A report or an answer to one could not be read or written",
    ],
    [
        "双方の Sakimori のバージョンを確認してください。急ぐときは印刷した報告書と電話で伝えてください。",
        "Compare the versions of Sakimori on both sides. If it is urgent, use the printed report and the telephone.",
    ],
);

const CHANGED_MEANWHILE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-016",
    409,
    ["開いている間に報告の案が更新されました", "The draft was changed while it was open"],
    ["新しい案を読み直してから承認してください。", "Read the new draft, then approve it."],
);

const CRITERIA_CHANGED: TroubleKind = TroubleKind::new(
    "SK-RESPOND-025",
    409,
    [
        "開いている間に、この医療機関の判断の基準が改訂されました",
        "The institution's own criteria were changed while the form was open",
    ],
    [
        "新しい基準を読んでから、もう一度記録してください。決定はまだ記録していません。",
        "Read the new criteria, then record again. The decision has not been recorded.",
    ],
);

const STEP: TroubleKind = TroubleKind::new(
    "SK-RESPOND-041",
    409,
    ["今の状態からその状態へは進めません", "It cannot go there from where it is"],
    [
        "画面を開き直して今の状態を確かめ、進められる状態から選んでください。",
        "Open the page again, see how it stands now, and choose one of the states it can go to.",
    ],
);

const MOVED_MEANWHILE: TroubleKind = TroubleKind::new(
    "SK-RESPOND-042",
    409,
    [
        "開いている間に、ほかの人が先に記録しました",
        "Somebody else recorded something first while the page was open",
    ],
    [
        "その記録を読み、必要ならもう一度記録してください。あなたの記入は保存していません。",
        "Read what they recorded; if yours is still needed, record it again. It was not kept.",
    ],
);

const OUT_OF_ORDER: TroubleKind = TroubleKind::new(
    "SK-RESPOND-043",
    422,
    ["一つ前の記録より前の時刻です", "The time lies before the step it follows"],
    [
        "一つ前の記録より後の時刻にしてください。前の記録が誤っているときは、経過記録で訂正してください。",
        "Give a time after the step before. If that one is wrong, correct it in the timeline.",
    ],
);

const ALREADY: TroubleKind = TroubleKind::new(
    "SK-RESPOND-044",
    409,
    ["すでにあります", "It is there already"],
    [
        "一覧を確かめてください。二度記録する必要はありません。",
        "Look at the list; it need not be recorded twice.",
    ],
);

const TOO_MANY: TroubleKind = TroubleKind::new(
    "SK-RESPOND-045",
    422,
    ["これ以上は増やせません", "There are too many"],
    [
        "まとめるか、経過記録に記入してください。",
        "Put several into one, or write it into the timeline.",
    ],
);

const DONE_BY: TroubleKind = TroubleKind::new(
    "SK-RESPOND-046",
    409,
    ["ほかの人が先に済ませています", "Somebody else has done it already"],
    [
        "報告の画面を開き直してください。もう一度行う必要はありません。",
        "Open the report again; it need not be done twice.",
    ],
);

const CHAIN_CLOSED: TroubleKind = TroubleKind::new(
    "SK-RESPOND-047",
    409,
    ["この宛先には確報を提出済みです", "This office has had the final report"],
    [
        "確報で報告は完結しています。続きがあるときは、理由を記入して事案を再開するか、その宛先を外してください。",
        "The final report ended the chain. If it goes on, open the case again with the reason, or leave this office out.",
    ],
);

impl RespondError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind: &'static TroubleKind = match self {
            Self::Ledger(error) => return error.trouble(),
            Self::Office(error) => return error.trouble(),
            Self::Unknown { .. } => &UNKNOWN,
            Self::Missing { what } => return Trouble::new(&MISSING, named(what)),
            Self::TooLong { what, n_chars, max_chars } => {
                let detail = format!("{}: {n_chars} > {max_chars}", named(what));
                return Trouble::new(&TOO_LONG, detail);
            }
            Self::InFuture { what } => return Trouble::new(&IN_FUTURE, named(what)),
            Self::UnfitAnswer { .. } => &UNFIT_ANSWER,
            Self::CaseClosed => &CASE_CLOSED,
            Self::CaseOpen => &CASE_OPEN,
            Self::NotNow { what } => return Trouble::new(&NOT_NOW, named(what)),
            Self::NotAnExercise => &NOT_AN_EXERCISE,
            Self::DutiesOpen { .. } => &DUTIES_OPEN,
            Self::ReportState { .. } => &REPORT_STATE,
            Self::SamePerson => &SAME_PERSON,
            Self::ChangedMeanwhile => &CHANGED_MEANWHILE,
            Self::CriteriaChanged { .. } => &CRITERIA_CHANGED,
            Self::NotAsApproved => &NOT_AS_APPROVED,
            Self::WrongSender { .. } => &WRONG_SENDER,
            Self::Step { from, to } => {
                let detail = format!("{} → {} ({} → {})", from.ja, to.ja, from.en, to.en);
                return Trouble::new(&STEP, detail);
            }
            Self::MovedMeanwhile { by, at } => {
                return Trouble::new(&MOVED_MEANWHILE, format!("{by} {at}"));
            }
            Self::OutOfOrder { what } => return Trouble::new(&OUT_OF_ORDER, named(what)),
            Self::Already { what } => return Trouble::new(&ALREADY, what.clone()),
            Self::TooMany { .. } => &TOO_MANY,
            Self::DoneBy { by, at } => return Trouble::new(&DONE_BY, format!("{by} {at}")),
            Self::ChainClosed { offices } => {
                return Trouble::new(&CHAIN_CLOSED, offices.clone());
            }
            Self::Busy => &BUSY,
            Self::ContentLacks { .. } => &CONTENT_LACKS,
            Self::Exchange(_) => &EXCHANGE,
        };
        Trouble::because(kind, self)
    }
}

/// The Japanese name of something a person fills in, with its key.
fn named(key: &str) -> String {
    let ja = match key {
        "sentence" => "気付いたことの一文",
        "title" => "件名",
        "text" => "本文",
        "reason" => "理由",
        "contact" => "連絡先",
        "name" => "相手の名称",
        "phone" => "電話番号",
        "at" => "日時",
        "knew_at" => "組織として知った日時",
        "people" => "訓練の対象者",
        "position" => "役職",
        "approved_by" => "承認した人",
        "what" => "内容",
        "owner" => "担当者",
        "drill" => "連絡訓練",
        "open improvement" => "未了の改善事項",
        "leak_known_at" => "漏えい等（おそれを含む）を知った日時",
        "detected_at" => "検知日時",
        "decided_at" => "判断した日時",
        "decided_by" => "判断した人の氏名",
        "decider_role" => "判断した人の役職",
        "clinical_impact" => "診療への影響",
        "revert_condition" => "解除の条件",
        "spoke_with" => "応対した人",
        "receipt_number" => "受付番号",
        "note" => "備考",
        "channel" => "提出の方法",
        "machine" => "機器の名前",
        "serial" => "製造番号",
        "seal" => "封印・袋の番号",
        "place" => "保管場所",
        "to" => "移動先・相手",
        "hash" => "照合するハッシュ値",
        "remark" => "備考・訂正",
        "addressees" => "報告の宛先",
        "service" => "診療・業務の名称",
        "scope" => "再開した範囲",
        "condition" => "条件",
        "how" => "方法",
        "task" => "タスクの内容",
        "question" => "判断すること",
        "options" => "選択肢",
        "chosen" => "決めたこと",
        "granted_by" => "期限の変更を認めた相手",
        "known_at" => "行政機関として知った日時",
        "awareness_detail" => "把握の経路の補足",
        "damage" => "被害状況",
        "care_impact" => "診療への影響",
        "basis" => "根拠",
        "person" => "担当者",
        "since" => "いつから",
        "findings" | "a new finding" => "検知の記録",
        other => return other.to_owned(),
    };
    format!("{ja} ({key})")
}
