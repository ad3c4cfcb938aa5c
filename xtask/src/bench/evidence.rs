//! Taking a disk image beside plain `sha256sum` of the same file, in turn.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use super::process;

/// As large as the goal says: 2 GiB.
const MIB: usize = 2048;
const TURNS: usize = 3;

/// `cargo xtask bench evidence [SOURCE]`: SOURCE is a file or device; without one a file is made.
pub(super) fn run(rest: &[&str]) -> Result<()> {
    super::build(&["--package", "sakimori-evidence", "--example", "take_image"])?;
    let folder =
        std::env::temp_dir().join(format!("sakimori-bench-evidence-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = rest.first().map_or_else(|| make(&folder), |given| Ok(PathBuf::from(given)));
    let done = done.and_then(|source| compare(&source, &folder));
    std::fs::remove_dir_all(&folder)?;
    done
}

fn compare(source: &Path, folder: &Path) -> Result<()> {
    let (source, out) = (source.display().to_string(), folder.join("out"));
    let take = "target/release/examples/take_image";
    let to = out.display().to_string();
    for turn in 0..=TURNS {
        let (plain_s, plain) = timed(&["sha256sum", &source])?;
        if out.try_exists()? {
            std::fs::remove_dir_all(&out)?;
        }
        let (taken_s, taken) = timed(&[take, &source, &to])?;
        // The first one warms the caches.
        if turn > 0 {
            crate::say(&format!(
                "imaging {:.0} % of the speed of sha256sum; {:.1} CPU s beside {:.1}; peak {} MiB",
                100.0 * plain_s / taken_s,
                taken.cpu_seconds,
                plain.cpu_seconds,
                taken.peak_mib
            ));
        }
    }
    Ok(())
}

fn timed(command: &[&str]) -> Result<(f64, process::Used)> {
    let began = Instant::now();
    let used = process::measure(command)?;
    Ok((began.elapsed().as_secs_f64(), used))
}

/// A file like a disk in use: an eighth zeros, half text of logs, the rest what cannot be packed.
fn make(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("disk");
    let mut file = File::create(&path)?;
    let mut state = 1_u64;
    let mut chance = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for number in 0..MIB {
        let mut block = Vec::with_capacity(1 << 20);
        while block.len() < 1 << 20 {
            match number % 8 {
                0 => block.resize(1 << 20, 0),
                1..=4 => writeln!(
                    block,
                    "Nov 22 12:{:02} host-{} user={}",
                    number % 60,
                    chance() % 50,
                    chance() % 9000
                )?,
                _ => block.extend(chance().to_le_bytes()),
            }
        }
        block.truncate(1 << 20);
        file.write_all(&block)?;
    }
    file.sync_all()?;
    Ok(path)
}
