//! Other people's servers: which collections they have, and what is new in one since the last time.
//!
//! A page becomes a file, and only when that is on the disk the place moves on. A run that is cut off reads a page twice at worst.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_federation::{Fetch, FetchedAnswer, HTTP_SETTINGS, HttpSettings, fetch};
use sakimori_standards::ids;
use sakimori_standards::taxii::{
    Fetched, Heading, PAGE_OBJECTS_MAX, Place, PullError, Pulled, RemoteCollection,
    collections as listed,
};
use sakimori_words::{Lang, Trouble};
use serde_json::json;
use url::Url;

use super::super::Outcome;
use super::file_argument;
use crate::data_folder;
use crate::files;
use crate::troubles;
use crate::world::World;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Most API roots that are asked.
const ROOTS_MAX: usize = 20;

/// Most pages of one run: a server without an end must not fill the disk.
const PAGES_MAX: usize = 10_000;

/// Longest password or file of authorities, in bytes.
const SECRET_BYTES_MAX: u64 = 1 << 20;

/// The name of the file in which the place is kept.
const PLACE_FILE: &str = "place.taxii";

pub(super) fn collections_grammar(world: &World) -> clap::Command {
    let about = world.say(["サーバーにあるコレクションの一覧", "lists what a server has"]);
    with_access(clap::Command::new("collections").about(about.to_owned()), world)
}

pub(super) fn pull_grammar(world: &World) -> clap::Command {
    let about = world.say([
        "コレクションの新しい情報をフォルダに読み取ります。次は続きから読みます",
        "reads what is new in a collection into a folder, and goes on from there the next time",
    ]);
    let into = Arg::new("into")
        .long("into")
        .value_name("DIR")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(world.say([
            "保存先。`sakimori retro --indicators DIR` でさかのぼって調べられます",
            "where to; `sakimori retro --indicators DIR` looks back with it",
        ]));
    with_access(clap::Command::new("pull").about(about.to_owned()), world).arg(into)
}

fn with_access(command: clap::Command, world: &World) -> clap::Command {
    let url = Arg::new("url").value_name("URL").required(true).help(world.say([
        "アドレス（collections は入口または API ルート、pull は collections が示したもの）",
        "the address: discovery or an API root for collections, one that collections prints for pull",
    ]));
    let user = Arg::new("user")
        .long("user")
        .value_name("NAME")
        .requires("password-file")
        .help(world.say(["ユーザー名", "the user name"]));
    let password = file_argument(
        "password-file",
        "FILE",
        world.say(["パスワードだけを書いたファイル", "a file that holds the password alone"]),
    );
    let authorities = file_argument(
        "authorities",
        "PEM",
        world.say([
            "サーバーの証明書を発行した認証局（省けばこの機器が信頼するもの）",
            "the authorities that certify the server; those this machine trusts by default",
        ]),
    );
    let proxy = Arg::new("proxy")
        .long("proxy")
        .value_name("URL")
        .action(ArgAction::Set)
        .help(world.say(["プロキシ", "the proxy to go through"]));
    command.args([url, user, password, authorities, proxy])
}

/// `taxii collections`: the address of each collection, to be given to `pull`.
pub(super) async fn collections(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let server = Server::of(given)?;
    let heading = Heading::read(&server.get(&server.base).await?).map_err(|error| told(&error))?;
    let roots = match heading.api_roots.as_slice() {
        [] => vec![server.base.clone()],
        named => named.iter().take(ROOTS_MAX).filter_map(|root| server.below(root)).collect(),
    };
    for root in roots {
        let Ok(list) = joined(&root, "collections/") else { continue };
        match listed(&server.get(&list).await?) {
            Ok(own) => world.print(&lines(&list, &own, world.lang))?,
            Err(error) => world.note(&format!("{root}: {error}")),
        }
    }
    Ok(Outcome::Fine)
}

fn lines(list: &Url, own: &[RemoteCollection], lang: Lang) -> String {
    let may = |one: &RemoteCollection| match (one.can_read, lang) {
        (true, _) => "",
        (false, Lang::Ja) => "（読み取り不可）",
        (false, Lang::En) => " (not readable)",
    };
    let line = |one: &RemoteCollection| {
        let address = joined(list, &format!("{}/", one.id)).ok()?;
        let title: String = one.title.chars().filter(|sign| !sign.is_control()).collect();
        Some(format!("{address}\t{title}{}\n", may(one)))
    };
    own.iter().filter_map(line).collect()
}

/// `taxii pull`.
pub(super) async fn pull(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let server = Server::of(given)?;
    let folder = given.get_one::<PathBuf>("into").cloned().unwrap_or_default();
    data_folder::make(&folder)?;
    let objects = joined(&server.base, "objects/")?;
    let mut place = kept(&folder, &objects)?;
    let (mut n_objects, mut n_files) = (0, 0);
    for _ in 0..PAGES_MAX {
        let pulled = page(&server, &objects, &place).await?;
        if !pulled.objects.is_empty() {
            write_page(&folder, &pulled)?;
            n_files += 1;
            n_objects += pulled.objects.len();
        }
        keep(&folder, &objects, &pulled.place)?;
        place = pulled.place;
        if !pulled.more {
            break;
        }
    }
    let at = folder.display();
    world.note(&match world.lang {
        Lang::Ja => format!("{n_objects} 件を {n_files} 個のファイルに読み取りました: {at}"),
        Lang::En => format!("{n_objects} objects read into {n_files} files: {at}"),
    });
    Ok(Outcome::Fine)
}

/// The next page; from the beginning of this reading when the server has forgotten its mark.
async fn page(server: &Server, objects: &Url, place: &Place) -> Result<Pulled, Trouble> {
    let ask = async |place: &Place| {
        let mut url = objects.clone();
        url.query_pairs_mut().extend_pairs(place.query(PAGE_OBJECTS_MAX));
        server.get(&url).await
    };
    match place.take(&ask(place).await?) {
        Err(PullError::Refused { status: 400 | 404 | 410, .. }) if !place.next.is_empty() => {
            let again = place.begun_again();
            again.take(&ask(&again).await?).map_err(|error| told(&error))
        }
        other => other.map_err(|error| told(&error)),
    }
}

/// A page as a STIX bundle. Its name follows from what is in it, so that a page read twice is one file.
fn write_page(folder: &Path, pulled: &Pulled) -> Result<(), Trouble> {
    let text = json!(pulled.objects).to_string();
    let id = ids::derived("taxii", &[&text]);
    let bundle = json!({
        "type": "bundle", "id": format!("bundle--{id}"), "objects": pulled.objects,
    });
    let path = folder.join(format!("{id}.json"));
    write(&path, format!("{bundle:#}\n").as_bytes())
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct KeptPlace {
    collection: String,
    place: Place,
}

/// Where the reading stood. A folder belongs to one collection: another one's place would leave objects out.
fn kept(folder: &Path, objects: &Url) -> Result<Place, Trouble> {
    let path = folder.join(PLACE_FILE);
    if !path.try_exists().map_err(|error| files::refused(&path, &error))? {
        return Ok(Place::default());
    }
    let bytes = files::read_given(&path, SECRET_BYTES_MAX)?;
    let unfit = |why: String| Trouble::new(&troubles::FILE, format!("{}: {why}", path.display()));
    let kept: KeptPlace =
        serde_json::from_slice(&bytes).map_err(|error| unfit(error.to_string()))?;
    if kept.collection != objects.as_str() {
        return Err(unfit(format!("the folder belongs to {}", kept.collection)));
    }
    Ok(kept.place)
}

fn keep(folder: &Path, objects: &Url, place: &Place) -> Result<(), Trouble> {
    let kept = KeptPlace { collection: objects.to_string(), place: place.clone() };
    write(&folder.join(PLACE_FILE), json!(kept).to_string().as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    data_folder::replace_file(path, bytes).map_err(|error| files::refused(path, &error))
}

/// A server and how it is reached.
struct Server {
    base: Url,
    basic: Option<(String, String)>,
    authorities: Vec<u8>,
    settings: HttpSettings,
}

impl Server {
    fn of(given: &ArgMatches) -> Result<Self, Trouble> {
        let text = |name: &str| given.get_one::<String>(name).cloned();
        let file = |name: &str| {
            let path = given.get_one::<PathBuf>(name);
            path.map(|path| files::read_given(path, SECRET_BYTES_MAX)).transpose()
        };
        let password = file("password-file")?.unwrap_or_default();
        let password = String::from_utf8_lossy(&password).trim_end().to_owned();
        let typed = text("url").unwrap_or_default();
        let mut base = Url::parse(&typed)
            .map_err(|error| Trouble::new(&troubles::TAXII, format!("{typed}: {error}")))?;
        // Paths of TAXII end with a slash; without it a join would replace the last step.
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Ok(Self {
            base,
            basic: text("user").map(|user| (user, password)),
            authorities: file("authorities")?.unwrap_or_default(),
            settings: HttpSettings { proxy: text("proxy"), ..HTTP_SETTINGS },
        })
    }

    async fn get(&self, url: &Url) -> Result<Fetched, Trouble> {
        let what = Fetch {
            address: url.to_string(),
            accept: Place::ACCEPT.to_owned(),
            basic: self.basic.clone(),
            authorities: self.authorities.clone(),
            bytes_max: ANSWER_BYTES_MAX,
        };
        let answer = fetch(&what, &self.settings).await;
        let FetchedAnswer { status, mut headers, body } =
            answer.map_err(|error| Trouble::because(&troubles::TAXII, &error))?;
        let last = headers.remove("x-taxii-date-added-last").unwrap_or_default();
        Ok(Fetched { status, date_added_last: last, body })
    }

    /// An address that the server names, at the server itself: some name themselves wrongly, and credentials go nowhere else.
    fn below(&self, named: &str) -> Option<Url> {
        let named = self.base.join(named).ok()?;
        let mut here = self.base.clone();
        here.set_path(named.path());
        here.set_query(None);
        joined(&here, "").ok()
    }
}

fn joined(base: &Url, path: &str) -> Result<Url, Trouble> {
    base.join(path).map_err(|error| Trouble::because(&troubles::TAXII, &error))
}

fn told(error: &PullError) -> Trouble {
    Trouble::because(&troubles::TAXII, error)
}
