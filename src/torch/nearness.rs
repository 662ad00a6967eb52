//! For tests: how near numbers are to what they should be, forward and back.

use tch::{Kind, Tensor};

/// Root of the mean square of what is apart, of that of what it should be.
pub fn apart(ours: &Tensor, theirs: &Tensor) -> f64 {
    assert_eq!(ours.size(), theirs.size());
    let theirs = theirs.to_kind(Kind::Double);
    let squares = |x: &Tensor| x.square().mean(Kind::Double).double_value(&[]);
    (squares(&(ours.to_kind(Kind::Double) - &theirs)) / squares(&theirs)).sqrt()
}

/// What comes out, and the gradients of input, weight and bias.
pub fn forward_and_back(y: &Tensor, upstream: &Tensor, leaves: &[Tensor; 3]) -> Vec<Tensor> {
    let total = (y.to_kind(upstream.kind()) * upstream).sum(upstream.kind());
    let mut all = Tensor::run_backward(&[&total], leaves, false, false);
    all.insert(0, y.detach());
    all
}
