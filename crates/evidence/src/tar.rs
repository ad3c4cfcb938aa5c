//! Headers of a tar archive (POSIX ustar with GNU long names), so that any program unpacks what `export --raw` gives back.

/// Length of a header, and what contents are rounded up to.
pub(crate) const BLOCK_BYTES: usize = 512;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Folder,
    Link,
}

/// An entry of the archive.
pub(crate) struct Entry<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) kind: EntryKind,
    pub(crate) link: &'a [u8],
    pub(crate) length: u64,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime_s: i64,
}

/// The header, with those of long names before it.
pub(crate) fn header(entry: &Entry<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let path = match entry.kind {
        EntryKind::Folder => [entry.path, b"/"].concat(),
        EntryKind::File | EntryKind::Link => entry.path.to_vec(),
    };
    for (kind, name) in [(b'K', entry.link), (b'L', &path)] {
        if name.len() > 100 {
            bytes.extend(block(b"././@LongLink", b"", kind, name.len() as u64 + 1, entry));
            bytes.extend(name);
            bytes.extend(std::iter::repeat_n(0, 1 + padding(name.len() as u64 + 1)));
        }
    }
    let kind = match entry.kind {
        EntryKind::File => b'0',
        EntryKind::Folder => b'5',
        EntryKind::Link => b'2',
    };
    bytes.extend(block(&path, entry.link, kind, entry.length, entry));
    bytes
}

/// Zeros behind contents of that length.
pub(crate) fn padding(length: u64) -> usize {
    let block_bytes = BLOCK_BYTES as u64;
    usize::try_from(length.next_multiple_of(block_bytes) - length).unwrap_or_default()
}

/// What an archive ends with.
pub(crate) const END: [u8; 2 * BLOCK_BYTES] = [0; 2 * BLOCK_BYTES];

fn block(path: &[u8], link: &[u8], kind: u8, length: u64, entry: &Entry<'_>) -> Vec<u8> {
    let mut bytes = fixed(path, 100);
    for (number, width) in
        [(u64::from(entry.mode), 8), (u64::from(entry.uid), 8), (u64::from(entry.gid), 8)]
    {
        bytes.extend(octal(number, width));
    }
    bytes.extend(octal(length, 12));
    bytes.extend(octal(u64::try_from(entry.mtime_s).unwrap_or_default(), 12));
    bytes.extend(b"        ");
    bytes.push(kind);
    bytes.extend(fixed(link, 100));
    bytes.extend(b"ustar\x0000");
    bytes.resize(BLOCK_BYTES, 0);
    let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ").into_bytes();
    bytes.splice(148..156, sum);
    bytes
}

fn fixed(text: &[u8], width: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.iter().copied().take(width).collect();
    bytes.resize(width, 0);
    bytes
}

/// Octal digits, or, where they do not fit, the number itself behind a set bit.
fn octal(number: u64, width: usize) -> Vec<u8> {
    let digits = format!("{number:0width$o}\0", width = width - 1).into_bytes();
    if digits.len() == width {
        return digits;
    }
    let mut bytes = vec![0; width.saturating_sub(8)];
    bytes.extend(number.to_be_bytes());
    if let Some(first) = bytes.first_mut() {
        *first |= 0x80;
    }
    bytes
}

/// A header as far as a list of members needs it; `None` for one that is none.
pub(crate) struct Member {
    pub(crate) path: String,
    pub(crate) kind: u8,
    pub(crate) length: u64,
}

pub(crate) fn read_header(block: &[u8]) -> Option<Member> {
    let field = |from: usize, to: usize| block.get(from..to);
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
        .sum();
    if number(field(148, 156)?)? != sum {
        return None;
    }
    let prefix = field(345, 500).filter(|_| field(257, 263) == Some(b"ustar\0"));
    let prefix = prefix.map(name).filter(|prefix| !prefix.is_empty());
    let own = name(field(0, 100)?);
    let path = prefix.map_or_else(|| own.clone(), |prefix| format!("{prefix}/{own}"));
    Some(Member { path, kind: *block.get(156)?, length: number(field(124, 136)?)? })
}

pub(crate) fn name(bytes: &[u8]) -> String {
    let own = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(own).into_owned()
}

fn number(bytes: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = bytes.split_first().filter(|(first, _)| **first & 0x80 != 0) {
        let start = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(start, |n, byte| n.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let text = std::str::from_utf8(bytes).ok()?.trim_matches(|c| c == ' ' || c == '\0');
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}
