//! The worst night from beginning to end: a hospital, its prefecture and the ministry run in one process as in production, and
//! people act in all three only through what a browser sends and sees.

mod acts;
mod browser;
mod exercise;
mod osaka;
mod place;
mod trouble;
mod uda;
