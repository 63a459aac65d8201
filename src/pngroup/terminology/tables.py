"""One file of a release as arrays: read in pieces by pyarrow, checked by header, odd rows counted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import DataError, MissingExtraError
from .files import ReleaseFile
from .rf2 import COMPONENTS, HEADERS, INFERRED, IS_A, USED, Kind

#: Large enough that a piece costs little beside its rows, small enough that a release never stands in memory as text.
_BYTES_AT_ONCE: Final = 1 << 23
_LONGEST_HEADER: Final = 4096
_UUID_LENGTH: Final = 36
_HEX: Final = np.full(256, 255, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
_HEX[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)
_HEX_PLACES: Final = np.array([place for place in range(_UUID_LENGTH) if place not in (8, 13, 18, 23)])
#: A slip here and there is counted; a file that is odd in more than this share of its rows is another file.
_MOST_UNREADABLE: Final = 0.01
_ALWAYS_BEARABLE: Final = 10
Arrays = dict[str, npt.NDArray[Any]]


@frozen
class Rows:
    """The rows of one file: arrays by column, how many rows there were and how many could not be read.

    `id` is int64 in files of components; in reference sets `high` and `low` are the two halves (uint64) of the UUID.
    """

    columns: Arrays = field(repr=False)
    n_rows: int
    n_unreadable: int


def read_rows(file: ReleaseFile) -> Rows:
    """The rows of a release file; of relationships those of type is-a, active or not.

    Raises `DataError` for another header, a damaged zip, a file that is not readable as a table, or one in which more
    than one row in a hundred is not readable; `MissingExtraError` without pyarrow.
    """
    _check_header(file)
    try:
        rows = _collect(file, typed=True)
    except arrow().ArrowInvalid:
        # Somewhere a cell is no number: read all as text, which takes longer and can say how many.
        rows = _collect(file, typed=False)
    if rows.n_unreadable > max(_ALWAYS_BEARABLE, _MOST_UNREADABLE * rows.n_rows):
        raise DataError(
            f"{rows.n_unreadable:,} of {rows.n_rows:,} rows cannot be read",
            where=file.where,
            allowed="tab-separated rows of ids, dates as 20230731, and 0 or 1",
            remedy="download the release again",
        )
    return rows


def arrow(module: str = "pyarrow") -> Any:
    """The package pyarrow or a module of it; `MissingExtraError` where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            "pyarrow is not installed, and releases are read with it",
            where="release",
            allowed="an installation with the extra terminology",
            remedy='run: pip install "pngroup[terminology]"',
        ) from error


def _check_header(file: ReleaseFile) -> None:
    expected = HEADERS[file.kind]
    with _damage_told(file), file.open() as stream:
        line = stream.readline(_LONGEST_HEADER)
    header = tuple(line.decode("utf-8-sig", "replace").rstrip("\r\n").split("\t"))
    if header != expected:
        raise DataError(
            f"the header has {len(header)} columns that are not the expected ones"
            if line.strip()
            else "the file is empty",
            where=f"{file.where}, line 1",
            allowed=f"the columns {', '.join(expected)}, separated by tabs",
            remedy="give the release as it was published",
        )


@contextmanager
def _damage_told(file: ReleaseFile) -> Iterator[None]:
    """Turns what a truncated or damaged file raises into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # RuntimeError: packed with a password, or by a method that Python does not know.
        raise DataError(
            f"the file is damaged or cannot be read ({type(error).__name__})",
            where=file.where,
            allowed="a whole file",
            remedy="download the release again",
        ) from None


def _collect(file: ReleaseFile, *, typed: bool) -> Rows:
    pieces: list[Arrays] = []
    n_rows = n_unreadable = 0
    with _damage_told(file), file.open() as stream:
        skipped: list[int] = []
        for batch in _batches(file, stream, skipped, typed=typed):
            columns, n_bad = _readable(batch, file.kind, typed=typed)
            n_rows += batch.num_rows
            n_unreadable += n_bad
            pieces.append(_of_interest(columns, file.kind))
    names = pieces[0] if pieces else _of_interest(_nothing(file.kind), file.kind)
    joined = {name: np.concatenate([piece[name] for piece in pieces]) if pieces else names[name] for name in names}
    return Rows(joined, n_rows + len(skipped), n_unreadable + len(skipped))


def _batches(file: ReleaseFile, stream: Any, skipped: list[int], *, typed: bool) -> Iterator[Any]:
    pa, csv = arrow(), arrow("pyarrow.csv")

    def skip(_row: object) -> str:
        skipped.append(1)
        return "skip"

    used = USED[file.kind]
    types = {name: pa.int64() if typed and _is_number(name, file.kind) else pa.string() for name in used}
    try:
        reader = csv.open_csv(
            stream,
            read_options=csv.ReadOptions(
                block_size=_BYTES_AT_ONCE, column_names=list(HEADERS[file.kind]), skip_rows=1, encoding="utf8"
            ),
            parse_options=csv.ParseOptions(
                delimiter="\t",
                quote_char=False,
                double_quote=False,
                escape_char=False,
                newlines_in_values=False,
                invalid_row_handler=skip,
            ),
            convert_options=csv.ConvertOptions(
                include_columns=list(used), column_types=types, null_values=[""], strings_can_be_null=False
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        if typed:
            raise
        raise DataError(
            "the file cannot be read as a table",
            where=file.where,
            allowed="tab-separated text in UTF-8",
            remedy="download the release again",
        ) from None


def _is_number(column: str, kind: Kind) -> bool:
    return column != "id" or kind in COMPONENTS


def _nothing(kind: Kind) -> Arrays:
    columns: Arrays = {name: np.zeros(0, np.int64) for name in USED[kind] if _is_number(name, kind)}
    if kind not in COMPONENTS:
        columns |= {"high": np.zeros(0, np.uint64), "low": np.zeros(0, np.uint64)}
    return columns


def _readable(batch: Any, kind: Kind, *, typed: bool) -> tuple[Arrays, int]:
    """The columns of a batch as arrays, without the rows of which any cell cannot be read, and how many these are."""
    columns: Arrays = {}
    good = np.ones(batch.num_rows, bool)
    for name in USED[kind]:
        column = batch.column(batch.schema.get_field_index(name))
        if not _is_number(name, kind):
            columns["high"], columns["low"], readable = _uuids(column)
            good &= readable
        elif typed and not column.null_count:
            # As pyarrow's to_numpy, which would import pandas where that is installed.
            columns[name] = np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column)]
        else:
            columns[name], readable = _numbers_of(column, typed=typed)
            good &= readable
    good &= (columns["active"] == 0) | (columns["active"] == 1)
    good &= (columns["effectiveTime"] >= 19_000_101) & (columns["effectiveTime"] <= 29_991_231)
    n_bad = int(np.count_nonzero(~good))
    return ({name: values[good] for name, values in columns.items()} if n_bad else columns), n_bad


def _numbers_of(column: Any, *, typed: bool) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """A column with empty cells, or one that was read as text."""
    compute, pa = arrow("pyarrow.compute"), arrow()
    if typed:
        good = compute.is_valid(column)
        values = column.fill_null(0)
    else:
        good = compute.match_substring_regex(column, pattern=r"^[0-9]{1,18}$").fill_null(fill_value=False)
        values = compute.if_else(good, column, "0").cast(pa.int64())
    return values.to_numpy(zero_copy_only=False), good.to_numpy(zero_copy_only=False)


def _uuids(column: Any) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    compute = arrow("pyarrow.compute")
    right = compute.equal(compute.binary_length(column), _UUID_LENGTH)
    if not compute.all(right, min_count=0).as_py():
        column = compute.if_else(right, column, "0" * _UUID_LENGTH)
    n = len(column)
    _, offsets, data = column.buffers()
    begin = int(np.frombuffer(offsets, np.int32, count=n + 1)[column.offset]) if n else 0
    cells = np.frombuffer(data, np.uint8, count=n * _UUID_LENGTH, offset=begin) if n else np.zeros(0, np.uint8)
    digits = _HEX[cells.reshape(n, _UUID_LENGTH)[:, _HEX_PLACES]]
    good = right.to_numpy(zero_copy_only=False) & (digits.max(axis=1, initial=0) < 16)
    packed = np.ascontiguousarray((digits[:, 0::2] << 4) | digits[:, 1::2]).view(">u8").astype(np.uint64)
    return packed[:, 0], packed[:, 1], good


def _of_interest(columns: Arrays, kind: Kind) -> Arrays:
    """Of relationships those of type is-a; ids, dates and truths in their own small types."""
    if kind == "relationship":
        is_a = columns["typeId"] == IS_A
        columns = {name: values[is_a] for name, values in columns.items() if name != "typeId"}
        columns["characteristicTypeId"] = columns["characteristicTypeId"] == INFERRED
    small: Arrays = {"active": columns["active"] == 1, "effectiveTime": columns["effectiveTime"].astype(np.int32)}
    return columns | small


def joined(tables: Sequence[Rows], kind: Kind) -> Arrays:
    """The rows of several files of one kind behind each other."""
    if not tables:
        return _of_interest(
            _nothing(kind) | ({"typeId": np.zeros(0, np.int64)} if kind == "relationship" else {}), kind
        )
    if len(tables) == 1:
        return tables[0].columns
    return {name: np.concatenate([table.columns[name] for table in tables]) for name in tables[0].columns}
