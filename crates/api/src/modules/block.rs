//! `action=block`.

use commonhold_core::block::{BlockedAction, Scope};
use commonhold_core::title::Title;
use commonhold_core::{Message, Refusal};
use commonhold_repo::{BlockRequest, BlockTarget, PartialScope};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::target::one_of;
use crate::output::{List, Map, Value};
use crate::params::{Bound, boolean, choice, integer, namespace, params, tags, target, text, token};

pub(crate) const MODULE: Module = Module {
    name: "block",
    kind: Kind::Action,
    prefix: "",
    summary: "Blocks a user, an address or a network: from changing anything, or from what is named.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[
        (
            "action=block&user=192.0.2.5&expiry=3%20days&reason=First%20strike&token=123ABC",
            "Block an address for three days.",
        ),
        (
            "action=block&user=Vandal&partial=1&namespacerestrictions=6&token=123ABC",
            "Keep a user from changing and uploading files.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Whom to block: a user, an address, or a network such as 192.0.2.0/24.
    user: Option<String> = target();
    /// The number of the user to block.
    userid: Option<i64> = integer(None, Bound::Open).deprecated();
    /// When the block ends: a moment, a length such as `3 days`, or `never`.
    expiry: String = text().default("never");
    /// Why.
    reason: String = text().default("");
    /// Of an address: spare users who are logged in.
    anononly: bool = boolean();
    /// Let no accounts be made.
    nocreate: bool = boolean();
    /// Block the addresses as well that the user tries to go on from.
    autoblock: bool = boolean();
    /// Let no e-mail be sent.
    noemail: bool = boolean();
    /// Let the user edit his own talk page.
    allowusertalk: bool = boolean();
    /// Change the block of a user who is blocked.
    reblock: bool = boolean();
    /// Tags that this is marked with in the log.
    tags: Vec<String> = tags();
    /// Block from the pages, namespaces and actions that are named, not from all.
    partial: bool = boolean();
    /// Titles of pages that a partial block is for; at most 10.
    pagerestrictions: Option<Vec<String>> = text().multi();
    /// Namespaces that a partial block is for.
    namespacerestrictions: Option<Vec<String>> = namespace().multi().all();
    /// Actions that a partial block is for.
    actionrestrictions: Option<Vec<String>> = choice(&["create", "move", "upload"]).multi().all();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let target = match (&params.user, params.userid) {
        (Some(user), None) => BlockTarget::Named(user.clone()),
        (None, Some(id)) => BlockTarget::UserId(id),
        (user, _) => {
            // The right comes first.
            cx.repo.may_block(&cx.session.caller)?;
            return Err(one_of(&["user", "userid"], user.is_some()).into());
        }
    };
    let request = BlockRequest {
        target,
        expiry: params.expiry,
        reason: params.reason.clone(),
        scope: Scope {
            anon_only: params.anononly,
            no_create: params.nocreate,
            autoblock: params.autoblock,
            no_email: params.noemail,
            own_talk: params.allowusertalk,
            partial: None,
        },
        partial: if params.partial {
            Some(PartialScope {
                pages: titles(params.pagerestrictions.as_deref().unwrap_or_default())?,
                namespaces: numbers(params.namespacerestrictions.as_deref().unwrap_or_default()),
                actions: params
                    .actionrestrictions
                    .iter()
                    .flatten()
                    .filter_map(|a| BlockedAction::parse(a))
                    .collect(),
            })
        } else {
            None
        },
        reblock: params.reblock,
        tags: params.tags,
    };
    let block = cx.repo.block(&cx.session.caller, request).await?;
    let mut answer = Map::new();
    answer.set("user", block.target.clone()).set("userID", block.user_id);
    answer.set("expiry", block.expiry.iso("infinite")).set("id", block.id).set("reason", params.reason);
    answer.set("anononly", params.anononly).set("nocreate", params.nocreate);
    answer.set("autoblock", params.autoblock).set("noemail", params.noemail).set("hidename", false);
    answer.set("allowusertalk", params.allowusertalk).set("watchuser", false);
    answer.set("partial", params.partial);
    answer.set("pagerestrictions", list(params.pagerestrictions, "page"));
    answer.set("namespacerestrictions", list(params.namespacerestrictions, "namespace"));
    cx.result.set("block", answer);
    Ok(())
}

fn list(values: Option<Vec<String>>, tag: &'static str) -> Value {
    values.map_or(Value::Null, |values| List::of(tag, values).into())
}

fn titles(texts: &[String]) -> Result<Vec<Title>, Refusal> {
    let title = |text: &String| {
        Title::parse(text).map_err(|_| {
            Refusal::new(
                "badtitle",
                Message::new("paramvalidator-badtitle").with("pagerestrictions").with(text.as_str()),
            )
        })
    };
    texts.iter().map(title).collect()
}

fn numbers(texts: &[String]) -> Vec<i32> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}
