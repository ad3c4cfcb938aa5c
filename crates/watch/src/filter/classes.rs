//! What people call the kinds of events: one table for filters, screens and exports.

use sakimori_words::{Lang, RECORD_ACCESS};

use crate::sources::ocsf;

/// A kind of event as people name it.
#[derive(Debug)]
pub struct Class {
    /// OCSF classes it means.
    pub uids: &'static [u32],
    /// What to type, the preferred spelling first, in lower case without blanks.
    pub spellings: &'static [&'static str],
    /// What it is called: Japanese, English.
    pub name: [&'static str; 2],
}

const fn class(
    uids: &'static [u32],
    spellings: &'static [&'static str],
    name: [&'static str; 2],
) -> Class {
    Class { uids, spellings, name }
}

/// Every kind that has a name, most asked for first.
pub const CLASSES: &[Class] = &[
    class(
        &[ocsf::AUTHENTICATION],
        &["logon", "login", "authentication", "ログオン", "ログイン", "認証"],
        ["ログオン", "logon"],
    ),
    class(
        &[RECORD_ACCESS],
        &["record", "recordaccess", "chart", "カルテ", "診療録", "記録参照"],
        ["診療記録の参照・変更", "access to records"],
    ),
    class(&[ocsf::NETWORK], &["network", "connection", "通信"], ["通信", "network"]),
    class(&[ocsf::TUNNEL], &["vpn", "tunnel"], ["VPN", "VPN"]),
    class(&[ocsf::FILE], &["file", "ファイル"], ["ファイル", "file"]),
    class(
        &[ocsf::SMB],
        &["share", "smb", "共有", "共有フォルダー"],
        ["共有フォルダー", "file share"],
    ),
    class(
        &[ocsf::PROCESS],
        &["process", "プロセス", "プログラム"],
        ["プログラムの実行", "process"],
    ),
    class(&[ocsf::SCRIPT], &["script", "スクリプト"], ["スクリプト", "script"]),
    class(&[ocsf::DNS], &["dns"], ["DNS", "DNS"]),
    class(&[ocsf::DHCP], &["dhcp"], ["DHCP", "DHCP"]),
    class(&[ocsf::HTTP], &["web", "http"], ["Web", "web"]),
    class(&[ocsf::EMAIL], &["mail", "email", "メール"], ["メール", "mail"]),
    class(
        &[ocsf::RDP],
        &["rdp", "remotedesktop", "リモートデスクトップ"],
        ["リモートデスクトップ", "remote desktop"],
    ),
    class(&[ocsf::SSH], &["ssh"], ["SSH", "SSH"]),
    class(&[ocsf::FTP], &["ftp"], ["FTP", "FTP"]),
    class(
        &[ocsf::SESSION],
        &["session", "privilege", "権限", "セッション"],
        ["権限・セッション", "session and privilege"],
    ),
    class(&[ocsf::ACCOUNT], &["account", "アカウント"], ["アカウントの変更", "account change"]),
    class(&[ocsf::GROUP], &["group", "グループ"], ["グループの変更", "group change"]),
    class(
        &[ocsf::ENTITY],
        &["setting", "settings", "configuration", "設定", "設定変更"],
        ["設定の変更", "settings change"],
    ),
    class(
        &[ocsf::SCHEDULED_JOB],
        &["job", "task", "タスク"],
        ["予約されたタスク", "scheduled task"],
    ),
    class(
        &[ocsf::WINDOWS_SERVICE],
        &["service", "サービス"],
        ["Windowsサービス", "Windows service"],
    ),
    class(
        &[ocsf::REGISTRY_KEY, ocsf::REGISTRY_VALUE],
        &["registry", "レジストリ"],
        ["レジストリ", "registry"],
    ),
    class(
        &[ocsf::APPLICATION],
        &["application", "install", "ソフト", "ソフトウェア"],
        ["ソフトウェアの導入・削除", "application"],
    ),
    class(&[ocsf::DRIVER], &["driver", "ドライバー"], ["ドライバー", "driver"]),
    class(&[ocsf::MODULE], &["module", "dll"], ["ライブラリの読み込み", "module"]),
    class(&[ocsf::PERIPHERAL], &["usb", "device", "周辺機器"], ["USB機器", "USB device"]),
    class(&[ocsf::EVENT_LOG], &["log", "eventlog", "ログ消去"], ["ログ自体の操作", "event log"]),
    class(&[ocsf::DETECTION], &["detection", "alert", "検知", "警報"], ["検知・警報", "alert"]),
    class(&[0], &["unknown", "other", "未解釈", "不明", "その他"], ["分類なし", "unclassified"]),
];

/// The classes that a spelling means: a name of the table or a number.
pub(super) fn classes_of(spelling: &str) -> Option<Vec<u32>> {
    let plain: String =
        spelling.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
    if let Ok(uid) = plain.parse() {
        return Some(vec![uid]);
    }
    let found = CLASSES.iter().find(|class| class.spellings.contains(&&*plain));
    found.map(|class| class.uids.to_vec())
}

/// What people call a class; `None` when it has no name here.
#[must_use]
pub fn class_name(uid: u32, lang: Lang) -> Option<&'static str> {
    let [ja, en] = CLASSES.iter().find(|class| class.uids.contains(&uid))?.name;
    Some(match lang {
        Lang::Ja => ja,
        Lang::En => en,
    })
}
