"""Opening a caller's table: recognise its library and find our columns under the caller's names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import DataError, UsageError, did_you_mean
from .columns import is_column
from .plain import Frame, Part, is_a
from .stream import Stream, StreamFrame
from .table import Table
from .with_arrow import ArrowFrame
from .with_mapping import MappingFrame
from .with_narwhals import WrappedFrame, is_narwhals_frame, open_narwhals
from .with_pandas import PandasFrame
from .with_polars import PolarsFrame

_TABLES: Final = "a pandas, polars or pyarrow table, any that narwhals takes, or a mapping of names to columns"
#: More names than this are not compared letter by letter with a missing one: it would take seconds.
_MOST_COMPARED: Final = 2000


def open_table(
    native: Any,
    *,
    name: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    pass_through: bool = True,
) -> Table:
    """A caller's table under our column names, its columns not yet read.

    `name` is what messages call the table. `columns` maps our names to the caller's. A lazy table is
    collected once; with `pass_through=False` only the columns we know are (records have no use for the
    others), and `build` cannot return the rest.

    Raises `UsageError` for something that is no table and for a wrong `columns`, `DataError` for missing or
    repeated columns and columns of unequal length. Source: section 2 of the need-group specification.

    >>> people = open_table(
    ...     {"nhs_no": ["a"], "ward": ["x"]},
    ...     name="people",
    ...     required=["person_id"],
    ...     columns={"person_id": "nhs_no"},
    ... )
    >>> people.n_rows, people.label("person_id"), people.other_columns
    (1, 'nhs_no', ('ward',))
    """
    is_part = isinstance(native, Part)
    frame = _recognise(native.native if is_part else native, name)
    names = frame.names
    known = [*required, *optional]
    wanted = _wanted(known, columns, name)
    present = set(names)
    labels = {ours: theirs for ours, theirs in wanted.items() if theirs in present}
    for ours in known:
        if ours not in labels and (ours in required or ours in (columns or {})):
            raise _missing(frame, name, ours, wanted.get(ours, ours), known)
    ours_by_label = {theirs: ours for ours, theirs in labels.items()}
    others = [at for at, label in enumerate(names) if label not in ours_by_label]
    # A repeated label that nobody reads does no harm.
    _refuse_repeated([*labels.values(), *([names[at] for at in others] if pass_through else [])], names, name)
    used = [at for at, label in enumerate(names) if label in ours_by_label]
    return Table(
        name=name,
        frame=frame.load(sorted([*used, *others]) if pass_through else used),
        labels=labels,
        nearly=_nearly_ours(known, labels, [names[at] for at in others]),
        other_columns=tuple(str(names[at]) for at in others),
        keep=tuple(others) if pass_through else None,
        is_part=is_part,
    )


def _recognise(native: Any, name: str) -> Frame:
    if is_narwhals_frame(native):
        return WrappedFrame(_recognise(native.to_native(), name))
    if is_a(native, "pandas", "DataFrame"):
        return PandasFrame(native)
    if is_a(native, "polars", "DataFrame", "LazyFrame"):
        return PolarsFrame(native, is_lazy=is_a(native, "polars", "LazyFrame"))
    if is_a(native, "pyarrow", "Table"):
        return ArrowFrame(native)
    if isinstance(native, Stream) and name != "people":
        return StreamFrame(native)
    if isinstance(native, Mapping):
        return _open_mapping(native, name)
    if not is_column(native) and not isinstance(native, type):
        frame = open_narwhals(native)
        if frame is not None:
            return frame
    raise UsageError(
        f"{name} is not a table but a {type(native).__name__}",
        where=f"argument {name}",
        allowed=_TABLES,
        remedy=_remedy_for(native, name),
    )


def _remedy_for(native: Any, name: str) -> str:
    if isinstance(native, str) or hasattr(native, "__fspath__"):
        return "read the file first, with pandas.read_parquet or the like"
    if isinstance(native, (list, tuple)):
        return "make a table of the rows first, for example pandas.DataFrame(rows)"
    return f"give {name} as one of these"


def _open_mapping(native: Mapping[Any, Any], name: str) -> MappingFrame:
    lengths: dict[object, int] = {}
    for label, values in native.items():
        if is_column(values):
            lengths[label] = len(values)
            continue
        raise DataError(
            f"column {label!r} of {name} is a {type(values).__name__} and not a column of values",
            where=f"{name}, column {label!r}",
            allowed="a list, tuple, numpy array or Series with one value a row",
            remedy="repeat a single value for each row, or wrap it in a list",
        )
    if len(set(lengths.values())) > 1:
        first, n_first = next(iter(lengths.items()))
        other, n_other = next((label, n) for label, n in lengths.items() if n != n_first)
        raise DataError(
            f"columns of {name} differ in length: {n_first:,} values in {first!r}, {n_other:,} in {other!r}",
            where=name,
            allowed="columns of one length, one value a row",
            remedy="give every column a value for every row, None where it is missing",
        )
    return MappingFrame(native, next(iter(lengths.values()), 0))


def _wanted(known: Sequence[str], columns: Mapping[str, str] | None, name: str) -> dict[str, str]:
    """The caller's label for each of our names."""
    if columns is None:
        return {ours: ours for ours in known}
    where = f"argument columns, table {name}"
    given: object = columns
    if not isinstance(given, Mapping) or not all(isinstance(theirs, str) for theirs in given.values()):
        raise UsageError(
            f"columns for {name} does not map names to names",
            where=where,
            allowed="a mapping of our column names to yours, both text",
            remedy=f"write columns={{'{name}': {{'{known[0]}': 'your column'}}}}",
        )
    unknown = [ours for ours in columns if ours not in known]
    if unknown:
        near = did_you_mean(str(unknown[0]), known)
        raise UsageError(
            f"columns names {unknown[0]!r}, which is no column of {name}",
            where=where,
            allowed=", ".join(known),
            remedy=near or "our name comes first, yours second",
        )
    shared = [theirs for theirs, n in Counter(columns.values()).items() if n > 1]
    if shared:
        both = [ours for ours, theirs in columns.items() if theirs == shared[0]]
        raise UsageError(
            f"columns gives {' and '.join(both)} the same column {shared[0]!r}",
            where=where,
            allowed="a column of its own for each name",
            remedy="correct one of them; if they are the same thing, copy the column under a second name",
        )
    taken = set(columns.values())
    # A name the caller has given to something else is not also looked for under our own name.
    return {ours: columns.get(ours, ours) for ours in known if ours in columns or ours not in taken}


def _missing(frame: Frame, name: str, ours: str, theirs: str, known: Sequence[str]) -> DataError:
    labels = [label for label in frame.names if isinstance(label, str)]
    index = getattr(getattr(getattr(frame, "native", None), "index", None), "names", None) or []
    if theirs in index:
        remedy = f"{theirs!r} is the index: make it a column with reset_index()"
    else:
        near = _near(theirs, labels)
        rename = f"name yours with columns={{'{name}': {{'{ours}': 'your column'}}}}"
        remedy = f"{near} {rename}".strip() if theirs == ours else near or "check the spelling"
    return DataError(
        f"{name} has no column {theirs!r}",
        where=f"{name}, {len(frame.names):,} columns",
        allowed=", ".join(known),
        remedy=remedy,
    )


def _near(name: str, labels: Sequence[str]) -> str:
    def plain(label: str) -> str:
        return "".join(c for c in label.casefold() if c.isalnum())

    same = [label for label in labels if plain(label) == plain(name)][:3]
    if same:
        return f"did you mean {' or '.join(map(repr, same))}?"
    return did_you_mean(name, labels[:_MOST_COMPARED])


def _refuse_repeated(relevant: Sequence[object], names: Sequence[object], table: str) -> None:
    if len(set(names)) == len(names):
        return
    counts = Counter(names)
    repeated = [label for label in dict.fromkeys(relevant) if counts[label] > 1]
    if repeated:
        raise DataError(
            f"{table} has {counts[repeated[0]]} columns named {repeated[0]!r}",
            where=f"{table}, column {repeated[0]!r}",
            allowed="a name of its own for each column",
            remedy="rename or drop the repeated ones",
        )


def _nearly_ours(known: Sequence[str], labels: Mapping[str, str], others: Sequence[object]) -> tuple[str, ...]:
    """The caller's columns that are called as one of ours but for case and punctuation, and that nobody reads."""
    unread = {_letters(ours) for ours in known if ours not in labels}
    return tuple(label for label in others if isinstance(label, str) and _letters(label) in unread)


def _letters(label: str) -> str:
    return "".join(c for c in label.casefold() if c.isalnum())
