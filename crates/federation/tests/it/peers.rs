//! Somebody else's reader of signed envelopes: what we sign, an unrelated program verifies, and what was changed it refuses.

use std::path::Path;
use std::process::Command;

use sakimori_federation::{Dsse, SecretKey};
use serde_json::{Value, json};

/// Reads a key and envelopes, and prints for each whether it is verified.
const READER: &str = r#"
import json, sys
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey
asked = json.loads(sys.argv[1])
key = SSlibKey(asked["keyid"], "ed25519", "ed25519", {"public": asked["public"]})
for envelope in asked["envelopes"]:
    try:
        Envelope.from_dict(envelope).verify([key], 1)
        print("verified")
    except VerificationError:
        print("refused")
"#;

/// What securesystemslib says of envelopes under the name and the bytes of a key.
fn verified_elsewhere(key: &SecretKey, envelopes: &[Value]) -> Vec<bool> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/standards");
    let public = key.public();
    let asked =
        json!({ "keyid": public.id(), "public": public.to_string(), "envelopes": envelopes });
    let mut python = Command::new(tools.join(".venv/bin/python"));
    let output = python.args(["-c", READER]).arg(asked.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "verified").collect()
}

fn with(envelope: &Value, field: &str, value: &str) -> Value {
    let mut changed = envelope.clone();
    changed[field] = json!(value);
    changed
}

#[test]
#[ignore = "needs securesystemslib (cargo xtask setup-peers)"]
fn another_reader_of_dsse_verifies_our_envelope_and_refuses_a_changed_one() {
    const TYPE: &str = "application/vnd.sakimori.message.v1+json";
    let key = SecretKey::from_bytes(&[7; 32]);
    let text = json!({ "title": "年末年始の情報セキュリティに関する注意喚起" }).to_string();
    let good = json!(Dsse::seal(TYPE, text.into_bytes(), &key));
    let other = json!(Dsse::seal(TYPE, b"another".to_vec(), &key));
    let mut stranger = json!(Dsse::seal(TYPE, b"{}".to_vec(), &SecretKey::from_bytes(&[8; 32])));
    // A stranger may write our key's name on it.
    stranger["signatures"][0]["keyid"] = json!(key.public().id());
    let envelopes = [
        good.clone(),
        with(&good, "payloadType", "application/vnd.sakimori.via.v1+json"),
        with(&good, "payload", other["payload"].as_str().unwrap()),
        stranger,
    ];
    assert_eq!(verified_elsewhere(&key, &envelopes), [true, false, false, false]);
}
