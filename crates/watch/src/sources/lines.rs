//! Reading text files: line by line, or value by value for JSON that is not written in lines.

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

use super::json_values::{Layout, Splitter, layout};
use super::{Damage, FileContext, Reading, Unreadable, read_old_line};
use crate::Framer;

const PIECE_BYTES: usize = 64 << 10;

/// Reads a text file. Every line (or JSON value) becomes an event; blank lines are skipped. UTF-16, which Windows writes,
/// is recognised by its byte order mark; the `raw` of its lines is their UTF-8. A file that is no text at all is reported.
pub(super) fn read_text(
    input: &mut dyn Read,
    file: &FileContext<'_>,
    line_bytes_max: usize,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let mut input = TextInput::new(input);
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    let mut outcome = input.read_piece(&mut piece);
    if is_binary(&piece) {
        each(Reading::Unreadable(Unreadable::file(file.name, Damage::NotALog, &"")));
        return outcome;
    }
    let mut cutter = Cutter::new(&piece, line_bytes_max);
    let mut record = 0;
    let mut take = |lines: Vec<Vec<u8>>| {
        for line in lines {
            record += 1;
            if !line.trim_ascii().is_empty() {
                let event = read_old_line(&line, file.context, file.written_by);
                each(Reading::Event { file: file.name, record, event });
            }
        }
    };
    while !piece.is_empty() {
        take(cutter.push(&piece));
        if outcome.is_err() {
            break;
        }
        outcome = input.read_piece(&mut piece);
    }
    take(cutter.finish());
    outcome
}

/// Text has hardly any control characters. A file of line ends and NULs is still text.
fn is_binary(piece: &[u8]) -> bool {
    let strange = piece.iter().filter(|byte| matches!(byte, 1..=8 | 14..=26 | 28..=31 | 127));
    strange.count() * 20 > piece.len()
}

enum Cutter {
    Lines(Framer),
    Values(Splitter),
}

impl Cutter {
    fn new(head: &[u8], line_bytes_max: usize) -> Self {
        match layout(head) {
            Layout::Lines => Self::Lines(Framer::lines(line_bytes_max)),
            Layout::Values => Self::Values(Splitter::new(line_bytes_max)),
        }
    }

    fn push(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        match self {
            Self::Lines(framer) => {
                framer.push(piece).into_iter().map(|frame| frame.bytes).collect()
            }
            Self::Values(splitter) => splitter.push(piece),
        }
    }

    fn finish(self) -> Vec<Vec<u8>> {
        match self {
            Self::Lines(framer) => framer.finish().into_iter().map(|frame| frame.bytes).collect(),
            Self::Values(splitter) => splitter.finish(),
        }
    }
}

/// Bytes of a text file, UTF-16 turned into UTF-8.
pub(super) struct TextInput<'r> {
    input: &'r mut dyn Read,
    begun: bool,
    decoder: Option<Decoder>,
}

impl<'r> TextInput<'r> {
    pub(super) fn new(input: &'r mut dyn Read) -> Self {
        Self { input, begun: false, decoder: None }
    }

    /// Fills `piece` anew; empty at the end of the input. What was read before an error is in it.
    pub(super) fn read_piece(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        piece.clear();
        let outcome = Read::take(&mut *self.input, PIECE_BYTES as u64).read_to_end(piece);
        if !std::mem::replace(&mut self.begun, true) {
            let encoding = match piece.as_slice() {
                [0xff, 0xfe, ..] => Some(UTF_16LE),
                [0xfe, 0xff, ..] => Some(UTF_16BE),
                _ => None,
            };
            self.decoder = encoding.map(encoding_rs::Encoding::new_decoder_with_bom_removal);
        }
        if let Some(decoder) = self.decoder.as_mut().filter(|_| !piece.is_empty()) {
            let mut text = String::with_capacity(piece.len() * 2);
            // The capacity is enough for the worst case, so one call takes everything.
            let _ = decoder.decode_to_string(piece, &mut text, false);
            *piece = text.into_bytes();
        }
        outcome.map(drop)
    }
}
