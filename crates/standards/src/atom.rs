//! Atom feeds (RFC 4287): entries and the feed around them, as text.

use sakimori_words::Instant;

/// What is said of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed<'a> {
    /// Its id, for ever.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Who publishes it.
    pub author: &'a str,
    /// When it changed last.
    pub updated_at: Instant,
    /// Where it lies.
    pub own_path: &'a str,
    /// The page that it is the feed of.
    pub page_path: &'a str,
}

/// One item of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its id, for ever.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// When it changed last.
    pub updated_at: Instant,
    /// Who wrote it.
    pub author: &'a str,
    /// The page it stands on.
    pub path: &'a str,
    /// Its text.
    pub summary: &'a str,
}

/// A feed of entries that [`entry`] wrote.
#[must_use]
pub fn feed(feed: &Feed<'_>, entries: impl Iterator<Item = String>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
         <author><name>{}</name></author>\n\
         <link rel=\"self\" href=\"{}\"/>\n<link href=\"{}\"/>\n",
        escaped(feed.id),
        escaped(feed.title),
        feed.updated_at.rfc3339(),
        escaped(feed.author),
        escaped(feed.own_path),
        escaped(feed.page_path),
    );
    entries.for_each(|entry| text.push_str(&entry));
    text.push_str("</feed>\n");
    text
}

/// An entry as it stands in a feed.
#[must_use]
pub fn entry(entry: &Entry<'_>) -> String {
    format!(
        "<entry>\n<id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
         <author><name>{}</name></author>\n<link href=\"{}\"/>\n<summary>{}</summary>\n</entry>\n",
        escaped(entry.id),
        escaped(entry.title),
        entry.updated_at.rfc3339(),
        escaped(entry.author),
        escaped(entry.path),
        escaped(entry.summary),
    )
}

/// Text as XML and HTML can carry it, without the characters that XML forbids.
#[must_use]
pub fn escaped(text: &str) -> String {
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
