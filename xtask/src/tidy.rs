//! The repository's rules as checks: layers, engines, licences, module headers, contribution folders, paths.
//!
//! A rule that is not reliable enough to block a merge does not belong here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Layer of every crate (ARCHITECTURE.md): a crate depends only on lower layers.
const LAYERS: [(&str, u8); 21] = [
    ("sakimori-words", 0),
    ("sakimori-postgres", 0),
    ("sakimori-content", 1),
    ("sakimori-ledger", 1),
    ("sakimori-lake", 1),
    ("sakimori-evidence", 1),
    ("sakimori-sigma", 1),
    ("sakimori-print", 1),
    ("sakimori-identity", 2),
    ("sakimori-query", 2),
    ("sakimori-federation", 2),
    ("sakimori-standards", 2),
    ("sakimori-register", 2),
    ("sakimori-mail", 2),
    ("sakimori-warn", 3),
    ("sakimori-prepare", 3),
    ("sakimori-watch", 3),
    ("sakimori-respond", 3),
    ("sakimori-share", 3),
    ("sakimori-web", 4),
    ("sakimori", 5),
];

/// Outside crates that only the named ones may use: only these know the engine, the wire, the web.
const KNOWN_ONLY_TO: [(&str, &[&str]); 16] = [
    ("rusqlite", &["sakimori-ledger"]),
    ("tokio-postgres", &["sakimori-postgres", "sakimori-ledger", "sakimori-lake"]),
    ("arrow", &["sakimori-lake", "sakimori-query"]),
    ("parquet", &["sakimori-lake"]),
    ("datafusion", &["sakimori-query"]),
    ("datafusion-proto", &["sakimori-query"]),
    ("ballista-core", &["sakimori-query"]),
    ("ballista-scheduler", &["sakimori-query"]),
    ("ballista-executor", &["sakimori-query"]),
    ("reqwest", &["sakimori-federation"]),
    ("rsa", &["sakimori-mail"]),
    ("typst", &["sakimori-print"]),
    ("typst-pdf", &["sakimori-print"]),
    ("rust_xlsxwriter", &["sakimori-print"]),
    ("axum", &["sakimori-web", "sakimori"]),
    ("askama", &["sakimori-web"]),
];

/// What nobody builds who did not ask for it by a feature.
const ON_REQUEST: [&str; 2] = ["ballista-core", "datafusion-proto"];

/// Licences that may be linked into the product.
const LICENCES: [&str; 15] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "0BSD",
    "MIT-0",
    // Data, not code: root certificates that only other platforms link.
    "CDLA-Permissive-2.0",
];

/// Runs every rule on this checkout.
pub(crate) fn run() -> Result<()> {
    let problems = problems(&root())?;
    for problem in &problems {
        crate::say(problem);
    }
    match problems.len() {
        0 => Ok(()),
        count => bail!("{count} rules of the repository are broken"),
    }
}

/// All broken rules, one line each, with the file or crate first.
fn problems(root: &Path) -> Result<Vec<String>> {
    let metadata = metadata(root)?;
    let mut found = layer_problems(&metadata);
    found.extend(engine_problems(&metadata));
    found.extend(on_request_problems(&metadata));
    found.extend(licence_problems(&metadata));
    found.extend(header_problems(root)?);
    found.extend(folder_problems(root)?);
    found.extend(text_problems(root)?);
    Ok(found)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The packages this machine builds: those of other platforms were never fetched here, and the tests need no network.
fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", &host_platform()?])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn host_platform() -> Result<String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).arg("-vV").output().context("rustc -vV")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// (crate, dependency, kind) of every workspace member.
fn dependencies(metadata: &Value) -> Vec<(String, String, String)> {
    let packages =
        metadata.get("packages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let own = packages.iter().filter(|package| package.get("source").is_some_and(Value::is_null));
    own.flat_map(|package| {
        let dependencies =
            package.get("dependencies").and_then(Value::as_array).cloned().unwrap_or_default();
        let from = text(package, "name");
        dependencies.into_iter().map(move |dependency| {
            let kind =
                dependency.get("kind").and_then(Value::as_str).unwrap_or("normal").to_owned();
            (from.clone(), text(&dependency, "name"), kind)
        })
    })
    .collect()
}

fn layer_problems(metadata: &Value) -> Vec<String> {
    let layer: BTreeMap<&str, u8> = LAYERS.into_iter().collect();
    let mut found = Vec::new();
    for (from, to, kind) in dependencies(metadata) {
        let Some(lower) = layer.get(to.as_str()) else { continue };
        // Tests may look at anything below the binary; shipped code may not.
        if kind == "dev" || from == "sakimori-testkit" || from == "xtask" {
            continue;
        }
        match layer.get(from.as_str()) {
            None => found.push(format!("{from}: not in the layer table of xtask/src/tidy.rs")),
            Some(upper) if upper <= lower => {
                found.push(format!("{from}: must not depend on {to} (layer {upper} on {lower})"));
            }
            Some(_) => {}
        }
    }
    found
}

fn engine_problems(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (from, to, kind) in dependencies(metadata) {
        for (engine, allowed) in KNOWN_ONLY_TO {
            if to == engine && kind != "dev" && !allowed.contains(&from.as_str()) {
                found.push(format!(
                    "{from}: must not know {engine}; only {} may",
                    allowed.join(", ")
                ));
            }
        }
    }
    found
}

/// The metadata lists what a build without features builds.
fn on_request_problems(metadata: &Value) -> Vec<String> {
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let named = packages.iter().map(|package| text(package, "name"));
    let built = named.filter(|name| ON_REQUEST.contains(&name.as_str()));
    built.map(|name| format!("{name}: is built without having been asked for")).collect()
}

fn licence_problems(metadata: &Value) -> Vec<String> {
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for package in &packages {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        let licence = text(package, "license");
        if !licence_allowed(&licence) {
            found.push(format!("{name}: licence `{licence}` is not one we may ship"));
        }
        let source = text(package, "source");
        if !source.is_empty() && !source.starts_with("registry+") {
            found.push(format!("{name}: comes from `{source}`, not from the registry"));
        }
    }
    found
}

/// Whether one of the offered alternatives is allowed in full. SPDX: `OR` offers, `AND` adds; `/` is the old `OR`.
fn licence_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression
        .split(" OR ")
        .any(|choice| choice.split(" AND ").all(|part| LICENCES.contains(&part.trim())))
}

fn header_problems(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files(root, "rs")? {
        let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let is_test = name.contains("/tests") || name.ends_with("tests.rs");
        let source = fs::read_to_string(&file).with_context(|| name.clone())?;
        if !is_test && !source.starts_with("//!") {
            found.push(format!(
                "{name}: a module opens with a `//!` sentence that says what it is for"
            ));
        }
    }
    Ok(found)
}

/// Every contribution folder has the files that prove it (CONTRIBUTING.md).
fn folder_problems(root: &Path) -> Result<Vec<String>> {
    let kinds: [(&str, &[&str]); 2] = [
        ("content/watch/detections", &["rule.yml", "reason.toml", "hits", "misses"]),
        ("crates/watch/src/sources", &["mod.rs", "README.md", "samples", "expected"]),
    ];
    let mut found = Vec::new();
    for (folder, wanted) in kinds {
        for entry in fs::read_dir(root.join(folder)).with_context(|| folder.to_owned())? {
            let path = entry?.path();
            for name in wanted.iter().filter(|_| path.is_dir()) {
                if !path.join(name).try_exists()? {
                    found.push(format!(
                        "{}: `{name}` is missing",
                        path.strip_prefix(root)?.display()
                    ));
                }
            }
        }
    }
    Ok(found)
}

/// Nothing names a folder of somebody's machine, and both languages are kept up.
fn text_problems(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    // Log samples may speak of /home; nobody's checkout stands in the other two.
    let homes = [["/ro", "ot/"].concat(), ["/wo", "rk/"].concat()];
    for extension in ["rs", "toml", "md", "html", "yml", "sh", "js", "ftl", "json"] {
        for file in files(root, extension)? {
            let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
            for home in homes.iter().filter(|home| text.contains(home.as_str())) {
                found.push(format!("{}: names `{home}`", file.strip_prefix(root)?.display()));
            }
        }
    }
    for (file, wanted) in [
        ("README.md", "cargo run --release -- up"),
        ("README.md", "cargo test --workspace"),
        ("README.ja.md", "cargo run --release -- up"),
        ("CHANGELOG.md", "日本語"),
        ("ARCHITECTURE.md", "Invariant"),
    ] {
        if !fs::read_to_string(root.join(file)).unwrap_or_default().contains(wanted) {
            found.push(format!("{file}: must say `{wanted}`"));
        }
    }
    Ok(found)
}

/// Files of the checkout with that ending, without what is built or fetched.
fn files(root: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let hidden = name.to_string_lossy().starts_with('.');
            if entry.file_type()?.is_dir() {
                if !hidden
                    && !["target", "node_modules", "sakimori-data"].iter().any(|skip| name == *skip)
                {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|own| own == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_keeps_its_own_rules() {
        let problems = problems(&root()).unwrap();
        assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    }

    #[test]
    fn a_stage_that_reaches_for_another_is_named() {
        let metadata = serde_json::json!({"packages": [{"name": "sakimori-watch", "source": null, "dependencies": [
            {"name": "sakimori-respond", "kind": null}, {"name": "sakimori-words", "kind": null}]}]});
        assert_eq!(
            layer_problems(&metadata),
            ["sakimori-watch: must not depend on sakimori-respond (layer 3 on 3)"]
        );
    }

    #[test]
    fn licences_are_read_as_alternatives() {
        assert!(licence_allowed("MIT/Apache-2.0"));
        assert!(licence_allowed("GPL-3.0 OR MIT"));
        assert!(licence_allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!licence_allowed("GPL-3.0"));
        assert!(!licence_allowed(""));
    }
}
