use proptest::prelude::*;

use super::{Frame, Framer, fuzz_framer};

fn cut(max_frame_bytes: usize, pieces: &[&[u8]]) -> Vec<String> {
    let mut framer = Framer::new(max_frame_bytes);
    let mut frames: Vec<Frame> = pieces.iter().flat_map(|piece| framer.push(piece)).collect();
    frames.extend(framer.finish());
    frames.iter().map(show).collect()
}

fn show(frame: &Frame) -> String {
    let text = String::from_utf8_lossy(&frame.bytes);
    let before = if frame.continued { "…" } else { "" };
    let after = if frame.cut { "…" } else { "" };
    format!("{before}{text}{after}")
}

#[test]
fn lines_are_messages() {
    assert_eq!(cut(99, &[b"<34>a\n<34>b\r\n\n<34>c"]), ["<34>a", "<34>b", "<34>c"]);
}

#[test]
fn counted_messages_may_hold_line_ends_and_end_in_the_middle_of_a_piece() {
    assert_eq!(
        cut(99, &[b"6 <34>a\n7 <3", b"4>b\ncc5 <34>d"]),
        ["<34>a\n", "<34>b\nc", "c5 <34>d"]
    );
    assert_eq!(cut(99, &[b"5 <34>a5 <34>b"]), ["<34>a", "<34>b"]);
}

#[test]
fn a_count_may_arrive_byte_by_byte() {
    let bytes = b"5 <34>a\n5 <34>b";
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(cut(99, &pieces), ["<34>a", "<34>b"]);
}

#[test]
fn lines_that_begin_with_a_date_are_not_taken_for_counts() {
    assert_eq!(cut(99, &[b"2026-11-20T09:00:00Z x\n20 y\n"]), ["2026-11-20T09:00:00Z x", "20 y"]);
}

#[test]
fn a_forged_count_in_a_line_stream_swallows_nothing() {
    assert_eq!(cut(99, &[b"<34>a\n999999 <34>b\n<34>c\n"]), ["<34>a", "999999 <34>b", "<34>c"]);
}

#[test]
fn a_counting_sender_that_loses_count_is_found_again_at_the_next_line() {
    assert_eq!(cut(99, &[b"5 <34>axyz\n5 <34>b"]), ["<34>a", "xyz", "<34>b"]);
}

#[test]
fn a_message_over_the_limit_is_kept_in_marked_pieces() {
    assert_eq!(cut(4, &[b"abcdefghij\nk\n"]), ["abcd…", "…efgh…", "…ij", "k"]);
    assert_eq!(cut(4, &[b"10 <bcdefghij1 k"]), ["<bcd…", "…efgh…", "…ij", "k"]);
}

#[test]
fn a_connection_that_ends_inside_a_counted_message_gives_what_came() {
    assert_eq!(cut(99, &[b"10 <34>a"]), ["<34>a…"]);
}

#[test]
fn a_line_of_ten_megabytes_is_kept_whole_when_the_limit_allows() {
    let line = vec![b'x'; 10 << 20];
    let mut framer = Framer::new(16 << 20);
    for piece in line.chunks(8192) {
        assert_eq!(framer.push(piece), []);
    }
    assert_eq!(framer.push(b"\n"), [Frame { bytes: line, cut: false, continued: false }]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_goes_in_as_lines_comes_out(lines in proptest::collection::vec("[^\\r\\n0-9][^\\r\\n]{0,200}", 0..20), size in 1_usize..50) {
        let stream = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
        // A limit below a line's length cuts it; joined again, nothing is missing.
        let mut framer = Framer::new(64);
        let frames: Vec<Frame> = pieces.iter().flat_map(|piece| framer.push(piece)).collect();
        let mut joined: Vec<Vec<u8>> = Vec::new();
        for frame in frames {
            match joined.last_mut().filter(|_| frame.continued) {
                Some(last) => last.extend(frame.bytes),
                None => joined.push(frame.bytes),
            }
        }
        let lines: Vec<Vec<u8>> = lines.into_iter().map(String::into_bytes).collect();
        prop_assert_eq!(joined, lines);
    }

    #[test]
    fn what_goes_in_counted_comes_out(messages in proptest::collection::vec("<[\\PC\\n]{0,60}", 1..20), size in 1_usize..50) {
        let stream = messages.iter().map(|text| format!("{} {text}", text.len())).collect::<String>();
        let mut framer = Framer::new(1024);
        let frames: Vec<Frame> = stream.as_bytes().chunks(size).flat_map(|piece| framer.push(piece)).collect();
        let texts: Vec<String> = frames.iter().map(show).collect();
        prop_assert_eq!(texts, messages);
    }

    #[test]
    fn any_bytes_never_panic_and_no_frame_is_over_the_limit(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(fuzz_framer(&bytes).iter().all(|frame| frame.bytes.len() <= 64));
    }
}
