//! The queue of jobs: claims, leases, ends.

use commonhold_core::Timestamp;

use super::{NOW, Result, at_once};
use crate::ops::jobs::{self, JobRow, NewJob};
use crate::{Db, DbError, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    jobs_come_back(make()).await?;
    a_key_is_queued_once(make()).await?;
    of_many_that_queue_a_key_one_does(make()).await?;
    a_rolled_back_transaction_queues_nothing(make()).await?;
    the_longest_waiting_is_claimed_first(make()).await?;
    jobs_are_not_begun_before_their_time(make()).await?;
    every_job_has_one_of_many_claims(make()).await?;
    a_lease_keeps_others_away_while_it_lasts(make()).await?;
    a_renewed_lease_lasts_longer(make()).await?;
    who_lost_his_claim_changes_nothing(make()).await?;
    of_two_ends_one_happens(make()).await?;
    a_job_that_is_over_is_not_claimed(make()).await?;
    a_retried_job_waits_for_its_time(make()).await?;
    released_jobs_can_be_claimed_at_once(make()).await?;
    a_job_that_is_over_makes_room_for_another(make()).await?;
    jobs_that_are_over_are_forgotten_in_time(make()).await
}

fn new(key: &str) -> NewJob {
    NewJob {
        kind: "test",
        unique_key: key.to_owned(),
        user_id: 7,
        payload: "{\"a\":\"\u{1F600}\"}".to_owned(),
        stage: "queued",
        now: NOW,
    }
}

/// Queues these, one second after the other.
async fn queued(db: &Db, keys: &[&str]) -> Result<()> {
    let all: Vec<NewJob> =
        (0..).zip(keys).map(|(second, key)| NewJob { now: NOW + second, ..new(key) }).collect();
    db.write(move |tx| {
        for job in &all {
            assert!(jobs::enqueue(tx, job)?);
        }
        Ok(())
    })
    .await
}

/// The job that is claimed for a minute, which must be there.
fn claimed(tx: &mut dyn Tx, owner: &str, now: Timestamp) -> Result<JobRow> {
    match jobs::claim(tx, owner, now, 60)? {
        Some(job) => Ok(job),
        None => panic!("there is nothing to claim"),
    }
}

async fn jobs_come_back(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        let waiting = JobRow {
            id: 0,
            kind: "test".to_owned(),
            unique_key: "a".to_owned(),
            user_id: 7,
            payload: "{\"a\":\"\u{1F600}\"}".to_owned(),
            created: NOW,
            run_after: NOW,
            attempts: 0,
            lease_owner: None,
            lease_until: None,
            last_error: None,
            progress: 0,
            stages: vec![("queued".to_owned(), NOW)],
            finished: None,
            outcome: None,
        };
        let found = jobs::get(tx, "a")?;
        let id = found.as_ref().map_or(0, |job| job.id);
        assert_eq!(found, Some(JobRow { id, ..waiting.clone() }));
        assert_eq!(jobs::get(tx, "b")?, None);

        let running = JobRow {
            id,
            attempts: 1,
            lease_owner: Some("me".to_owned()),
            lease_until: Some(NOW + 65),
            ..waiting
        };
        assert_eq!(claimed(tx, "me", NOW + 5)?, running);
        assert!(jobs::enter(tx, id, 1, "testing", NOW + 6)?);
        assert!(jobs::note_progress(tx, id, 1, 1 << 40)?);
        assert!(jobs::note_payload(tx, id, 1, "the rest")?);
        assert_eq!(jobs::get(tx, "a")?.map(|job| job.payload).as_deref(), Some("the rest"));
        assert!(jobs::finish(tx, id, 1, "\"done\"", NOW + 7)?);
        let over = JobRow {
            lease_owner: None,
            lease_until: None,
            payload: String::new(),
            progress: 1 << 40,
            stages: vec![("queued".to_owned(), NOW), ("testing".to_owned(), NOW + 6)],
            finished: Some(NOW + 7),
            outcome: Some("\"done\"".to_owned()),
            ..running
        };
        assert_eq!(jobs::get(tx, "a")?, Some(over));
        Ok(())
    })
    .await
}

async fn a_key_is_queued_once(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        let other = NewJob { payload: "2".to_owned(), user_id: 8, ..new("a") };
        assert!(!jobs::enqueue(tx, &other)?);
        let job = claimed(tx, "me", NOW)?;
        assert_eq!((job.user_id, job.payload.as_str()), (7, "{\"a\":\"\u{1F600}\"}"));
        assert!(!jobs::enqueue(tx, &other)?, "it is running");
        assert!(jobs::enqueue(tx, &new("b"))?);
        assert_eq!(jobs::unfinished(tx)?, 2);
        Ok(())
    })
    .await
}

async fn of_many_that_queue_a_key_one_does(db: Db) -> Result<()> {
    for round in 0..5 {
        let all = (0..8).map(|number| {
            let db = db.clone();
            let job = NewJob { payload: format!("{number}"), now: NOW + round, ..new("a") };
            async move { db.write(move |tx| Ok((jobs::enqueue(tx, &job)?, job.payload.clone()))).await }
        });
        let winners: Vec<String> =
            at_once(all).await?.into_iter().filter(|(won, _)| *won).map(|(_, payload)| payload).collect();
        db.write(move |tx| {
            let job = claimed(tx, "me", NOW + round)?;
            assert_eq!(winners, [job.payload]);
            // Over, so that the next round finds such a job.
            assert!(jobs::finish(tx, job.id, job.attempts, "1", NOW)?);
            assert_eq!(jobs::claim(tx, "me", NOW + round, 60)?, None);
            Ok::<_, DbError>(())
        })
        .await?;
    }
    Ok(())
}

async fn a_rolled_back_transaction_queues_nothing(db: Db) -> Result<()> {
    let outcome: Result<()> = db
        .write(|tx| {
            assert!(jobs::enqueue(tx, &new("a"))?);
            Err(DbError::Corrupt { what: "mind" })
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(db.write(|tx| jobs::claim(tx, "me", NOW, 60)).await?, None);
    Ok(())
}

async fn the_longest_waiting_is_claimed_first(db: Db) -> Result<()> {
    queued(&db, &["c", "a", "b"]).await?;
    db.write(|tx| {
        for key in ["c", "a", "b"] {
            assert_eq!(claimed(tx, "me", NOW + 9)?.unique_key, key);
        }
        assert_eq!(jobs::claim(tx, "me", NOW + 9, 60)?, None);
        Ok(())
    })
    .await
}

async fn jobs_are_not_begun_before_their_time(db: Db) -> Result<()> {
    queued(&db, &["a", "b"]).await?;
    db.write(|tx| {
        assert_eq!(jobs::claim(tx, "me", NOW + -1, 60)?, None);
        assert_eq!(claimed(tx, "me", NOW)?.unique_key, "a");
        assert_eq!(jobs::claim(tx, "me", NOW, 60)?, None);
        assert_eq!(claimed(tx, "me", NOW + 1)?.unique_key, "b");
        Ok(())
    })
    .await
}

async fn every_job_has_one_of_many_claims(db: Db) -> Result<()> {
    const JOBS: usize = 20;
    let keys: Vec<String> = (0..JOBS).map(|number| format!("job {number:02}")).collect();
    queued(&db, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    // Each takes until nothing is left.
    let all = (0..8).map(|number| {
        let db = db.clone();
        async move {
            let mut mine = Vec::new();
            let owner = format!("worker {number}");
            loop {
                let owner = owner.clone();
                match db.write(move |tx| jobs::claim(tx, &owner, NOW + 100, 60)).await? {
                    Some(job) => mine.push(job.unique_key),
                    None => return Ok(mine),
                }
            }
        }
    });
    let mut claimed: Vec<String> = at_once(all).await?.into_iter().flatten().collect();
    claimed.sort();
    assert_eq!(claimed, keys);
    Ok(())
}

async fn a_lease_keeps_others_away_while_it_lasts(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        assert_eq!(claimed(tx, "first", NOW)?.attempts, 1);
        assert_eq!(jobs::claim(tx, "second", NOW + 60, 60)?, None);
        let again = claimed(tx, "second", NOW + 61)?;
        assert_eq!((again.attempts, again.lease_owner.as_deref()), (2, Some("second")));
        assert_eq!(again.lease_until, Some(NOW + 121));
        Ok(())
    })
    .await
}

async fn a_renewed_lease_lasts_longer(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        let job = claimed(tx, "me", NOW)?;
        assert!(jobs::renew(tx, job.id, 1, NOW + 50, 60)?);
        assert_eq!(jobs::claim(tx, "other", NOW + 110, 60)?, None);
        // Late, but nobody has taken it meanwhile.
        assert!(jobs::renew(tx, job.id, 1, NOW + 200, 60)?);
        assert_eq!(jobs::claim(tx, "other", NOW + 260, 60)?, None);
        assert_eq!(claimed(tx, "other", NOW + 261)?.attempts, 2);
        Ok(())
    })
    .await
}

async fn who_lost_his_claim_changes_nothing(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        let job = claimed(tx, "first", NOW)?;
        let second = claimed(tx, "second", NOW + 61)?;
        assert!(!jobs::renew(tx, job.id, 1, NOW + 62, 600)?);
        assert!(!jobs::enter(tx, job.id, 1, "testing", NOW)?);
        assert!(!jobs::note_progress(tx, job.id, 1, 1)?);
        assert!(!jobs::note_payload(tx, job.id, 1, "1")?);
        assert!(!jobs::retry(tx, job.id, 1, "late", NOW)?);
        assert!(!jobs::finish(tx, job.id, 1, "1", NOW)?);
        assert_eq!(jobs::release(tx, "first")?, 0);
        assert_eq!(jobs::get(tx, "a")?, Some(second));
        Ok(())
    })
    .await
}

async fn of_two_ends_one_happens(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    let id = db.write(|tx| Ok::<_, DbError>(claimed(tx, "me", NOW)?.id)).await?;
    let all = (0..8).map(|number| {
        let db = db.clone();
        async move { db.write(move |tx| jobs::finish(tx, id, 1, &format!("{number}"), NOW)).await }
    });
    let won = at_once(all).await?.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    Ok(())
}

async fn a_job_that_is_over_is_not_claimed(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        let job = claimed(tx, "me", NOW)?;
        assert!(jobs::finish(tx, job.id, 1, "1", NOW)?);
        assert_eq!(jobs::claim(tx, "me", NOW + 1_000, 60)?, None);
        assert!(!jobs::renew(tx, job.id, 1, NOW, 60)?);
        assert_eq!(jobs::unfinished(tx)?, 0);
        Ok(())
    })
    .await
}

async fn a_retried_job_waits_for_its_time(db: Db) -> Result<()> {
    queued(&db, &["a", "b"]).await?;
    db.write(|tx| {
        let job = claimed(tx, "me", NOW)?;
        assert!(jobs::retry(tx, job.id, 1, "the disk is full", NOW + 30)?);
        assert_eq!(claimed(tx, "me", NOW + 29)?.unique_key, "b");
        assert_eq!(jobs::claim(tx, "me", NOW + 29, 60)?, None);
        let again = claimed(tx, "me", NOW + 30)?;
        assert_eq!((again.unique_key.as_str(), again.attempts), ("a", 2));
        assert_eq!(again.last_error.as_deref(), Some("the disk is full"));
        Ok(())
    })
    .await
}

async fn released_jobs_can_be_claimed_at_once(db: Db) -> Result<()> {
    queued(&db, &["a", "b"]).await?;
    db.write(|tx| {
        let (mine, other) = (claimed(tx, "me", NOW + 1)?, claimed(tx, "other", NOW + 1)?);
        assert_eq!(jobs::release(tx, "me")?, 1);
        assert!(!jobs::renew(tx, mine.id, 1, NOW + 1, 60)?);
        let again = claimed(tx, "next", NOW + 1)?;
        assert_eq!((again.id, again.attempts), (mine.id, 2));
        assert_eq!(jobs::claim(tx, "next", NOW + 1, 60)?, None);

        assert_eq!(jobs::release_all(tx)?, 2);
        assert_eq!(claimed(tx, "next", NOW + 1)?.id, mine.id);
        assert_eq!(claimed(tx, "next", NOW + 1)?.id, other.id);
        Ok(())
    })
    .await
}

async fn a_job_that_is_over_makes_room_for_another(db: Db) -> Result<()> {
    queued(&db, &["a"]).await?;
    db.write(|tx| {
        let job = claimed(tx, "me", NOW)?;
        assert!(jobs::finish(tx, job.id, 1, "1", NOW)?);
        assert!(jobs::enqueue(tx, &new("a"))?);
        let next = claimed(tx, "me", NOW)?;
        assert!(next.id != job.id);
        assert_eq!((next.attempts, next.outcome), (1, None));
        // The first one's worker is late.
        assert!(!jobs::finish(tx, job.id, 1, "2", NOW)?);
        Ok(())
    })
    .await
}

async fn jobs_that_are_over_are_forgotten_in_time(db: Db) -> Result<()> {
    queued(&db, &["old", "new", "waiting"]).await?;
    db.write(|tx| {
        for end in [NOW, NOW + 10] {
            let job = claimed(tx, "me", NOW + 5)?;
            assert!(jobs::finish(tx, job.id, 1, "1", end)?);
        }
        assert_eq!(jobs::delete_finished(tx, NOW + 10)?, 1);
        assert_eq!(jobs::get(tx, "old")?, None);
        assert!(jobs::get(tx, "new")?.is_some() && jobs::get(tx, "waiting")?.is_some());
        Ok(())
    })
    .await
}
