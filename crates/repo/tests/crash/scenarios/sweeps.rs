//! What removes bytes.

use super::*;

/// The sweeping of what nobody has touched for long, beside what was touched lately.
#[derive(Default)]
pub(super) struct Expiry {
    kept: Option<FileKey>,
    done: bool,
}

/// An upload of which two chunks are there: the first, and one that waits for its turn.
pub(crate) async fn scatter(world: &World, repo: &Arc<Repository>) {
    let content = picture(6, 4_500);
    let mut key = None;
    for offset in [0, 2_600] {
        let bytes = &content[offset..offset + 1_300];
        let (offset, filesize) = (offset as u64, content.len() as u64);
        let chunk = Chunk { key: key.take(), bytes, offset, filesize, parallel: true };
        let outcome = world.chunk(repo, "Scattered.gif", &chunk, false).await.unwrap();
        let Outcome::Continue { key: told, .. } = outcome else { panic!("{outcome:?}") };
        key = Some(told);
    }
}

#[async_trait]
impl Scenario for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    async fn prepare(&mut self, world: &World) {
        let repo = world.repository();
        let stash = Options { ignore_warnings: true, stash: true };
        scatter(world, &repo).await;
        world.upload(&repo, "Old.gif", &picture(3, 1_500), stash).await.unwrap();
        let content = picture(4, 3_000);
        let chunk = Chunk {
            key: None,
            bytes: &content[..1_300],
            offset: 0,
            filesize: content.len() as u64,
            parallel: false,
        };
        world.chunk(&repo, "Begun.gif", &chunk, false).await.unwrap();
        // One that was published: its bytes are still needed.
        let outcome = world.upload(&repo, NAME, &picture(1, 2_000), stash).await.unwrap();
        let Outcome::Stashed { file, .. } = outcome else { panic!("{outcome:?}") };
        published(&world.publish(&repo, NAME, &file.key, IGNORING).await.unwrap());
        world.clock.advance(8 * 86_400);
        let outcome = world.upload(&repo, "New.gif", &picture(5, 1_500), stash).await.unwrap();
        let Outcome::Stashed { file, .. } = outcome else { panic!("{outcome:?}") };
        self.kept = Some(file.key);
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        repo.sweep_stash().await?;
        self.done = repo.stash_of(&world.caller, None, 10).await?.len() == 1;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        known.files.insert(NAME.to_owned(), vec![Some(picture(1, 2_000))]);
        known.stashed = self.kept.clone().map(|key| (key, picture(5, 1_500)));
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// The removal of what uploads that were cut off have left, beside what is needed.
#[derive(Default)]
pub(super) struct Collection {
    kept: Option<FileKey>,
    done: bool,
}

#[async_trait]
impl Scenario for Collection {
    fn name(&self) -> &'static str {
        "collection"
    }

    async fn prepare(&mut self, world: &World) {
        for number in 0..6 {
            let partial = world.store.begin(commonhold_blob::conformance::fresh_key()).await.unwrap();
            if number % 2 == 0 {
                world.store.seal(&partial, 0).await.unwrap();
            }
        }
        let repo = world.repository();
        published(&world.upload(&repo, NAME, &picture(1, 2_000), IGNORING).await.unwrap());
        let content = picture(4, 3_000);
        let chunk = Chunk {
            key: None,
            bytes: &content[..1_300],
            offset: 0,
            filesize: content.len() as u64,
            parallel: false,
        };
        let outcome = world.chunk(&repo, "Begun.gif", &chunk, false).await.unwrap();
        let Outcome::Continue { key, .. } = outcome else { panic!("{outcome:?}") };
        self.kept = Some(key);
    }

    async fn act(&mut self, _world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        repo.collect_garbage(0, Extent::All).await?;
        self.done = true;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        known.files.insert(NAME.to_owned(), vec![Some(picture(1, 2_000))]);
        known.under_way = self.kept.clone().map(|key| (key, [1_300, 1_300]));
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
