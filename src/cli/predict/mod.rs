//! `alexnet-tui predict`: what a net says of anyone's pictures.

mod draw;

use super::arguments::PredictArguments;
use super::setup::check_is_file;
use super::{CliError, output};
use crate::config::Config;
use crate::data::{Fitted, read_picture};
use crate::session::{self, Answers};
use crate::text::percent;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::fmt::Write;
use std::path::Path;

/// Predicts all that are pictures; those that are none are told, and make the status 1.
pub(super) fn run(arguments: &PredictArguments, config: &Config) -> Result<u8, CliError> {
    check_is_file(&arguments.checkpoint)?;
    let mut found = Vec::new();
    for path in &arguments.pictures {
        match read_picture(path, arguments.invert) {
            Ok(picture) => found.push((path.as_path(), picture)),
            Err(error) => output::note(format_args!("alexnet-tui: {error}")),
        }
    }
    if found.is_empty() {
        return Err(CliError::Failed("there is no picture to predict".into()));
    }
    let pixels: Vec<_> = found.iter().map(|(_, picture)| picture.pixels.clone()).collect();
    let answers = session::predict(config, &arguments.checkpoint, &pixels)
        .map_err(|error| CliError::Failed(error.to_string()))?;
    let (shades, columns) = (draw::shades(), draw::columns());
    let mut text = String::new();
    for (row, (path, picture)) in found.iter().enumerate() {
        if arguments.json {
            let _ = writeln!(text, "{}", line(path, picture, &answers, row, arguments.top));
            continue;
        }
        if picture.inverted && !arguments.telling.quiet {
            output::note(format_args!("{}: light behind, so light and dark are exchanged (--invert)", path.display()));
        }
        let told = told(&answers, row, arguments.top);
        if let Some(shades) = shades {
            text.push_str(&draw::beside(&picture.pixels, shades, &path.display().to_string(), &told, columns));
        } else {
            let _ = writeln!(text, "{}\n  {}", path.display(), told.join("\n  "));
        }
    }
    output::print(&text)?;
    Ok(u8::from(found.len() < arguments.pictures.len()))
}

/// Classes and their probabilities, the most probable first.
fn ranked(answers: &Answers, row: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<_> = answers.predictions.probabilities_of(row).iter().copied().enumerate().collect();
    // A total order, so that a net of NaNs has an answer too.
    ranked.sort_by_key(|&(class, probability)| (Reverse((probability * 1e9) as i64), class));
    ranked
}

/// For people: name, probability, bar.
fn told(answers: &Answers, row: usize, top: usize) -> Vec<String> {
    let width = answers.class_names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(class, probability): (usize, f32)| {
        let probability = f64::from(probability);
        let bar = "━".repeat((probability * 24.0).round() as usize);
        let name = answers.class_names.get(class).map_or("?", String::as_str);
        format!("{name:<width$} {:>9} {bar}", percent(probability)).trim_end().to_owned()
    };
    ranked(answers, row).into_iter().take(top).map(line).collect()
}

/// For programs. Keys, and their order, are a promise.
fn line(path: &Path, picture: &Fitted, answers: &Answers, row: usize, top: usize) -> Value {
    let ranked = ranked(answers, row);
    let name = |class: usize| answers.class_names.get(class);
    let entry = |&(class, probability): &(usize, f32)| json!({ "class": class, "name": name(class), "probability": probability });
    let best = ranked.first();
    json!({
        "picture": path.to_string_lossy(),
        "class": best.map(|best| best.0),
        "name": best.and_then(|best| name(best.0)),
        "probability": best.map(|best| best.1),
        "inverted": picture.inverted,
        "top": ranked.iter().take(top).map(entry).collect::<Value>(),
    })
}
