//! Events put aside until all are known, so that files in any order are learnt from in the order of time.

use sakimori_words::{Event, Fields, Value};

use super::reading::{SENT, administrator, file_change, flow, logon};

/// The fields beside those of [`SENT`] that behaviour reads.
const READ: [&str; 10] = [
    "AccessMask",
    "LogonType",
    "ObjectName",
    "RelativeTargetName",
    "ServiceName",
    "ShareName",
    "Status",
    "USER",
    "path",
    "subtype",
];

/// What behaviour needs of an event; none when it learns nothing from it.
pub(crate) fn reduced(event: &Event) -> Option<Event> {
    let learnt_from = logon(event).is_some()
        || administrator(event).is_some()
        || file_change(event).is_some()
        || flow(event).is_some();
    learnt_from.then(|| Event {
        source: event.source.clone(),
        // As if it had come when it happened: over files there is no other time.
        received_at: event.time,
        time: event.time,
        product: event.product.clone(),
        service: event.service.clone(),
        class_uid: event.class_uid,
        activity: event.activity.clone(),
        status: event.status.clone(),
        host: event.host.clone(),
        user: event.user.clone(),
        src_ip: event.src_ip.clone(),
        dst_ip: event.dst_ip.clone(),
        src: fields(event),
        ..Event::default()
    })
}

/// How much memory a reduced event takes, in bytes.
pub(crate) fn n_bytes(event: &Event) -> usize {
    let texts = [
        &event.source,
        &event.product,
        &event.service,
        &event.activity,
        &event.status,
        &event.host,
        &event.user,
        &event.src_ip,
        &event.dst_ip,
    ];
    let texts: usize = texts.into_iter().map(String::len).sum();
    size_of::<Event>() + texts + event.src.n_bytes()
}

fn fields(event: &Event) -> Fields {
    let names = READ.iter().chain(&SENT);
    let told = names.filter_map(|name| event.src.get(name).map(|value| (*name, value)));
    told.collect::<Vec<(&str, Value<'_>)>>().into_iter().collect()
}
