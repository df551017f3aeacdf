//! Every store passes the suite.

use std::sync::Arc;

use commonhold_blob::{BlobStore, DiskStore, MemoryStore, conformance};

#[tokio::test]
async fn memory() {
    conformance::run(&|| Arc::new(MemoryStore::new()) as Arc<dyn BlobStore>).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disk() {
    let directory = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicUsize::new(0);
    let make = || {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let store = DiskStore::open(&directory.path().join(number.to_string())).unwrap();
        Arc::new(store) as Arc<dyn BlobStore>
    };
    conformance::run(&make).await.unwrap();
}
