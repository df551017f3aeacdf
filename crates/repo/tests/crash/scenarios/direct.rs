//! Uploads in one request, and in two.

use super::*;

/// One upload in one request.
pub(super) struct Direct {
    name: &'static str,
    before: Before,
    content: Vec<u8>,
    /// Whether the server may have done it without our knowing.
    unsure: bool,
    done: bool,
}

impl Direct {
    pub(super) fn new(name: &'static str, before: Before) -> Self {
        Self { name, before, content: picture(1, 2_000), unsure: false, done: false }
    }
}

#[async_trait]
impl Scenario for Direct {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn prepare(&mut self, world: &World) {
        let (name, content) = match self.before {
            Before::Nothing => return,
            Before::Other => (NAME, picture(2, 3_000)),
            Before::Same => (OTHER, self.content.clone()),
        };
        published(&world.upload(&world.repository(), name, &content, IGNORING).await.unwrap());
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let again = std::mem::replace(&mut self.unsure, true);
        match world.upload(repo, NAME, &self.content, IGNORING).await {
            Ok(outcome) => published(&outcome),
            // It had been published when the answer got lost.
            Err(Error::Refused(refusal)) if again && refusal.code == "fileexists-no-change" => {}
            Err(error) => return Err(error),
        }
        self.done = true;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let old = (self.before == Before::Other).then(|| picture(2, 3_000));
        let contents = possible(&self.content, old, self.unsure, self.done);
        known.files.insert(NAME.to_owned(), contents);
        if self.before == Before::Same {
            known.files.insert(OTHER.to_owned(), vec![Some(self.content.clone())]);
        }
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

/// An upload that waits in the stash until it is confirmed.
pub(super) struct Twofold {
    name: &'static str,
    options: Options,
    content: Vec<u8>,
    key: Option<FileKey>,
    /// Whether we were told what has to be confirmed.
    warned: bool,
    unsure: bool,
    done: bool,
}

impl Twofold {
    pub(super) fn new(name: &'static str, options: Options) -> Self {
        let content = picture(1, 2_000);
        Self { name, options, content, key: None, warned: false, unsure: false, done: false }
    }
}

#[async_trait]
impl Scenario for Twofold {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn prepare(&mut self, world: &World) {
        let outcome = world.upload(&world.repository(), NAME, &picture(2, 3_000), IGNORING).await;
        published(&outcome.unwrap());
    }

    async fn act(&mut self, world: &World, repo: &Arc<Repository>) -> Result<(), Error> {
        let key = match &self.key {
            Some(key) => key.clone(),
            None => match world.upload(repo, NAME, &self.content, self.options).await? {
                Outcome::Warned { key: Some(key), .. } if !self.options.stash => {
                    self.warned = true;
                    key
                }
                Outcome::Stashed { file, .. } if self.options.stash => file.key,
                other => panic!("{other:?}"),
            },
        };
        self.key = Some(key.clone());
        if !self.warned {
            // It is stashed once more, under a key of its own.
            let outcome = world.publish(repo, NAME, &key, Options::default()).await?;
            let Outcome::Warned { key: Some(key), .. } = outcome else { panic!("{outcome:?}") };
            assert_ne!(Some(&key), self.key.as_ref());
            (self.key, self.warned) = (Some(key), true);
        }
        self.unsure = true;
        if let Some(key) = &self.key {
            published(&world.publish(repo, NAME, key, IGNORING).await?);
        }
        self.done = true;
        Ok(())
    }

    fn knowledge(&self) -> Knowledge {
        let mut known = Knowledge::default();
        let contents = possible(&self.content, Some(picture(2, 3_000)), self.unsure, self.done);
        known.files.insert(NAME.to_owned(), contents);
        if let Some(key) = self.key.clone().filter(|_| !self.unsure) {
            known.stashed = Some((key, self.content.clone()));
        }
        known
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
