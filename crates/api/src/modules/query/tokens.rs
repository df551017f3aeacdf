//! `meta=tokens`.

use std::sync::Arc;

use commonhold_core::Message;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::Map;
use crate::params::{choice, params};

pub(crate) const MODULE: Module = Module {
    name: "tokens",
    kind: Kind::Meta,
    prefix: "",
    summary: "Gives the tokens that requests which change something need.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::NOTHING,
    examples: &[("action=query&meta=tokens&type=csrf|login", "Fetch two tokens.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

/// The types of tokens.
pub(crate) const TYPES: &[&str] =
    &["createaccount", "csrf", "login", "patrol", "rollback", "userrights", "watch"];

params! {
    /// Types of the wanted tokens.
    r#type: Vec<String> = choice(TYPES).multi().all().default("csrf");
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    cx.personal = true;
    if cx.request.untrusted {
        cx.warn_at(cx.module, "tokens-origin", Message::new("apiwarn-tokens-origin"));
        return Ok(());
    }
    let repo = Arc::clone(&cx.repo);
    let mut tokens = Map::new();
    for kind in params.r#type {
        if matches!(kind.as_str(), "login" | "createaccount") {
            repo.store_session(&mut cx.session).await?;
        }
        tokens.set(format!("{kind}token"), cx.session.token(&kind, repo.now()));
    }
    cx.query.result.set("tokens", tokens);
    Ok(())
}
