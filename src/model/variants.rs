//! The table of nets that the program knows.

use super::architecture::Architecture;
use super::layer::{Layer, Operation, Shape};
use crate::config::Variant;

/// What the variants differ in: widths and sizes.
struct Plan {
    side: usize,
    /// Kernel, stride and padding of the first convolution.
    first: (usize, usize, usize),
    /// Channels out of the five convolutions.
    convolutions: [usize; 5],
    /// Groups of the five convolutions.
    groups: [usize; 5],
    /// Features out of the first two dense layers.
    dense: [usize; 2],
    /// Local response normalisation after the first two convolutions.
    normalised: bool,
    /// Where dropout stands: before the first two dense layers (torchvision), else after them.
    dropout_before: bool,
}

impl Plan {
    /// Krizhevsky, Sutskever & Hinton 2012, one tower, without normalisation.
    const FASHION: Self = Self {
        side: 227,
        first: (11, 4, 0),
        convolutions: [96, 256, 384, 384, 256],
        groups: [1; 5],
        dense: [4096, 4096],
        normalised: false,
        dropout_before: false,
    };
    /// Every width of `FASHION` a sixteenth.
    const TINY: Self = Self { convolutions: [6, 16, 24, 24, 16], dense: [256, 256], ..Self::FASHION };
    /// As printed: two towers (groups) and local response normalisation. The paper says 224; 227 is what fits.
    const PAPER: Self = Self { groups: [1, 2, 1, 2, 2], normalised: true, ..Self::FASHION };
    /// torchvision's `alexnet`, after Krizhevsky's "One weird trick for parallelizing convolutional networks", 2014.
    const TORCHVISION: Self = Self {
        side: 224,
        first: (11, 4, 2),
        convolutions: [64, 192, 384, 256, 256],
        dropout_before: true,
        ..Self::FASHION
    };
}

/// The net of a variant for pictures of `channels` channels and so many `classes`. As published, `Fashion` and `Tiny`
/// have 1 and 10, the others 3 and 1000.
pub fn architecture(variant: Variant, channels: usize, classes: usize) -> Architecture {
    let plan = match variant {
        Variant::Fashion => Plan::FASHION,
        Variant::Paper => Plan::PAPER,
        Variant::Torchvision => Plan::TORCHVISION,
        Variant::Tiny => Plan::TINY,
    };
    let mut layers = Vec::new();
    let mut add = |name: String, operation| layers.push(Layer { name, operation });
    for (at, (&outputs, &groups)) in plan.convolutions.iter().zip(&plan.groups).enumerate() {
        let number = at + 1;
        let (kernel, stride, padding) = match number {
            1 => plan.first,
            2 => (5, 1, 2),
            _ => (3, 1, 1),
        };
        add(format!("conv{number}"), Operation::Convolution { outputs, kernel, stride, padding, groups });
        add(format!("relu{number}"), Operation::Relu);
        if plan.normalised && number <= 2 {
            // The paper's n = 5, alpha = 1e-4, beta = .75, k = 2; PyTorch divides alpha by n.
            let norm = Operation::LocalResponseNorm { size: 5, alpha: 5e-4, beta: 0.75, k: 2.0 };
            add(format!("norm{number}"), norm);
        }
        if matches!(number, 1 | 2 | 5) {
            add(format!("pool{number}"), Operation::MaxPool { kernel: 3, stride: 2 });
        }
    }
    if variant == Variant::Torchvision {
        add("average".into(), Operation::AdaptiveAveragePool { side: 6 });
    }
    add("flatten".into(), Operation::Flatten);
    for (at, &outputs) in plan.dense.iter().enumerate() {
        let number = at + 1;
        if plan.dropout_before {
            add(format!("dropout{number}"), Operation::Dropout);
        }
        add(format!("fc{number}"), Operation::Linear { outputs });
        add(format!("relu{}", number + 5), Operation::Relu);
        if !plan.dropout_before {
            add(format!("dropout{number}"), Operation::Dropout);
        }
    }
    add("fc3".into(), Operation::Linear { outputs: classes });
    Architecture { input: Shape::Maps { channels, height: plan.side, width: plan.side }, layers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(net: &Architecture) -> Vec<u64> {
        net.rows().iter().map(super::super::Row::parameter_count).filter(|&n| n > 0).collect()
    }

    #[test]
    fn fashion_has_the_parameters_that_pytorch_counts() {
        let net = architecture(Variant::Fashion, 1, 10);
        assert_eq!(counts(&net), [11_712, 614_656, 885_120, 1_327_488, 884_992, 37_752_832, 16_781_312, 40_970]);
        assert_eq!(net.parameter_count(), 58_299_082);
        assert_eq!(net.multiply_adds(), 1_060_924_256);
    }

    #[test]
    fn its_maps_shrink_as_in_the_paper() {
        let net = architecture(Variant::Fashion, 1, 10);
        let shapes: Vec<String> = net
            .rows()
            .iter()
            .filter(|row| row.layer.name.starts_with("conv") || row.layer.name.starts_with("pool"))
            .map(|row| row.output.to_string())
            .collect();
        assert_eq!(
            shapes,
            ["96×55×55", "96×27×27", "256×27×27", "256×13×13", "384×13×13", "384×13×13", "256×13×13", "256×6×6"]
        );
        assert_eq!(net.dropout_widths(), [4096, 4096]);
    }

    #[test]
    fn the_others_have_the_counts_on_record() {
        assert_eq!(architecture(Variant::Paper, 3, 1000).parameter_count(), 60_965_224);
        assert_eq!(architecture(Variant::Torchvision, 3, 1000).parameter_count(), 61_100_840);
        let mut single_tower = architecture(Variant::Paper, 3, 1000);
        for layer in &mut single_tower.layers {
            if let Operation::Convolution { groups, .. } = &mut layer.operation {
                *groups = 1;
            }
        }
        assert_eq!(single_tower.parameter_count(), 62_378_344);
    }

    #[test]
    fn the_arithmetic_is_written_out() {
        let net = architecture(Variant::Fashion, 1, 10);
        let rows = net.rows();
        assert_eq!(rows[0].layer.parameter_arithmetic(rows[0].input).as_deref(), Some("(11×11×1 + 1)×96 = 11,712"));
        assert_eq!(rows[0].layer.side_arithmetic(rows[0].input).as_deref(), Some("(227−11)/4+1 = 55"));
        assert_eq!(rows[3].layer.side_arithmetic(rows[3].input).as_deref(), Some("(27+2·2−5)/1+1 = 27"));
    }
}
