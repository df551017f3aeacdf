//! `action=filerevert`.

use commonhold_core::title::{FileTitle, Title, ns};
use commonhold_core::{Message, Refusal};
use commonhold_repo::Reverted;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::target::invalid_title;
use crate::output::{List, Map};
use crate::params::{params, text, token};
use crate::problem;

pub(crate) const MODULE: Module = Module {
    name: "filerevert",
    kind: Kind::Action,
    prefix: "",
    summary: "Makes an old version of a file the current one again.",
    params: Params::SPECS,
    needs: Needs::WRITE,
    generator: false,
    examples: &[(
        "action=filerevert&filename=Example.jpg&archivename=20260102030405!Example.jpg&token=123ABC",
        "Go back to an old version.",
    )],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Name of the file, without the namespace.
    filename: String = text().required();
    /// Upload comment.
    comment: String = text().default("");
    /// Name of the old version, as `iiprop=archivename` gives it.
    archivename: String = text().required();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    // A namespace in front is part of the name, and no file has such a one.
    let title = Title::make(ns::FILE, &params.filename).map_err(|_| invalid_title(&params.filename))?;
    let name = FileTitle::from_db(title.dbkey());
    let caller = cx.session.caller.clone();
    let reverted = cx.repo.revert(&caller, &name, &params.archivename, &params.comment).await?;
    let mut result = Map::new();
    match reverted {
        Reverted::Published => {
            result.set("result", "Success");
        }
        Reverted::Unchanged => {
            let message = Message::new("fileexists-no-change").with(title.prefixed_text());
            result.set("result", "Failure");
            let error = problem::within(&Refusal::of(message), cx.error_format);
            result.set("errors", List::of("error", [error]));
        }
    }
    cx.result.set("filerevert", result);
    Ok(())
}
