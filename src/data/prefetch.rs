//! Batches made ahead on a thread of their own, while the net computes. The thread holds bytes only, no tensors.

use super::dataset::Images;
use super::resize::Resizer;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Batches that wait to be taken. Together they are a few megabytes, and no step is so short that more would help.
const DEPTH: usize = 3;

/// How the grey levels of a batch are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Bytes from 0 to 255, for a device that makes numbers of them itself.
    Bytes,
    /// 32-bit floats: each level divided by 255, as torchvision's `ToTensor` does (multiplying by 1/255 gives other bits
    /// for half of the levels).
    F32,
    /// The same, rounded to bf16.
    Bf16,
}

impl Numbers {
    /// Bytes that one takes.
    pub fn size(self) -> usize {
        match self {
            Self::Bytes => 1,
            Self::F32 => 4,
            Self::Bf16 => 2,
        }
    }

    /// Writes levels as numbers: `to` has [`size`](Self::size) bytes for each, little-endian.
    fn write(self, levels: &[u8], to: &mut [u8]) {
        let unit = |level: u8| f32::from(level) / 255.0;
        match self {
            Self::Bytes => to.copy_from_slice(levels),
            Self::F32 => {
                for (&level, to) in levels.iter().zip(to.as_chunks_mut::<4>().0) {
                    *to = unit(level).to_le_bytes();
                }
            }
            Self::Bf16 => {
                for (&level, to) in levels.iter().zip(to.as_chunks_mut::<2>().0) {
                    // To nearest, ties to even; no level is NaN.
                    let bits = unit(level).to_bits();
                    *to = (((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16).to_le_bytes();
                }
            }
        }
    }
}

/// What else is made ahead for a batch: from the place of its first picture in the order, how many there are, and the
/// memory of a used one.
pub type Beside = Arc<dyn Fn(usize, usize, &mut Vec<Vec<u8>>) + Send + Sync>;

/// What batches are made of.
#[derive(Clone)]
pub struct Plan {
    /// The pictures.
    pub images: Arc<Images>,
    /// Indices into them.
    pub order: Arc<[u32]>,
    /// The place in the order to begin at.
    pub from_position: usize,
    /// Pictures in a batch; the last may have fewer.
    pub batch_size: usize,
    /// Each picture is made `side` × `side`.
    pub side: usize,
    /// How its levels are written.
    pub numbers: Numbers,
    /// What else comes with it.
    pub beside: Option<Beside>,
}

/// Some pictures in the order of the epoch, resized.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Each picture's place in its file.
    pub indices: Vec<u32>,
    /// Their classes.
    pub labels: Vec<u8>,
    /// n × side × side numbers, row by row.
    pub pictures: Vec<u8>,
    /// What the plan has made beside them.
    pub beside: Vec<Vec<u8>>,
    /// The place of the first picture in the order.
    pub first_position: usize,
}

impl Batch {
    /// Pictures in it.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

/// Goes through an order, batch by batch. Dropping it ends the thread and waits for it, at most as long as one batch
/// takes to be made.
pub struct Prefetch {
    batches: Option<Receiver<Batch>>,
    spare: Sender<Batch>,
    thread: Option<JoinHandle<()>>,
    /// Makes the batches here, if the system would not give us a thread.
    without_thread: Option<Maker>,
    delivered: usize,
    total: usize,
    batch_size: usize,
}

impl Prefetch {
    /// Begins, and goes on to the order's end.
    pub fn start(plan: Plan) -> Self {
        let batch_size = plan.batch_size.max(1);
        let total = plan.order.len().saturating_sub(plan.from_position);
        let maker = Maker::new(plan);
        let (full, batches) = sync_channel(DEPTH);
        let (spare, emptied) = channel();
        let thread = Builder::new().name("prefetch".into()).spawn({
            let maker = maker.clone();
            move || work(maker, &full, &emptied)
        });
        let (thread, without_thread) = match thread {
            Ok(thread) => (Some(thread), None),
            Err(error) => {
                tracing::warn!("no thread to prepare pictures on ({error}): they are prepared between the steps");
                (None, Some(maker))
            }
        };
        Self { batches: Some(batches), spare, thread, without_thread, delivered: 0, total, batch_size }
    }

    /// Gives a batch's memory back, for one that is still to come.
    pub fn recycle(&self, batch: Batch) {
        // Once the thread has made its last batch, nobody needs the memory.
        let _ = self.spare.send(batch);
    }

    /// Whether the iterator ended before the order did, because the thread died of a fault in the program.
    pub fn failed(&self) -> bool {
        self.batches.is_none() && self.delivered < self.total
    }

    fn stop(&mut self) {
        // With the receiver gone, a thread that waits for room in the channel wakes and ends.
        self.batches = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that prepares pictures panicked");
        }
    }
}

impl Iterator for Prefetch {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let batch = match &mut self.without_thread {
            Some(maker) => maker.make(Batch::default()),
            None => self.batches.as_ref().and_then(|batches| batches.recv().ok()),
        };
        match &batch {
            Some(batch) => self.delivered += batch.len(),
            None => self.stop(),
        }
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.total - self.delivered).div_ceil(self.batch_size);
        // Fewer come only if the thread dies.
        (0, Some(left))
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.stop();
    }
}

fn work(mut maker: Maker, full: &SyncSender<Batch>, emptied: &Receiver<Batch>) {
    while let Some(batch) = maker.make(emptied.try_recv().unwrap_or_default()) {
        if full.send(batch).is_err() {
            return;
        }
    }
}

/// Makes one batch after the other.
#[derive(Clone)]
struct Maker {
    plan: Plan,
    position: usize,
    resizer: Resizer,
    /// One picture's levels.
    levels: Vec<u8>,
}

impl Maker {
    fn new(plan: Plan) -> Self {
        let levels = vec![0; plan.side * plan.side];
        Self { position: plan.from_position, resizer: Resizer::new(plan.side), levels, plan }
    }

    /// The next batch, in the memory of a used one.
    fn make(&mut self, mut batch: Batch) -> Option<Batch> {
        let Plan { images, order, numbers, .. } = &self.plan;
        let left = order.get(self.position..).filter(|left| !left.is_empty())?;
        let indices = &left[..self.plan.batch_size.max(1).min(left.len())];
        let picture = self.levels.len() * numbers.size();
        batch.first_position = self.position;
        batch.indices.clear();
        batch.indices.extend_from_slice(indices);
        batch.labels.clear();
        batch.labels.extend(indices.iter().map(|&index| images.label(index as usize)));
        batch.pictures.resize(indices.len() * picture, 0);
        for (&index, to) in indices.iter().zip(batch.pictures.chunks_exact_mut(picture)) {
            self.resizer.resize(images.pixels(index as usize), &mut self.levels);
            numbers.write(&self.levels, to);
        }
        if let Some(beside) = &self.plan.beside {
            beside(self.position, indices.len(), &mut batch.beside);
        }
        self.position += indices.len();
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::data::{SIDE, sample};

    fn plan(images: &Arc<Images>, order: impl IntoIterator<Item = u32>, batch_size: usize, side: usize) -> Plan {
        Plan {
            images: Arc::clone(images),
            order: order.into_iter().collect(),
            from_position: 0,
            batch_size,
            side,
            numbers: Numbers::Bytes,
            beside: None,
        }
    }

    #[test]
    fn batches_come_in_the_order_asked_for_from_the_place_asked_for() {
        let images = sample().unwrap().test;
        let order: Vec<u32> = (0..100).map(|n| (n * 37) % 1000).collect();
        let prefetch = Prefetch::start(Plan { from_position: 30, ..plan(&images, order.clone(), 32, 40) });
        let resizer = Resizer::new(40);
        let mut position = 30;
        for batch in prefetch {
            assert_eq!(batch.first_position, position);
            assert_eq!(batch.indices[..], order[position..(position + 32).min(100)]);
            for (place, &index) in batch.indices.iter().enumerate() {
                assert_eq!(batch.labels[place], images.label(index as usize));
                let mut pixels = [0; 40 * 40];
                resizer.resize(images.pixels(index as usize), &mut pixels);
                assert_eq!(batch.pictures[place * 1600..(place + 1) * 1600], pixels);
            }
            position += batch.len();
        }
        assert_eq!(position, 100);
    }

    #[test]
    fn a_recycled_batch_leaves_no_trace_in_a_later_one() {
        let images = sample().unwrap().test;
        let beside: Beside = Arc::new(|first, pictures, all| {
            all.resize(1, Vec::new());
            all[0].clear();
            all[0].extend((first..first + pictures).map(|place| place as u8));
        });
        let plan = Plan { beside: Some(beside), ..plan(&images, 0..250, 32, SIDE) };
        let fresh: Vec<Batch> = Prefetch::start(plan.clone()).collect();
        assert_eq!(fresh[7].beside, [(224..250).map(|place| place as u8).collect::<Vec<_>>()]);
        let mut prefetch = Prefetch::start(plan);
        let mut reused = Vec::new();
        while let Some(batch) = prefetch.next() {
            reused.push(batch.clone());
            prefetch.recycle(batch);
        }
        assert_eq!(reused, fresh);
        assert!(!prefetch.failed());
    }

    #[test]
    fn dropping_it_ends_a_thread_that_waits_for_room() {
        let images = sample().unwrap().train;
        for taken in [0, 1, 5] {
            let mut prefetch = Prefetch::start(plan(&images, 0..6_000, 16, SIDE));
            assert_eq!(prefetch.by_ref().take(taken).count(), taken);
            // Would hang here for ever, were the thread not woken: it has far more batches than the channel holds.
            drop(prefetch);
            assert_eq!(Arc::strong_count(&images), 1, "the thread is gone, and so is its hold on the pictures");
        }
    }

    #[test]
    fn a_thread_that_dies_ends_the_batches_and_says_so() {
        let images = sample().unwrap().test;
        let mut prefetch = Prefetch::start(plan(&images, [0, 1, 2, 1_000_000, 3], 2, SIDE));
        assert_eq!(prefetch.by_ref().count(), 1);
        assert!(prefetch.failed());
    }

    #[test]
    fn every_level_is_the_number_that_pytorch_makes_of_it() {
        let levels: Vec<u8> = (0..=255).collect();
        let [mut single, mut half] = [vec![0; 1024], vec![0; 512]];
        Numbers::F32.write(&levels, &mut single);
        Numbers::Bf16.write(&levels, &mut half);
        for level in 0..=255_u8 {
            let at = usize::from(level);
            let unit = f32::from(level) / 255.0;
            assert_eq!(single[4 * at..4 * at + 4], unit.to_le_bytes());
            assert_eq!(half[2 * at..2 * at + 2], half::bf16::from_f32(unit).to_le_bytes());
        }
    }
}
