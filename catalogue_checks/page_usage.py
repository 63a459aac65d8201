"""The pages of what nobody has decided, and of the sample of what was dismissed."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from pages import made_from, percent, table, write_page
from places import PAGES
from usage import SAMPLE, SEED, Use, chapter, read_chronic, sample, total_of, undecided, without_sentence

from pngroup.catalogue import Catalogue
from pngroup.vocabulary import CodeSystem

USAGE_EDITION = "NHS England, hospital admitted patient care activity 2023-24 (all diagnoses, by code)"
CCIR_EDITION = "AHRQ Chronic Condition Indicator Refined v2023.1"
#: The most used stand in a table, the rest in lines a chapter.
IN_TABLE = 100

UNDECIDED = """A code is decided when it is mapped to a condition or listed, with a reason, as no condition. These are
neither. They are reported as `unknown` and count for nothing."""

DRAWN = """{n} of the dismissed ICD-10 codes, for review (at most {size}). Drawn without putting back, with a chance
that grows with use; the seed is `{seed}`. Each code draws by itself, so that a change of the catalogue leaves most of
the sample as it was. Read each line with the title of the code beside it (titles are WHO's and are not printed here;
the NHS classifications browser has them) and ask: does a person with this code have a lasting need that goes unseen?"""

SENTENCE = """A dismissed code that CALIBER, AHRQ's indicator or an NHS cluster knows as lasting disease needs a
sentence; one sentence may serve several codes. Where none of them knows it as such, the reason may stand alone."""


def write_undecided(catalogue: Catalogue, use: Use, path: Path = PAGES / "catalogue-undecided.md") -> None:
    """docs/reference/catalogue-undecided.md: codes and use, no titles."""
    rest = undecided(catalogue, use.counts, CodeSystem.ICD10)
    american = undecided(catalogue, dict.fromkeys(read_chronic(), 1), CodeSystem.ICD10CM)
    n = total_of(rest)
    write_page(
        path,
        "# Codes that nobody has decided",
        made_from(catalogue, USAGE_EDITION, CCIR_EDITION),
        UNDECIDED,
        "## ICD-10 in English hospitals",
        f"{len(rest):,} codes, {n:,} of {use.total:,} diagnoses ({percent(n / use.total, 3)}).",
        f"The {IN_TABLE} most used:" if len(rest) > IN_TABLE else "",
        table("code|diagnoses>", rest[:IN_TABLE]),
        "The others, by chapter, most used first:" if len(rest) > IN_TABLE else "",
        *_by_chapter(rest[IN_TABLE:]),
        "## ICD-10-CM, called chronic by AHRQ's indicator",
        f"{len(american):,} codes." if american else "None.",
        *(
            f"- {category}: {' '.join(f'`{code}`' for code, _ in codes)}"
            for category, codes in groupby(sorted(american), key=lambda each: each[0][:3])
        ),
    )


def _by_chapter(rest: list[tuple[str, int]]) -> list[str]:
    ordered = sorted(rest, key=lambda each: (chapter(each[0]), -each[1], each[0]))
    return [
        f"- {name}: {', '.join(f'`{code}` {n:,}' for code, n in codes)}"
        for name, codes in groupby(ordered, key=lambda each: chapter(each[0]))
    ]


def write_sample(catalogue: Catalogue, use: Use, path: Path = PAGES / "catalogue-dismissals-sample.md") -> None:
    """docs/reference/catalogue-dismissals-sample.md: what a reviewer should read."""
    drawn = sample(catalogue, use.counts)
    missing = without_sentence(catalogue, use.counts)
    found = [(code, n, catalogue.dismissal(code, CodeSystem.ICD10)) for code, n in drawn]
    cells = [
        (f"`{code}`", n, catalogue.reasons[dismissal.reason], dismissal.because)
        for code, n, dismissal in found
        if dismissal
    ]
    write_page(
        path,
        "# A sample of the codes that are no condition",
        made_from(catalogue, USAGE_EDITION),
        DRAWN.format(n=len(drawn), size=SAMPLE, seed=SEED),
        table("code|diagnoses 2023/24>|reason|sentence", cells),
        "## Dismissed without the sentence they need",
        SENTENCE,
        table("system|code|known by", ((system, f"`{code}`", names) for system, code, names in missing)),
    )
