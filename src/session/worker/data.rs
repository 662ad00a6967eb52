//! The pictures: read at the start, downloaded when asked for.

use super::Worker;
use crate::config::Config;
use crate::data::{self, Dataset, FetchOptions};
use crate::session::beginning::plan;
use crate::session::download::Download;
use crate::session::protocol::{DataSummary, Event, Level, Phase};
use crate::session::resume;
use crate::session::weights::Weights;
use crate::text::thousands;
use std::sync::Arc;

impl Worker {
    pub(super) fn load_data(&mut self) {
        self.turn(Phase::Loading);
        match data::load(&self.setup.config.data.source, &self.setup.config.paths.data) {
            Ok(dataset) => {
                let dataset = Arc::new(dataset);
                self.show_data(&dataset);
                self.own_data = None;
                self.data_is_stale = false;
                let place = dataset
                    .folder
                    .as_ref()
                    .map_or("the sample inside the program".into(), |folder| folder.display().to_string());
                let count = |images: usize| thousands(images as u64);
                let (train, test) = (dataset.train.len(), dataset.test.len());
                self.say(Level::Info, &format!("data: {} + {} pictures from {place}", count(train), count(test)));
                if let Some(note) = &dataset.note {
                    self.say(Level::Warn, note);
                }
                self.look_at_weights();
                match plan(&self.setup.config, &dataset) {
                    Ok(plan) => self.outbox.say(Event::Planned(plan)),
                    Err(error) => self.fault(&error.to_string()),
                }
                if self.setup.offer_runs
                    && let Some(offer) = resume::offer(&self.setup.config.paths.runs)
                {
                    self.setup.offer_runs = false;
                    self.outbox.say(Event::Offered(offer));
                }
            }
            Err(error) => self.fault(&error.to_string()),
        }
        self.turn(Phase::Idle);
    }

    /// What new runs are from now on. As long as there is no run, what is planned follows at once.
    pub(super) fn configure(&mut self, config: Config) -> Result<(), String> {
        let was = std::mem::replace(&mut self.setup.config, config);
        let config = &self.setup.config;
        if let Some(order) = &mut self.setup.resume {
            let (rate, before) = (config.training.learning_rate, was.training.learning_rate);
            if rate.to_bits() != before.to_bits() {
                order.learning_rate = Some(rate);
            }
            order.config = Some(Box::new(config.clone()));
        }
        let other_data = was.data.source != config.data.source || was.paths.data != config.paths.data;
        self.data_is_stale |= other_data;
        if self.active.is_some() || self.visit.is_some() || self.download.is_some() {
            return Ok(());
        }
        if self.data_is_stale {
            self.data = None;
            self.load_data();
            return Ok(());
        }
        self.look_at_weights();
        let Some(data) = &self.data else { return Ok(()) };
        let plan = plan(&self.setup.config, data).map_err(|error| error.to_string())?;
        self.outbox.say(Event::Planned(plan));
        Ok(())
    }

    /// The first new run is of the net whose weights it begins with: what is planned says so.
    fn look_at_weights(&mut self) {
        let Some(path) = self.setup.weights.clone() else { return };
        match Weights::read(&path) {
            Ok(weights) => {
                self.setup.config.model.variant = weights.variant;
                let line = format!("a new run begins with the weights of {} in {}", weights.variant, path.display());
                self.say(Level::Info, &line);
            }
            Err(error) => self.fault(&error.to_string()),
        }
    }

    /// Makes this the data that is open. Returns what was.
    pub(super) fn show_data(&mut self, data: &Arc<Dataset>) -> Option<Arc<Dataset>> {
        self.outbox.say(Event::DataReady(summary(data)));
        self.data.replace(Arc::clone(data))
    }

    /// A run that was gone on with may have brought its own: a new one learns from what the configuration says.
    pub(super) fn data_of_new_runs(&mut self) -> Result<Arc<Dataset>, String> {
        if let Some(own) = self.own_data.take() {
            self.show_data(&own);
        }
        self.data()
    }

    pub(super) fn data(&self) -> Result<Arc<Dataset>, String> {
        self.data
            .clone()
            .ok_or_else(|| "there is no data: see the message above, mend it, and open the program again".into())
    }

    pub(super) fn fetch_data(&mut self) -> Result<(), String> {
        if self.download.is_some() {
            return Err("the download is under way".into());
        }
        if self.phase.has_running_run() || self.visit.is_some() {
            return Err("a run is using the sample: stop it first, then download".into());
        }
        if self.data.as_ref().is_some_and(|data| data.folder.is_some()) {
            return Err("a full data set is in use already".into());
        }
        let options = FetchOptions::new(&self.setup.config.paths.data);
        let download = Download::start(options).map_err(|error| format!("could not start the download: {error}"))?;
        self.download = Some(download);
        self.say(Level::Info, "downloading Fashion-MNIST");
        Ok(())
    }
}

fn summary(dataset: &Dataset) -> DataSummary {
    DataSummary {
        folder: dataset.folder.clone(),
        train_images: dataset.train.len(),
        test_images: dataset.test.len(),
        class_names: dataset.class_names.clone(),
        note: dataset.note.clone(),
    }
}
