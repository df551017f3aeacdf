//! Commands about accounts. They work on the catalogue, beside a running server.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read};

use anyhow::{Context, Result, bail};
use commonhold_core::block::Scope;
use commonhold_repo::{BlockRequest, BlockTarget, BotPasswordSummary, Error, Repository, UserSummary};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::cli::{BotPasswordCommand, Options, PasswordOptions, UserCommand};
use crate::config::Config;
use crate::{print, stores};

/// Accounts that are read at a time.
const PAGE: i64 = 500;
/// Most bytes of a password that is read from standard input.
const MAX_PASSWORD: u64 = 4096;

/// `commonhold user`.
pub(crate) fn user(options: &Options, config: &Config, command: &UserCommand) -> Result<()> {
    let (repo, runtime) = open(options, config)?;
    match command {
        UserCommand::Create { name, password, groups } => {
            let given = password.read()?;
            let password = given.clone().unwrap_or_else(|| repo.new_password());
            let user = done(runtime.block_on(repo.create_user(name, &password, groups)))?;
            let shown = if given.is_none() { Some(password) } else { None };
            report_account(options, "Made", &user, shown)
        }
        UserCommand::Passwd { name, password } => {
            let given = password.read()?;
            let password = given.clone().unwrap_or_else(|| repo.new_password());
            done(runtime.block_on(repo.set_password(name, &password)))?;
            let user = known(&runtime, &repo, name)?;
            let shown = if given.is_none() { Some(password) } else { None };
            report_account(options, "Changed the password of", &user, shown)
        }
        UserCommand::List => list_users(options, &runtime, &repo),
        UserCommand::Groups { name, add, remove } => {
            let mut groups = known(&runtime, &repo, name)?.groups;
            if !(add.is_empty() && remove.is_empty()) {
                groups.retain(|group| !remove.contains(group) && !add.contains(group));
                groups.extend(add.iter().cloned());
                done(runtime.block_on(repo.set_groups(name, &groups)))?;
            }
            let text = groups.iter().map(|group| format!("{group}\n")).collect::<String>();
            report(options, &json!(groups), &text)
        }
        UserCommand::Block { name, reason, expiry } => {
            let request = BlockRequest {
                target: BlockTarget::Named(name.clone()),
                expiry: expiry.clone(),
                reason: reason.clone(),
                // As is usual on the web: no accounts meanwhile, and no other address either.
                scope: Scope { no_create: true, autoblock: true, own_talk: true, ..Scope::default() },
                partial: None,
                reblock: false,
                tags: Vec::new(),
            };
            let block = done(runtime.block_on(repo.block_as_operator(request)))?;
            let end = block.expiry.iso("never");
            let value =
                json!({ "id": block.id, "target": block.target, "expiry": block.expiry.iso("infinite") });
            report(options, &value, &format!("Blocked {}. The block ends: {end}\n", block.target))
        }
        UserCommand::Unblock { name, reason } => {
            let target = BlockTarget::Named(name.clone());
            let block = done(runtime.block_on(repo.unblock_as_operator(target, reason)))?;
            let value = json!({ "id": block.id, "target": block.target });
            report(options, &value, &format!("Unblocked {}.\n", block.target))
        }
    }
}

/// `commonhold bot-password`.
pub(crate) fn bot_password(options: &Options, config: &Config, command: &BotPasswordCommand) -> Result<()> {
    let (repo, runtime) = open(options, config)?;
    match command {
        BotPasswordCommand::Create { user, app, grants, password } => {
            let made = repo.create_bot_password(user, app, grants, password.as_deref());
            let password = done(runtime.block_on(made))?;
            let login = format!("{}@{app}", known(&runtime, &repo, user)?.name);
            let text = format!("Log in as {login} with the password\n{password}\nIt isn't shown again.\n");
            report(options, &json!({ "login": login, "password": password }), &text)
        }
        BotPasswordCommand::List { user } => {
            let all = done(runtime.block_on(repo.list_bot_passwords(user)))?;
            let values: Vec<Value> = all.iter().map(bot_password_value).collect();
            let text = all.iter().fold(String::new(), |mut text, bot| {
                let _ =
                    writeln!(text, "{}\tmade {}\t{}", bot.app_id, bot.created.iso(), bot.grants.join(","));
                text
            });
            report(options, &json!(values), &text)
        }
        BotPasswordCommand::Revoke { user, app } => {
            if !done(runtime.block_on(repo.revoke_bot_password(user, app)))? {
                bail!("{user} has no bot password {app:?}");
            }
            report(options, &json!({}), "It is worth nothing any more.\n")
        }
    }
}

fn open(options: &Options, config: &Config) -> Result<(Repository, Runtime)> {
    let repo = stores::open_for_accounts(&options.data, config)?;
    let runtime = Builder::new_current_thread().enable_all().build().context("no runtime")?;
    Ok((repo, runtime))
}

fn known(runtime: &Runtime, repo: &Repository, name: &str) -> Result<UserSummary> {
    done(runtime.block_on(repo.user(name)))?.with_context(|| format!("there is no user {name:?}"))
}

fn list_users(options: &Options, runtime: &Runtime, repo: &Repository) -> Result<()> {
    let mut all: Vec<UserSummary> = Vec::new();
    loop {
        let after = all.last().map(|user| user.name.clone());
        let page = done(runtime.block_on(repo.list_users(after.as_deref(), PAGE)))?;
        let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        all.extend(page);
        if last {
            break;
        }
    }
    let values: Vec<Value> = all.iter().map(user_value).collect();
    let text = all.iter().fold(String::new(), |mut text, user| {
        let since = user.registration.iso();
        let _ = writeln!(
            text,
            "{}\t{}\tsince {since}\t{} edits",
            user.name,
            user.groups.join(","),
            user.edit_count
        );
        text
    });
    report(options, &json!(values), &text)
}

fn user_value(user: &UserSummary) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "groups": user.groups,
        "registration": user.registration.iso(),
        "editcount": user.edit_count,
    })
}

fn bot_password_value(bot: &BotPasswordSummary) -> Value {
    json!({ "app": bot.app_id, "grants": bot.grants, "created": bot.created.iso() })
}

/// Tells of an account that was changed, with the password if it was made here.
fn report_account(options: &Options, what: &str, user: &UserSummary, password: Option<String>) -> Result<()> {
    let mut value = user_value(user);
    let mut text = format!("{what} {}.\n", user.name);
    if let Some(password) = password {
        let _ = writeln!(text, "The password is {password}");
        value["password"] = json!(password);
    }
    report(options, &value, &text)
}

fn report(options: &Options, value: &Value, text: &str) -> Result<()> {
    if options.json {
        print(&format!("{value}\n"))?;
    } else {
        print(text)?;
    }
    Ok(())
}

/// A use case's result, with refusals in words.
fn done<T>(outcome: Result<T, Error>) -> Result<T> {
    outcome.map_err(|error| match error {
        Error::Refused(refusal) => anyhow::anyhow!(commonhold_api::message_text(&refusal.message)),
        fault => fault.into(),
    })
}

impl PasswordOptions {
    /// The password that was given, if one was.
    fn read(&self) -> Result<Option<String>> {
        if !self.password_stdin {
            return Ok(self.password.clone());
        }
        let mut line = String::new();
        let read = io::stdin().lock().take(MAX_PASSWORD).read_line(&mut line);
        read.context("no password on standard input")?;
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}
