//! Weights of other programs: what PyTorch wrote is read, what is broken or more than weights is refused by name.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use alexnet_tui::checkpoint::{NamedTensor, Outline, read_weights, write_pth, write_safetensors};
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pth").join(name)
}

fn tensor(name: &str, shape: &[usize], numbers: impl IntoIterator<Item = f32>) -> NamedTensor {
    NamedTensor {
        name: name.into(),
        shape: shape.into(),
        bytes: numbers.into_iter().flat_map(f32::to_le_bytes).collect(),
    }
}

/// What `make_pth.py` says is in the fixtures.
fn weights() -> Vec<NamedTensor> {
    vec![tensor("a", &[2, 3], [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]), tensor("b", &[2, 2], [-1.0, -0.5, -0.75, -0.25])]
}

/// As a net would choose among several dictionaries.
fn fits(outline: &[Outline]) -> bool {
    outline.iter().any(|(name, shape)| name == "a" && *shape == [2, 3])
}

fn refusal(path: &Path) -> String {
    read_weights(path, fits).unwrap_err().to_string()
}

#[rstest]
#[case("plain.pth")]
#[case("nested.pth")]
#[case("parameters.pth")]
#[case("halves.pth")]
#[case("no_check_sums.pth")]
#[case("protocol5.pth")]
#[case("plain.safetensors")]
#[case("halves.safetensors")]
fn what_pytorch_wrote_is_read(#[case] name: &str) {
    let mut read = read_weights(&fixture(name), fits).unwrap();
    assert!(read.state.is_none());
    read.tensors.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(read.tensors, weights());
}

#[test]
fn counters_beside_weights_are_no_weights() {
    let read = read_weights(&fixture("state_dict.pth"), fits).unwrap();
    let names: Vec<_> = read.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names, ["weight", "bias", "running_mean", "running_var"]);
}

#[rstest]
#[case("evil.pth", "\"posix.system\"")]
#[case("module.pth", "\"torch.nn.modules.batchnorm.BatchNorm1d\"")]
#[case("legacy.pth", "a bare pickle, as PyTorch wrote before 1.6")]
#[case("no_tensors.pth", "there is no dictionary of named tensors in it")]
#[case("script.pth", "a TorchScript archive")]
#[case("make_pth.py", "not a whole safetensors file")]
fn what_is_more_or_less_than_weights_is_refused_by_name(#[case] name: &str, #[case] reason: &str) {
    let message = refusal(&fixture(name));
    assert!(message.contains(name) && message.contains(reason), "{message}");
    assert!(!fixture("was_run").exists() && !Path::new("was_run").exists());
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<_> =
        (0..300_u16).map(|at| tensor(&format!("layer{at}.weight"), &[2, 1, 2], [f32::from(at); 4])).collect();
    for tensors in [weights(), many, vec![tensor("empty", &[0, 3], []), tensor("scalar", &[], [7.0])]] {
        let (pth, plain) = (folder.path().join("a.pth"), folder.path().join("a.safetensors"));
        write_pth(&pth, &tensors).unwrap();
        assert_eq!(read_weights(&pth, |_| true).unwrap().tensors, tensors);
        write_safetensors(&plain, &tensors).unwrap();
        let mut read = read_weights(&plain, |_| true).unwrap().tensors;
        read.sort_by_key(|read| tensors.iter().position(|tensor| tensor.name == read.name));
        assert_eq!(read, tensors);
    }
    // Nothing is left beside them.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[rstest]
#[case("plain.pth")]
#[case("nested.pth")]
#[case("plain.safetensors")]
fn wherever_a_file_is_cut_it_is_refused(#[case] name: &str) {
    let whole = fs::read(fixture(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(refusal(&path).contains(name), "cut after {length} bytes");
    }
}

#[test]
fn a_flipped_bit_is_refused_or_changes_no_number() {
    let whole = fs::read(fixture("plain.pth")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain.pth");
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        match read_weights(&path, fits) {
            Ok(read) => assert_eq!(read.tensors, weights(), "byte {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn storages_that_are_not_there_or_too_small_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pth");
    write_pth(&path, &weights()).unwrap();
    let whole = fs::read(&path).unwrap();
    // The size of the first storage in the pickle: LONG1 of eight bytes after "cpu".
    let cpu = whole.windows(3).position(|bytes| bytes == b"cpu").unwrap() + 5;
    assert_eq!(whole[cpu..cpu + 8], 6_u64.to_le_bytes());
    for elements in [0_u64, 5, 7, 1 << 40, u64::MAX >> 1] {
        let mut bytes = whole.clone();
        bytes[cpu..cpu + 8].copy_from_slice(&elements.to_le_bytes());
        fs::write(&path, without_check_sums(bytes)).unwrap();
        let message = refusal(&path);
        assert!(message.contains("a.pth: can't read weights from it"), "{message}");
    }
}

/// As if whoever changed it had known how: a sum of 0 in the directory is none.
fn without_check_sums(mut bytes: Vec<u8>) -> Vec<u8> {
    for at in 0..bytes.len() - 20 {
        if bytes[at..].starts_with(b"PK\x01\x02") {
            bytes[at + 16..at + 20].fill(0);
        }
    }
    bytes
}
