//! The values that a form can take from the record, by the keys that forms use.

use sakimori_words::{Institution, Text};

use super::{Rendering, labels};
use crate::{Case, ObligationState, Origin, Standing, StepState, Threshold, Weighed, moment_words};

/// The keys a form may name.
pub const SOURCES: &[&str] = &[
    "case.title",
    "case.origin",
    "case.findings",
    "case.learned_from",
    "case.detected_at",
    "case.knew_at",
    "case.threshold",
    "case.disorder",
    "case.care",
    "case.leak",
    "case.isolation",
    "case.calls",
    "case.steps",
    "case.hold",
    "case.obligations",
    "party.name",
    "party.profile",
    "party.code",
    "party.address",
    "party.functions",
    "party.vendors",
    "party.contact",
    "party.phone",
    "party.after_hours_phone",
    "party.email",
    "report.stage",
    "report.addressees",
    "report.follows",
];

/// The value of a key; `None` for a key that is not in [`SOURCES`]. Empty texts: nothing recorded.
pub(super) fn value(source: &str, rendering: &Rendering<'_>) -> Option<Text> {
    let (area, key) = source.split_once('.')?;
    match area {
        "case" => of_case(key, rendering),
        "party" => of_party(key, rendering),
        "report" => of_report(key, rendering),
        _ => None,
    }
}

fn of_case(key: &str, rendering: &Rendering<'_>) -> Option<Text> {
    let case = &rendering.file.case;
    Some(match key {
        "title" => plain(&case.title),
        "origin" => origin(case),
        "findings" => findings(case),
        "learned_from" => labels::learned_from(case.learned_from),
        "detected_at" => moment_words(case.detected_at),
        "knew_at" => moment_words(case.knew_at),
        "threshold" => judged(case),
        "disorder" => weighed(case, |threshold| vec![("障害", "disorder", &threshold.disorder)]),
        "care" => weighed(case, |threshold| {
            vec![
                ("支障", "hindered", &threshold.care),
                ("支障のおそれ", "may become hindered", &threshold.care_feared),
            ]
        }),
        "leak" => leak(case),
        "isolation" => isolation(case),
        "calls" => {
            lines(case.calls.iter().map(|record| at_front(record.call.at, &record.call.words())))
        }
        "steps" => steps(case),
        "hold" => hold(case),
        "obligations" => obligations(case, rendering),
        _ => return None,
    })
}

fn of_party(key: &str, rendering: &Rendering<'_>) -> Option<Text> {
    let party = &rendering.draft.party;
    let institution = party.organisation.institution.as_ref();
    Some(match key {
        "name" => plain(&party.organisation.name),
        "profile" => institution.map(profile).unwrap_or_default(),
        "code" => institution.map(|one| plain(&one.code)).unwrap_or_default(),
        "address" => plain(&party.address),
        "functions" => institution.map(functions).unwrap_or_default(),
        "vendors" => institution.map(vendors).unwrap_or_default(),
        "contact" => plain(format!("{} {}", party.department, party.person).trim()),
        "phone" => plain(&party.phone),
        "after_hours_phone" => plain(&party.after_hours_phone),
        "email" => plain(&party.email),
        _ => return None,
    })
}

fn of_report(key: &str, rendering: &Rendering<'_>) -> Option<Text> {
    let draft = rendering.draft;
    Some(match key {
        "stage" => {
            let stage = draft.stage.words();
            let number = rendering.number;
            Text::new(
                format!("{}（第{number}報）", stage.ja),
                format!("{} (no. {number})", stage.en),
            )
        }
        "addressees" => lines(draft.addressees.iter().map(|addressee| plain(&addressee.name))),
        "follows" => follows(rendering),
        _ => return None,
    })
}

fn origin(case: &Case) -> Text {
    match &case.origin {
        Origin::Person { sentence } => plain(sentence),
        Origin::Findings { .. } => Text::new(
            "監視の仕組みが不審な動作を検知した。",
            "Monitoring detected suspicious behaviour.",
        ),
    }
}

fn findings(case: &Case) -> Text {
    lines(case.findings().map(|finding| {
        let place = match (finding.host.as_str(), finding.user.as_str()) {
            ("", "") => String::new(),
            (host, "") => format!(" [{host}]"),
            (host, user) => format!(" [{host} / {user}]"),
        };
        let words = Text::new(
            format!("{}{place}", finding.title.ja),
            format!("{}{place}", finding.title.en),
        );
        at_front(finding.time, &words)
    }))
}

fn judged(case: &Case) -> Text {
    case.judgement().map_or_else(Text::default, |judgement| {
        let outcome = judgement.outcome.words();
        let (at, by) = (moment_words(judgement.at), judgement.by.words());
        Text::new(
            format!("{}（{}、{}）", outcome.ja, at.ja, by.ja),
            format!("{} ({}, {})", outcome.en, at.en, by.en),
        )
    })
}

fn weighed(
    case: &Case,
    questions: impl Fn(&Threshold) -> Vec<(&'static str, &'static str, &Weighed)>,
) -> Text {
    let Some(judgement) = case.judgement() else { return Text::default() };
    let questions = questions(&judgement.threshold);
    let alone = questions.len() == 1;
    lines(questions.into_iter().map(|(ja, en, weighed)| {
        let answer = weighed.answer.words();
        // The only question of a row is named by the row itself.
        let [ja, en] = [ja, en].map(|name| if alone { String::new() } else { format!("{name}: ") });
        let because = |open: &str, close: &str| {
            if weighed.reason.is_empty() {
                String::new()
            } else {
                format!("{open}{}{close}", weighed.reason.trim())
            }
        };
        Text::new(
            format!("{ja}{}{}", answer.ja, because("（", "）")),
            format!("{en}{}{}", answer.en, because(" (", ")")),
        )
    }))
}

/// What leaked or may have, and since when that is known when it was not with the incident.
fn leak(case: &Case) -> Text {
    let answers = weighed(case, |threshold| {
        vec![
            ("漏えい", "leaked", &threshold.leak),
            ("漏えいのおそれ", "may have leaked", &threshold.leak_feared),
            (
                "滅失・毀損又はそのおそれ（暗号化を含む）",
                "lost or damaged, or feared (also by encryption)",
                &threshold.data_lost,
            ),
            ("不正な行為によるおそれ", "may be an illicit act", &threshold.illicit),
        ]
    });
    let known_at = case.judgement().and_then(|judgement| judgement.threshold.leak_known_at);
    let since = known_at.map(|at| {
        let at = moment_words(at);
        Text::new(
            format!("漏えい等（おそれを含む）を知った日時: {}", at.ja),
            format!("known, or feared, since: {}", at.en),
        )
    });
    lines(std::iter::once(answers).chain(since))
}

fn isolation(case: &Case) -> Text {
    let Some(decision) = case.isolation() else { return Text::default() };
    let (at, review) = (moment_words(decision.decided_at), moment_words(decision.review_at));
    let ja: Vec<&str> = decision.order.iter().map(|step| step.action.ja.as_str()).collect();
    let en: Vec<&str> = decision.order.iter().map(|step| step.action.en.as_str()).collect();
    let (by, role) = (&decision.decided_by, &decision.decider_role);
    let (impact, revert) = (&decision.clinical_impact, &decision.revert_condition);
    let mut rows = vec![Text::new(
        format!("{}（{} {by}、{}）", decision.chosen.ja, role, at.ja),
        format!("{} ({by}, {role}, {})", decision.chosen.en, at.en),
    )];
    if !ja.is_empty() {
        rows.push(Text::new(
            format!("順序: {}", ja.join(" → ")),
            format!("Order: {}", en.join(" → ")),
        ));
    }
    rows.push(Text::new(format!("診療への影響: {impact}"), format!("Impact on care: {impact}")));
    rows.push(Text::new(
        format!("解除条件: {revert}（見直し {}）", review.ja),
        format!("Taken back when: {revert} (review {})", review.en),
    ));
    lines(rows.into_iter())
}

fn steps(case: &Case) -> Text {
    let done = rendered_steps(case, |state| matches!(state, StepState::Done { .. }));
    let skipped = rendered_steps(case, |state| matches!(state, StepState::Skipped { .. }));
    if done == 0 && skipped == 0 {
        return Text::default();
    }
    Text::new(
        format!("手順の実施 {done} 件、理由を記録して省略 {skipped} 件（経過記録に記載）"),
        format!("{done} steps done, {skipped} left out with a reason (see the timeline)"),
    )
}

fn rendered_steps(case: &Case, which: impl Fn(&StepState) -> bool) -> usize {
    case.steps.keys().filter_map(|id| case.step(id)).filter(|mark| which(&mark.state)).count()
}

fn hold(case: &Case) -> Text {
    let placed = moment_words(case.hold.placed_at);
    if case.hold.released.is_some() {
        return Text::new("証拠保全の指示は解除済み", "The order to keep evidence was lifted");
    }
    Text::new(
        format!("{} からログ・機器の保全を指示中（初期化・上書きの禁止）", placed.ja),
        format!(
            "Order to keep logs and machines since {} (no reinstalling, no overwriting)",
            placed.en
        ),
    )
}

fn obligations(case: &Case, rendering: &Rendering<'_>) -> Text {
    lines(case.obligations.iter().map(|duty| {
        let [ja, en] = match duty.standing(rendering.now) {
            Standing::Overdue => ["期限超過", "overdue"],
            Standing::Pressing | Standing::Open => ["これから", "to be done"],
            Standing::Sent => ["提出済み（受領待ち）", "sent, receipt awaited"],
            Standing::Met => ["済み", "done"],
            Standing::Excused => ["対象外", "does not apply"],
        };
        let how = match &duty.state {
            // The call itself stands among the calls; here its time is enough.
            ObligationState::Met { at, .. } if duty.met_by_call => moment_words(*at),
            ObligationState::Met { how, .. } => how.clone(),
            ObligationState::Open
            | ObligationState::Sent { .. }
            | ObligationState::Excused { .. } => duty.limit_with_date(),
        };
        Text::new(
            format!("{}: {ja}（{}）", duty.duty.ja, how.ja),
            format!("{}: {en} ({})", duty.duty.en, how.en),
        )
    }))
}

fn follows(rendering: &Rendering<'_>) -> Text {
    let Some(before) = rendering.file.reports.iter().rfind(|one| one.number < rendering.number)
    else {
        return Text::new("なし（最初の報告）", "none (first report)");
    };
    let mut offices = Vec::new();
    for receipt in &before.receipts {
        let known = (receipt.from_name.as_str(), receipt.number.as_str());
        if !offices.contains(&known) {
            offices.push(known);
        }
    }
    let listed = |label: &str| {
        let all: Vec<String> =
            offices.iter().map(|(office, number)| format!("{office} {label} {number}")).collect();
        if all.is_empty() { String::new() } else { format!("（{}）", all.join("、")) }
    };
    Text::new(
        format!("第{}報{}", before.number, listed("受付番号")),
        format!("no. {}{}", before.number, listed("receipt number")),
    )
}

fn profile(institution: &Institution) -> Text {
    let kind = labels::kind(institution.kind);
    let founder = labels::founder(institution.founder);
    let beds = institution.permitted_beds;
    Text::new(
        format!("{}、許可病床数 {beds} 床、開設者: {}", kind.ja, founder.ja),
        format!("{}, {beds} permitted beds, founded by: {}", kind.en, founder.en),
    )
}

fn functions(institution: &Institution) -> Text {
    plain(&institution.functions.join("、"))
}

fn vendors(institution: &Institution) -> Text {
    lines(institution.vendors.iter().map(|vendor| {
        Text::new(
            format!("{}（{}）", vendor.name, vendor.system),
            format!("{} ({})", vendor.name, vendor.system),
        )
    }))
}

fn at_front(at: sakimori_words::Instant, words: &Text) -> Text {
    let when = moment_words(at);
    Text::new(format!("{}　{}", when.ja, words.ja), format!("{}  {}", when.en, words.en))
}

fn plain(text: &str) -> Text {
    let text = text.trim();
    Text::new(text, text)
}

fn lines(rows: impl Iterator<Item = Text>) -> Text {
    let (ja, en): (Vec<String>, Vec<String>) = rows.map(|row| (row.ja, row.en)).unzip();
    Text { ja: ja.join("\n"), en: en.join("\n") }
}
