//! No byte that leaves says who it was.

use super::country::{content, hospitals, reported};
use crate::{Area, Canaries, GateRefusal, NameBook, Place, Writing, gate};

fn nation() -> Place {
    Place { area: Area::Nation, beds: None, kind: None, founder: None }
}

#[test]
fn what_identifies_is_found_however_a_format_writes_it() {
    let ladder = &content().sharing().ladder;
    let mut victim = hospitals(1)
        .into_iter()
        .find(|one| one.prefecture.is_some_and(|p| p.code() == 27))
        .unwrap();
    victim.name = "医療法人社団桜会 見本高山病院".to_owned();
    let canaries = Canaries::of(&reported(&victim, 7), &nation(), ladder);
    for text in [
        "見本高山病院",
        "見本 髙山 病院",
        "見本高山",
        r"\u898b\u672c\u9ad8\u5c71",
        "%E8%A6%8B%E6%9C%AC%E9%AB%98%E5%B1%B1",
        "&#35211;&#26412;&#39640;&#23665;",
        "大阪",
        "in Osaka",
        "10.11.12.13",
        "EMR-SV01",
        "emr01.kensa.local",
        "06-6543-2100",
        "０６６５４３２１００",
        "jimu@kensa.example.jp",
        "見本花子",
        "0198c9a0-0000-7000-8000-000000000007",
    ] {
        let shut = gate(&canaries, 10, 10, &[("list", b"{}"), ("mail", text.as_bytes())]);
        assert!(
            matches!(&shut, Err(GateRefusal::Identifies { channel, .. }) if channel == "mail"),
            "{text}: {shut:?}"
        );
    }
    let clean = "TLP:AMBER 全国 病院 <HOST-1> が暗号化された";
    assert!(gate(&canaries, 10, 10, &[("list", clean.as_bytes())]).is_ok());
    assert_eq!(gate(&canaries, 9, 10, &[]).err(), Some(GateRefusal::TooFew { n: 9, k: 10 }));
}

#[test]
fn a_maintenance_company_is_not_told_and_what_it_maintains_may_be() {
    let ladder = &content().sharing().ladder;
    let victim = hospitals(1).into_iter().next().unwrap();
    let company = victim.institution.as_ref().unwrap().vendors[0].name.clone();
    let reported = reported(&victim, 1);
    let canaries = Canaries::of(&reported, &nation(), ladder);
    let open = |text: &str| gate(&canaries, 10, 10, &[("list", text.as_bytes())]).is_ok();
    assert!(open("電子カルテの停止"));
    assert!(!open(&format!("{company}株式会社の保守")));
    let writing = Writing {
        title: "電子カルテの停止".to_owned(),
        course: format!("{company}の遠隔接続から、{company}株式会社の担当者になりすました"),
        ..Writing::default()
    };
    let scrubbed = writing.scrubbed(&NameBook::default(), &reported);
    assert_eq!(scrubbed.texts[0], "電子カルテの停止");
    assert!(!scrubbed.texts[1].contains(&company), "{}", scrubbed.texts[1]);
}

#[test]
fn the_part_of_the_country_may_be_named_even_where_it_contains_the_prefecture() {
    let ladder = &content().sharing().ladder;
    let victim = hospitals(1).into_iter().next().unwrap();
    let place = Place { area: Area::Block("hokkaido-tohoku".to_owned()), ..nation() };
    let canaries = Canaries::of(&reported(&victim, 1), &place, ladder);
    let open = |text: &str| gate(&canaries, 10, 10, &[("list", text.as_bytes())]).is_ok();
    assert!(open("北海道・東北の病院"));
    assert!(!open("北海道の病院"));
}
