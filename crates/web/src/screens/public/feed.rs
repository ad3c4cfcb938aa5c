//! The newest warnings and shared cases for everybody as an Atom feed (RFC 4287).

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use sakimori_standards::atom;
use sakimori_warn::Warning;
use sakimori_words::Instant;

use super::archive::cached;
use super::{everybodys, everybodys_cases};
use crate::failure::Answer;
use crate::screens::warn::key_path;
use crate::visit::Guest;
use crate::wording;

/// Entries in the feed.
const ENTRIES_MAX: usize = 50;

pub(super) async fn show(guest: Guest) -> Answer {
    let warnings = everybodys(&guest.site).await?;
    let title = wording::say(guest.lang(), "public-title");
    let me = guest.site.post.me();
    let sharing = guest.site.content.sharing();
    let cases = everybodys_cases(&guest.site).await?;
    let cases = cases.iter();
    let cases =
        cases.map(|one| (one.modified_at, sakimori_share::atom_entry(one, sharing, &me.name)));
    let mut entries: Vec<(Instant, String)> =
        warnings.iter().map(|one| (one.released_at, entry(one))).chain(cases).collect();
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let newest_at = entries.first().map(|(at, _)| *at);
    let feed = atom::Feed {
        id: &format!("urn:sakimori:public:{}", me.id),
        title: &format!("{title} | {}", me.name),
        author: &me.name,
        // A feed without entries is as old as time: its content has never changed.
        updated_at: newest_at.unwrap_or_default(),
        own_path: "/public/feed.atom",
        page_path: "/public",
    };
    let text = atom::feed(&feed, entries.into_iter().take(ENTRIES_MAX).map(|(_, entry)| entry));
    cached(Ok(([(CONTENT_TYPE, "application/atom+xml; charset=utf-8")], text).into_response()))
}

fn entry(warning: &Warning) -> String {
    let (key, content) = (&warning.key, &warning.content);
    atom::entry(&atom::Entry {
        id: &format!("urn:sakimori:warning:{}:{}", key.origin, key.id),
        title: &content.title,
        updated_at: warning.released_at,
        author: &content.issuer,
        path: &format!("/public/warnings{}", key_path(key)),
        summary: &content.body,
    })
}
