"""Tables to result files, and where those may be written; `files.writing` gives them their names."""

from __future__ import annotations

import gzip
import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from ..errors import DataError, UsageError
from ..files.formats import Format, arrow, format_of, place_of
from ..files.writing import Writer, refuse_no_file

_ROWS_AT_ONCE: Final = 50_000


def check_target(path: Path, *, option: str) -> Path:
    """The real place of a result file; `UsageError` before any work is done where it cannot be written."""
    where = place_of(path, option)
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise UsageError("this is a folder", where=where, allowed="the name of a file", remedy="add a file name")
    refuse_no_file(path, where)
    if not target.parent.is_dir():
        raise UsageError(
            "the folder of the file does not exist",
            where=where,
            allowed="a folder that exists",
            remedy="make the folder first",
        )
    return target


def check_targets(files: Mapping[str, Path | None]) -> dict[str, Path]:
    """The same for several options (those given); they must be different files."""
    targets = {option: check_target(path, option=option) for option, path in files.items() if path is not None}
    seen: dict[Path, str] = {}
    for option, target in targets.items():
        if target in seen:
            raise UsageError(
                f"{seen[target]} and {option} are the same file",
                where=place_of(target, option),
                allowed="a file of its own for each",
                remedy="rename one of them",
            )
        seen[target] = option
    return targets


def table_writer(table: Any, path: Path, *, option: str) -> Writer:
    """Writes a pyarrow Table, as `pieces_writer` does."""
    return pieces_writer(iter([table]), path, option=option)


def pieces_writer(pieces: Iterator[Any], path: Path, *, option: str) -> Writer:
    """Writes pyarrow Tables of the same columns, one or more, one below the other, in the format that `path` ends in.

    One piece is in memory at a time. CSV and TSV: UTF-8, quotation marks where needed, missing cells empty, truths as
    true and false, dates in ISO 8601. Raises `UsageError` for another ending.
    """
    format_ = format_of(path, option=option)

    def write(file: IO[bytes]) -> None:
        if not format_.is_gzip:
            _write_pieces(pieces, file, format_)
            return
        # Neither name nor time goes in: the same table is the same file.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            _write_pieces(pieces, packed, format_)  # type: ignore[arg-type]

    return write


def _write_pieces(pieces: Iterator[Any], file: IO[bytes], format_: Format) -> None:
    if format_.separator is not None:
        for text in _text_of(pieces, format_.separator):
            file.write(text)
        return
    first = next(pieces)
    # A dictionary of ids holds each once and costs more than the ids.
    repeating = [name for name in first.column_names if name != "person_id"]
    with arrow("pyarrow.parquet").ParquetWriter(file, first.schema, use_dictionary=repeating) as writer:
        for piece in itertools.chain([first], pieces):
            writer.write_table(piece)


def _text_of(pieces: Iterator[Any], separator: str) -> Iterator[bytes]:
    pa = arrow()
    for place, piece in enumerate(pieces):
        if not place:
            names = pa.array(piece.column_names, pa.large_string())
            each = [names.slice(at, 1) for at in range(len(names))]
            yield _lines(pa.record_batch(each, names=piece.column_names), separator)
        for batch in piece.to_batches(max_chunksize=_ROWS_AT_ONCE):
            if batch.num_rows:
                yield _lines(batch, separator)


def _lines(batch: Any, separator: str) -> bytes:
    """Rows as lines, all at once: the bytes of the joined column are the text."""
    pa, compute = arrow(), arrow("pyarrow.compute")
    cells = [_cells(batch.column(place), name, separator) for place, name in enumerate(batch.schema.names)]
    if len(cells) == 1:
        # An empty line would be no row for most readers.
        cells = [compute.if_else(compute.equal(cells[0], ""), '""', cells[0])]
    lines = _joined([_joined(cells, separator), "\n"], "")
    return b"".join(lines.cast(pa.large_binary()).to_pylist())


def _joined(parts: list[Any], separator: str) -> Any:
    pa, compute = arrow(), arrow("pyarrow.compute")
    texts = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, separator)]
    return compute.binary_join_element_wise(*texts)


def _cells(column: Any, name: str, separator: str) -> Any:
    pa, compute = arrow(), arrow("pyarrow.compute")
    try:
        text = column.cast(pa.large_string())
    except pa.ArrowException:
        raise DataError(
            f"the column {name!r} holds {column.type}, which has no form as text",
            where="the result",
            allowed="text, numbers, dates and truths in CSV and TSV",
            remedy="write Parquet, or leave the column out",
        ) from None
    text = compute.fill_null(text, "")
    special = compute.match_substring_regex(text, pattern=f'["\r\n{separator}]')
    if compute.any(special).as_py():
        quoted = _joined(['"', compute.replace_substring(text, '"', '""'), '"'], "")
        text = compute.if_else(special, quoted, text)
    return text
