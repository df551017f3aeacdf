//! Request bodies: fields are collected, file parts go to the repository as they arrive.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use commonhold_core::right::Right;
use commonhold_core::{FileKey, Message, Refusal};
use commonhold_repo::{ByteSource, CheckedToken, Error, Hint, Received, SourceError};
use futures_util::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::context::Context;
use crate::digest::Announced;
use crate::failure::Failure;
use crate::form::{FormError, FormReader, Part};
use crate::params::Uploaded;

/// A request's body as it arrives.
pub type BodyStream =
    Pin<Box<dyn Stream<Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>> + Send>>;

/// Names of the parameters that take a file.
const FILE_PARAMETERS: [&str; 2] = ["file", "chunk"];

/// Reads the body: fields into the request's fields, file parts into its parts.
pub(crate) async fn read(cx: &mut Context, headers: &HeaderMap, body: BodyStream) -> Result<(), Failure> {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    // The fields are read in any case: they say in which form an error is wanted.
    let announced = Announced::read(headers);
    let (body, check) = match announced {
        Ok(Some(announced)) => {
            let (body, check) = announced.watch(body);
            (body, Ok(Some(check)))
        }
        Ok(None) => (body, Ok(None)),
        Err(refusal) => (body, Err(refusal)),
    };
    let Some(mut form) = FormReader::new(content_type, body) else { return Ok(()) };
    loop {
        match form.next().await.map_err(broken)? {
            None => return check?.map_or(Ok(()), |check| Ok(check.compare()?)),
            Some(Part::Text { name, value }) => cx.request.fields.add(&name, &value, true),
            Some(Part::File { name, .. }) => {
                let uploaded = receive(cx, &name, &mut form).await?;
                cx.request.parts.insert(name, uploaded);
            }
        }
    }
}

/// Stores a file part, or counts it only, where nothing could come of it.
async fn receive(
    cx: &mut Context,
    name: &str,
    form: &mut FormReader<BodyStream>,
) -> Result<Uploaded, Failure> {
    let mut source = PartSource(form);
    if !welcome(cx, name) {
        let mut size = 0;
        while let Some(bytes) = source.next().await.map_err(|e| Error::Body(e.0))? {
            size += bytes.len() as u64;
        }
        return Ok(Uploaded::Part(Box::new(Received::unstored(&cx.repo, size))));
    }
    let hint = hint(cx, name);
    match cx.repo.receive(cx.session.caller.id, hint, &mut source).await {
        Ok(part) => Ok(Uploaded::Part(Box::new(part))),
        Err(Error::Refused(refusal)) if refusal.code == "file-too-large" => {
            // The rest has to be read, or the client would see a broken connection instead of the answer.
            while source.next().await.map_err(|e| Error::Body(e.0))?.is_some() {}
            Ok(Uploaded::TooLarge(cx.repo.settings().uploads.max_bytes))
        }
        Err(error @ Error::Body(_)) => Err(error.into()),
        Err(error) => {
            while let Ok(Some(_)) = source.next().await {}
            if error.storage_message().is_none() {
                return Err(error.into());
            }
            // As PHP says it where it can't write what arrives.
            tracing::error!(%error, "a part that arrived could not be stored");
            Ok(Uploaded::NotStored)
        }
    }
}

/// Whether a part may be of use: what is known by now doesn't rule it out.
fn welcome(cx: &Context, name: &str) -> bool {
    let fields = &cx.request.fields;
    let action = fields.peek_text("action");
    let token = fields.peek_text("token");
    FILE_PARAMETERS.contains(&name)
        && action.is_none_or(|action| action == "upload")
        && token.is_none_or(|token| cx.session.check_token("csrf", token) != CheckedToken::Invalid)
        && cx.session.caller.can(Right::Upload)
        && cx.repo.settings().uploads.enabled
        && cx.repo.settings().site.read_only.is_none()
}

/// Where the part's bytes belong, as far as the fields before it tell.
fn hint(cx: &Context, name: &str) -> Hint {
    let fields = &cx.request.fields;
    let key = fields.peek_text("filekey").or_else(|| fields.peek_text("sessionkey")).and_then(FileKey::parse);
    let offset = fields.peek_text("offset").and_then(|offset| offset.parse().ok());
    match (name, key, offset) {
        ("chunk", Some(key), Some(offset)) if offset > 0 => Hint::Append { key, offset },
        _ => Hint::Fresh,
    }
}

fn broken(error: FormError) -> Failure {
    let refusal = match error {
        FormError::TooMuch(_) => Refusal::new("toobig", Message::new("apierror-bodytoobig")),
        other => return Error::Body(other.to_string()).into(),
    };
    refusal.into()
}

/// The bytes of the form's current part.
struct PartSource<'a>(&'a mut FormReader<BodyStream>);

#[async_trait]
impl ByteSource for PartSource<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        self.0.chunk().await.map_err(|error| SourceError(error.to_string()))
    }
}
