//! Work that is done after its answer: a queue in which every job has one winner.
//!
//! A job is a row. Who claims it holds a lease and has the number of the attempt; everything that he notes is guarded
//! by that number, so that a worker that was given up for dead can't interfere any more. A job whose work is over stays
//! with its outcome until it is swept, since its owner may ask for it.

use commonhold_core::Timestamp;

use crate::value::{json, values};
use crate::{DbError, Read, Row, Tx};

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What is to be done.
    pub kind: &'static str,
    /// Of jobs with the same key, one is queued or running at a time.
    pub unique_key: String,
    /// Whose job it is; nobody else is told of it.
    pub user_id: i64,
    /// What is needed to do it, as JSON.
    pub payload: String,
    /// The first stage.
    pub stage: &'static str,
    /// The current time.
    pub now: Timestamp,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: String,
    /// What it alone may do.
    pub unique_key: String,
    /// Whose it is.
    pub user_id: i64,
    /// What is needed to do it, as JSON; empty when it is over.
    pub payload: String,
    /// When it was queued.
    pub created: Timestamp,
    /// It isn't begun before.
    pub run_after: Timestamp,
    /// How often it was begun; the number of the last claim.
    pub attempts: i64,
    /// Who holds it.
    pub lease_owner: Option<String>,
    /// Until when the last claim holds.
    pub lease_until: Option<Timestamp>,
    /// Why the last attempt failed, for operators.
    pub last_error: Option<String>,
    /// How much is done, in a unit of the kind's own.
    pub progress: u64,
    /// The stages that it went through, with their beginnings; the last is the current one.
    pub stages: Vec<(String, Timestamp)>,
    /// When its work was over.
    pub finished: Option<Timestamp>,
    /// How it ended, as JSON.
    pub outcome: Option<String>,
}

const JOB: &str = "id, kind, unique_key, user_id, payload, created, run_after, attempts, lease_owner, lease_until, \
    last_error, progress, stages_json, finished, outcome";

fn job(row: &Row) -> Result<JobRow, DbError> {
    Ok(JobRow {
        id: row.int(0)?,
        kind: row.text(1)?,
        unique_key: row.text(2)?,
        user_id: row.int(3)?,
        payload: row.text(4)?,
        created: row.time(5)?,
        run_after: row.time(6)?,
        attempts: row.int(7)?,
        lease_owner: row.opt_text(8)?,
        lease_until: row.opt_int(9)?.map(Timestamp::from_unix),
        last_error: row.opt_text(10)?,
        progress: row.size(11)?,
        stages: row.json(12, "stages of a job")?,
        finished: row.opt_int(13)?.map(Timestamp::from_unix),
        outcome: row.opt_text(14)?,
    })
}

/// Queues a job; `false` if one with its key is queued or running. One that is over is forgotten.
pub fn enqueue(tx: &mut dyn Tx, new: &NewJob) -> Result<bool, DbError> {
    let sql = "DELETE FROM jobs WHERE unique_key = ?1 AND finished IS NOT NULL";
    tx.execute(sql, values![&new.unique_key])?;
    let stages = json(&[(new.stage, new.now)], "stages of a job")?;
    let added = tx.execute(
        "INSERT INTO jobs (kind, unique_key, user_id, payload, created, run_after, attempts, progress, stages_json) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, 0, ?6) ON CONFLICT (unique_key) DO NOTHING",
        values![new.kind, &new.unique_key, new.user_id, &new.payload, new.now, stages],
    )?;
    Ok(added == 1)
}

/// Claims the job that has waited longest of those that are due and that nobody holds, for some seconds.
pub fn claim(tx: &mut dyn Tx, owner: &str, now: Timestamp, seconds: i64) -> Result<Option<JobRow>, DbError> {
    let sql = format!(
        "UPDATE jobs SET attempts = attempts + 1, lease_owner = ?1, lease_until = ?3 WHERE id = ( \
         SELECT id FROM jobs WHERE finished IS NULL AND run_after <= ?2 \
         AND (lease_until IS NULL OR lease_until < ?2) ORDER BY run_after, id LIMIT 1{}) RETURNING {JOB}",
        tx.skip_locked()
    );
    tx.first(&sql, values![owner, now, now + seconds])?.as_ref().map(job).transpose()
}

/// Holds a claim for some seconds more; `false` if it doesn't hold any longer.
pub fn renew(tx: &mut dyn Tx, id: i64, attempt: i64, now: Timestamp, seconds: i64) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET lease_until = ?3 \
               WHERE id = ?1 AND attempts = ?2 AND finished IS NULL AND lease_until IS NOT NULL";
    Ok(tx.execute(sql, values![id, attempt, now + seconds])? == 1)
}

/// Notes that a claimed job has come to a stage; `false` if the claim doesn't hold.
pub fn enter(tx: &mut dyn Tx, id: i64, attempt: i64, stage: &str, now: Timestamp) -> Result<bool, DbError> {
    let held = "WHERE id = ?1 AND attempts = ?2 AND finished IS NULL";
    let found = tx.first(&format!("SELECT stages_json FROM jobs {held}"), values![id, attempt])?;
    let Some(found) = found else { return Ok(false) };
    let mut stages: Vec<(String, Timestamp)> = found.json(0, "stages of a job")?;
    stages.push((stage.to_owned(), now));
    let sql = format!("UPDATE jobs SET stages_json = ?3 {held}");
    Ok(tx.execute(&sql, values![id, attempt, json(&stages, "stages of a job")?])? == 1)
}

/// Notes how much of a claimed job is done; `false` if the claim doesn't hold.
pub fn note_progress(tx: &mut dyn Tx, id: i64, attempt: i64, progress: u64) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET progress = ?3 WHERE id = ?1 AND attempts = ?2 AND finished IS NULL";
    Ok(tx.execute(sql, values![id, attempt, progress as i64])? == 1)
}

/// Notes what is left to do of a claimed job, for attempts to come; `false` if the claim doesn't hold.
pub fn note_payload(tx: &mut dyn Tx, id: i64, attempt: i64, payload: &str) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET payload = ?3 WHERE id = ?1 AND attempts = ?2 AND finished IS NULL";
    Ok(tx.execute(sql, values![id, attempt, payload])? == 1)
}

/// Gives a claimed job back, to be begun again later; `false` if the claim doesn't hold.
pub fn retry(
    tx: &mut dyn Tx,
    id: i64,
    attempt: i64,
    error: &str,
    run_after: Timestamp,
) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET lease_owner = NULL, lease_until = NULL, last_error = ?3, run_after = ?4 \
               WHERE id = ?1 AND attempts = ?2 AND finished IS NULL";
    Ok(tx.execute(sql, values![id, attempt, error, run_after])? == 1)
}

/// Notes how a claimed job ended, and forgets what was needed to do it; `false` if the claim doesn't hold.
pub fn finish(
    tx: &mut dyn Tx,
    id: i64,
    attempt: i64,
    outcome: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET lease_owner = NULL, lease_until = NULL, finished = ?4, outcome = ?3, payload = '' \
               WHERE id = ?1 AND attempts = ?2 AND finished IS NULL";
    Ok(tx.execute(sql, values![id, attempt, outcome, now])? == 1)
}

/// Gives back whatever an owner holds.
pub fn release(tx: &mut dyn Tx, owner: &str) -> Result<u64, DbError> {
    let sql = "UPDATE jobs SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?1";
    tx.execute(sql, values![owner])
}

/// Gives back whatever anyone holds: of a process that is no more.
pub fn release_all(tx: &mut dyn Tx) -> Result<u64, DbError> {
    tx.execute("UPDATE jobs SET lease_owner = NULL, lease_until = NULL WHERE lease_until IS NOT NULL", &[])
}

/// The job of a key, be it waiting, running or over.
pub fn get(read: &mut dyn Read, unique_key: &str) -> Result<Option<JobRow>, DbError> {
    let row = read.first(&format!("SELECT {JOB} FROM jobs WHERE unique_key = ?1"), values![unique_key])?;
    row.as_ref().map(job).transpose()
}

/// How many jobs are waiting or running.
pub fn unfinished(read: &mut dyn Read) -> Result<u64, DbError> {
    let row = read.first("SELECT COUNT(*) FROM jobs WHERE finished IS NULL", &[])?;
    row.map_or(Ok(0), |row| row.size(0))
}

/// Forgets jobs that were over before a time.
pub fn delete_finished(tx: &mut dyn Tx, before: Timestamp) -> Result<u64, DbError> {
    tx.execute("DELETE FROM jobs WHERE finished < ?1", values![before])
}
