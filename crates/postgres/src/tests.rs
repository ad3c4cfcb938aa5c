//! What both stores can rely on.

mod over_tls;
mod postgres_server;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_postgres::Client;

use crate::address::Options;
use crate::{AddressError, Place, unfit_setting};
use over_tls::{OTHERS, OURS, ServerOverTls};
use postgres_server::Server;

fn options(address: &str) -> (String, bool, Option<String>) {
    let options = Options::taken_from(address).unwrap();
    let authority = options.authority.map(|path| path.display().to_string());
    (options.rest, options.verified, authority)
}

#[test]
fn what_an_address_says_about_tls_is_taken_out_of_it() {
    let plain = "postgres://db.example/sakimori?user=a&connect_timeout=5";
    assert_eq!(options(plain), (plain.to_owned(), false, None));
    let asked = "postgres://db.example/x?sslmode=verify-full&user=a&sslrootcert=%2Fetc%2Fca.pem";
    let expected =
        ("postgres://db.example/x?user=a".to_owned(), true, Some("/etc/ca.pem".to_owned()));
    assert_eq!(options(asked), expected);
    assert!(options("postgres://h/x?sslmode=require").1);
    assert!(!options("postgres://h/x?sslmode=prefer").1);
    for wrong in ["%", "%2", "%zz", "%ff", "%é"] {
        let address = format!("postgres://h/x?sslrootcert={wrong}");
        let refused = Options::taken_from(&address).err();
        assert!(matches!(refused, Some(AddressError::Escapes)), "{wrong}");
    }
}

#[test]
fn tls_without_an_authority_that_can_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let refused = |more: &str| {
        Place::at(&format!("postgres://localhost/x?sslmode=verify-full{more}")).unwrap_err()
    };
    assert!(matches!(refused(""), AddressError::NoAuthority));
    for missing in ["%2Fnot%2Fthere.pem", ""] {
        let missing = refused(&format!("&sslrootcert={missing}"));
        assert!(matches!(missing, AddressError::Authority { .. }), "{missing}");
    }
    let empty = refused(&format!("&sslrootcert={}", empty.display()));
    assert!(matches!(empty, AddressError::NoAuthority), "{empty}");
}

#[test]
fn in_the_clear_nothing_leaves_the_machine() {
    for local in
        ["postgres://localhost/x", "postgres://[::1]/x", "postgres:///x?host=/run/postgresql"]
    {
        Place::at(local).unwrap();
    }
    for elsewhere in [
        "postgres://db.example/x",
        "postgres://192.0.2.7/x?sslmode=prefer",
        "postgres://192.0.2.7/x?sslmode=disable",
        "postgres://192.0.2.7/x?sslrootcert=/etc/ca.pem",
        "postgres://localhost,192.0.2.7/x",
        "postgres://localhost/x?hostaddr=192.0.2.7",
    ] {
        let refused = Place::at(elsewhere).unwrap_err();
        assert!(matches!(refused, AddressError::InTheClear), "{elsewhere}: {refused}");
    }
}

#[test]
fn a_place_is_shown_without_its_password() {
    let place = Place::at("postgres://me:geheim@localhost/log").unwrap();
    assert_eq!(place.to_string(), "PostgreSQL localhost/log");
    assert!(!format!("{place:?}").contains("geheim"));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, authority) = over_tls::authority(folder.path(), OURS);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).await.unwrap();
        stream.write_all(b"N").await.unwrap();
        let mut more = Vec::new();
        stream.read_to_end(&mut more).await.unwrap();
        more
    });
    let address = over_tls::address("localhost", port, "verify-full", &authority);
    Place::at(&address).unwrap().connect().await.unwrap_err();
    assert_eq!(server.await.unwrap(), b"");
}

async fn says(client: &Client, question: &str) -> String {
    client.query_one(question, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn over_the_network_only_a_verified_server_is_believed() {
    let server = ServerOverTls::start();
    let connect = async |host: &str, mode: &str, authority: &str| {
        Place::at(&server.address(host, mode, authority)).unwrap().connect().await
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        let client = connect("localhost", mode, OURS).await.unwrap();
        let encrypted = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        assert_eq!(says(&client, encrypted).await, "true", "{mode}");
        assert!(connect("localhost", mode, OTHERS).await.is_err(), "{mode}: not its authority");
        assert!(connect("127.0.0.1", mode, OURS).await.is_err(), "{mode}: not its name");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn what_is_acknowledged_is_on_disk() {
    let mut server = Server::start();
    for (set, used) in [("off", "on"), ("remote_apply", "remote_apply")] {
        let address = server.address(&format!("&options=-csynchronous_commit%3D{set}"));
        let client = Place::at(&address).unwrap().connect().await.unwrap();
        assert_eq!(says(&client, "SHOW synchronous_commit").await, used);
    }
    let place = Place::at(&server.address("")).unwrap();
    let unfit = async || unfit_setting(&place.connect().await.unwrap()).await.unwrap();
    assert!(unfit().await.is_none());
    server.network.push_str(" -c full_page_writes=off");
    server.control("restart");
    let said = unfit().await.unwrap().to_string();
    assert_eq!(said, "its setting full_page_writes is off and must be on");
}
