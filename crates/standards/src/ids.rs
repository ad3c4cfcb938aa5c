//! Ids that follow from what they name, so that writing the same item twice gives the same bytes.

use sakimori_words::Digest;

/// The id of a part of `base`, which is itself unpredictable; another base gives an unrelated one.
///
/// Its sixteen bytes come from SHA-256 and carry version 4: RFC 9562 would have version 8 here, which the JSON schemas of STIX
/// refuse. The parts have their lengths in front, so that no two lists of parts read alike.
#[must_use]
pub fn derived(base: &str, parts: &[&str]) -> String {
    let mut bytes = Vec::new();
    for part in std::iter::once(&base).chain(parts) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    let digest = Digest::of(&bytes);
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = *digest.as_bytes();
    let (g, i) = (g & 0x0f | 0x40, i & 0x3f | 0x80);
    let half =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    [half(&[a, b, c, d]), half(&[e, f]), half(&[g, h]), half(&[i, j]), half(&[k, l, m, n, o, p])]
        .join("-")
}

/// Whether a text is a UUID as it is written: 8-4-4-4-12 hexadecimal digits.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
