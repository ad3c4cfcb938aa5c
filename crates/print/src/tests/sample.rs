use proptest::prelude::*;
use sakimori_words::document::{
    Block, Check, Column, Datum, Document, FormVersion, LetterHead, Row, Table,
};
use sakimori_words::{Date, Digest, Instant, Lang};

/// A prompt report as a hospital hands it in.
pub(super) fn report() -> Document {
    let row = |code: &str, label: &str, value: Datum| Row::new(code, label, value);
    let knew = Instant::parse("2026-11-20T18:40:00+09:00").unwrap();
    Document {
        id: "50DC0952-1".to_owned(),
        version: "2026-11-20T19:05".to_owned(),
        source: Digest::of(b"report"),
        form: Some(FormVersion { id: "first-report".to_owned(), version: "2026.1".to_owned() }),
        lang: Lang::Ja,
        dated: Date::constant(2026, 11, 20),
        head: LetterHead {
            number: "報告番号 50DC0952-1".to_owned(),
            addressees: vec![
                "厚生労働省医政局　御中".to_owned(),
                "見本県医療政策課　御中".to_owned(),
            ],
            sender: vec![
                "見本市民病院".to_owned(),
                "見本県見本市見本町1-2-3".to_owned(),
                "情報システム室 髙﨑 見本".to_owned(),
            ],
            title: "サイバー攻撃等事案報告書（速報・第1報）".to_owned(),
            marks: vec!["訓練　実際の事案ではありません".to_owned(), "下書き（承認前）".to_owned()],
            opening: "標記について、下記のとおり報告します。".to_owned(),
        },
        blocks: vec![
            Block::Heading("1 事案の概要".to_owned()),
            Block::Rows(vec![
                row("title", "件名", Datum::text("電子カルテが起動しない（ランサムウェアの疑い）")),
                row("knew_at", "知った日時", Datum::Moment(knew)),
                row("systems", "影響を受けたシステム", Datum::text("電子カルテ\n医事会計\nPACS")),
                row("intrusion", "侵入経路", Datum::Unknown),
                row(
                    "files",
                    "暗号化された拡張子",
                    Datum::text(r"C:\Users\Public\Documents\受付\readme_0123456789abcdef.locked"),
                ),
                row("beds", "許可病床数", Datum::Number(150)),
                row("since", "復旧の見込み", Datum::Day(Date::constant(2019, 5, 1))),
            ]),
            Block::Heading("2 連絡した先".to_owned()),
            Block::Table(Table {
                code: "calls".to_owned(),
                caption: "第一報の連絡先と応答".to_owned(),
                columns: vec![
                    Column::new("at", "日時", 3),
                    Column::new("whom", "連絡先", 3),
                    Column::new("answer", "応答", 4),
                    Column::new("minutes", "分", 1),
                ],
                rows: vec![
                    vec![
                        Datum::Moment(knew),
                        Datum::text("電子カルテ保守会社"),
                        Datum::text("回線を切断して待機"),
                        Datum::Number(12),
                    ],
                    vec![
                        Datum::Moment(knew.plus_seconds(900)),
                        Datum::text("見本県警察本部サイバー犯罪対策課"),
                        Datum::text("受理 第0120号"),
                        Datum::Number(7),
                    ],
                ],
            }),
            Block::Heading("3 確認".to_owned()),
            Block::Checks(vec![
                Check {
                    code: "cut".to_owned(),
                    label: "外部回線を切断した".to_owned(),
                    ticked: true,
                },
                Check {
                    code: "kept".to_owned(),
                    label: "ログを保全した".to_owned(),
                    ticked: false,
                },
            ]),
            Block::Note("「調査中」は、判明し次第、続報で報告します。".to_owned()),
        ],
        foot: vec!["承認 見本 花子（院長）（2026-11-20 19:10）".to_owned()],
    }
}

/// A report of about ten pages.
pub(super) fn long_report() -> Document {
    let mut document = report();
    let table = document.blocks.iter().find(|block| matches!(block, Block::Table(_))).cloned();
    let Some(Block::Table(mut table)) = table else { panic!("the sample has a table") };
    let rows = table.rows.clone();
    table.rows = rows.iter().cycle().take(260).cloned().collect();
    document.blocks.push(Block::Table(table));
    document
}

/// Documents of any text and any shape.
pub(super) fn any_document() -> impl Strategy<Value = Document> {
    let text = || any_text().boxed();
    let head = (text(), prop::collection::vec(text(), 0..3), text(), text(), text()).prop_map(
        |(number, lines, title, mark, opening)| LetterHead {
            number,
            addressees: lines.clone(),
            sender: lines,
            title,
            marks: vec![mark],
            opening,
        },
    );
    let blocks = prop::collection::vec(any_block(), 0..5);
    let days = prop_oneof![
        Just(Date::MIN),
        Just(Date::MAX),
        Just(Date::constant(1900, 2, 28)),
        Just(Date::constant(2026, 11, 20))
    ];
    (text(), head, blocks, days, any::<bool>()).prop_map(|(id, head, blocks, dated, ja)| Document {
        version: id.clone(),
        id,
        source: Digest::of(b""),
        form: None,
        lang: if ja { Lang::Ja } else { Lang::En },
        dated,
        head,
        blocks,
        foot: vec![String::new()],
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "[ぁ-ん一-龠、。「」]{0,60}",
        "\\PC{0,20}",
        any::<String>(),
        Just("#set page(width: 1cm) = *a* $x$ \\ @b <c> `d` //".to_owned()),
        Just("=HYPERLINK(\"https://example.com\")".to_owned()),
    ]
}

fn any_datum() -> impl Strategy<Value = Datum> {
    prop_oneof![
        any_text().prop_map(Datum::Text),
        any::<i64>().prop_map(Datum::Number),
        any::<i64>().prop_map(|at| Datum::Moment(Instant::from_micros(at))),
        prop_oneof![Just(Date::MIN), Just(Date::MAX), Just(Date::constant(1900, 3, 1))]
            .prop_map(Datum::Day),
        Just(Datum::Unknown),
    ]
}

fn any_block() -> impl Strategy<Value = Block> {
    let row = (any_text(), any_text(), any_datum());
    let row = row.prop_map(|(code, label, value)| Row { code, label, value });
    let columns = prop::collection::vec((any_text(), any_text(), any::<u8>()), 0..8);
    let cells = prop::collection::vec(prop::collection::vec(any_datum(), 0..9), 0..4);
    let table = (any_text(), columns, cells).prop_map(|(code, columns, rows)| Table {
        caption: code.clone(),
        code,
        columns: columns
            .into_iter()
            .map(|(code, title, share)| Column { code, title, share })
            .collect(),
        rows,
    });
    let check = (any_text(), any_text(), any::<bool>());
    let check = check.prop_map(|(code, label, ticked)| Check { code, label, ticked });
    prop_oneof![
        any_text().prop_map(Block::Heading),
        any_text().prop_map(Block::Paragraph),
        any_text().prop_map(Block::Note),
        prop::collection::vec(row, 0..5).prop_map(Block::Rows),
        table.prop_map(Block::Table),
        prop::collection::vec(check, 0..4).prop_map(Block::Checks),
        Just(Block::PageBreak),
    ]
}
