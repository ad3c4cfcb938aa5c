//! How an event shows which Sigma log sources it belongs to. Data; the logic is in `mod.rs`.
//!
//! Windows channels, services and Sysmon categories follow the taxonomy appendix of the Sigma specification 2.1.0. What goes
//! beyond it (process creation from the Security log, antivirus from Defender, network categories from FortiGate, Yamaha, CEF, LEEF,
//! Suricata, Zeek and name servers) says so.

use sakimori_words::Event;

use super::firewall;

/// One way to recognise a category.
#[derive(Debug)]
pub(super) struct Recogniser {
    /// Empty: any product.
    pub(super) product: &'static str,
    pub(super) category: &'static str,
    /// Empty: any service of the product.
    pub(super) service: &'static str,
    /// Empty: any event.
    pub(super) event_ids: &'static [i64],
    /// A field and the values it may have, without regard to case.
    pub(super) field: Option<(&'static str, &'static [&'static str])>,
    /// What else an event must be, where its format is written by products of every kind.
    pub(super) is: Option<fn(&Event) -> bool>,
    /// Sigma's field name, the record's own name for it.
    pub(super) aliases: &'static [(&'static str, &'static str)],
}

/// Names that mean the same product.
pub(super) const PRODUCTS: &[(&str, &str)] = &[("fortios", "fortigate"), ("apache2", "apache")];

/// Categories that say no more than the product does.
pub(super) const GENERIC_CATEGORIES: &[&str] = &["application", "appliance"];

const fn sysmon(category: &'static str, event_ids: &'static [i64]) -> Recogniser {
    windows(category, "sysmon", event_ids, &[])
}

const fn windows(
    category: &'static str,
    service: &'static str,
    event_ids: &'static [i64],
    aliases: &'static [(&'static str, &'static str)],
) -> Recogniser {
    Recogniser { product: "windows", category, service, event_ids, field: None, is: None, aliases }
}

/// A trace of the kernel's file operations, which has no channel of its own.
const fn kernel_file(category: &'static str, event_ids: &'static [i64]) -> Recogniser {
    Recogniser {
        product: "windows",
        category,
        service: "",
        event_ids,
        field: Some(("Provider_Name", &["Microsoft-Windows-Kernel-File"])),
        is: None,
        aliases: &[],
    }
}

const fn registry(category: &'static str, types: &'static [&'static str]) -> Recogniser {
    Recogniser {
        product: "windows",
        category,
        service: "sysmon",
        event_ids: &[12],
        field: Some(("EventType", types)),
        is: None,
        aliases: &[],
    }
}

const fn network(
    product: &'static str,
    category: &'static str,
    field: (&'static str, &'static [&'static str]),
    aliases: &'static [(&'static str, &'static str)],
) -> Recogniser {
    Recogniser {
        product,
        category,
        service: "",
        event_ids: &[],
        field: Some(field),
        is: None,
        aliases,
    }
}

/// A log that holds nothing but questions for names and their answers.
const fn name_server(
    product: &'static str,
    service: &'static str,
    aliases: &'static [(&'static str, &'static str)],
) -> Recogniser {
    Recogniser { product, category: "dns", service, event_ids: &[], field: None, is: None, aliases }
}

const fn web_server(product: &'static str) -> Recogniser {
    Recogniser {
        product,
        category: "webserver",
        service: "",
        event_ids: &[],
        field: None,
        is: None,
        aliases: &[],
    }
}

/// Packets and sessions that a router's filters decided about. It writes Sigma's own names.
const fn packet_filter(product: &'static str, service: &'static str) -> Recogniser {
    let category = "firewall";
    Recogniser { product, category, service, event_ids: &[], field: None, is: None, aliases: &[] }
}

/// Traffic in a format that products of every kind write; `versions` is what its header begins with.
const fn firewall_in(
    version: &'static str,
    versions: &'static [&'static str],
    aliases: &'static [(&'static str, &'static str)],
) -> Recogniser {
    Recogniser {
        product: "",
        category: "firewall",
        service: "",
        event_ids: &[],
        field: Some((version, versions)),
        is: Some(firewall::is_traffic),
        aliases,
    }
}

/// Every known way to recognise a category. One event may belong to several.
pub(super) const RECOGNISERS: &[Recogniser] = &[
    sysmon("process_creation", &[1]),
    windows("process_creation", "security", &[4688], PROCESS_4688),
    sysmon("file_change", &[2]),
    sysmon("network_connection", &[3]),
    sysmon("sysmon_status", &[4, 16]),
    sysmon("process_termination", &[5]),
    sysmon("driver_load", &[6]),
    sysmon("image_load", &[7]),
    sysmon("create_remote_thread", &[8]),
    sysmon("raw_access_thread", &[9]),
    sysmon("process_access", &[10]),
    sysmon("file_event", &[11]),
    sysmon("registry_event", &[12, 13, 14]),
    registry("registry_add", &["CreateKey"]),
    registry("registry_delete", &["DeleteKey", "DeleteValue"]),
    sysmon("registry_set", &[13]),
    sysmon("registry_rename", &[14]),
    sysmon("create_stream_hash", &[15]),
    sysmon("pipe_created", &[17, 18]),
    sysmon("wmi_event", &[19, 20, 21]),
    sysmon("dns_query", &[22]),
    sysmon("file_delete", &[23, 26]),
    sysmon("clipboard_capture", &[24]),
    sysmon("process_tampering", &[25]),
    sysmon("file_delete_detected", &[26]),
    sysmon("file_block_executable", &[27]),
    sysmon("file_block_shredding", &[28]),
    sysmon("file_executable_detected", &[29]),
    sysmon("sysmon_error", &[255]),
    windows("ps_classic_start", "powershell-classic", &[400], &[]),
    windows("ps_classic_provider_start", "powershell-classic", &[600], &[]),
    windows("ps_classic_script", "powershell-classic", &[800], &[]),
    windows("ps_module", "powershell", &[4103], &[]),
    windows("ps_script", "powershell", &[4104], &[]),
    kernel_file("file_access", &[12]),
    kernel_file("file_rename", &[19, 27]),
    // What Microsoft Defender found, in the words of the generic antivirus rules.
    windows(
        "antivirus",
        "windefend",
        &[1006, 1007, 1008, 1015, 1116, 1117, 1118, 1119],
        &[("Signature", "ThreatName"), ("Filename", "Path"), ("Action", "ActionName")],
    ),
    network("fortigate", "firewall", ("type", &["traffic"]), FORTIGATE_TRAFFIC),
    packet_filter("yamaha", "filter"),
    packet_filter("yamaha", "inspect"),
    firewall_in("cefVersion", &["0", "0.1", "1", "1.0", "1.1"], CEF_TRAFFIC),
    firewall_in("leefVersion", &["1", "1.0", "2", "2.0"], LEEF_TRAFFIC),
    network("suricata", "dns", ("event_type", &["dns"]), SURICATA_DNS),
    name_server("zeek", "dns", &[("record_type", "qtype_name"), ("answer", "answers")]),
    // These sources write Sigma's own names.
    name_server("linux", "named", &[]),
    name_server("linux", "unbound", &[]),
    name_server("linux", "dnsmasq", &[]),
    name_server("windows", "dns-server-debug", &[]),
    network("suricata", "proxy", ("event_type", &["http"]), SURICATA_PROXY),
    network("suricata", "webserver", ("event_type", &["http"]), SURICATA_WEB_SERVER),
    web_server("apache"),
    web_server("nginx"),
    web_server("iis"),
];

/// Security 4688 in Sysmon's words. `ProcessId` of a 4688 is the creator's id, so it is Sysmon's `ParentProcessId`.
const PROCESS_4688: &[(&str, &str)] = &[
    ("Image", "NewProcessName"),
    ("CommandLine", "ProcessCommandLine"),
    ("ParentImage", "ParentProcessName"),
    ("ParentProcessId", "ProcessId"),
    ("User", "SubjectUserName"),
    ("LogonId", "SubjectLogonId"),
    ("IntegrityLevel", "MandatoryLabel"),
];

const FORTIGATE_TRAFFIC: &[(&str, &str)] = &[
    ("src_ip", "srcip"),
    ("src_port", "srcport"),
    ("dst_ip", "dstip"),
    ("dst_port", "dstport"),
    ("username", "user"),
];

const CEF_TRAFFIC: &[(&str, &str)] = &[
    ("src_ip", "src"),
    ("src_port", "spt"),
    ("dst_ip", "dst"),
    ("dst_port", "dpt"),
    ("username", "suser"),
    ("username", "duser"),
    ("action", "act"),
    ("action", "outcome"),
    ("protocol", "proto"),
];

const LEEF_TRAFFIC: &[(&str, &str)] = &[
    ("src_ip", "src"),
    ("src_port", "srcPort"),
    ("dst_ip", "dst"),
    ("dst_port", "dstPort"),
    ("username", "usrName"),
    ("action", "act"),
    ("protocol", "proto"),
];

/// EVE has written DNS in three ways: `rrname`/`rdata`, then lists of `answers`, then of `queries`. The first that is there
/// speaks.
const SURICATA_DNS: &[(&str, &str)] = &[
    ("query", "dns.rrname"),
    ("query", "dns.queries.rrname"),
    ("query", "dns.query.rrname"),
    ("record_type", "dns.rrtype"),
    ("record_type", "dns.queries.rrtype"),
    ("record_type", "dns.query.rrtype"),
    ("answer", "dns.rdata"),
    ("answer", "dns.answers.rdata"),
];

/// `http.url_query` and `http.url_extension` are what the source has cut out of `http.url`.
const SURICATA_PROXY: &[(&str, &str)] = &[
    ("c-uri", "http.url"),
    ("cs-uri", "http.url"),
    ("c-uri-query", "http.url_query"),
    ("c-uri-extension", "http.url_extension"),
    ("c-useragent", "http.http_user_agent"),
    ("cs-host", "http.hostname"),
    ("r-dns", "http.hostname"),
    ("cs-method", "http.http_method"),
    ("cs-cookie", "http.cookie"),
    ("cs-referrer", "http.http_refer"),
    ("sc-status", "http.status"),
];

const SURICATA_WEB_SERVER: &[(&str, &str)] = &[
    ("c-ip", "src_ip"),
    ("cs-method", "http.http_method"),
    ("cs-uri", "http.url"),
    ("cs-uri-stem", "http.url"),
    ("cs-uri-query", "http.url"),
    ("cs-user-agent", "http.http_user_agent"),
    ("cs-host", "http.hostname"),
    ("cs-cookie", "http.cookie"),
    ("cs-referer", "http.http_refer"),
    ("sc-status", "http.status"),
];

/// Services of Linux whose lines another service's log holds as well. That syslog holds them all is in the logic.
pub(super) const WIDER: &[(&str, &str)] = &[("sshd", "auth"), ("sudo", "auth")];

/// Windows channels, in lower case, and the service of each.
pub(super) const CHANNELS: &[(&str, &str)] = &[
    ("application", "application"),
    ("security", "security"),
    ("system", "system"),
    ("windows powershell", "powershell-classic"),
    ("dns server", "dns-server"),
    ("msexchange management", "msexchange-management"),
    ("microsoft-windows-application-experience/program-telemetry", "application-experience"),
    (
        "microsoft-windows-application-experience/program-compatibility-assistant",
        "application-experience",
    ),
    ("microsoft-windows-applocker/msi and script", "applocker"),
    ("microsoft-windows-applocker/exe and dll", "applocker"),
    ("microsoft-windows-applocker/packaged app-deployment", "applocker"),
    ("microsoft-windows-applocker/packaged app-execution", "applocker"),
    ("microsoft-windows-appmodel-runtime/admin", "appmodel-runtime"),
    ("microsoft-windows-appxdeploymentserver/operational", "appxdeployment-server"),
    ("microsoft-windows-appxpackaging/operational", "appxpackaging-om"),
    ("microsoft-windows-bitlocker/bitlocker management", "bitlocker"),
    ("microsoft-windows-bits-client/operational", "bits-client"),
    ("microsoft-windows-capi2/operational", "capi2"),
    (
        "microsoft-windows-certificateservicesclient-lifecycle-system/operational",
        "certificateservicesclient-lifecycle-system",
    ),
    ("microsoft-windows-codeintegrity/operational", "codeintegrity-operational"),
    ("microsoft-windows-dhcp-server/operational", "dhcp"),
    ("microsoft-windows-diagnosis-scripted/operational", "diagnosis-scripted"),
    ("microsoft-windows-dns client events/operational", "dns-client"),
    ("microsoft-windows-dns-client/operational", "dns-client"),
    ("microsoft-windows-dns-server/analytical", "dns-server-analytic"),
    ("microsoft-windows-dns-server/audit", "dns-server-audit"),
    ("microsoft-windows-dnsserver/audit", "dns-server-audit"),
    ("microsoft-windows-dnsserver/analytical", "dns-server-analytic"),
    ("microsoft-windows-driverframeworks-usermode/operational", "driver-framework"),
    ("microsoft-windows-windows firewall with advanced security/firewall", "firewall-as"),
    ("microsoft-windows-hyper-v-worker", "hyper-v-worker"),
    ("microsoft-windows-hyper-v-worker-admin", "hyper-v-worker"),
    ("microsoft-iis-configuration/operational", "iis-configuration"),
    ("microsoft-windows-kernel-eventtracing", "kernel-event-tracing"),
    ("microsoft-windows-kernel-shimengine/operational", "kernel-shimengine"),
    ("microsoft-windows-kernel-shimengine/diagnostic", "kernel-shimengine"),
    ("microsoft-windows-ldap-client/debug", "ldap"),
    ("microsoft-windows-lsa/operational", "lsa-server"),
    ("microsoft-windows-ntfs/operational", "ntfs"),
    ("microsoft-windows-ntlm/operational", "ntlm"),
    ("openssh/operational", "openssh"),
    ("microsoft-windows-powershell/operational", "powershell"),
    ("powershellcore/operational", "powershell"),
    ("microsoft-windows-printservice/admin", "printservice-admin"),
    ("microsoft-windows-printservice/operational", "printservice-operational"),
    ("microsoft-windows-security-mitigations/kernel mode", "security-mitigations"),
    ("microsoft-windows-security-mitigations/user mode", "security-mitigations"),
    ("microsoft-windows-security-mitigations/kernelmode", "security-mitigations"),
    ("microsoft-windows-security-mitigations/usermode", "security-mitigations"),
    ("microsoft-windows-sense/operational", "sense"),
    ("microsoft-servicebus-client/operational", "microsoft-servicebus-client"),
    ("microsoft-servicebus-client/admin", "microsoft-servicebus-client"),
    ("microsoft-windows-shell-core/operational", "shell-core"),
    ("microsoft-windows-smbclient/security", "smbclient-security"),
    ("microsoft-windows-smbclient/connectivity", "smbclient-connectivity"),
    ("microsoft-windows-smbserver/connectivity", "smbserver-connectivity"),
    ("microsoft-windows-sysmon/operational", "sysmon"),
    ("microsoft-windows-taskscheduler/operational", "taskscheduler"),
    (
        "microsoft-windows-terminalservices-localsessionmanager/operational",
        "terminalservices-localsessionmanager",
    ),
    (
        "microsoft-windows-terminalservices-remoteconnectionmanager/operational",
        "terminalservices-remoteconnectionmanager",
    ),
    ("microsoft-windows-vhdmp/operational", "vhdmp"),
    ("microsoft-windows-vhdmp-operational", "vhdmp"),
    ("microsoft-windows-windows defender/operational", "windefend"),
    ("microsoft-windows-wmi-activity/operational", "wmi"),
    ("microsoft-windows-backup", "backup"),
];

/// Services that rules spell in two ways.
pub(super) const SERVICES: &[(&str, &str)] =
    &[("servicebus-client", "microsoft-servicebus-client")];
