//! A list of indicators as it is handed round: what each line is, and which lines are none.
//!
//! Lists come by mail, from web pages and out of spreadsheets. Addresses in them are broken up (`198.51.100[.]7`, `hxxps://`) so
//! that nobody presses them by mistake; here they are put together again. A line that is not understood is named, never dropped.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

use sakimori_standards::{IndicatorKind as Said, Reading};
use serde::{Deserialize, Serialize};

/// Most indicators of one list; what is beyond is counted.
pub const INDICATORS_MAX: usize = 100_000;

/// Longest line that is read as an indicator, in bytes.
const LINE_BYTES_MAX: usize = 2_000;

/// Most lines that are named because they are not understood; the rest is counted.
const NOT_UNDERSTOOD_MAX: usize = 1_000;

/// Shortest name of a file, in characters: a shorter one stands everywhere.
const FILE_CHARS_MIN: usize = 5;

/// The widest networks that are looked for: half of the Internet is no indicator.
const PREFIX_MIN: [u8; 2] = [8, 16];

/// Endings by which a name with dots is a file and no domain. Endings that are countries' (`.pl`, `.py`, `.sh`) are not here.
const FILE_ENDINGS: [&str; 60] = [
    "7z", "aspx", "bat", "bin", "cab", "chm", "cmd", "cpl", "csv", "dat", "dll", "doc", "docm",
    "docx", "dotm", "drv", "elf", "eml", "exe", "gz", "hta", "htm", "html", "img", "inf", "ini",
    "iso", "jar", "js", "jse", "jsp", "lnk", "log", "lzh", "msc", "msg", "msi", "ocx", "pdf",
    "php", "pif", "ppt", "pptx", "ps1", "psm1", "rar", "rtf", "scr", "sys", "tar", "tmp", "txt",
    "url", "vbe", "vbs", "vhd", "wsf", "xls", "xlsm", "xlsx",
];

/// What an indicator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// One address.
    Address,
    /// A range of addresses in CIDR notation.
    Network,
    /// A domain name, with everything below it.
    Domain,
    /// Host and path of a URL.
    Url,
    /// An MD5, SHA-1 or SHA-256 digest of a file.
    Hash,
    /// The name of a file, or its path.
    File,
    /// A mail address.
    Mail,
}

/// One indicator in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Indicator {
    /// What it is.
    pub kind: IndicatorKind,
    /// Put together and in lower case; a URL without its scheme.
    pub text: String,
}

/// A line that is no indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotUnderstood {
    /// Which line, from 1.
    pub line: usize,
    /// What stands there, cut.
    pub text: String,
}

/// What was read of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorList {
    /// Each once, in the order of their kinds and texts.
    pub indicators: Vec<Indicator>,
    /// Lines that are no indicators: the first of them.
    pub not_understood: Vec<NotUnderstood>,
    /// How many lines are none.
    pub n_not_understood: usize,
    /// Indicators beyond [`INDICATORS_MAX`].
    pub left_out: usize,
}

impl IndicatorKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Address, Self::Network, Self::Domain, Self::Url, Self::Hash, Self::File, Self::Mail];

    /// Its name in files and rule ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Network => "network",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Hash => "hash",
            Self::File => "file",
            Self::Mail => "mail",
        }
    }
}

impl IndicatorList {
    /// Reads a file of a standard (STIX bundle, TAXII envelope, MISP event), or else one indicator a line or the first column of a
    /// CSV file. Empty lines and comments (`#`) are passed over.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match sakimori_standards::read_file(text.as_bytes()) {
            Some((_, reading)) => Self::of_reading(&reading),
            None => Self::read_lines(text),
        }
    }

    /// What was understood of a file of a standard, in the form in which it is compared. Its parts are numbered instead of lines.
    #[must_use]
    pub fn of_reading(reading: &Reading) -> Self {
        let mut list = Self { left_out: reading.left_out, ..Self::default() };
        let mut seen = BTreeSet::new();
        for (n, read) in reading.indicators.iter().enumerate() {
            match indicator(&read.indicator.value) {
                Some(own) if !fits(own.kind, read.indicator.kind) => {
                    list.refuse(n + 1, &read.indicator.value);
                }
                Some(own) => {
                    seen.insert(own);
                }
                None => list.refuse(n + 1, &read.indicator.value),
            }
        }
        for (n, part) in reading.not_understood.iter().enumerate() {
            list.refuse(reading.indicators.len() + n + 1, part);
        }
        list.n_not_understood += reading.n_not_understood - reading.not_understood.len();
        list.indicators = seen.into_iter().collect();
        list
    }

    /// Takes the indicators of another list in.
    pub fn join(&mut self, other: Self) {
        let all = self.indicators.drain(..).chain(other.indicators).collect::<BTreeSet<_>>();
        let beyond = all.len().saturating_sub(INDICATORS_MAX);
        self.indicators = all.into_iter().take(INDICATORS_MAX).collect();
        self.left_out += other.left_out + beyond;
        self.n_not_understood += other.n_not_understood;
        let room = NOT_UNDERSTOOD_MAX.saturating_sub(self.not_understood.len());
        self.not_understood.extend(other.not_understood.into_iter().take(room));
    }

    fn read_lines(text: &str) -> Self {
        let mut list = Self::default();
        let mut seen = BTreeSet::new();
        for (n, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let Some(typed) = first_column(line) else { continue };
            match indicator(typed) {
                Some(own) if seen.contains(&own) => {}
                Some(_) if seen.len() >= INDICATORS_MAX => list.left_out += 1,
                Some(own) => {
                    seen.insert(own);
                }
                None => list.refuse(n + 1, typed),
            }
        }
        list.indicators = seen.into_iter().collect();
        list
    }

    /// The indicators as they are kept: kind and text, one a line.
    pub(super) fn to_kept(&self) -> String {
        let lines =
            self.indicators.iter().map(|own| format!("{}\t{}\n", own.kind.name(), own.text));
        lines.collect()
    }

    /// What [`Self::to_kept`] wrote.
    pub(super) fn kept(text: &str) -> Vec<Indicator> {
        let read = |line: &str| {
            let (name, text) = line.split_once('\t')?;
            let kind = IndicatorKind::ALL.into_iter().find(|kind| kind.name() == name)?;
            Some(Indicator { kind, text: text.to_owned() })
        };
        text.lines().filter_map(read).collect()
    }

    fn refuse(&mut self, line: usize, typed: &str) {
        self.n_not_understood += 1;
        if self.not_understood.len() < NOT_UNDERSTOOD_MAX {
            let text = typed.chars().filter(|sign| !sign.is_control()).take(100).collect();
            self.not_understood.push(NotUnderstood { line, text });
        }
    }
}

/// Reads any bytes as a list and looks for what it holds in them, for fuzzing: must return.
pub fn fuzz_indicators(bytes: &[u8]) {
    let list = IndicatorList::read(&String::from_utf8_lossy(bytes));
    let event = sakimori_words::Event { raw: bytes.to_vec(), ..sakimori_words::Event::default() };
    let _ = super::Matcher::new(&list.indicators).map(|matcher| matcher.look(&event));
}

/// Whether a value is what its file says that it is: a name of a file that looks like a domain would be looked for as one.
const fn fits(own: IndicatorKind, said: Said) -> bool {
    match said {
        Said::Sha256 | Said::Sha1 | Said::Md5 => matches!(own, IndicatorKind::Hash),
        Said::Mail => matches!(own, IndicatorKind::Mail),
        Said::FileName => matches!(own, IndicatorKind::File),
        Said::Ipv4 | Said::Ipv6 => matches!(own, IndicatorKind::Address | IndicatorKind::Network),
        // A URL without a path is its host.
        Said::Domain | Said::Url => {
            matches!(own, IndicatorKind::Domain | IndicatorKind::Url | IndicatorKind::Address)
        }
    }
}

/// What a line holds before a comma, semicolon, tab or comment.
fn first_column(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let column = match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => line.split([',', ';', '\t']).next(),
    };
    let column = column.unwrap_or_default();
    // A `#` inside of a word belongs to a URL.
    let column = column.split(" #").next().unwrap_or_default().trim();
    (!column.is_empty()).then_some(column)
}

/// What a text is; nothing when it is no indicator.
fn indicator(typed: &str) -> Option<Indicator> {
    if typed.len() > LINE_BYTES_MAX || typed.chars().any(char::is_control) {
        return None;
    }
    let text = put_together(typed);
    let text = text.trim_matches(['\'', '"', '`', '<', '>']).trim();
    url(text)
        .or_else(|| network(text))
        .or_else(|| address(text))
        .or_else(|| hash(text))
        .or_else(|| mail(text))
        .or_else(|| file(text))
        .or_else(|| domain(text))
}

/// The text as it was before somebody broke it up.
fn put_together(typed: &str) -> String {
    const BROKEN: [(&str, &str); 14] = [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[.", "."),
        (".]", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[://]", "://"),
        ("[:]", ":"),
        ("[/]", "/"),
        ("[@]", "@"),
        ("[at]", "@"),
        ("(at)", "@"),
        ("\\.", "."),
    ];
    let mut text = typed.to_lowercase();
    // A path of Windows may hold `\.`; a URL, domain or address holds no backslash.
    let is_path = text.contains(":\\") || text.starts_with('\\');
    for (broken, whole) in BROKEN.iter().filter(|(broken, _)| !is_path || *broken != "\\.") {
        if text.contains(broken) {
            text = text.replace(broken, whole);
        }
    }
    for (broken, whole) in [("hxxps://", "https://"), ("hxxp://", "http://"), ("fxp://", "ftp://")]
    {
        if let Some(rest) = text.strip_prefix(broken) {
            text = format!("{whole}{rest}");
        }
    }
    text
}

/// Host and path; a URL without a path is its host.
fn url(text: &str) -> Option<Indicator> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end)?;
    if !is_scheme || rest.contains(char::is_whitespace) {
        return None;
    }
    let host = host.rsplit('@').next()?;
    let own = address(host).or_else(|| domain(without_port(host)))?;
    let path = path.split('#').next()?;
    if path.is_empty() || path == "/" {
        return Some(own);
    }
    Some(Indicator { kind: IndicatorKind::Url, text: format!("{host}{path}") })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn network(text: &str) -> Option<Indicator> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = prefix.parse().ok()?;
    let [v4_min, v6_min] = PREFIX_MIN;
    let (least, most) = if address.is_ipv4() { (v4_min, 32) } else { (v6_min, 128) };
    if prefix < least || prefix > most {
        return None;
    }
    if prefix == most {
        return Some(of_address(address));
    }
    Some(Indicator { kind: IndicatorKind::Network, text: format!("{address}/{prefix}") })
}

/// One address, with or without a port or the brackets of a URL.
fn address(text: &str) -> Option<Indicator> {
    let bare = text.trim_start_matches('[');
    let bare = bare.split_once(']').map_or(bare, |(address, _)| address);
    let parsed = bare.parse::<IpAddr>().or_else(|_| without_port(bare).parse());
    parsed.ok().map(of_address)
}

fn of_address(address: IpAddr) -> Indicator {
    Indicator { kind: IndicatorKind::Address, text: address.to_canonical().to_string() }
}

fn hash(text: &str) -> Option<Indicator> {
    let named = ["sha256:", "sha-256:", "sha1:", "sha-1:", "md5:"];
    let digits = named.iter().find_map(|name| text.strip_prefix(name)).unwrap_or(text).trim();
    let fits =
        matches!(digits.len(), 32 | 40 | 64) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| Indicator { kind: IndicatorKind::Hash, text: digits.to_owned() })
}

fn mail(text: &str) -> Option<Indicator> {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let (name, host) = text.rsplit_once('@')?;
    let fits = !name.is_empty() && !name.contains(|sign: char| sign.is_whitespace() || sign == '@');
    domain(host).filter(|_| fits)?;
    Some(Indicator { kind: IndicatorKind::Mail, text: text.to_owned() })
}

/// A name that ends as files do, or a path of Windows or Unix.
fn file(text: &str) -> Option<Indicator> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let (stem, ending) = name.rsplit_once('.')?;
    let known = FILE_ENDINGS.contains(&ending);
    let ending_fits =
        (1..=8).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_path = text.contains('\\') || text.starts_with(['/', '%']);
    let fits = !stem.is_empty()
        && text.chars().count() >= FILE_CHARS_MIN
        && !text.contains(['"', '<', '>', '|', '?', '*'])
        && (known || (is_path && ending_fits));
    fits.then(|| Indicator { kind: IndicatorKind::File, text: text.to_owned() })
}

fn domain(text: &str) -> Option<Indicator> {
    let text = text.strip_prefix("*.").unwrap_or(text).trim_matches('.');
    let ascii = idna::domain_to_ascii(text).ok()?;
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let last = ascii.rsplit('.').next()?;
    let last_fits = last.len() >= 2 && !last.bytes().all(|byte| byte.is_ascii_digit());
    let fits = ascii.contains('.')
        && ascii.len() <= 253
        && last_fits
        && last.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && ascii.split('.').all(label_fits);
    fits.then_some(Indicator { kind: IndicatorKind::Domain, text: ascii })
}

/// An address or network as its bits among those of IPv6, and how many of them count.
pub(super) fn bits(indicator: &Indicator) -> Option<(u128, u8)> {
    let (address, prefix) = match indicator.text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (indicator.text.as_str(), None),
    };
    let address: IpAddr = address.parse().ok()?;
    let shift = if address.is_ipv4() { 96 } else { 0 };
    let prefix = prefix.map_or(128, |prefix| prefix.saturating_add(shift).min(128));
    Some((as_v6(address).to_bits(), prefix))
}

/// Every address in the form of IPv6.
pub(super) const fn as_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}
