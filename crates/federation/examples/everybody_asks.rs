//! Every institution asks its hub over the network whether there is anything, each over a connection of its own, as they do
//! from all over the country.
//!
//! `everybody_asks enrol LEDGER N` lays down institutions in the ledger of a hub that is not running;
//! `everybody_asks ask ADDRESS N [CA.pem]` has `N` of them ask, and ask again: over TLS, known by that authority, or over plain HTTP as
//! behind a proxy. Whoever asks again over TLS takes up where it left off, as institutions do that ask every minute.
#![expect(clippy::print_stdout, reason = "the measurement goes to the terminal")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sakimori_federation::{Door, SecretKey};
use sakimori_testkit::SeededChance;
use sakimori_words::{Organisation, OrganisationId, OrganisationKind};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use self::asking::{Failure, now, spread};

mod asking;

/// Institutions that ask at the same time.
const WIDE: usize = 128;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["enrol", ledger, n] => enrol(ledger, n.parse()?).await,
        ["ask", address, n] => ask_twice(address.parse()?, n.parse()?, None).await,
        ["ask", address, n, authority] => {
            ask_twice(address.parse()?, n.parse()?, Some(known_by(authority)?)).await
        }
        _ => Err("everybody_asks enrol LEDGER N | ask ADDRESS N [CA.pem]".into()),
    }
}

/// Lays down the first `n` askers.
async fn enrol(ledger: &str, n: usize) -> Result<(), Failure> {
    let store = sakimori_ledger::open(ledger).await?;
    let institution = |n| Organisation {
        id: id(n),
        kind: OrganisationKind::Institution,
        name: format!("第{n}医療機関"),
        prefecture: None,
        institution: None,
    };
    let institutions: Vec<Organisation> = (0..n).map(institution).collect();
    asking::lay_down(&*store, &institutions, &the_key()).await
}

/// Everybody asks for the first time, and again when they are known to have asked before.
async fn ask_twice(
    address: SocketAddr,
    n: usize,
    tls: Option<ClientConfig>,
) -> Result<(), Failure> {
    let askers = askers(n, tls.as_ref());
    let hub = name_of_hub(address, askers.first().and_then(Option::as_ref)).await?;
    for round in ["first", "again"] {
        let questions = questions(address, &hub, n);
        println!("asking");
        let (rate, waits) = ask(address, questions, &askers).await?;
        println!("{round}: {rate:.0} questions/s, {WIDE} at a time, {}", spread(waits));
    }
    Ok(())
}

/// How each of them dials: over TLS it remembers its own last connection, and nobody else's.
fn askers(n: usize, tls: Option<&ClientConfig>) -> Arc<[Option<TlsConnector>]> {
    let asker = |_| {
        let mut own = tls?.clone();
        own.resumption = Resumption::in_memory_sessions(1);
        Some(TlsConnector::from(Arc::new(own)))
    };
    (0..n).map(asker).collect()
}

/// Asks all the questions, [`WIDE`] at a time: how many a second, and how long each waited from dialling to the last byte.
async fn ask(
    address: SocketAddr,
    questions: Vec<Vec<u8>>,
    askers: &Arc<[Option<TlsConnector>]>,
) -> Result<(f64, Vec<Duration>), Failure> {
    let (n, questions, next) =
        (questions.len(), Arc::new(questions), Arc::new(AtomicUsize::new(0)));
    let watch = Stopwatch::now();
    let wide: Vec<_> = (0..WIDE)
        .map(|_| {
            let (questions, next) = (Arc::clone(&questions), Arc::clone(&next));
            let askers = Arc::clone(askers);
            tokio::spawn(async move {
                let mut waits = vec![];
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(question), Some(tls)) = (questions.get(n), askers.get(n)) else {
                        return Ok::<_, Failure>(waits);
                    };
                    let watch = Stopwatch::now();
                    dial(address, question, tls.as_ref()).await?;
                    waits.push(watch.elapsed());
                }
            })
        })
        .collect();
    let mut waits = vec![];
    for asked in wide {
        waits.extend(asked.await??);
    }
    Ok((n as f64 / watch.elapsed().as_secs_f64(), waits))
}

/// The hub's id, by which it is addressed, from its introduction.
async fn name_of_hub(
    address: SocketAddr,
    tls: Option<&TlsConnector>,
) -> Result<OrganisationId, Failure> {
    let answer = dial(address, &post(address, Door::Introduction, ""), tls).await?;
    let introduction: Value = serde_json::from_str(&answer)?;
    let payload = introduction.get("payload").and_then(Value::as_str).ok_or("no payload")?;
    let said: Value = serde_json::from_slice(&STANDARD.decode(payload)?)?;
    let id = said.pointer("/organisation/id").and_then(Value::as_str);
    Ok(id.ok_or("it did not say who it is")?.into())
}

/// What each would send, signed beforehand: that is the institutions' work, not the hub's.
fn questions(address: SocketAddr, hub: &OrganisationId, n: usize) -> Vec<Vec<u8>> {
    let (key, at, nothing) = (the_key(), now(), (json!({ "seq": 0 }), json!([])));
    let question = |n: usize| {
        let nonce = format!("{n}-{}", at.as_micros());
        let body = asking::question((&id(n), hub), (at, &nonce), (&nothing.0, &nothing.1), &key);
        post(address, Door::Exchange, &body)
    };
    (0..n).map(question).collect()
}

/// A request as bytes.
fn post(address: SocketAddr, door: Door, body: &str) -> Vec<u8> {
    let (path, length) = (door.path(), body.len());
    let type_and_length = format!("Content-Type: application/json\r\nContent-Length: {length}");
    format!("POST {path} HTTP/1.1\r\nHost: {address}\r\n{type_and_length}\r\n\r\n{body}")
        .into_bytes()
}

/// One question over a connection of its own.
async fn dial(
    address: SocketAddr,
    request: &[u8],
    tls: Option<&TlsConnector>,
) -> Result<String, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    match tls {
        None => talk(stream, request).await,
        Some(tls) => {
            let hub = ServerName::try_from("localhost")?;
            talk(tls.connect(hub, stream).await?, request).await
        }
    }
}

/// Sends the request and reads the whole answer as its length says; what it holds. Like a browser or an institution's client the asker leaves
/// the line open until the hub hangs up.
async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: &[u8],
) -> Result<String, Failure> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(4 << 10);
    while !is_whole(&answer) {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(format!("broken off: {}", String::from_utf8_lossy(&answer)).into());
        }
    }
    let whole = String::from_utf8(answer)?;
    let body = whole.split_once("\r\n\r\n").filter(|_| whole.starts_with("HTTP/1.1 200 "));
    let body = body.ok_or_else(|| whole.clone())?.1.to_owned();
    tokio::spawn(async move { while stream.read_buf(&mut vec![]).await.is_ok_and(|n| n > 0) {} });
    Ok(body)
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
    });
    length.is_some_and(|length: usize| body.len() >= length)
}

/// Believes the hub's own authority.
fn known_by(authority: &str) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// The one key all institutions of this bench sign with.
fn the_key() -> SecretKey {
    SecretKey::new(&SeededChance::new(1))
}

fn id(n: usize) -> OrganisationId {
    format!("asker-{n}").as_str().into()
}
