"""The spellings that the caller's tables hold: the query that lists them, and what each of them means.

SQL compares nothing but spellings. What a spelling is, a code or a word, is read here, by the readers that `group()`
uses, once for each; a spelling that was not listed stops the script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field, frozen

from ..catalogue import Catalogue
from ..codes import CodeProblem, explain_problem, is_missing, is_no, read_setting, read_sex, read_status
from ..errors import DataError
from ..frames import Table, open_table
from ..intake.codes import CODE_FAULTS, Pair, Pairs
from ..intake.meanings import (
    contact_meaning,
    is_administrative,
    is_no_medicine,
    medicine_meaning,
    medicine_of,
    record_meaning,
    value_condition,
)
from ..model.definition import Model
from ..vocabulary import GROUPED_SYSTEMS, Sex
from .seeing import seen_by_all
from .source import CODED, WORDS, Source

#: The columns of the list of spellings.
LIST: Final = ("feed", "kind", "system_spelling", "spelling", "n_rows")
#: What stands in the means of a word that we do not know.
UNKNOWN_WORD: Final = "?"


@frozen
class CodeRow:
    """One spelling of a code: why its rows are not used (None: they are), and what it stands for.

    `meaning` is a number of `Spellings.meanings`, 0 for none; `because` says why a code is unreadable.
    """

    feed: str
    system_spelling: str
    spelling: str
    code_number: int
    why: str | None
    because: str | None
    code_system: str | None
    meaning: int
    condition_id: str | None
    medicine: str | None
    is_mapped: int
    is_rewritten: int
    is_filler: int
    is_administrative: int
    is_not_a_medicine: int
    is_not_grouped: int


@frozen
class WordRow:
    """One spelling of a word: what it means in our vocabulary (`?` where unknown), and its meaning as evidence."""

    feed: str
    kind: str
    spelling: str
    means: str
    meaning: int


@define
class Spellings:
    """All spellings, read. `meanings` numbers each set of conditions, from 1."""

    codes: list[CodeRow] = field(factory=list)
    words: list[WordRow] = field(factory=list)
    meanings: dict[frozenset[str], int] = field(factory=dict)

    def number(self, conditions: frozenset[str]) -> int:
        """The number of a meaning; 0 for the empty one."""
        return self.meanings.setdefault(conditions, len(self.meanings) + 1) if conditions else 0


def distinct_query(source: Source) -> str:
    """The query that lists every spelling that SQL will have to look up, with its number of rows."""
    parts = []
    for table in source.given:
        listed = [("code", source.system_spelling(table), source.spelling(table, "code"))] if table in CODED else []
        listed += [
            (kind, source.dialect.word(""), source.spelling(table, kind))
            for kind in WORDS[table]
            if source.has(table, kind)
        ]
        parts += [
            f"SELECT {source.dialect.literal(table)} AS feed, {source.dialect.literal(kind)} AS kind, "
            f"system_spelling, spelling, {source.dialect.count} AS n_rows\n"
            f"FROM (SELECT {system} AS system_spelling, {spelling} AS spelling FROM {source.table(table)}) s\n"
            f"GROUP BY system_spelling, spelling"
            for kind, system, spelling in listed
        ]
    return "\nUNION ALL\n".join(parts)


def read_spellings(listed: Any, source: Source, catalogue: Catalogue, model: Model) -> Spellings:
    """What each spelling of a list means.

    `listed`: a table as `group()` takes them, with the columns that the query gives, in capitals or not. Raises
    `DataError` for a table or kind that is not ours or that is not read, and for SNOMED CT ids that a spreadsheet has
    mangled.
    """
    table = _open_list(listed)
    columns = [_texts(table, name) for name in LIST[:4]]
    found: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for feed, kind, system, spelling in zip(*columns, strict=True):
        if kind not in (*WORDS.get(feed, ()), *(("code",) if feed in CODED else ())):
            raise DataError(
                "a row of the list of spellings has a feed and kind that do not belong together",
                where="the list of spellings, columns 'feed' and 'kind'",
                allowed="the rows that the query of pngroup sql --distinct gives",
                remedy="export the result of that query again, unchanged",
            )
        found.setdefault((feed, kind), {})[system, spelling] = None
    spellings = Spellings()
    for (feed, kind), keys in found.items():
        if feed not in source.given or not source.has(feed, kind):
            raise DataError(
                f"the list holds spellings of {feed}.{kind}, which is not among what is read",
                where="the list of spellings, columns 'feed' and 'kind'",
                allowed="the tables and columns with which the list was made",
                remedy="write the list and the script with the same tables and columns",
            )
        if kind == "code":
            spellings.codes += _codes(feed, list(keys), spellings, catalogue, model)
        else:
            spellings.words += [_word(feed, kind, spelling, spellings, model) for _, spelling in keys]
    return spellings


def _open_list(listed: Any) -> Table:
    """The list under our names for its columns; some databases return names in capitals."""
    name = "the list of spellings"
    labels = open_table(listed, name=name, required=(), pass_through=False).other_columns
    alike = {ours: [label for label in labels if label.lower() == ours] for ours in LIST}
    columns = {ours: found[0] for ours, found in alike.items() if len(found) == 1}
    return open_table(listed, name=name, required=LIST, columns=columns, pass_through=False)


def _texts(table: Table, column: str) -> list[str]:
    encoded = table.encode(column)
    texts = [*map(str, encoded.values.tolist()), ""]
    return [texts[place] for place in encoded.index.tolist()]


def _codes(
    feed: str, keys: list[tuple[str, str]], spellings: Spellings, catalogue: Catalogue, model: Model
) -> list[CodeRow]:
    columns = {"system": [system for system, _ in keys], "code": [code for _, code in keys]}
    table = open_table(columns, name=feed, required=("code",), optional=("system",), pass_through=False)
    coded = Pairs(None)
    places = coded.add(table).tolist()
    pairs = [coded.pairs[place] for place in places]
    n_mangled = sum(pair.problem is CodeProblem.MANGLED for pair in pairs)
    if n_mangled:
        raise DataError(
            f"{n_mangled:,} spellings of {feed} were mangled: {explain_problem(CodeProblem.MANGLED)}",
            where="the list of spellings, column 'spelling'",
            allowed="codes as text, or SNOMED CT ids as whole numbers",
            remedy="read the column as text from its source, before any spreadsheet",
        )
    numbers = range(len(spellings.codes) + 1, len(spellings.codes) + len(keys) + 1)
    return [
        _code(feed, key, number, pair, spellings, catalogue, model)
        for key, number, pair in zip(keys, numbers, pairs, strict=True)
    ]


def _code(
    feed: str,
    key: tuple[str, str],
    number: int,
    pair: Pair,
    spellings: Spellings,
    catalogue: Catalogue,
    model: Model,
) -> CodeRow:
    why = CODE_FAULTS[pair.fault - 1] if pair.fault else None
    condition = (value_condition(pair, catalogue, model) or None) if feed == "values" else None
    meaning = {
        "records": lambda: record_meaning(pair, catalogue, model),
        "medicines": lambda: medicine_meaning(pair, catalogue, model),
        "values": lambda: frozenset({condition} if condition is not None else ()),
    }[feed]()
    unreadable = why == "code_unreadable" and pair.problem is not None
    return CodeRow(
        feed=feed,
        system_spelling=key[0],
        spelling=key[1],
        code_number=number,
        why=why if why is not None or condition is not None or feed != "values" else "value_of_nothing",
        because=explain_problem(pair.problem) if unreadable and pair.problem is not None else None,
        code_system=pair.system.value if pair.system is not None else None,
        meaning=spellings.number(seen_by_all(meaning, pair, model) & model.conditions_used),
        condition_id=condition,
        medicine=medicine_of(pair) if feed == "medicines" and why is None else None,
        is_mapped=int(not meaning.isdisjoint(catalogue.conditions)),
        is_rewritten=int(pair.rewritten),
        is_filler=int(pair.filler),
        is_administrative=int(feed == "records" and is_administrative(pair, model)),
        is_not_a_medicine=int(feed == "medicines" and is_no_medicine(pair, catalogue, model)),
        is_not_grouped=int(pair.system is not None and pair.system not in GROUPED_SYSTEMS),
    )


def _word(feed: str, kind: str, spelling: str, spellings: Spellings, model: Model) -> WordRow:
    means, meaning = UNKNOWN_WORD, 0
    if kind == "sex":
        means = (read_sex(spelling) or Sex.UNKNOWN).value if read_sex(spelling) is not None else UNKNOWN_WORD
    elif kind == "status":
        status = read_status(spelling)
        means = status.value if status is not None else UNKNOWN_WORD
    elif kind == "setting":
        setting = read_setting(spelling)
        means = setting.value if setting is not None else "" if is_missing(spelling) else UNKNOWN_WORD
        meaning = spellings.number(contact_meaning(setting) & model.conditions_used) if feed == "contacts" else 0
    elif kind == "unit":
        means = spelling.strip().lower()
    else:
        means = "" if is_no(spelling) else "yes"
    return WordRow(feed, kind, spelling, means, meaning)


def rows_of(rows: list[Any]) -> list[tuple[str | int | None, ...]]:
    """Code or word rows as plain tuples, in the order of their fields."""
    return [tuple(getattr(row, each.name) for each in type(row).__attrs_attrs__) for row in rows]


_TYPES: Final[Mapping[str, str]] = {"int": "integer"}


def columns_of(row: type) -> list[tuple[str, str]]:
    """Name and type (text or integer) of the columns of a table of code or word rows."""
    return [(each.name, _TYPES.get(str(each.type), "text")) for each in row.__attrs_attrs__]  # type: ignore[attr-defined]
