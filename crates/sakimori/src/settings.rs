//! Settings: `sakimori.toml` in the data folder, overridden by the command line, with one default that is right for most.

mod mail;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use sakimori_lake::RetentionDays;
use sakimori_words::Trouble;
use serde::{Deserialize, Serialize};

use crate::data_folder;
use crate::troubles;

pub(crate) use mail::{MailSecurity, MailSettings};

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

/// Whom the door for syslog over TLS lets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsClients {
    /// Everybody. A sender with an accepted certificate goes by the name in it, any other by its address.
    #[default]
    Any,
    /// Only senders with an accepted certificate (RFC 5425 §5.2): of this node's authority, or of one whose PEM file lies in
    /// `keys/log-senders/`.
    Certificate,
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
    /// Proxies in front of the screens, by their addresses: they speak TLS for us, and what they say of who asks is believed.
    pub(crate) proxies: Vec<IpAddr>,
    /// Where syslog arrives, UDP and TCP. Nodes only.
    pub(crate) syslog: SocketAddr,
    /// Where syslog over TLS arrives (RFC 5425). Nodes only.
    pub(crate) syslog_tls: SocketAddr,
    /// Whom that door lets in: `any` or `certificate`. Nodes only.
    pub(crate) syslog_tls_clients: TlsClients,
    /// Folder in which log files are dropped; relative to the data folder.
    pub(crate) inbox: PathBuf,
    /// Growing files to follow.
    pub(crate) follow: Vec<PathBuf>,
    /// Organisation state: `sqlite:PATH` (relative to the data folder) or `postgres://…`; on another machine with
    /// `?sslmode=verify-full&sslrootcert=PEM`.
    pub(crate) ledger: String,
    /// Where the signed catalogue of the segments is: empty for the data folder, or `postgres://…` as the ledger's, one schema
    /// a log.
    pub(crate) catalogue: String,
    /// Where sealed log segments go: empty for the data folder, or `s3://bucket/prefix` in a build with that feature.
    pub(crate) segments: String,
    /// How long logs are kept, in days, by class. The 2021-06-28 notice (3(1)⑧) recommends a year or more.
    pub(crate) retention_days: RetentionDays,
    /// Searches over many machines, in a build with that feature.
    pub(crate) grid: GridSettings,
    /// Warnings by mail. Hubs only; nothing is sent before it is switched on.
    pub(crate) mail: MailSettings,
}

/// Which searches go to other machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GridSettings {
    /// Where `sakimori grid scheduler` listens, as seen from here; none for searching on this machine alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scheduler: Option<SocketAddr>,
    /// Sealed events from which on searches go there. Smaller logs are searched faster here.
    pub(crate) events_min: u64,
}

impl Default for GridSettings {
    fn default() -> Self {
        Self { scheduler: None, events_min: 100_000_000 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: Role::Node,
            listen: SocketAddr::from(([127, 0, 0, 1], 8460)),
            names: Vec::new(),
            proxies: Vec::new(),
            syslog: SocketAddr::from(([0, 0, 0, 0], 5514)),
            syslog_tls: SocketAddr::from(([0, 0, 0, 0], 6514)),
            syslog_tls_clients: TlsClients::Any,
            inbox: PathBuf::from("inbox"),
            follow: Vec::new(),
            ledger: "sqlite:ledger.sqlite".to_owned(),
            catalogue: String::new(),
            segments: String::new(),
            retention_days: RetentionDays::default(),
            grid: GridSettings::default(),
            mail: MailSettings::default(),
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

    /// Whether several processes can answer for this house: they meet in a ledger that takes more than one.
    pub(crate) fn may_be_shared(&self) -> bool {
        self.role == Role::Hub && self.ledger.starts_with("postgres")
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
        if !self.catalogue.is_empty() && !is_postgres(&self.catalogue) {
            return Err("catalogue must be empty (the data folder) or postgres://…");
        }
        self.mail.check(self.role)?;
        match self.grid.scheduler {
            Some(_) if cfg!(not(feature = "grid")) => {
                Err("grid.scheduler: this build searches on one machine (cargo feature `grid`)")
            }
            Some(scheduler) if !scheduler.ip().is_loopback() => Err(
                "grid.scheduler must be an address of 127.0.0.1: join machines with `sakimori grid tunnel`",
            ),
            _ => Ok(()),
        }
    }
}

fn is_postgres(address: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme))
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
    fn settings_of_a_grid_that_are_wrong_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for (text, said) in [
            ("scheduler = \"search-1\"", "line 2"),
            ("scheduler = \"127.0.0.1\"", "line 2"),
            ("events_min = -1", "line 2"),
            ("event_min = 5", "event_min"),
            ("executors = [\"127.0.0.1:50051\"]", "executors"),
        ] {
            std::fs::write(folder.path().join(FILE_NAME), format!("[grid]\n{text}\n")).unwrap();
            let trouble = Settings::load(folder.path()).unwrap_err();
            assert_eq!(trouble.kind.code, "SK-NODE-005", "{text}");
            assert!(trouble.detail.contains(said), "{text}: {}", trouble.detail);
        }
        std::fs::write(folder.path().join(FILE_NAME), "[grid]\nevents_min = 5\n").unwrap();
        let settings = Settings::load(folder.path()).unwrap().unwrap();
        assert_eq!(settings.grid, GridSettings { scheduler: None, events_min: 5 });
    }

    #[cfg(not(feature = "grid"))]
    #[test]
    fn a_grid_is_not_promised_by_a_build_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[grid]\nscheduler = \"127.0.0.1:50050\"\n";
        std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let trouble = Settings::load(folder.path()).unwrap_err();
        assert!(trouble.detail.contains("cargo feature"), "{}", trouble.detail);
    }

    #[cfg(feature = "grid")]
    #[test]
    fn a_scheduler_on_another_machine_is_reached_through_a_tunnel_only() {
        let folder = tempfile::tempdir().unwrap();
        let load = |address: &str| {
            let text = format!("[grid]\nscheduler = \"{address}\"\n");
            std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
            Settings::load(folder.path())
        };
        assert!(load("127.0.0.1:50050").is_ok());
        assert_eq!(load("192.0.2.10:50050").unwrap_err().kind.code, "SK-NODE-005");
    }

    #[test]
    fn a_catalogue_is_in_the_data_folder_or_in_postgresql() {
        let folder = tempfile::tempdir().unwrap();
        let load = |address: &str| {
            let text = format!("catalogue = \"{address}\"\n");
            std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
            Settings::load(folder.path())
        };
        assert!(load("").is_ok());
        assert!(load("postgres:///sakimori?host=/run/postgresql").is_ok());
        assert_eq!(load("sqlite:catalogue.sqlite").unwrap_err().kind.code, "SK-NODE-005");
    }

    #[test]
    fn logs_cannot_be_set_to_less_than_a_year() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "[retention_days]\ntraffic = 90\n").unwrap();
        assert_eq!(Settings::load(folder.path()).unwrap_err().kind.code, "SK-NODE-005");
    }
}
