//! Who is carried, and who is not.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::*;
use crate::keys::Keys;
use crate::tls::grid::{FILES, issue_for_member};
use crate::world::World;

/// A data folder that has a grid.
struct Office(TempDir);

impl Office {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn member_folder(&self, name: &str) -> std::path::PathBuf {
        let folder = self.0.path().join(name);
        let keys = Keys::open(self.0.path()).unwrap();
        // TLS looks at the real time.
        let made = issue_for_member(&keys, name, 30, &*World::real().clock).unwrap();
        std::fs::create_dir(&folder).unwrap();
        let texts = [made.key_pem.as_str(), &made.certificate_pem, &made.authority_pem];
        for (file, text) in FILES.into_iter().zip(texts) {
            std::fs::write(folder.join(file), text).unwrap();
        }
        folder
    }

    fn member(&self, name: &str) -> MemberTls {
        MemberTls::open(&self.member_folder(name)).unwrap()
    }
}

/// An address of this machine whose port is free.
fn free() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// A process that answers every byte with the same, and counts who came.
async fn echo() -> (SocketAddr, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let came: Arc<std::sync::atomic::AtomicUsize> = Arc::default();
    let counted = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    (address, came)
}

async fn open(member: MemberTls, way: Way) {
    tokio::spawn(Tunnel::open(member, vec![way]).await.unwrap().carry());
}

/// Sends a word and returns what comes back before the other side closes or a second is over.
async fn say(address: SocketAddr, word: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(word).await;
    let mut heard = vec![0; word.len()];
    let read = stream.read_exact(&mut heard);
    match tokio::time::timeout(Duration::from_secs(3), read).await {
        Ok(Ok(_)) => heard,
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

fn came(count: &std::sync::atomic::AtomicUsize) -> usize {
    count.load(std::sync::atomic::Ordering::SeqCst)
}

#[tokio::test]
async fn members_reach_each_other_and_nobody_else_reaches_them() {
    let (office, stranger) = (Office::new(), Office::new());
    let (process, n_came) = echo().await;
    let (network, local, strangers) = (free(), free(), free());
    open(office.member("search-1"), Way::In { listen: network, to: process }).await;
    open(office.member("node"), Way::Out { listen: local, to: network }).await;
    open(stranger.member("node"), Way::Out { listen: strangers, to: network }).await;
    assert_eq!(say(local, b"seki").await, b"seki");
    assert_eq!(came(&n_came), 1);
    assert_eq!(say(strangers, b"seki").await, b"", "another grid's certificate");
    assert_eq!(say(network, b"PRI * HTTP/2.0").await, b"", "no TLS at all");
    assert_eq!(came(&n_came), 1, "the process heard nothing of either");
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    let office = Office::new();
    let (process, n_came) = echo().await;
    let network = free();
    let folder = office.member_folder("search-1");
    open(MemberTls::open(&folder).unwrap(), Way::In { listen: network, to: process }).await;
    let mut stream = without_certificate(&folder.join(FILES[2]), network).await;
    let _ = stream.write_all(b"seki").await;
    let mut heard = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut heard)).await;
    assert!(closed.unwrap().is_err(), "it is told that a certificate is asked for");
    assert_eq!((heard, came(&n_came)), (Vec::new(), 0));
}

/// TLS that trusts the right authority and shows nothing itself.
async fn without_certificate(
    authority: &Path,
    to: SocketAddr,
) -> tokio_rustls::client::TlsStream<TcpStream> {
    use rustls_pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls_pki_types::CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(to).await.unwrap();
    let name = ServerName::try_from(MEMBER).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn a_member_does_not_talk_to_a_machine_of_another_grid() {
    let (office, stranger) = (Office::new(), Office::new());
    let (process, n_came) = echo().await;
    let (network, local) = (free(), free());
    open(stranger.member("search-1"), Way::In { listen: network, to: process }).await;
    open(office.member("node"), Way::Out { listen: local, to: network }).await;
    assert_eq!(say(local, b"seki").await, b"");
    assert_eq!(came(&n_came), 0);
}

#[test]
fn the_side_without_tls_stays_on_this_machine() {
    let here = SocketAddr::from(([127, 0, 0, 1], 50_050));
    let there = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)), 51_050);
    let inwards = Way::inwards("192.0.2.10:51050=127.0.0.1:50050").unwrap();
    assert_eq!(inwards, Way::In { listen: there, to: here });
    let outwards = Way::outwards("127.0.0.1:50050=192.0.2.10:51050").unwrap();
    assert_eq!(outwards, Way::Out { listen: here, to: there });
    for text in ["127.0.0.1:50050=192.0.2.10:51050", "192.0.2.10:51050", "here=there", ""] {
        assert_eq!(Way::inwards(text).unwrap_err().kind.code, "SK-NODE-032", "{text}");
    }
    for text in ["0.0.0.0:50050=192.0.2.10:51050", "192.0.2.10:51050=127.0.0.1:50050"] {
        assert_eq!(Way::outwards(text).unwrap_err().kind.code, "SK-NODE-032", "{text}");
    }
}

#[test]
fn a_folder_that_is_no_members_is_named() {
    let folder = TempDir::new().unwrap();
    let trouble = MemberTls::open(folder.path()).err().unwrap();
    assert_eq!(trouble.kind.code, "SK-NODE-006");
    assert!(trouble.detail.contains("member.pem"), "{}", trouble.detail);
}
