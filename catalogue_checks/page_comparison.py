"""docs/reference/catalogue-comparison.md and comparison.csv: each condition beside each list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from compare import OF_ALL_USAGE, OF_CODES, OF_OWN_USAGE, Comparison, Difference
from counterparts import BY_RELATION, DECISIONS
from elsewhere import Elsewhere
from known_errors import Known
from lists import EDITIONS, NAMES
from pages import made_from, percent, quoted, table, write_page
from places import PAGES, write_rows
from todo import open_differences

from pngroup.catalogue import Catalogue

COLUMNS = (
    *("condition", "list", "system", "side", "code", "n_codes", "usage", "share", "large", "decision", "because"),
    "elsewhere",
)
SIDES = {"only_ours": "only ours", "only_theirs": "only theirs"}
SYSTEMS = {"icd10": "ICD-10", "icd10cm": "ICD-10-CM", "snomed": "SNOMED CT"}
#: Undecided differences on the page; all of them are in the CSV file.
ON_PAGE = 60

Key = tuple[str, str]


def write_comparison(
    catalogue: Catalogue,
    comparisons: Sequence[Comparison],
    differences: Sequence[Difference],
    errors: Iterable[Known],
    unanswered: Iterable[tuple[str, str, int, str, str, str]],
    elsewhere: Elsewhere,
    folder: Path = PAGES,
) -> None:
    """The page and the table beside it."""
    write_rows(folder / "comparison.csv", COLUMNS, _csv_rows(comparisons, differences, elsewhere))
    large = [each for each in differences if each.large]
    rest = open_differences(large)
    write_page(
        folder / "catalogue-comparison.md",
        "# The catalogue beside other lists",
        made_from(catalogue, *(f"{NAMES[name]}, {edition}" for name, edition in EDITIONS.items())),
        INTRODUCTION,
        "## List by list",
        table(LISTS_HEAD, list_rows(comparisons, differences)),
        "## Condition by condition",
        CONDITIONS,
        table(*_conditions(comparisons)),
        "## Known errors of published lists",
        ERRORS,
        table("list|what is wrong|what we do|still so|done", map(_known, errors)),
        "## Large differences and what was decided",
        "Words for decisions: " + "; ".join(f"*{_word(each)}*: {words}" for each, words in DECISIONS.items()) + ".",
        table(DECIDED_HEAD, _collapsed(each for each in large if each.decision not in ("", BY_RELATION))),
        "### Foreseen by what the categories are",
        "Where a category is wider or narrower than the condition by design, the table of counterparts says why.",
        table(FORESEEN_HEAD, _foreseen(each for each in large if each.decision == BY_RELATION)),
        f"### Not decided: {len(rest)}",
        f"The {ON_PAGE} heaviest; all are in [comparison.csv](comparison.csv)." if len(rest) > ON_PAGE else "",
        table(OPEN_HEAD, _open(rest, elsewhere)),
        "## Categories that answer to no condition",
        "What became of their codes: by use for ICD-10, by number for the others.",
        table("list|category|codes>|mapped>|no condition>|unknown>", unanswered),
    )


INTRODUCTION = f"""Which category answers to which condition was decided by meaning and is data
(`compared/counterparts.csv` in the folder of the catalogue), as is what was decided about the differences
(`compared/differences.csv`). ICD-10 is compared in the codes of English hospital use and weighted by it; ICD-10-CM by
the number of codes, over those that the list's edition can know; SNOMED CT by the number of ids.

A difference is *large* from {percent(OF_ALL_USAGE, 2)} of all English use or {percent(OF_OWN_USAGE, 0)} of the
condition's own; in ICD-10-CM where a three-character category makes up {percent(OF_CODES, 0)} of the codes of either
side; in SNOMED CT where the ids of one side alone do. ICD-10 codes of one three-character category that are not large
by themselves are added up.

OHDSI writes roots, and what stands below a root cannot be told without a release. The figure is the share of their
roots that the catalogue holds, as a root or as an id. It says whether the two start from the same concepts; it says
nothing about exclusions, nor about a root of ours that may stand below one of theirs.

Every line of this page and all smaller differences are in [comparison.csv](comparison.csv); its column `elsewhere`
names our conditions or reasons for codes that only they have, and their categories for codes that only we have."""

CONDITIONS = """What both have of what either has: by use for ICD-10, by number for the others. `<`: their categories
are narrower by design; `>`: wider, or overlapping. Empty: the list has no category for it. Not a mark out of ten: lists
are made for different purposes."""

ERRORS = """Checked each time this page is made: `yes` where the list is still so and we do as we say, `-` where code
cannot tell."""

LISTS_HEAD = "list|system|conditions>|median agreement>|large differences>|decided>|foreseen>|not decided>"
DECIDED_HEAD = "condition|list|side|codes|use or codes>|decision|because"
FORESEEN_HEAD = "condition|list|side|codes|use or codes>|because"
OPEN_HEAD = "condition|list|side|codes|use or codes>|share of the condition>|where the other side has them"


def list_rows(comparisons: Iterable[Comparison], differences: Iterable[Difference]) -> list[tuple[object, ...]]:
    """One row a list and code system."""
    by_list: dict[Key, list[Comparison]] = defaultdict(list)
    large: dict[Key, list[Difference]] = defaultdict(list)
    for comparison in comparisons:
        by_list[comparison.list, comparison.system].append(comparison)
    for each in differences:
        if each.large:
            large[each.comparison.list, each.comparison.system].append(each)
    found: list[tuple[object, ...]] = []
    for (name, system), held in sorted(by_list.items(), key=lambda pair: _column(pair[0])):
        shares = [share for share in map(agreement, held) if share is not None]
        each = large[name, system]
        foreseen = sum(one.decision == BY_RELATION for one in each)
        rest = len(open_differences(each))
        found.append(
            (
                NAMES[name],
                SYSTEMS[system],
                len(held),
                percent(median(shares) if shares else None, 0),
                len(each),
                len(each) - foreseen - rest,
                foreseen,
                rest,
            )
        )
    return found


def agreement(comparison: Comparison) -> float | None:
    """What both have of what either has; for roots of OHDSI, of what they have."""
    if comparison.list != "ohdsi":
        return comparison.agreement
    return comparison.weight(comparison.side("both")) / len(comparison.union) if comparison.union else None


def _title(name: str, system: str) -> str:
    # The one list that is compared in two code systems.
    return NAMES[name] + (" CM" if (name, system) == ("ccsr", "icd10cm") else "")


def _column(key: Key) -> tuple[int, str]:
    return list(NAMES).index(key[0]), key[1]


def _conditions(comparisons: Iterable[Comparison]) -> tuple[str, list[list[str]]]:
    cells: dict[str, dict[Key, str]] = defaultdict(dict)
    for each in comparisons:
        share = agreement(each)
        if share is not None:
            cells[each.condition][each.list, each.system] = f"{100 * share:.0f}{_mark(each)}"
    keys = sorted({key for row in cells.values() for key in row}, key=_column)
    names = [_title(*key) for key in keys]
    rows = [[f"`{condition}`", *(row.get(key, "") for key in keys)] for condition, row in cells.items()]
    return "|".join(["condition", *(f"{name}, %>" for name in names)]), rows


def _mark(comparison: Comparison) -> str:
    relations = {part.relation for part in comparison.parts}
    if relations & {"broader", "overlaps"}:
        return " >"
    narrower = "same" not in relations and any(part.note for part in comparison.parts)
    return " <" if narrower else ""


def _known(each: Known) -> tuple[str, ...]:
    words: Mapping[bool | None, str] = {True: "yes", False: "**no**", None: "-"}
    return each.list, each.wrong, each.done, words[each.theirs], words[each.ours]


def _word(decision: str) -> str:
    return decision.replace("_", " ")


def _collapsed(differences: Iterable[Difference]) -> list[tuple[object, ...]]:
    """One line for all that one decision is about, in one code system."""
    apart: dict[tuple[str, str, str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        apart[each.side, each.decision, each.because, each.comparison.system].append(each)
    return [(*_gathered(side, held), _word(decision), because) for (side, decision, because, _), held in apart.items()]


def _foreseen(differences: Iterable[Difference]) -> list[tuple[object, ...]]:
    """One line for all that one sentence foresees of a condition, in one code system."""
    apart: dict[tuple[str, str, str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        apart[each.comparison.condition, each.side, each.because, each.comparison.system].append(each)
    return [(*_gathered(side, held), because) for (_, side, because, _), held in apart.items()]


def _gathered(side: str, held: list[Difference]) -> tuple[object, ...]:
    """Conditions, lists, side, codes, and the use or number of codes where it is greatest."""
    weights: dict[tuple[str, str, str], int] = defaultdict(int)
    for each in held:
        weights[_place(each.comparison)] += each.weight
    return (
        quoted(dict.fromkeys(each.comparison.condition for each in held)),
        ", ".join(dict.fromkeys(_title(each.comparison.list, each.comparison.system) for each in held)),
        SIDES[side],
        quoted(dict.fromkeys(each.code or "all" for each in held), 5),
        max(weights.values()),
    )


def _open(rest: list[Difference], elsewhere: Elsewhere) -> list[tuple[object, ...]]:
    heaviest = sorted(rest, key=lambda each: (each.comparison.weights is None, -each.weight, -each.share))
    return [
        (
            f"`{each.comparison.condition}`",
            _title(each.comparison.list, each.comparison.system),
            SIDES[each.side],
            quoted(each.code.split() or ["all"]),
            each.weight,
            percent(each.share),
            elsewhere.names(each),
        )
        for each in heaviest[:ON_PAGE]
    ]


def _csv_rows(
    comparisons: Iterable[Comparison], differences: Iterable[Difference], elsewhere: Elsewhere
) -> Iterable[dict[str, object]]:
    by_comparison: dict[tuple[str, str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        by_comparison[_place(each.comparison)].append(each)
    for comparison in comparisons:
        place = dict(zip(COLUMNS[:3], _place(comparison), strict=True))
        both = comparison.side("both")
        yield place | {"side": "both", **_counted(comparison, both), "share": _text(comparison.agreement)}
        for each in by_comparison[_place(comparison)]:
            yield place | {
                "side": each.side,
                "code": each.code,
                **_counted(comparison, each.codes),
                "share": _text(each.share),
                "large": "yes" if each.large else "no",
                "decision": each.decision,
                "because": each.because,
                "elsewhere": elsewhere.names(each),
            }


def _place(comparison: Comparison) -> tuple[str, str, str]:
    return comparison.condition, comparison.list, comparison.system


def _counted(comparison: Comparison, codes: Iterable[str]) -> dict[str, object]:
    codes = list(codes)
    return {"n_codes": len(codes), "usage": "" if comparison.weights is None else comparison.weight(codes)}


def _text(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"
