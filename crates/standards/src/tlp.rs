//! TLP 2.0 as STIX, MISP and CSAF carry it: the ids and words of its labels, written and read.
//!
//! STIX 2.1 itself only knows TLP 1; TLP 2.0 is an extension of OASIS (`oasis-open/cti-stix-common-objects`). Both are read, TLP 2.0
//! alone is written. What is not recognised is RED: an unreadable marking closes, it never opens.

use sakimori_words::Tlp;
use serde_json::{Value, json};

/// The OASIS extension by which a marking definition carries a TLP 2.0 label.
pub const EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// Every label, from the widest audience to the narrowest.
pub const LABELS: [Tlp; 5] = [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red];

/// Ids of the marking definitions of TLP 1, which STIX 2.1 has built in. Its AMBER let clients see it, as that of TLP 2.0 does.
const FIRST_EDITION: [(&str, Tlp); 4] = [
    ("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", Tlp::Clear),
    ("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", Tlp::Green),
    ("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", Tlp::Amber),
    ("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Tlp::Red),
];

/// The id of the marking definition of a TLP 2.0 label.
#[must_use]
pub const fn marking_id(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
}

/// The marking definition itself, as OASIS published it.
#[must_use]
pub fn marking_definition(tlp: Tlp) -> Value {
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking_id(tlp),
        "created": "2022-10-01T00:00:00.000Z",
        "name": tlp.label(),
        "extensions": { EXTENSION: { "extension_type": "property-extension", "tlp_2_0": word(tlp) } },
    })
}

/// The label of a marking that is known by its id alone, of TLP 2.0 or TLP 1; `None` for every other marking.
#[must_use]
pub fn of_marking_id(id: &str) -> Option<Tlp> {
    let second = LABELS.into_iter().find(|tlp| marking_id(*tlp) == id);
    second.or_else(|| FIRST_EDITION.iter().find(|(own, _)| *own == id).map(|(_, tlp)| *tlp))
}

/// The label behind a word such as `TLP:AMBER+STRICT`, `tlp:white` or `Amber`; RED when it is none.
#[must_use]
pub fn of_word(typed: &str) -> Tlp {
    let lower = typed.trim().to_ascii_lowercase();
    let bare = lower.strip_prefix("tlp:").unwrap_or(&lower);
    match bare {
        "clear" | "white" => Tlp::Clear,
        "green" => Tlp::Green,
        "amber" => Tlp::Amber,
        _ if bare == word(Tlp::AmberStrict) => Tlp::AmberStrict,
        _ => Tlp::Red,
    }
}

/// The label as the STIX extension and the taxonomy of MISP write it, without `tlp:`.
#[must_use]
pub const fn word(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "clear",
        Tlp::Green => "green",
        Tlp::Amber => "amber",
        Tlp::AmberStrict => "amber+strict",
        Tlp::Red => "red",
    }
}
