//! A net's table: a row a layer, and totals, with torchinfo's columns.

use super::architecture::Architecture;
use super::layer::{Operation, Shape};
use crate::text::thousands;
use serde::Serialize;
use std::fmt::Write;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    /// `conv1`.
    pub name: String,
    /// PyTorch's class, `Conv2d`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Kernel, stride, padding, groups or probability, in words.
    pub detail: String,
    /// Batch first.
    pub output_shape: Vec<usize>,
    /// Learned numbers.
    pub parameters: u64,
    /// Multiply-adds for the batch.
    pub multiply_adds: u64,
    /// What goes in, the batch left out.
    #[serde(skip)]
    pub input: Shape,
    /// What comes out, the batch left out.
    #[serde(skip)]
    pub output: Shape,
    /// How the parameters are counted: `(11×11×1 + 1)×96 = 11,712`.
    #[serde(skip)]
    pub parameter_arithmetic: Option<String>,
    /// How the output's side comes about: `(227−11)/4+1 = 55`.
    #[serde(skip)]
    pub side_arithmetic: Option<String>,
    /// How the multiply-adds of one picture are counted: `11×11×1×96 × 55×55 = 35,138,400`.
    #[serde(skip)]
    pub multiply_add_arithmetic: Option<String>,
}

/// The table and its totals; sizes count 4 bytes a number, MB are 10⁶ bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// `fashion`.
    pub variant: String,
    /// Batch × channels × height × width.
    pub input_shape: Vec<usize>,
    /// In the order of the net.
    pub layers: Vec<SummaryRow>,
    /// Learned numbers.
    pub total_parameters: u64,
    /// Of those, the ones that training changes: all.
    pub trainable_parameters: u64,
    /// Multiply-adds for the batch.
    pub total_multiply_adds: u64,
    /// The pictures that go in.
    pub input_megabytes: f64,
    /// Outputs of the layers that learn, once forward and once backward.
    pub forward_backward_megabytes: f64,
    /// The weights.
    pub parameters_megabytes: f64,
    /// The three together.
    pub total_megabytes: f64,
}

fn megabytes(numbers: u64) -> f64 {
    numbers as f64 * 4.0 / 1e6
}

fn detail(operation: Operation) -> String {
    match operation {
        Operation::Convolution { kernel, stride, padding, groups, .. } => {
            let mut text = format!("{kernel}×{kernel}, stride {stride}, padding {padding}");
            if groups > 1 {
                let _ = write!(text, ", groups {groups}");
            }
            text
        }
        Operation::MaxPool { kernel, stride } => format!("{kernel}×{kernel}, stride {stride}"),
        Operation::LocalResponseNorm { size, .. } => format!("over {size} channels"),
        Operation::AdaptiveAveragePool { side } => format!("to {side}×{side}"),
        Operation::Relu | Operation::Flatten | Operation::Dropout | Operation::Linear { .. } => String::new(),
    }
}

impl Summary {
    /// The table of a net for a batch of so many pictures.
    pub fn new(variant: &str, net: &Architecture, batch: usize) -> Self {
        let rows = net.rows();
        let with_batch = |mut sizes: Vec<usize>| {
            sizes.insert(0, batch);
            sizes
        };
        let layers: Vec<_> = rows
            .iter()
            .map(|row| SummaryRow {
                name: row.layer.name.clone(),
                kind: row.layer.kind(),
                detail: detail(row.layer.operation),
                output_shape: with_batch(row.output.sizes()),
                parameters: row.parameter_count(),
                multiply_adds: row.multiply_adds() * batch as u64,
                input: row.input,
                output: row.output,
                parameter_arithmetic: row.layer.parameter_arithmetic(row.input),
                side_arithmetic: row.layer.side_arithmetic(row.input),
                multiply_add_arithmetic: row.layer.multiply_add_arithmetic(row.input),
            })
            .collect();
        let learning = rows.iter().filter(|row| row.parameter_count() > 0);
        let activations: usize = learning.map(|row| row.output.elements() * batch).sum();
        let total_parameters = net.parameter_count();
        let input_megabytes = megabytes((net.input.elements() * batch) as u64);
        let forward_backward_megabytes = 2.0 * megabytes(activations as u64);
        let parameters_megabytes = megabytes(total_parameters);
        Self {
            variant: variant.into(),
            input_shape: with_batch(net.input.sizes()),
            layers,
            total_parameters,
            trainable_parameters: total_parameters,
            total_multiply_adds: net.multiply_adds() * batch as u64,
            input_megabytes,
            forward_backward_megabytes,
            parameters_megabytes,
            total_megabytes: input_megabytes + forward_backward_megabytes + parameters_megabytes,
        }
    }

    fn cells(&self) -> Vec<[String; 5]> {
        let count = |n: u64| if n == 0 { "--".into() } else { thousands(n) };
        self.layers
            .iter()
            .map(|row| {
                let kind = if row.detail.is_empty() { row.kind.into() } else { format!("{} {}", row.kind, row.detail) };
                let shape = format!("{:?}", row.output_shape);
                [row.name.clone(), kind, shape, count(row.parameters), count(row.multiply_adds)]
            })
            .collect()
    }

    fn totals(&self) -> [(&'static str, String); 8] {
        [
            ("Total params", thousands(self.total_parameters)),
            ("Trainable params", thousands(self.trainable_parameters)),
            ("Non-trainable params", "0".into()),
            ("Total mult-adds", thousands(self.total_multiply_adds)),
            ("Input size (MB)", format!("{:.2}", self.input_megabytes)),
            ("Forward/backward pass size (MB)", format!("{:.2}", self.forward_backward_megabytes)),
            ("Params size (MB)", format!("{:.2}", self.parameters_megabytes)),
            ("Estimated Total Size (MB)", format!("{:.2}", self.total_megabytes)),
        ]
    }

    /// Lines for a terminal, ruled like torchinfo's.
    pub fn to_table(&self) -> String {
        let cells = self.cells();
        let header = HEADER.map(String::from);
        let mut widths = [0; 5];
        for row in std::iter::once(&header).chain(&cells) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &[String; 5]| {
            let [a, b, c, d, e] = row;
            let [wa, wb, wc, wd, we] = widths;
            format!("{a:<wa$}  {b:<wb$}  {c:<wc$}  {d:>wd$}  {e:>we$}\n")
        };
        let rule = |mark: &str| mark.repeat(widths.iter().sum::<usize>() + 8) + "\n";
        let mut out = format!("AlexNet ({}), input {:?}\n", self.variant, self.input_shape) + &rule("=");
        out += &line(&header);
        out += &rule("=");
        out.extend(cells.iter().map(line));
        out += &rule("=");
        for (at, (name, value)) in self.totals().into_iter().enumerate() {
            if at == 4 {
                out += &rule("-");
            }
            let _ = writeln!(out, "{name}: {value}");
        }
        out + &rule("=")
    }

    /// A Markdown table and a list of totals.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("**AlexNet ({}), input {:?}**\n\n", self.variant, self.input_shape);
        let _ = writeln!(out, "| {} |\n|---|---|---|--:|--:|", HEADER.join(" | "));
        for row in self.cells() {
            let _ = writeln!(out, "| {} |", row.join(" | "));
        }
        out.push('\n');
        for (name, value) in self.totals() {
            let _ = writeln!(out, "- {name}: {value}");
        }
        out
    }
}

const HEADER: [&str; 5] = ["Layer", "Type", "Output Shape", "Param #", "Mult-Adds"];
