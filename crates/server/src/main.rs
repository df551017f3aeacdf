//! The `commonhold` binary: the server and the commands that go with it.
//!
//! `main.rs` reads command line and configuration, `serve.rs` runs the server, `app.rs` holds its addresses, and
//! `commands.rs` and `maintenance.rs` what is done without it. Nothing here decides anything about uploads: if a test of a rule needs a
//! socket, the rule is in the wrong crate.

mod accept;
mod answer;
mod app;
mod by_name;
mod cli;
mod commands;
mod config;
mod doctor;
mod fields;
mod files;
mod icons;
mod log;
mod maintenance;
mod metrics;
mod pages;
mod paths;
mod ranges;
mod serve;
mod stores;
mod thumbs;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Command, ConfigCommand, Options};
use crate::config::{Config, ConfigError};

/// Why the program ends without having done its work.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// The configuration is wrong: exit code 2.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Anything else: exit code 1.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Command::MediaWorker { order } = &options.command {
        return media_worker(order);
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ended) => {
            let (code, message) = match &ended {
                Ended::Config(error) => (2, error.to_string()),
                Ended::Failed(error) => (1, format!("{error:#}")),
            };
            // Where not even this can be written, the code says it.
            let _ = writeln!(io::stderr(), "commonhold: {message}");
            ExitCode::from(code)
        }
    }
}

/// Works on one file in this process and nothing else: no configuration, no log.
fn media_worker(order: &str) -> ExitCode {
    match commonhold_media::job::work(order) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(io::stderr(), "commonhold: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Ended> {
    if let Command::Config { command: ConfigCommand::Doc } = options.command {
        print(&Config::default().toml(true))?;
        return Ok(());
    }
    let mut config = Config::load(options.config.as_deref(), std::env::vars())?;
    match &options.command {
        Command::Config { command: ConfigCommand::Check } => print("The configuration is good.\n")?,
        Command::Config { .. } => print(&config.toml(false))?,
        Command::Serve { listen, public_url } => {
            if let Some(listen) = listen {
                config.listen = *listen;
            }
            if let Some(url) = public_url {
                config.public_url = Some(url.trim_end_matches('/').to_owned());
            }
            serve::run(options, &config)?;
        }
        Command::User { command } => commands::user(options, &config, command)?,
        Command::BotPassword { command } => commands::bot_password(options, &config, command)?,
        Command::Fsck { repair, deep } => maintenance::fsck(options, &config, *repair, *deep)?,
        Command::Gc { older_than, force } => maintenance::gc(options, &config, *older_than, *force)?,
        Command::Doctor => doctor::run(options, &config)?,
        // Done before there was a configuration.
        Command::MediaWorker { .. } => {}
        Command::Scrub => maintenance::scrub(options, &config)?,
    }
    Ok(())
}

/// Writes to standard output.
fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}
