//! How often things were done lately.

use commonhold_core::Rate;

use super::{NOW, Result, at_once};
use crate::ops::throttles;
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    a_rate_holds_within_its_window(make()).await?;
    a_rate_holds_for_all_at_once(make()).await
}

async fn a_rate_holds_within_its_window(db: Db) -> Result<()> {
    db.write(|tx| {
        let rate = Rate { hits: 2, seconds: 60 };
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW)?, None);
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW + 10)?, None);
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW + 20)?, Some(40));
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW + 59)?, Some(1));
        assert_eq!(throttles::hit(tx, "upload|8", rate, NOW + 59)?, None, "another's");
        // A new window.
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW + 60)?, None);
        assert_eq!(throttles::delete_expired(tx, NOW + 119)?, 1);
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW + 119)?, None);
        assert_eq!(throttles::hit(tx, "upload|7", rate, NOW + 119)?, Some(1));
        Ok::<_, DbError>(())
    })
    .await
}

async fn a_rate_holds_for_all_at_once(db: Db) -> Result<()> {
    let hits = (0..40).map(|_| {
        let db = db.clone();
        let rate = Rate { hits: 7, seconds: 60 };
        async move { db.write(move |tx| throttles::hit(tx, "x", rate, NOW)).await }
    });
    let through = at_once(hits).await?.into_iter().filter(Option::is_none).count();
    assert_eq!(through, 7);
    Ok(())
}
