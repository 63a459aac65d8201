"""From the values of options to the arguments of the library's functions: the files are found, opened and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from ..dates import read_as_at, to_date
from ..errors import UsageError, did_you_mean
from ..files.reading import Files, open_files
from ..files.sources import find_files
from ..frames import Stream
from ..intake import EVENT_COLUMNS
from . import screen
from .options import TABLES

_EXAMPLES: Final = {"people": "people.person_id=nhs_no"} | dict.fromkeys(EVENT_COLUMNS, "records.code=diagnosis")
#: Options that choose among what a model leaves open, and the arguments that they are.
_CHOICES: Final = {
    "order": "order", "registers": "registers", "without_register": "without", "history_months": "history_months",
}  # fmt: skip
_MOST_NAMES: Final = 30
#: Comparing with more names letter by letter would take seconds.
_MOST_COMPARED: Final = 2000


@frozen
class Inputs:
    """What the options of a command name: `files` for each table, and `arguments` of `pngroup.group` besides."""

    files: Mapping[str, Files]
    arguments: Mapping[str, Any] = field(repr=False)

    def read(self, name: str) -> Any:
        """A table, whole."""
        files = self.files[name]
        with screen.step(f"Reading {files.source.name}") as show:
            return files.read(_meter(files, show).advance)

    def stream(self, name: str, show: screen.Show, *, whole: bool = False) -> Stream:
        """A table of events as a stream of the columns that are known, or of all; reading it shows how far it is."""
        files, labels = self.files[name], self.arguments["columns"].get(name, {})
        meter = _meter(files, show)
        known = files.names if whole else [labels.get(ours, ours) for ours in EVENT_COLUMNS[name]]
        stream = files.stream(known, meter.advance)

        def batches() -> Any:
            meter.begin()
            return stream.batches()

        return Stream(names=stream.names, batches=batches, implementation=stream.implementation)


def open_inputs(options: Mapping[str, Any]) -> Inputs:
    """The inputs that the values of `table_options` name, their headers read.

    Raises what reading raises, and `UsageError` for a `--column` that is not TABLE.OURS=THEIRS.
    """
    given = {name: options[name] for name in TABLES if options[name] is not None}
    dates = options["as_at"]
    as_at: Any = to_date(read_as_at(dates if isinstance(dates, str) else dates[0]))
    if not isinstance(dates, str) and len(dates) > 1:
        as_at = [to_date(read_as_at(date)) for date in dates]
    columns = read_columns(options["columns"], given=tuple(given))
    sources = {name: find_files(path, option=f"--{name}") for name, path in given.items()}
    files = {}
    for name, source in sources.items():
        with screen.step(f"Reading {source.name}"):
            files[name] = open_files(source)
        _check_theirs(files[name].names, columns.get(name, {}), name, source.name)
    arguments = {
        "as_at": as_at,
        "system": options["system"],
        "model": chosen_model(options),
        "catalogue": options["catalogue"],
        "scheme": options["scheme"],
        "columns": columns,
        "date_format": options["date_format"],
    }
    return Inputs(files, arguments)


def chosen_model(options: Mapping[str, Any]) -> Any:
    """The model as the options choose it: its name where there is nothing to choose, so that nothing is read yet.

    Raises `UsageError` for a choice without a model, where the model is not known by default.
    """
    choices: dict[str, Any] = {name: options.get(name) for name in _CHOICES if options.get(name) not in (None, ())}
    if not choices:
        return options["model"]
    if options["model"] is None:
        option = f"--{next(iter(choices)).replace('_', '-')}"
        raise UsageError(
            f"{option} stands without --model",
            where=f"option {option}",
            allowed="choices among what a model leaves open, with the model named, each month anew",
            remedy="name the model too, with --model",
        )
    from ..model import load_model

    arguments = {_CHOICES[name]: choice for name, choice in choices.items()}
    return load_model(options["model"], options["catalogue"], **arguments)


def read_inputs(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `pngroup.group` from the values of `table_options`, with every table whole."""
    inputs = open_inputs(options)
    return {**{name: inputs.read(name) for name in inputs.files}, **inputs.arguments}


def _meter(files: Files, show: screen.Show) -> screen.Meter:
    return screen.Meter(show, f"Reading {files.source.name}", files.n_units, "bytes" if files.is_text else "rows")


def read_columns(
    pairs: tuple[str, ...], *, given: tuple[str, ...], tables: tuple[str, ...] = TABLES
) -> dict[str, dict[str, str]]:
    """Our column names to the caller's, a mapping for each table, from texts such as `people.person_id=nhs_no`.

    >>> read_columns(("people.person_id=nhs no",), given=("people", "records"))
    {'people': {'person_id': 'nhs no'}}
    """
    columns: dict[str, dict[str, str]] = {}
    for pair in pairs:
        left, equals, theirs = pair.partition("=")
        table, dot, ours = left.strip().partition(".")
        if not (equals and dot and table and ours and theirs):
            raise _wrong_column(
                f"{pair!r} is not of the form TABLE.OURS=THEIRS",
                given,
                f"write it as {_EXAMPLES.get(given[0], _EXAMPLES['people']) if given else _EXAMPLES['people']}",
            )
        if table not in tables:
            near = did_you_mean(table, tables)
            raise _wrong_column(f"there is no table {table!r}", given, near or "name one of these tables")
        if table not in given:
            raise _wrong_column(
                f"{pair!r} is about a table that is not given", given, f"add --{table} FILE, or leave this --column out"
            )
        if ours in columns.setdefault(table, {}):
            raise _wrong_column(f"{table}.{ours} is given twice", given, "leave one of the two out")
        columns[table][ours] = theirs
    return columns


def _check_theirs(there: list[str], columns: Mapping[str, str], name: str, file: str) -> None:
    for ours, theirs in columns.items():
        if theirs not in there:
            shown = ", ".join(there[:_MOST_NAMES]) + (", ..." if len(there) > _MOST_NAMES else "")
            raise UsageError(
                f"{name} has no column {theirs!r}",
                where=f"option --column {name}.{ours}, file {file!r}",
                allowed=f"the columns of that file: {shown}",
                remedy=did_you_mean(theirs, there[:_MOST_COMPARED]) or "name one of these",
            )


def _wrong_column(what: str, given: tuple[str, ...], remedy: str) -> UsageError:
    allowed = f"TABLE.OURS=THEIRS, where TABLE is {', '.join(given)} and OURS a column name of ours"
    return UsageError(what, where="option --column", allowed=allowed, remedy=remedy)
