"""The guard: a run of which too much would change is stopped before anything is written.

Every write is a message to staff, perhaps on the phones of patients, and a broken feed changes many people at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import asdict, field, frozen

from ..errors import GuardError, UsageError
from .restating import RowCounts

_MOST_NAMED: Final = 3
#: Two different shares up to 1 differ by then.
_MOST_DIGITS: Final = 20


def _is_share(_guard: Any, attribute: Any, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UsageError(
            f"{attribute.name} is {value!r}" if isinstance(value, int | float) else f"{attribute.name} is no number",
            where="Guard",
            allowed="a share from 0 to 1, such as 0.05 for 5 %",
            remedy="correct it",
        )


def _is_count(_guard: Any, attribute: Any, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(
            f"{attribute.name} is no number of people", where="Guard", allowed="a whole number, 0 or more",
            remedy="correct it",
        )  # fmt: skip


@frozen
class Guard:
    """How much may change before a write is stopped.

    `most_changed`: the share of those who had a group last month, or have one again who had died, left or been
    excluded, whose group, tier or colour would change, of all people and of each practice alike (who moves is of both);
    other people without a group last month do not count, people who would lose theirs do.
    `few`: so many people may change in a practice whatever share of it they are (0: none), for lists that hold very
    small practices. `most_fewer_rows`: the share by which the number of rows of a table may fall.

    >>> Guard().most_changed
    0.05
    """

    most_changed: float = field(default=0.05, validator=_is_share)
    most_fewer_rows: float = field(default=0.05, validator=_is_share)
    few: int = field(default=0, validator=_is_count)

    def to_dict(self) -> dict[str, float | int]:
        """The limits, for JSON."""
        return asdict(self)


@frozen
class Refusal:
    """One reason why the guard stops a write: `n` of `of` people or rows (`what`: "people", "practice" or "rows") of
    `name` (a practice or a table), where `most` is the share allowed.
    """

    what: str
    name: str
    n: int
    of: int
    most: float

    @property
    def share(self) -> float:
        """The share that would change or is gone."""
        return self.n / self.of

    def __str__(self) -> str:
        # A practice of one person may be a column of ids that was taken for that of the practice.
        practice = f"practice {self.name!r}" if self.of > 1 else "a practice"
        whose = {"people": "people", "practice": f"people of {practice}", "rows": f"rows of {self.name}"}
        shares = "{}, at most {}".format(*_percentages(self.share, self.most))
        end = "would be gone" if self.what == "rows" else "would change"
        return f"{self.n:,} of {self.of:,} {whose[self.what]} ({shares}) {end}"


def refusals(
    guard: Guard,
    changed: npt.NDArray[np.bool_],
    counted: npt.NDArray[np.bool_],
    practices: Sequence[npt.NDArray[np.object_]],
    rows: Mapping[str, RowCounts],
) -> tuple[Refusal, ...]:
    """What the guard refuses; one entry a person of this month or last month in the arrays.

    `changed` and `counted`: who is in the list, and whom the guard counts. `practices`: last month's and this month's,
    None where there is none. Who moves counts in both, and who is in none any more in last month's: a feed that loses
    the practice with the person is none the less watched.
    """
    found = []
    n, of = int((changed & counted).sum()), int(counted.sum())
    if _is_more(n, of, guard.most_changed):
        found.append(Refusal("people", "all", n, of, guard.most_changed))
    practice, person = _people_of_practices(practices)
    names, place = np.unique(practice.astype(str), return_inverse=True)
    of_each = np.bincount(place[counted[person]], minlength=len(names))
    n_each = np.bincount(place[(changed & counted)[person]], minlength=len(names))
    is_stopped = _is_more(n_each, of_each, guard.most_changed) & (n_each > guard.few)
    stopped = np.flatnonzero(is_stopped).tolist()
    found += [
        Refusal("practice", str(names[at]), int(n_each[at]), int(of_each[at]), guard.most_changed) for at in stopped
    ]
    for name, counts in rows.items():
        fewer = counts.n_before - counts.n_after
        if _is_more(fewer, counts.n_before, guard.most_fewer_rows):
            found.append(Refusal("rows", name, fewer, counts.n_before, guard.most_fewer_rows))
    return tuple(found)


def _people_of_practices(
    practices: Sequence[npt.NDArray[np.object_]],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Pairs of a practice and a person of it, each once."""
    before, now = practices
    pairs = []
    for practice, counts in ((before, True), (now, now != before)):
        known = np.array([each is not None for each in practice.tolist()], bool)
        pairs.append(np.flatnonzero(known & counts))
    return np.concatenate([before[pairs[0]], now[pairs[1]]]), np.concatenate(pairs)


def stop(found: Iterable[Refusal], as_at: str) -> GuardError:
    """The error of a write that the guard stops."""
    each = list(map(str, found))
    more = f"; and {len(each) - _MOST_NAMED:,} more" if len(each) > _MOST_NAMED else ""
    return GuardError(
        "the guard stopped the write, and state and results stay as they were: " + "; ".join(each[:_MOST_NAMED]) + more,
        where=f"the update as at {as_at}",
        allowed="no more than the limits of guard",
        remedy="find out why (Update.changed holds who would change); if it is right, write it with accept=True",
    )


def _is_more(n: Any, of: Any, most: float) -> Any:
    """Whether `n` are more of `of` than the share; never of none.

    Of a quotient, which is rounded as the share was when it was read: 0.29 * 100 is less than 29.
    """
    return np.asarray(n / np.maximum(of, 1) > most)


def _percentages(one: float, other: float) -> tuple[str, str]:
    """Two shares as percentages, with as many digits as it takes to tell them apart.

    >>> _percentages(0.25, 0.05), _percentages(12 / 238, 0.05)
    (('25.0 %', '5.0 %'), ('5.04 %', '5.00 %'))
    """
    pairs = ((f"{one:.{n}%}", f"{other:.{n}%}") for n in range(1, _MOST_DIGITS))
    first, second = next((pair for pair in pairs if pair[0] != pair[1]), (f"{one:.1%}", f"{other:.1%}"))
    return first.replace("%", " %"), second.replace("%", " %")
