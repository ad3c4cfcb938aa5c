use std::path::PathBuf;

use super::sample::report;
use crate::{Fonts, PrintError, pdf};

#[test]
fn without_a_font_it_is_said_where_one_was_looked_for() {
    let fonts = Fonts::find_in(None, &[PathBuf::from("no-such-folder")]);
    let error = pdf(&report(), &fonts).unwrap_err();
    assert!(matches!(&error, PrintError::NoFonts { .. }));
    assert!(error.to_string().contains("no-such-folder"));
}
