//! SHARE.
