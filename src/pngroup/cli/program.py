"""The program: the list of commands, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import click

from .._version import __version__
from ..errors import PngroupError
from . import problems, screen

_EPILOG: Final = (
    "Exit codes: 0 done; 1 bad data; 2 wrong usage; 3 stopped by the guard of update; "
    "4 a fault of pngroup itself; 130 interrupted. "
    "For population health management, not for decisions about one patient."
)
#: Each command with its line in the help, its module and its name there: imported when it is run, and only then.
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "group": ("Group the people of files.", "grouping", "group"),
    "update": ("Take groups on by a month of changes.", "updating", "update"),
    "explain": ("Say why one person is in their group.", "explaining", "explain"),
    "map": ("Add tier and colour to group numbers.", "mapping", "map_groups"),
    "codes": ("Say what a code means here.", "codes", "codes"),
    "coverage": ("Say how many of a file's codes are known.", "coverage", "coverage"),
    "sql": ("Write the grouping as SQL.", "sql", "sql"),
    "catalogue": ("Look at catalogues: what differs.", "catalogue", "catalogue"),
    "terminology": ("Use a SNOMED CT release of your own.", "terminology", "terminology"),
    "check": ("Check a model, catalogue, scheme or vignettes.", "checking", "check"),
    "demo": ("Group a synthetic practice list.", "demonstration", "demo"),
    "doctor": ("Say what is installed and test it.", "doctor", "doctor"),
}


class _Program(click.Group):
    """A group of commands that ends in a sentence and an exit code, never in a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the name and signature are click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - see above
        if cmd_name not in COMMANDS:
            return None
        _, module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f".{module}", __package__), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - see above
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (text, *_) in COMMANDS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        _never_fail_on_a_character()
        # Under whatever name the package was copied, the messages name the program.
        code = self._run(args, prog_name or "pngroup", complete_var, extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def _run(self, args: Sequence[str] | None, prog_name: str, complete_var: str | None, extra: dict[str, Any]) -> int:
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except PngroupError as error:
            screen.say(f"pngroup: {problems.sentence(error)}")
            return problems.exit_code(error)
        except click.ClickException as error:
            screen.say(f"pngroup: {problems.sentence(problems.from_click(error))}")
            return problems.BAD_USAGE
        except (click.Abort, KeyboardInterrupt):
            screen.say("pngroup: interrupted; no file was left half written.")
            return problems.INTERRUPTED
        except MemoryError:
            screen.say(
                "pngroup: there is not enough memory for these files; group them in parts (people and their rows)."
            )
            return problems.BAD_DATA
        except Exception as error:  # noqa: BLE001 - reported with its place; its text could hold data
            screen.say(problems.own_fault(error))
            if problems.wants_traceback():
                traceback.print_exception(error)
            return problems.OWN_FAULT
        return code if isinstance(code, int) else problems.DONE


def _never_fail_on_a_character() -> None:
    # A console in an old code page shows a question mark rather than nothing at all.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@click.group(
    "pngroup",
    cls=_Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="pngroup", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Patient need groups, need tiers and RAG from coded health records."""
    if context.invoked_subcommand is None:
        screen.say(context.get_help())
        context.exit(problems.BAD_USAGE)
