//! One file from one mirror over HTTP, from where an earlier download broke off.

use super::FetchError;
use super::folder::{Folder, remove};
use crate::data::catalog::File;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use ureq::http::header;

/// How often a waiting download looks whether it was cancelled.
const GLANCE: Duration = Duration::from_millis(50);

const CHUNK: usize = 1 << 16;

/// Why a mirror did not give a file.
pub(super) enum Trouble {
    /// The user wants to stop; what came is kept.
    Cancelled,
    /// The network broke off; what came is kept.
    Interrupted {
        why: String,
        /// Whether more is there now than before.
        gained: bool,
    },
    /// The mirror gave something else; nothing of it is kept.
    Wrong(String),
    /// Ours is the fault.
    Disk(FetchError),
}

/// One file to be got from one mirror.
pub(super) struct Download<'a> {
    pub(super) url: &'a str,
    pub(super) file: File,
    pub(super) folder: &'a Folder,
    pub(super) patience: Duration,
    pub(super) cancel: &'a AtomicBool,
}

/// What the thread that talks to the mirror says.
enum Message {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Lost(String),
}

/// What matters of an answer's head.
struct Head {
    status: ureq::http::StatusCode,
    /// For a part of a file: where it begins, if that can be told.
    begins: Option<u64>,
}

impl Download<'_> {
    /// Downloads into the part file, on from what it holds already. Tells whether it did go on, rather than begin.
    pub(super) fn go_on(&self, on_bytes: &mut dyn FnMut(u64)) -> Result<bool, Trouble> {
        let have = fs::metadata(self.folder.part(self.file)).map_or(0, |metadata| metadata.len());
        self.from(if have > self.most() { 0 } else { have }, on_bytes)
    }

    fn from(&self, mut have: u64, on_bytes: &mut dyn FnMut(u64)) -> Result<bool, Trouble> {
        let part = self.folder.part(self.file);
        let disk = |error| Trouble::Disk(FetchError::disk(&part)(error));
        let messages = request(self.url, have, self.patience);
        let head = match self.next(&messages) {
            Ok(Message::Head(head)) => head,
            Ok(Message::Lost(why)) => return Err(Trouble::Interrupted { why, gained: false }),
            Ok(_) => return Err(Trouble::Wrong("gave an answer without a head".into())),
            Err(trouble) => return Err(trouble),
        };
        let resumed = match head.status.as_u16() {
            200 => false,
            206 if head.begins == Some(have) => true,
            // A part that does not fit what the mirror has: begin anew. Without a part there is no asking for the rest.
            206 | 416 if have > 0 => return self.from(0, on_bytes),
            _ => return Err(Trouble::Wrong(format!("answered {}", head.status))),
        };
        let kept = if resumed { have } else { 0 };
        have = kept;
        // Opened when the first sound bytes are there: a log-in page must not cost what an earlier download brought.
        let mut opened = None;
        loop {
            on_bytes(have);
            let bytes = match self.next(&messages)? {
                Message::Bytes(bytes) => bytes,
                Message::Head(_) => continue,
                Message::End if have == 0 => return Err(Trouble::Wrong("gave an empty file".into())),
                Message::End => return Ok(resumed),
                Message::Lost(why) => {
                    return Err(Trouble::Interrupted { why: format!("{why} after {have} bytes"), gained: have > kept });
                }
            };
            let to = if let Some(to) = &mut opened {
                to
            } else {
                if let Some(what) = not_gzip(&bytes).filter(|_| have == 0) {
                    return Err(Trouble::Wrong(format!("gave {what} instead of a gzip file")));
                }
                opened.insert(open_at(&part, have).map_err(disk)?)
            };
            have += bytes.len() as u64;
            if have > self.most() {
                remove(&part);
                return Err(Trouble::Wrong("gave far more bytes than the file has".into()));
            }
            to.write_all(&bytes).map_err(disk)?;
        }
    }

    /// More bytes than any `.gz` of the file can have.
    fn most(&self) -> u64 {
        self.folder.original(self.file).raw_len + (1 << 16)
    }

    /// The next message, unless the download is cancelled first.
    fn next(&self, messages: &Receiver<Message>) -> Result<Message, Trouble> {
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Trouble::Cancelled);
            }
            match messages.recv_timeout(GLANCE) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(Message::Lost("the connection's thread ended".into()));
                }
            }
        }
    }
}

/// Opens a part to be written on from the byte `at`.
fn open_at(part: &Path, at: u64) -> io::Result<fs::File> {
    let mut to = fs::OpenOptions::new().write(true).create(true).truncate(false).open(part)?;
    to.set_len(at)?;
    to.seek(SeekFrom::Start(at))?;
    Ok(to)
}

/// Asks for a file, from the byte `from` on. The asking is done on a thread of its own, which a cancelled download does
/// not wait for: it ends by itself, when it finds that nobody listens or when `patience` is over.
fn request(url: &str, from: u64, patience: Duration) -> Receiver<Message> {
    let (sender, messages) = sync_channel(4);
    let url = url.to_owned();
    let last_words = sender.clone();
    let spawned = thread::Builder::new().name("download".into()).spawn(move || {
        let last = talk(&url, from, patience, &sender).unwrap_or_else(|error| Message::Lost(error.to_string()));
        let _ = sender.send(last);
    });
    if let Err(error) = spawned {
        let _ = last_words.try_send(Message::Lost(format!("no thread for the connection: {error}")));
    }
    messages
}

fn talk(url: &str, from: u64, patience: Duration, say: &SyncSender<Message>) -> Result<Message, ureq::Error> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_resolve(Some(patience))
        .timeout_connect(Some(patience))
        .timeout_per_read(Some(patience))
        .timeout_per_write(Some(patience))
        .user_agent(concat!("alexnet-tui/", env!("CARGO_PKG_VERSION")));
    if on_this_machine(url) {
        config = config.proxy(None);
    }
    let agent: ureq::Agent = config.build().into();
    // The file is compressed as it is; a transfer compressed again would have no byte ranges to go on from.
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if from > 0 {
        request = request.header(header::RANGE, format!("bytes={from}-"));
    }
    let mut answer = request.call()?;
    let begins = answer.headers().get(header::CONTENT_RANGE).and_then(|range| {
        // `bytes 1000-4999/5000`
        range.to_str().ok()?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
    });
    if say.send(Message::Head(Head { status: answer.status(), begins })).is_err() {
        return Ok(Message::End);
    }
    let mut body = answer.body_mut().as_reader();
    loop {
        let mut chunk = vec![0; CHUNK];
        let got = match body.read(&mut chunk) {
            Ok(0) => return Ok(Message::End),
            Ok(got) => got,
            Err(error) => return Ok(Message::Lost(error.to_string())),
        };
        chunk.truncate(got);
        if say.send(Message::Bytes(chunk)).is_err() {
            return Ok(Message::End);
        }
    }
}

/// Whether a mirror is reached without the proxy that the environment names.
fn on_this_machine(url: &str) -> bool {
    let host = url.parse::<ureq::http::Uri>().ok().and_then(|url| url.host().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What the first bytes of a download look like, if not like gzip.
fn not_gzip(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(&[0x1f]) {
        None
    } else if start.trim_ascii_start().starts_with(b"<") {
        Some("an HTML page")
    } else {
        Some("something else")
    }
}
