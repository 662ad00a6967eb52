//! The download against a small server of its own: whole, broken off, resumed, wrong in every way, cancelled.
//! The set it downloads is the embedded sample, under the names of the original.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use alexnet_tui::config::DataSource;
use alexnet_tui::data::{self, FetchError, FetchOptions, File, Original, fetch};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TRAIN_IMAGES_PART: &str = ".train-images-idx3-ubyte.gz.part";

/// One request to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    /// The name of the file asked for.
    file: String,
    /// The first byte asked for, where only the rest is wanted.
    from: Option<usize>,
}

/// What the server does about a request.
#[derive(Clone)]
enum Answer {
    /// The file, or the range asked for.
    File,
    /// The whole file, whatever was asked for.
    WholeFile,
    /// The file, but the connection is closed after so many bytes of the body.
    DieAfter(usize),
    /// So many bytes of the body, and then nothing more, with the connection open.
    HangAfter(usize),
    /// The connection is closed without an answer.
    Refuse,
    /// A status and a body.
    Say(u16, Vec<u8>),
}

type Script = dyn Fn(&Request, usize) -> Answer + Send + Sync;

/// An HTTP server on loopback that answers by script: the request, and how many came before it.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(script: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let script: Arc<Script> = Arc::new(script);
        let thread = std::thread::spawn({
            let (requests, over) = (Arc::clone(&requests), Arc::clone(&over));
            move || {
                let mut hanging = Vec::new();
                for connection in listener.incoming() {
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    // A client that has gone is no fault of the server's.
                    if let Ok(Some(open)) = serve(connection.unwrap(), &requests, &*script) {
                        hanging.push(open);
                    }
                }
            }
        });
        Self { address, requests, over, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("http://{}/mirror/", self.address)
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Answers one request; gives back a connection that is to stay open.
fn serve(
    mut connection: TcpStream,
    requests: &Mutex<Vec<Request>>,
    script: &Script,
) -> std::io::Result<Option<TcpStream>> {
    let mut lines = BufReader::new(connection.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let file = first.split(' ').nth(1).unwrap_or("").trim_start_matches("/mirror/").to_owned();
    let mut from = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = Some(range.trim_end_matches('-').parse().unwrap());
        }
    }
    let request = Request { file, from };
    let before = {
        let mut requests = requests.lock().unwrap();
        requests.push(request.clone());
        requests.len() - 1
    };
    let answer = script(&request, before);
    if matches!(answer, Answer::Refuse) {
        return Ok(None);
    }
    let (status, body, extra) = match &answer {
        Answer::Say(status, body) => (*status, body.clone(), String::new()),
        Answer::WholeFile => (200, original(&request.file), String::new()),
        _ => {
            let whole = original(&request.file);
            match from {
                None => (200, whole, String::new()),
                Some(from) if from >= whole.len() => {
                    (416, Vec::new(), format!("Content-Range: bytes */{}\r\n", whole.len()))
                }
                Some(from) => {
                    let range = format!("Content-Range: bytes {from}-{}/{}\r\n", whole.len() - 1, whole.len());
                    (206, whole[from..].to_vec(), range)
                }
            }
        }
    };
    write!(
        connection,
        "HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n{extra}Connection: close\r\n\r\n",
        body.len()
    )?;
    let sent = match answer {
        Answer::DieAfter(most) | Answer::HangAfter(most) => most.min(body.len()),
        _ => body.len(),
    };
    connection.write_all(&body[..sent])?;
    Ok(matches!(answer, Answer::HangAfter(_)).then_some(connection))
}

fn original(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample").join(file)).unwrap()
}

fn gunzip(gz: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    flate2::read::GzDecoder::new(gz).read_to_end(&mut raw).unwrap();
    raw
}

fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(raw).unwrap();
    gz.finish().unwrap()
}

fn raw(file: File) -> Vec<u8> {
    gunzip(&original(&file.gz_name()))
}

/// A data folder to download into.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn options(&self, mirrors: &[&Server]) -> FetchOptions {
        let md5 = |file| match file {
            File::TrainImages => "cae7193a8e3dd75966f4b1f38d78ca94",
            File::TrainLabels => "1641b7f3205a263b146be7f1df295e66",
            File::TestImages => "c5442ce2f064c32bf3ec2983a505322f",
            File::TestLabels => "a00963b89d54a5ab6dc42b2b2c57c0e7",
        };
        FetchOptions {
            mirrors: mirrors.iter().map(|server| server.url()).collect(),
            patience: Duration::from_secs(10),
            originals: File::ALL.map(|file| Original {
                raw_len: raw(file).len() as u64,
                gz_len: original(&file.gz_name()).len() as u64,
                raw_md5: md5(file),
            }),
            ..FetchOptions::new(self.0.path())
        }
    }

    fn fetch(&self, mirrors: &[&Server]) -> Result<(), FetchError> {
        fetch(&self.options(mirrors), &mut |_, _| {}, &AtomicBool::new(false))
    }

    /// What is in the folder, hidden names too.
    fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.0.path().join("FashionMNIST/raw")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join("FashionMNIST/raw").join(name)
    }

    fn assert_whole(&self) {
        let mut expected = File::ALL.map(File::name);
        expected.sort_unstable();
        assert_eq!(self.names(), expected, "the four raw files and nothing else");
        for file in File::ALL {
            assert!(fs::read(self.path(file.name())).unwrap() == raw(file), "{}", file.name());
        }
    }

    fn assert_empty(&self) {
        assert_eq!(fs::read_dir(self.0.path()).unwrap().count(), 0, "nothing is left behind: {:?}", self.names());
    }
}

fn is_train_images(request: &Request) -> bool {
    request.file == File::TrainImages.gz_name()
}

#[test]
fn a_whole_download_lands_in_torchvisions_layout_and_is_not_repeated() {
    let server = Server::start(|_, _| Answer::File);
    let place = Place::new();
    let mut seen = Vec::new();
    let options = place.options(&[&server]);
    fetch(&options, &mut |done, total| seen.push((done, total)), &AtomicBool::new(false)).unwrap();
    place.assert_whole();
    let total: u64 = options.originals.iter().map(|original| original.gz_len).sum();
    assert!(seen.iter().all(|&(_, of)| of == total) && seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&(total, total)));
    let set = data::load(&DataSource::Auto, place.0.path()).unwrap();
    assert_eq!((set.train.len(), set.test.len()), (6_000, 1_000));

    assert_eq!(server.requests().len(), 4);
    place.fetch(&[&server]).unwrap();
    assert_eq!(server.requests().len(), 4, "what is there and right is not fetched again");
    fs::write(place.path(File::TestLabels.name()), "broken").unwrap();
    place.fetch(&[&server]).unwrap();
    assert_eq!(server.requests()[4..], [Request { file: File::TestLabels.gz_name(), from: None }]);
    place.assert_whole();
}

#[test]
fn a_gz_that_is_there_already_is_unpacked_and_not_fetched() {
    let server = Server::start(|_, _| Answer::File);
    let place = Place::new();
    fs::create_dir_all(place.path("")).unwrap();
    let name = File::TrainImages.gz_name();
    fs::write(place.path(&name), original(&name)).unwrap();
    place.fetch(&[&server]).unwrap();
    assert!(!server.requests().iter().any(is_train_images));
    assert!(fs::read(place.path(File::TrainImages.name())).unwrap() == raw(File::TrainImages));
}

#[test]
fn the_next_mirror_is_tried_and_stays_the_first_to_be_asked() {
    let (dead, alive) = (Server::start(|_, _| Answer::Say(503, Vec::new())), Server::start(|_, _| Answer::File));
    let place = Place::new();
    place.fetch(&[&dead, &alive]).unwrap();
    place.assert_whole();
    assert_eq!((dead.requests().len(), alive.requests().len()), (1, 4));
}

#[rstest::rstest]
#[case::not_found(|_: &Request| Answer::Say(404, b"<html>no</html>".to_vec()), "answered 404 Not Found")]
#[case::an_html_page(|_: &Request| Answer::Say(200, b"\n<!DOCTYPE html>".to_vec()), "gave an HTML page instead of a gzip file")]
#[case::not_gzip(|_: &Request| Answer::Say(200, b"hello".to_vec()), "gave something else instead of a gzip file")]
#[case::nothing(|_: &Request| Answer::Say(200, Vec::new()), "gave an empty file")]
#[case::too_short_with_no_more_to_come(|request: &Request| {
    let whole = original(&request.file);
    Answer::Say(200, whole[..whole.len() / 2].to_vec())
}, "gave a file that breaks off after ")]
#[case::a_byte_too_many(|request: &Request| {
    let mut raw = gunzip(&original(&request.file));
    raw.push(0);
    Answer::Say(200, gzip(&raw))
}, "gave more than the ")]
#[case::no_end(|request: &Request| Answer::Say(200, vec![0x1f; gunzip(&original(&request.file)).len() + 100_000]),
    "gave far more bytes than the file has")]
#[case::a_flipped_bit(|request: &Request| {
    let mut whole = original(&request.file);
    let crc = whole.len() - 6;
    whole[crc] ^= 1;
    Answer::Say(200, whole)
}, "gave damaged gzip data")]
#[case::other_content(|request: &Request| {
    Answer::Say(200, gzip(request.file.as_bytes()))
}, "gave other content than Fashion-MNIST's (raw MD5 expected ")]
fn a_wrong_download_leaves_nothing_behind_and_says_which_mirror_gave_what(
    #[case] wrong: fn(&Request) -> Answer,
    #[case] words: &str,
) {
    // Wrong at once, or wrong only in the last and largest file.
    for late in [false, true] {
        let server = Server::start(
            move |request, _| {
                if late && !is_train_images(request) { Answer::File } else { wrong(request) }
            },
        );
        let place = Place::new();
        let second = Server::start(
            |request, _| if is_train_images(request) { Answer::Say(500, Vec::new()) } else { Answer::File },
        );
        let mirrors: &[&Server] = if late { &[&server, &second] } else { &[&server] };
        let message = place.fetch(mirrors).unwrap_err().to_string();
        let file = if late { File::TrainImages } else { File::TestLabels }.gz_name();
        assert!(
            message.starts_with(&format!("could not download {file}: {}{file}: {words}", server.url())),
            "{message}"
        );
        if late {
            assert!(
                message.contains(&format!("; {}{file}: answered 500 Internal Server Error; ", second.url())),
                "{message}"
            );
        }
        assert!(message.contains("nothing was left behind"), "{message}");
        place.assert_empty();
    }
}

#[test]
fn a_download_that_the_network_breaks_off_goes_on_from_there_the_next_time() {
    let alive = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let alive = Arc::clone(&alive);
        move |request, _| match request {
            _ if !is_train_images(request) || alive.load(Ordering::SeqCst) => Answer::File,
            Request { from: None, .. } => Answer::DieAfter(1_000_000),
            _ => Answer::Refuse,
        }
    });
    let place = Place::new();
    let error = place.fetch(&[&server]).unwrap_err();
    assert!(matches!(error, FetchError::Mirrors { kept: true, .. }), "{error}");
    assert!(error.to_string().ends_with("what came is kept, the next download goes on from there"), "{error}");
    assert!(place.names().iter().all(|name| name.starts_with('.')), "no half set: {:?}", place.names());
    assert_eq!(fs::metadata(place.path(TRAIN_IMAGES_PART)).unwrap().len(), 1_000_000);
    let set = data::find(&[place.path("")]).unwrap();
    assert_eq!(set, None, "what is under way counts as nothing");

    alive.store(true, Ordering::SeqCst);
    let before = server.requests().len();
    place.fetch(&[&server]).unwrap();
    place.assert_whole();
    let asked = Request { file: File::TrainImages.gz_name(), from: Some(1_000_000) };
    assert_eq!(server.requests()[before..], [asked], "only the rest of the one file that was missing");
}

#[test]
fn a_connection_that_dies_is_taken_up_again_at_once() {
    let server = Server::start(|request, _| match request {
        _ if !is_train_images(request) => Answer::File,
        Request { from: None | Some(700_000), .. } => Answer::DieAfter(700_000),
        _ => Answer::File,
    });
    let place = Place::new();
    place.fetch(&[&server]).unwrap();
    place.assert_whole();
    let asked: Vec<_> = server.requests().into_iter().filter(is_train_images).map(|request| request.from).collect();
    assert_eq!(asked, [None, Some(700_000), Some(1_400_000)]);
}

#[test]
fn a_mirror_that_knows_no_ranges_gives_the_whole_file_again() {
    let server = Server::start(|request, _| match request.from {
        None if is_train_images(request) => Answer::DieAfter(700_000),
        _ => Answer::WholeFile,
    });
    let place = Place::new();
    place.fetch(&[&server]).unwrap();
    place.assert_whole();
}

#[test]
fn a_part_that_belongs_to_something_else_is_thrown_away() {
    // As long as the file, longer than it, and shorter.
    for len in [original(&File::TrainImages.gz_name()).len(), 3_000_000, 5_000] {
        let server = Server::start(|_, _| Answer::File);
        let place = Place::new();
        fs::create_dir_all(place.path("")).unwrap();
        fs::write(place.path(TRAIN_IMAGES_PART), vec![0x1f; len]).unwrap();
        place.fetch(&[&server]).unwrap();
        place.assert_whole();
        let asked: Vec<_> = server.requests().into_iter().filter(is_train_images).map(|request| request.from).collect();
        assert_eq!(asked, [Some(len), None]);
    }
}

#[test]
fn a_log_in_page_does_not_cost_what_came_before() {
    let server = Server::start(|_, _| Answer::Say(200, b"<html>Welcome to the hotel</html>".to_vec()));
    let place = Place::new();
    fs::create_dir_all(place.path("")).unwrap();
    let part = original(&File::TrainImages.gz_name())[..2_000_000].to_vec();
    fs::write(place.path(TRAIN_IMAGES_PART), &part).unwrap();
    assert!(place.fetch(&[&server]).is_err());
    assert_eq!(place.names(), [TRAIN_IMAGES_PART]);
    assert!(fs::read(place.path(TRAIN_IMAGES_PART)).unwrap() == part);
}

#[test]
fn cancelling_ends_a_hanging_download_at_once_and_keeps_what_came() {
    let server =
        Server::start(|request, _| if is_train_images(request) { Answer::HangAfter(1_500_000) } else { Answer::File });
    let place = Place::new();
    let options = FetchOptions { patience: Duration::from_mins(10), ..place.options(&[&server]) };
    let cancel = AtomicBool::new(false);
    let small: u64 = options.originals[1..].iter().map(|original| original.gz_len).sum();
    let mut cancelled_at = None;
    let outcome = fetch(
        &options,
        &mut |done, _| {
            if done == small + 1_500_000 {
                cancel.store(true, Ordering::SeqCst);
                cancelled_at = Some(Instant::now());
            }
        },
        &cancel,
    );
    assert!(matches!(outcome, Err(FetchError::Cancelled)), "{outcome:?}");
    assert!(cancelled_at.unwrap().elapsed() < Duration::from_secs(2));
    assert_eq!(fs::metadata(place.path(TRAIN_IMAGES_PART)).unwrap().len(), 1_500_000);
}

#[test]
fn a_connection_that_stands_still_counts_as_lost() {
    let server = Server::start(|_, _| Answer::HangAfter(0));
    let place = Place::new();
    let options = FetchOptions { patience: Duration::from_millis(200), ..place.options(&[&server]) };
    let message = fetch(&options, &mut |_, _| {}, &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(message.contains("timeout"), "{message}");
    place.assert_empty();
}

#[test]
fn a_mirror_that_is_not_there_is_named() {
    let gone = Server::start(|_, _| Answer::File);
    let place = Place::new();
    let options = place.options(&[&gone]);
    let url = gone.url();
    drop(gone);
    let message = fetch(&options, &mut |_, _| {}, &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(message.contains(&url), "{message}");
    place.assert_empty();
}

#[test]
fn two_downloads_into_one_folder_do_not_mix() {
    let server = Server::start(|_, _| Answer::File);
    let place = Place::new();
    let mut second = None;
    let mut on_progress = |_, _| {
        second.get_or_insert_with(|| place.fetch(&[&server]));
    };
    fetch(&place.options(&[&server]), &mut on_progress, &AtomicBool::new(false)).unwrap();
    assert!(matches!(second, Some(Err(FetchError::Busy(_)))), "{second:?}");
    place.assert_whole();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let server = Server::start(|_, _| Answer::File);
    let place = Place::new();
    fs::write(place.0.path().join("FashionMNIST"), "a file").unwrap();
    let message = place.fetch(&[&server]).unwrap_err().to_string();
    assert!(message.contains("FashionMNIST/raw: ") && message.contains("set paths.data"), "{message}");
    assert!(server.requests().is_empty());
}
