"""Plumbing: a job in a process of its own, its wall time, CPU time and peak of memory; rounds that take turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

HERE = Path(__file__).resolve().parent
ONE_CORE = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")


@frozen
class Once:
    """One run: seconds of wall and CPU, memory in MB (10^6 bytes) before it and at its peak, and what the job said."""

    wall: float
    cpu: float
    input_mb: float
    peak_mb: float
    said: Mapping[str, Any] = field(factory=dict)


@frozen
class Measured:
    """The rounds of one job on so many people; `missing` says why there are none."""

    job: str
    n_people: int
    rounds: tuple[Once, ...] = ()
    missing: str = ""

    @property
    def wall(self) -> float:
        """The median, in seconds."""
        return statistics.median(each.wall for each in self.rounds)

    @property
    def cpu(self) -> float:
        """The median, in seconds."""
        return statistics.median(each.cpu for each in self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The quickest and the slowest round, wall time in seconds."""
        return min(each.wall for each in self.rounds), max(each.wall for each in self.rounds)

    @property
    def peak_mb(self) -> float:
        """The largest of all rounds."""
        return max(each.peak_mb for each in self.rounds)

    @property
    def input_mb(self) -> float:
        """What was in memory before the clock started, median."""
        return statistics.median(each.input_mb for each in self.rounds)

    @property
    def said(self) -> Mapping[str, Any]:
        """What the job said of its result; the same in each round, or `take_turns` has stopped."""
        return self.rounds[0].said


def take_turns(
    jobs: Mapping[str, bool],
    n_people: int,
    folder: Path,
    *,
    rounds: int,
    check: Callable[[Mapping[str, Mapping[str, Any]]], None],
    tell: Callable[[str], None],
) -> dict[str, Measured]:
    """Each job (name: whether it gets one core only) once, then each again: what slows the machine slows them all.

    After the first round `check` is given what the jobs said of their answers; no time is told before it has passed.
    Raises `SystemExit` where a job fails, or does not answer the same in each round.
    """
    found: dict[str, list[Once]] = {name: [] for name in jobs}
    missing: dict[str, str] = {}
    for number in range(rounds):
        for name, one_core in jobs.items():
            if name in missing:
                continue
            if not number:
                tell(f"  first round: {name}")
            answer = run_worker(name, folder, one_core=one_core)
            if "missing" in answer:
                missing[name] = answer["missing"]
                continue
            once = Once(**answer)
            found[name].append(once)
            if once.said != found[name][0].said:
                raise SystemExit(
                    f"{name} said {once.said} and before {found[name][0].said} of the same rows; stopping."
                )
        if not number:
            check({name: runs[0].said for name, runs in found.items() if runs})
        for name in jobs:
            once = found[name][-1] if found[name] else None
            told = f"{once.wall:.3f} s, CPU {once.cpu:.3f} s, peak {once.peak_mb:,.0f} MB" if once else "not available"
            tell(f"  round {number + 1} of {rounds}  {name}: {told}")
    return {name: Measured(name, n_people, tuple(found[name]), missing.get(name, "")) for name in jobs}


def run_worker(name: str, folder: Path, *, one_core: bool) -> dict[str, Any]:
    """What `worker.py` measured of one job, in a new process."""
    environment = {**os.environ, **(ONE_CORE if one_core else {}), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(HERE / "worker.py"), name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"The job {name} failed, so that nothing is reported:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def time_call(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What a call answers, and what it took of this process: the peak is that of the call, input included."""
    before = memory_mb("VmRSS")
    forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = run()
    taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return answer, {**taken, "input_mb": before, "peak_mb": memory_mb("VmHWM")}


def time_command(command: Iterable[str]) -> dict[str, float]:
    """What a command took from its start to its end, processes that it started included."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*command], stdout=subprocess.DEVNULL, stderr=said)
        watched, over = [0.0], threading.Event()
        watcher = threading.Thread(target=watch, args=(process.pid, watched, over))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        over.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    # A new process inherits the peak of the one that started it; above that, the system's own figure is exact.
    counted = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    peak = max(watched[0], counted if counted > memory_mb("VmHWM") else 0.0)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "input_mb": 0.0, "peak_mb": peak}


def watch(process: int, most: list[float], over: threading.Event) -> None:
    """Keep the most memory that a process and those it started held together, looking every hundredth of a second."""
    while not over.wait(0.01):
        most[0] = max(most[0], sum(map(resident_mb, family(process))))


def family(process: int) -> list[int]:
    """A process and those that it started, as far as the system tells."""
    found = [process]
    for each in found:
        try:
            tasks = list(Path(f"/proc/{each}/task").glob("*/children"))
            found += [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return found


def resident_mb(process: int) -> float:
    """The memory that a process holds now; 0 when it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def memory_mb(line: str) -> float:
    """VmRSS (now) or VmHWM (the peak) of this process; from getrusage, the peak alone, where there is no /proc."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return next(int(each.split()[1]) for each in status.splitlines() if each.startswith(line)) * 1024 / 1e6


def forget_peak() -> None:
    """Let the peak of this process begin at what it holds now; Linux alone can."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
