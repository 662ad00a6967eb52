//! An evaluation for people (text) and for programs (one JSON object).

use crate::metrics::{Average, ClassMetrics, Confused, ConfusionMatrix, Evaluation};
use crate::text::{clock, percent, thousands};
use serde::Serialize;
use std::fmt::Write;

/// How many of the most confused pairs are told.
const PAIRS: usize = 8;

/// The object of `--json`. Keys, and their order, are a promise.
#[derive(Serialize)]
struct Object<'a> {
    loss: f64,
    accuracy: f64,
    correct: u64,
    total: u64,
    confusion_matrix: Vec<&'a [u64]>,
    classes: &'a [ClassMetrics],
}

/// One line of JSON.
pub(super) fn json(evaluation: &Evaluation) -> String {
    let object = Object {
        loss: evaluation.loss,
        accuracy: evaluation.accuracy(),
        correct: evaluation.confusion.correct(),
        total: evaluation.confusion.total(),
        confusion_matrix: evaluation.confusion.rows().collect(),
        classes: &evaluation.classes,
    };
    // Numbers and text: nothing here that JSON can't hold.
    serde_json::to_string(&object).unwrap_or_default() + "\n"
}

/// The whole report.
pub(super) fn text(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    let (right, total) = (evaluation.confusion.correct(), evaluation.confusion.total());
    let _ = writeln!(
        text,
        "{} split: {} of {} right, accuracy {}, loss {:.4}, in {}\n",
        evaluation.split,
        thousands(right),
        thousands(total),
        percent(evaluation.accuracy()),
        evaluation.loss,
        clock(evaluation.seconds),
    );
    classes(&mut text, &evaluation.classes);
    text.push('\n');
    matrix(&mut text, &evaluation.confusion, &evaluation.classes);
    pairs(&mut text, &evaluation.confusion, &evaluation.classes);
    text
}

fn classes(text: &mut String, classes: &[ClassMetrics]) {
    let name = name_width(classes).max("weighted average".len());
    let _ = writeln!(text, "{:name$}  precision   recall       f1  support", "class");
    let mut row = |label: &str, [precision, recall, f1]: [f64; 3], support: u64| {
        let support = thousands(support);
        let _ = writeln!(text, "{label:name$}  {precision:>9.4}  {recall:>7.4}  {f1:>7.4}  {support:>7}");
    };
    for class in classes {
        row(&class.name, [class.precision, class.recall, class.f1], class.support);
    }
    let total: u64 = classes.iter().map(|class| class.support).sum();
    for (label, mean) in
        [("macro average", Average::unweighted(classes)), ("weighted average", Average::weighted(classes))]
    {
        row(label, [mean.precision, mean.recall, mean.f1], total);
    }
}

fn matrix(text: &mut String, confusion: &ConfusionMatrix, classes: &[ClassMetrics]) {
    let heading = "true class (row) taken for (column)";
    let largest = confusion.rows().flatten().max().copied().unwrap_or(0);
    let cell = largest.to_string().len().max(3) + 1;
    let number = classes.len().saturating_sub(1).to_string().len();
    let name = name_width(classes);
    let _ = writeln!(text, "{heading}");
    let _ = write!(text, "{:number$} {:name$} ", "", "");
    for class in 0..classes.len() {
        let _ = write!(text, "{class:>cell$}");
    }
    text.push('\n');
    for (class, (row, of)) in confusion.rows().zip(classes).enumerate() {
        let _ = write!(text, "{class:>number$} {:name$} ", of.name);
        for &taken in row {
            // An empty cell says 0 more quietly than a 0 does.
            let taken = if taken == 0 { "·".to_owned() } else { taken.to_string() };
            let _ = write!(text, "{taken:>cell$}");
        }
        text.push('\n');
    }
}

fn pairs(text: &mut String, confusion: &ConfusionMatrix, classes: &[ClassMetrics]) {
    let pairs = confusion.most_confused();
    if pairs.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nmost confused");
    let name = name_width(classes);
    for &Confused { truth, taken, times } in pairs.iter().take(PAIRS) {
        let share = percent(times as f64 / classes[truth].support.max(1) as f64);
        let (truth, taken) = (&classes[truth].name, &classes[taken].name);
        let _ =
            writeln!(text, "{truth:name$}  taken for {taken:name$}  {:>6}  {share:>8} of its class", thousands(times));
    }
}

fn name_width(classes: &[ClassMetrics]) -> usize {
    classes.iter().map(|class| class.name.chars().count()).max().unwrap_or(0)
}
