//! What a check finds, and what it mends.

use std::fs;
use std::path::{Path, PathBuf};

use commonhold_core::title::FileTitle;
use commonhold_core::{BlobKey, FileKey};
use commonhold_repo::fsck::{Check, Checked, Fault, Problem, Subject};
use commonhold_repo::{Extent, Outcome};

use crate::scenarios::scatter;
use crate::world::{Chunk, Options, World, content_of, picture};

const IGNORING: Options = Options { ignore_warnings: true, stash: false };
const STASHING: Options = Options { ignore_warnings: true, stash: true };

/// One file with an old version, one file in the stash, one upload under way; all on disk.
struct Fixture {
    world: World,
    old: BlobKey,
    current: BlobKey,
    stashed: (FileKey, BlobKey),
    begun: (FileKey, PathBuf),
}

async fn fixture() -> Fixture {
    let world = World::on_disk().await;
    let repo = world.repository();
    let mut blobs = Vec::new();
    for number in [1, 2] {
        world.upload(&repo, "A.gif", &picture(number, 2_000), IGNORING).await.unwrap();
        blobs.push(repo.original(&FileTitle::from_db("A.gif")).await.unwrap().unwrap().blob);
    }
    let outcome = world.upload(&repo, "B.gif", &picture(3, 2_000), STASHING).await.unwrap();
    let Outcome::Stashed { file, .. } = outcome else { panic!("{outcome:?}") };
    let content = picture(4, 4_000);
    let chunk = Chunk {
        key: None,
        bytes: &content[..2_000],
        offset: 0,
        filesize: content.len() as u64,
        parallel: false,
    };
    let outcome = world.chunk(&repo, "C.gif", &chunk, false).await.unwrap();
    let Outcome::Continue { key, .. } = outcome else { panic!("{outcome:?}") };
    let partial = fs::read_dir(world.files().join("partial")).unwrap().next().unwrap().unwrap().path();
    let current = blobs.pop().unwrap();
    let old = blobs.pop().unwrap();
    Fixture { world, old, current, stashed: (file.key, file.blob), begun: (key, partial) }
}

impl Fixture {
    fn path(&self, key: &BlobKey) -> PathBuf {
        let fans = fs::read_dir(self.world.files().join("blobs")).unwrap();
        let paths = fans.map(|fan| fan.unwrap().path().join(key.as_str()));
        paths.into_iter().find(|path| path.exists()).unwrap()
    }

    async fn check(&self, check: Check) -> (Checked, Vec<Problem>) {
        let mut problems = Vec::new();
        let repo = self.world.repository();
        let checked = repo.fsck(check, &mut |problem| problems.push(problem.clone())).await.unwrap();
        assert_eq!(checked.problems, problems.len() as u64);
        (checked, problems)
    }

    async fn found(&self, check: Check) -> Vec<Problem> {
        self.check(check).await.1
    }
}

fn old_version(problem: &Problem) -> bool {
    matches!(&problem.subject, Subject::Version { name, archive_name: Some(old) }
        if name == "A.gif" && old.ends_with("!A.gif"))
}

fn current_version(problem: &Problem) -> bool {
    problem.subject == Subject::Version { name: "A.gif".to_owned(), archive_name: None }
}

const REPAIR: Check = Check { deep: false, repair: true, unused_after: 100 };
const LOOK: Check = Check { repair: false, ..REPAIR };
const DEEP: Check = Check { deep: true, ..LOOK };

fn change_a_byte(path: &Path) {
    use std::os::unix::fs::FileExt;
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(b"#", 100).unwrap();
}

fn cut_short(path: &Path) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(500).unwrap();
}

#[tokio::test]
async fn what_is_in_order_is_counted() {
    let fixture = fixture().await;
    let expected = Checked { versions: 2, stashed: 2, blobs: 3, partials: 1, ..Checked::default() };
    assert_eq!(fixture.check(LOOK).await, (expected, Vec::new()));
    let bytes = 3 * picture(1, 2_000).len() as u64 + 2_000;
    assert_eq!(fixture.check(DEEP).await, (Checked { bytes, ..expected }, Vec::new()));
}

#[tokio::test]
async fn lost_versions_are_told_and_kept() {
    let fixture = fixture().await;
    fs::remove_file(fixture.path(&fixture.old)).unwrap();
    cut_short(&fixture.path(&fixture.current));
    for check in [LOOK, REPAIR, DEEP] {
        let found = fixture.found(check).await;
        assert_eq!(found.len(), 2, "{found:?}");
        let lost = found.iter().find(|problem| old_version(problem)).unwrap();
        assert_eq!((&lost.fault, &lost.blob, lost.repaired), (&Fault::Missing, &fixture.old, false));
        let short = found.iter().find(|problem| current_version(problem)).unwrap();
        let expected = picture(2, 2_000).len() as u64;
        assert_eq!(short.fault, Fault::Length { expected, found: 500 });
        assert!(!short.repaired);
    }
}

#[tokio::test]
async fn changed_bytes_are_found_by_reading_them() {
    let fixture = fixture().await;
    change_a_byte(&fixture.path(&fixture.current));
    change_a_byte(&fixture.path(&fixture.stashed.1));
    change_a_byte(&fixture.begun.1);
    assert_eq!(fixture.found(LOOK).await, []);
    let repo = fixture.world.repository();
    let mut scrubbed = Vec::new();
    repo.scrub(&mut |problem| scrubbed.push(problem.clone())).await.unwrap();
    for found in [scrubbed, fixture.found(DEEP).await, fixture.found(Check { repair: true, ..DEEP }).await] {
        assert!(
            found.iter().all(|problem| problem.fault == Fault::Content && !problem.repaired),
            "{found:?}"
        );
        let subjects: Vec<&Subject> = found.iter().map(|problem| &problem.subject).collect();
        let stashed = [&fixture.stashed.0, &fixture.begun.0].map(|key| Subject::Stashed(key.clone()));
        assert_eq!(subjects[1..], [&stashed[0], &stashed[1]]);
        assert!(current_version(&found[0]));
    }
}

#[tokio::test]
async fn stash_entries_without_bytes_are_forgotten() {
    let fixture = fixture().await;
    fs::remove_file(fixture.path(&fixture.stashed.1)).unwrap();
    cut_short(&fixture.begun.1);
    let found = fixture.found(LOOK).await;
    let told: Vec<(&Subject, &Fault)> = found.iter().map(|p| (&p.subject, &p.fault)).collect();
    assert_eq!(
        told,
        [
            (&Subject::Stashed(fixture.stashed.0.clone()), &Fault::Missing),
            (&Subject::Stashed(fixture.begun.0.clone()), &Fault::Length { expected: 2_000, found: 500 }),
        ]
    );
    let (checked, found) = fixture.check(REPAIR).await;
    assert_eq!((checked.problems, checked.repaired), (2, 2), "{found:?}");
    assert_eq!(fixture.found(LOOK).await, []);
    let left = fixture.world.repository().stash_of(&fixture.world.caller, None, 10).await.unwrap();
    assert_eq!(left.len(), 0);
}

#[tokio::test]
async fn waiting_chunks_without_bytes_have_to_be_sent_again() {
    let world = World::on_disk().await;
    let repo = world.repository();
    scatter(&world, &repo).await;
    let partials = fs::read_dir(world.files().join("partial")).unwrap();
    let waiting = partials.map(|entry| entry.unwrap().path()).max().unwrap();
    fs::remove_file(waiting).unwrap();
    let (checked, problems) = world.fsck(true, 100).await;
    assert_eq!((checked.problems, checked.repaired), (1, 1), "{problems:?}");
    assert_eq!(problems[0].fault, Fault::Missing);
    assert_eq!(world.fsck(false, 100).await.1, []);
    let uploads = repo.stash_of(&world.caller, None, 10).await.unwrap();
    assert_eq!(uploads.iter().map(|upload| upload.size).collect::<Vec<_>>(), [1_300], "the rest is kept");
}

#[tokio::test]
async fn sealing_that_a_crash_interrupted_is_finished() {
    let fixture = fixture().await;
    let second = fixture.world.files().join("partial").join(fixture.current.as_str());
    fs::hard_link(fixture.path(&fixture.current), &second).unwrap();
    let expected = Problem {
        subject: Subject::Bytes,
        blob: fixture.current.clone(),
        fault: Fault::HalfSealed,
        repaired: false,
    };
    assert_eq!(fixture.found(LOOK).await, std::slice::from_ref(&expected));
    assert!(second.exists());
    assert_eq!(fixture.found(REPAIR).await, [Problem { repaired: true, ..expected }]);
    assert!(!second.exists());
    assert_eq!(fixture.found(LOOK).await, []);
    let content = content_of(&fixture.world.repository(), "A.gif").await;
    assert_eq!(content, Some(picture(2, 2_000)));
}

#[tokio::test]
async fn a_collection_finishes_interrupted_sealing_or_removes_both_names() {
    let fixture = fixture().await;
    let partials = fixture.world.files().join("partial");
    fs::hard_link(fixture.path(&fixture.current), partials.join(fixture.current.as_str())).unwrap();
    let orphan = fixture.world.store.begin(commonhold_blob::conformance::fresh_key()).await.unwrap();
    fixture.world.store.seal(&orphan, 0).await.unwrap();
    fs::hard_link(fixture.path(orphan.key()), partials.join(orphan.key().as_str())).unwrap();
    fixture.world.repository().collect_garbage(0, Extent::All).await.unwrap();
    assert_eq!(fixture.found(Check { unused_after: 0, ..DEEP }).await, []);
    assert_eq!(fs::read_dir(partials).unwrap().count(), 1, "the upload under way");
    let content = content_of(&fixture.world.repository(), "A.gif").await;
    assert_eq!(content, Some(picture(2, 2_000)));
}

#[tokio::test]
async fn bytes_that_nobody_needs_are_a_problem_when_they_are_old() {
    let fixture = fixture().await;
    let store = &fixture.world.store;
    let partial = store.begin(commonhold_blob::conformance::fresh_key()).await.unwrap();
    let sealed = store.begin(commonhold_blob::conformance::fresh_key()).await.unwrap();
    store.seal(&sealed, 0).await.unwrap();
    let (checked, problems) = fixture.check(REPAIR).await;
    assert_eq!((checked.young, problems), (2, Vec::new()));
    fixture.world.clock.advance(100);
    let (checked, problems) = fixture.check(REPAIR).await;
    assert_eq!((checked.young, checked.repaired), (0, 0));
    let told: Vec<(&BlobKey, &Fault)> = problems.iter().map(|p| (&p.blob, &p.fault)).collect();
    assert_eq!(told, [(partial.key(), &Fault::Unused), (sealed.key(), &Fault::Unused)]);
}
