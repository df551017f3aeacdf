//! Numbers for Prometheus.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use commonhold_repo::Repository;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// From 1 ms to about half a minute.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0, 30.0];

/// What a request was about: never text of the client's, so that there are few of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Request {
    /// The part of the server, such as `api`.
    pub(crate) route: &'static str,
    /// The API's action; empty elsewhere.
    pub(crate) action: &'static str,
    /// The answer's status.
    pub(crate) status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
    action: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiError {
    action: &'static str,
    code: String,
}

/// All that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram>,
    api_errors: Family<ApiError, Counter>,
    received: Counter,
    in_flight: Gauge,
}

/// What the repository counts itself.
struct Thumbnails(Arc<Repository>);

impl fmt::Debug for Thumbnails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thumbnails")
    }
}

impl Collector for Thumbnails {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counts = self.0.thumbnail_counts();
        let all = [
            ("thumbnails_made", "Thumbnails made", counts.made),
            ("thumbnails_failed", "Thumbnails that could not be made", counts.failed),
            ("thumbnails_from_memory", "Thumbnails given from memory", counts.from_memory),
            ("thumbnails_from_disk", "Thumbnails given from disk", counts.from_disk),
        ];
        for (name, help, count) in all {
            let counter = ConstCounter::new(count);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

impl Metrics {
    pub(crate) fn new(repo: Arc<Repository>) -> Self {
        let mut registry = Registry::with_prefix("commonhold");
        let requests = Family::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let (api_errors, received, in_flight) = (Family::default(), Counter::default(), Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "Seconds until the answer began", seconds.clone());
        registry.register("api_errors", "Errors that the API answered with", api_errors.clone());
        registry.register("http_received_bytes", "Bytes of request bodies", received.clone());
        registry.register("http_requests_in_flight", "Requests being worked on", in_flight.clone());
        registry.register_collector(Box::new(Thumbnails(repo)));
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);
        Self { registry, requests, seconds, api_errors, received, in_flight }
    }

    /// Notes that a request is being worked on, until the guard goes.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Notes an answered request.
    pub(crate) fn answered(&self, request: Request, took: Duration, errors: &[String]) {
        let Request { route, action, .. } = request;
        self.seconds.get_or_create(&Route { route, action }).observe(took.as_secs_f64());
        self.requests.get_or_create(&request).inc();
        for code in errors {
            self.api_errors.get_or_create(&ApiError { action, code: code.clone() }).inc();
        }
    }

    /// The counter of bytes that bodies have brought.
    pub(crate) fn received(&self) -> Counter {
        self.received.clone()
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A request being worked on.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
