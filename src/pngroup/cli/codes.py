"""`pngroup codes`: what a code means here, and on whose word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import click
from attrs import evolve

from ..catalogue import RESTRICTED_PREFIX, Catalogue, Condition, Dismissal, MappingRow
from ..codes import CodeProblem, explain_problem, read, read_system
from ..errors import UsageError, shape_of
from ..model import Model, load_both
from ..model.definition import LINE_CLASSES, condition_names
from ..model.tree import calls
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem
from . import problems, screen
from .expressions import in_model_language
from .options import meaning_options


@click.command(short_help="Say what a code means here.")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--system", metavar="SYSTEM", help="The code system; without it, each in which the code can be read.")
@meaning_options()[0]
@meaning_options()[1]
def codes(*, codes: tuple[str, ...], system: str | None, model: str, catalogue: str | None) -> int:
    """Say what each CODE means here: condition, mapping row with file and line, sources.

    Codes are read as in records: any case, with or without a dot. Exit code 1 when a code cannot be read.
    """
    systems = [_system(system)] if system is not None else list(GROUPED_SYSTEMS)
    used, loaded = load_both(model, catalogue)
    report: list[str] = []
    named: list[tuple[str, ...]] = []
    n_unreadable = 0
    for place, given in enumerate(codes, 1):
        answers = {each: read([given], each) for each in systems}
        found = {each: answer.code[0] for each, answer in answers.items() if answer.code[0] is not None}
        if found:
            report += _code(found, used, loaded)
            named += [row.source for each, code in found.items() for row in _rows(code, each, used)]
            dismissed = (used.dismissal(code, each) for each, code in found.items())
            named += [dismissal.source for dismissal in dismissed if dismissal is not None]
        else:
            n_unreadable += 1
            told = {each: answer.problem[0] for each, answer in answers.items()}
            report += _unreadable(given, place, told)
        report.append("")
    if named:
        report += ["Sources", *_sources(named, used), ""]
    screen.write("\n".join(report[:-1]))
    return problems.BAD_DATA if n_unreadable else problems.DONE


def _system(name: str) -> CodeSystem:
    system = read_system(name)
    if system is None or system not in GROUPED_SYSTEMS:
        raise UsageError(
            f"the code system {name!r} is unknown or not grouped",
            where="option --system",
            allowed=", ".join(GROUPED_SYSTEMS),
            remedy="name one of these",
        )
    return system


def _unreadable(given: str, place: int, told: Mapping[CodeSystem, CodeProblem | None]) -> Iterator[str]:
    # By place and shape: what was meant as a code may be anything.
    yield f"Code {place} (of the shape {shape_of(given)}) cannot be read"
    if len(told) == 1:
        [(system, problem)] = told.items()
        yield f"  as {system}: {explain_problem(problem or CodeProblem.MALFORMED)}"
    else:
        special = {s: p for s, p in told.items() if p not in (None, CodeProblem.MALFORMED)}
        yield from (f"  as {system}: {explain_problem(problem)}" for system, problem in special.items() if problem)
        if not special:
            yield f"  as any of {', '.join(told)}"


def _code(found: Mapping[CodeSystem, str], catalogue: Catalogue, model: Model) -> Iterator[str]:
    """What one code means in each system in which it can be read; systems that say the same stand together."""
    together: dict[object, list[CodeSystem]] = {}
    for system, code in found.items():
        rows = _rows(code, system, catalogue)
        if rows:
            together.setdefault((code, tuple((row.condition, row.match, row.code) for row in rows)), []).append(system)
    for systems in together.values():
        code = found[systems[0]]
        rows = [row for system in systems for row in catalogue.rows_for(code, system)]
        yield f"{code} ({', '.join(systems)})"
        for id_ in dict.fromkeys(row.condition for row in rows):
            yield from _meaning(id_, catalogue, model)
            yield from (f"    by      {_mapping(row)}" for row in rows if row.condition == id_)
        for row in (row for system in systems for row in catalogue.excluded_rows(code, system)):
            yield f"  Not {catalogue.name_of(row.condition)} ({row.condition})"
            yield f"    by      {_mapping(row)}"
    dismissed = {system: catalogue.dismissal(code, system) for system, code in found.items()}
    yield from _dismissed(found, dismissed, catalogue)
    if not together and not any(dismissed.values()):
        for code in dict.fromkeys(found.values()):
            yield f"{code} ({', '.join(system for system in found if found[system] == code)})"
        yield "  No condition knows this code, and nobody has decided that it is none. A record of it shows contact."


def _dismissed(
    found: Mapping[CodeSystem, str], dismissed: Mapping[CodeSystem, Dismissal | None], catalogue: Catalogue
) -> Iterator[str]:
    """Codes that are decided to be no condition, and on whose word; systems that say the same stand together."""
    together: dict[tuple[str, Dismissal], list[CodeSystem]] = {}
    for system, dismissal in dismissed.items():
        if dismissal is not None:
            together.setdefault((found[system], evolve(dismissal, system="")), []).append(system)
    for (code, dismissal), systems in together.items():
        yield f"{code} ({', '.join(systems)})"
        yield f"  No condition, by decision: {catalogue.reasons[dismissal.reason]} ({dismissal.reason})"
        if dismissal.because:
            yield f"    because {dismissal.because}"
        place = f"{dismissal.match} {dismissal.code} ({dismissal.place})"
        yield f"    by      {place}, on the word of {', '.join(dismissal.source)}"
        yield "    A record of it still shows contact with services."


def _meaning(id_: str, catalogue: Catalogue, model: Model) -> Iterator[str]:
    if id_.startswith(RESTRICTED_PREFIX):
        yield "  Reveals a restricted topic"
        yield f"    RESTRICTED: {catalogue.topics[catalogue.topic_of(id_)]}; explanations call it 'a restricted record'"
        return
    if id_ in catalogue.register_items:
        yield f"  Of a register: {catalogue.name_of(id_)} ({id_})"
        return
    if id_ not in catalogue.conditions:
        table = next(
            (table for table, items in catalogue.scores.items() if id_ in {row.id for row in items}), "a score"
        )
        yield f"  Item of {table}: {catalogue.name_of(id_)} ({id_})"
        return
    condition = catalogue.conditions[id_]
    yield f"  {condition.name} ({id_})"
    if condition.restricted:
        yield f"    RESTRICTED: {catalogue.topics[condition.restricted]}; explanations call it 'a restricted record'"
    yield f"    kind    {condition.kind}" + (f", {condition.body_system}" if condition.body_system else "")
    if condition.ancestors:
        also = ", ".join(f"{catalogue.name_of(ancestor)} ({ancestor})" for ancestor in condition.ancestors)
        yield f"    also    {also}"
    yield from (f"    counts  {text}" for text in _counts(condition, model))


def _counts(condition: Condition, model: Model) -> Iterator[str]:
    """Lines in which the condition or one it is nested in counts, with class and rule of the model."""
    names = {condition.id, *condition.ancestors}
    n_lines = 0
    for line in model.lines.values():
        classes = [
            f"{name} if {in_model_language(node)}"
            for name, node in line.classes
            if any(not names.isdisjoint(model.members(n)) for call in calls(node) for n in condition_names(call))
        ]
        if classes:
            n_lines += 1
            order = sorted(classes, key=lambda text: LINE_CLASSES.index(text.split(" ", 1)[0]))
            yield f"as {line.id}: {'; '.join(order)}"
    if condition.not_counted_because:
        yield f"as no long-term condition: {condition.not_counted_because}"
    elif not n_lines:
        yield "as no long-term condition"


def _mapping(row: MappingRow) -> str:
    note = f" [{row.note}]" if row.note else ""
    return f"{row.match} {row.code} ({row.place}), on the word of {', '.join(row.source)}{note}"


def _sources(named: Iterable[tuple[str, ...]], catalogue: Catalogue) -> Iterator[str]:
    """Each source once: what it is, which edition, and whether it was checked."""
    for id_ in dict.fromkeys(source for sources in named for source in sources):
        source = catalogue.sources[id_]
        edition = f"; {source.edition}" if source.edition and source.edition not in source.title else ""
        yield f"  {id_}: {source.title}{edition}"
        yield f"    checked: {source.checked}"


def _rows(code: str, system: CodeSystem, catalogue: Catalogue) -> list[MappingRow]:
    return [*catalogue.rows_for(code, system), *catalogue.excluded_rows(code, system)]
