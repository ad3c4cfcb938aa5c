//! Key files: 32 secret bytes each, made once, readable by this account only.

use std::path::{Path, PathBuf};

use sakimori_words::{Chance, Trouble};
use zeroize::Zeroizing;

use crate::data_folder::{self, restrict};
use crate::troubles;

/// The keys of one data folder.
pub(crate) struct Keys {
    folder: PathBuf,
}

impl Keys {
    /// Opens `keys/` inside `data`, making it when it is not there.
    ///
    /// # Errors
    /// SK-NODE-006 when it cannot be made or restricted to this account.
    pub(crate) fn open(data: &Path) -> Result<Self, Trouble> {
        let folder = data.join("keys");
        std::fs::create_dir_all(&folder)
            .and_then(|()| restrict(&folder, 0o700))
            .map_err(|error| refused(&folder, &error))?;
        Ok(Self { folder })
    }

    /// The 32 bytes called `name`, made from `chance` at the first call and the same ever after.
    ///
    /// # Errors
    /// SK-NODE-006 when the file cannot be read or written, or is not 32 bytes long.
    pub(crate) fn secret(
        &self,
        name: &str,
        chance: &dyn Chance,
    ) -> Result<Zeroizing<[u8; 32]>, Trouble> {
        let path = self.folder.join(name);
        match std::fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => secret_of(&path, &bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut secret = Zeroizing::new([0_u8; 32]);
                chance.fill(&mut *secret);
                self.write(name, &*secret)?;
                Ok(secret)
            }
            Err(error) => Err(refused(&path, &error)),
        }
    }

    /// The 32 bytes called `name` when they were made before; `None` when this folder never had them.
    ///
    /// # Errors
    /// SK-NODE-006 when the file is there and cannot be used.
    pub(crate) fn existing_secret(
        data: &Path,
        name: &str,
    ) -> Result<Option<Zeroizing<[u8; 32]>>, Trouble> {
        let path = data.join("keys").join(name);
        match std::fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => secret_of(&path, &bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(&path, &error)),
        }
    }

    /// Reads the text file `name`; `None` when it is not there yet.
    ///
    /// # Errors
    /// SK-NODE-006 when it is there and cannot be read.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Zeroizing<String>>, Trouble> {
        let path = self.folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(&path, &error)),
        }
    }

    /// Writes `bytes` as `name`, durable and readable by this account only.
    ///
    /// # Errors
    /// SK-NODE-006 when that fails.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let path = self.folder.join(name);
        data_folder::replace_file(&path, bytes).map_err(|error| refused(&path, &error))
    }
}

fn secret_of(path: &Path, bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, Trouble> {
    let secret = <[u8; 32]>::try_from(bytes);
    secret
        .map(Zeroizing::new)
        .map_err(|_| Trouble::new(&troubles::KEYS, format!("{}: not 32 bytes", path.display())))
}

fn refused(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(&troubles::KEYS, format!("{}: {error}", path.display()))
}
