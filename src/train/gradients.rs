//! The loss of a batch, and what each weight has to do with it.

use crate::model::{Mode, Network, Trace};
use crate::torch::TorchError;
use tch::{Kind, Reduction, Tensor};

/// What one batch says.
pub struct BatchLoss {
    /// Mean cross-entropy in nats (`torch.nn.functional.cross_entropy`).
    pub loss: f64,
    /// Pictures that were right.
    pub correct: u64,
    graph: Tensor,
}

impl BatchLoss {
    /// Runs a batch forward. `x`: batch × channels × side × side of the net's kind; `y`: batch class numbers.
    pub fn forward(network: &Network, x: &Tensor, y: &Tensor, mode: Mode<'_>) -> Result<Self, TorchError> {
        Self::forward_traced(network, x, y, mode, None)
    }

    /// The same, and in `trace` what each layer did on the way.
    pub fn forward_traced(
        network: &Network,
        x: &Tensor,
        y: &Tensor,
        mode: Mode<'_>,
        trace: Option<&mut Trace>,
    ) -> Result<Self, TorchError> {
        let logits = network.forward_traced(x, mode, trace)?;
        let graph = logits.f_cross_entropy_loss::<Tensor>(y, None, Reduction::Mean, -100, 0.0)?;
        let loss = graph.f_double_value(&[])?;
        let correct = logits.f_argmax(-1, false)?.f_eq_tensor(y)?.f_sum(Kind::Int64)?.f_int64_value(&[])? as u64;
        Ok(Self { loss, correct, graph })
    }

    /// The loss's gradient for each of the net's working weights, in their order and kind.
    pub fn gradients(self, network: &Network) -> Result<Vec<Tensor>, TorchError> {
        let working: Vec<&Tensor> = network.parameters().iter().map(|p| &p.working).collect();
        // Asked for directly: nothing is accumulated into `.grad`, so nothing has to be zeroed.
        Ok(Tensor::f_run_backward(&[&self.graph], &working, false, false)?)
    }
}
