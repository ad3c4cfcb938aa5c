//! `sakimori export|import`: the organisation's state as neutral lines, to move between SQLite and PostgreSQL or to a new machine.
//!
//! Files that the record names by their digest go along in folders beside it: `<file>.photos` of evidence, `<file>.papers` that came
//! unsigned, `<file>.attachments` of warnings.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::data_folder;
use crate::files;
use crate::files_on_record::{Compared, FilesOnRecord};
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;

/// Writes the state out.
pub(super) struct Export;

/// Reads it into an empty ledger.
pub(super) struct Import;

impl Command for Export {
    fn name(&self) -> &'static str {
        "export"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "記録（事案・報告・設定など）をファイルに、証拠の写真・届いた文書・添付資料をその隣のフォルダに書き出します",
            "writes the records (cases, reports, settings) to a file, photographs, papers and attached files beside it",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(file_argument(world)).arg(super::data_argument(world)).arg(
            Arg::new("with-secrets").long("with-secrets").action(ArgAction::SetTrue).help(
                world.say([
                    "アカウントの認証情報も含めます（ファイルは金庫で保管してください）",
                    "includes the accounts' verifiers; keep the file in a safe",
                ]),
            ),
        )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let (data, path) = (super::existing_data_folder(given)?, file(given));
        let settings = Settings::load(&data)?.unwrap_or_default();
        let bar = world.waiting(world.say(["書き出し中", "exporting"]));
        let (n_entries, on_record) = super::block_on(async {
            let store = stores::existing_ledger(&data, &settings).await?;
            let file =
                data_folder::private_file(&path).map_err(|error| files::refused(&path, &error))?;
            let mut out = BufWriter::new(file);
            let n_entries =
                sakimori_ledger::export(store.as_ref(), &mut out, given.get_flag("with-secrets"))
                    .await
                    .map_err(|error| error.trouble())?;
            out.flush().map_err(|error| files::refused(&path, &error))?;
            Ok::<_, Trouble>((n_entries, FilesOnRecord::read(store.as_ref()).await?))
        })??;
        bar.finish_and_clear();
        world.note(&format!("{}: {n_entries}", world.say(["書き出した記録", "entries written"])));
        Ok(told(&on_record.carry_out(&data, &path)?, world))
    }
}

impl Command for Import {
    fn name(&self) -> &'static str {
        "import"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "書き出した記録と隣のフォルダのファイルを、空の保存先に読み込みます",
            "reads exported records and the files beside them into an empty ledger",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(file_argument(world)).arg(super::data_argument(world)).arg(
            Arg::new("ledger").long("ledger").value_name("ADDRESS").help(world.say([
                "読み込み先（sqlite:… または postgres://…。省くとデータフォルダの設定）",
                "where to (sqlite:… or postgres://…; default: the data folder's own)",
            ])),
        )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let (data, path) = (super::data_folder(given), file(given));
        data_folder::make(&data)?;
        let _held = data_folder::hold(&data)?;
        let mut settings = Settings::load(&data)?.unwrap_or_default();
        if let Some(address) = given.get_one::<String>("ledger") {
            settings.ledger.clone_from(address);
        }
        let bar = world.waiting(world.say(["読み込み中", "importing"]));
        let (n_entries, on_record) = super::block_on(async {
            let store = stores::ledger(&data, &settings).await?;
            let mut input =
                BufReader::new(File::open(&path).map_err(|error| files::refused(&path, &error))?);
            let n_entries = sakimori_ledger::import(store.as_ref(), &mut input)
                .await
                .map_err(|error| error.trouble())?;
            Ok::<_, Trouble>((n_entries, FilesOnRecord::read(store.as_ref()).await?))
        })??;
        bar.finish_and_clear();
        settings.save(&data)?;
        world.note(&format!("{}: {n_entries}", world.say(["読み込んだ記録", "entries read"])));
        Ok(told(&on_record.carry_in(&path, &data)?, world))
    }
}

/// Says how the files fared; one that stayed behind is a check that fails.
fn told(kinds: &[Compared], world: &World) -> Outcome {
    let mut outcome = Outcome::Fine;
    for compared in kinds {
        world.note(compared.words(world.lang).trim_end());
        if let Some(trouble) = compared.trouble() {
            world.note(&trouble.render(world.lang));
            outcome = Outcome::Findings;
        }
    }
    outcome
}

fn file_argument(world: &World) -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(world.say(["ファイル", "the file"]))
}

fn file(given: &ArgMatches) -> PathBuf {
    given.get_one::<PathBuf>("file").cloned().unwrap_or_default()
}
