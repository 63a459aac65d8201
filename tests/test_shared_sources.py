"""What is particular to each source of the public test data, and what the library makes of it."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd
import polars as pl
import pytest

import pngroup
import shared_data
from routes import engine_answers
from shared_counts import count_records, snomed
from shared_data import columns, read
from shared_groupings import OPTIONS, ROUNDED, counted, data_set, engine_groups, grouped, present

pytestmark = pytest.mark.shared

SNOMED_SETS = ("synthea_ibm", "synthea_27", "synthea_generated", "fhir_r4", "gibleed", "omop_27", "opensafely")


# -- MIMIC-IV: two code systems in one column, dates in the future ---------------------------------------------------


def test_icd9_is_reported_and_no_group_is_guessed_from_it():
    """MIMIC's ICD-9-CM rows are counted as of a system that is not grouped; strict names them."""
    n_icd9 = Counter(row["icd_version"] for row in read("mimic-iv-demo/diagnoses_icd.csv.gz"))["9"]
    assert n_icd9 == 1068
    feed = grouped("mimic").quality.feed("records")
    assert feed.notes["system_not_grouped"] == n_icd9
    assert feed.n_unmapped["icd9cm"] == n_icd9
    assert "icd9cm" not in feed.n_mapped
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(**data_set("mimic_aligned").tables(), strict=True)
    assert f"{n_icd9:,}" in caught.value.what
    assert "ICD-9" in caught.value.what


def test_dates_two_centuries_ahead_stay_what_they_are():
    """MIMIC's dates reach December 2201: the day before the last admission leaves exactly its rows out."""
    data = data_set("mimic")
    last = max(row["date"][:10] for row in data.records)
    assert last == "2201-12-11"
    # Its codes are ICD-9-CM: one that is read stands in for them.
    people = columns({key: row[key] for key in ("person_id", "birth_date")} for row in data.people)
    records = columns(row | {"code": "I10", "system": "icd10cm"} for row in data.records)
    before = pngroup.group(people, records, as_at="2201-12-10").quality.feed("records")
    on = pngroup.group(people, records, as_at=last).quality.feed("records")
    assert before.not_used == {"after_as_at": sum(row["date"].startswith(last) for row in data.records)}
    assert (before.n_used, on.n_used) == (on.n_rows - before.not_used["after_as_at"], on.n_rows)


def test_one_index_date_cannot_fit_dates_moved_person_by_person():
    """With MIMIC's dates as they are most people are dead or over 125 at any one date, and the report says so."""
    quality = grouped("mimic").quality
    assert present(quality.n_without_group) == {"died": 14, "age_unknown": 14}
    assert quality.feed("people").notes["age_out_of_range"] == 20
    assert grouped("mimic_aligned").quality.n_grouped == 49


def test_pandas_and_polars_read_mimic_the_same():
    """Numbers as ids, as `read_csv` makes them, and codes as text: pandas and polars give the plain tables' answers."""
    folder = shared_data.DATA / "mimic-iv-demo"
    plain = Counter(engine_groups(grouped("mimic_aligned")))
    years = {row["person_id"]: row for row in data_set("mimic_aligned").people}
    moved = {(row["person_id"], row["code"], row["system"]): row["date"] for row in data_set("mimic_aligned").records}
    patients = pd.read_csv(folder / "patients.csv.gz")
    patients["birth"] = [years[str(person)]["birth_date"] for person in patients["subject_id"]]
    diagnoses = pd.read_csv(folder / "diagnoses_icd.csv.gz")
    diagnoses["vocabulary"] = "icd" + diagnoses["icd_version"].astype(str) + "cm"
    diagnoses["day"] = pd.to_datetime(
        [
            moved[str(p), c, v]
            for p, c, v in zip(diagnoses["subject_id"], diagnoses["icd_code"], diagnoses["vocabulary"], strict=True)
        ]
    )
    names = {
        "people": {"person_id": "subject_id", "birth_date": "birth", "sex": "gender"},
        "records": {"person_id": "subject_id", "code": "icd_code", "system": "vocabulary", "date": "day"},
    }
    by_pandas = pngroup.group(patients, diagnoses, as_at="2020-12-31", columns=names).to_frame()
    people, records = pl.from_pandas(patients), pl.from_pandas(diagnoses).lazy()
    by_polars = pngroup.group(people, records, as_at="2020-12-31", columns=names).to_frame()
    assert isinstance(by_pandas, pd.DataFrame)
    assert isinstance(by_polars, pl.DataFrame)
    assert by_pandas["need_group"].tolist() == by_polars["need_group"].to_list()
    assert Counter(by_polars["need_group"].to_list()) == plain


# -- HES: wide columns, fillers, a sentinel date ----------------------------------------------------------------------


def test_the_fillers_of_hes_are_missing_codes_and_not_unreadable_ones():
    """Empty cells and lone hyphens of melted diagnosis columns are missing codes; R69X and 1801-01-01 are counted."""
    episodes = read("nhs-hes-artificial/apc.csv.gz")
    cells = Counter(row[column].strip() for row in episodes for column in shared_data.DIAGNOSES)
    feed = grouped("hes_apc").quality.feed("records")
    assert (cells[""], cells["-"]) == (4361, 369)
    assert feed.not_used["code_missing"] == cells[""] + cells["-"]
    sentinel = [row for row in episodes if row["ADMIDATE"] == "1801-01-01"]
    n_coded = sum(row[column].strip("- ") != "" for row in sentinel for column in shared_data.DIAGNOSES)
    assert feed.not_used["date_unreadable"] == n_coded == 2
    assert not feed.unreadable
    born = {row["PSEUDO_HESID"]: row["MYDOB"][2:] + row["MYDOB"][:2] for row in reversed(episodes)}
    unborn = [
        row
        for row in episodes
        if (d := row["ADMIDATE"].replace("-", "")) > "1900" and d[:6] < born[row["PSEUDO_HESID"]]
    ]
    n_unborn = sum(row[column].strip("- ") != "" for row in unborn for column in shared_data.DIAGNOSES)
    assert feed.not_used["before_birth"] == n_unborn == 70
    padded = sum(n for code, n in cells.items() if code.endswith("X"))
    in_unused = Counter(row[column].endswith("X") for row in [*sentinel, *unborn] for column in shared_data.DIAGNOSES)
    assert feed.notes["rewritten"] == padded - in_unused[True]


def test_outpatients_are_all_filler():
    """In the outpatient extract every first diagnosis is R69X: the report shows it as filler, and as no condition."""
    feed = grouped("hes_op").quality.feed("records")
    assert feed.notes["filler"] == feed.notes["rewritten"] == 487
    assert feed.n_unmapped["icd10"] >= 487
    assert feed.most_frequent_unmapped[0].code == "R69"
    assert "R69X" in str(grouped("hes_op").quality)


def test_men_with_codes_of_a_pregnancy_are_flagged_and_not_pregnant():
    """The artificial columns are independent: men with a code of an ongoing pregnancy get `sex_conflict`, no 6 or 7."""
    data, frame = data_set("hes_apc"), grouped("hes_apc").to_frame()
    born = {row["person_id"]: row["birth_date"] for row in data.people}
    # The ranges of the specification, 5: Z33-Z36, O09-O16, O20-O48, O60.0, O98, O99.
    ongoing = re.compile(r"Z3[3-6]|O09|O1[0-6]|O[23]\d|O4[0-8]|O600|O9[89]")
    told = {
        row["person_id"]
        for row in data.records
        if ongoing.match(row["code"]) and row["date"] > "1900" and row["date"][:7] >= born[row["person_id"]]
    }
    men = {row["person_id"] for row in data.people if row["sex"] == "1"}
    has_group = {p for p, group in zip(frame["person_id"], frame["need_group"], strict=True) if group is not None}
    flagged = {p for p, flag in zip(frame["person_id"], frame["sex_conflict"], strict=True) if flag}
    assert flagged == told & men & has_group
    assert len(flagged) >= 20
    pregnant = {p for p, group in zip(frame["person_id"], frame["need_group"], strict=True) if group in (6, 7)}
    assert not pregnant & men


def test_episodes_of_one_person_that_disagree_are_an_error_without_the_person():
    """People taken from episodes may repeat when they agree; when they disagree the error names columns, no id."""
    episodes = shared_data.hes_people(read("nhs-hes-artificial/apc.csv.gz"))
    records = data_set("hes_apc").tables()["records"]
    repeated = pngroup.group(columns(episodes), records, as_at="2002-03-31", system="icd10")
    assert len(repeated) == 487
    assert repeated.quality.feed("people").notes["duplicate_people"] == len(episodes) - 487
    assert engine_answers(repeated) == engine_answers(grouped("hes_apc"))
    person = next(p for p, n in Counter(row["person_id"] for row in episodes).items() if n > 1)
    episodes[next(i for i, row in enumerate(episodes) if row["person_id"] == person)]["sex"] = "9"
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(columns(episodes), records, as_at="2002-03-31", system="icd10")
    assert "sex" in caught.value.what
    assert person not in str(caught.value)


def test_one_file_s_people_and_another_s_records_do_not_meet():
    """Persons are not linked across the HES files: records of the one are of nobody in the other, and counted so."""
    records = data_set("hes_op").tables()["records"]
    quality = pngroup.group(data_set("hes_apc").tables()["people"], records, as_at="2004-03-31", system="icd10").quality
    ids = {row["person_id"] for row in data_set("hes_apc").people}
    n_unknown = sum(row["person_id"] not in ids for row in data_set("hes_op").records)
    assert quality.feed("records").not_used["person_unknown"] == n_unknown > 900


def test_a_scheme_of_emergency_departments_is_no_system_of_ours():
    """A&E diagnoses come in their own scheme: unknown systems are counted, their attendances are still contacts."""
    schemes = Counter(row["DIAGSCHEME"] for row in read("nhs-hes-artificial/ae.csv.gz"))
    quality = grouped("hes_ae").quality
    assert quality.feed("records").not_used["system_missing"] == schemes[""] == 127
    n_system_02 = schemes["02"]
    not_used = quality.feed("records").not_used
    assert not_used["code_missing"] + not_used["code_unreadable"] == n_system_02 == 35
    assert not_used["system_unknown"] == schemes.total() - schemes[""] - n_system_02
    assert quality.feed("records").n_used == 0
    assert sum(grouped("hes_ae").counts()[group] for group in (2, 3)) == quality.n_grouped


# -- SNOMED CT: Synthea, OMOP, FHIR -----------------------------------------------------------------------------------


def test_how_much_of_the_snomed_codes_is_mapped():
    """Of the SNOMED CT rows of public synthetic data a known share maps to a condition (run with -s for the table)."""
    heads = "SNOMED CT rows", "used", "mapped", "administrative", "unknown", "mapped %", "of codes %"
    print("\n" + "".join(f"{head:<20}" if head == heads[0] else f"{head:>16}" for head in heads))
    for name in SNOMED_SETS:
        feed, counts = grouped(name).quality.feed("records"), counted(name)
        mapped, unmapped = feed.n_mapped["snomed"], feed.n_unmapped["snomed"]
        administrative = feed.notes.get("administrative", 0)
        codes = {code for row in data_set(name).records if (code := snomed(row["code"])) is not None}
        known = sum(bool(each) for each in pngroup.lookup(sorted(codes), "snomed"))
        share, of_codes = 100 * mapped / (mapped + unmapped), 100 * known / len(codes)
        counts_of_rows = (mapped + unmapped, mapped, administrative, unmapped - administrative)
        print(f"{name:<20}" + "".join(f"{n:>16,}" for n in counts_of_rows) + f"{share:>16.1f}{of_codes:>16.1f}")
        assert (mapped, unmapped) == (counts.mapped["snomed"], counts.unmapped["snomed"])
        # Synthea is mostly colds, sprains and social findings; what is mapped must not shrink unseen.
        assert share > 12
        assert of_codes > 25


def test_an_id_that_a_float_has_rounded_is_counted_and_never_matched():
    """Synthea's seeds hold an id that lost its last digit: its rows are unreadable, and an error under strict."""
    data = shared_data.synthea_27()
    n_rounded = sum(row["code"] == ROUNDED for row in data.records)
    assert snomed(ROUNDED) is None
    assert snomed("10939881000119105") is not None
    feed = grouped("synthea_27").quality.feed("records")
    assert feed.not_used["code_unreadable"] == n_rounded
    assert [n for clause, n in feed.unreadable.items() if "a float has rounded" in clause] == [n_rounded]
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(**data.tables(), strict=True)
    assert ROUNDED not in str(caught.value)


def test_resolved_conditions_are_still_records():
    """A condition whose clinical status is resolved was there: its rows are used, and its date decides."""
    statuses = Counter(row["status"] for row in data_set("synthea_generated").records)
    assert statuses == {"active": 10598, "resolved": 9984}
    feed = grouped("synthea_generated").quality.feed("records")
    assert feed.n_used == statuses.total()
    assert "status_unknown" not in feed.notes


def test_a_review_that_is_due_is_not_contact():
    """A third of the generated Synthea rows say that a medication review is due: counted, and no sign of contact."""
    data = data_set("synthea_generated")
    n_due = sum(row["code"] == "314529007" for row in data.records)
    assert grouped("synthea_generated").quality.feed("records").notes["administrative"] == n_due == 6429
    people = {row["person_id"]: row for row in data.people if not row["died_on"]}
    due = [row for row in data.records if row["code"] == "314529007" and row["person_id"] in people]
    only_due = pngroup.group(columns(people.values()), columns(due), as_at=data.as_at)
    assert only_due.counts()[1] == only_due.quality.n_grouped > 100


def test_medicines_in_a_system_that_is_not_grouped_are_counted():
    """Synthea's medicines are in RxNorm, which is no system of ours: no row is used, all are reported."""
    feed = grouped("synthea_27").quality.feed("medicines")
    assert feed.not_used == {"system_unknown": len(data_set("synthea_27").medicines)}


def test_a_mixed_column_needs_the_concept_table():
    """GiBleed's source values are SNOMED CT and ICD-10-CM in one column; the concept table tells them apart."""
    feed = grouped("gibleed").quality.feed("records")
    codes = Counter(row["CONDITION_SOURCE_VALUE"] for row in read("omop-gibleed/condition_occurrence.csv.gz"))
    assert feed.n_mapped["icd10cm"] == codes["K92.2"] == 250
    # Concept 0 means that OMOP itself did not know the code: no system, and so not used.
    assert feed.not_used == {"system_missing": 17}


def test_a_mixed_column_without_its_systems_is_never_guessed():
    """Without a system the call is an error; with one for all, the other system's rows are counted as unreadable."""
    data = data_set("gibleed")
    people = columns(data.people)
    records = columns([{key: row[key] for key in ("person_id", "code", "date")} for row in data.records])
    with pytest.raises(pngroup.UsageError) as caught:
        pngroup.group(people, records, as_at=data.as_at)
    assert (caught.value.what, caught.value.where) == ("no code system is given", "records")
    assert "icd10cm" in caught.value.allowed
    feed = pngroup.group(people, records, as_at=data.as_at, system="snomed").quality.feed("records")
    assert feed.not_used == {"code_unreadable": 250}
    feed = pngroup.group(people, records, as_at=data.as_at, system="icd10cm").quality.feed("records")
    assert feed.not_used == {"code_unreadable": feed.n_rows - 250}
    assert any("SNOMED" in problem for problem in feed.unreadable)


def test_polars_reads_snomed_ids_as_whole_numbers():
    """A lazy polars scan makes int64 of SNOMED CT ids: the answers are those of text."""
    folder = shared_data.DATA / "synthea-ibm-1k"
    names = {
        "people": {"person_id": "ID", "birth_date": "BIRTHDATE", "died_on": "DEATHDATE", "sex": "GENDER"},
        "records": {"person_id": "PATIENT", "code": "CODE", "date": "START"},
    }
    people = pl.read_csv(folder / "patients.csv.gz", try_parse_dates=True)
    records = pl.read_csv(folder / "conditions.csv.gz", try_parse_dates=True)
    assert records.schema["CODE"] == pl.Int64
    frame = pngroup.group(people.lazy(), records.lazy(), as_at="2019-01-31", system="snomed", columns=names).to_frame()
    assert frame.collect()["need_group"].to_list() == engine_groups(grouped("synthea_ibm"))
    assert {"FIRST", "CITY", "ZIP"} <= set(frame.collect_schema().names())


def test_a_float_column_of_snomed_ids_is_read_only_where_it_is_exact():
    """pandas makes floats of ids beside a gap: those that a float holds are read, any other stops the run."""
    data = data_set("synthea_ibm")
    exact = [row for row in data.records if int(row["code"]) < 2**53]
    assert len(exact) == len(data.records)
    records = pd.DataFrame(columns(exact)).drop(columns="system")
    records["code"] = records["code"].astype("float64")
    by_float = pngroup.group(columns(data.people), records, as_at=data.as_at, system="snomed")
    assert engine_groups(by_float) == engine_groups(grouped("synthea_ibm"))
    records.loc[0, "code"] = float("10939881000119105")
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(columns(data.people), records, as_at=data.as_at, system="snomed")
    assert caught.value.what.startswith("1 row holds codes that were mangled")


# -- general practice -------------------------------------------------------------------------------------------------


def test_conditions_before_birth_are_counted():
    """GP Connect's test patients had their birth dates moved past their conditions: those rows are not evidence."""
    feed = grouped("gp_connect").quality.feed("records")
    data = data_set("gp_connect")
    born = {row["person_id"]: row["birth_date"] for row in data.people}
    n_read = sum(row["system"] == "http://read.info/readv2" for row in data.records)
    n_before = sum(
        row["system"] == shared_data.SNOMED and row["date"][:10] < born[row["person_id"]] for row in data.records
    )
    n_read_used = n_read - sum(
        row["system"] == "http://read.info/readv2" and row["date"][:10] < born[row["person_id"]] for row in data.records
    )
    assert feed.not_used == {"before_birth": n_before + n_read - n_read_used}
    assert feed.notes.get("system_not_grouped", 0) == n_read_used
    assert (n_read, n_before) == (30, 28)


def test_a_birth_date_that_does_not_exist_is_an_unknown_age():
    """1961-04-93, as the makers of GP Connect's bundles wrote it, is no date: no group, a reason, and a count."""
    data = data_set("gp_connect")
    people = [dict(row) for row in data.people]
    people[0]["birth_date"] = "1961-04-93"
    quality = pngroup.group(columns(people), columns(data.records), as_at=data.as_at).quality
    assert present(quality.n_without_group) == {"age_unknown": 1}
    assert quality.feed("people").notes["birth_date_unreadable"] == 1
    with pytest.raises(pngroup.DataError, match="unreadable birth date"):
        pngroup.group(columns(people), columns(data.records), as_at=data.as_at, strict=True)


def test_day_and_month_are_never_guessed():
    """CPRD's DD/MM/YYYY is an error that shows the shape and the remedy; with the format it is read."""
    tables = data_set("cprd").tables()
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(**tables, system="snomed")
    assert "'99/99/9999'" in caught.value.what
    assert caught.value.where == "records, column 'date'"
    assert "%d/%m/%Y" in caught.value.remedy
    dates = [row["date"] for row in data_set("cprd").records]
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", date) for date in dates)
    # Read with concept ids in place of CPRD's own: every date of the file is believed but those before birth.
    records = [row | {"code": "73211009"} for row in data_set("cprd").records]
    data = data_set("cprd")
    feed = pngroup.group(columns(data.people), columns(records), as_at=data.as_at, **OPTIONS["cprd"]).quality.feed(
        "records"
    )
    counts = count_records(data.people, records, as_at=data.as_at, **OPTIONS["cprd"])
    assert feed.not_used == dict(counts.not_used)
    assert set(feed.not_used) == {"after_as_at", "before_birth"}
    assert feed.n_used == counts.n_used > 100


def test_description_ids_are_told_from_concept_ids():
    """CPRD's medcodeid identifies a term: every row is unreadable as such, none is taken for a concept."""
    codes = [row["code"] for row in data_set("cprd").records]
    # The last digit but one of an id says what it identifies; 1 is a description.
    assert {code[-2] for code in codes} == {"1"}
    feed = grouped("cprd").quality.feed("records")
    assert feed.not_used == {"code_unreadable": len(codes)}
    assert [(n, "description" in problem) for problem, n in feed.unreadable.items()] == [(len(codes), True)]


def test_registration_decides_who_has_a_group():
    """OpenSAFELY's example people move about: those not registered on the index date have a reason for no group."""
    quality = grouped("opensafely").quality
    assert present(quality.n_without_group) == {"died": 6, "not_registered": 56}
    assert quality.feed("values").not_used == {"value_of_nothing": len(data_set("opensafely").values)}
