//! Files that the record names by their digest, outside the running node: proved against the record, and carried along when it moves.
//!
//! Photographs of evidence, papers that came unsigned, files that go with warnings: each kind in a folder, one file for each digest.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sakimori_federation::FILE_BYTES_MAX;
use sakimori_ledger::Store;
use sakimori_respond::custody::{PICTURE_BYTES_MAX, photographs};
use sakimori_words::{Digest, Lang, Trouble};

use crate::node::digest_files::{ATTACHMENTS_FOLDER, PAPERS_FOLDER, PHOTOGRAPHS_FOLDER};
use crate::{data_folder, files, troubles};

/// Largest file of any kind, in bytes.
const BYTES_MAX: u64 = if PICTURE_BYTES_MAX > FILE_BYTES_MAX {
    PICTURE_BYTES_MAX as u64
} else {
    FILE_BYTES_MAX as u64
};

/// A kind of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    /// Its folder in the data folder.
    folder: &'static str,
    /// What the folder beside an exported file adds to that file's name.
    suffix: &'static str,
    /// Its name: Japanese, English.
    name: [&'static str; 2],
}

const PHOTOGRAPHS: Kind = Kind {
    folder: PHOTOGRAPHS_FOLDER,
    suffix: ".photos",
    name: ["証拠の写真", "photographs of evidence"],
};

const PAPERS: Kind = Kind {
    folder: PAPERS_FOLDER,
    suffix: ".papers",
    name: ["届いた文書（署名なし）", "papers that came unsigned"],
};

const ATTACHMENTS: Kind = Kind {
    folder: ATTACHMENTS_FOLDER,
    suffix: ".attachments",
    name: ["注意喚起の添付資料", "files of warnings"],
};

/// What the record says there is: each file once, with what it belongs to.
pub(crate) struct FilesOnRecord {
    kinds: Vec<(Kind, BTreeMap<Digest, String>)>,
}

/// How the files of one kind compare with the record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    kind: Kind,
    /// How many are there with the bytes that the record names.
    n_sound: usize,
    /// The others.
    faults: Vec<Fault>,
}

/// A file that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    /// What it belongs to.
    item: String,
    /// Its digest by the record.
    sha256: Digest,
    /// Whether there is a file, with other bytes.
    changed: bool,
}

/// The folder of a kind that goes with an exported file.
fn beside(file: &Path, kind: Kind) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(kind.suffix);
    PathBuf::from(name)
}

impl FilesOnRecord {
    /// Those that the record names. A file of a warning that is still awaited is not missing.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) async fn read(store: &dyn Store) -> Result<Self, Trouble> {
        let photographs = photographs(store).await.map_err(|error| error.trouble())?;
        let photographs = photographs.into_iter().map(|(item, photo)| (photo.sha256, item));
        let papers = sakimori_warn::paper::files(store).await.map_err(|error| error.trouble())?;
        let attachments =
            sakimori_warn::attachments(store).await.map_err(|error| error.trouble())?;
        let mut attachments: BTreeMap<Digest, String> = attachments.into_iter().collect();
        for awaited in
            sakimori_federation::awaited_files(store).await.map_err(|error| error.trouble())?
        {
            attachments.remove(&awaited.file.digest);
        }
        Ok(Self {
            kinds: vec![
                (PHOTOGRAPHS, photographs.collect()),
                (PAPERS, papers.into_iter().collect()),
                (ATTACHMENTS, attachments),
            ],
        })
    }

    /// Reads every file of a data folder again. Kinds of which there are none are left out.
    ///
    /// # Errors
    /// When one is there and cannot be read.
    pub(crate) fn prove(&self, data: &Path) -> Result<Vec<Compared>, Trouble> {
        self.each(|kind, files| compare(kind, files, &data.join(kind.folder), |_, _| Ok(())))
    }

    /// Takes the files of a data folder along with the file the record was written to. A changed one stays behind: a copy of it would
    /// pass for the one on record.
    ///
    /// # Errors
    /// When one cannot be read or written.
    pub(crate) fn carry_out(&self, data: &Path, file: &Path) -> Result<Vec<Compared>, Trouble> {
        self.each(|kind, files| carry(kind, files, &data.join(kind.folder), &beside(file, kind)))
    }

    /// Brings the files that lie beside an exported file into a data folder.
    ///
    /// # Errors
    /// When one cannot be read or written.
    pub(crate) fn carry_in(&self, file: &Path, data: &Path) -> Result<Vec<Compared>, Trouble> {
        self.each(|kind, files| carry(kind, files, &beside(file, kind), &data.join(kind.folder)))
    }

    fn each(
        &self,
        act: impl Fn(Kind, &BTreeMap<Digest, String>) -> Result<Compared, Trouble>,
    ) -> Result<Vec<Compared>, Trouble> {
        let some = self.kinds.iter().filter(|(_, files)| !files.is_empty());
        some.map(|(kind, files)| act(*kind, files)).collect()
    }
}

fn carry(
    kind: Kind,
    files: &BTreeMap<Digest, String>,
    from: &Path,
    to: &Path,
) -> Result<Compared, Trouble> {
    std::fs::create_dir_all(to)
        .and_then(|()| data_folder::restrict(to, 0o700))
        .map_err(|error| files::refused(to, &error))?;
    compare(kind, files, from, |name, bytes| {
        let path = to.join(name);
        data_folder::replace_file(&path, bytes).map_err(|error| files::refused(&path, &error))
    })
}

/// Compares every file with the record and hands those that fit to `take`.
fn compare(
    kind: Kind,
    files: &BTreeMap<Digest, String>,
    folder: &Path,
    take: impl Fn(&str, &[u8]) -> Result<(), Trouble>,
) -> Result<Compared, Trouble> {
    let mut compared = Compared { kind, n_sound: 0, faults: vec![] };
    for (sha256, item) in files {
        let name = sha256.to_string();
        let path = folder.join(&name);
        let there = path.try_exists().map_err(|error| files::refused(&path, &error))?;
        let bytes = match there {
            true => files::read_given(&path, BYTES_MAX)?,
            false => Vec::new(),
        };
        if there && Digest::of(&bytes) == *sha256 {
            take(&name, &bytes)?;
            compared.n_sound += 1;
        } else {
            let (item, sha256) = (item.clone(), *sha256);
            compared.faults.push(Fault { item, sha256, changed: there });
        }
    }
    Ok(compared)
}

impl Compared {
    /// Whether every file of the record is there as it was.
    pub(crate) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// What was found, a line for each fault.
    pub(crate) fn words(&self, lang: Lang) -> String {
        let (n, wrong) = (self.n_sound, self.faults.len());
        let [ja, en] = self.kind.name;
        let mut text = match (lang, self.is_sound()) {
            (Lang::Ja, true) => format!("{ja}: {n} 個すべて、記録のハッシュ値のとおりです\n"),
            (Lang::En, true) => format!("{en}: all {n} are as their digests on record\n"),
            (Lang::Ja, false) => {
                format!("{ja}: {wrong} 個が記録と違います（{n} 個は記録のとおり）\n")
            }
            (Lang::En, false) => format!("{en}: {wrong} NOT as on record ({n} are)\n"),
        };
        for Fault { item, sha256, changed } in &self.faults {
            let what = match (lang, changed) {
                (Lang::Ja, true) => "中身が変わっている",
                (Lang::Ja, false) => "ファイルがない",
                (Lang::En, true) => "its bytes were changed",
                (Lang::En, false) => "the file is missing",
            };
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  ! {item} {sha256}: {what}");
        }
        text
    }

    /// What to do about the faults; `None` when there is none.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        let names = self.faults.iter().map(|fault| format!("{} {}", fault.item, fault.sha256));
        let names: Vec<String> = names.collect();
        (!self.is_sound()).then(|| Trouble::new(&troubles::FILES_ON_RECORD, names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sakimori_content::Content;
    use sakimori_federation::Files as _;
    use sakimori_respond::custody::{EvidenceKind, ItemFacts, Photo, picture};
    use sakimori_respond::{Actor, CaseDesk, LearnedFrom, Opening, Origin};
    use sakimori_testkit::{SeededChance, StepClock};
    use sakimori_words::Instant;
    use tempfile::TempDir;

    use super::*;
    use crate::node::digest_files::DigestFiles;

    const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe1, b'E', b'x', b'i', b'f'];

    /// A data folder with one case and one photograph of one item.
    async fn photographed() -> (TempDir, Arc<dyn Store>) {
        let data = TempDir::new().unwrap();
        let address = format!("sqlite:{}", data.path().join("ledger.sqlite").display());
        let store: Arc<dyn Store> = sakimori_ledger::open(&address).await.unwrap();
        let at = Instant::parse("2026-11-20T18:40:00+09:00").unwrap();
        let desk = CaseDesk::new(
            Arc::clone(&store),
            Arc::new(StepClock::new(at)),
            Arc::new(SeededChance::new(1)),
            Arc::new(Content::embedded().unwrap()),
        );
        let by = Actor::system();
        let opening = Opening {
            title: "画面がおかしい".to_owned(),
            origin: Origin::Person { sentence: "暗号化された".to_owned() },
            learned_from: LearnedFrom::Staff,
            detected_at: None,
            knew_at: None,
            exercise: false,
        };
        let case = desk.open(&opening, &by).await.unwrap();
        let facts = ItemFacts {
            kind: EvidenceKind::Disk,
            machine: "EMR-DB01".to_owned(),
            ..ItemFacts::default()
        };
        let no = desk.find_evidence(&case.id, &facts, &by).await.unwrap().no;
        let (media_type, sha256) = picture(JPEG).unwrap();
        DigestFiles::of_photographs(data.path()).keep(sha256, JPEG.to_vec()).await.unwrap();
        let photo = Photo {
            sha256,
            media_type: media_type.to_owned(),
            bytes: JPEG.len() as u64,
            note: String::new(),
            at,
            by: by.clone(),
        };
        desk.photograph_evidence(&case.id, &no, &photo, &by).await.unwrap();
        (data, store)
    }

    #[tokio::test]
    async fn photographs_go_along_with_an_export_and_come_back_with_it() {
        let (data, store) = photographed().await;
        let on_record = FilesOnRecord::read(store.as_ref()).await.unwrap();
        let (away, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let file = away.path().join("state.jsonl");
        assert_eq!(on_record.carry_out(data.path(), &file).unwrap()[0].n_sound, 1);
        assert!(!on_record.prove(other.path()).unwrap()[0].is_sound(), "not there yet");
        assert!(on_record.carry_in(&file, other.path()).unwrap()[0].is_sound());
        let name = Digest::of(JPEG).to_string();
        assert_eq!(std::fs::read(other.path().join(PHOTOGRAPHS_FOLDER).join(name)).unwrap(), JPEG);
    }

    #[tokio::test]
    async fn a_changed_or_missing_photograph_is_named_and_never_carried_on() {
        let (data, store) = photographed().await;
        let on_record = FilesOnRecord::read(store.as_ref()).await.unwrap();
        let path = data.path().join(PHOTOGRAPHS_FOLDER).join(Digest::of(JPEG).to_string());
        std::fs::write(&path, b"other").unwrap();
        let away = TempDir::new().unwrap();
        let compared =
            on_record.carry_out(data.path(), &away.path().join("state.jsonl")).unwrap().remove(0);
        assert!(
            compared.words(Lang::En).contains("E-001")
                && compared.words(Lang::En).contains("changed")
        );
        assert_eq!(std::fs::read_dir(away.path().join("state.jsonl.photos")).unwrap().count(), 0);
        std::fs::remove_file(&path).unwrap();
        let compared = on_record.prove(data.path()).unwrap().remove(0);
        assert!(compared.words(Lang::Ja).contains("ファイルがない"));
        assert_eq!(compared.trouble().unwrap().kind.code, troubles::FILES_ON_RECORD.code);
    }
}
