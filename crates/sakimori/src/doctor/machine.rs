//! Checks of the machine: clock, disk, open files, fsync, ports, certificate.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};

use sakimori_web::ports::ClockState;
use sakimori_words::{Instant, SECOND_MICROS, Trouble};

use super::{Check, Verdict};
use crate::intake::udp::RECEIVE_BUFFER_BYTES;
use crate::keys::Keys;
use crate::node::copy;
use crate::open_files::{self, OPEN_FILES_MIN};
use crate::settings::{Role, Settings};
use crate::tls::{self, senders::accepted};
use crate::troubles;
use crate::world::World;

/// Free space under which a log store is in danger, in GiB.
const FREE_GIB_MIN: u64 = 5;

/// Median fsync above which every acknowledgement is slow, in milliseconds. A disk drive needs about 10.
const FSYNC_SLOW_MS: u128 = 50;

/// A copy for paper that is older than so many days is named; the node writes one every day.
const PAPER_DAYS_MAX: i64 = 2;

/// Certificates that end within so many days are named.
const CERTIFICATE_WARN_DAYS: i64 = 30;

/// Whether the operating system says that this machine's clock follows a time server.
pub(crate) async fn clock_state() -> ClockState {
    let asked = tokio::process::Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(Duration::from_secs(2), asked).await {
        Ok(Ok(answer)) if answer.stdout.starts_with(b"yes") => ClockState::Synchronised,
        Ok(Ok(answer)) if answer.stdout.starts_with(b"no") => ClockState::Adrift,
        _ => ClockState::Unknown,
    }
}

/// The copy for the hour when everything is down; `None` at an office, which keeps none.
pub(super) fn paper(data: &Path, settings: &Settings, world: &World) -> Option<Check> {
    if settings.role == Role::Hub {
        return None;
    }
    let path = data.join(copy::FOLDER).join(copy::SAMPLE);
    let meta = std::fs::metadata(&path).ok();
    let written = meta.as_ref().and_then(crate::files::written_at);
    Some(paper_of(written, world.clock.now()))
}

fn paper_of(written: Option<Instant>, now: Instant) -> Check {
    let title = ["紙の控え（連絡表・初動の手順）", "copy for paper (call sheet, first hour)"];
    let next = [
        "ノードが動いていることと、データフォルダの paper/ に書けることを確かめてください",
        "see that the node runs and can write to paper/ in the data folder",
    ];
    let Some(at) = written else {
        let seen = ["まだ書き出されていません".to_owned(), "not written yet".to_owned()];
        return Check::ok("paper", title, seen).but(Verdict::Warn, next);
    };
    let check = Check::ok("paper", title, [format!("{at} に更新"), format!("written {at}")]);
    let old = now.micros_since(at) > PAPER_DAYS_MAX * 86_400 * SECOND_MICROS;
    if old { check.but(Verdict::Warn, next) } else { check }
}

pub(super) async fn clock() -> Check {
    let check =
        |ja: &str, en: &str| Check::ok("clock", ["時計", "clock"], [ja.to_owned(), en.to_owned()]);
    match clock_state().await {
        ClockState::Synchronised => check("時刻サーバーに同期しています", "follows a time server"),
        ClockState::Adrift => {
            check("時刻サーバーに同期していません", "does not follow a time server").but(
                Verdict::Warn,
                [
                    "chrony などで時刻を同期してください。ログの時刻は証拠になります",
                    "set up time synchronisation (chrony); the time in logs is evidence",
                ],
            )
        }
        ClockState::Unknown => {
            check("同期の状態が分かりません", "the system does not say whether it is synchronised")
                .but(
                    Verdict::Warn,
                    [
                        "時計が正確か、電波時計などと見比べてください",
                        "compare the clock with one you trust",
                    ],
                )
        }
    }
}

pub(super) fn disk(data: &Path) -> Check {
    let title = ["ディスクの空き", "disk space"];
    let free = match rustix::fs::statvfs(data) {
        Ok(stat) => stat.f_bavail.saturating_mul(stat.f_frsize) >> 30,
        Err(error) => {
            let seen = [format!("調べられません: {error}"), format!("cannot be examined: {error}")];
            return Check::ok("disk", title, seen).but(
                Verdict::Fail,
                [
                    "データフォルダの場所と権限を確かめてください",
                    "check the place and permissions of the data folder",
                ],
            );
        }
    };
    let check = Check::ok("disk", title, [format!("{free} GiB 空き"), format!("{free} GiB free")]);
    if free >= FREE_GIB_MIN {
        return check;
    }
    check.but(
        Verdict::Fail,
        [
            "空きを増やすか、より大きなディスクへ移してください。いっぱいになると受信が止まります",
            "make room or move to a larger disk; intake stops when it is full",
        ],
    )
}

/// What a started node or hub can have; doctor asks for it in the same way.
pub(super) fn open_files() -> Option<Check> {
    let n = open_files::raise()?;
    let title = ["同時に開けるファイルと接続", "files and connections open at a time"];
    let check = Check::ok("open_files", title, [format!("{n} まで"), format!("up to {n}")]);
    if n >= OPEN_FILES_MIN {
        return Some(check);
    }
    Some(check.but(
        Verdict::Warn,
        [
            "多くの機器や組織が同時につなぐと断られます。サービスの設定（systemd なら LimitNOFILE=）で増やしてください",
            "many devices or organisations at once are turned away; raise it where the service is set up (LimitNOFILE= in systemd)",
        ],
    ))
}

pub(super) fn fsync(data: &Path) -> Check {
    let title = ["書き込みの確定 (fsync)", "durable writes (fsync)"];
    let times = match fsync_times(data) {
        Ok(times) => times,
        Err(error) => {
            let seen = [format!("書き込めません: {error}"), format!("cannot write: {error}")];
            return Check::ok("fsync", title, seen).but(
                Verdict::Fail,
                [
                    "データフォルダの権限と空きを確かめてください",
                    "check the folder's permissions and space",
                ],
            );
        }
    };
    let median = times.get(times.len() / 2).copied().unwrap_or_default().as_millis();
    let worst = times.last().copied().unwrap_or_default().as_millis();
    let seen = [
        format!("中央値 {median} ms、最大 {worst} ms"),
        format!("median {median} ms, worst {worst} ms"),
    ];
    let check = Check::ok("fsync", title, seen);
    if median <= FSYNC_SLOW_MS {
        return check;
    }
    check.but(
        Verdict::Warn,
        [
            "遅いディスクです。SSD を使うと受信に余裕ができます",
            "a slow disk; an SSD gives intake room to breathe",
        ],
    )
}

/// Times of 32 small durable writes, in order of length.
fn fsync_times(data: &Path) -> std::io::Result<Vec<Duration>> {
    let path = data.join("doctor.tmp");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..32 {
        let started = Stopwatch::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    std::fs::remove_file(&path)?;
    times.sort();
    Ok(times)
}

pub(super) async fn ports(settings: &Settings) -> Vec<Check> {
    let mut checks =
        vec![port("listen", ["画面のアドレス", "address of the screens"], settings.listen).await];
    if settings.role == Role::Node {
        checks.push(
            port("syslog", ["syslog の受信 (TCP)", "syslog intake (TCP)"], settings.syslog).await,
        );
        checks.push(
            port("syslog_tls", ["syslog の受信 (TLS)", "syslog intake (TLS)"], settings.syslog_tls)
                .await,
        );
        checks.push(udp_losses(settings));
    }
    checks
}

/// Datagrams the kernel dropped at the syslog socket because they came faster than they were taken.
fn udp_losses(settings: &Settings) -> Check {
    let tables = ["/proc/net/udp", "/proc/net/udp6"];
    let tables = tables.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    let drops = tables.filter_map(|table| drops_at(&table, settings.syslog.port())).sum::<u64>();
    let seen = [format!("取りこぼし {drops} 件"), format!("{drops} datagrams dropped")];
    let check = Check::ok("syslog_udp", ["syslog の受信 (UDP)", "syslog intake (UDP)"], seen);
    if drops == 0 {
        return buffer_granted(check);
    }
    check.but(
        Verdict::Warn,
        [
            "送信側を TCP か TLS に替えるか、net.core.rmem_max を 8 MiB 以上にして再起動してください",
            "let the senders use TCP or TLS, or set net.core.rmem_max to 8 MiB or more and restart",
        ],
    )
}

/// Whether the kernel grants the receive buffer that is asked for; a smaller one loses bursts.
fn buffer_granted(check: Check) -> Check {
    let granted = std::fs::read_to_string("/proc/sys/net/core/rmem_max").ok();
    let granted = granted.and_then(|bytes| bytes.trim().parse::<usize>().ok());
    match granted.filter(|bytes| *bytes < RECEIVE_BUFFER_BYTES) {
        None => check,
        Some(bytes) => {
            let (granted_kib, asked_kib) = (bytes >> 10, RECEIVE_BUFFER_BYTES >> 10);
            check.but(
                Verdict::Warn,
                [
                    &format!(
                        "受信バッファが OS に {granted_kib} KiB までと制限されています（必要 {asked_kib} KiB）。\
                         net.core.rmem_max を {RECEIVE_BUFFER_BYTES} にして再起動してください"
                    ),
                    &format!(
                        "the system limits the receive buffer to {granted_kib} KiB ({asked_kib} KiB are wanted); \
                         set net.core.rmem_max to {RECEIVE_BUFFER_BYTES} and restart"
                    ),
                ],
            )
        }
    }
}

/// The drops at that port in a table of proc(5); `None` when nobody listens there.
fn drops_at(table: &str, port: u16) -> Option<u64> {
    let ending = format!(":{port:04X}");
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|fields| fields.get(1).is_some_and(|local| local.ends_with(&ending)))?;
    line.last()?.parse().ok()
}

/// Either somebody listens there (the running Sakimori) or it could be listened on.
async fn port(name: &'static str, title: [&str; 2], address: SocketAddr) -> Check {
    let mut near = address;
    if address.ip().is_unspecified() {
        near.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let answer =
        tokio::time::timeout(Duration::from_secs(2), tokio::net::TcpStream::connect(near)).await;
    if matches!(answer, Ok(Ok(_))) {
        return Check::ok(
            name,
            title,
            [format!("{address} で受け付けています"), format!("{address} answers")],
        );
    }
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => {
            let seen = [
                format!("{address} は空いていますが、停止中です"),
                format!("{address} is free; not running"),
            ];
            Check::ok(name, title, seen).but(
                Verdict::Warn,
                ["`sakimori up` で起動してください", "start it with `sakimori up`"],
            )
        }
        Err(error) => {
            let seen = [
                format!("{address} を使えません: {error}"),
                format!("{address} cannot be used: {error}"),
            ];
            Check::ok(name, title, seen).but(
                Verdict::Fail,
                [
                    "別の番号を指定するか、使っているプログラムを止めてください",
                    "use another port, or stop its user",
                ],
            )
        }
    }
}

pub(super) fn certificate(data: &Path, settings: &Settings, world: &World) -> Check {
    let title = ["証明書", "certificate"];
    // Looking must not make a CA: a lost one would be replaced unnoticed.
    let path = data.join("keys").join("ca.pem");
    if !path.try_exists().unwrap_or(true) {
        let trouble = Trouble::new(&troubles::MISSING, path.display().to_string());
        return Check::failed("certificate", title, &trouble);
    }
    let names = tls::server_names(&settings.names, settings.listen.ip());
    let opened = Keys::open(data).and_then(|keys| tls::open(&keys, &names, world.clock.as_ref()));
    let opened = opened.and_then(|tls| accepted(&tls, data).map(|_| tls));
    let tls = match opened {
        Ok(tls) => tls,
        Err(trouble) => return Check::failed("certificate", title, &trouble),
    };
    let days = tls.authority_ends_at.micros_since(world.clock.now()) / 86_400_000_000;
    let seen = [
        format!("認証局の期限まで {days} 日。名前: {}", names.join("、")),
        format!("authority ends in {days} days; names: {}", names.join(", ")),
    ];
    let check = Check::ok("certificate", title, seen);
    if days >= CERTIFICATE_WARN_DAYS {
        return check;
    }
    check.but(
        Verdict::Warn,
        [
            "`keys/ca.pem` と `keys/ca.key.pem` を退避して再起動し、新しい ca.pem を配り直してください",
            "move `keys/ca.pem` and `keys/ca.key.pem` away, restart, and hand out the new ca.pem",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_for_paper_older_than_two_days_is_named() {
        let now = Instant::parse("2026-11-22T09:00:00+09:00").unwrap();
        let verdict = |hours: i64| paper_of(Some(now.plus_seconds(-hours * 3_600)), now).verdict;
        assert_eq!((verdict(47), verdict(49)), (Verdict::Ok, Verdict::Warn));
        assert_eq!(paper_of(None, now).verdict, Verdict::Warn);
    }

    #[test]
    fn dropped_datagrams_are_read_at_the_own_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             1: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18 2 0000 42\n\
             2: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19 2 0000 7\n";
        assert_eq!(drops_at(table, 5514), Some(42));
        assert_eq!(drops_at(table, 6514), None);
    }
}
