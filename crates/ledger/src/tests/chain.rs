//! The digest layout, written out byte by byte in the test, so that it cannot change unnoticed.

use sakimori_words::{Digest, Instant};
use serde_json::json;

use super::bench::Bench;
use crate::chain::Sealed;
use crate::{DIGEST_TAG, Fact, Put};

fn sample() -> Sealed {
    let mut sealed = Sealed {
        seq: 2,
        stream: "case/0198".to_owned(),
        kind: "suspicion_opened".to_owned(),
        at: Instant::from_micros(1_763_600_000_000_000),
        actor: "system".to_owned(),
        body: r#"{"note":"病棟"}"#.to_owned(),
        puts: "[]".to_owned(),
        previous: Digest::of(b"previous"),
        digest: Digest::default(),
    };
    sealed.digest = sealed.expected_digest();
    sealed
}

#[test]
fn the_digest_is_what_the_documentation_says() {
    let sealed = sample();
    let mut input = Vec::new();
    for part in [
        DIGEST_TAG.as_bytes(),
        sealed.previous.as_bytes(),
        &[0, 0, 0, 0, 0, 0, 0, 2],
        b"case/0198",
        b"suspicion_opened",
        &1_763_600_000_000_000_i64.to_be_bytes(),
        b"system",
        r#"{"note":"病棟"}"#.as_bytes(),
        b"[]",
    ] {
        input.extend_from_slice(&(part.len() as u64).to_be_bytes());
        input.extend_from_slice(part);
    }
    assert_eq!(sealed.digest, Digest::of(&input));
}

#[test]
fn the_digest_of_the_sample_never_changes() {
    // Computed once by another program from the documented layout.
    let golden = "4945b219dfa130ebc56625cf1ad0ae0d4ca90a74a441b8ff7ab5a9df4afa4c22";
    assert_eq!(sample().digest.to_string(), golden);
}

/// The first entries of a store, as released: texts and digests. A later version must reproduce them.
#[tokio::test]
async fn the_first_entries_of_a_store_never_change() {
    let bench = Bench::sqlite();
    let store = bench.open().await;
    let at = Instant::from_micros(1_763_600_000_000_000);
    let opened =
        Fact::new("case/1", "suspicion_opened", at, "system", &json!({ "b": 1, "a": 0.5 }))
            .unwrap()
            .put(Put::new("case", "1", &json!({ "state": "open" })).unwrap().absent())
            .put(Put::new("today", "1", &"疑い").unwrap().version(3).absent())
            .put(Put::removal("draft", "1"));
    let closed = Fact::new("case/1", "case_closed", at, "p-1", &json!(null))
        .unwrap()
        .put(Put::removal("case", "1").version(1));
    let entries = store.commit(vec![opened, closed]).await.unwrap();
    let shown: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}\n{}\n{}", entry.body_text, entry.puts_text, entry.digest))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}
