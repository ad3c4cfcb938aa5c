//! Intake: the sockets, the inbox folder and the followed files through which log records enter.
//!
//! Every door reads bytes, lets `watch::sources` understand them, and hands the events to the [`Pipeline`], which returns when
//! they are durable. A door that can wait (TCP, TLS, files) reads no further until then, so a slow disk slows senders down
//! instead of losing their records; HTTP senders are told to come again; UDP cannot be held back, so what the kernel dropped is
//! counted, shown and written into the log itself.

mod clock_watch;
pub(crate) mod follow;
pub(crate) mod http;
pub(crate) mod inbox;
pub(crate) mod losses;
pub(crate) mod mail_folder;
mod own_events;
mod pipeline;
pub(crate) mod tcp;
pub(crate) mod udp;

pub(crate) use clock_watch::watch_clock;
pub(crate) use pipeline::Pipeline;
