//! CSAF 2.0 (2.1 as far as it is alike): advisories of makers read tolerantly, and our own ones published as a provider does.
//!
//! The reader is our own because the published types of others fall over on real files (CVSS vectors with temporal metrics).

mod provider;
mod read;
mod write;

pub use provider::{Provider, ProviderFile, Role, tree};
pub use read::{Advisory, AffectedProduct, ReadAdvisoryError, Remediation, Status, read};
pub use write::{Document, DocumentStatus, Product, Reference, Revision, document, file_name};

/// Reads any bytes as an advisory, for fuzzing: must return.
pub fn fuzz_csaf(bytes: &[u8]) {
    let _ = read(bytes);
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;
