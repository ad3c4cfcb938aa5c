//! Rebuilds the crate when a file of `content/` is added or removed; changed files are followed by the compiler itself.

fn main() {
    println!("cargo::rerun-if-changed=../../content");
}
