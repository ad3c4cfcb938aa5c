//! The list of a month, sessions beside plans, as a table for a spreadsheet: what an inspection asks to see.

use sakimori_words::{Instant, Lang};

use super::judge::{Standing, cover};
use super::register::Plan;
use super::session::{HowEnded, Session};
use crate::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};

/// The names of the columns.
const COLUMNS: [[&str; 15]; 2] = [
    [
        "業者",
        "経路",
        "アカウント",
        "接続元",
        "装置",
        "接続開始",
        "接続終了",
        "ログオンした機器",
        "照合",
        "予定開始",
        "予定終了",
        "作業内容",
        "依頼・承認",
        "立会い",
        "検知",
    ],
    [
        "supplier",
        "road",
        "account",
        "from",
        "device",
        "begin",
        "end",
        "machines",
        "result",
        "planned from",
        "planned to",
        "purpose",
        "asked for by",
        "attended by",
        "findings",
    ],
];

/// Sessions in the order of their begin, each with its plan, then plans that nobody came for.
///
/// With a byte order mark, without which Excel does not read UTF-8; what a spreadsheet would run as a formula has an apostrophe
/// in front.
#[must_use]
pub fn month_csv(sessions: &[Session], plans: &[Plan], now: Instant, lang: Lang) -> String {
    let [ja, en] = COLUMNS;
    let columns = if lang == Lang::Ja { ja } else { en };
    let mut text = String::from(BYTE_ORDER_MARK);
    push_row(&mut text, columns);
    let mut order: Vec<&Session> = sessions.iter().collect();
    order.sort_by_key(|session| session.begun_at);
    for session in &order {
        push_row(&mut text, session_row(session, plans, now, lang).iter().map(|cell| safe(cell)));
    }
    let used = |plan: &&Plan| {
        !order.iter().any(|session| {
            cover(session, plans)
                .is_some_and(|cover| cover.plans.iter().any(|own| own.id == plan.id))
        })
    };
    for plan in plans.iter().filter(used) {
        push_row(&mut text, plan_row(plan, lang).iter().map(|cell| safe(cell)));
    }
    text
}

fn session_row(session: &Session, plans: &[Plan], now: Instant, lang: Lang) -> [String; 15] {
    let cover = cover(session, plans);
    let plan = cover.as_ref().and_then(|cover| cover.plans.first().copied());
    let of_plan = |told: fn(&Plan) -> String| plan.map(told).unwrap_or_default();
    let machines: Vec<&str> =
        session.machines.iter().map(|machine| machine.name.as_str()).collect();
    let told: Vec<String> =
        session.told.iter().map(|told| told.deviation.title().get(lang).to_owned()).collect();
    [
        session.supplier.clone(),
        session.road.name().to_owned(),
        session.account.clone(),
        session.from.map(|from| from.to_string()).unwrap_or_default(),
        session.device.clone(),
        session.begun_at.to_string(),
        end_of(session, lang),
        machines.join(" "),
        Standing::of(session, plans, now).words().get(lang).to_owned(),
        of_plan(|plan| plan.fields.from.to_string()),
        cover.as_ref().map(|cover| cover.until.to_string()).unwrap_or_default(),
        of_plan(|plan| plan.fields.purpose.clone()),
        of_plan(|plan| plan.fields.asked_by.clone()),
        of_plan(|plan| plan.fields.attended_by.clone()),
        told.join(" / "),
    ]
}

fn end_of(session: &Session, lang: Lang) -> String {
    let [going_on, unknown] = match lang {
        Lang::Ja => ["接続中", "（終了の記録なし）"],
        Lang::En => ["going on", " (end not recorded)"],
    };
    match session.ended {
        None => going_on.to_owned(),
        Some(ended) if ended.how == HowEnded::Unknown => format!("{}{unknown}", ended.at),
        Some(ended) => ended.at.to_string(),
    }
}

/// A plan nobody came for.
fn plan_row(plan: &Plan, lang: Lang) -> [String; 15] {
    let result = match (lang, plan.cancelled()) {
        (Lang::Ja, true) => "予定の取消",
        (Lang::Ja, false) => "予定のみ（接続なし）",
        (Lang::En, true) => "plan cancelled",
        (Lang::En, false) => "plan only, nobody came",
    };
    let mut row: [String; 15] = Default::default();
    let told = [
        (0, plan.supplier.clone()),
        (8, result.to_owned()),
        (9, plan.fields.from.to_string()),
        (10, plan.until().to_string()),
        (11, plan.fields.purpose.clone()),
        (12, plan.fields.asked_by.clone()),
        (13, plan.fields.attended_by.clone()),
    ];
    for (at, text) in told {
        if let Some(cell) = row.get_mut(at) {
            *cell = text;
        }
    }
    row
}
