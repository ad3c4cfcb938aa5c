//! A person at a browser: signs in anew when the night has gone on, sends forms as the pages do, reads what comes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use sakimori_identity::{Client, Identity};
use sakimori_testkit::StepClock;
use sakimori_words::{Clock, Instant, PersonId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A session is used so long, in seconds; sensitive acts want a proof of at most ten minutes.
const SESSION_SECONDS: i64 = 300;

/// One person of one organisation.
pub(super) struct Browser {
    identity: Arc<Identity>,
    clock: Arc<StepClock>,
    host: String,
    cookie: String,
    person: PersonId,
    session: Option<(String, Instant)>,
    /// The sentence after a redirect and whatever else the pages set.
    kept: BTreeMap<String, String>,
}

/// What came back.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) text: String,
}

impl Browser {
    pub(super) const fn new(
        identity: Arc<Identity>,
        clock: Arc<StepClock>,
        host: String,
        cookie: String,
        person: PersonId,
    ) -> Self {
        Self { identity, clock, host, cookie, person, session: None, kept: BTreeMap::new() }
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "", b"").await
    }

    /// Sends a form; what comes back is what the browser shows without following.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let kind = "application/x-www-form-urlencoded";
        self.send("POST", path, kind, body.join("&").as_bytes()).await
    }

    /// Sends a form that must be taken, and follows to the page it leads to.
    pub(super) async fn act(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 303, "{path} {fields:?}\n{}", answer.seen());
        let next = answer.location();
        self.get(next.split('#').next().unwrap()).await
    }

    /// Sends a form with one field and one file as the pages do.
    pub(super) async fn hand_in(
        &mut self,
        path: &str,
        (field, value): (&str, &str),
        (name, file): (&str, &[u8]),
    ) -> Page {
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n\
             --x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n"
        );
        let body = [head.as_bytes(), file, b"\r\n--x--\r\n"].concat();
        self.send("POST", path, "multipart/form-data; boundary=x", &body).await
    }

    async fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Page {
        let token = self.token().await;
        let kept: String =
            self.kept.iter().map(|(name, value)| format!("; {name}={value}")).collect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\naccept-language: ja\r\n\
             cookie: {}={token}{kept}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\n",
            self.host, self.cookie
        );
        if method == "POST" {
            head.push_str(&format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()));
        }
        let mut line = TcpStream::connect(&self.host).await.unwrap();
        line.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        line.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).await.unwrap();
        let page = Page::read(&answer);
        self.keep(&page);
        page
    }

    /// Keeps the cookies of an answer but the session, which this browser begins by itself.
    fn keep(&mut self, page: &Page) {
        let set = page.head.lines().filter_map(|line| line.split_once(": "));
        for (_, cookie) in set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, rest) = cookie.split_once('=').unwrap();
            if name != self.cookie {
                let value = rest.split(';').next().unwrap();
                self.kept.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The session, begun anew when the clock has moved since.
    async fn token(&mut self) -> String {
        let now = self.clock.now();
        if let Some((token, since)) = &self.session
            && (0..SESSION_SECONDS * 1_000_000).contains(&now.micros_since(*since))
        {
            return token.clone();
        }
        let client =
            Client { source: "127.0.0.1".to_owned(), device: None, agent: "scenario".to_owned() };
        let signed_in = self.identity.sign_in_for_demonstration(&self.person, &client).await;
        let token = signed_in.unwrap().token;
        self.session = Some((token.clone(), now));
        token
    }
}

impl Page {
    fn read(answer: &[u8]) -> Self {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        let raw = &answer[end + 4..];
        let body =
            if head.contains("transfer-encoding: chunked") { joined(raw) } else { raw.to_vec() };
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            text: String::from_utf8_lossy(&body).into_owned(),
            head: String::from_utf8_lossy(&answer[..end]).into_owned(),
        }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    pub(super) fn location(&self) -> String {
        self.header("location").to_owned()
    }

    /// The words between the tags, one line for each.
    pub(super) fn seen(&self) -> String {
        let main = self.text.split("<main").nth(1).unwrap_or(&self.text);
        let parts =
            main.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
        parts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// The page says all of these.
    pub(super) fn has(&self, words: &[&str]) {
        for word in words {
            assert!(self.text.contains(word), "`{word}` is not on the page:\n{}", self.seen());
        }
    }

    /// The page says none of these.
    pub(super) fn has_not(&self, words: &[&str]) {
        for word in words {
            assert!(!self.text.contains(word), "`{word}` is on the page:\n{}", self.seen());
        }
    }

    /// It was refused with this status and these words.
    pub(super) fn refused(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status, status, "{}", self.seen());
        self.has(words);
    }

    /// The respond stage refused it, with its code.
    pub(super) fn refused_by_the_desk(&self) {
        assert!((400..500).contains(&self.status), "{} {}", self.status, self.seen());
        self.has(&["SK-RESPOND-"]);
    }

    /// The value of the first field of that name after `mark`.
    pub(super) fn value(&self, mark: &str, name: &str) -> String {
        let rest =
            self.text.split_once(mark).unwrap_or_else(|| panic!("no {mark}:\n{}", self.seen())).1;
        let named = format!("name=\"{name}\"");
        let rest =
            rest.split_once(&named).unwrap_or_else(|| panic!("no {name}:\n{}", self.seen())).1;
        let rest = rest.split_once("value=\"").unwrap().1;
        rest.split('"').next().unwrap().to_owned()
    }

    /// The address of the first link that has `part` in it.
    pub(super) fn link(&self, part: &str) -> String {
        let links = self.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let mut links = links.map(|link| link.replace("&amp;", "&").replace("&#38;", "&"));
        let found = links.find(|link| link.contains(part));
        let found = found.unwrap_or_else(|| panic!("no link with {part}:\n{}", self.seen()));
        found.split('#').next().unwrap().to_owned()
    }
}

/// A body that came in chunks, put together.
fn joined(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = raw.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&raw[..at]).unwrap();
        let size = usize::from_str_radix(size.split(';').next().unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&raw[at + 2..at + 2 + size]);
        raw = &raw[at + 4 + size..];
    }
    body
}

/// A name or value as a form carries it.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}
