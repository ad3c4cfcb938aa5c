use proptest::prelude::*;
use sakimori_content::Content;
use sakimori_words::{AssetId, Instant, Inventory, OwnedProduct};

use super::{Aliases, Verdict, VersionRule, assess, judge_version, match_one, normalised};
use crate::advisory::{Advisory, AffectedProduct};
use crate::answer::Answer;

fn aliases() -> Aliases {
    Aliases::new(Content::embedded().unwrap().aliases())
}

fn owned(vendor: &str, product: &str, version: &str) -> OwnedProduct {
    OwnedProduct {
        asset: AssetId::from(product),
        vendor: vendor.to_owned(),
        product: product.to_owned(),
        version: version.to_owned(),
        place: "3階病棟".to_owned(),
        n_devices: 2,
    }
}

fn named(vendor: &str, product: &str, versions: &str) -> AffectedProduct {
    let [vendor, product, versions] = [vendor, product, versions].map(str::to_owned);
    AffectedProduct { vendor, product, versions, fixed_in: String::new() }
}

#[track_caller]
fn version(ours: &str, theirs: &str, expected: Verdict, why: &str) {
    let (verdict, words) = judge_version(ours, theirs, "");
    assert_eq!((verdict, words.ja.as_str()), (expected, why), "{ours} against {theirs}");
}

#[track_caller]
fn asks(ours: &str, theirs: &str) {
    assert_eq!(judge_version(ours, theirs, "").0, Verdict::CannotTell, "{ours} against {theirs}");
}

#[test]
fn a_version_is_judged_with_what_was_compared() {
    use Verdict::{Affected, NotAffected};
    version("8.1.3", "< 8.2.2", Affected, "8.1.3 < 8.2.2");
    version("8.2.2", "< 8.2.2", NotAffected, "8.2.2 ≧ 8.2.2");
    version("２.０.14.0", "<= 2.0.14.0", Affected, "２.０.14.0 ≦ 2.0.14.0");
    version("B.06.9", "< B.06.18", Affected, "B.06.9 < b.06.18");
    version("012U000039", "< 012U000040", Affected, "012U000039 < 012u000040");
    version("Ver.1.2", ">= 1.1 | <= 1.3.2", Affected, "Ver.1.2 ≧ 1.1, Ver.1.2 ≦ 1.3.2");
    version("1.4", ">= 1.1 | <= 1.3.2", NotAffected, "1.4 > 1.3.2");
    version("6.0.2", "6.0.0 to 6.0.4, 5.6.3 to 5.6.7", Affected, "6.0.2 ≧ 6.0.0, 6.0.2 ≦ 6.0.4");
    version("6.2.0", "6.0.0 to 6.0.4, 5.6.3 to 5.6.7", NotAffected, "6.2.0 > 6.0.4, 6.2.0 > 5.6.7");
    version("7.0.1", "7.0.5より前", Affected, "7.0.1 < 7.0.5");
    version("12.2.8", "<= 12.2.x.x", Affected, "12.2.8 ≦ 12.2.x.x");
    version("4.30", "4.20 | 4.30", Affected, "4.30 = 4.30");
    version("4.40", "4.20 | 4.30", NotAffected, "4.40 ≠ 4.20, 4.40 ≠ 4.30");
    version("anything", "vers:all/*", Affected, "全版が対象");
    version("2.3", "<= 2.4A", Affected, "2.3 ≦ 2.4a");
}

#[test]
fn what_does_not_decide_it_is_put_before_a_person() {
    for (ours, theirs) in [
        ("", "< 8.2.2"),
        ("3.2", ""),
        ("3.2", "< july 1 2017"),
        ("3.2", "<8/30/2024"),
        ("3.2", "<= K"),
        ("3.2", ">= 2003 | <= 2006"),
        ("3.2", "24950 | 24952"),
        ("620", "24950 | 24952"),
        ("8.2", "< 8.2.2"),
        ("2.7.3", "<= 2.7"),
        ("2.4", "<= 2.4A"),
        ("1.0-rc1", "< 1.0"),
        ("C.01", "< B.06.18"),
        ("054U000001", "< 012U000040"),
        ("5.0", "<= U61 |<= L81"),
        ("A10", "A10 < A11"),
        ("FortiOS 6.0.2", "< 6.0.4"),
    ] {
        asks(ours, theirs);
    }
    assert_eq!(judge_version("7.4.1", "", "7.4.3").0, Verdict::Affected);
    assert_eq!(judge_version("7.4.1", "", "7.4.3, 7.2.8").0, Verdict::CannotTell);
}

#[track_caller]
fn same(ours: (&str, &str), theirs: (&str, &str), expected: Option<Verdict>) {
    let (ours, theirs) = (owned(ours.0, ours.1, "1.0"), named(theirs.0, theirs.1, "< 2.0"));
    let found = match_one(&ours, &theirs, &aliases()).map(|one| one.verdict);
    assert_eq!(found, expected, "{ours:?} {theirs:?}");
}

#[test]
fn a_maker_is_known_in_kana_full_width_and_with_any_corporate_word() {
    let affected = Some(Verdict::Affected);
    same(("フォーティネットジャパン合同会社", "FortiOS"), ("Fortinet, Inc.", "FORTIOS"), affected);
    same(("ﾌｫｰﾃｨﾈｯﾄ", "ＦｏｒｔｉＯＳ"), ("Fortinet", "FortiOS"), affected);
    same(
        ("BD", "Alaris 8015 PC Unit"),
        ("Becton, Dickinson and Company (BD)", "Alaris 8015 PC unit"),
        affected,
    );
    same(
        ("日本光電工業（株）", "べっどさいどもにた"),
        ("日本光電", "ベッドサイドモニタ"),
        affected,
    );
    same(("富士通株式会社", "HOPE EGMAIN-GX"), ("富士通", "HOPE/EGMAIN GX"), affected);
}

#[test]
fn a_similar_name_is_asked_and_another_one_is_not_shown() {
    let ask = Some(Verdict::CannotTell);
    same(("Fortinet", "FortiGate 60F"), ("Fortinet", "FortiOS"), ask);
    same(("BD", "Alaris 8015 PCユニット"), ("BD", "Alaris 8015 PC unit"), ask);
    same(("", "FortiOS"), ("Fortinet", "FortiOS"), ask);
    same(("Fortinet", "FortiOS"), ("Fortinet", "*"), ask);
    same(("Cisco", "FortiOS"), ("Fortinet", "FortiOS"), None);
    same(("Cisco (Japan)", "FortiOS"), ("Fortinet (Japan)", "FortiOS"), None);
    same(("Fortinet", "FortiMail"), ("Fortinet", "FortiOS"), None);
}

#[test]
fn wildcards_on_both_sides_never_match() {
    for (vendor, product) in [("", ""), ("*", "*"), ("すべて", "全製品"), ("", "*")] {
        same((vendor, "FortiOS"), ("", product), None);
        same((vendor, product), (vendor, product), None);
    }
}

#[test]
fn the_list_proposes_the_gravest_answer_and_counts_devices() {
    let list = Inventory {
        changed_at: Instant::default(),
        products: vec![
            owned("Fortinet", "FortiOS", "6.4.0"),
            owned("Fortinet", "FortiOS", "7.0.0"),
            owned("Fortinet", "FortiGate 60F", "6.4.0"),
            owned("Yamaha", "RTX1300", "23.00"),
        ],
    };
    let of = |versions: &str| {
        let products = vec![named("フォーティネット", "FortiOS", versions)];
        assess(&[Advisory { products, ..Advisory::default() }], &list, &aliases())
    };
    let some = of("< 6.4.2");
    assert_eq!(some.proposal(), Answer::Affected);
    assert_eq!((some.n_devices(Verdict::Affected), some.n_devices(Verdict::CannotTell)), (2, 2));
    assert_eq!(some.matches.len(), 3);
    assert_eq!(
        of("< 6.0.0").proposal(),
        Answer::Checking,
        "the FortiGate is for a person to look at"
    );
    let none = Inventory { products: vec![owned("Fortinet", "FortiOS", "7.0.0")], ..list.clone() };
    let products = vec![named("Fortinet", "FortiOS", "< 6.0.0")];
    let advisory = Advisory { products, ..Advisory::default() };
    assert_eq!(assess(&[advisory], &none, &aliases()).proposal(), Answer::NotAffected);
}

#[test]
fn an_institution_adds_names_of_its_own() {
    let own = aliases().with_vendor("Fortinet", &["当院ネット".to_owned()]);
    let found =
        match_one(&owned("当院ネット", "FortiOS", "1"), &named("Fortinet", "FortiOS", "*"), &own);
    assert_eq!(found.map(|one| one.verdict), Some(Verdict::Affected));
}

fn numbers() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(0_u16..40, 3)
}

fn dotted(numbers: &[u16]) -> String {
    numbers.iter().map(u16::to_string).collect::<Vec<_>>().join(".")
}

proptest! {
    #[test]
    fn plain_versions_compare_as_their_numbers(ours in numbers(), theirs in numbers()) {
        let (a, b) = (dotted(&ours), dotted(&theirs));
        let affected = |sign: &str| judge_version(&a, &format!("{sign} {b}"), "").0;
        let verdict = |holds: bool| if holds { Verdict::Affected } else { Verdict::NotAffected };
        prop_assert_eq!(affected("<"), verdict(ours < theirs));
        prop_assert_eq!(affected("<="), verdict(ours <= theirs));
        prop_assert_eq!(affected(">="), verdict(ours >= theirs));
        prop_assert_eq!(affected(">"), verdict(ours > theirs));
        prop_assert_eq!(affected("="), verdict(ours == theirs));
    }

    #[test]
    fn a_bound_and_its_opposite_never_say_the_same(ours in "[A-Cx0-9. -]{0,8}", theirs in "[A-Cx0-9. -]{0,8}") {
        let below = judge_version(&ours, &format!("< {theirs}"), "").0;
        let from = judge_version(&ours, &format!(">= {theirs}"), "").0;
        prop_assert!(below == Verdict::CannotTell || below != from, "{:?} {:?}", below, from);
    }

    #[test]
    fn any_text_has_an_answer(ours in ".{0,40}", theirs in ".{0,60}", vendor in ".{0,20}") {
        let aliases = Aliases::default().with_vendor(&vendor, std::slice::from_ref(&ours));
        let _ = judge_version(&ours, &theirs, &vendor);
        let _ = match_one(&owned(&vendor, &ours, &theirs), &named(&ours, &theirs, &vendor), &aliases);
        prop_assert_eq!(normalised(&normalised(&ours)), normalised(&ours));
    }
}

/// The affected rows of the 99 public medical advisories that were kept aside for this (CISA ICSMA), one object a row.
#[test]
#[ignore = "needs ../shared/data/csaf"]
fn every_affected_row_of_the_medical_advisories_reaches_a_person() {
    #[derive(serde::Deserialize)]
    struct Row {
        advisory: String,
        vendor: String,
        product: String,
        leaf: String,
    }
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/csaf/cisa-icsma-products.json");
    let rows: Vec<Row> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let aliases = aliases();
    let (mut all, mut read, mut decided) = (0, 0, 0);
    for row in &rows {
        match VersionRule::read(&row.leaf) {
            VersionRule::All => all += 1,
            VersionRule::AnyOf(_) => read += 1,
            VersionRule::Unread => {}
        }
        let product = named(&row.vendor, &row.product, &row.leaf);
        // The device in the very version the advisory names is never "not affected", except where the bound excludes itself.
        let bare = row.leaf.trim_start_matches(['<', '>', '=', ' ']);
        let device = owned(&row.vendor, &row.product, bare);
        let found = match_one(&device, &product, &aliases)
            .unwrap_or_else(|| panic!("{row_id}: lost", row_id = row.advisory));
        let excludes_itself = row.leaf.starts_with('<') && !row.leaf.starts_with("<=");
        assert!(
            found.verdict != Verdict::NotAffected || excludes_itself,
            "{}: {}",
            row.advisory,
            found.why.ja
        );
        decided += usize::from(found.verdict != Verdict::CannotTell);
        // And a device whose version nobody wrote down reaches a person at least.
        let unknown = owned(&row.vendor, &row.product, "");
        assert_ne!(match_one(&unknown, &product, &aliases).unwrap().verdict, Verdict::NotAffected);
        // Nobody else's device is named.
        let other = owned("別の会社", &row.product, bare);
        assert_eq!(match_one(&other, &product, &aliases), None);
    }
    println!(
        "{} rows: {all} every version, {read} read, {decided} decided for the version itself",
        rows.len()
    );
}
