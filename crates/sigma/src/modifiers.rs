//! Value modifiers: what `Field|modifier|modifier` makes of the values behind it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::RuleError;
use crate::glob::{Glob, Piece};
use crate::matcher::{Bound, Matcher, Network, Order, RegexFlags, Relation, TimePart};
use crate::yaml::{Kind, Node};

/// The modifiers of one field, read and checked against each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Modifiers {
    /// How several values are linked.
    pub(crate) link: Link,
    /// `neq`: what the values say must not hold.
    pub(crate) different: bool,
    cased: bool,
    expand: bool,
    affix: Affix,
    encodings: Vec<Encoding>,
    sense: Sense,
    part: Option<TimePart>,
}

/// How several values are linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// One of them must match.
    #[default]
    Any,
    /// `all`: every one must match.
    All,
}

/// Where in the field a text is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Affix {
    #[default]
    Whole,
    Start,
    End,
    Anywhere,
}

/// What the values mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sense {
    #[default]
    Text,
    Regex(RegexFlags),
    Cidr,
    Number(Order),
    Exists,
    FieldRef,
}

/// A change of the text before it is compared, in the order written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    WindowsDash,
    Utf16LittleEndian,
    Utf16BigEndian,
    Utf16WithMark,
    Base64,
    Base64AtAnyOffset,
}

/// How many spellings one value may expand to (`windash`, `base64offset`, placeholders); more is a mistake or an attack.
const SPELLINGS_MAX: usize = 20_000;

/// The characters that introduce an option on Windows command lines.
const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

impl Modifiers {
    /// Reads the modifiers in the order written. `key` is where they stand.
    pub(crate) fn read<'t>(
        names: impl Iterator<Item = &'t str>,
        key: &Node,
    ) -> Result<Self, RuleError> {
        let mut own = Self::default();
        for name in names {
            if !own.take(name) {
                return Err(key.wrong("an unknown modifier, or one that does not fit the others"));
            }
        }
        Ok(own)
    }

    /// Takes one modifier; `false` when it is unknown or contradicts those before it.
    fn take(&mut self, name: &str) -> bool {
        match name {
            "all" => std::mem::replace(&mut self.link, Link::All) == Link::Any,
            "neq" => set(&mut self.different),
            "cased" => set(&mut self.cased),
            "expand" => set(&mut self.expand),
            "contains" => self.take_affix(Affix::Anywhere),
            "startswith" => self.take_affix(Affix::Start),
            "endswith" => self.take_affix(Affix::End),
            "windash" => self.take_encoding(Encoding::WindowsDash),
            "wide" | "utf16le" => self.take_encoding(Encoding::Utf16LittleEndian),
            "utf16be" => self.take_encoding(Encoding::Utf16BigEndian),
            "utf16" => self.take_encoding(Encoding::Utf16WithMark),
            "base64" => self.take_encoding(Encoding::Base64),
            "base64offset" => self.take_encoding(Encoding::Base64AtAnyOffset),
            "re" => self.take_sense(Sense::Regex(RegexFlags::default())),
            "i" => self.take_flag(|flags| &mut flags.ignore_case),
            "m" => self.take_flag(|flags| &mut flags.multi_line),
            "s" => self.take_flag(|flags| &mut flags.dot_matches_newline),
            "cidr" => self.take_sense(Sense::Cidr),
            "lt" => self.take_sense(Sense::Number(Order::Less)),
            "lte" => self.take_sense(Sense::Number(Order::LessOrEqual)),
            "gt" => self.take_sense(Sense::Number(Order::Greater)),
            "gte" => self.take_sense(Sense::Number(Order::GreaterOrEqual)),
            "exists" => self.take_sense(Sense::Exists),
            "fieldref" => self.take_sense(Sense::FieldRef),
            other => self.take_part(other),
        }
    }

    fn take_affix(&mut self, affix: Affix) -> bool {
        let fits =
            self.affix == Affix::Whole && matches!(self.sense, Sense::Text | Sense::FieldRef);
        self.affix = affix;
        fits
    }

    fn take_encoding(&mut self, encoding: Encoding) -> bool {
        self.encodings.push(encoding);
        self.sense == Sense::Text
    }

    fn take_sense(&mut self, sense: Sense) -> bool {
        let plain = self.affix == Affix::Whole || sense == Sense::FieldRef;
        let fits = self.sense == Sense::Text && plain && self.encodings.is_empty();
        self.sense = sense;
        fits
    }

    fn take_flag(&mut self, flag: fn(&mut RegexFlags) -> &mut bool) -> bool {
        match &mut self.sense {
            Sense::Regex(flags) => set(flag(flags)),
            _ => false,
        }
    }

    fn take_part(&mut self, name: &str) -> bool {
        let part = match name {
            "minute" => TimePart::Minute,
            "hour" => TimePart::Hour,
            "day" => TimePart::Day,
            "week" => TimePart::Week,
            "month" => TimePart::Month,
            "year" => TimePart::Year,
            _ => return false,
        };
        self.part.replace(part).is_none()
    }

    /// The matchers that `value` stands for; one of them must hold. `everywhere`: keywords are parts of the text.
    pub(crate) fn matchers(
        &self,
        value: &Node,
        everywhere: bool,
        placeholders: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<Matcher>, RuleError> {
        if everywhere && !matches!(self.sense, Sense::Text | Sense::Regex(_)) {
            return Err(value.wrong("this modifier needs a field"));
        }
        if self.part.is_some() && self.sense == Sense::Text {
            return Ok(vec![self.comparison(value, Order::Equal)?]);
        }
        match self.sense {
            Sense::Text => self.text_matchers(value, everywhere, placeholders),
            Sense::Regex(flags) => self.regex_matchers(value, flags, placeholders),
            Sense::Cidr => self.network_matchers(value, placeholders),
            Sense::Number(order) => Ok(vec![self.comparison(value, order)?]),
            Sense::Exists => match value.kind {
                Kind::Bool(there) => Ok(vec![Matcher::Exists(there)]),
                _ => Err(value.wrong("`exists` asks for true or false")),
            },
            Sense::FieldRef => Ok(vec![self.reference(value)?]),
        }
    }

    fn text_matchers(
        &self,
        value: &Node,
        everywhere: bool,
        placeholders: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<Matcher>, RuleError> {
        if value.kind == Kind::Null {
            return Ok(vec![Matcher::Null]);
        }
        let globs = match &value.kind {
            Kind::Text(_) => {
                let spellings = self.expanded(value, placeholders)?;
                spellings.iter().map(|spelling| Glob::parse(spelling)).collect()
            }
            _ => vec![Glob::literal(value.spelled().unwrap_or_default())],
        };
        let mut matchers = Vec::new();
        for glob in globs {
            for encoded in self.encoded(glob, value)? {
                let placed = self.placed(encoded, everywhere);
                matchers.push(Matcher::Text { shape: placed.shape(self.cased), cased: self.cased });
            }
        }
        Ok(matchers)
    }

    fn placed(&self, glob: Glob, everywhere: bool) -> Glob {
        match self.affix {
            Affix::Whole if everywhere => glob.starting().ending(),
            Affix::Whole => glob,
            Affix::Start => glob.starting(),
            Affix::End => glob.ending(),
            Affix::Anywhere => glob.starting().ending(),
        }
    }

    fn regex_matchers(
        &self,
        value: &Node,
        flags: RegexFlags,
        placeholders: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<Matcher>, RuleError> {
        let sources = self.expanded(value, placeholders)?;
        for source in &sources {
            if compile_regex(source, flags).is_err() {
                return Err(value.wrong(
                    "not a regular expression that runs in linear time (no look-around, no back-references)",
                ));
            }
        }
        let sources = sources.into_iter().map(String::into_boxed_str);
        Ok(sources.map(|source| Matcher::Regex { source, flags }).collect())
    }

    fn network_matchers(
        &self,
        value: &Node,
        placeholders: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<Matcher>, RuleError> {
        self.expanded(value, placeholders)?
            .iter()
            .map(|text| {
                let network = Network::parse(text).map(Matcher::Cidr);
                network.ok_or_else(|| value.wrong("not a network such as 10.0.0.0/8"))
            })
            .collect()
    }

    fn comparison(&self, value: &Node, order: Order) -> Result<Matcher, RuleError> {
        let bound = value.spelled().and_then(|text| Bound::parse(&text));
        let bound = bound.ok_or_else(|| value.wrong("this modifier compares with a number"))?;
        Ok(Matcher::Compare { part: self.part, order, bound })
    }

    fn reference(&self, value: &Node) -> Result<Matcher, RuleError> {
        let other = value.as_text().ok_or_else(|| value.wrong("`fieldref` names a field"))?;
        let relation = match self.affix {
            Affix::Whole => Relation::Equals,
            Affix::Start => Relation::StartsWith,
            Affix::End => Relation::EndsWith,
            Affix::Anywhere => Relation::Contains,
        };
        Ok(Matcher::FieldRef { other: other.into(), relation, cased: self.cased })
    }

    /// The spellings of a value after its `%placeholders%` are filled in, if `expand` asks for it.
    fn expanded(
        &self,
        value: &Node,
        placeholders: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<String>, RuleError> {
        let text = value.spelled().ok_or_else(|| value.wrong("this modifier needs text"))?;
        if !self.expand {
            return Ok(vec![text]);
        }
        let mut spellings = vec![String::new()];
        for part in placeholder_parts(&text) {
            match part {
                Part::Plain(plain) => spellings.iter_mut().for_each(|own| own.push_str(&plain)),
                Part::Placeholder(name) => {
                    let values = placeholders.get(name).filter(|values| !values.is_empty());
                    let values = values.ok_or_else(|| RuleError::Unfilled {
                        line: value.line,
                        name: name.to_owned(),
                    })?;
                    spellings = combined(&spellings, values);
                }
            }
            if spellings.len() > SPELLINGS_MAX {
                return Err(value.wrong("the placeholders give too many combinations"));
            }
        }
        Ok(spellings)
    }

    fn encoded(&self, glob: Glob, value: &Node) -> Result<Vec<Glob>, RuleError> {
        let mut forms = vec![Form::Text(glob)];
        for encoding in &self.encodings {
            let mut next = Vec::new();
            for form in &forms {
                next.extend(form.encoded(*encoding).map_err(|why| value.wrong(why))?);
            }
            if next.len() > SPELLINGS_MAX {
                return Err(value.wrong("the value has too many spellings"));
            }
            forms = next;
        }
        Ok(forms.into_iter().map(Form::into_glob).collect())
    }
}

/// A regular expression that runs in time linear in the text.
pub(crate) fn compile_regex(source: &str, flags: RegexFlags) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(source)
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_matches_newline)
        .build()
}

/// Sets a flag; `false` when it was set before.
const fn set(flag: &mut bool) -> bool {
    let fresh = !*flag;
    *flag = true;
    fresh
}

enum Part<'t> {
    Plain(String),
    Placeholder(&'t str),
}

/// Splits at `%name%`; `\%` is a plain percent sign, and a lone `%` is itself.
fn placeholder_parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        if let Some(escaped) = before.strip_suffix('\\') {
            plain.push_str(escaped);
            plain.push('%');
            rest = after;
            continue;
        }
        plain.push_str(before);
        match after.split_once('%') {
            Some((name, behind)) if is_placeholder(name) => {
                parts.push(Part::Plain(std::mem::take(&mut plain)));
                parts.push(Part::Placeholder(name));
                rest = behind;
            }
            _ => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    parts.push(Part::Plain(plain));
    parts
}

fn is_placeholder(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn combined(starts: &[String], ends: &[String]) -> Vec<String> {
    starts.iter().flat_map(|start| ends.iter().map(move |end| format!("{start}{end}"))).collect()
}

/// A value on its way through the encodings.
enum Form {
    Text(Glob),
    Bytes(Vec<u8>),
}

impl Form {
    fn encoded(&self, encoding: Encoding) -> Result<Vec<Self>, &'static str> {
        match encoding {
            Encoding::WindowsDash => match self {
                Self::Text(glob) => Ok(dashed(glob)?.into_iter().map(Self::Text).collect()),
                Self::Bytes(_) => Err("`windash` must come before the encodings"),
            },
            Encoding::Utf16LittleEndian => self.utf16(&[], u16::to_le_bytes),
            Encoding::Utf16BigEndian => self.utf16(&[], u16::to_be_bytes),
            Encoding::Utf16WithMark => self.utf16(&[0xff, 0xfe], u16::to_le_bytes),
            Encoding::Base64 => Ok(vec![Self::plain(STANDARD.encode(self.bytes()?))]),
            Encoding::Base64AtAnyOffset => {
                let bytes = self.bytes()?;
                Ok((0..3).map(|offset| Self::plain(base64_core(&bytes, offset))).collect())
            }
        }
    }

    fn utf16(&self, mark: &[u8], order: fn(u16) -> [u8; 2]) -> Result<Vec<Self>, &'static str> {
        let Self::Text(glob) = self else { return Err("the value is encoded twice") };
        let text = glob.as_literal().ok_or(WILDCARD_IN_ENCODING)?;
        let units = text.encode_utf16().flat_map(order);
        Ok(vec![Self::Bytes(mark.iter().copied().chain(units).collect())])
    }

    fn bytes(&self) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Text(glob) => {
                Ok(glob.as_literal().ok_or(WILDCARD_IN_ENCODING)?.as_bytes().to_vec())
            }
            Self::Bytes(bytes) => Ok(bytes.clone()),
        }
    }

    fn plain(text: String) -> Self {
        Self::Text(Glob::literal(text))
    }

    /// Bytes that were not turned into Base64 are looked for as the characters of the same numbers.
    fn into_glob(self) -> Glob {
        match self {
            Self::Text(glob) => glob,
            Self::Bytes(bytes) => {
                Glob::literal(bytes.into_iter().map(char::from).collect::<String>())
            }
        }
    }
}

const WILDCARD_IN_ENCODING: &str = "a value with wildcards cannot be encoded";

/// The Base64 characters that depend on `bytes` alone when `offset` unknown bytes come before and any after.
fn base64_core(bytes: &[u8], offset: usize) -> String {
    let padded: Vec<u8> = std::iter::repeat_n(b' ', offset).chain(bytes.iter().copied()).collect();
    let encoded = STANDARD.encode(&padded);
    let lead = [0, 2, 3].get(offset).copied().unwrap_or(0);
    let tail = [0, 3, 2].get(padded.len() % 3).copied().unwrap_or(0);
    encoded.get(lead..encoded.len().saturating_sub(tail)).unwrap_or_default().to_owned()
}

/// Every spelling of a command line whose options may begin with any of [`DASHES`].
///
/// An option begins with `-` or `/` that has no word character before and one behind it.
fn dashed(glob: &Glob) -> Result<Vec<Glob>, &'static str> {
    let mut spellings = vec![Glob::default()];
    for piece in glob.pieces() {
        let alternatives = match piece {
            Piece::Literal(text) => {
                dashed_text(text)?.into_iter().map(Piece::Literal).collect::<Vec<_>>()
            }
            other => vec![other.clone()],
        };
        if spellings.len() * alternatives.len() > SPELLINGS_MAX {
            return Err(TOO_MANY_OPTIONS);
        }
        spellings = spellings
            .iter()
            .flat_map(|start| alternatives.iter().map(|piece| start.clone().with(piece.clone())))
            .collect();
    }
    Ok(spellings)
}

fn dashed_text(text: &str) -> Result<Vec<String>, &'static str> {
    let mut spellings = vec![String::new()];
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let starts_option = matches!(c, '-' | '/')
            && !before.is_some_and(is_word)
            && chars.peek().copied().is_some_and(is_word);
        if starts_option {
            spellings = spellings
                .iter()
                .flat_map(|start| DASHES.iter().map(move |dash| format!("{start}{dash}")))
                .collect();
        } else {
            spellings.iter_mut().for_each(|spelling| spelling.push(c));
        }
        if spellings.len() > SPELLINGS_MAX {
            return Err(TOO_MANY_OPTIONS);
        }
        before = Some(c);
    }
    Ok(spellings)
}

const TOO_MANY_OPTIONS: &str = "the value has too many options for `windash`";

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
