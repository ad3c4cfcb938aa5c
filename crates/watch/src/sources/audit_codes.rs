//! What the codes of audit messages mean: DICOM's vocabulary, which IHE ATNA and FHIR share, and FHIR's own.

use sakimori_words::RECORD_ACCESS;

use super::ocsf::{
    APPLICATION, AUTHENTICATION, DETECTION, ENTITY, EVENT_LOG, FAILURE, NETWORK, SUCCESS,
};

/// Role of a participant that received data (DICOM).
pub(crate) const DESTINATION_ROLE: &str = "110152";
/// Role of a program (DICOM).
pub(crate) const APPLICATION_ROLE: &str = "110150";
/// Kind of object identifier that names a study (DICOM).
pub(crate) const STUDY_UID: &str = "110180";

/// Roles of machines and programs: a person beside them is the one who acted.
const MACHINE_ROLES: [&str; 6] = ["110150", "110151", "110152", "110153", "110154", "110155"];

/// Whether the role is that of a machine, a program or a medium.
pub(crate) fn is_machine_role(code: &str) -> bool {
    MACHINE_ROLES.contains(&code)
}

/// OCSF class and what was done, from the event's code, its finer codes and its action (`C`, `R`, `U`, `D`, `E`).
pub(crate) fn kind(event: &str, finer: &[&str], action: &str) -> (u32, &'static str) {
    let codes = || finer.iter().copied().chain([event]);
    if let Some(kind) = codes().find_map(security) {
        return kind;
    }
    let told = codes().find_map(record_activity).unwrap_or_default();
    let word = if told.is_empty() { action_word(action) } else { told };
    let of_records = !told.is_empty() || codes().any(is_record_access);
    let class_uid = if of_records { RECORD_ACCESS } else { 0 };
    (class_uid, word)
}

/// What the action code says was done.
fn action_word(action: &str) -> &'static str {
    match action.trim() {
        "C" => "create",
        "R" => "read",
        "U" => "update",
        "D" => "delete",
        "E" => "execute",
        _ => "",
    }
}

/// `success` or `failure` from an outcome: DICOM's 0, 4, 8, 12 or FHIR's words.
pub(crate) fn outcome(code: &str) -> &'static str {
    match code.trim() {
        "" => "",
        "0" | "success" | "information" | "informational" => SUCCESS,
        _ => FAILURE,
    }
}

/// Events about people signing in, programs and protection, not about records.
fn security(code: &str) -> Option<(u32, &'static str)> {
    Some(match code {
        "110122" => (AUTHENTICATION, "login"),
        "110123" => (AUTHENTICATION, "logout"),
        "110114" => (AUTHENTICATION, "authentication"),
        "110126" => (AUTHENTICATION, "node authentication"),
        "110120" => (APPLICATION, "start"),
        "110121" => (APPLICATION, "stop"),
        "110100" => (APPLICATION, "application activity"),
        "110101" => (EVENT_LOG, "read"),
        "110133" => (EVENT_LOG, "stop"),
        "110134" => (EVENT_LOG, "start"),
        "110124" => (NETWORK, "attach"),
        "110125" => (NETWORK, "detach"),
        "110108" => (NETWORK, "network entry"),
        "110127" => (DETECTION, "emergency override"),
        "110138" => (DETECTION, "emergency override end"),
        "110132" => (DETECTION, "restricted function"),
        "110113" => (DETECTION, "security alert"),
        "110128" | "110129" | "110130" | "110131" | "110135" | "110136" | "110137" => {
            (ENTITY, "update")
        }
        _ => return None,
    })
}

/// Codes that say more than the action: DICOM's events, FHIR's REST interactions, ISO 21089.
fn record_activity(code: &str) -> Option<&'static str> {
    Some(match code {
        "110112" | "search" | "search-type" | "search-system" | "search-instance" => "query",
        "110106" | "disclose" | "extract" | "report" => "export",
        "110107" | "receive" => "import",
        "110102" | "110104" | "transmit" => "transfer",
        "110105" | "delete" | "destroy" => "delete",
        "read" | "vread" | "history" | "history-instance" | "history-type" | "access" => "read",
        "create" | "originate" => "create",
        "update" | "patch" | "amend" => "update",
        "operation" | "transaction" | "batch" => "execute",
        _ => return None,
    })
}

/// Events about records of patients, orders, procedures and images.
fn is_record_access(event: &str) -> bool {
    let of_dicom = matches!(event, "110103" | "110109" | "110110" | "110111");
    of_dicom
        || event.starts_with("IHE00")
        || matches!(event, "rest" | "object" | "hl7-v2" | "hl7-v3")
}

/// The identifier alone of `000123^^^&1.2.392.1&ISO` (HL7 CX).
pub(crate) fn bare_id(written: &str) -> &str {
    written.split('^').next().unwrap_or_default().trim()
}
