//! Check of an office's mail: whether it is on, and whether what it needs lies where the settings say.

use std::path::Path;

use super::{Check, Verdict};
use crate::settings::{Role, Settings};

const TITLE: [&str; 2] = ["メール", "mail"];

/// The check; none on a node, which sends no mail.
pub(super) fn check(data: &Path, settings: &Settings) -> Option<Check> {
    let mail = &settings.mail;
    if settings.role == Role::Node {
        return None;
    }
    if !mail.on {
        let seen = ["送っていません".to_owned(), "is off".to_owned()];
        return Some(Check::ok("mail", TITLE, seen));
    }
    let seen = [
        format!("{} から {} を通して送ります", mail.from, mail.relay),
        format!("goes from {} by {}", mail.from, mail.relay),
    ];
    let check = Check::ok("mail", TITLE, seen);
    let files = [&mail.password_file, &mail.authority];
    let missing =
        files.into_iter().find(|one| !one.as_os_str().is_empty() && !data.join(one).is_file());
    Some(match missing {
        None => check,
        Some(file) => {
            let next = [
                format!("{} がありません。置いてから起動し直してください", file.display()),
                format!("{} is missing: put it there and start again", file.display()),
            ];
            check.but(Verdict::Fail, next.each_ref().map(String::as_str))
        }
    })
}
