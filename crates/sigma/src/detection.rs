//! The detection section: named searches over fields, and the condition over them.

use std::collections::BTreeMap;

use crate::condition::{self, Condition};
use crate::document::RuleError;
use crate::matcher::Matcher;
use crate::modifiers::{Link, Modifiers};
use crate::yaml::{Kind, Node};

/// A detection section as it stands in the file; placeholders are not filled in yet.
#[derive(Clone, Debug)]
pub(crate) struct Detection {
    searches: Vec<Search>,
    condition: Condition,
}

/// A named search: fields that must match together (map), or alternatives (list).
#[derive(Clone, Debug)]
enum Search {
    Item(Item),
    All(Vec<Search>),
    Any(Vec<Search>),
}

/// One `Field|modifiers: values`.
#[derive(Clone, Debug)]
struct Item {
    target: Target,
    modifiers: Modifiers,
    values: Vec<Node>,
}

/// Where a value is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    /// In the field of that name.
    Field(Box<str>),
    /// Anywhere in the event (keywords).
    Everything,
}

/// A question about one event, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Test {
    pub(crate) target: Target,
    /// One of them must hold.
    pub(crate) any: Vec<Matcher>,
}

/// A whole condition with its searches written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    Test(Test),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    AtLeast(usize, Vec<Expr>),
    Not(Box<Expr>),
}

impl Detection {
    /// Reads a `detection` (or `filter`) map. `reserved` are keys that are no searches.
    pub(crate) fn read(node: &Node, reserved: &[&str]) -> Result<Self, RuleError> {
        let Kind::Map(entries) = &node.kind else {
            return Err(node.wrong("the detection section is not a map"));
        };
        let mut names = Vec::new();
        let mut searches = Vec::new();
        for (key, value) in entries {
            let name = key.spelled().unwrap_or_default();
            if name != "condition" && !reserved.contains(&name.as_str()) {
                searches.push(Search::read(value)?);
                names.push(name);
            }
        }
        let condition = node
            .get("condition")
            .ok_or(RuleError::Missing { line: node.line, key: "condition" })?;
        Ok(Self { searches, condition: read_condition(condition, &names)? })
    }

    /// The whole condition, with `%placeholders%` replaced by their values.
    pub(crate) fn expression(
        &self,
        placeholders: &BTreeMap<String, Vec<String>>,
    ) -> Result<Expr, RuleError> {
        let searches = self
            .searches
            .iter()
            .map(|search| search.expression(placeholders))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(written_out(&self.condition, &searches))
    }
}

/// A list of conditions means that one of them must hold.
fn read_condition(node: &Node, names: &[String]) -> Result<Condition, RuleError> {
    let mut alternatives = node
        .items()
        .iter()
        .map(|item| match item.as_text() {
            Some(text) => condition::parse(text, item.line, names),
            None => Err(item.wrong("a condition is text")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    match alternatives.pop() {
        Some(only) if alternatives.is_empty() => Ok(only),
        Some(last) => {
            alternatives.push(last);
            Ok(Condition::Any(alternatives))
        }
        None => Err(node.wrong("the condition is empty")),
    }
}

fn written_out(condition: &Condition, searches: &[Expr]) -> Expr {
    let all = |parts: &[Condition]| parts.iter().map(|part| written_out(part, searches)).collect();
    match condition {
        // The condition was read against the same names, so the search is there.
        Condition::Search(at) => searches.get(*at).cloned().unwrap_or(Expr::Any(Vec::new())),
        Condition::All(parts) => Expr::All(all(parts)),
        Condition::Any(parts) => Expr::Any(all(parts)),
        Condition::AtLeast(n, parts) => Expr::AtLeast(*n, all(parts)),
        Condition::Not(part) => Expr::Not(Box::new(written_out(part, searches))),
    }
}

impl Search {
    fn read(node: &Node) -> Result<Self, RuleError> {
        match &node.kind {
            Kind::Map(entries) if !entries.is_empty() => {
                let items = entries.iter().map(|(key, value)| Item::read(key, value));
                Ok(Self::All(items.collect::<Result<_, _>>()?))
            }
            Kind::List(items) if !items.is_empty() => Self::read_list(items),
            Kind::Map(_) | Kind::List(_) | Kind::Null => Err(node.wrong("the search is empty")),
            Kind::Bool(_) | Kind::Int(_) | Kind::Fraction(_) | Kind::Text(_) => {
                Ok(Self::Item(Item::keywords(vec![node.clone()])))
            }
        }
    }

    /// Maps are alternatives; plain values are keywords, of which one must occur.
    fn read_list(items: &[Node]) -> Result<Self, RuleError> {
        let (nested, keywords): (Vec<&Node>, Vec<&Node>) =
            items.iter().partition(|item| matches!(item.kind, Kind::Map(_) | Kind::List(_)));
        let mut alternatives = nested.into_iter().map(Self::read).collect::<Result<Vec<_>, _>>()?;
        if !keywords.is_empty() {
            let keywords = keywords.into_iter().cloned().collect();
            alternatives.push(Self::Item(Item::keywords(keywords)));
        }
        Ok(Self::Any(alternatives))
    }

    fn expression(&self, placeholders: &BTreeMap<String, Vec<String>>) -> Result<Expr, RuleError> {
        let all = |parts: &[Self]| {
            parts.iter().map(|part| part.expression(placeholders)).collect::<Result<Vec<_>, _>>()
        };
        match self {
            Self::Item(item) => item.expression(placeholders),
            Self::All(parts) => Ok(Expr::All(all(parts)?)),
            Self::Any(parts) => Ok(Expr::Any(all(parts)?)),
        }
    }
}

impl Item {
    fn read(key: &Node, value: &Node) -> Result<Search, RuleError> {
        let spelled = key.spelled().unwrap_or_default();
        let mut parts = spelled.split('|');
        let target = match parts.next() {
            None | Some("") => Target::Everything,
            Some(field) => Target::Field(field.into()),
        };
        let modifiers = Modifiers::read(parts, key)?;
        let values = value.items();
        if values.is_empty() {
            return Err(value.wrong("the list of values is empty"));
        }
        if let Some(nested) = values.iter().find(|v| matches!(v.kind, Kind::List(_) | Kind::Map(_)))
        {
            return Err(nested.wrong("a field is compared with single values"));
        }
        Ok(Search::Item(Self { target, modifiers, values: values.to_vec() }))
    }

    fn keywords(values: Vec<Node>) -> Self {
        Self { target: Target::Everything, modifiers: Modifiers::default(), values }
    }

    fn expression(&self, placeholders: &BTreeMap<String, Vec<String>>) -> Result<Expr, RuleError> {
        let everywhere = self.target == Target::Everything;
        let mut each = Vec::new();
        for value in &self.values {
            each.push(self.modifiers.matchers(value, everywhere, placeholders)?);
        }
        let test = |any| Expr::Test(Test { target: self.target.clone(), any });
        let positive = match self.modifiers.link {
            Link::All => Expr::All(each.into_iter().map(test).collect()),
            Link::Any => test(each.into_iter().flatten().collect()),
        };
        Ok(if self.modifiers.different { Expr::Not(Box::new(positive)) } else { positive })
    }
}
