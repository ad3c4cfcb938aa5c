//! One conversation of SMTP (RFC 5321) with the relay, over any stream.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};

/// Bytes of one line of a reply: RFC 5321 4.5.3.1.5 has 512, servers write more.
const LINE_BYTES_MAX: u64 = 4_096;
/// Lines of one reply.
const LINES_MAX: usize = 100;

/// A stream to the relay.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// What the relay said to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Three digits.
    pub(crate) code: u16,
    /// Its lines.
    pub(crate) lines: Vec<String>,
}

impl Reply {
    pub(crate) const fn is_fine(&self) -> bool {
        self.code >= 200 && self.code < 400
    }

    pub(crate) fn said(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// Whether an extension is offered in a reply to EHLO, with this word among its parameters when one is asked for.
    pub(crate) fn offers(&self, keyword: &str, parameter: Option<&str>) -> bool {
        self.lines.iter().any(|line| {
            let mut words = line.split([' ', '=']);
            words.next().is_some_and(|word| word.eq_ignore_ascii_case(keyword))
                && parameter.is_none_or(|one| words.any(|word| word.eq_ignore_ascii_case(one)))
        })
    }
}

/// A conversation.
pub(crate) struct Talk<S> {
    wire: BufReader<S>,
}

impl<S: Wire> Talk<S> {
    pub(crate) fn new(wire: S) -> Self {
        Self { wire: BufReader::new(wire) }
    }

    /// Sends a command and waits for the reply.
    pub(crate) async fn ask(&mut self, command: &str) -> io::Result<Reply> {
        self.send(format!("{command}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// Proves who we are: PLAIN (RFC 4616), else LOGIN.
    pub(crate) async fn authenticate(
        &mut self,
        offered: &Reply,
        account: &str,
        password: &str,
    ) -> io::Result<Reply> {
        if offered.offers("AUTH", Some("PLAIN")) || !offered.offers("AUTH", Some("LOGIN")) {
            let proof = STANDARD.encode(format!("\0{account}\0{password}"));
            return self.ask(&format!("AUTH PLAIN {proof}")).await;
        }
        let mut reply = self.ask("AUTH LOGIN").await?;
        for word in [account, password] {
            if reply.code != 334 {
                return Ok(reply);
            }
            reply = self.ask(&STANDARD.encode(word)).await?;
        }
        Ok(reply)
    }

    /// Sends a message after `DATA` was accepted. Lines that begin with a dot get another one (RFC 5321 4.5.2).
    pub(crate) async fn message(&mut self, message: &[u8]) -> io::Result<Reply> {
        let mut stuffed = Vec::with_capacity(message.len() + 16);
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
        }
        stuffed.extend_from_slice(b".\r\n");
        self.send(&stuffed).await?;
        self.reply().await
    }

    /// The stream itself, for TLS to begin on. What was said before may not be taken for said inside it.
    pub(crate) fn into_wire(self) -> io::Result<S> {
        if self.wire.buffer().is_empty() {
            Ok(self.wire.into_inner())
        } else {
            Err(io::Error::other("the relay went on talking before TLS began"))
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }

    /// The next reply; a reply can have several lines.
    pub(crate) async fn reply(&mut self) -> io::Result<Reply> {
        let mut lines = vec![];
        while lines.len() < LINES_MAX {
            let mut bytes = vec![];
            (&mut self.wire).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).await?;
            let line = String::from_utf8_lossy(&bytes).into_owned();
            let (code, last, text) = reply_line(&line)?;
            lines.push(text);
            if last {
                return Ok(Reply { code, lines });
            }
        }
        Err(io::Error::other("the relay does not end its reply"))
    }
}

/// Code, whether it is the last line, and text.
fn reply_line(line: &str) -> io::Result<(u16, bool, String)> {
    let wrong = || io::Error::other("the relay does not speak SMTP");
    let line = line.strip_suffix('\n').ok_or_else(wrong)?.trim_end();
    let code = line.get(..3).and_then(|code| code.parse().ok()).ok_or_else(wrong)?;
    let rest = line.get(3..).unwrap_or_default();
    let text = rest.get(1..).unwrap_or_default().to_owned();
    Ok((code, !rest.starts_with('-'), text))
}
