//! What a process uses, from the kernel's own account of it (proc(5)).

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// What a process has used so far.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) cpu_seconds: f64,
    pub(super) resident_mib: u64,
    pub(super) peak_mib: u64,
    /// Whether it has ended and waits to be reaped; its memory is gone then.
    ended: bool,
}

/// CPU seconds and memory of a process.
pub(super) fn used(process: u32) -> Result<Used> {
    let folder = PathBuf::from(format!("/proc/{process}"));
    let stat = std::fs::read_to_string(folder.join("stat"))?;
    // The name before the last `)` may hold anything; the state follows it.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
    let mib = |label: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(label));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) / 1_024
    };
    Ok(Used {
        // The kernel counts in hundredths of a second on every Linux we know (getconf CLK_TCK).
        cpu_seconds: ticks.sum::<f64>() / 100.0,
        resident_mib: mib("VmRSS:"),
        peak_mib: mib("VmHWM:"),
        ended: fields.first() == Some(&"Z"),
    })
}

/// Runs the command to its end: its CPU seconds and its peak memory.
pub(super) fn measure(command: &[&str]) -> Result<Used> {
    let [program, arguments @ ..] = command else { bail!("no command") };
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| (*program).to_owned())?;
    let mut peak_mib = 0;
    loop {
        let now = used(child.id())?;
        peak_mib = peak_mib.max(now.peak_mib);
        if now.ended {
            child.wait()?;
            return Ok(Used { peak_mib, ..now });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
