//! `action=checktoken`.

use std::future::ready;

use commonhold_repo::CheckedToken;

use crate::context::Context;
use crate::module::{Kind, Module, Needs};
use crate::modules::query::tokens::TYPES;
use crate::output::Map;
use crate::params::{Bound, choice, integer, params, text};

pub(crate) const MODULE: Module = Module {
    name: "checktoken",
    kind: Kind::Action,
    prefix: "",
    summary: "Says whether a token is good.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::NOTHING,
    examples: &[("action=checktoken&type=csrf&token=123ABC", "Check a csrf token.")],
    run: |cx, values| {
        run(cx, &Params::bind(values));
        Box::pin(ready(Ok(())))
    },
};

params! {
    /// Type of the token.
    r#type: String = choice(TYPES).required();
    /// The token.
    token: String = text().required().sensitive();
    /// Seconds that the token may be old.
    maxtokenage: Option<i64> = integer(None, Bound::Open);
}

fn run(cx: &mut Context, params: &Params) {
    cx.personal = true;
    let mut answer = Map::new();
    match cx.session.check_token(&params.r#type, &params.token) {
        CheckedToken::Valid(made) => {
            let old = params.maxtokenage.is_some_and(|age| made + age < cx.repo.now());
            answer.set("result", if old { "expired" } else { "valid" });
            if made.unix() > 0 {
                answer.set("generated", made.iso());
            }
        }
        CheckedToken::Invalid => {
            answer.set("result", "invalid");
        }
    }
    cx.result.set("checktoken", answer);
}
