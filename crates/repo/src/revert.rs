//! `action=filerevert`: an old version of a file becomes the current one once more.

use commonhold_catalogue::Tx;
use commonhold_catalogue::ops::files::{self, Publication};
use commonhold_core::right::Right;
use commonhold_core::title::FileTitle;
use commonhold_core::user::Caller;
use commonhold_core::{Message, Refusal};

use crate::authorise::Authority;
use crate::delete::missing_title;
use crate::{Error, Repository, Result, summary};

/// How going back to an old version ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reverted {
    /// The file has a new version with the old bytes.
    Published,
    /// It had these bytes already.
    Unchanged,
}

impl Repository {
    /// Publishes the bytes of an old version again.
    pub async fn revert(
        &self,
        caller: &Caller,
        name: &FileTitle,
        archive_name: &str,
        comment: &str,
    ) -> Result<Reverted> {
        let summary = self.upload_summary(caller, name);
        let (caller, name, archive_name) = (caller.clone(), name.clone(), archive_name.to_owned());
        let (comment, now) = (summary::comment(comment), self.now());
        let act = move |tx: &mut dyn Tx| {
            files::lock(tx, &name)?;
            let Some(current) = files::current(tx, name.dbkey())? else {
                return Err(Error::from(missing_title()));
            };
            let old = files::archived(tx, &archive_name)?.filter(|old| old.name == name.dbkey());
            let Some(old) = old else {
                return Err(Refusal::of(Message::new("filerevert-badversion")).into());
            };
            if let Some(refusal) = Authority::of(tx, &caller, now)?.revert(tx, &name)? {
                return Err(refusal.into());
            }
            if current.hashes == old.hashes {
                return Ok(Reverted::Unchanged);
            }
            let publication = Publication {
                name: name.clone(),
                blob_key: old.blob_key,
                hashes: old.hashes,
                info: old.info,
                comment: comment.clone(),
                page_text: String::new(),
                summary: summary.clone(),
                user_id: caller.id,
                user_name: caller.name.clone(),
                bot: caller.can(Right::Bot),
                tags: Vec::new(),
                now,
            };
            files::publish(tx, &publication)?;
            Ok(Reverted::Published)
        };
        self.db.write(act).await
    }
}
