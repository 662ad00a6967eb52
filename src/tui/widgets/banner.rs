//! The one line for a state that matters: failed, not saved, downloading, not the full data, done.

use super::header::render_bar;
use super::{Click, Hits, line_of, write};
use crate::session::{Offer, Phase};
use crate::tui::action::Action;
use crate::tui::format;
use crate::tui::state::{Screen, State};
use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Lines that a text may take before it is cut.
const LINES: usize = 3;

/// Draws what is to be said, if there is anything, into the first rows of the inside of the frame. Returns the rest of it.
pub fn render_above(state: &State, theme: &Theme, inside: Rect, buffer: &mut Buffer, hits: &mut Hits) -> Rect {
    let area = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let Some(banner) = Banner::of(state, theme, area.width) else { return inside };
    let height = banner.height().min(inside.height);
    banner.render(state, theme, Rect { height, ..area }, buffer, hits);
    Rect { y: inside.y + height, height: inside.height - height, ..inside }
}

/// What is to be said.
struct Banner {
    chip: &'static str,
    style: Style,
    lines: Vec<String>,
    action: Option<(Action, &'static str)>,
    progress: Option<(u64, u64)>,
}

impl Banner {
    /// The most important of what is to be said in lines of `width` cells, if there is anything.
    fn of(state: &State, theme: &Theme, width: u16) -> Option<Self> {
        let words = &state.words.banner;
        let make = |chip: &'static str, style: Style, text: &str| {
            let room = usize::from(width).saturating_sub(format::width(chip) + 2).max(1);
            let mut lines = format::wrap(text, room);
            if lines.len() > LINES {
                let rest = lines.split_off(LINES - 1).join(" ");
                lines.push(format::truncate(&rest, room).into_owned());
            }
            Self { chip, style, lines, action: None, progress: None }
        };
        if let Some(failure) = &state.failure {
            return Some(make(" ✖ ", theme.bad_filled, failure));
        }
        if let Some(message) = &state.not_saved {
            return Some(make(words.not_saved, theme.bad_filled, message));
        }
        if let Some((done, total)) = state.download() {
            let (loaded, all) = (format::bytes(done), format::bytes(total));
            let text = if total > 0 { (words.of_bytes)(&loaded, &all) } else { loaded };
            let banner = make(words.download, theme.warn_filled, &text);
            let action = Some((Action::Back, state.words.common.cancels));
            return Some(Self { progress: Some((done, total)), action, ..banner });
        }
        if state.phase == Phase::Finished {
            return Some(make(words.best, theme.best.reversed(), &finished(state)));
        }
        if let Some(offer) = state.offer.as_ref().filter(|_| state.run.is_none()) {
            // Among the runs, the key means the one that is chosen there.
            let is_key = state.screen != Screen::Runs && state.possible(Action::ResumeRun).is_ok();
            let action = is_key.then_some((Action::ResumeRun, words.goes_on));
            return Some(Self { action, ..make(words.unfinished, theme.warn_filled, &unfinished(state, offer)) });
        }
        let data = state.data.as_ref()?;
        if state.uses_sample() {
            let pictures = format::count((data.train_images + data.test_images) as u64);
            let text = (words.of_all)(&pictures);
            let banner = make(words.sample, theme.warn_filled, &text);
            let action = state.possible(Action::Download).is_ok().then_some((Action::Download, words.gets_all));
            return Some(Self { action, ..banner });
        }
        data.note.as_ref().map(|note| make(words.data, theme.warn_filled, note))
    }

    /// Rows that it takes.
    fn height(&self) -> u16 {
        self.lines.len() as u16
    }

    /// Draws it.
    fn render(&self, state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer, hits: &mut Hits) {
        let indent = format::width(self.chip) as u16 + 2;
        let mut end = area.x;
        for (line, text) in self.lines.iter().enumerate() {
            let row = line_of(area, line as u16);
            if line == 0 {
                write(buffer, row, &[(self.chip, self.style)]);
            }
            let row = Rect { x: row.x + indent, width: row.width.saturating_sub(indent), ..row };
            end = write(buffer, row, &[(text, theme.text)]);
        }
        let row = line_of(area, self.height().saturating_sub(1));
        let mut right = row.right();
        if let Some((action, label)) = self.action {
            let key = state.keys.name(action);
            let width = super::key_width(&key, label);
            if end + 3 + width <= right {
                let place = Rect { x: right - width, width, ..row };
                write(buffer, place, &[(&key, theme.key), (" ", theme.dim), (label, theme.dim)]);
                hits.add(place, Click::Action(action));
                right = place.x - 3;
            }
        }
        if let Some((done, total)) = self.progress
            && total > 0
            && end + 12 < right
        {
            let place = Rect { x: end + 3, width: right - end - 3, ..row };
            render_bar(done as f64 / total as f64, place, theme.train, theme.border, buffer);
        }
    }
}

fn unfinished(state: &State, offer: &Offer) -> String {
    let Offer { name, epoch, epochs, step, saved, .. } = offer;
    let age = (state.now)().duration_since(*saved).unwrap_or_default().as_secs_f64();
    let step = format::count(*step);
    (state.words.banner.left_at)(name, (*epoch, *epochs), &step, &(state.words.common.age)(age))
}

fn finished(state: &State) -> String {
    let words = &state.words.banner;
    let best = state.best_epoch().map_or_else(
        || words.no_best.into(),
        |best| (words.best_is)(&format::percent(best.validation_accuracy), best.epoch),
    );
    let folder = state.run.as_ref().map_or_else(String::new, |run| (words.saved_in)(&run.folder.to_string_lossy()));
    format!("{best}{folder}")
}
