//! The Handa case of 2021: in with passwords read from an unpatched VPN, until every printer speaks of it.

use sakimori_words::Instant;

use super::scene::{Intruder, Scene};
use crate::Line;
use crate::devices::{Hospital, Log};

/// The address the VPN gives.
const TUNNEL: &str = "10.212.134.31";
/// The health record's server.
const HEALTH_RECORD: &str = "10.20.1.40";

/// The password was known: nobody guesses.
const INTRUDER: Intruder<'_> = Intruder {
    vpn_account: "jimu01",
    vpn_group: "staff-vpn",
    outside: "192.0.2.140",
    tunnel: TUNNEL,
    account: "administrator",
    workstation: "EHR01",
    from: HEALTH_RECORD,
};

const MINUTE: i64 = 60;

/// All records of the attack. Not sorted.
pub(super) fn attack(start: Instant, hospital: &Hospital) -> Vec<Line> {
    let minute = |minutes: i64| start.plus_seconds(minutes * MINUTE);
    let mut scene = Scene::new(hospital, INTRUDER);
    scene.vpn_opens(minute(0));
    scene.traffic(minute(3), TUNNEL, HEALTH_RECORD, 3389, 3_000_000);
    scene.logon(minute(3), "ehr01", "10", TUNNEL);
    scene.program(minute(6), "ehr01", "nltest.exe", "nltest /dclist:hospital");
    scene.program(
        minute(7),
        "ehr01",
        "netscan.exe",
        "netscan.exe /hide /range:10.20.1.1-10.20.1.254",
    );
    scene.scans(minute(8), TUNNEL, "10.20.1");
    for (n, machine) in (0..).zip(["ehr02", "fs01", "lab01", "rx01", "dc01", "print01"]) {
        scene.pushes_service(minute(20 + n), machine);
    }
    for (n, machine) in (0..).zip(["ehr01", "ehr02", "fs01"]) {
        scene.destroys_the_way_back(minute(30 + n), machine);
    }
    scene.program(minute(38), "ehr01", "run.exe", "C:\\Windows\\Temp\\run.exe -all");
    scene.encrypts(minute(38), "ehr01", "karte", "Restore-My-Files.txt");
    scene.prints_notes(minute(42));
    scene.lines
}

impl Scene<'_> {
    /// Page after page on every printer of the hospital.
    fn prints_notes(&mut self, at: Instant) {
        for n in 0..120 {
            let printer = format!("PR-{:02}", n % 12);
            let number = n.to_string();
            let pairs = [
                ("Param1", number.as_str()),
                ("Param2", "Restore-My-Files.txt - Notepad"),
                ("Param3", "administrator"),
                ("Param4", "\\\\EHR01"),
                ("Param5", printer.as_str()),
                ("Param6", "IP_10.20.9.1"),
                ("Param7", "41200"),
                ("Param8", "1"),
            ];
            self.windows(at.plus_seconds(n), "print01", Log::Print, 307, &pairs);
        }
    }
}
