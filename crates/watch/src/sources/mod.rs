//! Log sources: every folder here reads one kind of log into `words::Event`.
//!
//! Adding one: a folder with `mod.rs`, `README.md`, `samples/` and `expected/`, and a line in [`SOURCES`]; one whose lines are
//! known by their program's name behind a syslog or journal header also has a line in `syslog/programs.rs`. A source says what
//! it understood and leaves the rest; it never panics, never drops a line and never changes `raw`.

mod appliances;
mod archive;
mod atna;
mod audit_codes;
mod auditd;
mod bounded;
mod cef;
pub(crate) mod csv;
mod damage;
mod dhcp;
mod dns;
mod evtx;
mod fhir;
mod files;
mod fortigate;
mod journald;
mod json;
mod json_values;
mod jsonl;
mod key_value;
mod leef;
mod lines;
pub(crate) mod ocsf;
mod pairs;
mod posted;
mod postfix;
mod samba;
mod suricata;
mod syslog;
pub(crate) mod text;
mod timestamps;
pub(crate) mod windows;
mod windows_activities;
mod yamaha;
mod zeek;

use std::fmt;
use std::io::{self, Read, Seek};

use sakimori_words::{Event, Instant, Text};

pub use archive::is_damage;
pub use csv::{CsvMap, CsvMapError};
pub use damage::{Damage, Unreadable};
pub use fhir::{NotAuditEvents, fhir_audit_events};
pub use files::{Limits, read_file, read_file_with, read_file_written};
pub use posted::{NotRecords, read_posted_json, read_posted_lines};

/// All sources, in the order in which they are asked whether a line is theirs.
///
/// Pairs come late: they take any line that is clearly made of them. Syslog comes last: it accepts almost anything with a priority or a date in front, and asks the others about what
/// follows its header.
pub static SOURCES: &[&dyn LogSource] = &[
    &evtx::Evtx,
    &fortigate::FortiGate,
    &atna::Atna,
    &fhir::Fhir,
    &suricata::Suricata,
    &zeek::Zeek,
    &journald::Journald,
    &jsonl::JsonLines,
    &auditd::Auditd,
    &cef::Cef,
    &leef::Leef,
    &yamaha::Yamaha,
    &samba::Samba,
    &postfix::Postfix,
    &dhcp::Dhcp,
    &dns::Dns,
    &csv::Csv,
    // Late: any line that is clearly made of key=value pairs is its own.
    &key_value::KeyValue,
    &syslog::Syslog,
];

/// One kind of log.
pub trait LogSource: Sync {
    /// Name of its folder, e.g. `fortigate`.
    fn name(&self) -> &'static str;

    /// What it reads, for screens.
    fn title(&self) -> Text;

    /// Reads one line (without its line end); `None` when it is not this source's.
    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event>;

    /// As [`LogSource::read_line`], for a line that was written at `written_by` or before: what a line leaves open of its time
    /// (its year) is filled in from there.
    fn read_old_line(&self, line: &[u8], context: &Context, _written_by: Instant) -> Option<Event> {
        self.read_line(line, context)
    }

    /// Whether a file that begins with `head` (about 4 KiB) is this source's to read as a whole. Line formats say no.
    fn claims_file(&self, _file: &FileContext<'_>, _head: &[u8]) -> bool {
        false
    }

    /// Reads a file that [`LogSource::claims_file`] accepted.
    ///
    /// # Errors
    /// When the input itself cannot be read further; damage inside the format is a [`Reading::Unreadable`] instead.
    fn read_file(
        &self,
        _input: &mut dyn ReadSeek,
        _file: &FileContext<'_>,
        _each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        Ok(())
    }
}

/// What is known about a record from outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Which configured source it came from, e.g. `syslog/10.0.0.5`, `inbox/Security.evtx`.
    pub source: String,
    /// When this node received it.
    pub received_at: Instant,
}

/// A file being read, and what is known about its records from outside.
#[derive(Clone, Copy, Debug)]
pub struct FileContext<'a> {
    /// Its name; inside an archive the archive's name, a slash and the entry's name.
    pub name: &'a str,
    /// Source and time of receipt of its records.
    pub context: &'a Context,
    /// Its records were written at this time or before: when the file was last written, or when it was received.
    pub written_by: Instant,
    /// What the columns of CSV files mean, in the order in which they are asked whether a file is theirs.
    pub maps: &'a [CsvMap],
    /// Which records are wanted; `None`: all of them.
    pub wanted: Option<&'a dyn Wanted>,
}

/// Who reads a file may not need every record of it; a source that can tell early leaves the rest of such a record unread.
///
/// Most of the time of reading an ordinary log goes into records that no rule speaks of.
pub trait Wanted: fmt::Debug {
    /// Whether a Windows record of this channel with this event id may be wanted, given as JSON that is not yet read.
    fn by_head(&self, channel: &str, event_id: i64, json: &str) -> bool;

    /// Whether a record is wanted of which product, service and native fields are known, but no flat columns yet.
    fn by_fields(&self, event: &Event) -> bool;
}

/// One thing found while reading a file.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a record is made once and handed on; boxing it would cost an allocation each"
)]
pub enum Reading<'a> {
    /// A record, understood or not (see [`understood`]).
    Event {
        /// Name of the file, or of the entry in an archive.
        file: &'a str,
        /// Record number as the format counts: `EventRecordID` for EVTX, line number from 1 for text.
        record: u64,
        /// The record.
        event: Event,
    },
    /// A record that was understood and is not wanted (see [`Wanted`]).
    Passed,
    /// A part that could not be read. The rest of the file is read nevertheless.
    Unreadable(Unreadable),
}

/// A byte source that can be read and positioned: an open file or a buffer.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// Reads one line of any text source. Never fails: what no source understands is an event with `class_uid` 0, its text as
/// message and `raw` as it came.
#[must_use]
pub fn read_line(line: &[u8], context: &Context) -> Event {
    read_old_line(line, context, context.received_at)
}

/// As [`read_line`], for a line of a file that was last written at `written_by`.
fn read_old_line(line: &[u8], context: &Context, written_by: Instant) -> Event {
    SOURCES
        .iter()
        .find_map(|source| source.read_old_line(line, context, written_by))
        .unwrap_or_else(|| plain(line, context))
}

/// Whether any source understood the record: it has fields of its own, not only text.
#[must_use]
pub fn understood(event: &Event) -> bool {
    !event.src.is_empty()
}

/// The source with that name.
#[must_use]
pub fn source(name: &str) -> Option<&'static dyn LogSource> {
    SOURCES.iter().copied().find(|source| source.name() == name)
}

fn plain(line: &[u8], context: &Context) -> Event {
    Event { message: text::message(&text::decode(line)), ..blank(line, context) }
}

/// An event about which only the outside is known.
fn blank(raw: &[u8], context: &Context) -> Event {
    Event {
        source: context.source.clone(),
        received_at: context.received_at,
        time: context.received_at,
        raw: raw.to_vec(),
        ..Event::default()
    }
}

/// Entries for fuzzing.
pub(crate) mod fuzz {
    pub use super::archive::fuzz_file;
    pub use super::atna::fuzz_audit_message;
    pub use super::auditd::fuzz_audit_line;
    pub use super::cef::fuzz_cef_line;
    pub use super::csv::{fuzz_csv_file, fuzz_csv_map};
    pub use super::dhcp::fuzz_dhcp_line;
    pub use super::dns::fuzz_dns_line;
    pub use super::evtx::fuzz_evtx_chunk;
    pub use super::fhir::fuzz_fhir;
    pub use super::journald::fuzz_journal;
    pub use super::jsonl::fuzz_json_line;
    pub use super::key_value::fuzz_key_value_line;
    pub use super::leef::{fuzz_date_pattern, fuzz_leef_line};
    pub use super::pairs::fuzz_key_value;
    pub use super::posted::fuzz_posted_body;
    pub use super::postfix::fuzz_mail_line;
    pub use super::samba::fuzz_samba_line;
    pub use super::syslog::fuzz_syslog_line;
    pub use super::yamaha::fuzz_yamaha_line;
    pub use super::zeek::fuzz_zeek_file;
}

#[cfg(test)]
mod tests;
