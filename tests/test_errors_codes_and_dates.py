"""Bad dates, codes and code systems of whole columns: each fault is told in one sentence."""

from __future__ import annotations

import pytest

from faults import CONTACTS, IDS, MEDICINES, PEOPLE, RECORDS, VALUES, changed, check, fault, group
from pngroup import DataError, UsageError

BY_FORMAT = ("date_format='%d/%m/%Y'", "convert the column to dates")
CALENDAR = [
    *(
        fault(
            f"day, month and year in {column} of {table}",
            lambda table=table, rows=rows, column=column: group(
                **{table: changed(rows, **{column: ["31/01/2026", "13/02/2026"]})}
            ),
            DataError,
            what=("none of 2 distinct values is a date", "'99/99/9999'"),
            where=f"{table}, column '{column}'",
            allowed="'2024-01-31'",
            remedy=(*BY_FORMAT, "'%m/%d/%Y', whichever it is"),
        )
        for table, rows, column in (
            ("people", PEOPLE, "birth_date"),
            ("people", PEOPLE, "died_on"),
            ("people", PEOPLE, "registered_from"),
            ("people", PEOPLE, "registered_to"),
            ("records", RECORDS, "date"),
            ("contacts", CONTACTS, "date"),
            ("medicines", MEDICINES, "date"),
            ("values", VALUES, "date"),
        )
    ),
    fault(
        "days that no month has",
        lambda: group(records=changed(RECORDS, date=["2026-02-30", "2026-13-01"])),
        DataError,
        what=("none of 2 distinct values is a date", "'9999-99-99'"),
        where="records, column 'date'",
        allowed="'2024-01-31'",
        remedy=BY_FORMAT,
    ),
    fault(
        "names of months",
        lambda: group(records=changed(RECORDS, date=["April", "May"])),
        DataError,
        what=("'aaaaa', 'aaa'",),
        where="records, column 'date'",
        allowed="'2024-01-31'",
        remedy=BY_FORMAT,
    ),
    fault(
        "ids in place of dates",
        lambda: group(records=changed(RECORDS, date=IDS)),
        DataError,
        what=("none of 2", "'aaaaa-999999'"),
        where="records, column 'date'",
        allowed="'2024-01-31'",
        remedy=BY_FORMAT,
    ),
    fault(
        "dates that are not in the format",
        lambda: group(date_format="%d.%m.%Y"),
        DataError,
        what=("none of 2", "'9999-99-99'"),
        where="people, column 'birth_date'",
        allowed="'%d.%m.%Y'",
        remedy="correct date_format",
    ),
]

MANGLED = [
    fault(
        f"SNOMED CT ids that were mangled: {name}",
        lambda codes=codes: group(records=changed(RECORDS, code=codes, system=["snomed", "snomed"])),
        DataError,
        what=("1 row holds codes that were mangled", "digits were lost"),
        where="column 'code' of records",
        allowed=("codes as text", "SNOMED CT ids as whole numbers"),
        remedy=("read the column as text from its source", "spreadsheet"),
    )
    for name, codes in {
        "text with E+": ["9.99E+17", "44054006"],
        "a float column": [999000000000000000.0, 44054006.0],
        "text of a float": ["925831000000107000.0", "44054006"],
        "rounded to 15 digits, text": ["925831000000100000", "44054006"],
        "rounded to 15 digits, whole numbers": [992581100000011000, 44054006],
        "a decimal comma": ["9,99E+17", "44054006"],
    }.items()
]

SYSTEMS = [
    fault(
        "no code system at all",
        lambda: group(records=changed(RECORDS, without="system")),
        UsageError,
        what="no code system is given",
        where="records",
        allowed=("icd10", "icd10cm", "snomed", "opcs4", "bnf"),
        remedy=("add a column system", "system="),
    ),
    fault(
        "no code system for medicines, and that of records does not fit",
        lambda: group(
            records=changed(RECORDS, without="system"),
            medicines=changed(MEDICINES, without="system"),
            system="icd10",
        ),
        UsageError,
        what="no code system is given",
        where="medicines",
        allowed=("bnf", "dmd", "atc"),
        remedy="add a column system",
    ),
    fault(
        "the code system given twice",
        lambda: group(system="icd10"),
        UsageError,
        what="given twice",
        where=("argument system", "column 'system' of records"),
        allowed="one of the two",
        remedy=("leave out system=", "drop the column"),
    ),
]


@pytest.mark.parametrize("wrong", [*CALENDAR, *MANGLED, *SYSTEMS])
def test_bad_dates_and_codes_are_told_in_one_sentence(wrong):
    """Columns in which nothing can be read, or that were mangled, are refused with the column and a way out."""
    check(wrong)
