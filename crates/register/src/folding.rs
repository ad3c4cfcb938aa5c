//! Making names and addresses comparable: the same institution is written in many ways.

use unicode_normalization::UnicodeNormalization as _;

/// The text without what differs from list to list: width, case, blanks, kinds of dashes, hiragana or katakana.
pub(crate) fn fold(text: &str) -> String {
    let dash = |c: char| matches!(c, '‐' | '‑' | '–' | '—' | '―' | '−' | 'ｰ');
    text.nfkc()
        .filter(|c| !c.is_whitespace())
        .map(|c| if dash(c) { '-' } else { katakana(c) })
        .flat_map(char::to_lowercase)
        .collect()
}

/// The text in its usual width, without blanks around it.
pub(crate) fn plain_width(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// A hiragana letter as the katakana letter of the same sound.
fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_is_the_same_however_it_is_written() {
        assert_eq!(fold("さくら 病院"), fold("サクラ病院"));
        assert_eq!(fold("ｻｸﾗクリニック１号"), fold("サクラクリニック1号"));
        assert_eq!(fold("大手前２−１−２２"), fold("大手前2-1-22"));
        assert_ne!(fold("サクラ病院"), fold("サクラ医院"));
    }
}
