//! Checks of the workspace that neither the compiler nor clippy makes.
//!
//! `cargo run -p xtask -- tidy` runs them all and prints what is wrong; `cargo test -p xtask` does the same, and tests
//! the checks themselves. `law.rs` says who may depend on whom; change it there, together with ARCHITECTURE.md.

mod attributes;
mod graph;
mod law;
mod manifests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use graph::Graph;

fn main() -> Result<ExitCode> {
    if std::env::args().skip(1).ne(["tidy"]) {
        eprintln!("usage: cargo run -p xtask -- tidy");
        return Ok(ExitCode::from(2));
    }
    let findings = tidy(&root()?)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The directory of the workspace.
fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.parent().context("xtask lies in the workspace")?.to_owned())
}

/// Everything that is wrong, a line for each.
fn tidy(root: &Path) -> Result<Vec<String>> {
    let graph = Graph::read(&metadata(root)?)?;
    let mut findings = law::check(&graph);
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
    };
    for member in graph.members() {
        let path = Path::new(&member.manifest);
        findings.extend(manifests::inherits_lints(&member.name, &read(path)?));
        let directory = path.parent().context("a manifest lies in a directory")?;
        for source in sources(directory)? {
            let name = source.strip_prefix(root).unwrap_or(&source).display().to_string();
            findings.extend(attributes::check(&name, &read(&source)?));
        }
    }
    let used: BTreeSet<&str> = graph.members().flat_map(|m| m.declared.iter().map(String::as_str)).collect();
    findings.extend(manifests::bill(&read(&root.join("Cargo.toml"))?, &used));
    Ok(findings)
}

/// What cargo knows of the workspace, on the machine's own platform: other ones' crates may not be there.
fn metadata(root: &Path) -> Result<serde_json::Value> {
    let run = |program: String, arguments: &[&str]| -> Result<Vec<u8>> {
        let output = Command::new(&program).args(arguments).current_dir(root).output();
        let output = output.with_context(|| format!("{program} can't be started"))?;
        if !output.status.success() {
            bail!("{program} fails: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    };
    let tool = |variable: &str, name: &str| std::env::var(variable).unwrap_or_else(|_| name.to_owned());
    let version = String::from_utf8(run(tool("RUSTC", "rustc"), &["-vV"])?)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", host];
    Ok(serde_json::from_slice(&run(tool("CARGO", "cargo"), &arguments)?)?)
}

/// All Rust files below a directory, in a fixed order.
fn sources(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir().with_context(|| directory.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let findings = tidy(&root().unwrap()).unwrap();
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
