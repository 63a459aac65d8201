"""Episodes in SQL without recursion, and exact.

Deliveries, losses and discharges close whatever is open, whether or not anything is. So they cut a person's days into
stretches that know nothing of each other, and whether a day *may* open an episode depends on earlier closings alone.
What is left is a chain inside each stretch: the first day that may open does; while it is open the next ones do
nothing; the first one `longest_days` later opens again. Each opening day points to the next one so far away, and from
the first of a stretch we follow the pointers, twice as far in each step. Evidence begins in 1900, so a chain has at
most as many links as that span holds times `longest_days`, and the number of steps that reaches all of them is known
when the script is written.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from ..model.definition import Episode
from .dialects import Dialect
from .evidence import number_of_bits, number_of_days
from .questions import DuringQuestion, Questions
from .script import Statement, create, union

_FIRST_DAY: Final = datetime.date(1900, 1, 1)


def episodes_asked(questions: Questions) -> list[str]:
    """The episodes that any question is about."""
    names = [q.episode if isinstance(q, DuringQuestion) else q for q in questions.yes_or_no]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def episode_statements(questions: Questions, dialect: Dialect, as_at: datetime.date) -> Iterator[Statement]:
    """The statements that make `pngroup_<episode>`: those that count on the index date, and answers about them."""
    for name in episodes_asked(questions):
        yield from _one(questions, questions.model.episodes[name], dialect, as_at)


def _one(questions: Questions, episode: Episode, dialect: Dialect, as_at: datetime.date) -> Iterator[Statement]:
    table, at = f"pngroup_{episode.id}", dialect.literal(as_at)
    yield from _days(questions, episode, dialect, table)
    steps = _steps(episode, as_at)
    yield from _starts(episode, dialect, table, steps)
    since = dialect.days_between
    discharges = bool(episode.discharges)
    is_open = f"e.closes_on IS NULL AND {since('e.on_date', at)} < {episode.longest_days}"
    in_time = f"{since('d.on_date', at)} < {episode.counts_after_delivery_days}"
    about = "Episodes that count on the index date: open, delivered not long ago, or discharged on that day."
    no_day = "CAST(NULL AS DATE)"
    opened = (
        f"SELECT e.person_id, e.on_date AS first_day, {no_day} AS delivered_on, {no_day} AS discharged_on\n"
        f"FROM {table}_start_{steps} e WHERE e.is_start = 1 AND {is_open}"
    )
    delivered = (
        "SELECT d.person_id, COALESCE(MAX(e.on_date), d.on_date) AS first_day, d.on_date AS delivered_on,\n"
        f"  {no_day} AS discharged_on\n"
        f"FROM {table}_day d\n"
        f"LEFT JOIN {table}_start_{steps} e ON e.person_id = d.person_id AND e.is_start = 1\n"
        f"  AND e.closes_on = d.on_date AND {since('e.on_date', 'd.on_date')} < {episode.longest_days}\n"
        f"WHERE d.delivers = 1 AND {in_time}\n"
        "GROUP BY d.person_id, d.on_date"
    )
    discharged = (
        f"SELECT d.person_id, MAX(e.on_date) AS first_day, {no_day} AS delivered_on, d.on_date AS discharged_on\n"
        f"FROM {table}_day d\n"
        f"JOIN {table}_start_{steps} e ON e.person_id = d.person_id AND e.is_start = 1\n"
        f"  AND e.closes_on = d.on_date AND {since('e.on_date', 'd.on_date')} < "
        f"{max(episode.longest_days, episode.longest_days_to_discharge)}\n"
        f"WHERE d.discharges = 1 AND d.delivers = 0 AND d.loses = 0 AND d.on_date = {at}\n"
        "GROUP BY d.person_id, d.on_date"
    )
    columns = ["person_id", "first_day", "delivered_on", "discharged_on"]
    parts = [opened, delivered, *([discharged] if discharges else [])]
    yield from create(dialect, table, about, columns, f"FROM (\n{union(parts)}\n) u")
    bits, days = number_of_bits(questions), number_of_days(questions)
    answers = []
    if episode.id in questions.yes_or_no:
        answers.append(f"SELECT person_id, {bits[episode.id]} AS question FROM {table}")
    during = [q for q in questions.yes_or_no if isinstance(q, DuringQuestion) and q.episode == episode.id]
    if during:
        which = " ".join(f"WHEN {days[each.days]} THEN {bits[each]}" for each in during)
        listed = ", ".join(str(days[each.days]) for each in during)
        after = episode.complications_after_delivery_days
        # The present episode is the open one; without one, every delivery that still counts.
        answers.append(
            f"SELECT d.person_id, CASE d.question {which} END AS question\n"
            f"FROM pngroup_days d\nJOIN {table} e ON e.person_id = d.person_id AND e.first_day <= d.on_date\n"
            "LEFT JOIN (SELECT DISTINCT person_id AS person_id_of_open "
            f"FROM {table} WHERE delivered_on IS NULL AND discharged_on IS NULL) o\n"
            "  ON o.person_id_of_open = d.person_id\n"
            f"WHERE d.question IN ({listed})\n"
            "  AND (e.delivered_on IS NULL OR (o.person_id_of_open IS NULL "
            f"AND {since('e.delivered_on', 'd.on_date')} < {after}))"
        )
    about = "Whether an episode counts on the index date, and what was recorded in the present one."
    yield from create(
        dialect, f"{table}_yes", about, ["person_id", "question"], f"FROM (\n{union(answers)}\n) u", distinct=True
    )


def _days(questions: Questions, episode: Episode, dialect: Dialect, table: str) -> Iterator[Statement]:
    """One row a day on which anything opens, delivers or loses, with the last closings before it."""
    model, literal = questions.model, dialect.literal

    def any_of(name: str) -> str:
        members = ", ".join(map(literal, model.members(name)))
        # Of an episode that nothing discharges, no day does.
        if not name:
            return "0"
        return f"MAX(CASE WHEN m.condition_id IN ({members}) THEN 1 ELSE 0 END)"

    all_members = sorted({m for name in episode.conditions for m in model.members(name)})
    inner = (
        "FROM (\n"
        f"  SELECT r.person_id, r.on_date, {any_of(episode.opens)} AS opens,\n"
        f"    {any_of(episode.delivers)} AS delivers, {any_of(episode.loses)} AS loses,\n"
        f"    {any_of(episode.discharges)} AS discharges\n"
        "  FROM pngroup_evidence r\n"
        "  JOIN pngroup_meaning m ON m.meaning = r.meaning\n"
        f"  WHERE m.condition_id IN ({', '.join(map(literal, all_members))})\n"
        "  GROUP BY r.person_id, r.on_date\n"
        ") d"
    )
    window = "OVER (PARTITION BY d.person_id ORDER BY d.on_date ROWS BETWEEN {} AND {})"
    before = window.format("UNBOUNDED PRECEDING", "1 PRECEDING")
    from_here = window.format("CURRENT ROW", "UNBOUNDED FOLLOWING")
    columns = [
        "d.person_id",
        "d.on_date",
        "d.opens",
        "d.delivers",
        "d.loses",
        "d.discharges",
        f"MAX(CASE WHEN d.delivers = 1 OR d.discharges = 1 THEN d.on_date END) {before} AS last_delivery",
        f"MAX(CASE WHEN d.loses = 1 THEN d.on_date END) {before} AS last_loss",
        f"MIN(CASE WHEN d.delivers = 1 OR d.loses = 1 OR d.discharges = 1 THEN d.on_date END) {from_here} AS closes_on",
    ]
    about = (
        f"Episodes of {episode.id}: the days on which something opens, delivers, loses or discharges, with the\n"
        "delivery and loss before, and the day that closes whatever is open."
    )
    yield from create(dialect, f"{table}_day", about, columns, inner)


def _starts(episode: Episode, dialect: Dialect, table: str, steps: int) -> Iterator[Statement]:
    since = dialect.days_between
    after_delivery, after_loss = episode.no_opening_after_delivery_days, episode.no_opening_after_loss_days
    about = "The days that may open an episode (not too soon after a delivery or loss)."
    may_open = (
        "WHERE opens = 1\n"
        f"  AND (last_delivery IS NULL OR {since('last_delivery', 'on_date')} >= {after_delivery})\n"
        f"  AND (last_loss IS NULL OR {since('last_loss', 'on_date')} >= {after_loss})"
    )
    # NULL is equal to nothing, so a stretch that nothing has closed yet gets a day of its own.
    far = dialect.literal(datetime.date(9999, 12, 31))
    columns = ["person_id", "on_date", "closes_on", f"COALESCE(closes_on, {far}) AS stretch"]
    yield from create(dialect, f"{table}_may", about, columns, f"FROM {table}_day\n{may_open}")
    about = (
        f"Of these, the first of a stretch starts an episode. next_on: the first one {episode.longest_days} days\n"
        "later, which starts another if this one starts one."
    )
    columns = [
        "a.person_id",
        "a.on_date",
        "a.closes_on",
        "a.stretch",
        "MIN(b.on_date) AS next_on",
        "MAX(CASE WHEN f.on_date = a.on_date THEN 1 ELSE 0 END) AS is_start",
    ]
    rest = (
        f"FROM {table}_may a\n"
        f"JOIN (SELECT person_id, stretch, MIN(on_date) AS on_date FROM {table}_may GROUP BY person_id, stretch) f\n"
        "  ON f.person_id = a.person_id AND f.stretch = a.stretch\n"
        f"LEFT JOIN {table}_may b ON b.person_id = a.person_id AND b.stretch = a.stretch\n"
        f"  AND {since('a.on_date', 'b.on_date')} >= {episode.longest_days}\n"
        "GROUP BY a.person_id, a.on_date, a.closes_on, a.stretch"
    )
    yield from create(dialect, f"{table}_start_0", about, columns, rest)
    about = f"{steps} steps, each twice as far as the one before: what a start points to is a start."
    columns = [
        "a.person_id",
        "a.on_date",
        "a.closes_on",
        "a.stretch",
        "n.next_on",
        "CASE WHEN a.is_start = 1 OR s.is_start = 1 THEN 1 ELSE 0 END AS is_start",
    ]
    for step in range(steps):
        now = f"{table}_start_{step}"
        rest = (
            f"FROM {now} a\n"
            f"LEFT JOIN {now} n ON n.person_id = a.person_id AND n.stretch = a.stretch AND n.on_date = a.next_on\n"
            f"LEFT JOIN (SELECT DISTINCT person_id, stretch, next_on, is_start FROM {now} WHERE is_start = 1) s\n"
            "  ON s.person_id = a.person_id AND s.stretch = a.stretch AND s.next_on = a.on_date"
        )
        yield from create(dialect, f"{table}_start_{step + 1}", about, columns, rest)


def _steps(episode: Episode, as_at: datetime.date) -> int:
    """How many doublings reach every link of the longest possible chain."""
    links = (as_at - _FIRST_DAY).days // max(episode.longest_days, 1) + 1
    return (links - 1).bit_length()
