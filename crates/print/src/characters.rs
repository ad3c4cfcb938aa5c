//! What of a text may stand on paper: characters that cannot be seen are spelt out, because a log line or a ransom note is
//! quoted in reports and must not change how the lines around it read.

/// The text with invisible characters spelt `[U+202E]`, line ends as `\n` and tabs as spaces.
pub(crate) fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{2028}' | '\u{2029}' => seen.push('\n'),
            '\t' | '\u{a0}' => seen.push(' '),
            c if is_invisible(c) => seen.push_str(&format!("[U+{:04X}]", u32::from(c))),
            c => seen.push(c),
        }
    }
    seen
}

/// Whether a character only chooses the shape of the one before it, as names written with variants need.
pub(crate) const fn chooses_shape(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Controls, direction marks, joiners, tags, and what is no character.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(u32::from(c), 0xfdd0..=0xfdef)
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}
