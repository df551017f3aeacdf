//! What the manifests have to say, read line by line.

use std::collections::BTreeSet;

/// Whether a crate takes over the workspace's lints.
pub(crate) fn inherits_lints(name: &str, manifest: &str) -> Option<String> {
    let inherits = section(manifest, "[lints]").any(|(_, line)| {
        line.split_once('=').is_some_and(|(key, value)| key.trim() == "workspace" && value.trim() == "true")
    });
    (!inherits).then(|| format!("{name}: its Cargo.toml lacks `[lints] workspace = true`"))
}

/// The workspace's dependencies are a bill of materials: each says what it is for, and is needed. Our own crates are
/// only needed by name, and need no comment.
pub(crate) fn bill(manifest: &str, used: &BTreeSet<&str>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut line_above = "";
    for (comment, line) in section(manifest, "[workspace.dependencies]") {
        let name =
            line.split_once('=').map_or("", |(key, _)| key.split('.').next().unwrap_or_default().trim());
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.is_empty() && name.chars().all(is_name) && !line.contains("path =") {
            if comment.is_empty() && !line_above.starts_with('#') {
                findings.push(format!(
                    "Cargo.toml: the dependency {name} lacks a comment that says what it is for"
                ));
            }
            if !used.contains(name) {
                findings.push(format!("Cargo.toml: no crate uses the dependency {name}"));
            }
        }
        line_above = if line.is_empty() { comment } else { "" };
    }
    findings
}

/// The lines of a section, each as its comment and what stands before it.
fn section<'a>(manifest: &'a str, head: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let lines = manifest.lines().skip_while(move |line| line.trim() != head).skip(1);
    lines.take_while(|line| !line.starts_with('[')).map(|line| {
        let (before, comment) = line.split_at(comment_start(line));
        (comment.trim(), before.trim())
    })
}

/// Where a line's comment begins; its end if there is none.
fn comment_start(line: &str) -> usize {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return at,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_inherited_only_by_saying_so() {
        assert_eq!(inherits_lints("a", "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"), None);
        for manifest in [
            "[package]\nname = \"a\"\n",
            "[lints]\n# workspace = true\n",
            "[lints]\nworkspace = false\n",
            "[lints]\n\n[dependencies]\nworkspace = true\n",
        ] {
            let finding = inherits_lints("a", manifest);
            assert_eq!(
                finding.as_deref(),
                Some("a: its Cargo.toml lacks `[lints] workspace = true`"),
                "{manifest}"
            );
        }
    }

    #[test]
    fn every_dependency_says_what_it_is_for_and_is_used() {
        let manifest = "[workspace.dependencies]\n\
            # Our own crates.\n\
            commonhold-core = { path = \"crates/core\" }\n\
            commonhold-blob = { path = \"crates/blob\" }\n\
            \n\
            axum = { version = \"0.8\", features = [\"http1\"] } # routing\n\
            # Above it will do.\n\
            bytes = \"1\"\n\
            clap = \"4\"\n\
            odd = { version = \"1\", package = \"x#y\" }\n\
            spare.version = \"1\" # nobody's\n\
            \n\
            [workspace.lints.rust]\n\
            unsafe_code = \"forbid\"\n";
        let used = ["axum", "bytes", "clap", "odd"].into_iter().collect();
        assert_eq!(
            bill(manifest, &used),
            [
                "Cargo.toml: the dependency clap lacks a comment that says what it is for",
                "Cargo.toml: the dependency odd lacks a comment that says what it is for",
                "Cargo.toml: no crate uses the dependency spare",
            ]
        );
    }
}
