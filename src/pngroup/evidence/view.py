"""Values and medicines: a second small table beside the facts."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from .facts import Ints


@frozen
class Measured:
    """A second small table beside the facts: one number a row (a medicine, or a value of something).

    `person`, `what` and `day` (days since 1970) are sorted by person; `amount` is the value, 0 for medicines.
    `what` indexes `names`.
    """

    names: tuple[str, ...]
    person: Ints = field(eq=False, repr=False)
    what: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    amount: Ints = field(eq=False, repr=False)

    def of_people(self, first: int, end: int) -> Measured:
        """The rows of the people from `first` up to `end`, counted from `first`."""
        a, b = np.searchsorted(self.person, [first, end])
        return Measured(self.names, self.person[a:b] - first, self.what[a:b], self.day[a:b], self.amount[a:b])

    def in_order(self, order: Ints) -> Measured:
        """The rows with the people in another order, and numbered by it."""
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        person = place[self.person]
        rows = np.argsort(person, kind="stable")
        return Measured(self.names, person[rows], self.what[rows], self.day[rows], self.amount[rows])

    def until(self, day: int) -> Measured:
        """The rows up to a day."""
        rows = self.day <= day
        if rows.all():
            return self
        return Measured(self.names, self.person[rows], self.what[rows], self.day[rows], self.amount[rows])


def nothing_measured() -> Measured:
    """No rows."""
    empty = np.empty(0, np.int64)
    return Measured((), empty, empty, empty, empty)
