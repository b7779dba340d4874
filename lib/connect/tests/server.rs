//! A scripted server on 127.0.0.1: the test says what it sends for the nth request, byte for byte.

use rustls::ServerConfig;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The server's reaction to a request.
pub(super) enum Act {
    /// Sends this and waits for the next request.
    Answer(Vec<u8>),
    /// Sends this and closes the connection.
    Close(Vec<u8>),
    /// Sends this and resets the connection.
    Reset(Vec<u8>),
    /// Sends this and then nothing.
    Hang(Vec<u8>),
}

pub(super) struct Server {
    pub port: u16,
    /// The heads of the requests so far.
    pub requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Serves TLS, or plain http without a configuration.
    pub(super) async fn start(
        tls: Option<ServerConfig>,
        script: impl Fn(usize, &str) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let tls = tls.map(|tls| TlsAcceptor::from(Arc::new(tls)));
        let script = Arc::new(script);
        let (requests, connections) = (server.requests.clone(), server.connections.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (tls, script, requests) = (tls.clone(), script.clone(), requests.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(Stream::Plain(tcp), &*script, &requests).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(Stream::Tls(Box::new(stream)), &*script, &requests).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Stream {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> usize {
        match self {
            Self::Plain(stream) => stream.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
        .unwrap_or(0)
    }

    async fn write(&mut self, bytes: &[u8]) {
        let _ = match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => match stream.write_all(bytes).await {
                Ok(()) => stream.flush().await,
                error => error,
            },
        };
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// Reads the next request, and returns its head.
async fn head(stream: &mut Stream, buffer: &mut Vec<u8>) -> Option<String> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break String::from_utf8(buffer.drain(..end + 4).collect()).ok()?;
        }
        if stream.read(buffer).await == 0 {
            return None;
        }
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        if stream.read(buffer).await == 0 {
            return None;
        }
    }
    buffer.drain(..length);
    Some(head)
}

async fn serve(
    mut stream: Stream,
    script: &(dyn Fn(usize, &str) -> Act + Send + Sync),
    requests: &Mutex<Vec<String>>,
) {
    let mut buffer = Vec::new();
    while let Some(head) = head(&mut stream, &mut buffer).await {
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(head.clone());
            requests.len()
        };
        if head.starts_with("CONNECT ") {
            let answer = match script(number, &head) {
                Act::Answer(answer) => answer,
                Act::Close(answer) | Act::Reset(answer) | Act::Hang(answer) => {
                    return stream.write(&answer).await;
                }
            };
            stream.write(&answer).await;
            let mut stream: Box<dyn crate::connect::connection::ByteStream> = match stream {
                Stream::Plain(stream) => Box::new(stream),
                Stream::Tls(stream) => stream,
            };
            let target = head.split(' ').nth(1).unwrap();
            let port = target.rsplit(':').next().unwrap();
            let mut onward = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
            return;
        }
        match script(number, &head) {
            Act::Answer(bytes) => stream.write(&bytes).await,
            Act::Close(bytes) => return stream.write(&bytes).await,
            Act::Hang(bytes) => {
                stream.write(&bytes).await;
                std::future::pending::<()>().await;
            }
            Act::Reset(bytes) => {
                stream.write(&bytes).await;
                // So that the client reads this before the reset arrives.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                return stream.tcp().set_zero_linger().unwrap();
            }
        }
    }
}

/// Returns a complete answer.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Returns a complete answer of status 200.
pub(super) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: application/json\r\n", body.as_bytes())
}
