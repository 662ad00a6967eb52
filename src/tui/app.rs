//! The loop: waits for keys, the engine, the system and the clock, and draws when something has changed.

use super::action::{Action, Pointer};
use super::charset::Charset;
use super::draw;
use super::keymap::Meaning;
use super::screenshot;
use super::signals::Signal;
use super::state::{Effect, Leaving, State, Usage, update};
use super::theme::Theme;
use super::widgets::Hits;
use crate::session::{Handle, Update};
use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use futures::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Rect;
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// Time between two frames, at the least.
const FRAME: Duration = Duration::from_millis(33);
/// Time between two looks at memory and processor.
const SAMPLE: Duration = Duration::from_secs(1);

/// What the loop asks of whatever it runs on: the real terminal, or a test.
pub trait Host {
    /// Shows the frame that was drawn. An error means that the terminal is gone.
    fn present(&mut self) -> io::Result<()>;
    /// Whether the last frame is out, so that another may be drawn.
    fn is_ready(&self) -> bool;
    /// Waits until it is.
    fn ready(&self) -> impl Future<Output = ()>;
    /// Gives the terminal back, stops the process, and takes the terminal again once it is continued.
    fn suspend(&mut self, by_key: bool) -> io::Result<()>;
    /// Whether a stop signal came from elsewhere than from [`Host::suspend`].
    fn stopped_by_others(&mut self) -> bool;
    /// The process was continued: makes sure of the terminal.
    fn continued(&mut self) -> io::Result<()>;
    /// Gives the terminal back and ends the process; only a test's returns.
    fn exit_now(&mut self, reason: Leaving);
    /// Asks the terminal to put a text into the clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// What the process takes.
    fn usage(&mut self) -> Option<Usage>;
}

/// The loop with everything that it holds.
pub struct App<'a, B: Backend, H: Host> {
    /// Where frames are drawn.
    pub terminal: &'a mut Terminal<B>,
    /// What it runs on.
    pub host: &'a mut H,
    /// The engine.
    pub handle: &'a mut Handle,
    /// What the screen knows.
    pub state: &'a mut State,
    /// Its colours, until the configuration says otherwise.
    pub theme: &'a Theme,
}

/// What a turn of the loop came to.
enum Turn {
    GoOn,
    /// Goes on, and nothing is to be drawn anew for it.
    Nothing,
    Leave(u8),
}

impl<B: Backend, H: Host> App<'_, B, H> {
    /// Runs until the person leaves and the engine has ended. Returns the exit status.
    pub async fn run(
        mut self,
        mut events: impl Stream<Item = io::Result<Event>> + Unpin,
        mut signals: impl Stream<Item = Signal> + Unpin,
    ) -> u8 {
        let mut sample = interval(SAMPLE);
        sample.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut hits = Hits::default();
        let mut theme = self.theme.clone();
        let mut next_frame = Instant::now();
        let (mut dirty, mut has_terminal, mut has_engine) = (true, true, true);
        loop {
            if self.state.ended
                && let Some(reason) = self.state.leaving
            {
                return if self.state.died() { 1 } else { reason.status() };
            }
            let may_draw = dirty && has_terminal;
            let is_ready = self.host.is_ready();
            let turn = tokio::select! {
                biased;
                Some(signal) = signals.next() => {
                    dirty = true;
                    self.on_signal(signal)
                }
                event = events.next(), if has_terminal => {
                    let lost = !matches!(event, Some(Ok(_)));
                    has_terminal &= !lost;
                    let turn = match event {
                        Some(Ok(event)) => self.on_terminal(&event, &hits),
                        _ => self.on_lost(),
                    };
                    dirty |= !matches!(turn, Turn::Nothing);
                    turn
                }
                () = sleep_until(next_frame), if may_draw && is_ready => {
                    dirty = false;
                    next_frame = Instant::now() + FRAME;
                    theme = theme.other(self.state.config.ui.theme).unwrap_or(theme);
                    theme.charset = Charset::of(self.state.config.ui.charset);
                    self.state.keys.ascii = theme.charset == Charset::Ascii;
                    if let Some(drawn) = self.draw(&theme, hits.image) {
                        hits = drawn;
                        self.state.reading.drawn(hits.first_line);
                        // No further than there are lines: the way back begins at once.
                        self.state.scroll = hits.scrolled.unwrap_or(self.state.scroll);
                        self.state.charts_drawn(hits.plots.clone());
                        let mut effects = self.state.drawn(hits.grid);
                        effects.extend(self.state.runs_drawn(hits.run_curves));
                        self.carry_out(effects)
                    } else {
                        has_terminal = false;
                        self.on_lost()
                    }
                }
                () = self.host.ready(), if may_draw && !is_ready => Turn::GoOn,
                news = self.handle.next_or_live(), if has_engine => {
                    dirty = true;
                    has_engine = !matches!(news, Update::Gone);
                    self.on_engine(news);
                    Turn::GoOn
                }
                _ = sample.tick() => {
                    let usage = self.host.usage();
                    dirty |= self.state.run.is_some() && usage != self.state.usage;
                    self.state.usage = usage;
                    Turn::GoOn
                }
            };
            if let Turn::Leave(status) = turn {
                return status;
            }
        }
    }

    /// `None`, for whatever reason, means that the terminal is gone.
    fn draw(&mut self, theme: &Theme, image: Option<Rect>) -> Option<Hits> {
        let mut hits = Hits::default();
        let Self { terminal, state, .. } = self;
        terminal.draw(|frame| hits = draw::draw(state, theme, frame)).ok()?;
        // What is drawn over a picture of pixels leaves some of it standing where nothing is to be.
        if image.is_some() && hits.image != image {
            forget_frame(terminal).ok()?;
            terminal.draw(|frame| hits = draw::draw(state, theme, frame)).ok()?;
        }
        self.host.present().ok()?;
        Some(hits)
    }

    fn on_engine(&mut self, news: Update) {
        match news {
            Update::Event(event) => self.state.on_event(event),
            Update::Gone => self.state.end(),
            Update::Live => {
                let live = self.handle.take_live();
                // What was said before these steps were done is to be heard before them.
                while let Some(event) = self.handle.try_next() {
                    self.state.on_event(event);
                }
                self.state.on_live(live);
            }
        }
    }

    fn on_signal(&mut self, signal: Signal) -> Turn {
        match signal {
            Signal::Interrupt => self.leave(Leaving::Interrupt),
            Signal::Terminate => self.leave(Leaving::Terminate),
            Signal::HangUp => self.leave(Leaving::HangUp),
            Signal::Stop if self.host.stopped_by_others() => self.suspend(false),
            Signal::Continue => match self.host.continued() {
                Ok(()) => self.redraw(),
                Err(_) => self.on_lost(),
            },
            // The next frame asks for the size; a stop of our own making is over by now.
            Signal::Resize | Signal::Stop => Turn::GoOn,
        }
    }

    fn on_terminal(&mut self, event: &Event, hits: &Hits) -> Turn {
        match event {
            Event::Key(key) => match self.state.keys.meaning(self.state.mode(), *key) {
                Meaning::Action(action) => self.perform(action),
                Meaning::Text(key) => {
                    self.state.type_text(key);
                    Turn::GoOn
                }
                Meaning::Nothing => Turn::GoOn,
            },
            Event::Mouse(mouse) => self.on_mouse(*mouse, hits),
            Event::Paste(text) => {
                self.state.paste(text);
                Turn::GoOn
            }
            Event::Resize(..) | Event::FocusGained | Event::FocusLost => Turn::GoOn,
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent, hits: &Hits) -> Turn {
        let (column, row) = (mouse.column, mouse.row);
        let pointer = match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Pointer::Pressed,
            MouseEventKind::Up(MouseButton::Left) => Pointer::Released,
            MouseEventKind::Drag(MouseButton::Left) => Pointer::Dragged,
            MouseEventKind::Moved => Pointer::Moved,
            MouseEventKind::ScrollUp => Pointer::WheelUp,
            MouseEventKind::ScrollDown => Pointer::WheelDown,
            MouseEventKind::ScrollLeft => Pointer::WheelLeft,
            MouseEventKind::ScrollRight => Pointer::WheelRight,
            _ => return Turn::Nothing,
        };
        if pointer == Pointer::Pressed
            && let Some(click) = hits.at(column, row)
        {
            let effects = self.state.click(click);
            return self.carry_out(effects);
        }
        if self.state.point(pointer, column, row) {
            return Turn::GoOn;
        }
        match pointer {
            Pointer::WheelUp | Pointer::WheelDown => {
                let effects = self.state.turn_wheel(pointer == Pointer::WheelUp);
                self.carry_out(effects)
            }
            _ => Turn::Nothing,
        }
    }

    fn perform(&mut self, action: Action) -> Turn {
        let effects = update(self.state, action);
        self.carry_out(effects)
    }

    fn leave(&mut self, reason: Leaving) -> Turn {
        let effects = self.state.leave(reason);
        self.carry_out(effects)
    }

    /// A terminal that is gone is left as on SIGHUP; the engine still saves.
    fn on_lost(&mut self) -> Turn {
        self.leave(Leaving::HangUp)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Turn {
        for effect in effects {
            let turn = match effect {
                Effect::Send(command) => {
                    let id = self.handle.send(command.clone());
                    self.state.sent(id, command);
                    Turn::GoOn
                }
                Effect::ExitNow(reason) => {
                    self.host.exit_now(reason);
                    Turn::Leave(reason.status())
                }
                Effect::Suspend => self.suspend(true),
                Effect::Redraw => self.redraw(),
                Effect::Copy(text) => self.host.copy(&text).map_or_else(|_| self.on_lost(), |()| Turn::GoOn),
                Effect::Screenshot => self.write_screen(),
            };
            if let Turn::Leave(_) = turn {
                return turn;
            }
        }
        Turn::GoOn
    }

    fn suspend(&mut self, by_key: bool) -> Turn {
        match self.host.suspend(by_key) {
            Ok(()) => self.redraw(),
            Err(_) => self.on_lost(),
        }
    }

    /// Writes what is on the screen to files, and says where.
    fn write_screen(&mut self) -> Turn {
        let Ok(size) = self.terminal.size() else { return self.on_lost() };
        let changed = self.theme.other(self.state.config.ui.theme);
        let theme = changed.as_ref().unwrap_or(self.theme);
        let buffer = draw::on_paper(self.state, theme, size);
        let (folder, name) = (self.state.screens_folder(), self.state.screen.to_string());
        let when = ((self.state.now)(), self.state.zone.clone());
        let outcome = screenshot::write(&buffer, theme.ground(), &folder, &name, when);
        self.state.screen_written(&folder, outcome);
        Turn::GoOn
    }

    /// Forgets what the terminal shows; the next frame draws all of it.
    fn redraw(&mut self) -> Turn {
        self.theme.images.forget();
        match forget_frame(self.terminal) {
            Ok(()) => Turn::GoOn,
            Err(_) => self.on_lost(),
        }
    }
}

/// The next frame draws all of it.
fn forget_frame<B: Backend>(terminal: &mut Terminal<B>) -> Result<(), B::Error> {
    // `Terminal::clear` would ask the terminal where its cursor is, and wait for the answer.
    terminal.size().and_then(|size| terminal.resize(size.into()))
}
