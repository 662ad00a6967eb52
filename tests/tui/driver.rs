//! The real loop without a terminal: a person who types, an engine that follows a script, a clock that runs by itself.

use crate::paint;
use alexnet_tui::config;
use alexnet_tui::session::{Command, CommandId, Event, Handle, Parts};
use alexnet_tui::tui::app::{App, Host};
use alexnet_tui::tui::signals::Signal;
use alexnet_tui::tui::state::{Leaving, State, Usage};
use alexnet_tui::tui::theme::{Depth, Theme};
use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use futures::channel::mpsc;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// What the loop did to its surroundings, for the test to look at.
#[derive(Default)]
pub struct World {
    pub frames: usize,
    /// Whether the terminal takes no more.
    pub stuck: bool,
    pub suspended: usize,
    pub exited: Option<Leaving>,
    pub copied: Vec<String>,
    pub usage: Option<Usage>,
}

struct TestHost(Rc<RefCell<World>>, Rc<Notify>);

impl Host for TestHost {
    fn present(&mut self) -> io::Result<()> {
        self.0.borrow_mut().frames += 1;
        Ok(())
    }

    fn is_ready(&self) -> bool {
        !self.0.borrow().stuck
    }

    async fn ready(&self) {
        while !self.is_ready() {
            self.1.notified().await;
        }
    }

    fn suspend(&mut self, _: bool) -> io::Result<()> {
        self.0.borrow_mut().suspended += 1;
        Ok(())
    }

    fn stopped_by_others(&mut self) -> bool {
        true
    }

    fn continued(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn exit_now(&mut self, reason: Leaving) {
        self.0.borrow_mut().exited = Some(reason);
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.0.borrow_mut().copied.push(text.to_owned());
        Ok(())
    }

    fn usage(&mut self) -> Option<Usage> {
        self.0.borrow().usage
    }
}

/// A `TestBackend` that the test may look at while the loop holds it.
struct Glass(Rc<RefCell<TestBackend>>);

impl Backend for Glass {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Infallible> {
        self.0.borrow_mut().draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.0.borrow_mut().get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.0.borrow_mut().set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().clear()
    }

    fn clear_region(&mut self, kind: ClearType) -> Result<(), Infallible> {
        self.0.borrow_mut().clear_region(kind)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.0.borrow().size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.0.borrow_mut().window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The hands of the person, and the mouth and ears of the engine.
pub struct Driver {
    keys: mpsc::UnboundedSender<io::Result<TerminalEvent>>,
    signals: mpsc::UnboundedSender<Signal>,
    screen: Rc<RefCell<TestBackend>>,
    drained: Rc<Notify>,
    pub parts: Parts,
    pub world: Rc<RefCell<World>>,
}

impl Driver {
    pub async fn press(&self, code: KeyCode) {
        self.send(TerminalEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))).await;
    }

    pub async fn type_text(&self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c)).await;
        }
    }

    pub async fn press_control(&self, c: char) {
        self.send(TerminalEvent::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))).await;
    }

    /// Clicks the first place where the text is on the screen.
    pub async fn click(&self, text: &str) {
        let screen = self.text();
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).expect("text on the screen");
        let column = line[..line.find(text).unwrap()].chars().count() as u16;
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.send(TerminalEvent::Mouse(MouseEvent { kind, column, row: row as u16, modifiers: KeyModifiers::NONE }))
            .await;
    }

    /// Puts an event there, without waiting for what comes of it.
    pub fn put(&self, event: TerminalEvent) {
        self.keys.unbounded_send(Ok(event)).unwrap();
    }

    pub async fn send(&self, event: TerminalEvent) {
        self.put(event);
        self.settle().await;
    }

    pub async fn lose_terminal(&self) {
        self.keys.unbounded_send(Err(io::Error::from(io::ErrorKind::UnexpectedEof))).unwrap();
        self.settle().await;
    }

    pub async fn signal(&self, signal: Signal) {
        self.signals.unbounded_send(signal).unwrap();
        self.settle().await;
    }

    pub async fn resize(&self, width: u16, height: u16) {
        self.screen.borrow_mut().resize(width, height);
        self.signal(Signal::Resize).await;
    }

    pub async fn drain(&self) {
        self.world.borrow_mut().stuck = false;
        self.drained.notify_one();
        self.settle().await;
    }

    /// Lets everything happen that is going to, and the frame after it be drawn.
    pub async fn settle(&self) {
        sleep(Duration::from_millis(200)).await;
    }

    pub async fn say(&mut self, event: Event) {
        self.parts.outbox.say(event);
        self.settle().await;
    }

    /// The next command, which the engine grants.
    pub async fn granted(&mut self) -> Command {
        let (id, command) = self.command();
        self.say(Event::Acknowledged { id, outcome: Ok(()) }).await;
        command
    }

    pub fn command(&mut self) -> (CommandId, Command) {
        self.parts.commands.try_recv().expect("a command was sent")
    }

    pub fn assert_nothing_sent(&mut self) {
        if let Ok((_, command)) = self.parts.commands.try_recv() {
            panic!("{command:?} was sent");
        }
    }

    pub fn cells(&self) -> Buffer {
        self.screen.borrow().buffer().clone()
    }

    pub fn text(&self) -> String {
        paint::text_of_screen(self.screen.borrow().buffer())
    }

    pub fn assert_shows(&self, text: &str) {
        assert!(self.text().contains(text), "{text:?} is not on the screen:\n{}", self.text());
    }

    pub fn assert_hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{text:?} is on the screen:\n{}", self.text());
    }

    pub fn frames(&self) -> usize {
        self.world.borrow().frames
    }
}

/// Runs the loop and a script side by side. Returns the exit status, and what the screen knew in the end.
pub fn run(state: State, script: impl AsyncFnOnce(Driver)) -> (u8, State) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(run_in(state, script))
}

async fn run_in(mut state: State, script: impl AsyncFnOnce(Driver)) -> (u8, State) {
    let screen = Rc::new(RefCell::new(TestBackend::new(120, 36)));
    let mut terminal = Terminal::new(Glass(Rc::clone(&screen))).unwrap();
    let world = Rc::new(RefCell::new(World::default()));
    let drained = Rc::new(Notify::new());
    let mut host = TestHost(Rc::clone(&world), Rc::clone(&drained));
    let (mut handle, parts) = Handle::pair();
    let (keys, events) = mpsc::unbounded();
    let (signals, received) = mpsc::unbounded();
    let theme = Theme::new(config::Theme::Dark, Depth::True);
    let driver = Driver { keys, signals, screen, drained, parts, world };
    let app = App { terminal: &mut terminal, host: &mut host, handle: &mut handle, state: &mut state, theme: &theme };
    let (status, ()) = tokio::join!(app.run(events, received), async {
        driver.settle().await;
        script(driver).await;
    });
    (status, state)
}
