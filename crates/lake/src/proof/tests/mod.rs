//! What somebody who does not trust the node can rely on.

mod cosignature;
mod evidence;
mod paths;
mod timestamp;
mod witness;
