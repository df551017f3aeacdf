//! The dependency law: which of our crates may use which, and what none of them may ever see.
//!
//! Tests may use what they like: dev-dependencies don't count.

use crate::graph::{Graph, Member};

/// What the law says of one crate.
struct Rule {
    name: &'static str,
    /// Those of our crates that it may use itself.
    ours: &'static [&'static str],
    /// If given: the only others that it may use itself.
    only: Option<&'static [&'static str]>,
    /// What it must not use itself, though it may be behind something that it uses.
    not_itself: &'static [&'static [&'static str]],
    /// What must not be reachable from it, however far away.
    never: &'static [&'static [&'static str]],
}

const CORE: &str = "commonhold-core";
const BLOB: &str = "commonhold-blob";
const CATALOGUE: &str = "commonhold-catalogue";
const MEDIA: &str = "commonhold-media";
const REPO: &str = "commonhold-repo";
const API: &str = "commonhold-api";
const WEB: &str = "commonhold-web";
const FUZZING: &str = "commonhold-fuzzing";

const ASYNC: &[&str] = &["tokio", "async-std", "smol", "mio", "async-trait", "futures-util"];
const SQL: &[&str] =
    &["rusqlite", "libsqlite3-sys", "postgres", "tokio-postgres", "sqlx", "sqlx-core", "diesel", "sea-orm"];
const HTTP_SERVER: &[&str] = &["axum", "axum-core", "actix-web", "warp"];
/// Clients have them inside as well as servers.
const HTTP_PARTS: &[&str] = &["hyper", "hyper-util", "tower", "tower-http"];
const NETWORK: &[&str] = &["socket2", "hyper", "reqwest", "ureq", "curl", "rustls", "native-tls"];
const FILES_AND_FORMATS: &[&str] = &["rustix", "tempfile", "serde_json"];

const LAW: &[Rule] = &[
    Rule {
        // Vocabulary and rules need little; what else does I/O can't be listed, so this is a list of what doesn't.
        only: Some(&["hmac", "jiff", "md-5", "serde", "sha1", "sha2", "thiserror", "unicode-normalization"]),
        never: &[ASYNC, SQL, HTTP_SERVER, HTTP_PARTS, NETWORK, FILES_AND_FORMATS],
        ..rule(CORE, &[])
    },
    Rule { never: &[SQL, HTTP_SERVER, HTTP_PARTS], ..rule(BLOB, &[CORE]) },
    Rule { never: &[HTTP_SERVER, HTTP_PARTS], ..rule(CATALOGUE, &[CORE]) },
    Rule { never: &[ASYNC, SQL, HTTP_SERVER, HTTP_PARTS, NETWORK], ..rule(MEDIA, &[CORE]) },
    Rule {
        // It fetches what is uploaded by URL, with a client.
        not_itself: &[SQL, HTTP_PARTS],
        never: &[HTTP_SERVER],
        ..rule(REPO, &[CORE, BLOB, CATALOGUE, MEDIA])
    },
    Rule { not_itself: &[SQL, HTTP_PARTS, NETWORK], never: &[HTTP_SERVER], ..rule(API, &[CORE, REPO]) },
    Rule { not_itself: &[SQL, HTTP_PARTS, NETWORK], never: &[HTTP_SERVER], ..rule(WEB, &[CORE, REPO]) },
    rule(FUZZING, &[CORE, MEDIA, API]),
    rule("commonhold", &[CORE, BLOB, CATALOGUE, MEDIA, REPO, API, WEB]),
    Rule { only: Some(&["anyhow", "serde_json"]), ..rule("xtask", &[]) },
];

const fn rule(name: &'static str, ours: &'static [&'static str]) -> Rule {
    Rule { name, ours, only: None, not_itself: &[], never: &[] }
}

/// What breaks the law.
pub(crate) fn check(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for member in graph.members() {
        match LAW.iter().find(|rule| rule.name == member.name) {
            Some(rule) => check_member(graph, member, rule, &mut findings),
            None => {
                findings
                    .push(format!("{}: the law in xtask/src/law.rs doesn't know this crate", member.name));
            }
        }
    }
    findings
}

fn check_member(graph: &Graph, member: &Member, rule: &Rule, findings: &mut Vec<String>) {
    let name = &member.name;
    for used in &member.uses {
        let is_in = |groups: &[&[&str]]| groups.iter().any(|group| group.contains(&used.as_str()));
        if graph.members().any(|m| m.name == *used) {
            if !rule.ours.contains(&used.as_str()) {
                findings.push(format!(
                    "{name} must not depend on {used}; of ours it may use {}",
                    list(rule.ours)
                ));
            }
        } else if let Some(only) = rule.only.filter(|only| !only.contains(&used.as_str())) {
            findings.push(format!("{name} must not depend on {used}; of others it may use {}", list(only)));
        } else if is_in(rule.not_itself) {
            findings.push(format!("{name} must not depend on {used} itself"));
        }
    }
    for path in graph.reachable(name) {
        let Some(last) = path.last() else { continue };
        if rule.never.iter().any(|group| group.contains(last)) {
            findings.push(format!("{name} must never see {last}, but does: {}", path.join(" -> ")));
        }
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::made_up;

    /// Crates with what they depend on; `dev:` before a name makes it a dev-dependency.
    #[track_caller]
    fn check_law(crates: &[(&str, &[&str])], expected: &[&str]) {
        let graph = Graph::read(&made_up(crates)).unwrap();
        assert_eq!(check(&graph), expected);
    }

    #[test]
    fn a_lawful_workspace_passes() {
        check_law(
            &[
                (CORE, &["serde", "sha1"]),
                (BLOB, &[CORE, "tokio"]),
                (CATALOGUE, &[CORE, "rusqlite"]),
                (MEDIA, &[CORE, "quick-xml"]),
                (REPO, &[CORE, BLOB, CATALOGUE, MEDIA]),
                (API, &[CORE, REPO]),
                ("commonhold", &[CORE, REPO, API, BLOB, "axum"]),
            ],
            &[],
        );
    }

    #[test]
    fn adapters_do_not_know_each_other() {
        check_law(
            &[(CORE, &[]), (BLOB, &[CORE]), (CATALOGUE, &[CORE, BLOB])],
            &["commonhold-catalogue must not depend on commonhold-blob; of ours it may use commonhold-core"],
        );
    }

    #[test]
    fn core_is_at_the_bottom() {
        check_law(
            &[(CORE, &[MEDIA]), (MEDIA, &[])],
            &["commonhold-core must not depend on commonhold-media; of ours it may use none"],
        );
    }

    #[test]
    fn the_api_does_not_bypass_the_repository() {
        check_law(
            &[(CORE, &[]), (CATALOGUE, &[CORE]), (API, &[CORE, CATALOGUE])],
            &["commonhold-api must not depend on commonhold-catalogue; of ours it may use commonhold-core, \
               commonhold-repo"],
        );
    }

    #[test]
    fn what_must_not_be_seen_is_found_behind_others() {
        check_law(
            &[(CORE, &[]), (MEDIA, &["innocent"]), ("+innocent", &["deep"]), ("+deep", &["tokio"])],
            &[
                "commonhold-media must never see tokio, but does: commonhold-media -> innocent -> deep -> tokio",
            ],
        );
        check_law(
            &[(REPO, &[]), (API, &[REPO, "axum"])],
            &["commonhold-api must never see axum, but does: commonhold-api -> axum"],
        );
    }

    #[test]
    fn what_stands_behind_others_may_still_not_be_used_directly() {
        check_law(
            &[(CATALOGUE, &["rusqlite"]), (REPO, &[CATALOGUE]), ("commonhold-web", &[REPO, "rusqlite"])],
            &["commonhold-web must not depend on rusqlite itself"],
        );
    }

    #[test]
    fn only_the_repository_has_a_client_of_other_servers() {
        check_law(&[(CORE, &[]), (REPO, &[CORE, "reqwest"]), ("+reqwest", &["hyper"]), (API, &[REPO])], &[]);
        check_law(
            &[(REPO, &[]), (API, &[REPO, "reqwest"])],
            &["commonhold-api must not depend on reqwest itself"],
        );
        check_law(&[(REPO, &["hyper"])], &["commonhold-repo must not depend on hyper itself"]);
    }

    #[test]
    fn core_uses_only_what_the_law_lists() {
        let findings = check(&Graph::read(&made_up(&[(CORE, &["serde", "some-database"])])).unwrap());
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].starts_with("commonhold-core must not depend on some-database; "),
            "{findings:?}"
        );
    }

    #[test]
    fn tests_may_use_what_they_like() {
        check_law(
            &[(CORE, &["dev:tokio"]), (BLOB, &[]), (CATALOGUE, &["dev:commonhold-blob", "dev:axum"])],
            &[],
        );
        // What an external crate's own tests need is of no account either.
        check_law(&[(MEDIA, &["innocent"]), ("+innocent", &["dev:tokio"])], &[]);
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        check_law(
            &[("commonhold-new", &[])],
            &["commonhold-new: the law in xtask/src/law.rs doesn't know this crate"],
        );
    }
}
