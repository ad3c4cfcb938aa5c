//! Not tests: figures for `docs/performance.md`, printed by hand with
//! `cargo test --release -p sakimori-lake measure -- --ignored --nocapture`.

use std::time::{Duration, Instant as Stopwatch};

use super::*;

/// A firewall line of ordinary length with fields that hardly compress: ports, counts, ids.
fn firewall_line(n: u64) -> Event {
    let chance = Digest::of(&n.to_be_bytes()).to_string();
    let (id, port) = (chance.get(..16).unwrap(), 1_024 + n * 7_919 % 60_000);
    let (host, peer) = (n * 31 % 400, n * 17 % 5_000);
    let pairs = [
        ("devname", "FG-100F".to_owned()),
        ("logid", "0000000013".to_owned()),
        ("type", "traffic".to_owned()),
        ("srcip", format!("10.1.{}.{}", host / 250, host % 250)),
        ("srcport", port.to_string()),
        ("dstip", format!("203.0.{}.{}", peer / 250, peer % 250)),
        ("dstport", "443".to_owned()),
        ("sessionid", id.to_owned()),
        ("action", "accept".to_owned()),
        ("policyid", (n % 40).to_string()),
        ("sentbyte", (n * 48_271 % 90_000).to_string()),
        ("rcvdbyte", (n * 69_621 % 900_000).to_string()),
        ("app", "HTTPS".to_owned()),
    ];
    let text: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    let received_at = START.plus_seconds(i64::try_from(n / 50).unwrap());
    let mut event = Event {
        source: "syslog/10.0.0.254".to_owned(),
        received_at,
        time: received_at,
        raw: format!("<189>date=2026-11-20 time=09:00:00 {} vd=\"root\" level=\"notice\" srccountry=\"Reserved\" dstcountry=\"Japan\" trandisp=\"snat\" duration=120 sentpkt=12 rcvdpkt=40", text.join(" ")).into_bytes(),
        product: "fortios".to_owned(),
        class_uid: 4001,
        activity: "accept".to_owned(),
        host: "FG-100F".to_owned(),
        src_ip: pairs[3].1.clone(),
        dst_ip: pairs[5].1.clone(),
        ..Event::default()
    };
    for (name, value) in pairs {
        event.src.push(name, &value);
    }
    event
}

fn per_second(count: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / took.as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine and a person who reads the figures"]
async fn measure_intake_sealing_and_verification() {
    let fixture = Fixture::new();
    let lake = Arc::new(fixture.open().await);
    let mut waits = Vec::new();
    for n in 0..300 {
        let clock = Stopwatch::now();
        lake.append(&[firewall_line(n)]).await.unwrap();
        waits.push(clock.elapsed());
    }
    waits.sort();
    println!("one caller, one event: p50 {:?}, p99 {:?}", waits[150], waits[297]);

    let clock = Stopwatch::now();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..64 {
        let lake = Arc::clone(&lake);
        callers.spawn(async move {
            for n in 0..100 {
                lake.append(&[firewall_line(caller * 100 + n)]).await.unwrap();
            }
        });
    }
    callers.join_all().await;
    println!("64 callers, one event each: {:.0} events/s", per_second(6_400, clock.elapsed()));

    let events: Vec<_> = (0..100_000).map(firewall_line).collect();
    let clock = Stopwatch::now();
    for portion in events.chunks(1_000) {
        lake.append(portion).await.unwrap();
    }
    println!("one caller, 1,000 events each: {:.0} events/s", per_second(100_000, clock.elapsed()));

    let clock = Stopwatch::now();
    let sealed = lake.seal().await.unwrap();
    let n_events: u64 = sealed.iter().map(|segment| segment.events).sum();
    let n_events = usize::try_from(n_events).unwrap();
    println!("sealing: {:.0} events/s", per_second(n_events, clock.elapsed()));
    let status = lake.status().await.unwrap();
    println!(
        "raw {} B/event, sealed {} B/event",
        status.raw_bytes / status.events,
        status.bytes / status.events
    );

    let clock = Stopwatch::now();
    fixture.assert_proved().await;
    println!("verification: {:.0} events/s", per_second(n_events, clock.elapsed()));
}
