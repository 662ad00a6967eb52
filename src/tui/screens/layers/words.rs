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
    let (words, detail) = (&state.words.layers, (state.words.layers.detail)(&row.detail));
    match (row.kind, row.input, row.output) {
        ("Conv2d", Shape::Maps { channels: seen, .. }, Shape::Maps { channels, height, width }) => {
            let groups = row.detail.rsplit_once("groups ").map_or(1, |(_, groups)| groups.parse().unwrap_or(1));
            let seen = match seen / groups {
                1 => words.the_picture.to_owned(),
                seen => (words.maps)(seen),
            };
            (words.convolution)(channels, window, &seen, (height, width))
        }
        ("ReLU", ..) => words.relu.into(),
        ("MaxPool2d", Shape::Maps { height: before, .. }, Shape::Maps { height, .. }) => {
            (words.max_pool)(window, before, height)
        }
        ("LocalResponseNorm", ..) => (words.response_norm)(&detail),
        ("AdaptiveAvgPool2d", ..) => (words.average_pool)(&detail),
        ("Flatten", input, Shape::Features(features)) => {
            (words.flatten)(&input.to_string(), &thousands(features as u64))
        }
        ("Dropout", ..) => (words.dropout)(state.config.model.dropout),
        ("Linear", input, output) => {
            let (inputs, outputs) = (thousands(input.elements() as u64), thousands(output.elements() as u64));
            (words.dense)(&outputs, &inputs, layer + 1 == net.layers.len())
        }
        (kind, ..) => format!("{kind} {detail}"),
    }
}

/// Names and values of what a layer is: shapes, and how its numbers are counted.
pub fn arithmetic(state: &State, net: &Summary, row: &SummaryRow) -> Vec<(&'static str, String, String)> {
    let words = &state.words.layers;
    let share = |part: u64, all: u64| (words.of_all)(&format::share(part as f64 / all.max(1) as f64));
    let numbers = |shape: Shape| thousands(shape.elements() as u64);
    let mut lines = vec![(
        words.shape,
        format!("{} → {}", row.input, row.output),
        match row.input {
            Shape::Maps { .. } => (words.numbers)(&numbers(row.input), &numbers(row.output)),
            Shape::Features(_) => String::new(),
        },
    )];
    if let Some(side) = &row.side_arithmetic {
        lines.push((words.side, side.clone(), (words.detail)(&row.detail)));
    }
    match &row.parameter_arithmetic {
        Some(arithmetic) => {
            lines.push((words.parameters, arithmetic.clone(), share(row.parameters, net.total_parameters)));
        }
        None => lines.push((words.parameters, words.no_parameters.into(), String::new())),
    }
    if let Some(arithmetic) = &row.multiply_add_arithmetic {
        lines.push((words.multiply_adds, arithmetic.clone(), share(row.multiply_adds, net.total_multiply_adds)));
    }
    lines
}

/// Names and values of what the last sampled step told of a layer, and what to make of them.
pub fn measured(state: &State, layer: usize) -> Vec<(&'static str, String, String)> {
    let Some(sample) = state.layers.sample(layer) else { return Vec::new() };
    let words = &state.words.layers;
    let mut lines = Vec::new();
    if let Some(weights) = &sample.weights {
        let root = |norm: f64| (words.a_weight)(&format::signed(norm / (weights.values.of.max(1) as f64).sqrt()));
        lines.push((words.weight_norm, format::norm(weights.norm), root(weights.norm)));
        lines.push((words.gradient_norm, format::norm(weights.gradient_norm), root(weights.gradient_norm)));
        lines.push((words.update, ratio(weights.update_ratio), words.usual.into()));
    }
    if let Some(units) = sample.units {
        let dead = (words.dead_of)(&thousands(units.dead), &thousands(units.all));
        lines.push((words.dead, dead, words.gave_zero.into()));
    }
    let times: Vec<String> = [(sample.forward, words.forward), (sample.backward, words.back)]
        .into_iter()
        .filter_map(|(time, way)| Some(way(&format::milliseconds(time?))))
        .collect();
    if !times.is_empty() {
        let time = |layer: &LayerSample| layer.forward.unwrap_or(0.0) + layer.backward.unwrap_or(0.0);
        let all: f64 = state.layers.latest.iter().flat_map(|sample| &sample.layers).map(time).sum();
        let share = (words.of_all_time)(&format::share(time(sample) / all));
        lines.push((words.time, times.join(words.comma), if all > 0.0 { share } else { String::new() }));
    }
    lines
}

/// An update's share of the weights.
pub fn ratio(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format::rate(value) }
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
