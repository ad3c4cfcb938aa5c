//! Operations of Samba's file system layer, and what `full_audit` writes behind each.

/// Operations with one path behind them, or none.
const OF_A_PATH: &[&str] = &[
    "chdir",
    "chflags",
    "chmod",
    "chmod_acl",
    "chown",
    "close",
    "closedir",
    "connect",
    "disconnect",
    "disk_free",
    "fallocate",
    "fchflags",
    "fchmod",
    "fchmod_acl",
    "fchown",
    "fdopendir",
    "fget_dos_attributes",
    "fget_nt_acl",
    "fgetxattr",
    "flistxattr",
    "fntimes",
    "fremovexattr",
    "fset_dos_attributes",
    "fset_nt_acl",
    "fsetxattr",
    "fstat",
    "fstatat",
    "fsync",
    "fsync_recv",
    "fsync_send",
    "ftruncate",
    "get_dos_attributes",
    "get_nt_acl",
    "getlock",
    "getxattr",
    "kernel_flock",
    "lchown",
    "linux_setlease",
    "listxattr",
    "lock",
    "lseek",
    "lstat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "ntimes",
    "opendir",
    "pread",
    "pread_recv",
    "pread_send",
    "pwrite",
    "pwrite_recv",
    "pwrite_send",
    "read",
    "readdir",
    "readlink",
    "readlinkat",
    "realpath",
    "recvfile",
    "removexattr",
    "rewinddir",
    "rmdir",
    "sendfile",
    "set_dos_attributes",
    "set_nt_acl",
    "setxattr",
    "stat",
    "streaminfo",
    "sys_acl_set_fd",
    "sys_acl_set_file",
    "unlink",
    "unlinkat",
    "utime",
    "write",
];

/// Operations with two paths behind them: from and to.
const OF_TWO_PATHS: &[&str] =
    &["link", "linkat", "rename", "rename_stream", "renameat", "symlink", "symlinkat"];

/// Operations with `r` or `w` before the path.
const OPENING: &[&str] = &["open", "openat"];

/// Behind it stand the rights asked for, `file` or `dir`, what to do when the file is there, and the path.
const CREATE_FILE: &str = "create_file";

/// The known operation of that name.
pub(super) fn find(name: &str) -> Option<&'static str> {
    let mut known = OF_A_PATH.iter().chain(OF_TWO_PATHS).chain(OPENING).chain([&CREATE_FILE]);
    known.find(|own| **own == name).copied()
}

/// What an operation was told.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) path: &'a str,
    pub(super) new_path: &'a str,
    /// `r` or `w` of an opening.
    mode: &'a str,
    access_mask: &'a str,
    /// `file` or `dir`.
    kind: &'a str,
    /// `open`, `create`, `overwrite_if`…
    disposition: &'a str,
    /// All of it, where it cannot be cut without doubt.
    arguments: &'a str,
}

impl<'a> Told<'a> {
    pub(super) const fn fields(&self) -> [(&'static str, &'a str); 7] {
        [
            ("mode", self.mode),
            ("access_mask", self.access_mask),
            ("kind", self.kind),
            ("disposition", self.disposition),
            ("path", self.path),
            ("new_path", self.new_path),
            ("arguments", self.arguments),
        ]
    }
}

/// Cuts the arguments of an operation. A path may hold the separator itself; then only what is certain is cut.
pub(super) fn told<'a>(operation: &str, arguments: &'a str) -> Told<'a> {
    let uncut = Told { arguments, ..Told::default() };
    if OPENING.contains(&operation) {
        return match arguments.split_once('|') {
            Some((mode @ ("r" | "w"), path)) => Told { mode, path, ..Told::default() },
            _ => uncut,
        };
    }
    if operation == CREATE_FILE {
        let mut parts = arguments.splitn(4, '|');
        return match [(); 4].map(|()| parts.next()) {
            [Some(access_mask), Some(kind @ ("file" | "dir")), Some(disposition), Some(path)] => {
                Told { access_mask, kind, disposition, path, ..Told::default() }
            }
            _ => uncut,
        };
    }
    if OF_TWO_PATHS.contains(&operation) {
        return two_paths(arguments).map_or(uncut, |(path, new_path)| Told {
            path,
            new_path,
            ..Told::default()
        });
    }
    if operation == "chdir" {
        return Told {
            path: arguments.strip_prefix("chdir|").unwrap_or(arguments),
            ..Told::default()
        };
    }
    // Owners, modes and times stand behind the path.
    let changes = ["chmod", "chown", "fchmod", "fchown", "lchown", "fntimes", "ntimes"];
    match arguments.split_once('|') {
        Some((path, _)) if changes.contains(&operation) => {
            Told { path, arguments, ..Told::default() }
        }
        _ => Told { path: arguments, ..Told::default() },
    }
}

/// `from|to`. With more bars than one, the bar before an absolute path decides when it is the only such.
fn two_paths(arguments: &str) -> Option<(&str, &str)> {
    let (from, to) = arguments.split_once('|')?;
    if !to.contains('|') {
        return Some((from, to));
    }
    let mut absolute = arguments.match_indices("|/");
    let (at, _) = absolute.next()?;
    let (from, to) = arguments.split_at_checked(at).filter(|_| absolute.next().is_none())?;
    Some((from, to.strip_prefix('|')?))
}

/// What was done to the file, in the words of the other sources.
pub(super) fn activity(operation: &'static str, told: &Told<'_>) -> &'static str {
    match operation {
        "rename" | "renameat" | "rename_stream" => "rename",
        "unlink" | "unlinkat" | "rmdir" => "delete",
        "mkdir" | "mkdirat" | "mknod" | "mknodat" | "link" | "linkat" | "symlink" | "symlinkat" => {
            "create"
        }
        "open" | "openat" if told.mode == "w" => "open for writing",
        "create_file" if matches!(told.disposition, "create" | "supersede") => "create",
        "create_file" if told.disposition.starts_with("overwrite") => "overwrite",
        "open" | "openat" | "create_file" => "open",
        "write" | "pwrite" | "pwrite_send" | "pwrite_recv" | "recvfile" | "ftruncate" => "write",
        "read" | "pread" | "pread_send" | "pread_recv" | "sendfile" => "read",
        "chmod" | "fchmod" | "chmod_acl" | "fchmod_acl" | "chown" | "fchown" | "lchown"
        | "set_nt_acl" | "fset_nt_acl" | "sys_acl_set_file" | "sys_acl_set_fd" => {
            "change permissions"
        }
        other => other,
    }
}
