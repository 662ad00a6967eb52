//! The Pictures screen: what a person does on it, what it asks of the engine, and what comes of that.

use crate::driver::{Driver, run};
use crate::gallery::{answered, gallery, going_to, idle, pass, said, trained, training};
use crate::story::after;
use alexnet_tui::metrics::{Evaluation, Split};
use alexnet_tui::session::{Command, CommandId, Event, Phase, RunPlan};
use alexnet_tui::tui::action::{Action, Click};
use alexnet_tui::tui::state::{Effect, Filter, Grid, Order, Screen, State, View, update};
use crossterm::event::KeyCode;

const GRID: Grid = Grid { columns: 5, rows: 4 };

/// The commands that a frame leads to.
fn drawn(state: &mut State) -> Vec<Command> {
    commands(state.drawn(Some(GRID)))
}

fn commands(effects: Vec<Effect>) -> Vec<Command> {
    let command = |effect| if let Effect::Send(command) = effect { command } else { panic!("{effect:?}") };
    effects.into_iter().map(command).collect()
}

fn evaluate(split: Split) -> Command {
    Command::Evaluate { split, checkpoint: None }
}

/// The engine takes up a command.
fn grant(state: &mut State, command: &Command) {
    state.sent(CommandId(1), command.clone());
    if matches!(command, Command::Evaluate { .. }) {
        state.on_event(Event::Phase(Phase::Evaluating));
    }
    state.on_event(Event::Acknowledged { id: CommandId(1), outcome: Ok(()) });
}

fn refuse(state: &mut State, command: &Command) {
    state.sent(CommandId(1), command.clone());
    state.on_event(Event::Acknowledged { id: CommandId(1), outcome: Err("no, said the test".into()) });
}

fn evaluated(mut state: State, split: Split) -> State {
    state.on_event(Event::Evaluated(pass(split)));
    state
}

/// Takes a row of the list by its name.
fn filtered(state: State, name: &str) -> State {
    let mut state = after(state, &[Action::Filter]);
    let Some(alexnet_tui::tui::state::Overlay::Choice(list)) = &state.overlay else { panic!("there is no list") };
    let row = list.rows.iter().position(|row| row.name == name).unwrap();
    state.click(Click::Choice(row));
    state
}

fn is_wrong(evaluation: &Evaluation, index: u32) -> bool {
    let said = &evaluation.predictions;
    let row = said.indices.iter().position(|&other| other == index).unwrap();
    said.predicted(row) != usize::from(said.labels[row])
}

#[test]
fn arrows_pages_and_ends_move_through_the_grid() {
    let mut state = training(10);
    drawn(&mut state);
    let at = |state: &State| state.pictures.at();
    for (action, expected) in [
        (Action::Left, 0),
        (Action::Up, 0),
        (Action::Right, 1),
        (Action::Down, 6),
        (Action::PageDown, 26),
        (Action::Up, 21),
        (Action::PageUp, 1),
        (Action::PageUp, 1),
        (Action::Bottom, 999),
        (Action::Right, 999),
        (Action::PageDown, 999),
        (Action::Up, 994),
        (Action::Down, 999),
        (Action::Top, 0),
    ] {
        update(&mut state, action);
        assert_eq!(at(&state), expected, "after {action:?}");
    }
    // What is seen moves by lines, and no further than it has to.
    let state = after(state, &[Action::Down, Action::Down, Action::Down]);
    assert_eq!(state.pictures.visible(GRID), 0..20);
    let state = after(state, &[Action::Down]);
    assert_eq!(state.pictures.visible(GRID), 5..25);
    let state = after(state, &[Action::Up, Action::Up, Action::Up]);
    assert_eq!(state.pictures.visible(GRID), 5..25);
    let state = after(state, &[Action::Bottom]);
    assert_eq!(state.pictures.visible(GRID), 980..1_000);
    // Another width shows the same picture.
    assert_eq!(state.pictures.visible(Grid { columns: 9, rows: 6 }), 954..1_000);
    let mut state = state;
    state.click(Click::Thumbnail(985));
    assert_eq!(state.pictures.chosen(), Some(985));
}

#[test]
fn the_splits_are_gone_through_and_each_keeps_its_place() {
    let mut state = training(10);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push((state.pictures.split(), state.pictures.total(), state.pictures.at()));
        state = after(state, &[Action::Right, Action::OtherSplit]);
    }
    let expected =
        [(Split::Test, 1_000, 0), (Split::Validation, 1_200, 0), (Split::Train, 4_800, 0), (Split::Test, 1_000, 1)];
    assert_eq!(seen, expected);
    assert_eq!(state.pictures.chosen(), Some(4_801));
}

#[test]
fn wrong_right_class_and_cell_are_what_the_last_evaluation_found() {
    let evaluation = pass(Split::Test);
    let mut state = filtered(evaluated(training(10), Split::Test), "wrong");
    let wrong = state.pictures.shown().to_vec();
    assert_eq!(wrong.len() as u64, evaluation.confusion.total() - evaluation.confusion.correct());
    assert!(wrong.iter().all(|&index| is_wrong(&evaluation, index)));
    assert!(wrong.is_sorted());
    state = filtered(state, "right");
    assert_eq!(state.pictures.shown().len() as u64, evaluation.confusion.correct());
    state = filtered(state, "Shirt");
    assert_eq!(state.pictures.shown().len(), 100);
    assert!(state.pictures.shown().iter().all(|&index| gallery().label(Split::Test, index) == Some(6)));
    assert!(state.open_cell(Split::Test, 6, 0).is_empty());
    assert_eq!(state.pictures.shown().len() as u64, evaluation.confusion.count(6, 0));
    state = filtered(state, "all");
    assert_eq!(state.pictures.shown().len(), 1_000);
}

#[test]
fn the_order_is_by_index_loss_and_confidence_both_ways() {
    let state = evaluated(training(10), Split::Test);
    let numbers = |state: &State, of: &dyn Fn(u32) -> f64| -> Vec<f64> {
        state.pictures.shown().iter().map(|&index| of(index)).collect()
    };
    let loss = |state: &State| {
        let truth = |index| usize::from(gallery().label(Split::Test, index).unwrap());
        numbers(state, &|index| state.pictures.answer(index).unwrap().loss(truth(index)))
    };
    let sure = |state: &State| numbers(state, &|index| state.pictures.answer(index).unwrap().confidence().into());
    let state = after(state, &[Action::Order]);
    assert_eq!(state.pictures.view().order, Order::Loss);
    assert!(loss(&state).is_sorted_by(|a, b| a >= b));
    let state = after(state, &[Action::ReverseOrder]);
    assert!(loss(&state).is_sorted());
    let state = after(state, &[Action::Order]);
    assert!(sure(&state).is_sorted());
    assert_eq!(state.pictures.view(), View::LEAST_SURE);
    let state = filtered(state, "surest mistakes first");
    assert!(sure(&state).is_sorted_by(|a, b| a >= b));
    assert!(state.pictures.shown().iter().all(|&index| is_wrong(&pass(Split::Test), index)));
    let state = after(state, &[Action::Order, Action::ReverseOrder]);
    assert!(state.pictures.shown().is_sorted_by(|a, b| a > b));
    assert_eq!(state.pictures.view().filter, Filter::Wrong);
}

#[test]
fn a_number_leads_to_its_picture_or_says_why_not() {
    let notice = |state: &State| state.notice.clone().unwrap_or_default();
    let state = going_to(training(10), "417");
    assert_eq!((state.pictures.chosen(), notice(&state).as_str()), (Some(417), ""));
    let state = going_to(state, "1,000");
    assert_eq!(state.pictures.chosen(), Some(417));
    assert_eq!(notice(&state), "1,000 is not in test (0 to 999)");
    let state = going_to(state, "a pullover");
    assert_eq!(notice(&state), "“a pullover” is not the number of a picture");
    let state = going_to(after(state, &[Action::OtherSplit]), "12");
    assert_eq!(notice(&state), "12 is not in validation (4,800 to 5,999), but in train");
    let state = going_to(after(state, &[Action::OtherSplit, Action::OtherSplit]), "");
    assert_eq!((state.pictures.chosen(), notice(&state).as_str()), (Some(417), ""));
    let state = filtered(evaluated(state, Split::Test), "wrong");
    let right = (0..1_000).find(|index| !state.pictures.shown().contains(index)).unwrap();
    let state = going_to(state, &right.to_string());
    assert_eq!(notice(&state), format!("test {right} is not among “wrong”"));
    // The next key takes it away.
    assert_eq!(notice(&after(state, &[Action::Right])), "");
}

#[test]
fn what_is_seen_is_asked_once_the_chosen_one_first() {
    let mut state = after(training(1_000), &[Action::Down, Action::Right]);
    let mut expected: Vec<u32> = (0..20).collect();
    let chosen = state.pictures.at() as u32;
    expected.retain(|&index| index != chosen);
    expected.insert(0, chosen);
    let question = Command::Predict { split: Split::Test, indices: expected.clone() };
    assert_eq!(drawn(&mut state), std::slice::from_ref(&question));
    grant(&mut state, &question);
    for _ in 0..3 {
        assert!(drawn(&mut state).is_empty());
    }
    // Half of it came: the rest is on its way.
    let answer = |state: &mut State, indices: &[u32]| {
        let predictions = said(&gallery(), Split::Test, indices);
        let step = state.steps_done();
        state.on_event(Event::Predicted { split: Split::Test, step, predictions });
    };
    answer(&mut state, &expected[..16]);
    assert!(state.pictures.is_asked(19) && !state.pictures.is_asked(chosen));
    assert!(drawn(&mut state).is_empty());
    // A line further on, what is still seen is waited for.
    let mut state = after(state, &[Action::PageDown]);
    state.pictures.visible(GRID);
    answer(&mut state, &expected[16..]);
    let asked = drawn(&mut state);
    let [Command::Predict { indices, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(indices.len(), 20);
    // The page after the next: what nobody sees any more gives way.
    grant(&mut state, &asked[0]);
    let mut state = after(state, &[Action::PageDown, Action::PageDown]);
    assert_eq!(drawn(&mut state).len(), 1);
    // Back where all was answered: nothing to ask.
    let mut state = after(state, &[Action::Top]);
    assert!(drawn(&mut state).is_empty());
}

#[test]
fn answers_grow_old_sooner_while_nothing_is_trained() {
    let mut state = answered(training(1_000), (5, 4));
    assert!(drawn(&mut state).is_empty());
    state = trained(state, 1_001..=1_200);
    assert!(drawn(&mut state).is_empty());
    let mut later = trained(state.clone(), 1_201..=1_201);
    assert_eq!(drawn(&mut later).len(), 1);
    state.on_event(Event::Phase(Phase::Paused));
    assert_eq!(drawn(&mut state).len(), 1);
    let mut state = evaluated(state, Split::Test);
    assert!(drawn(&mut after(state.clone(), &[Action::PageDown])).is_empty());
    // Nothing is asked while something else is evaluated, nor on another screen.
    state = trained(state, 1_201..=1_202);
    state.on_event(Event::Phase(Phase::Evaluating));
    assert!(drawn(&mut state).is_empty());
    state.on_event(Event::Phase(Phase::Paused));
    assert!(drawn(&mut after(state.clone(), &[Action::ShowLog])).is_empty());
    state.leave(alexnet_tui::tui::state::Leaving::Asked);
    assert!(drawn(&mut state).is_empty());
}

#[test]
fn without_a_run_nothing_is_asked_and_nothing_promised() {
    let mut state = idle();
    assert!(drawn(&mut state).is_empty());
    state = filtered(state, "wrong");
    assert_eq!(state.pictures.view(), View::default());
    assert_eq!(state.notice.as_deref(), Some("a net has to see them first: start a run"));
    assert!(commands(update(&mut state, Action::EvaluateShown)).is_empty());
    assert!(state.notice.is_some());
    // By class needs no net.
    assert_eq!(filtered(state, "Bag").pictures.shown().len(), 100);
}

#[test]
fn a_refused_question_is_not_asked_again_until_something_changes() {
    let mut state = training(10);
    let said = state.messages.len();
    let asked = drawn(&mut state);
    refuse(&mut state, &asked[0]);
    assert_eq!(state.messages.len(), said);
    assert!(drawn(&mut state).is_empty());
    state.on_event(Event::Phase(Phase::Paused));
    let asked = drawn(&mut state);
    assert_eq!(asked.len(), 1);
    grant(&mut state, &asked[0]);
    state.on_event(Event::Failed { message: "no memory, said the test".into() });
    assert!(drawn(&mut state).is_empty());
}

#[test]
fn what_needs_every_prediction_is_evaluated_at_once() {
    let mut state = after(training(1_000), &[Action::Filter, Action::Down]);
    let asked = commands(update(&mut state, Action::Confirm));
    assert_eq!(asked, [evaluate(Split::Test)]);
    assert!(state.pictures.waits() && state.pictures.shown().is_empty());
    assert!(drawn(&mut state).is_empty(), "asked twice");
    grant(&mut state, &asked[0]);
    assert!(drawn(&mut state).is_empty());
    let mut state = evaluated(state, Split::Test);
    assert!(drawn(&mut state).is_empty());
    state.on_event(Event::Phase(Phase::Training));
    assert!(!state.pictures.shown().is_empty());
    assert_eq!(state.pictures.pass_step(), Some(1_000));
    // An order needs it as well; here it is.
    assert!(commands(update(&mut state, Action::Order)).is_empty());
    // The evaluation that a key asks for takes its place, and the chosen picture stays chosen.
    update(&mut state, Action::Bottom);
    let chosen = state.pictures.chosen();
    state = trained(state, 1_001..=1_100);
    let asked = commands(update(&mut state, Action::EvaluateShown));
    assert_eq!(asked, [evaluate(Split::Test)]);
    grant(&mut state, &asked[0]);
    let state = evaluated(state, Split::Test);
    assert_eq!((state.pictures.chosen(), state.pictures.pass_step()), (chosen, Some(1_100)));
}

#[test]
fn after_a_cancel_or_a_refusal_all_are_shown() {
    let waiting = || {
        let mut state = after(training(1_000), &[Action::Filter, Action::Down]);
        let asked = commands(update(&mut state, Action::Confirm));
        (state, asked)
    };
    let (mut state, asked) = waiting();
    grant(&mut state, &asked[0]);
    assert_eq!(commands(update(&mut state, Action::Back)), [Command::Cancel]);
    state.on_event(Event::Phase(Phase::Training));
    assert_eq!(state.pictures.view(), View::default());
    assert_eq!(state.pictures.shown().len(), 1_000);
    assert_eq!(state.notice.as_deref(), Some("the evaluation was cancelled"));
    let (mut state, asked) = waiting();
    refuse(&mut state, &asked[0]);
    assert_eq!(state.pictures.view(), View::default());
    assert_eq!(state.notice.as_deref(), Some("no, said the test"));
}

#[test]
fn an_evaluation_that_no_view_needs_any_more_is_ended() {
    let mut state = after(training(1_000), &[Action::OtherSplit, Action::OtherSplit]);
    let asked = commands(update(&mut state, Action::Order));
    assert_eq!(asked, [evaluate(Split::Train)]);
    grant(&mut state, &asked[0]);
    // On to the test, which needs its own.
    assert_eq!(commands(update(&mut state, Action::OtherSplit)), [Command::Cancel]);
    assert!(drawn(&mut state).is_empty());
    state.on_event(Event::Phase(Phase::Training));
    assert!(state.pictures.waits());
    let asked = drawn(&mut state);
    assert_eq!(asked, [evaluate(Split::Test)]);
    grant(&mut state, &asked[0]);
    assert_eq!(commands(update(&mut filtered(state.clone(), "Bag"), Action::Right)), []);
    // One that a key asked for is nobody's to end; what needs another waits for its end.
    let mut state = training(1_000);
    grant(&mut state, &evaluate(Split::Test));
    let mut state = after(state, &[Action::OtherSplit, Action::Order]);
    assert!(state.pictures.waits() && drawn(&mut state).is_empty());
    let mut state = evaluated(state, Split::Test);
    state.on_event(Event::Phase(Phase::Training));
    assert_eq!(drawn(&mut state), [evaluate(Split::Validation)]);
}

#[test]
fn a_new_run_and_other_pictures_begin_anew() {
    let mut state = filtered(evaluated(training(1_000), Split::Test), "wrong");
    state.on_event(Event::RunStarted(crate::story::run_info()));
    assert_eq!((state.pictures.view(), state.pictures.pass_step()), (View::default(), None));
    assert_eq!(drawn(&mut state).len(), 1);
    // The net of that run knows nothing of these.
    let data = alexnet_tui::data::sample().unwrap();
    let gallery = alexnet_tui::session::Gallery::new(&data, (0..100).collect(), (100..200).collect());
    state.on_event(Event::Planned(RunPlan { gallery, ..crate::story::plan() }));
    let mut state = evaluated(state, Split::Test);
    assert_eq!((state.pictures.has_net(), state.pictures.pass_step()), (false, None));
    assert!(drawn(&mut state).is_empty());
}

#[test]
fn from_a_cell_to_its_pictures_and_back() {
    let mut state = evaluated(training(1_000), Split::Validation);
    state = after(state, &[Action::ShowConfusion]);
    assert!(state.open_cell(Split::Validation, 6, 0).is_empty());
    assert_eq!((state.screen, state.pictures.split()), (Screen::Pictures, Split::Validation));
    assert!(!state.pictures.shown().is_empty());
    let state = after(state, &[Action::Back]);
    assert_eq!(state.screen, Screen::Confusion);
    // Where that split was not evaluated yet, it is now.
    let mut state = after(training(1_000), &[Action::ShowConfusion]);
    assert_eq!(commands(state.open_cell(Split::Test, 6, 0)), [evaluate(Split::Test)]);
}

/// The engine answers what it is asked, sixteen pictures at a time.
async fn answer(driver: &mut Driver, step: u64) -> Vec<u32> {
    let Command::Predict { split, indices } = driver.granted().await else { panic!("not a question") };
    driver.assert_shows("being predicted…");
    for some in indices.chunks(16) {
        let predictions = said(&gallery(), split, some);
        driver.say(Event::Predicted { split, step, predictions }).await;
    }
    indices
}

#[test]
fn the_pictures_are_paged_filtered_and_found_while_training() {
    run(after(training(1_600), &[Action::ShowTrain]), async |mut driver| {
        driver.type_text("4").await;
        driver.assert_shows("1 of 1,000");
        assert_eq!(answer(&mut driver, 1_600).await.len(), 20);
        driver.assert_nothing_sent();
        driver.assert_shows("predicted at step 1,600, now");
        driver.press(KeyCode::PageDown).await;
        driver.assert_shows("21 of 1,000");
        assert_eq!(answer(&mut driver, 1_600).await[0], 20);
        driver.press(KeyCode::Right).await;
        driver.assert_shows("22 of 1,000");
        driver.assert_nothing_sent();

        driver.type_text("f").await;
        driver.assert_shows("surest mistakes first");
        driver.click("surest mistakes first").await;
        assert_eq!(driver.granted().await, evaluate(Split::Test));
        driver.say(Event::Phase(Phase::Evaluating)).await;
        driver.assert_shows("“wrong” needs the net's answer to all 1,000 pictures of test");
        driver.say(Event::Evaluated(pass(Split::Test))).await;
        driver.say(Event::Phase(Phase::Training)).await;
        driver.assert_shows("f wrong  o surest first");
        driver.assert_shows("✘ wrong");
        driver.assert_shows("evaluated at step 1,600, now");
        driver.assert_nothing_sent();

        driver.type_text("/12x").await;
        driver.assert_shows("/ 12x");
        driver.press(KeyCode::Enter).await;
        driver.assert_shows("“12x” is not the number of a picture");
        driver.click("o surest first").await;
        driver.assert_shows("by index");

        // The validation was not evaluated yet: it is, and the cancel shows all.
        driver.type_text("t").await;
        assert_eq!(driver.granted().await, evaluate(Split::Validation));
        driver.say(Event::Phase(Phase::Evaluating)).await;
        driver.press(KeyCode::Esc).await;
        assert_eq!(driver.granted().await, Command::Cancel);
        driver.say(Event::Phase(Phase::Training)).await;
        driver.assert_shows("f all  o by index");
        driver.assert_shows("the evaluation was cancelled");
        answer(&mut driver, 1_600).await;
        driver.type_text("fjjjj").await;
        driver.press(KeyCode::Esc).await;
        driver.assert_shows("f all");
        driver.press(KeyCode::Esc).await;
        driver.assert_hides("f all");
        driver.assert_nothing_sent();
        driver.press_control('c').await;
        assert_eq!(driver.granted().await, Command::Leave);
        driver.say(Event::Ended).await;
    });
}
