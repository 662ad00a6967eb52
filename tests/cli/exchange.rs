//! `export`, `predict`, and `--resume` with weights of other programs: the same net whatever file it is in.

use crate::training::tiny;
use crate::user::User;
use alexnet_tui::checkpoint::read_weights;
use alexnet_tui::data;
use serde_json::Value;
use std::fs;

/// A user with a run of three steps in work/run.
fn trained() -> User {
    let user = User::new();
    let limits = ["--epochs", "1", "--limit-train", "96", "--limit-validation", "32", "--run-dir", "run"];
    let said = user.runs(&tiny("train", &limits));
    assert_eq!(said.status, 0, "{}", said.err);
    user
}

const LAST: &str = "run/checkpoints/last.safetensors";

#[test]
fn exported_weights_are_the_same_net() {
    let user = trained();
    let exact = ["--data", "sample", "--precision", "f32", "--threads", "1"];
    let predictions = |file: &str| {
        let said = user.runs(&[&["eval", file, "--predictions", "said.csv"], &exact[..]].concat());
        assert_eq!(said.status, 0, "{}", said.err);
        fs::read_to_string(user.at("work/said.csv")).unwrap()
    };
    let ours = predictions(LAST);
    for out in ["out.pth", "out.safetensors", "again.pth"] {
        let from = if out == "again.pth" { "out.safetensors" } else { LAST };
        let said = user.runs(&["export", from, out]);
        assert_eq!((said.status, said.out.as_str()), (0, ""), "{}", said.err);
        assert!(said.err.contains(out) && said.err.contains("16 tensors"), "{}", said.err);
        assert_eq!(predictions(out), ours, "{out}");
    }
    assert_eq!(fs::read(user.at("work/out.pth")).unwrap(), fs::read(user.at("work/again.pth")).unwrap());

    let said = user.runs(&["export", LAST, "out.pth"]);
    assert!(said.status == 2 && said.err.contains("--force"), "{}", said.err);
    assert_eq!(user.runs(&["export", LAST, "out.pth", "--force"]).status, 0);
    let said = user.runs(&["export", LAST, "out.onnx"]);
    assert!(said.status == 2 && said.err.contains(".safetensors"), "{}", said.err);
    let said = user.runs(&["export", LAST, "no/such/out.pth"]);
    assert!(said.status == 1 && said.err.contains("no/such/out.pth"), "{}", said.err);
}

#[test]
fn a_run_begins_with_weights_of_another_program_and_goes_on_as_any() {
    let user = trained();
    assert_eq!(user.runs(&["export", LAST, "theirs.pth"]).status, 0);
    // The configuration asks for another net: that of the weights is taken.
    let begin = ["train", "--resume", "theirs.pth", "--run-dir", "begun", "--data", "sample", "--threads", "1"];
    let more =
        ["--epochs", "1", "--limit-train", "64", "--limit-validation", "32", "--set", "checkpoint.every_steps=1"];
    let more = [&more[..], &["--set", "checkpoint.keep=9", "--json"]].concat();
    let said = user.runs(&[&begin[..], &more].concat());
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("begins with the weights in") && said.err.contains("theirs.pth"), "{}", said.err);
    // The first of its checkpoints, before its first step, holds their weights.
    let first: Value = serde_json::from_str(said.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "checkpoint", "{first}");
    let said = user.runs(&["train", "--resume", "begun", "--run-dir", "other"]);
    assert!(said.status == 2 && said.err.contains("--run-dir"), "{}", said.err);
    let said = user.runs(&["train", "--resume", "begun"]);
    assert_eq!(said.status, 0, "{}", said.err);

    let theirs = read_weights(&user.at("work/theirs.pth"), |_| true).unwrap().tensors;
    let at_rest =
        [&begin[..3], &["--run-dir", "rest", "--data", "sample", "--learning-rate", "1e-30"], &more[..]].concat();
    assert_eq!(user.runs(&at_rest).status, 0);
    let mut rest = read_weights(&user.at("work/rest/checkpoints/last.safetensors"), |_| true).unwrap().tensors;
    rest.sort_by_key(|tensor| theirs.iter().position(|other| other.name == tensor.name));
    assert!(rest == theirs);

    fs::write(user.at("work/other.pth"), fs::read(user.at("work/theirs.pth")).unwrap().split_at(9_000).0).unwrap();
    let said = user.runs(&["train", "--resume", "other.pth", "--run-dir", "none"]);
    assert!(said.status == 1 && said.err.contains("other.pth") && !user.at("work/none").exists(), "{}", said.err);
}

#[test]
fn a_picture_is_predicted_as_it_is_in_the_data_set() {
    let user = trained();
    let exact = ["--precision", "f32", "--threads", "1"];
    let evaluated = user.runs(&[&["eval", LAST, "--data", "sample", "--predictions", "said.csv"], &exact[..]].concat());
    assert_eq!(evaluated.status, 0, "{}", evaluated.err);
    let csv = fs::read_to_string(user.at("work/said.csv")).unwrap();
    let test = data::sample().unwrap().test;
    let picture = |index: usize, name: &str, light: bool| {
        let pixels = test.pixels(index).iter().map(|&grey| if light { 255 - grey } else { grey }).collect();
        let picture = image::GrayImage::from_raw(28, 28, pixels).unwrap();
        picture.save(user.at("work").join(name)).unwrap();
    };
    picture(3, "dark.png", false);
    picture(3, "light.bmp", true);
    let order = [&["predict", LAST, "dark.png", "light.bmp", "--json", "--top", "10"], &exact[..]].concat();
    let said = user.runs(&order);
    assert_eq!(said.status, 0, "{}", said.err);
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected: Vec<f32> = csv.lines().nth(4).unwrap().split(',').skip(3).map(|p| p.parse().unwrap()).collect();
    for (line, inverted) in lines.iter().zip([false, true]) {
        assert_eq!(line["inverted"], inverted);
        for entry in line["top"].as_array().unwrap() {
            let class = entry["class"].as_u64().unwrap() as usize;
            let found = entry["probability"].as_f64().unwrap();
            assert!((found - f64::from(expected[class])).abs() < 1e-6, "{entry}");
        }
        assert_eq!(line["class"], line["top"][0]["class"]);
    }
    assert_eq!(lines.len(), 2);

    fs::write(user.at("work/none.png"), "no picture").unwrap();
    let said = user.runs(&["predict", LAST, "dark.png", "none.png", "missing.jpg"]);
    assert_eq!(said.status, 1);
    assert!(said.out.starts_with("dark.png\n  ") && said.out.contains(" %"), "{}", said.out);
    for part in ["none.png: expected a picture (png, jpg, webp, bmp), found", "missing.jpg: could not read it"] {
        assert!(said.err.contains(part), "{}", said.err);
    }
}
