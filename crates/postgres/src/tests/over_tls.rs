//! A real PostgreSQL server that is reached over the network, as one on another machine. Also used by the stores' tests.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::postgres_server::{Server, run};

/// The authority that issued the server's certificate.
pub(crate) const OURS: &str = "ours.pem";

/// One that did not.
pub(crate) const OTHERS: &str = "others.pem";

/// It shows a certificate for `localhost`.
pub(crate) struct ServerOverTls {
    _server: Server,
    authorities: TempDir,
    port: u16,
}

impl ServerOverTls {
    /// Makes and starts it.
    pub(crate) fn start() -> Self {
        let authorities = tempfile::tempdir().unwrap();
        let (issuer, _) = authority(authorities.path(), OURS);
        authority(authorities.path(), OTHERS);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &issuer).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = listening(port, &certificate.pem(), &key.serialize_pem());
        Self { _server: server, authorities, port }
    }

    /// Its address under that name, for one who believes that authority.
    pub(crate) fn address(&self, host: &str, mode: &str, authority: &str) -> String {
        address(host, self.port, mode, &self.authorities.path().join(authority))
    }
}

/// Makes an authority and its file in `folder`.
pub(crate) fn authority(folder: &Path, name: &str) -> (Issuer<'static, KeyPair>, PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let path = folder.join(name);
    std::fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
    (Issuer::new(params, key), path)
}

/// An address that asks for TLS.
pub(crate) fn address(host: &str, port: u16, mode: &str, authority: &Path) -> String {
    let authority = authority.display();
    format!("postgres://sakimori@{host}:{port}/postgres?sslmode={mode}&sslrootcert={authority}")
}

/// A server at `port` of this machine that shows this certificate, in PEM with its key.
fn listening(port: u16, certificate: &str, key: &str) -> Server {
    let mut server = Server::new();
    let data = server.data();
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        run(Command::new("chmod").arg("600").arg(&path));
        run(Command::new("chown").arg("--reference").arg(&data).arg(&path));
    }
    server.network = format!("-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on");
    server.control("start");
    server
}
