"""The generator's parameters, read from `data/synthetic`, where every number has its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Final

import numpy as np

from ..errors import ModelError
from ..resources import Row, read_rows
from .definitions import (
    KNOTS,
    Anchor,
    Choice,
    ConditionParameters,
    Course,
    EpisodeParameters,
    EpisodePart,
    Floats,
    Outcome,
    Parameters,
    Rate,
    Register,
    Slot,
    Value,
)

_KNOT_COLUMNS: Final = [f"age_{age}" for age in KNOTS]
_CONDITION_COLUMNS: Final = [
    *("id", "cluster", "given", "target_percent", "target_age_from", "sex", "female_ratio", "imd_ratio"),
    *("mean_years", "onset_age_from", "onset_age_to", "recodes_per_year", "hospital_share"),
    *("resolved", "resolved_share", "lasting", "counts_in_35", "source"),
]
_EPISODE_COLUMNS: Final = [
    *("id", "sex", "age_from", "rated_outcome", "days_to_rated_age", "days_between", "source", "note"),
]
_PART_COLUMNS: Final = ["episode", "part", "setting", "share", "outcome", "counted_from", "from_day", "to_day"]
_OUTCOME_COLUMNS: Final = ["episode", "outcome", "detail", "weight", "from_day", "most_day", "to_day"]
_COURSE_COLUMNS: Final = [
    *("cluster", "mark", "share", "sessions", "every_days", "after_days", "once", "source", "note"),
]
_VALUE_COLUMNS: Final = ["id", "system", "code", "unit", "drawn"]
_BANDS: Final = ["from_0", "from_16", "from_65", "from_80"]


@cache
def parameters() -> Parameters:
    """The tables, read and checked once; `ModelError` names file, line and column of what is wrong."""
    shapes = {row["condition"]: _knots(row) for row in _rows("shapes", ["condition", *_KNOT_COLUMNS])}
    codes = _grouped(_rows("codes", ["condition", "system", "code", "weight"]), "condition")
    choices = {name: {choice.system: choice for choice in _choices(rows)} for name, rows in codes.items()}
    condition_rows = _read("conditions", _CONDITION_COLUMNS)
    resolved_ids = {row["resolved"] for row in condition_rows if row["resolved"]}
    return Parameters(
        numbers={
            row["name"]: _number(row, "value") for row in _read("parameters", ["name", "value", "source", "note"])
        },
        age_sex=tuple(
            (int(_number(row, "age_from")), int(_number(row, "age_to")), row["sex"], _number(row, "percent"))
            for row in _rows("age_sex", ["age_from", "age_to", "sex", "percent"])
        ),
        clusters={row["id"]: _yes(row, "shares_liability") for row in _rows("clusters", ["id", "shares_liability"])},
        conditions=tuple(_condition(row, shapes, choices) for row in condition_rows),
        registers=tuple(
            Register(
                row["id"],
                tuple(row["conditions"].split()),
                _number(row, "percent"),
                int(_number(row, "age_from")),
            )
            for row in _rows("registers", ["id", "conditions", "percent", "age_from"])
        ),
        resolved={name: next(iter(choices[name].values())) for name in sorted(resolved_ids)},
        episodes=_episodes(),
        episode_codes={
            part: _choices(rows)[0]
            for part, rows in _grouped(_rows("episode_codes", ["part", "system", "code", "weight"]), "part").items()
        },
        grades={row["id"]: _number(row, "cut") for row in _read("grades", ["id", "cut", "source", "note"])},
        courses=tuple(_course(row) for row in _read("courses", _COURSE_COLUMNS)),
        acute_hospital=_by(_rows("acute_icd10", ["code", "weight", "ages"]), "ages", "icd10"),
        acute_practice=_by(_rows("acute_snomed", ["code", "weight", "ages"]), "ages", "snomed"),
        ages={
            row["ages"]: np.array([_number(row, column) for column in ("from_0", "from_16", "from_65", "from_80")])
            for row in _rows("ages", ["ages", "from_0", "from_16", "from_65", "from_80"])
        },
        contacts=tuple(
            Rate(row["setting"], _knots(row), _number(row, "per_condition"))
            for row in _rows("contacts", ["setting", *_KNOT_COLUMNS, "per_condition"])
        ),
        medicines=tuple(
            Slot(rows[0]["condition"], _number(rows[0], "share"), _choice("bnf", rows))
            for rows in _grouped(
                _rows("medicines", ["condition", "slot", "share", "code", "weight"]), "condition", "slot"
            ).values()
        ),
        marks={
            name: _choices(rows)[0]
            for name, rows in _grouped(_rows("marks", ["id", "system", "code", "weight"]), "id").items()
        },
        values=tuple(Value(*(row[column] for column in _VALUE_COLUMNS)) for row in _rows("values", _VALUE_COLUMNS)),
        ranges={
            value: {row["group"]: (_number(row, "low"), _number(row, "high")) for row in rows}
            for value, rows in _grouped(_rows("ranges", ["value", "group", "low", "high"]), "value").items()
        },
        anchors=tuple(
            Anchor(
                row["name"],
                row["figure"],
                row["condition"],
                int(_number(row, "age_from")),
                int(_number(row, "age_to")),
                _number(row, "value"),
            )
            for row in _rows("anchors", ["name", "figure", "condition", "age_from", "age_to", "value"])
        ),
        unknown_codes=tuple((row["system"], row["code"]) for row in _rows("unknown_codes", ["system", "code"])),
    )


def _rows(table: str, columns: list[str]) -> list[Row]:
    return _read(table, [*columns, "source"])


def _read(table: str, columns: list[str]) -> list[Row]:
    return list(read_rows(f"synthetic/{table}.csv", tuple(columns)))


def _condition(
    row: Row, shapes: Mapping[str, Floats], choices: Mapping[str, Mapping[str, Choice]]
) -> ConditionParameters:
    if row["id"] not in shapes or row["id"] not in choices:
        raise ModelError(
            f"the condition {row['id']!r} has no shape or no code",
            where=row.where,
            allowed="ids that stand in shapes.csv and codes.csv",
            remedy="add its rows there",
        )
    number = partial(_number, row)
    return ConditionParameters(
        id=row["id"],
        cluster=row["cluster"],
        given=tuple(row["given"].split()),
        target=number("target_percent"),
        target_age_from=int(_number(row, "target_age_from")),
        sex=row["sex"],
        female_ratio=number("female_ratio"),
        imd_ratio=number("imd_ratio"),
        mean_years=number("mean_years"),
        onset_age_from=number("onset_age_from"),
        onset_age_to=number("onset_age_to"),
        recodes_per_year=number("recodes_per_year"),
        hospital_share=number("hospital_share"),
        resolved=row["resolved"],
        resolved_share=number("resolved_share"),
        lasting=_yes(row, "lasting"),
        counts_in_35=_yes(row, "counts_in_35"),
        shape=shapes[row["id"]],
        codes=choices[row["id"]],
    )


def _episodes() -> tuple[EpisodeParameters, ...]:
    rates = _grouped(_rows("episode_rates", ["episode", "age_from", "age_to", "per_1000"]), "episode")
    outcomes = _grouped(_rows("episode_outcomes", _OUTCOME_COLUMNS), "episode")
    parts = _grouped(_rows("episode_parts", _PART_COLUMNS), "episode")
    return tuple(
        EpisodeParameters(
            id=row["id"],
            sex=row["sex"],
            age_from=_number(row, "age_from"),
            rated=row["rated_outcome"],
            days_to_rated_age=_number(row, "days_to_rated_age"),
            days_between=_number(row, "days_between"),
            rates=tuple(
                (int(_number(each, "age_from")), int(_number(each, "age_to")), _number(each, "per_1000") / 1000)
                for each in rates[row["id"]]
            ),
            outcomes=tuple(
                Outcome(
                    each["outcome"],
                    _number(each, "weight"),
                    (_number(each, "from_day"), _number(each, "most_day"), _number(each, "to_day")),
                )
                for each in outcomes[row["id"]]
            ),
            parts=tuple(
                EpisodePart(
                    part=each["part"],
                    setting=each["setting"],
                    share=_number(each, "share"),
                    outcome=each["outcome"],
                    from_end=each["counted_from"] == "end",
                    from_day=_number(each, "from_day"),
                    to_day=_number(each, "to_day"),
                )
                for each in parts[row["id"]]
            ),
        )
        for row in _read("episodes", _EPISODE_COLUMNS)
    )


def _course(row: Row) -> Course:
    return Course(
        cluster=row["cluster"],
        mark=row["mark"],
        share=_number(row, "share"),
        sessions=int(_number(row, "sessions")),
        every_days=int(_number(row, "every_days")),
        after_days=int(_number(row, "after_days")),
        once=_yes(row, "once"),
    )


def _number(row: Row, column: str) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise ModelError(
            f"{row[column]!r} is not a number",
            where=f"{row.where}, column {column}",
            allowed="a number",
            remedy="correct the cell",
        ) from None


def _yes(row: Row, column: str) -> bool:
    if row[column] not in ("yes", "no"):
        raise ModelError(
            f"{row[column]!r} is neither yes nor no",
            where=f"{row.where}, column {column}",
            allowed="yes, no",
            remedy="correct the cell",
        )
    return row[column] == "yes"


def _knots(row: Row) -> Floats:
    return np.array([_number(row, column) for column in _KNOT_COLUMNS])


def _grouped(rows: list[Row], *columns: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(" ".join(row[column] for column in columns), []).append(row)
    return found


def _by(rows: list[Row], column: str, system: str) -> dict[str, Choice]:
    return {name: _choice(system, found) for name, found in _grouped(rows, column).items()}


def _choices(rows: list[Row]) -> tuple[Choice, ...]:
    return tuple(_choice(system, found) for system, found in _grouped(rows, "system").items())


def _choice(system: str, rows: list[Row]) -> Choice:
    weights = np.array([_number(row, "weight") for row in rows])
    return Choice(system, tuple(row["code"] for row in rows), np.cumsum(weights))
