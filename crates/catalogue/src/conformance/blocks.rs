//! Blocks of users and addresses.

use std::net::IpAddr;

use commonhold_core::Expiry;
use commonhold_core::block::{Block, Limits, Scope, Target};

use super::{NOW, Result};
use crate::ops::blocks::{self, NewBlock};
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    blocks_come_back(make()).await?;
    a_target_has_one_block_of_a_kind(make()).await?;
    a_block_ends_at_its_moment(make()).await?;
    addresses_fall_under_their_networks(make()).await?;
    what_follows_from_a_block_ends_with_it(make()).await
}

fn new(target: &str) -> NewBlock {
    let Ok(target) = Target::parse(target) else { panic!("{target} is a target") };
    NewBlock {
        user_id: if matches!(target, Target::User(_)) { 7 } else { 0 },
        target,
        by_id: 1,
        by_name: "Admin".to_owned(),
        reason: "Why".to_owned(),
        now: NOW,
        expiry: Expiry::Never,
        parent: None,
        scope: Scope::default(),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or(IpAddr::from([0; 4]))
}

async fn blocks_come_back(db: Db) -> Result<()> {
    db.write(|tx| {
        let limits = Limits { pages: vec![5, 6], namespaces: vec![6], actions: Vec::new() };
        let scope = Scope { no_create: true, autoblock: true, partial: Some(limits), ..Scope::default() };
        let wanted = NewBlock { expiry: Expiry::At(NOW + 60), scope, ..new("Alice") };
        let Some(id) = blocks::insert(tx, &wanted)? else { panic!("a free target was refused") };
        let expected = Block {
            id,
            target: "Alice".to_owned(),
            user_id: 7,
            by_id: 1,
            by_name: "Admin".to_owned(),
            reason: "Why".to_owned(),
            made: NOW,
            expiry: Expiry::At(NOW + 60),
            automatic: false,
            scope: wanted.scope.clone(),
        };
        assert_eq!(blocks::by_id(tx, id, NOW)?, Some(expected.clone()));
        assert_eq!(blocks::of_user(tx, 7, NOW)?, Some(expected.clone()));
        assert_eq!(blocks::of_target(tx, "Alice", NOW)?, Some(expected));
        assert_eq!(blocks::of_target(tx, "alice", NOW)?, None);
        assert_eq!(blocks::of_user(tx, 8, NOW)?, None);
        let changed = NewBlock { reason: "Another".to_owned(), now: NOW + 5, ..new("Alice") };
        blocks::replace(tx, id, &changed)?;
        let found = blocks::by_id(tx, id, NOW + 100)?;
        let found = found.map(|b| (b.reason, b.made, b.expiry, b.scope));
        assert_eq!(found, Some(("Another".to_owned(), NOW + 5, Expiry::Never, Scope::default())));
        assert!(blocks::delete(tx, id)?);
        assert!(!blocks::delete(tx, id)?);
        Ok::<_, DbError>(())
    })
    .await
}

async fn a_target_has_one_block_of_a_kind(db: Db) -> Result<()> {
    db.write(|tx| {
        assert!(blocks::insert(tx, &new("192.0.2.7"))?.is_some());
        assert_eq!(blocks::insert(tx, &new("192.0.2.7"))?, None);
        // The transaction goes on after a refusal, and an automatic block is another kind.
        assert!(blocks::insert(tx, &NewBlock { parent: Some(99), ..new("192.0.2.7") })?.is_some());
        assert_eq!(blocks::insert(tx, &NewBlock { parent: Some(98), ..new("192.0.2.7") })?, None);
        // Addresses belong to no user.
        assert_eq!(blocks::of_user(tx, 0, NOW)?, None);
        Ok::<_, DbError>(())
    })
    .await
}

async fn a_block_ends_at_its_moment(db: Db) -> Result<()> {
    db.write(|tx| {
        let short = NewBlock { expiry: Expiry::At(NOW + 10), ..new("Alice") };
        let id = blocks::insert(tx, &short)?.unwrap_or_default();
        assert!(blocks::of_user(tx, 7, NOW + 9)?.is_some());
        assert_eq!(blocks::of_user(tx, 7, NOW + 10)?, None);
        assert_eq!(blocks::by_id(tx, id, NOW + 10)?, None);
        assert_eq!(blocks::of_target(tx, "Alice", NOW + 10)?, None);
        // It doesn't stand in the way of the next one.
        let next = NewBlock { now: NOW + 10, expiry: Expiry::At(NOW + 20), ..new("Alice") };
        assert!(blocks::insert(tx, &next)?.is_some());
        assert!(blocks::insert(tx, &new("Bob"))?.is_some());
        assert_eq!(blocks::delete_expired(tx, NOW + 19)?, 0);
        assert_eq!(blocks::delete_expired(tx, NOW + 20)?, 1);
        assert!(blocks::of_target(tx, "Bob", NOW + 20)?.is_some());
        Ok::<_, DbError>(())
    })
    .await
}

async fn addresses_fall_under_their_networks(db: Db) -> Result<()> {
    db.write(|tx| {
        for target in ["192.0.0.0/16", "192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "Alice"] {
            blocks::insert(tx, &new(target))?;
        }
        blocks::insert(tx, &NewBlock { parent: Some(1), ..new("192.0.2.7") })?;
        let mut under = |text| {
            let found = blocks::of_address(tx, address(text), NOW)?;
            Ok::<_, DbError>(found.into_iter().map(|b| (b.target, b.automatic)).collect::<Vec<_>>())
        };
        let blocks =
            |all: &[(&str, bool)]| all.iter().map(|(t, a)| ((*t).to_owned(), *a)).collect::<Vec<_>>();
        assert_eq!(
            under("192.0.2.7")?,
            blocks(&[
                ("192.0.2.7", false),
                ("192.0.2.0/24", false),
                ("192.0.0.0/16", false),
                ("192.0.2.7", true)
            ])
        );
        assert_eq!(under("192.0.3.0")?, blocks(&[("192.0.0.0/16", false)]));
        assert_eq!(under("192.1.0.0")?, []);
        assert_eq!(under("2001:db8::1")?, blocks(&[("2001:db8::/32", false)]));
        assert_eq!(under("2001:db9::")?, []);
        Ok::<_, DbError>(())
    })
    .await
}

async fn what_follows_from_a_block_ends_with_it(db: Db) -> Result<()> {
    db.write(|tx| {
        let id = blocks::insert(tx, &new("Alice"))?.unwrap_or_default();
        let follows = NewBlock { parent: Some(id), ..new("192.0.2.7") };
        blocks::insert(tx, &follows)?;
        assert_eq!(blocks::of_address(tx, address("192.0.2.7"), NOW)?.len(), 1);
        blocks::replace(tx, id, &new("Alice"))?;
        assert_eq!(blocks::of_address(tx, address("192.0.2.7"), NOW)?, []);
        blocks::insert(tx, &follows)?;
        assert!(blocks::delete(tx, id)?);
        assert_eq!(blocks::of_address(tx, address("192.0.2.7"), NOW)?, []);
        Ok::<_, DbError>(())
    })
    .await
}
