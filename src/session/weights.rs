//! Weights from a file, whoever wrote it, as those of a net that this program knows.

use crate::checkpoint::{self, CheckpointError, NamedTensor, Outline, State};
use crate::config::Variant;
use crate::model::{Architecture, LoadError, Network, architecture};
use std::path::Path;
use strum::VariantArray;

/// Weights can't be those of a net.
#[derive(Debug, thiserror::Error)]
pub(super) enum WeightsError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("{path}: of a net that this program does not know ({variant:?})")]
    Variant { path: String, variant: String },
    #[error("{path}: the weights are of no net that this program knows; of the nearest, {variant}, differ:\n  {}", .differ.join("\n  "))]
    Unknown { path: String, variant: Variant, differ: Vec<String> },
    #[error("{path}: its net takes pictures of {channels} channels, and those here have 1")]
    Channels { path: String, channels: usize },
    #[error("{0}: {1}")]
    Load(String, LoadError),
}

/// A net's weights.
pub(super) struct Weights {
    /// The net.
    pub(super) variant: Variant,
    /// Classes that come out of it.
    pub(super) classes: usize,
    /// What a checkpoint of this program says besides.
    pub(super) state: Option<State>,
    /// Under this program's names.
    pub(super) tensors: Vec<NamedTensor>,
    path: String,
}

impl Weights {
    /// Reads them. Whose net they are, a checkpoint of this program says; else it follows from names and shapes.
    pub(super) fn read(path: &Path) -> Result<Self, WeightsError> {
        let name = || path.display().to_string();
        let read = checkpoint::read_weights(path, |outline| recognise(&renamed(outline)).is_ok())?;
        let checkpoint::Weights { mut tensors, state } = read;
        let (variant, channels, classes) = if let Some(state) = &state {
            let variant = state.variant.parse();
            let unknown = |_| WeightsError::Variant { path: name(), variant: state.variant.clone() };
            (variant.map_err(unknown)?, state.channels, state.class_names.len())
        } else {
            let outline: Vec<Outline> =
                tensors.iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone())).collect();
            let outline = renamed(&outline);
            let found = recognise(&outline);
            for (tensor, (name, _)) in tensors.iter_mut().zip(outline) {
                tensor.name = name;
            }
            found.map_err(|(variant, differ)| WeightsError::Unknown { path: name(), variant, differ })?
        };
        if channels != 1 {
            return Err(WeightsError::Channels { path: name(), channels });
        }
        Ok(Self { variant, classes, state, tensors, path: name() })
    }

    /// The net they are of.
    pub(super) fn architecture(&self) -> Architecture {
        architecture(self.variant, 1, self.classes)
    }

    /// Sets a net's weights.
    pub(super) fn load(&self, network: &mut Network) -> Result<(), WeightsError> {
        let find = |name: &str| {
            let tensor = self.tensors.iter().find(|tensor| tensor.name == name)?;
            Some((tensor.shape.as_slice(), tensor.bytes.as_slice()))
        };
        network.load(find).map_err(|error| WeightsError::Load(self.path.clone(), error))
    }
}

/// What a wrapper puts before every name: `DistributedDataParallel`, `torch.compile`, Lightning and people's own.
const PREFIXES: [&str; 4] = ["module.", "_orig_mod.", "model.", "net."];

/// torchvision's names of the layers with weights.
const TORCHVISION: [(&str, &str); 8] = [
    ("features.0.", "conv1."),
    ("features.3.", "conv2."),
    ("features.6.", "conv3."),
    ("features.8.", "conv4."),
    ("features.10.", "conv5."),
    ("classifier.1.", "fc1."),
    ("classifier.4.", "fc2."),
    ("classifier.6.", "fc3."),
];

/// The same under this program's names.
fn renamed(outline: &[Outline]) -> Vec<Outline> {
    let mut outline = outline.to_vec();
    while let Some(prefix) = PREFIXES.iter().find(|prefix| outline.iter().all(|(name, _)| name.starts_with(**prefix)))
        && !outline.is_empty()
    {
        for (name, _) in &mut outline {
            *name = name[prefix.len()..].to_owned();
        }
    }
    for (name, _) in &mut outline {
        if let Some((theirs, ours)) = TORCHVISION.iter().find(|(theirs, _)| name.starts_with(theirs)) {
            *name = format!("{ours}{}", &name[theirs.len()..]);
        }
    }
    outline
}

/// The net whose weights have these names and shapes, its channels and classes; else the nearest, and all that differs.
fn recognise(outline: &[Outline]) -> Result<(Variant, usize, usize), (Variant, Vec<String>)> {
    let size = |name: &str, axis: usize| {
        let (_, shape) = outline.iter().find(|(other, _)| other == name)?;
        shape.get(axis).copied().filter(|size| (1..=1 << 16).contains(size))
    };
    let channels = size("conv1.weight", 1).unwrap_or(1);
    let classes = size("fc3.weight", 0).unwrap_or(10);
    let differences = |variant: Variant| {
        let expected = architecture(variant, channels, classes).parameters();
        let mut differ = Vec::new();
        for spec in &expected {
            match outline.iter().find(|(name, _)| *name == spec.name) {
                Some((_, shape)) if *shape == spec.shape => {}
                Some((name, shape)) => differ.push(format!("{name}: expected {:?}, found {shape:?}", spec.shape)),
                None => differ.push(format!("{}: expected {:?}, found nothing", spec.name, spec.shape)),
            }
        }
        for (name, shape) in outline {
            if !expected.iter().any(|spec| spec.name == *name) {
                differ.push(format!("{name}: expected nothing, found {shape:?}"));
            }
        }
        differ
    };
    let mut nearest = (Variant::Fashion, differences(Variant::Fashion));
    for &variant in Variant::VARIANTS {
        let differ = differences(variant);
        if differ.len() < nearest.1.len() {
            nearest = (variant, differ);
        }
    }
    if nearest.1.is_empty() { Ok((nearest.0, channels, classes)) } else { Err(nearest) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn outline(variant: Variant, name: impl Fn(&str) -> String) -> Vec<Outline> {
        let specs = architecture(variant, 1, 10).parameters();
        specs.into_iter().map(|spec| (name(&spec.name), spec.shape)).collect()
    }

    #[test]
    fn every_net_is_known_by_its_shapes_under_whatever_wrapper() {
        for &variant in Variant::VARIANTS {
            for wrapper in ["", "module.", "_orig_mod.module.", "model.net."] {
                let outline = outline(variant, |name| format!("{wrapper}{name}"));
                assert_eq!(recognise(&renamed(&outline)), Ok((variant, 1, 10)), "{wrapper}");
            }
        }
    }

    #[test]
    fn torchvisions_names_are_known() {
        let theirs = |name: &str| {
            let (theirs, ours) = TORCHVISION.iter().find(|(_, ours)| name.starts_with(ours)).unwrap();
            format!("{theirs}{}", &name[ours.len()..])
        };
        let outline = outline(Variant::Torchvision, theirs);
        assert_eq!(outline[0].0, "features.0.weight");
        assert_eq!(recognise(&renamed(&outline)), Ok((Variant::Torchvision, 1, 10)));
    }

    #[test]
    fn all_that_differs_is_listed() {
        let mut outline = outline(Variant::Tiny, str::to_owned);
        outline[0].1 = vec![6, 1, 5, 5];
        outline[3].0 = "conv2.offset".into();
        let (variant, differ) = recognise(&outline).unwrap_err();
        assert_eq!(variant, Variant::Tiny);
        assert_eq!(
            differ,
            [
                "conv1.weight: expected [6, 1, 11, 11], found [6, 1, 5, 5]",
                "conv2.bias: expected [16], found nothing",
                "conv2.offset: expected nothing, found [16]",
            ]
        );
        assert!(recognise(&[]).is_err());
    }
}
