//! From tokens to a checked tree.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::fields::{condition, words};
use super::scan::{Comparison, Token, TokenKind, tokens};
use super::{
    FILTER_CHARS_MAX, FILTER_NESTING_MAX, FILTER_TERMS_MAX, FilterError, FilterProblem, Node,
};

/// Reads a filter.
pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    if text.chars().count() > FILTER_CHARS_MAX {
        return Err(FilterError { at: FILTER_CHARS_MAX + 1, problem: FilterProblem::TooLong });
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Node::All(Vec::new()));
    }
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), n_terms: 0, end };
    let root = parser.any(0, "")?;
    match parser.tokens.next() {
        None => Ok(root),
        // Everything else is taken up by the chain before it.
        Some(token) => Err(problem(token.at, FilterProblem::CloseParenthesis)),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    n_terms: usize,
    /// The character after the last one.
    end: usize,
}

impl Parser {
    /// Chains divided by OR; `after` names what stands before, for the message when nothing follows.
    fn any(&mut self, depth: usize, after: &str) -> Result<Node, FilterError> {
        let mut parts = vec![self.all(depth, after)?];
        while self.take(&TokenKind::Or) {
            parts.push(self.all(depth, "OR")?);
        }
        Ok(alone_or(parts, Node::Any))
    }

    /// Terms side by side.
    fn all(&mut self, depth: usize, after: &str) -> Result<Node, FilterError> {
        let mut parts = vec![self.one(depth, after)?];
        loop {
            if self.take(&TokenKind::And) {
                parts.push(self.one(depth, "AND")?);
            } else if self.at_end_of_chain() {
                return Ok(alone_or(parts, Node::All));
            } else {
                parts.push(self.one(depth, "")?);
            }
        }
    }

    /// One term, negated or in parentheses.
    fn one(&mut self, depth: usize, after: &str) -> Result<Node, FilterError> {
        if self.at_end_of_chain() {
            let at = self.tokens.peek().map_or(self.end, |token| token.at);
            let closes =
                matches!(self.tokens.peek(), Some(token) if token.kind == TokenKind::Close);
            return Err(problem(
                at,
                match (after, closes) {
                    ("", true) => FilterProblem::CloseParenthesis,
                    ("", false) => FilterProblem::Missing("OR".to_owned()),
                    _ => FilterProblem::Missing(after.to_owned()),
                },
            ));
        }
        let Some(Token { at, kind }) = self.tokens.next() else {
            return Err(problem(self.end, FilterProblem::Missing(after.to_owned())));
        };
        if depth > FILTER_NESTING_MAX {
            return Err(problem(at, FilterProblem::TooDeep));
        }
        match kind {
            TokenKind::Not => Ok(Node::Not(Box::new(self.one(depth + 1, "NOT")?))),
            TokenKind::Open => {
                let inner = self.any(depth + 1, "(")?;
                if self.take(&TokenKind::Close) {
                    return Ok(inner);
                }
                Err(problem(at, FilterProblem::OpenParenthesis))
            }
            TokenKind::And => Err(problem(at, FilterProblem::Missing("AND".to_owned()))),
            TokenKind::Words(given) => self.count(at).map(|()| Node::Term(words(&given))),
            TokenKind::Compared { field, comparison, value } => {
                self.count(at)?;
                let (compared, negated) = match comparison {
                    Comparison::Different => (Comparison::Same, true),
                    other => (other, false),
                };
                let found = condition(&field, compared, &value);
                let term = Node::Term(found.map_err(|found| problem(at, found))?);
                Ok(if negated { Node::Not(Box::new(term)) } else { term })
            }
            TokenKind::Or | TokenKind::Close => Err(problem(at, FilterProblem::CloseParenthesis)),
        }
    }

    fn count(&mut self, at: usize) -> Result<(), FilterError> {
        self.n_terms += 1;
        if self.n_terms > FILTER_TERMS_MAX {
            return Err(problem(at, FilterProblem::TooMany));
        }
        Ok(())
    }

    fn at_end_of_chain(&mut self) -> bool {
        self.tokens
            .peek()
            .is_none_or(|token| matches!(token.kind, TokenKind::Or | TokenKind::Close))
    }

    fn take(&mut self, kind: &TokenKind) -> bool {
        self.tokens.next_if(|token| token.kind == *kind).is_some()
    }
}

fn alone_or(mut parts: Vec<Node>, together: fn(Vec<Node>) -> Node) -> Node {
    match (parts.len(), parts.pop()) {
        (1, Some(alone)) => alone,
        (_, last) => {
            parts.extend(last);
            together(parts)
        }
    }
}

const fn problem(at: usize, problem: FilterProblem) -> FilterError {
    FilterError { at, problem }
}
