//! What the pure parts promise.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sakimori_content::{ChaseAct, Content};
use sakimori_federation::MessageHeader;
use sakimori_words::{
    Founder, Instant, Institution, InstitutionKind, Lang, Organisation, OrganisationId,
    OrganisationKind, Prefecture, Tlp, parse_date,
};

use crate::coverage::{offices, select};
use crate::devices::{DeviceCounts, DeviceTotals};
use crate::exchange::{
    AcknowledgementV1, MemberSumsV1, ReminderV1, SumCellV1, WarningV1, fuzz_exchange,
};
use crate::routes::RouteTally;
use crate::tally::{Brief, Tally};
use crate::{
    Acknowledgement, Addressees, Answer, AnswerState, BedBand, Call, Chased, Coverage, DraftState,
    IssuedWarning, Link, Period, Reminders, RequestedAction, Route, RowState, Selection, Signer,
    Stage, TROUBLES, Telephone, WarnError, Warning, WarningClass, WarningContent, WarningKey,
    chase_steps, due_at, may_release,
};

fn jst(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

fn signer(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

fn content() -> WarningContent {
    let day = |text| parse_date(text).unwrap();
    WarningContent {
        number: "事務連絡".to_owned(),
        class: WarningClass::Urgent,
        title: "年末年始の情報セキュリティに関する注意喚起".to_owned(),
        body: "長期休暇の前後に確認してください。".to_owned(),
        actions: vec![RequestedAction {
            text: "緊急連絡体制を確認する".to_owned(),
            clauses: vec!["S0-9".to_owned()],
        }],
        links: vec![Link {
            title: "IPA 年末年始における情報セキュリティに関する注意喚起".to_owned(),
            url: "https://www.ipa.go.jp/security/anshin/heads-up/alert20231221.html".to_owned(),
        }],
        period: Some(Period { from: day("2026-12-26"), to: day("2027-01-04") }),
        addressees: Addressees { beds_min: Some(20), ..Addressees::default() },
        contact: "医政局 特定医薬品開発支援・医療情報担当参事官室".to_owned(),
        template: "year-end-2023".to_owned(),
        ..WarningContent::empty("厚生労働省医政局", day("2026-12-21"))
    }
}

fn warning() -> Warning {
    Warning {
        key: WarningKey {
            origin: "mhlw".into(),
            id: "0198c9a0-1111-7000-8000-00000000000a".into(),
        },
        revision: 2,
        content: content(),
        released_at: jst("2026-12-21T10:00"),
        due_at: jst("2026-12-22T17:15"),
    }
}

fn header(tlp: Tlp, exercise: bool) -> MessageHeader {
    MessageHeader {
        id: "0198c9a0-1111-7000-8000-000000000001".into(),
        origin: "mhlw".into(),
        to: None,
        stream: "members".to_owned(),
        seq: 1,
        message_type: crate::exchange::WARNING_TYPE.to_owned(),
        created: Instant::default(),
        expires: None,
        tlp,
        exercise,
        in_reply_to: None,
        files: vec![],
    }
}

fn word(organisation: &str, stage: Stage, answer: Option<Answer>, seconds: i64) -> Acknowledgement {
    Acknowledgement {
        warning: warning().key,
        revision: 2,
        organisation: organisation.into(),
        stage,
        at: jst("2026-12-21T12:00").plus_seconds(seconds),
        answer,
        person: "情報 花子".to_owned(),
        note: String::new(),
        n_relayed_to: 0,
        devices: None,
    }
}

fn hospital(name: &str, kind: InstitutionKind, beds: u32, prefecture: u8) -> Organisation {
    Organisation {
        id: name.into(),
        kind: OrganisationKind::Institution,
        name: name.to_owned(),
        prefecture: Prefecture::from_code(prefecture),
        institution: Some(Institution {
            kind,
            permitted_beds: beds,
            founder: Founder::MedicalCorporation,
            functions: vec!["災害拠点病院".to_owned()],
            code: String::new(),
            vendors: vec![],
        }),
    }
}

fn office(kind: OrganisationKind, prefecture: Option<u8>) -> Organisation {
    Organisation {
        id: "office".into(),
        kind,
        name: "office".to_owned(),
        prefecture: prefecture.and_then(Prefecture::from_code),
        institution: None,
    }
}

#[test]
fn a_rule_names_institutions_by_kind_place_beds_and_function() {
    let large = hospital("h", InstitutionKind::Hospital, 400, 27);
    let everybody = Addressees::default();
    let osaka: BTreeSet<Prefecture> = Prefecture::from_code(27).into_iter().collect();
    let kyoto: BTreeSet<Prefecture> = Prefecture::from_code(26).into_iter().collect();
    let clinics = BTreeSet::from([InstitutionKind::Clinic]);
    let rules = [
        (everybody.clone(), true),
        (Addressees { beds_min: Some(400), ..everybody.clone() }, true),
        (Addressees { beds_min: Some(401), ..everybody.clone() }, false),
        (Addressees { beds_max: Some(399), ..everybody.clone() }, false),
        (Addressees { prefectures: osaka, ..everybody.clone() }, true),
        (Addressees { prefectures: kyoto.clone(), ..everybody.clone() }, false),
        (Addressees { kinds: clinics, ..everybody.clone() }, false),
        (
            Addressees {
                functions: BTreeSet::from(["災害拠点病院".to_owned()]),
                ..everybody.clone()
            },
            true,
        ),
        (
            Addressees {
                functions: BTreeSet::from(["救命救急センター".to_owned()]), ..everybody
            },
            false,
        ),
    ];
    for (rule, expected) in rules {
        assert_eq!(rule.include(&large), expected, "{rule:?}");
    }
    let kyoto = Addressees { prefectures: kyoto, ..Addressees::default() };
    assert!(!kyoto.reach(&office(OrganisationKind::Prefecture, Some(27))));
    assert!(kyoto.reach(&office(OrganisationKind::Prefecture, Some(26))));
    assert!(kyoto.reach(&office(OrganisationKind::CeptoarBody, None)), "members everywhere");
    let vendor = office(OrganisationKind::Vendor, None);
    assert!(!kyoto.include(&vendor));
    assert!(Addressees { vendors: true, ..Addressees::default() }.include(&vendor));
    let company = |name: &str| Organisation { name: name.to_owned(), ..vendor.clone() };
    let companies = ["フォーティネット".to_owned(), "Ｆｏｒｔｉｎｅｔ".to_owned(), "A".to_owned()];
    let rule = Addressees { companies: companies.into(), ..kyoto };
    for (name, expected) in [
        ("フォーティネット・ジャパン合同会社", true),
        ("FORTINET K.K.", true),
        ("ABC医療機器販売", false),
    ] {
        assert_eq!(rule.include(&company(name)), expected, "{name}");
    }
    let alone = Addressees { companies_only: true, ..rule };
    assert!(alone.include(&company("Fortinet")) && !alone.include(&company("ABC医療機器販売")));
    assert!(!alone.include(&large), "no institution");
    assert!(alone.reach(&office(OrganisationKind::Prefecture, Some(26))), "companies are below it");
}

#[test]
fn deadlines_count_working_days_and_a_flash_counts_hours() {
    let content = Content::embedded().unwrap();
    let cases = [
        (WarningClass::Flash, "2026-12-31T23:30", "2027-01-01T03:30"),
        // Monday to Tuesday; Friday over the weekend; the last working day of the year to 4 January.
        (WarningClass::Urgent, "2026-12-21T10:00", "2026-12-22T17:15"),
        (WarningClass::Urgent, "2026-12-25T16:00", "2026-12-28T17:15"),
        (WarningClass::Urgent, "2026-12-28T16:00", "2027-01-04T17:15"),
        (WarningClass::Urgent, "2026-12-26T09:00", "2026-12-28T17:15"),
        (WarningClass::Normal, "2026-12-21T10:00", "2026-12-28T17:15"),
        (WarningClass::Normal, "2026-12-25T10:00", "2027-01-07T17:15"),
    ];
    for (class, released, due) in cases {
        assert_eq!(due_at(class, jst(released), &content), jst(due), "{class:?} at {released}");
    }
}

#[test]
fn every_template_becomes_a_draft_that_can_be_submitted_once_it_has_a_number() {
    let embedded = Content::embedded().unwrap();
    assert!(!embedded.templates().is_empty());
    for template in embedded.templates() {
        let day = parse_date("2026-12-21").unwrap();
        let made = WarningContent::from_template(template, "厚生労働省医政局", day, Lang::Ja);
        assert!(!made.actions.is_empty(), "{}", template.id);
        let issued = IssuedWarning::new(warning().key, made.clone(), signer("a"));
        let numbered = WarningContent { number: "事務連絡".to_owned(), ..made };
        let error = issued.clone().submitted(Instant::default()).unwrap_err();
        assert!(matches!(error, WarnError::Missing { field: "文書番号" }), "{error}");
        issued.edited(numbered, signer("a")).unwrap().submitted(Instant::default()).unwrap();
    }
}

#[test]
fn the_ministry_needs_a_second_person_and_every_author_counts() {
    let (a, b, c) = (signer("a"), signer("b"), signer("c"));
    let authors = [a.clone(), b.clone()];
    for author in [&a, &b] {
        let refused = may_release(OrganisationKind::Ministry, &authors, author);
        assert!(matches!(refused, Err(WarnError::SecondPerson)));
        assert!(may_release(OrganisationKind::Prefecture, &authors, author).is_ok());
    }
    assert!(may_release(OrganisationKind::Ministry, &authors, &c).is_ok());
    // The same account under another name is the same person.
    let disguised = Signer { name: "別名".to_owned(), ..a };
    assert!(may_release(OrganisationKind::Ministry, &authors, &disguised).is_err());
}

#[test]
fn a_draft_is_released_only_after_it_was_submitted_and_not_edited_meanwhile() {
    let embedded = Content::embedded().unwrap();
    let now = jst("2026-12-21T10:00");
    let release = |issued: &IssuedWarning| {
        issued.release(OrganisationKind::Ministry, &signer("b"), now, &embedded)
    };
    let draft = IssuedWarning::new(warning().key, content(), signer("a"));
    assert!(matches!(release(&draft), Err(WarnError::NotSubmitted)));
    let submitted = draft.submitted(now).unwrap();
    let edited = submitted.clone().edited(content(), signer("b"));
    assert!(matches!(edited, Err(WarnError::AwaitsRelease)), "what was checked is what goes out");
    let returned = submitted.clone().returned("宛先を確認").unwrap();
    let state = returned.draft.map(|draft| draft.state);
    assert_eq!(state, Some(DraftState::Writing { returned: Some("宛先を確認".to_owned()) }));
    let (out, authors) = release(&submitted).unwrap();
    assert_eq!((out.revision, out.due_at), (1, jst("2026-12-22T17:15")));
    let released = submitted.released(out, authors, signer("b"), "m".into());
    assert!(matches!(release(&released), Err(WarnError::NoDraft)), "released once");
    let again = released.revised(signer("a")).unwrap();
    assert_eq!(again.draft.as_ref().map(|draft| draft.revision), Some(2));
    assert_eq!(
        again.current().map(|warning| warning.revision),
        Some(1),
        "the first stays until then"
    );
}

#[test]
fn coverage_shows_the_silent_first_and_counts_everybody_once() {
    let below = [
        hospital("答えた病院", InstitutionKind::Hospital, 100, 27),
        hospital("届いた病院", InstitutionKind::Hospital, 100, 27),
        hospital("静かな病院", InstitutionKind::Hospital, 100, 27),
        hospital("小さな診療所", InstitutionKind::Clinic, 0, 27),
        office(OrganisationKind::Prefecture, Some(27)),
    ];
    let state = |name: &str, stage, answer| {
        AnswerState::new(warning().key, 2, name.into())
            .merge(&word(name, stage, answer, 0), &"osaka".into())
    };
    let mut tally = Tally::default();
    tally.note(&state("答えた病院", Stage::Acknowledged, Some(Answer::Affected)));
    tally.note(&state("届いた病院", Stage::Delivered, None));
    let lines = || below.iter().map(|one| (one, tally.brief(&one.id, 2)));
    let before = Coverage::of(&warning(), lines(), false);
    insta::assert_debug_snapshot!(before.counts);
    assert_eq!(Coverage::of(&warning(), lines(), true).counts.overdue, 2);
    let osaka = before.by_prefecture[&Prefecture::from_code(27)];
    assert_eq!(osaka, before.counts, "all of them are there");
    assert_eq!(before.by_kind[&Some(InstitutionKind::Hospital)], before.counts);
    assert_eq!(before.by_beds[&BedBand::UpTo199], before.counts);
    assert_eq!(offices(&warning(), lines()).len(), 1);
    let names = |selection: &Selection, page| -> (Vec<String>, usize) {
        let (page, n) = select(&warning(), lines(), selection, page);
        (page.into_iter().map(|one| one.name.clone()).collect(), n)
    };
    let all = Selection::default();
    let in_order = ["静かな病院", "届いた病院", "答えた病院"];
    assert_eq!(names(&all, 0..10), (in_order.map(str::to_owned).to_vec(), 3));
    assert_eq!(names(&all, 1..2), (vec!["届いた病院".to_owned()], 3));
    assert_eq!(names(&all, 3..9), (vec![], 3));
    let silent = Selection { state: RowState::Silent, ..all };
    assert_eq!(names(&silent, 0..10).1, 2);
    let affected = Selection { state: RowState::With(Answer::Affected), ..all };
    assert_eq!(names(&affected, 0..10).0, ["答えた病院"]);
    let kyoto = Selection { prefecture: Prefecture::from_code(26), ..all };
    assert_eq!(names(&kyoto, 0..10).1, 0);
}

/// Anything an organisation can have come to.
fn brief() -> impl Strategy<Value = Brief> {
    let stage = prop::sample::select(vec![
        Stage::Unreached,
        Stage::Delivered,
        Stage::Opened,
        Stage::Acknowledged,
        Stage::Done,
    ]);
    let answer = prop::option::of(prop::sample::select(vec![
        Answer::Affected,
        Answer::NotAffected,
        Answer::Checking,
    ]));
    (stage, answer).prop_map(|(stage, answer)| Brief {
        revision: 2,
        stage,
        answer,
        ..Brief::default()
    })
}

proptest! {
    #[test]
    fn following_answers_gives_the_same_numbers_as_counting_anew(
        steps in prop::collection::vec((0..5_usize, brief()), 0..40),
        late in any::<bool>(),
    ) {
        let below = [
            hospital("甲", InstitutionKind::Hospital, 420, 27),
            hospital("乙", InstitutionKind::Hospital, 0, 13),
            hospital("丙", InstitutionKind::Clinic, 19, 13),
            Organisation { institution: None, ..hospital("丁", InstitutionKind::Clinic, 0, 1) },
            office(OrganisationKind::Prefecture, Some(27)),
        ];
        let mut briefs = [Brief { revision: 2, ..Brief::default() }; 5];
        let count = |briefs: &[Brief]| {
            Coverage::of(&warning(), below.iter().zip(briefs.iter().copied()), late)
        };
        let mut followed = count(&briefs);
        for (at, after) in steps {
            let before = std::mem::replace(&mut briefs[at], after);
            followed.follow(&warning(), &below[at], (before, after), late);
        }
        let mut anew = count(&briefs);
        // Who left a cell empty behind is no difference.
        for coverage in [&mut followed, &mut anew] {
            coverage.by_prefecture.retain(|_, counts| counts.expected > 0);
            coverage.by_kind.retain(|_, counts| counts.expected > 0);
            coverage.by_beds.retain(|_, counts| counts.expected > 0);
        }
        prop_assert_eq!(followed, anew);
    }
}

/// What is due by the rules at each moment, and whom to telephone.
fn due_at_each(warning: &Warning, moments: &[&str]) -> Vec<(Option<ChaseAct>, Telephone)> {
    let steps = chase_steps(warning, &Content::embedded().unwrap());
    let mut chased = Chased { revision: warning.revision, ..Chased::default() };
    let mut due = vec![];
    for moment in moments {
        let now = jst(moment);
        let step = chased.due(&steps, now);
        if let Some(step) = step {
            let deputies = step.act == ChaseAct::RemindDeputies;
            chased.reminders.push(Reminders { at: now, deputies, n_to: 1, by: None });
        }
        due.push((step.map(|step| step.act), Telephone::by(&steps, now)));
    }
    due
}

#[test]
fn who_does_not_answer_an_urgent_warning_is_chased_in_office_hours() {
    use ChaseAct::{Remind, RemindDeputies};
    // Released Friday 25 December 16:00, due Monday 28 December 17:15: half of the time falls on a Sunday.
    let warning = Warning {
        released_at: jst("2026-12-25T16:00"),
        due_at: jst("2026-12-28T17:15"),
        ..warning()
    };
    let moments = [
        ("2026-12-27T08:00", None, Telephone::Nobody),
        ("2026-12-28T08:29", None, Telephone::Nobody),
        // Half and three quarters were missed over the weekend: one reminder, the later one.
        ("2026-12-28T08:30", Some(RemindDeputies), Telephone::Unreached),
        ("2026-12-28T17:14", None, Telephone::Unreached),
        // Due when offices close, so they telephone after the year-end closure.
        ("2026-12-28T17:15", None, Telephone::Unreached),
        ("2027-01-03T12:00", None, Telephone::Unreached),
        ("2027-01-04T08:30", Some(RemindDeputies), Telephone::Silent),
        ("2027-01-05T12:00", None, Telephone::Silent),
    ];
    let expected: Vec<_> = moments.iter().map(|(_, act, telephone)| (*act, *telephone)).collect();
    assert_eq!(due_at_each(&warning, &moments.map(|(at, _, _)| at)), expected);

    let workday = Warning {
        released_at: jst("2026-12-21T10:00"),
        due_at: jst("2026-12-22T17:15"),
        ..warning
    };
    let due = due_at_each(&workday, &["2026-12-21T17:00", "2026-12-22T08:30"]);
    assert_eq!(due, [(None, Telephone::Nobody), (Some(Remind), Telephone::Unreached)]);
}

#[test]
fn a_flash_is_chased_at_night_and_a_withdrawn_warning_not_at_all() {
    let content = WarningContent { class: WarningClass::Flash, ..content() };
    let flash = Warning {
        content,
        released_at: jst("2026-12-31T23:00"),
        due_at: jst("2027-01-01T03:00"),
        ..warning()
    };
    let due = due_at_each(&flash, &["2026-12-31T23:59", "2027-01-01T00:00", "2027-01-01T03:00"]);
    assert_eq!(due[0], (None, Telephone::Nobody));
    assert_eq!(due[1], (Some(ChaseAct::Remind), Telephone::Unreached));
    assert_eq!(due[2], (Some(ChaseAct::RemindDeputies), Telephone::Silent));
    let withdrawn =
        WarningContent { withdrawn: Some("誤報".to_owned()), ..flash.content.clone() };
    let withdrawn = Warning { content: withdrawn, ..flash };
    assert_eq!(due_at_each(&withdrawn, &["2027-01-02T00:00"]), [(None, Telephone::Nobody)]);
}

#[test]
fn nobody_is_telephoned_twice_by_the_list_nor_after_an_answer() {
    let takes = |telephone: Telephone| {
        [Stage::Unreached, Stage::Delivered, Stage::Opened, Stage::Acknowledged]
            .map(|stage| telephone.takes(stage, false))
    };
    assert_eq!(takes(Telephone::Nobody), [false; 4]);
    assert_eq!(takes(Telephone::Unreached), [true, false, false, false]);
    assert_eq!(takes(Telephone::Silent), [true, true, true, false]);
    assert!(!Telephone::Silent.takes(Stage::Unreached, true));
}

proptest! {
    /// However rarely the office looks, no reminder is sent twice for one step, and none before its time.
    #[test]
    fn each_step_reminds_at_most_once(mut minutes in prop::collection::vec(0_i64..40_000, 1..60)) {
        minutes.sort_unstable();
        let warning = warning();
        let steps = chase_steps(&warning, &Content::embedded().unwrap());
        let mut chased = Chased { revision: warning.revision, ..Chased::default() };
        let mut sent = vec![];
        for minute in minutes {
            let now = warning.released_at.plus_seconds(minute * 60);
            if let Some(step) = chased.due(&steps, now) {
                prop_assert!(step.at <= now);
                sent.push(step.at);
                chased.reminders.push(Reminders { at: now, deputies: false, n_to: 1, by: None });
            }
        }
        prop_assert!(sent.is_sorted_by(|one, other| one < other));
    }
}

#[test]
fn an_exercise_is_judged_by_route() {
    let said = |name: &str, stage, minutes: i64, routes: &[&str]| {
        let word = Acknowledgement {
            at: warning().released_at.plus_seconds(minutes * 60),
            ..word(name, stage, None, 0)
        };
        let fresh = AnswerState::new(warning().key, 2, name.into());
        routes.iter().fold(fresh, |state, route| state.merge(&word, &(*route).into()))
    };
    let mut called = said("h4", Stage::Acknowledged, 300, &["mhlw"]);
    called.call =
        Some(Call { by: signer("c"), at: jst("2026-12-21T15:00"), spoke_with: String::new() });
    let mut tally = RouteTally::new(&warning(), "mhlw".into());
    for state in [
        said("h1", Stage::Acknowledged, 10, &["osaka", "jma"]),
        said("h2", Stage::Done, 30, &["osaka"]),
        said("h3", Stage::Delivered, 1, &["jma"]),
        said("h5", Stage::Acknowledged, 50, &["h5"]),
        called,
    ] {
        tally.note(&state);
    }
    let results: Vec<(Route, [usize; 3], Option<i64>)> = tally
        .results()
        .into_iter()
        .map(|(route, one)| (route, [one.n_heard, one.n_only, one.n_answered], one.median_minutes))
        .collect();
    let expected = [
        (Route::Office("jma".into()), [2, 1, 1], Some(10)),
        (Route::Office("osaka".into()), [2, 1, 2], Some(10)),
        (Route::Direct, [1, 1, 1], Some(50)),
        (Route::Telephone, [1, 1, 1], Some(300)),
    ];
    assert_eq!(results, expected);
}

#[test]
fn an_answer_to_an_earlier_revision_does_not_count_for_the_later() {
    let organisation: OrganisationId = "h".into();
    let old =
        Acknowledgement { revision: 1, ..word("h", Stage::Done, Some(Answer::NotAffected), 0) };
    let new = word("h", Stage::Delivered, None, 5);
    let state = AnswerState::new(warning().key, 1, organisation).merge(&old, &"osaka".into());
    let state = state.merge(&new, &"osaka".into());
    assert_eq!((state.stage, state.answer), (Stage::Delivered, None));
    assert_eq!(state.merge(&old, &"jma".into()), state);
}

#[test]
fn samples_of_version_1_are_read_as_they_were_meant() {
    let kept: WarningV1 =
        serde_json::from_str(include_str!("exchange/samples/warning.v1.json")).unwrap();
    assert_eq!(kept.into_warning(&header(Tlp::Green, false)), warning());
    let kept: AcknowledgementV1 =
        serde_json::from_str(include_str!("exchange/samples/acknowledgement.v1.json")).unwrap();
    let expected = word("hospital", Stage::Acknowledged, Some(Answer::Checking), 0);
    assert_eq!(kept.into_acknowledgement(), expected);
    let kept: ReminderV1 =
        serde_json::from_str(include_str!("exchange/samples/reminder.v1.json")).unwrap();
    assert_eq!((kept.revision, kept.at), (2, jst("2026-12-22T09:00")));
    // The least a sender of version 1 may write.
    let least = include_str!("exchange/samples/warning-least.v1.json");
    let least: WarningV1 = serde_json::from_str(least).unwrap();
    assert_eq!(least.into_warning(&header(Tlp::Red, true)).content.tlp, Tlp::Red);
}

#[test]
fn version_1_is_written_as_its_samples() {
    let written = |value: serde_json::Value| serde_json::to_string_pretty(&value).unwrap();
    let samples = [
        (
            written(serde_json::json!(WarningV1::new(&warning()))),
            include_str!("exchange/samples/warning.v1.json"),
        ),
        (
            written(serde_json::json!(AcknowledgementV1::new(&word(
                "hospital",
                Stage::Acknowledged,
                Some(Answer::Checking),
                0
            )))),
            include_str!("exchange/samples/acknowledgement.v1.json"),
        ),
        (
            written(serde_json::json!(ReminderV1 {
                warning: warning().key,
                revision: 2,
                at: jst("2026-12-22T09:00"),
                deputies: false,
            })),
            include_str!("exchange/samples/reminder.v1.json"),
        ),
        (
            written(serde_json::json!(ReminderV1 {
                warning: warning().key,
                revision: 2,
                at: jst("2026-12-22T14:00"),
                deputies: true,
            })),
            include_str!("exchange/samples/reminder-deputies.v1.json"),
        ),
        (
            written(serde_json::json!(MemberSumsV1 {
                warning: warning().key,
                revision: 2,
                at: jst("2026-12-22T14:00"),
                cells: vec![
                    SumCellV1 { unreached: 3, ..SumCellV1::default() },
                    SumCellV1 {
                        prefecture: Prefecture::from_code(27),
                        kind: Some(InstitutionKind::DentalClinic),
                        beds: Some(BedBand::None),
                        opened: 1,
                        acknowledged: 2,
                        affected: 2,
                        ..SumCellV1::default()
                    },
                ],
            })),
            include_str!("exchange/samples/member-sums.v1.json"),
        ),
    ];
    for (written, kept) in samples {
        assert_eq!(written, kept.trim());
    }
}

#[test]
fn products_and_device_counts_are_optional_parts_of_version_1() {
    let text = include_str!("exchange/samples/warning-products.v1.json");
    let kept: WarningV1 = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string_pretty(&serde_json::json!(kept)).unwrap(), text.trim());
    let said = kept.into_warning(&header(Tlp::Green, false)).content;
    let product = &said.advisories[0].products[0];
    assert_eq!((product.vendor.as_str(), product.fixed_in.as_str()), ("Fortinet", "6.0.5"));
    assert_eq!(WarningContent { advisories: vec![], ..said }, content());
    let text = include_str!("exchange/samples/acknowledgement-devices.v1.json");
    let kept: AcknowledgementV1 = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string_pretty(&serde_json::json!(kept)).unwrap(), text.trim());
    let devices = kept.into_acknowledgement().devices.unwrap();
    assert_eq!((devices.n_affected, devices.n_to_ask, devices.n_listed), (3, 1, 214));
}

#[test]
fn attachments_are_an_optional_part_of_version_1() {
    let text = include_str!("exchange/samples/warning-attachments.v1.json");
    let kept: WarningV1 = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string_pretty(&serde_json::json!(kept)).unwrap(), text.trim());
    let said = kept.into_warning(&header(Tlp::Green, false)).content;
    let [attachment] = said.attachments.as_slice() else { panic!("{said:?}") };
    assert_eq!((attachment.n_bytes, attachment.name.ends_with(".pdf")), (183_204, true));
    assert_eq!(WarningContent { attachments: vec![], ..said }, content());
}

#[test]
fn who_answers_without_a_list_is_counted_apart_and_never_as_none() {
    let listed = DeviceCounts {
        n_affected: 3,
        n_to_ask: 1,
        n_listed: 214,
        listed_at: jst("2026-12-20T00:00"),
    };
    let state = |devices, stage| {
        let word = Acknowledgement { devices, ..word("h", stage, Some(Answer::Affected), 0) };
        AnswerState::new(word.warning.clone(), 2, "h".into()).merge(&word, &"osaka".into())
    };
    let states = [
        state(Some(listed), Stage::Acknowledged),
        state(Some(DeviceCounts { n_affected: 0, ..listed }), Stage::Done),
        state(None, Stage::Acknowledged),
        state(None, Stage::Opened),
    ];
    let answered = states.iter().filter(|state| state.stage >= Stage::Acknowledged);
    let totals = DeviceTotals::over(answered.map(|state| state.devices));
    assert_eq!((totals.n_affected, totals.n_to_ask, totals.n_listed), (3, 2, 428));
    assert_eq!((totals.n_with_list, totals.n_without_list), (2, 1));
    assert_eq!(totals.oldest_at, Some(listed.listed_at));
}

#[test]
fn troubles_have_their_own_codes_and_say_what_to_do() {
    let codes: BTreeSet<&str> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-WARN-"));
        assert!(
            [kind.what, kind.now].concat().iter().all(|text| !text.is_empty()),
            "{}",
            kind.code
        );
    }
}

fn any_word() -> impl Strategy<Value = (Acknowledgement, String)> {
    let stage = prop_oneof![
        Just(Stage::Delivered),
        Just(Stage::Opened),
        Just(Stage::Acknowledged),
        Just(Stage::Done)
    ];
    let answer = prop_oneof![
        Just(None),
        Just(Some(Answer::Affected)),
        Just(Some(Answer::NotAffected)),
        Just(Some(Answer::Checking))
    ];
    let route = prop_oneof![Just("osaka".to_owned()), Just("jma".to_owned())];
    (stage, answer, 0_i64..4, 1_u32..3, route).prop_map(|(stage, answer, at, revision, route)| {
        (Acknowledgement { revision, ..word("h", stage, answer, at) }, route)
    })
}

proptest! {
    #[test]
    fn words_in_any_order_and_number_come_to_the_same(
        words in proptest::collection::vec(any_word(), 0..8),
        order in any::<u64>(),
    ) {
        let merge = |words: &[(Acknowledgement, String)]| {
            words.iter().fold(AnswerState::new(warning().key, 1, "h".into()), |state, (word, route)| {
                state.merge(word, &route.as_str().into())
            })
        };
        let once = merge(&words);
        let mut mixed = [words.clone(), words].concat();
        let turn = usize::try_from(order % (mixed.len() as u64 + 1)).unwrap();
        mixed.rotate_left(turn);
        prop_assert_eq!(&merge(&mixed), &once);
        mixed.reverse();
        prop_assert_eq!(&merge(&mixed), &once);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_exchange(&bytes);
    }

    #[test]
    fn a_warning_goes_in_and_comes_out(
        title in "\\PC{0,40}",
        body in "\\PC{0,200}",
        revision in any::<u32>(),
        withdrawn in proptest::option::of("\\PC{0,20}"),
        exercise in any::<bool>(),
        companies in proptest::collection::btree_set("\\PC{1,10}", 0..3),
        companies_only in any::<bool>(),
    ) {
        let addressees = Addressees { companies, companies_only, ..content().addressees };
        let content = WarningContent { title, body, withdrawn, exercise, addressees, ..content() };
        let warning = Warning { revision, content, ..warning() };
        let text = serde_json::to_string(&WarningV1::new(&warning)).unwrap();
        let read: WarningV1 = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.into_warning(&header(Tlp::Green, exercise)), warning);
    }
}
