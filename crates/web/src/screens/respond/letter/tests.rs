use askama::Template as _;
use sakimori_respond::{PrintableReport, PrintedRow, PrintedSection};
use sakimori_words::{Lang, Text};

use super::{Letter, LetterPage};

fn document() -> PrintableReport {
    let row = |field: &str, label: [&str; 2], value: [&str; 2]| PrintedRow {
        field: field.to_owned(),
        label: Text::new(label[0], label[1]),
        value: Text::new(value[0], value[1]),
        open: false,
    };
    PrintableReport {
        title: Text::new(
            "サイバー攻撃等事案報告書（速報・第1報）",
            "Report (prompt report, no. 1)",
        ),
        dated: Text::new("令和8年11月20日", "2026-11-20"),
        addressees: vec![Text::new("厚生労働省　御中", "Ministry of Health, Labour and Welfare")],
        sender: Text::new("見本市民病院", "Sample Municipal Hospital"),
        banner: vec![Text::new("訓練　実際の事案ではありません", "EXERCISE: not a real incident")],
        sections: vec![PrintedSection {
            id: "damage".to_owned(),
            title: Text::new("被害状況", "Damage"),
            rows: vec![
                row(
                    "systems",
                    ["影響を受けたシステム", "Systems"],
                    ["電子カルテ\n医事会計", "Health record\nBilling"],
                ),
                row("note", ["脅迫文", "Ransom note"], ["<b>pay</b> & wait", "<b>pay</b> & wait"]),
            ],
        }],
    }
}

fn drawn(lang: Lang) -> String {
    let mut letter = Letter::of(&document(), lang);
    letter.number = "報告番号 50DC0952-1".to_owned();
    letter.sender.push("情報システム室 見本 太郎".to_owned());
    let page = LetterPage {
        lang,
        letter,
        back: "/cases/c/reports/r".to_owned(),
        path: "/cases/c/reports/r/letter".to_owned(),
        other: if lang == Lang::Ja { Lang::En } else { Lang::Ja },
        stylesheet: "/assets/letter.css",
        script: "/assets/sakimori.js",
    };
    page.render().unwrap()
}

#[test]
fn the_letter_stands_as_offices_expect_it() {
    insta::assert_snapshot!("letter-ja", drawn(Lang::Ja));
    insta::assert_snapshot!("letter-en", drawn(Lang::En));
}
