"""docs/reference/catalogue.md: the numbers of all checks in few tables, between markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from compare import Comparison, Difference
from known_errors import rows_without
from lists import EDITIONS, NAMES, read_leaves
from page_comparison import LISTS_HEAD, list_rows
from page_usage import CCIR_EDITION, USAGE_EDITION
from pages import made_from, percent, table, write_parts
from places import PAGES
from snomed_sets import SetShare
from spans import Spans
from todo import open_differences
from usage import Tally, Use, by_chapter, by_reason, read_chronic, tally, too_short, without_sentence

from pngroup.catalogue import Catalogue
from pngroup.vocabulary import CodeSystem

#: Share of use to be decided.
AIM = 0.995
WORDS = {"mapped": "mapped to a condition", "no_condition": "no condition, with a reason", "unknown": "not decided"}

TEMPLATE = """# What the catalogue decides

The catalogue says of a code either which conditions it is evidence of, or that it is decided to be no condition, with a
reason. A code of which it says neither is `unknown`: it is reported and counts for nothing. This page gives the
numbers; [the undecided codes](catalogue-undecided.md), [a sample of dismissals](catalogue-dismissals-sample.md) and
[the comparison with other lists](catalogue-comparison.md) have pages of their own. No clinician has reviewed it.

<!-- begin: made -->
<!-- end: made -->

## Diagnoses of English hospitals, ICD-10

<!-- begin: icd10 -->
<!-- end: icd10 -->

## American chronic codes, ICD-10-CM

<!-- begin: icd10cm -->
<!-- end: icd10cm -->

## Sample data in SNOMED CT that was used in making it

<!-- begin: snomed -->
<!-- end: snomed -->

## Beside other lists

<!-- begin: compared -->
<!-- end: compared -->
"""

AMERICAN = """AHRQ's indicator calls {n} codes chronic; {share} of them are decided. Its edition is older than the list
of April 2026 beside it.
"""
SNOMED = """Without a release of SNOMED CT, by the packaged ids alone; records, as shares. Much of what Synthea
writes is no diagnosis: employment, education, social circumstances. The terms of most of these sets were among what was
read when ids were decided, so that nothing unknown is left here says nothing of other data: **your unknown share will
be higher**, above all in records of general practice. Some 8,000 procedures were dismissed by patterns and not read one
by one.
"""
COMPARED = """The catalogue was made in part from these lists: agreement is no independent test of it, and
disagreement is where to look. Agreement is what both have of what either has, by use for ICD-10 and by number
elsewhere; for OHDSI it is the share of their roots that we hold. The median is over conditions. A large difference is
*decided* by a sentence of its own or one that it shares with others of the kind, and *foreseen* where their category
was known to be wider or narrower by design, which says nothing of single codes. What large means, and what was decided,
stands on [the page of the comparison](catalogue-comparison.md).
"""


def write_overview(
    catalogue: Catalogue,
    use: Use,
    sets: Iterable[SetShare],
    comparisons: Sequence[Comparison],
    differences: Sequence[Difference],
    path: Path = PAGES / "catalogue.md",
) -> None:
    """Fill the parts of the page; the prose around them stays."""
    lists = (f"{NAMES[name]}, {edition}" for name, edition in EDITIONS.items())
    parts = {
        "made": made_from(catalogue, USAGE_EDITION, CCIR_EDITION, *lists),
        "icd10": "\n".join(_english(catalogue, use)),
        "icd10cm": "\n".join(_american(catalogue)),
        "snomed": "\n".join(_sets(sets)),
        "compared": "\n".join(_compared(comparisons, differences)),
    }
    write_parts(path, TEMPLATE, parts)


def decided(found: Tally) -> float:
    """The share of use that is mapped or dismissed."""
    return found.share("mapped") + found.share("no_condition")


def _english(catalogue: Catalogue, use: Use) -> list[str]:
    system = CodeSystem.ICD10
    whole = tally(catalogue, use.counts, system)
    unreadable = sum(use.unreadable.values())
    reasons = by_reason(catalogue, use.counts, system)
    dismissed = sum(n for _, n in reasons.values())
    unused = rows_without(catalogue, system, Spans(use.counts))
    missing, short = without_sentence(catalogue, use.counts), too_short(catalogue)
    share = percent(decided(whole), 2)
    return [
        f"{share} of {use.total:,} diagnoses are decided (the aim is {percent(AIM)}). {unreadable:,} have no code.\n",
        table(
            "decision|codes>|diagnoses>|share of diagnoses>",
            (
                (words, whole.codes.get(word, 0), whole.usage.get(word, 0), percent(whole.share(word), 2))
                for word, words in WORDS.items()
            ),
        ),
        "\nWhy codes are no condition:\n",
        table(
            "reason|codes>|diagnoses>|share of the dismissed>",
            (
                (catalogue.reasons[reason], codes, n, percent(n / max(1, dismissed)))
                for reason, (codes, n) in reasons.items()
            ),
        ),
        "\nBy chapter, as shares of its diagnoses:\n",
        table("chapter|codes>|diagnoses>|mapped>|no condition>|not decided>", _chapters(catalogue, use.counts, system)),
        "\nChecks:\n",
        table(
            "what must not be|found>",
            (
                (
                    "a dismissed code that a list of lasting disease knows, without a sentence",
                    len(missing),
                ),
                ("a row that dismisses more than a three-character category", len(short)),
            ),
        ),
        f"\n{len(unused)} codes of icd10.csv met no English diagnosis of that year: "
        f"{' '.join(f'`{code}`' for code in unused)}."
        if unused
        else "",
    ]


def _chapters(catalogue: Catalogue, counts: Mapping[str, int], system: CodeSystem) -> list[tuple[object, ...]]:
    return [
        (
            name,
            sum(found.codes.values()),
            sum(found.usage.values()),
            *(percent(found.share(word)) for word in WORDS),
        )
        for name, found in by_chapter(catalogue, counts, system).items()
    ]


def _american(catalogue: Catalogue) -> list[str]:
    system, chronic = CodeSystem.ICD10CM, dict.fromkeys(read_chronic(), 1)
    whole = tally(catalogue, chronic, system)
    leaves = dict.fromkeys(read_leaves(), 1)
    every = tally(catalogue, leaves, system)
    words = {word: (whole.codes.get(word, 0), every.codes.get(word, 0)) for word in WORDS}
    share = percent(decided(whole), 2)
    return [
        AMERICAN.format(n=f"{len(chronic):,}", share=share),
        table(
            "decision|called chronic>|share>|all codes, April 2026>|share>",
            (
                (WORDS[word], n, percent(whole.share(word), 2), m, percent(every.share(word), 2))
                for word, (n, m) in words.items()
            ),
        ),
        "\nThe chronic codes by chapter:\n",
        table(
            "chapter|codes>|mapped>|no condition>|not decided>",
            ((name, n, *shares) for name, n, _, *shares in _chapters(catalogue, chronic, system)),
        ),
    ]


def _sets(sets: Iterable[SetShare]) -> list[str]:
    words = ("mapped", "no_condition", "unknown", "malformed")
    return [
        SNOMED,
        table(
            "set|records>|distinct codes>|mapped>|no condition>|unknown>|malformed>",
            (
                (each.name, each.rows.total(), each.codes.total(), *(percent(each.share(word)) for word in words))
                for each in sets
            ),
        ),
    ]


def _compared(comparisons: Sequence[Comparison], differences: Sequence[Difference]) -> list[str]:
    rest = len(open_differences(differences))
    return [
        COMPARED,
        table(LISTS_HEAD, list_rows(comparisons, differences)),
        f"\nLarge differences without a decision: {rest:,}.",
    ]
