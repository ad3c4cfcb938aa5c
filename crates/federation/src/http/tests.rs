use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

fn authority() -> Trust {
    Trust::Authority(b"der".to_vec())
}

fn code(address: &str, trust: &Trust) -> Result<String, &'static str> {
    match door_url(address, Door::Exchange, trust) {
        Ok(url) => Ok(url.to_string()),
        Err(error) => Err(error.trouble().kind.code),
    }
}

#[test]
fn plain_http_is_spoken_to_this_machine_only() {
    for address in ["http://127.0.0.1:8443", "http://localhost:8443/", "http://[::1]:8443"] {
        assert!(code(address, &authority()).is_ok(), "{address}");
    }
    for address in ["http://hub.example.jp", "http://127.0.0.1.example.jp", "http://10.0.0.1:8443"]
    {
        assert_eq!(code(address, &authority()), Err("SK-FEDERATION-027"), "{address}");
    }
    assert_eq!(
        code("https://hub.example.jp:8443", &authority()).unwrap(),
        "https://hub.example.jp:8443/federation/v1/exchange"
    );
}

#[test]
fn what_cannot_be_dialled_says_so() {
    for address in ["", "hub", "ftp://hub", "https://", "javascript:alert(1)"] {
        assert_eq!(code(address, &authority()), Err("SK-FEDERATION-026"), "{address}");
    }
    let unknown = Trust::Authority(vec![]);
    assert_eq!(code("https://hub.example.jp", &unknown), Err("SK-FEDERATION-026"));
    assert!(code("https://hub.example.jp", &Trust::ByCodeOnly).is_ok());
}

/// Answers one request on loopback with these bytes.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 4_096];
        let _ = connection.read(&mut request);
        let _ = connection.write_all(&answer);
    });
    address
}

fn http_answer(status: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn ask(address: &str) -> Result<Vec<u8>, WireError> {
    let wire = HttpWire::new(HttpSettings { answer_seconds: 5, ..HTTP_SETTINGS });
    wire.ask(address, Door::Exchange, &Trust::Authority(vec![]), b"request".to_vec()).await
}

#[tokio::test]
async fn an_answer_comes_back_as_it_was_sent() {
    let address = answering(http_answer("200 OK", b"answer"));
    assert_eq!(ask(&address).await.unwrap(), b"answer");
}

#[tokio::test]
async fn a_refusal_carries_the_hubs_trouble_code() {
    let body = br#"{"code":"SK-FEDERATION-009","detail":"their clock shows 2026-01-01"}"#;
    let error = ask(&answering(http_answer("409 Conflict", body))).await.unwrap_err();
    assert!(error.to_string().contains("SK-FEDERATION-009"), "{error}");
    let error = ask(&answering(http_answer("502 Bad Gateway", b"<html>"))).await.unwrap_err();
    assert!(matches!(error, WireError::Refused { status: 502, .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_and_a_redirect_are_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = ask(&address).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-028");
    let away = b"HTTP/1.1 302 Found\r\nlocation: http://example.jp/\r\ncontent-length: 0\r\n\r\n";
    let error = ask(&answering(away.to_vec())).await.unwrap_err();
    assert!(matches!(error, WireError::Refused { status: 302, .. }), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let body = vec![b'x'; EXCHANGE_BYTES_MAX + 1];
    let error = ask(&answering(http_answer("200 OK", &body))).await.unwrap_err();
    assert!(matches!(error, WireError::TooLarge { .. }), "{error}");
}

/// A hub with its own certificate authority, answering every request on loopback over TLS.
struct Hub {
    address: String,
    authority: Vec<u8>,
}

async fn tls_hub(name_in_certificate: &str) -> Hub {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::default();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::from_params(&ca, &ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec![name_in_certificate.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let Ok(mut connection) = acceptor.accept(connection).await else { continue };
            let mut request = [0; 4_096];
            let _ = tokio::io::AsyncReadExt::read(&mut connection, &mut request).await;
            let answer = http_answer("200 OK", b"answer");
            let _ = tokio::io::AsyncWriteExt::write_all(&mut connection, &answer).await;
            let _ = tokio::io::AsyncWriteExt::shutdown(&mut connection).await;
        }
    });
    Hub { address, authority: ca_certificate.der().to_vec() }
}

#[tokio::test]
async fn a_hub_is_recognised_by_its_authority_whatever_name_it_is_dialled_by() {
    let hub = tls_hub("hub.pref.example.jp").await;
    let wire = HttpWire::new(HTTP_SETTINGS);
    let trust = Trust::Authority(hub.authority.clone());
    let answer = wire.ask(&hub.address, Door::Exchange, &trust, vec![]).await.unwrap();
    assert_eq!(answer, b"answer");
    let answer = wire.ask(&hub.address, Door::Introduction, &Trust::ByCodeOnly, vec![]).await;
    assert_eq!(answer.unwrap(), b"answer", "the introduction is believed by the code instead");
}

#[tokio::test]
async fn another_authority_at_the_same_address_is_an_alarm() {
    let (hub, impostor) = (tls_hub("127.0.0.1").await, tls_hub("127.0.0.1").await);
    let wire = HttpWire::new(HTTP_SETTINGS);
    let trust = Trust::Authority(hub.authority);
    let error = wire.ask(&impostor.address, Door::Exchange, &trust, vec![]).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-029", "{error:?}");
}
