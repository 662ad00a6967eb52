//! Adam (Kingma & Ba, 2015), its moments plain tensors that can be saved and restored.

use crate::model::{Parameter, Precision};
use crate::torch::{self, AdamSettings, TorchError};
use tch::{Kind, Tensor};

/// Adam over a net's parameters.
#[derive(Debug)]
pub struct Adam {
    /// Rate, decays, epsilon, weight decay.
    pub settings: AdamSettings,
    /// Updates done.
    step: i64,
    exp_avgs: Vec<Tensor>,
    exp_avg_sqs: Vec<Tensor>,
}

impl Adam {
    /// Moments of 0 for each parameter, in the layout of its master.
    pub fn new(parameters: &[Parameter], settings: AdamSettings) -> Result<Self, TorchError> {
        let zeros = || -> Result<Vec<Tensor>, TorchError> {
            parameters.iter().map(|p| Ok(p.master.f_detach()?.f_zeros_like()?)).collect()
        };
        Ok(Self { settings, step: 0, exp_avgs: zeros()?, exp_avg_sqs: zeros()? })
    }

    /// Updates done.
    pub fn step_count(&self) -> i64 {
        self.step
    }

    /// First and second moment of each parameter, in order.
    pub fn moments(&self) -> impl Iterator<Item = (&Tensor, &Tensor)> {
        self.exp_avgs.iter().zip(&self.exp_avg_sqs)
    }

    /// One update in place. Returns the L2 norm of all gradients together where it costs nothing, or where `norm` asks.
    pub fn step(
        &mut self,
        parameters: &[Parameter],
        precision: Precision,
        gradients: &[Tensor],
        norm: bool,
    ) -> Result<Option<f64>, TorchError> {
        self.step += 1;
        let on_cpu = parameters.iter().all(|p| p.master.device() == tch::Device::Cpu);
        if precision == Precision::Bf16 && on_cpu {
            let mut squares = 0.0;
            let moments = self.exp_avgs.iter().zip(&self.exp_avg_sqs);
            for ((parameter, gradient), (exp_avg, exp_avg_sq)) in parameters.iter().zip(gradients).zip(moments) {
                let gradient = torch::with_layout_of(gradient, &parameter.master)?;
                let tensors = [&parameter.master, &parameter.working, &gradient, exp_avg, exp_avg_sq];
                squares += torch::mixed_adam(tensors, self.step, &self.settings, true)?;
            }
            return Ok(Some(squares.sqrt()));
        }
        let gradients = gradients
            .iter()
            .zip(parameters)
            .map(|(gradient, p)| torch::with_layout_of(&gradient.f_to_kind(Kind::Float)?, &p.master))
            .collect::<Result<Vec<_>, _>>()?;
        let masters: Vec<Tensor> = parameters.iter().map(|p| p.master.shallow_clone()).collect();
        torch::fused_adam(&masters, &gradients, &self.exp_avgs, &self.exp_avg_sqs, self.step, &self.settings)?;
        if precision == Precision::Bf16 {
            for parameter in parameters {
                tch::no_grad(|| parameter.working.shallow_clone().f_copy_(&parameter.master))?;
            }
        }
        if norm { Ok(Some(total_norm(&gradients)?)) } else { Ok(None) }
    }
}

fn total_norm(gradients: &[Tensor]) -> Result<f64, TorchError> {
    let mut squares = 0.0;
    for gradient in gradients {
        squares += gradient.f_norm()?.f_double_value(&[])?.powi(2);
    }
    Ok(squares.sqrt())
}
