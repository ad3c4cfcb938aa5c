use sakimori_words::{Instant, Lang};

use super::{Form, parse_time};

#[test]
fn a_form_keeps_what_was_typed_and_says_what_is_wrong() {
    let mut form = Form::read(
        "name=%E9%98%B2%E4%BA%BA&beds=%EF%BC%91%EF%BC%95%EF%BC%90&kind=ship&empty=+".as_bytes(),
    );
    assert_eq!(form.required("name", 10), "防人");
    assert_eq!(form.number("beds"), Some(150));
    assert_eq!(form.choice("kind", &[("hospital", 1)]), None);
    assert_eq!(form.required("empty", 10), "");
    let messages: Vec<_> = form
        .problems()
        .iter()
        .map(|problem| (problem.field.as_str(), problem.message(Lang::Ja)))
        .collect();
    assert_eq!(
        messages,
        [("kind", "選択肢から選んでください".to_owned()), ("empty", "入力してください".to_owned())]
    );
    assert!(form.has("kind", "ship"));
}

#[test]
fn a_number_that_is_none_is_told_apart_from_one_that_is_too_large() {
    for (typed, said) in [
        ("-5", "0以上の整数を入力してください"),
        ("たくさん", "0以上の整数を入力してください"),
        ("99999999999", "数が大きすぎます"),
        ("９９９９９９９９９９９", "数が大きすぎます"),
    ] {
        let mut form = Form::new();
        form.set("beds", typed);
        assert_eq!(form.number("beds"), None);
        assert_eq!(
            form.problem("beds").map(|problem| problem.message(Lang::Ja)),
            Some(said.into())
        );
    }
}

#[test]
fn times_are_read_as_browsers_send_them_and_people_type_them() {
    let at = Some(Instant::parse("2026-11-20T09:30:00+09:00").unwrap());
    for text in [
        "2026-11-20T09:30",
        "2026/11/20 9:30",
        "R8.11.20 9:30",
        "令和８年１１月２０日　９時３０分",
        "20261120 09:30:00",
    ] {
        assert_eq!(parse_time(text), at, "{text}");
    }
    for text in ["", "9:30", "2026-11-20 25:00", "2026-11-20 9:99"] {
        assert_eq!(parse_time(text), None, "{text}");
    }
}

#[test]
fn any_bytes_are_a_form() {
    for bytes in [&b"%ff%fe=%"[..], b"&&==&", b"\xff\xff"] {
        let mut form = Form::read(bytes);
        let _ = form.required("x", 3);
        let _ = form.time("x");
    }
}
