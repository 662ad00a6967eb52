//! How the curves are looked at: which axis, which part, and the cursor that reads them off.

use super::{Remark, State};
use crate::metrics::{EpochMetrics, StepMetrics};
use crate::session::SummaryRow;
use crate::tui::action::{Action, Pointer};
use crate::tui::advice::{Advice, Recorded, advice};
use crate::tui::timeline::{Axis, Clock, Ruler, View, Window};
use ratatui::layout::{Position, Rect};

/// What the keys zoom by, and a notch of the wheel.
const BY_KEY: f64 = 2.0;
const BY_WHEEL: f64 = 1.25;
/// The part of the view that the keys, and a notch of the wheel, move it by.
const PAN: f64 = 0.25;
const PAN_WHEEL: f64 = 0.1;

/// The line that reads the curves off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The step, counted from 0.
    pub step: usize,
    /// Set by a key or a click: it stays where it is when the mouse moves on.
    pub pinned: bool,
}

/// Where a frame drew a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plotted {
    /// The cells of the curve.
    pub area: Rect,
    /// What their columns stand for.
    pub window: Window,
}

/// How the curves are looked at.
#[derive(Clone, Debug, Default)]
pub struct ChartsState {
    /// What the axis counts; `None`: epochs once one is over, steps until then.
    axis: Option<Axis>,
    /// Which steps are shown.
    pub view: View,
    /// What is read off.
    pub cursor: Option<Cursor>,
    /// When each step was done.
    pub clock: Clock,
    /// The norm of all gradients of every step; not a number where it was not measured.
    pub gradients: Vec<f32>,
    /// What is not as it was when the run was gone on with.
    pub inexact: Vec<String>,
    /// From which step on, counted from 0, which learning rate was used.
    rates: Vec<(usize, f64)>,
    /// What the last frame drew.
    plots: Vec<Plotted>,
    /// The place under the mouse when its button went down on a chart.
    held: Option<f64>,
}

impl ChartsState {
    /// Forgets a run.
    pub(super) fn clear(&mut self) {
        *self = Self { axis: self.axis, ..Self::default() };
    }

    pub(super) fn step(&mut self, at: usize, step: &StepMetrics) {
        let speed = step.images_per_second;
        self.clock.step(if speed > 0.0 { f64::from(step.images) / speed } else { 0.0 });
        self.gradients.push(step.gradient_norm.map_or(f32::NAN, |norm| norm as f32));
        if self.rates.last().is_none_or(|&(_, rate)| rate.to_bits() != step.learning_rate.to_bits()) {
            self.rates.push((at, step.learning_rate));
        }
    }

    /// The rate that a step used, counted from 0.
    pub fn rate(&self, step: usize) -> Option<f64> {
        let after = self.rates.partition_point(|&(from, _)| from <= step);
        self.rates.get(after.checked_sub(1)?).map(|&(_, rate)| rate)
    }
}

impl State {
    /// What the axis of the charts counts.
    pub fn axis(&self) -> Axis {
        match self.charts.axis {
            Some(Axis::Time) if !self.charts.clock.is_known() => Axis::Step,
            Some(axis) => axis,
            None => Axis::of(self.steps_per_epoch(), self.steps()),
        }
    }

    /// Steps of an epoch of the run; 0 where unknown.
    pub fn steps_per_epoch(&self) -> u64 {
        self.run.as_ref().map_or(0, |run| run.steps_per_epoch)
    }

    /// From the run's steps to places on the axis.
    pub fn ruler(&self) -> Ruler<'_> {
        Ruler::of(self.axis(), &self.charts.clock)
    }

    /// The last validation before a step, counted from 0, or just after it.
    pub fn validation_at(&self, step: usize) -> Option<&EpochMetrics> {
        self.epochs.iter().rfind(|epoch| epoch.step <= step as u64 + 1)
    }

    /// What there is to say of how the run goes; nothing once it is over.
    pub fn advice(&self) -> Vec<Advice> {
        if !self.run_under_way() {
            return Vec::new();
        }
        let layers = self.net().map_or(&[][..], |net| &net.layers);
        let dead = |(at, row): (usize, &SummaryRow)| match self.remark(at)? {
            Remark::Dead(units) => Some((row.name.clone(), units.dead as f64 / units.all.max(1) as f64)),
            _ => None,
        };
        advice(&Recorded {
            loss: self.loss.values(),
            accuracy: self.accuracy.values(),
            gradients: &self.charts.gradients,
            epochs: &self.epochs,
            classes: layers.last().map_or(10, |row| row.output.elements()),
            times: self.snapshot.step_times,
            dead: &layers.iter().enumerate().filter_map(dead).collect::<Vec<_>>(),
            inexact: &self.charts.inexact,
        })
    }

    /// Takes in where a frame drew the charts.
    pub fn charts_drawn(&mut self, plots: Vec<Plotted>) {
        self.charts.plots = plots;
    }

    /// Does what an action means for the charts. `None` where it means nothing for them.
    pub(super) fn look_at_charts(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Axis => {
                self.charts.axis = Some(match self.axis() {
                    Axis::Step if self.steps_per_epoch() > 0 => Axis::Epoch,
                    Axis::Step | Axis::Epoch if self.charts.clock.is_known() => Axis::Time,
                    _ => Axis::Step,
                });
            }
            Action::ZoomIn => self.zoom_by_key(BY_KEY),
            Action::ZoomOut => self.zoom_by_key(1.0 / BY_KEY),
            Action::ZoomAll => self.charts.view = View::All,
            Action::PanLeft => self.pan(-PAN),
            Action::PanRight => self.pan(PAN),
            Action::Left => self.move_cursor(false),
            Action::Right => self.move_cursor(true),
            Action::Back if self.charts.cursor.is_some() && !self.can_cancel() => self.charts.cursor = None,
            _ => return None,
        }
        Some(())
    }

    /// The first place shown and the last, as the axis counts.
    fn places(&self) -> (f64, f64) {
        let (from, to) = self.charts.view.range(self.steps());
        let ruler = self.ruler();
        (ruler.at(from), ruler.at(to))
    }

    /// The step at a place, and the part of a step where steps are evenly spread.
    fn step_at(&self, place: f64) -> f64 {
        match self.ruler() {
            Ruler::Even(each) => place / each,
            ruler => ruler.first_from(place, self.steps()) as f64,
        }
    }

    /// Makes what is seen larger around the cursor, else the newest step while that is shown, else the middle.
    fn zoom_by_key(&mut self, by: f64) {
        let (from, to) = self.places();
        let cursor = self.charts.cursor.map(|cursor| self.ruler().at(cursor.step as f64));
        let follows = matches!(self.charts.view, View::All | View::Part { end: None, .. });
        let around = cursor.filter(|place| (from..=to).contains(place)).unwrap_or(if follows {
            to
        } else {
            f64::midpoint(from, to)
        });
        self.zoom(by, around, from, to);
    }

    /// Makes what is seen from one place to another larger around a third.
    fn zoom(&mut self, by: f64, around: f64, from: f64, to: f64) {
        let (from, to) = (around - (around - from) / by, around + (to - around) / by);
        self.charts.view = View::between(self.step_at(from), self.step_at(to), self.steps());
    }

    /// Moves what is seen by a part of its width.
    fn pan(&mut self, by: f64) {
        let (from, to) = self.places();
        self.pan_to(from + (to - from) * by);
    }

    /// Moves what is seen so that it begins at a place.
    fn pan_to(&mut self, place: f64) {
        if let View::Part { steps: width, .. } = self.charts.view {
            let from = self.step_at(place);
            self.charts.view = View::between(from, from + width, self.steps());
        }
    }

    /// A cell to the left or to the right, and at least a step. The view goes with it.
    fn move_cursor(&mut self, right: bool) {
        let Some(last) = self.steps().checked_sub(1) else { return };
        let (from, to) = self.charts.view.range(self.steps());
        let step = match self.charts.cursor {
            None => (to as usize).saturating_sub(1).min(last),
            Some(Cursor { step, .. }) => {
                let ruler = self.ruler();
                let cell = self.charts.plots.first().map_or(0.0, |plot| 2.0 * plot.window.unit);
                let place = ruler.at(step as f64);
                if right {
                    ruler.first_from(place + cell, last).max(step + 1).min(last)
                } else {
                    ruler.first_from(place - cell, last).min(step.saturating_sub(1))
                }
            }
        };
        self.charts.cursor = Some(Cursor { step, pinned: true });
        let (step, width) = (step as f64, to - from);
        if step < from {
            self.charts.view = View::between(step, step + width, self.steps());
        } else if step + 1.0 > to {
            self.charts.view = View::between(step + 1.0 - width, step + 1.0, self.steps());
        }
    }

    /// Takes in what the mouse does at a cell. Whether it meant the charts.
    pub fn point(&mut self, pointer: Pointer, column: u16, row: u16) -> bool {
        if self.screen != super::Screen::Train || self.overlay.is_some() || self.leaving.is_some() {
            return false;
        }
        let position = Position::new(column, row);
        let plot = self.charts.plots.iter().find(|plot| plot.area.contains(position)).copied();
        let Some(plot) = plot else {
            let hovered = self.charts.cursor.is_some_and(|cursor| !cursor.pinned);
            if hovered && pointer == Pointer::Moved {
                self.charts.cursor = None;
            }
            self.charts.held = self.charts.held.filter(|_| pointer != Pointer::Released);
            return hovered && pointer == Pointer::Moved;
        };
        let place = plot.window.place(2.0 * f64::from(column - plot.area.x) + 1.0);
        match pointer {
            Pointer::Moved if self.charts.cursor.is_some_and(|cursor| cursor.pinned) => return false,
            Pointer::Moved => return self.put_cursor(place, false),
            Pointer::Pressed => {
                self.charts.held = Some(place);
                self.put_cursor(place, true);
            }
            Pointer::Dragged => self.drag(place),
            Pointer::Released => self.charts.held = None,
            Pointer::WheelUp | Pointer::WheelDown => {
                let (from, to) = (plot.window.place(0.0), plot.window.place(plot.window.dots as f64));
                let by = if pointer == Pointer::WheelDown {
                    1.0 / BY_WHEEL
                } else {
                    // Right of the newest step there may be room that a part of the run has not: without it, what is
                    // under the mouse stays there.
                    let newest = self.ruler().at(self.steps() as f64);
                    ((to - place) / (newest - place).max(1e-9)).clamp(BY_WHEEL, 2.0 * BY_WHEEL)
                };
                self.zoom(by, place, from, to);
            }
            Pointer::WheelLeft => self.pan(-PAN_WHEEL),
            Pointer::WheelRight => self.pan(PAN_WHEEL),
        }
        true
    }

    /// Moves what was under the mouse when its button went down to where it is; where all is shown, the cursor.
    fn drag(&mut self, place: f64) {
        let Some(held) = self.charts.held else { return };
        if self.charts.view == View::All {
            self.put_cursor(place, true);
            return;
        }
        let (from, _) = self.places();
        self.pan_to(from + held - place);
        // Until the next frame what is drawn is what was drawn: the place held is where the mouse is now.
        for plot in &mut self.charts.plots {
            plot.window.first += (held - place) / plot.window.unit;
        }
    }

    /// Whether it is elsewhere now.
    fn put_cursor(&mut self, place: f64, pinned: bool) -> bool {
        let Some(last) = self.steps().checked_sub(1) else { return false };
        let ruler = self.ruler();
        let after = ruler.first_from(place, last);
        let before = after.saturating_sub(1);
        let nearer = place - ruler.at(before as f64) < ruler.at(after as f64) - place;
        let cursor = Some(Cursor { step: if nearer { before } else { after }, pinned });
        std::mem::replace(&mut self.charts.cursor, cursor) != cursor
    }
}
