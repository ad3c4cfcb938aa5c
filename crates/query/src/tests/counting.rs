//! Counting by columns of few values.

use std::collections::BTreeMap;

use super::*;

/// Events of which three quarters are sealed, each with the values that `of` gives for its number.
async fn counted_world(n_events: usize, of: impl Fn(usize) -> [String; 4]) -> World {
    let world = World::new().await;
    let events: Vec<Event> = (0..n_events)
        .map(|n| {
            let [source, status, activity, product] = of(n);
            let number = i64::try_from(n).unwrap();
            Event { source, status, activity, product, ..event(number) }
        })
        .collect();
    let (sealed, hot) = events.split_at(n_events * 3 / 4);
    world.lake.append(sealed).await.unwrap();
    world.lake.seal().await.unwrap();
    world.lake.append(hot).await.unwrap();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever stands in the columns, and however many different values: empty ones, and more than get a place of their own.
    #[test]
    fn counts_by_columns_of_few_values_are_those_of_counting_by_hand(
        values in proptest::collection::vec("[a-c\u{0}失敗 ]{0,2}", 1..60),
        n_events in 1_usize..160,
        step in 1_usize..7,
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let of = |n: usize| {
            let value = |by: usize| values[(n / by) % values.len()].clone();
            [format!("s{}", n % 3), value(1), value(step), value(step * 2)]
        };
        let by_hand = |chosen: &dyn Fn(usize) -> bool| {
            let mut counts = BTreeMap::new();
            for n in (0..n_events).filter(|n| chosen(*n)) {
                let [_, status, activity, product] = of(n);
                *counts.entry(format!("{status}|{activity}|{product}")).or_insert(0) += 1;
            }
            let mut rows: Vec<String> =
                counts.into_iter().map(|(values, n)| format!("{values}|{n}|{n}")).collect();
            rows.sort();
            rows
        };
        runtime.block_on(async {
            let world = counted_world(n_events, of).await;
            let by = "status, activity, product, count(*), count(1)";
            for (condition, chosen) in [
                ("", &(|_| true) as &dyn Fn(usize) -> bool),
                ("WHERE source = 's1'", &|n| n % 3 == 1),
                ("WHERE \"user\" = 'suzuki2'", &|n| n % 3 == 2),
                ("WHERE status = 'a'", &|n| of(n)[1] == "a"),
            ] {
                let sql = format!("SELECT {by} FROM events {condition} GROUP BY 1, 2, 3");
                let mut rows = world.rows(&sql).await;
                rows.sort();
                assert_eq!(rows, by_hand(chosen), "{sql}");
            }
        });
    }
}

#[tokio::test]
async fn combinations_too_many_for_places_are_counted_all_the_same() {
    let of = |n: usize| {
        let value = |what: &str| format!("{what}{n}");
        ["s".to_owned(), value("status"), value("activity"), value("product")]
    };
    let world = counted_world(120, of).await;
    let groups = "SELECT status, activity, product, count(*) AS n FROM events GROUP BY 1, 2, 3";
    let counted = format!("SELECT count(*), sum(n), max(n) FROM ({groups})");
    assert_eq!(world.rows(&counted).await, ["120|120|1"]);
}

#[tokio::test]
async fn values_that_fill_the_memory_are_counted_in_parts() {
    // Twice as many bytes as are held, in batches of 8,192 rows, and each value again in the second half.
    let n_events = 24_000;
    let of = |n: usize| {
        let value = format!("{:0>1500}", n % (n_events / 2));
        ["s".to_owned(), "success".to_owned(), value, "p".to_owned()]
    };
    let world = counted_world(n_events, of).await;
    let groups = "SELECT activity, count(*) AS n FROM events GROUP BY 1";
    let counted = format!("SELECT count(*), sum(n), min(n), max(n) FROM ({groups})");
    assert_eq!(world.rows(&counted).await, ["12000|24000|2|2"]);
}

#[tokio::test]
async fn counts_come_from_dictionaries_and_a_condition_is_looked_at_once() {
    let (world, _) = World::with_events().await;
    let plan = async |sql| search::plan_of(&world.query.place, sql).await;
    for (sql, tallied) in [
        ("SELECT source, status, count(*) FROM events GROUP BY 1, 2", true),
        ("SELECT source, count(*) FROM events WHERE class_uid = 3002 GROUP BY 1", true),
        ("SELECT status, count(*) FROM events WHERE status <> '' GROUP BY 1", false),
        ("SELECT source, count(DISTINCT status) FROM events GROUP BY 1", true),
        ("SELECT source, min(time) FROM events GROUP BY 1", false),
        ("SELECT host, count(*) FROM events GROUP BY 1", false),
    ] {
        let plan = plan(sql).await;
        assert_eq!(plan.contains("Tally"), tallied, "{sql}\n{plan}");
    }
    let plan = plan("SELECT seq FROM events WHERE host = 'PC-001' AND time > '2026-11-20'").await;
    let (_, read) = plan.split_once(" predicate=").unwrap();
    let (predicate, _) = read.split_once(", pruning_predicate=").unwrap();
    assert_eq!(predicate.matches("host@").count(), 1, "{plan}");
    assert_eq!(predicate.matches("time@").count(), 1, "{plan}");
}
