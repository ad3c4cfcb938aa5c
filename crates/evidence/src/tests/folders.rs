use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::{Folder, Triage, WantedShared, acquire_files};

fn take_files(out: &Path, wanted: &dyn WantedShared) -> Taken {
    let facts = SourceFacts::default();
    acquire_files(&request(out), Kind::Files, facts, wanted, &mut |_| {}).unwrap()
}

fn list(out: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(out.join("list.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(list: &[serde_json::Value], path: &str) -> serde_json::Value {
    list.iter().find(|line| line["path"] == path).unwrap_or_else(|| panic!("{path}")).clone()
}

/// A folder with what folders hold.
fn house(folder: &Path) -> PathBuf {
    let root = folder.join("share");
    fs::create_dir_all(root.join("診療")).unwrap();
    fs::write(root.join("診療/所見.txt"), varied(5000)).unwrap();
    fs::write(root.join("empty"), b"").unwrap();
    fs::write(root.join("z".repeat(180)), b"long").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("link")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap());
    root
}

#[test]
fn a_folder_comes_back_with_names_contents_and_links_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (house(folder.path()), folder.path().join("out"));
    let taken = take_files(&out, &Folder { root: root.clone(), except: out.clone() });
    assert!(is_sound(&out));
    let list = list(&out);
    assert_eq!(taken.manifest.list.as_ref().unwrap().entries, list.len() as u64);
    assert_eq!(line(&list, "share/診療/所見.txt")["length"], 5000);
    assert_eq!(line(&list, "share/link")["link"], "/etc/passwd");
    assert_eq!(line(&list, "share/socket")["kind"], "socket");
    let digest = line(&list, "share/診療/所見.txt")["sha256"].clone();
    assert_eq!(digest, crate::unpack::sha256_of(&varied(5000)));
    unpacks(&out, &root);
}

/// What is in the container is an archive that another program unpacks to the same.
fn unpacks(out: &Path, root: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("evidence.tar");
    fs::write(&archive, raw(out)).unwrap();
    let tar = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()).output();
    let Ok(tar) = tar else { return };
    assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
    let same = folder.path().join("share");
    assert_eq!(fs::read(same.join("診療/所見.txt")).unwrap(), varied(5000));
    assert_eq!(fs::read(same.join("z".repeat(180))).unwrap(), b"long");
    assert_eq!(fs::read_link(same.join("link")).unwrap(), Path::new("/etc/passwd"));
    let written = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let (mine, theirs) = (written(&same.join("empty")), written(&root.join("empty")));
    assert!(theirs.duration_since(mine).unwrap().as_secs() < 1 || mine <= theirs);
}

#[test]
fn the_evidence_is_not_taken_into_itself_and_order_is_stable() {
    let folder = tempfile::tempdir().unwrap();
    let root = house(folder.path());
    let (first, second) = (root.join("evidence"), folder.path().join("second"));
    take_files(&first, &Folder { root: root.clone(), except: first.clone() });
    assert!(list(&first).iter().all(|line| !line["path"].as_str().unwrap().contains("evidence")));
    take_files(&second, &Folder { root, except: first.clone() });
    let paths =
        |out: &Path| list(out).iter().map(|line| line["path"].to_string()).collect::<Vec<_>>();
    assert_eq!(paths(&first), paths(&second));
}

#[test]
fn a_damaged_chunk_names_the_files_it_hits() {
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (folder.path().join("share"), folder.path().join("out"));
    fs::create_dir(&root).unwrap();
    for name in ["a", "b", "c"] {
        fs::write(root.join(name), [varied(6000), name.into()].concat()).unwrap();
    }
    take_files(&out, &Folder { root, except: out.clone() });
    let data = out.join("data-00000.bin");
    let mut bytes = fs::read(&data).unwrap();
    bytes[200] ^= 1;
    fs::write(&data, &bytes).unwrap();
    let found = Evidence::open(&out).unwrap().verify(&mut |_| {}).unwrap();
    assert_eq!(
        (found.files, found.n_files, found.n_files_compared),
        (vec!["share/a".to_owned()], 1, 3)
    );
    fs::remove_file(out.join("list.jsonl")).unwrap();
    let found = Evidence::open(&out).unwrap().verify(&mut |_| {}).unwrap();
    assert!(found.misfits.contains(&crate::Misfit::List));
}

#[test]
fn a_list_that_was_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (house(folder.path()), folder.path().join("out"));
    take_files(&out, &Folder { root, except: out.clone() });
    let path = out.join("list.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("所見", "処方")).unwrap();
    let found = Evidence::open(&out).unwrap().verify(&mut |_| {}).unwrap();
    assert_eq!(found.misfits, [crate::Misfit::List]);
}

#[test]
fn triage_says_of_each_item_whether_it_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (folder.path().join("root"), folder.path().join("out"));
    for (path, text) in [
        ("proc/1/cmdline", "/sbin/init"),
        ("proc/22/cmdline", "sshd"),
        ("proc/self-is-no-pid/cmdline", "x"),
        ("etc/passwd", "root:x:0:0"),
        ("etc/cron.d/backup", "* * * * * root /usr/local/bin/backup"),
        ("home/ito/.bash_history", "ls"),
        ("var/log/auth.log", "sshd: Accepted"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let now = Noon.now().plus_days(-1);
    let wanted = Triage { root, except: out.clone(), now };
    take_files(&out, &wanted);
    assert!(is_sound(&out));
    let list = list(&out);
    for path in [
        "proc/1/cmdline",
        "proc/22/cmdline",
        "etc/cron.d/backup",
        "home/ito/.bash_history",
        "var/log/auth.log",
    ] {
        assert_eq!(line(&list, path)["kind"], "file", "{path}");
    }
    assert!(!list.iter().any(|line| line["path"].as_str().unwrap().contains("no-pid")));
    assert_eq!(line(&list, "etc/shadow")["kind"], "absent");
    assert_eq!(line(&list, "run/utmp")["item"], "sign-ins");
    let at = |path: &str| list.iter().position(|line| line["path"] == path).unwrap();
    assert!(at("proc/1/cmdline") < at("etc/passwd") && at("etc/passwd") < at("var/log/auth.log"));
    assert_eq!(list.last().unwrap()["path"], "recently-changed.tsv");
}

/// The real machine, as far as this account may look: nothing hangs, and what cannot be read is said.
#[test]
fn triage_of_the_running_machine_ends() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    std::os::unix::fs::symlink("/proc", root.join("proc")).unwrap();
    let out = folder.path().join("out");
    take_files(&out, &Triage { root, except: out.clone(), now: Noon.now() });
    let list = list(&out);
    assert!(is_sound(&out));
    let own = format!("proc/{}/cmdline", std::process::id());
    assert!(line(&list, &own)["length"].as_u64().unwrap() > 0);
}

#[test]
fn what_a_disk_says_of_itself_is_read_from_the_files_of_the_system() {
    let udev = "S:disk/by-id/x\nE:ID_MODEL=Example_SSD\nE:ID_SERIAL_SHORT=S0001\n";
    assert_eq!(crate::device::udev_value(udev, "ID_SERIAL_SHORT"), "S0001");
    assert_eq!(crate::device::udev_value(udev, "ID_NONE"), "");
    let mounts = "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mnt/usb vfat rw 0 0\n";
    let names = ["/dev/sda".to_owned(), "/dev/sda1".to_owned()];
    assert_eq!(crate::device::mounted_at(&names, mounts), ["/"]);
}
