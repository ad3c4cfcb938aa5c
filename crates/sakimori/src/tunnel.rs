//! What joins the machines of a search grid: ports of this machine carried to another over TLS on which both sides prove that they
//! belong to the grid.
//!
//! The engine's own protocol knows neither passwords nor keys on all of its connections, so its processes listen on loopback
//! alone and everything that leaves a machine goes through here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use sakimori_words::Trouble;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::tls::grid::{MEMBER, MemberTls};
use crate::troubles;

/// How long the other side may take to show who it is.
const GREET_WITHIN: Duration = Duration::from_secs(10);

/// Most connections at a time. A search of many parts opens some dozens.
const CONNECTIONS_MAX: usize = 1_024;

/// How long to wait after a connection could not be taken, e.g. for want of file handles.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// One port that is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Members of the grid come in at `listen` and reach the process at `to` on this machine.
    In {
        /// Where members come.
        listen: SocketAddr,
        /// The process they reach.
        to: SocketAddr,
    },
    /// Processes of this machine that go to `listen` reach the tunnel of another machine at `to`.
    Out {
        /// Where processes of this machine go.
        listen: SocketAddr,
        /// The other machine's way in.
        to: SocketAddr,
    },
}

impl Way {
    /// `NETWORK=LOCAL`: a way in.
    ///
    /// # Errors
    /// SK-NODE-032 when it is anything else or `LOCAL` is no port of this machine alone.
    pub(crate) fn inwards(text: &str) -> Result<Self, Trouble> {
        let (listen, to) = pair(text)?;
        only_here(to, text)?;
        Ok(Self::In { listen, to })
    }

    /// `LOCAL=NETWORK`: a way out.
    ///
    /// # Errors
    /// As [`Way::inwards`].
    pub(crate) fn outwards(text: &str) -> Result<Self, Trouble> {
        let (listen, to) = pair(text)?;
        only_here(listen, text)?;
        Ok(Self::Out { listen, to })
    }

    const fn listen(self) -> SocketAddr {
        match self {
            Self::In { listen, .. } | Self::Out { listen, .. } => listen,
        }
    }
}

fn pair(text: &str) -> Result<(SocketAddr, SocketAddr), Trouble> {
    let read = || {
        let (listen, to) = text.split_once('=')?;
        Some((listen.trim().parse().ok()?, to.trim().parse().ok()?))
    };
    read().ok_or_else(|| Trouble::new(&troubles::GRID_TUNNEL, format!("`{text}`")))
}

/// Without TLS nothing may be reached from, or go to, another machine.
fn only_here(address: SocketAddr, text: &str) -> Result<(), Trouble> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    let detail = format!("`{text}`: {address} is no address of this machine alone");
    Err(Trouble::new(&troubles::GRID_TUNNEL, detail))
}

/// Ways that are open.
pub(crate) struct Tunnel {
    member: Arc<MemberTls>,
    doors: Vec<(Way, TcpListener)>,
}

impl Tunnel {
    /// Opens all ways.
    ///
    /// # Errors
    /// SK-NODE-004 when a port cannot be opened.
    pub(crate) async fn open(member: MemberTls, ways: Vec<Way>) -> Result<Self, Trouble> {
        let mut doors = Vec::new();
        for way in ways {
            let listener = TcpListener::bind(way.listen()).await.map_err(|error| {
                Trouble::new(&troubles::LISTEN, format!("{}: {error}", way.listen()))
            })?;
            doors.push((way, listener));
        }
        Ok(Self { member: Arc::new(member), doors })
    }

    /// Carries what comes, for ever.
    pub(crate) async fn carry(self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut working = JoinSet::new();
        for (way, listener) in self.doors {
            let (member, places) = (Arc::clone(&self.member), Arc::clone(&places));
            working.spawn(serve(way, listener, member, places));
        }
        while working.join_next().await.is_some() {}
    }
}

async fn serve(way: Way, listener: TcpListener, member: Arc<MemberTls>, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((come, from)) => {
                tokio::spawn(carry_one(way, come, from, Arc::clone(&member), place));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }
}

async fn carry_one(
    way: Way,
    come: TcpStream,
    from: SocketAddr,
    member: Arc<MemberTls>,
    _place: OwnedSemaphorePermit,
) {
    let carried = match way {
        Way::In { to, .. } => bring_in(come, to, &member).await,
        Way::Out { to, .. } => bring_out(come, to, &member).await,
    };
    if let Err(error) = carried {
        tracing::warn!(%from, ?way, %error, "a connection of the grid was refused or ended early");
    }
}

/// Nothing reaches the process before the other side has proved itself.
async fn bring_in(come: TcpStream, to: SocketAddr, member: &MemberTls) -> std::io::Result<()> {
    come.set_nodelay(true)?;
    let greeted = tokio::time::timeout(GREET_WITHIN, member.acceptor.accept(come)).await;
    let mut come = greeted??;
    let mut process = TcpStream::connect(to).await?;
    process.set_nodelay(true)?;
    copy_bidirectional(&mut come, &mut process).await.map(drop)
}

async fn bring_out(mut come: TcpStream, to: SocketAddr, member: &MemberTls) -> std::io::Result<()> {
    come.set_nodelay(true)?;
    let name = ServerName::try_from(MEMBER).map_err(std::io::Error::other)?;
    let greet = async {
        let there = TcpStream::connect(to).await?;
        there.set_nodelay(true)?;
        member.connector.connect(name, there).await
    };
    let mut there = tokio::time::timeout(GREET_WITHIN, greet).await??;
    copy_bidirectional(&mut come, &mut there).await.map(drop)
}

#[cfg(test)]
mod tests;
