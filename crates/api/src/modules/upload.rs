//! `action=upload`.

use std::sync::Arc;

use commonhold_core::{Data, Expiry, FileKey, Message, Param, Refusal, Sha1, Sha256};
use commonhold_repo::{
    Checksums, FileVersion, Outcome, Progress, Received, Source, Stage, StashedFile, Timing, UploadRequest,
    UploadStatus,
};

use crate::context::Context;
use crate::failure::Failure;
use crate::module::{Kind, Module, Needs};
use crate::modules::fileinfo::{self, Subject, Wanted};
use crate::modules::watching;
use crate::output::{List, Map, Value};
use crate::params::{Bound, boolean, choice, integer, params, tags, text, token, upload, watchlist_expiry};

pub(crate) const MODULE: Module = Module {
    name: "upload",
    kind: Kind::Action,
    prefix: "",
    summary: "Uploads a file: whole, in chunks, from another server, or out of the stash.",
    generator: false,
    params: Params::SPECS,
    needs: Needs::WRITE,
    examples: &[
        (
            "action=upload&filename=Wiki.png&url=https://example.org/Wiki.png&token=123ABC",
            "Upload a file from another server.",
        ),
        (
            "action=upload&filename=Wiki.png&filekey=filekey&ignorewarnings=1&token=123ABC",
            "Publish a stashed file.",
        ),
        (
            "action=upload&stash=1&filename=Large.tif&filesize=1000000&offset=0&chunk=file_contents_here&token=123ABC",
            "Send the first chunk of a large file.",
        ),
    ],
    run: |cx, values| Box::pin(run(cx, Params::bind(values))),
};

params! {
    /// Name of the file.
    filename: Option<String> = text();
    /// Comment on the upload; also the text of a new description page where `text` is absent.
    comment: String = text().default("");
    /// Tags that the log's entry and the page's revision are marked with.
    tags: Vec<String> = tags();
    /// Text of a new description page.
    text: Option<String> = text().multiline();
    /// Watch the file's page.
    watch: bool = boolean().deprecated();
    /// Whether to watch the file's page: `watch` it, leave that as it is (`nochange`), or go by the `preferences`.
    watchlist: String = choice(&["nochange", "preferences", "watch"]).default("preferences");
    /// Until when the file's page is watched. If absent, for good, or as it was.
    watchlistexpiry: Option<Expiry> = watchlist_expiry();
    /// Go on in spite of warnings.
    ignorewarnings: bool = boolean();
    /// The file, as a part of a multipart body.
    file: Option<Received> = upload();
    /// Address of the file on another server, with http or https.
    url: Option<String> = text();
    /// Key of a stashed file, or of the upload that a chunk continues.
    filekey: Option<String> = text();
    /// Same as `filekey`.
    sessionkey: Option<String> = text().deprecated();
    /// Keep the file in the stash instead of publishing it.
    stash: bool = boolean();
    /// Bytes of the whole file, in a chunked upload.
    filesize: i64 = integer(Some(0), Bound::UploadSize);
    /// Bytes before the chunk.
    offset: Option<i64> = integer(Some(0), Bound::Open);
    /// A part of the file, as a part of a multipart body.
    chunk: Option<Received> = upload();
    /// SHA-256 of the chunk, in hexadecimal. If it isn't that of what arrives, nothing is kept.
    chunksha256: Option<String> = text().beyond();
    /// SHA-1 of the whole file, in hexadecimal. If it isn't that of what arrives, nothing is kept.
    sha1: Option<String> = text().beyond();
    /// SHA-256 of the whole file, in hexadecimal. If it isn't that of what arrives, nothing is kept.
    sha256: Option<String> = text().beyond();
    /// Chunks after the first may arrive at once and in any order. The answer lists what is missing.
    parallel: bool = boolean().beyond();
    /// Answer before the work is done: after the last chunk, when a stashed file is published, or before a file is
    /// fetched. `checkstatus` tells the rest.
    r#async: bool = boolean();
    /// Tell how far the upload of the file key is, or of the address and the file name, and nothing else.
    checkstatus: bool = boolean();
    /// With `checkstatus`: tell also how many bytes have arrived, and when each stage began.
    progress: bool = boolean().beyond();
    /// A token of the type `csrf`.
    token: String = token();
}

async fn run(cx: &mut Context, params: Params) -> Result<(), Failure> {
    let key = match (&params.filekey, &params.sessionkey) {
        (Some(key), other) if !key.is_empty() || other.is_none() => Some(key.clone()),
        (_, other) => other.clone().or_else(|| params.filekey.clone()),
    };
    if !cx.repo.settings().uploads.enabled {
        return Err(Refusal::of(Message::new("uploaddisabled")).into());
    }
    let given = [("file", params.file.is_some()), ("url", params.url.is_some()), ("filekey", key.is_some())];
    let source = match (params.chunk, key, params.file, params.url) {
        (Some(received), key, _, _) => {
            let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
            let (offset, filesize) = (params.offset.map(unsigned), unsigned(params.filesize));
            Source::Chunk { received, offset, filesize, key, parallel: params.parallel }
        }
        (None, Some(key), None, None) if params.checkstatus => {
            let status = cx.repo.upload_status(&cx.session.caller, &key).await?;
            return put_status(cx, status, params.progress);
        }
        (None, None, None, Some(url)) if params.checkstatus => {
            let Some(filename) = &params.filename else { return Err(no_filename().into()) };
            let status = cx.repo.fetch_status(&cx.session.caller, filename, &url).await?;
            return put_status(cx, status, params.progress);
        }
        (None, Some(key), None, None) => Source::Stashed(key),
        (None, None, Some(received), None) => Source::File(received),
        (None, None, None, Some(url)) => Source::Url(url),
        (None, None, None, None) => {
            let names = ["filekey", "file", "url"].map(str::to_owned).to_vec();
            let message = Message::new("apierror-missingparam-one-of").with(Param::List(names)).with(3);
            return Err(Refusal::new("missingparam", message).into());
        }
        _ => {
            let names: Vec<_> =
                given.iter().filter(|(_, given)| *given).map(|(name, _)| (*name).to_owned()).collect();
            let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
            let message = Message::new("apierror-invalidparammix").with(Param::List(names)).with(count);
            return Err(Refusal::of(message).into());
        }
    };
    let checksums = Checksums {
        chunk_sha256: checksum("chunksha256", params.chunksha256.as_deref(), Sha256::from_hex)?,
        sha1: checksum("sha1", params.sha1.as_deref(), Sha1::from_hex)?,
        sha256: checksum("sha256", params.sha256.as_deref(), Sha256::from_hex)?,
    };
    let request = UploadRequest {
        caller: cx.session.caller.clone(),
        filename: params.filename,
        comment: params.comment,
        text: params.text,
        tags: params.tags,
        ignore_warnings: params.ignorewarnings,
        stash: params.stash,
        watching: watching::asked(params.watch, false, &params.watchlist, params.watchlistexpiry),
        timing: if params.r#async { Timing::AfterAnswer } else { Timing::BeforeAnswer },
        checksums,
        source,
    };
    let outcome = Arc::clone(&cx.repo).upload(request).await?;
    let answer = answer(cx, outcome);
    cx.result.set("upload", answer);
    Ok(())
}

/// Reads a checksum.
fn checksum<T>(
    name: &'static str,
    sent: Option<&str>,
    read: fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(text) = sent else { return Ok(None) };
    let bad = || Refusal::of(Message::new("badchecksum").with(name)).with("parameter", name);
    read(text).map(Some).ok_or_else(bad)
}

/// The answer's object.
fn answer(cx: &Context, outcome: Outcome) -> Map {
    let mut answer = Map::new();
    match outcome {
        Outcome::Published { version, warnings, page_before } => {
            answer.set("result", "Success");
            answer.set("filename", version.name.clone());
            put_warnings(&mut answer, &warnings.data());
            answer.set("imageinfo", published_info(cx, &version, page_before));
        }
        Outcome::Stashed { file, warnings, chunked } => {
            if chunked {
                put_warnings(&mut answer, &warnings.data());
            }
            answer.set("result", "Success");
            if !chunked {
                put_warnings(&mut answer, &warnings.data());
            }
            put_key(&mut answer, &file.key, !chunked);
            answer.set("imageinfo", stashed_info(cx, &file));
        }
        Outcome::Warned { warnings, key } => {
            answer.set("result", "Warning");
            put_warnings(&mut answer, &warnings.data());
            if let Some(key) = key {
                put_key(&mut answer, &key, true);
            }
        }
        Outcome::Continue { warnings, offset, key, missing } => {
            put_warnings(&mut answer, &warnings.data());
            answer.set("result", "Continue");
            answer.set("offset", offset as i64);
            put_key(&mut answer, &key, false);
            if let Some(missing) = missing {
                let gap = |gap: std::ops::Range<u64>| {
                    Map::new().with("offset", gap.start as i64).with("size", (gap.end - gap.start) as i64)
                };
                answer.set("missing", List::of("range", missing.into_iter().map(gap)));
            }
        }
        Outcome::AssemblyQueued { warnings, key } => {
            put_warnings(&mut answer, &warnings.data());
            put_result(&mut answer, "Poll", Stage::Queued);
            put_key(&mut answer, &key, false);
        }
        Outcome::PublicationQueued { warnings, filename } => {
            put_result(&mut answer, "Poll", Stage::Queued);
            answer.set("filename", filename);
            put_warnings(&mut answer, &warnings.data());
        }
    }
    answer
}

fn published_info(cx: &Context, version: &FileVersion, page: Option<i64>) -> Map {
    let subject = Subject::Version { version, page };
    let wanted = Wanted { props: fileinfo::UPLOADED, ..Wanted::default() };
    fileinfo::entry(&cx.repo, &subject, &wanted)
}

fn stashed_info(cx: &Context, file: &StashedFile) -> Map {
    let wanted = Wanted { props: fileinfo::STASHED, ..Wanted::default() };
    fileinfo::entry(&cx.repo, &Subject::Stashed(file), &wanted)
}

fn put_result(answer: &mut Map, result: &'static str, stage: Stage) {
    answer.set("result", result);
    answer.set("stage", stage.as_str());
}

fn put_key(answer: &mut Map, key: &FileKey, session_key: bool) {
    answer.set("filekey", key.as_str().to_owned());
    if session_key {
        answer.set("sessionkey", key.as_str().to_owned());
    }
}

/// Puts warnings, if there are any.
fn put_warnings(answer: &mut Map, warnings: &Data) {
    let Data::Map(entries) = warnings else { return };
    if entries.is_empty() {
        return;
    }
    let mut map = Map::new();
    for (name, value) in entries {
        let tag = if name == "duplicateversions" { "ver" } else { "duplicate" };
        map.set(name.clone(), Value::from(value).tagged(tag));
    }
    answer.set("warnings", map);
}

/// `checkstatus` of an upload by URL needs the name that was asked for.
fn no_filename() -> Refusal {
    Refusal::new("nofilename", Message::new("apierror-missingparam").with("filename"))
}

/// `checkstatus`.
fn put_status(
    cx: &mut Context,
    (status, progress): (UploadStatus, Progress),
    with_progress: bool,
) -> Result<(), Failure> {
    let mut answer = Map::new();
    match status {
        UploadStatus::Uploading(offset) => {
            answer.set("result", "Continue");
            answer.set("stage", "uploading");
            answer.set("offset", offset as i64);
        }
        UploadStatus::Working(stage) => put_result(&mut answer, "Poll", stage),
        UploadStatus::Stashed { file, warnings } => {
            put_result(&mut answer, "Success", Stage::Assembling);
            put_key(&mut answer, &file.key, false);
            put_warnings(&mut answer, &warnings);
            answer.set("imageinfo", stashed_info(cx, &file));
        }
        UploadStatus::Published { filename, version } => {
            put_result(&mut answer, "Success", Stage::Publish);
            answer.set("filename", filename);
            if let Some(version) = version {
                answer.set("imageinfo", published_info(cx, &version, None));
            }
        }
        UploadStatus::Warned { warnings, key } => {
            put_result(&mut answer, "Warning", Stage::Publish);
            put_warnings(&mut answer, &warnings);
            if let Some(key) = key {
                put_key(&mut answer, &key, true);
            }
        }
        UploadStatus::Failed(refusal) => return Err((*refusal).into()),
        UploadStatus::Nothing => {
            let message = Message::new("apierror-upload-missingresult");
            return Err(Refusal::new("missingresult", message).into());
        }
    }
    if with_progress {
        put_progress(&mut answer, &progress);
    }
    cx.result.set("upload", answer);
    Ok(())
}

fn put_progress(answer: &mut Map, progress: &Progress) {
    answer.set("received", progress.received as i64);
    if let Some(filesize) = progress.filesize {
        answer.set("filesize", filesize as i64);
    }
    let stages = progress
        .stages
        .iter()
        .map(|(stage, began)| Map::new().with("stage", stage.as_str()).with("timestamp", began.iso()));
    answer.set("stages", List::of("stage", stages));
    if let Some(finished) = progress.finished {
        answer.set("finished", finished.iso());
    }
}
