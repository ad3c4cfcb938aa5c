//! What the attacks have in common: one who comes in, and how the hospital's devices tell of it.

use sakimori_words::Instant;

use crate::Line;
use crate::devices::{Hospital, Log};

/// Who attacks, under which names and from which addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intruder<'a> {
    /// Account and group on the VPN.
    pub(super) vpn_account: &'a str,
    pub(super) vpn_group: &'a str,
    /// The address on the internet.
    pub(super) outside: &'a str,
    /// The address that the VPN gives.
    pub(super) tunnel: &'a str,
    /// The account used inside.
    pub(super) account: &'a str,
    /// The machine that network logons come from, by name and address.
    pub(super) workstation: &'a str,
    pub(super) from: &'a str,
}

/// The records of an attack while it is told. Not sorted.
pub(super) struct Scene<'h> {
    pub(super) hospital: &'h Hospital,
    pub(super) intruder: Intruder<'h>,
    pub(super) lines: Vec<Line>,
}

impl<'h> Scene<'h> {
    pub(super) const fn new(hospital: &'h Hospital, intruder: Intruder<'h>) -> Self {
        Self { hospital, intruder, lines: Vec::new() }
    }

    pub(super) fn vpn_refuses(&mut self, at: Instant) {
        self.vpn(at, "ssl-login-fail", "0101039426", "SSL VPN login fail", "alert", &[]);
    }

    /// The tunnel stands, and the intruder has an address inside.
    pub(super) fn vpn_opens(&mut self, at: Instant) {
        let inside = [("tunnelip", self.intruder.tunnel)];
        self.vpn(at, "tunnel-up", "0101039424", "SSL VPN tunnel up", "information", &inside);
    }

    fn vpn(
        &mut self,
        at: Instant,
        action: &str,
        id: &str,
        description: &str,
        level: &str,
        more: &[(&str, &str)],
    ) {
        let pairs = [
            ("logid", id),
            ("type", "event"),
            ("subtype", "vpn"),
            ("level", level),
            ("vd", "root"),
            ("logdesc", description),
            ("action", action),
            ("tunneltype", "ssl-tunnel"),
            ("remip", self.intruder.outside),
            ("user", self.intruder.vpn_account),
            ("group", self.intruder.vpn_group),
            ("dst_host", "N/A"),
            ("msg", description),
        ];
        self.lines.push(self.hospital.fortigate(at, &[&pairs, more].concat()));
    }

    pub(super) fn refused_traffic(&mut self, at: Instant, from: &str, to: &str, port: u16) {
        self.lines.push(self.hospital.traffic(at, from, to, port, "deny", 0));
    }

    pub(super) fn traffic(&mut self, at: Instant, from: &str, to: &str, port: u16, sent: u64) {
        self.lines.push(self.hospital.traffic(at, from, to, port, "accept", sent));
    }

    pub(super) fn windows(
        &mut self,
        at: Instant,
        machine: &str,
        log: Log,
        event_id: u32,
        pairs: &[(&str, &str)],
    ) {
        self.lines.push(self.hospital.windows(at, machine, log, event_id, pairs));
    }

    pub(super) fn logon(&mut self, at: Instant, machine: &str, logon_type: &str, from: &str) {
        let Intruder { account, workstation, .. } = self.intruder;
        self.windows(
            at,
            machine,
            Log::Security,
            4624,
            &[
                ("SubjectUserName", "-"),
                ("TargetUserName", account),
                ("TargetDomainName", "HOSPITAL"),
                ("LogonType", logon_type),
                ("AuthenticationPackageName", "NTLM"),
                ("LogonProcessName", "NtLmSsp"),
                ("WorkstationName", workstation),
                ("IpAddress", from),
            ],
        );
        self.windows(
            at,
            machine,
            Log::Security,
            4672,
            &[
                ("SubjectUserName", account),
                ("SubjectDomainName", "HOSPITAL"),
                ("PrivilegeList", "SeDebugPrivilege SeBackupPrivilege"),
            ],
        );
    }

    pub(super) fn failed_logon(&mut self, at: Instant, machine: &str) {
        let Intruder { account, workstation, from, .. } = self.intruder;
        self.windows(
            at,
            machine,
            Log::Security,
            4625,
            &[
                ("TargetUserName", account),
                ("TargetDomainName", "HOSPITAL"),
                ("LogonType", "3"),
                ("AuthenticationPackageName", "NTLM"),
                ("WorkstationName", workstation),
                ("IpAddress", from),
                ("Status", "0xc000006d"),
                ("SubStatus", "0xc000006a"),
            ],
        );
    }

    /// A program started by the attacker, as Sysmon and the Security log tell it.
    pub(super) fn program(&mut self, at: Instant, machine: &str, program: &str, command: &str) {
        let folder = match program {
            "run.exe" | "rclone.exe" | "netscan.exe" => "C:\\Windows\\Temp",
            "powershell.exe" => "C:\\Windows\\System32\\WindowsPowerShell\\v1.0",
            "wmic.exe" => "C:\\Windows\\System32\\wbem",
            _ => "C:\\Windows\\System32",
        };
        let image = format!("{folder}\\{program}");
        let account = self.intruder.account;
        let user = format!("HOSPITAL\\{account}");
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
                ("User", &user),
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
                ("SubjectUserName", account),
                ("SubjectDomainName", "HOSPITAL"),
                ("NewProcessName", &image),
                ("CommandLine", command),
                ("ParentProcessName", "C:\\Windows\\System32\\cmd.exe"),
            ],
        );
    }

    /// Two minutes in which the files of a share are written anew, as every log of the machine tells it.
    pub(super) fn encrypts(&mut self, at: Instant, machine: &str, share: &str, note: &str) {
        for n in 0..240 {
            let at = at.plus_seconds(n / 2);
            let folder = format!("2026\\{:02}", n % 24);
            let file = format!("{folder}\\scan{n:04}.pdf.locked");
            self.writes_file(at, machine, &format!("D:\\{share}\\{file}"));
            self.removes_file(at, machine, &format!("D:\\{share}\\{file}"));
            self.writes_on_share(at, machine, &format!("{share}$"), &file);
            if n % 6 == 0 {
                let pairs = [("RmSessionId", &*n.to_string())];
                self.windows(at, machine, Log::RestartManager, 10_000, &pairs);
            }
            if n % 10 == 0 {
                self.writes_file(at, machine, &format!("D:\\{share}\\{folder}\\{note}"));
            }
        }
    }

    fn writes_file(&mut self, at: Instant, machine: &str, file: &str) {
        let user = format!("HOSPITAL\\{}", self.intruder.account);
        let pairs =
            [("Image", "C:\\Windows\\Temp\\run.exe"), ("TargetFilename", file), ("User", &user)];
        self.windows(at, machine, Log::Sysmon, 11, &pairs);
    }

    fn removes_file(&mut self, at: Instant, machine: &str, file: &str) {
        let pairs = [
            ("SubjectUserName", self.intruder.account),
            ("SubjectDomainName", "HOSPITAL"),
            ("ObjectServer", "Security"),
            ("ObjectType", "File"),
            ("ObjectName", file),
            ("AccessMask", "0x10000"),
            ("AccessList", "%%1537"),
            ("ProcessName", "C:\\Windows\\Temp\\run.exe"),
        ];
        self.windows(at, machine, Log::Security, 4663, &pairs);
    }

    pub(super) fn writes_on_share(&mut self, at: Instant, machine: &str, share: &str, file: &str) {
        let share = format!("\\\\*\\{share}");
        let pairs = [
            ("SubjectUserName", self.intruder.account),
            ("SubjectDomainName", "HOSPITAL"),
            ("ObjectType", "File"),
            ("IpAddress", self.intruder.from),
            ("ShareName", &share),
            ("RelativeTargetName", file),
            ("AccessMask", "0x2"),
            ("AccessList", "%%4417"),
        ];
        self.windows(at, machine, Log::Security, 5145, &pairs);
    }

    /// A program brought onto another machine and started there as a service.
    pub(super) fn pushes_service(&mut self, at: Instant, machine: &str) {
        self.logon(at, machine, "3", self.intruder.from);
        self.writes_on_share(at.plus_seconds(2), machine, "ADMIN$", "PSEXESVC.exe");
        let pairs = [
            ("ServiceName", "PSEXESVC"),
            ("ImagePath", "%SystemRoot%\\PSEXESVC.exe"),
            ("ServiceType", "user mode service"),
            ("StartType", "demand start"),
            ("AccountName", "LocalSystem"),
        ];
        self.windows(at.plus_seconds(5), machine, Log::Services, 7045, &pairs);
    }

    /// Copies for recovery and the services that hold files are taken away.
    pub(super) fn destroys_the_way_back(&mut self, at: Instant, machine: &str) {
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
        for (n, (program, command)) in (0..).zip(commands) {
            self.program(at.plus_seconds(n * 3), machine, program, command);
        }
    }

    /// Many short connections to neighbours, refused.
    pub(super) fn scans(&mut self, at: Instant, from: &str, network: &str) {
        for host in 1..=30 {
            let to = format!("{network}.{host}");
            self.refused_traffic(at.plus_seconds(host), from, &to, 445);
        }
    }
}
