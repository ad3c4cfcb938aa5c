//! A FortiGate that writes CEF: its own names back, so that what is written for its own log also reads this one.

use sakimori_words::Fields;

/// Sigma's product, as for the FortiGate's own log.
pub(super) const PRODUCT: &str = "fortigate";

/// Prefix of every field for which CEF has no name.
const PREFIX: &str = "FTNTFGT";

/// CEF's name and the FortiGate's, after Fortinet's tables for traffic, event and UTM logs.
const NAMES: &[(&str, &str)] = &[
    ("act", "action"),
    ("app", "service"),
    ("deviceExternalId", "devid"),
    ("deviceInboundInterface", "srcintf"),
    ("deviceOutboundInterface", "dstintf"),
    ("dhost", "dstname"),
    ("dpt", "dstport"),
    ("dst", "dstip"),
    ("duser", "user"),
    ("dvchost", "devname"),
    ("externalId", "sessionid"),
    ("fname", "filename"),
    ("in", "rcvdbyte"),
    ("out", "sentbyte"),
    ("outcome", "status"),
    ("request", "url"),
    ("shost", "srcname"),
    ("sourceTranslatedAddress", "transip"),
    ("sourceTranslatedPort", "transport"),
    ("spt", "srcport"),
    ("sproc", "ui"),
    ("src", "srcip"),
];

/// Type of the log: the front of `event:vpn`.
pub(super) fn kind(fields: &Fields) -> Option<String> {
    let category = fields.text("cat")?;
    Some(category.split(':').next().unwrap_or_default().to_owned())
}

/// Adds the FortiGate's own names where they are missing.
pub(super) fn add(fields: &mut Fields) {
    let native = |name: &'_ str| {
        let renamed = NAMES.iter().find(|(own, _)| *own == name).map(|(_, native)| *native);
        name.strip_prefix(PREFIX).or(renamed).map(str::to_owned)
    };
    let named = fields.iter().filter_map(|(name, value)| Some((native(name)?, value)));
    let mut added: Fields = named.collect();
    if let Some(kind) = kind(fields) {
        added.push("type", &kind);
    }
    fields.extend(added.iter());
}
