//! Who logged on to the router itself, became its administrator, and saved its configuration.

use super::super::ocsf::{AUTHENTICATION, ENTITY, FAILURE, SESSION, SUCCESS};
use super::shapes::{is_address, split_word};
use super::{Told, fields};

/// Ways to the router. Other programs also write `Login failed for …`, but for persons.
const METHODS: [&str; 9] =
    ["HTTP", "HTTPS", "REMOTE", "SERIAL", "SFTP", "SSH", "Serial", "TELNET", "TFTP"];

pub(super) fn read(said: &str) -> Option<Told<'_>> {
    if let Some(rest) = said.strip_prefix("Login ") {
        let (result, rest) = split_result(rest)?;
        let way = Way::read(rest)?;
        return Some(Told {
            class_uid: AUTHENTICATION,
            activity: "logon",
            status: status(result),
            ..way.told(&[("action", "login"), ("result", result)])
        });
    }
    if let Some(rest) = said.strip_prefix("Logout from ") {
        let told = Way::read(rest)?.told(&[("action", "logout")]);
        return Some(Told { class_uid: AUTHENTICATION, activity: "logoff", ..told });
    }
    match said.strip_prefix('\'') {
        Some(rest) => read_elevation(rest),
        None => read_saving(said),
    }
}

/// `'administrator' succeeded for HTTP: 192.0.2.10 admin`: a logged-on person asked for the administrator's rights.
fn read_elevation(rest: &str) -> Option<Told<'_>> {
    let (role, rest) = rest.split_once("' ")?;
    let (result, rest) = split_result(rest)?;
    let way = Way::read(rest)?;
    Some(Told {
        class_uid: SESSION,
        activity: "become administrator",
        status: status(result),
        ..way.told(&[("action", "elevate"), ("role", role), ("result", result)])
    })
}

/// `Configuration saved in "CONFIG0" by SSH(admin)`.
fn read_saving(said: &str) -> Option<Told<'_>> {
    let rest = said.strip_prefix("Configuration saved in \"")?;
    let (place, rest) = rest.split_once('"')?;
    let by = rest.strip_prefix(" by ")?;
    let (method, user) = match by.split_once('(') {
        Some((method, user)) => (method, user.strip_suffix(')')?),
        None => (by, ""),
    };
    let about = [("action", "save"), ("place", place), ("method", method), ("user", user)];
    Some(Told {
        service: "config",
        class_uid: ENTITY,
        activity: "save configuration",
        status: SUCCESS,
        user,
        fields: fields(&about),
        ..Told::default()
    })
}

fn split_result(text: &str) -> Option<(&str, &str)> {
    let (result, rest) = text.split_once(" for ")?;
    matches!(result, "succeeded" | "failed").then_some((result, rest))
}

fn status(result: &str) -> &'static str {
    if result == "succeeded" { SUCCESS } else { FAILURE }
}

/// By which way, from where, who: `SSH: 192.0.2.10 admin`, `TELNET: 192.0.2.10`, `Serial`, `Serial user`.
struct Way<'a> {
    method: &'a str,
    from: &'a str,
    user: &'a str,
}

impl<'a> Way<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let end = text.find([':', ' ']).unwrap_or(text.len());
        let (method, rest) = text.split_at_checked(end)?;
        if !METHODS.contains(&method) {
            return None;
        }
        let (from, user) = match rest.strip_prefix(": ") {
            Some(rest) => {
                let (from, user) = split_word(rest);
                (Some(from).filter(|from| is_address(from))?, user)
            }
            None => ("", rest.trim()),
        };
        // Only the console has no address.
        let local = method.eq_ignore_ascii_case("serial");
        (local || !from.is_empty()).then_some(Self { method, from, user })
    }

    fn told(&self, about: &[(&str, &str)]) -> Told<'a> {
        let own = [("method", self.method), ("src_ip", self.from), ("user", self.user)];
        Told {
            service: "login",
            user: self.user,
            src_ip: self.from,
            fields: fields(&[about, &own].concat()),
            ..Told::default()
        }
    }
}
