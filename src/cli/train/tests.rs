//! Runs over a scripted engine: what is printed, in which order, and how each way of ending ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use super::follow::{End, follow};
use super::json::Json;
use super::plain::{Manner, Plain};
use super::printer::Report;
use crate::cli::notes::Notes;
use crate::cli::signals::{Ending, Signals};
use crate::metrics::{EpochMetrics, StepMetrics};
use crate::session::{Command, CommandId, Event, Handle, Parts, Phase, RunInfo, SaveReason};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

/// Stands in for stdout.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `head -n 2`: gone after two lines.
struct Head(Paper);

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.text().lines().count() == 2 { Err(io::ErrorKind::BrokenPipe.into()) } else { self.0.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that takes nothing, until the test is over.
struct Stuck(mpsc::Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The engine's side, played by hand.
struct Engine(Parts);

impl Engine {
    fn expect(&mut self, command: &Command) -> CommandId {
        let (id, received) = self.0.commands.recv().unwrap();
        assert_eq!(received, *command);
        id
    }

    fn say(&mut self, event: Event) -> &mut Self {
        self.0.outbox.say(event);
        self
    }

    fn starts(&mut self) -> &mut Self {
        let id = self.expect(&Command::Start);
        self.say(Event::Acknowledged { id, outcome: Ok(()) });
        self.say(Event::RunStarted(RunInfo {
            name: "brave-fox".into(),
            folder: "/runs/brave-fox".into(),
            variant: "tiny".into(),
            device: "cpu".into(),
            precision: "f32".into(),
            threads: 2,
            optimizer: "adam".into(),
            parameters: 236_000,
            epochs: 2,
            batch_size: 32,
            steps_per_epoch: 2,
            train_images: 64,
            validation_images: 16,
            seed: 42,
            resumed_from: None,
        }));
        self.say(Event::Phase(Phase::Training))
    }

    fn step(&mut self, epoch: u32, step: u64) -> &mut Self {
        self.0.outbox.step(StepMetrics {
            epoch,
            step,
            loss: 2.25,
            accuracy: 0.125,
            images: 32,
            images_per_second: 140.5,
            learning_rate: 0.001,
            gradient_norm: Some(1.0),
        });
        self
    }

    fn epoch(&mut self, epoch: u32, validation_accuracy: f64) -> &mut Self {
        self.say(Event::Epoch(EpochMetrics {
            epoch,
            step: u64::from(epoch) * 2,
            train_loss: 2.25,
            train_accuracy: 0.125,
            validation_loss: 2.5,
            validation_accuracy,
            learning_rate: 0.001,
            seconds: 75.5,
            best: epoch == 1,
        }))
    }

    fn saves(&mut self, names: &[&str], reason: SaveReason) -> &mut Self {
        let paths = names.iter().map(|name| format!("/runs/brave-fox/checkpoints/{name}.safetensors").into()).collect();
        self.say(Event::CheckpointSaved { paths, step: 4, reason })
    }

    fn ends(mut self) {
        self.say(Event::Ended);
        self.0.outbox.finish();
    }
}

/// Plays `engine` on a thread beside the code that follows it.
fn play(
    engine: impl FnOnce(Engine) + Send + 'static,
    report: Box<dyn Report>,
    signals: tokio::sync::mpsc::Receiver<Ending>,
) -> End {
    let (mut handle, parts) = Handle::pair();
    let thread: JoinHandle<()> = std::thread::spawn(move || engine(Engine(parts)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let end = runtime.block_on(follow(&mut handle, &mut Signals::scripted(signals), report));
    thread.join().unwrap();
    end
}

fn no_signals() -> tokio::sync::mpsc::Receiver<Ending> {
    tokio::sync::mpsc::channel(1).1
}

fn json(paper: &Paper) -> Box<dyn Report> {
    Box::new(Json::new(paper.clone(), Notes::default()))
}

#[test]
fn json_lines_have_the_promised_keys_in_the_promised_order() {
    let paper = Paper::default();
    let end = play(
        |mut engine| {
            engine.starts().step(1, 1).step(1, 2).epoch(1, 0.75).saves(&["epoch-0001", "best"], SaveReason::Automatic);
            engine.step(2, 3).step(2, 4).epoch(2, 0.5);
            engine.saves(&["last"], SaveReason::Final).say(Event::Phase(Phase::Finished));
            engine.expect(&Command::Leave);
            engine.ends();
        },
        json(&paper),
        no_signals(),
    );
    assert_eq!(end.folder.as_deref(), Some(std::path::Path::new("/runs/brave-fox")));
    assert_eq!(end.status().unwrap(), 0);
    // A checkpoint's line may stand before or after steps that were done while it was written.
    let text = paper.text();
    let (checkpoints, others): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains("checkpoint\","));
    let epoch = |epoch, accuracy, best| {
        format!(
            r#"{{"event":"epoch","epoch":{epoch},"train_loss":2.25,"train_accuracy":0.125,"validation_loss":2.5,"validation_accuracy":{accuracy},"seconds":75.5,"best":{best}}}"#
        )
    };
    let step = |epoch, step| {
        format!(
            r#"{{"event":"step","epoch":{epoch},"step":{step},"loss":2.25,"accuracy":0.125,"images_per_second":140.5}}"#
        )
    };
    assert_eq!(
        others,
        [
            step(1, 1),
            step(1, 2),
            epoch(1, 0.75, true),
            step(2, 3),
            step(2, 4),
            epoch(2, 0.5, false),
            r#"{"event":"done","run_dir":"/runs/brave-fox","best_validation_accuracy":0.75}"#.to_owned(),
        ]
    );
    let checkpoint =
        |name| format!(r#"{{"event":"checkpoint","path":"/runs/brave-fox/checkpoints/{name}.safetensors"}}"#);
    assert_eq!(checkpoints, ["epoch-0001", "best", "last"].map(checkpoint));
}

#[test]
fn steps_of_the_next_epoch_wait_for_the_epochs_line() {
    let paper = Paper::default();
    play(
        |mut engine| {
            engine.starts().step(1, 1).step(2, 2).step(2, 3).epoch(1, 0.5).step(2, 4);
            engine.say(Event::Phase(Phase::Finished)).expect(&Command::Leave);
            engine.ends();
        },
        json(&paper),
        no_signals(),
    );
    let text = paper.text();
    let lines: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| (line["event"].as_str().unwrap().to_owned(), line["step"].as_u64()))
        .collect();
    let expected = [("step", Some(1)), ("epoch", None), ("step", Some(2)), ("step", Some(3)), ("step", Some(4))];
    assert_eq!(lines[..5], expected.map(|(event, step)| (event.to_owned(), step)));
}

#[test]
fn no_step_is_lost_however_many_there_are() {
    let paper = Paper::default();
    play(
        |mut engine| {
            engine.starts();
            (1..=20_000).for_each(|step| {
                engine.step(1, step);
            });
            engine.epoch(1, 0.5).say(Event::Phase(Phase::Finished)).expect(&Command::Leave);
            engine.ends();
        },
        json(&paper),
        no_signals(),
    );
    let text = paper.text();
    let steps =
        text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].as_u64());
    assert!(steps.eq(1..=20_000));
}

#[test]
fn a_signal_saves_first_and_then_ends_with_its_own_status() {
    for (ending, status) in [(Ending::Hangup, 129), (Ending::Interrupt, 130), (Ending::Terminate, 143)] {
        let paper = Paper::default();
        let (send, signals) = tokio::sync::mpsc::channel(1);
        let end = play(
            move |mut engine| {
                engine.starts().step(1, 1);
                send.blocking_send(ending).unwrap();
                engine.expect(&Command::Leave);
                engine.step(1, 2).say(Event::Phase(Phase::Stopped)).saves(&["last"], SaveReason::Final);
                engine.ends();
            },
            json(&paper),
            signals,
        );
        assert_eq!(end.status().unwrap(), status);
        let text = paper.text();
        assert!(text.contains(r#""step":2,"#) && text.ends_with("last.safetensors\"}\n"), "{text}");
    }
}

#[test]
fn a_signal_whose_save_failed_is_a_failure() {
    let paper = Paper::default();
    let (send, signals) = tokio::sync::mpsc::channel(1);
    let end = play(
        move |mut engine| {
            engine.starts().step(1, 1);
            send.blocking_send(Ending::Terminate).unwrap();
            engine.expect(&Command::Leave);
            engine.say(Event::CheckpointFailed { message: "the disk is full".into() });
            engine.ends();
        },
        json(&paper),
        signals,
    );
    assert_eq!(end.status().unwrap(), 1);
    assert!(paper.text().ends_with("{\"event\":\"error\",\"message\":\"the disk is full\"}\n"));
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let paper = Paper::default();
    let end = play(
        |mut engine| {
            engine.starts().step(1, 1).step(1, 2).step(1, 3);
            engine.expect(&Command::Leave);
            engine.saves(&["last"], SaveReason::Final);
            engine.ends();
        },
        Box::new(Json::new(Head(paper.clone()), Notes::default())),
        no_signals(),
    );
    assert_eq!(end.status().unwrap_err().status(), 0);
    assert_eq!(paper.text().lines().count(), 2);
}

#[test]
fn a_reader_that_takes_nothing_does_not_keep_a_signal_from_saving() {
    let (over, stuck) = mpsc::channel();
    let (send, signals) = tokio::sync::mpsc::channel(1);
    let end = play(
        move |mut engine| {
            engine.starts().step(1, 1);
            send.blocking_send(Ending::Terminate).unwrap();
            engine.expect(&Command::Leave);
            engine.saves(&["last"], SaveReason::Final);
            engine.ends();
        },
        Box::new(Json::new(Stuck(stuck), Notes::default())),
        signals,
    );
    assert_eq!(end.status().unwrap(), 143);
    drop(over);
}

#[test]
fn a_refused_start_is_told_and_fails() {
    let paper = Paper::default();
    let end = play(
        |mut engine| {
            let id = engine.expect(&Command::Start);
            engine.say(Event::Acknowledged { id, outcome: Err("the labels are of another set".into()) });
            engine.expect(&Command::Leave);
            engine.ends();
        },
        json(&paper),
        no_signals(),
    );
    assert_eq!(end.status().unwrap(), 1);
    assert_eq!(paper.text(), "{\"event\":\"error\",\"message\":\"the labels are of another set\"}\n");
}

#[test]
fn a_run_that_fails_ends_with_1_and_without_done() {
    let paper = Paper::default();
    let end = play(
        |mut engine| {
            engine.starts().step(1, 1);
            engine.say(Event::Failed { message: "the loss is not finite".into() }).say(Event::Phase(Phase::Failed));
            engine.expect(&Command::Leave);
            engine.ends();
        },
        json(&paper),
        no_signals(),
    );
    assert_eq!(end.status().unwrap(), 1);
    assert!(paper.text().ends_with("{\"event\":\"error\",\"message\":\"the loss is not finite\"}\n"));
}

#[test]
fn an_engine_that_vanishes_is_a_failure() {
    let paper = Paper::default();
    let end = play(
        |mut engine| {
            engine.starts();
        },
        json(&paper),
        no_signals(),
    );
    assert_eq!(end.status().unwrap(), 1);
    assert!(paper.text().contains(r#"{"event":"error","#));
}

#[test]
fn people_get_a_line_an_epoch() {
    let paper = Paper::default();
    play(
        |mut engine| {
            engine.starts().step(1, 1).epoch(1, 0.75).step(2, 2).epoch(2, 0.5);
            engine.say(Event::Phase(Phase::Finished)).expect(&Command::Leave);
            engine.ends();
        },
        Box::new(Plain::new(paper.clone(), Manner::Lines, Notes::default())),
        no_signals(),
    );
    insta::assert_snapshot!(paper.text(), @"
    epoch   1   train loss 2.2500  accuracy 12.50 %   validation loss 2.5000  accuracy 75.00 %      1:16   best
    epoch   2   train loss 2.2500  accuracy 12.50 %   validation loss 2.5000  accuracy 50.00 %      1:16
    best validation accuracy 75.00 %
    ");
}
