//! Names for the numbers of audit records that were not enriched on their machine.

/// Record types that the kernel writes as a number when no daemon is there to name them.
const RECORD_TYPES: &[(&str, &str)] = &[
    ("1100", "USER_AUTH"),
    ("1101", "USER_ACCT"),
    ("1102", "USER_MGMT"),
    ("1105", "USER_START"),
    ("1106", "USER_END"),
    ("1112", "USER_LOGIN"),
    ("1113", "USER_LOGOUT"),
    ("1114", "ADD_USER"),
    ("1115", "DEL_USER"),
    ("1116", "ADD_GROUP"),
    ("1117", "DEL_GROUP"),
    ("1123", "USER_CMD"),
    ("1130", "SERVICE_START"),
    ("1131", "SERVICE_STOP"),
    ("1300", "SYSCALL"),
    ("1302", "PATH"),
    ("1305", "CONFIG_CHANGE"),
    ("1306", "SOCKADDR"),
    ("1307", "CWD"),
    ("1309", "EXECVE"),
    ("1319", "TTY"),
    ("1326", "SECCOMP"),
    ("1327", "PROCTITLE"),
    ("1400", "AVC"),
    ("1701", "ANOM_ABEND"),
];

/// System calls that detections speak of: number on x86-64, number on arm64, name.
const SYSTEM_CALLS: &[(i64, i64, &str)] = &[
    (2, -1, "open"),
    (41, 198, "socket"),
    (42, 203, "connect"),
    (49, 200, "bind"),
    (56, 220, "clone"),
    (59, 221, "execve"),
    (62, 129, "kill"),
    (82, -1, "rename"),
    (83, -1, "mkdir"),
    (84, -1, "rmdir"),
    (87, -1, "unlink"),
    (90, -1, "chmod"),
    (92, -1, "chown"),
    (99, 179, "sysinfo"),
    (101, 117, "ptrace"),
    (103, 116, "syslog"),
    (105, 146, "setuid"),
    (133, -1, "mknod"),
    (135, 92, "personality"),
    (155, 41, "pivot_root"),
    (161, 51, "chroot"),
    (165, 40, "mount"),
    (169, 142, "reboot"),
    (175, 105, "init_module"),
    (176, 106, "delete_module"),
    (246, 104, "kexec_load"),
    (257, 56, "openat"),
    (259, 33, "mknodat"),
    (263, 35, "unlinkat"),
    (268, 53, "fchmodat"),
    (272, 97, "unshare"),
    (308, 268, "setns"),
    (310, 270, "process_vm_readv"),
    (311, 271, "process_vm_writev"),
    (313, 273, "finit_module"),
    (319, 279, "memfd_create"),
    (321, 280, "bpf"),
    (322, 281, "execveat"),
];

/// The name of a record type, also when it was written as its number.
pub(super) fn record_type(written: &str) -> String {
    let number = written.strip_prefix("UNKNOWN[").and_then(|rest| rest.strip_suffix(']'));
    let number = number.unwrap_or(written);
    let known = RECORD_TYPES.iter().find(|(own, _)| *own == number);
    known.map_or(written, |(_, name)| name).to_owned()
}

/// The name of a system call, for the two architectures servers have.
pub(super) fn syscall(arch: Option<&str>, number: Option<i64>) -> Option<&'static str> {
    let number = number.filter(|number| *number >= 0)?;
    let find = |of: fn(&(i64, i64, &'static str)) -> i64| {
        SYSTEM_CALLS.iter().find(|own| of(own) == number).map(|(_, _, name)| *name)
    };
    match arch? {
        "c000003e" => find(|own| own.0),
        "c00000b7" => find(|own| own.1),
        _ => None,
    }
}
