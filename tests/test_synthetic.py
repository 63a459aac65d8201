"""The synthetic practice: reproducible, on its published margins, clean but for the dirt that it declares."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

import pngroup
from pngroup.synthetic import Practice, compare_with_targets, practice
from pngroup.synthetic.targets import compare_age_sex, compare_registers

DATA = Path(pngroup.__file__).parent / "data" / "synthetic"
TABLES = ("people", "records", "contacts", "medicines", "values")
N_PEOPLE = 30_000


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digest(made: Practice) -> str:
    found = hashlib.sha256()
    for name in (*TABLES, "truth"):
        for column, cells in getattr(made, name).items():
            found.update(f"{name}.{column}".encode())
            if cells.dtype == object:
                found.update("\0".join(map(str, cells.tolist())).encode())
            else:
                found.update(cells.tobytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def made() -> Practice:
    return practice(N_PEOPLE, seed=11)


@pytest.fixture(scope="module")
def birth(made) -> dict[str, np.datetime64]:
    return dict(zip(made.people["person_id"], made.people["birth_date"], strict=True))


def ages(made: Practice) -> np.ndarray:
    """Whole years, by counting birthdays and not as the library does."""
    year, month, day = made.as_at.year, made.as_at.month, made.as_at.day
    born = made.people["birth_date"].tolist()
    return np.array([year - one.year - ((month, day) < (one.month, one.day)) for one in born])


# --- reproducible ---


def test_the_same_seed_gives_the_same_data():
    """The same arguments give the same data, to the byte; another seed or date gives others."""
    first = digest(practice(700, seed=3))
    assert first == digest(practice(700, seed=3))
    others = [practice(700, seed=4), practice(700, seed=3, as_at="2025-03-31"), practice(700, seed=3, dirt=0.1)]
    assert len({first, *map(digest, others)}) == 4


def test_any_size_works():
    """A practice may have one person or a few, and any number of years."""
    for n_people, years in ((1, 10), (2, 1), (30, 2.5), (30, 40)):
        small = practice(n_people, years=years)
        assert len(small.people["person_id"]) == n_people
        assert {len(column) for column in small.records.values()} == {len(small.records["code"])}


def test_person_ids_say_nothing(made):
    """Ids are unique texts of one shape and in no order of age or sex."""
    ids = made.people["person_id"].tolist()
    assert len(set(ids)) == N_PEOPLE
    assert all(re.fullmatch(r"P\d{7}", one) for one in ids)
    number = np.array([int(one[1:]) for one in ids])
    born = made.people["birth_date"].astype(np.int64)
    assert abs(np.corrcoef(number, born)[0, 1]) < 5 / np.sqrt(N_PEOPLE)
    assert abs(np.corrcoef(number, made.people["sex"] == "male")[0, 1]) < 5 / np.sqrt(N_PEOPLE)


# --- published margins ---


def test_ages_and_sexes_follow_the_published_list(made):
    """Age and sex together differ from the published list of 2014 by no more than chance (chi-squared)."""
    age, sex = ages(made), made.people["sex"]
    rows = table("age_sex")
    expected = np.array([float(row["percent"]) for row in rows])
    expected = N_PEOPLE * expected / expected.sum()
    got = np.array(
        [np.sum((sex == row["sex"]) & (age >= int(row["age_from"])) & (age < int(row["age_to"]))) for row in rows]
    )
    assert got.sum() == N_PEOPLE
    chi_squared = np.sum((got - expected) ** 2 / expected)
    # 39 degrees of freedom: 85 is passed by chance once in thirty thousand seeds.
    assert chi_squared < 85
    assert all(one.within for one in compare_age_sex(made))


def test_registers_meet_their_published_prevalence(made):
    """Each register is within four standard errors and three per cent of its published prevalence."""
    found = compare_registers(made)
    assert len(found) == len(table("registers")) >= 30
    assert [one for one in found if not one.within] == []
    assert "outside" not in compare_with_targets(made)


def test_the_comparison_sees_a_register_that_is_off(made):
    """A register that misses its target is marked in the table of targets."""
    truth = {name: cells.copy() for name, cells in made.truth.items()}
    truth["condition"] = np.where(truth["condition"] == "copd", "asthma", truth["condition"])
    off = Practice(**{name: getattr(made, name) for name in (*TABLES, "as_at", "dirt")}, truth=truth)
    assert [one.name for one in compare_registers(off) if not one.within] == ["asthma", "copd"]
    assert compare_with_targets(off).count("outside") == 2


def test_births_follow_published_fertility(made):
    """Deliveries in a year are as many as the fertility rates give for the women in the practice."""
    age, women = ages(made), made.people["sex"] == "female"
    expected = sum(
        float(row["per_1000"]) / 1000 * np.sum(women & (age >= int(row["age_from"])) & (age < int(row["age_to"])))
        for row in table("episode_rates")
    )
    dates = made.records["date"]
    years = 5
    recent = (dates > np.datetime64("2021-03-31")) & (dates <= np.datetime64("2026-03-31"))
    n_born = np.sum((made.records["code"] == "Z370") & (made.records["system"] == "icd10") & recent)
    assert expected * years * 0.8 < n_born < expected * years * 1.2


def test_conditions_gather_in_the_same_people(made):
    """People have several conditions more often than if conditions came independently, at any age."""
    age = ages(made)
    place = {person: number for number, person in enumerate(made.people["person_id"])}
    has = {name: np.zeros(N_PEOPLE, dtype=bool) for name in ("hypertension", "osteoarthritis", "depression", "anxiety")}
    for person, condition in zip(made.truth["person_id"], made.truth["condition"], strict=True):
        if condition in has:
            has[condition][place[person]] = True
    for one, other in (("hypertension", "osteoarthritis"), ("depression", "anxiety")):
        together = alone = 0.0
        for start in range(20, 90, 5):
            band = (age >= start) & (age < start + 5)
            together += np.sum(has[one] & has[other] & band)
            alone += has[one][band].mean() * has[other][band].mean() * band.sum()
        assert together > alone + 4 * np.sqrt(alone)


# --- records stand for the truth ---


def test_records_say_what_the_truth_says(made):
    """Everybody in the truth has a record of the condition, and nobody else has."""
    codes = defaultdict(set)
    for row in table("codes"):
        codes[row["condition"]].add((row["system"], row["code"]))
        codes[row["condition"]].add((row["system"], row["code"].removesuffix("X")))
    owners = Counter(code for known in codes.values() for code in known)
    by_code = defaultdict(set)
    for person, system, code in zip(*(made.records[name] for name in ("person_id", "system", "code")), strict=True):
        by_code[system, code].add(person)
    strangers = {person for person in made.records["person_id"] if person.startswith("X")}
    truth = defaultdict(set)
    for person, condition in zip(made.truth["person_id"], made.truth["condition"], strict=True):
        truth[condition].add(person)
    conditions = [row["id"] for row in table("conditions")]
    assert not [code for code, n in owners.items() if n > 1]
    for condition in conditions:
        recorded = set().union(*(by_code[code] for code in codes[condition])) - strangers
        assert recorded == truth[condition], condition


def test_resolved_conditions_end(made):
    """After the record that a condition has resolved, it is not recorded any more."""
    resolved = {row["id"]: row["resolved"] for row in table("conditions") if row["resolved"]}
    codes = defaultdict(set)
    for row in table("codes"):
        codes[row["condition"]].add(row["code"])
        codes[row["condition"]].add(row["code"].removesuffix("X"))
    ended = {}
    for column in zip(*(made.truth[name] for name in ("person_id", "condition", "resolved")), strict=True):
        person, condition, day = column
        if not np.isnat(day):
            ended[person, condition] = day
    assert {condition for _, condition in ended} == set(resolved)
    is_sound = sound(made)
    for condition, name in resolved.items():
        dated = defaultdict(list)
        rows = np.flatnonzero(is_sound & np.isin(made.records["code"].astype(str), sorted(codes[condition])))
        for row in rows:
            dated[made.records["person_id"][row]].append(made.records["date"][row])
        (code,) = codes[name]
        end_rows = np.flatnonzero(is_sound & (made.records["code"] == code))
        ends = {made.records["person_id"][row]: made.records["date"][row] for row in end_rows}
        assert ends == {person: day for (person, held), day in ended.items() if held == condition}
        assert all(max(dated[person]) < day for person, day in ends.items())


def before_birth(made: Practice) -> np.ndarray:
    born = dict(zip(made.people["person_id"], made.people["birth_date"].astype(int).tolist(), strict=True))
    births = np.array([born.get(person, -(10**6)) for person in made.records["person_id"]])
    return np.flatnonzero(~np.isnat(made.records["date"]) & (made.records["date"].astype(int) < births))


def sound(made: Practice) -> np.ndarray:
    """The rows of records that are dated in the extract, confirmed, and of somebody in people."""
    records = made.records
    return (
        (records["date"] > np.datetime64("2016-03-30"))
        & ~np.isin(np.arange(len(records["date"])), before_birth(made))
        & (records["date"] <= np.datetime64(made.as_at))
        & (records["status"] == "confirmed")
        & np.array([person.startswith("P") for person in records["person_id"]])
    )


def test_only_women_of_childbearing_age_are_pregnant(made):
    """Pregnancy codes stand with women between 13 and 51 only."""
    known = {(row["system"], row["code"].removesuffix("X")) for row in table("episode_codes")}
    sex = dict(zip(made.people["person_id"], made.people["sex"], strict=True))
    born = dict(zip(made.people["person_id"], made.people["birth_date"], strict=True))
    rows = [
        (person, day)
        for person, system, code, day in zip(
            *(made.records[name][sound(made)] for name in ("person_id", "system", "code", "date")), strict=True
        )
        if (system, code.removesuffix("X")) in known
    ]
    assert len(rows) > 1000
    assert {sex[person] for person, _ in rows} == {"female"}
    years = np.array([(day - born[person]) / np.timedelta64(1, "D") / 365.25 for person, day in rows])
    assert years.min() > 13
    assert years.max() < 51


# --- codes and dates ---


def check_digit_is_right(identifier: str) -> bool:
    """Verhoeff's check by the group itself: rotations and reflections of a pentagon."""

    def multiply(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
        return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5

    once = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    total = 0
    for place, digit in enumerate(reversed(identifier)):
        moved = int(digit)
        for _ in range(place % 8):
            moved = once[moved]
        total = multiply(total, moved)
    return total == 0


def is_readable(system: str, code: str) -> bool:
    if system == "icd10":
        return re.fullmatch(r"[A-Z]\d\d[\dX]?", code) is not None
    if system == "snomed":
        return re.fullmatch(r"[1-9]\d{2,14}[01]0\d", code) is not None and check_digit_is_right(code)
    return system == "bnf" and re.fullmatch(r"\d{6}[\dA-Z]{3}([\dA-Z]{6})?", code) is not None


def test_every_code_is_readable_but_for_declared_dirt(made):
    """Each code has the form of its system, check digit included, but the spoilt ones, which are counted."""
    for name in ("medicines", "values"):
        pairs = set(zip(getattr(made, name)["system"], getattr(made, name)["code"], strict=True))
        assert [pair for pair in pairs if not is_readable(*pair)] == []
    pairs = Counter(zip(made.records["system"], made.records["code"], strict=True))
    unreadable = sum(n for pair, n in pairs.items() if not is_readable(*pair))
    assert unreadable == made.dirt["unknown_code"] + made.dirt["wrong_system"] > 0
    tables = ("codes", "episode_codes", "marks", "values")
    known = {(row["system"], row["code"]) for name in tables for row in table(name)}
    known |= {("snomed", row["code"]) for row in table("acute_snomed")}
    known |= {("icd10", row["code"]) for row in table("acute_icd10")}
    assert [pair for pair in known if not is_readable(*pair)] == []


def test_dates_lie_in_life_and_in_the_extract_but_for_declared_dirt(made, birth):
    """Every date lies between birth and death and in the extract's years, but the spoilt ones, which are counted."""
    last, first = np.datetime64(made.as_at), np.datetime64("2016-03-31")
    died = dict(zip(made.people["person_id"], made.people["died_on"], strict=True))
    known = np.array([person in birth for person in made.records["person_id"]])
    day, status = made.records["date"], made.records["status"]
    kinds = {
        "unknown_person": ~known,
        "missing_date": np.isnat(day),
        "future_date": day > last,
        "before_birth": np.isin(np.arange(len(day)), before_birth(made)),
        "entered_in_error": status == "entered-in-error",
    }
    assert {name: int(rows.sum()) for name, rows in kinds.items()} == {name: made.dirt[name] for name in kinds}
    rest = np.flatnonzero(~np.any(list(kinds.values()), axis=0))
    ends = np.array([died[person] for person in made.records["person_id"][rest]], dtype="datetime64[D]")
    assert np.all(np.isnat(ends) | (day[rest] <= ends))
    assert np.all(day[rest] >= first)
    for name in ("contacts", "medicines", "values"):
        rows = getattr(made, name)
        births = np.array([birth[person] for person in rows["person_id"]], dtype="datetime64[D]")
        ends = np.array([died[person] for person in rows["person_id"]], dtype="datetime64[D]")
        assert np.all(rows["date"] >= births)
        assert np.all(rows["date"] <= last)
        assert np.all(np.isnat(ends) | (rows["date"] <= ends))


def test_dirt_can_be_chosen():
    """`dirt` sets the share of unusable records, none at all for 0, and sound records stay."""
    clean, dirty = practice(2000, seed=2, dirt=0), practice(2000, seed=2, dirt=0.1)
    assert sum(clean.dirt.values()) == 0
    n_clean, n_dirty = len(clean.records["code"]), len(dirty.records["code"])
    assert n_dirty - n_clean == sum(dirty.dirt.values()) == round(0.1 * n_clean)
    assert all(n > 0 for n in dirty.dirt.values())
    columns = ("person_id", "code", "system", "date", "setting", "status")
    rows = [Counter(zip(*(one.records[name].astype(str) for name in columns), strict=True)) for one in (clean, dirty)]
    assert rows[0] <= rows[1]


# --- people and services ---


def test_registration_is_plausible(made):
    """People register after birth; some within the year; a few left, died or opted out; nobody both left and died."""
    people = made.people
    last = np.datetime64(made.as_at)
    assert np.all(people["registered_from"] >= people["birth_date"])
    assert np.all(people["registered_from"] <= last)
    assert 0.05 < np.mean(people["registered_from"] > last - np.timedelta64(365, "D")) < 0.15
    for name in ("registered_to", "died_on"):
        there = ~np.isnat(people[name])
        assert 0 < there.mean() < 0.02
        assert np.all(people[name][there] > people["registered_from"][there])
        assert np.all(people[name][there] <= last)
    assert not np.any(~np.isnat(people["registered_to"]) & ~np.isnat(people["died_on"]))
    assert 0 < np.mean([reason is not None for reason in people["excluded_reason"]]) < 0.01
    assert set(people["imd_decile"].tolist()) == set(range(1, 11))


def test_use_of_services_is_plausible(made):
    """Between 12 and 22 in a hundred have no contact in 12 months; the old and the ill have most of the contacts."""
    recent = made.contacts["date"] > np.datetime64("2025-03-31")
    per_person = Counter(made.contacts["person_id"][recent].tolist())
    there = [
        person
        for person, since, left, died in zip(
            *(made.people[name] for name in ("person_id", "registered_from", "registered_to", "died_on")), strict=True
        )
        if since <= np.datetime64("2025-03-31") and np.isnat(left) and np.isnat(died)
    ]
    assert 0.12 < np.mean([per_person[person] == 0 for person in there]) < 0.22
    n_contacts = np.array([per_person[person] for person in made.people["person_id"]])
    age = ages(made)
    assert n_contacts[age >= 75].mean() > 2 * n_contacts[(age >= 20) & (age < 40)].mean()
    days = list(zip(*(made.contacts[name].tolist() for name in ("person_id", "date", "setting")), strict=True))
    assert len(days) == len(set(days))
    medicines = defaultdict(set)
    recent = made.medicines["date"] > np.datetime64("2025-03-31")
    for person, code in zip(made.medicines["person_id"][recent], made.medicines["code"][recent], strict=True):
        medicines[person].add(code)
    five = np.array([len(medicines[person]) >= 5 for person in made.people["person_id"]])
    assert five[age >= 75].mean() > 0.2
    assert five[age < 40].mean() < 0.05


def test_values_are_what_they_should_be(made):
    """Clinical Frailty Scales are 1 to 8 in people of 65 and over; kidney function is within what is measured."""
    known = {row["code"]: row["id"] for row in table("values")}
    old = set(made.people["person_id"][ages(made) >= 65].tolist())
    seen = Counter()
    for person, code, value, unit in zip(
        *(made.values[name] for name in ("person_id", "code", "value", "unit")), strict=True
    ):
        seen[known[code]] += 1
        if known[code] == "clinical_frailty_scale":
            assert person in old
            assert value in range(1, 9)
            assert unit == ""
        else:
            assert 4 <= value <= 140
            assert unit == "mL/min/1.73m2"
    assert min(seen.values()) > 100


# --- with the rest of the library ---


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.name)
def test_every_row_has_a_source(path):
    """Each row of the generator's tables names its sources, and all of those are described."""
    known = {row["id"] for row in table("sources")}
    rows = table(path.stem)
    assert rows
    if path.stem != "sources":
        assert [row for row in rows if not row["source"] or not set(row["source"].split()) <= known] == []


@pytest.mark.parametrize("system", ["snomed", "icd10"])
def test_codes_mean_their_condition_in_the_catalogue(system):
    """The catalogue takes each code of the generator for the condition that the generator writes it for."""
    rows = [row for row in table("codes") if row["system"] == system]
    found = pngroup.lookup([row["code"] for row in rows], system=system)
    pairs = zip(rows, found, strict=True)
    assert [(row["condition"], row["code"]) for row, ids in pairs if row["condition"] not in set(ids)] == []


def test_the_quality_report_finds_the_dirt(made):
    """Grouping reports exactly the unusable records that the practice declares, and fills every group."""
    arrays = {name: getattr(made, name) for name in TABLES}
    grouping = pngroup.group(**arrays, as_at=made.as_at)
    not_used = {reason: n for reason, n in grouping.quality.feed("records").not_used.items() if n}
    assert not_used == {
        "person_unknown": made.dirt["unknown_person"],
        "entered_in_error": made.dirt["entered_in_error"],
        "code_missing": not_used["code_missing"],
        "code_unreadable": made.dirt["unknown_code"] + made.dirt["wrong_system"] - not_used["code_missing"],
        "date_missing": made.dirt["missing_date"],
        "after_as_at": made.dirt["future_date"],
        "before_birth": made.dirt["before_birth"],
    }
    groups = Counter(str(one) for one in grouping.to_frame()["need_group"])
    assert all(groups[str(number)] > 10 for number in range(1, 12))
