//! Organisation state: an append-only hash-chained journal and its projections, on SQLite or PostgreSQL.
//!
//! Three things live here, and only one of them is the truth:
//!
//! - the **journal**: every [`Fact`] ever committed, in one gap-free sequence, each entry carrying the digest of the one
//!   before it. Nothing is changed or removed;
//! - the **shelves**: for every (shelf, key) the last [`Put`] of the journal. They are read by screens and can be thrown
//!   away and rebuilt, because each fact carries the records it puts;
//! - the **private shelf**: secrets that must be forgettable (sessions, password verifiers). Never in the journal, never
//!   covered by [`Store::check`].
//!
//! A commit is durable before it returns, all or nothing, and refused whole when an expectation about a record fails, so two
//! people who act on the same record never overwrite each other unseen. [`open`] chooses the engine by address; everything
//! above this crate sees only [`Store`].

mod chain;
mod check;
mod engine;
mod error;
mod export;
mod fact;
mod memory;
mod plan;
mod postgres;
mod schema;
mod sqlite;
mod store;
mod troubles;

pub use chain::DIGEST_TAG;
pub use check::{CheckReport, PROBLEMS_SHOWN_MAX, Problem};
pub use error::LedgerError;
pub use export::{export, fuzz_import, import};
pub use fact::{Entry, Expect, Fact, Head, PrivateRecord, Put, PutText, Record, StreamPuts};
pub use memory::MemoryDisk;
pub use store::{Adoption, Store, list_all, open};
pub use troubles::TROUBLES;

#[cfg(test)]
mod tests;
