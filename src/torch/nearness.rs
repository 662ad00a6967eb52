//! For tests: how near numbers are to what they should be, forward and back.

use crate::chance::{Purpose, Stream};
use std::f32::consts::TAU;
use tch::{Kind, Tensor};

/// Normal numbers of fp32 that follow from the seed alone: libtorch's generator is one for all tests that run at once.
pub struct Normal(Stream);

impl Normal {
    /// The numbers of a seed, from the first on.
    pub fn new(seed: u64) -> Self {
        Self(Stream::new(seed, Purpose::Initialisation, 0, 0))
    }

    /// The next of them, by Box and Muller's transform.
    pub fn numbers(&mut self, shape: &[i64]) -> Tensor {
        let mut one = || (-2.0 * (1.0 - self.0.unit()).ln()).sqrt() * (TAU * self.0.unit()).cos();
        let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| one()).collect();
        Tensor::from_slice(&numbers).reshape(shape)
    }
}

/// Root of the mean square of what is apart, of that of what it should be.
fn apart(ours: &Tensor, theirs: &Tensor) -> f64 {
    assert_eq!(ours.size(), theirs.size());
    let theirs = theirs.to_kind(Kind::Double);
    let squares = |x: &Tensor| x.square().mean(Kind::Double).double_value(&[]);
    (squares(&(ours.to_kind(Kind::Double) - &theirs)) / squares(&theirs)).sqrt()
}

/// Asserts that `ours` gives what `theirs` gives in 64-bit floats for the same input, weight and bias, forward and back, up to
/// `bar` of its size; and without a way back, to the bit, what it gives with one.
pub fn assert_near(
    leaves: [Tensor; 3],
    bar: f64,
    ours: impl Fn(&[Tensor; 3]) -> Tensor,
    theirs: impl Fn(&[Tensor; 3]) -> Tensor,
) {
    let leaves = leaves.map(|t| t.set_requires_grad(true));
    let exact = leaves.each_ref().map(|t| t.detach().to_kind(Kind::Double).set_requires_grad(true));
    let theirs = theirs(&exact);
    let kind = leaves[0].kind();
    let upstream = Normal::new(0).numbers(&theirs.size()).to_kind(kind);
    let y = ours(&leaves);
    assert!(y.equal(&tch::no_grad(|| ours(&leaves))));
    let found = forward_and_back(&y, &upstream, &leaves);
    let expected = forward_and_back(&theirs, &upstream.to_kind(Kind::Double), &exact);
    for (what, (found, expected)) in ["y", "x", "weight", "bias"].iter().zip(found.iter().zip(&expected)) {
        assert_eq!(found.kind(), kind);
        let apart = apart(found, expected);
        assert!(apart < bar, "{what} of {kind:?}, {:?} by {:?}: {apart}", leaves[0].size(), leaves[1].size());
    }
}

/// What comes out, and the gradients of input, weight and bias.
pub fn forward_and_back(y: &Tensor, upstream: &Tensor, leaves: &[Tensor; 3]) -> Vec<Tensor> {
    let total = (y.to_kind(upstream.kind()) * upstream).sum(upstream.kind());
    let mut all = Tensor::run_backward(&[&total], leaves, false, false);
    all.insert(0, y.detach());
    all
}
