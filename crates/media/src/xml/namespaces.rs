//! The namespaces that are declared at a place in a document.

use std::collections::HashMap;
use std::rc::Rc;

/// Declarations of the open elements. Finding one takes the same time however many there are.
#[derive(Default)]
pub(super) struct Namespaces {
    /// The prefixes with the depths at which they were declared, innermost last.
    declared: Vec<(usize, Rc<str>)>,
    /// What each of them stands for, innermost last.
    meanings: HashMap<Rc<str>, Vec<Rc<str>>>,
}

impl Namespaces {
    /// Takes a declaration of an element at a depth.
    pub(super) fn declare(&mut self, depth: usize, prefix: &str, uri: &str) {
        let prefix = Rc::<str>::from(prefix);
        self.declared.push((depth, prefix.clone()));
        self.meanings.entry(prefix).or_default().push(uri.into());
    }

    /// Forgets what was declared at a depth.
    pub(super) fn end(&mut self, depth: usize) {
        while let Some((_, prefix)) = self.declared.pop_if(|(d, _)| *d >= depth) {
            if let Some(meanings) = self.meanings.get_mut(&prefix) {
                meanings.pop();
                if meanings.is_empty() {
                    self.meanings.remove(&prefix);
                }
            }
        }
    }

    /// The namespace of a prefix; one that isn't declared stands for itself.
    pub(super) fn find(&self, prefix: &str) -> Rc<str> {
        match self.meanings.get(prefix).and_then(|m| m.last()) {
            Some(uri) => uri.clone(),
            None if prefix == "xml" => "http://www.w3.org/XML/1998/namespace".into(),
            None => prefix.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_declaration_counts_until_its_element_ends() {
        let mut namespaces = Namespaces::default();
        namespaces.declare(1, "a", "urn:outer");
        namespaces.declare(2, "a", "urn:inner");
        namespaces.declare(2, "b", "urn:b");
        assert_eq!(&*namespaces.find("a"), "urn:inner");
        namespaces.end(2);
        assert_eq!(&*namespaces.find("a"), "urn:outer");
        assert_eq!(&*namespaces.find("b"), "b");
        assert_eq!(&*namespaces.find(""), "");
        assert_eq!(&*namespaces.find("xml"), "http://www.w3.org/XML/1998/namespace");
    }

    #[test]
    fn nothing_remains_of_elements_that_have_ended() {
        let mut namespaces = Namespaces::default();
        for n in 0..100 {
            namespaces.declare(1, &format!("p{n}"), "urn:x");
            namespaces.end(1);
        }
        assert!(namespaces.declared.is_empty() && namespaces.meanings.is_empty());
    }
}
