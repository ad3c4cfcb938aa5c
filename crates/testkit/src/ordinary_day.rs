//! An ordinary day: what a hospital's devices log when nothing is wrong.

use sakimori_words::{Instant, SECOND_MICROS};

use crate::devices::{Hospital, Log};
use crate::{Line, SeededChance};

/// 2026-11-20 00:00:00 in Japan.
const MIDNIGHT: Instant = Instant::from_micros(1_795_100_400 * SECOND_MICROS);

/// Seconds of a day.
const DAY_SECONDS: u64 = 86_400;

/// `n` log records of one ordinary day (2026-11-20 in Japan), in order of time: firewall traffic, Windows logons and
/// programs, accesses to health records. Three in four fall between 8 and 18 o'clock.
#[must_use]
pub fn ordinary_day(seed: u64, n: usize) -> Vec<Line> {
    let chance = SeededChance::new(seed);
    let mut seconds: Vec<u64> = (0..n).map(|_| second_of_day(&chance)).collect();
    seconds.sort_unstable();
    let hospital = Hospital::named("");
    let line = |second: u64| {
        let at = MIDNIGHT.plus_seconds(i64::try_from(second).unwrap_or(0));
        ordinary_line(&hospital, at, &chance)
    };
    seconds.into_iter().map(line).collect()
}

/// One ordinary record.
pub(crate) fn ordinary_line(hospital: &Hospital, at: Instant, chance: &SeededChance) -> Line {
    let pc = format!("ws{:03}", chance.below(120));
    let address = format!("10.20.7.{}", chance.below(120) + 10);
    let staff = 1_000 + chance.below(400);
    let account = format!("staff{staff}");
    match chance.below(100) {
        0..45 => {
            let to = format!("198.51.100.{}", chance.below(200) + 1);
            let sent = 500 + chance.below(200_000);
            hospital.traffic(at, &address, &to, 443, "close", sent)
        }
        45..55 => hospital.traffic(at, &address, "10.20.1.5", 53, "accept", 80),
        55..58 => hospital.traffic(at, &address, "203.0.113.200", 8080, "deny", 0),
        58..74 => hospital.windows(
            at,
            "dc01",
            Log::Security,
            4624,
            &[
                ("TargetUserName", &account),
                ("TargetDomainName", "HOSPITAL"),
                ("LogonType", "3"),
                ("IpAddress", &address),
                ("AuthenticationPackageName", "Kerberos"),
                ("WorkstationName", &pc),
            ],
        ),
        74..78 => hospital.windows(
            at,
            &pc,
            Log::Security,
            4634,
            &[("TargetUserName", &account), ("LogonType", "3")],
        ),
        78..79 => hospital.windows(
            at,
            &pc,
            Log::Security,
            4625,
            &[
                ("TargetUserName", &account),
                ("LogonType", "2"),
                ("IpAddress", "-"),
                ("Status", "0xc000006d"),
            ],
        ),
        79..85 => program(hospital, at, &pc, &account, chance),
        _ => hospital.record_view(at, staff, &pc, chance.below(60_000)),
    }
}

fn program(
    hospital: &Hospital,
    at: Instant,
    pc: &str,
    account: &str,
    chance: &SeededChance,
) -> Line {
    let image = chance.pick(&[
        "C:\\Program Files\\Karte\\KarteViewer.exe",
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE",
        "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
        "C:\\Windows\\System32\\notepad.exe",
    ]);
    let command = format!("\"{image}\"");
    let user = format!("HOSPITAL\\{account}");
    hospital.windows(
        at,
        pc,
        Log::Sysmon,
        1,
        &[
            ("Image", image),
            ("CommandLine", &command),
            ("User", &user),
            ("ParentImage", "C:\\Windows\\explorer.exe"),
            ("IntegrityLevel", "Medium"),
        ],
    )
}

fn second_of_day(chance: &SeededChance) -> u64 {
    if chance.below(4) == 0 {
        chance.below(DAY_SECONDS)
    } else {
        8 * 3_600 + chance.below(10 * 3_600)
    }
}
