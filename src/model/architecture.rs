//! A whole net as data: its layers in order, and what follows from them.

use super::layer::{Layer, Operation, ParameterSpec, Shape};

/// A net: what goes in, and the layers in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// One picture.
    pub input: Shape,
    /// In the order that a picture passes through them.
    pub layers: Vec<Layer>,
}

/// A layer in its place in a net.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// What goes in.
    pub input: Shape,
    /// What comes out.
    pub output: Shape,
}

impl Row<'_> {
    /// Learned numbers.
    pub fn parameter_count(&self) -> u64 {
        self.layer.parameter_count(self.input)
    }

    /// Multiply-adds for one picture.
    pub fn multiply_adds(&self) -> u64 {
        self.layer.multiply_adds(self.input)
    }
}

impl Architecture {
    /// Every layer with the shapes around it.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let mut input = self.input;
        self.layers
            .iter()
            .map(|layer| {
                let row = Row { layer, input, output: layer.output(input) };
                input = row.output;
                row
            })
            .collect()
    }

    /// Every learned tensor, in the order of PyTorch's `state_dict`.
    pub fn parameters(&self) -> Vec<ParameterSpec> {
        self.rows().iter().flat_map(|row| row.layer.parameters(row.input)).collect()
    }

    /// Learned numbers in all.
    pub fn parameter_count(&self) -> u64 {
        self.rows().iter().map(Row::parameter_count).sum()
    }

    /// Multiply-adds for one picture.
    pub fn multiply_adds(&self) -> u64 {
        self.rows().iter().map(Row::multiply_adds).sum()
    }

    /// Side of the picture that goes in.
    pub fn side(&self) -> usize {
        match self.input {
            Shape::Maps { height, .. } => height,
            Shape::Features(n) => n,
        }
    }

    /// Classes that come out.
    pub fn classes(&self) -> usize {
        self.rows().last().map_or(0, |row| row.output.elements())
    }

    /// For each dropout layer in order, how many numbers of a picture pass through it.
    pub fn dropout_widths(&self) -> Vec<usize> {
        let is_dropout = |row: &&Row<'_>| row.layer.operation == Operation::Dropout;
        self.rows().iter().filter(is_dropout).map(|row| row.input.elements()).collect()
    }
}
