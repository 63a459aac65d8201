"""The long lists of SNOMED CT ids: what they mean, what is dismissed, and which reveal a restricted topic.

Tens of thousands of rows are read each time a process starts, so each distinct statement is checked once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from attrs import frozen

from ..errors import ModelError
from ..resources import Row, parse_cells
from ..vocabulary import CodeSystem
from .definition import RESTRICTED_PREFIX
from .dismissal import Dismissals
from .folder import Folder
from .later import no_collecting
from .mapping import ExactRules, MappingRow
from .tables import check_dismissal, check_number, known_condition, known_sources, known_topic


def read_snomed_ids(
    files: Folder, conditions: Container[str], sources: Container[str], topics: Mapping[str, str]
) -> ExactRules:
    """What each packaged id is evidence of, with the restricted topics that ids reveal."""
    table = "snomed/ids.csv"
    with no_collecting():
        return _read_ids(files, table, conditions, sources, topics)


def _read_ids(
    files: Folder, table: str, conditions: Container[str], sources: Container[str], topics: Mapping[str, str]
) -> ExactRules:
    long = _read_long(files, table, ("code", "conditions", "source"))
    for (named, source), line in long.statements():
        row = Row(f"{files.label}/{table}", line, {"source": source})
        for condition in named.split() or [""]:
            known_condition(row, condition, conditions)
        known_sources(row, sources)
    codes = {code: (said[0], said[1], line) for line, (code, said) in enumerate(long.rows, 2)}
    own: dict[str, dict[str, MappingRow]] = {}
    for row in files.snomed_rows("restricted.csv", ("code", "topic", "source")):
        code, topic = check_number(row, "code"), RESTRICTED_PREFIX + known_topic(row, row["topic"], topics)
        named, source, line = codes.get(code, ("", "", 0))
        codes[code] = (f"{named} {topic}".strip(), source, line)
        said_by = known_sources(row, sources)
        own.setdefault(code, {})[topic] = MappingRow(
            topic, CodeSystem.SNOMED.value, "exact", code, said_by, "", row.where
        )
    return ExactRules(CodeSystem.SNOMED.value, f"{files.label}/{table}", codes, own)


def read_snomed_dismissals(files: Folder, reasons: Mapping[str, str], sources: Container[str]) -> Dismissals:
    """The ids that are decided to be no condition."""
    table = "snomed/no_condition.csv"
    with no_collecting():
        long = _read_long(files, table, ("code", "reason", "because", "source"))
    for (reason, _, source), line in long.statements():
        check_dismissal(Row(f"{files.label}/{table}", line, {"reason": reason, "source": source}), reasons, sources)
    rows: dict[tuple[str, str], tuple[str, str, str, int | str]] = {
        ("exact", code): (said[0], said[1], said[2], line) for line, (code, said) in enumerate(long.rows, 2)
    }
    return Dismissals(CodeSystem.SNOMED.value, f"{files.label}/{table}", rows)


@frozen
class _Long:
    """A long list: for each line an id, and what is said of it; few different things are said of many ids."""

    rows: list[tuple[str, tuple[str, ...]]]

    def statements(self) -> Iterable[tuple[tuple[str, ...], int]]:
        """Each different thing that is said, and the first line that says it."""
        first: dict[tuple[str, ...], int] = {}
        for line, (_, said) in enumerate(self.rows, 2):
            if said not in first:
                first[said] = line
        return first.items()


def _read_long(files: Folder, table: str, columns: tuple[str, ...]) -> _Long:
    """The rows of a long list, one a line, whose first cell is an id that no other row has."""
    lines = files.lines(table, columns)
    ends: dict[str, tuple[str, ...]] = {}
    rows: list[tuple[str, tuple[str, ...]]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 2):
        code, _, end = line.partition(",")
        said = ends.get(end)
        if said is None:
            said = ends[end] = _cells_of(end, f"{files.label}/{table}", number, columns)
        if code in seen or not code.isdecimal():
            raise ModelError(
                "the code is no number or repeated",
                where=f"{files.label}/{table}, line {number}",
                allowed="each code once",
                remedy="correct the row",
            )
        seen.add(code)
        rows.append((code, said))
    return _Long(rows)


def _cells_of(end: str, file: str, line: int, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The cells of a line after its id."""
    # Read as a table of one row below a header, so that what is wrong is told as anywhere else.
    [(_, cells)] = parse_cells(f"{','.join(columns)}\n0,{end}\n", file=file, columns=columns, first_line=line - 1)
    return tuple(cells[1:])
