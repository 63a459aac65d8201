"""How long a release of 500,000 concepts and 1,500,000 is-a rows takes to read, and what memory it needs.

    python benchmarks/terminology.py

Each figure is of a process of its own, on one core, so that the peak of memory is its own too. The release is made from
a seed: some fifteen levels, one to four parents near by, a third as many inactive concepts and relationships of other
types beside them as a real release has.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
from measuring import HERE, ONE_CORE
from pyarrow import csv

N_CONCEPTS, N_IS_A, N_OTHERS, N_LEVELS, SEED = 500_000, 1_500_000, 1_500_000, 15, 20_240_401
#: How far from each other the parents of a concept stand: the wider, the more ancestors it has.
WIDTH = int(os.environ.get("PNGROUP_BENCHMARK_WIDTH", "4"))
IS_A, INFERRED, DATE = 116680003, 900000000000011006, 20_240_401

MEASURE = """
import json, sys
from measuring import time_call
{imports}
def run():
{work}
    return said
said, taken = time_call(run)
print(json.dumps(taken | {{"said": str(said)}}))
"""
READ = "from pngroup.terminology import read_release"
PLAIN = """
import glob, pyarrow.csv as csv
def plain():
    rows = 0
    for path in sorted(glob.glob(sys.argv[1] + "/**/*.txt", recursive=True)):
        for batch in csv.open_csv(path, parse_options=csv.ParseOptions(delimiter="\\t", quote_char=False)):
            rows += batch.num_rows
    return rows
"""
TOO_DEEP = """
import numpy as np
from pngroup.errors import DataError
from pngroup.terminology.graph import ancestors_of_each, make_hierarchy, make_links
random = np.random.default_rng(1)
child = random.integers(1, 500_000, 1_500_000)
parent = (child * random.random(len(child))).astype(int)
"""
REFUSED = """
hierarchy = make_hierarchy(make_links(child, parent, 500_000), np.arange(500_000))
try:
    said = len(ancestors_of_each(hierarchy).targets)
except DataError as error:
    said = error.what
"""


def levels_of(random: np.random.Generator) -> np.ndarray:
    """How deep each concept stands: few at the top, most in the middle."""
    weights = np.exp(-(((np.arange(1, N_LEVELS) - 7) / 3) ** 2))
    counts = np.maximum(1, (weights / weights.sum() * (N_CONCEPTS - 1)).astype(int))
    levels = np.concatenate([[0], np.repeat(np.arange(1, N_LEVELS), counts)])
    return np.sort(np.concatenate([levels, np.full(N_CONCEPTS - len(levels), 7)])[:N_CONCEPTS])


def is_a_of(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of child and parent: one parent for each in the level above, the others near it there or higher."""
    levels = levels_of(random)
    begins = np.searchsorted(levels, np.arange(N_LEVELS + 1))
    children = np.arange(1, N_CONCEPTS)
    above = levels[1:] - 1
    size = begins[above + 1] - begins[above]
    # A child stands near its place in its own level, so that neighbours share their parents.
    place = (children - begins[levels[1:]]) / np.maximum(1, begins[levels[1:] + 1] - begins[levels[1:]])
    near = begins[above] + np.minimum(size - 1, (place * size).astype(int))
    # More pairs than are wanted, because neighbours draw the same parent now and then.
    more = random.integers(0, N_CONCEPTS - 1, 2 * (N_IS_A - N_CONCEPTS))
    step = random.integers(-WIDTH, WIDTH + 1, len(more))
    others = np.clip(near[more] + step, begins[above[more]], begins[above[more] + 1] - 1)
    pairs = np.unique(np.stack([children[more], others])[:, others != near[more]], axis=1)
    chosen = random.permutation(pairs.shape[1])[: N_IS_A - (N_CONCEPTS - 1)]
    return np.concatenate([children, pairs[0, chosen]]), np.concatenate([near, pairs[1, chosen]])


def concept_ids(numbers: np.ndarray) -> np.ndarray:
    """Ids that say concept; their check digit is not looked at when a release is read."""
    return (numbers + 100_000) * 1000 + 1


def make_release(folder: Path) -> Path:
    """The files of a release in that folder."""
    random = np.random.default_rng(SEED)
    terminology = folder / "Snapshot" / "Terminology"
    terminology.mkdir(parents=True)
    ids = concept_ids(np.arange(N_CONCEPTS + N_CONCEPTS // 3))
    child, parent = is_a_of(random)
    sources = np.concatenate([ids[child], random.choice(ids[:N_CONCEPTS], N_OTHERS)])
    targets = np.concatenate([ids[parent], random.choice(ids[:N_CONCEPTS], N_OTHERS)])
    n = len(sources)
    order = random.permutation(n)
    types = np.where(np.arange(n) < N_IS_A, IS_A, 363698007)
    write(
        terminology / "sct2_Concept_Snapshot_INT_20240401.txt",
        id=ids,
        effectiveTime=np.full(len(ids), DATE),
        active=(np.arange(len(ids)) < N_CONCEPTS).astype(int),
        moduleId=np.full(len(ids), 900000000000207008),
        definitionStatusId=np.full(len(ids), 900000000000074008),
    )
    write(
        terminology / "sct2_Relationship_Snapshot_INT_20240401.txt",
        id=(np.arange(n) + 1_000_000) * 1000 + 21,
        effectiveTime=np.full(n, DATE),
        active=np.ones(n, int),
        moduleId=np.full(n, 900000000000207008),
        sourceId=sources[order],
        destinationId=targets[order],
        relationshipGroup=np.zeros(n, int),
        typeId=types[order],
        characteristicTypeId=np.full(n, INFERRED),
        modifierId=np.full(n, 900000000000451002),
    )
    return folder


def write(path: Path, **columns: np.ndarray) -> None:
    options = csv.WriteOptions(delimiter="\t", include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write(("\t".join(columns) + "\n").encode())
        csv.write_csv(pa.table(columns), file, options)


def measured(what: str, release: Path, imports: str, work: str) -> None:
    """Run that piece of Python on one core and print what it took."""
    program = MEASURE.format(imports=imports, work=textwrap.indent(work.strip(), "    "))
    environment = {**os.environ, **ONE_CORE, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    command = [sys.executable, "-c", program, str(release)]
    if shutil.which("taskset"):
        command = ["taskset", "-c", "0", *command]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{what} failed:\n{done.stderr[-4000:]}")
    found = json.loads(done.stdout)
    print(f"{what}: {found['wall']:.2f} s, peak {found['peak_mb']:,.0f} MB ({found['said']})", flush=True)


def main() -> None:
    """Everything, one figure after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        release = make_release(Path(scratch) / "release")
        # What any reader pays: the same files through pyarrow's reader alone, all columns, nothing kept.
        measured("pyarrow alone", release, PLAIN, "said = f'{plain():,} rows'")
        measured("read_release", release, READ, "said = f\"{read_release(sys.argv[1]).report.counts['is_a']:,} is-a\"")
        # The bars that the project set itself: ten seconds and two gigabytes on one core.
        links = "links = read_release(sys.argv[1]).closure(); said = f'{len(links.targets):,} pairs'"
        measured("read_release and closure (bars: 10 s, 2,000 MB)", release, READ, links)
        cache = Path(scratch) / "cache"
        cache.mkdir()
        cached = f"said = read_release(sys.argv[1], cache={str(cache)!r}).report.cache"
        measured("read_release, cache made", release, READ, cached)
        measured("read_release, from the cache", release, READ, cached)
        imports = f"{READ}\nrelease = read_release(sys.argv[1])"
        expansions = "said = sum(len(release.descendants([i], with_self=True)) for i in release.ids[:100_000:100])"
        measured("a thousand times << without the closure", release, imports, expansions)
        # A hierarchy of depth without end is refused before it fills the memory.
        measured("a random hierarchy whose closure would not fit", release, TOO_DEEP, REFUSED)


if __name__ == "__main__":
    main()
