"""The public test data beside the repository as plain tables: mappings of columns to lists of text.

Nothing here uses pngroup. A loader does what a user of that data would do before calling `group()`: rename, melt wide
columns, take the date of the admission for a diagnosis without one. Values are left as they are written.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "testdata"

Row = dict[str, Any]
SNOMED = "http://snomed.info/sct"
DIAGNOSES = tuple(f"DIAG_4_{number:02d}" for number in range(1, 8))


@frozen
class DataSet:
    """The tables of a data set as lists of rows, and the index date it is looked at."""

    as_at: str
    people: list[Row]
    records: list[Row]
    contacts: list[Row] | None = None
    medicines: list[Row] | None = None
    values: list[Row] | None = None

    def tables(self) -> dict[str, Any]:
        """The arguments of `group()`."""
        tables = {name: getattr(self, name) for name in ("people", "records", "contacts", "medicines", "values")}
        return {name: columns(rows) for name, rows in tables.items() if rows is not None} | {"as_at": self.as_at}


def columns(rows: Iterable[Row]) -> dict[str, list[Any]]:
    """Rows as a mapping of columns."""
    rows = list(rows)
    return {name: [row[name] for row in rows] for name in rows[0]}


def read(name: str, **options: Any) -> list[dict[str, str]]:
    """The rows of a CSV file of the test data, every cell as text."""
    data = (DATA / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), **options))


def oracle(name: str) -> list[dict[str, str]]:
    """Charlson's categories and index and the HFRS of each person, by two other packages."""
    return read(f"oracle-charlson-hfrs/{name}.csv.gz")


# -- MIMIC-IV demo: US hospital, ICD-9-CM and ICD-10-CM, each person's dates moved into 2110-2201 ---------------------


def mimic() -> DataSet:
    """The year of birth from anchor age and year; a diagnosis on the day of its admission."""
    admitted = {row["hadm_id"]: row["admittime"] for row in read("mimic-iv-demo/admissions.csv.gz")}
    people = [
        {
            "person_id": row["subject_id"],
            "birth_date": str(int(row["anchor_year"]) - int(row["anchor_age"])),
            "sex": row["gender"],
            "died_on": row["dod"],
        }
        for row in read("mimic-iv-demo/patients.csv.gz")
    ]
    records = [
        {
            "person_id": row["subject_id"],
            "code": row["icd_code"],
            "system": f"icd{row['icd_version']}cm",
            "date": admitted[row["hadm_id"]],
        }
        for row in read("mimic-iv-demo/diagnoses_icd.csv.gz")
    ]
    return DataSet("2201-12-31", people, records)


def mimic_aligned() -> DataSet:
    """MIMIC with each person's years moved so that their last admission is in 2020: one index date can fit all."""
    data = mimic()
    last: dict[str, int] = {}
    for row in data.records:
        last[row["person_id"]] = max(last.get(row["person_id"], 0), int(row["date"][:4]))

    def moved(person: str, text: str) -> str:
        year = int(text[:4]) - last[person] + 2020
        # No 29 February but in leap years.
        return f"{year}{text[4:10]}".replace("-02-29", "-02-28")

    people = [{**row, "birth_date": moved(row["person_id"], row["birth_date"]), "died_on": ""} for row in data.people]
    records = [{**row, "date": moved(row["person_id"], row["date"])} for row in data.records]
    return DataSet("2020-12-31", people, records)


# -- NHS artificial HES: wide diagnosis columns, X padding, fillers, a sentinel date ----------------------------------


def hes_people(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    """A row an episode, as somebody gets who takes the columns of people from the episodes; MYDOB is MMYYYY."""
    return [
        {
            "person_id": row["PSEUDO_HESID"],
            "birth_date": f"{row['MYDOB'][2:]}-{row['MYDOB'][:2]}",
            "sex": row["SEX"],
        }
        for row in rows
    ]


def hes_apc() -> DataSet:
    """Admitted patient care: DIAG_4_01 ... DIAG_4_07 melted, empty cells too; dated by the admission."""
    episodes = read("nhs-hes-artificial/apc.csv.gz")
    first = {row["person_id"]: row for row in reversed(hes_people(episodes))}
    records = [
        {
            "person_id": row["PSEUDO_HESID"],
            "code": row[column],
            "date": row["ADMIDATE"],
            "setting": "APC",
            "position": str(position),
        }
        for row in episodes
        for position, column in enumerate(DIAGNOSES, 1)
    ]
    return DataSet("2002-03-31", list(first.values()), records)


def hes_op() -> DataSet:
    """Outpatients: an age in place of a birth date, and next to nothing coded."""
    appointments = read("nhs-hes-artificial/op.csv.gz")
    people = {
        row["PSEUDO_HESID"]: {
            "person_id": row["PSEUDO_HESID"],
            "age": _hes_age(row["APPTAGE"]),
            "sex": row["SEX"],
        }
        for row in appointments
    }
    records = [
        {"person_id": row["PSEUDO_HESID"], "code": row[column], "date": row["APPTDATE"], "setting": "outpatient"}
        for row in appointments
        for column in DIAGNOSES[:2]
    ]
    return DataSet("2004-03-31", list(people.values()), records)


def hes_ae() -> DataSet:
    """Emergency attendances: contacts, and diagnoses in the scheme that the row names, which is not ours."""
    attendances = read("nhs-hes-artificial/ae.csv.gz")
    people = {
        row["PSEUDO_HESID"]: {
            "person_id": row["PSEUDO_HESID"],
            "age": _hes_age(row["ARRIVALAGE"]),
            "sex": row["SEX"],
        }
        for row in attendances
    }
    base = [{"person_id": row["PSEUDO_HESID"], "date": row["ARRIVALDATE"]} for row in attendances]
    schemes = {"": "", "01": "A&E diagnosis", "02": "ICD-10"}
    records = [
        each | {"code": row["DIAG2_01"], "system": schemes.get(row["DIAGSCHEME"], row["DIAGSCHEME"])}
        for each, row in zip(base, attendances, strict=True)
    ]
    contacts = [each | {"setting": "A&E"} for each in base]
    return DataSet("2008-03-31", list(people.values()), records, contacts)


def _hes_age(text: str) -> str:
    # 7001 to 7007 are the age groups of babies.
    return "" if not text else "0" if float(text) >= 7000 else text


# -- Synthea: SNOMED CT, synthetic people of the US -------------------------------------------------------------------


def synthea_ibm() -> DataSet:
    """A thousand people of 2019, conditions alone."""
    return DataSet(
        "2019-01-31",
        _synthea_people(read("synthea-ibm-1k/patients.csv.gz"), "ID"),
        _synthea_records(read("synthea-ibm-1k/conditions.csv.gz")),
    )


def synthea_27() -> DataSet:
    """Twenty-seven people of 2024 with encounters, procedures among the records, and medicines in RxNorm."""
    folder = "synthea-dbt-27"
    contacts = [
        {"person_id": row["PATIENT"], "date": row["START"], "setting": row["ENCOUNTERCLASS"]}
        for row in read(f"{folder}/encounters.csv.gz")
    ]
    medicines = [
        {"person_id": row["PATIENT"], "code": row["CODE"], "system": "RxNorm", "date": row["START"]}
        for row in read(f"{folder}/medications.csv.gz")
    ]
    conditions, procedures = read(f"{folder}/conditions.csv.gz"), read(f"{folder}/procedures.csv.gz")
    return DataSet(
        "2024-02-29",
        _synthea_people(read(f"{folder}/patients.csv.gz"), "Id"),
        _synthea_records(conditions) + _synthea_records(procedures),
        contacts,
        medicines,
    )


def synthea_generated() -> DataSet:
    """Two hundred people with 99 disease modules, clinical status, and encounters by HL7 class."""
    folder = "synthea-py-generated"
    people = [
        {
            "person_id": row["patient_id"],
            "birth_date": row["birth_date"],
            "sex": row["gender"],
            "died_on": row["death_date"],
        }
        for row in read(f"{folder}/patients.csv.gz")
    ]
    records = [
        {
            "person_id": row["patient_id"],
            "code": row["code"],
            "system": row["system"],
            "date": row["onset_date"],
            "status": row["clinical_status"],
        }
        for row in read(f"{folder}/conditions.csv.gz")
    ]
    contacts = [
        {"person_id": row["patient_id"], "date": row["start_date"], "setting": row["class"]}
        for row in read(f"{folder}/encounters.csv.gz")
    ]
    return DataSet("2024-04-01", people, records, contacts)


def _synthea_people(rows: Iterable[Mapping[str, str]], key: str) -> list[Row]:
    return [
        {
            "person_id": row[key],
            "birth_date": row["BIRTHDATE"],
            "sex": row["GENDER"],
            "died_on": row["DEATHDATE"],
        }
        for row in rows
    ]


def _synthea_records(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    return [
        {"person_id": row["PATIENT"], "code": row["CODE"], "system": "SNOMED-CT", "date": row["START"]} for row in rows
    ]


def fhir_r4() -> DataSet:
    """A bulk export of FHIR R4: conditions with a verification status, encounters with their class."""

    def resources(kind: str) -> Iterator[dict[str, Any]]:
        with gzip.open(DATA / f"fhir-r4-bulk-synthea/{kind}.000.ndjson.gz", "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)

    people = [
        {
            "person_id": each["id"],
            "birth_date": each["birthDate"],
            "sex": each["gender"],
            "died_on": each.get("deceasedDateTime"),
        }
        for each in resources("Patient")
    ]
    records = [
        {
            "person_id": each["subject"]["reference"].partition("/")[2],
            "code": coding["code"],
            "system": coding["system"],
            "date": each.get("onsetDateTime"),
            "status": each["verificationStatus"]["coding"][0]["code"],
        }
        for each in resources("Condition")
        for coding in each["code"]["coding"]
    ]
    contacts = [
        {
            "person_id": each["subject"]["reference"].partition("/")[2],
            "date": each["period"]["start"],
            "setting": each["class"]["code"],
        }
        for each in resources("Encounter")
    ]
    return DataSet(max(row["date"][:10] for row in contacts), people, records, contacts)


# -- OMOP -------------------------------------------------------------------------------------------------------------


def gibleed() -> DataSet:
    """GiBleed: the system of CONDITION_SOURCE_VALUE is that of CONDITION_SOURCE_CONCEPT_ID in the concept table."""
    vocabulary = {row["CONCEPT_ID"]: row["VOCABULARY_ID"] for row in read("omop-gibleed/concept.csv.gz")}
    records = [
        {
            "person_id": row["PERSON_ID"],
            "code": row["CONDITION_SOURCE_VALUE"],
            "system": vocabulary.get(row["CONDITION_SOURCE_CONCEPT_ID"], ""),
            "date": row["CONDITION_START_DATE"],
        }
        for row in read("omop-gibleed/condition_occurrence.csv.gz")
    ]
    return DataSet("2019-07-01", _omop_people("omop-gibleed", {}), records)


def omop_27() -> DataSet:
    """Synthea in OMOP CDM 5.4 with visits; system and code by the concept table."""
    folder = "omop-synthea27nj"
    concepts = {row["concept_id"]: row for row in read(f"{folder}/concept.csv.gz")}
    died_on = {row["person_id"]: row["death_date"] for row in read(f"{folder}/death.csv.gz")}
    records = [
        {
            "person_id": row["person_id"],
            "code": concepts[row["condition_concept_id"]]["concept_code"],
            "system": concepts[row["condition_concept_id"]]["vocabulary_id"],
            "date": row["condition_start_date"],
        }
        for row in read(f"{folder}/condition_occurrence.csv.gz")
    ]
    contacts = [
        {"person_id": row["person_id"], "date": row["visit_start_date"], "setting": row["visit_concept_id"]}
        for row in read(f"{folder}/visit_occurrence.csv.gz")
    ]
    return DataSet("2022-10-31", _omop_people(folder, died_on), records, contacts)


def _omop_people(folder: str, died_on: Mapping[str, str]) -> list[Row]:
    rows = [{name.lower(): cell for name, cell in row.items()} for row in read(f"{folder}/person.csv.gz")]
    return [
        {
            "person_id": row["person_id"],
            "birth_date": f"{row['year_of_birth']}-{int(row['month_of_birth']):02d}-{int(row['day_of_birth']):02d}",
            "sex": row["gender_source_value"],
            "died_on": died_on.get(row["person_id"], ""),
        }
        for row in rows
    ]


# -- general practice -------------------------------------------------------------------------------------------------


def gp_connect() -> DataSet:
    """GP Connect's structured records: each condition coded in SNOMED CT and in Read, birth dates altered."""
    people, records = [], []
    for path in sorted((DATA / "fhir-stu3-gpconnect").glob("*.json.gz")):
        # The two suppliers' bundles hold the same patient ids for what they made into different people.
        person_id = path.name.partition(".")[0]
        bundle = json.loads(gzip.decompress(path.read_bytes()))
        for resource in (entry["resource"] for entry in bundle["entry"]):
            if resource["resourceType"] == "Patient":
                birth_date, sex = resource["birthDate"], resource["gender"]
                people.append({"person_id": person_id, "birth_date": birth_date, "sex": sex})
            elif resource["resourceType"] == "Condition":
                records += [
                    {
                        "person_id": person_id,
                        "code": coding["code"],
                        "system": coding["system"],
                        "date": resource.get("onsetDateTime"),
                        "status": resource["clinicalStatus"],
                    }
                    for coding in resource["code"]["coding"]
                ]
    return DataSet("2023-03-31", people, records)


def cprd() -> DataSet:
    """CPRD Aurum's text extracts: dates as DD/MM/YYYY, medcodeid (a description id) as the code."""
    folder = "cprd-aurum-simulated/aurum_allpatid"
    people = [
        {"person_id": row["patid"], "birth_date": row["yob"], "sex": row["gender"], "died_on": ""}
        for number in (1, 2)
        for row in read(f"{folder}_set{number}_extract_patient_001.txt", delimiter="\t")
    ]
    records, medicines = [], []
    for number in (1, 2, 3):
        records += [
            {"person_id": row["patid"], "code": row["medcodeid"], "date": row["obsdate"]}
            for row in read(f"{folder}_set1_extract_observation_00{number}.txt", delimiter="\t")
        ]
        medicines += [
            {"person_id": row["patid"], "code": row["prodcodeid"], "system": "dmd", "date": row["issuedate"]}
            for row in read(f"{folder}_set1_extract_drugissue_00{number}.txt", delimiter="\t")
        ]
    return DataSet("1989-12-31", people, records, medicines=medicines)


def opensafely() -> DataSet:
    """OpenSAFELY's example data: the registration that holds on the index date, clinical events and medicines."""
    folder, as_at = "opensafely-ehrql-example", "2024-03-31"
    latest: dict[str, dict[str, str]] = {}
    for row in sorted(read(f"{folder}/practice_registrations.csv"), key=lambda row: row["start_date"]):
        if row["start_date"] <= as_at or row["patient_id"] not in latest:
            latest[row["patient_id"]] = row
    people = [
        {
            "person_id": row["patient_id"],
            "birth_date": row["date_of_birth"],
            "sex": row["sex"],
            "died_on": row["date_of_death"],
            "registered_from": latest[row["patient_id"]]["start_date"],
            "registered_to": latest[row["patient_id"]]["end_date"],
        }
        for row in read(f"{folder}/patients.csv")
    ]
    events = read(f"{folder}/clinical_events.csv")
    records = [
        {"person_id": row["patient_id"], "code": row["snomedct_code"], "system": SNOMED, "date": row["date"]}
        for row in events
    ]
    values = [
        each | {"value": row["numeric_value"]}
        for each, row in zip(records, events, strict=True)
        if row["numeric_value"]
    ]
    medicines = [
        {"person_id": row["patient_id"], "code": row["dmd_code"], "system": "dmd", "date": row["date"]}
        for row in read(f"{folder}/medications.csv")
    ]
    return DataSet(as_at, people, records, medicines=medicines, values=values)
