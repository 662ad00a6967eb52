#!/usr/bin/env python3
"""AlexNet on Fashion-MNIST in Python, as one would run it otherwise: what `make bench` holds alexnet-tui against.

The recipes:
  article   what beginners copy: fp32, every picture resized by PIL in one DataLoader worker, plain Adam, a sync a step
  tuned     the best eager PyTorch we know on a CPU: pictures kept as bytes and resized a batch at a time, bf16 autocast
            where the processor multiplies bf16, channels_last, fused Adam, ReLU after the pool, denormals flushed,
            passive OpenMP, huge pages, and Debian's jemalloc giving nothing back (glibc without trimming, where it is missing)
  compiled  tuned, through torch.compile (needs g++)

Prints one JSON line. Needs torch, torchvision, pillow and numpy, which compare.py installs.
"""

import argparse
import gzip
import json
import os
import resource
import sys
import time
from pathlib import Path

JEMALLOC = [
    Path("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"),  # Debian and Ubuntu
    Path("/usr/lib64/libjemalloc.so.2"),  # Fedora
]
STARTED = "ALEXNET_BASELINE_STARTED"


def main():
    arguments = parse()
    if arguments.recipe != "article" and STARTED not in os.environ:
        # Allocator and OpenMP read their environment as they are loaded.
        os.environ.update(tuned_environment())
        os.execv(sys.executable, [sys.executable, *sys.argv])
    print(json.dumps(measure(arguments)))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=["article", "tuned", "compiled"], required=True)
    parser.add_argument("--job", choices=["train", "eval"], default="train")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=40, help="steps that are timed")
    parser.add_argument("--warm-up", type=int, default=5, help="steps before them")
    parser.add_argument("--precision", choices=["bf16", "f32"], default="bf16", help="of tuned and compiled")
    parser.add_argument("--data", type=Path, required=True, help="folder with the four IDX files, gzipped or not")
    return parser.parse_args()


def tuned_environment():
    environment = {STARTED: "1", "OMP_WAIT_POLICY": "passive", "THP_MEM_ALLOC_ENABLE": "1"}
    jemalloc = next((path for path in JEMALLOC if path.exists()), None)
    if jemalloc:
        environment["LD_PRELOAD"] = str(jemalloc)
        environment["MALLOC_CONF"] = "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always,oversize_threshold:0"
    else:
        environment["MALLOC_MMAP_MAX_"] = "0"
        environment["MALLOC_TRIM_THRESHOLD_"] = str(16 << 30)
    return environment


def measure(arguments):
    # After the exec: torch is slow to load, and its allocator must be in place.
    import torch
    import torch.nn.functional as F

    article = arguments.recipe == "article"
    training = arguments.job == "train"
    images, labels = read(arguments.data, "train" if training else "t10k")
    torch.manual_seed(0)
    model = alexnet(pool_first=not article)
    if not article:
        torch.set_flush_denormal(True)
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=None if article else True)
    model.train(training)
    network = torch.compile(model) if arguments.recipe == "compiled" else model
    batches = (article_batches if article else tuned_batches)(images, labels, arguments.batch_size)
    bf16 = not article and arguments.precision == "bf16"

    seen = correct = loss_sum = 0
    started = time.perf_counter()
    for step in range(arguments.warm_up + arguments.steps):
        if step == arguments.warm_up:
            seen, started = 0, time.perf_counter()
        x, y = next(batches)
        with torch.set_grad_enabled(training), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            logits = network(x)
        loss = F.cross_entropy(logits.float(), y)
        if training:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss_sum += loss.item() * len(y)
        correct += (logits.argmax(1) == y).sum()
        seen += len(y)
    seconds = time.perf_counter() - started
    return {
        "recipe": arguments.recipe,
        "job": arguments.job,
        "batch_size": arguments.batch_size,
        "precision": "bf16" if bf16 else "f32",
        "malloc": "jemalloc" if "jemalloc" in os.environ.get("LD_PRELOAD", "") else "glibc",
        "threads": torch.get_num_threads(),
        "images_per_second": seen / seconds,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "last_loss": loss.item(),
    }


def read(folder, split):
    """Pictures (n × 28 × 28 bytes) and labels of a split."""
    import numpy

    def idx(name, header):
        plain, packed = folder / name, folder / f"{name}.gz"
        content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
        return numpy.frombuffer(content, numpy.uint8, offset=header).copy()

    images = idx(f"{split}-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    labels = idx(f"{split}-labels-idx1-ubyte", 8).astype(numpy.int64)
    return images, labels


def alexnet(pool_first):
    """Five convolutions and three dense layers on 1×227×227: 58,299,082 parameters."""
    import torch.nn.functional as F
    from torch import nn

    def relu_and_pool(x):
        # max and ReLU commute, and a ReLU after the pool has a quarter of the work.
        return F.relu(F.max_pool2d(x, 3, 2)) if pool_first else F.max_pool2d(F.relu(x), 3, 2)

    class AlexNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 96, 11, stride=4)
            self.conv2 = nn.Conv2d(96, 256, 5, padding=2)
            self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
            self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
            self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
            self.fc1 = nn.Linear(9216, 4096)
            self.fc2 = nn.Linear(4096, 4096)
            self.fc3 = nn.Linear(4096, 10)

        def forward(self, x):
            x = relu_and_pool(self.conv1(x))
            x = relu_and_pool(self.conv2(x))
            x = F.relu(self.conv4(F.relu(self.conv3(x))))
            x = relu_and_pool(self.conv5(x)).flatten(1)
            x = F.dropout(F.relu(self.fc1(x)), 0.5, self.training)
            x = F.dropout(F.relu(self.fc2(x)), 0.5, self.training)
            return self.fc3(x)

    return AlexNet()


def article_batches(images, labels, batch_size):
    import torch
    from PIL import Image
    from torchvision import transforms

    transform = transforms.Compose([transforms.Resize(227), transforms.ToTensor()])

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return len(images)

        def __getitem__(self, index):
            return transform(Image.fromarray(images[index])), int(labels[index])

    while True:
        yield from torch.utils.data.DataLoader(Pictures(), batch_size=batch_size, shuffle=True, num_workers=1)


def tuned_batches(images, labels, batch_size):
    import torch
    import torch.nn.functional as F

    x, y = torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels)
    while True:
        order = torch.randperm(len(y))
        for first in range(0, len(y) - batch_size + 1, batch_size):
            indices = order[first : first + batch_size]
            big = F.interpolate(x[indices].float() / 255, size=227, mode="bilinear", align_corners=False)
            yield big.contiguous(memory_format=torch.channels_last), y[indices]


if __name__ == "__main__":
    main()
