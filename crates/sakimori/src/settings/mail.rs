//! `[mail]`: how an office sends warnings by mail.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Role;

/// How the way to the relay is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailSecurity {
    /// STARTTLS, or nothing is sent.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None; only to a relay on this machine.
    Plain,
}

/// Mail of an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailSettings {
    /// Whether anything is sent.
    pub(crate) on: bool,
    /// The relay, `host:port`.
    pub(crate) relay: String,
    /// How the way there is protected: `starttls`, `tls` or `plain`.
    pub(crate) security: MailSecurity,
    /// The account at the relay; empty when it asks for none.
    pub(crate) account: String,
    /// File with the password of that account; relative to the data folder.
    pub(crate) password_file: PathBuf,
    /// PEM file of an authority that signed the relay's certificate, besides those this machine trusts; relative to the data folder.
    pub(crate) authority: PathBuf,
    /// The sender's address. DKIM signs for its domain.
    pub(crate) from: String,
    /// Where undelivered mail returns to: `local@domain`, delivered also as `local+anything@domain`.
    pub(crate) returns: String,
    /// The address under which institutions reach this office's pages, e.g. `https://chui.pref.example.jp`.
    pub(crate) portal: String,
    /// What the DKIM records are named by: `<selector>-rsa` and `<selector>-ed25519`.
    pub(crate) selector: String,
    /// Letters handed to the relay in a minute.
    pub(crate) letters_per_minute: u32,
    /// Whether institutions with a node get a letter as well. They answer on their node.
    pub(crate) nodes_too: bool,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            on: false,
            relay: String::new(),
            security: MailSecurity::StartTls,
            account: String::new(),
            password_file: PathBuf::new(),
            authority: PathBuf::new(),
            from: String::new(),
            returns: String::new(),
            portal: String::new(),
            selector: "sakimori".to_owned(),
            letters_per_minute: 60,
            nodes_too: false,
        }
    }
}

impl MailSettings {
    /// Host and port of the relay.
    pub(crate) fn relay_parts(&self) -> Option<(&str, u16)> {
        let (host, port) = self.relay.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then_some(())?;
        Some((host, port.parse().ok()?))
    }

    /// The domain DKIM signs for; `None` while there is no sender.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.from.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
    }

    /// # Errors
    /// What is wrong, when mail is on and cannot work.
    pub(super) fn check(&self, role: Role) -> Result<(), &'static str> {
        if !self.on {
            return Ok(());
        }
        let letters =
            |text: &str| text.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-');
        let here = ["http://127.0.0.1", "http://localhost"];
        let checks = [
            (role == Role::Hub, "mail.on: only an office (role = \"hub\") sends mail"),
            (self.relay_parts().is_some(), "mail.relay must be host:port"),
            (self.domain().is_some(), "mail.from must be a mail address"),
            (self.returns.contains('@'), "mail.returns must be a mail address"),
            (
                self.portal.starts_with("https://")
                    || here.iter().any(|one| self.portal.starts_with(one)),
                "mail.portal must begin with https://",
            ),
            (
                !self.selector.is_empty() && letters(&self.selector),
                "mail.selector: letters and digits",
            ),
            (self.letters_per_minute > 0, "mail.letters_per_minute must be 1 or more"),
            (
                self.account.is_empty() || !self.password_file.as_os_str().is_empty(),
                "mail.password_file is missing for mail.account",
            ),
        ];
        checks.into_iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, why)| Err(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit() -> MailSettings {
        MailSettings {
            on: true,
            relay: "smtp.example.jp:587".to_owned(),
            from: "warn@pref.example.jp".to_owned(),
            returns: "bounce@pref.example.jp".to_owned(),
            portal: "https://warn.pref.example.jp".to_owned(),
            ..MailSettings::default()
        }
    }

    #[test]
    fn nothing_is_switched_on_by_itself_and_what_is_missing_is_named() {
        assert!(!MailSettings::default().on);
        assert_eq!(fit().check(Role::Hub), Ok(()));
        let refused = |settings: MailSettings| settings.check(Role::Hub).unwrap_err();
        assert!(fit().check(Role::Node).unwrap_err().contains("hub"));
        assert!(refused(MailSettings { relay: "smtp".to_owned(), ..fit() }).contains("mail.relay"));
        assert!(refused(MailSettings { from: "x".to_owned(), ..fit() }).contains("mail.from"));
        let portal = "http://warn.pref.example.jp".to_owned();
        assert!(refused(MailSettings { portal, ..fit() }).contains("https"));
        let account = "user".to_owned();
        assert!(refused(MailSettings { account, ..fit() }).contains("password_file"));
    }

    #[test]
    fn a_relay_is_a_name_or_an_address_with_a_port() {
        let parts = |relay: &str| {
            let settings = MailSettings { relay: relay.to_owned(), ..fit() };
            settings.relay_parts().map(|(host, port)| (host.to_owned(), port))
        };
        assert_eq!(parts("smtp.example.jp:587"), Some(("smtp.example.jp".to_owned(), 587)));
        assert_eq!(parts("[::1]:25"), Some(("::1".to_owned(), 25)));
        assert_eq!(parts(":25"), None);
        assert_eq!(parts("smtp.example.jp:99999"), None);
    }
}
