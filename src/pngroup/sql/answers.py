"""From the answers to questions up to the group: one table a level, then the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from ..combining import JOINED
from ..errors import ModelError
from ..model.definition import Model
from ..model.registers import Combination
from ..model.tree import Measure
from ..schemes import Scheme
from .columns import Columns
from .dialects import Dialect
from .evidence import answer_columns, number_of_days, pivot_statements
from .expressions import OPEN, Sql, as_number, comparison, conjunction, first_of, number, sum_of
from .script import Statement, create

#: SQL Server allows a table 1,024 columns, PostgreSQL some more.
MOST_COLUMNS: Final = 1_000


@frozen
class Outputs:
    """The columns of the result that the model makes, by their names in the result."""

    group: Sql
    criteria: Sql
    left_open: Sql
    measures: dict[str, Sql]
    flags: dict[str, Sql]
    registers: dict[str, Sql]

    @property
    def all(self) -> list[Sql]:
        """Every column."""
        named = (*self.measures.values(), *self.flags.values(), *self.registers.values())
        return [self.group, self.criteria, self.left_open, *named]


def outputs_of(model: Model, columns: Columns) -> Outputs:
    """The group and all that stands beside it, as columns; asking for them makes the columns that they rest on."""
    met, left_open = [], []
    for rule in (*model.rules[:-1], *model.beside):
        assert rule.when is not None  # the check of the model: only the last takes everybody
        criterion = columns.keep(f"criterion_{rule.group}", columns.truth(rule.when))
        met.append((criterion, rule.group))
        if_empty = columns.keep(f"criterion_{rule.group}_if_empty", columns.truth(rule.when, if_empty=True))
        if if_empty.value is None or (if_empty.value is OPEN and if_empty.is_nullable):
            stored = as_number(if_empty).text.removesuffix(" = 1")
            left_open.append(Sql(f"{stored} IS NULL", is_truth=True, needs=if_empty.needs))
    last = model.rules[-1].group
    deciding = met[: len(model.rules) - 1]
    group = columns.keep(model.result, first_of(deciding, otherwise=last))
    bits = [first_of([(truth, 1 << (each - 1))], otherwise=0) for truth, each in met]
    bits.append(first_of([(comparison(group, "==", number(last)), 1 << (last - 1))], otherwise=0))
    flags = {}
    for flag in model.flags:
        truth = columns.truth(flag.when)
        if flag.groups:
            listed = ", ".join(map(str, flag.groups))
            among = Sql(f"{group.text} IN ({listed})", is_truth=True, needs=group.needs)
            truth = conjunction([truth, among])
        flags[flag.id] = columns.keep(f"flag_{flag.id}", first_of([(truth, 1)], otherwise=0))
    return Outputs(
        group=group,
        criteria=columns.keep("criteria", sum_of(bits)),
        left_open=columns.keep("left_open", first_of([(each, 1) for each in left_open], otherwise=0)),
        measures={name: as_number(columns.value(Measure(name), if_empty=False)) for name in model.outputs},
        flags=flags,
        registers={name: columns.register(name) for name in model.registers},
    )


def answer_statements(columns: Columns, outputs: Outputs, dialect: Dialect, episodes: list[str]) -> Iterator[Statement]:
    """The statements that make `pngroup_level_0` (answers to questions) and every level above it."""
    final = frozenset[str]().union(*(sql.needs for sql in outputs.all))
    made = columns.columns
    in_spans = {name: frozenset[str]().union(*(sql.needs for sql, _ in s.parts)) for name, s in columns.spans.items()}
    reads = {name: each.needs | in_spans.get(name, frozenset()) for name, each in made.items()}
    needed = final.union(*reads.values())
    ends = {ending for span in columns.spans.values() for _, ending in span.parts}
    yield from pivot_statements(columns.questions, dialect, needed, episodes)
    answers = answer_columns(columns.questions, dialect, needed)
    _refuse_wide(columns.model, len(answers))
    has_numbers = bool(columns.questions.days or columns.questions.amounts) and any("n." in text for text in answers)
    joins = [
        "FROM pngroup_people p",
        "CROSS JOIN pngroup_passed",
        *(["LEFT JOIN pngroup_bits b ON b.person_id = p.person_id"] if columns.questions.yes_or_no else []),
        *(["LEFT JOIN pngroup_numbers n ON n.person_id = p.person_id"] if has_numbers else []),
        "WHERE p.reason IS NULL",
    ]
    about = "Everybody who gets a group, with the answers to all questions by name (1 yes, 0 no)."
    yield from create(dialect, "pngroup_level_0", about, ["p.person_id", "p.age", "p.sex", *answers], "\n".join(joins))
    carried = ["age", "sex", *(text.rpartition(" AS ")[2].removeprefix("n.") for text in answers)]
    assert ends or not columns.spans
    top = max((each.level for each in made.values()), default=0)
    for level in range(1, top + 1):
        here = [each for each in made.values() if each.level == level]
        later = final.union(*(reads[each.name] for each in made.values() if each.level > level))
        carried = [name for name in carried if name in later]
        below = f"pngroup_level_{level - 1}"
        spans = [columns.spans[each.name] for each in here if each.name in columns.spans]
        for span in spans:
            yield from _span(columns, span.name, dialect, below)
        _refuse_wide(columns.model, len(carried) + len(here))
        texts = ["a.person_id", *(f"a.{name}" for name in carried), *(f"{each.text} AS {each.name}" for each in here)]
        rest = f"FROM {below} a" + "".join(
            f"\nLEFT JOIN pngroup_{span.name} {span.name} ON {span.name}.person_id = a.person_id" for span in spans
        )
        about = (
            f"Level {level}: what rests on the levels below it."
            if level > 1
            else (
                "Level by level: lines (0 absent, 1 other, 2 moderate, 3 major), items, scores, measures, criteria,\n"
                "the group. 1 is true, 0 false, NULL not known."
            )
        )
        yield from create(dialect, f"pngroup_level_{level}", about, texts, rest)
        carried += [each.name for each in here]


def _refuse_wide(model: Model, n_columns: int) -> None:
    if n_columns > MOST_COLUMNS:
        raise ModelError(
            f"the model asks so much that a table of {n_columns:,} columns would be needed",
            where=model.place,
            allowed=f"{MOST_COLUMNS:,} columns, which every database can hold",
            remedy="ask fewer questions in one model",
        )


def _span(columns: Columns, name: str, dialect: Dialect, below: str) -> Iterator[Statement]:
    numbers = {ending: number_of_days(columns.questions)[q] for q, ending in columns.questions.days.items()}
    tests = " OR\n    ".join(
        f"(f.question = {numbers[ending]} AND ({sql.text}))" for sql, ending in columns.spans[name].parts
    )
    days = dialect.days_between("MIN(f.first_day)", "MAX(f.last_day)")
    rest = f"FROM pngroup_number f\nJOIN {below} a ON a.person_id = f.person_id\nWHERE {tests}\nGROUP BY f.person_id"
    about = "Days from the first to the last record of what is present."
    yield from create(dialect, f"pngroup_{name}", about, ["f.person_id", f"{days} AS n_days"], rest)


def result_statements(
    model: Model, scheme: Scheme, outputs: Outputs, columns: Columns, dialect: Dialect
) -> Iterator[Statement]:
    """The statements that make `pngroup_result`, with the columns of `Grouping.to_frame()`."""
    top = max((each.level for each in columns.columns.values()), default=0)
    literal, group = dialect.literal, outputs.group.text

    def of_grouped(sql: Sql) -> str:
        """What everybody with a group has is a constant; the others have none of it."""
        return sql.text if sql.value is OPEN else f"CASE WHEN p.reason IS NULL THEN {sql.text} END"

    def words(of: dict[int, str]) -> str:
        branches = " ".join(f"WHEN {group} = {number_} THEN {literal(word)}" for number_, word in of.items())
        return f"CASE WHEN p.reason IS NOT NULL THEN NULL {branches} END"

    groups = sorted(rule.group for rule in model.criteria)
    named = {f"{model.result}_name": scheme.group_name}
    if scheme.tiers:
        named |= {"need_tier": scheme.tier_word, "rag": scheme.colour}
    flags = {
        "short_history": "p.short_history = 1",
        **{name: f"{sql.text} = 1" for name, sql in outputs.flags.items()},
        "age_imputed": "1 = 0",
        "not_knowable": f"{outputs.left_open.text} = 1",
    }
    texts = [
        "p.person_id",
        f"{of_grouped(outputs.group)} AS {dialect.name_of(model.result)}",
        *(
            f"{words({each: word_of(each) for each in groups})} AS {dialect.name_of(name)}"
            for name, word_of in named.items()
        ),
        "p.reason",
        f"{of_grouped(outputs.criteria)} AS criteria",
        *(f"{of_grouped(sql)} AS {dialect.name_of(name)}" for name, sql in outputs.measures.items()),
        *(
            f"CASE WHEN p.reason IS NULL AND {test} THEN 1 ELSE 0 END AS {dialect.name_of(name)}"
            for name, test in flags.items()
        ),
        *(_combination(each, model, outputs, dialect) for each in model.combinations),
    ]
    rest = (
        "FROM pngroup_people p\nCROSS JOIN pngroup_passed\n"
        f"LEFT JOIN pngroup_level_{top} a ON a.person_id = p.person_id"
    )
    about = "The result: one row a person. Flags are 1 and 0; what is not known is NULL."
    yield from create(dialect, "pngroup_result", about, texts, rest)


def _combination(wanted: Combination, model: Model, outputs: Outputs, dialect: Dialect) -> str:
    text = _combined(wanted, model, outputs, dialect)
    return f"CASE WHEN p.reason IS NULL THEN {text} END AS {dialect.name_of(wanted.id)}"


def _combined(wanted: Combination, model: Model, outputs: Outputs, dialect: Dialect) -> str:
    """The codes of what is present, joined, in the order of the model."""
    if wanted.registers:
        parts = [(model.registers[name].code, outputs.registers[name]) for name in model.registers_of(wanted.registers)]
    else:
        parts = [(code, comparison(outputs.flags[flag], "==", number(1))) for flag, code in wanted.flags.items()]
    literal = dialect.literal
    branches = [
        f"CASE WHEN {sql.text} THEN {literal(JOINED + code)} ELSE {literal('')} END"
        for code, sql in parts
        if sql.value is not False and sql.value is not None
    ]
    if not branches:
        return literal(wanted.none)
    # With a text in front that is always there, CONCAT has two parts at least.
    joined = f"CONCAT({literal('')}, {', '.join(branches)})"
    return f"CASE WHEN {joined} = {literal('')} THEN {literal(wanted.none)} ELSE SUBSTRING({joined}, 2, 4000) END"


def register_statements(model: Model, outputs: Outputs, columns: Columns, dialect: Dialect) -> Iterator[Statement]:
    """The statements that make `pngroup_registers`, with the columns of `Grouping.registers()`: 1, 0, NULL."""
    top = max((each.level for each in columns.columns.values()), default=0)
    texts = [
        "p.person_id",
        *(
            f"CASE WHEN p.reason IS NULL THEN {as_number(sql).text} END AS {dialect.name_of(name)}"
            for name, sql in outputs.registers.items()
        ),
    ]
    rest = (
        "FROM pngroup_people p\nCROSS JOIN pngroup_passed\n"
        f"LEFT JOIN pngroup_level_{top} a ON a.person_id = p.person_id"
    )
    about = "The registers that each person is on: 1 yes, 0 no, NULL not known, or nobody with a group."
    yield from create(dialect, "pngroup_registers", about, texts, rest)
