//! Intake: the sockets, the inbox folder and the followed files through which log records enter.
//!
//! Every door reads bytes, lets `watch::sources` understand them, and hands the events to the [`Pipeline`], which returns when
//! they are durable. A door that can wait (TCP, TLS, files) reads no further until then, so a slow disk slows senders down
//! instead of losing their records; UDP cannot be held back, so what the kernel dropped is counted.

pub(crate) mod follow;
pub(crate) mod inbox;
mod pipeline;
pub(crate) mod tcp;
pub(crate) mod udp;

pub(crate) use pipeline::Pipeline;
