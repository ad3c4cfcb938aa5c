//! `sakimori evidence acquire disk|files|triage|memory|archive|logs`: from a source into a folder of its own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_evidence::{
    AcquireError, FileSource, Folder, Kind, Layout, List, MEMORY_HEAD_BYTES, Progress, Request,
    Said, Source as _, SourceFacts, Taken, Tool, Triage, acquire_files, acquire_image,
    recognise_archive, recognise_memory, resume_image, source_facts,
};
use sakimori_words::Trouble;

use super::{logs, path, text, words};
use crate::commands::Outcome;
use crate::files;
use crate::world::World;

/// The subcommand with one for each kind of source.
pub(super) fn grammar(world: &World) -> clap::Command {
    let kinds = [
        kind(
            "disk",
            "SOURCE",
            world,
            [
                "ディスク・パーティション・ファイルを丸ごと",
                "a disk, partition or file, byte for byte",
            ],
        ),
        kind(
            "files",
            "SOURCE",
            world,
            [
                "フォルダかファイルを、日時や権限とともに",
                "a folder or file, with times and permissions",
            ],
        ),
        triage(world),
        kind(
            "memory",
            "SOURCE",
            world,
            [
                "ほかの道具で取ったメモリのファイル（AVML・LiME・WinPmem・VMware など）",
                "a memory image made by AVML, LiME, WinPmem, VMware or another",
            ],
        ),
        kind(
            "archive",
            "SOURCE",
            world,
            ["Velociraptor や UAC で集めたファイル", "what Velociraptor or UAC collected"],
        ),
        logs::grammar(common(clap::Command::new("logs"), world), world),
    ];
    clap::Command::new("acquire")
        .about(world.say([
            "証拠を取得します（取得元には書き込みません）",
            "takes evidence; nothing is written to the source",
        ]))
        .subcommand_required(true)
        .subcommands(kinds)
}

fn kind(
    name: &'static str,
    value_name: &'static str,
    world: &World,
    about: [&'static str; 2],
) -> clap::Command {
    let command = clap::Command::new(name).about(world.say(about).to_owned()).arg(
        Arg::new("source")
            .value_name(value_name)
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help(world.say(["取得元", "what to take"])),
    );
    common(command, world)
}

fn triage(world: &World) -> clap::Command {
    let about = [
        "Linux の状態（プロセス、通信、利用者、予約実行、ログなど）を、消えやすい順に",
        "the state of a Linux (processes, connections, accounts, schedules, logs), the most fleeting first",
    ];
    let root = Arg::new("source")
        .value_name("ROOT")
        .default_value("/")
        .value_parser(value_parser!(PathBuf))
        .help(world.say([
            "この機器なら /、外したディスクならマウントした場所",
            "/ for this machine, or where the disk of another one is mounted",
        ]));
    common(clap::Command::new("triage").about(world.say(about).to_owned()).arg(root), world)
}

fn common(command: clap::Command, world: &World) -> clap::Command {
    let option = |name: &'static str, help: [&'static str; 2]| {
        Arg::new(name).long(name).value_name("TEXT").help(world.say(help).to_owned())
    };
    command
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FOLDER")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(world.say([
                    "保存先のフォルダ（空か、まだないもの。取得元とは別のディスク）",
                    "the folder to write: empty or new, on another disk than the source",
                ])),
        )
        .arg(option("case", ["事案の番号", "the case it belongs to"]))
        .arg(option(
            "title",
            ["見出し（例: 受付 PC-03 の内蔵ディスク）", "a title, e.g. disk of reception PC-03"],
        ))
        .arg(option("examiner", ["取得した人", "who takes it"]))
        .arg(option("witness", ["立ち会った人", "who watches"]))
        .arg(option("note", ["備考", "anything else"]))
        .arg(
            Arg::new("patience")
                .long("patience")
                .value_name("SECONDS")
                .default_value("60")
                .value_parser(value_parser!(u64))
                .help(world.say([
                    "読めない場所のある 4 MiB ごとに、細かく読み直す時間の上限（あきらめた範囲は記録します）",
                    "longest time that the bad places of each 4 MiB are read again in small pieces; what is given up is recorded",
                ])),
        )
        .arg(Arg::new("resume").long("resume").action(ArgAction::SetTrue).help(world.say([
            "止まったところから続けます（disk・memory・archive）",
            "goes on where it stopped (disk, memory, archive)",
        ])))
}

/// Takes what was asked for.
pub(super) fn run(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let Some((kind, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
    let request = request(given, world);
    let source = if kind == "logs" { PathBuf::new() } else { path(given, "source") };
    let resume = given.get_flag("resume");
    if resume && matches!(kind, "files" | "triage" | "logs") {
        let folder = request.folder;
        return Err(AcquireError::NothingToResume(folder).trouble());
    }
    let taken = match kind {
        "disk" => image(&request, Kind::Disk, &source, resume, String::new(), None, world)?,
        "memory" => memory(&request, &source, resume, world)?,
        "archive" => archive(&request, &source, resume, world)?,
        "files" => folder(&request, &source, world)?,
        "triage" => triage_of(&request, &source, world)?,
        _ => logs::acquire(&request, given, world)?,
    };
    world.note(&words::taken(&taken, &request.folder, world.lang));
    Ok(Outcome::Fine)
}

fn request<'a>(given: &ArgMatches, world: &'a World) -> Request<'a> {
    let said = Said {
        title: text(given, "title"),
        examiner: text(given, "examiner"),
        witness: text(given, "witness"),
        case: text(given, "case"),
        note: text(given, "note"),
    };
    let folder = path(given, "out");
    let patience = Duration::from_secs(given.get_one("patience").copied().unwrap_or_default());
    Request {
        folder,
        said,
        tool: tool(),
        layout: Layout::USUAL,
        patience,
        clock: world.clock.as_ref(),
    }
}

/// This program, with the digest of its own file.
fn tool() -> Tool {
    let own = std::env::current_exe().ok();
    let digest = own.and_then(|own| sakimori_evidence::file_sha256(&own).ok()).unwrap_or_default();
    Tool { name: "sakimori".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), digest }
}

fn memory(
    request: &Request<'_>,
    source: &Path,
    resume: bool,
    world: &World,
) -> Result<Taken, Trouble> {
    let mut head = Vec::new();
    let file = std::fs::File::open(source).map_err(|error| files::refused(source, &error))?;
    file.take(MEMORY_HEAD_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(|error| files::refused(source, &error))?;
    let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let recognised = recognise_memory(&head, &name).to_owned();
    image(request, Kind::Memory, source, resume, recognised, None, world)
}

fn archive(
    request: &Request<'_>,
    source: &Path,
    resume: bool,
    world: &World,
) -> Result<Taken, Trouble> {
    let recognised = recognise_archive(source).map_err(|error| files::refused(source, &error))?;
    let as_what = recognised.as_what.to_owned();
    image(request, Kind::Archive, source, resume, as_what, recognised.list, world)
}

fn image(
    request: &Request<'_>,
    kind: Kind,
    path: &Path,
    resume: bool,
    recognised: String,
    list: Option<(List, Vec<u8>)>,
    world: &World,
) -> Result<Taken, Trouble> {
    if sakimori_evidence::lies_on(&request.folder, path) {
        return Err(AcquireError::OnTheSource(request.folder.clone()).trouble());
    }
    let mut source = FileSource::open(path).map_err(|error| error.trouble())?;
    let facts = SourceFacts { recognised, ..source_facts(path, source.size_bytes()) };
    for place in &facts.mounted_at {
        world.note(&words::mounted(place, world.lang));
    }
    if files::free_bytes(existing(&request.folder)).is_some_and(|free| free < facts.size_bytes) {
        world.note(words::may_not_fit(world.lang));
    }
    let bar = world.progress_bytes(facts.size_bytes, world.say(["取得中", "taking"]));
    let mut tell = |progress: Progress| bar.set_position(progress.done_bytes);
    let taken = if resume {
        resume_image(request, kind, &facts, &mut source, list, &mut tell)
    } else {
        acquire_image(request, kind, facts, &mut source, list, &mut tell)
    };
    bar.finish_and_clear();
    taken.map_err(|error| error.trouble())
}

/// The folder, or the nearest above it that is there.
fn existing(folder: &Path) -> &Path {
    folder.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("."))
}

fn folder(request: &Request<'_>, source: &Path, world: &World) -> Result<Taken, Trouble> {
    std::fs::symlink_metadata(source).map_err(|error| files::refused(source, &error))?;
    let wanted = Folder { root: source.to_path_buf(), except: request.folder.clone() };
    take(request, Kind::Files, source, &wanted, world)
}

fn triage_of(request: &Request<'_>, root: &Path, world: &World) -> Result<Taken, Trouble> {
    std::fs::read_dir(root).map_err(|error| files::refused(root, &error))?;
    let except = std::path::absolute(&request.folder).unwrap_or_else(|_| request.folder.clone());
    let wanted = Triage { root: root.to_path_buf(), except, now: world.clock.now() };
    take(request, Kind::Triage, root, &wanted, world)
}

/// Takes a collection of files.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn take(
    request: &Request<'_>,
    kind: Kind,
    source: &Path,
    wanted: &dyn sakimori_evidence::WantedShared,
    world: &World,
) -> Result<Taken, Trouble> {
    let facts = source_facts(source, 0);
    let bar = world.waiting(world.say(["取得中", "taking"]));
    let tell = &mut |progress: Progress| bar.set_position(progress.done_bytes);
    let taken = acquire_files(request, kind, facts, wanted, tell);
    bar.finish_and_clear();
    taken.map_err(|error| error.trouble())
}
