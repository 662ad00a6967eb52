//! `events.out.tfevents.*`: what TensorBoard reads of a run. Each program that is at work on it writes a file of its own.

mod proto;
mod record;

use super::folder::RunError;
use crate::metrics::{EpochMetrics, Histogram, NetSample, Split, StepMetrics};
use prost::Message;
use proto::{
    Dim, Event, HistogramProto, Image, PluginData, START, SessionLog, Shown, Summary, SummaryMetadata, TensorProto,
    TensorShape, Value, What,
};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the names of its files begin with.
pub(super) const PREFIX: &str = "events.out.tfevents.";

/// A picture as a PNG file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Png {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A file of events, made when there is something to tell.
#[derive(Debug)]
pub struct EventFile {
    folder: PathBuf,
    config: String,
    resumed_from: Option<u64>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    /// Bytes up to the end of the last whole record.
    whole: u64,
}

impl EventFile {
    /// Of the run in `folder`; `config` is its configuration as text. Of a run that goes on, what was told of steps after
    /// `resumed_from` does not count any more.
    pub fn new(folder: &Path, config: &str, resumed_from: Option<u64>) -> Self {
        Self { folder: folder.into(), config: config.into(), resumed_from, open: None }
    }

    /// Tells of a step.
    pub fn step(&mut self, step: &StepMetrics) -> Result<(), RunError> {
        let StepMetrics { loss, accuracy, learning_rate, images_per_second, .. } = *step;
        self.summary(
            step.step,
            vec![
                scalar("loss/train", loss),
                scalar("accuracy/train", accuracy),
                scalar("learning_rate", learning_rate),
                scalar("images_per_second", images_per_second),
            ],
        )
    }

    /// Tells of an epoch, at its last step.
    pub fn epoch(&mut self, epoch: &EpochMetrics) -> Result<(), RunError> {
        self.summary(
            epoch.step,
            vec![
                scalar("loss/train_epoch", epoch.train_loss),
                scalar("loss/validation", epoch.validation_loss),
                scalar("accuracy/train_epoch", epoch.train_accuracy),
                scalar("accuracy/validation", epoch.validation_accuracy),
            ],
        )
    }

    /// Tells how the weights and the gradients of each layer are spread. `layers`: the names of the net's rows.
    pub fn layers(&mut self, sample: &NetSample, layers: &[String]) -> Result<(), RunError> {
        let mut values = Vec::new();
        for (name, layer) in layers.iter().zip(&sample.layers) {
            if let Some(weights) = &layer.weights {
                values.extend(histogram(format!("weights/{name}"), &weights.values, weights.norm));
                values.extend(histogram(format!("gradients/{name}"), &weights.gradients, weights.gradient_norm));
            }
        }
        self.summary(sample.step, values)
    }

    /// Shows the matrix of a pass that was made after `step`.
    pub fn confusion(&mut self, step: u64, split: Split, png: Png) -> Result<(), RunError> {
        let Png { width, height, bytes } = png;
        let image = Image { height: height as i32, width: width as i32, colorspace: 3, encoded_image_string: bytes };
        let shown = Some(Shown::Image(image));
        self.summary(step, vec![Value { tag: format!("confusion/{split}"), metadata: None, shown }])
    }

    fn summary(&mut self, step: u64, value: Vec<Value>) -> Result<(), RunError> {
        if self.open.is_none() {
            self.open = Some(self.begin()?);
        }
        self.open.as_mut().map_or(Ok(()), |open| open.append(step, What::Summary(Summary { value })))
    }

    /// Makes the file, up to the configuration. One that could not be written so far is taken away again.
    fn begin(&self) -> Result<Open, RunError> {
        let path = self.folder.join(next_name(&self.folder));
        let file = OpenOptions::new().create_new(true).append(true).open(&path);
        let file = file.map_err(RunError::io(&path, "make it"))?;
        let mut open = Open { path, file, whole: 0 };
        let step = self.resumed_from.unwrap_or(0);
        let mut write = || {
            open.append(0, What::FileVersion("brain.Event:2".into()))?;
            if let Some(step) = self.resumed_from {
                // What TensorBoard forgets begins with the step named here.
                open.append(step + 1, What::SessionLog(SessionLog { status: START }))?;
            }
            open.append(step, What::Summary(Summary { value: vec![text("config", &self.config)] }))
        };
        let written = write();
        if written.is_err() {
            let _ = fs::remove_file(&open.path);
        }
        written.map(|()| open)
    }
}

impl Open {
    fn append(&mut self, step: u64, what: What) -> Result<(), RunError> {
        let wall_time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let event = Event { wall_time, step: step as i64, what: Some(what) };
        let record = record::framed(&event.encode_to_vec());
        let written = self.file.write_all(&record);
        match written {
            Ok(()) => self.whole += record.len() as u64,
            // A reader would stop at half a record.
            Err(_) => self.file.set_len(self.whole).unwrap_or_default(),
        }
        written.map_err(RunError::io(&self.path, "append to it"))
    }
}

/// `events.out.tfevents.<seconds>.<host>.<process>.<number>`. TensorBoard reads files in the order of their names, so that
/// the seconds are later than those of any file that is there.
fn next_name(folder: &Path) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let (mut seconds, mut number) = (now, 0);
    for name in names {
        if let Some(rest) = name.to_string_lossy().strip_prefix(PREFIX) {
            let there: u64 = rest.split('.').next().and_then(|first| first.parse().ok()).unwrap_or(0);
            seconds = seconds.max(there.saturating_add(1));
            number += 1;
        }
    }
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    let host: String = host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!("{PREFIX}{seconds:010}.{host}.{}.{number}", std::process::id())
}

fn scalar(tag: &str, value: f64) -> Value {
    Value { tag: tag.into(), metadata: None, shown: Some(Shown::SimpleValue(value as f32)) }
}

/// `norm`: L2 norm of all the numbers, of which the histogram may have counted some. None where it counted none.
fn histogram(tag: String, of: &Histogram, norm: f64) -> Option<Value> {
    let counted = of.counted();
    if counted == 0 {
        return None;
    }
    let width = (of.greatest - of.least) / of.counts.len() as f64;
    let each = of.of as f64 / counted as f64;
    let bucket: Vec<f64> = of.counts.iter().map(|&count| f64::from(count) * each).collect();
    let edge = |bin: usize| if bin == of.counts.len() { of.greatest } else { of.least + bin as f64 * width };
    // No bucket may be of no width.
    let equal = if width > 0.0 { 0.0 } else { f64::EPSILON * of.least.abs().max(1e-12) };
    let bucket_limit = (1..=of.counts.len()).map(|bin| edge(bin) + bin as f64 * equal).collect();
    let sum = bucket.iter().zip(0..).map(|(count, bin)| count * (of.least + (f64::from(bin) + 0.5) * width)).sum();
    let proto = HistogramProto {
        min: of.least,
        max: of.greatest,
        num: bucket.iter().sum(),
        sum,
        sum_squares: norm * norm,
        bucket_limit,
        bucket,
    };
    Some(Value { tag, metadata: None, shown: Some(Shown::Histogram(proto)) })
}

/// Text for the text dashboard, which takes it for Markdown: indented, so that it stays as it is.
fn text(tag: &str, text: &str) -> Value {
    let code = text.lines().fold(String::new(), |code, line| code + "    " + line + "\n");
    let metadata = SummaryMetadata { plugin_data: Some(PluginData { plugin_name: "text".into() }), data_class: 2 };
    let tensor_shape = Some(TensorShape { dim: vec![Dim { size: 1 }] });
    let tensor = TensorProto { dtype: 7, tensor_shape, string_val: vec![code.into_bytes()] };
    Value { tag: tag.into(), metadata: Some(metadata), shown: Some(Shown::Tensor(tensor)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::metrics::{LayerSample, Weights};
    use record::tests::records;

    fn step(step: u64) -> StepMetrics {
        StepMetrics {
            epoch: 1,
            step,
            loss: 2.25,
            accuracy: 0.5,
            images: 32,
            images_per_second: 100.0,
            learning_rate: 1e-3,
            gradient_norm: None,
        }
    }

    /// The events of each file in the folder, in the order in which TensorBoard reads the files.
    fn files(folder: &Path) -> Vec<Vec<Event>> {
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let events = |path: &PathBuf| {
            let bytes = fs::read(path).unwrap();
            records(&bytes).into_iter().map(|data| Event::decode(data).unwrap()).collect()
        };
        paths.iter().map(events).collect()
    }

    #[test]
    fn a_run_that_goes_on_begins_a_later_file_that_forgets_what_came_after_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = EventFile::new(folder.path(), "seed = 0\n", None);
        first.step(&step(1)).unwrap();
        first.step(&step(2)).unwrap();
        let mut second = EventFile::new(folder.path(), "seed = 0\n", Some(1));
        assert_eq!(files(folder.path()).len(), 1, "nothing to tell, no file");
        second.step(&step(2)).unwrap();
        // Both go on writing: a file is never another's.
        first.step(&step(3)).unwrap();

        let files = files(folder.path());
        let steps: Vec<Vec<i64>> = files.iter().map(|events| events.iter().map(|event| event.step).collect()).collect();
        assert_eq!(steps, [vec![0, 0, 1, 2, 3], vec![0, 2, 1, 2]]);
        for events in &files {
            assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".into())));
        }
        assert_eq!(files[1][1].what, Some(What::SessionLog(SessionLog { status: START })));
        let Some(What::Summary(summary)) = &files[1][3].what else { unreachable!("{:?}", files[1][3]) };
        let told: Vec<_> = summary.value.iter().map(|value| (value.tag.as_str(), value.shown.clone())).collect();
        assert_eq!(told[0], ("loss/train", Some(Shown::SimpleValue(2.25))));
        assert_eq!(told[2], ("learning_rate", Some(Shown::SimpleValue(1e-3))));
    }

    #[test]
    fn a_histogram_stands_for_all_the_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = EventFile::new(folder.path(), "", None);
        let weights = Weights {
            norm: 2.0,
            gradient_norm: 0.0,
            update_ratio: 0.0,
            values: Histogram::new(&[-1.0, 0.0, 0.5, 1.0], 400),
            gradients: Histogram::new(&[0.0; 4], 400),
        };
        let layers = vec![LayerSample { weights: Some(weights), ..LayerSample::default() }, LayerSample::default()];
        let sample = NetSample { step: 7, layers, cost: 0.0 };
        file.layers(&sample, &["conv1".into(), "relu1".into()]).unwrap();
        let events = files(folder.path()).remove(0);
        let Some(What::Summary(summary)) = &events[2].what else { unreachable!("{:?}", events[2]) };
        let tags: Vec<_> = summary.value.iter().map(|value| value.tag.as_str()).collect();
        assert_eq!(tags, ["weights/conv1", "gradients/conv1"]);
        for value in &summary.value {
            let Some(Shown::Histogram(told)) = &value.shown else { unreachable!("{value:?}") };
            assert_eq!((told.num, told.bucket.len(), told.bucket_limit.len()), (400.0, 64, 64));
            assert!(told.bucket_limit.is_sorted_by(|a, b| a < b), "{:?}", told.bucket_limit);
        }
        let Some(Shown::Histogram(told)) = &summary.value[0].shown else { unreachable!() };
        assert_eq!((told.min, told.max, told.sum_squares, told.bucket[0]), (-1.0, 1.0, 4.0, 100.0));
        assert!((told.sum - 50.0).abs() < 5.0, "{}", told.sum);
    }
}
