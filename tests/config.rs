//! The configuration as a user meets it: files that are right, files that are wrong and what is said of them, layers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use alexnet_tui::config::{
    ACTIONS, Config, ConfigError, DEFAULTS, DataSource, DeviceChoice, FIELDS, Field, Flag, Key, Layers, Origin, Places,
    Variant, check_file,
};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A user of whom nothing is on this machine but what the test puts there.
struct User {
    folder: TempDir,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("config")).unwrap();
        fs::create_dir_all(folder.path().join("work")).unwrap();
        Self { folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn writes(self, path: &str, text: &str) -> Self {
        fs::write(self.at(path), text).unwrap();
        self
    }

    fn layers(&self) -> Layers {
        Layers::new(Places {
            user_file: self.at("config/config.toml"),
            data: self.at("data"),
            runs: self.at("data/runs"),
            state: self.at("state"),
            home: self.at("home"),
            working: self.at("work"),
        })
    }

    fn sets(&self, set: &[&str]) -> Layers {
        Layers { set: set.iter().map(ToString::to_string).collect(), ..self.layers() }
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn the_file_at_the_top_is_the_built_in_configuration() {
    let mut document: toml::Table = DEFAULTS.parse().unwrap();
    assert_eq!(document.remove("keys"), Some(toml::Table::new().into()));
    assert_eq!(Config::default(), document.clone().try_into().unwrap());
    let in_file: Vec<String> = document
        .iter()
        .flat_map(|(section, table)| table.as_table().unwrap().keys().map(move |name| format!("{section}.{name}")))
        .collect();
    let mut in_table: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
    assert_eq!(in_file.len(), in_table.len());
    in_table.retain(|key| !in_file.iter().any(|known| known == key));
    assert_eq!(in_table, Vec::<&str>::new(), "in the table but not in config.toml");
}

#[test]
fn the_file_at_the_top_tells_every_action_and_its_keys_from_the_start() {
    let (_, keys) = DEFAULTS.split_once("[keys]").unwrap();
    let rows: String =
        keys.lines().filter(|line| line.contains(" = ") && !line.contains("an action")).collect::<Vec<_>>().join("\n");
    let rows: toml::Table = rows.replace("# ", "").parse().unwrap();
    let told: Vec<_> = rows.keys().map(String::as_str).collect();
    let mut known: Vec<_> = ACTIONS.iter().map(Field::name).collect();
    known.sort_unstable();
    assert_eq!(told, known);
    for action in ACTIONS {
        let given: toml_edit::Value = rows[action.name()].to_string().parse().unwrap();
        assert_eq!(action.check(&given).unwrap(), action.default.into(), "{}", action.key);
    }
}

#[test]
fn the_nearest_layer_says_which_keys_an_action_has() {
    let text = "[keys]\nsave = \"w\"\nevaluate = [\"x\", \"f5\"]\n";
    let user = User::new().writes("config/config.toml", text).writes("work/config.toml", "keys.save = \"c\"");
    let loaded = user.layers().load().unwrap();
    assert_eq!(loaded.config.keys.chosen("save"), Some(&[Key::Char('c')][..]));
    assert_eq!(loaded.config.keys.chosen("evaluate"), Some(&[Key::Char('x'), Key::Function(5)][..]));
    assert_eq!(loaded.config.keys.chosen("step"), None);
    assert!(!loaded.config.to_toml().contains("keys"), "they are no part of a run");
    // Each file is right by itself.
    let user = User::new()
        .writes("config/config.toml", "[keys]\nsave = \"w\"")
        .writes("work/config.toml", "\n[keys]\nstep = \"w\"\n");
    let said = user.sets(&["keys.help=:"]).load().unwrap_err().to_string().replace(&*user.at("").to_string_lossy(), "");
    insta::assert_snapshot!(said, @r#"
    config/config.toml:2: keys.save = "w": that is the key of step as well (work/config.toml:3); give one of them another
    --set: keys.help = ":": that is the key of palette as well (built-in); give one of them another
    "#);
}

#[test]
fn every_default_is_allowed_and_explained() {
    for (field, value) in FIELDS.iter().zip(Config::default().values()) {
        let given: toml_edit::Value = value.to_string().parse().unwrap();
        assert_eq!(field.check(&given).unwrap(), value, "{}", field.key);
        assert_eq!(toml::Value::from(field.default), value, "{}", field.key);
        assert!(!field.meaning.is_empty());
    }
}

#[test]
fn valid_files_are_taken() {
    for file in files("tests/config/valid") {
        check_file(&file).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn invalid_files_are_refused_with_every_problem_in_them() {
    for file in files("tests/config/invalid") {
        let error = check_file(&file).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid(_)));
        let expected = file.with_extension("txt");
        let said = format!("{error}\n");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        assert_eq!(said, fs::read_to_string(&expected).unwrap(), "{}", file.display());
    }
}

#[test]
fn nothing_said_means_the_built_in_values_and_the_platforms_own_places() {
    let user = User::new();
    let loaded = user.layers().load().unwrap();
    let mut expected = Config::default();
    expected.paths.data = user.at("data");
    expected.paths.runs = user.at("data/runs");
    expected.paths.state = user.at("state");
    assert_eq!(loaded.config, expected);
    assert!(loaded.entries().all(|(_, _, origin)| *origin == Origin::BuiltIn));
    assert_eq!(loaded.file_in_force, user.at("config/config.toml"));
    assert!(loaded.files.is_empty());
}

#[test]
fn later_layers_win_and_each_value_tells_where_it_came_from() {
    let user = User::new()
        .writes("config/config.toml", "[training]\nepochs = 2\nbatch_size = 2\nseed = 2\nlearning_rate = 0.2\n")
        .writes("work/config.toml", "[training]\n# why\nbatch_size = 3\nseed = 3\nlearning_rate = 0.3\n");
    let mut layers = user.sets(&["training.seed=4", "training.learning_rate=0.4"]);
    layers.flags.push(Flag { name: "--learning-rate", key: "training.learning_rate", value: 0.5.into() });
    let loaded = layers.load().unwrap();
    let training = &loaded.config.training;
    assert_eq!((training.epochs, training.batch_size, training.seed), (2, 3, 4));
    assert_eq!(training.learning_rate.to_bits(), 0.5f64.to_bits());
    let origin = |key| loaded.origin(key).to_string();
    assert_eq!(origin("training.epochs"), format!("{}:2", user.at("config/config.toml").display()));
    assert_eq!(origin("training.batch_size"), format!("{}:3", user.at("work/config.toml").display()));
    assert_eq!(origin("training.seed"), "--set");
    assert_eq!(origin("training.learning_rate"), "--learning-rate");
    assert_eq!(origin("training.beta1"), "built-in");
    assert_eq!(loaded.file_in_force, user.at("work/config.toml"));
    assert_eq!(loaded.files, [user.at("config/config.toml"), user.at("work/config.toml")]);
}

#[test]
fn a_named_file_stands_in_for_the_local_one_and_must_be_there() {
    let user = User::new()
        .writes("work/config.toml", "training.epochs = 3\ntraining.seed = 3\n")
        .writes("work/mine.toml", "training.epochs = 4\n");
    let named = |name: &str| Layers { file: Some(user.at(name)), ..user.layers() };
    let loaded = named("work/mine.toml").load().unwrap();
    assert_eq!(loaded.config.training.epochs, 4);
    assert_eq!(*loaded.origin("training.seed"), Origin::BuiltIn);
    assert_eq!(loaded.file_in_force, user.at("work/mine.toml"));
    let error = named("work/none.toml").load().unwrap_err().to_string();
    assert!(error.starts_with(&format!("can't read the configuration {}", user.at("work/none.toml").display())));
}

#[test]
fn paths_in_a_file_are_relative_to_it_and_flags_to_where_one_stands() {
    let text = fs::read_to_string("tests/config/valid/paths.toml").unwrap();
    let user = User::new().writes("config/config.toml", &text);
    let config = user.layers().load().unwrap().config;
    assert_eq!(config.data.source, DataSource::Folder(user.at("config/pictures")));
    assert_eq!(config.paths.data, Path::new("/srv/data"));
    assert_eq!(config.paths.runs, user.at("config/../runs"));
    assert_eq!(config.paths.state, user.at("home/state"));
    let config = user.sets(&["data.source=here", "paths.runs="]).load().unwrap().config;
    assert_eq!(config.data.source, DataSource::Folder(user.at("work/here")));
    assert_eq!(config.paths.runs, user.at("data/runs"));
}

#[test]
fn set_takes_toml_or_a_bare_word() {
    let user = User::new();
    let set = ["model.variant=tiny", "ui.theme = \"light\"", "training.epsilon=1e-7", "compute.device=cuda:2"];
    let config = user.sets(&set).load().unwrap().config;
    assert_eq!(config.model.variant, Variant::Tiny);
    assert_eq!(config.ui.theme.to_string(), "light");
    assert_eq!(config.training.epsilon.to_bits(), 1e-7f64.to_bits());
    assert_eq!(config.compute.device, DeviceChoice::Cuda(2));
}

#[test]
fn everything_wrong_on_the_command_line_is_told_at_once() {
    let user = User::new();
    let mut layers = user.sets(&[
        "epochs=3",
        "training",
        "training.epoch=3",
        "trainng.epochs=3",
        "training.epochs=many",
        "ui.theme=red",
    ]);
    layers.flags.push(Flag { name: "--threads", key: "compute.threads", value: (-1).into() });
    insta::assert_snapshot!(layers.load().unwrap_err(), @r#"
    --set: epochs is set outside any section; did you mean training.epochs?
    --set: "training" is not of the form section.key=value, such as training.epochs=3
    --set: there is no setting training.epoch; did you mean training.epochs?
    --set: there is no section [trainng]; did you mean [training]?
    --set: training.epochs = many is a string; expected a whole number from 1 to 100000
    --set: ui.theme = red is not one of its values; expected one of dark, light, ansi
    --threads: compute.threads = -1 is out of range; expected a whole number from 0 to 1024
    "#);
}

#[test]
fn a_configuration_survives_being_written_and_read() {
    let user = User::new();
    let set = ["training.learning_rate=0.1234567890123456789", "training.epsilon=1e-300", "model.variant=paper"];
    let set = [&set[..], &["data.source=/a \"quoted\" folder", "training.seed=9223372036854775807"]].concat();
    let config = user.sets(&set).load().unwrap().config;
    let text = config.to_toml();
    assert!(text.contains("# Passes over the training pictures"));
    let elsewhere = User::new().writes("work/config.toml", &text);
    assert_eq!(elsewhere.layers().load().unwrap().config, config);
}
