"""Reading an edition of the catalogue from its folder, and checking it while reading."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.resources.abc import Traversable
from pathlib import Path

from ..errors import ModelError
from ..vocabulary import CodeSystem
from .definition import Catalogue
from .dismissal import Dismissals
from .folder import Folder
from .later import Later, no_collecting
from .mapping import ExactRules, Rules
from .rows import SYSTEMS, read_dismissals, read_rules, read_rules_of
from .snomed import read_snomed_dismissals, read_snomed_ids
from .tables import (
    CONDITION_COLUMNS,
    NAME_COLUMNS,
    REGISTER_COLUMNS,
    SCORE_TABLE_COLUMNS,
    SOURCE_COLUMNS,
    read_conditions,
    read_names,
    read_refsets,
    read_registers,
    read_roots,
    read_score_rows,
    read_score_tables,
    read_sources,
)


def read_catalogue(folder: Path | Traversable, *, name: str, edition: str, check: bool = True) -> Catalogue:
    """The catalogue in a folder; `ModelError` names file and line of the first thing that is wrong.

    The folder `snomed` may be missing (SNOMED CT content can be removed); everything else must be there. With
    `check=False`, for packaged editions, which the tests hold, the tables of codes are read when somebody asks for the
    system that they are about.
    """
    with no_collecting():
        catalogue = _read(Folder(folder, f"{name}@{edition}"), name, edition, check=check)
        if check:
            _refuse_contradictions(catalogue)
    return catalogue


def _read(files: Folder, name: str, edition: str, *, check: bool) -> Catalogue:
    sources = read_sources(
        [*files.rows("sources.csv", SOURCE_COLUMNS), *files.snomed_rows("sources.csv", SOURCE_COLUMNS)]
    )
    topics = read_names(files.rows("topics.csv", NAME_COLUMNS), sources, of="restricted topic")
    conditions = read_conditions(files.rows("conditions.csv", CONDITION_COLUMNS), sources, topics)
    tables = read_score_tables(files.rows("score_tables.csv", SCORE_TABLE_COLUMNS), sources)
    files.open(f"{table}.csv" for table in tables)
    scores = {table: read_score_rows(files.rows(f"{table}.csv", columns), sources) for table, columns in tables.items()}
    score_names = {row.id: row.cells["name"] for table in scores.values() for row in table}
    registers = read_registers(files.rows("registers.csv", REGISTER_COLUMNS), {**conditions, **score_names}, sources)
    known = {**dict.fromkeys(conditions), **dict.fromkeys(score_names), **dict.fromkeys(registers)}
    reasons = read_names(files.rows("no_condition_reasons.csv", NAME_COLUMNS), sources, of="reason")
    rules = read_rules(files, known, sources, topics) if check else {}
    later_rules: dict[CodeSystem, Callable[[], Rules | ExactRules]] = {
        system: partial(read_rules_of, system, files, known, sources, topics)
        for system in SYSTEMS
        if system not in rules
    }

    @cache
    def dismissals() -> dict[CodeSystem, Dismissals]:
        with no_collecting():
            return read_dismissals(files, reasons, sources)

    later_dismissals: dict[CodeSystem, Callable[[], Dismissals]] = {
        system: partial(lambda each: dismissals().get(each) or Dismissals(each.value, "", {}), system)
        for system in SYSTEMS
    }
    if files.has_snomed:
        later_rules[CodeSystem.SNOMED] = partial(read_snomed_ids, files, conditions, sources, topics)
        later_dismissals[CodeSystem.SNOMED] = partial(read_snomed_dismissals, files, reasons, sources)
    return Catalogue(
        name=name,
        edition=edition,
        conditions=conditions,
        topics=topics,
        rules=Later(rules, later_rules),
        dismissals=Later({}, later_dismissals),
        reasons=reasons,
        scores=scores,
        score_names=score_names,
        register_items=registers,
        sources=sources,
        roots=read_roots(
            files.snomed_rows("roots.csv", ("condition", "role", "code", "source", "note")), conditions, sources
        ),
        refsets=read_refsets(
            files.snomed_rows("refsets.csv", ("condition", "cluster", "refset", "source")), conditions, sources
        ),
        fingerprint=files.fingerprint,
    )


def _refuse_contradictions(catalogue: Catalogue) -> None:
    """A dismissal that no code could ever meet, because mapping rows already know them all, is a contradiction."""
    for system, dismissals in catalogue.dismissals.items():
        rules = catalogue.rules.get(system)
        codes = [code for _, code in dismissals.rows]
        meanings = catalogue.meanings(codes, system)
        mapped = {code for code, meaning in zip(codes, meanings, strict=True) if meaning}
        for (match, code), cells in dismissals.rows.items():
            if code not in mapped:
                continue
            rows = [row for row in catalogue.rows_for(code, system) if row.condition in catalogue.conditions]
            if match == "prefix":
                rows = [row for row in rows if row.match == "prefix"]
            if rows and match == "prefix" and isinstance(rules, Rules):
                # Some codes below may still be left out, and those are what the dismissal is about.
                finer = {row.condition for row in rules.below(code) if row.excludes}
                rows = [row for row in rows if row.condition not in finer]
            if rows:
                raise ModelError(
                    f"the code {code} is dismissed here and mapped to {rows[0].condition} in {rows[0].place}",
                    where=f"{dismissals.file}, line {cells[3]}",
                    allowed="one of the two",
                    remedy="remove one of the rows",
                )
