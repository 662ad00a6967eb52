#!/usr/bin/env python3
"""PyTorch for Python reads what alexnet-tui writes, and alexnet-tui what PyTorch writes: `make test-interop`.

Run with the program to test: check.py PROGRAM. The article's own class (below, in our words) and torchvision's AlexNet
are saved in every form that people use; each is evaluated by the program on the first 1,000 test pictures (of the full
data set where it is installed, else of the sample), and its predictions are held against Python's. Then the other way.
"""

import csv
import gzip
import os
import pickle
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.argv[1]).resolve()
PICTURES = 1000
WIDTHS = {"fashion": ([96, 256, 384, 384, 256], 4096), "tiny": ([6, 16, 24, 24, 16], 256)}


class AlexNet(nn.Module):
    """The article's class: names of its layers are those of its state_dict."""

    def __init__(self, variant):
        super().__init__()
        (a, b, c, d, e), dense = WIDTHS[variant]
        self.conv1 = nn.Conv2d(1, a, 11, stride=4)
        self.conv2 = nn.Conv2d(a, b, 5, padding=2)
        self.conv3 = nn.Conv2d(b, c, 3, padding=1)
        self.conv4 = nn.Conv2d(c, d, 3, padding=1)
        self.conv5 = nn.Conv2d(d, e, 3, padding=1)
        self.fc1 = nn.Linear(e * 6 * 6, dense)
        self.fc2 = nn.Linear(dense, dense)
        self.fc3 = nn.Linear(dense, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 3, 2)
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        x = F.max_pool2d(F.relu(self.conv5(x)), 3, 2).flatten(1)
        x = F.dropout(F.relu(self.fc1(x)), training=self.training)
        return self.fc3(F.dropout(F.relu(self.fc2(x)), training=self.training))


class Evil:
    """What a malicious checkpoint does: run something as it is loaded."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.system, (f"touch {self.file}",)


def main():
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pixels = cut(find_data(), Path("data"))
        pictures = {side: prepared(pixels, side) for side in (227, 224)}
        theirs_read_by_ours(pictures)
        ours_read_by_theirs(pictures)
        a_run_begins_with_their_weights()
        nothing_of_theirs_is_run()
    print("interop: all is well")


def ours(*arguments, status=0, **more):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {f"XDG_{kind}_HOME": str(Path.cwd() / "home" / kind.lower()) for kind in ("CONFIG", "DATA", "STATE")}
    command = [str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(command, env=environment, text=True, capture_output=True, **more)
    if done.returncode != status:
        sys.exit(f"interop: {' '.join(command)}: status {done.returncode}, expected {status}\n{done.stderr}")
    return done


def find_data():
    done = ours("data", "path")
    folder = Path(done.stdout.strip() or "/nowhere")
    if not folder.is_dir():
        print("interop: the full data set is not here, so the sample's 1,000 test pictures are used", flush=True)
        return ROOT / "assets" / "sample"
    print(f"interop: the first 1,000 test pictures of {folder}", flush=True)
    return folder


def cut(folder, out):
    """Writes a set of the first pictures of each file. Returns the test pictures."""
    out.mkdir()
    for stem in ("train", "t10k"):
        for kind, header, size in (("images-idx3", 16, 784), ("labels-idx1", 8, 1)):
            name = f"{stem}-{kind}-ubyte"
            plain, zipped = folder / name, folder / f"{name}.gz"
            raw = plain.read_bytes() if plain.exists() else gzip.decompress(zipped.read_bytes())
            raw = raw[:4] + struct.pack(">I", PICTURES) + raw[8:header + PICTURES * size]
            (out / name).write_bytes(raw)
    images = (out / "t10k-images-idx3-ubyte").read_bytes()
    return numpy.frombuffer(images, numpy.uint8, offset=16).reshape(PICTURES, 28, 28)


def prepared(pixels, side):
    """As torchvision gives them: Resize(side), ToTensor()."""
    prepare = torchvision.transforms.Compose(
        [torchvision.transforms.Resize((side, side)), torchvision.transforms.ToTensor()])
    return torch.stack([prepare(Image.fromarray(picture)) for picture in pixels])


def log_probabilities(model, pictures):
    model = model.eval()
    with torch.no_grad():
        return torch.cat([F.log_softmax(model(batch), 1) for batch in pictures.split(100)])


def predicted(file):
    """The program's own log-probabilities of the first pictures, by their index."""
    ours("eval", file, "--data", "data", "--precision", "f32", "--predictions", "ours.csv")
    with open("ours.csv", newline="") as rows:
        rows = list(csv.DictReader(rows))
    assert [int(row["index"]) for row in rows] == list(range(PICTURES))
    probabilities = torch.tensor([[float(row[f"p{at}"]) for at in range(10)] for row in rows], dtype=torch.float64)
    return torch.tensor([int(row["predicted"]) for row in rows]), probabilities.log()


def compare(what, file, theirs):
    classes, mine = predicted(file)
    # A logit is known but for a constant, which the softmax takes away. What is as improbable as 1e-30 is not compared.
    likely = theirs > -60
    distance = (mine - theirs.double())[likely].abs().max().item()
    equal = (classes == theirs.argmax(1)).sum().item()
    largest = theirs[likely].abs().max().item()
    print(f"interop: {what}: {equal} of {len(classes)} classes equal, log-probabilities within {distance:.1e} "
          f"(largest {largest:.1f})", flush=True)
    if equal != len(classes) or not distance <= 1e-4 * max(1, largest):
        sys.exit(f"interop: {what}: the program and Python disagree")


def theirs_read_by_ours(pictures):
    model = AlexNet("tiny")
    # Wider than PyTorch begins, so that the classes differ.
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2.5)
    expected = log_probabilities(model, pictures[227])
    state = model.state_dict()
    optimizer = torch.optim.Adam(model.parameters())
    model(pictures[227][:8]).sum().backward()
    optimizer.step()
    optimizer_state = optimizer.state_dict()
    model.load_state_dict(state := {name: tensor.clone() for name, tensor in state.items()})
    with torch.no_grad():
        expected = log_probabilities(model, pictures[227])
    forms = {
        "state_dict": model.state_dict(),
        "plain_dict": dict(model.state_dict()),
        "nested": {"epoch": 3, "best": 0.9, "name": "AlexNet", "optimizer": optimizer_state, "model": model.state_dict()},
        "lightning": {"state_dict": {f"model.{name}": tensor for name, tensor in model.state_dict().items()}, "loops": {}},
        "data_parallel": {f"module.{name}": tensor for name, tensor in model.state_dict().items()},
        "parameters": dict(model.named_parameters()),
        "channels_last": {
            name: tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
            for name, tensor in model.state_dict().items()
        },
        "double": {name: tensor.double() for name, tensor in model.state_dict().items()},
    }
    for name, form in forms.items():
        torch.save(form, f"{name}.pth")
        compare(f"{name}.pth", f"{name}.pth", expected)
    torch.serialization.set_crc32_options(False)
    torch.save(model.state_dict(), "no_check_sums.pth")
    torch.serialization.set_crc32_options(True)
    compare("no_check_sums.pth", "no_check_sums.pth", expected)
    save_file(model.state_dict(), "plain.safetensors")
    compare("plain.safetensors", "plain.safetensors", expected)
    for kind in (torch.float16, torch.bfloat16):
        rounded = AlexNet("tiny")
        rounded.load_state_dict({name: tensor.to(kind).float() for name, tensor in model.state_dict().items()})
        expected_rounded = log_probabilities(rounded, pictures[227])
        halves = {name: tensor.to(kind) for name, tensor in model.state_dict().items()}
        name = str(kind).removeprefix("torch.")
        torch.save(halves, f"{name}.pth")
        compare(f"{name}.pth", f"{name}.pth", expected_rounded)
        save_file(halves, f"{name}.safetensors")
        compare(f"{name}.safetensors", f"{name}.safetensors", expected_rounded)
    theirs = torchvision.models.alexnet(num_classes=10)
    theirs.features[0] = nn.Conv2d(1, 64, kernel_size=11, stride=4, padding=2)
    torch.save(theirs.state_dict(), "torchvision.pth")
    compare("torchvision's alexnet", "torchvision.pth", log_probabilities(theirs, pictures[224]))
    full = AlexNet("fashion")
    torch.save(full.state_dict(), "fashion.pth")
    compare("the article's net", "fashion.pth", log_probabilities(full, pictures[227]))


def ours_read_by_theirs(pictures):
    ours("train", "--data", "sample", "--epochs", "1", "--limit-train", "1280", "--limit-validation", "320",
         "--set", "model.variant=tiny", "--run-dir", "run")
    checkpoint = "run/checkpoints/last.safetensors"
    ours("export", checkpoint, "out.pth")
    ours("export", checkpoint, "out.safetensors")
    loads = {
        "out.pth": lambda: torch.load("out.pth", weights_only=True),
        "out.pth, mapped": lambda: torch.load("out.pth", weights_only=True, mmap=True),
        "out.safetensors": lambda: load_file("out.safetensors"),
    }
    for what, load in loads.items():
        model = AlexNet("tiny")
        model.load_state_dict(load(), strict=True)
        compare(f"exported {what}", checkpoint, log_probabilities(model, pictures[227]))
    names = list(torch.load("out.pth", weights_only=True))
    assert names == list(AlexNet("tiny").state_dict()), names
    # Out and in again: the same bits.
    ours("export", "out.pth", "again.safetensors")
    assert all(torch.equal(tensor, load_file("again.safetensors")[name]) for name, tensor in load_file("out.safetensors").items())
    # The real net, never trained.
    ours("export", "fashion.pth", "fashion.safetensors")
    model = AlexNet("fashion")
    model.load_state_dict(load_file("fashion.safetensors"), strict=True)
    print(f"interop: the article's net, {sum(tensor.numel() for tensor in model.parameters()):,} parameters, out and in", flush=True)


def a_run_begins_with_their_weights():
    ours("train", "--resume", "state_dict.pth", "--run-dir", "begun", "--data", "sample", "--epochs", "1",
         "--limit-train", "64", "--limit-validation", "32", "--learning-rate", "1e-12", "--precision", "f32")
    ours("export", "begun/checkpoints/last.safetensors", "begun.pth")
    theirs, mine = torch.load("state_dict.pth", weights_only=True), torch.load("begun.pth", weights_only=True)
    distance = max((theirs[name] - mine[name]).abs().max().item() for name in theirs)
    print(f"interop: two steps at a rate of 1e-12 from their weights: they moved by {distance:.1e}", flush=True)
    assert distance < 1e-6


def nothing_of_theirs_is_run():
    evils = {
        "evil.pth": lambda: torch.save({"conv1.weight": Evil("was_run")}, "evil.pth"),
        "module.pth": lambda: torch.save(AlexNet("tiny"), "module.pth"),
        "evil.pkl": lambda: Path("evil.pkl").write_bytes(pickle.dumps(Evil("was_run"), protocol=2)),
        "old.pth": lambda: torch.save(AlexNet("tiny").state_dict(), "old.pth", _use_new_zipfile_serialization=False),
        "script.pth": lambda: torch.jit.save(torch.jit.script(nn.Linear(2, 2)), "script.pth"),
    }
    for name, save in evils.items():
        save()
        said = ours("eval", name, status=1).stderr.strip()
        print(f"interop: refused: {said}", flush=True)
        assert name in said and not Path("was_run").exists()


main()
