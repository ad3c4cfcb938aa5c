//! IHE ATNA audit messages: the XML of DICOM PS3.15 A.5 and of RFC 3881, in syslog or in files.

mod message;
mod xml;

use std::io;

use sakimori_words::{Event, Instant, Text};

use super::lines::TextInput;
use super::{Context, FileContext, LogSource, ReadSeek, Reading, plain, text};

/// The element that is a message.
const MESSAGE: &str = "AuditMessage";

/// Longest message of a file that is read as one; a longer one is kept in pieces of this size, none is dropped.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// IHE ATNA.
pub(super) struct Atna;

impl LogSource for Atna {
    fn name(&self) -> &'static str {
        "atna"
    }

    fn title(&self) -> Text {
        Text::new(
            "IHE ATNA 監査証跡 (DICOM・RFC 3881 の XML)",
            "IHE ATNA audit messages (DICOM and RFC 3881 XML)",
        )
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !begins_like_xml(line) {
            return None;
        }
        let line_text = text::decode(line);
        if !line_text.contains(MESSAGE) {
            return None;
        }
        let found = xml::find(line_text.trim_start_matches('\u{feff}'), MESSAGE)?;
        message::read(&found, line, context)
    }

    fn claims_file(&self, _file: &FileContext<'_>, head: &[u8]) -> bool {
        let name = MESSAGE.as_bytes();
        let wide = |low: usize| -> Vec<u8> {
            head.get(2..).unwrap_or_default().iter().skip(low).step_by(2).copied().collect()
        };
        let narrow = match head {
            [0xff, 0xfe, ..] => wide(0),
            [0xfe, 0xff, ..] => wide(1),
            _ => head.to_vec(),
        };
        begins_like_xml(&narrow) && narrow.windows(name.len()).any(|window| window == name)
    }

    /// Every message of the file, whether it holds one or many one after the other.
    fn read_file(
        &self,
        input: &mut dyn ReadSeek,
        file: &FileContext<'_>,
        each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        let mut record = 0;
        let mut take = |message: &[u8]| {
            let message = message.trim_ascii();
            if !message.is_empty() {
                record += 1;
                let event = self
                    .read_line(message, file.context)
                    .unwrap_or_else(|| plain(message, file.context));
                each(Reading::Event { file: file.name, record, event });
            }
        };
        let mut input = TextInput::new(input);
        let mut cutter = Cutter::default();
        let mut piece = Vec::new();
        loop {
            let outcome = input.read_piece(&mut piece);
            cutter.push(&piece, &mut take);
            if outcome.is_err() || piece.is_empty() {
                take(&cutter.pending);
                return outcome;
            }
        }
    }
}

/// Cheap, because every line of every other source is asked too.
fn begins_like_xml(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_start();
    let after = line.strip_prefix(b"<").and_then(<[u8]>::first);
    after.is_some_and(|byte| matches!(byte, b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z'))
}

/// Cuts a stream into messages, each with whatever stands before it.
#[derive(Default)]
struct Cutter {
    pending: Vec<u8>,
    /// Bytes at the front already searched for an end.
    searched_bytes: usize,
}

impl Cutter {
    fn push(&mut self, piece: &[u8], take: &mut dyn FnMut(&[u8])) {
        self.pending.extend_from_slice(piece);
        let mut rest = self.pending.as_slice();
        while let Some((message, after)) = next_message(rest, self.searched_bytes) {
            take(message);
            self.searched_bytes = 0;
            rest = after;
        }
        // An end may lie across two pieces.
        self.searched_bytes = rest.len().saturating_sub(END.len());
        let n_used_bytes = self.pending.len() - rest.len();
        self.pending.drain(..n_used_bytes);
    }
}

const END: &[u8] = b"AuditMessage>";

/// Longest namespace prefix of an end tag, with its `</`.
const PREFIX_BYTES_MAX: usize = 64;

/// The first message and what follows it; `None` when its end has not come.
fn next_message(rest: &[u8], searched_bytes: usize) -> Option<(&[u8], &[u8])> {
    let unsearched = rest.get(searched_bytes..).unwrap_or_default();
    let mut ends = unsearched.windows(END.len()).enumerate().filter(|(_, own)| *own == END);
    let is_end = |at: usize| {
        // `</AuditMessage>` or `</prefix:AuditMessage>`, not `<AuditMessage>`.
        let end = searched_bytes + at;
        let before = rest.get(end.saturating_sub(PREFIX_BYTES_MAX)..end).unwrap_or_default();
        before.rsplit(|byte| *byte == b'<').next().is_some_and(|tag| tag.first() == Some(&b'/'))
    };
    match ends.find(|(at, _)| is_end(*at)) {
        Some((at, _)) => rest.split_at_checked(searched_bytes + at + END.len()),
        None if rest.len() > MESSAGE_BYTES_MAX => rest.split_at_checked(MESSAGE_BYTES_MAX),
        None => None,
    }
}

/// Reads any bytes as an audit message, and as a file of them.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_audit_message(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let begun = b"<AuditMessage><EventIdentification><EventID csd-code=\"110112\"/>";
    let with_beginning = [&begun[..], bytes].concat();
    for line in [bytes, &with_beginning] {
        if let Some(event) = Atna.read_line(line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
        let file = FileContext {
            name: "fuzz.xml",
            context: &context,
            written_by: context.received_at,
            maps: &[],
            wanted: None,
        };
        let read = Atna.read_file(&mut io::Cursor::new(line), &file, &mut |_| {});
        assert!(read.is_ok(), "bytes in memory can always be read");
    }
}
