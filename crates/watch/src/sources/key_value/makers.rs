//! Makers whose lines show by their keys whose they are.

use super::super::appliances;
use super::super::ocsf::{DETECTION, EMAIL, HTTP, NETWORK};
use super::Named;

/// Sigma's product and service; empty when the keys do not say whose line it is.
pub(super) fn names(named: &Named) -> (String, String) {
    sonicwall(named).or_else(|| sophos(named)).unwrap_or_else(|| {
        let said = |name: &str| appliances::name(&named.text(name));
        (said("product"), String::new())
    })
}

/// The OCSF class that a maker's own kind of log means, 0 when it means none.
pub(super) fn class_uid(product: &str, service: &str) -> u32 {
    match (product, service) {
        ("sophos" | "cyberoam", "firewall") => NETWORK,
        ("sophos" | "cyberoam", "content_filtering" | "waf") => HTTP,
        ("sophos" | "cyberoam", "idp" | "anti_virus" | "atp" | "sandbox") => DETECTION,
        ("sophos" | "cyberoam", "anti_spam") => EMAIL,
        _ => 0,
    }
}

/// `id=firewall sn=0017C5000001 time="…" fw=198.51.100.2 pri=1 c=32 m=30 msg="…"`; `id=sslvpn` is its gateway for remote work.
fn sonicwall(named: &Named) -> Option<(String, String)> {
    let id = named.text("id");
    let ours = matches!(id.as_str(), "firewall" | "sslvpn")
        && ["sn", "m", "c"].iter().all(|name| !named.text(name).is_empty());
    ours.then(|| ("sonicwall".to_owned(), id))
}

/// `device="SFW" … log_type="Firewall" log_component="Firewall Rule" log_subtype="Denied"`, as Cyberoam wrote it before.
fn sophos(named: &Named) -> Option<(String, String)> {
    let log_type = appliances::name(&named.text("log_type"));
    let ours = ["log_id", "log_component", "log_subtype"];
    if log_type.is_empty() || ours.iter().any(|name| named.text(name).is_empty()) {
        return None;
    }
    let old = named.text("device_name").starts_with("CR") && named.text("device").is_empty();
    Some((if old { "cyberoam" } else { "sophos" }.to_owned(), log_type))
}
