//! `action=managetags`.

use commonhold_core::{Message, Param, Refusal};
use commonhold_repo::{TagChange, TagRequest};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::Map;
use crate::params::{boolean, choice, params, tags, text, token};

pub(crate) const MODULE: Module = Module {
    name: "managetags",
    kind: Kind::Action,
    prefix: "",
    summary: "Makes tags that changes can be marked with, takes them out of use, or deletes them.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[
        (
            "action=managetags&operation=create&tag=mobile&reason=Uploads%20from%20phones&token=123ABC",
            "Make a tag.",
        ),
        ("action=managetags&operation=deactivate&tag=mobile&token=123ABC", "Let nobody give it any more."),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// What to do: `create` a tag, `activate` one that was taken out of use, `deactivate` one so that it stays where it
    /// is and can't be given any more, `delete` one from all changes.
    operation: String = choice(&["activate", "create", "deactivate", "delete"]).required();
    /// The tag.
    tag: String = text().required();
    /// Why.
    reason: String = text().default("");
    /// Do it in spite of warnings. There are none.
    ignorewarnings: bool = boolean();
    /// Tags that this is marked with in the log.
    tags: Vec<String> = tags();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let Some(change) = TagChange::named(&params.operation) else {
        let message = Message::new("paramvalidator-badvalue-enumnotmulti");
        let message = message.with("operation").with(Param::Plain(params.operation));
        return Err(Refusal::new("badvalue", message).into());
    };
    let request = TagRequest {
        caller: cx.session.caller.clone(),
        change,
        tag: params.tag.clone(),
        reason: params.reason,
        tags: params.tags,
    };
    let log_id = cx.repo.manage_tag(request).await?;
    let done = Map::new()
        .with("operation", params.operation)
        .with("tag", params.tag)
        .with("success", true)
        .with("logid", log_id);
    cx.result.set("managetags", done);
    Ok(())
}
