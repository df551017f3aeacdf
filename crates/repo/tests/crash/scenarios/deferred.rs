//! Files in chunks that jobs put together.

use super::*;

/// A file in chunks that jobs put together and publish, while the client asks how far they are.
pub(super) struct Deferred {
    content: Vec<u8>,
    /// The upload, and then the stashed file.
    key: Option<FileKey>,
    offset: usize,
    stage: Deferral,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deferral {
    Sending,
    Assembling,
    Asking,
    Publishing,
    Done,
}

impl Deferred {
    pub(super) fn new() -> Self {
        Self { content: picture(1, 2_500), key: None, offset: 0, stage: Deferral::Sending }
    }

    async fn send(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let end = self.content.len().min(self.offset + 1_300);
        let chunk = Chunk {
            key: self.key.clone(),
            bytes: &self.content[self.offset..end],
            offset: self.offset as u64,
            filesize: self.content.len() as u64,
            parallel: false,
        };
        match world.chunk(repo, NAME, &chunk, false).await {
            Ok(Outcome::Continue { key, .. }) => {
                self.key = Some(key);
                self.offset = end;
            }
            Ok(Outcome::AssemblyQueued { key, .. }) => {
                assert_eq!(end, self.content.len());
                self.key = Some(key);
                self.stage = Deferral::Assembling;
            }
            // The job was done before the request for it was repeated.
            Ok(Outcome::Stashed { file, .. }) => {
                self.key = Some(file.key);
                self.stage = Deferral::Asking;
            }
            Err(error) if world.may_lose() && is_lost(&error) => *self = Self::new(),
            Err(error) => return Err(error),
            Ok(other) => panic!("{other:?}"),
        }
        Ok(())
    }

    /// Lets jobs run, in their time, until there is an end to be told.
    async fn wait(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let Some(key) = self.key.clone() else { panic!("nothing was queued") };
        for _ in 0..30 {
            while repo.run_next_job().await? {}
            match repo.upload_status(&world.caller, key.as_str()).await?.0 {
                UploadStatus::Working(_) => world.clock.advance(400),
                UploadStatus::Stashed { file, .. } => {
                    assert!(self.stage == Deferral::Assembling);
                    self.key = Some(file.key);
                    self.stage = Deferral::Asking;
                    return Ok(());
                }
                UploadStatus::Published { filename, .. } => {
                    assert_eq!(filename, NAME);
                    self.stage = Deferral::Done;
                    return Ok(());
                }
                UploadStatus::Failed(_) if world.may_lose() => {
                    *self = Self::new();
                    return Ok(());
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it doesn't end");
    }
}

#[async_trait]
impl Scenario for Deferred {
    fn name(&self) -> &'static str {
        "async chunks"
    }

    async fn prepare(&mut self, world: &World) {
        world.ask_async();
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        loop {
            match self.stage {
                Deferral::Sending => self.send(world, repo).await?,
                Deferral::Assembling | Deferral::Publishing => self.wait(world, repo).await?,
                Deferral::Asking => {
                    let Some(key) = self.key.clone() else { panic!("nothing is stashed") };
                    match world.publish(repo, NAME, &key, IGNORING).await {
                        Ok(Outcome::PublicationQueued { .. }) => self.stage = Deferral::Publishing,
                        Ok(Outcome::Published { .. }) => self.stage = Deferral::Done,
                        // It had been queued when the answer got lost.
                        Err(Error::Refused(refusal)) if refusal.code == "publishfailed" => {
                            self.stage = Deferral::Publishing;
                        }
                        Err(error) => return Err(error),
                        Ok(other) => panic!("{other:?}"),
                    }
                }
                Deferral::Done => return Ok(()),
            }
        }
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let (may, done) = (self.stage >= Deferral::Asking, self.stage == Deferral::Done);
        known.files.insert(NAME.to_owned(), possible(&self.content, None, may, done));
        if let (Some(key), Deferral::Sending) = (&self.key, self.stage)
            && self.offset + 1_300 < self.content.len()
        {
            known.under_way = Some((key.clone(), [self.offset as u64, self.offset as u64 + 1_300]));
        }
        known
    }

    fn is_done(&self) -> bool {
        self.stage == Deferral::Done
    }
}
