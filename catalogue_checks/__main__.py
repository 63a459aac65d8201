"""Measure the catalogue, compare it with the lists of others, and write the pages: python catalogue_checks.

With `--todo FILE` the large differences without a decision are written there too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from compare import compare, differences
from counterparts import Decisions, read_counterparts, read_decisions
from elsewhere import Elsewhere
from known_errors import known_errors
from lists import all_listings
from page_comparison import write_comparison
from page_overview import decided, write_overview
from page_usage import write_sample, write_undecided
from places import MISSING, PAGES, REFERENCE
from snomed_sets import set_shares
from todo import open_differences, write_todo
from unanswered import unanswered
from usage import read_usage, tally

from pngroup.catalogue import load_catalogue
from pngroup.vocabulary import CodeSystem


def main(arguments: list[str] | None = None) -> int:
    """Write the pages and print the numbers that matter; 2 where the lists of others are absent."""
    parser = argparse.ArgumentParser(
        prog="python catalogue_checks", description=(__doc__ or "").partition(":")[0] + "."
    )
    parser.add_argument("--todo", type=Path, metavar="FILE", help="write the undecided large differences to FILE")
    parser.add_argument("--pages", type=Path, default=PAGES, metavar="FOLDER", help="write the pages to FOLDER")
    options = parser.parse_args(arguments)
    if not REFERENCE.is_dir():
        print(MISSING, file=sys.stderr)
        return 2
    catalogue, use, counterparts = load_catalogue(), read_usage(), read_counterparts()
    listings = all_listings(use.counts)
    comparisons = compare(catalogue, listings, counterparts, use.counts)
    decisions = Decisions.of(read_decisions())
    found = [each for comparison in comparisons for each in differences(comparison, decisions)]
    folder: Path = options.pages
    write_undecided(catalogue, use, folder / "catalogue-undecided.md")
    write_sample(catalogue, use, folder / "catalogue-dismissals-sample.md")
    errors = known_errors(catalogue, listings, use.counts)
    alone = unanswered(catalogue, listings, counterparts, use.counts)
    write_comparison(catalogue, comparisons, found, errors, alone, Elsewhere.of(catalogue, listings), folder)
    write_overview(catalogue, use, set_shares(catalogue), comparisons, found, folder / "catalogue.md")
    if options.todo:
        write_todo(options.todo, found)
    share = decided(tally(catalogue, use.counts, CodeSystem.ICD10))
    print(f"decided of English hospital use: {100 * share:.2f} %")
    print(f"large differences without a decision: {len(open_differences(found)):,}")
    print(f"pages: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
