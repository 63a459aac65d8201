"""Made-up months: rows that come, change and go, and the rows that stand after them, reckoned in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from attrs import define, field

from pngroup.frames import Stream, is_missing
from routes import COLUMNS

Row = Mapping[str, Any]


@define
class Feed:
    """The rows of one table as its sender holds them, each with a key, and what has become of them since `send`."""

    name: str
    rows: dict[int, Row]
    has_ids: bool
    sent: dict[int, Row] = field(factory=dict)

    def restate(self, rng: random.Random, others: Iterable[Row]) -> None:
        """Forget, change and add some rows."""
        others = list(others)
        for key in list(self.rows):
            fate = rng.random()
            if fate < 0.15:
                del self.rows[key]
            elif fate < 0.3 and others:
                self.rows[key] = rng.choice(others)
        for _ in range(rng.randrange(4)):
            if others:
                self.rows[rng.randrange(1 << 40)] = rng.choice(others)

    def whole(self) -> dict[str, list[Any]]:
        """All rows."""
        return self._columns([(key, row, None) for key, row in self.rows.items()])

    def changes(self, rng: random.Random) -> dict[str, list[Any]]:
        """What became of rows since the last time, in no order; with ids some of it said twice."""
        found = []
        for key in {**self.sent, **self.rows}:
            before, now = self.sent.get(key), self.rows.get(key)
            if before is None:
                found.append((key, now, rng.choice(["new", "I", "insert"])))
            elif now is None:
                found.append((key, before, rng.choice(["deleted", "D"])))
            elif now != before and self.has_ids:
                found.append((key, now, rng.choice(["changed", "Update"])))
            elif now != before:
                found += [(key, before, "delete"), (key, now, "new")]
        if self.has_ids:
            found += [row for row in found if rng.random() < 0.2]
        rng.shuffle(found)
        return self._columns(found, changes=True)

    def send(self) -> None:
        """From now on changes are told against these rows."""
        self.sent = dict(self.rows)

    def _columns(self, rows: list[tuple[int, Row, str | None]], *, changes: bool = False) -> dict[str, list[Any]]:
        table = {column: [_cell(row.get(column)) for _, row, _ in rows] for column in COLUMNS[self.name]}
        if self.has_ids and self.name != "people":
            table["record_id"] = [key for key, _, _ in rows]
        if changes:
            table["change"] = [change for _, _, change in rows]
        return table


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def in_pieces(table: Mapping[str, list[Any]], n_rows: int) -> Stream:
    """A table as a stream of so many rows at a time, all of them text, as text files are read."""
    columns = {
        name: pa.array([None if v is None else str(v) for v in values], pa.string()) for name, values in table.items()
    }
    rows = pa.table(columns)
    return Stream(tuple(rows.column_names), lambda: iter(rows.to_batches(max_chunksize=n_rows)))


def plain(frame: Any) -> dict[str, list[Any]]:
    """A frame of mappings or pyarrow as lists of plain values, missing as None."""
    if isinstance(frame, pa.Table):
        return {name: frame.column(name).to_pylist() for name in frame.column_names}
    lists = {name: values.tolist() if hasattr(values, "tolist") else list(values) for name, values in frame.items()}
    return {name: [None if is_missing(value) else value for value in values] for name, values in lists.items()}


def by_person(frame: Any) -> dict[Any, dict[str, Any]]:
    """The rows of a frame by person."""
    columns = plain(frame)
    return {
        person: {name: values[at] for name, values in columns.items()} for at, person in enumerate(columns["person_id"])
    }
