//! Linux triage: what a machine says of itself, the most fleeting first (RFC 3227 §2.1), by reading files and nothing else.
//!
//! No command of the machine is run: an attacker may have replaced it, and each one changes something. Access times of files that
//! are read may change where the disk is not mounted `noatime`; the list keeps the times as they were.

use std::io;
use std::path::{Path, PathBuf};

use sakimori_words::Instant;

use crate::error::AcquireError;
use crate::files::{Found, Wanted, walk};

/// A group of paths that belong together.
struct Item {
    id: &'static str,
    /// `*` is any part of a name, `<pid>` a number, `**` at the end everything below.
    paths: &'static [&'static str],
    /// Longer files are noted and left where they are.
    file_bytes_max: u64,
}

const MIB: u64 = 1024 * 1024;

/// What is taken, in this order.
const ITEMS: &[Item] = &[
    Item {
        id: "clock",
        paths: &[
            "proc/uptime",
            "proc/stat",
            "proc/loadavg",
            "proc/driver/rtc",
            "etc/timezone",
            "etc/adjtime",
        ],
        file_bytes_max: MIB,
    },
    Item {
        id: "network-now",
        paths: &[
            "proc/net/arp",
            "proc/net/route",
            "proc/net/ipv6_route",
            "proc/net/fib_trie",
            "proc/net/tcp",
            "proc/net/tcp6",
            "proc/net/udp",
            "proc/net/udp6",
            "proc/net/raw",
            "proc/net/raw6",
            "proc/net/icmp",
            "proc/net/unix",
            "proc/net/packet",
            "proc/net/dev",
            "proc/net/nf_conntrack",
            "proc/net/if_inet6",
        ],
        file_bytes_max: 64 * MIB,
    },
    Item {
        id: "processes",
        paths: &[
            "proc/<pid>/cmdline",
            "proc/<pid>/comm",
            "proc/<pid>/status",
            "proc/<pid>/stat",
            "proc/<pid>/exe",
            "proc/<pid>/cwd",
            "proc/<pid>/root",
            "proc/<pid>/environ",
            "proc/<pid>/maps",
            "proc/<pid>/cgroup",
            "proc/<pid>/loginuid",
            "proc/<pid>/io",
            "proc/<pid>/fd/*",
        ],
        file_bytes_max: 64 * MIB,
    },
    Item {
        id: "kernel",
        paths: &[
            "proc/version",
            "proc/cmdline",
            "proc/modules",
            "proc/sys/kernel/tainted",
            "proc/sys/kernel/hostname",
            "proc/mounts",
            "proc/partitions",
            "proc/swaps",
            "proc/meminfo",
            "proc/vmstat",
            "proc/diskstats",
            "proc/filesystems",
            "proc/keys",
            "proc/sys/kernel/random/boot_id",
        ],
        file_bytes_max: 64 * MIB,
    },
    Item {
        id: "sign-ins",
        paths: &["run/utmp", "var/log/wtmp", "var/log/btmp", "var/log/lastlog"],
        file_bytes_max: 256 * MIB,
    },
    Item {
        id: "temporary",
        paths: &["dev/shm/**", "tmp/**", "var/tmp/**"],
        file_bytes_max: 32 * MIB,
    },
    Item {
        id: "accounts",
        paths: &[
            "etc/passwd",
            "etc/shadow",
            "etc/group",
            "etc/gshadow",
            "etc/sudoers",
            "etc/sudoers.d/**",
            "etc/login.defs",
            "etc/pam.d/**",
            "etc/ssh/sshd_config",
            "etc/ssh/sshd_config.d/**",
            "root/.ssh/authorized_keys",
            "root/.ssh/known_hosts",
            "root/.ssh/config",
            "home/*/.ssh/authorized_keys",
            "home/*/.ssh/known_hosts",
            "home/*/.ssh/config",
        ],
        file_bytes_max: 32 * MIB,
    },
    Item {
        id: "scheduled",
        paths: &[
            "etc/crontab",
            "etc/anacrontab",
            "etc/cron.d/**",
            "etc/cron.hourly/**",
            "etc/cron.daily/**",
            "etc/cron.weekly/**",
            "etc/cron.monthly/**",
            "var/spool/cron/**",
            "var/spool/at/**",
        ],
        file_bytes_max: 32 * MIB,
    },
    Item {
        id: "services",
        paths: &[
            "etc/systemd/**",
            "run/systemd/system/**",
            "run/systemd/transient/**",
            "usr/lib/systemd/system/**",
            "root/.config/systemd/**",
            "home/*/.config/systemd/**",
            "etc/init.d/**",
            "etc/rc.local",
            "etc/ld.so.preload",
            "etc/ld.so.conf.d/**",
            "etc/profile",
            "etc/profile.d/**",
            "etc/environment",
            "etc/modules-load.d/**",
            "etc/modprobe.d/**",
            "etc/udev/rules.d/**",
            "etc/xdg/autostart/**",
        ],
        file_bytes_max: 32 * MIB,
    },
    Item {
        id: "network-set",
        paths: &[
            "etc/hostname",
            "etc/hosts",
            "etc/resolv.conf",
            "etc/nsswitch.conf",
            "etc/hosts.allow",
            "etc/hosts.deny",
            "etc/network/**",
            "etc/netplan/**",
            "etc/NetworkManager/system-connections/**",
            "etc/sysconfig/network-scripts/**",
            "etc/nftables.conf",
            "etc/iptables/**",
            "etc/ufw/**",
            "etc/exports",
            "etc/samba/smb.conf",
        ],
        file_bytes_max: 32 * MIB,
    },
    Item {
        id: "histories",
        paths: &[
            "root/.*history",
            "home/*/.*history",
            "root/.bashrc",
            "home/*/.bashrc",
            "root/.profile",
            "home/*/.profile",
            "root/.bash_profile",
            "home/*/.bash_profile",
            "root/.zshrc",
            "home/*/.zshrc",
            "root/.viminfo",
            "home/*/.viminfo",
            "root/.lesshst",
            "home/*/.lesshst",
            "root/.wget-hsts",
            "home/*/.wget-hsts",
        ],
        file_bytes_max: 64 * MIB,
    },
    Item { id: "logs", paths: &["var/log/**"], file_bytes_max: 1024 * MIB },
    Item {
        id: "installed",
        paths: &[
            "etc/os-release",
            "usr/lib/os-release",
            "etc/machine-id",
            "etc/fstab",
            "var/lib/dpkg/status",
            "var/lib/rpm/**",
            "etc/apt/**",
            "etc/yum.repos.d/**",
        ],
        file_bytes_max: 256 * MIB,
    },
];

/// Where files that were changed lately are looked for.
const RECENT_IN: [&str; 8] = ["etc", "usr", "opt", "srv", "root", "home", "var", "boot"];
/// "Lately", in days: intrusions of hospitals were seen two to three weeks after they began.
const RECENT_DAYS: i64 = 30;
/// Most names in that list.
const RECENT_MAX: usize = 200_000;
/// What the list is called in the archive.
const RECENT_NAME: &str = "recently-changed.tsv";

/// Triage of a running Linux (root `/`), or of one whose disk is mounted somewhere.
#[derive(Debug)]
pub struct Triage {
    /// The root of the machine's files.
    pub root: PathBuf,
    /// A folder that is left out: the one that the evidence goes into.
    pub except: PathBuf,
    /// The time now, for "lately".
    pub now: Instant,
}

/// The items of a triage with what is looked for, in their order.
pub fn triage_items() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    ITEMS.iter().map(|item| (item.id, item.paths))
}

impl Wanted for Triage {
    fn each(
        &self,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), AcquireError>,
    ) -> Result<(), AcquireError> {
        for item in ITEMS {
            for pattern in item.paths {
                self.take(item, pattern, visit)?;
            }
        }
        let list = self.recently_changed();
        visit(Found::Made { name: Path::new(RECENT_NAME), bytes: list.as_bytes() })
    }
}

impl Triage {
    fn take(
        &self,
        item: &Item,
        pattern: &str,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), AcquireError>,
    ) -> Result<(), AcquireError> {
        let (pattern_here, deep) =
            pattern.strip_suffix("/**").map_or((pattern, false), |p| (p, true));
        let paths = match expand(&self.root, pattern_here) {
            Ok(paths) => paths,
            Err((at, why)) => {
                return visit(Found::Failed { name: self.name(&at), item: item.id, why });
            }
        };
        if paths.is_empty() {
            return visit(Found::Absent { item: item.id, looked_for: pattern });
        }
        let limit = item.file_bytes_max;
        let mut bounded = |found: Found<'_>| visit(bounded(found, limit));
        for path in paths {
            let name = self.name(&path);
            if deep {
                walk(&path, name, item.id, &self.except, &mut bounded)?;
            } else {
                bounded(Found::Entry { path: &path, name, item: item.id })?;
            }
        }
        Ok(())
    }

    fn name<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// Time and name of files changed lately, one a line. The change time is set by the kernel; a thief of time sets the other one.
    fn recently_changed(&self) -> String {
        let since = self.now.plus_days(-RECENT_DAYS);
        let mut list = "# changed_at\tlength\tpath\n".to_owned();
        let mut n_lines = 0;
        for folder in RECENT_IN {
            let mut add = |found: Found<'_>| {
                let Found::Entry { path, name, .. } = found else { return Ok(()) };
                if let Some((at, length)) = changed(path).filter(|(at, _)| *at >= since) {
                    n_lines += 1;
                    let name = name.to_string_lossy().replace(char::is_control, "\u{fffd}");
                    list.push_str(&format!("{}\t{length}\t{name}\n", at.rfc3339()));
                }
                // Ends the walk; nothing is wrong.
                if n_lines < RECENT_MAX { Ok(()) } else { Err(AcquireError::Ended) }
            };
            let below = self.root.join(folder);
            if below.is_dir()
                && walk(&below, Path::new(folder), "", &self.except, &mut add).is_err()
            {
                list.push_str("# cut here\n");
                break;
            }
        }
        list
    }
}

/// A file longer than `limit` is not taken but noted.
fn bounded(found: Found<'_>, limit: u64) -> Found<'_> {
    match found {
        Found::Entry { path, name, item } => {
            let long = path
                .symlink_metadata()
                .is_ok_and(|metadata| metadata.is_file() && metadata.len() > limit);
            if long {
                let why = io::Error::other(format!("left out: longer than {} MiB", limit / MIB));
                return Found::Failed { name, item, why };
            }
            Found::Entry { path, name, item }
        }
        other => other,
    }
}

#[cfg(unix)]
fn changed(path: &Path) -> Option<(Instant, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.symlink_metadata().ok().filter(|metadata| !metadata.is_dir())?;
    let micros = metadata.ctime().saturating_mul(1_000_000);
    Some((Instant::from_micros(micros), metadata.len()))
}

#[cfg(not(unix))]
fn changed(_: &Path) -> Option<(Instant, u64)> {
    None
}

/// The paths below `root` that fit the pattern and are there, in order.
fn expand(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut paths = vec![root.to_path_buf()];
    for part in pattern.split('/') {
        let mut next = Vec::new();
        for path in paths {
            if part.contains('*') || part == "<pid>" {
                next.extend(fitting(&path, part)?);
            } else {
                next.push(path.join(part));
            }
        }
        paths = next;
    }
    // A link that leads nowhere is there.
    paths.retain(|path| path.symlink_metadata().is_ok());
    Ok(paths)
}

fn fitting(folder: &Path, part: &str) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // A process may have ended since.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err((folder.to_path_buf(), error)),
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut names: Vec<_> = names.filter(|name| fits(part, &name.to_string_lossy())).collect();
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

fn fits(pattern: &str, name: &str) -> bool {
    if pattern == "<pid>" {
        return name.bytes().all(|byte| byte.is_ascii_digit());
    }
    let (before, after) = pattern.split_once('*').unwrap_or((pattern, ""));
    name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}
