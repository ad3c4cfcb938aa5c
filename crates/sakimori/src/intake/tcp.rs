//! Syslog over TCP (RFC 6587) and TLS (RFC 5425): read, make durable, read on.
//!
//! A sender goes by its address, `syslog/10.0.0.5`; one that showed an accepted certificate goes by the name in it,
//! `syslog/fw-01`, wherever it is on the network.

use std::collections::HashMap;
use std::future::pending;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sakimori_watch::sources::{self, Context};
use sakimori_watch::{Frame, Framer};
use sakimori_words::Trouble;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Pipeline;
use crate::tls::senders::{SenderTls, handshake_trouble};
use crate::troubles;

/// A message longer than this is kept in pieces of this size.
const FRAME_BYTES_MAX: usize = 1 << 20;

/// Bytes read from a connection at once.
const READ_BYTES: usize = 64 << 10;

/// Connections served at the same time; a hospital has tens of log senders, not thousands.
const CONNECTIONS_MAX: usize = 1_024;

/// Of them, connections of one sender: one machine that opens and never speaks must not shut out the others.
const CONNECTIONS_OF_ONE_MAX: usize = 64;

/// After so long a silence the system asks whether the sender still lives. A quiet device keeps its connection: it would lose
/// its next line if we had closed it.
const KEEPALIVE: Duration = Duration::from_secs(120);

/// How long a sender may take to agree on TLS.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// Opens the socket.
///
/// # Errors
/// SK-NODE-004 when the address is taken or not ours.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Trouble> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Trouble::new(&troubles::LISTEN, format!("tcp {address}: {error}")))
}

/// Serves senders for ever; with `tls`, each has to agree on it first.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<SenderTls>>,
    pipeline: Arc<Pipeline>,
) {
    // Dropped with this future, and every connection with it: nothing is taken in any more once the node has stopped.
    let mut connections = JoinSet::new();
    let mut held: HashMap<IpAddr, usize> = HashMap::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                ended.into_iter().for_each(|from| release(&mut held, from));
                continue;
            }
        };
        let (stream, from) = match accepted {
            Ok((stream, from)) => (stream, from.ip()),
            Err(error) => {
                // Out of file handles, most likely: wait for connections to end instead of spinning.
                tracing::warn!(%error, "a log sender could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        if connections.len() >= CONNECTIONS_MAX || !take_place(&mut held, from) {
            tracing::warn!(%from, "a log sender has too many connections and was refused one more");
            continue;
        }
        let (tls, pipeline) = (tls.clone(), Arc::clone(&pipeline));
        connections.spawn(async move {
            if let Err(trouble) = connection(stream, from, tls, &pipeline).await {
                pipeline.note_trouble(&trouble);
            }
            from
        });
    }
}

/// Takes one of the places of that sender; whether there was one.
fn take_place(held: &mut HashMap<IpAddr, usize>, from: IpAddr) -> bool {
    let places = held.entry(from).or_default();
    let free = *places < CONNECTIONS_OF_ONE_MAX;
    *places += usize::from(free);
    free
}

fn release(held: &mut HashMap<IpAddr, usize>, from: IpAddr) {
    if let Some(places) = held.get_mut(&from) {
        *places = places.saturating_sub(1);
        if *places == 0 {
            held.remove(&from);
        }
    }
}

async fn connection(
    stream: TcpStream,
    from: IpAddr,
    tls: Option<Arc<SenderTls>>,
    pipeline: &Pipeline,
) -> Result<(), Trouble> {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    if let Err(error) = SockRef::from(&stream).set_tcp_keepalive(&keepalive) {
        tracing::info!(%error, "a sender that dies silently will not be noticed");
    }
    let by_address = format!("syslog/{from}");
    let Some(tls) = tls else { return records(stream, &by_address, pipeline, pending()).await };
    let agreed = tokio::time::timeout(HANDSHAKE_LIMIT, tls.acceptor().accept(stream)).await;
    match agreed {
        Ok(Ok(stream)) => {
            let Some(shown) = tls.shown(stream.get_ref().1, pipeline.now()) else {
                return records(stream, &by_address, pipeline, pending()).await;
            };
            let withdrawn = || {
                let detail = format!("{} ({}), {from}", shown.name, shown.digest.short());
                Trouble::new(&troubles::CERTIFICATE_WITHDRAWN, detail)
            };
            if !tls.withdrawn().admits(shown.digest, &shown.name).await {
                return Err(withdrawn());
            }
            let cut_off = async {
                tls.withdrawn().until_withdrawn(shown.digest).await;
                withdrawn()
            };
            records(stream, &format!("syslog/{}", shown.name), pipeline, cut_off).await
        }
        // Somebody looked whether the port is open, as `doctor` does.
        Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
        Ok(Err(error)) => Err(handshake_trouble(from, &error)),
        Err(_) => {
            let limit = HANDSHAKE_LIMIT.as_secs();
            let why = format!("{from}: no TLS handshake within {limit} s");
            Err(Trouble::new(&troubles::INTAKE, why))
        }
    }
}

/// Reads records until the sender ends or is cut off. What came before an interruption is kept.
async fn records(
    mut stream: impl AsyncRead + Unpin,
    source: &str,
    pipeline: &Pipeline,
    cut_off: impl Future<Output = Trouble>,
) -> Result<(), Trouble> {
    let mut framer = Framer::new(FRAME_BYTES_MAX);
    let mut buffer = vec![0_u8; READ_BYTES];
    tokio::pin!(cut_off);
    loop {
        let (n_bytes, trouble) = tokio::select! {
            // A connection that breaks has ended: there is nobody left to tell, and what came before is kept.
            read = stream.read(&mut buffer) => (read.unwrap_or(0), None),
            trouble = &mut cut_off => (0, Some(trouble)),
        };
        let arrived = buffer.get(..n_bytes).unwrap_or_default();
        if arrived.is_empty() {
            keep(framer.finish().into_iter().collect(), source, pipeline).await?;
            return trouble.map_or(Ok(()), Err);
        }
        keep(framer.push(arrived), source, pipeline).await?;
    }
}

async fn keep(frames: Vec<Frame>, source: &str, pipeline: &Pipeline) -> Result<(), Trouble> {
    if frames.is_empty() {
        return Ok(());
    }
    let context = Context { source: source.to_owned(), received_at: pipeline.now() };
    let events = frames.iter().map(|frame| sources::read_line(&frame.bytes, &context)).collect();
    pipeline.take(events).await.map(drop)
}
