//! What a layer does, and how its numbers come about, in words.

use crate::metrics::LayerSample;
use crate::session::{Shape, Summary, SummaryRow};
use crate::text::thousands;
use crate::tui::format;
use crate::tui::history::Measure;
use crate::tui::state::State;

/// What a layer does, in one sentence.
pub fn sentence(state: &State, net: &Summary, layer: usize) -> String {
    let Some(row) = net.layers.get(layer) else { return String::new() };
    let window = row.detail.split(',').next().unwrap_or_default();
    match (row.kind, row.input, row.output) {
        ("Conv2d", Shape::Maps { channels: seen, .. }, Shape::Maps { channels, height, width }) => {
            let groups = row.detail.rsplit_once("groups ").map_or(1, |(_, groups)| groups.parse().unwrap_or(1));
            let seen = match seen / groups {
                1 => "the picture".to_owned(),
                seen => format!("{seen} maps"),
            };
            format!("{channels} filters, each looking at {window} of {seen}, at {height}×{width} places")
        }
        ("ReLU", ..) => "keeps what is above 0 and makes the rest 0".into(),
        ("MaxPool2d", Shape::Maps { height: before, .. }, Shape::Maps { height, .. }) => {
            format!("keeps the greatest of each {window} window: a side of {before} becomes {height}")
        }
        ("LocalResponseNorm", ..) => format!("damps a place where neighbouring maps are strong, {}", row.detail),
        ("AdaptiveAvgPool2d", ..) => format!("averages each map {}, whatever its size", row.detail),
        ("Flatten", input, Shape::Features(features)) => {
            format!("lays {input} out as a list of {}; no number changes", thousands(features as u64))
        }
        ("Dropout", ..) => {
            format!("leaves out each number with probability {}, in training only", state.config.model.dropout)
        }
        ("Linear", input, output) => {
            let (inputs, outputs) = (thousands(input.elements() as u64), thousands(output.elements() as u64));
            let is_last = layer + 1 == net.layers.len();
            let class = if is_last { "one a class, " } else { "" };
            format!("{outputs} outputs, {class}each a bias plus {inputs} weighted inputs")
        }
        (kind, ..) => format!("{kind} {}", row.detail),
    }
}

/// Names and values of what a layer is: shapes, and how its numbers are counted.
pub fn arithmetic(net: &Summary, row: &SummaryRow) -> Vec<(&'static str, String, String)> {
    let share = |part: u64, all: u64| format!("{} of all", format::share(part as f64 / all.max(1) as f64));
    let numbers = |shape: Shape| thousands(shape.elements() as u64);
    let mut lines = vec![(
        "shape",
        format!("{} → {}", row.input, row.output),
        match row.input {
            Shape::Maps { .. } => format!("{} → {} numbers", numbers(row.input), numbers(row.output)),
            Shape::Features(_) => String::new(),
        },
    )];
    if let Some(side) = &row.side_arithmetic {
        lines.push(("side", side.clone(), row.detail.clone()));
    }
    match &row.parameter_arithmetic {
        Some(arithmetic) => {
            lines.push(("parameters", arithmetic.clone(), share(row.parameters, net.total_parameters)));
        }
        None => lines.push(("parameters", "none: nothing is learned here".into(), String::new())),
    }
    if let Some(arithmetic) = &row.multiply_add_arithmetic {
        lines.push(("mult-adds", arithmetic.clone(), share(row.multiply_adds, net.total_multiply_adds)));
    }
    lines
}

/// Names and values of what the last sampled step told of a layer, and what to make of them.
pub fn measured(state: &State, layer: usize) -> Vec<(&'static str, String, String)> {
    let Some(sample) = state.layers.sample(layer) else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(weights) = &sample.weights {
        let root = |norm: f64| format!("{} a weight", format::signed(norm / (weights.values.of.max(1) as f64).sqrt()));
        lines.push(("weight norm", format::norm(weights.norm), root(weights.norm)));
        lines.push(("grad. norm", format::norm(weights.gradient_norm), root(weights.gradient_norm)));
        lines.push(("update", ratio(weights.update_ratio), "1e-3 is usual".into()));
    }
    if let Some(units) = sample.units {
        let dead = format!("{} of {}", thousands(units.dead), thousands(units.all));
        lines.push(("dead units", dead, "gave 0 for every picture of the batch".into()));
    }
    let times: Vec<String> = [(sample.forward, "forward"), (sample.backward, "back")]
        .into_iter()
        .filter_map(|(time, way)| Some(format!("{} ms {way}", format::milliseconds(time?))))
        .collect();
    if !times.is_empty() {
        let time = |layer: &LayerSample| layer.forward.unwrap_or(0.0) + layer.backward.unwrap_or(0.0);
        let all: f64 = state.layers.latest.iter().flat_map(|sample| &sample.layers).map(time).sum();
        let share = format!("{} of all layers'", format::share(time(sample) / all));
        lines.push(("time", times.join(", "), if all > 0.0 { share } else { String::new() }));
    }
    lines
}

/// An update's share of the weights.
pub fn ratio(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format::rate(value) }
}

/// What a measure is called over its chart.
pub fn name(measure: Measure) -> &'static str {
    match measure {
        Measure::WeightNorm => "weight norm",
        Measure::GradientNorm => "gradient norm",
        Measure::UpdateRatio => "update/weight",
        Measure::Dead => "dead units",
        Measure::Forward => "ms forward",
        Measure::Backward => "ms back",
    }
}

/// A measure's value over its chart.
pub fn value(measure: Measure, value: f64) -> String {
    match measure {
        Measure::WeightNorm | Measure::GradientNorm => format::norm(value),
        Measure::UpdateRatio => ratio(value),
        Measure::Dead => format::share(value),
        Measure::Forward | Measure::Backward => format::milliseconds(value),
    }
}
