#!/usr/bin/env python3
"""Reads a run's event files with TensorBoard's own reader and holds them against the run's other files.

    tensorboard.py RUN      prints what it read; 1 with a reason where something is missing or differs
"""

import csv
import json
import pathlib
import sys

del sys.path[0]  # this folder: a file of the package's name is in it

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New

SCALARS = ["loss/train", "accuracy/train", "learning_rate", "images_per_second"]
EPOCH_SCALARS = {
    "loss/train_epoch": "train_loss",
    "loss/validation": "validation_loss",
    "accuracy/train_epoch": "train_accuracy",
    "accuracy/validation": "validation_accuracy",
}


def fail(reason):
    sys.exit(f"tensorboard.py: {reason}")


def near(ours, theirs):
    return abs(ours - theirs) <= 1e-6 * max(1.0, abs(theirs))


def first_events(path):
    """The file's first two events, read by TensorBoard, which checks their checksums."""
    reader = PyRecordReader_New(str(path))
    events = []
    for _ in range(2):
        reader.GetNext()
        event = event_pb2.Event()
        event.ParseFromString(reader.record())
        events.append(event)
    return events


def check_beginnings(run):
    files = sorted(run.glob("events.out.tfevents.*"))
    if not files:
        fail(f"{run} holds no event file")
    for number, path in enumerate(files):
        version, second = first_events(path)
        if version.file_version != "brain.Event:2":
            fail(f"{path.name} does not begin with the version of its format")
        if number > 0 and second.session_log.status != event_pb2.SessionLog.START:
            fail(f"{path.name} is of a run that went on, and does not say from where")
    print(f"{len(files)} event file(s)")


def check_scalars(run, events):
    tags = events.Tags()["scalars"]
    missing = [tag for tag in [*SCALARS, *EPOCH_SCALARS] if tag not in tags]
    if missing:
        fail(f"there are no scalars {', '.join(missing)}")
    steps = [json.loads(line) for line in (run / "steps.jsonl").read_text().splitlines()]
    told = events.Scalars("loss/train")
    if [event.step for event in told] != [step["step"] for step in steps]:
        fail(f"loss/train tells of {len(told)} steps, steps.jsonl of {len(steps)}, or of others")
    for event, step in zip(told, steps):
        if not near(event.value, step["loss"]):
            fail(f"the loss of step {event.step} is {event.value}, and {step['loss']} in steps.jsonl")
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for tag, column in EPOCH_SCALARS.items():
        told = events.Scalars(tag)
        if len(told) != len(rows):
            fail(f"{tag} tells of {len(told)} epochs, metrics.csv of {len(rows)}")
        for event, row in zip(told, rows):
            if not near(event.value, float(row[column])):
                fail(f"{tag} is {event.value} at step {event.step}, and {row[column]} in metrics.csv")
    print(f"scalars: {len(tags)} tags, {len(steps)} steps, {len(rows)} epochs, equal to steps.jsonl and metrics.csv")
    return len(rows)


def check_histograms(events, epochs):
    tags = events.Tags()["histograms"]
    for group in ["weights", "gradients"]:
        of = [tag for tag in tags if tag.startswith(f"{group}/")]
        if len(of) != 8:
            fail(f"{len(of)} layers have histograms of {group}, not the eight that learn")
        for tag in of:
            told = events.Histograms(tag)
            if not 0 < len(told) <= epochs:
                fail(f"{tag}: {len(told)} histograms in {epochs} epochs")
            for event in told:
                value = event.histogram_value
                if not near(sum(value.bucket) / value.num, 1.0) or len(value.bucket) != len(value.bucket_limit):
                    fail(f"{tag}: buckets and sums don't agree at step {event.step}")
    print(f"histograms: {len(tags)} tags")


def check_images(events):
    tags = events.Tags()["images"]
    if "confusion/validation" not in tags:
        fail("there is no image confusion/validation")
    for tag in tags:
        for event in events.Images(tag):
            if not event.encoded_image_string.startswith(b"\x89PNG\r\n\x1a\n"):
                fail(f"{tag} is no PNG")
        print(f"image {tag}: {event.width}×{event.height}, {len(events.Images(tag))} of them")


def check_text(run, events):
    if "config" not in events.Tags()["tensors"]:
        fail("there is no text config")
    metadata = events.SummaryMetadata("config")
    if metadata.plugin_data.plugin_name != "text":
        fail(f"config is for {metadata.plugin_data.plugin_name!r}, not for the text dashboard")
    (text,) = events.Tensors("config")[-1].tensor_proto.string_val
    lines = [line.removeprefix("    ") for line in text.decode().splitlines()]
    if lines != (run / "config.toml").read_text().splitlines():
        fail("config is not what config.toml says")
    print(f"text: config, {len(lines)} lines, equal to config.toml")


def main():
    if len(sys.argv) != 2:
        fail("one argument: a run's folder")
    run = pathlib.Path(sys.argv[1])
    check_beginnings(run)
    everything = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
    events = EventAccumulator(str(run), size_guidance=everything)
    events.Reload()
    epochs = check_scalars(run, events)
    check_histograms(events, epochs)
    check_images(events)
    check_text(run, events)


if __name__ == "__main__":
    main()
