//! The newest warnings and shared cases for everybody as an Atom feed (RFC 4287).

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
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
    let head = Head {
        title: format!("{title} | {}", me.name),
        id: format!("urn:sakimori:public:{}", me.id),
        author: me.name,
        // A feed without entries is as old as time: its content has never changed.
        updated_at: newest_at.unwrap_or_default(),
    };
    let text = atom(&head, entries.into_iter().take(ENTRIES_MAX).map(|(_, entry)| entry));
    cached(Ok(([(CONTENT_TYPE, "application/atom+xml; charset=utf-8")], text).into_response()))
}

struct Head {
    title: String,
    id: String,
    author: String,
    updated_at: Instant,
}

fn atom(head: &Head, entries: impl Iterator<Item = String>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
         <author><name>{}</name></author>\n\
         <link rel=\"self\" href=\"/public/feed.atom\"/>\n<link href=\"/public\"/>\n",
        escaped(&head.id),
        escaped(&head.title),
        head.updated_at.rfc3339(),
        escaped(&head.author),
    );
    entries.for_each(|entry| text.push_str(&entry));
    text.push_str("</feed>\n");
    text
}

fn entry(warning: &Warning) -> String {
    let (key, content) = (&warning.key, &warning.content);
    format!(
        "<entry>\n<id>urn:sakimori:warning:{}:{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
         <author><name>{}</name></author>\n<link href=\"{}\"/>\n<summary>{}</summary>\n</entry>\n",
        escaped(key.origin.as_str()),
        escaped(key.id.as_str()),
        escaped(&content.title),
        warning.released_at.rfc3339(),
        escaped(&content.issuer),
        escaped(&format!("/public/warnings{}", key_path(key))),
        escaped(&content.body),
    )
}

/// Text as XML can carry it: without the characters it forbids.
fn escaped(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(allowed).filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
