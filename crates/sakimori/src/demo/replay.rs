//! Replays the generated attack into the first hospital over TCP syslog, its times moved to now.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use sakimori_testkit::{Line, attack};
use sakimori_words::{Instant, SECOND_MICROS};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::node::Running;
use crate::world::World;

/// How long the visitor may look around before the attack begins.
const BEFORE: Duration = Duration::from_secs(15);

/// How long the replay lasts, whatever the attack took in the story.
const DURATION: Duration = Duration::from_secs(120);

/// The name in the story's machines.
const HOSPITAL: &str = "midori";

/// The first organisation that takes syslog in, by its TCP address.
pub(super) fn target(running: &[Running]) -> Option<SocketAddr> {
    running.iter().find_map(|part| part.syslog_tcp)
}

/// Replays the attack once.
pub(super) async fn replay(target: SocketAddr, world: World) {
    tokio::time::sleep(BEFORE).await;
    let lines = story(world.clock.now());
    let story_micros = length_micros(&lines).max(1);
    let scale = DURATION.as_secs_f64() / (story_micros as f64 / 1e6);
    let started_at = lines.first().map(|line| line.at).unwrap_or_default();
    let mut senders: HashMap<String, TcpStream> = HashMap::new();
    let started = tokio::time::Instant::now();
    for line in &lines {
        let at = line.at.micros_since(started_at) as f64 / 1e6 * scale;
        tokio::time::sleep_until(started + Duration::from_secs_f64(at.max(0.0))).await;
        if let Err(error) = send(&mut senders, target, line).await {
            tracing::warn!(%error, "the replay could not send a line");
        }
    }
}

/// The attack as it would have gone on until `now`: its records must not lie in the future.
fn story(now: Instant) -> Vec<Line> {
    let length_seconds = length_micros(&attack::osaka(now, HOSPITAL)) / SECOND_MICROS;
    attack::osaka(now.plus_seconds(-length_seconds), HOSPITAL)
}

fn length_micros(lines: &[Line]) -> i64 {
    let first = lines.first().map(|line| line.at).unwrap_or_default();
    lines.last().map_or(0, |last| last.at.micros_since(first))
}

/// Each source of the story sends from a loopback address of its own, so that the node sees different senders.
async fn send(
    senders: &mut HashMap<String, TcpStream>,
    target: SocketAddr,
    line: &Line,
) -> std::io::Result<()> {
    let next = u8::try_from(senders.len() % 200).unwrap_or(0).saturating_add(11);
    if !senders.contains_key(&line.source) {
        senders.insert(line.source.clone(), connect(target, next).await?);
    }
    let Some(stream) = senders.get_mut(&line.source) else { return Ok(()) };
    stream.write_all(&line.bytes).await?;
    stream.write_all(b"\n").await
}

async fn connect(target: SocketAddr, last_octet: u8) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // Only Linux owns all of 127.0.0.0/8; elsewhere every line comes from the same address.
    let _ = socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last_octet)), 0));
    socket.connect(target).await
}
