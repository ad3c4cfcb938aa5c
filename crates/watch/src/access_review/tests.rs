use std::sync::Arc;

use sakimori_ledger::Store;
use sakimori_words::{Digest, EvidenceRef, Instant, Lang, PersonId};

use super::{
    Access, Context, Explanation, ItemKind, List, ListError, ListKind, Month, Outcome, ReasonCode,
    ReviewError, ReviewSettings, Reviews, Run, VerdictKind, explain, fuzz_access_list,
    misuse_finding, month_span, parse_month, patient_key, template, user_key,
};
use crate::By;

const STAFF: &str = "\
職員ID,職種,部署,担当範囲,氏名カナ,郵便番号,患者ID,開始日,終了日
n01,看護師,3A病棟,,サトウ ハナコ,000-0001,,,
n02,看護師,4A病棟,,スズキ アイ,000-0002,00000777,,
d01,医師,内科;救急科,,アオ ケン,000-0003,,,
p01,薬剤師,薬剤部,全院,キイロ エミ,000-0004,,,
b01,事務,医事課,事務,ミドリ ジン,000-0005,,,
old,看護師,3A病棟,,モモ ユキ,000-0006,,2020/4/1,R8.9.30
";

const STAYS: &str =
    "患者ID,入院日,退院日,病棟,診療科\n00000101,R8.10.5,令和8年10月12日,3A病棟,内科\n";

fn context(lists: &[&str]) -> Context {
    let mut context = Context::default();
    for text in lists {
        let list = List::read(text.as_bytes()).unwrap();
        assert_eq!(list.n_refused, 0, "{:?}", list.refused);
        context.add(&list);
    }
    context
}

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

#[track_caller]
fn check(context: &Context, user: &str, patient: &str, when: &str, expected: Option<Explanation>) {
    let found = explain(
        context,
        &ReviewSettings::STANDARD,
        &user_key(user),
        &patient_key(patient),
        at(when),
    );
    assert_eq!(found, expected, "{user} {patient} {when}");
}

#[test]
fn a_stay_explains_ward_department_pharmacy_and_claims_in_their_time() {
    let context = context(&[STAFF, STAYS]);
    check(&context, "n01", "101", "2026-10-06T10:00", Some(Explanation::Stay));
    check(&context, "HOSPITAL\\D01", "101^^^&1.2&ISO", "2026-10-26T10:00", Some(Explanation::Stay));
    check(&context, "p01", "0101", "2026-10-07T03:00", Some(Explanation::House));
    check(&context, "p01", "101", "2026-10-20T03:00", None);
    check(&context, "b01", "101", "2026-11-30T10:00", Some(Explanation::Administrative));
    check(&context, "b01", "101", "2027-01-30T10:00", None);
    check(&context, "n02", "101", "2026-10-06T10:00", None);
    check(&context, "n01", "101", "2026-10-27T00:00", None);
    check(&context, "nobody", "101", "2026-10-06T10:00", None);
    check(&context, "old", "101", "2026-10-06T10:00", None);
}

#[test]
fn appointments_orders_referrals_and_duties_explain_who_takes_part() {
    let visits = "患者ID,予約日時,診療科,担当医\n200,2026-10-10 09:30,皮膚科,d01\n";
    let orders = "patient,ordered_at,department\n200,2026-10-10 10:00,3A病棟\n";
    let referrals = "患者番号,紹介日,紹介先,期限\n300,2026/10/01,救急科,2026/10/03\n";
    let duties = "職員ID,当直開始,当直終了,部署\nn02,2026-10-10 17:00,2026-10-11 09:00,\nn02,2026-10-06 08:00,2026-10-06 18:00,3A病棟\n";
    let context = context(&[STAFF, STAYS, visits, orders, referrals, duties]);
    check(&context, "d01", "200", "2026-10-05T10:00", Some(Explanation::Visit));
    check(&context, "n01", "200", "2026-10-20T10:00", Some(Explanation::Order));
    check(&context, "d01", "300", "2026-10-20T10:00", Some(Explanation::Referral));
    check(&context, "n02", "101", "2026-10-06T12:00", Some(Explanation::Stay));
    check(&context, "n02", "101", "2026-10-10T23:00", Some(Explanation::OnCall));
    check(&context, "n02", "300", "2026-10-10T23:00", None);
}

#[test]
fn a_list_is_known_by_its_columns_in_the_encoding_of_the_spreadsheet() {
    let (text, _, _) = encoding_rs::SHIFT_JIS.encode(STAFF);
    let list = List::read(&text).unwrap();
    assert_eq!((list.kind, list.n_rows(), list.n_refused), (ListKind::Staff, 6, 0));
    for kind in ListKind::ALL {
        for lang in [Lang::Ja, Lang::En] {
            assert_eq!(List::read(template(kind, lang).as_bytes()).unwrap().kind, kind, "{lang:?}");
        }
    }
    let wide: Vec<u8> =
        format!("\u{feff}{STAYS}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(List::read(&wide).unwrap().kind, ListKind::Stays);
    assert!(matches!(List::read(b"a,b\n1,2\n"), Err(ListError::NoHeader { .. })));
    assert_eq!(List::read(b"").unwrap_err().trouble().kind.code, "SK-WATCH-030");
}

#[test]
fn a_row_that_cannot_be_taken_is_named_by_line_and_costs_only_itself() {
    let text = "10月の入院\n患者ID,入院日,退院日,病棟\n1,2026-10-01,,3A病棟\n2,いつか,,3A病棟\n,2026-10-01,,3A病棟\n\n3,2026-10-05,2026-10-01,3A病棟\n\"4\n\",2026-10-05,,3A病棟\n5,,,3A病棟\n";
    let list = List::read(text.as_bytes()).unwrap();
    assert_eq!(list.n_rows(), 2);
    let refused: Vec<_> =
        list.refused.iter().map(|row| format!("{} {}", row.line, row.why)).collect();
    let expected = [
        "4 「入院日」の「いつか」を日時として読めません / `いつか` in `admitted` is no date or time",
        "5 「患者ID」が空です / `patient` is empty",
        "7 「退院日」が「入院日」より前です / `discharged` lies before `admitted`",
        "10 「入院日」が空です / `admitted` is empty",
    ];
    assert_eq!(refused, expected);
}

const PATIENTS: &str = "患者ID,氏名カナ,郵便番号
777,スズキ アイ,000-0002
900,サトウ イチロウ,000-0001
901,アカ ジロウ,000-0009
902,シロ サブロウ,000-0009
903,クロ シロウ,000-0009
";

fn month_of(context: &Context, accesses: &[(&str, &str, &str, &str, &str)]) -> Outcome {
    let mut month = Month::new(context, ReviewSettings::STANDARD, Digest::of(b"seed"));
    for (seq, (when, user, patient, activity, host)) in (1..).zip(accesses) {
        month.take(&Access { seq, at: at(when), user, patient, activity, host });
    }
    month.finish()
}

fn codes(outcome: &Outcome, user: &str, patient: &str) -> Vec<ReasonCode> {
    let one = outcome.candidates.iter().find(|one| one.user == user && one.patient == patient);
    let mut codes: Vec<_> = one.unwrap().reasons.iter().map(|reason| reason.code).collect();
    codes.sort();
    codes
}

#[test]
fn what_is_unexplained_says_why_it_stands_where_it_stands() {
    use ReasonCode::{
        BreakGlass, CoWorker, FamilyName, Neighbour, NoRelationship, OffHours, Output, OwnRecord,
        SharedLogin, UnknownAccount, Vip,
    };
    let marks = "患者ID,区分\n901,著名人\n";
    let context = context(&[STAFF, STAYS, PATIENTS, marks]);
    let outcome = month_of(
        &context,
        &[
            ("2026-10-06T10:00", "n01", "101", "read", "a"),
            ("2026-10-06T10:01", "n01", "777", "read", "b"),
            ("2026-10-06T10:02", "n01", "900", "read", "a"),
            ("2026-10-06T12:00", "n02", "777", "read", "c"),
            ("2026-10-06T23:00", "d01", "901", "print", "d"),
            ("2026-10-07T10:00", "x99", "902", "emergency override", "e"),
            ("2026-10-07T10:00", "n01", "101", "emergency override", "a"),
            ("2026-10-07T10:00", "", "101", "read", "a"),
        ],
    );
    assert_eq!(codes(&outcome, "n01", "777"), [CoWorker, NoRelationship]);
    assert_eq!(codes(&outcome, "n01", "900"), [FamilyName, Neighbour, NoRelationship, SharedLogin]);
    assert_eq!(codes(&outcome, "n02", "777"), [OwnRecord]);
    assert_eq!(codes(&outcome, "d01", "901"), [Vip, NoRelationship, OffHours, Output]);
    assert_eq!(codes(&outcome, "x99", "902"), [NoRelationship, BreakGlass, UnknownAccount]);
    // Care explains it, and every override is looked at all the same.
    assert_eq!(codes(&outcome, "n01", "101"), [BreakGlass]);
    assert_eq!((outcome.accesses, outcome.unexplained, outcome.unnamed), (7, 5, 1));
    assert_eq!(outcome.explained_permille(), 285);
    for one in &outcome.candidates {
        assert_eq!(one.points, one.reasons.iter().map(|reason| reason.points).sum::<u32>());
    }
    let sorted = outcome.candidates.windows(2).all(|pair| pair[0].points >= pair[1].points);
    assert!(sorted);
}

#[test]
fn following_a_record_a_crowd_and_browsing_are_seen() {
    let context = context(&[STAFF, PATIENTS]);
    let mut accesses = Vec::new();
    for day in ["2026-10-05T10:00", "2026-10-06T10:00", "2026-10-07T10:00"] {
        accesses.push((day, "n01", "5000", "read", ""));
    }
    let users = ["n01", "n02", "d01", "p01", "b01", "u6"];
    accesses.extend(users.map(|user| ("2026-10-08T10:00", user, "6000", "read", "")));
    let browsed: Vec<String> = (7_000..7_020).map(|n| n.to_string()).collect();
    accesses
        .extend(browsed.iter().map(|own| ("2026-10-09T10:00", "p01", own.as_str(), "read", "")));
    for day in ["2026-10-13T10:00", "2026-10-14T10:00", "2026-10-15T10:00"] {
        accesses.push((day, "p01", "8000", "read", ""));
    }
    let settings = ReviewSettings { candidates_max: 100, ..ReviewSettings::STANDARD };
    let mut month = Month::new(&context, settings, Digest::of(b"seed"));
    for (seq, (when, user, patient, activity, host)) in (1..).zip(&accesses) {
        month.take(&Access { seq, at: at(when), user, patient, activity, host });
    }
    let outcome = month.finish();
    assert!(codes(&outcome, "n01", "5000").contains(&ReasonCode::Repeated));
    assert!(codes(&outcome, "d01", "6000").contains(&ReasonCode::Crowd));
    assert!(codes(&outcome, "p01", "7004").contains(&ReasonCode::Volume));
    assert!(!codes(&outcome, "d01", "6000").contains(&ReasonCode::Volume));
}

#[test]
fn a_rare_sign_gives_more_than_a_common_one_and_no_sign_gives_more_than_twenty() {
    let rare = super::Reason::new(ReasonCode::FamilyName, 0.000_01, String::new());
    let common = super::Reason::new(ReasonCode::FamilyName, 0.02, String::new());
    let usual = super::Reason::new(ReasonCode::FamilyName, 1.0, String::new());
    assert_eq!((rare.points, common.points, usual.points), (20, 10, 1));
    assert_eq!(common.say(Lang::Ja), "同じ姓 +10（通常 2.00%）");
    assert_eq!(common.say(Lang::En), "same family name +10 (usual: 2.00%)");
}

#[test]
fn the_same_seed_draws_the_same_sample() {
    let context = context(&[STAFF, STAYS]);
    let accesses: Vec<_> =
        (0..100).map(|_| ("2026-10-06T10:00", "n01", "101", "read", "")).collect();
    let draw =
        |outcome: Outcome| outcome.sample_explained.iter().map(|one| one.seq).collect::<Vec<_>>();
    let first = draw(month_of(&context, &accesses));
    assert_eq!(first.len(), ReviewSettings::STANDARD.sample_explained);
    assert_eq!(first, draw(month_of(&context, &accesses)));
}

#[test]
fn a_month_is_written_one_way() {
    let october = parse_month("2026-10").unwrap();
    assert_eq!(month_span(october), (at("2026-10-01T00:00"), at("2026-11-01T00:00")));
    for wrong in ["2026-13", "2026-1", "26-10", "2026/10", "", "2026-10-01", "+026-10"] {
        assert_eq!(parse_month(wrong), None, "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_list_or_none(bytes: Vec<u8>) {
        fuzz_access_list(&bytes);
        let mut after = "患者ID,入院日,退院日\n".as_bytes().to_vec();
        after.extend(bytes);
        fuzz_access_list(&after);
    }
}

struct Desk {
    reviews: Reviews,
    store: Arc<dyn Store>,
    person: PersonId,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let (folder, store, clock) = crate::desk::ledger().await;
        let reviews = Reviews::new(Arc::clone(&store), clock);
        Self { reviews, store, person: "tanaka".into(), _folder: folder }
    }

    const fn by(&self) -> By<'_> {
        By { person: &self.person, name: "田中" }
    }

    async fn make(&self) -> Result<super::Review, ReviewError> {
        let context = context(&[STAFF, STAYS, PATIENTS]);
        let outcome = month_of(
            &context,
            &[
                ("2026-10-06T10:00", "n01", "101", "read", "a"),
                ("2026-10-06T10:01", "n01", "777", "read", "b"),
            ],
        );
        let run = Run {
            month: parse_month("2026-10").unwrap(),
            outcome,
            seed: Digest::of(b"seed"),
            known: context.size(),
            lists: Vec::new(),
        };
        self.reviews.keep(run, &|patient| format!("P-{}", patient.len()), self.by()).await
    }

    async fn judge(&self, number: u32, seen: usize, kind: VerdictKind) -> Result<(), ReviewError> {
        let judged = self.reviews.judge("2026-10", number, seen, kind, "本人に聞いた", self.by());
        judged.await.map(drop)
    }
}

#[tokio::test]
async fn a_review_goes_from_list_to_verdicts_to_signature_and_then_stands() {
    let desk = Desk::new().await;
    desk.make().await.unwrap();
    // Nobody has judged yet: it may be made anew, with newer lists.
    let review = desk.make().await.unwrap();
    assert_eq!((review.n_items, review.explained_permille()), (2, 500));
    let (_, items) = desk.reviews.get("2026-10").await.unwrap();
    let kinds: Vec<_> = items.iter().map(|item| (item.kind, item.patient.as_str())).collect();
    assert_eq!(kinds, [(ItemKind::Candidate, "P-3"), (ItemKind::SampleExplained, "P-3")]);
    desk.judge(1, 0, VerdictKind::ToBeAsked).await.unwrap();
    assert!(matches!(desk.make().await, Err(ReviewError::Begun { n_verdicts: 1, .. })));
    desk.judge(2, 0, VerdictKind::Justified).await.unwrap();
    let early = desk.reviews.sign("2026-10", "", desk.by()).await;
    assert!(matches!(early, Err(ReviewError::Unfinished { n_waiting: 1, .. })));
    let slow = desk.judge(1, 0, VerdictKind::Justified).await;
    assert!(matches!(slow, Err(ReviewError::MovedOn { seen: 0, found: 1, .. })));
    desk.judge(1, 1, VerdictKind::NotJustified).await.unwrap();
    assert!(desk.reviews.last_signed().await.unwrap().is_none());
    let signed = desk.reviews.sign("2026-10", "了解", desk.by()).await.unwrap();
    assert!(signed.signature.unwrap().judged_too);
    assert!(matches!(
        desk.judge(1, 2, VerdictKind::Unclear).await,
        Err(ReviewError::Signed { .. })
    ));
    assert!(matches!(desk.make().await, Err(ReviewError::Signed { .. })));
    assert_eq!(desk.reviews.last_signed().await.unwrap().unwrap().month, "2026-10");
    let item = desk.reviews.item("2026-10", 1).await.unwrap();
    assert_eq!(item.verdicts.len(), 2, "the verdict before remains");
    let kinds: Vec<String> =
        desk.store.entries(0, 10).await.unwrap().into_iter().map(|entry| entry.kind).collect();
    let expected = [
        "access_review_made",
        "access_review_made",
        "access_judged",
        "access_judged",
        "access_judged",
        "access_review_signed",
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_verdict_says_what_it_rests_on_and_patients_never_reach_the_journal() {
    let desk = Desk::new().await;
    desk.make().await.unwrap();
    let kind = VerdictKind::NotJustified;
    let bare = desk.reviews.judge("2026-10", 1, 0, kind, " ", desk.by()).await;
    assert_eq!(bare.unwrap_err().trouble().kind.code, "SK-WATCH-034");
    let unknown = desk.reviews.judge("2026-10", 9, 0, kind, "x", desk.by()).await;
    assert_eq!(unknown.unwrap_err().trouble().kind.code, "SK-WATCH-031");
    let (item, entry) = desk.reviews.judge("2026-10", 1, 0, kind, "x", desk.by()).await.unwrap();
    let finding = misuse_finding(&item, entry.evidence(), entry.at);
    assert!(matches!(finding.evidence[0], EvidenceRef::Journal { .. }));
    assert_eq!(finding.summary, "2026-10-06 n01 → P-3 (1)");
    for entry in desk.store.entries(0, 10).await.unwrap() {
        assert!(!entry.puts_text.contains("777") && !entry.body_text.contains("777"));
    }
}
