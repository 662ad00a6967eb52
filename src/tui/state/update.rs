//! What an action changes, and what it asks of the world.

use super::{Editor, EditorKind, Grid, Leaving, Overlay, PaletteState, Question, SMOOTHINGS, Screen, State};
use crate::metrics::Split;
use crate::session::{Command, Continuation, Level, Offer, Phase};
use crate::tui::action::{Action, Click};
use crossterm::event::{Event as TerminalEvent, KeyEvent};
use strum::VariantArray;
use tui_input::backend::crossterm::EventHandler;

/// Lines of a page, in lists whose height the state doesn't know.
const PAGE: usize = 8;

/// What the loop has to do for an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send the engine a command.
    Send(Command),
    /// Restore the terminal and end the process without waiting for anything.
    ExitNow(Leaving),
    /// Give the terminal to the shell, and stop until continued.
    Suspend,
    /// Forget what the terminal shows.
    Redraw,
    /// Put a text into the clipboard.
    Copy(String),
    /// Write the screen to files.
    Screenshot,
}

/// Does an action.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    state.notice = None;
    state.done = None;
    match action {
        // These work whatever lies over the screen.
        Action::LeaveNow => return state.leave(Leaving::Interrupt),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Screenshot => return vec![Effect::Screenshot],
        Action::Suspend => return vec![Effect::Suspend],
        _ if state.leaving.is_some() => return Vec::new(),
        _ => {}
    }
    match state.overlay.take() {
        Some(Overlay::Question(question)) => state.answer(question, action),
        Some(Overlay::Palette(palette)) => state.in_palette(palette, action),
        Some(Overlay::Help { scroll }) => state.in_help(scroll, action),
        Some(Overlay::Search(input)) if state.screen == Screen::Pictures => state.in_index(input, action),
        Some(Overlay::Search(input)) if state.screen == Screen::Config => state.in_settings_search(input, action),
        Some(Overlay::Search(input)) if state.screen == Screen::Runs => state.in_runs_search(input, action),
        Some(Overlay::Search(input)) => state.in_search(input, action),
        Some(Overlay::Edit(editor)) => state.in_editor(editor, action),
        Some(Overlay::Diff(diff)) => state.in_diff(diff, action),
        Some(Overlay::Clash(clash)) => state.in_clash(clash, action),
        Some(Overlay::Choice(list)) => state.in_choice(list, action),
        None => state.act(action),
    }
}

impl State {
    /// Takes the way out. The second interrupt doesn't wait for the saving.
    pub fn leave(&mut self, reason: Leaving) -> Vec<Effect> {
        match self.leaving {
            Some(_) if reason == Leaving::Interrupt => vec![Effect::ExitNow(reason)],
            Some(_) => Vec::new(),
            None => {
                self.leaving = Some(reason);
                self.overlay = None;
                vec![Effect::Send(Command::Leave)]
            }
        }
    }

    /// Takes a key that is part of a text.
    pub fn type_text(&mut self, key: KeyEvent) {
        if let Some(input) = self.line_typed() {
            input.handle_event(&TerminalEvent::Key(key));
        }
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            let before = palette.input.value().to_owned();
            palette.input.handle_event(&TerminalEvent::Key(key));
            if palette.input.value() != before {
                palette.selected = 0;
            }
        }
    }

    /// Takes a text that was pasted.
    pub fn paste(&mut self, text: &str) {
        let characters = text.chars().filter(|c| !c.is_control());
        if let Some(input) = self.line_typed() {
            for c in characters.clone() {
                input.handle(tui_input::InputRequest::InsertChar(c));
            }
        }
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            for c in characters {
                palette.input.handle(tui_input::InputRequest::InsertChar(c));
            }
            palette.selected = 0;
        }
    }

    /// The line that is typed in, on a screen.
    fn line_typed(&mut self) -> Option<&mut tui_input::Input> {
        match &mut self.overlay {
            Some(Overlay::Search(input) | Overlay::Edit(Editor { kind: EditorKind::Line(input), .. })) => Some(input),
            _ => None,
        }
    }

    /// Does what a click on a part of the frame does.
    pub fn click(&mut self, click: Click) -> Vec<Effect> {
        match click {
            Click::Action(action) => update(self, action),
            Click::PaletteRow(row) => {
                if let Some(Overlay::Palette(palette)) = &mut self.overlay {
                    palette.selected = row;
                }
                update(self, Action::Confirm)
            }
            Click::Cell(truth, taken) if self.confusion.cell == (truth, taken) => update(self, Action::Confirm),
            Click::Cell(truth, taken) => {
                self.confusion.cell = (truth, taken);
                Vec::new()
            }
            Click::Validation(place) => {
                self.confusion.turn(place);
                Vec::new()
            }
            Click::Epoch(epoch) => {
                if self.confusion.turn_to_epoch(epoch) {
                    self.show(Screen::Confusion);
                }
                Vec::new()
            }
            Click::Line(place) => {
                self.read_line(place);
                Vec::new()
            }
            Click::Layer(row) => self.click_layer(row),
            Click::LayerColumn(column) => self.click_layer_column(column),
            Click::Thumbnail(place) => self.click_thumbnail(place),
            Click::Choice(row) => self.click_choice(row),
            Click::Setting(place) if self.overlay.is_none() => self.click_setting(place),
            Click::Word(place) => self.click_word(place),
            Click::Clash(choice) => self.click_clash(choice),
            Click::Run(place) => self.click_run(place),
            Click::RunColumn(column) => self.click_run_column(column),
            Click::Setting(_) | Click::Nothing => Vec::new(),
        }
    }

    /// Turns the wheel by a notch.
    pub fn turn_wheel(&mut self, up: bool) -> Vec<Effect> {
        if self.screen == Screen::Log && self.overlay.is_none() && self.leaving.is_none() {
            self.scroll_log(up);
            return Vec::new();
        }
        update(self, if up { Action::Up } else { Action::Down })
    }

    /// Takes in what a frame showed, and asks the engine for what was missing on it.
    pub fn drawn(&mut self, grid: Option<Grid>) -> Vec<Effect> {
        if self.screen != Screen::Pictures || self.leaving.is_some() || self.ended {
            return Vec::new();
        }
        grid.map_or_else(Vec::new, |grid| self.pictures_drawn(grid))
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Err(reason) = self.possible(action) {
            if !matches!(action, Action::Confirm | Action::NextScreen | Action::PreviousScreen) {
                self.say(Level::Info, reason);
                self.notice = Some(reason.into());
            }
            return Vec::new();
        }
        let last = self.messages.len().saturating_sub(1);
        let own = match self.screen {
            Screen::Train => self.look_at_charts(action).map(|()| Vec::new()),
            Screen::Layers => self.look_at_layers(action),
            Screen::Confusion => self.look_at_confusion(action),
            Screen::Pictures => self.look_at_pictures(action),
            Screen::Config => self.look_at_settings(action),
            Screen::Runs => self.look_at_runs(action),
            Screen::Log => self.read(action),
        };
        if let Some(effects) = own {
            return effects;
        }
        match action {
            Action::StartOrPause => return vec![Effect::Send(self.start_pause_or_resume())],
            Action::StartOrStop if self.run_under_way() => self.overlay = Some(Overlay::Question(Question::Stop)),
            Action::StartOrStop => return vec![Effect::Send(Command::Start)],
            Action::Step => return vec![Effect::Send(Command::Step)],
            Action::Save => return vec![Effect::Send(Command::Save)],
            Action::Evaluate => return vec![Effect::Send(Command::Evaluate { split: Split::Test, checkpoint: None })],
            Action::RateUp => return self.set_rate(self.learning_rate() * self.config.ui.learning_rate_factor),
            Action::RateDown => return self.set_rate(self.learning_rate() / self.config.ui.learning_rate_factor),
            Action::ResumeRun => return self.resume_offered(),
            Action::Download => return vec![Effect::Send(Command::FetchData)],
            Action::SmoothLess => self.set_smoothing(self.smoothing.saturating_sub(1)),
            Action::SmoothMore => self.set_smoothing((self.smoothing + 1).min(SMOOTHINGS.len() - 1)),
            Action::LogScale => self.log_scale = !self.log_scale,
            Action::Up => self.scroll = (self.scroll + 1).min(last),
            Action::Down => self.scroll = self.scroll.saturating_sub(1),
            Action::PageUp => self.scroll = (self.scroll + PAGE).min(last),
            Action::PageDown => self.scroll = self.scroll.saturating_sub(PAGE),
            Action::Top => self.scroll = last,
            Action::Bottom => self.scroll = 0,
            Action::ShowTrain => self.show(Screen::Train),
            Action::ShowLayers => self.show(Screen::Layers),
            Action::ShowPictures => self.show(Screen::Pictures),
            Action::ShowConfusion => self.show(Screen::Confusion),
            Action::ShowConfig => self.show(Screen::Config),
            Action::ShowRuns => self.show(Screen::Runs),
            Action::ShowLog => self.show(Screen::Log),
            Action::LayOver => self.take_laid_away(),
            Action::NextScreen => self.turn(1),
            Action::PreviousScreen => self.turn(Screen::VARIANTS.len() - 1),
            Action::Copy => return self.copy(),
            Action::Help => self.overlay = Some(Overlay::Help { scroll: 0 }),
            Action::Palette => self.overlay = Some(Overlay::Palette(PaletteState::default())),
            Action::Back if self.can_cancel() => return vec![Effect::Send(Command::Cancel)],
            Action::Back if self.screen != Screen::Train => self.screen = self.visited.pop().unwrap_or(Screen::Train),
            Action::Back => self.dismiss(),
            Action::Quit if self.run_under_way() => self.overlay = Some(Overlay::Question(Question::Leave)),
            Action::Quit => return self.leave(Leaving::Asked),
            Action::Left
            | Action::Right
            | Action::Axis
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomAll
            | Action::PanLeft
            | Action::PanRight
            | Action::Percent
            | Action::OtherSplit
            | Action::EpochBefore
            | Action::EpochAfter
            | Action::Order
            | Action::ReverseOrder
            | Action::EvaluateShown
            | Action::Mark
            | Action::DeleteRun
            | Action::Filter
            | Action::Search
            | Action::NextMatch
            | Action::PreviousMatch
            | Action::Undo
            | Action::Default
            | Action::Write
            | Action::Confirm
            | Action::Redraw
            | Action::Screenshot
            | Action::Suspend
            | Action::LeaveNow => {}
        }
        Vec::new()
    }

    fn resume_offered(&self) -> Vec<Effect> {
        let order = |offer: &Offer| {
            let folder = offer.folder.clone();
            Effect::Send(Command::Continue(Continuation {
                folder,
                checkpoint: None,
                config: None,
                learning_rate: None,
            }))
        };
        self.offer.iter().map(order).collect()
    }

    /// The same key pressed again takes back what was asked and is not so yet.
    fn start_pause_or_resume(&self) -> Command {
        let asked = self.pending.iter().rev().find_map(|(_, command)| match command {
            Command::Pause | Command::Resume => Some(command),
            _ => None,
        });
        match asked {
            Some(Command::Pause) => Command::Resume,
            Some(_) => Command::Pause,
            None if self.phase == Phase::Paused => Command::Resume,
            None if self.run_under_way() => Command::Pause,
            None => Command::Start,
        }
    }

    pub(super) fn set_rate(&mut self, rate: f64) -> Vec<Effect> {
        self.asked_rate = Some(rate);
        vec![Effect::Send(Command::SetLearningRate(rate))]
    }

    fn set_smoothing(&mut self, smoothing: usize) {
        if smoothing != self.smoothing {
            self.smoothing = smoothing;
            self.loss.set_smoothing(SMOOTHINGS[smoothing]);
            self.accuracy.set_smoothing(SMOOTHINGS[smoothing]);
            self.smooth_runs();
        }
    }

    fn turn(&mut self, by: usize) {
        let at = Screen::VARIANTS.iter().position(|&screen| screen == self.screen).unwrap_or(0);
        self.show(Screen::VARIANTS[(at + by) % Screen::VARIANTS.len()]);
    }

    /// Shows another screen; Esc goes back to this one. From Train, where all begins, there is no way back.
    pub(super) fn show(&mut self, screen: Screen) {
        if screen == Screen::Train {
            self.visited.clear();
        } else if screen != self.screen {
            self.visited.retain(|&visited| visited != screen);
            self.visited.push(self.screen);
        }
        if screen == Screen::Runs {
            self.runs.out_of_date();
        }
        self.screen = screen;
    }

    /// Esc with nothing to cancel: puts away what was read, and follows the messages again.
    fn dismiss(&mut self) {
        self.scroll = 0;
        if self.phase != Phase::Failed && !self.ended {
            self.failure = None;
        }
    }

    fn answer(&mut self, question: Question, action: Action) -> Vec<Effect> {
        match (action, question) {
            (_, Question::DeleteRun | Question::DeleteRunForGood) => self.answer_about_deleting(question, action),
            (Action::Confirm, Question::Leave) => self.leave(Leaving::Asked),
            // The run may have ended by itself while it was asked.
            (Action::Confirm, Question::Stop) if self.run_under_way() => vec![Effect::Send(Command::Stop)],
            (Action::Confirm | Action::Back, _) => Vec::new(),
            _ => {
                self.overlay = Some(Overlay::Question(question));
                Vec::new()
            }
        }
    }

    fn in_palette(&mut self, mut palette: PaletteState, action: Action) -> Vec<Effect> {
        let last = palette.found(self).len().saturating_sub(1);
        match action {
            Action::Back => return Vec::new(),
            Action::Confirm => {
                return match palette.selected(self) {
                    // The palette is closed by then: an action in it means what it means on the screen.
                    Some(Action::Confirm) | None => Vec::new(),
                    Some(found) => update(self, found),
                };
            }
            Action::Up | Action::PreviousScreen => palette.selected = palette.selected.saturating_sub(1),
            Action::Down | Action::NextScreen => palette.selected = (palette.selected + 1).min(last),
            Action::PageUp => palette.selected = palette.selected.saturating_sub(PAGE),
            Action::PageDown => palette.selected = (palette.selected + PAGE).min(last),
            _ => {}
        }
        self.overlay = Some(Overlay::Palette(palette));
        Vec::new()
    }

    fn in_help(&mut self, scroll: usize, action: Action) -> Vec<Effect> {
        let scroll = match action {
            Action::Up => scroll.saturating_sub(1),
            Action::Down => scroll + 1,
            Action::PageUp => scroll.saturating_sub(PAGE),
            Action::PageDown => scroll + PAGE,
            Action::Top => 0,
            Action::Bottom => usize::MAX / 2,
            Action::Back | Action::Help | Action::Confirm => return Vec::new(),
            // Everything else closes the help and does what its key says.
            _ => return self.act(action),
        };
        self.overlay = Some(Overlay::Help { scroll: scroll.min(crate::tui::widgets::help::LINES) });
        Vec::new()
    }
}
