//! `commonhold doctor`: does what protects this server work here?

use anyhow::{Context, Result, bail};
use commonhold_media::job::Probe;
use commonhold_media::tools::{Tool, Tools};
use commonhold_repo::Enclosure;
use serde_json::{Map, Value, json};
use tokio::runtime::Builder;

use crate::cli::Options;
use crate::config::Config;
use crate::print;

/// `commonhold doctor`.
pub(crate) fn run(options: &Options, config: &Config) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let probed = runtime.block_on(commonhold_repo::probe(&config.settings.media));
    let enclosure = probed.context("the processes that decode files can't be started")?;
    let tools = Tools::find(&config.settings.media.tools);
    let text = if options.json {
        format!("{}\n", value(&enclosure, &tools))
    } else {
        report(&enclosure) + &tools_report(&enclosure, &tools)
    };
    print(&text)?;
    if enclosure.attempts.iter().any(|(_, stopped)| !stopped) {
        bail!("processes that decode files can do what they must not");
    }
    Ok(())
}

fn name(probe: Probe) -> &'static str {
    match probe {
        Probe::Open => "open",
        Probe::Connect => "connect",
        Probe::Execute => "execute",
        Probe::Memory => "memory",
        Probe::Time => "time",
    }
}

fn value(enclosure: &Enclosure, tools: &Tools) -> Value {
    let stopped: Map<String, Value> =
        enclosure.attempts.iter().map(|(probe, stopped)| (name(*probe).to_owned(), json!(stopped))).collect();
    let tools: Map<String, Value> = Tool::ALL
        .into_iter()
        .map(|tool| (tool.name().to_owned(), json!(tools.get(tool).map(|place| place.display().to_string()))))
        .collect();
    json!({
        "sandbox": { "landlock": enclosure.landlock, "seccomp": enclosure.seccomp, "stopped": stopped },
        "tools": tools,
    })
}

/// Programs of others, and what there is without them.
fn tools_report(enclosure: &Enclosure, tools: &Tools) -> String {
    let mut text = "Some files are decoded by other programs, if they are there (media.tools).\n".to_owned();
    for tool in Tool::ALL {
        let files = match tool {
            Tool::Ffmpeg => "films",
            Tool::Ddjvu => "DjVu",
        };
        text += &match tools.get(tool) {
            Some(place) => format!("  {}: {}\n", tool.name(), place.display()),
            None => format!("  {}: not there, so {files} have no pictures\n", tool.name()),
        };
    }
    if !(enclosure.landlock && enclosure.seccomp) {
        text += "  They aren't used here, since this kernel can't enclose them.\n";
    }
    text
}

fn report(enclosure: &Enclosure) -> String {
    let in_force =
        |is: bool| if is { "in force" } else { "not in force: this kernel doesn't have it, or forbids it" };
    let mut text = "Files are decoded in processes that can do nothing else.\n".to_owned();
    text += &format!("  Landlock: {}\n", in_force(enclosure.landlock));
    text += &format!("  Filter of system calls: {}\n", in_force(enclosure.seccomp));
    for (probe, stopped) in &enclosure.attempts {
        let attempt = match probe {
            Probe::Open => "Opening a file",
            Probe::Connect => "Connecting to a server",
            Probe::Execute => "Starting a program",
            Probe::Memory => "Taking more memory than allowed",
            Probe::Time => "Computing for longer than allowed",
        };
        text += &format!("  {attempt}: {}\n", if *stopped { "stopped" } else { "NOT stopped" });
    }
    text
}
