//! XML as audit messages use it, read into a small tree. No entity is expanded but the five of XML itself, nothing is fetched.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use sakimori_words::Fields;

/// Deepest nesting that is kept; audit messages need four levels.
const DEPTH_MAX: usize = 16;

/// Most elements and attributes kept of one message; `raw` has the rest.
const PARTS_MAX: usize = 10_000;

/// Most bytes of names and values kept of one message, and most bytes of its fields.
const BYTES_MAX: usize = 1 << 20;

/// One element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The elements of that name directly inside.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element of that name directly inside.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// An attribute's value, or the text of the element of that name directly inside; empty when there is neither.
    pub(super) fn value(&self, name: &str) -> &str {
        let attribute = self.attributes.iter().find(|(own, _)| own == name);
        let text = || self.child(name).map(|child| child.text.as_str());
        attribute.map(|(_, value)| value.as_str()).or_else(text).unwrap_or_default().trim()
    }

    /// Everything inside under its dotted name, without this element's own.
    pub(super) fn fields(&self) -> Fields {
        let (mut fields, mut left_bytes) = (Fields::new(), BYTES_MAX);
        push_fields(self, "", &mut fields, &mut left_bytes);
        fields
    }
}

/// At most [`DEPTH_MAX`] calls deep, because the tree is.
fn push_fields(element: &Element, path: &str, fields: &mut Fields, left_bytes: &mut usize) {
    let mut push = |name: String, value: &str| {
        if let Some(left) = left_bytes.checked_sub(name.len() + value.len()) {
            *left_bytes = left;
            fields.push(name, value);
        }
    };
    for (name, value) in &element.attributes {
        push(joined(path, name), value);
    }
    let text = element.text.trim();
    if !text.is_empty() && !path.is_empty() {
        push(path.to_owned(), text);
    }
    for child in &element.children {
        push_fields(child, &joined(path, &child.name), fields, left_bytes);
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// An element as far as it could be read.
pub(super) struct Found {
    /// The element.
    pub(super) element: Element,
    /// Its end is missing, something in it is no XML, or there was more than is kept.
    pub(super) incomplete: bool,
}

/// The first element of that name (whatever its prefix) in the text.
pub(super) fn find(text: &str, name: &str) -> Option<Found> {
    let mut reader = Reader::from_str(text);
    // `山田 & 佐藤` is no XML, but what was meant is plain.
    reader.config_mut().allow_dangling_amp = true;
    let mut builder = Builder::new(name);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => builder.open(&tag),
            Ok(Event::Empty(tag)) => {
                builder.open(&tag);
                builder.close();
            }
            Ok(Event::End(_)) => builder.close(),
            Ok(Event::Text(text)) => builder.text(&text.into_inner()),
            Ok(Event::CData(text)) => builder.text(&text.into_inner()),
            Ok(Event::GeneralRef(reference)) => {
                let written = format!("&{};", reference.into_inner());
                builder.text(&plain(&written));
            }
            Ok(Event::Eof) | Err(_) => return builder.broken(),
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
        if builder.done.is_some() {
            return builder.done;
        }
    }
}

/// Escapes resolved where they can be; what cannot stays as it was written.
fn plain(written: &str) -> Cow<'_, str> {
    unescape(written).unwrap_or(Cow::Borrowed(written))
}

struct Builder<'n> {
    root: &'n str,
    /// The elements around the present place, outermost first; empty before the root.
    open: Vec<Element>,
    /// How many elements are open that are not kept.
    n_skipped: usize,
    left_parts: usize,
    left_bytes: usize,
    incomplete: bool,
    done: Option<Found>,
}

impl<'n> Builder<'n> {
    fn new(root: &'n str) -> Self {
        Self {
            root,
            open: Vec::new(),
            n_skipped: 0,
            left_parts: PARTS_MAX,
            left_bytes: BYTES_MAX,
            incomplete: false,
            done: None,
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        let local_name = tag.local_name();
        let name = local_name.as_ref();
        if self.open.is_empty() && name != self.root {
            return;
        }
        if self.n_skipped > 0 || self.open.len() >= DEPTH_MAX || !self.afford(name.len()) {
            self.n_skipped += 1;
            self.incomplete = true;
            return;
        }
        let mut element = Element { name: name.to_owned(), ..Element::default() };
        for attribute in tag.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                self.incomplete = true;
                break;
            };
            let name = attribute.key.local_name();
            if attribute.key.as_ref().starts_with("xmlns") {
                continue;
            }
            if !self.afford(name.as_ref().len() + attribute.value.len()) {
                self.incomplete = true;
                break;
            }
            let value = plain(&attribute.value).into_owned();
            element.attributes.push((name.as_ref().to_owned(), value));
        }
        self.open.push(element);
    }

    fn close(&mut self) {
        if self.n_skipped > 0 {
            self.n_skipped -= 1;
            return;
        }
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.done = Some(Found { element, incomplete: self.incomplete }),
        }
    }

    fn text(&mut self, text: &str) {
        if self.n_skipped > 0 || self.open.is_empty() {
            return;
        }
        match self.left_bytes.checked_sub(text.len()) {
            Some(left) => self.left_bytes = left,
            None => {
                self.incomplete = true;
                return;
            }
        }
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn afford(&mut self, n_bytes: usize) -> bool {
        match (self.left_parts.checked_sub(1), self.left_bytes.checked_sub(n_bytes)) {
            (Some(parts), Some(bytes)) => {
                (self.left_parts, self.left_bytes) = (parts, bytes);
                true
            }
            _ => false,
        }
    }

    /// What was read when the text ended too early.
    fn broken(mut self) -> Option<Found> {
        self.incomplete = true;
        self.n_skipped = 0;
        while !self.open.is_empty() {
            self.close();
        }
        self.done
    }
}
