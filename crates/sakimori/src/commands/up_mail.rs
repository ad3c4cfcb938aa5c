//! The arguments of `sakimori up` about an office's mail; like all others they are remembered in the settings.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};

use crate::settings::{MailSecurity, MailSettings};
use crate::world::World;

/// The arguments.
pub(super) fn arguments(world: &World) -> Vec<Arg> {
    let text = |name: &'static str, value: &'static str, help: [&'static str; 2]| {
        Arg::new(name).long(name).value_name(value).help(world.say(help))
    };
    let choice = |name: &'static str, values: &'static [&'static str], help: [&'static str; 2]| {
        text(name, "WORD", help).value_parser(PossibleValuesParser::new(values))
    };
    vec![
        choice(
            "mail",
            &["on", "off"],
            [
                "注意喚起をメールでも送るか（ハブのみ、既定 off）",
                "whether warnings go by mail as well (hub only, default off)",
            ],
        ),
        text("mail-relay", "HOST:PORT", ["メールの中継サーバ", "the relay for mail"]),
        choice(
            "mail-security",
            &["starttls", "tls", "plain"],
            [
                "中継サーバまでの保護（既定 starttls。plain はこの機器の中だけ）",
                "how the way to the relay is protected (default starttls; plain only on this machine)",
            ],
        ),
        text("mail-account", "NAME", ["中継サーバのアカウント", "the account at the relay"]),
        text(
            "mail-password-file",
            "FILE",
            ["中継サーバのパスワードを書いたファイル", "file with the password of that account"],
        )
        .value_parser(value_parser!(PathBuf)),
        text("mail-from", "ADDRESS", ["差出人のアドレス", "the sender's address"]),
        text(
            "mail-returns",
            "ADDRESS",
            ["不達メールの返送先のアドレス", "the address undelivered mail returns to"],
        ),
        text(
            "mail-portal",
            "URL",
            [
                "回答ページの公開アドレス（https://…）",
                "the public address of the pages to answer on (https://…)",
            ],
        ),
        text(
            "mail-selector",
            "NAME",
            ["DKIM のセレクタ（既定 sakimori）", "the DKIM selector (default sakimori)"],
        ),
    ]
}

/// Changes the settings by what was given.
pub(super) fn take(given: &ArgMatches, mail: &mut MailSettings) {
    let word = |name: &str| given.get_one::<String>(name).cloned();
    let places = [
        ("mail-relay", &mut mail.relay),
        ("mail-account", &mut mail.account),
        ("mail-from", &mut mail.from),
        ("mail-returns", &mut mail.returns),
        ("mail-portal", &mut mail.portal),
        ("mail-selector", &mut mail.selector),
    ];
    for (name, place) in places {
        if let Some(given) = word(name) {
            *place = given;
        }
    }
    if let Some(on) = word("mail") {
        mail.on = on == "on";
    }
    mail.security = match word("mail-security").as_deref() {
        Some("starttls") => MailSecurity::StartTls,
        Some("tls") => MailSecurity::Tls,
        Some("plain") => MailSecurity::Plain,
        _ => mail.security,
    };
    if let Some(file) = given.get_one::<PathBuf>("mail-password-file") {
        mail.password_file = absolute(file);
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
