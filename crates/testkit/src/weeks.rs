//! Ordinary weeks: what recurs in a hospital, so that whoever learns what is usual has something to learn from.
//!
//! Shifts and offices, a backup every night, a scanner for the inventory every Wednesday, a patch night every month, a supplier
//! who looks after the nurse call, scanned documents filed in bulk, medical devices and a forgotten computer that never sleep.

use sakimori_words::{Instant, SECOND_MICROS, jst_datetime};

use crate::devices::{Hospital, Log};
use crate::{Line, SeededChance};

const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;

/// Day of the week, Monday being 1.
const WEDNESDAY: i8 = 3;

/// Office computers, and those on the wards.
const OFFICE_PCS: u64 = 40;
const WARD_PCS: u64 = 8;

/// Servers with their addresses.
const SERVERS: [(&str, &str); 13] = [
    ("dc01", "10.20.1.10"),
    ("fs01", "10.20.1.20"),
    ("ehr01", "10.20.1.40"),
    ("ehr02", "10.20.1.41"),
    ("pacs01", "10.20.1.50"),
    ("lab01", "10.20.1.60"),
    ("rx01", "10.20.1.61"),
    ("backup01", "10.20.1.70"),
    ("print01", "10.20.1.80"),
    ("kyushoku01", "10.30.1.5"),
    ("nursecall01", "10.40.1.10"),
    ("nursecall02", "10.40.1.11"),
    ("nursecall03", "10.40.1.12"),
];

/// How many of them, from the front, fetch updates from outside; the others never leave the house.
const UPDATED_SERVERS: usize = 9;

/// The records of one ordinary day that begins at `midnight` in Japan, in order of time. On a free day (weekend, holiday) only
/// the wards and the machines work.
#[must_use]
pub fn hospital_day(hospital: &str, seed: u64, midnight: Instant, free: bool) -> Vec<Line> {
    let number = midnight.as_micros().div_euclid(86_400 * SECOND_MICROS);
    let mut day = HospitalDay {
        hospital: Hospital::named(hospital),
        chance: SeededChance::new(seed ^ number.unsigned_abs().wrapping_mul(0x9e37_79b9)),
        midnight,
        lines: Vec::new(),
    };
    day.machines();
    day.wards();
    if !free {
        day.offices();
        day.administrators();
        day.filing();
        day.recurring();
    }
    day.lines.sort_by_key(|line| line.at);
    day.lines
}

struct HospitalDay {
    hospital: Hospital,
    chance: SeededChance,
    midnight: Instant,
    lines: Vec<Line>,
}

impl HospitalDay {
    fn at(&self, seconds: i64) -> Instant {
        self.midnight.plus_seconds(seconds)
    }

    fn within(&self, from: i64, seconds: u64) -> Instant {
        self.at(from + i64::try_from(self.chance.below(seconds)).unwrap_or(0))
    }

    fn logon(&mut self, at: Instant, account: &str, machine: &str, kind: &str, from: &str) {
        let pairs = [
            ("TargetUserName", account),
            ("TargetDomainName", "HOSPITAL"),
            ("LogonType", kind),
            ("IpAddress", from),
        ];
        self.lines.push(self.hospital.windows(at, machine, Log::Security, 4624, &pairs));
    }

    fn privileged(&mut self, at: Instant, account: &str, machine: &str) {
        let pairs = [("SubjectUserName", account), ("SubjectDomainName", "HOSPITAL")];
        self.lines.push(self.hospital.windows(at, machine, Log::Security, 4672, &pairs));
    }

    fn traffic(&mut self, at: Instant, from: &str, to: &str, port: u16, sent: u64) {
        self.lines.push(self.hospital.traffic(at, from, to, port, "close", sent));
    }

    fn file(&mut self, at: Instant, who: &str, from: &str, done: &str) {
        let stamp = jst_datetime(at).strftime("%b %e %H:%M:%S").to_string();
        let text = format!("<29>{stamp} fs01 smbd_audit[4211]: {who}|{from}|pc|share|{done}");
        let source = "syslog/10.20.1.20".to_owned();
        self.lines.push(Line { at, source, bytes: text.into_bytes() });
    }

    /// What runs by itself, every day and all night.
    fn machines(&mut self) {
        for (machine, address) in SERVERS {
            for hour in 0..24 {
                let at = self.within(hour * HOUR, 3_600);
                let pairs = [("TargetUserName", "SYSTEM"), ("LogonType", "5")];
                self.lines.push(self.hospital.windows(at, machine, Log::Security, 4624, &pairs));
            }
            let at = self.within(2 * HOUR, 600);
            self.traffic(at, address, "10.20.1.10", 53, 90);
        }
        for (_, address) in SERVERS.into_iter().take(UPDATED_SERVERS) {
            for _ in 0..8 {
                // An update service that answers from some of its networks.
                let to = format!("198.18.{}.{}", self.chance.below(4), self.chance.below(250) + 1);
                let at = self.within(0, 86_400);
                let sent = self.chance.below(200_000);
                self.traffic(at, address, &to, 443, sent);
            }
        }
        self.backup();
        self.never_sleep();
    }

    fn backup(&mut self) {
        for (n, (machine, _)) in (0..).zip(SERVERS) {
            let at = self.at(HOUR + n * 90);
            self.logon(at, "svc-backup", machine, "3", "10.20.1.70");
            self.privileged(at, "svc-backup", machine);
        }
        let first = jst_datetime(self.midnight).day() == 1;
        let gigabytes = if first { 40 } else { 8 + self.chance.below(5) };
        let at = self.within(3 * HOUR, 600);
        self.traffic(at, "10.20.1.70", "192.0.2.50", 443, gigabytes * 1_000_000_000);
    }

    fn never_sleep(&mut self) {
        for hour in 0..24 {
            let at = self.within(hour * HOUR, 3_600);
            self.traffic(at, "10.40.2.15", "10.20.1.50", 104, 30_000_000);
            let at = self.within(hour * HOUR, 3_600);
            let pairs =
                [("Image", "C:\\Program Files\\Karte\\Sync.exe"), ("User", "NT AUTHORITY\\SYSTEM")];
            self.lines.push(self.hospital.windows(at, "reha-pc03", Log::Sysmon, 1, &pairs));
        }
    }

    /// Three shifts, at any hour of any day.
    fn wards(&mut self) {
        for pc in 0..WARD_PCS {
            let (machine, address) = (format!("ward{pc:02}"), format!("10.20.8.{}", pc + 10));
            for shift in [30 * MINUTE, 8 * HOUR, 16 * HOUR + 30 * MINUTE] {
                let account = format!("nurse{:02}", self.chance.below(60));
                let at = self.within(shift, 1_800);
                self.logon(at, &account, &machine, "2", "-");
                self.logon(at.plus_seconds(20), &account, "ehr01", "3", &address);
                let at = self.within(shift + 1_800, 3 * 3_600);
                self.traffic(at, &address, "10.40.1.10", 443, 2_000);
                let staff = 1_000 + self.chance.below(60);
                let patient = self.chance.below(60_000);
                self.lines.push(self.hospital.record_view(at, staff, &machine, patient));
            }
        }
    }

    fn offices(&mut self) {
        for pc in 0..OFFICE_PCS {
            let (machine, address) = (format!("ws{pc:03}"), format!("10.20.7.{}", pc + 10));
            let account = format!("staff{pc:02}");
            let morning = self.within(8 * HOUR, 3_600);
            self.logon(morning, &account, &machine, "2", "-");
            for server in ["dc01", "fs01", "print01", "ehr01", "ehr02"] {
                self.logon(morning.plus_seconds(30), &account, server, "3", &address);
            }
            for _ in 0..16 {
                let to = format!("198.18.{}.{}", self.chance.below(120), self.chance.below(250));
                let at = self.within(9 * HOUR, 9 * 3_600);
                let sent = 500 + self.chance.below(2_000_000);
                self.traffic(at, &address, &to, 443, sent);
            }
            for n in 0..self.chance.below(6) {
                let at = self.within(9 * HOUR, 8 * 3_600);
                let path = format!("openat|ok|w|/srv/share/{account}/report{n}.xlsx");
                self.file(at, &account, &address, &path);
            }
            // Overtime: at the machine, now and then until late.
            if self.chance.below(30) == 0 {
                let at = self.within(20 * HOUR, 3 * 3_600);
                self.logon(at, &account, &machine, "7", "-");
            }
        }
    }

    /// Two people who look after everything.
    fn administrators(&mut self) {
        for machine in ["dc01", "fs01", "ehr01", "backup01"] {
            let at = self.within(9 * HOUR, 8 * 3_600);
            self.logon(at, "adm-tanaka", machine, "10", "10.20.7.5");
            self.privileged(at, "adm-tanaka", machine);
        }
        let visited = format!("ws{:03}", self.chance.below(OFFICE_PCS));
        let at = self.within(10 * HOUR, 6 * 3_600);
        self.logon(at, "adm-help", &visited, "10", "10.20.7.6");
        self.privileged(at, "adm-help", &visited);
    }

    fn filing(&mut self) {
        // Scanned documents are renamed in bulk, in the folders of the departments.
        for n in 0..300 {
            let done =
                format!("renameat|ok|/srv/scan/in/{n:04}.pdf|/srv/scan/dep{}/{n:04}.pdf", n % 9);
            self.file(self.at(18 * HOUR + n / 3), "scanbatch", "10.20.1.45", &done);
        }
        // Somebody tidies up.
        let who = format!("staff{:02}", self.chance.below(OFFICE_PCS));
        let at = self.within(13 * HOUR, 3 * 3_600);
        for n in 0..40 {
            let done = format!("unlinkat|ok|/srv/share/{who}/old{}/{n}.docx", n % 3);
            self.file(at.plus_seconds(n / 2), &who, "10.20.7.30", &done);
        }
    }

    /// What happens once a week or a month.
    fn recurring(&mut self) {
        let today = jst_datetime(self.midnight);
        if today.weekday().to_monday_one_offset() == WEDNESDAY {
            for pc in 0..OFFICE_PCS {
                let at = self.at(12 * HOUR + i64::try_from(pc).unwrap_or(0) * 30);
                self.logon(at, "svc-inventory", &format!("ws{pc:03}"), "3", "10.20.1.90");
            }
            if (8..=14).contains(&today.day()) {
                self.patch_night();
            }
        }
        if today.day() == 9 {
            let at = self.at(14 * HOUR);
            self.traffic(at, "10.212.134.60", "10.40.1.10", 3389, 3_000_000);
            self.logon(at, "ncadmin", "nursecall01", "10", "10.212.134.60");
            self.privileged(at, "ncadmin", "nursecall01");
        }
        if today.day() == 20 {
            // Images for another hospital, on a good day twice.
            let at = self.at(15 * HOUR);
            self.traffic(at, "10.20.7.12", "198.18.7.7", 443, 420_000_000);
        }
    }

    fn patch_night(&mut self) {
        for (n, (machine, _)) in (0..).zip(SERVERS) {
            let at = self.at(21 * HOUR + 30 * MINUTE + n * 6 * MINUTE);
            self.logon(at, "adm-tanaka", machine, "10", "10.20.7.5");
            self.privileged(at, "adm-tanaka", machine);
        }
    }
}
