//! Settings: `sakimori.toml` in the data folder, overridden by the command line, with one default that is right for most.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sakimori_lake::RetentionDays;
use sakimori_words::Trouble;
use serde::{Deserialize, Serialize};

use crate::data_folder;
use crate::troubles;

/// Name of the settings file inside the data folder.
pub(crate) const FILE_NAME: &str = "sakimori.toml";

/// What this process is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// In an institution: logs, detection, first response.
    #[default]
    Node,
    /// In an office: warnings down, reports up.
    Hub,
}

/// All settings. Unknown names are refused, so that a misspelt one is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Node or hub.
    pub(crate) role: Role,
    /// Where browsers connect. Loopback speaks plain HTTP; any other address speaks TLS with the node's own CA.
    pub(crate) listen: SocketAddr,
    /// Names and addresses under which browsers and other organisations reach this machine; they go into its certificate.
    pub(crate) names: Vec<String>,
    /// Where syslog arrives, UDP and TCP. Nodes only.
    pub(crate) syslog: SocketAddr,
    /// Where syslog over TLS arrives (RFC 5425). Nodes only.
    pub(crate) syslog_tls: SocketAddr,
    /// Folder in which log files are dropped; relative to the data folder.
    pub(crate) inbox: PathBuf,
    /// Growing files to follow.
    pub(crate) follow: Vec<PathBuf>,
    /// Organisation state: `sqlite:PATH` (relative to the data folder) or `postgres://…`.
    pub(crate) ledger: String,
    /// Where sealed log segments go: empty for the data folder, or `s3://bucket/prefix` in a build with that feature.
    pub(crate) segments: String,
    /// How long logs are kept, in days, by class. The 2021-06-28 notice (3(1)⑧) recommends a year or more.
    pub(crate) retention_days: RetentionDays,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: Role::Node,
            listen: SocketAddr::from(([127, 0, 0, 1], 8460)),
            names: Vec::new(),
            syslog: SocketAddr::from(([0, 0, 0, 0], 5514)),
            syslog_tls: SocketAddr::from(([0, 0, 0, 0], 6514)),
            inbox: PathBuf::from("inbox"),
            follow: Vec::new(),
            ledger: "sqlite:ledger.sqlite".to_owned(),
            segments: String::new(),
            retention_days: RetentionDays::default(),
        }
    }
}

impl Settings {
    /// The settings of a data folder; `None` when the folder has none yet.
    ///
    /// # Errors
    /// SK-NODE-005 with file and line when they cannot be read or contain something unknown or out of range.
    pub(crate) fn load(data: &Path) -> Result<Option<Self>, Trouble> {
        let path = data.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(&path, &error.to_string())),
        };
        if text.trim().is_empty() {
            // Every setting has a default, so an emptied file would quietly turn a hub into a node with another ledger.
            return Err(refused(&path, "the file is empty"));
        }
        let settings: Self =
            toml::from_str(&text).map_err(|error| refused(&path, &error.to_string()))?;
        settings.check().map_err(|why| refused(&path, why))?;
        Ok(Some(settings))
    }

    /// Writes them, so that the next start finds the same house. The file is replaced in one step and holds the ledger's
    /// password, so it is closed to other accounts.
    ///
    /// # Errors
    /// SK-NODE-003 when the folder cannot be written.
    pub(crate) fn save(&self, data: &Path) -> Result<(), Trouble> {
        let text =
            toml::to_string_pretty(self).map_err(|error| refused(data, &error.to_string()))?;
        let path = data.join(FILE_NAME);
        data_folder::replace_file(&path, text.as_bytes()).map_err(|error| {
            Trouble::new(&troubles::DATA_FOLDER, format!("{}: {error}", path.display()))
        })
    }

    /// The ledger's address with a relative SQLite path resolved against the data folder.
    pub(crate) fn ledger_address(&self, data: &Path) -> String {
        match self.ledger.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", data.join(path).display()),
            None => self.ledger.clone(),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.retention_days.shortest() < 366 {
            return Err("retention_days must be 366 or more (2021-06-28 notice, 3(1)(8))");
        }
        Ok(())
    }
}

fn refused(path: &Path, why: &str) -> Trouble {
    Trouble::new(&troubles::SETTINGS, format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_being_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            role: Role::Hub,
            names: vec!["hub.example.jp".to_owned()],
            ..Settings::default()
        };
        settings.save(folder.path()).unwrap();
        assert_eq!(Settings::load(folder.path()).unwrap(), Some(settings));
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "role = \"node\"\nretension_days = 500\n")
            .unwrap();
        let trouble = Settings::load(folder.path()).unwrap_err();
        assert_eq!(trouble.kind.code, "SK-NODE-005");
        assert!(trouble.detail.contains("line 2"), "{}", trouble.detail);
    }

    #[test]
    fn logs_cannot_be_set_to_less_than_a_year() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "[retention_days]\ntraffic = 90\n").unwrap();
        assert_eq!(Settings::load(folder.path()).unwrap_err().kind.code, "SK-NODE-005");
    }
}
