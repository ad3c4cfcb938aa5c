//! Serves the sample hospital (port 8471 or the one given) and ministry (the next port) on loopback, for looking at the
//! screens, and on the third port an institution that is not set up: `cargo run -p sakimori-web --features sample --example gallery [PORT]`.
//! Take a role in the yellow bar.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use sakimori_web::ports::Demo;
use sakimori_web::sample::{self, SampleError};
use sakimori_web::{Side, Site, router};

#[tokio::main]
async fn main() -> Result<(), SampleError> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8471), |port| port.parse())?;
    let folder = tempfile::tempdir()?;
    let open = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let node = sakimori_ledger::open(&open("node.sqlite")).await?;
    let hub = sakimori_ledger::open(&open("hub.sqlite")).await?;
    let sample = sample::sample(node, hub).await?;
    let addresses =
        [format!("http://127.0.0.1:{port}/"), format!("http://127.0.0.1:{}/", port + 1)];
    let [stage_node, stage_hub] = sample::stage(&sample, addresses).await?;
    let fresh =
        sample::fresh(sakimori_ledger::open(&open("fresh.sqlite")).await?, Side::Node).await?;
    let token = fresh.identity.setup_token().await?.unwrap_or_default();
    writeln!(std::io::stderr(), "http://127.0.0.1:{}/setup?token={token}", port + 2)?;
    tokio::try_join!(
        serve(sample.node, Some(stage_node), port),
        serve(sample.hub, Some(stage_hub), port + 1),
        serve(fresh, None, port + 2)
    )?;
    Ok(())
}

async fn serve(
    site: Arc<Site>,
    stage: Option<Arc<dyn Demo>>,
    port: u16,
) -> Result<(), SampleError> {
    let mut site = Arc::try_unwrap(site).map_err(|_| "the site is in use")?;
    site.demo = stage;
    let app = router(Arc::new(site)).into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
