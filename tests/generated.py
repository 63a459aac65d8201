"""Generated people: small stories that reach every group, every edge of a window and every named code.

Frequencies are chosen so that a comparison of two readings of the model meets each branch often; they are
like no population. The same seed gives the same people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import cycle, product
from typing import Any

import numpy as np
from attrs import Factory, frozen
from hypothesis import strategies as st

from generated_codes import ADMINISTRATIVE, EVERY_CODE, MEDICINES, POOL, UNREADABLE, Coded
from generated_edges import EDGES, Draft, Row, write_edge
from generated_stories import (
    MAJOR,
    OBSTETRIC,
    PSYCHIATRIC,
    RESOLVABLE,
    SETTINGS,
    STORIES,
    SYNDROMES,
    Teller,
    edge_days,
)
from oracle.dates import age_on

#: Index dates: a leap day, the last days of months that windows clip to, a first of January.
INDEX_DATES = (date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 31), date(2024, 12, 31), date(2026, 1, 1))

TABLES = ("records", "contacts", "medicines", "values")

# Against the weights of the stories, which add up to about a hundred.
_EDGE_WEIGHT, _SWEEP_WEIGHT = 10, 6


@frozen
class Population:
    """Generated people and their rows; `edges` names, for those made for it, the edge a person stands on."""

    people: list[Row]
    records: list[Row]
    contacts: list[Row]
    medicines: list[Row]
    values: list[Row]
    as_at: date
    edges: Mapping[str, str] = Factory(dict)

    def each(self) -> Iterator[tuple[Row, dict[str, list[Row]]]]:
        """Each person with that person's rows, by table."""
        rows: dict[str, defaultdict[str, list[Row]]] = {table: defaultdict(list) for table in TABLES}
        for table, by_person in rows.items():
            for row in getattr(self, table):
                by_person[row["person_id"]].append(row)
        for person in self.people:
            yield person, {table: by_person[person["person_id"]] for table, by_person in rows.items()}


def generate(n: int, seed: int, *, as_at: date | None = None) -> Population:
    """`n` people and their rows, in no order; at one of five index dates unless another is asked for."""
    rng = np.random.default_rng(seed)
    as_at = as_at or INDEX_DATES[rng.integers(len(INDEX_DATES))]
    kinds = [*STORIES, "edge", "sweep"]
    weights = np.array([*STORIES.values(), _EDGE_WEIGHT, _SWEEP_WEIGHT])
    told = rng.choice(len(kinds), size=n, p=weights / weights.sum())
    every_edge = cycle(product(EDGES, (True, False)))
    every_code = cycle(EVERY_CODE)

    drafts: list[Draft] = []
    edges: dict[str, str] = {}
    for i, kind in enumerate(told):
        person_id = f"{i:06d}"
        if kinds[kind] == "edge":
            edge, inside = next(every_edge)
            draft = write_edge(edge, as_at, inside=inside, person_id=person_id)
            edges[person_id] = f"{edge.name}: {'inside' if inside else 'outside'}"
            teller = Teller(draft, rng)
        else:
            draft = Draft(as_at, person_id)
            teller = Teller(draft, rng)
            if kinds[kind] == "sweep":
                _sweep(teller, [next(every_code), next(every_code)])
            else:
                kinds[kind](teller)
            _blur(teller)
        _add_what_never_counts(teller)
        drafts.append(draft)
    return _gather(drafts, as_at, edges, rng)


def _gather(drafts: list[Draft], as_at: date, edges: dict[str, str], rng: np.random.Generator) -> Population:
    """The drafts as one population, each table shuffled."""
    tables = {}
    for table in TABLES:
        rows = [row for draft in drafts for row in getattr(draft, table)]
        tables[table] = [rows[i] for i in rng.permutation(len(rows))]
    return Population(people=[draft.person for draft in drafts], **tables, as_at=as_at, edges=edges)


def _sweep(t: Teller, codes: Iterable[Coded]) -> None:
    """The next codes of all there are, so that each appears."""
    t.aged(11, 100)
    for coded in codes:
        t.draft.coded(coded, t.recent())


def _blur(t: Teller) -> None:
    """Say less of the birth than is known, and something of registration and medicines."""
    person = t.draft.person
    if isinstance(person["birth_date"], date):
        person |= _blurred_birth(t, person["birth_date"])
    for field, share, day in (
        ("registered_from", 0.3, t.draft.ago(t.number(0, 900))),
        ("registered_to", 0.03, t.draft.ago(-t.number(1, 300))),
        ("died_on", 0.02, t.draft.ago(-t.number(1, 60))),
    ):
        if t.chance(share) and person[field] is None:
            person[field] = day
    if t.chance(0.15):
        for medicine in t.sample(MEDICINES, t.number(1, 7)):
            t.draft.medicine(medicine, t.recent(14))


def _blurred_birth(t: Teller, birth: date) -> Row:
    match t.number(0, 24):
        case 0 | 1:
            return {"birth_date": f"{birth:%Y-%m}"}
        case 2 | 3:
            return {"birth_date": f"{birth:%Y}"}
        case 4 | 5 if birth <= t.as_at:
            return {"birth_date": None, "age": age_on(birth, t.as_at)}
        case 6:
            # Both given: the date wins.
            return {"age": t.number(-1, 130)}
    return {}


def _add_what_never_counts(t: Teller) -> None:
    """Rows that are no evidence and no contact, and rows that say a thing twice."""
    draft = t.draft
    birth, died_on = draft.person["birth_date"], draft.person["died_on"]
    impossible: list[date | None] = [None, draft.ago(-t.number(1, 100))]
    if isinstance(birth, date):
        impossible.append(birth - timedelta(days=t.number(1, 400)))
    if died_on is not None:
        impossible.append(died_on + timedelta(days=t.number(1, 100)))
    for day in impossible:
        if t.chance(0.05):
            draft.coded(t.pick(POOL[t.pick(MAJOR)]), day)
        if t.chance(0.02):
            draft.contact(day)
            draft.medicine(t.pick(MEDICINES), day)
            draft.value(9, day)
    if t.chance(0.05):
        t.code(t.pick(MAJOR), status=t.pick(("refuted", "entered-in-error")))
    if t.chance(0.04):
        draft.coded(t.pick((*UNREADABLE, *ADMINISTRATIVE)), t.recent())
    if draft.records and t.chance(0.1):
        draft.records.append(dict(t.pick(draft.records)))


#: What a small generated person is mostly about.
_THEMES: Mapping[str, tuple[str, ...]] = {
    "anything": tuple(POOL),
    "pregnancy": (
        *(f"pregnancy_{part}" for part in ("ongoing", "delivery", "loss", "postnatal")),
        *OBSTETRIC,
    ),
    "frailty": ("dementia", "no_longer_housebound", *SYNDROMES),
    "grades": ("frailty_mild", "frailty_moderate", "frailty_severe", "frailty_diagnosis"),
    "mind": ("severe_mental_illness", "depression_resolved", *PSYCHIATRIC),
    "kidney": (
        "chronic_kidney_disease",
        "dialysis",
        "end_stage_kidney_disease",
        "kidney_transplant",
        "ckd_resolved",
    ),
    "resolved": (*RESOLVABLE, *(f"{name}_resolved" for name in RESOLVABLE.values())),
    "cancer": ("breast_cancer", "metastatic_cancer", "cancer_treatment", "cancer_review", "anaemia"),
}


@st.composite
def people_strategy(draw: st.DrawFn) -> Population:
    """One to five people with up to a dozen records each, on days that matter, from the same codes."""
    as_at = draw(st.sampled_from(INDEX_DATES))
    drafts = [_draw_person(draw, Draft(as_at, f"{i:03d}")) for i in range(draw(st.integers(1, 5)))]
    return Population(
        people=[draft.person for draft in drafts],
        records=[row for draft in drafts for row in draft.records],
        contacts=[row for draft in drafts for row in draft.contacts],
        medicines=[row for draft in drafts for row in draft.medicines],
        values=[row for draft in drafts for row in draft.values],
        as_at=as_at,
    )


def _draw_person(draw: st.DrawFn, draft: Draft) -> Draft:
    years = draw(st.sampled_from((0, 1, 10, 11, 12, 17, 18, 30, 35, 40, 45, 55, 56, 64, 65, 80, 125, 126)))
    birth = draft.ago(draw(st.sampled_from((-1, 0, 1, 100))), 12 * years)
    person = draft.person
    person["sex"] = draw(st.sampled_from(("female", "female", "male", "unknown", "indeterminate")))
    person |= draw(
        st.sampled_from(
            (
                {"birth_date": birth},
                {"birth_date": birth},
                {"birth_date": f"{birth:%Y-%m}"},
                {"birth_date": f"{birth:%Y}"},
                {"age": years},
            )
        )
    )
    days = st.sampled_from(edge_days(draft.as_at, birth))
    some_date = st.one_of(st.none(), st.none(), days)
    for name in ("registered_from", "registered_to", "died_on"):
        person[name] = draw(some_date) if draw(st.integers(0, 5)) == 0 else None
    conditions = st.sampled_from(_THEMES[draw(st.sampled_from(sorted(_THEMES)))])
    codes = st.one_of(conditions.flatmap(lambda name: st.sampled_from(POOL[name])), st.sampled_from(EVERY_CODE))
    statuses = st.sampled_from((None,) * 12 + ("confirmed", "refuted", "entered-in-error"))
    for coded, day, status in draw(st.lists(st.tuples(codes, days, statuses), max_size=12)):
        draft.coded(coded, day, status=status)
    for day in draw(st.lists(days, max_size=2)):
        draft.contact(day, draw(st.sampled_from(SETTINGS[:-1])))
    for coded, day in draw(st.lists(st.tuples(st.sampled_from(MEDICINES), days), max_size=6)):
        draft.medicine(coded, day)
    for number, day in draw(st.lists(st.tuples(st.sampled_from((4, 5, 6, 7, None)), days), max_size=2)):
        draft.value(number, day)
    return draft


def coverage_table(results: Iterable[Mapping[str, Any]], population: Population | None = None) -> str:
    """Shares of groups and of criteria met and not met, the reasons; with a population, its edges too."""
    results = list(results)
    eligible = [result for result in results if result["reason"] is None]
    groups = Counter(result["need_group"] for result in eligible)
    met = Counter(number for result in eligible for number in result["criteria"])
    n = len(eligible) or 1
    out = [f"{len(results):,} people, {len(eligible):,} with a group", "group  share  criterion met  not met"]
    out += [
        f"{number:5d}{groups[number] / n:7.1%}{met[number] / n:15.1%}{1 - met[number] / n:9.1%}"
        for number in range(1, 12)
    ]
    reasons = Counter(result["reason"] for result in results if result["reason"] is not None)
    out += [f"{reason}: {count:,}" for reason, count in sorted(reasons.items())]
    if population is not None:
        hits = Counter(population.edges.values())
        out.append(f"{'edge':60s} inside outside")
        for name in (edge.name for edge in EDGES):
            out.append(f"{name:60s}{hits[f'{name}: inside']:7d}{hits[f'{name}: outside']:8d}")
    return "\n".join(out)
