use proptest::prelude::*;
use sakimori_words::{Event, Fields, Instant, Value};

use super::frame::{FILE_HEADER_BYTES, FileHeader, Portion, Token};
use super::scan::{Damage, Resume, Scan, scan_from};
use super::*;

const TOKEN: Token = *b"8 secret";

/// A log file of groups of events, and where each group ends.
fn log_file(groups: &[Vec<Event>]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = FileHeader { first_seq: 1, token: TOKEN }.encode();
    let mut ends = vec![bytes.len()];
    let mut seq = 0;
    for group in groups {
        bytes.extend(frames(group, &TOKEN, seq + 1, true));
        seq += group.len() as u64;
        ends.push(bytes.len());
    }
    (bytes, ends)
}

fn frames(events: &[Event], token: &Token, first_seq: u64, ends_group: bool) -> Vec<u8> {
    let mut portion = Portion::default();
    events.iter().for_each(|event| portion.push(event));
    portion.complete(token, first_seq, ends_group).unwrap();
    portion.into_memory()
}

fn scan(bytes: &[u8]) -> Scan {
    scan_from(bytes, &mut Resume::default())
}

fn read(bytes: &[u8]) -> Vec<Event> {
    scan(bytes).events.into_iter().map(|stored| stored.event).collect()
}

fn line(text: &str) -> Event {
    Event {
        source: "syslog/10.0.0.5".to_owned(),
        raw: text.as_bytes().to_vec(),
        ..Event::default()
    }
}

fn three_groups() -> Vec<Vec<Event>> {
    vec![vec![line("一")], vec![line("二"), line("三")], vec![line("四"), line("五")]]
}

fn any_fields() -> impl Strategy<Value = Fields> {
    let value = (0_u8..5, any::<i64>(), -1e300..1e300, ".{0,12}");
    proptest::collection::vec(("\\PC{0,10}", value), 0..5).prop_map(|fields| {
        let mut own = Fields::new();
        for (name, (kind, whole, number, text)) in fields {
            let value = match kind {
                0 => Value::Null,
                1 => Value::Bool(whole > 0),
                2 => Value::Int(whole),
                3 => Value::Float(number),
                _ => Value::Text(&text),
            };
            own.push(name, value);
        }
        own
    })
}

prop_compose! {
    fn any_event()(
        texts in proptest::collection::vec("\\PC{0,20}", 12),
        raw in proptest::collection::vec(any::<u8>(), 0..80),
        times in any::<(i64, i64)>(),
        class_uid in any::<u32>(),
        src in any_fields(),
    ) -> Event {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap();
        Event {
            source: next(),
            received_at: Instant::from_micros(times.0),
            time: Instant::from_micros(times.1),
            raw,
            class_uid,
            product: next(),
            service: next(),
            activity: next(),
            status: next(),
            host: next(),
            user: next(),
            patient: next(),
            src_ip: next(),
            dst_ip: next(),
            process: next(),
            message: next(),
            src,
        }
    }
}

#[test]
fn a_write_cut_off_anywhere_costs_only_itself() {
    let groups = three_groups();
    let (bytes, ends) = log_file(&groups);
    for end in ends[2]..ends[3] {
        let scan = scan(&bytes[..end]);
        assert_eq!(scan.events.len(), 3, "cut at {end}");
        assert_eq!((scan.committed, scan.damage.len()), (ends[2], 0), "cut at {end}");
    }
    assert_eq!(read(&bytes), groups.concat());
}

#[test]
fn a_header_cut_off_anywhere_is_an_empty_file() {
    let (bytes, _) = log_file(&[]);
    for end in 0..FILE_HEADER_BYTES {
        assert_eq!(scan(&bytes[..end]).committed, 0, "cut at {end}");
    }
    assert_eq!(scan(&bytes).committed, FILE_HEADER_BYTES);
}

#[test]
fn a_file_is_read_on_where_it_grew() {
    let groups = three_groups();
    let (bytes, ends) = log_file(&groups);
    for middle in 0..bytes.len() {
        let mut resume = Resume::default();
        let mut events = scan_from(&bytes[..middle], &mut resume).events;
        events.extend(scan_from(&bytes[resume.offset..], &mut resume).events);
        assert_eq!(events.len(), 5, "grown from {middle}");
        assert_eq!(resume.offset, ends[3], "grown from {middle}");
    }
}

#[test]
fn damage_in_the_middle_costs_only_the_events_it_hit() {
    let (bytes, ends) = log_file(&three_groups());
    let mut damaged = bytes.clone();
    damaged[ends[1] + 30] ^= 1;
    let scan = scan(&damaged);
    let seqs: Vec<_> = scan.events.iter().map(|stored| stored.seq).collect();
    assert_eq!(seqs, [1, 3, 4, 5]);
    assert_eq!(scan.damage.len(), 1);
    assert_eq!(scan.damage[0].offset, ends[1]);
    assert_eq!(scan.committed, bytes.len());
}

#[test]
fn a_damaged_header_costs_no_event() {
    let (mut bytes, _) = log_file(&three_groups());
    bytes[3] ^= 1;
    let scan = scan(&bytes);
    assert_eq!(scan.events.len(), 5);
    assert_eq!(scan.damage, [Damage { offset: 0, bytes: FILE_HEADER_BYTES }]);
}

#[test]
fn with_the_secret_a_damaged_head_and_first_frame_cost_only_that_event() {
    let (secret, first_seq) = ([7; 32], 1);
    let header = FileHeader::of(&secret, first_seq);
    let mut bytes = header.encode();
    for (n, event) in three_groups().concat().iter().enumerate() {
        bytes.extend(frames(std::slice::from_ref(event), &header.token, n as u64 + 1, true));
    }
    let with_secret = |bytes: &[u8]| scan_from(bytes, &mut Resume::with_secret(&secret, first_seq));
    assert_eq!((with_secret(&bytes).events.len(), with_secret(&bytes).damage.len()), (5, 0));
    (bytes[9], bytes[40]) = (0xFF, 0xFF);
    let seqs: Vec<_> = with_secret(&bytes).events.iter().map(|stored| stored.seq).collect();
    assert_eq!(seqs, [2, 3, 4, 5]);
    assert_eq!(with_secret(&bytes).damage[0], Damage { offset: 0, bytes: FILE_HEADER_BYTES });
    let whole = Damage { offset: 0, bytes: bytes.len() };
    let without = scan(&bytes);
    assert_eq!((without.damage, without.committed), (vec![whole], bytes.len()));
    assert_eq!(scan_from(&bytes, &mut Resume::with_secret(&secret, 2)).damage, [whole]);
}

#[test]
fn the_size_of_an_event_is_never_told_too_small() {
    for event in three_groups().concat().iter().chain(&crate::tests::events(0..9)) {
        let frame = frames(std::slice::from_ref(event), &TOKEN, 1, true);
        assert!(Portion::len_of(event) >= frame.len());
    }
}

#[test]
fn a_sender_cannot_hide_a_forged_event_in_a_damaged_record() {
    let forged = frames(&[line("forged")], b"a guess!", 2, true);
    let carrier = Event { raw: forged.repeat(20), ..line("") };
    let (mut bytes, ends) = log_file(&[vec![line("一")], vec![carrier], vec![line("三")]]);
    bytes[ends[1] + 20] ^= 1;
    assert_eq!(read(&bytes), [line("一"), line("三")]);
    assert_eq!(read(&bytes[..ends[2] - 1]), [line("一")]);
}

#[test]
fn names_of_other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["00000000000000000007.wal", "7.wal", "notes.txt", "0000000000000000000x.wal"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let files = wal_files(folder.path()).unwrap();
    assert_eq!(files, [WalFile::new(folder.path(), 7)]);
    assert_eq!(wal_files(&folder.path().join("missing")).unwrap(), []);
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(groups in proptest::collection::vec(
        proptest::collection::vec(any_event(), 1..4), 0..4,
    )) {
        let (bytes, _) = log_file(&groups);
        let scan = scan(&bytes);
        prop_assert_eq!(scan.committed, bytes.len());
        let leaves_fit = scan.events.iter().all(|stored| {
            let event = &stored.event;
            stored.leaf == crate::leaf_digest(stored.seq, &event.source, event.received_at, &event.raw)
        });
        prop_assert!(leaves_fit);
        let events: Vec<_> = scan.events.into_iter().map(|stored| stored.event).collect();
        prop_assert_eq!(events, groups.concat());
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_wal(&bytes);
    }

    #[test]
    fn any_changed_bytes_never_bring_an_event_that_was_not_written(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let groups = three_groups();
        let (mut bytes, _) = log_file(&groups);
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        let written = groups.concat();
        for event in read(&bytes) {
            prop_assert!(written.contains(&event));
        }
    }
}
