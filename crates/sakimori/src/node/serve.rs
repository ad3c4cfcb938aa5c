//! The web server: one listener, plain HTTP on loopback and TLS anywhere else.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use sakimori_words::Trouble;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::troubles;

/// How long a browser may take to agree on TLS, or to send a request's headers.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long a request may take to arrive and its answer to begin: longer than the longest search of an export. Live pages
/// begin at once and then go on.
const ANSWER_LIMIT: Duration = Duration::from_secs(180);

/// How long running answers may take to finish when the process stops. Live pages never finish by themselves.
const FAREWELL: Duration = Duration::from_secs(2);

/// In which a proxy says for whom it asks.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Connections served at the same time.
const CONNECTIONS_MAX: usize = 2_048;

/// Opens the listener.
///
/// # Errors
/// SK-NODE-004 when the address is taken or not ours.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Trouble> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Trouble::new(&troubles::LISTEN, format!("{address}: {error}")))
}

/// Serves `router` until `stop` turns true, then lets running answers finish for a moment. What `proxies` say of who asks is believed.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    proxies: Arc<[IpAddr]>,
    mut stop: watch::Receiver<bool>,
) {
    let farewell = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, from)) = accepted else {
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let (tls, router, watcher) = (tls.clone(), router.clone(), farewell.watcher());
        let line = Line { from, proxies: Arc::clone(&proxies) };
        tokio::spawn(async move {
            match tls {
                None => answer(stream, line, router, watcher).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.accept(stream)).await
                    {
                        answer(stream, line, router, watcher).await;
                    }
                }
            }
            drop(place);
        });
    }
    let _ = tokio::time::timeout(FAREWELL, farewell.shutdown()).await;
}

/// Who is at the other end, and who may speak for others.
struct Line {
    from: SocketAddr,
    proxies: Arc<[IpAddr]>,
}

impl Line {
    /// Who asks: whoever is at the other end or, when that is a proxy of ours, the last address in `X-Forwarded-For` that is none.
    /// What stands before it the asker may have written.
    fn asker(&self, headers: &HeaderMap) -> SocketAddr {
        if !self.proxies.contains(&self.from.ip()) {
            return self.from;
        }
        let lines: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
        for named in lines.join(",").rsplit(',') {
            match named.trim().parse() {
                Ok(address) if self.proxies.contains(&address) => {}
                Ok(address) => return SocketAddr::new(address, self.from.port()),
                Err(_) => break,
            }
        }
        self.from
    }
}

/// Answers the requests of one connection. A connection that breaks is the visitor's matter.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    line: Line,
    router: Router,
    watcher: Watcher,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let router = router.clone();
        let asker = ConnectInfo(line.asker(request.headers()));
        request.extensions_mut().insert(asker);
        async move {
            let answered = router.oneshot(request.map(Body::new));
            let response = match tokio::time::timeout(ANSWER_LIMIT, answered).await {
                Ok(response) => response.unwrap_or_else(|never| match never {}),
                Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
            };
            Ok::<_, Infallible>(response)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    let _ = watcher.watch(connection).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(from: &str, forwarded_for: &[&str]) -> String {
        let proxies = ["10.0.0.1", "10.0.0.2"].map(|proxy| proxy.parse().unwrap());
        let line = Line { from: format!("{from}:9").parse().unwrap(), proxies: Arc::new(proxies) };
        let mut headers = HeaderMap::new();
        for named in forwarded_for {
            headers.append(FORWARDED_FOR, named.parse().unwrap());
        }
        line.asker(&headers).ip().to_string()
    }

    #[test]
    fn only_proxies_of_the_settings_are_believed_and_only_what_they_added_themselves() {
        assert_eq!(asker("192.0.2.7", &["198.51.100.1"]), "192.0.2.7", "anybody can write it");
        assert_eq!(asker("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(asker("10.0.0.1", &["203.0.113.5, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(
            asker("10.0.0.1", &["192.0.2.7, 10.0.0.2"]),
            "192.0.2.7",
            "two proxies in a row"
        );
        assert_eq!(asker("10.0.0.1", &["203.0.113.5", "192.0.2.7"]), "192.0.2.7", "two lines");
        assert_eq!(asker("10.0.0.1", &["203.0.113.5, unknown"]), "10.0.0.1");
        assert_eq!(asker("10.0.0.1", &["2001:db8::5"]), "2001:db8::5");
    }
}
