//! What a module works with.

use std::collections::HashMap;
use std::sync::Arc;

use commonhold_core::{Data, Message};
use commonhold_repo::{Repository, Session};

use crate::module::Module;
use crate::modules::query::QueryState;
use crate::output::{Map, OutputOptions};
use crate::params::Uploaded;
use crate::problem::{ErrorFormat, Warning};
use crate::request::Fields;

/// A request on its way through the engine and its module.
pub(crate) struct Context {
    /// The repository.
    pub(crate) repo: Arc<Repository>,
    /// Who asks.
    pub(crate) session: Session,
    /// What was sent.
    pub(crate) request: Request,
    /// What the answer carries even if the request fails.
    pub(crate) head: Map,
    /// The answer so far.
    pub(crate) result: Map,
    /// Warnings so far.
    pub(crate) warnings: Vec<Warning>,
    /// Limits that `max` stood for, by module.
    pub(crate) limits: Vec<(&'static str, i64)>,
    /// The tags that changes can be marked with, where [`crate::params::prepare`] found that they are needed.
    pub(crate) usable_tags: Vec<String>,
    /// How errors are shown.
    pub(crate) error_format: ErrorFormat,
    /// How the answer is printed.
    pub(crate) output: OutputOptions,
    /// The module at work.
    pub(crate) module: &'static Module,
    /// The action that is carried out, for logs and metrics.
    pub(crate) action: &'static str,
    /// What `action=query` keeps between its modules.
    pub(crate) query: QueryState,
    /// Whether the answer is about the caller, or only good for him: never for shared caches.
    pub(crate) personal: bool,
    /// A page that takes the place of the printed result (`action=help`).
    pub(crate) page: Option<String>,
}

/// What was sent.
pub(crate) struct Request {
    /// The client's address.
    pub(crate) ip: String,
    /// Whether it was sent by POST.
    pub(crate) post: bool,
    /// Whether the caller's cookies must not count (`origin=*`, `callback`, `Treat-as-Untrusted`).
    pub(crate) untrusted: bool,
    /// Query string and body.
    pub(crate) fields: Fields,
    /// File parts by name.
    pub(crate) parts: HashMap<String, Uploaded>,
}

impl Context {
    /// Warns.
    pub(crate) fn warn_at(&mut self, module: &Module, code: &'static str, message: Message) {
        self.warn_with(module, code, message, Vec::new());
    }

    /// Warns, with facts for programs.
    pub(crate) fn warn_with(
        &mut self,
        module: &Module,
        code: &'static str,
        message: Message,
        data: Vec<(&'static str, Data)>,
    ) {
        self.warnings.push(Warning { path: module.path(), code, message, data });
    }

    /// Says that something will go away, and once in the answer where to read about such things.
    pub(crate) fn warn_deprecated(&mut self, module: &Module, feature: &str, message: Message) {
        self.warn_with(module, "deprecation", message, vec![("feature", feature.into())]);
        if !self.warnings.iter().any(|w| w.code == "deprecation-help") {
            let message = Message::new("apiwarn-deprecation-help");
            self.warn_at(&crate::modules::main::MODULE, "deprecation-help", message);
        }
    }

    /// Says that a parameter shouldn't be used any more.
    pub(crate) fn warn_deprecated_param(&mut self, module: &Module, name: &str) {
        let action = module.path().replace("query+", "query&");
        let message = Message::new("paramvalidator-param-deprecated").with(name);
        self.warn_deprecated(module, &format!("action={action}&{name}"), message);
    }
}
