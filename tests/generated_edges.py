"""The edges: for each window, birthday and number of the specification a person on either side of it.

`inside` is the side that counts. For windows and birthdays the two differ in one date, by one day; for numbers
in what is recorded. The measure named beside the edge differs with it (tests/test_generated.py holds that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from attrs import Factory, define, frozen

from generated_codes import CLINICAL_FRAILTY_SCALE, MEDICINES, POOL, Coded
from oracle.dates import DAY, birthday, months_before

Row = dict[str, Any]


@define
class Draft:
    """One person being written, with rows in each table."""

    as_at: date
    person_id: str
    person: Row = Factory(dict)
    records: list[Row] = Factory(list)
    contacts: list[Row] = Factory(list)
    medicines: list[Row] = Factory(list)
    values: list[Row] = Factory(list)

    def __attrs_post_init__(self) -> None:
        empty = dict.fromkeys(
            ("birth_date", "age", "sex", "registered_from", "registered_to", "died_on", "excluded_reason")
        )
        self.person = {"person_id": self.person_id} | empty | {"sex": "female"} | self.person

    @property
    def tables(self) -> dict[str, list[Row] | None]:
        """The optional tables; one without rows was not given."""
        return {name: getattr(self, name) or None for name in ("contacts", "medicines", "values")}

    def ago(self, days: int = 0, months: int = 0) -> date:
        """The day so many months and days before as_at; negative days are after it."""
        return months_before(self.as_at, months) - timedelta(days=days)

    def born(self, years: int, days: int = 0) -> None:
        """Born so that the birthday of `years` was `days` days ago."""
        self.person["birth_date"] = self.ago(days, 12 * years)

    def row(self, code: str, day: date | None, system: str = "icd10", **more: Any) -> None:
        """Add a record."""
        new = {"person_id": self.person_id, "code": code, "system": system, "date": day, "setting": None}
        self.records.append(new | {"status": None} | more)

    def coded(self, coded: Coded, day: date | None, **more: Any) -> None:
        """Add a record of a code given with its system."""
        code, system = coded
        self.row(code, day, system, **more)

    def concept(self, condition: str, day: date | None) -> None:
        """Add a record of the condition's first SNOMED CT concept in the pool."""
        code = next(code for code, system in POOL[condition] if system == "snomed")
        self.row(code, day, "snomed")

    def contact(self, day: date | None, setting: str = "primary_care") -> None:
        """Add a contact."""
        self.contacts.append({"person_id": self.person_id, "date": day, "setting": setting})

    def medicine(self, coded: Coded, day: date | None) -> None:
        """Add a medicine."""
        code, system = coded
        self.medicines.append({"person_id": self.person_id, "code": code, "system": system, "date": day})

    def value(self, number: float | None, day: date | None) -> None:
        """Add a value of the Clinical Frailty Scale."""
        code, system = CLINICAL_FRAILTY_SCALE
        new = {"person_id": self.person_id, "code": code, "system": system, "date": day}
        self.values.append(new | {"value": number, "unit": None})


@frozen
class Edge:
    """An edge by name, the measure that it moves, and how to write the person on either side."""

    name: str
    measure: str
    write: Callable[[Draft, bool], None]


def _window(months: int, code: str, measure: str, *, age: int = 45, also: str = "", system: str = "icd10") -> Edge:
    """A record on the first day inside a window or on the last day outside; `also` stands on as_at."""

    def write(draft: Draft, inside: bool) -> None:
        draft.born(age, 100)
        draft.row(code, draft.ago(months=months) + inside * DAY, system)
        for other in also.split():
            draft.row(other, draft.as_at)

    return Edge(f"{months} months: {measure} by {code}", measure, write)


def _month_windows() -> Iterator[Edge]:
    yield _window(12, "J00", "need_group")
    yield from (_window(12, code, "cms") for code in ("R522", "K590", "J459", "F329", "F411"))
    yield _window(12, "R522", "n_ltc")
    for code in ("Z930", "Z931", "Z991", "Z982", "Z992", "T824"):
        yield _window(12, code, "criteria", age=9)
    yield _window(24, "R31", "hfrs")
    yield from (_window(24, code, "n_ltc") for code in ("A150", "U099"))
    for code in ("F322", "F411", "F42", "F500", "F603", "F102", "F112", "X60"):
        yield _window(24, code, "criteria", also="F431")
    yield _window(24, "F431", "criteria", also="F603")
    # One syndrome beside dementia; three whose first record is the one at the edge.
    for code in ("W19", "M809", "S720", "R32", "R15", "L899", "R634", "R268", "F059", "R13"):
        yield _window(24, code, "criteria", age=80, also="F03")
    yield _window(24, "F067", "criteria", age=80, also="R32 R13")
    yield _window(60, "Z740", "criteria", age=80, also="F03")
    for code in ("160734000", "160689007"):
        yield _window(60, code, "criteria", age=80, also="F03", system="snomed")
    for code in ("925831000000107", "925861000000102"):
        yield _window(24, code, "criteria", age=80, system="snomed")
    for code in ("I269", "K259", "F329", "F411", "F101", "F111", "F431", "F42", "F500", "C509", "D45"):
        yield _window(60, code, "n_ltc")
    yield _window(60, "F101", "cms")
    yield _window(60, "F111", "obstetric", age=30, also="Z34")
    yield Edge("24 months: anaemia on two dates", "n_ltc", _anaemia_in_24_months)
    yield Edge("60 months: treatment renews a coded cancer", "n_ltc", _cancer_treatment)
    yield Edge("24 months: Clinical Frailty Scale", "criteria", _clinical_frailty)
    yield Edge("12 months: a contact", "need_group", _contact)
    yield Edge("12 months: a medicine", "need_group", _medicine)
    yield Edge("12 months: the fifth medicine", "efi", _fifth_medicine)
    yield Edge("12 months: registered", "flags", _short_history)


def _anaemia_in_24_months(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.row("D509", draft.ago(months=24) + inside * DAY)
    draft.row("D509", draft.as_at)


def _cancer_treatment(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.row("C509", draft.ago(months=120))
    draft.row("Z511", draft.ago(months=60) + inside * DAY)


def _clinical_frailty(draft: Draft, inside: bool) -> None:
    draft.born(80, 100)
    draft.row("J00", draft.as_at)
    draft.value(6, draft.ago(months=24) + inside * DAY)


def _contact(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.contact(draft.ago(months=12) + inside * DAY)


def _medicine(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.medicine(MEDICINES[0], draft.ago(months=12) + inside * DAY)


def _fifth_medicine(draft: Draft, inside: bool) -> None:
    draft.born(80, 100)
    first, *others = MEDICINES[:5]
    draft.medicine(first, draft.ago(months=12) + inside * DAY)
    for medicine in others:
        draft.medicine(medicine, draft.as_at)


def _short_history(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.person["registered_from"] = draft.ago(months=12) + inside * DAY


def _resolved(condition: str) -> Edge:
    """A resolved code of the same day does not end a condition; one of the day after does."""

    def write(draft: Draft, inside: bool) -> None:
        draft.born(45, 100)
        code = next(code for code, system in POOL[condition] if system == "icd10")
        draft.row(code, draft.ago(200))
        draft.concept(f"{_RESOLVED_NAME.get(condition, condition)}_resolved", draft.ago(200 - (not inside)))

    return Edge(f"same day: {condition} resolved", "n_ltc", write)


_RESOLVED_NAME = {"chronic_kidney_disease": "ckd"}


def _gap(name: str, measure: str, *rows: tuple[str, int], age: int, moves: int = 1) -> Edge:
    """Records so many days ago. Outside, the first is `moves` days nearer to as_at (negative: farther)."""

    def write(draft: Draft, inside: bool) -> None:
        draft.born(age, 100)
        for i, (code, days) in enumerate(rows):
            moved = moves if i == 0 and not inside else 0
            draft.row(code, draft.ago(days - moved), "snomed" if code.isdigit() else "icd10")

    return Edge(name, measure, write)


def _day_gaps() -> Iterator[Edge]:
    for condition in ("asthma", "copd", "chronic_kidney_disease", "depression", "diabetes", "epilepsy"):
        yield _resolved(condition)
    yield _resolved("heart_failure")
    yield _gap("90 days: anaemia", "n_ltc", ("D509", 190), ("D649", 100), age=45)
    yield _gap("28 days: geriatric syndromes", "criteria", ("W19", 128), ("R32", 110), ("R13", 100), age=80)
    yield _gap("one day: gait and cognition", "criteria", ("R268", 100), ("R413", 99), ("W19", 50), age=80)
    yield _gap("one day: dialysis on two dates", "n_ltc", ("Z491", 101), ("Z992", 100), age=45)
    dialysis = (("Z491", 99), ("Z992", 9))
    yield _gap("same day: dialysis and CKD resolved", "n_ltc", ("939211000000104", 9), *dialysis, age=45)
    stage_5 = (("939211000000104", 9), ("N185", 9))
    yield _gap("same day: stage 5 and CKD resolved", "criteria", *stage_5, age=45)
    severe = (("196381000000100", 9), ("F322", 9), ("F411", 50))
    yield _gap("same day: severe depression and depression resolved", "criteria", *severe, age=45)
    graded = (("925831000000107", 9), ("925791000000100", 9))
    yield _gap("same day: the worse grade of frailty", "criteria", *graded, age=80, moves=-1)
    housebound = (("160689007", 100), ("F03", 100))
    yield _gap("same day: no longer housebound", "criteria", ("760661000000106", 100), *housebound, age=80)
    yield _gap("same day: palliative care", "flags", ("1048611000000104", 9), ("Z515", 9), age=80)
    yield _gap("as_at: a record", "n_ltc", ("I10", 0), age=45)
    yield _gap("as_at: an opener of pregnancy", "pregnant", ("Z34", 0), age=30)
    yield _gap("as_at: a loss", "pregnant", ("O039", -1), ("Z34", 50), age=30, moves=-1)
    yield _gap("308 days: an open episode", "pregnant", ("Z34", 307), age=30, moves=-1)
    yield _gap("308 days: the next code opens another", "pregnant", ("Z34", 400), ("Z34", 92), age=30)
    delivered = (("O882", 300), ("O80", 60))
    yield _gap("308 days: closed by a delivery", "criteria", ("Z34", 367), *delivered, age=30, moves=-1)
    yield _gap("84 days: after a delivery", "pregnant", ("O80", 83), age=30, moves=-1)
    yield _gap("56 days: no episode after a delivery", "pregnant", ("Z34", 44), ("O80", 100), age=30, moves=-1)
    yield _gap("14 days: no episode after a loss", "pregnant", ("Z34", 36), ("O039", 50), age=30, moves=-1)
    yield _gap("42 days: complications after a delivery", "obstetric", ("O141", 19), ("O80", 60), age=30)
    yield _gap("first day: complications", "criteria", ("O882", 50), ("Z34", 50), age=30, moves=-1)


def _birthday(years: int, measure: str, *codes: str, inside_is_older: bool = True) -> Edge:
    """A birthday on as_at or on the day after, with codes that depend on it."""

    def write(draft: Draft, inside: bool) -> None:
        draft.born(years, 0 if inside == inside_is_older else -1)
        for code in codes:
            draft.row(code, draft.ago(60))

    return Edge(f"{years} years: {measure}", measure, write)


def _birthdays() -> Iterator[Edge]:
    yield _birthday(65, "criteria", "F03", "W19")
    yield _birthday(18, "criteria", "J00")
    yield _birthday(18, "need_group", "J449", "I10")
    yield _birthday(12, "criteria", "F200")
    yield _birthday(11, "pregnant", "Z34")
    yield _birthday(56, "pregnant", "Z34", inside_is_older=False)
    yield from (_birthday(years, "obstetric", "Z34") for years in (35, 40, 45))
    yield _birthday(126, "reason", inside_is_older=False)
    by_date = _fracture(lambda day: months_before(day, 12 * 65))
    yield Edge("65 years: on the day of a fracture, by date", "criteria", by_date)
    by_month = _fracture(lambda day: date(day.year - 65, day.month, 15), "%Y-%m")
    yield Edge("65 years: on the day of a fracture, by month", "criteria", by_month)
    by_year = _fracture(lambda day: date(day.year - 65, 7, 1), "%Y")
    yield Edge("65 years: on the day of a fracture, by year", "criteria", by_year)


def _fracture(born: Callable[[date], date], written: str = "") -> Callable[[Draft, bool], None]:
    """A hip broken on the 65th birthday; `written` says how much of the birth is known."""

    def write(draft: Draft, inside: bool) -> None:
        birth = born(draft.ago(500))
        draft.person["birth_date"] = f"{birth:{written}}" if written else birth
        draft.row("S720", birthday(birth, 65) - (not inside) * DAY)
        draft.row("F03", draft.ago(50))

    return write


def _dated(name: str, measure: str, field: str, days: int) -> Edge:
    """A date of the person so many days after as_at or, outside, one day farther."""

    def write(draft: Draft, inside: bool) -> None:
        draft.born(45, 100)
        draft.person[field] = draft.ago(-days - (not inside))

    return Edge(name, measure, write)


def _first_day(name: str, born: Callable[[date], Any], first: Callable[[date], date]) -> Edge:
    """A record on the earliest possible day of birth or on the day before."""

    def write(draft: Draft, inside: bool) -> None:
        draft.person |= born(draft.as_at)
        draft.row("I10", first(draft.as_at) - (not inside) * DAY)

    return Edge(f"birth: a record on the first possible day, {name}", "n_ltc", write)


def _people() -> Iterator[Edge]:
    yield _dated("as_at: birth", "reason", "birth_date", 0)
    yield _dated("as_at: registered from", "reason", "registered_from", 0)
    yield Edge("as_at: registered to", "reason", _registered_to)
    yield Edge("as_at: death", "reason", _death)
    yield _first_day("by date", lambda day: {"birth_date": months_before(day, 99)}, lambda day: months_before(day, 99))
    yield _first_day("by month", lambda day: {"birth_date": f"{day.year - 9}-07"}, lambda day: date(day.year - 9, 7, 1))
    yield _first_day("by year", lambda day: {"birth_date": f"{day.year - 9}"}, lambda day: date(day.year - 9, 1, 1))
    yield _first_day("by age", lambda _: {"age": 8}, lambda day: months_before(day, 12 * 9) + DAY)


def _registered_to(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.person["registered_to"] = draft.ago(-inside)


def _death(draft: Draft, inside: bool) -> None:
    draft.born(45, 100)
    draft.person["died_on"] = draft.ago(-inside)


def _number(name: str, measure: str, enough: str, too_little: str, *, age: int) -> Edge:
    """Records on either side of a number, each as 'code' or, when not 50 days ago, as 'code:days'."""

    def write(draft: Draft, inside: bool) -> None:
        draft.born(age, 100)
        for record in (enough if inside else too_little).split():
            code, _, days = record.partition(":")
            draft.row(code, draft.ago(int(days or 50)), "snomed" if code.isdigit() else "icd10")

    return Edge(name, measure, write)


def _numbers() -> Iterator[Edge]:
    heavy = "G819 G309 I698 B962"
    yield _number("above 15.0: hospital frailty", "criteria", f"{heavy} R509", heavy, age=80)
    eight = "I10 E119 I48 M179 H919 E039 M819 K259"
    yield _number("9: deficits", "criteria", f"{eight} H353", eight, age=80)
    yield _number("1.58: Cambridge", "criteria", "E119 F200 J459", "G409 F101 M109", age=45)
    yield _number("0.69: Cambridge", "criteria", "N183 K589", "F101", age=45)
    yield _number("3: body systems", "criteria", "I48 E119 H919", "I48 E119 I10", age=45)
    yield _number("3: body systems of a child", "criteria", "E119 I10 H919", "E119 I10 I48", age=9)
    yield _number("one moderate condition of a child", "criteria", "E119 I10 H919", "E039 I10 H919", age=9)
    yield _number("2: body systems of a child", "criteria", "J449 I10", "J449 J47", age=9)
    yield _number("2: lines", "criteria", "I10 H919", "I10 I158", age=9)
    yield _number("3: obstetric", "criteria", "Z34 J459 I10 O342", "Z34 J459 I10", age=30)
    yield _number("2: psychiatric items", "criteria", "F102 F411", "F102 F112", age=45)
    yield _number("one more syndrome: not a leg ulcer", "criteria", "F03 L89", "F03 L97", age=80)
    yield _number("one more syndrome: not cognition", "criteria", "F03 R26", "F03 R41", age=80)
    together = "R268:100 R413:100 R13"
    yield _number("3: syndromes, one a diagnosis", "criteria", f"{together} F067:100", together, age=80)
    yield _number("thrombosis in a pregnancy", "criteria", "Z34 I802:1700", "Z34 I802:1900", age=30)
    yield _number("delivery and loss on one day", "pregnant", "Z34:99 O80 O039", "Z34:99 O039", age=30)


EDGES: tuple[Edge, ...] = (*_month_windows(), *_day_gaps(), *_birthdays(), *_people(), *_numbers())


def write_edge(edge: Edge, as_at: date, *, inside: bool, person_id: str = "edge") -> Draft:
    """The person on one side of an edge."""
    draft = Draft(as_at, person_id)
    edge.write(draft, inside)
    return draft
