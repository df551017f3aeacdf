//! What else is done to files.

use super::*;

/// A file that is deleted, restored, reverted to its old version, and moved.
#[derive(Default)]
pub(super) struct Managed {
    steps: usize,
    /// Whether the next step may have been done without our knowing.
    unsure: bool,
}

impl Managed {
    /// What is under the old and the new name after so many steps.
    fn after(steps: usize) -> [Option<Vec<u8>>; 2] {
        let (old, new) = (Some(picture(1, 2_000)), Some(picture(2, 2_500)));
        match steps {
            0 | 2 => [new, None],
            1 => [None, None],
            3 => [old, None],
            _ => [None, old],
        }
    }

    async fn step(&self, world: &World, repo: &Repository) -> Result<(), Error> {
        let (caller, reason, tags) = (world.caller.clone(), String::new(), Vec::new());
        let title = Title::from_db(ns::FILE, NAME);
        match self.steps {
            0 => {
                let request = DeleteRequest {
                    caller,
                    title,
                    reason,
                    tags,
                    old_version: None,
                    with_talk: false,
                    watching: Watching::default(),
                };
                repo.delete(request).await.map(drop)
            }
            1 => {
                let (timestamps, file_ids) = (Vec::new(), Vec::new());
                let request = RestoreRequest {
                    caller,
                    title,
                    reason,
                    tags,
                    timestamps,
                    file_ids,
                    with_talk: false,
                    watching: Watching::default(),
                };
                repo.restore(request).await.map(drop)
            }
            2 => {
                let name = FileTitle::from_db(NAME);
                let old = repo.old_versions(&name, None, None, 10).await?.pop().unwrap();
                let archive_name = old.archive_name.unwrap();
                repo.revert(&caller, &name, &archive_name, "").await.map(drop)
            }
            _ => {
                let to = Title::from_db(ns::FILE, OTHER);
                let request = MoveRequest {
                    caller,
                    from: title,
                    to,
                    reason,
                    tags,
                    no_redirect: true,
                    with_talk: false,
                    ignore_warnings: false,
                    watching: Watching::default(),
                };
                repo.rename(request).await.map(drop)
            }
        }
    }
}

#[async_trait]
impl Scenario for Managed {
    fn name(&self) -> &'static str {
        "management"
    }

    async fn prepare(&mut self, world: &World) {
        for content in Self::after(3).into_iter().chain(Self::after(0)).flatten() {
            published(&world.upload(&world.repository(), NAME, &content, IGNORING).await.unwrap());
            world.clock.advance(10);
        }
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        while self.steps < 4 {
            let again = std::mem::replace(&mut self.unsure, true);
            match self.step(world, repo).await {
                Ok(()) => {}
                // It was done when the answer got lost: what it is about isn't there any more.
                Err(Error::Refused(_)) if again => {}
                Err(error) => return Err(error),
            }
            self.steps += 1;
            self.unsure = false;
        }
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let next = if self.unsure { self.steps + 1 } else { self.steps };
        for steps in [self.steps, next] {
            for (name, content) in [NAME, OTHER].into_iter().zip(Self::after(steps)) {
                known.files.entry(name.to_owned()).or_default().push(content);
            }
        }
        known
    }

    fn is_done(&self) -> bool {
        self.steps == 4
    }
}
