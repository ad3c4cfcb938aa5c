//! Where a mail leads to: links of its HTML and its text, and what is odd about them.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::addresses::line;
use super::domains::{is_international, registrable, unicode};

/// Links read from one mail.
const READ_MAX: usize = 500;

/// Text between the tags of one link that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 2_000;

/// Services that hide where a link leads.
const SHORTENERS: [&str; 14] = [
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "is.gd",
    "ow.ly",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "x.gd",
    "onl.la",
    "tiny.cc",
    "lnk.to",
    "s.id",
];

/// Endings by which a text without `http://` is still seen as an address rather than a file's name.
const ENDINGS: [&str; 16] = [
    "com", "net", "org", "info", "biz", "jp", "cn", "io", "ru", "xyz", "top", "site", "online",
    "shop", "example", "eu",
];

/// A link, with what the reader sees of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The text that is shown; the address itself in a mail without HTML.
    pub text: String,
    /// Where it leads, cut.
    pub target: String,
    /// The machine it leads to, as it is written in the DNS; empty when it leads to none.
    pub host: String,
    /// Whether what is typed behind it is sent there (a form).
    pub is_form: bool,
    /// What is odd about it.
    pub odd: Vec<LinkOddity>,
}

/// What is odd about a link, without knowing whose mail it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "odd", rename_all = "snake_case")]
pub enum LinkOddity {
    /// The text shows another address.
    ShowsOther {
        /// The host that is shown.
        shown: String,
    },
    /// It leads to a bare number.
    IpAddress,
    /// The host is written in characters beyond ASCII.
    International {
        /// As people see it.
        seen: String,
    },
    /// The service hides where it leads.
    Shortener,
    /// Something stands before an `@`, which looks like the host and is not.
    UserPart,
    /// It holds its content itself (`data:`) or runs (`javascript:`).
    Inline,
    /// It leads to a file share (`file:`, `\\host`), which hands over the account's password hash.
    FileShare,
}

impl Link {
    /// The target written so that nobody follows it by accident: `hxxps://a[.]b/…`.
    #[must_use]
    pub fn defanged(&self) -> String {
        let target = self.target.replacen("http", "hxxp", 1);
        match target.split_once("://") {
            Some((scheme, rest)) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                format!("{scheme}://{}{path}", host.replace('.', "[.]"))
            }
            None => target.replace(':', "[:]"),
        }
    }
}

/// Links of an HTML part.
pub(super) fn of_html(html: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        if links.len() >= READ_MAX {
            break;
        }
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        rest = behind;
        let name: String =
            tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let wanted = match name.as_str() {
            "a" | "area" => "href",
            "form" => "action",
            _ => continue,
        };
        let Some(target) = attribute(tag, wanted) else { continue };
        let text = if name == "a" { shown_text(behind) } else { String::new() };
        links.extend(link(&text, &target, name == "form"));
    }
    links
}

/// Addresses that stand in a text.
pub(super) fn of_text(text: &str) -> Vec<Link> {
    let words = text.split(|sign: char| {
        sign.is_whitespace()
            || matches!(sign, '<' | '>' | '"' | '「' | '」' | '（' | '）' | '、' | '。')
    });
    let address = |word: &&str| {
        let word = word.trim_start_matches(['(', '[']);
        ["http://", "https://"].iter().any(|start| starts_with(word, start))
    };
    let links = words.filter(address).take(READ_MAX);
    links
        .filter_map(|word| {
            let word = word.trim_matches(['(', ')', '[', ']', ',', ';']).trim_end_matches('.');
            link("", word, false)
        })
        .collect()
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

fn link(text: &str, target: &str, is_form: bool) -> Option<Link> {
    let target: String =
        target.chars().filter(|sign| !matches!(sign, '\t' | '\r' | '\n')).collect();
    let target = target.trim();
    if target.is_empty() || target.starts_with('#') {
        return None;
    }
    if target.starts_with("\\\\") || starts_with(target, "file:") {
        return Some(odd_link(text, target, is_form, LinkOddity::FileShare));
    }
    let url = Url::parse(target).ok()?;
    match url.scheme() {
        "http" | "https" | "ftp" => {}
        "javascript" | "data" | "vbscript" => {
            return Some(odd_link(text, target, is_form, LinkOddity::Inline));
        }
        _ => return None,
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    let odd = oddities(text, &url, &host);
    Some(Link { text: line(text), target: line(target), host, is_form, odd })
}

fn odd_link(text: &str, target: &str, is_form: bool, odd: LinkOddity) -> Link {
    let (text, target) = (line(text), line(target));
    Link { text, target, host: String::new(), is_form, odd: vec![odd] }
}

fn oddities(text: &str, url: &Url, host: &str) -> Vec<LinkOddity> {
    let mut odd = Vec::new();
    if matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
        odd.push(LinkOddity::IpAddress);
    }
    if is_international(host) {
        odd.push(LinkOddity::International { seen: line(&unicode(host)) });
    }
    if SHORTENERS.contains(&registrable(host)) {
        odd.push(LinkOddity::Shortener);
    }
    if !url.username().is_empty() {
        odd.push(LinkOddity::UserPart);
    }
    if let Some(shown) = shown_host(text)
        && registrable(&shown) != registrable(host)
    {
        odd.push(LinkOddity::ShowsOther { shown });
    }
    odd
}

/// The host that a text shows, when it shows one.
pub(super) fn shown_host(text: &str) -> Option<String> {
    let words = text.split(|sign: char| sign.is_whitespace() || "<>「」（）、。,;".contains(sign));
    words.filter_map(host_in).next()
}

fn host_in(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let spelled = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
    let rest = spelled.unwrap_or(&word);
    let host = rest.split(['/', '?', '#', ':']).next()?.trim_matches(['.', '(', ')', '[', ']']);
    let (_, ending) = host.rsplit_once('.')?;
    let plain = host.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '.' | '-'));
    let clear = spelled.is_some() || host.starts_with("www.") || ENDINGS.contains(&ending);
    (plain && clear && !rest.contains('@')).then(|| line(host))
}

/// The text up to the end of the link, without tags.
fn shown_text(behind: &str) -> String {
    let end = find_ignoring_case(behind, "</a").unwrap_or(behind.len()).min(TEXT_BYTES_MAX);
    let end = (0..=end).rev().find(|at| behind.is_char_boundary(*at)).unwrap_or_default();
    let mut text = String::new();
    let mut inside = false;
    for sign in behind.get(..end).unwrap_or_default().chars() {
        match sign {
            '<' => inside = true,
            '>' => inside = false,
            sign if !inside => text.push(sign),
            _ => {}
        }
    }
    unescape(text.trim())
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let near = text.as_bytes().get(..text.len().min(TEXT_BYTES_MAX)).unwrap_or_default();
    near.windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The value of an attribute in what stands inside a tag.
fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.trim_start_matches(|sign: char| sign.is_ascii_alphanumeric());
    for _ in 0..50 {
        rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '/');
        let end = rest.find(|sign: char| sign.is_whitespace() || sign == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if name.is_empty() && after.is_empty() {
            return None;
        }
        let after = after.trim_start();
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, behind) = value(after.trim_start());
        if name.eq_ignore_ascii_case(wanted) {
            return Some(unescape(value));
        }
        rest = behind;
    }
    None
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

/// The common entities, which hide an address from a reader of the source.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        match after.split_once(';').filter(|(name, _)| name.len() <= 8) {
            Some((name, behind)) if entity(name).is_some() => {
                plain.extend(entity(name));
                rest = behind;
            }
            _ => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "nbsp" => return Some(' '),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_their_text_however_they_are_written() {
        let html = r##"<p>x</p><A class=b HREF='https://evil.example/a?b=1&amp;c'><b>https://bank.example</b></A>
            <a href=https://203.0.113.9/x>こちら</a><form method=post action="https://xn--r8jz45g.example/p">
            <a href="mailto:a@b.example">mail</a><a href="#top">up</a><a href="https&#58;//bit.ly/x">明細.pdf</a>
            <a href="\\198.51.100.7\share\x">x</a><a href="https://user@evil.example">y</a>"##;
        let found: Vec<String> = of_html(html)
            .iter()
            .map(|link| format!("{} -> {} {:?}", link.text, link.defanged(), link.odd))
            .collect();
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn a_tag_without_end_and_a_lone_sign_end_the_reading() {
        assert_eq!(of_html("<a href=").len(), 0);
        assert_eq!(of_html("<a href=\"https://a.example").len(), 1);
        assert_eq!(of_text("見る https://a.example/x。次").len(), 1);
    }
}
