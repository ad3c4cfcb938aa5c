//! From YAML to documents.

use sakimori_words::Level;

use super::correlation::read_correlation;
use super::{Document, Filter, Header, LogSource, Rule, RuleError};
use crate::detection::Detection;
use crate::yaml::{Kind, Node};

/// Reads one YAML document.
pub(super) fn document(node: &Node) -> Result<Document, RuleError> {
    if !matches!(node.kind, Kind::Map(_)) {
        return Err(node.wrong("a Sigma document is a map"));
    }
    let header = header(node)?;
    if let Some(correlation) = node.get("correlation") {
        let correlation = read_correlation(header, correlation, node.get("generate"))?;
        return Ok(Document::Correlation(Box::new(correlation)));
    }
    let log_source = log_source(node)?;
    if let Some(filter) = node.get("filter") {
        return Ok(Document::Filter(Box::new(Filter {
            header,
            log_source,
            rules: filtered_rules(filter)?,
            detection: Detection::read(filter, &["rules"])?,
        })));
    }
    let detection = required(node, "detection")?;
    let detection = Detection::read(detection, &["timeframe"])?;
    Ok(Document::Rule(Box::new(Rule { header, log_source, detection })))
}

/// The value under `key`.
pub(super) fn required<'n>(node: &'n Node, key: &'static str) -> Result<&'n Node, RuleError> {
    node.get(key).ok_or(RuleError::Missing { line: node.line, key })
}

/// A list of single values as texts; one value alone is a list of one.
pub(super) fn texts(node: &Node) -> Result<Vec<String>, RuleError> {
    node.items()
        .iter()
        .map(|item| item.spelled().ok_or_else(|| item.wrong("single values are expected here")))
        .collect()
}

fn header(node: &Node) -> Result<Header, RuleError> {
    let text = |key| node.get(key).and_then(Node::spelled).unwrap_or_default();
    let list = |key| node.get(key).map_or_else(Vec::new, lenient_texts);
    Ok(Header {
        title: required(node, "title")?.spelled().unwrap_or_default(),
        id: text("id"),
        name: text("name"),
        status: text("status"),
        description: text("description"),
        author: text("author"),
        license: text("license"),
        level: level(node)?,
        tags: list("tags"),
        references: list("references"),
        false_positives: list("falsepositives"),
        date: text("date"),
        modified: text("modified"),
        origin: String::new(),
    })
}

/// Lists that only inform people: what is no single value is left out.
fn lenient_texts(node: &Node) -> Vec<String> {
    node.items().iter().filter_map(Node::spelled).collect()
}

fn level(node: &Node) -> Result<Level, RuleError> {
    let Some(level) = node.get("level") else { return Ok(Level::default()) };
    let read = level.as_text().and_then(|text| Level::parse(&text.to_ascii_lowercase()));
    read.ok_or_else(|| level.wrong("a level is informational, low, medium, high or critical"))
}

fn log_source(node: &Node) -> Result<LogSource, RuleError> {
    let source = required(node, "logsource")?;
    if !matches!(source.kind, Kind::Map(_)) {
        return Err(source.wrong("the log source is not a map"));
    }
    let text = |key| source.get(key).and_then(Node::spelled).unwrap_or_default().to_lowercase();
    Ok(LogSource { product: text("product"), category: text("category"), service: text("service") })
}

/// The rules a filter narrows; `any` or nothing: all of its log source.
fn filtered_rules(filter: &Node) -> Result<Vec<String>, RuleError> {
    let Some(rules) = filter.get("rules") else { return Ok(Vec::new()) };
    if rules.as_text() == Some("any") {
        return Ok(Vec::new());
    }
    texts(rules)
}
