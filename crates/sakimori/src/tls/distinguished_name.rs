//! The common name in a certificate's subject. Own code because it is thirty lines: the crate for it costs ten others.

/// Tags of DER (X.690) that occur in a name.
mod tag {
    pub(super) const OID: u8 = 0x06;
    pub(super) const UTF8: u8 = 0x0c;
    pub(super) const PRINTABLE: u8 = 0x13;
    pub(super) const TELETEX: u8 = 0x14;
    pub(super) const IA5: u8 = 0x16;
    pub(super) const BMP: u8 = 0x1e;
    pub(super) const SEQUENCE: u8 = 0x30;
    pub(super) const SET: u8 = 0x31;
}

/// `id-at-commonName` (2.5.4.3).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The first common name in a distinguished name (the content of its outer sequence); `None` when it has none.
pub(super) fn common_name(mut name: &[u8]) -> Option<String> {
    while let Some((tag::SET, mut attributes, rest)) = element(name) {
        while let Some((tag::SEQUENCE, attribute, more)) = element(attributes) {
            if let Some(value) = value_of(COMMON_NAME, attribute) {
                return Some(value);
            }
            attributes = more;
        }
        name = rest;
    }
    None
}

/// The text of an attribute of that type.
fn value_of(wanted: &[u8], attribute: &[u8]) -> Option<String> {
    let (tag::OID, kind, rest) = element(attribute)? else { return None };
    let (encoding, value, _) = element(rest).filter(|_| kind == wanted)?;
    match encoding {
        tag::UTF8 | tag::PRINTABLE | tag::IA5 => String::from_utf8(value.to_vec()).ok(),
        tag::TELETEX => Some(value.iter().copied().map(char::from).collect()),
        tag::BMP => {
            let units = value.chunks_exact(2);
            let units =
                units.map(|pair| pair.iter().fold(0, |unit, byte| (unit << 8) | u16::from(*byte)));
            String::from_utf16(&units.collect::<Vec<u16>>()).ok()
        }
        _ => None,
    }
}

/// Tag and content of the first element, and what follows it; `None` when it is not whole.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ ..=0x7f => (usize::from(short), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => {
            let (length, rest) = rest.split_at_checked(2)?;
            (length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        // Nobody is named in more than 64 KiB.
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
        [vec![tag], length, content.to_vec()].concat()
    }

    fn attribute(oid: &[u8], encoding: u8, value: &[u8]) -> Vec<u8> {
        let pair = [der(tag::OID, oid), der(encoding, value)].concat();
        der(tag::SET, &der(tag::SEQUENCE, &pair))
    }

    #[test]
    fn the_common_name_is_found_among_others_in_every_spelling() {
        let organisation = attribute(&[0x55, 0x04, 0x0a], tag::UTF8, "病院".as_bytes());
        let utf8 = attribute(COMMON_NAME, tag::UTF8, "病棟の機器".as_bytes());
        let name = [organisation.clone(), utf8].concat();
        assert_eq!(common_name(&name).as_deref(), Some("病棟の機器"));
        let bmp = attribute(COMMON_NAME, tag::BMP, &[0x75, 0xc5, 0x00, 0x31]);
        assert_eq!(common_name(&bmp).as_deref(), Some("病1"));
        let long = attribute(COMMON_NAME, tag::PRINTABLE, &[b'x'; 100]);
        assert_eq!(common_name(&long).map(|name| name.len()), Some(100));
        assert_eq!(common_name(&organisation), None);
    }

    #[test]
    fn a_name_that_is_cut_anywhere_is_no_name() {
        let whole = attribute(COMMON_NAME, tag::UTF8, b"fw-01");
        assert_eq!(common_name(&whole).as_deref(), Some("fw-01"));
        for end in 0..whole.len() {
            assert_eq!(common_name(&whole[..end]), None);
        }
        assert_eq!(common_name(&[0x31, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
