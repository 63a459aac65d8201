"""From the tree of an expression to SQL.

SQL's own truth has three values and Kleene's and, or and not, so a criterion is written as it stands. What is known
when the script is written (a table that was not given) is settled here, and does not reach the SQL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Final

from attrs import evolve, frozen

_OPERATORS: Final = {"==": "=", "!=": "<>"}
_COMPARED: Final[dict[str, Callable[[int, int], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Open:
    """Stands for: not known before the script runs."""


OPEN: Final = _Open()


@frozen
class Sql:
    """A piece of SQL. `is_truth`: it stands where a condition stands. `is_nullable`: it can be unknown.

    `value`: what it is, where that is known already (None for unknown). `needs`: the columns that it reads.
    `binds`: how strongly its outermost operator binds (3 nothing to separate, 2 not, 1 and, 0 or).
    """

    text: str
    is_truth: bool
    is_nullable: bool = False
    value: bool | int | _Open | None = OPEN
    needs: frozenset[str] = frozenset()
    binds: int = 3

    def beside(self, binds: int) -> str:
        """The text, in brackets where an operator that binds more strongly stands beside it."""
        return self.text if self.binds >= binds else f"({self.text})"


TRUE: Final = Sql("1 = 1", is_truth=True, value=True)
FALSE: Final = Sql("1 = 0", is_truth=True, value=False)
UNKNOWN: Final = Sql("CAST(NULL AS INTEGER) = 1", is_truth=True, is_nullable=True, value=None)
NO_NUMBER: Final = Sql("CAST(NULL AS INTEGER)", is_truth=False, is_nullable=True, value=None)


def number(value: int) -> Sql:
    """A whole number."""
    return Sql(str(value) if value >= 0 else f"({value})", is_truth=False, value=value)


def truth_of(*, value: bool | None) -> Sql:
    """A truth that is known already."""
    return UNKNOWN if value is None else TRUE if value else FALSE


def column(name: str, *, is_truth: bool, is_nullable: bool) -> Sql:
    """A column; a truth is a column of 1, 0 and NULL."""
    return Sql(f"{name} = 1" if is_truth else name, is_truth, is_nullable, needs=frozenset({name}))


def conjunction(items: Iterable[Sql]) -> Sql:
    """All of the items."""
    return _joined(list(items), " AND ", decides=False, binds=1)


def disjunction(items: Iterable[Sql]) -> Sql:
    """Any of the items."""
    return _joined(list(items), " OR ", decides=True, binds=0)


def _joined(items: list[Sql], word: str, *, decides: bool, binds: int) -> Sql:
    if any(item.value is decides for item in items):
        return truth_of(value=decides)
    left = [item for item in items if item.value is OPEN]
    if any(item.value is None for item in items):
        left.append(UNKNOWN)
    if not left:
        return truth_of(value=not decides)
    if len(left) == 1:
        return left[0]
    return Sql(
        word.join(item.beside(binds + 1) for item in left),
        is_truth=True,
        is_nullable=any(item.is_nullable for item in left),
        needs=_needs(left),
        binds=binds,
    )


def negation(item: Sql) -> Sql:
    """The opposite."""
    if item.value is not OPEN:
        return truth_of(value=None if item.value is None else not item.value)
    return evolve(item, text=f"NOT ({item.text})", binds=2)


def comparison(left: Sql, sign: str, right: Sql) -> Sql:
    """Two numbers, or two words, compared."""
    if left.value is None or right.value is None:
        return UNKNOWN
    if isinstance(left.value, int) and isinstance(right.value, int):
        return truth_of(value=_COMPARED[sign](left.value, right.value))
    return Sql(
        f"{left.text} {_OPERATORS.get(sign, sign)} {right.text}",
        is_truth=True,
        is_nullable=left.is_nullable or right.is_nullable,
        needs=left.needs | right.needs,
    )


def as_number(item: Sql) -> Sql:
    """A truth as 1, 0 or NULL; a number as it is."""
    if not item.is_truth:
        return item
    if item.value is not OPEN:
        return NO_NUMBER if item.value is None else number(int(bool(item.value)))
    otherwise = f" WHEN NOT ({item.text}) THEN 0" if item.is_nullable else " ELSE 0"
    return evolve(item, text=f"CASE WHEN {item.text} THEN 1{otherwise} END", is_truth=False, binds=3)


def sum_of(items: Iterable[Sql], *, minus: Iterable[Sql] = ()) -> Sql:
    """Numbers added, and others taken away; those known already are added up here."""
    plus, less = [as_number(item) for item in items], [as_number(item) for item in minus]
    if any(item.value is None for item in (*plus, *less)):
        return NO_NUMBER
    known = sum(int(item.value) for item in plus if isinstance(item.value, int))  # 0 where nothing is added
    known -= sum(int(item.value) for item in less if isinstance(item.value, int))
    plus, less = [item for item in plus if item.value is OPEN], [item for item in less if item.value is OPEN]
    if not plus and not less:
        return number(known)
    text = " + ".join([*([str(known)] if known or not plus else []), *(item.text for item in plus)])
    text += "".join(f" - {item.text}" for item in less)
    both = [*plus, *less]
    is_one = len(plus) == 1 and not less and not known
    return Sql(
        text if is_one else f"({text})",
        is_truth=False,
        is_nullable=any(item.is_nullable for item in both),
        needs=_needs(both),
    )


def first_of(choices: Iterable[tuple[Sql, int]], *, otherwise: int | None) -> Sql:
    """The number beside the first condition that is true."""
    branches: list[tuple[Sql, int]] = []
    for condition, value in choices:
        if condition.value is None or condition.value is False:
            continue
        if condition.value is True:
            otherwise = value
            break
        branches.append((condition, value))
    if not branches:
        return NO_NUMBER if otherwise is None else number(otherwise)
    text = " ".join(f"WHEN {condition.text} THEN {value}" for condition, value in branches)
    end = "" if otherwise is None else f" ELSE {otherwise}"
    needs = _needs([condition for condition, _ in branches])
    return Sql(f"CASE {text}{end} END", is_truth=False, is_nullable=otherwise is None, needs=needs)


def known_where(condition: Sql, item: Sql) -> Sql:
    """A number where the condition is true, unknown elsewhere."""
    if condition.value is True or item.value is None:
        return item
    if condition.value is not OPEN:
        return NO_NUMBER
    text = f"CASE WHEN {condition.text} THEN {item.text} END"
    return Sql(text, is_truth=False, is_nullable=True, needs=condition.needs | item.needs)


def _needs(items: Iterable[Sql]) -> frozenset[str]:
    return frozenset[str]().union(*(item.needs for item in items))
