//! How much one search may take.

/// Longest SQL text, in bytes.
pub const SQL_BYTES_MAX: usize = 64 * 1024;

/// What one search may take from the machine it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most rows returned; more are cut off and the table says so.
    pub rows: usize,
    /// Longest time, in seconds.
    pub seconds: u32,
    /// Most memory, in bytes, for the search and again for its result.
    pub memory_bytes: usize,
}

impl Limits {
    /// For a person at a screen: 1,000 rows, 30 seconds, 256 MiB.
    pub const SCREEN: Self = Self { rows: 1_000, seconds: 30, memory_bytes: 256 * 1024 * 1024 };

    /// For the command line and exports: a million rows, 10 minutes, 1 GiB.
    pub const EXPORT: Self =
        Self { rows: 1_000_000, seconds: 600, memory_bytes: 1024 * 1024 * 1024 };
}
