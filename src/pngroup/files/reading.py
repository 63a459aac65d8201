"""Files as tables: whole, or in batches that are never all in memory.

Parquet keeps its types; in CSV and TSV every column is text. A table may be in several files with the same columns.
"""

from __future__ import annotations

import contextlib
import gzip
import shutil
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from attrs import field, frozen

from ..errors import DataError, UsageError
from ..frames import Stream
from .ahead import one_ahead
from .formats import Format, arrow
from .parquet import ParquetTable
from .sources import Source, find_files, refuse_other_columns
from .text import DelimitedTable

#: Told how much more was read: rows of Parquet, bytes of text.
Advance: TypeAlias = Callable[[int], None]

#: Bytes of a short row of text (an id, a code and a date), and of one that is packed.
_ROW: Final = 25
_PACKED_ROW: Final = 6


def read_table(path: Path, *, option: str) -> Any:
    """The table in a file, in the files of a folder or in those of a pattern, as a pyarrow Table.

    CSV and TSV: UTF-8 with a header, all columns text, empty cells missing. Parquet: the types of the file. Raises
    `UsageError` for a path that is no readable file or has another ending, `DataError` for what is in the file.
    """
    return open_files(find_files(path, option=option)).read()


@frozen(eq=False)
class Files:
    """The files of a table with their headers read: `names` of the columns, and how much there is to read.

    `n_units`: rows of Parquet, bytes of text (as packed). `schema`: the types of Parquet, None for text.
    """

    source: Source
    names: list[str]
    n_units: int
    schema: Any = field(repr=False)

    @property
    def is_text(self) -> bool:
        """Whether the files are CSV or TSV."""
        return self.source.format.separator is not None

    @property
    def n_rows(self) -> int:
        """How many rows there are: known of Parquet, of text no fewer than is likely, by the bytes of short rows."""
        return self.n_units // (_PACKED_ROW if self.source.format.is_gzip else _ROW) if self.is_text else self.n_units

    def read(self, advance: Advance = lambda _: None) -> Any:
        """The whole table, with every column."""
        pa = arrow()
        tables = list(self.batches(None, advance))
        if self.schema is None:
            return pa.concat_tables(tables) if tables else _no_text(self.names)
        return pa.concat_tables([table.cast(self.schema) for table in tables] or [self.schema.empty_table()])

    def stream(self, known: Collection[str], advance: Advance = lambda _: None) -> Stream:
        """The table as a stream that gives the columns `known`; each reading begins anew."""
        wanted = [place for place, name in enumerate(self.names) if name in known]
        return Stream(names=tuple(self.names), batches=lambda: one_ahead(self.batches(wanted, advance)))

    def batches(self, wanted: Sequence[int] | None, advance: Advance) -> Iterator[Any]:
        """The rows of all files, in order, of the columns at these places (None: all)."""
        for path in self.source.paths:
            where, format_ = self.source.where(path), self.source.format
            with _opened(path, where, format_) as (raw, file):
                if format_.separator is None:
                    for batch in ParquetTable(file, where).batches(wanted):
                        advance(batch.num_rows)
                        yield batch
                    continue
                n_read = 0
                for batch in DelimitedTable(file, format_.separator, where).batches(wanted):
                    advance(raw.tell() - n_read)
                    n_read = raw.tell()
                    yield batch


def open_files(source: Source) -> Files:
    """The files of a table, their headers read and compared."""
    names, schema, n_rows = _header(source, source.paths[0])
    for path in source.paths[1:]:
        other_names, other_schema, n_more = _header(source, path)
        refuse_other_columns(other_names, names, source.where(path), source.paths[0].name)
        if schema is not None:
            schema = _one_schema(schema, other_schema, source.where(path), source.paths[0].name)
            n_rows += n_more
    return Files(source, names, n_rows if schema is not None else source.n_bytes, schema)


def _header(source: Source, path: Path) -> tuple[list[str], Any, int]:
    where, separator = source.where(path), source.format.separator
    with _opened(path, where, source.format) as (_, file):
        if separator is None:
            table = ParquetTable(file, where)
            return table.names, table.schema.remove_metadata(), table.n_rows
        return DelimitedTable(file, separator, where, block=1 << 16).names, None, 0


def _one_schema(first: Any, other: Any, where: str, of: str) -> Any:
    """The types of two files of one table: the same, but that a column without any value may have no type."""
    pa = arrow()
    fields = []
    for one, two in zip(first, other, strict=True):
        if not (one.type == two.type or pa.types.is_null(one.type) or pa.types.is_null(two.type)):
            raise DataError(
                f"the column {two.name!r} holds {two.type}, and {one.type} in the first file",
                where=where,
                allowed=f"the types of {of!r} in every file of a table",
                remedy="write the files anew with the same types",
            )
        fields.append((two if pa.types.is_null(one.type) else one).with_nullable(True))
    return pa.schema(fields)


def _no_text(names: Sequence[str]) -> Any:
    pa = arrow()
    return pa.Table.from_arrays([pa.array([], pa.string())] * len(names), names=list(names))


@contextlib.contextmanager
def _opened(path: Path, where: str, format_: Format) -> Iterator[tuple[IO[bytes], Any]]:
    """The file as it lies on the disk, and what a reader reads from: unpacked, for pyarrow its own kind of file."""
    with contextlib.ExitStack() as closing:
        try:
            raw = closing.enter_context(path.open("rb"))
            if not raw.read(1):
                raise DataError(
                    "the file is empty", where=where, allowed="a table with its header",
                    remedy="check how the file was made",
                )  # fmt: skip
            raw.seek(0)
            if format_.separator is not None:
                yield raw, closing.enter_context(gzip.GzipFile(fileobj=raw)) if format_.is_gzip else raw
                return
            if not format_.is_gzip:
                yield raw, closing.enter_context(arrow().OSFile(str(path)))
                return
            # Parquet is read from its end, so it has to be unpacked first: on the disk, not in memory.
            with tempfile.TemporaryFile() as whole:
                shutil.copyfileobj(closing.enter_context(gzip.GzipFile(fileobj=raw)), whole)
                yield raw, whole
        except FileNotFoundError:
            raise UsageError(
                "there is no such file", where=where, allowed="a file that exists", remedy="check the path"
            ) from None
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise DataError(
                "the file is not whole or not packed with gzip",
                where=where,
                allowed="a whole gzip file",
                remedy="copy the file again, or leave .gz out of its name if it is not packed",
            ) from None
        except OSError as error:
            raise UsageError(
                f"the file cannot be read ({error.strerror or type(error).__name__})",
                where=where,
                allowed="a file that may be read",
                remedy="check the path and the permissions",
            ) from None
