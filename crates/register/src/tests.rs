//! What an office can rely on when it keeps its register here.

use std::sync::Arc;

use proptest::prelude::*;
use sakimori_content::{Answered, Content, LocalContact, OwnPhone};
use sakimori_ledger::Store;
use sakimori_testkit::register::{RegisterEntry, scaled};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::spreadsheet::push_row;
use sakimori_words::{
    Founder, Instant, InstitutionKind, Organisation, OrganisationId, Prefecture, parse_date,
};

use super::*;

struct Office {
    _dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    register: Register,
}

async fn office() -> Office {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let store = sakimori_ledger::open(&format!("sqlite:{}", path.display())).await.unwrap();
    let clock = Arc::new(StepClock::new(Instant::parse("2026-11-20T00:00:00Z").unwrap()));
    let register = Register::new(Arc::clone(&store), clock, Arc::new(SeededChance::new(7)));
    Office { _dir: dir, store, register }
}

fn source(on: &str) -> Source {
    Source { name: "医療機関一覧".to_owned(), on: parse_date(on).unwrap() }
}

fn osaka() -> Prefecture {
    Prefecture::from_code(27).unwrap()
}

/// The entry as the register keeps it.
fn facility(entry: RegisterEntry) -> Facility {
    Facility {
        organisation: entry.organisation,
        kana: entry.kana,
        municipality: entry.municipality,
        address: entry.address,
        contacts: Contacts { mail: entry.mail, telephone: entry.telephone, ..Contacts::default() },
        way: Way::Telephone,
        source: source("2026-10-01"),
        closed_on: None,
    }
}

fn some(every: u64) -> Vec<Facility> {
    scaled(1, every).into_iter().map(facility).collect()
}

fn rows(facilities: &[Facility]) -> Vec<Row> {
    facilities.iter().filter_map(Row::of).collect()
}

fn csv(facilities: &[Facility]) -> String {
    let mut text = String::new();
    push_row(&mut text, list_heading());
    facilities.iter().for_each(|one| push_row(&mut text, list_row(one)));
    text
}

async fn all(register: &Register) -> Vec<Facility> {
    let asked = Asked { closed_too: true, ..Asked::default() };
    register.list(&asked, None, usize::MAX).await.unwrap().facilities
}

#[test]
fn what_is_exported_is_read_again_without_loss() {
    let mut facilities = some(2_000);
    let person = |name: &str, phone: &str, answered: &str| LocalContact {
        role: sakimori_content::ContactRole::Staff,
        name: name.to_owned(),
        phones: vec![OwnPhone {
            phone: phone.to_owned(),
            answered: Answered::parse(answered).unwrap(),
            ..OwnPhone::default()
        }],
        ..LocalContact::default()
    };
    facilities[0].contacts.people = vec![
        LocalContact {
            id: "p1".to_owned(),
            valid_to: parse_date("2027-03-31"),
            ..person("情報 三郎", "050-0000-1111", "平日 9:00-17:00")
        },
        LocalContact { id: "p2".to_owned(), ..person("総務 四郎", "050-0000-2222", "休日") },
    ];
    facilities[1].closed_on = parse_date("2026-09-30");
    facilities[2].way = Way::Node { organisation: OrganisationId::from("org-1") };
    facilities[3].organisation.name = "=1+1 医院, \"本院\"".to_owned();
    let reading = read_list(csv(&facilities).as_bytes()).unwrap();
    assert_eq!(reading.refused, []);
    assert_eq!(reading.unknown_columns, [""; 0]);
    let read: Vec<Facility> =
        reading.rows.iter().map(|row| row.over(None, &source("2026-10-01"))).collect();
    for (read, kept) in read.iter().zip(&facilities) {
        let organisation = Organisation { id: kept.id().clone(), ..read.organisation.clone() };
        assert_eq!(&Facility { organisation, ..read.clone() }, kept);
    }
    assert_eq!(read.len(), facilities.len());
}

#[test]
fn lists_of_authorities_are_read_in_their_own_words_and_encoding() {
    let text = "医療機関番号,医療機関名称,医療機関所在地,種別,病床数,電話番号,診療科\r\n\
        ０１,12345,67\r\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let reading = read_list(&bytes).unwrap();
    assert_eq!(reading.unknown_columns, ["診療科"]);
    assert_eq!(reading.refused.len(), 1, "a row that is not understood is handed back");
    assert_eq!(reading.refused[0].cells, ["０１", "12345", "67"]);
    assert_eq!(reading.refused[0].line, 2);

    let text = "医療機関番号\t医療機関名称\t医療機関所在地\t種別\t病床数\t電話番号\n\
        01,1234,5\t見本病院\t大阪府大阪市北区１−２\t病院\t２００床\t06(0000)0000\n\
        2730000017\tMihon Dental\t大阪府堺市\t\t\t\n";
    let reading = read_list(text.as_bytes()).unwrap();
    assert_eq!(reading.refused, []);
    let [hospital, dental] = reading.rows.as_slice() else { panic!("{:?}", reading.rows) };
    assert_eq!(hospital.code.as_deref(), Some("2710112345"), "completed by place and kind");
    assert_eq!((hospital.prefecture, hospital.permitted_beds), (osaka(), Some(200)));
    assert_eq!(dental.kind, InstitutionKind::DentalClinic, "by its code");

    let english =
        "name,prefecture,kind,founder,reached by\nMihon,Osaka,pharmacy,individual,portal\n";
    let reading = read_list(english.as_bytes()).unwrap();
    assert_eq!(reading.rows[0].founder, Some(Founder::Individual));
    assert_eq!(reading.rows[0].way, Some(Way::Portal));
}

#[test]
fn every_cell_that_cannot_be_used_is_named_and_the_row_can_be_handed_in_again() {
    let text = "名称,都道府県,種別,許可病床数,メール,医療機関コード\n\
        甲病院,大阪,病院,多数,a@b,27101\n\
        乙病院,なにわ,病院,100,,\n\
        丙病院,大阪府,病院,100,,2710000001\n\
        丁病院,大阪府,病院,100,,2710000001\n";
    let reading = read_list(text.as_bytes()).unwrap();
    assert_eq!(reading.rows.len(), 1);
    let faults: Vec<(u64, Vec<&str>)> = reading
        .refused
        .iter()
        .map(|row| (row.line, row.faults.iter().map(|fault| &*fault.column).collect()))
        .collect();
    let expected = [
        (2, vec!["医療機関コード", "許可病床数", "メール"]),
        (3, vec!["都道府県"]),
        (5, vec!["医療機関コード"]),
    ];
    assert_eq!(faults, expected);
    assert_eq!(reading.refused[2].faults[0].why.en, "the same as in line 4");
    let again = read_list(refused_csv(&reading).as_bytes()).unwrap();
    assert_eq!(again.refused.len(), 2, "the double one stands alone now");
    assert_eq!(read_list("a,b\n1,2\n".as_bytes()), Err(ListError::NoHeading));
}

#[tokio::test]
async fn a_list_that_comes_again_changes_nothing_and_what_it_no_longer_names_is_only_proposed() {
    let office = office().await;
    let register = &office.register;
    let facilities = some(500);
    let first = register
        .import(rows(&facilities), &Terms::new(source("2026-10-01"), Extent::Complete), "p")
        .await;
    assert_eq!(first.unwrap(), Imported { n_added: facilities.len(), ..Imported::default() });
    let head = office.store.head().await.unwrap();
    let again = register
        .import(rows(&facilities), &Terms::new(source("2026-11-01"), Extent::Complete), "p")
        .await;
    assert_eq!(again.unwrap(), Imported { n_same: facilities.len(), ..Imported::default() });
    assert_eq!(office.store.head().await.unwrap(), head, "nothing was written");

    // The next list lacks one hospital, and gives another a new name.
    let mut later: Vec<Facility> = facilities.clone();
    let gone = later.remove(0);
    later[0].organisation.name = "新しい名前の病院".to_owned();
    // Without the register's ids, as the authority knows none.
    let strip = |mut row: Row| {
        row.id = None;
        row
    };
    let later: Vec<Row> = rows(&later).into_iter().map(strip).collect();
    let third = register
        .import(later, &Terms::new(source("2026-11-01"), Extent::Complete), "p")
        .await
        .unwrap();
    assert_eq!((third.n_added, third.n_changed, third.n_proposed), (0, 1, 1));
    let (kept, _) = register.get(gone.id()).await.unwrap();
    assert!(kept.is_open(), "only proposed");
    let proposals = register.proposals().await.unwrap();
    assert_eq!(proposals[0].facility, *gone.id());
    register.accept(&proposals[0], "p").await.unwrap();
    let (kept, _) = register.get(gone.id()).await.unwrap();
    assert_eq!(kept.closed_on, parse_date("2026-11-01"));
    assert_eq!(register.proposals().await.unwrap(), []);
    assert_eq!(register.census().await.unwrap(), register.recount().await.unwrap());

    // Named again by a later list, it works again.
    let december = source("2026-12-01");
    let named = rows(std::slice::from_ref(&gone));
    let back =
        register.import(named, &Terms::new(december.clone(), Extent::Partial), "p").await.unwrap();
    assert_eq!(back.n_changed, 1);
    assert!(register.get(gone.id()).await.unwrap().0.is_open());
}

#[tokio::test]
async fn what_a_list_does_not_say_stays_as_people_entered_it() {
    let office = office().await;
    let register = &office.register;
    let mut new =
        Facility::new("見本診療所", osaka(), InstitutionKind::Clinic, source("2026-10-01"));
    new.address = "大阪府堺市1-1".to_owned();
    new.contacts.people =
        vec![LocalContact { name: "院長".to_owned(), ..LocalContact::default() }];
    let entered = register.add(new, "p").await.unwrap();
    let list = "名称,所在地,種別,電話\n見本 診療所,大阪府堺市１－１,診療所,072-000-0000\n";
    let reading = read_list(list.as_bytes()).unwrap();
    let done = register
        .import(reading.rows, &Terms::new(source("2026-11-01"), Extent::Partial), "p")
        .await;
    assert_eq!(done.unwrap().n_changed, 1, "the same name and address");
    let (kept, _) = register.get(entered.id()).await.unwrap();
    assert_eq!(kept.contacts.telephone, "072-000-0000");
    assert_eq!(kept.contacts.people, entered.contacts.people);
}

#[tokio::test]
async fn two_people_who_change_the_same_entry_do_not_overwrite_each_other() {
    let office = office().await;
    let register = &office.register;
    let new = Facility::new("見本診療所", osaka(), InstitutionKind::Clinic, source("2026-10-01"));
    let entered = register.add(new, "p").await.unwrap();
    let (mut mine, version) = register.get(entered.id()).await.unwrap();
    mine.kana = "ミホン".to_owned();
    register.change(&mine, version, "p").await.unwrap();
    let late = register.change(&entered, version, "q").await;
    assert!(matches!(late, Err(RegisterError::ChangedMeanwhile)), "{late:?}");
    let (mut moved, version) = register.get(entered.id()).await.unwrap();
    moved.organisation.prefecture = Prefecture::from_code(13);
    let moved = register.change(&moved, version, "p").await;
    assert!(matches!(moved, Err(RegisterError::Moved)), "{moved:?}");
}

#[tokio::test]
async fn the_register_is_read_page_by_page_and_searched_by_any_way_of_writing() {
    let office = office().await;
    let register = &office.register;
    let facilities = some(200);
    let source = source("2026-10-01");
    register
        .import(rows(&facilities), &Terms::new(source.clone(), Extent::Partial), "p")
        .await
        .unwrap();
    let asked = Asked { prefecture: Some(osaka()), ..Asked::default() };
    let (mut seen, mut after) = (vec![], None);
    loop {
        let shown = register.list(&asked, after.as_ref(), 7).await.unwrap();
        seen.extend(shown.facilities);
        after = shown.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<&Facility> =
        facilities.iter().filter(|one| one.prefecture() == Some(osaka())).collect();
    assert_eq!(seen.iter().collect::<Vec<_>>(), expected);
    let search = |text: &str| Asked { text: text.to_owned(), ..Asked::default() };
    let kana = register.list(&search("さくらチュウオウ"), None, 1_000).await.unwrap();
    assert!(!kana.facilities.is_empty());
    assert!(kana.facilities.iter().all(|one| one.kana.starts_with("サクラチュウオウ")));
}

#[tokio::test]
async fn a_node_takes_the_place_of_its_entry_when_its_code_is_clear_and_is_asked_about_otherwise() {
    let office = office().await;
    let register = &office.register;
    let facilities = some(500);
    register
        .import(rows(&facilities), &Terms::new(source("2026-10-01"), Extent::Partial), "p")
        .await
        .unwrap();
    let osaka: Vec<&Facility> =
        facilities.iter().filter(|one| one.prefecture() == Some(osaka())).collect();
    let node =
        |id: &str, entry: &Facility| Organisation { id: id.into(), ..entry.organisation.clone() };
    let clear = node("org-clear", osaka[0]);
    let mut unclear = node("org-unclear", osaka[1]);
    unclear.institution.as_mut().unwrap().code = String::new();
    let n_found = register.match_nodes([&clear, &unclear].into_iter()).await.unwrap();
    assert_eq!(n_found, 1);
    let way = |id: &OrganisationId| {
        let id = id.clone();
        async move { register.get(&id).await.unwrap().0.way }
    };
    let theirs = Way::Node { organisation: "org-clear".into() };
    assert_eq!(way(osaka[0].id()).await, theirs);
    assert_eq!(way(osaka[1].id()).await, Way::Telephone);
    let proposals = register.proposals().await.unwrap();
    let same_name = |one: &&Proposal| one.facility == *osaka[1].id();
    register.accept(proposals.iter().find(same_name).unwrap(), "p").await.unwrap();
    assert!(way(osaka[1].id()).await.is_node());
    assert_eq!(register.match_nodes([&clear, &unclear].into_iter()).await.unwrap(), 0, "settled");
    let entry = register.entry_of(&"org-clear".into()).await.unwrap();
    assert_eq!(entry.unwrap().id(), osaka[0].id());
    let without = register.roll().await.unwrap();
    assert_eq!(without.len(), facilities.len() - 2, "each institution once");
    assert_eq!(register.census().await.unwrap().reached_by("node"), 2);
}

#[tokio::test]
async fn whoever_another_office_reaches_is_counted_and_no_member_here() {
    let office = office().await;
    let register = &office.register;
    let mut rows = rows(&some(500));
    let n = rows.len();
    rows.iter_mut().skip(3).for_each(|row| row.way = None);
    let country =
        Terms { new_way: Way::Office, ..Terms::new(source("2026-10-01"), Extent::Complete) };
    register.import(rows.clone(), &country, "p").await.unwrap();
    assert_eq!(register.known().await.unwrap().len(), n);
    assert_eq!(register.roll().await.unwrap().len(), 3, "only whom the list says we reach");
    let later = Terms { new_way: Way::Mail, ..Terms::new(source("2026-11-01"), Extent::Complete) };
    let again = register.import(rows, &later, "p").await.unwrap();
    assert_eq!(again, Imported { n_same: n, ..Imported::default() }, "nobody is new");
    assert_eq!(register.census().await.unwrap().reached_by("office"), n as u64 - 3);
}

#[tokio::test]
async fn a_number_is_dialled_while_it_is_answered_and_the_deputy_comes_next() {
    let content = Content::embedded().unwrap();
    let phone = |phone: &str, answered: &str| OwnPhone {
        phone: phone.to_owned(),
        answered: Answered::parse(answered).unwrap(),
        ..OwnPhone::default()
    };
    let person = |name: &str, phones| LocalContact {
        name: name.to_owned(),
        phones,
        ..LocalContact::default()
    };
    let gone = LocalContact {
        valid_to: parse_date("2026-03-31"),
        ..person("前任", vec![phone("050-0000-0009", "常時")])
    };
    let contacts = Contacts {
        telephone: "050-0000-0000".to_owned(),
        people: vec![
            gone,
            person("担当", vec![phone("050-0000-0001", "平日 9:00-17:00")]),
            person("代行", vec![phone("050-0000-0002", "常時")]),
        ],
        ..Contacts::default()
    };
    let numbers = |at: &str| -> Vec<String> {
        let at = Instant::parse(at).unwrap();
        contacts.dials(at, content.calendar()).into_iter().map(|dial| dial.phone).collect()
    };
    // Friday noon and Sunday noon in Japan.
    let friday = ["050-0000-0001", "050-0000-0002", "050-0000-0000"];
    assert_eq!(numbers("2026-11-20T03:00:00Z"), friday);
    let sunday = ["050-0000-0002", "050-0000-0000", "050-0000-0001"];
    assert_eq!(numbers("2026-11-22T03:00:00Z"), sunday);
}

#[test]
fn the_census_answers_rules_without_the_entries() {
    let facilities = some(20);
    let mut tally = Tally::default();
    facilities
        .iter()
        .filter(|one| one.prefecture() == Some(osaka()))
        .for_each(|one| tally.add(one));
    let mut census = Census::default();
    census.set(osaka(), tally);
    let large = |organisation: &Organisation| {
        organisation.institution.as_ref().is_some_and(|own| own.permitted_beds >= 200)
    };
    let counted = census.count(|at, cell| large(&cell.example(at)));
    let expected = facilities
        .iter()
        .filter(|one| one.prefecture() == Some(osaka()) && large(&one.organisation))
        .count();
    assert!(expected > 0);
    assert_eq!(counted, u64::try_from(expected).unwrap());
}

#[derive(Clone, Debug)]
enum Step {
    Import { every: u64, complete: bool },
    Change { nth: usize, beds: u32 },
    Close { nth: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (2_000_u64..9_000, any::<bool>())
            .prop_map(|(every, complete)| Step::Import { every, complete }),
        (any::<usize>(), 0_u32..30).prop_map(|(nth, beds)| Step::Change { nth, beds }),
        any::<usize>().prop_map(|nth| Step::Close { nth }),
    ];
    prop::collection::vec(step, 1..8)
}

async fn take(office: &Office, step: &Step) {
    let register = &office.register;
    let known = all(register).await;
    let nth = |nth: usize| known.get(nth % known.len().max(1)).map(|one| one.id().clone());
    match step {
        Step::Import { every, complete } => {
            let extent = if *complete { Extent::Complete } else { Extent::Partial };
            let rows = rows(&some(*every));
            register.import(rows, &Terms::new(source("2026-10-01"), extent), "p").await.unwrap();
        }
        Step::Change { nth: n, beds } => {
            let Some(id) = nth(*n) else { return };
            let (mut facility, version) = register.get(&id).await.unwrap();
            facility.organisation.institution.as_mut().unwrap().permitted_beds = *beds;
            register.change(&facility, version, "p").await.unwrap();
        }
        Step::Close { nth: n } => {
            let Some(id) = nth(*n) else { return };
            register.close(&id, parse_date("2026-10-31").unwrap(), "p").await.unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_census_is_what_counting_every_entry_gives(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let office = office().await;
            for step in &steps {
                take(&office, step).await;
                let census = office.register.census().await.unwrap();
                assert_eq!(census, office.register.recount().await.unwrap(), "after {step:?}");
            }
            assert!(office.store.check().await.unwrap().sound());
        });
    }

    #[test]
    fn any_bytes_are_a_list_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), name in ".{0,60}") {
        fuzz_list(&bytes);
        fuzz_list(format!("名称,都道府県,種別\n{name},大阪府,病院\n").as_bytes());
    }
}

/// The whole country, with what it takes: `cargo test --release -p sakimori-register -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "writes some 200 MB"]
async fn the_whole_country_is_taken_in() {
    let office = office().await;
    let facilities: Vec<Facility> =
        sakimori_testkit::register::country(1).into_iter().map(facility).collect();
    let began = std::time::Instant::now();
    let read = read_list(csv(&facilities).as_bytes()).unwrap();
    println!("list read: {:?}", began.elapsed());
    let began = std::time::Instant::now();
    let source = source("2026-10-01");
    office
        .register
        .import(read.rows, &Terms::new(source.clone(), Extent::Complete), "p")
        .await
        .unwrap();
    println!("taken in: {:?}", began.elapsed());
    let began = std::time::Instant::now();
    let census = office.register.census().await.unwrap();
    println!("census: {:?}", began.elapsed());
    assert_eq!(census.total(), 242_473);
    let began = std::time::Instant::now();
    let asked = Asked { text: "いない病院".to_owned(), ..Asked::default() };
    assert_eq!(office.register.list(&asked, None, 50).await.unwrap(), Shown::default());
    println!("searched in vain: {:?}", began.elapsed());
}
