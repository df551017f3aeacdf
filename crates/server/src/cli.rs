//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// A media repository server that speaks MediaWiki's upload API.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Options {
    /// The data directory; made at the first start.
    #[arg(
        long,
        global = true,
        env = "COMMONHOLD_DATA",
        default_value = "./commonhold-data",
        value_name = "DIR"
    )]
    pub(crate) data: PathBuf,
    /// A configuration file; `commonhold config doc` shows one with all settings.
    #[arg(long, global = true, env = "COMMONHOLD_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write for programs: results and logs as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How much to log.
    #[arg(long, global = true, default_value = "info", value_name = "LEVEL")]
    pub(crate) log: LogLevel,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum LogLevel {
    /// What went wrong.
    Error,
    /// And what may go wrong.
    Warn,
    /// And a line for each request.
    Info,
    /// And details.
    Debug,
    /// Everything.
    Trace,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve {
        /// Address and port to listen on, instead of the configured one.
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<SocketAddr>,
        /// Scheme, host and port by which clients know the server, instead of the configured ones.
        #[arg(long, value_name = "URL")]
        public_url: Option<String>,
    },
    /// Accounts. Works while the server runs.
    User {
        /// What to do with them.
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Passwords of programs. Works while the server runs.
    BotPassword {
        /// What to do with them.
        #[command(subcommand)]
        command: BotPasswordCommand,
    },
    /// Check the catalogue against the stored files. The server must not run. Ends with 1 if problems remain.
    Fsck {
        /// Mend what can be mended without losing anything.
        #[arg(long)]
        repair: bool,
        /// Read all files and compare them with their hashes.
        #[arg(long)]
        deep: bool,
    },
    /// Remove stored bytes that nothing refers to. Works while the server runs, which does it daily.
    Gc {
        /// Leave alone what is younger: a number with s, m, h, d or w, as in 12h.
        #[arg(long, value_name = "AGE", value_parser = age, default_value = "7d")]
        older_than: i64,
        /// Even if that removes more than it keeps, which looks as if the catalogue were the wrong one.
        #[arg(long)]
        force: bool,
    },
    /// Read all files and compare them with their hashes. Works while the server runs. Ends with 1 on a difference.
    Scrub,
    /// Check that files are decoded by processes that can do nothing else. Ends with 1 if they can.
    Doctor,
    /// Do one job on the file that is standard input. The server starts this by itself.
    #[command(hide = true)]
    MediaWorker {
        /// What to do, as JSON.
        order: String,
    },
    /// The configuration.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account.
    Create {
        /// Its name.
        name: String,
        /// Where its password comes from.
        #[command(flatten)]
        password: PasswordOptions,
        /// A group to put it in, such as sysop or bot; may be repeated.
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// List all accounts.
    List,
    /// Set a new password and end all sessions.
    Passwd {
        /// Whose.
        name: String,
        /// Where it comes from.
        #[command(flatten)]
        password: PasswordOptions,
    },
    /// Show an account's groups, after changing them if asked to.
    Groups {
        /// Whose.
        name: String,
        /// A group to put it in; may be repeated.
        #[arg(long, value_name = "GROUP")]
        add: Vec<String>,
        /// A group to take it out of; may be repeated.
        #[arg(long, value_name = "GROUP")]
        remove: Vec<String>,
    },
    /// Block a user, an address or a network from changing anything.
    Block {
        /// Whom: an account, an address, or a network such as 192.0.2.0/24.
        name: String,
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// When it ends: a moment, a length such as "3 days", or never.
        #[arg(long, value_name = "TIME", default_value = "never")]
        expiry: String,
    },
    /// End a block.
    Unblock {
        /// Whose.
        name: String,
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
}

/// Where a password comes from. Without any of these a random one is made and printed.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordOptions {
    /// The password. Other users of the machine can see it while the command runs.
    #[arg(long, value_name = "PASSWORD", conflicts_with = "password_stdin")]
    pub(crate) password: Option<String>,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// What can be done with bot passwords.
#[derive(Debug, Subcommand)]
pub(crate) enum BotPasswordCommand {
    /// Make or replace one, and print how to log in with it.
    Create {
        /// Whose.
        user: String,
        /// Name of the program.
        app: String,
        /// What the program may do, such as basic or uploadfile; may be repeated. Without it: all.
        #[arg(long = "grant", value_name = "GRANT")]
        grants: Vec<String>,
        /// The password: 32 or more of the characters 0-9 and a-v. Without it a random one is made.
        #[arg(long, value_name = "PASSWORD")]
        password: Option<String>,
    },
    /// List an account's.
    List {
        /// Whose.
        user: String,
    },
    /// Take one back and end its sessions.
    Revoke {
        /// Whose.
        user: String,
        /// Name of the program.
        app: String,
    },
}

/// Reads an age; gives seconds.
fn age(text: &str) -> Result<i64, String> {
    let read = || {
        let (unit, unit_seconds) = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 7 * 86_400)]
            .into_iter()
            .find(|(unit, _)| text.ends_with(unit))?;
        let number = text.strip_suffix(unit)?;
        // No sign: an age is not negative.
        let number: u32 =
            if number.bytes().all(|b| b.is_ascii_digit()) { number.parse().ok()? } else { return None };
        Some(i64::from(number) * unit_seconds)
    };
    read().ok_or_else(|| "an age is a number with s, m, h, d or w, as in 12h".to_owned())
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check file and environment.
    Check,
    /// Show the settings in force.
    Show,
    /// Show all settings with their meanings and defaults.
    Doc,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("5m", 300), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600)]
        {
            assert_eq!(age(text), Ok(seconds), "{text}");
        }
        for bad in ["", "d", "7", "-1d", "+1d", "1.5h", "1 d", "99999999999d", "7x"] {
            assert!(age(bad).is_err(), "{bad}");
        }
    }
}
