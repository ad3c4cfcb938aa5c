use sakimori_words::{Event, Fields, Instant};

use super::{DAYS_KEPT, DayState, LATE_SECONDS, SourceBook};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn event(source: &str, second: i64) -> Event {
    let mut src = Fields::new();
    src.push("EventID", 1);
    let received_at = Instant::default().plus_seconds(second);
    Event { source: source.to_owned(), received_at, src, ..Event::default() }
}

fn book(seconds: impl IntoIterator<Item = i64>) -> SourceBook {
    let mut book = SourceBook::new();
    seconds.into_iter().for_each(|second| book.note(&event("fw", second)));
    book
}

fn silent_after(book: &SourceBook, last: i64, quiet_seconds: i64) -> bool {
    !book.silent(Instant::default().plus_seconds(last + quiet_seconds)).is_empty()
}

#[test]
fn a_busy_source_is_silent_after_a_quarter_of_an_hour() {
    let book = book((0..2 * HOUR).step_by(5));
    assert!(!silent_after(&book, 2 * HOUR, 890));
    assert!(silent_after(&book, 2 * HOUR, 910));
}

#[test]
fn a_source_that_reports_every_hour_is_given_ten_hours() {
    let book = book((0..3 * DAY).step_by(3_600));
    let last = 3 * DAY - HOUR;
    assert!(!silent_after(&book, last, 9 * HOUR));
    assert!(silent_after(&book, last, 11 * HOUR));
}

#[test]
fn a_source_that_rests_at_night_is_not_reported_every_night() {
    // A minute apart from 8 to 18 o'clock, on three days.
    let days = (0..3)
        .flat_map(|day| (8 * HOUR..18 * HOUR).step_by(60).map(move |second| day * DAY + second));
    let book = book(days);
    let closing = 2 * DAY + 18 * HOUR - 60;
    assert!(!silent_after(&book, closing, 14 * HOUR));
    assert!(silent_after(&book, closing, 24 * HOUR));
}

#[test]
fn a_long_outage_dulls_the_watch_only_for_a_while() {
    let mut seconds: Vec<i64> = (0..DAY).step_by(60).collect();
    seconds.extend((31 * DAY..31 * DAY + HOUR).step_by(60));
    let back = book(seconds.clone());
    assert!(silent_after(&back, 31 * DAY + HOUR, 5 * DAY));
    seconds.extend((31 * DAY + HOUR..87 * DAY).step_by(60));
    let later = book(seconds);
    assert!(silent_after(&later, 87 * DAY, HOUR));
}

#[test]
fn a_file_taken_in_once_is_no_silent_source() {
    let book = book([0; 1_000]);
    assert!(!silent_after(&book, 0, 365 * DAY));
    assert_eq!(book.sources()[0].events, 1_000);
}

#[test]
fn what_was_not_understood_is_counted() {
    let mut book = book([0]);
    book.note(&Event { src: Fields::new(), ..event("fw", 1) });
    assert_eq!((book.sources()[0].events, book.sources()[0].not_understood), (2, 1));
}

#[test]
fn the_book_survives_a_restart() {
    let before = book((0..2 * HOUR).step_by(5));
    let text = serde_json::to_string(&before.snapshot()).unwrap();
    let after = SourceBook::from_snapshot(serde_json::from_str(&text).unwrap());
    assert_eq!(after.snapshot(), before.snapshot());
}

#[test]
fn a_clock_set_back_does_not_confuse_the_book() {
    let book = book((0..2 * HOUR).step_by(5).chain([0, 1]));
    assert!(silent_after(&book, 2 * HOUR, 910));
    assert!(book.sources()[0].last_at > Instant::default().plus_seconds(HOUR));
}

/// A record that came at `second` and says that it happened `ahead` seconds later.
fn said(source: &str, second: i64, ahead: i64) -> Event {
    let received_at = Instant::default().plus_seconds(second);
    Event { time: received_at.plus_seconds(ahead), ..event(source, second) }
}

fn skew(source: &str, records: impl IntoIterator<Item = (i64, i64)>) -> Option<i64> {
    let mut book = SourceBook::new();
    records.into_iter().for_each(|(second, ahead)| book.note(&said(source, second, ahead)));
    book.sources()[0].skew.seconds()
}

#[test]
fn a_clock_that_is_off_is_known_after_a_few_records() {
    assert_eq!(skew("syslog/10.0.0.5", (0..4).map(|n| (n, 480))), None);
    assert_eq!(skew("syslog/10.0.0.5", (0..5).map(|n| (n, 480))), Some(480));
    let mut book = SourceBook::new();
    (0..5).for_each(|n| book.note(&said("http/emr", n, -301)));
    assert!(book.sources()[0].clock_is_off());
}

#[test]
fn records_that_were_queued_for_hours_say_nothing_about_the_clock() {
    let live = (0..20).map(|minute| (minute * 60, -1));
    let queued = (0..5_000).map(|n| (1_300, -7_200 + n));
    let after = (22..30).map(|minute| (minute * 60, -1));
    assert_eq!(skew("syslog/10.0.0.5", live.chain(queued).chain(after)), Some(-1));
}

#[test]
fn a_clock_that_was_set_right_is_believed_after_a_few_minutes() {
    let wrong = (0..60).map(|minute| (minute * 60, 600));
    let right = (60..70).map(|minute| (minute * 60, 1));
    assert_eq!(skew("syslog/10.0.0.5", wrong.chain(right)), Some(1));
}

#[test]
fn dropped_files_and_records_without_a_time_say_nothing_about_a_clock() {
    assert_eq!(skew("inbox/old.log#1", (0..50).map(|n| (n * 60, -86_400))), None);
    assert_eq!(skew("syslog/10.0.0.5", (0..50).map(|n| (n * 60, 0))), None);
}

#[test]
fn what_sakimori_itself_writes_is_never_silent() {
    let mut book = SourceBook::new();
    (0..2 * HOUR).step_by(60).for_each(|n| book.note(&event("sakimori/clock", n)));
    assert!(!silent_after(&book, 2 * HOUR, 365 * DAY));
}

#[test]
fn a_book_kept_by_an_earlier_version_is_read() {
    let kept = r#"{"sources":[{"source":"fw","first_at":0,"last_at":9,"events":2,"not_understood":0,"usual_gap_seconds":null,"longest_gap_seconds":0.0}]}"#;
    let book = SourceBook::from_snapshot(serde_json::from_str(kept).unwrap());
    assert_eq!(book.sources()[0].skew.seconds(), None);
}

/// The states of the days up to the last one, one letter each.
fn letters(book: &SourceBook, n_days: usize, now: i64) -> String {
    let calendar = book.sources()[0].calendar(n_days, Instant::default().plus_seconds(now));
    let letter = |state| match state {
        DayState::Before => ' ',
        DayState::Fine => '.',
        DayState::Unread => '?',
        DayState::Partly => 'p',
        DayState::Missing => 'x',
    };
    calendar.into_iter().map(|(_, state, _)| letter(state)).collect()
}

/// Midnight in Japan at the beginning of a day.
const fn midnight(day: i64) -> i64 {
    day * DAY - 9 * HOUR
}

#[test]
fn a_calendar_shows_missing_days_quiet_parts_and_what_was_not_understood() {
    let day = |day: i64, hours: i64| (0..hours).map(move |hour| midnight(day) + hour * HOUR);
    let seconds =
        day(10, 24).chain(day(11, 24)).chain(day(13, 24)).chain(day(14, 6)).chain(day(15, 24));
    let mut book = book(seconds.chain(day(16, 9)));
    for n in 0..3 {
        let event = event("fw", midnight(15) + n);
        book.note(&Event { src: Fields::new(), ..event });
    }
    let now = midnight(16) + 9 * HOUR;
    assert_eq!(letters(&book, 9, now), "  ..x.p?.");
    // A day later nothing has come: the days since are missing.
    assert_eq!(letters(&book, 3, now + 2 * DAY), "pxx");
}

#[test]
fn a_day_that_goes_on_is_not_called_missing() {
    let book = book((0..5 * 24).map(|hour| midnight(3) + hour * HOUR));
    assert_eq!(letters(&book, 3, midnight(8) + 600), ".. ");
}

#[test]
fn files_taken_in_now_and_then_are_missed_on_no_day() {
    let book = book([midnight(3), midnight(10), midnight(17)]);
    assert_eq!(letters(&book, 10, midnight(19)), ".      .  ");
}

#[test]
fn late_events_are_counted_and_only_the_last_days_are_kept() {
    let mut book = SourceBook::new();
    for day in 0..500 {
        let event = event("inbox/old.evtx", midnight(day) + HOUR);
        let time = event.received_at.plus_seconds(if day == 499 { -LATE_SECONDS - 1 } else { -60 });
        book.note(&Event { time, ..event });
    }
    let days = &book.sources()[0].days;
    assert_eq!((days.len(), days[0].day, days[DAYS_KEPT - 1].late), (DAYS_KEPT, 100, 1));
    assert_eq!(days.iter().map(|day| day.late).sum::<u64>(), 1);
}

#[test]
fn a_clock_set_far_back_adds_a_day_and_breaks_nothing() {
    let book = book((0..500).map(midnight).chain([midnight(2), midnight(450)]));
    assert_eq!(book.sources()[0].days.len(), DAYS_KEPT);
    assert_eq!(book.sources()[0].events, 502);
}

#[test]
fn events_a_day_are_the_mean_of_the_last_whole_week() {
    let book = book((0..240).map(|hour| midnight(3) + hour * HOUR));
    let at = |day| Instant::default().plus_seconds(midnight(day) + 60);
    assert_eq!(book.sources()[0].events_a_day(at(13)), Some(24));
    assert_eq!(book.sources()[0].events_a_day(at(3)), None);
}

#[test]
fn a_book_of_an_earlier_version_is_read_without_days() {
    let text = r#"{"sources":[{"source":"fw","first_at":0,"last_at":5,"events":2,"not_understood":0,"usual_gap_seconds":null,"longest_gap_seconds":0.0}]}"#;
    let book = SourceBook::from_snapshot(serde_json::from_str(text).unwrap());
    assert_eq!(letters(&book, 3, 40 * DAY), "   ");
}
