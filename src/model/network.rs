//! The net as tensors: its parameters, and the way forward through its layers.

use super::architecture::Architecture;
use super::convolution::convolve;
use super::initialisation::initial_values;
use super::layer::{Layer, Operation, ParameterSpec};
use super::trace::Trace;
use crate::torch::{self, TorchError};
use tch::{Device, Kind, Tensor};

/// What the net computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats throughout.
    F32,
    /// bf16 weights and activations; the masters that the optimizer updates are 32-bit floats.
    Bf16,
}

impl Precision {
    /// libtorch's name for it.
    pub fn kind(self) -> Kind {
        match self {
            Self::F32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}

/// One learned tensor.
#[derive(Debug)]
pub struct Parameter {
    /// Its name and shape.
    pub spec: ParameterSpec,
    /// What the optimizer updates: 32-bit floats.
    pub master: Tensor,
    /// What the net computes with, and what gradients are taken for. In `F32` it is the master itself.
    pub working: Tensor,
}

/// Whether a pass teaches or asks.
#[derive(Clone, Copy, Debug)]
pub enum Mode<'a> {
    /// Training: one mask for each dropout layer (batch × width, 0 or 1/(1−p)); none at all where p = 0.
    Train(&'a [Tensor]),
    /// Evaluation: dropout off.
    Evaluate,
}

/// Weights that do not fit the net.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Every name that is missing, superfluous, or of another shape.
    #[error("the weights are of another net:\n  {}", .0.join("\n  "))]
    Mismatch(Vec<String>),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// A net with its weights.
#[derive(Debug)]
pub struct Network {
    architecture: Architecture,
    precision: Precision,
    device: Device,
    parameters: Vec<Parameter>,
}

impl Network {
    /// A net with PyTorch's default initialisation, drawn from `seed`.
    pub fn new(
        architecture: Architecture,
        precision: Precision,
        device: Device,
        seed: u64,
    ) -> Result<Self, TorchError> {
        let parameters = architecture
            .parameters()
            .into_iter()
            .enumerate()
            .map(|(index, spec)| {
                let values = initial_values(&spec, index, seed);
                let shape: Vec<i64> = spec.shape.iter().map(|&n| n as i64).collect();
                let tensor = Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?;
                Parameter::new(spec, &tensor, precision, device)
            })
            .collect::<Result<_, TorchError>>()?;
        Ok(Self { architecture, precision, device, parameters })
    }

    /// The layers.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// What it computes in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Where its tensors live.
    pub fn device(&self) -> Device {
        self.device
    }

    /// The learned tensors, in the order of the `state_dict`.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Logits (batch × classes, 32-bit floats) for pictures (batch × channels × side × side, of the net's kind).
    pub fn forward(&self, pictures: &Tensor, mode: Mode<'_>) -> Result<Tensor, TorchError> {
        self.forward_traced(pictures, mode, None)
    }

    /// The same, and in `trace` what each layer did on the way.
    pub fn forward_traced(
        &self,
        pictures: &Tensor,
        mode: Mode<'_>,
        mut trace: Option<&mut Trace>,
    ) -> Result<Tensor, TorchError> {
        if let Some(trace) = &mut trace {
            trace.begin();
        }
        let mut note = |row: usize, operation: Operation, x: &Tensor| {
            if let Some(trace) = &mut trace {
                trace.visit(row, operation, x);
            }
        };
        let mut x = pictures.shallow_clone();
        let mut parameters = self.parameters.chunks(2);
        let mut masks = match mode {
            Mode::Train(masks) => masks.iter(),
            Mode::Evaluate => [].iter(),
        };
        let layers = &self.architecture.layers;
        let mut at = 0;
        while at < layers.len() {
            x = match (layers[at].operation, layers.get(at + 1).map(|next| next.operation)) {
                // max and ReLU commute, and a ReLU after the pool has a quarter of the work.
                (Operation::Relu, Some(pool @ Operation::MaxPool { .. })) => {
                    at += 1;
                    // The pool's row comes after the ReLU's. Done in one pass, the pool has the time of both.
                    let (pooled, y) = pool_then_relu(pool, &x)?;
                    note(at, pool, &pooled);
                    x = y;
                    note(at - 1, Operation::Relu, &x);
                    at += 1;
                    continue;
                }
                (Operation::Convolution { .. } | Operation::Linear { .. }, _) => {
                    let [weight, bias] = parameters.next().unwrap_or_default() else {
                        return Err(missing(&layers[at]));
                    };
                    weighted(layers[at].operation, &x, &weight.working, &bias.working)?
                }
                (Operation::Dropout, _) => match masks.next() {
                    Some(mask) => x.f_mul(mask)?,
                    None => x,
                },
                (operation, _) => apply(operation, &x)?,
            };
            note(at, layers[at].operation, &x);
            at += 1;
        }
        Ok(x.f_to_kind(Kind::Float)?)
    }

    /// Whether every weight is a finite number.
    pub fn is_finite(&self) -> Result<bool, TorchError> {
        for parameter in &self.parameters {
            // A sum is finite exactly where every term is: that many f32 can't overflow an f64.
            if !parameter.master.f_sum(Kind::Double)?.f_double_value(&[])?.is_finite() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sets every weight from little-endian row-major 32-bit floats, `find(name)` giving shape and bytes.
    pub fn load<'a>(&mut self, mut find: impl FnMut(&str) -> Option<(&'a [usize], &'a [u8])>) -> Result<(), LoadError> {
        let mut problems = Vec::new();
        let mut found = Vec::new();
        for parameter in &self.parameters {
            let ParameterSpec { name, shape, .. } = &parameter.spec;
            match find(name) {
                None => problems.push(format!("{name}: expected {shape:?}, found nothing")),
                Some((other, _)) if other != shape => {
                    problems.push(format!("{name}: expected {shape:?}, found {other:?}"));
                }
                Some((_, bytes)) => found.push(bytes),
            }
        }
        if !problems.is_empty() {
            return Err(LoadError::Mismatch(problems));
        }
        for (parameter, bytes) in self.parameters.iter_mut().zip(found) {
            parameter.set(bytes)?;
        }
        Ok(())
    }
}

impl Parameter {
    fn new(spec: ParameterSpec, values: &Tensor, precision: Precision, device: Device) -> Result<Self, TorchError> {
        let mut master = values.f_to_device(device)?;
        if spec.shape.len() == 4 {
            master = torch::channels_last(&master)?;
        }
        let working = match precision {
            Precision::F32 => {
                master = master.f_set_requires_grad(true)?;
                master.shallow_clone()
            }
            Precision::Bf16 => master.f_to_kind(Kind::BFloat16)?.f_set_requires_grad(true)?,
        };
        Ok(Self { spec, master, working })
    }

    fn set(&mut self, bytes: &[u8]) -> Result<(), TorchError> {
        torch::copy_bytes_into(&mut self.master, bytes)?;
        if self.working.kind() != Kind::Float {
            tch::no_grad(|| self.working.f_copy_(&self.master))?;
        }
        Ok(())
    }
}

fn missing(layer: &Layer) -> TorchError {
    TorchError::new(format!("layer {} has no parameters", layer.name))
}

fn weighted(operation: Operation, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, TorchError> {
    Ok(match operation {
        Operation::Convolution { .. } => convolve(operation, x, weight, bias)?,
        _ if x.device() == Device::Cpu && dense_fits(x, weight)? => torch::dense(x, weight, bias)?,
        _ => x.f_linear(weight, Some(bias))?,
    })
}

fn dense_fits(x: &Tensor, weight: &Tensor) -> Result<bool, TorchError> {
    let (outputs, inputs) = weight.size2()?;
    Ok(torch::dense_fits(x.kind(), inputs, outputs))
}

/// `ReLU` and max-pool commute. Gives what comes out of the pool, and of the `ReLU` after it: the same tensor where one
/// pass does both.
fn pool_then_relu(pool: Operation, x: &Tensor) -> Result<(Tensor, Tensor), TorchError> {
    if let Operation::MaxPool { kernel, stride } = pool
        && x.device() == Device::Cpu
    {
        let y = torch::pool_relu(&torch::channels_last(x)?, kernel as i64, stride as i64)?;
        return Ok((y.shallow_clone(), y));
    }
    let pooled = apply(pool, x)?;
    let y = apply(Operation::Relu, &pooled)?;
    Ok((pooled, y))
}

fn apply(operation: Operation, x: &Tensor) -> Result<Tensor, TorchError> {
    Ok(match operation {
        // In place: neither a convolution, a pool nor a dense layer needs its own output on the way back.
        Operation::Relu => x.shallow_clone().f_relu_()?,
        Operation::MaxPool { kernel, stride } => {
            let (kernel, stride) = (kernel as i64, stride as i64);
            x.f_max_pool2d([kernel, kernel], [stride, stride], [0, 0], [1, 1], false)?
        }
        Operation::AdaptiveAveragePool { side } => x.f_adaptive_avg_pool2d([side as i64, side as i64])?,
        Operation::Flatten => x.f_flatten(1, -1)?,
        Operation::LocalResponseNorm { size, alpha, beta, k } => {
            // As torch.nn.functional.local_response_norm: the mean of squares over `size` channels, zeros beside.
            let (below, above) = (size as i64 / 2, (size as i64 - 1) / 2);
            let squares = x.f_square()?.f_unsqueeze(1)?.f_constant_pad_nd([0, 0, 0, 0, below, above])?;
            let means = squares.f_avg_pool3d([size as i64, 1, 1], [1, 1, 1], [0, 0, 0], false, true, None)?;
            let scale = means.f_squeeze_dim(1)?.f_mul_scalar(alpha)?.f_add_scalar(k)?.f_pow_tensor_scalar(beta)?;
            x.f_div(&scale)?
        }
        Operation::Convolution { .. } | Operation::Linear { .. } | Operation::Dropout => x.shallow_clone(),
    })
}
