#!/usr/bin/env python3
"""Installs Python packages into a folder of their own, once: pytorch.py FOLDER WHAT-FOR PACKAGE…

PyTorch for Python brings its GPU libraries along: about 3 GB to download and 5 GB on the disk.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def main():
    folder, purpose, *packages = sys.argv[1:]
    folder = Path(folder)
    if folder.exists():
        return
    print(f"installing {', '.join(packages)} for Python into {folder}, {purpose}: about 3 GB to download and 5 GB on the "
          "disk (`make clean` removes it)", file=sys.stderr, flush=True)
    new, space = folder.with_name(f".{folder.name}-new"), folder.with_name(".pip")  # /tmp may be small
    for left in (new, space):
        shutil.rmtree(left, ignore_errors=True)
    space.mkdir(parents=True)
    quiet = {"TMPDIR": str(space), "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--only-binary=:all:", "--target", new, *packages]
    done = subprocess.run(list(map(str, command)), env=os.environ | quiet, stdout=sys.stderr)
    shutil.rmtree(space, ignore_errors=True)
    if done.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        sys.exit("pip could not install them (see above): is the package index reached, and the disk large enough?")
    new.rename(folder)


if __name__ == "__main__":
    main()
