//! `sakimori bundle`: the post of an organisation without a line, carried on a medium.
//!
//! The file holds what waits for one neighbour, signed like everything that travels by wire. What was written still waits until
//! the neighbour has said, by wire or by a bundle of its own, how far it has read; reading a file twice does no harm. Beside it lies
//! a signature that a person can check with minisign before the medium is let near anything else.
//!
//! `introduce`, `ask`, `admit` and `join` are the enrolment by code in four steps, for a network that has no line at all.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_federation::{BundleSignature, FILE_BYTES_MAX, FileError, Neighbour, Post};
use sakimori_words::{OrganisationId, Trouble};

use super::{Command, Outcome};
use crate::data_folder;
use crate::files;
use crate::node::stores;
use crate::settings::Settings;
use crate::troubles;
use crate::world::World;

/// Longest bundle that is read, in bytes: far above what [`Post::write_bundle`] makes, far below this machine's memory.
const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Longest file of an enrolment, and longest signature, in bytes.
const PAPER_BYTES_MAX: u64 = 64 * 1024;

/// The command.
pub(super) struct Bundle;

impl Command for Bundle {
    fn name(&self) -> &'static str {
        "bundle"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "通信できない連携先との受け渡しを、USB などのファイルで行います",
            "carries messages to and from an organisation without a line, on a medium",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let to = [
            "相手の名前または ID（連携先が一つなら省けます）",
            "the neighbour's name or id (may be left out when there is only one)",
        ];
        let of = [
            "相手の名前または ID（省くと自機関の鍵）",
            "the neighbour's name or id (our own key when left out)",
        ];
        let code = [
            "窓口から電話などで聞いた接続コード",
            "the connection code the office told you, by telephone for example",
        ];
        let option = |name: &'static str, value: &'static str, help: [&'static str; 2]| {
            Arg::new(name).long(name).value_name(value).help(world.say(help))
        };
        let step = |name: &'static str, about: [&'static str; 2]| {
            clap::Command::new(name).about(world.say(about)).arg(super::data_argument(world))
        };
        command.subcommand_required(true).subcommands([
            step(
                "write",
                [
                    "相手に届いていないものを、署名ファイルと一緒に書き出します",
                    "writes everything that waits for a neighbour, and a signature beside it",
                ],
            )
            .arg(file("file", world))
            .arg(option("to", "NAME", to)),
            step(
                "read",
                [
                    "相手が書き出したファイルを受け取ります",
                    "takes in a file that a neighbour wrote",
                ],
            )
            .arg(file("file", world)),
            step(
                "key",
                [
                    "署名ファイルを minisign で確かめるための公開鍵を表示します",
                    "shows the public key for checking signature files with minisign",
                ],
            )
            .arg(option("of", "NAME", of)),
            step(
                "introduce",
                [
                    "（窓口）回線のない機関へ渡す紹介ファイルを書き出します",
                    "(office) writes the introduction for an organisation without a line",
                ],
            )
            .arg(file("file", world)),
            step(
                "ask",
                [
                    "紹介ファイルと接続コードから、登録の申込ファイルを作ります",
                    "makes the request to join from the introduction and the connection code",
                ],
            )
            .arg(file("introduction", world))
            .arg(file("request", world))
            .arg(option("code", "CODE", code).required(true)),
            step(
                "admit",
                [
                    "（窓口）申込ファイルを受け付け、返事のファイルを書き出します",
                    "(office) takes in the request and writes the answer",
                ],
            )
            .arg(file("request", world))
            .arg(file("answer", world)),
            step(
                "join",
                [
                    "返事のファイルを受け取り、登録を終えます",
                    "takes the answer in; the organisation has joined",
                ],
            )
            .arg(file("answer", world)),
        ])
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let Some((name, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
        let data = super::existing_data_folder(given)?;
        super::block_on(async {
            let settings = Settings::load(&data)?.unwrap_or_default();
            let store = stores::existing_ledger(&data, &settings).await?;
            let post = stores::existing_post(&data, &settings, &store, world).await?;
            let desk = Desk { post: &post, given, world };
            match name {
                "write" => desk.write().await,
                "read" => desk.read().await,
                "key" => desk.key().await,
                "introduce" => desk.introduce(),
                "ask" => desk.ask().await,
                "admit" => desk.admit().await,
                _ => desk.join().await,
            }
        })??;
        Ok(Outcome::Fine)
    }
}

/// A required file, by its name in the help.
fn file(name: &'static str, world: &World) -> Arg {
    let help = match name {
        "introduction" => ["紹介ファイル", "the introduction"],
        "request" => ["申込ファイル", "the request to join"],
        "answer" => ["返事のファイル", "the answer"],
        _ => ["ファイル", "the file"],
    };
    let value = clap::builder::Str::from(name.to_uppercase());
    Arg::new(name)
        .value_name(value)
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(world.say(help))
}

/// What every step needs.
struct Desk<'d> {
    post: &'d Post,
    given: &'d ArgMatches,
    world: &'d World,
}

impl Desk<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.given.get_one::<PathBuf>(name).cloned().unwrap_or_default()
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.given.get_one::<String>(name).map(String::as_str)
    }

    /// Tells the person: Japanese, English.
    fn tell(&self, ja: &str, en: &str) {
        self.world.note(self.world.say([ja, en]));
    }

    async fn write(&self) -> Result<(), Trouble> {
        let neighbours = self.neighbours().await?;
        let to = &chosen(&neighbours, "--to", self.word("to"))?.organisation;
        let bytes = self.post.write_bundle(&to.id).await.map_err(|error| error.trouble())?;
        let path = self.path("file");
        put(&path, &bytes)?;
        put(&beside(&path), self.post.sign_bundle(&bytes, to).as_bytes())?;
        self.write_files(&path, &to.id).await?;
        let (path, name, key) = (path.display(), &to.name, self.post.medium_key());
        self.tell(
            &format!(
                "{path} に書き出しました（{name} あて）。署名は {path}.minisig です。相手の機器で `sakimori bundle read` を実行してください\n署名を確かめる方法: minisign -V -P {key} -m {path}"
            ),
            &format!(
                "written to {path}, for {name}, and its signature to {path}.minisig; run `sakimori bundle read` on their machine\nto check the signature: minisign -V -P {key} -m {path}"
            ),
        );
        Ok(())
    }

    /// The files that the messages in the bundle name, each under its digest in a folder beside it.
    async fn write_files(&self, path: &Path, to: &OrganisationId) -> Result<(), Trouble> {
        let waiting = self.post.files_waiting_for(to).await.map_err(|error| error.trouble())?;
        if waiting.is_empty() {
            return Ok(());
        }
        let folder = files_beside(path);
        std::fs::create_dir_all(&folder).map_err(|error| files::refused(&folder, &error))?;
        let mut n_missing = 0;
        for file in &waiting {
            match self.post.file(file).await {
                Ok(bytes) => put(&folder.join(file.digest.to_string()), &bytes)?,
                Err(FileError::NotHere) => n_missing += 1,
                Err(error) => return Err(error.trouble()),
            }
        }
        let (n, folder) = (waiting.len() - n_missing, folder.display());
        self.tell(
            &format!(
                "添付資料 {n} 個を {folder} に書き出しました。このフォルダーも一緒に渡してください"
            ),
            &format!("attached files written to {folder}: {n}; hand that folder over too"),
        );
        if n_missing > 0 {
            self.tell(
                &format!("添付資料 {n_missing} 個はこちらにもまだ届いていません。届いてから書き出し直してください"),
                &format!("attached files that are not here yet either: {n_missing}; write again when they are"),
            );
        }
        Ok(())
    }

    /// Takes in the awaited files that lie beside the bundle. What else lies there is not looked at.
    async fn read_files(&self, path: &Path) -> Result<(), Trouble> {
        let awaited = self.post.awaited_files().await.map_err(|error| error.trouble())?;
        let (mut n_taken, mut n_missing) = (0, 0);
        for awaited in &awaited {
            let file = files_beside(path).join(awaited.file.digest.to_string());
            let there = file.try_exists().unwrap_or(false);
            let taken = there && {
                let bytes = whole(&file, FILE_BYTES_MAX as u64)?;
                self.post.take_carried_file(bytes).await.map_err(|error| error.trouble())?
            };
            *(if taken { &mut n_taken } else { &mut n_missing }) += 1;
        }
        if n_taken > 0 {
            self.tell(
                &format!("添付資料 {n_taken} 個を受け取りました"),
                &format!("attached files taken in: {n_taken}"),
            );
        }
        if n_missing > 0 {
            let folder = files_beside(path);
            let folder = folder.display();
            self.tell(
                &format!("添付資料 {n_missing} 個がまだありません。{folder} に置いて、もう一度実行してください"),
                &format!("attached files still missing: {n_missing}; put them into {folder} and run this again"),
            );
        }
        Ok(())
    }

    async fn read(&self) -> Result<(), Trouble> {
        let path = self.path("file");
        let bytes = whole(&path, BUNDLE_BYTES_MAX)?;
        let taken = self.post.read_bundle(&bytes).await.map_err(|error| error.trouble())?;
        let (n_received, n_refused) = (taken.n_received, taken.n_refused);
        self.tell(
            &format!("新しく受け取ったもの: {n_received} 件、受け取れなかったもの: {n_refused} 件"),
            &format!("taken in: {n_received} new, {n_refused} refused"),
        );
        self.tell_signature(&path, &bytes).await?;
        self.read_files(&path).await?;
        if taken.more {
            self.tell(
                "相手にはまだ続きがあります。こちらで `bundle write` したファイルを相手に渡すと、次が書き出されます",
                "the sender has more waiting: give it a bundle of yours, and its next one goes on from there",
            );
        }
        Ok(())
    }

    /// Says what the signature file beside the bundle is worth. What was taken in has been verified by signatures of its own.
    async fn tell_signature(&self, path: &Path, bundle: &[u8]) -> Result<(), Trouble> {
        let text = signature_beside(path)?;
        let said = self.post.check_bundle_signature(bundle, text.as_deref()).await;
        let (ja, en) = match said.map_err(|error| error.trouble())? {
            BundleSignature::Fits(comment) => {
                (format!("署名ファイルは正しいものです: {comment}"), format!("the signature file fits: {comment}"))
            }
            BundleSignature::Missing => (
                "署名ファイル（.minisig）がありません。中身は 1 件ずつの電子署名で確かめてあります".to_owned(),
                "there is no signature file (.minisig); what was taken in has been verified by signatures of its own".to_owned(),
            ),
            BundleSignature::Wrong(why) => (
                format!("署名ファイル（.minisig）がこのファイルのものではありません（{why}）。中身は 1 件ずつの電子署名で確かめてありますが、誰が署名ファイルを替えたのか、相手に電話で確認してください"),
                format!("the signature file (.minisig) does not speak for this file: {why}; what was taken in has been verified by signatures of its own, but ask the sender by telephone who changed it"),
            ),
            BundleSignature::NoKey => (
                "相手の Sakimori が古く、署名ファイルの鍵が分かりません。中身は 1 件ずつの電子署名で確かめてあります".to_owned(),
                "the sender's Sakimori is older and names no key for its signature files; what was taken in has been verified by signatures of its own".to_owned(),
            ),
        };
        self.tell(&ja, &en);
        Ok(())
    }

    async fn key(&self) -> Result<(), Trouble> {
        let Some(word) = self.word("of") else {
            return self.world.print(&format!("{}\n", self.post.medium_key()));
        };
        let neighbours = self.neighbours().await?;
        let of = chosen(&neighbours, "--of", Some(word))?;
        match self.post.medium_key_of(of.id()).await.map_err(|error| error.trouble())? {
            Some(key) => self.world.print(&format!("{key}\n")),
            None => Err(Trouble::new(&troubles::NO_MEDIUM_KEY, of.organisation.name.clone())),
        }
    }

    fn introduce(&self) -> Result<(), Trouble> {
        let path = self.path("file");
        put(&path, &self.post.introduction(&[]))?;
        self.tell(
            "紹介ファイルを書き出しました。画面の「接続先」で「USB などで運ぶ」を選んで接続コードを作り、コードだけは電話などで伝えてください",
            "introduction written; make a connection code on the screen \"Connections\" with \"carried on a medium\" ticked, and tell the code by telephone, not on the medium",
        );
        Ok(())
    }

    async fn ask(&self) -> Result<(), Trouble> {
        let introduction = whole(&self.path("introduction"), PAPER_BYTES_MAX)?;
        let code = self.word("code").unwrap_or_default();
        let request = self.post.ask_by_medium(&introduction, code).await;
        put(&self.path("request"), &request.map_err(|error| error.trouble())?)?;
        self.tell(
            "申込ファイルを書き出しました。窓口の機器で `sakimori bundle admit` を実行してもらってください",
            "request written; the office runs `sakimori bundle admit` with it",
        );
        Ok(())
    }

    async fn admit(&self) -> Result<(), Trouble> {
        let request = whole(&self.path("request"), PAPER_BYTES_MAX)?;
        let answer = self.post.handle_enrolment(&request, "medium").await;
        put(&self.path("answer"), &answer.map_err(|error| error.trouble())?)?;
        self.tell(
            "登録し、返事のファイルを書き出しました。続けて `sakimori bundle write` で最初の連絡も書き出せます",
            "enrolled, and the answer written; `sakimori bundle write` can put the first messages beside it",
        );
        Ok(())
    }

    async fn join(&self) -> Result<(), Trouble> {
        let answer = whole(&self.path("answer"), PAPER_BYTES_MAX)?;
        let joined = self.post.join_by_medium(&answer).await.map_err(|error| error.trouble())?;
        let name = joined.organisation.name;
        self.tell(&format!("{name} に登録されました"), &format!("joined {name}"));
        Ok(())
    }

    async fn neighbours(&self) -> Result<Vec<Neighbour>, Trouble> {
        self.post.neighbours().await.map_err(|error| error.trouble())
    }
}

/// Where the signature of `path` lies: the name minisign expects.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// Where the files lie that the messages in `path` name.
fn files_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".files");
    name.into()
}

fn signature_beside(path: &Path) -> Result<Option<String>, Trouble> {
    let path = beside(path);
    if path.try_exists().is_ok_and(|there| !there) {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&files::read_given(&path, PAPER_BYTES_MAX)?).into_owned()))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    data_folder::replace_file(path, bytes).map_err(|error| files::refused(path, &error))
}

fn whole(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, Trouble> {
    let bytes = files::read_given(path, limit_bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit_bytes {
        let detail = format!("{}: more than {limit_bytes} bytes", path.display());
        return Err(Trouble::new(&troubles::FILE, detail));
    }
    Ok(bytes)
}

/// The active neighbour meant: by id, by name, or the only one.
fn chosen<'a>(
    neighbours: &'a [Neighbour],
    option: &str,
    given: Option<&str>,
) -> Result<&'a Neighbour, Trouble> {
    let active = || neighbours.iter().filter(|one| one.is_active());
    let known = || {
        let names = active().map(|one| format!("{} ({})", one.organisation.name, one.id()));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut meant = active().filter(|one| match given {
        Some(word) => *one.id() == OrganisationId::from(word) || one.organisation.name == word,
        None => true,
    });
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Trouble::new(&troubles::NEIGHBOUR, format!("{option}; {}", known()))),
        (Some(_), Some(_)) => {
            Err(Trouble::new(&troubles::NEIGHBOUR, format!("{option} ambiguous; {}", known())))
        }
    }
}
