//! How long a frame of each screen takes at 200×55, of a short run and of a long one: `cargo bench --bench frame`.
//! It is to be less than 5 ms, so that drawing takes little of a processor that trains.

#![allow(
    clippy::unwrap_used,
    clippy::trivially_copy_pass_by_ref,
    missing_docs,
    dead_code,
    reason = "a benchmark by divan"
)]

#[path = "../tests/tui/samples.rs"]
mod samples;
#[path = "../tests/tui/story.rs"]
mod story;

use alexnet_tui::config;
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Event, Live};
use alexnet_tui::tui::draw;
use alexnet_tui::tui::state::{Screen, State};
use alexnet_tui::tui::theme::{Depth, Theme};
use divan::{Bencher, black_box};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use strum::VariantArray;

fn main() {
    divan::main();
}

/// A run after so many steps, with everything that a screen shows.
fn state(screen: Screen, steps: u64) -> State {
    // The story has ten epochs; what is longer goes on in the tenth.
    let told = steps.min(15_000);
    let mut state = samples::sampled(story::training(told));
    let snapshot = state.snapshot.clone();
    for from in (told..steps).step_by(1_000) {
        let steps = (from + 1..=from + 1_000).map(story::step).collect();
        let samples = (from + 20..=from + 1_000).step_by(20).map(|step| samples::sample(step, false)).collect();
        state.on_live(Live { steps, samples, snapshot: snapshot.clone() });
    }
    state.on_event(Event::Evaluated(story::pass(Split::Validation, 1)));
    state.screen = screen;
    state
}

#[divan::bench(args = Screen::VARIANTS, consts = [500, 500_000])]
fn frame<const STEPS: u64>(bencher: Bencher, screen: &Screen) {
    let state = state(*screen, STEPS);
    let theme = Theme::new(config::Theme::Dark, Depth::True);
    let mut terminal = Terminal::new(TestBackend::new(200, 55)).unwrap();
    bencher.bench_local(|| {
        terminal.draw(|frame| drop(black_box(draw::draw(black_box(&state), &theme, frame)))).unwrap();
    });
}
