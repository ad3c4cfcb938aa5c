//! A real PostgreSQL server that a test starts for itself. Also used by the tests of the stores and of the binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A server of its own, with its socket in its own folder and no network; stopped when dropped.
pub(crate) struct Server {
    folder: TempDir,
    programs: PathBuf,
    /// How it is reached besides its socket.
    pub(crate) network: String,
}

impl Server {
    /// Makes and starts it.
    pub(crate) fn start() -> Self {
        let server = Self::new();
        server.control("start");
        server
    }

    pub(crate) fn new() -> Self {
        let programs = newest_programs();
        let folder = tempfile::Builder::new().prefix("sakimori-pg").tempdir_in("/tmp").unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let network = "-c listen_addresses=''".to_owned();
        let server = Self { folder, programs, network };
        let data = server.data();
        let mut initdb = server.program("initdb");
        initdb.args(["-A", "trust", "-U", "sakimori", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
        run(&mut initdb);
        server
    }

    /// `pg_ctl start`, `restart` or `stop`.
    pub(crate) fn control(&self, what: &str) {
        let sockets = self.folder.path().display();
        let mut pg_ctl = self.program("pg_ctl");
        pg_ctl.args(["-w", "-m", "fast", "-D"]).arg(self.data());
        pg_ctl.arg("-l").arg(self.folder.path().join("server.log"));
        pg_ctl.args(["-o", &format!("-k {sockets} {}", self.network), what]);
        run(&mut pg_ctl);
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of PostgreSQL, as a user it agrees to run under.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() {
            let mut runuser = Command::new("runuser");
            runuser.args(["-u", "postgres", "--"]).arg(path);
            runuser
        } else {
            Command::new(path)
        };
        command.current_dir("/tmp");
        command
    }

    /// Its address, with further options of the connection.
    pub(crate) fn address(&self, options: &str) -> String {
        let sockets = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgresql:///postgres?host={sockets}&user=sakimori{options}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control("stop");
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.starts_with(b"0\n")
}

fn newest_programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("needs the PostgreSQL server programs (Debian: apt-get install postgresql)")
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|folder: &PathBuf| Path::new(&folder.join("initdb")).is_file())
        .collect();
    found.sort();
    found.pop().expect("no initdb under /usr/lib/postgresql")
}

pub(crate) fn run(command: &mut Command) {
    // Not captured through a pipe: a started server would keep the pipe open.
    let status = command.stdout(std::process::Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}
