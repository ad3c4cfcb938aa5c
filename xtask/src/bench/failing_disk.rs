//! Imaging a real block device that refuses some of its sectors: a loop device over a network block device that answers with errors.
//!
//! Needs root, `nbdkit`, `nbdfuse` (Debian: libnbd-bin), `losetup` and /dev/fuse.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const SIZE_BYTES: u64 = 64 << 20;
/// One page, three sectors of another one, and a dead stretch of 5 MiB: offset and length. What serves them reads whole pages.
const DEAD: [(u64, u64); 3] = [(1 << 20, 4096), (9_000_448, 1536), (20 << 20, 5 << 20)];

/// `cargo xtask bench failing-disk`: bytes named unreadable beside those that are, and the time it took.
pub(super) fn run() -> Result<()> {
    super::build(&["--package", "sakimori-evidence", "--example", "take_image"])?;
    let folder =
        std::env::temp_dir().join(format!("sakimori-bench-failing-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("served"))?;
    let done = Disk::open(&folder).and_then(|disk| take(&disk.device, &folder));
    std::fs::remove_dir_all(&folder)?;
    done
}

fn take(device: &str, folder: &Path) -> Result<()> {
    let out = folder.join("image");
    let began = Instant::now();
    let status =
        Command::new("target/release/examples/take_image").arg(device).arg(&out).status()?;
    if !status.success() {
        bail!("the image was not taken: {status}");
    }
    let manifest = std::fs::read_to_string(out.join("manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    let dead: u64 = DEAD.iter().map(|(_, length)| length).sum();
    crate::say(&format!(
        "dead {dead} bytes in {} places, named unreadable: {}, given up: {}, {:.1} s",
        DEAD.len(),
        manifest.get("bad_ranges").unwrap_or_default(),
        manifest.get("given_up_ranges").unwrap_or_default(),
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// The device, and what serves it; taken down when it goes.
struct Disk {
    device: String,
    served: PathBuf,
    server: Child,
}

impl Disk {
    fn open(folder: &Path) -> Result<Self> {
        let (base, served) = (folder.join("base"), folder.join("served"));
        let mut noise = File::open("/dev/urandom")?.take(SIZE_BYTES);
        let mut file = File::create(&base)?;
        std::io::copy(&mut noise, &mut file)?;
        file.flush()?;
        let server = Command::new("nbdfuse")
            .arg(&served)
            .args(["--command", "nbdkit", "-s", "--exit-with-parent", "eval"])
            .arg(format!("get_size=echo {SIZE_BYTES}"))
            .arg(format!("pread={}", answer(&base)))
            .stderr(Stdio::null())
            .spawn()
            .context("nbdfuse")?;
        let mut disk = Self { device: String::new(), served, server };
        let file = disk.served.join("nbd");
        let began = Instant::now();
        while !file.try_exists()? {
            if began.elapsed() > Duration::from_secs(10) {
                bail!("nbdfuse does not serve: is /dev/fuse there?");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let made = Command::new("losetup")
            .args(["--find", "--show", "--read-only"])
            .arg(&file)
            .output()
            .context("losetup")?;
        disk.device = String::from_utf8(made.stdout)?.trim().to_owned();
        if disk.device.is_empty() {
            bail!("losetup: {}", String::from_utf8_lossy(&made.stderr));
        }
        Ok(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let commands: [(&str, &[&str]); 2] = [
            ("losetup", &["--detach", &self.device]),
            ("fusermount3", &["-u", "-z", &self.served.display().to_string()]),
        ];
        for (program, arguments) in commands {
            // What was not set up cannot be taken down; nothing is left to tell.
            let _ = Command::new(program).args(arguments).status();
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What the server does for each request (`$3` bytes at `$4`): an error where it touches a dead place, else the bytes.
fn answer(base: &Path) -> String {
    let refuse = |(offset, length): &(u64, u64)| {
        let end = offset + length;
        format!(
            "if [ $4 -lt {end} ] && [ $(($4+$3)) -gt {offset} ]; then echo EIO dead >&2; exit 1; fi; "
        )
    };
    let refused: String = DEAD.iter().map(refuse).collect();
    format!(
        "{refused}dd if={} bs=65536 iflag=skip_bytes,count_bytes skip=$4 count=$3 status=none",
        base.display()
    )
}
