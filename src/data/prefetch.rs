//! Batches made ahead on a thread of their own, while the net computes. The thread holds bytes only, no tensors.

use super::dataset::Images;
use super::resize::Resizer;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Batches that wait to be taken. Together they are a few megabytes, and no step is so short that more would help.
const DEPTH: usize = 3;

/// Some pictures in the order of the epoch, resized.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Each picture's place in its file.
    pub indices: Vec<u32>,
    /// Their classes.
    pub labels: Vec<u8>,
    /// n × side × side bytes, row by row.
    pub pixels: Vec<u8>,
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
    /// Begins at `from_position` of `order` (indices into `images`) and goes on to its end, `batch_size` pictures at a
    /// time, each resized to `side` × `side`. The last batch may be short.
    pub fn start(images: Arc<Images>, order: Vec<u32>, from_position: usize, batch_size: usize, side: usize) -> Self {
        let batch_size = batch_size.max(1);
        let total = order.len().saturating_sub(from_position);
        let maker =
            Maker { images, order: order.into(), position: from_position, batch_size, resizer: Resizer::new(side) };
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
    images: Arc<Images>,
    order: Arc<[u32]>,
    position: usize,
    batch_size: usize,
    resizer: Resizer,
}

impl Maker {
    /// The next batch, in the memory of a used one.
    fn make(&mut self, mut batch: Batch) -> Option<Batch> {
        let left = self.order.get(self.position..).filter(|left| !left.is_empty())?;
        let indices = &left[..self.batch_size.min(left.len())];
        let picture = self.resizer.side() * self.resizer.side();
        batch.first_position = self.position;
        batch.indices.clear();
        batch.indices.extend_from_slice(indices);
        batch.labels.clear();
        batch.labels.extend(indices.iter().map(|&index| self.images.label(index as usize)));
        batch.pixels.resize(indices.len() * picture, 0);
        for (&index, to) in indices.iter().zip(batch.pixels.chunks_exact_mut(picture)) {
            self.resizer.resize(self.images.pixels(index as usize), to);
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

    #[test]
    fn batches_come_in_the_order_asked_for_from_the_place_asked_for() {
        let images = sample().unwrap().test;
        let order: Vec<u32> = (0..100).map(|n| (n * 37) % 1000).collect();
        let prefetch = Prefetch::start(Arc::clone(&images), order.clone(), 30, 32, 40);
        let resizer = Resizer::new(40);
        let mut position = 30;
        for batch in prefetch {
            assert_eq!(batch.first_position, position);
            assert_eq!(batch.indices[..], order[position..(position + 32).min(100)]);
            for (place, &index) in batch.indices.iter().enumerate() {
                assert_eq!(batch.labels[place], images.label(index as usize));
                let mut pixels = [0; 40 * 40];
                resizer.resize(images.pixels(index as usize), &mut pixels);
                assert_eq!(batch.pixels[place * 1600..(place + 1) * 1600], pixels);
            }
            position += batch.len();
        }
        assert_eq!(position, 100);
    }

    #[test]
    fn a_recycled_batch_leaves_no_trace_in_a_later_one() {
        let images = sample().unwrap().test;
        let order: Vec<u32> = (0..250).collect();
        let fresh: Vec<Batch> = Prefetch::start(Arc::clone(&images), order.clone(), 0, 32, SIDE).collect();
        let mut prefetch = Prefetch::start(images, order, 0, 32, SIDE);
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
        let order: Vec<u32> = (0..6_000).collect();
        for taken in [0, 1, 5] {
            let mut prefetch = Prefetch::start(Arc::clone(&images), order.clone(), 0, 16, SIDE);
            assert_eq!(prefetch.by_ref().take(taken).count(), taken);
            // Would hang here for ever, were the thread not woken: it has far more batches than the channel holds.
            drop(prefetch);
            assert_eq!(Arc::strong_count(&images), 1, "the thread is gone, and so is its hold on the pictures");
        }
    }

    #[test]
    fn a_thread_that_dies_ends_the_batches_and_says_so() {
        let images = sample().unwrap().test;
        let mut prefetch = Prefetch::start(images, vec![0, 1, 2, 1_000_000, 3], 0, 2, SIDE);
        assert_eq!(prefetch.by_ref().count(), 1);
        assert!(prefetch.failed());
    }
}
