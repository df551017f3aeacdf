//! Who depends on whom, out of the answer of `cargo metadata`.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use anyhow::{Context, Result};
use serde_json::Value;

/// The workspace's crates, and all crates that they need.
pub(crate) struct Graph {
    members: Vec<Member>,
    /// By id: the crate's name, and the ids of what it needs when it is not tested.
    nodes: HashMap<String, (String, Vec<String>)>,
}

/// One of the workspace's crates.
pub(crate) struct Member {
    id: String,
    pub(crate) name: String,
    pub(crate) manifest: String,
    /// Names of what it depends on, dev-dependencies excepted.
    pub(crate) uses: Vec<String>,
    /// Names of all its dependencies as its manifest has them.
    pub(crate) declared: Vec<String>,
}

impl Graph {
    pub(crate) fn read(metadata: &Value) -> Result<Self> {
        let ids: HashSet<&str> =
            list(metadata, "workspace_members")?.iter().filter_map(Value::as_str).collect();
        let mut names = BTreeMap::new();
        let mut members = Vec::new();
        for package in list(metadata, "packages")? {
            let (id, name) = (text(package, "id")?, text(package, "name")?);
            names.insert(id, name);
            if !ids.contains(id) {
                continue;
            }
            let (mut uses, mut declared) = (Vec::new(), Vec::new());
            for dependency in list(package, "dependencies")? {
                let name = text(dependency, "name")?;
                declared.push(dependency["rename"].as_str().unwrap_or(name).to_owned());
                if dependency["kind"] != "dev" {
                    uses.push(name.to_owned());
                }
            }
            members.push(Member {
                id: id.to_owned(),
                name: name.to_owned(),
                manifest: text(package, "manifest_path")?.to_owned(),
                uses,
                declared,
            });
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let mut nodes = HashMap::new();
        for node in list(&metadata["resolve"], "nodes")? {
            let id = text(node, "id")?;
            let mut needs = Vec::new();
            for dependency in list(node, "deps")? {
                if list(dependency, "dep_kinds")?.iter().any(|kind| kind["kind"] != "dev") {
                    needs.push(text(dependency, "pkg")?.to_owned());
                }
            }
            let name = names.get(id).with_context(|| format!("cargo describes no {id}"))?;
            nodes.insert(id.to_owned(), ((*name).to_owned(), needs));
        }
        Ok(Self { members, nodes })
    }

    /// The workspace's crates by name.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// A shortest path of names to every crate that a member needs, itself excepted.
    pub(crate) fn reachable(&self, member: &str) -> Vec<Vec<&str>> {
        let Some(member) = self.members.iter().find(|m| m.name == member) else { return Vec::new() };
        let mut seen = HashSet::from([member.id.as_str()]);
        let mut queue = VecDeque::from([(member.id.as_str(), vec![member.name.as_str()])]);
        let mut paths = Vec::new();
        while let Some((id, path)) = queue.pop_front() {
            let Some((_, needs)) = self.nodes.get(id) else { continue };
            for next in needs {
                let Some((name, _)) = self.nodes.get(next) else { continue };
                if seen.insert(next) {
                    let mut path = path.clone();
                    path.push(name);
                    paths.push(path.clone());
                    queue.push_back((next, path));
                }
            }
        }
        paths
    }
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| format!("cargo metadata has no list `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no text `{key}`"))
}

/// Metadata as cargo would give them. Crates marked with `+`, and those only depended on, are not of the workspace.
#[cfg(test)]
pub(crate) fn made_up(crates: &[(&str, &[&str])]) -> Value {
    use serde_json::json;

    let mut all: BTreeMap<&str, (bool, Vec<&str>)> = BTreeMap::new();
    for (name, dependencies) in crates {
        let outside = name.strip_prefix('+');
        all.insert(outside.unwrap_or(name), (outside.is_none(), dependencies.to_vec()));
    }
    for name in crates.iter().flat_map(|(_, dependencies)| dependencies.iter()) {
        all.entry(name.strip_prefix("dev:").unwrap_or(name)).or_default();
    }
    let split = |dependency: &str| match dependency.strip_prefix("dev:") {
        Some(name) => (name.to_owned(), json!("dev")),
        None => (dependency.to_owned(), Value::Null),
    };
    let package = |(name, (_, dependencies)): (&&str, &(bool, Vec<&str>))| {
        let dependency = |d: &&str| {
            let (name, kind) = split(d);
            json!({"name": name, "kind": kind, "rename": null})
        };
        let dependencies: Vec<Value> = dependencies.iter().map(dependency).collect();
        json!({"id": name, "name": name, "manifest_path": "Cargo.toml", "dependencies": dependencies})
    };
    let node = |(name, (_, dependencies)): (&&str, &(bool, Vec<&str>))| {
        let dependency = |d: &&str| {
            let (name, kind) = split(d);
            json!({"name": name, "pkg": name, "dep_kinds": [{"kind": kind, "target": null}]})
        };
        json!({"id": name, "deps": dependencies.iter().map(dependency).collect::<Vec<_>>()})
    };
    json!({
        "packages": all.iter().map(package).collect::<Vec<_>>(),
        "workspace_members": all.iter().filter(|(_, (ours, _))| *ours).map(|(name, _)| name).collect::<Vec<_>>(),
        "resolve": {"nodes": all.iter().map(node).collect::<Vec<_>>()},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_else_than_metadata_is_an_error() {
        assert!(Graph::read(&serde_json::json!({"packages": []})).is_err());
    }

    #[test]
    fn dependencies_go_by_the_name_in_the_manifest() {
        let mut metadata = made_up(&[("one", &["md-5"])]);
        for package in metadata["packages"].as_array_mut().unwrap() {
            if package["name"] == "one" {
                package["dependencies"][0]["rename"] = "md5".into();
            }
        }
        let graph = Graph::read(&metadata).unwrap();
        let member = graph.members().next().unwrap();
        assert_eq!(member.declared, ["md5"]);
        assert_eq!(member.uses, ["md-5"]);
    }
}
