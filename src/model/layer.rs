//! One layer as data: its output shape, parameters and multiply-adds, and how they are worked out.

use crate::text::thousands;

/// What a picture's numbers are arranged as between two layers (the batch dimension left out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Channels × height × width.
    Maps {
        /// Feature maps.
        channels: usize,
        /// Rows of a map.
        height: usize,
        /// Columns of a map.
        width: usize,
    },
    /// A plain list of features.
    Features(usize),
}

impl Shape {
    /// How many numbers.
    pub fn elements(self) -> usize {
        match self {
            Self::Maps { channels, height, width } => channels * height * width,
            Self::Features(n) => n,
        }
    }

    /// The sizes, outermost first.
    pub fn sizes(self) -> Vec<usize> {
        match self {
            Self::Maps { channels, height, width } => vec![channels, height, width],
            Self::Features(n) => vec![n],
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Maps { channels, height, width } => write!(f, "{channels}×{height}×{width}"),
            Self::Features(n) => write!(f, "{n}"),
        }
    }
}

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// A square convolution.
    Convolution {
        /// Channels out.
        outputs: usize,
        /// Side of the kernel.
        kernel: usize,
        /// Step of the kernel.
        stride: usize,
        /// Zeros around the picture.
        padding: usize,
        /// Parts that the channels fall into; each output sees only its own part.
        groups: usize,
    },
    /// max(0, x).
    Relu,
    /// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), in PyTorch's scaling, where
    /// alpha is divided by `size`.
    LocalResponseNorm {
        /// Channels that a sum runs over.
        size: usize,
        /// Weight of the sum.
        alpha: f64,
        /// Exponent.
        beta: f64,
        /// Added to the sum.
        k: f64,
    },
    /// The largest of a square window.
    MaxPool {
        /// Side of the window.
        kernel: usize,
        /// Step of the window.
        stride: usize,
    },
    /// The mean of as many windows as the output has places.
    AdaptiveAveragePool {
        /// Side of the output.
        side: usize,
    },
    /// Maps become a list, channel by channel.
    Flatten,
    /// While training, each number is left out with the configured probability, the others scaled up to make good.
    Dropout,
    /// Every output is a weighted sum of every input.
    Linear {
        /// Features out.
        outputs: usize,
    },
}

/// A named layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// `conv1`, `pool1`, `fc3` …; parameters are `<name>.weight` and `<name>.bias`.
    pub name: String,
    /// What it does.
    pub operation: Operation,
}

/// A learned tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// `conv1.weight`.
    pub name: String,
    /// Sizes, outermost first, as PyTorch has them.
    pub shape: Vec<usize>,
    /// Inputs that one output sums over.
    pub fan_in: usize,
}

impl ParameterSpec {
    /// How many numbers.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

fn window(input: usize, kernel: usize, stride: usize, padding: usize) -> usize {
    (input + 2 * padding).saturating_sub(kernel) / stride + 1
}

impl Layer {
    /// The shape that comes out for the shape that goes in.
    pub fn output(&self, input: Shape) -> Shape {
        match (self.operation, input) {
            (Operation::Convolution { outputs, kernel, stride, padding, .. }, Shape::Maps { height, width, .. }) => {
                Shape::Maps {
                    channels: outputs,
                    height: window(height, kernel, stride, padding),
                    width: window(width, kernel, stride, padding),
                }
            }
            (Operation::MaxPool { kernel, stride }, Shape::Maps { channels, height, width }) => Shape::Maps {
                channels,
                height: window(height, kernel, stride, 0),
                width: window(width, kernel, stride, 0),
            },
            (Operation::AdaptiveAveragePool { side }, Shape::Maps { channels, .. }) => {
                Shape::Maps { channels, height: side, width: side }
            }
            (Operation::Flatten, shape) => Shape::Features(shape.elements()),
            (Operation::Linear { outputs }, _) => Shape::Features(outputs),
            (_, shape) => shape,
        }
    }

    /// The learned tensors: none, or weight and bias.
    pub fn parameters(&self, input: Shape) -> Vec<ParameterSpec> {
        let (outputs, shape) = match (self.operation, input) {
            (Operation::Convolution { outputs, kernel, groups, .. }, Shape::Maps { channels, .. }) => {
                (outputs, vec![outputs, channels / groups, kernel, kernel])
            }
            (Operation::Linear { outputs }, shape) => (outputs, vec![outputs, shape.elements()]),
            _ => return Vec::new(),
        };
        let fan_in = shape[1..].iter().product();
        vec![
            ParameterSpec { name: format!("{}.weight", self.name), shape, fan_in },
            ParameterSpec { name: format!("{}.bias", self.name), shape: vec![outputs], fan_in },
        ]
    }

    /// Learned numbers.
    pub fn parameter_count(&self, input: Shape) -> u64 {
        self.parameters(input).iter().map(|p| p.elements() as u64).sum()
    }

    /// Multiplications (each with its addition) for one picture; biases and activations are not counted, as in
    /// torchinfo.
    pub fn multiply_adds(&self, input: Shape) -> u64 {
        let weights = self.parameters(input).first().map_or(0, ParameterSpec::elements);
        let places = match self.output(input) {
            Shape::Maps { height, width, .. } => height * width,
            Shape::Features(_) => 1,
        };
        weights as u64 * places as u64
    }

    /// The parameter count written out: `(11×11×1 + 1)×96 = 11,712`.
    pub fn parameter_arithmetic(&self, input: Shape) -> Option<String> {
        let total = thousands(self.parameter_count(input));
        match (self.operation, input) {
            (Operation::Convolution { outputs, kernel, groups, .. }, Shape::Maps { channels, .. }) => {
                let seen = if groups == 1 { format!("{channels}") } else { format!("{channels}/{groups}") };
                Some(format!("({kernel}×{kernel}×{seen} + 1)×{outputs} = {total}"))
            }
            (Operation::Linear { outputs }, shape) => {
                Some(format!("({} + 1)×{outputs} = {total}", thousands(shape.elements() as u64)))
            }
            _ => None,
        }
    }

    /// The output side written out: `(227−11)/4+1 = 55`.
    pub fn side_arithmetic(&self, input: Shape) -> Option<String> {
        let (kernel, stride, padding) = match self.operation {
            Operation::Convolution { kernel, stride, padding, .. } => (kernel, stride, padding),
            Operation::MaxPool { kernel, stride } => (kernel, stride, 0),
            _ => return None,
        };
        let Shape::Maps { height, .. } = input else { return None };
        let side = window(height, kernel, stride, padding);
        let padded = if padding == 0 { String::new() } else { format!("+2·{padding}") };
        Some(format!("({height}{padded}−{kernel})/{stride}+1 = {side}"))
    }

    /// The multiply-adds of one picture written out: `11×11×1×96 × 55×55 = 35,138,400`.
    pub fn multiply_add_arithmetic(&self, input: Shape) -> Option<String> {
        let total = thousands(self.multiply_adds(input));
        match (self.operation, input, self.output(input)) {
            (
                Operation::Convolution { outputs, kernel, groups, .. },
                Shape::Maps { channels, .. },
                Shape::Maps { height, width, .. },
            ) => {
                let seen = if groups == 1 { format!("{channels}") } else { format!("{channels}/{groups}") };
                Some(format!("{kernel}×{kernel}×{seen}×{outputs} × {height}×{width} = {total}"))
            }
            (Operation::Linear { outputs }, shape, _) => {
                Some(format!("{}×{} = {total}", thousands(shape.elements() as u64), thousands(outputs as u64)))
            }
            _ => None,
        }
    }

    /// What kind of layer it is, in PyTorch's words.
    pub fn kind(&self) -> &'static str {
        match self.operation {
            Operation::Convolution { .. } => "Conv2d",
            Operation::Relu => "ReLU",
            Operation::LocalResponseNorm { .. } => "LocalResponseNorm",
            Operation::MaxPool { .. } => "MaxPool2d",
            Operation::AdaptiveAveragePool { .. } => "AdaptiveAvgPool2d",
            Operation::Flatten => "Flatten",
            Operation::Dropout => "Dropout",
            Operation::Linear { .. } => "Linear",
        }
    }
}
