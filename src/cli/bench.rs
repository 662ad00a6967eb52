//! `alexnet-tui bench`: how fast it trains or evaluates here, where the time goes, and what the machine allows.

use super::arguments::BenchArguments;
use super::progress::Progress;
use super::signals::Cancel;
use super::{CliError, output};
use crate::config::Config;
use crate::metrics::{BenchReport, Job};
use crate::session;
use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::ControlFlow;

/// Times it and prints what came out.
pub(super) fn run(arguments: &BenchArguments, config: Config) -> Result<u8, CliError> {
    let cancel = Cancel::listen().map_err(|error| CliError::Failed(format!("can't listen for signals: {error}")))?;
    let mut progress = Progress::start("reading the data", arguments.telling.quiet);
    let mut between = |done: usize, total: usize| {
        progress.at(doing(arguments.job), done as u64, total as u64, |_| format!("{done} of {total} steps"));
        if cancel.is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let outcome = session::bench(config, arguments.job, arguments.steps as usize, &mut between);
    drop(progress);
    let Some(report) = outcome.map_err(|error| CliError::Failed(error.to_string()))? else {
        return Ok(cancel.status().unwrap_or(1));
    };
    output::print(&if arguments.json { line(&report) } else { text(&report) })?;
    Ok(0)
}

fn doing(job: Job) -> &'static str {
    match job {
        Job::Train => "training",
        Job::Eval => "evaluating",
    }
}

/// One line of JSON.
fn line(report: &BenchReport) -> String {
    let mut object = json!({ "event": "bench" });
    // Numbers and text: nothing here that JSON can't hold.
    if let (Value::Object(object), Ok(Value::Object(fields))) = (&mut object, serde_json::to_value(report)) {
        object.extend(fields);
    }
    format!("{object}\n")
}

/// A table for people.
fn text(report: &BenchReport) -> String {
    let BenchReport { variant, device, precision, threads, batch_size, steps, warm_up, limits, floor, .. } = report;
    let mut text = format!(
        "{} {variant} on {device}, {precision}, {threads} thread{}: batch {batch_size}, {steps} steps after {warm_up} \
         that are not counted\n\n",
        doing(report.job),
        if *threads == 1 { "" } else { "s" },
    );
    let _ = writeln!(text, "{:<22}{:>9.1}", "pictures a second", report.images_per_second);
    let times = &report.milliseconds;
    let _ = writeln!(text, "{:<22}{:>9.1} ms", "a step", times.step);
    let parts = [
        ("data", times.data),
        ("forward", times.forward),
        ("backward", times.backward),
        ("optimizer", times.optimizer),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            let share = 100.0 * part / times.step.max(1e-9);
            let _ = writeln!(text, "  {name:<20}{part:>9.1} ms {share:>4.0} %");
        }
    }
    if let Some(peak) = report.peak_memory_mib {
        let _ = writeln!(text, "{:<22}{peak:>9.0} MiB", "peak memory");
    }
    text.push_str("\nwhat this machine reaches at its best\n");
    let _ = writeln!(text, "  {:<20}{:>9.3} TFLOP/s", "f32", limits.f32_teraflops);
    if let Some(bf16) = limits.bf16_teraflops {
        let _ = writeln!(text, "  {:<20}{bf16:>9.3} TFLOP/s", "bf16");
    }
    let _ = writeln!(text, "  {:<20}{:>9.1} GB/s read and written", "copying memory", limits.copy_gigabytes_per_second);
    let _ = writeln!(
        text,
        "{:<22}{:>9.1} ms {:>4.0} %",
        "so a step's floor is",
        floor.milliseconds,
        100.0 * floor.fraction
    );
    let _ = writeln!(text, "  {:<20}{:>9.1} ms", "arithmetic", floor.arithmetic);
    if report.job == Job::Train {
        let _ = writeln!(text, "  {:<20}{:>9.1} ms", "optimizer's memory", floor.memory);
    }
    text
}
