//! Reports and files of an evaluation that can be checked by hand, and the ways in which one ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use super::predictions::PredictionsFile;
use super::{evaluate, report};
use crate::cli::CliError;
use crate::cli::notes::Notes;
use crate::cli::progress::Progress;
use crate::cli::signals::{Ending, Signals};
use crate::metrics::{ClassMetrics, ConfusionMatrix, Evaluation, Predictions, Split};
use crate::session::{Command, CommandId, Event, Handle, Parts};
use std::path::PathBuf;

/// Three classes, ten pictures, seven right.
fn evaluation() -> Evaluation {
    let mut confusion = ConfusionMatrix::new(3);
    for (truth, predicted, times) in [(0, 0, 3), (0, 1, 1), (1, 1, 2), (2, 2, 2), (2, 0, 2)] {
        (0..times).for_each(|_| confusion.add(truth, predicted));
    }
    let classes = ["Shirt", "Ankle boot", "Bag"].into_iter().enumerate().map(|(class, name)| {
        let (precision, recall, f1, support) = confusion.class_metrics(class);
        ClassMetrics { name: name.into(), precision, recall, f1, support }
    });
    let classes = classes.collect();
    let predictions = Predictions {
        classes: 3,
        indices: vec![0, 7],
        labels: vec![2, 0],
        probabilities: vec![0.1, 0.2, 0.7, 1.0, 1.5e-20, 0.0],
    };
    Evaluation { split: Split::Test, loss: 0.5, confusion, classes, predictions, seconds: 61.0 }
}

fn play(
    engine: impl FnOnce(&mut Parts, CommandId) + Send + 'static,
    signals: tokio::sync::mpsc::Receiver<Ending>,
) -> Result<Result<Evaluation, Ending>, CliError> {
    let (mut handle, mut parts) = Handle::pair();
    let thread = std::thread::spawn(move || {
        let (id, command) = parts.commands.recv().unwrap();
        let checkpoint = Some(PathBuf::from("best.safetensors"));
        assert_eq!(command, Command::Evaluate { split: Split::Test, checkpoint });
        engine(&mut parts, id);
        while parts.commands.recv().unwrap().1 != Command::Leave {}
        parts.outbox.say(Event::Ended);
        parts.outbox.finish();
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut signals = Signals::scripted(signals);
    let asked = Command::Evaluate { split: Split::Test, checkpoint: Some("best.safetensors".into()) };
    let (progress, mut notes) = (Progress::start("", true), Notes::default());
    let outcome = runtime.block_on(evaluate(&mut handle, &mut signals, asked, progress, &mut notes));
    thread.join().unwrap();
    outcome
}

fn no_signals() -> tokio::sync::mpsc::Receiver<Ending> {
    tokio::sync::mpsc::channel(1).1
}

#[test]
fn the_json_object_has_the_promised_keys_in_the_promised_order() {
    let mut evaluation = evaluation();
    evaluation.classes.truncate(1);
    assert_eq!(
        report::json(&evaluation),
        concat!(
            r#"{"loss":0.5,"accuracy":0.7,"correct":7,"total":10,"confusion_matrix":[[3,1,0],[0,2,0],[2,0,2]],"#,
            r#""classes":[{"name":"Shirt","precision":0.6,"recall":0.75,"f1":0.6666666666666665,"support":4}]}"#,
            "\n"
        )
    );
}

#[test]
fn the_report_reads_well() {
    insta::assert_snapshot!(report::text(&evaluation()), @"
    test split: 7 of 10 right, accuracy 70.00 %, loss 0.5000, in 1:01

    class             precision   recall       f1  support
    Shirt                0.6000   0.7500   0.6667        4
    Ankle boot           0.6667   1.0000   0.8000        2
    Bag                  1.0000   0.5000   0.6667        4
    macro average        0.7556   0.7500   0.7111       10
    weighted average     0.7733   0.7000   0.6933       10

    true class (row) taken for (column)
                    0   1   2
    0 Shirt         3   1   ·
    1 Ankle boot    ·   2   ·
    2 Bag           2   ·   2

    most confused
    Bag         taken for Shirt            2   50.00 % of its class
    Shirt       taken for Ankle boot       1   25.00 % of its class
    ");
}

#[test]
fn predictions_keep_every_bit_and_the_file_has_a_users_usual_rights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.csv");
    let evaluation = evaluation();
    PredictionsFile::create(&path).unwrap().write(&evaluation.predictions).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!(text, @"
    index,label,predicted,p0,p1,p2
    0,2,2,1.00000001e-1,2.00000003e-1,6.99999988e-1
    7,0,0,1.00000000e0,1.49999995e-20,0.00000000e0
    ");
    let read: Vec<f32> = text
        .lines()
        .skip(1)
        .flat_map(|line| line.split(',').skip(3).map(|number| number.parse().unwrap()).collect::<Vec<f32>>())
        .collect();
    assert_eq!(read, evaluation.predictions.probabilities);
    let usual = folder.path().join("usual");
    std::fs::write(&usual, "").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions(), std::fs::metadata(&usual).unwrap().permissions());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
}

#[test]
fn predictions_that_can_not_be_written_are_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none/test.csv")] {
        let error = PredictionsFile::create(&path).err().unwrap().to_string();
        assert!(error.contains(&*path.to_string_lossy()), "{error}");
    }
}

#[test]
fn what_the_engine_found_is_handed_on() {
    let said = play(|parts, _| parts.outbox.say(Event::Evaluated(evaluation())), no_signals());
    assert_eq!(said.unwrap().unwrap(), evaluation());
}

#[test]
fn a_checkpoint_that_is_refused_fails() {
    let refuse = |parts: &mut Parts, id| {
        parts.outbox.say(Event::Acknowledged { id, outcome: Err("best.safetensors is cut short".into()) });
    };
    let error = play(refuse, no_signals()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.status()), ("best.safetensors is cut short", 1));
}

#[test]
fn ctrl_c_cancels() {
    let (send, signals) = tokio::sync::mpsc::channel(1);
    let wait = move |parts: &mut Parts, _| {
        send.blocking_send(Ending::Interrupt).unwrap();
        assert_eq!(parts.commands.recv().unwrap().1, Command::Cancel);
    };
    assert_eq!(play(wait, signals).unwrap().unwrap_err(), Ending::Interrupt);
}
