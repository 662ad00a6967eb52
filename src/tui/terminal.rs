//! The terminal taken and given back: at the end, on a panic, around a Ctrl-Z. Meanwhile stderr goes to a file, for
//! libtorch prints its warnings there.

use super::app::Host;
use super::asking::Question;
use super::painter::Painter;
use super::state::{Leaving, Usage};
use super::system::Sampler;
use crate::config::Config;
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    is_raw_mode_enabled,
};
use crossterm::{ExecutableCommand, QueueableCommand, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::fd::OwnedFd;
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::panic;
use std::path::PathBuf;
use std::sync::{Mutex, TryLockError};
use std::thread;
use std::time::Duration;

/// How long a terminal that doesn't drain is waited for before it is given back as it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// What has to be put back, wherever the program ends.
struct Taken {
    /// The stderr of before, if it goes to a file now.
    stderr: Option<OwnedFd>,
    /// Its last frame must be out before anything is put back.
    painter: Painter,
}

static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

/// The real terminal.
pub struct Console {
    painter: Painter,
    sampler: Sampler,
    /// Stop signals that Ctrl-Z has sent to the whole job, this process included.
    own_stops: u32,
    errors: Option<PathBuf>,
}

impl Console {
    /// Takes the terminal: alternate screen, raw mode, mouse, bracketed paste, no cursor; stderr to a file.
    pub fn open(config: &Config) -> io::Result<(Self, Terminal<CrosstermBackend<Painter>>)> {
        restore_on_panic();
        let painter = Painter::open()?;
        let errors = errors_file(config);
        take(&painter, errors.as_ref())?;
        let console = Self { painter: painter.clone(), sampler: Sampler::new(), own_stops: 0, errors };
        let terminal = Terminal::new(CrosstermBackend::new(painter))?;
        Ok((console, terminal))
    }

    /// Sends a question with the next frame; [`super::asking::answer`] reads the answer.
    pub fn ask(&mut self, question: Question) -> io::Result<()> {
        self.painter.write_all(question.bytes())
    }

    /// Where stderr went meanwhile.
    pub fn errors(&self) -> Option<&PathBuf> {
        self.errors.as_ref()
    }

    /// Gives the terminal back. Returns whether it can be written to: one that doesn't drain would hold us for ever.
    pub fn give_back(&self) -> bool {
        give_back(PATIENCE);
        self.painter.is_idle() && !self.painter.is_lost()
    }

    fn take_again(&self) -> io::Result<()> {
        take(&self.painter, self.errors.as_ref())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Host for Console {
    fn present(&mut self) -> io::Result<()> {
        if self.painter.is_lost() {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe));
        }
        self.painter.present();
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.painter.is_idle()
    }

    async fn ready(&self) {
        self.painter.idle().await;
    }

    fn suspend(&mut self, by_key: bool) -> io::Result<()> {
        self.give_back();
        if by_key {
            // Whatever else belongs to the job (cargo, make) stops too, or the shell would wait for it. This process is
            // told as well, which `stopped_by_others` takes out again.
            self.own_stops += 1;
            kill_current_process_group(Signal::TSTP)?;
        }
        signal_hook::low_level::emulate_default_handler(Signal::TSTP.as_raw())?;
        self.take_again()
    }

    fn stopped_by_others(&mut self) -> bool {
        if self.own_stops > 0 {
            self.own_stops -= 1;
            return false;
        }
        true
    }

    fn continued(&mut self) -> io::Result<()> {
        // A shell may have set the terminal's modes as it liked.
        self.painter.drain(PATIENCE);
        cooked()?;
        set_modes()
    }

    fn exit_now(&mut self, reason: Leaving) {
        give_back(Duration::from_millis(100));
        signal_hook::low_level::exit(reason.status().into());
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        // It goes with the next frame, so that it never stands in the middle of one.
        self.painter.queue(CopyToClipboard::to_clipboard_from(text)).map(drop)
    }

    fn usage(&mut self) -> Option<Usage> {
        self.sampler.usage()
    }
}

fn take(painter: &Painter, errors: Option<&PathBuf>) -> io::Result<()> {
    let mut taken = TAKEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = taken.take().and_then(|taken| taken.stderr);
    let stderr = match before {
        Some(stderr) => Some(stderr),
        None => redirect_stderr(errors).ok(),
    };
    *taken = Some(Taken { stderr, painter: painter.clone() });
    execute!(io::stdout(), EnterAlternateScreen)?;
    set_modes()
}

/// Held while the line's modes are changed, so that nobody puts back what another has just left.
static MODES: Mutex<()> = Mutex::new(());

fn raw() -> io::Result<()> {
    let _changing = MODES.lock();
    enable_raw_mode()
}

fn cooked() -> io::Result<()> {
    let _changing = MODES.lock();
    disable_raw_mode()
}

/// Makes the system tell everyone anew who waits for the terminal's bytes: setting the modes that it has does that.
pub(super) fn rouse(terminal: &impl AsFd) {
    let _changing = MODES.lock();
    if is_raw_mode_enabled().unwrap_or(false)
        && let Ok(modes) = tcgetattr(terminal)
    {
        let _ = tcsetattr(terminal, OptionalActions::Now, &modes);
    }
}

fn set_modes() -> io::Result<()> {
    raw()?;
    execute!(io::stdout(), EnableMouseCapture, EnableBracketedPaste, Hide)
}

/// Puts back what was taken; the second time nothing happens. What fails is passed over: there may be no terminal any
/// more. To one that doesn't drain nothing is written.
fn give_back(patience: Duration) {
    let taken = match TAKEN.try_lock() {
        Ok(mut taken) => taken.take(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
        Err(TryLockError::WouldBlock) => None,
    };
    let Some(taken) = taken else { return };
    if taken.painter.drain(patience) {
        let mut stdout = io::stdout();
        let _ = stdout.execute(DisableBracketedPaste);
        let _ = stdout.execute(DisableMouseCapture);
        // Where there is no alternate screen, what is written afterwards should not stand among the charts.
        let _ = stdout.execute(Clear(ClearType::All));
        let _ = stdout.execute(MoveTo(0, 0));
        let _ = stdout.execute(LeaveAlternateScreen);
        let _ = stdout.execute(Show);
    }
    let _ = cooked();
    if let Some(stderr) = taken.stderr {
        let _ = rustix::stdio::dup2_stderr(stderr);
    }
}

/// A panic of this thread gives the terminal back before it is told. One of another thread is told to the file that
/// stderr goes to; the loop sees that the thread is gone, and leaves.
fn restore_on_panic() {
    let screen = thread::current().id();
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        if thread::current().id() == screen {
            give_back(PATIENCE);
        }
        tell(panicked);
    }));
}

/// Sends stderr to the file. Returns the stderr of before.
fn redirect_stderr(errors: Option<&PathBuf>) -> io::Result<OwnedFd> {
    let file = match errors {
        Some(path) => OpenOptions::new().append(true).create(true).open(path)?,
        None => File::create("/dev/null")?,
    };
    let before = io::stderr().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stderr(file)?;
    Ok(before)
}

/// `stderr.log` in the folder of states, if that can be made.
fn errors_file(config: &Config) -> Option<PathBuf> {
    let folder = if config.paths.state.as_os_str().is_empty() {
        let places = directories::ProjectDirs::from("", "", "alexnet-tui")?;
        places.state_dir().unwrap_or_else(|| places.data_local_dir()).to_owned()
    } else {
        config.paths.state.clone()
    };
    std::fs::create_dir_all(&folder).ok()?;
    let path = folder.join("stderr.log");
    OpenOptions::new().append(true).create(true).open(&path).ok()?;
    Some(path)
}
