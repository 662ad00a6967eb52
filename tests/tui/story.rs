//! What an engine would have told: states of the screen for pictures and tests.

use alexnet_tui::config::{
    BestMetric, Checkpoint, Compute, Config, Data, DataSource, DeviceChoice, Images, Keys, Language, Model,
    OptimizerChoice, Paths, PrecisionChoice, Theme, Training, Ui, Variant,
};
use alexnet_tui::data;
use alexnet_tui::metrics::{
    ClassMetrics, ConfusionMatrix, EpochMetrics, Evaluation, Predictions, Split, StepMetrics, StepTimes,
};
use alexnet_tui::model::architecture;
use alexnet_tui::session::{
    DataSummary, Event, Gallery, Level, Live, LogLine, Offer, Phase, RunInfo, RunPlan, SaveReason, Snapshot, Summary,
    Task, TaskProgress,
};
use alexnet_tui::tui::action::Action;
use alexnet_tui::tui::state::{State, Usage, update};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

pub fn config() -> Config {
    Config {
        data: Data { source: DataSource::Auto, validation_fraction: 0.2, limit_train: 0, limit_validation: 0 },
        model: Model { variant: Variant::Fashion, dropout: 0.5 },
        training: Training {
            epochs: 10,
            batch_size: 32,
            optimizer: OptimizerChoice::Adam,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            momentum: 0.9,
            gradient_clip: 0.0,
            seed: 0,
        },
        compute: Compute {
            device: DeviceChoice::Auto,
            precision: PrecisionChoice::Auto,
            threads: 0,
            evaluation_batch_size: 128,
        },
        checkpoint: Checkpoint {
            every_epochs: 1,
            every_steps: 0,
            every_minutes: 10,
            keep: 3,
            best_metric: BestMetric::ValidationAccuracy,
        },
        paths: Paths { data: PathBuf::new(), runs: PathBuf::new(), state: PathBuf::new() },
        ui: Ui { learning_rate_factor: 2.0, theme: Theme::Dark, language: Language::En, images: Images::Auto },
        keys: Keys::default(),
    }
}

/// 12:00:00 UTC, and so many seconds.
pub fn clock(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_011_200 + seconds)
}

pub fn log(seconds: u64, level: Level, message: &str) -> Event {
    Event::Log(LogLine { time: clock(seconds), level, message: message.into() })
}

pub fn full_data() -> DataSummary {
    DataSummary {
        folder: Some("/usr/share/datasets/fashion-mnist".into()),
        train_images: 60_000,
        test_images: 10_000,
        class_names: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"].map(String::from).to_vec(),
        note: None,
    }
}

pub fn sample_data() -> DataSummary {
    DataSummary { folder: None, train_images: 6_000, test_images: 1_000, ..full_data() }
}

/// The real pictures of the sample, 4,800 to learn from and 1,200 to validate.
fn gallery() -> Gallery {
    static SAMPLE: LazyLock<Gallery> = LazyLock::new(|| {
        let data = data::sample().unwrap();
        Gallery::new(&data, (0..4_800).collect(), (4_800..6_000).collect())
    });
    SAMPLE.clone()
}

pub fn plan() -> RunPlan {
    RunPlan {
        variant: "fashion".into(),
        device: "cpu".into(),
        precision: "bf16".into(),
        threads: 2,
        parameters: 58_299_082,
        train_images: 48_000,
        validation_images: 12_000,
        net: Arc::new(Summary::new("fashion", &architecture(Variant::Fashion, 1, 10), 1)),
        gallery: gallery(),
    }
}

/// The run of the story, left in its third epoch two hours ago.
pub fn offer() -> Offer {
    let RunInfo { name, folder, epochs, .. } = run_info();
    let saved = clock(0) - Duration::from_hours(1);
    Offer { name, folder, epoch: 3, epochs, step: 3_930, saved }
}

pub fn run_info() -> RunInfo {
    RunInfo {
        name: "brave-fox".into(),
        folder: "/home/ada/.local/share/alexnet-tui/runs/brave-fox".into(),
        variant: "fashion".into(),
        device: "cpu".into(),
        precision: "bf16".into(),
        threads: 2,
        optimizer: "Adam".into(),
        parameters: 58_299_082,
        epochs: 10,
        batch_size: 32,
        steps_per_epoch: 1_500,
        train_images: 48_000,
        validation_images: 12_000,
        seed: 0,
        resumed_from: None,
    }
}

/// A person does this, one thing after the other.
pub fn after(mut state: State, actions: &[Action]) -> State {
    for &action in actions {
        update(&mut state, action);
    }
    state
}

/// Before the engine has said anything.
pub fn opened() -> State {
    let mut state = State::new(config());
    state.zone = jiff::tz::TimeZone::UTC;
    state.now = || clock(3_600);
    state
}

/// The pictures are read, nothing is started.
pub fn idle() -> State {
    let mut state = opened();
    tell(
        &mut state,
        [
            log(0, Level::Info, "reading /usr/share/datasets/fashion-mnist"),
            log(1, Level::Info, "60,000 + 10,000 pictures of Fashion-MNIST, all checksums right"),
            Event::DataReady(full_data()),
            Event::Planned(plan()),
            Event::Phase(Phase::Idle),
        ],
    );
    state
}

/// The same with the sample.
pub fn idle_with_sample() -> State {
    let mut state = opened();
    tell(
        &mut state,
        [
            log(0, Level::Warn, "no data set was found; the sample inside the program is used"),
            Event::DataReady(sample_data()),
            Event::Planned(RunPlan { train_images: 4_800, validation_images: 1_200, ..plan() }),
            Event::Phase(Phase::Idle),
        ],
    );
    state
}

pub fn tell(state: &mut State, events: impl IntoIterator<Item = Event>) {
    events.into_iter().for_each(|event| state.on_event(event));
}

/// What batch `step` gives: a curve as real ones are, with the noise of 32 pictures.
pub fn step(step: u64) -> StepMetrics {
    let at = step as f64;
    let noise = |salt: u64| {
        let mut x = (step * 2 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x ^= x >> 31;
        x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x ^= x >> 29;
        (x % 10_000) as f64 / 5_000.0 - 1.0
    };
    let trend = 0.22 + 0.55 * (-at / 2_500.0).exp() + 1.53 * (-at / 220.0).exp();
    let loss = (trend * (1.0 + 0.35 * noise(0) * (1.0 - (-at / 60.0).exp()))).max(0.01);
    let accuracy = (0.93 - 0.22 * (-at / 2_500.0).exp() - 0.61 * (-at / 220.0).exp() + 0.08 * noise(1)).clamp(0.0, 1.0);
    StepMetrics {
        epoch: (step.saturating_sub(1) / 1_500) as u32 + 1,
        step,
        loss,
        accuracy: (accuracy * 32.0).round() / 32.0,
        images: 32,
        images_per_second: 142.0,
        learning_rate: 1e-3,
        gradient_norm: Some(1.2 + 0.6 * noise(0).abs()),
    }
}

pub fn epoch(number: u32) -> EpochMetrics {
    let (loss, accuracy) = [
        (0.4210, 0.8462),
        (0.3406, 0.8743),
        (0.3051, 0.8867),
        (0.2874, 0.8958),
        (0.2931, 0.8923),
        (0.2790, 0.8990),
        (0.2752, 0.9021),
        (0.2811, 0.9004),
        (0.2846, 0.9013),
        (0.2903, 0.9009),
    ][number as usize - 1];
    EpochMetrics {
        epoch: number,
        step: u64::from(number) * 1_500,
        train_loss: loss + 0.03,
        train_accuracy: accuracy - 0.01,
        validation_loss: loss,
        validation_accuracy: accuracy,
        learning_rate: 1e-3,
        seconds: 352.4,
        best: [1, 2, 3, 4, 6, 7].contains(&number),
    }
}

pub fn snapshot(step: u64) -> Snapshot {
    let in_epoch = step.saturating_sub(1) % 1_500 + 1;
    Snapshot {
        epoch: (step.saturating_sub(1) / 1_500) as u32 + 1,
        epochs: 10,
        step,
        images_done: in_epoch * 32,
        images_total: 48_000,
        learning_rate: 1e-3,
        images_per_second: 142.0,
        step_times: StepTimes { data: 0.001, forward: 0.061, backward: 0.139, optimizer: 0.024 },
        seconds: step as f64 / 4.43,
        epoch_seconds_left: Some((1_500 - in_epoch) as f64 / 4.43),
        run_seconds_left: Some(15_000_u64.saturating_sub(step) as f64 / 4.1),
        task: None,
        saving: false,
    }
}

/// A run that has done so many steps.
pub fn training(steps: u64) -> State {
    let mut state = idle();
    tell(
        &mut state,
        [
            Event::Phase(Phase::Loading),
            log(20, Level::Info, "run brave-fox: fashion, 58,299,082 parameters, seed 0"),
            Event::RunStarted(run_info()),
            Event::Phase(Phase::Training),
        ],
    );
    for number in 1..=steps {
        state.on_live(Live { steps: vec![step(number)], samples: Vec::new(), snapshot: snapshot(number) });
        if number % 1_500 == 0 {
            let done = epoch((number / 1_500) as u32);
            let seconds = 20 + number / 4;
            let message = format!(
                "epoch {}: validation loss {:.4}, accuracy {:.2} %{}",
                done.epoch,
                done.validation_loss,
                done.validation_accuracy * 100.0,
                if done.best { ", the best so far" } else { "" }
            );
            let folder = run_info().folder.join("checkpoints");
            tell(
                &mut state,
                [
                    log(seconds, Level::Info, &message),
                    Event::Epoch(done),
                    Event::Evaluated(pass(Split::Validation, number / 1_500)),
                    Event::CheckpointSaved {
                        paths: vec![folder.join("last.safetensors"), folder.join("best.safetensors")],
                        step: number,
                        reason: SaveReason::Automatic,
                    },
                    log(seconds + 1, Level::Info, "saved last, best"),
                ],
            );
        }
    }
    state.usage = Some(Usage { memory: 2_040_109_465, cpu: 198 });
    state
}

pub fn paused(steps: u64) -> State {
    let mut state = training(steps);
    tell(&mut state, [log(3_000, Level::Info, "paused"), Event::Phase(Phase::Paused)]);
    state
}

pub fn evaluation() -> Evaluation {
    let mut confusion = ConfusionMatrix::new(2);
    (0..897).for_each(|_| confusion.add(0, 0));
    (0..103).for_each(|_| confusion.add(0, 1));
    Evaluation {
        split: Split::Test,
        loss: 0.3012,
        confusion,
        classes: [
            ("T-shirt/top", 0.841),
            ("Trouser", 0.979),
            ("Pullover", 0.862),
            ("Dress", 0.905),
            ("Coat", 0.836),
            ("Sandal", 0.972),
            ("Shirt", 0.689),
            ("Sneaker", 0.957),
            ("Bag", 0.981),
            ("Ankle boot", 0.948),
        ]
        .map(|(name, recall)| ClassMetrics { name: name.into(), precision: 0.9, recall, f1: 0.9, support: 1_000 })
        .to_vec(),
        predictions: Predictions::default(),
        seconds: 20.0,
    }
}

/// What a pass over a split finds as a net of that epoch: shirts are the hardest.
pub fn pass(split: Split, epoch: u64) -> Evaluation {
    const NAMES: [&str; 10] =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];
    let mistakes = [
        (0, 6, 120),
        (6, 0, 117),
        (6, 2, 74),
        (6, 4, 61),
        (2, 4, 58),
        (4, 2, 55),
        (2, 6, 49),
        (4, 6, 47),
        (9, 7, 36),
        (3, 0, 21),
        (0, 3, 18),
        (7, 9, 16),
        (3, 4, 15),
        (5, 7, 13),
        (1, 3, 9),
        (8, 0, 4),
        (5, 9, 3),
        (7, 5, 1),
    ];
    let mut confusion = ConfusionMatrix::new(10);
    for class in 0..10 {
        let wrong = mistakes.iter().filter(|(truth, ..)| *truth == class).map(|(_, _, times)| times * 4 / (3 + epoch));
        (0..1_000 - wrong.sum::<u64>()).for_each(|_| confusion.add(class, class));
    }
    for (truth, taken, times) in mistakes {
        (0..times * 4 / (3 + epoch)).for_each(|_| confusion.add(truth, taken));
    }
    let classes = NAMES.iter().enumerate().map(|(class, name)| {
        let (precision, recall, f1, support) = confusion.class_metrics(class);
        ClassMetrics { name: (*name).into(), precision, recall, f1, support }
    });
    let classes = classes.collect();
    Evaluation { split, loss: 0.3051, confusion, classes, predictions: Predictions::default(), seconds: 20.0 }
}

/// Two epochs are done, and their validations are there to be looked at.
pub fn validated() -> State {
    training(3_100)
}

/// Paused in the third epoch, and the test pictures were tried with the weights of that moment.
pub fn evaluated() -> State {
    let mut state = validated();
    tell(
        &mut state,
        [
            log(1_400, Level::Info, "paused"),
            Event::Phase(Phase::Paused),
            Event::Phase(Phase::Evaluating),
            Event::Evaluated(pass(Split::Test, 2)),
            log(1_420, Level::Info, "test: loss 0.3051, accuracy 94.34 %"),
            Event::Phase(Phase::Paused),
        ],
    );
    state
}

/// In the middle of a pass over the test pictures.
pub fn evaluating(steps: u64) -> State {
    let mut state = training(steps);
    tell(&mut state, [Event::Phase(Phase::Evaluating)]);
    let task = Some(TaskProgress { task: Task::Evaluation(Split::Test), done: 4_096, total: 10_000 });
    state.on_live(Live { steps: Vec::new(), samples: Vec::new(), snapshot: Snapshot { task, ..snapshot(steps) } });
    state
}

/// All ten epochs are done, and the test pictures were tried.
pub fn finished() -> State {
    let mut state = training(15_000);
    tell(
        &mut state,
        [
            Event::Evaluated(evaluation()),
            log(3_900, Level::Info, "test: loss 0.3012, accuracy 89.70 %"),
            Event::Phase(Phase::Finished),
        ],
    );
    state
}

pub fn failed(steps: u64) -> State {
    let mut state = training(steps);
    tell(
        &mut state,
        [
            Event::Failed {
                message: "the loss of step 2,400 is not a number, so the weights were left as they were; start again \
                          with a smaller learning rate, or go on from checkpoints/last.safetensors"
                    .into(),
            },
            Event::Phase(Phase::Failed),
        ],
    );
    state
}
