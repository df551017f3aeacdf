//! Commands that look after the stored files: `fsck`, `scrub` and `gc`.
//!
//! With `--json` each problem is a line of its own as it is found, and the last line says what was done.

use anyhow::{Context, Result, bail};
use commonhold_repo::fsck::{Check, Checked, Fault, Problem, Subject};
use commonhold_repo::{Error, Extent, GARBAGE_AGE_SECONDS, Repository};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::cli::Options;
use crate::config::Config;
use crate::stores::{self, DataDirectory};
use crate::{log, print};

/// `commonhold fsck`.
pub(crate) fn fsck(options: &Options, config: &Config, repair: bool, deep: bool) -> Result<()> {
    let _log = log::start(options);
    stores::expect(&options.data)?;
    let _claimed = DataDirectory::claim(&options.data)?;
    let (repo, runtime) = open(options, config)?;
    let check = Check { deep, repair, unused_after: GARBAGE_AGE_SECONDS };
    let mut printed = Ok(());
    let mut report = |problem: &Problem| tell(options, problem, &mut printed);
    let checked = runtime.block_on(repo.fsck(check, &mut report)).context("the check was broken off")?;
    printed?;
    conclude(options, &checked)
}

/// `commonhold scrub`.
pub(crate) fn scrub(options: &Options, config: &Config) -> Result<()> {
    let _log = log::start(options);
    stores::expect(&options.data)?;
    let (repo, runtime) = open(options, config)?;
    let mut printed = Ok(());
    let mut report = |problem: &Problem| tell(options, problem, &mut printed);
    let checked = runtime.block_on(repo.scrub(&mut report)).context("the check was broken off")?;
    printed?;
    conclude(options, &checked)
}

/// `commonhold gc`.
pub(crate) fn gc(options: &Options, config: &Config, older_than: i64, force: bool) -> Result<()> {
    let _log = log::start(options);
    stores::expect(&options.data)?;
    let (repo, runtime) = open(options, config)?;
    let extent = if force { Extent::All } else { Extent::LessThanKept };
    let removed = match runtime.block_on(repo.collect_garbage(older_than, extent)) {
        Err(error @ Error::StrangeCatalogue { .. }) => {
            return Err(error).context("if it is the right one, say --force");
        }
        removed => removed.context("not all could be removed")?,
    };
    let text = if options.json {
        format!("{}\n", json!({ "blobs": removed.blobs, "partials": removed.partials }))
    } else {
        let (blobs, partials) = (removed.blobs, removed.partials);
        format!("Removed {blobs} blobs and {partials} unfinished ones that nothing refers to.\n")
    };
    Ok(print(&text)?)
}

fn open(options: &Options, config: &Config) -> Result<(Repository, Runtime)> {
    let repo = stores::open_existing(&options.data, config)?;
    let runtime = Builder::new_current_thread().enable_all().build().context("no runtime")?;
    Ok((repo, runtime))
}

/// Prints a problem, unless printing has failed before.
fn tell(options: &Options, problem: &Problem, printed: &mut std::io::Result<()>) {
    if printed.is_ok() {
        let text = if options.json { format!("{}\n", value(problem)) } else { text(problem) };
        *printed = print(&text);
    }
}

/// Says what was looked at; fails if problems remain.
fn conclude(options: &Options, checked: &Checked) -> Result<()> {
    let text = if options.json {
        let summary = json!({
            "versions": checked.versions,
            "stashed": checked.stashed,
            "blobs": checked.blobs,
            "partials": checked.partials,
            "young": checked.young,
            "bytes": checked.bytes,
            "problems": checked.problems,
            "repaired": checked.repaired,
        });
        format!("{summary}\n")
    } else {
        summary(checked)
    };
    print(&text)?;
    match checked.problems - checked.repaired {
        0 => Ok(()),
        1 => bail!("1 problem remains"),
        remaining => bail!("{remaining} problems remain"),
    }
}

fn summary(checked: &Checked) -> String {
    let Checked { versions, stashed, blobs, partials, young, bytes, problems, repaired } = checked;
    let mut text = format!("Checked {versions} versions of files and {stashed} entries of the stash");
    if blobs + partials > 0 {
        text += &format!(
            " against {blobs} blobs and {partials} unfinished ones; {young} young ones are nobody's yet"
        );
    }
    text += ".\n";
    if *bytes > 0 {
        text += &format!("Read {bytes} bytes.\n");
    }
    text + &format!("Found {problems} problems and mended {repaired} of them.\n")
}

/// A problem in words, with what to do about it.
fn text(problem: &Problem) -> String {
    let blob = &problem.blob;
    let subject = match &problem.subject {
        Subject::Version { name, archive_name: None } => format!("File:{name}"),
        Subject::Version { archive_name: Some(archive_name), .. } => {
            format!("the old version {archive_name}")
        }
        Subject::Stashed(key) => format!("the stashed file {key}"),
        Subject::Bytes => format!("the blob {blob}"),
    };
    let fault = match &problem.fault {
        Fault::Missing => format!("its bytes {blob} are missing"),
        Fault::Length { expected, found } => {
            format!("its bytes {blob} are {found} instead of {expected}")
        }
        Fault::Content => format!("its bytes {blob} are not those that were uploaded"),
        Fault::Unreadable(why) => format!("its bytes {blob} can't be read: {why}"),
        Fault::HalfSealed => "a crash left it with two names".to_owned(),
        Fault::Unused => "nothing refers to it".to_owned(),
    };
    // Names are nobody's to decide over our terminal.
    let subject: String = subject.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("{subject}: {fault}\n  {}\n", advice(problem))
}

fn advice(problem: &Problem) -> &'static str {
    if problem.repaired {
        return match problem.fault {
            Fault::HalfSealed => "Mended: it has one name now.",
            _ => "Mended: the entry is gone; nothing could have been made of it.",
        };
    }
    match (&problem.subject, &problem.fault) {
        (_, Fault::HalfSealed) => "fsck --repair mends it.",
        (_, Fault::Unused) => "`commonhold gc` removes it.",
        (Subject::Version { .. }, Fault::Unreadable(_)) => {
            "Look after the disk, and take the bytes from a backup or upload the file again."
        }
        (Subject::Version { .. }, _) => "Take the bytes from a backup, or upload the file again.",
        (_, Fault::Missing) => "fsck --repair removes the entry; its owner has to upload the file again.",
        _ => "The entry expires; its owner has to upload the file again.",
    }
}

fn value(problem: &Problem) -> Value {
    let subject = match &problem.subject {
        Subject::Version { name, archive_name } => json!({ "file": name, "archivename": archive_name }),
        Subject::Stashed(key) => json!({ "filekey": key.as_str() }),
        Subject::Bytes => json!({}),
    };
    let fault = match &problem.fault {
        Fault::Missing => json!({ "fault": "missing" }),
        Fault::Length { expected, found } => {
            json!({ "fault": "length", "expected": expected, "found": found })
        }
        Fault::Content => json!({ "fault": "content" }),
        Fault::Unreadable(why) => json!({ "fault": "unreadable", "why": why }),
        Fault::HalfSealed => json!({ "fault": "half-sealed" }),
        Fault::Unused => json!({ "fault": "unused" }),
    };
    let mut value = json!({ "blob": problem.blob.as_str(), "repaired": problem.repaired });
    for part in [subject, fault] {
        if let (Value::Object(value), Value::Object(part)) = (&mut value, part) {
            value.extend(part);
        }
    }
    value["advice"] = json!(advice(problem));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(fault: Fault) -> Problem {
        let blob = commonhold_core::BlobKey::parse("01J9ZQ4K8M0000000000000ZVX");
        Problem {
            subject: Subject::Version { name: "A\u{1b}[2J.png".to_owned(), archive_name: None },
            blob: blob.unwrap(),
            fault,
            repaired: false,
        }
    }

    #[test]
    fn problems_are_told_with_what_to_do_and_without_control_characters() {
        assert_eq!(
            text(&problem(Fault::Missing)),
            "File:A\u{fffd}[2J.png: its bytes 01J9ZQ4K8M0000000000000ZVX are missing\n  \
             Take the bytes from a backup, or upload the file again.\n"
        );
    }

    #[test]
    fn programs_get_the_same_as_an_object() {
        let value = value(&problem(Fault::Length { expected: 5, found: 3 }));
        assert_eq!(value["fault"], "length");
        assert_eq!((&value["expected"], &value["found"]), (&json!(5), &json!(3)));
        assert_eq!(value["file"], "A\u{1b}[2J.png");
        assert_eq!(value["repaired"], false);
    }
}
