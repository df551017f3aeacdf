//! What a module is, and the list of all modules.
//!
//! To add one: a file below `modules/` with its `params!`, a `MODULE` constant and a `run` function; then its line in
//! [`MODULES`].

use std::future::Future;
use std::pin::Pin;

use crate::context::Context;
use crate::failure::Failure;
use crate::modules;
use crate::params::{Spec, Values};

/// A module of the API.
pub(crate) struct Module {
    /// What the client calls it.
    pub(crate) name: &'static str,
    /// Where it is called from.
    pub(crate) kind: Kind,
    /// Stands before the names of its parameters.
    pub(crate) prefix: &'static str,
    /// What it does, in a sentence or two.
    pub(crate) summary: &'static str,
    /// Whether the pages that it lists can be those that a query is about (`generator=`). It then calls
    /// [`Context::list_pages`].
    pub(crate) generator: bool,
    /// Its parameters.
    pub(crate) params: &'static [Spec],
    /// What it demands of a request.
    pub(crate) needs: Needs,
    /// Query strings that show its use, each with what it does.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// Carries it out.
    pub(crate) run: for<'a> fn(&'a mut Context, Values) -> Running<'a>,
}

/// A module at work.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// What a module demands of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// The right to read.
    pub(crate) read: bool,
    /// The right to write by the API.
    pub(crate) write: bool,
    /// The method POST.
    pub(crate) post: bool,
    /// A token of this kind.
    pub(crate) token: Option<&'static str>,
}

impl Needs {
    /// Nothing.
    pub(crate) const NOTHING: Self = Self { read: false, write: false, post: false, token: None };
    /// The right to read.
    pub(crate) const READ: Self = Self { read: true, ..Self::NOTHING };
    /// What every module that changes something needs.
    pub(crate) const WRITE: Self = Self { read: true, write: true, post: true, token: Some("csrf") };
}

/// Where a module is called from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request itself.
    Main,
    /// `action=`.
    Action,
    /// `format=`.
    Format,
    /// `action=query&prop=`: says something of each page.
    Prop,
    /// `action=query&list=`: lists something.
    List,
    /// `action=query&meta=`: says something of the wiki or the caller.
    Meta,
    /// `action=query&generator=`: those of the above that give pages. No module is of this kind alone.
    Generator,
}

impl Module {
    /// How warnings and `paraminfo` name it: `upload`, `query+tokens`.
    pub(crate) fn path(&self) -> String {
        match self.kind {
            Kind::Prop | Kind::List | Kind::Meta | Kind::Generator => format!("query+{}", self.name),
            Kind::Main | Kind::Action | Kind::Format => self.name.to_owned(),
        }
    }
}

/// All modules.
const MODULES: &[&Module] = &[
    &modules::main::MODULE,
    // Formats.
    &modules::format::JSON,
    &modules::format::JSONFM,
    &modules::format::NONE,
    &modules::format::PHP,
    &modules::format::PHPFM,
    &modules::format::RAWFM,
    &modules::format::XML,
    &modules::format::XMLFM,
    // Actions.
    &modules::block::MODULE,
    &modules::checktoken::MODULE,
    &modules::clientlogin::MODULE,
    &modules::delete::MODULE,
    &modules::edit::MODULE,
    &modules::filerevert::MODULE,
    &modules::help::MODULE,
    &modules::login::MODULE,
    &modules::logout::MODULE,
    &modules::managetags::MODULE,
    &modules::rename::MODULE,
    &modules::paraminfo::MODULE,
    &modules::protect::MODULE,
    &modules::query::MODULE,
    &modules::unblock::MODULE,
    &modules::undelete::MODULE,
    &modules::upload::MODULE,
    &modules::watch::MODULE,
    // What can be asked of pages.
    &modules::query::duplicatefiles::MODULE,
    &modules::query::imageinfo::MODULE,
    &modules::query::info::MODULE,
    &modules::query::revisions::MODULE,
    &modules::query::stashimageinfo::MODULE,
    // What can be listed.
    &modules::query::allimages::MODULE,
    &modules::query::allpages::MODULE,
    &modules::query::filearchive::MODULE,
    &modules::query::logevents::MODULE,
    &modules::query::mystashedfiles::MODULE,
    &modules::query::recentchanges::MODULE,
    &modules::query::tags::MODULE,
    &modules::query::watchlistraw::MODULE,
    &modules::query::users::MODULE,
    // What can be asked of the wiki and the caller.
    &modules::query::filerepoinfo::MODULE,
    &modules::query::siteinfo::MODULE,
    &modules::query::tokens::MODULE,
    &modules::query::userinfo::MODULE,
];

/// All modules, each with its path.
pub(crate) fn all() -> impl Iterator<Item = &'static Module> {
    MODULES.iter().copied()
}

/// The modules of a kind, by their names.
pub(crate) fn of_kind(kind: Kind) -> impl Iterator<Item = &'static Module> {
    MODULES
        .iter()
        .copied()
        .filter(move |m| if kind == Kind::Generator { m.generator } else { m.kind == kind })
}

/// A module by its kind and name.
pub(crate) fn named(kind: Kind, name: &str) -> Option<&'static Module> {
    of_kind(kind).find(|m| m.name == name)
}

/// A module by its path.
pub(crate) fn at_path(path: &str) -> Option<&'static Module> {
    MODULES.iter().copied().find(|m| m.path() == path)
}
