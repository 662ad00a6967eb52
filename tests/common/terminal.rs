//! The real program in a pseudo-terminal, its screen read by a terminal emulator.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take on a machine with much else to do. No test waits this long where all is well.
const PATIENCE: Duration = Duration::from_mins(2);

struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
    ended: bool,
}

/// A program in a terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    modes_before: String,
}

impl Terminal {
    /// Runs the program with its places inside `folder`, on a small job: the tiny net, the sample.
    pub fn open(folder: &Path, size: (u16, u16), arguments: &[&str]) -> Self {
        let mut small = vec!["--data", "sample", "--threads", "1"];
        for setting in ["model.variant=tiny", "data.limit_train=320", "data.limit_validation=64"] {
            small.extend(["--set", setting]);
        }
        small.extend(arguments);
        Self::run(Path::new(env!("CARGO_BIN_EXE_alexnet-tui")), folder, size, &small)
    }

    /// Runs any program, with its places inside `folder`.
    pub fn run(program: &Path, folder: &Path, (columns, rows): (u16, u16), arguments: &[&str]) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(folder);
        for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"] {
            command.env(variable, folder.join(variable.to_lowercase()));
        }
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env_remove("OMP_WAIT_POLICY"); // cargo sets it for tests; a shell does not
        let modes_before = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let seen = Arc::new((
            Mutex::new(Seen {
                bytes: Vec::new(),
                screen: vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0),
                ended: false,
            }),
            Condvar::new(),
        ));
        let reader = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65536];
            loop {
                let count = output.read(&mut bytes).unwrap_or(0);
                let mut seen = reader.0.lock().unwrap();
                seen.bytes.extend_from_slice(&bytes[..count]);
                seen.screen.process(&bytes[..count]);
                seen.ended = count == 0;
                reader.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { child, master: pair.master, keys, seen, modes_before }
    }

    /// Waits until the screen says `text`.
    pub fn until(&self, text: &str) {
        self.wait(&format!("{text:?}"), |seen| seen.screen.screen().contents().contains(text));
    }

    /// Waits until the program has sent these bytes.
    #[allow(dead_code, reason = "not every test that shares this needs it")]
    pub fn until_sent(&self, bytes: &str) {
        self.wait(&format!("{bytes:?} to be sent"), |seen| {
            seen.bytes.windows(bytes.len()).any(|part| part == bytes.as_bytes())
        });
    }

    fn wait(&self, what: &str, done: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !done(&seen) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !seen.ended, "waited for {what}:\n{}", seen.screen.screen().contents());
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Gives the window another size.
    pub fn resize(&self, (width, height): (u16, u16)) {
        self.seen.0.lock().unwrap().screen.screen_mut().set_size(height.try_into().unwrap(), width.try_into().unwrap());
        self.master.resize(PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// `S` sleeping, `R` running, `T` stopped: the state that Linux tells of the process.
    pub fn process_state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id().unwrap())).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    }

    /// Waits until the process is stopped (or no longer is).
    pub fn until_stopped(&self, stopped: bool) {
        let end = Instant::now() + PATIENCE;
        while (self.process_state() == 'T') != stopped {
            assert!(Instant::now() < end, "process state {}", self.process_state());
            std::thread::yield_now();
        }
    }

    /// What is on the screen now.
    pub fn contents(&self) -> String {
        self.seen.0.lock().unwrap().screen.screen().contents()
    }

    /// Waits until the alternate screen is left: what the program wrote before it stopped may still be on its way.
    pub fn until_left(&self) {
        self.wait("the end of the screen", |seen| {
            let screen = seen.screen.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        });
    }

    /// Whether everything that the program took from the terminal was given back.
    pub fn assert_restored(&self) {
        let seen = self.seen.0.lock().unwrap();
        let screen = seen.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(modes(&*self.master), self.modes_before, "the line's modes");
    }

    /// Waits for the end; asserts that the terminal was given back. Returns the exit status and the last screen.
    pub fn end(mut self) -> (u32, String) {
        self.wait("the end", |seen| seen.ended);
        let status = self.child.wait().unwrap().exit_code();
        self.assert_restored();
        (status, self.contents())
    }
}

fn modes(master: &dyn MasterPty) -> String {
    master.get_termios().map(|modes| format!("{modes:?}")).unwrap_or_default()
}
