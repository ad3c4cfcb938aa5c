//! Syslog over UDP (RFC 5426): one datagram, one record. Nothing can be acknowledged and nobody be held back: what the kernel
//! dropped is counted ([`super::losses`]).

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use sakimori_watch::sources::{self, Context};
use sakimori_words::{Event, Trouble};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::Pipeline;
use crate::troubles;

/// The longest datagram that IP can carry.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Datagrams taken together into one durable write.
const BATCH: usize = 512;

/// Kernel buffer asked for. A burst of 20,000 lines of 300 bytes fits; the kernel may grant less.
pub(crate) const RECEIVE_BUFFER_BYTES: usize = 8 << 20;

/// Opens the socket.
///
/// # Errors
/// SK-NODE-004 when the address is taken or not ours.
pub(crate) fn listen(address: SocketAddr) -> Result<UdpSocket, Trouble> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // Asking for more than net.core.rmem_max is no error: the kernel grants its maximum.
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        UdpSocket::from_std(socket.into())
    };
    open().map_err(|error: std::io::Error| {
        Trouble::new(&troubles::LISTEN, format!("udp {address}: {error}"))
    })
}

/// The number under which the kernel counts what it drops at this socket; `None` where it does not.
#[cfg(target_os = "linux")]
pub(crate) fn inode(socket: &UdpSocket) -> Option<u64> {
    rustix::fs::fstat(socket).ok().map(|stat| stat.st_ino)
}

/// The number under which the kernel counts what it drops at this socket; `None` where it does not.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn inode(_socket: &UdpSocket) -> Option<u64> {
    None
}

/// Senders that are told apart. The address of a datagram is easily invented: what comes from further ones is kept under one
/// name, so that nobody can fill the list of sources.
const SENDERS_MAX: usize = 4_096;

/// Receives for ever.
pub(crate) async fn receive(socket: UdpSocket, pipeline: Arc<Pipeline>) {
    let mut buffer = vec![0_u8; DATAGRAM_BYTES_MAX];
    let mut senders = HashSet::new();
    loop {
        if socket.readable().await.is_err() {
            return;
        }
        let events = waiting(&socket, &mut buffer, &mut senders, &pipeline);
        if !events.is_empty() {
            // A failed write is already noted by the pipeline; UDP has nobody to tell.
            let _ = pipeline.take(events).await;
        }
    }
}

/// Everything the kernel holds right now, up to one batch.
fn waiting(
    socket: &UdpSocket,
    buffer: &mut [u8],
    senders: &mut HashSet<IpAddr>,
    pipeline: &Pipeline,
) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < BATCH {
        let Ok((n_bytes, from)) = socket.try_recv_from(buffer) else { break };
        let context =
            Context { source: source_of(from.ip(), senders), received_at: pipeline.now() };
        let line = buffer.get(..n_bytes).unwrap_or_default();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        events.push(sources::read_line(line, &context));
    }
    events
}

fn source_of(from: IpAddr, senders: &mut HashSet<IpAddr>) -> String {
    if senders.len() >= SENDERS_MAX && !senders.contains(&from) {
        return "syslog/other".to_owned();
    }
    senders.insert(from);
    format!("syslog/{from}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_senders_do_not_fill_the_list_of_sources() {
        let mut senders = HashSet::new();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let names: HashSet<String> =
            (0..50_000).map(|n| source_of(address(n), &mut senders)).collect();
        assert_eq!(names.len(), SENDERS_MAX + 1);
        assert_eq!(source_of(address(7), &mut senders), "syslog/0.0.0.7");
    }
}
