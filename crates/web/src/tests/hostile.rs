use proptest::prelude::*;

use crate::fuzz::{fuzz_flash, fuzz_form, fuzz_text};

proptest! {
    #[test]
    fn any_bytes_are_a_form_a_cookie_and_a_path(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_form(&bytes);
        fuzz_flash(&bytes);
        fuzz_text(&bytes);
    }

    #[test]
    fn anything_typed_is_read_or_refused(text in "\\PC{0,60}") {
        fuzz_form(format!("x={text}").as_bytes());
        fuzz_text(text.as_bytes());
    }
}
