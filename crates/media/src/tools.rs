//! Programs of others, for what nothing here decodes: `ffmpeg` for moments of films, `ddjvu` for pages of `DjVu`.
//!
//! They are looked for when the server starts, and it does without those that aren't there. The process that works on
//! a file runs one, behind walls of its own ([`crate::sandbox::enter_for_tool`]), and takes a plain picture from it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::thumb::{Failure, Limits, Spec};

/// Bytes before the pixels of a picture, at most.
const HEAD: u64 = 1 << 10;

/// A program that can be of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tool {
    /// Shows a moment of a film.
    Ffmpeg,
    /// Draws a page of `DjVu`.
    Ddjvu,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ffmpeg, Self::Ddjvu];

    /// What the program is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ffmpeg => "ffmpeg",
            Self::Ddjvu => "ddjvu",
        }
    }

    /// The one that is meant by its name, or by an absolute path that ends with it.
    pub fn meant(word: &str) -> Option<Self> {
        let path = Path::new(word);
        let name = if path.is_absolute() { path.file_name()?.to_str()? } else { word };
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// The one for files of a type.
    pub fn of(mime: &str) -> Option<Self> {
        if mime == "image/vnd.djvu" { Some(Self::Ddjvu) } else { container(mime).map(|_| Self::Ffmpeg) }
    }

    fn arguments(self, spec: &Spec, seek: f64) -> Vec<OsString> {
        let (width, height) = (spec.width, spec.height);
        let text = match self {
            Self::Ffmpeg => {
                // Nothing but this file is read, in the format that it was found to have: no playlists.
                let container = container(&spec.mime).unwrap_or_default();
                format!(
                    "-nostdin -v error -threads 1 -protocol_whitelist file -f {container} -ss {seek:.3} \
                     -i file:/dev/stdin -map 0:v:0 -frames:v 1 -vf scale={width}:{height} -threads 1 \
                     -pix_fmt rgb24 -c:v ppm -f image2pipe pipe:1"
                )
            }
            Self::Ddjvu => {
                let page = spec.page.unwrap_or(1).max(1);
                format!("-format=ppm -page={page} -aspect=no -size={width}x{height} - -")
            }
        };
        text.split_whitespace().map(OsString::from).collect()
    }
}

/// What ffmpeg calls the container of a film.
fn container(mime: &str) -> Option<&'static str> {
    match mime {
        "video/webm" | "video/x-matroska" => Some("matroska"),
        "video/ogg" | "application/ogg" => Some("ogg"),
        "video/mp4" | "video/quicktime" => Some("mov"),
        _ => None,
    }
}

/// The programs that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools(Vec<(Tool, PathBuf)>);

impl Tools {
    /// Looks for those that are wanted: where a path is given, there, and for mere names in the directories of `PATH`.
    pub fn find(wanted: &[String]) -> Self {
        let directories = std::env::var_os("PATH").unwrap_or_default();
        let directories: Vec<PathBuf> =
            std::env::split_paths(&directories).filter(|directory| directory.is_absolute()).collect();
        let find = |word: &String| {
            let tool = Tool::meant(word)?;
            // An absolute path stays what it is.
            let mut places = directories.iter().map(|directory| directory.join(word));
            let place = if Path::new(word).is_absolute() {
                Some(PathBuf::from(word)).filter(|place| place.is_file())
            } else {
                places.find(|place| place.is_file())
            };
            place.map(|place| (tool, place))
        };
        Self(wanted.iter().filter_map(find).collect())
    }

    /// Where a program is, if it is there.
    pub fn get(&self, tool: Tool) -> Option<&Path> {
        self.0.iter().find(|(found, _)| *found == tool).map(|(_, place)| place.as_path())
    }

    /// The program for files of a type, if there is one.
    pub fn program(&self, mime: &str) -> Option<&Path> {
        self.get(Tool::of(mime)?)
    }
}

/// Has a program make a picture of a file. It is called behind walls that allow just this.
pub(crate) fn draw(
    tool: Tool,
    program: &Path,
    source: &mut File,
    spec: &Spec,
    limits: &Limits,
) -> io::Result<Result<Vec<u8>, Failure>> {
    let seek = spec.seek.filter(|at| tool == Tool::Ffmpeg && at.is_finite() && *at > 0.0);
    if let Some(seek) = seek {
        let drawn = run(program, &tool.arguments(spec, seek), source, spec, limits)?;
        if drawn.as_ref().is_ok_and(|bytes| !bytes.is_empty()) {
            return Ok(drawn);
        }
        // There is nothing at the end of a film, and it may be shorter than it says.
    }
    run(program, &tool.arguments(spec, 0.0), source, spec, limits)
}

fn run(
    program: &Path,
    arguments: &[OsString],
    source: &mut File,
    spec: &Spec,
    limits: &Limits,
) -> io::Result<Result<Vec<u8>, Failure>> {
    source.seek(SeekFrom::Start(0))?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::from(source.try_clone()?))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // The picture is as large as was asked for; a program that gives more isn't listened to, and that ends it.
    let most = u64::from(spec.width) * u64::from(spec.height) * 3 + HEAD;
    let mut bytes = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(most.min(limits.memory_bytes / 4)).read_to_end(&mut bytes)?;
    }
    if child.wait()?.success() {
        Ok(Ok(bytes))
    } else {
        Ok(Err(Failure::Damaged("it can't be shown".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_meant_by_name_or_path() {
        assert_eq!(Tool::meant("ffmpeg"), Some(Tool::Ffmpeg));
        assert_eq!(Tool::meant("/opt/films/bin/ffmpeg"), Some(Tool::Ffmpeg));
        assert_eq!(Tool::meant("/usr/bin/ddjvu"), Some(Tool::Ddjvu));
        for nothing in ["", "sh", "/bin/sh", "bin/ffmpeg", "ffmpeg -version", "/"] {
            assert_eq!(Tool::meant(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_not_there_is_done_without() {
        let tools = Tools::find(&["/nowhere/ffmpeg".to_owned(), "sh".to_owned()]);
        assert_eq!(tools, Tools::default());
        assert_eq!(tools.program("video/webm"), None);
        assert_eq!(tools.program("image/png"), None);
    }
}
