"""From an error to one sentence on the standard error stream and an exit code.

Errors of the library speak of arguments; here they speak of options. No message of a foreign exception is shown as it
is: it could hold a cell of the caller's data.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import click

from ..errors import DataError, GuardError, PngroupError, UsageError, did_you_mean, shape_of

DONE: Final = 0
BAD_DATA: Final = 1
BAD_USAGE: Final = 2
STOPPED: Final = 3
OWN_FAULT: Final = 4
INTERRUPTED: Final = 130

#: Setting this shows the whole traceback of a fault of the program, with what it may hold of the data.
TRACEBACK: Final = "PNGROUP_TRACEBACK"

#: The words of the library's errors for arguments, and those of the command line for options.
_OPTIONS: Final = (
    "history|cache|out|system|model|catalogue|scheme|people|records|contacts|medicines|values|person|seed|"
    "dialect|without|order|registers|state|full|settle|reviews"
)
_WORDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(?:columns=)?\{'(\w+)': \{'(\w+)': ('[^']*'|\.\.\.)\}\}", r"--column \1.\2=\3"),
        (r"\bdate_format='([^']*)'", r"--date-format \1"),
        (r"\bcorrect date_format\b", "correct --date-format"),
        (r"\bsystem=", "--system"),
        (r"\bcolumns=", "--column"),
        (r"^columns (names|gives)\b", r"--column \1"),
        (r"^(\w+, )?argument values$", "the column of group numbers"),
        (r"\bargument columns\b", "option --column"),
        (r"\bargument (feed|table)s\b", r"option --\1"),
        (r"\bargument n_people\b", "option --people"),
        (r"\bn_people\b", "--people"),
        (r"\bargument date_format\b", "option --date-format"),
        (r"\bargument as_at\b", "option --as-at"),
        (r"\bargument history_months\b", "option --history-months"),
        (r"\bargument without \(registers\)", "option --without-register"),
        (rf"\bargument ({_OPTIONS})\b", r"option --\1"),
        (r" before the call\b", " in the file"),
        (r"\bleave strict out and read the counts in quality\b", "leave out --strict and read the quality report"),
        (r"\bleave strict out and read the counts\b", "leave out --strict and read the counts"),
        (r"\baccept=True\b", "--accept"),
        (r"\bfull='(\w+)'", r"--full \1"),
        (r"^full names\b", "--full names"),
        (r"\b(in|out of) full\b", r"\1 --full"),
        (r"\bargument practice_column\b", "option --practice-column"),
        (r"\bargument change_words\b", "option --change-word"),
        (r"\bchange_words=\{'your word': 'new'\}", "--change-word 'your word=new'"),
        (r"^make the same choices again \(load_model\)", "name --model and the same choices again (--order ...)"),
        (r"\bgive (model|catalogue|scheme)= again\b", r"name it again with --\1"),
        (r"\bUpdate\.changed holds who would change\b", "--would-change FILE writes who would change"),
        (r"\bthe limits of guard\b", "--most-changed and --most-fewer-rows"),
        (r"\bpngroup\.begin_updates, pngroup update --begin\b", "--begin"),
        (r"^strict was asked for\b", "--strict was asked for"),
        (r"\bunder strict\b", "under --strict"),
    )
)


def in_options(text: str) -> str:
    """A part of a library error in the words of the command line.

    >>> in_options("name yours with columns={'records': {'code': 'your column'}}")
    "name yours with --column records.code='your column'"
    """
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return " ".join(text.split())


def sentence(error: PngroupError) -> str:
    """The one sentence that is printed."""
    parts = {name: in_options(getattr(error, name)) for name in ("what", "where", "allowed", "remedy")}
    return str(PngroupError(**parts))


def exit_code(error: PngroupError) -> int:
    """1: data that cannot be used; 2: wrong arguments, and wrong models, catalogues and the like; 3: a guard."""
    if isinstance(error, GuardError):
        return STOPPED
    return BAD_DATA if isinstance(error, DataError) else BAD_USAGE


def from_click(error: click.ClickException) -> UsageError:
    """What click refuses, as an error in four parts. Arguments are not repeated: one could be a person's id."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = context.command_path if context is not None else "pngroup"
    options = _options_of(context)
    remedy = f"see {where} --help"
    allowed = ", ".join(options) or "what the help says"
    if isinstance(error, click.NoSuchOption):
        name = error.option_name.partition("=")[0]
        near = did_you_mean(name, options)
        return UsageError(f"there is no option {name}", where=where, allowed=allowed, remedy=near or remedy)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = _name_of(error.param)
        is_option = isinstance(error.param, click.Option)
        wanted = f"{name} {error.param.metavar or ''}".strip() if is_option else name
        return UsageError(f"{name} is missing", where=where, allowed=wanted, remedy=f"add it; {remedy}")
    if isinstance(error, click.BadParameter) and error.param is not None:
        what = f"the value of {_name_of(error.param)} is none that it takes"
        return UsageError(what, where=where, allowed=_allowed_for(error.param), remedy="correct it")
    text = error.format_message().rstrip(".")
    if isinstance(context, click.Context) and isinstance(context.command, click.Group) and "command" in text.lower():
        return _unknown_command(text, context.command, where)
    if "extra argument" in text:
        text = "there is an argument too many"
        remedy = f"put an option such as {options[0] if options else '--help'} before each value; {remedy}"
    return UsageError(text[:1].lower() + text[1:], where=where, allowed=allowed, remedy=remedy)


def _unknown_command(text: str, group: click.Group, where: str) -> UsageError:
    typed = re.search(r"'([^']*)'", text)
    name = typed[1] if typed else ""
    names = group.list_commands(click.Context(group))
    shown = name if name.isalpha() else shape_of(name)
    return UsageError(
        f"there is no command {shown!r}",
        where=where,
        allowed=", ".join(names),
        remedy=did_you_mean(name, names) or f"see {where} --help",
    )


def _options_of(context: click.Context | None) -> Sequence[str]:
    if context is None:
        return ()
    return [name for each in context.command.params for name in each.opts if name.startswith("--")]


def _name_of(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name


def _allowed_for(parameter: click.Parameter) -> str:
    if isinstance(parameter.type, click.Choice):
        return ", ".join(str(choice) for choice in parameter.type.choices)
    if isinstance(parameter.type, click.IntRange):
        return f"a whole number from {parameter.type.min} to {parameter.type.max}"
    return {"integer": "a whole number"}.get(parameter.type.name, parameter.type.name)


def own_fault(error: BaseException) -> str:
    """The sentence on a fault of the program itself: where it is, and nothing of the data."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if "pngroup" in frame.filename), frames[-1] if frames else None)
    place = f"{PurePath(last.filename).name}, line {last.lineno}" if last is not None else "an unknown place"
    return (
        f"pngroup stopped on a fault of its own: {type(error).__name__} (in {place}); please report it with the output "
        f"of pngroup doctor ({TRACEBACK}=1 shows more, and may show data)."
    )


def wants_traceback() -> bool:
    """Whether the person asked for the whole traceback of faults."""
    return os.environ.get(TRACEBACK, "") not in ("", "0")
