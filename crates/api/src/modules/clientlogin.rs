//! `action=clientlogin`, for a login in one step.

use std::sync::Arc;

use commonhold_core::{Message, Refusal};
use commonhold_repo::CheckedToken;

use crate::context::Context;
use crate::failure::Failure;
use crate::message;
use crate::module::{Kind, Module, Needs};
use crate::modules::login::refuse_in_query;
use crate::output::Map;
use crate::params::{boolean, params, text};

pub(crate) const MODULE: Module = Module {
    name: "clientlogin",
    kind: Kind::Action,
    prefix: "",
    summary: "Starts a session with the account's own password, for interactive programs.",
    generator: false,
    params: Params::SPECS,
    needs: Needs { post: true, ..Needs::NOTHING },
    examples: &[(
        "action=clientlogin&username=Example&password=ExamplePassword&loginreturnurl=http://example.org/&logintoken=123ABC",
        "Log in as Example.",
    )],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// User name.
    username: Option<String> = text();
    /// Password.
    password: Option<String> = text().sensitive();
    // Every session here outlives the browser until it is idle for long.
    /// Keep the session when the browser is closed.
    remember_me: bool = boolean().named("rememberMe");
    /// Where third parties would send the user back to; no login here goes through one.
    loginreturnurl: Option<String> = text();
    /// Goes on with a login of several steps; no login here has them.
    logincontinue: bool = boolean();
    /// A token of the type `login`, fetched in the same session.
    logintoken: String = text().required().sensitive();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    refuse_in_query(cx, &["logintoken", "password"])?;
    match (&params.loginreturnurl, params.logincontinue) {
        (None, false) => {
            let message = Message::new("apierror-missingparam-at-least-one-of")
                .with("logincontinue, loginreturnurl")
                .with(2);
            return Err(Refusal::new("missingparam", message).into());
        }
        (Some(url), _) if !url.starts_with("https://") && !url.starts_with("http://") => {
            return Err(Refusal::new(
                "badurl_loginreturnurl",
                Message::new("apierror-badurl").with("loginreturnurl"),
            )
            .into());
        }
        (_, true) => {
            let lost = Refusal::of(Message::new("authmanager-authn-not-in-progress"));
            failed(cx, &lost);
            return Ok(());
        }
        _ => {}
    }
    if cx.request.untrusted {
        failed(cx, &Refusal::of(Message::new("api-login-fail-sameorigin")));
        return Ok(());
    }
    if cx.session.check_token("login", &params.logintoken) == CheckedToken::Invalid {
        return Err(Refusal::of(Message::new("apierror-badtoken")).into());
    }
    let repo = Arc::clone(&cx.repo);
    let (name, password) = (params.username.unwrap_or_default(), params.password.unwrap_or_default());
    match repo.authenticate(&name, &password, &cx.request.ip, false).await? {
        Ok(user) => {
            repo.log_in(&mut cx.session, &user).await?;
            cx.result.set("clientlogin", Map::new().with("status", "PASS").with("username", user.user_name));
        }
        Err(failure) => failed(cx, &failure.refusal()),
    }
    Ok(())
}

fn failed(cx: &mut Context, refusal: &Refusal) {
    let answer = Map::new()
        .with("status", "FAIL")
        .with("message", message::text(&refusal.message))
        .with("messagecode", refusal.code.clone().into_owned());
    cx.result.set("clientlogin", answer);
}
