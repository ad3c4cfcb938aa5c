//! Cutting a TCP or TLS syslog stream into messages: octet counting (RFC 6587 §3.4.1, RFC 5425) and line ends.

#[cfg(test)]
mod tests;

/// Cuts one connection's bytes into messages. Pure: give it what arrived, in pieces of any size.
///
/// The method is recognised once, from the first message: `123 <` means octet counting, anything else line ends. A sender
/// that changes its method later is not followed, because then one forged line (`999999 <`) could swallow the lines after it.
/// A message over the limit is kept as several frames, marked, never dropped.
#[derive(Debug)]
pub struct Framer {
    max_frame_bytes: usize,
    method: Method,
    buffer: Vec<u8>,
    /// Bytes at the front of `buffer` already searched for a line end, so that a long line is searched once.
    searched_bytes: usize,
    /// Bytes of the present counted message still to come.
    owed_bytes: usize,
    /// The next frame goes on where the one before was cut.
    continued: bool,
    /// A count was expected and something else came: what follows is read up to the next line end.
    astray: bool,
}

/// One message, or a piece of one that was longer than the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bytes, without length prefix or line end.
    pub bytes: Vec<u8>,
    /// The message is longer than this frame: it goes on in the next one, or the connection ended in the middle of it.
    pub cut: bool,
    /// This frame continues the one before.
    pub continued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Unknown,
    Counted,
    Lines,
}

impl Framer {
    /// For one connection; a message longer than `max_frame_bytes` is kept in pieces of that size.
    #[must_use]
    pub fn new(max_frame_bytes: usize) -> Self {
        Self {
            max_frame_bytes: max_frame_bytes.max(1),
            method: Method::Unknown,
            buffer: Vec::new(),
            searched_bytes: 0,
            owed_bytes: 0,
            continued: false,
            astray: false,
        }
    }

    /// For text that is known to be lines, such as a log file.
    #[must_use]
    pub fn lines(max_line_bytes: usize) -> Self {
        Self { method: Method::Lines, ..Self::new(max_line_bytes) }
    }

    /// Takes what arrived; returns the messages that are now complete.
    #[must_use = "frames are log records: dropping them loses evidence"]
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut rest = buffer.as_slice();
        while let Some((frame, after)) = self.next_frame(rest) {
            frames.extend(frame.filter(|frame| !frame.bytes.is_empty()));
            rest = after;
        }
        let n_used_bytes = buffer.len() - rest.len();
        buffer.drain(..n_used_bytes);
        self.buffer = buffer;
        frames
    }

    /// The connection ended: returns what was left without an end.
    #[must_use = "frames are log records: dropping them loses evidence"]
    pub fn finish(self) -> Option<Frame> {
        let frame =
            Frame { cut: self.owed_bytes > 0, continued: self.continued, bytes: self.buffer };
        (!frame.bytes.is_empty()).then_some(frame)
    }

    /// The next frame and what follows it; `None` when more bytes are needed. A step may consume bytes without a frame.
    fn next_frame<'a>(&mut self, rest: &'a [u8]) -> Option<(Option<Frame>, &'a [u8])> {
        match self.method {
            Method::Lines => self.next_line(rest),
            Method::Counted if self.astray => self.next_line(rest),
            Method::Counted if self.owed_bytes > 0 => self.next_piece(rest),
            Method::Counted | Method::Unknown => self.next_count(rest),
        }
    }

    fn next_line<'a>(&mut self, rest: &'a [u8]) -> Option<(Option<Frame>, &'a [u8])> {
        let unsearched = rest.get(self.searched_bytes..).unwrap_or_default();
        let end = unsearched.iter().position(|byte| *byte == b'\n');
        let line_bytes = end.map_or(rest.len(), |end| self.searched_bytes + end);
        if line_bytes > self.max_frame_bytes {
            let (piece, after) = rest.split_at_checked(self.max_frame_bytes)?;
            self.searched_bytes = 0;
            return Some((Some(self.frame(piece, true)), after));
        }
        self.searched_bytes = rest.len();
        let (line, after) = rest.split_at_checked(line_bytes).filter(|_| end.is_some())?;
        self.searched_bytes = 0;
        self.astray = false;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some((Some(self.frame(line, false)), after.split_first()?.1))
    }

    fn next_piece<'a>(&mut self, rest: &'a [u8]) -> Option<(Option<Frame>, &'a [u8])> {
        let (piece, after) = rest.split_at_checked(self.owed_bytes.min(self.max_frame_bytes))?;
        self.owed_bytes -= piece.len();
        let frame = self.frame(piece, self.owed_bytes > 0);
        Some((Some(frame), after))
    }

    fn next_count<'a>(&mut self, rest: &'a [u8]) -> Option<(Option<Frame>, &'a [u8])> {
        // Some senders end counted messages with a line end that they do not count.
        if let Some((b'\n' | b'\r', after)) = rest.split_first() {
            return Some((None, after));
        }
        match read_count(rest, self.method == Method::Unknown) {
            Count::Undecided => None,
            Count::Of { bytes, after } => {
                self.method = Method::Counted;
                self.owed_bytes = bytes;
                Some((None, after))
            }
            Count::None => {
                self.astray = self.method == Method::Counted;
                if self.method == Method::Unknown {
                    self.method = Method::Lines;
                }
                Some((None, rest))
            }
        }
    }

    fn frame(&mut self, bytes: &[u8], cut: bool) -> Frame {
        let continued = std::mem::replace(&mut self.continued, cut);
        Frame { bytes: bytes.to_vec(), cut, continued }
    }
}

enum Count<'a> {
    Undecided,
    None,
    Of { bytes: usize, after: &'a [u8] },
}

/// Reads `123 `, and for the `first` message of a connection also looks for the `<` behind it, so that lines that begin
/// with a date are not taken for counted messages.
fn read_count(rest: &[u8], first: bool) -> Count<'_> {
    const MAX_DIGITS: usize = 9;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some((number, after)) = rest.split_at_checked(digits) else { return Count::None };
    if digits > MAX_DIGITS || number.first() == Some(&b'0') {
        return Count::None;
    }
    let after = match after {
        [] => return Count::Undecided,
        [b' ', after @ ..] if digits > 0 => after,
        _ => return Count::None,
    };
    match after.first() {
        None if first => Count::Undecided,
        Some(byte) if first && *byte != b'<' => Count::None,
        _ => match std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()) {
            Some(bytes) => Count::Of { bytes, after },
            None => Count::None,
        },
    }
}

/// Cuts arbitrary bytes in arbitrary pieces; returns everything that came out, for "nothing is lost" checks.
#[must_use]
pub fn fuzz_framer(bytes: &[u8]) -> Vec<Frame> {
    let mut framer = Framer::new(64);
    let mut frames: Vec<Frame> = bytes.chunks(7).flat_map(|piece| framer.push(piece)).collect();
    frames.extend(framer.finish());
    frames
}
