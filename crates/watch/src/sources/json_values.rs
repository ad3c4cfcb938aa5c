//! Cutting JSON that is not one object a line: pretty-printed objects, or one big array of them.

/// How a text file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One record a line.
    Lines,
    /// JSON values over several lines, or elements of an array.
    Values,
}

/// Guesses the layout from the beginning of a file.
pub(super) fn layout(head: &[u8]) -> Layout {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match head.first() {
        Some(b'[') if array_of_objects(head) => Layout::Values,
        Some(b'{') if opens_only(first_line) => Layout::Values,
        _ => Layout::Lines,
    }
}

fn array_of_objects(head: &[u8]) -> bool {
    matches!(head.get(1..).unwrap_or_default().trim_ascii_start().first(), Some(b'{') | None)
}

/// The first line of pretty-printed JSON: `{` alone, or `{ "name":` with the value still open.
fn opens_only(line: &[u8]) -> bool {
    let mut depth = Depth::default();
    line.iter().for_each(|byte| depth.step(*byte));
    depth.open > 0 && line.len() < 200
}

/// Cuts a stream of JSON values into top-level objects; a top-level array is opened. Pure and incremental.
pub(super) struct Splitter {
    max_value_bytes: usize,
    depth: Depth,
    value: Vec<u8>,
}

#[derive(Default)]
struct Depth {
    open: usize,
    in_string: bool,
    escaped: bool,
}

impl Depth {
    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return;
        }
        match byte {
            b'"' => self.in_string = self.open > 0,
            b'{' => self.open += 1,
            b'}' => self.open = self.open.saturating_sub(1),
            _ => {}
        }
    }
}

impl Splitter {
    pub(super) fn new(max_value_bytes: usize) -> Self {
        Self { max_value_bytes, depth: Depth::default(), value: Vec::new() }
    }

    /// Takes bytes; returns the objects that are now complete, exactly as they were written.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut values = Vec::new();
        for byte in bytes {
            let was_open = self.depth.open;
            self.depth.step(*byte);
            let between = was_open == 0 && self.depth.open == 0;
            // Between objects only separators are left out; anything else is kept for people to see.
            if !between || !matches!(byte, b'[' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n') {
                self.value.push(*byte);
            }
            let closed = was_open > 0 && self.depth.open == 0;
            let stray = between && *byte == b'\n' && !self.value.is_empty();
            if closed || stray || self.value.len() >= self.max_value_bytes {
                self.depth = Depth::default();
                values.push(std::mem::take(&mut self.value));
            }
        }
        values
    }

    /// What was left open.
    pub(super) fn finish(self) -> Vec<Vec<u8>> {
        if self.value.is_empty() { Vec::new() } else { vec![self.value] }
    }
}
