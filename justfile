# What a merge needs; continuous integration runs the same and the peers (`.ci/run`).
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# The tests that speak to real programs; needs root once for the installation.
check-peers:
    cargo xtask setup-peers
    cargo test --workspace -- --ignored

# A hospital, its offices and a replayed attack, in one process.
demo:
    cargo run --release -- up --demo

bench name:
    cargo xtask bench {{name}}
