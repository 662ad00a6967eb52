//! The configuration as a user meets it: files that are right, files that are wrong and what is said of them, layers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use alexnet_tui::config::{
    ACTIONS, Config, ConfigError, ConfigFile, DEFAULTS, DataSource, DeviceChoice, DiffLine, Edit, EditError, FIELDS,
    Field, Flag, Key, Layers, Origin, Outcome, Places, Trouble, Variant, check_file, field,
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
    let text = "[keys]\nsave = \"W\"\nevaluate = [\"X\", \"f5\"]\n";
    let user = User::new().writes("config/config.toml", text).writes("work/config.toml", "keys.save = \"c\"");
    let loaded = user.layers().load().unwrap();
    assert_eq!(loaded.config.keys.chosen("save"), Some(&[Key::Char('c')][..]));
    let (field, value) = edit("training.epochs", "3");
    assert_eq!(loaded.config.with(field, value).unwrap().keys, loaded.config.keys);
    assert_eq!(loaded.config.keys.chosen("evaluate"), Some(&[Key::Char('X'), Key::Function(5)][..]));
    assert_eq!(loaded.config.keys.chosen("step"), None);
    assert!(!loaded.config.to_toml().contains("keys"), "they are no part of a run");
    // Each file is right by itself.
    let user = User::new()
        .writes("config/config.toml", "[keys]\nsave = \"W\"")
        .writes("work/config.toml", "\n[keys]\nstep = \"W\"\n");
    let said = user.sets(&["keys.help=:"]).load().unwrap_err().to_string().replace(&*user.at("").to_string_lossy(), "");
    insta::assert_snapshot!(said, @r#"
    config/config.toml:2: keys.save = "W": that is the key of step as well (work/config.toml:3); give one of them another
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
    --set: ui.theme = red is not one of its values; expected one of dark, light, ansi, contrast, colourblind
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

/// A file as people keep theirs: their own order, comments, every way to write a section.
const OWN: &str = "\
# mine
ui = { theme = \"light\" }   # for the beamer
data.limit_train = 600

[training]   # short
seed = 7
epochs = 3   # enough for a class
# the first try
#learning_rate = 0.1
learning_rate = 1e-2
";

fn edit(key: &str, typed: &str) -> Edit {
    let field = field(key).unwrap();
    (field, field.read(typed).unwrap())
}

fn open(path: impl AsRef<Path>) -> ConfigFile {
    ConfigFile::open(path.as_ref()).unwrap()
}

fn written() -> Outcome {
    Outcome::Written { merged: Vec::new() }
}

#[test]
fn an_edit_changes_its_own_line_and_keeps_comments_and_order() {
    let user = User::new().writes("work/config.toml", OWN);
    let mut file = open(user.at("work/config.toml"));
    let edits = [
        edit("training.epochs", "12"),
        edit("training.learning_rate", "3e-4"),
        edit("ui.theme", "dark"),
        edit("data.limit_train", "0"),
        edit("training.momentum", ".5"),
        edit("model.variant", "tiny"),
    ];
    let diff = file.diff(&edits).unwrap();
    assert!(diff.contains(&DiffLine::Old("epochs = 3   # enough for a class".into())));
    assert!(diff.contains(&DiffLine::New("epochs = 12   # enough for a class".into())));
    assert!(diff.contains(&DiffLine::Same("# the first try".into())));
    assert_eq!(file.write(&edits, false).unwrap(), written());
    insta::assert_snapshot!(fs::read_to_string(user.at("work/config.toml")).unwrap(), @r#"
    # mine
    ui = { theme = "dark" }   # for the beamer
    data.limit_train = 0

    [training]   # short
    seed = 7
    epochs = 12   # enough for a class
    # the first try
    #learning_rate = 0.1
    learning_rate = 0.0003
    momentum = 0.5

    [model]
    variant = "tiny"
    "#);
    let config = user.layers().load().unwrap().config;
    assert_eq!((config.training.epochs, config.training.seed, config.model.variant), (12, 7, Variant::Tiny));
    // Nothing to change is nothing written, not even a new time.
    let before = fs::metadata(user.at("work/config.toml")).unwrap().modified().unwrap();
    assert_eq!(file.write(&edits, false).unwrap(), written());
    assert_eq!(fs::metadata(user.at("work/config.toml")).unwrap().modified().unwrap(), before);
}

#[test]
fn every_setting_can_be_edited_in_the_built_in_file_and_in_an_empty_one() {
    for base in [DEFAULTS, "", "\r\n[training]\r\nepochs = 3\r\n"] {
        let user = User::new().writes("work/config.toml", base);
        let mut file = open(user.at("work/config.toml"));
        let edits: Vec<Edit> = FIELDS.iter().map(|field| (field, field.default.into())).collect();
        file.write(&edits, false).unwrap();
        let text = fs::read_to_string(user.at("work/config.toml")).unwrap();
        assert_eq!(alexnet_tui::config::of_text(&text, Path::new("config.toml")).unwrap(), Config::default(), "{text}");
        assert_eq!(text.matches('\r').count(), if base.contains('\r') { text.lines().count() } else { 0 });
        if base == DEFAULTS {
            let lines = |text: &str| text.lines().map(|line| line.replace("1e-08", "1e-8")).collect::<Vec<_>>();
            assert_eq!(lines(&text), lines(DEFAULTS));
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_made_from_the_commented_one() {
    let user = User::new();
    let mut file = open(user.at("config/new/config.toml"));
    assert!(!file.exists());
    assert_eq!(file.write(&[edit("training.epochs", "4")], false).unwrap(), written());
    assert!(file.exists());
    let text = fs::read_to_string(user.at("config/new/config.toml")).unwrap();
    assert_eq!(text, DEFAULTS.replace("epochs = 10\n", "epochs = 4\n"));
}

#[test]
fn what_others_change_meanwhile_stays_where_it_is_something_else() {
    let user = User::new().writes("work/config.toml", OWN);
    let mut file = open(user.at("work/config.toml"));
    let theirs = OWN.replace("seed = 7", "# lucky\nseed = 8");
    fs::write(user.at("work/config.toml"), &theirs).unwrap();
    let outcome = file.write(&[edit("training.epochs", "12")], false).unwrap();
    assert_eq!(outcome, Outcome::Written { merged: vec!["training.seed"] });
    assert_eq!(fs::read_to_string(user.at("work/config.toml")).unwrap(), theirs.replace("epochs = 3", "epochs = 12"));
    // Both wanted the same: no reason to ask.
    fs::write(user.at("work/config.toml"), theirs.replace("epochs = 3", "epochs = 5")).unwrap();
    assert_eq!(file.write(&[edit("training.epochs", "5")], false).unwrap(), written());
    // A file that is gone comes back as it was.
    fs::remove_file(user.at("work/config.toml")).unwrap();
    assert_eq!(file.write(&[edit("training.seed", "9")], false).unwrap(), written());
    let text = fs::read_to_string(user.at("work/config.toml")).unwrap();
    assert!(text.contains("# lucky\nseed = 9\nepochs = 5   # enough"), "{text}");
}

#[test]
fn what_others_change_otherwise_is_asked_about_before_anything_is_written() {
    let user = User::new().writes("work/config.toml", OWN);
    let mut file = open(user.at("work/config.toml"));
    let theirs = OWN.replace("epochs = 3", "epochs = 30").replace("seed = 7\n", "");
    fs::write(user.at("work/config.toml"), &theirs).unwrap();
    let edits = [edit("training.epochs", "12"), edit("training.seed", "1"), edit("training.momentum", "0.8")];
    let Outcome::Clash(clashes) = file.write(&edits, false).unwrap() else { panic!("it was written") };
    let told: Vec<_> = clashes.iter().map(|clash| (clash.field.key, clash.theirs.clone())).collect();
    assert_eq!(told, [("training.epochs", Some(30.into())), ("training.seed", None)]);
    assert_eq!(fs::read_to_string(user.at("work/config.toml")).unwrap(), theirs);
    // Theirs: what clashes is left out, the rest is written.
    let mut other = file.clone();
    assert!(matches!(other.write(&edits[2..], false).unwrap(), Outcome::Written { .. }));
    let text = fs::read_to_string(user.at("work/config.toml")).unwrap();
    assert!(text.contains("epochs = 30 ") && text.contains("momentum = 0.8"), "{text}");
    // Ours, over it.
    assert_eq!(file.write(&edits, true).unwrap(), written());
    let training = user.layers().load().unwrap().config.training;
    assert_eq!((training.epochs, training.seed), (12, 1));
}

#[test]
fn a_file_that_is_broken_or_read_only_is_named_and_left_as_it_is() {
    let user = User::new().writes("work/config.toml", OWN).writes("config/config.toml", OWN);
    let mut file = open(user.at("work/config.toml"));
    let edits = [edit("training.epochs", "12")];
    for (text, said) in [("[training\nepochs = 3", "not TOML"), ("[training]\nepochs = 0", "out of range")] {
        fs::write(user.at("work/config.toml"), text).unwrap();
        let error = file.write(&edits, false).unwrap_err();
        assert!(matches!(error, EditError::Broken { .. }));
        assert!(error.to_string().contains("mend it first") && error.to_string().contains(said), "{error}");
        assert_eq!(fs::read_to_string(user.at("work/config.toml")).unwrap(), text);
    }
    let path = user.at("config/config.toml");
    let mut file = open(path.clone());
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let error = file.write(&edits, false).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{} is read-only: nothing was written; make it writable (chmod u+w), or start with --config FILE",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), OWN);
    assert_eq!(fs::read_dir(user.at("config")).unwrap().count(), 1, "something was left beside it");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let user = User::new().writes("config/real.toml", OWN);
    fs::set_permissions(user.at("config/real.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../config/real.toml", user.at("work/config.toml")).unwrap();
    open(user.at("work/config.toml")).write(&[edit("training.epochs", "12")], false).unwrap();
    assert!(fs::symlink_metadata(user.at("work/config.toml")).unwrap().is_symlink());
    assert!(fs::read_to_string(user.at("config/real.toml")).unwrap().contains("epochs = 12"));
    assert_eq!(fs::metadata(user.at("config/real.toml")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_typed_is_read_as_people_write_it() {
    let read = |key: &str, typed: &str| field(key).unwrap().read(typed);
    assert_eq!(read("training.epochs", " 12 "), Ok(12.into()));
    assert_eq!(read("training.epochs", "099"), Ok(99.into()));
    assert_eq!(read("training.epochs", "1_000"), Ok(1000.into()));
    assert_eq!(read("model.dropout", ".5"), Ok(0.5.into()));
    assert_eq!(read("training.weight_decay", "1"), Ok(1.0.into()));
    assert_eq!(read("training.epsilon", "1E-7"), Ok(1e-7.into()));
    assert_eq!(read("paths.runs", "12"), Ok("12".into()));
    assert_eq!(read("compute.device", "cuda:1"), Ok("cuda:1".into()));
    assert_eq!(read("training.epochs", "0"), Err(Trouble::Range));
    assert_eq!(read("model.dropout", "nan"), Err(Trouble::Range));
    assert_eq!(read("training.epochs", "many"), Err(Trouble::Type { found: "string" }));
    assert_eq!(read("training.epochs", ""), Err(Trouble::Type { found: "string" }));
    assert_eq!(read("training.epochs", "1.5"), Err(Trouble::Type { found: "float" }));
    assert_eq!(read("compute.device", "gpu"), Err(Trouble::Word { nearest: Some("cpu") }));
}
