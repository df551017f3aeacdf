//! `action=unblock`.

use commonhold_repo::BlockTarget;

use super::target::one_of;
use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::Map;
use crate::params::{Bound, integer, params, tags, target, text, token};

pub(crate) const MODULE: Module = Module {
    name: "unblock",
    kind: Kind::Action,
    prefix: "",
    summary: "Ends a block.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[("action=unblock&user=Bob&reason=Sorry%20Bob&token=123ABC", "Unblock a user.")],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// The number of the block.
    id: Option<i64> = integer(None, Bound::Open);
    /// Who is blocked: a user, an address or a network.
    user: Option<String> = target();
    /// The number of the user who is blocked.
    userid: Option<i64> = integer(None, Bound::Open).deprecated();
    /// Why.
    reason: String = text().default("");
    /// Tags that this is marked with in the log.
    tags: Vec<String> = tags();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let target = match (params.id, params.user, params.userid) {
        (Some(id), None, None) => BlockTarget::Block(id),
        (None, Some(user), None) => BlockTarget::Named(user),
        (None, None, Some(id)) => BlockTarget::UserId(id),
        (id, user, userid) => {
            let several = id.is_some() || user.is_some() || userid.is_some();
            return Err(one_of(&["id", "user", "userid"], several).into());
        }
    };
    let block = cx.repo.unblock(&cx.session.caller, target, &params.reason, params.tags).await?;
    let mut answer = Map::new();
    answer.set("id", block.id);
    // Whom an automatic block was for is not told.
    let user = if block.automatic { String::new() } else { block.target };
    answer.set("user", user).set("userid", block.user_id).set("reason", params.reason);
    cx.result.set("unblock", answer);
    Ok(())
}
