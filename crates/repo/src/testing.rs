//! What several tests need.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server on loopback that answers by the head of what it is asked, and remembers that.
pub(crate) struct Other {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Other {
    /// Closes each connection after its answer. Where it has none, it falls silent.
    pub(crate) async fn start(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self::serve(answer, false).await
    }

    /// Leaves each connection open after its answer.
    pub(crate) async fn holding(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self::serve(answer, true).await
    }

    async fn serve(answer: impl Fn(&str) -> Option<String> + Send + 'static, hold: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = head_of(&mut stream).await;
                let reply = answer(&head);
                log.lock().unwrap().push(head);
                if let Some(reply) = &reply {
                    let _ = stream.write_all(reply.as_bytes()).await;
                }
                if hold || reply.is_none() {
                    held.push(stream);
                }
            }
        });
        Self { port, heads }
    }

    /// The heads of all that was asked.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}
