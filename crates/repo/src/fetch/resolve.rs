//! From a host's name to addresses that may be connected to, and to no others.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_open;
use crate::worker::Pool;

/// Knows the addresses of hosts.
#[async_trait]
pub(crate) trait Lookup: Send + Sync {
    /// All addresses of a host.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the operating system, which blocks.
pub(super) struct SystemLookup(pub(super) Arc<Pool>);

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let host = host.to_owned();
        let job = move || Ok((host.as_str(), 0).to_socket_addrs()?.map(|found| found.ip()).collect());
        self.0.run(job).await.map_err(io::Error::other)?
    }
}

/// All addresses of a host are such that nobody may make us connect to them.
#[derive(Debug, thiserror::Error)]
#[error("the host has only addresses that are closed")]
pub(super) struct ClosedAddress;

/// A host has no addresses.
#[derive(Debug, thiserror::Error)]
#[error("the host is not known: {0}")]
pub(super) struct Unresolved(#[source] io::Error);

/// Hands out checked addresses only. The connection goes to one of those, so a name that means something else a moment
/// later gains nothing.
pub(super) struct GuardedResolver {
    lookup: Arc<dyn Lookup>,
    networks: Arc<[IpNet]>,
}

impl GuardedResolver {
    pub(super) fn new(lookup: Arc<dyn Lookup>, networks: &[IpNet]) -> Self {
        Self { lookup, networks: networks.into() }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, networks) = (Arc::clone(&self.lookup), Arc::clone(&self.networks));
        Box::pin(async move {
            let mut addresses = lookup.lookup(name.as_str()).await.map_err(Unresolved)?;
            if addresses.is_empty() {
                return Err(Unresolved(io::ErrorKind::NotFound.into()).into());
            }
            addresses.retain(|address| is_open(*address, &networks));
            if addresses.is_empty() {
                return Err(ClosedAddress.into());
            }
            // The port is put in by the client.
            let with_port = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(with_port) as Addrs)
        })
    }
}
