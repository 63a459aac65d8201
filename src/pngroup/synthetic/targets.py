"""How near a practice comes to the published figures it follows, and to others that it does not follow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..dates import age_on, months_before, read_as_at
from .dataset import Practice
from .definitions import Anchor
from .people import SEXES
from .tables import parameters

#: How far a register may be off beside chance, relative to its target: the joint prevalence of the conditions of one
#: register is not solved for, and targets are rounded.
_ALLOWANCE: Final = 0.03


@frozen
class Comparison:
    """One figure: the target, what the practice has (both in percent), and how far apart chance may put them.

    `within` is None for a figure that the generator does not follow.
    """

    name: str
    target: float
    got: float
    tolerance: float
    followed: bool

    @property
    def within(self) -> bool | None:
        """Whether the figure lies within the tolerance."""
        return abs(self.got - self.target) <= self.tolerance if self.followed else None


def compare_registers(practice: Practice) -> list[Comparison]:
    """Each register of `registers.csv` against the people of the practice.

    Prevalence counts the people who have the condition and in whom it has not resolved, as NHS registers do
    (Quality and Outcomes Framework). The tolerance is four standard errors and a small allowance.
    """
    age, has = _people(practice)
    found = []
    for register in parameters().registers:
        base = age >= register.age_from
        n_base = max(int(base.sum()), 1)
        with_any = np.zeros(len(age), dtype=np.bool_)
        for condition in register.conditions:
            with_any |= has(condition)
        share = register.percent / 100
        tolerance = 400 * np.sqrt(share * (1 - share) / n_base) + _ALLOWANCE * register.percent
        base_name = f" ({register.age_from}+)" if register.age_from else ""
        got = 100 * float((with_any & base).sum()) / n_base
        found.append(Comparison(register.id + base_name, register.percent, got, float(tolerance), followed=True))
    return found


def compare_age_sex(practice: Practice) -> list[Comparison]:
    """The share of people in each band of `age_sex.csv`; the tolerance is four standard errors."""
    age, _ = _people(practice)
    n_people = len(age)
    total = sum(percent for *_, percent in parameters().age_sex)
    sex = practice.people["sex"]
    is_sex = {word: sex == word for word in SEXES}
    found = []
    for age_from, age_to, word, percent in parameters().age_sex:
        share = percent / total
        got = 100 * float((is_sex[word] & (age >= age_from) & (age < age_to)).mean())
        tolerance = 400 * float(np.sqrt(share * (1 - share) / n_people)) + 50 / n_people
        found.append(Comparison(f"{word} {age_from}-{age_to - 1}", 100 * share, got, tolerance, followed=True))
    return found


def compare_anchors(practice: Practice) -> list[Comparison]:
    """Published figures to report beside: several conditions, an episode going on, no contact, use of a practice.

    Their sources stand in `anchors.csv`. Two or more of 35 conditions (Valabhji and others 2023) is counted here
    without the two of the 35 that are bands of a score, which are no conditions of the generator.
    """
    age, has = _people(practice)
    n_conditions = np.zeros(len(age), dtype=np.int64)
    for condition in parameters().conditions:
        # A form of a condition does not count again beside its parent.
        if condition.counts_in_35 and not condition.given:
            n_conditions += has(condition.id)
    several = n_conditions >= 2
    day = read_as_at(practice.as_at)
    since = np.datetime64(months_before(day, 12), "D")
    registered = practice.people["registered_from"] <= since
    there = registered & np.isnat(practice.people["registered_to"]) & np.isnat(practice.people["died_on"])
    contact_is_recent = practice.contacts["date"] > since
    seen = set(practice.contacts["person_id"][contact_is_recent].tolist())
    met = np.array([person in seen for person in practice.people["person_id"].tolist()])
    in_practice = contact_is_recent & (practice.contacts["setting"] == "primary_care")

    def mean(values: npt.NDArray[Any], among: npt.NDArray[np.bool_]) -> float:
        return 100 * float(values[among].mean()) if among.any() else 0.0

    def got(anchor: Anchor) -> float:
        aged = (age >= anchor.age_from) & (age < anchor.age_to)
        match anchor.figure:
            case "several":
                return mean(several, aged)
            case "share":
                return mean(has(anchor.condition), aged)
            case "no_contact":
                return mean(~met, there & aged)
            case "practice_contacts":
                return 100 * int(in_practice.sum()) / len(age)
            case other:
                raise ValueError(f"anchors.csv has a figure that nothing counts: {other}")

    return [Comparison(each.name, each.value, got(each), 0.0, followed=False) for each in parameters().anchors]


def compare_with_targets(practice: Practice) -> str:
    """A table of targets and of what the practice has, in percent, as text.

    The first part is what the generator follows, with a mark on what lies outside four standard errors and
    three per cent of the target; the second part is anchors that it does not follow.

    >>> from pngroup.synthetic import practice
    >>> print(compare_with_targets(practice(2000, seed=1)).splitlines()[0])
    register                                          target      got  tolerance
    """
    lines = [f"{'register':<48}{'target':>8}{'got':>9}{'tolerance':>11}"]
    lines += _lines(compare_registers(practice))
    bands = compare_age_sex(practice)
    worst = max(bands, key=lambda one: abs(one.got - one.target) / one.tolerance)
    lines += [
        "",
        f"{'age and sex: ' + str(len(bands)) + ' bands, the one furthest off':<48}",
        *_lines([worst]),
    ]
    lines += ["", "anchors (not followed in detail)", *_lines(compare_anchors(practice))]
    return "\n".join(lines)


def _lines(comparisons: Iterable[Comparison]) -> list[str]:
    found = []
    for one in comparisons:
        tolerance = f"{one.tolerance:>11.2f}" if one.followed else ""
        mark = "  outside" if one.within is False else ""
        found.append(f"{one.name:<48}{one.target:>8.2f}{one.got:>9.2f}{tolerance}{mark}")
    return found


def _people(practice: Practice) -> tuple[npt.NDArray[np.int32], Any]:
    """Ages, and a function from a condition to who has it (unresolved) among the people, in their order."""
    day = read_as_at(practice.as_at)
    age = age_on(practice.people["birth_date"].astype(np.int32), day)
    place = {person: number for number, person in enumerate(practice.people["person_id"].tolist())}
    truth = practice.truth
    rows_of: dict[str, npt.NDArray[np.intp]] = {}
    names, code = np.unique(truth["condition"].astype(str), return_inverse=True)
    order = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[order], np.arange(len(names) + 1))
    for number, name in enumerate(names.tolist()):
        rows_of[name] = order[edges[number] : edges[number + 1]]

    def has(condition: str) -> npt.NDArray[np.bool_]:
        rows = rows_of.get(condition, np.zeros(0, dtype=np.intp))
        rows = rows[np.isnat(truth["resolved"][rows])]
        found = np.zeros(len(age), dtype=np.bool_)
        found[[place[person] for person in truth["person_id"][rows].tolist()]] = True
        return found

    return age, has
