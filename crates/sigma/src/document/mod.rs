//! Sigma documents: rules, correlations and filters as they stand in a YAML file, before anything is compiled.

mod correlation;
mod read;

use sakimori_words::{Level, Trouble};

pub(crate) use self::correlation::{Alias, Threshold};
pub use self::correlation::{Correlation, CorrelationKind};
use crate::detection::Detection;
use crate::{troubles, yaml};

/// One document of a Sigma file.
#[derive(Clone, Debug)]
pub enum Document {
    /// A detection on single events.
    Rule(Box<Rule>),
    /// A count or sequence over the matches of rules.
    Correlation(Box<Correlation>),
    /// A further condition for the rules it names, usually an exclusion.
    Filter(Box<Filter>),
}

impl Document {
    /// Reads all documents of a YAML file.
    ///
    /// # Errors
    /// At the first document that is no Sigma rule, correlation or filter, with its line.
    pub fn parse(yaml: &str) -> Result<Vec<Self>, RuleError> {
        yaml::read(yaml)?.iter().map(read::document).collect()
    }

    /// Reads every document of a YAML file for itself: a bad one costs only itself. `origin` is the name of the file, for
    /// reports.
    #[must_use]
    pub fn parse_each(yaml: &str, origin: &str) -> Vec<Result<Self, RuleError>> {
        let read = |node: Result<yaml::Node, RuleError>| {
            let mut document = read::document(&node?)?;
            origin.clone_into(&mut document.header_mut().origin);
            Ok(document)
        };
        yaml::read_each(yaml).into_iter().map(read).collect()
    }

    /// What the document says about itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        match self {
            Self::Rule(rule) => &rule.header,
            Self::Correlation(correlation) => &correlation.header,
            Self::Filter(filter) => &filter.header,
        }
    }

    const fn header_mut(&mut self) -> &mut Header {
        match self {
            Self::Rule(rule) => &mut rule.header,
            Self::Correlation(correlation) => &mut correlation.header,
            Self::Filter(filter) => &mut filter.header,
        }
    }
}

/// What a document says about itself. Texts are empty where the file says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Its UUID, or whatever the file gives as `id`.
    pub id: String,
    /// The name correlations may call it by.
    pub name: String,
    /// One line.
    pub title: String,
    /// `stable`, `test`, `experimental`, `deprecated` or `unsupported`.
    pub status: String,
    /// What it detects and why.
    pub description: String,
    /// Who wrote it; shown with every finding, as the Detection Rule License asks.
    pub author: String,
    /// Its licence, when the file names one.
    pub license: String,
    /// How serious a match is.
    pub level: Level,
    /// ATT&CK and other tags, e.g. `attack.t1490`.
    pub tags: Vec<String>,
    /// Where it comes from.
    pub references: Vec<String>,
    /// When a match may mean nothing.
    pub false_positives: Vec<String>,
    /// Date of writing as the file spells it.
    pub date: String,
    /// Date of the last change as the file spells it.
    pub modified: String,
    /// The file it stands in, when that was told ([`Document::parse_each`]).
    pub origin: String,
}

/// Which log a rule reads, in lower case. Empty texts where the rule does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogSource {
    /// `windows`, `linux`, `fortios`…
    pub product: String,
    /// `process_creation`, `registry_set`, `firewall`…
    pub category: String,
    /// `security`, `sysmon`, `sshd`…
    pub service: String,
}

/// A detection on single events.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says about itself.
    pub header: Header,
    /// Which log it reads.
    pub log_source: LogSource,
    pub(crate) detection: Detection,
}

/// A condition that is added to the rules it names, usually an exclusion (`condition: not selection`).
#[derive(Clone, Debug)]
pub struct Filter {
    /// What it says about itself.
    pub header: Header,
    /// Which log it reads.
    pub log_source: LogSource,
    /// Ids or names of the rules it narrows; empty: every rule of that log source.
    pub rules: Vec<String>,
    pub(crate) detection: Detection,
}

/// Why a file is no Sigma document.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not YAML, or beyond the limits that keep a hostile file from filling memory.
    #[error("line {line}: {cause}")]
    Yaml {
        /// Line, from 1; 0 when unknown.
        line: u64,
        /// What the YAML reader says.
        cause: String,
    },
    /// A part every such document has is not there.
    #[error("line {line}: `{key}` is missing")]
    Missing {
        /// Line of the surrounding part.
        line: u64,
        /// What is missing.
        key: &'static str,
    },
    /// A part that means nothing in Sigma.
    #[error("line {line}: {why}{}", quoted(text))]
    Wrong {
        /// Line, from 1.
        line: u64,
        /// What is wrong with it.
        why: &'static str,
        /// The text concerned.
        text: String,
    },
    /// A placeholder (`%Workstations%` under `expand`) for which nobody has given values.
    #[error("line {line}: no values are given for the placeholder: `%{name}%`")]
    Unfilled {
        /// Line, from 1.
        line: u64,
        /// Name of the placeholder.
        name: String,
    },
}

/// The text a complaint is about, if it is worth showing.
fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": `{text}`") }
}

impl RuleError {
    /// The line the person must look at; 0 when unknown.
    #[must_use]
    pub const fn line(&self) -> u64 {
        match self {
            Self::Yaml { line, .. }
            | Self::Missing { line, .. }
            | Self::Wrong { line, .. }
            | Self::Unfilled { line, .. } => *line,
        }
    }

    /// The same error in a file of which what was read is a later part.
    pub(crate) fn moved(self, n_lines: u64) -> Self {
        match self {
            // What the YAML reader says ends with a line and column that count from the part's own beginning.
            Self::Yaml { line, cause } => Self::Yaml {
                line: line + n_lines,
                cause: cause
                    .rsplit_once(" at line ")
                    .map_or_else(|| cause.clone(), |(cause, _)| cause.to_owned()),
            },
            Self::Missing { line, key } => Self::Missing { line: line + n_lines, key },
            Self::Wrong { line, why, text } => Self::Wrong { line: line + n_lines, why, text },
            Self::Unfilled { line, name } => Self::Unfilled { line: line + n_lines, name },
        }
    }

    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::because(&troubles::UNREADABLE_RULE, self)
    }
}
