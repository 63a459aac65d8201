"""Time pngroup beside others, and write docs/reference/benchmarks.md with its pictures: `python benchmarks --help`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import agreement
import attrs
import page
import pictures
import population
import ratios
from jobs import CHARLSON, GROUPING, GROWTH, GROWTH_ON_FILES, JOBS, SMALL
from measuring import HERE, Measured, Once, run_worker, take_turns

#: Above this many people, tables are not held in memory: only jobs on files run.
MOST_IN_MEMORY = 2_000_000
SMALL_ROUNDS = 10


def main() -> None:
    """Make the data, measure, check, write."""
    arguments = read_arguments()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    results = arguments.cache / "results.json"
    if arguments.redraw:
        sizes, small = read_results(results)
    else:
        sizes = {n: measure(n, arguments) for n in sorted({*arguments.sizes, arguments.people})}
        small = measure_small(arguments)
        write_results(results, sizes, small)
    arguments.out.mkdir(parents=True, exist_ok=True)
    page.write(arguments.out / "benchmarks.md", sizes, small, arguments.people)
    pictures.draw_growth(arguments.out / "growth", sizes)
    pictures.draw_ratios(
        arguments.out / "ratios", [*ratios.held(sizes[arguments.people]), *ratios.held_in_growth(sizes)]
    )
    print(arguments.out / "benchmarks.md")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    root = HERE.parent
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__, allow_abbrev=False)
    parser.add_argument("--people", type=int, default=1_000_000, help="how many in the tables of jobs (%(default)s)")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(number) for number in text.split(",")],
        help="numbers of people for growth, with commas between (a hundredth, a tenth and all of --people)",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each job runs (%(default)s)")
    parser.add_argument("--out", type=Path, default=root / "docs" / "reference", help="where the page goes")
    parser.add_argument(
        "--cache", type=Path, default=root / ".benchmarks", help="where made-up tables and results stay"
    )
    parser.add_argument("--redraw", action="store_true", help="write page and pictures again from the last results")
    arguments = parser.parse_args()
    if arguments.people > MOST_IN_MEMORY:
        parser.error(f"--people is at most {MOST_IN_MEMORY:,}, because tables are held in memory; name more in --sizes")
    if arguments.sizes is None:
        arguments.sizes = [arguments.people // 100, arguments.people // 10]
    return arguments


def measure(n_people: int, arguments: argparse.Namespace) -> dict[str, Measured]:
    """All jobs at `--people`, those of growth at other sizes."""
    print(f"{n_people:,} people: making the tables, if they are not there", flush=True)
    everything = n_people == arguments.people
    folder = population.make(arguments.cache, n_people, population.TABLES if everything else ["icd10"])
    names = [*GROUPING, *CHARLSON] if everything else list(GROWTH)
    if n_people > MOST_IN_MEMORY:
        names = [name for name in names if name in GROWTH_ON_FILES]

    def check(said: Mapping[str, Mapping[str, Any]]) -> None:
        own = {"items": run_worker("items", folder, one_core=False)["said"]} if n_people <= MOST_IN_MEMORY else {}
        tables = {name: job.rows + (" and medicines" if job.medicines else "") for name, job in GROUPING.items()}
        agreement.check({**said, **own}, tables)
        print("  all answers agree", flush=True)

    return run(names, n_people, folder, arguments.rounds, check)


def measure_small(arguments: argparse.Namespace) -> dict[str, Measured]:
    """What does not depend on the number of people."""
    print("small things", flush=True)
    return run(list(SMALL), 0, arguments.cache, SMALL_ROUNDS, agree_on_nothing)


def agree_on_nothing(_said: Mapping[str, Mapping[str, Any]]) -> None:
    """Small things have no answer to compare."""


def run(names: list[str], n_people: int, folder: Path, rounds: int, check: Any) -> dict[str, Measured]:
    """Jobs by name, in turns."""
    cores = {name: JOBS[name].one_core for name in names}
    return take_turns(cores, n_people, folder, rounds=rounds, check=check, tell=lambda line: print(line, flush=True))


def write_results(path: Path, sizes: Mapping[int, Mapping[str, Measured]], small: Mapping[str, Measured]) -> None:
    """All rounds, for `--redraw` and for whoever wants to look closer."""
    everything = {str(n): {name: attrs.asdict(each) for name, each in found.items()} for n, found in sizes.items()}
    kept = {"sizes": everything, "small": {name: attrs.asdict(each) for name, each in small.items()}}
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def read_results(path: Path) -> tuple[dict[int, dict[str, Measured]], dict[str, Measured]]:
    """What `write_results` wrote."""

    def measured(kept: Mapping[str, Any]) -> dict[str, Measured]:
        return {
            name: Measured(**{**each, "rounds": tuple(Once(**once) for once in each["rounds"])})
            for name, each in kept.items()
        }

    kept = json.loads(path.read_text(encoding="utf-8"))
    return {int(n): measured(found) for n, found in kept["sizes"].items()}, measured(kept["small"])


if __name__ == "__main__":
    main()
