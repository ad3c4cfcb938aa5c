use std::sync::Arc;

use proptest::prelude::*;
use sakimori_content::Content;
use sakimori_ledger::Store;
use sakimori_testkit::{FixedClock, SeededChance};
use sakimori_words::{Instant, OrganisationId, PersonId, parse_date};

use crate::{
    AssetDesk, AssetFields, AssetKind, By, CheckAnswer, ChecklistDesk, NewCheck, OwnAliasKind,
    PrepareError, TROUBLES, asset_rows, read_assets,
};

struct House {
    desk: AssetDesk,
    store: Arc<dyn Store>,
    person: PersonId,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
        let store = sakimori_ledger::open(&address).await.unwrap();
        let clock = Arc::new(FixedClock(Instant::parse("2026-11-20T09:00:00+09:00").unwrap()));
        let desk = AssetDesk::new(Arc::clone(&store), clock, Arc::new(SeededChance::new(7)));
        Self { desk, store, person: "it".into(), _folder: folder }
    }

    fn checklists(&self) -> ChecklistDesk {
        let clock = FixedClock(Instant::parse("2026-11-20T09:00:00+09:00").unwrap());
        ChecklistDesk::new(Arc::clone(&self.store), Arc::new(clock))
    }

    fn by(&self) -> By<'_> {
        By { person: &self.person, name: "情報 花子" }
    }
}

fn fields(product: &str, place: &str) -> AssetFields {
    AssetFields {
        vendor: "Fortinet".to_owned(),
        product: product.to_owned(),
        place: place.to_owned(),
        quantity: 2,
        ..AssetFields::default()
    }
}

const LIST: &str = "管理番号,メーカー,製品名,バージョン,設置場所,種別,台数,保守契約\r\n\
    N-1,フォーティネット,FortiGate 60F,7.0.3,サーバ室,情報システム,１台,2027年3月まで\r\n\
    M-7,BD,Alaris 8015 PC unit,9.7,3階病棟,医療機器,24,\r\n\
    ,,,,,,,\r\n\
    M-8,BD,,9.7,4階病棟,医療機器,3,\r\n\
    M-9,BD,Alaris 8100,9.7,4階病棟,医療機器,たくさん,\r\n";

#[test]
fn a_list_from_excel_in_japan_is_read_and_what_is_not_understood_is_shown_row_by_row() {
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(LIST);
    let file = read_assets(&bytes).unwrap();
    assert_eq!(file, read_assets(LIST.as_bytes()).unwrap());
    let [router, pump] = file.rows.as_slice() else { panic!("{file:?}") };
    assert_eq!((router.quantity, router.note.as_str()), (1, "保守契約: 2027年3月まで"));
    assert_eq!((pump.kind, pump.quantity), (AssetKind::MedicalDevice, 24));
    let refused: Vec<(u64, &str)> =
        file.refused.iter().map(|row| (row.line, row.why.ja.as_str())).collect();
    assert_eq!(refused, [(5, "製品名: 製品名がありません"), (6, "台数「たくさん」を読めません")]);
    assert_eq!(file.refused[0].cells, "M-8, BD, , 9.7, 4階病棟, 医療機器, 3, ");
    assert_eq!(file.noted, ["保守契約"]);
}

#[test]
fn english_headings_are_understood_and_a_file_without_a_product_column_is_refused() {
    let file = read_assets(b"Manufacturer\tModel\tVersion\nPhilips\tIntelliVue\tB.06\n").unwrap();
    assert_eq!((file.rows[0].vendor.as_str(), file.rows[0].quantity), ("Philips", 1));
    assert!(read_assets(b"a,b\n1,2\n").is_err());
    assert!(read_assets(b"").is_err());
}

#[tokio::test]
async fn importing_again_changes_nothing_and_a_new_version_changes_the_line() {
    let house = House::new().await;
    let first = house.desk.import(LIST.as_bytes(), house.by()).await.unwrap();
    assert_eq!((first.n_added, first.n_changed, first.n_same), (2, 0, 0));
    let again = house.desk.import(LIST.as_bytes(), house.by()).await.unwrap();
    assert_eq!((again.n_added, again.n_changed, again.n_same), (0, 0, 2));
    let newer = LIST.replace("7.0.3", "7.4.1");
    let newer = house.desk.import(newer.as_bytes(), house.by()).await.unwrap();
    assert_eq!((newer.n_added, newer.n_changed, newer.n_same), (0, 1, 1));
    let list = house.desk.inventory().await.unwrap().unwrap();
    assert_eq!((list.products.len(), list.n_devices()), (2, 25));
    assert!(list.products.iter().any(|one| one.version == "7.4.1"));
    assert!(house.store.check().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_line_is_added_changed_and_retired_and_the_journal_says_by_whom() {
    let house = House::new().await;
    assert_eq!(house.desk.inventory().await.unwrap(), None, "no list is not an empty list");
    let asset = house.desk.add(fields("FortiOS", "サーバ室"), house.by()).await.unwrap();
    let twice = house.desk.add(fields("ＦｏｒｔｉＯＳ", "サーバ室"), house.by()).await;
    assert!(matches!(twice, Err(PrepareError::Twice)));
    let none = house.desk.add(fields(" ", ""), house.by()).await;
    assert!(matches!(none, Err(PrepareError::Unfit { field: "product", .. })));
    let changed = AssetFields { version: "7.0.3".to_owned(), ..fields("FortiOS", "サーバ室") };
    house.desk.change(&asset.id, changed, house.by()).await.unwrap();
    house.desk.retire(&asset.id, house.by()).await.unwrap();
    assert_eq!(house.desk.inventory().await.unwrap().unwrap().products, []);
    assert!(house.desk.get(&asset.id).await.unwrap().retired_at.is_some());
    house.desk.add(fields("FortiOS", "サーバ室"), house.by()).await.unwrap();
    let facts = house.store.stream_entries("assets", 0, 10).await.unwrap();
    let kinds: Vec<(&str, &str)> =
        facts.iter().map(|fact| (fact.kind.as_str(), fact.actor.as_str())).collect();
    let told = ["asset_added", "asset_changed", "asset_retired", "asset_added"];
    assert_eq!(kinds, told.map(|kind| (kind, "it")));
}

#[tokio::test]
async fn own_names_are_kept_once_and_taken_back() {
    let house = House::new().await;
    for _ in 0..2 {
        house.desk.name(OwnAliasKind::Vendor, "Fortinet", "当院ネット", house.by()).await.unwrap();
    }
    let names = house.desk.aliases().await.unwrap();
    assert_eq!(names[0].names.also, ["当院ネット"]);
    house.desk.unname(OwnAliasKind::Vendor, "Fortinet", house.by()).await.unwrap();
    assert_eq!(house.desk.aliases().await.unwrap(), []);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_no_row_is_lost(rows in proptest::collection::vec("[^\u{0}\r\n\"]{1,12}", 0..8)) {
        let text = format!("製品名,台数\n{}\n", rows.join("\n"));
        let file = read_assets(text.as_bytes()).unwrap();
        let kept = rows.iter().filter(|row| row.split(',').any(|cell| !cell.trim().is_empty())).count();
        prop_assert_eq!(file.rows.len() + file.refused.len(), kept);
        let _ = read_assets(rows.concat().as_bytes());
    }

    #[test]
    fn what_goes_out_comes_in_again(
        product in "[a-zA-Z0-9ァ-ヴ]{1,12}", version in "[0-9.]{0,6}", place in "[a-z,\"]{0,6}", quantity in 1_u32..500
    ) {
        let asset = AssetFields { product, version, place, quantity, kind: AssetKind::MedicalDevice, ..AssetFields::default() };
        let mut text = String::new();
        for row in asset_rows([&asset]) {
            sakimori_words::spreadsheet::push_row(&mut text, row);
        }
        prop_assert_eq!(read_assets(text.as_bytes()).unwrap().rows, vec![asset]);
    }
}

#[test]
fn troubles_have_their_own_codes_in_both_languages() {
    let codes: std::collections::BTreeSet<&str> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    assert!(codes.iter().all(|code| code.starts_with("SK-PREPARE-")));
}

fn checks(item: &str, answer: CheckAnswer, target: Option<&str>) -> NewCheck {
    NewCheck {
        item: item.to_owned(),
        answer,
        confirmed_on: parse_date("2026-11-20").unwrap(),
        target_on: target.map(|day| parse_date(day).unwrap()),
        note: String::new(),
    }
}

#[tokio::test]
async fn a_checklist_is_answered_item_by_item_and_what_is_said_again_keeps_its_day() {
    let house = House::new().await;
    let content = Content::embedded().unwrap();
    let list = content.checklists().last().unwrap();
    let clinic = OrganisationId::from("fac-27-1");
    let desk = house.checklists();
    let answer =
        async |version, given| desk.answer(list, &clinic, version, given, house.by()).await;
    let first = vec![
        checks("1-1", CheckAnswer::Yes, None),
        checks("2-1", CheckAnswer::No, Some("2026-11-30")),
        checks("2-2", CheckAnswer::NotApplicable, None),
    ];
    assert_eq!(answer(None, first.clone()).await.unwrap(), 3);
    let (sheet, version) = desk.sheet(list, &clinic).await.unwrap();
    let tally = sheet.tally(list, parse_date("2026-12-01").unwrap());
    assert_eq!((tally.n_yes, tally.n_no, tally.n_late, tally.n_not_applicable), (1, 1, 1, 1));
    assert_eq!(tally.n_open, list.items.len() - 3);

    let later =
        |check: NewCheck| NewCheck { confirmed_on: parse_date("2026-11-19").unwrap(), ..check };
    let again = first.into_iter().map(later).collect();
    assert_eq!(answer(version, again).await.unwrap(), 0, "nothing is new");
    let done = later(checks("2-1", CheckAnswer::Yes, Some("2026-11-30")));
    assert_eq!(answer(version, vec![done]).await.unwrap(), 1);
    let (sheet, _) = desk.sheet(list, &clinic).await.unwrap();
    assert_eq!(sheet.items["1-1"].confirmed_on, parse_date("2026-11-20").unwrap());
    assert_eq!(sheet.items["2-1"].target_on, None, "what is so needs no day");
    let unseen = answer(version, vec![checks("1-1", CheckAnswer::No, Some("2026-12-01"))]).await;
    assert!(matches!(unseen, Err(PrepareError::ChangedMeanwhile)));
    assert_eq!(desk.sheets(list).await.unwrap(), [sheet]);
    assert_eq!(house.store.stream_entries("checklist/fac-27-1", 0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_that_cannot_be_is_refused_and_none_of_its_fellows_is_kept() {
    let house = House::new().await;
    let content = Content::embedded().unwrap();
    let list = content.checklists().last().unwrap();
    let clinic = OrganisationId::from("fac-27-1");
    let desk = house.checklists();
    let future = NewCheck {
        confirmed_on: parse_date("2026-11-21").unwrap(),
        ..checks("1-1", CheckAnswer::Yes, None)
    };
    let long = NewCheck { note: "長".repeat(1_001), ..checks("1-1", CheckAnswer::Yes, None) };
    for wrong in [
        checks("2-1", CheckAnswer::No, None),
        checks("2-1", CheckAnswer::No, Some("2026-11-19")),
        checks("1-1", CheckAnswer::NotApplicable, None),
        future,
        long,
    ] {
        let given = vec![checks("3-1", CheckAnswer::Yes, None), wrong.clone()];
        let refused = desk.answer(list, &clinic, None, given, house.by()).await;
        assert!(matches!(refused, Err(PrepareError::Check { .. })), "{wrong:?}: {refused:?}");
    }
    let unknown = vec![checks("9-9", CheckAnswer::Yes, None)];
    assert!(desk.answer(list, &clinic, None, unknown, house.by()).await.is_err());
    assert_eq!(desk.sheet(list, &clinic).await.unwrap().1, None);
}
