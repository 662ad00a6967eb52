//! The optimizer: Adam, `AdamW` or SGD, its moments plain tensors that can be saved and restored.

use crate::config::{OptimizerChoice, Training};
use crate::model::{Parameter, Precision};
use crate::torch::{self, Rule, TorchError, UpdateSettings, Updated};
use tch::{Device, Kind, Tensor};

/// Added to the norm that gradients are clipped by, as in `torch.nn.utils.clip_grad_norm_`.
const CLIP_EPSILON: f64 = 1e-6;

/// A moment could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreMomentError {
    /// It is not there, or of another shape.
    #[error("{0}")]
    Missing(String),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// An optimizer over a net's parameters.
#[derive(Debug)]
pub struct Optimizer {
    settings: UpdateSettings,
    /// The greatest norm of all gradients together; what is above is scaled down. 0: whatever it is.
    gradient_clip: f64,
    /// Updates done.
    step: i64,
    firsts: Vec<Tensor>,
    /// Adam's alone.
    seconds: Vec<Tensor>,
}

impl Optimizer {
    /// Moments of 0 for each parameter, in the layout of its master.
    pub fn new(parameters: &[Parameter], training: &Training) -> Result<Self, TorchError> {
        let rule = match training.optimizer {
            OptimizerChoice::Adam => Rule::Adam,
            OptimizerChoice::AdamW => Rule::AdamW,
            OptimizerChoice::Sgd => Rule::Sgd,
        };
        let settings = UpdateSettings {
            rule,
            learning_rate: training.learning_rate,
            beta1: training.beta1,
            beta2: training.beta2,
            epsilon: training.epsilon,
            weight_decay: training.weight_decay,
            momentum: training.momentum,
        };
        let zeros = || -> Result<Vec<Tensor>, TorchError> {
            parameters.iter().map(|p| Ok(p.master.f_detach()?.f_zeros_like()?)).collect()
        };
        let seconds = if rule == Rule::Sgd { Vec::new() } else { zeros()? };
        Ok(Self { settings, gradient_clip: training.gradient_clip, step: 0, firsts: zeros()?, seconds })
    }

    /// Updates done.
    pub fn step_count(&self) -> i64 {
        self.step
    }

    /// The rate that the next step uses.
    pub fn learning_rate(&self) -> f64 {
        self.settings.learning_rate
    }

    /// From the next step on.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.settings.learning_rate = learning_rate;
    }

    /// The L2 penalty, and the norm that gradients are scaled down to, from the next step on.
    pub fn retune(&mut self, weight_decay: f64, gradient_clip: f64) {
        self.settings.weight_decay = weight_decay;
        self.gradient_clip = gradient_clip;
    }

    /// What has to be kept to go on, each a tensor a parameter, under PyTorch's names.
    pub fn moments(&self) -> Vec<(&'static str, &[Tensor])> {
        match self.settings.rule {
            Rule::Sgd => vec![("momentum_buffer", &self.firsts)],
            Rule::Adam | Rule::AdamW => vec![("exp_avg", &self.firsts), ("exp_avg_sq", &self.seconds)],
        }
    }

    /// Goes on after `step` updates. `find(name, parameter)` gives row-major fp32 bytes of a moment by the names of
    /// [`Self::moments`] and of the parameter's place; what it has not is told by name. They are copied into the memory
    /// that is there, so that its layout, and with it every kernel, is that of a run that never stopped.
    pub fn restore<'a>(
        &mut self,
        step: i64,
        mut find: impl FnMut(&str, usize) -> Result<&'a [u8], String>,
    ) -> Result<(), RestoreMomentError> {
        let names: Vec<&'static str> = self.moments().iter().map(|(name, _)| *name).collect();
        for (name, tensors) in names.into_iter().zip([&mut self.firsts, &mut self.seconds]) {
            for (place, tensor) in tensors.iter_mut().enumerate() {
                let bytes = find(name, place).map_err(RestoreMomentError::Missing)?;
                torch::copy_bytes_into(tensor, bytes)?;
            }
        }
        self.step = step;
        Ok(())
    }

    /// One update in place. Returns the L2 norm of all gradients together, before any clipping.
    pub fn step(
        &mut self,
        parameters: &[Parameter],
        precision: Precision,
        gradients: &[Tensor],
    ) -> Result<f64, TorchError> {
        self.step += 1;
        if parameters.iter().all(|p| p.master.device() == Device::Cpu) {
            self.step_in_one_pass(parameters, precision, gradients)
        } else {
            self.step_by_libtorch(parameters, precision, gradients)
        }
    }

    fn step_in_one_pass(
        &self,
        parameters: &[Parameter],
        precision: Precision,
        gradients: &[Tensor],
    ) -> Result<f64, TorchError> {
        let pairs = || parameters.iter().zip(gradients);
        let scale = if self.gradient_clip > 0.0 {
            let dense =
                |(p, gradient): (&Parameter, &Tensor)| torch::squares(&torch::with_layout_of(gradient, &p.master)?);
            let squares: f64 = pairs().map(dense).sum::<Result<_, _>>()?;
            self.scale(squares.sqrt())
        } else {
            1.0
        };
        let mut squares = 0.0;
        for (at, (parameter, gradient)) in pairs().enumerate() {
            let Parameter { master, working, .. } = parameter;
            let gradient = &torch::with_layout_of(gradient, master)?;
            let Some(first) = self.firsts.get(at) else { break };
            let working = (precision == Precision::Bf16).then_some(working);
            let updated = Updated { master, working, gradient, first, second: self.seconds.get(at) };
            squares += torch::update(updated, self.step, &self.settings, scale, true)?;
        }
        Ok(squares.sqrt())
    }

    fn step_by_libtorch(
        &self,
        parameters: &[Parameter],
        precision: Precision,
        gradients: &[Tensor],
    ) -> Result<f64, TorchError> {
        let gradients = gradients
            .iter()
            .zip(parameters)
            .map(|(gradient, p)| torch::with_layout_of(&gradient.f_to_kind(Kind::Float)?, &p.master))
            .collect::<Result<Vec<_>, _>>()?;
        let norms = gradients.iter().map(Tensor::f_norm).collect::<Result<Vec<_>, _>>()?;
        let norm = Tensor::f_stack(&norms, 0)?.f_norm()?.f_double_value(&[])?;
        let scale = self.scale(norm);
        if scale < 1.0 {
            for gradient in &gradients {
                let _ = gradient.shallow_clone().f_mul_scalar_(scale)?;
            }
        }
        let masters: Vec<Tensor> = parameters.iter().map(|p| p.master.shallow_clone()).collect();
        torch::fused_update(&masters, &gradients, &self.firsts, &self.seconds, self.step, &self.settings)?;
        if precision == Precision::Bf16 {
            for parameter in parameters {
                tch::no_grad(|| parameter.working.shallow_clone().f_copy_(&parameter.master))?;
            }
        }
        Ok(norm)
    }

    /// What gradients of this norm are multiplied by.
    fn scale(&self, norm: f64) -> f64 {
        if self.gradient_clip > 0.0 { (self.gradient_clip / (norm + CLIP_EPSILON)).min(1.0) } else { 1.0 }
    }
}
