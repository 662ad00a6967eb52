#!/usr/bin/env python3
"""Makes the sample that is compiled into the program: real pictures of Fashion-MNIST, the same number of each class.

The rule: the first 600 pictures of each class in the training file and the first 100 of each in the test file, in the
order of the file. Nothing else is changed, and the same originals give the same bytes (gzip without name or time).

    make_sample.py [FOLDER WITH THE FOUR .gz]        default: Debian's package dataset-fashion-mnist
"""

import gzip
import hashlib
import pathlib
import struct
import sys

ORIGINALS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
HERE = pathlib.Path(__file__).resolve().parent
PIXELS = 28 * 28
RAW_MD5 = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


def original(name):
    raw = gzip.decompress((ORIGINALS / f"{name}.gz").read_bytes())
    if hashlib.md5(raw).hexdigest() != RAW_MD5[name]:
        sys.exit(f"{ORIGINALS / name}.gz is not Fashion-MNIST's")
    return raw


def write(name, raw):
    # mtime 0 and no file name: the bytes depend on the content alone
    (HERE / f"{name}.gz").write_bytes(gzip.compress(raw, compresslevel=9, mtime=0))
    print(f"{name}: {len(raw):,} bytes, md5 {hashlib.md5(raw).hexdigest()}")


for part, per_class in (("train", 600), ("t10k", 100)):
    images = original(f"{part}-images-idx3-ubyte")[16:]
    labels = original(f"{part}-labels-idx1-ubyte")[8:]
    taken, chosen = [0] * 10, []
    for index, label in enumerate(labels):
        if taken[label] < per_class:
            taken[label] += 1
            chosen.append(index)
    assert taken == [per_class] * 10, taken
    pictures = b"".join(images[i * PIXELS : (i + 1) * PIXELS] for i in chosen)
    write(f"{part}-images-idx3-ubyte", struct.pack(">4I", 0x803, len(chosen), 28, 28) + pictures)
    write(f"{part}-labels-idx1-ubyte", struct.pack(">2I", 0x801, len(chosen)) + bytes(labels[i] for i in chosen))
