use std::sync::Arc;

use proptest::prelude::*;
use sakimori_testkit::{FixedClock, SeededChance};
use sakimori_words::{Instant, parse_date};

use super::{
    CameBy, Compared, Original, PaperDesk, PaperFields, Reason, Sameness, compare, read_heading,
    read_mail, read_text,
};
use crate::answer::Answer;
use crate::warning::{Signer, WarningContent, WarningKey};

const BODY: &str = "医療機関を標的としたランサムウェアによるサイバー攻撃が国内外で続いています。\
    VPN装置の脆弱性への対応、バックアップの保管、連絡体制の確認を行ってください。";

fn signed() -> WarningContent {
    WarningContent {
        number: "事務連絡".to_owned(),
        title: "年末年始の情報セキュリティに関する注意喚起".to_owned(),
        body: BODY.to_owned(),
        ..WarningContent::empty("厚生労働省医政局", parse_date("2023-12-21").unwrap())
    }
}

fn paper(number: &str, title: &str, body: &str) -> PaperFields {
    PaperFields {
        number: number.to_owned(),
        title: title.to_owned(),
        issuer: "厚生労働省 医政局 総務課".to_owned(),
        body: body.to_owned(),
        ..PaperFields::default()
    }
}

#[track_caller]
fn check(paper: &PaperFields, content: &WarningContent, reasons: &[Reason]) {
    assert_eq!(compare(&paper.into(), &content.into()), reasons);
}

#[test]
fn a_number_is_the_same_in_full_width_kanji_numerals_and_with_blanks() {
    for text in [
        "医政研発０３１４第１号",
        "医政研発0314第1号",
        "医政研発 0314 第一号",
        "医政研発0314第01号",
    ] {
        let numbers: Vec<String> = read_heading(text).numbers.into_iter().collect();
        assert_eq!(numbers, ["医政研発0314第1号"], "{text}");
    }
    let joint = read_heading(
        "医政研発0314第１号、薬生機発0314第３号・薬生安発0314第１号\n平成二十八年三月十四日",
    );
    assert_eq!(joint.numbers.len(), 3);
    assert_eq!(joint.issued_on, parse_date("2016-03-14"));
    assert!(read_heading("第三者に第2号様式を").numbers.is_empty());
}

#[test]
fn the_date_is_read_in_every_spelling() {
    for text in [
        "事務連絡 令和5年12月21日",
        "事　務　連　絡\n令和５年１２月２１日\n各都道府県",
        "事務連絡（令和五年十二月二十一日）",
        "R5.12.21 事務連絡",
        "事務連絡 2023/12/21",
        "事務連絡 2023年12月21日付け",
        "事務連絡 二〇二三年十二月二十一日",
    ] {
        let heading = read_heading(text);
        assert_eq!((heading.memo, heading.issued_on), (true, parse_date("2023-12-21")), "{text}");
    }
    assert_eq!(read_heading("電話 03-5253-1111 内線 2").issued_on, None);
}

#[test]
fn a_copy_is_proposed_with_its_reasons() {
    let memo = paper("事務連絡 令和５年１２月２１日", "年末の注意について（周知）", "");
    check(&memo, &signed(), &[Reason::MemoOfDay, Reason::Date]);
    let titled = paper("", "年末年始の情報セキュリティに関する　注意喚起", "");
    check(&titled, &signed(), &[Reason::Title]);
    let forwarded = paper(
        "日医発第99号",
        "厚労省からの通知",
        &format!("標記の件、別紙のとおり通知がありました。{BODY}"),
    );
    check(&forwarded, &signed(), &[Reason::Text(100)]);
    let numbered = WarningContent { number: "医政研発1221第1号".to_owned(), ..signed() };
    check(&paper("医政研発１２２１第一号", "別の件名", ""), &numbered, &[Reason::Number]);
}

#[test]
fn another_memo_of_the_same_office_is_not_proposed_and_doubts_are_named() {
    let later =
        paper("事務連絡 令和6年8月1日", "夏季休暇の注意喚起", "熱中症に気をつけてください。");
    check(&later, &signed(), &[]);
    let other_year = paper("事務連絡 令和6年12月21日", &signed().title, "");
    check(&other_year, &signed(), &[Reason::Title, Reason::OtherDate]);
    let numbered = WarningContent { number: "医政研発1221第1号".to_owned(), ..signed() };
    let doubtful = paper("医政研発0801第2号", &signed().title, "");
    check(&doubtful, &numbered, &[Reason::Title, Reason::OtherNumber]);
}

#[test]
fn a_mail_file_fills_the_fields_for_a_person_to_look_over() {
    let mail = "From: =?UTF-8?B?5Yy75bir5Lya?= <office@example.jp>\r\nSubject: =?UTF-8?B?5rOo5oSP5Zaa6LW3?=\r\n\
        Date: Thu, 21 Dec 2023 16:30:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n事務連絡\r\n各位\r\n";
    let fields = read_mail(mail.as_bytes()).unwrap();
    assert_eq!((fields.title.as_str(), fields.from.as_str()), ("注意喚起", "医師会"));
    assert_eq!((fields.number.as_str(), fields.came_by), ("事務連絡", CameBy::Mail));
    assert_eq!(fields.issued_on, parse_date("2023-12-22"), "the day in Japan");
    assert_eq!(fields.issuer, "", "who sends a mail is not its issuer");
}

#[tokio::test]
async fn nothing_becomes_a_copy_until_a_person_says_so_and_it_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let clock = Arc::new(FixedClock(Instant::parse("2026-11-20T09:00:00+09:00").unwrap()));
    let desk = PaperDesk::new(Arc::clone(&store), clock, Arc::new(SeededChance::new(3)));
    let by = Signer { person: "it".into(), name: "情報 花子".to_owned() };
    let entered = desk.enter(paper("事務連絡", "注意喚起", BODY), &by).await.unwrap();
    assert!(entered.waits());
    assert!(desk.enter(paper("事務連絡", " ", BODY), &by).await.is_err());
    let key = WarningKey { origin: "mhlw".into(), id: "w1".into() };
    let of = Original::Warning(key);
    let copy = desk.same(&entered.id, of.clone(), &by).await.unwrap();
    assert!(copy.is_copy_of(&of) && !copy.waits());
    let itself = Original::Paper { id: entered.id.clone() };
    assert!(desk.same(&entered.id, itself, &by).await.is_err());
    let own = desk.another(&entered.id, &by).await.unwrap();
    assert!(own.waits() && matches!(own.sameness, Sameness::Another { .. }));
    desk.handle(&entered.id, Answer::NotAffected, "対象機器なし", &by).await.unwrap();
    assert!(!desk.get(&entered.id).await.unwrap().waits());
    let kinds: Vec<String> = store
        .stream_entries(&format!("warning-paper/{}", entered.id), 0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(kinds, ["paper_entered", "paper_compared", "paper_compared", "paper_handled"]);
}

proptest! {
    #[test]
    fn any_text_is_compared_and_with_itself_nothing_speaks_against_it(
        number in ".{0,30}", title in ".{0,20}", body in "[ぁ-ん一-十0-9年月日第号発 ]{0,200}"
    ) {
        let _ = read_mail(body.as_bytes());
        let fields = paper(&number, &title, &body);
        let own = Compared::from(&fields);
        let reasons = compare(&own, &own);
        prop_assert!(!reasons.contains(&Reason::OtherNumber) && !reasons.contains(&Reason::OtherDate));
    }
}

#[test]
fn what_is_no_text_gives_no_fields() {
    assert_eq!(read_text(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), None, "a photograph");
    let shift_jis = b"\x92\x8d\x88\xd3\x8a\xab\x8b\x4e\r\n";
    assert_eq!(read_text(shift_jis).map(|fields| fields.body), Some("注意喚起".to_owned()));
}
