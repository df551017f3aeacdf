//! `action=login`.

use std::sync::Arc;

use commonhold_core::user::Via;
use commonhold_core::{Message, Param, Refusal};
use commonhold_repo::CheckedToken;

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::output::Map;
use crate::params::{params, text};
use crate::problem;

pub(crate) const MODULE: Module = Module {
    name: "login",
    kind: Kind::Action,
    prefix: "lg",
    summary: "Starts a session, with a bot password or the account's own.",
    generator: false,
    params: Params::SPECS,
    needs: Needs { post: true, ..Needs::NOTHING },
    examples: &[(
        "action=login&lgname=user@app&lgpassword=password&lgtoken=123ABC",
        "Log in with a bot password.",
    )],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// User name, with `@` and the name of the application for a bot password.
    name: Option<String> = text();
    /// Password.
    password: Option<String> = text().sensitive();
    /// Not used.
    domain: Option<String> = text();
    /// A token of the type `login`, fetched in the same session.
    token: Option<String> = text().sensitive();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    if cx.request.untrusted {
        aborted(cx, "api-login-fail-sameorigin");
        return Ok(());
    }
    refuse_in_query(cx, &["lgpassword", "lgtoken"])?;
    let repo = Arc::clone(&cx.repo);
    let was_stored = cx.session.is_stored();
    repo.store_session(&mut cx.session).await?;
    if matches!(cx.session.caller.via, Via::BotPassword { .. }) {
        aborted(cx, "api-login-fail-badsessionprovider");
        return Ok(());
    }
    let token = params.token.unwrap_or_default();
    if token.is_empty() {
        let token = cx.session.token("login", repo.now());
        let feature = Message::new("apiwarn-deprecation-login-token");
        cx.warn_deprecated(cx.module, "action=login&!lgtoken", feature);
        cx.result.set("login", Map::new().with("result", "NeedToken").with("token", token));
        return Ok(());
    }
    if !was_stored {
        failed(cx, &Refusal::of(Message::new("sessionlost")));
        return Ok(());
    }
    if cx.session.check_token("login", &token) == CheckedToken::Invalid {
        cx.result.set("login", Map::new().with("result", "WrongToken"));
        return Ok(());
    }
    let (name, password) = (params.name.unwrap_or_default(), params.password.unwrap_or_default());
    match repo.authenticate(&name, &password, &cx.request.ip, true).await? {
        Ok(user) => {
            repo.log_in(&mut cx.session, &user).await?;
            if user.app_id.is_none() {
                cx.warn_deprecated(
                    cx.module,
                    "main-account-login",
                    Message::new("apiwarn-deprecation-login-nobotpw"),
                );
            }
            let answer = Map::new()
                .with("result", "Success")
                .with("lguserid", user.user_id)
                .with("lgusername", user.user_name);
            cx.result.set("login", answer);
        }
        Err(failure) => failed(cx, &failure.refusal()),
    }
    Ok(())
}

/// Refuses parameters that would end up in logs of addresses.
pub(crate) fn refuse_in_query(cx: &Context, names: &[&str]) -> Result<(), Refusal> {
    let exposed =
        names.iter().filter(|name| cx.request.fields.peek(name).is_some_and(|field| field.in_query));
    let exposed: Vec<String> = exposed.map(|name| (*name).to_owned()).collect();
    if exposed.is_empty() {
        return Ok(());
    }
    let count = exposed.len() as i64;
    Err(Refusal::of(Message::new("apierror-mustpostparams").with(Param::List(exposed)).with(count)))
}

fn failed(cx: &mut Context, refusal: &Refusal) {
    let reason = problem::described(refusal, cx.error_format);
    cx.result.set("login", Map::new().with("result", "Failed").with("reason", reason));
}

fn aborted(cx: &mut Context, key: &'static str) {
    let reason = problem::described(&Refusal::of(Message::new(key)), cx.error_format);
    cx.result.set("login", Map::new().with("result", "Aborted").with("reason", reason));
}
