//! A real browser, a real PostgreSQL, a real small disk. Run by `.ci/run` after `cargo xtask setup-peers`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::house::{House, Peer, count, printed, run, sakimori, wait_for};
use crate::http::{post, token};
use crate::postgres_server::Server;

#[test]
#[ignore = "needs PostgreSQL"]
fn a_node_keeps_its_records_in_postgresql_and_moves_them_to_a_file() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    std::fs::create_dir_all(&data).unwrap();
    let address = server.address("");
    std::fs::write(data.join("sakimori.toml"), format!("ledger = \"{address}\"\n")).unwrap();
    let house = House::start(&data);
    assert!(house.setup_link.is_some());
    house.stop();
    let house = House::start(&data);
    assert!(!data.join("ledger.sqlite").try_exists().unwrap());
    house.stop();
    let data = data.display().to_string();
    assert_eq!(run(&["verify", "--data", &data]).status.code(), Some(0));
    let (file, moved) = (folder.path().join("records"), folder.path().join("moved"));
    let (file, moved) = (file.display().to_string(), moved.display().to_string());
    assert!(run(&["export", &file, "--data", &data, "--with-secrets"]).status.success());
    assert!(run(&["import", &file, "--data", &moved]).status.success());
    let head = |data: &str| {
        let said = printed(&run(&["verify", "--data", data]));
        said.lines().find(|line| line.contains("head of the journal")).unwrap().to_owned()
    };
    assert_eq!(head(&data), head(&moved));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_node_keeps_the_catalogue_of_its_log_in_postgresql_and_notices_a_forged_row() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    std::fs::create_dir_all(&data).unwrap();
    let address = server.address("");
    std::fs::write(data.join("sakimori.toml"), format!("catalogue = \"{address}\"\n")).unwrap();
    let house = House::start(&data);
    let mut sender = std::net::TcpStream::connect(house.syslog).unwrap();
    std::io::Write::write_all(&mut sender, b"<134>Nov 21 10:00:00 fw01 kernel: a line\n").unwrap();
    wait_for("the line comes in", || count(&data, "true") == 1);
    house.stop();
    assert!(!data.join("lake").join("catalogue").try_exists().unwrap());
    let house = House::start(&data);
    assert_eq!(count(&data, "true"), 1);
    house.stop();
    let verify = || run(&["verify", "--data", &data.display().to_string()]);
    let output = verify();
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    let forge = "UPDATE lake_catalogue SET line = replace(line, '\"n\":0', '\"n\": 0') WHERE n = 0";
    let forged = Command::new("psql").args([&address, "-c", forge]).output().unwrap();
    assert_eq!(printed(&forged).trim(), "UPDATE 1");
    let output = verify();
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert!(printed(&output).contains("catalogue line 1 was changed"), "{}", printed(&output));
}

/// A file system of 40 MiB that is there until the test ends.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=40m", "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(mounted.unwrap().success(), "a small disk can be mounted");
        Self(folder)
    }

    /// Takes every byte that is left.
    fn fill(&self) -> PathBuf {
        use std::io::Write;
        let path = self.0.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        for piece in [1 << 20, 4_096, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_full_disk_holds_senders_back_and_loses_nothing() {
    use std::io::Write;
    let disk = SmallDisk::mount();
    let data = disk.0.path().join("node");
    let house = House::start(&data);
    let filler = disk.fill();
    let mut sender = std::net::TcpStream::connect(house.syslog).unwrap();
    for n in 0..2_000 {
        writeln!(sender, "<134>Nov 21 10:00:00 fw01 kernel: line {n} of the full disk").unwrap();
    }
    std::thread::sleep(std::time::Duration::from_secs(3));
    // The log was begun with the state of the clock, so a few lines still fit into its last page.
    assert!(count(&data, "true") < 2_000, "nothing is acknowledged that is not durable");
    std::fs::remove_file(filler).unwrap();
    wait_for("the lines come in once there is room", || count(&data, "true") == 2_000);
    drop(sender);
    house.stop();
    let output = run(&["verify", "--data", &data.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_full_disk_tells_http_senders_to_come_again() {
    let disk = SmallDisk::mount();
    let data = disk.0.path().join("node");
    let house = House::start(&data);
    let bearer = format!("Bearer {}", token(&data, "emr"));
    let filler = disk.fill();
    let lines: String = (0..2_000).map(|n| format!("line {n} of the full disk\n")).collect();
    let send =
        || post(&house, "/intake/v1/events", &[("Authorization", &bearer)], lines.as_bytes());
    let refused = send();
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(count(&data, "true"), 0, "what was refused is not kept half");
    std::fs::remove_file(filler).unwrap();
    wait_for("the lines come in once there is room", || send().status == 200);
    assert_eq!(count(&data, "true"), 2_000);
    house.stop();
}

#[test]
#[ignore = "needs ../shared/data/evtx"]
fn a_hunt_over_real_windows_logs_finds_attacks_and_reads_damaged_files() {
    let folder = shared().join("evtx");
    let output = run(&["hunt", &folder.display().to_string(), "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed(&output).lines().count() > 50);
}

fn shared() -> PathBuf {
    let folder = std::env::var_os("SAKIMORI_SHARED").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    folder.join("data")
}

/// Every screen of the demonstration, in both languages, on a desk and on a telephone: no accessibility violation, no script
/// error, and the pictures for the README.
#[test]
#[ignore = "needs chromium, node and tests/browser/node_modules"]
fn the_demonstration_closes_the_loop_in_a_real_browser() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = sakimori()
        .args(["up", "--demo", "--data"])
        .arg(folder.path().join("demo"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = demo_address(&mut child);
    let demo = Peer(child);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser");
    let status =
        Command::new("node").arg("walk.mjs").arg(&address).current_dir(tests).status().unwrap();
    drop(demo);
    assert!(status.success(), "the browser's walk failed");
}

/// Two processes, set up by hand as on the first evening: wizard, authenticator, a second officer, a code between the two, a
/// warning down, and an answer that waits while the office is away and arrives once.
#[test]
#[ignore = "needs chromium, node and tests/browser/node_modules"]
fn a_hospital_and_its_prefecture_are_set_up_in_a_real_browser() {
    let folder = tempfile::tempdir().unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser");
    let status = Command::new("node")
        .args(["offices.mjs", env!("CARGO_BIN_EXE_sakimori")])
        .arg(folder.path())
        .current_dir(tests)
        .status()
        .unwrap();
    assert!(status.success(), "the first evening failed");
}

fn demo_address(child: &mut Child) -> String {
    use std::io::BufRead;
    let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut lines = stdout.lines().map_while(Result::ok);
    let address = lines
        .find_map(|line| line.trim().strip_prefix("open").map(|rest| rest.trim().to_owned()))
        .unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    address
}
