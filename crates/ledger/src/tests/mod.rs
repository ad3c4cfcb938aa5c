//! What a user of the ledger can rely on, told as stories that every engine must live up to.

mod bench;
mod chain;
mod crash;
mod export;
mod memory;
mod model;
#[path = "../../../postgres/src/tests/over_tls.rs"]
mod over_tls;
mod postgres;
#[path = "../../../postgres/src/tests/postgres_server.rs"]
mod postgres_server;
mod stories;
mod tampering;
mod wording;

use sakimori_words::Instant;
use serde_json::{Value, json};

use crate::{Fact, Put};

/// 2026-11-20 09:00 in Japan.
fn morning() -> Instant {
    Instant::parse("2026-11-20T00:00:00Z").unwrap()
}

fn fact(stream: &str, kind: &str) -> Fact {
    Fact::new(stream, kind, morning(), "tester", &json!({ "note": "病棟 3 階" })).unwrap()
}

fn put(key: &str, body: &Value) -> Put {
    Put::new("case", key, body).unwrap()
}
