//! A copy of the log's head on paper: what a person typed from the daily sheet, or a note kept as a file.

use std::io::Read;
use std::path::Path;

use sakimori_lake::Checkpoint;
use sakimori_words::{Digest, Trouble};

use crate::files;

/// The longest copy that is read, in bytes; a signed note with some cosignatures has about one thousand.
const COPY_BYTES_MAX: u64 = 64 * 1024;

/// Hexadecimal digits of a root.
const ROOT_DIGITS: usize = 64;

/// A copy of a log's head that was kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeadCopy {
    /// The signed note, signature and all.
    Signed(String),
    /// Size and root alone, as the daily sheet prints them: as good as the paper they stand on.
    Typed {
        /// How many catalogue records.
        size: u64,
        /// Their root.
        root: Digest,
    },
}

/// Reads a copy from the file, or from standard input when it is called `-`.
///
/// # Errors
/// SK-NODE-007 when it cannot be read or is no copy of a head.
pub(crate) fn read(path: &Path) -> Result<HeadCopy, Trouble> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(COPY_BYTES_MAX).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(COPY_BYTES_MAX).read_to_end(&mut bytes))
    };
    read.map_err(|error| files::refused(path, &error))?;
    understand(&String::from_utf8_lossy(&bytes)).ok_or_else(|| {
        let what = "no copy of a log's head (signed note, or size and root)";
        files::refused(path, &std::io::Error::new(std::io::ErrorKind::InvalidData, what))
    })
}

/// A signed note; else a line with a number and lines that together give 64 hexadecimal digits, with or without words and
/// colons before them, in groups of any length.
fn understand(text: &str) -> Option<HeadCopy> {
    // An editor on Windows ends lines its own way.
    let text = text.replace("\r\n", "\n");
    if Checkpoint::read_unchecked(&text).is_ok() {
        return Some(HeadCopy::Signed(text));
    }
    let value = |line: &str| line.rsplit([':', '：']).next().unwrap_or_default().trim().to_owned();
    let lines: Vec<String> = text.lines().map(value).filter(|line| !line.is_empty()).collect();
    let at = lines.iter().position(|line| read_size(line).is_some())?;
    let size = lines.get(at).and_then(|line| read_size(line))?;
    let rest = lines.get(at + 1..)?;
    let hex = |line: &&String| line.chars().all(|c| c.is_ascii_hexdigit() || is_gap(c));
    let mut digits = String::new();
    for line in rest.iter().take_while(hex) {
        digits.extend(line.chars().filter(char::is_ascii_hexdigit));
        // What follows the root is the time of printing.
        if digits.len() >= ROOT_DIGITS {
            break;
        }
    }
    Digest::from_hex(&digits).map(|root| HeadCopy::Typed { size, root })
}

fn read_size(line: &str) -> Option<u64> {
    // Nobody types a root of so few digits.
    line.replace([',', ' '], "").parse().ok()
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || c == '-'
}

/// Reads `bytes` as a copy; must never panic.
#[cfg(test)]
fn fuzz_paper(bytes: &[u8]) {
    let _ = understand(&String::from_utf8_lossy(bytes));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_typed_copy_is_read_however_it_is_grouped() {
        let root = Digest::of(b"root");
        let hex = root.to_string();
        let groups: Vec<&str> =
            hex.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect();
        let expected = Some(HeadCopy::Typed { size: 1_204, root });
        let rows = groups.chunks(8).map(|row| row.join(" ")).collect::<Vec<_>>().join("\n");
        for text in [
            format!("1204\n{hex}\n"),
            format!("件数: 1,204\r\n根: {}\r\n", groups.join("-")),
            format!("sakimori.log/abc\nsize: 1204\n{}\n2026-11-21 09:00\n", rows.to_uppercase()),
        ] {
            assert_eq!(understand(&text), expected, "{text}");
        }
        assert_eq!(understand("1204\nabcd\n"), None);
        assert_eq!(understand(""), None);
    }

    #[test]
    fn a_signed_note_is_kept_as_it_is() {
        let key = sakimori_lake::SigningKey::from_bytes(&[7; 32]);
        let note = Checkpoint::sign("sakimori.log/abc", 3, Digest::of(b"root"), &key).note;
        assert_eq!(understand(&note.replace('\n', "\r\n")), Some(HeadCopy::Signed(note)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            fuzz_paper(&bytes);
        }
    }
}
