"""What a model asks of the evidence, collected: each question once, with a number and a name for its column.

A question is about the days of some conditions in a window. Some need only a yes or no; those are answered together, 30
to a whole number, one bit each, because a column a question would be hundreds of sums over every row. The others need
how many days there are, and the first and last of them.
"""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Final

from attrs import define, field, frozen

from ..dates import read_as_at, to_date, window_start
from ..model.definition import Model
from ..model.tree import Call

#: Bits that a whole number of 32 bits holds without its sign, with room to spare.
BITS: Final = 30
#: PostgreSQL cuts longer names off.
_LONGEST: Final = 60
#: Before every day that evidence can have.
BEFORE_ALL: Final = datetime.date(1899, 12, 31)


@frozen
class Question:
    """Days of these conditions (a condition that was ended is none) after `after`; from `min_age` on, if given."""

    conditions: tuple[str, ...]
    after: datetime.date = BEFORE_ALL
    min_age: int | None = None


@frozen
class DuringQuestion:
    """Whether a day of a question falls into the present episode."""

    episode: str
    days: Question


@frozen
class ValueQuestion:
    """The latest value of a condition after a day, or (without condition) how many different medicines."""

    condition: str | None
    after: datetime.date


Asked = Question | DuringQuestion | ValueQuestion | str


class Names:
    """Names of columns: short enough for every database, and each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, wish: str) -> str:
        """A name as near to the wish as can be."""
        plain = re.sub(r"\W", "_", wish.lower())
        name, number = plain[:_LONGEST], 1
        while name in self._taken:
            number += 1
            name = f"{plain[: _LONGEST - 4]}_{number}"
        self._taken.add(name)
        return name


@define
class Questions:
    """The questions of a model at an index date, by what is wanted of them.

    `yes_or_no`: a bit each (a text is the name of an episode: whether it counts); `days`: number, first and last day;
    `amounts`: a number that does not come from days of conditions.
    """

    model: Model
    as_at: datetime.date
    feeds: frozenset[str]
    names: Names = field(factory=Names)
    yes_or_no: dict[Asked, str] = field(factory=dict)
    days: dict[Question, str] = field(factory=dict)
    amounts: dict[ValueQuestion, str] = field(factory=dict)

    def about(self, call: Call, name: str | None = None) -> Question:
        """The question that a primitive asks of its first name, or of `name`."""
        members = tuple(sorted(set(self.model.members(name or call.names[0]))))
        return Question(members, self.start(call), call.option("min_age"))

    def start(self, call: Call) -> datetime.date:
        """The day after which a record counts."""
        months, days = call.option("months"), call.option("days")
        if months is None and days is None:
            return BEFORE_ALL
        # A window that begins before the calendar of evidence is no window.
        if months is not None and months > 12 * (self.as_at.year - BEFORE_ALL.year):
            months = None
            if days is None:
                return BEFORE_ALL
        start = window_start(read_as_at(self.as_at), months=months, days=days)
        return max(to_date(start), BEFORE_ALL)

    def can_be_answered(self, question: Question) -> bool:
        """Whether any condition of it comes from a table that was given."""
        return any(self.model.feed_of(condition) in self.feeds for condition in question.conditions)

    def ask(self, question: Asked, wish: str) -> str:
        """The name of the column that says yes (1) or no (0)."""
        return self.yes_or_no.setdefault(question, "") or self._named(self.yes_or_no, question, wish)

    def ask_days(self, question: Question, wish: str) -> str:
        """The ending of the names of three columns: n_, first_ and last_."""
        return self.days.setdefault(question, "") or self._named(self.days, question, wish)

    def ask_amount(self, question: ValueQuestion, wish: str) -> str:
        """The name of the column with the amount."""
        return self.amounts.setdefault(question, "") or self._named(self.amounts, question, wish)

    def _named(
        self, where: dict[Asked, str] | dict[Question, str] | dict[ValueQuestion, str], question: Asked, wish: str
    ) -> str:
        name = self.names.new(wish)
        where[question] = name  # type: ignore[index]
        return name


def wording(call: Call, name: str | None = None) -> str:
    """A name for a primitive's question: condition, condition_24m, condition_24m_from_65."""
    months, days, least = call.option("months"), call.option("days"), call.option("min_age")
    window = f"_{months}m" if months is not None else f"_{days}d" if days is not None else ""
    return f"{name or call.names[0]}{window}{'' if least is None else f'_from_{least}'}"


def births_by_age(as_at: datetime.date, most: int) -> list[tuple[int, datetime.date]]:
    """For each age in whole years the earliest day on which somebody of that age can have been born."""

    def before(years: int) -> datetime.date:
        year = as_at.year - years
        return datetime.date(year, as_at.month, min(as_at.day, calendar.monthrange(year, as_at.month)[1]))

    return [(age, before(age + 1) + datetime.timedelta(days=1)) for age in range(most + 1)]
