//! Every source reads its samples as its `expected/` folder says.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use sakimori_content::Content;
use sakimori_watch::sources::{
    Context, CsvMap, FileContext, Limits, Reading, SOURCES, read_file_with, understood,
};
use sakimori_words::{Event, Instant};

#[test]
fn every_source_reads_its_samples_as_expected() {
    for source in SOURCES {
        let folder = sources_folder().join(source.name());
        let samples = files(&folder.join("samples"));
        assert!(!samples.is_empty(), "{} has no samples", source.name());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder.join("expected"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for sample in samples {
            let name = sample.file_name().unwrap().to_str().unwrap().to_owned();
            settings.bind(|| insta::assert_snapshot!(name.clone(), show_file(&sample, &name)));
        }
    }
}

#[test]
fn every_source_has_a_folder_with_readme_and_every_folder_is_a_source() {
    let mut folders: Vec<String> = std::fs::read_dir(sources_folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    folders.sort();
    let mut names: Vec<&str> = SOURCES.iter().map(|source| source.name()).collect();
    names.sort_unstable();
    assert_eq!(folders, names);
    for name in names {
        assert!(sources_folder().join(name).join("README.md").try_exists().unwrap(), "{name}");
    }
}

fn sources_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sources")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn show_file(path: &Path, name: &str) -> String {
    let context = Context {
        source: "sample".to_owned(),
        received_at: Instant::parse("2026-11-20T09:00:05Z").unwrap(),
    };
    let mut shown = String::new();
    let mut input = Cursor::new(std::fs::read(path).unwrap());
    let maps = built_in_maps();
    let file = FileContext {
        name,
        context: &context,
        written_by: context.received_at,
        maps: &maps,
        wanted: None,
    };
    read_file_with(&file, &mut input, &Limits::STANDARD, &mut |reading| match reading {
        Reading::Event { file, record, event } => {
            assert_eq!(file, name);
            writeln!(shown, "--- {record}\n{}", show(&event)).unwrap();
        }
        Reading::Passed => panic!("every record was asked for"),
        Reading::Unreadable(part) => writeln!(shown, "--- UNREADABLE {part:?}").unwrap(),
    })
    .unwrap();
    shown
}

fn built_in_maps() -> Vec<CsvMap> {
    let content = Content::embedded().unwrap();
    let parse = |map: &sakimori_content::CsvMapText| {
        CsvMap::parse(&map.text).unwrap_or_else(|error| panic!("{}: {error}", map.file))
    };
    content.csv_maps().iter().map(parse).collect()
}

#[test]
fn every_built_in_column_map_is_whole_and_named_as_its_file() {
    let content = Content::embedded().unwrap();
    for (text, map) in content.csv_maps().iter().zip(built_in_maps()) {
        assert_eq!(text.file, format!("watch/csv_maps/{}.toml", map.name()));
    }
    assert!(!content.csv_maps().is_empty());
}

/// The event in lines: columns that say something, then the native fields.
fn show(event: &Event) -> String {
    let class_uid = if event.class_uid == 0 { String::new() } else { event.class_uid.to_string() };
    let columns = [
        (
            "time",
            if event.time == event.received_at {
                "(received)".into()
            } else {
                event.time.rfc3339()
            },
        ),
        ("product", event.product.clone()),
        ("service", event.service.clone()),
        ("class_uid", class_uid),
        ("activity", event.activity.clone()),
        ("status", event.status.clone()),
        ("host", event.host.clone()),
        ("user", event.user.clone()),
        ("patient", event.patient.clone()),
        ("src_ip", event.src_ip.clone()),
        ("dst_ip", event.dst_ip.clone()),
        ("process", event.process.clone()),
        ("message", event.message.clone()),
    ];
    let mut lines = if understood(event) { vec![] } else { vec!["NOT UNDERSTOOD".to_owned()] };
    lines.extend(
        columns
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name}: {text}")),
    );
    lines.extend(event.src.iter().map(|(name, value)| format!("  {name} = {value:?}")));
    lines.join("\n")
}
