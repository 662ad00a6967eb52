//! The Layers screen: how it looks, what its keys do, and what a person does with it.

use crate::driver::run;
use crate::story::after;
use crate::{paint, samples, story};
use alexnet_tui::metrics::Split;
use alexnet_tui::session::{Command, Event, Live, Phase};
use alexnet_tui::tui::action::{Action, Click};
use alexnet_tui::tui::state::{LayerColumn, Remark, Screen, State, update};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyModifiers, MouseEvent, MouseEventKind};

/// The same state at three sizes.
fn picture(name: &str, state: &State) {
    for (width, height) in [(80, 24), (120, 36), (200, 55)] {
        let buffer = paint::frame(state, width, height);
        let name = format!("{name}_{width}x{height}");
        paint::keep(&format!("layers_{name}"), &buffer);
        insta::assert_snapshot!(name, paint::text(&buffer));
    }
}

/// The Layers screen with this layer chosen.
fn looking_at(state: State, layer: &str) -> State {
    let mut state = after(state, &[Action::ShowLayers]);
    state.layers.chosen = place_of(&state, layer);
    state
}

fn place_of(state: &State, layer: &str) -> usize {
    state.net().unwrap().layers.iter().position(|row| row.name == layer).unwrap()
}

fn opened(state: State, layer: &str) -> State {
    after(looking_at(state, layer), &[Action::Confirm])
}

fn training() -> State {
    samples::sampled(story::training(3_930))
}

#[test]
fn before_a_run_the_table_tells_what_the_net_is() {
    picture("idle", &looking_at(story::idle(), "conv1"));
    picture("idle_opened", &opened(story::idle(), "conv2"));
}

#[test]
fn while_training_it_tells_what_happens_to_each_layer() {
    picture("training", &looking_at(training(), "conv2"));
    picture("first_step", &looking_at(samples::sampled(story::training(1)), "fc1"));
}

#[test]
fn paused_and_ordered_by_another_column() {
    let mut state = looking_at(samples::sampled(story::paused(3_930)), "fc2");
    state.click(Click::LayerColumn(LayerColumn::Backward as usize));
    picture("paused", &state);
}

#[test]
fn after_an_evaluation_the_samples_stay() {
    let mut state = looking_at(samples::sampled(story::finished()), "relu6");
    state.on_event(Event::Evaluated(story::pass(Split::Test, 10)));
    picture("evaluated", &state);
}

#[test]
fn a_convolution_opened() {
    picture("conv2", &opened(training(), "conv2"));
}

#[test]
fn a_relu_opened() {
    picture("relu6", &opened(training(), "relu6"));
}

#[test]
fn a_dense_layer_opened() {
    picture("fc1", &opened(training(), "fc1"));
}

#[test]
fn a_pool_opened() {
    picture("pool1", &opened(training(), "pool1"));
}

#[test]
fn what_is_wrong_is_told_in_words() {
    picture("troubled", &looking_at(samples::troubled(), "relu6"));
    picture("troubled_opened", &opened(samples::troubled(), "fc3"));
}

#[test]
fn every_size_can_be_drawn() {
    let states = vec![
        after(story::opened(), &[Action::ShowLayers, Action::Down, Action::Confirm, Action::Order]),
        looking_at(story::idle(), "fc3"),
        looking_at(samples::troubled(), "fc1"),
        opened(samples::troubled(), "fc3"),
        opened(training(), "relu6"),
        opened(story::idle(), "conv1"),
    ];
    for state in &states {
        for width in (1..250).step_by(7).chain([79, 80, 115, 116, 117, 126, 164, 180]) {
            for height in (1..80).step_by(5).chain([23, 24, 25, 29, 30]) {
                paint::frame(state, width, height);
            }
        }
    }
}

fn names(state: &State) -> Vec<&str> {
    let net = state.net().unwrap();
    state.layers.rows(net).into_iter().map(|layer| net.layers[layer].name.as_str()).collect()
}

#[test]
fn the_table_is_ordered_by_every_column_either_way_and_the_chosen_layer_stays() {
    let mut state = looking_at(training(), "conv2");
    let chosen = state.layers.chosen;
    assert_eq!(names(&state)[..4], ["conv1", "relu1", "pool1", "conv2"]);
    update(&mut state, Action::ReverseOrder);
    assert_eq!(names(&state)[0], "fc3");
    update(&mut state, Action::ReverseOrder);
    let mut seen = vec![state.layers.order];
    loop {
        update(&mut state, Action::Order);
        assert_eq!(state.layers.chosen, chosen);
        if state.layers.order == LayerColumn::Name {
            break;
        }
        seen.push(state.layers.order);
        let column = state.layers.order;
        for reversed in [false, true] {
            assert_eq!(state.layers.reversed, reversed);
            let net = state.net().unwrap();
            let values: Vec<Option<f64>> = state
                .layers
                .rows(net)
                .into_iter()
                .map(|layer| column.value(&net.layers[layer], state.layers.sample(layer)))
                .collect();
            let known = values.iter().flatten().count();
            assert!(known > 0 && values[..known].iter().all(Option::is_some), "{column:?}: {values:?}");
            let sorted = values[..known].is_sorted_by(|a, b| if reversed { a <= b } else { a >= b });
            assert!(sorted, "{column:?} {reversed}: {values:?}");
            update(&mut state, Action::ReverseOrder);
        }
    }
    assert_eq!(seen.len(), 11);
    // By its head: the share is ordered as the parameters are; the kernel is a text.
    state.click(Click::LayerColumn(LayerColumn::Share as usize));
    assert_eq!((state.layers.order, names(&state)[0]), (LayerColumn::Parameters, "fc1"));
    state.click(Click::LayerColumn(LayerColumn::Detail as usize));
    state.click(Click::LayerColumn(LayerColumn::Share as usize));
    assert_eq!(names(&state)[0], "conv1");
    assert_eq!(state.layers.chosen, chosen);
}

#[test]
fn moving_follows_the_order_of_the_table_and_ends_at_its_ends() {
    let mut state = looking_at(training(), "conv1");
    let at = |state: &State| state.net().unwrap().layers[state.layers.chosen].name.clone();
    update(&mut state, Action::Up);
    assert_eq!(at(&state), "conv1");
    for (action, layer) in [
        (Action::Down, "relu1"),
        (Action::PageDown, "relu4"),
        (Action::PageUp, "relu1"),
        (Action::Bottom, "fc3"),
        (Action::Down, "fc3"),
        (Action::PageDown, "fc3"),
        (Action::Top, "conv1"),
    ] {
        update(&mut state, action);
        assert_eq!(at(&state), layer, "{action:?}");
    }
    state.click(Click::LayerColumn(LayerColumn::Parameters as usize));
    update(&mut state, Action::Top);
    let largest = after(state, &[Action::Confirm, Action::Down, Action::Right]);
    assert!(largest.layers.opened);
    assert_eq!(at(&largest), "conv4");
    let table = after(largest, &[Action::Back]);
    assert!(!table.layers.opened && table.screen == Screen::Layers);
    assert_eq!(after(table, &[Action::Back]).screen, Screen::Train);
}

#[test]
fn esc_cancels_an_evaluation_before_it_closes_a_layer() {
    let mut state = opened(samples::sampled(story::evaluating(930)), "conv1");
    let effects = update(&mut state, Action::Back);
    assert_eq!(effects, [alexnet_tui::tui::state::Effect::Send(Command::Cancel)]);
    assert!(state.layers.opened);
}

#[test]
fn a_sample_says_how_old_it_is_what_it_costs_and_whose_it_is() {
    let mut state = story::training(0);
    assert_eq!((state.sample_age(), state.sampling_share()), (None, None));
    for step in 1..=200 {
        let samples = if step % 20 == 1 { vec![samples::sample(step, false)] } else { Vec::new() };
        state.on_live(Live { steps: vec![story::step(step)], samples, snapshot: story::snapshot(step) });
    }
    assert_eq!(state.sample_age(), Some(19));
    let share = state.sampling_share().unwrap();
    assert!((0.01..0.015).contains(&share), "{share}");
    // A step that is not newer is a new run's.
    state.on_live(Live { steps: Vec::new(), samples: vec![samples::sample(1, false)], snapshot: story::snapshot(1) });
    assert_eq!(state.layers.history.samples(), 1);
    state.on_event(Event::RunStarted(story::run_info()));
    assert!(state.layers.latest.is_none() && state.layers.history.is_empty());
}

#[test]
fn a_good_run_gets_no_remark_and_a_bad_one_does() {
    let mut state = story::training(0);
    for step in (1..50).chain((60..15_000).step_by(20)) {
        let samples = vec![samples::sample(step, false)];
        state.on_live(Live { steps: vec![story::step(step)], samples, snapshot: story::snapshot(step) });
        let remarks: Vec<_> = (0..state.net().unwrap().layers.len()).filter_map(|at| state.remark(at)).collect();
        assert!(remarks.is_empty(), "step {step}: {remarks:?}");
    }
    let state = samples::troubled();
    let of = |layer: &str| state.remark(place_of(&state, layer));
    assert!(matches!(of("relu6"), Some(Remark::Dead(units)) if units.dead == 4_071));
    assert!(matches!(of("fc2"), Some(Remark::Violent(_))));
    assert!(matches!(of("conv1"), Some(Remark::HardlyLearns(_))));
    assert_eq!((of("conv3"), of("fc3"), of("conv2")), (Some(Remark::NotFinite), Some(Remark::NoGradient), None));
}

#[test]
fn layers_are_chosen_opened_ordered_and_left_by_key_and_mouse() {
    run(story::idle(), async |mut driver| {
        driver.type_text("2").await;
        driver.assert_shows("come here from the first step on");
        driver.assert_shows("58,299,082 parameters, all trainable");
        driver.say(Event::RunStarted(story::run_info())).await;
        driver.say(Event::Phase(Phase::Training)).await;
        for number in 1..=45 {
            if number % 20 == 1 {
                driver.parts.outbox.sample(samples::sample(number, true));
            }
            driver.parts.outbox.step(story::step(number));
            driver.parts.outbox.snapshot(story::snapshot(number));
        }
        driver.settle().await;
        driver.assert_shows("sampled in step 41, 4 steps ago");

        driver.press(KeyCode::Down).await;
        driver.press(KeyCode::Down).await;
        driver.assert_shows("›pool1");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("(55−3)/2+1 = 27");
        driver.press(KeyCode::Down).await;
        driver.assert_shows("(5×5×96 + 1)×256 = 614,656");
        driver.assert_shows("5×5×96×256 × 27×27 = 447,897,600");
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("›conv2");
        driver.type_text("o").await;
        driver.assert_shows("by output size ▼");
        driver.assert_shows("›conv2");

        driver.click("back").await;
        driver.assert_shows("by time back ▼");
        driver.click("▼ms").await;
        driver.assert_shows("by time back ▲");
        driver.click("fc1 ").await;
        driver.assert_shows("›fc1");
        driver.assert_hides("Esc table");
        let wheel =
            |kind| TerminalEvent::Mouse(MouseEvent { kind, column: 50, row: 12, modifiers: KeyModifiers::NONE });
        driver.send(wheel(MouseEventKind::ScrollUp)).await;
        driver.assert_hides("›fc1");
        driver.send(wheel(MouseEventKind::ScrollDown)).await;
        driver.assert_shows("›fc1");
        driver.click("fc1 ").await;
        driver.assert_shows("(9,216 + 1)×4096 = 37,752,832");
        driver.click("table").await;
        driver.assert_shows("by time back");
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("loss");
        driver.assert_nothing_sent();
        driver.press_control('c').await;
        assert_eq!(driver.command().1, Command::Leave);
        driver.say(Event::Ended).await;
    });
}
