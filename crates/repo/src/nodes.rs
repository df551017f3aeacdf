//! Several servers over one catalogue: each holds the uploads that it is fed until it dies.

use commonhold_catalogue::ops::nodes;

use crate::{Error, Repository, Result};

impl Repository {
    /// Whose claims on uploads ours are, where several servers may make some.
    pub(crate) fn holder(&self) -> Option<String> {
        self.db.is_shared().then(|| self.workers.owner.clone())
    }

    /// Tells the other servers that this one is alive. Without a word for a minute it loses what it holds. Does nothing
    /// where there can be no others.
    pub async fn show_alive(&self) -> Result<()> {
        let Some(id) = self.holder() else { return Ok(()) };
        let now = self.now();
        self.db.write(move |tx| nodes::beat(tx, &id, now).map_err(Error::from)).await
    }

    /// The orderly end. The other servers hear of it, so that what it holds is free at once; a catalogue that is a file
    /// is whole without the log beside it.
    pub async fn leave(&self) -> Result<()> {
        if let Some(id) = self.holder() {
            self.db.write(move |tx| nodes::leave(tx, &id).map_err(Error::from)).await?;
        }
        let db = self.db.clone();
        Ok(self.media.run(move || db.checkpoint()).await??)
    }
}
