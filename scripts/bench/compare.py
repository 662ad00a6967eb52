#!/usr/bin/env python3
"""Times alexnet-tui beside the same training in Python, in turns, and prints how many times as fast it is.

`make bench ARGS="…"` runs it. The Python side (baseline.py tells its three recipes) is installed on demand into
target/bench/python. Every ratio is made within a round, where the two ran one after the other, and the median of the
rounds is told. All that was measured is left in target/bench/results.json.
"""

import argparse
import contextlib
import dataclasses
import fcntl
import gzip
import json
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "bench"
PACKAGES = ["torch==2.13.0", "torchvision==0.28.0", "numpy", "pillow"]
BATCH_SIZE = 32
WARM_UP = 5
OURS = "ours"


@dataclasses.dataclass(frozen=True)
class Scene:
    """What is run in turns, and how many times as fast as each other recipe ours shall be."""

    name: str
    title: str
    job: str
    batch_size: int
    bars: dict
    beside_busy: bool = False


SCENES = [
    Scene("train32", "training, batch 32", "train", 32, {"article": 8, "tuned": 1.25, "compiled": None}),
    Scene("train128", "training, batch 128", "train", 128, {"tuned": 1.2}),
    Scene("eval128", "evaluation, batch 128", "eval", 128, {"article": 8, "tuned": 1.15}),
    Scene("busy", "training, batch 32, beside a busy process", "train", 32, {"tuned": 1.25}, beside_busy=True),
]
MEMORY_BAR = 0.8  # of tuned's peak, training at batch 32
SCREEN_BAR = 0.97
EPOCH_BAR = 0.95
NAMES = [scene.name for scene in SCENES] + ["screen", "epoch"]


class Failed(Exception):
    """Something could not be measured; the text says why."""


def main():
    options = parse()
    if not options.program.exists():
        sys.exit(f"bench: there is no {options.program}; `make` builds it")
    options.data = options.data or find_data(options.program)
    options.folder = Path(tempfile.mkdtemp(prefix="alexnet-bench-"))
    results = {"machine": machine(), "data": str(options.data), "rounds": []}
    try:
        if any(scene.name in options.only for scene in SCENES):
            install_python()
        measure(options, results)
    except KeyboardInterrupt:
        say("ended by Ctrl-C; this is what was measured by then")
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(table(results), end="")


def parse():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often everything runs in turn [3]")
    parser.add_argument("--steps", type=int, default=40, help="steps that are timed [40]; of `article`, a quarter")
    parser.add_argument("--only", type=lambda names: names.split(","), default=NAMES[:-1], metavar="NAME,…",
                        help=f"some of {', '.join(NAMES)} [all but epoch]")
    parser.add_argument("--epoch", action="store_true", help="a whole epoch too, its last quarter against its first")
    parser.add_argument("--without", type=lambda names: names.split(","), default=[], metavar="RECIPE,…",
                        help="recipes to leave out: article, tuned, compiled")
    parser.add_argument("--data", type=Path, help="folder with the four IDX files [what the program uses]")
    parser.add_argument("--program", type=Path, default=HOME.parent / "release" / "alexnet-tui")
    options = parser.parse_args()
    if unknown := set(options.only) - set(NAMES):
        parser.error(f"--only: there is no {', '.join(unknown)}")
    options.only = [*options.only, "epoch"] if options.epoch else options.only
    if options.rounds < 1 or options.steps < 1:
        parser.error("--rounds and --steps are at least 1")
    return options


def measure(options, results):
    if (load := os.getloadavg()[0]) > 0.5:
        say(f"note: this machine is busy (load {load:.1f}): read the ratios, not the rates")
    failed = {}
    for number in range(options.rounds):
        row = {}
        results["rounds"].append(row)
        label = f"round {number + 1} of {options.rounds}"
        for scene in (scene for scene in SCENES if scene.name in options.only):
            recipes = [OURS, *(recipe for recipe in scene.bars if recipe not in options.without)]
            measured = row[scene.name] = {}
            # There and back again: none is always the one that finds the machine cool.
            for recipe in recipes if number % 2 == 0 else reversed(recipes):
                if (scene.name, recipe) in failed:
                    continue
                try:
                    with busy_process() if scene.beside_busy else contextlib.nullcontext():
                        report = run(options, scene, recipe, results)
                except Failed as why:
                    failed[scene.name, recipe] = str(why)
                    say(f"{label}: {scene.title}, {recipe}: left out: {why}")
                    continue
                measured[recipe] = report
                if recipe == OURS:
                    results.setdefault("precision", report["precision"])
                say(f"{label}: {scene.title}, {recipe}: {report['images_per_second']:.1f} pictures a second, "
                    f"{report['peak_memory_mib']:.0f} MiB")
        if "screen" in options.only:
            with contextlib.suppress(Failed):
                measured = {place: run_watched(options, place == "screen") for place in ("plain", "screen")}
                row["screen"] = measured
                say(f"{label}: in the screen {measured['screen']:.1f} pictures a second, without {measured['plain']:.1f}")
    if "epoch" in options.only:
        steps = int(0.8 * training_pictures(options.data)) // BATCH_SIZE
        say(f"a whole epoch: {steps} steps")
        scene = dataclasses.replace(SCENES[0], title="epoch")
        results["epoch"] = run_ours(options, scene, steps)["quarters"]
    results["failed"] = {f"{scene}, {recipe}": why for (scene, recipe), why in failed.items()}


def run(options, scene, recipe, results):
    if recipe == OURS:
        return run_ours(options, scene, options.steps)
    if recipe == "article":
        return run_theirs(options, scene, recipe, max(5, options.steps // 4), "f32")
    return run_theirs(options, scene, recipe, options.steps, their_precision(options, results))


def their_precision(options, results):
    """The one in which tuned trains quicker here: a processor may multiply bf16 slower than fp32."""
    if "their_precision" not in results:
        rates = {precision: run_theirs(options, SCENES[0], "tuned", WARM_UP, precision)["images_per_second"]
                 for precision in ("bf16", "f32")}
        results["their_precision"] = max(rates, key=rates.get)
        say(f"tuned and compiled run in {results['their_precision']}, the quicker one here ("
            + ", ".join(f"{precision} {rate:.1f}" for precision, rate in rates.items()) + " pictures a second)")
    return results["their_precision"]


def run_theirs(options, scene, recipe, steps, precision):
    return last_line([
        sys.executable, Path(__file__).with_name("baseline.py"), "--recipe", recipe, "--job", scene.job,
        "--batch-size", scene.batch_size, "--steps", steps, "--warm-up", WARM_UP, "--data", options.data,
        "--precision", precision,
    ], {"PYTHONPATH": str(HOME / "python")}, options.folder)


def run_ours(options, scene, steps):
    return last_line([
        options.program, "bench", "--json", "--job", scene.job, "--batch-size", scene.batch_size, "--steps", steps,
        "--data", options.data,
    ], {}, options.folder)


def last_line(command, extra, folder):
    """Runs a command to its end; its last line is JSON."""
    done = subprocess.run(list(map(str, command)), env=environment(folder) | extra, cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise Failed(said[-1].strip()[:300] if said else f"it ended with status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def environment(folder):
    """What a user has, without settings that would favour one side, and with places of its own."""
    ours = {"MALLOC_CONF", "LD_PRELOAD", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("OMP_")}
    places = {f"XDG_{place}_HOME": str(folder / place.lower()) for place in ("CONFIG", "DATA", "STATE")}
    return kept | places | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@contextlib.contextmanager
def busy_process():
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        neighbour.kill()
        neighbour.wait()


def run_watched(options, in_terminal):
    """Pictures a second of a run as its steps.jsonl grows: on the screen of a pseudo-terminal, or of `train --json`."""
    run_dir = Path(tempfile.mkdtemp(dir=options.folder)) / "run"
    command = [options.program, *([] if in_terminal else ["train", "--json"]), "--data", options.data,
               "--run-dir", run_dir, "--batch-size", BATCH_SIZE, "--epochs", 1000]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    places = {"stdin": slave, "preexec_fn": take_terminal} if in_terminal else {"stdin": subprocess.DEVNULL}
    child = subprocess.Popen(list(map(str, command)), stdout=slave, stderr=slave, cwd=options.folder,
                             env=environment(options.folder), start_new_session=True, **places)
    os.close(slave)
    try:
        return watch(child, master, run_dir / "steps.jsonl", options.steps, in_terminal)
    finally:
        child.send_signal(signal.SIGKILL)  # a throw-away run: nothing of it is worth saving
        child.wait()
        os.close(master)
        shutil.rmtree(run_dir.parent, ignore_errors=True)


def watch(child, master, lines, steps, in_terminal):
    seen, done, begun = b"", 0, None
    started = not in_terminal
    file = None
    while True:
        if select.select([master], [], [], 0.005)[0]:
            with contextlib.suppress(OSError):
                seen = (seen + os.read(master, 1 << 16))[-1 << 16 :]
        if child.poll() is not None:
            raise Failed(f"the program ended with status {child.returncode}")
        if not started and b"idle" in seen:
            os.write(master, b"s")
            started = True
        if file is None and lines.exists():
            file = lines.open("rb")
        if file is None:
            continue
        done += file.read().count(b"\n")
        if begun is None and done >= WARM_UP:
            begun = (time.perf_counter(), done)
        elif begun and done >= begun[1] + steps:
            return (done - begun[1]) * BATCH_SIZE / (time.perf_counter() - begun[0])


def install_python():
    command = [sys.executable, ROOT / "scripts" / "pytorch.py", HOME / "python", "to measure against", *PACKAGES]
    if subprocess.run(list(map(str, command))).returncode != 0:
        sys.exit("bench: there is no PyTorch to measure against (see above)")


def find_data(program):
    done = subprocess.run([program, "data", "path"], cwd=ROOT, text=True, capture_output=True)
    folder = Path(done.stdout.strip() or "/nowhere")
    if done.returncode == 0 and folder.is_dir():
        return folder
    say("note: the full data set is not here, so the sample is used (`alexnet-tui data fetch` gets it)")
    return ROOT / "assets" / "sample"


def training_pictures(folder):
    plain = folder / "train-labels-idx1-ubyte"
    with plain.open("rb") if plain.exists() else gzip.open(f"{plain}.gz") as file:
        return struct.unpack(">II", file.read(8))[1]


def machine():
    """What it ran on, as far as Linux tells."""
    text = Path("/proc/cpuinfo").read_text()
    fields = dict(line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    flags = fields.get("flags", "").split()
    return {
        "processor": fields.get("model name", "unknown"),
        "cores": len(os.sched_getaffinity(0)),
        "vectors": [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags],
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load": os.getloadavg()[0],
    }


def table(results):
    lines = []
    here = results["machine"]
    vectors = ", ".join(here["vectors"])
    lines.append(f"{here['cores']} cores of {here['processor']} ({vectors}), {here['memory_gib']} GiB; "
                 f"load at the start {here['load']:.1f}; {len(results['rounds'])} rounds; "
                 f"ours in {results.get('precision', '?')}, tuned and compiled in {results.get('their_precision', '?')}")
    if "amx_bf16" not in here["vectors"]:
        lines.append("The bars are for two cores with AMX, which this processor has not.")
    lines.append("")
    lines.append(f"{'':44}{'ours':>9}{'other':>9}{'ratio':>8}  {'of the rounds':<14}{'bar':<8}")

    def row(title, pairs, bar, unit="", at_most=False):
        """`pairs`: what ours and the other gave, a pair a round."""
        pairs = [pair for pair in pairs if None not in pair]
        if not pairs:
            return
        ratios = sorted(a / b for a, b in pairs)
        ratio = statistics.median(ratios)
        ours, other = (statistics.median(column) for column in zip(*pairs))
        rule = "" if bar is None else f"{'≤' if at_most else '≥'} {bar:g}"
        met = "" if bar is None else ("met" if (ratio <= bar if at_most else ratio >= bar) else "MISSED")
        spread = f"{ratios[0]:.2f}–{ratios[-1]:.2f}"
        lines.append(f"{title:<44}{ours:>9.1f}{other:>9.1f}{ratio:>8.2f}  {spread:<14}{rule:<8}{met} {unit}".rstrip())

    rounds = results["rounds"]

    def pairs(scene, recipe, key):
        both = (round.get(scene, {}) for round in rounds)
        return [tuple(one.get(who, {}).get(key) for who in (OURS, recipe)) for one in both]

    for scene in SCENES:
        mallocs = {recipe: one.get("malloc") for round in rounds for recipe, one in round.get(scene.name, {}).items()}
        for recipe, bar in scene.bars.items():
            named = f"{recipe} ({mallocs[recipe]})" if mallocs.get(recipe) and recipe != "article" else recipe
            row(f"{scene.title} / {named}"[:43], pairs(scene.name, recipe, "images_per_second"), bar)
    row("peak memory, training at 32 / tuned (MiB)", pairs("train32", "tuned", "peak_memory_mib"), MEMORY_BAR, at_most=True)
    row("in the screen / without", [(one["screen"]["screen"], one["screen"]["plain"]) for one in rounds if "screen" in one],
        SCREEN_BAR)
    if quarters := results.get("epoch"):
        row("an epoch's last quarter / its first", [(quarters[3], quarters[0])], EPOCH_BAR)

    for scene in SCENES:
        if reports := [one[scene.name][OURS] for one in rounds if OURS in one.get(scene.name, {})]:
            lines += ["", f"ours, {scene.title}: {step_line(reports)}"]
    for what, why in results.get("failed", {}).items():
        lines += ["", f"left out: {what}: {why}"]
    return "\n".join(lines) + "\n"


def step_line(reports):
    """Where a step's time goes: medians of the rounds."""

    def of(*keys):
        values = []
        for value in reports:
            for key in keys:
                value = value[key]
            values.append(value)
        return None if None in values else statistics.median(values)

    parts = ((part, of("milliseconds", part)) for part in ("data", "forward", "backward", "optimizer"))
    split = " + ".join(f"{part} {value:.1f}" for part, value in parts if value is not None)
    rate = max(of("limits", "bf16_teraflops") or 0, of("limits", "f32_teraflops"))
    return (f"a step {of('milliseconds', 'step'):.1f} ms ({split}); floor {of('floor', 'milliseconds'):.1f} ms, "
            f"{100 * of('floor', 'fraction'):.0f} % of it ({rate:.2f} TFLOP/s, "
            f"copying {of('limits', 'copy_gigabytes_per_second'):.1f} GB/s)")


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
