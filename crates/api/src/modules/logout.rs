//! `action=logout`.

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::params::{params, token};

pub(crate) const MODULE: Module = Module {
    name: "logout",
    kind: Kind::Action,
    prefix: "",
    summary: "Ends the session; its tokens and its cookie are worth nothing afterwards.",
    generator: false,
    params: Params::SPECS,
    needs: Needs { post: true, token: Some("csrf"), ..Needs::NOTHING },
    examples: &[("action=logout&token=123ABC", "Log out.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    drop(params.token);
    let ip = cx.request.ip.clone();
    let repo = std::sync::Arc::clone(&cx.repo);
    repo.log_out(&mut cx.session, &ip).await?;
    Ok(())
}
