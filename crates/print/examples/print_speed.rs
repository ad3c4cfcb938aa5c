//! How long a report of ten pages takes as PDF and as a workbook: CPU milliseconds of each after one that warms up; every run
//! prints other values. With a folder, the files are left there to be looked at.
//!
//! ```text
//! cargo run --release -p sakimori-print --example print_speed -- [FOLDER]
//! ```

use std::error::Error;
use std::path::PathBuf;

use sakimori_print::{Fonts, pdf, text, xlsx};
use sakimori_words::document::{Block, Check, Column, Datum, Document, LetterHead, Row, Table};
use sakimori_words::{Date, Digest, Instant, Lang};

const RUNS: i64 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let fonts = Fonts::find(None);
    say(&format!("fonts: {}", fonts.families().join(", ")));
    let file = pdf(&report(0), &fonts)?;
    say(&format!("PDF of {} bytes", file.len()));
    if let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) {
        std::fs::write(folder.join("report.pdf"), &file)?;
        std::fs::write(folder.join("report.xlsx"), xlsx(&report(0))?)?;
        std::fs::write(folder.join("report.txt"), text(&report(0)))?;
    }
    measure("PDF", |run| Ok(pdf(&report(run), &fonts)?.len()))?;
    measure("PDF, the same again", |_| Ok(pdf(&report(0), &fonts)?.len()))?;
    measure("XLSX", |run| Ok(xlsx(&report(run))?.len()))
}

fn measure(
    what: &str,
    make: impl Fn(i64) -> Result<usize, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (from, wall) = (cpu_seconds()?, std::time::Instant::now());
    for run in 1..=RUNS {
        make(run)?;
    }
    let per_run = |seconds: f64| seconds * 1_000.0 / 20.0;
    let (cpu, wall) = (per_run(cpu_seconds()? - from), per_run(wall.elapsed().as_secs_f64()));
    say(&format!("{what}: {cpu:.0} CPU ms, {wall:.0} ms each ({RUNS} runs)"));
    Ok(())
}

/// A report of ten pages; `run` makes its values others.
fn report(run: i64) -> Document {
    let at = |n: i64| Instant::from_micros(1_795_168_800_000_000).plus_seconds(run * 61 + n * 540);
    let rows = (0..14).map(|n| {
        let value = format!("院内の電子カルテ端末 {} 台で画面が暗号化を告げる表示に変わり、部門システムとの連携が停止した。\n代替手段: 紙カルテ", run + n);
        Row::new(format!("row-{n}"), format!("項目 {n}"), Datum::text(value))
    });
    let calls = (0..170).map(|n| {
        vec![
            Datum::Moment(at(n)),
            Datum::text("見本県警察本部サイバー犯罪対策課"),
            Datum::text(format!("第{}報を電話で連絡。回線を切断したまま待機との指示", run + n)),
        ]
    });
    Document {
        id: format!("50DC0952-{run}"),
        version: "1".to_owned(),
        source: Digest::of(&run.to_be_bytes()),
        form: None,
        lang: Lang::Ja,
        dated: Date::constant(2026, 11, 20),
        head: LetterHead {
            number: format!("報告番号 50DC0952-{run}"),
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
            marks: vec!["訓練　実際の事案ではありません".to_owned()],
            opening: "標記について、下記のとおり報告します。".to_owned(),
        },
        blocks: vec![
            Block::Heading("1 事案の概要".to_owned()),
            Block::Rows(rows.collect()),
            Block::Heading("2 確認".to_owned()),
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
            Block::Heading("3 経過".to_owned()),
            Block::Table(Table {
                code: "calls".to_owned(),
                caption: "連絡の記録".to_owned(),
                columns: vec![
                    Column::new("at", "日時", 5),
                    Column::new("whom", "連絡先", 4),
                    Column::new("what", "内容", 5),
                ],
                rows: calls.collect(),
            }),
        ],
        foot: vec!["承認 見本 花子（院長）（2026-11-20 19:10）".to_owned()],
    }
}

/// CPU seconds of this process and its threads, as the kernel counts them in hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u32 =
        fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(f64::from(ticks) / 100.0)
}

#[expect(clippy::print_stdout, reason = "the one writer of this measurement")]
fn say(line: &str) {
    println!("{line}");
}
