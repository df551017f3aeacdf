//! Attributes that silence lints: never for a whole file, never for a whole group, never without a reason.

/// Names that stand for many lints.
const GROUPS: &[&str] = &[
    "warnings",
    "unused",
    "nonstandard_style",
    "future_incompatible",
    "clippy::all",
    "clippy::cargo",
    "clippy::complexity",
    "clippy::correctness",
    "clippy::nursery",
    "clippy::pedantic",
    "clippy::perf",
    "clippy::restriction",
    "clippy::style",
    "clippy::suspicious",
];

/// What is wrong with a file's attributes.
pub(crate) fn check(path: &str, source: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(source.split_inclusive('\n')) {
        let indented = line.len() - line.trim_start().len();
        if line[indented..].starts_with("#[") || line[indented..].starts_with("#![") {
            let attribute = whole(&source[at + indented..]);
            findings.extend(fault(attribute).map(|fault| format!("{path}:{number}: {fault}")));
        }
        at += line.len();
    }
    findings
}

fn fault(attribute: &str) -> Option<String> {
    let words: Vec<&str> =
        attribute.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).collect();
    let allows = words.contains(&"allow");
    if let Some(group) = GROUPS.iter().find(|group| words.contains(group))
        && (allows || words.contains(&"expect"))
    {
        return Some(format!("`{group}` silences many lints at once; name the one"));
    }
    if allows && attribute.starts_with("#!") {
        return Some("`#![allow]` silences a lint in a whole file; use `#[expect]` where it is".to_owned());
    }
    if allows && !words.contains(&"reason") {
        return Some("`#[allow]` without a reason; use `#[expect(lint, reason = \"...\")]`".to_owned());
    }
    None
}

/// An attribute, from its beginning to the bracket that closes it.
fn whole(source: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in source.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return &source[..=at],
            ']' => depth -= 1,
            _ => {}
        }
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_source(source: &str, expected: &[&str]) {
        assert_eq!(check("a.rs", source), expected, "{source}");
    }

    #[test]
    fn exceptions_with_a_reason_pass() {
        check_source("#[expect(clippy::unwrap_used, reason = \"a test\")]\nfn f() {}\n", &[]);
        check_source("#![expect(clippy::unwrap_used, reason = \"a test\")]\n", &[]);
        check_source("    #[allow(unused_mut, reason = \"a macro\")]\n", &[]);
        check_source("#[derive(Debug)]\n#[cfg(test)]\nmod tests {}\n// #![allow(dead_code)]\n", &[]);
    }

    #[test]
    fn a_file_is_not_silenced() {
        let expected = ["a.rs:2: `#![allow]` silences a lint in a whole file; use `#[expect]` where it is"];
        check_source("//! A file.\n#![allow(dead_code, reason = \"later\")]\n", &expected);
        check_source("//! A file.\n#![cfg_attr(test, allow(dead_code))]\n", &expected);
    }

    #[test]
    fn a_group_is_not_silenced() {
        check_source(
            "fn f() {}\n\n    #[expect(\n        clippy::pedantic,\n        reason = \"tiresome\"\n    )]\n",
            &["a.rs:3: `clippy::pedantic` silences many lints at once; name the one"],
        );
        check_source(
            "#![allow(warnings)]\n",
            &["a.rs:1: `warnings` silences many lints at once; name the one"],
        );
    }

    #[test]
    fn silence_needs_a_reason() {
        check_source(
            "#[allow(dead_code)]\nfn f() {}\n",
            &["a.rs:1: `#[allow]` without a reason; use `#[expect(lint, reason = \"...\")]`"],
        );
    }
}
