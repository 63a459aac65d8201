"""The catalogue: complete, sourced, consistent with the table of lines, and looked up as its rows say."""

from __future__ import annotations

import csv
import pickle
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import pngroup
from pngroup.catalogue import Catalogue, compare_catalogues, load_catalogue, read_catalogue
from pngroup.editions import data
from pngroup.model import load_model
from pngroup.model.definition import LINE_CLASSES, condition_names
from pngroup.model.tree import calls
from pngroup.vocabulary import CodeSystem

CORE = load_catalogue("core")
MODEL = load_model("need-groups", CORE)
FOLDER = data("catalogue", CORE.edition)


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(FOLDER.joinpath(*name.split("/")).read_text(encoding="utf-8").splitlines()))


def conditions_of_line(line_id: str) -> set[str]:
    line = MODEL.lines[line_id]
    return {
        member
        for _, node in line.classes
        for call in calls(node)
        for name in condition_names(call)
        for member in MODEL.members(name)
    }


def test_every_condition_of_the_proposal_and_of_the_specification_is_there() -> None:
    """The edition holds at least the 151 conditions it began from, and what the specification adds."""
    added = {
        "addisons_disease", "chronic_urinary_infection", "neuropathy", "benign_brain_tumour", "chromosomal_disorder",
        "menieres_disease", "inherited_coagulopathy", "post_covid", "injury_sequelae", "severe_mental_illness",
    }  # fmt: skip
    assert added <= CORE.conditions.keys()
    assert len(CORE.conditions) >= 151 + len(added)


def test_every_chronic_condition_counts_in_a_line_of_the_model_or_says_why_not() -> None:
    """No chronic condition is forgotten: it has a line that the model knows, or a sentence that says why not."""
    for condition in CORE.conditions.values():
        if condition.kind != "chronic":
            continue
        if condition.line:
            counted = conditions_of_line(condition.line)
            assert counted & {condition.id, *condition.ancestors}, condition.place
        else:
            assert len(condition.not_counted_because.split()) >= 5, condition.place


def test_every_line_names_conditions_that_say_so_themselves() -> None:
    """The model's lines and the catalogue's column `line` tell the same story."""
    for line in MODEL.lines.values():
        for condition in conditions_of_line(line.id):
            known = CORE.conditions[condition]
            chronic = known.kind == "chronic"
            assert known.line in {line.id, ""} or not chronic, f"{condition} says {known.line}, the model {line.id}"


@pytest.mark.shared
def test_the_lines_are_those_of_the_table(shared: Path) -> None:
    """Each row of the table of lines is a line of the model with its system and class (severe forms in one line)."""
    together = {"end_stage_kidney_disease": "chronic_kidney_disease", "severe_liver_disease": "chronic_liver_disease"}
    text = (shared / "reference" / "need-groups-lines.csv").read_text(encoding="utf-8")
    table = list(csv.DictReader(text.splitlines()))
    assert {together.get(row["line"], row["line"]) for row in table} == set(MODEL.lines)
    for row in table:
        line = MODEL.lines[together.get(row["line"], row["line"])]
        assert line.system == row["system"]
        assert row["class"] in [name for name, _ in line.classes]
        assert row["class"] in LINE_CLASSES


TABLES = sorted(
    path.relative_to(str(FOLDER)).as_posix() for path in Path(str(FOLDER)).rglob("*.csv") if path.stem != "sources"
)
#: Tables without a column of sources: how many ids a condition has, which the tests count.
COUNTS = {"snomed/counts.csv"}


def test_every_row_names_sources_that_exist_and_every_source_is_used() -> None:
    """No orphan: sources without rows and rows without sources are both errors, in whatever table of the edition."""
    used = {source for line in MODEL.lines.values() for source in line.source.split()}
    for table in set(TABLES) - COUNTS:
        for number, row in enumerate(rows(table), 2):
            assert row["source"].split(), f"{table}, line {number}"
            used.update(row["source"].split())
    assert used <= CORE.sources.keys()
    assert not CORE.sources.keys() - used
    for source in CORE.sources.values():
        assert all((source.title, source.licence, source.checked)), source.id


def test_every_reason_is_used_and_every_condition_has_evidence() -> None:
    """No orphan among reasons and conditions: what nothing is evidence of says so in its note or in counts.csv."""
    reasons = {cells[0] for system in CORE.dismissals.values() for cells in system.rows.values()}
    assert reasons == CORE.reasons.keys()
    counts = {row["condition"]: row["reason"] for row in rows("snomed/counts.csv")}
    for condition in CORE.conditions.values():
        codes = [code for rules in CORE.rules.values() for code in rules.codes_of(condition.id)]
        is_parent = any(condition.id in other.ancestors for other in CORE.conditions.values())
        assert codes or is_parent or counts[condition.id], condition.id


def words_of(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


@pytest.mark.shared
def test_no_text_of_the_catalogue_is_somebody_s_title(shared: Path) -> None:
    """No name, note or sentence is a title of WHO or a term of SNOMED CT, in other case or punctuation either."""
    reference = shared / "reference"
    texts: set[str] = set()
    for file, column in (
        ("codes/ohdsi_phenotype_library/conceptsets_snomed.csv", "snomed_term"),
        ("codes/catalogue_provenance/snomed_root_verification.csv", "term_seen"),
        ("codes/hfrs/hfrs_gilbert2018.csv", "description"),
        ("b2h_icd10.csv", "note"),
    ):
        with (reference / file).open(encoding="utf-8", newline="") as lines:
            texts.update(part for row in csv.DictReader(lines) for part in re.split(r"; | - ", row[column]))
    titles = {words_of(re.sub(r"\([a-z ]+\)$", "", text)) for text in texts}
    # Titles of up to four words are anybody's words.
    whole = {title for title in titles if len(title.split()) > 4}
    long = [title for title in titles if len(title.split()) > 5]
    assert len(whole) > 1000
    ours = {
        words_of(row[column])
        for table in TABLES
        for row in rows(table)
        for column in ("name", "note", "because", "not_counted_because", "reason")
        if row.get(column)
    }
    assert sorted(ours & whole) == []
    everything = "|".join(sorted(ours))
    assert [title for title in long if title in everything] == []


def test_snomed_rows_hold_identifiers_only_and_counts_say_how_many() -> None:
    """Concept ids and no terms; fewer than three ids for a condition need a stated reason."""
    n: dict[str, int] = {}
    for row in rows("snomed/ids.csv"):
        assert row["code"].isdigit()
        for condition in row["conditions"].split():
            n[condition] = n.get(condition, 0) + 1
    counts = {row["condition"]: row for row in rows("snomed/counts.csv")}
    assert counts.keys() == CORE.conditions.keys()
    for condition, row in counts.items():
        assert int(row["n_ids"]) == n.get(condition, 0), condition
        assert int(row["n_ids"]) >= 3 or row["reason"], condition


def test_the_catalogue_works_without_its_snomed_folder(tmp_path: Path) -> None:
    """The folder with SNOMED CT identifiers can be removed; ICD-10 goes on working."""
    folder = tmp_path / "own"
    shutil.copytree(str(FOLDER), folder)
    shutil.rmtree(folder / "snomed")
    own = load_catalogue(folder)
    assert own.meaning("I500", CodeSystem.ICD10) == CORE.meaning("I500", CodeSystem.ICD10)
    assert not own.meaning("84114007", CodeSystem.SNOMED)
    assert own.fingerprint != CORE.fingerprint


def says(match: str, row_code: str, code: str) -> int:
    """How much a row says of a code: 0 where it is not about it, more the more of the code it names."""
    if match.endswith("like"):
        fits = len(code) == len(row_code) and all(r in ("?", c) for r, c in zip(row_code, code, strict=True))
        return 50 if fits else 0
    if match in ("exact", "exclude_exact"):
        return 60 if code == row_code else 0
    return len(row_code) if code.startswith(row_code) else 0


def test_a_catalogue_that_was_sent_to_another_process_knows_all_codes() -> None:
    """Pickled before the lists of SNOMED CT ids were read, a catalogue answers as the one it was made of."""
    fresh = read_catalogue(FOLDER, name="core", edition=CORE.edition, check=False)
    sent = pickle.loads(pickle.dumps(fresh))
    for code in ("84114007", "404684003"):
        assert sent.meaning(code, CodeSystem.SNOMED) == CORE.meaning(code, CodeSystem.SNOMED)
    assert sent.dismissal("444814009", CodeSystem.SNOMED) == CORE.dismissal("444814009", CodeSystem.SNOMED)


def test_another_weight_or_root_is_a_difference(tmp_path: Path) -> None:
    """Two catalogues that differ in a score, a root, or the source of a row are not told to be the same."""
    for table, old, new in (
        ("charlson.csv", ",1,", ",2,"),
        ("snomed/roots.csv", ",root,", ",exclude,"),
        ("icd10.csv", "caliber-2019", "pngroup"),
    ):
        folder = tmp_path / table.replace("/", "-")
        shutil.copytree(str(FOLDER), folder)
        text = (folder / table).read_text(encoding="utf-8")
        (folder / table).write_text(text.replace(old, new, 1), encoding="utf-8")
        found = compare_catalogues(CORE, load_catalogue(folder))
        assert not found.is_empty, table
        assert found.tables, table
        assert not found.rows, table


def test_a_catalogue_may_bring_a_score_and_a_topic_of_its_own(tmp_path: Path) -> None:
    """A folder of one's own with another score table and another restricted topic is read without a change of code."""
    folder = tmp_path / "own"
    shutil.copytree(str(FOLDER), folder)
    for table, text in (
        ("score_tables.csv", "points,id name weight when source checked,pngroup\n"),
        ("topics.csv", "of_their_own,a topic of their own,pngroup\n"),
        ("restricted.csv", "icd10,of_their_own,exact,I10,pngroup\n"),
    ):
        with (folder / table).open("a", encoding="utf-8") as file:
            file.write(text)
    table = folder / "points.csv"
    table.write_text(
        "id,name,weight,when,source,checked\npoint,A point,3,ever(hypertension),pngroup,yes\n", encoding="utf-8"
    )
    own = load_catalogue(folder)
    model = tmp_path / "own.toml"
    text = (Path(str(FOLDER)).parents[1] / "models" / "need-groups" / "2026.1.toml").read_text(encoding="utf-8")
    text = text.replace("outputs = [", 'outputs = [\n  "of_points",', 1)
    text = text.replace(
        "[scores.cms]", '[scores.of_points]\ntable = "points"\nname = "Points"\nunit = "points"\n\n[scores.cms]', 1
    )
    model.write_text(text, encoding="utf-8")
    people = {"person_id": ["a", "b"], "age": [50, 50]}
    records = {"person_id": ["a"], "code": ["I10"], "date": ["2026-01-01"]}
    made = pngroup.group(people, records, as_at="2026-03-31", system="icd10", model=model, catalogue=folder)
    assert list(made.to_frame()["of_points"]) == [3, 0]
    assert "restricted:of_their_own" in own.meaning("I10", CodeSystem.ICD10)
    table.write_text(table.read_text(encoding="utf-8").replace(",3,", ",4,"), encoding="utf-8")
    assert load_catalogue(folder).fingerprint != own.fingerprint


def slow_meaning(catalogue: Catalogue, code: str, table: list[dict[str, str]]) -> set[str]:
    """The look-up written out: for each condition the row that says most of the code decides; parents added."""
    found = set()
    for condition in {row["condition"] for row in table}:
        own = [(says(row["match"], row["code"], code), row["match"]) for row in table if row["condition"] == condition]
        included = max((much for much, match in own if not match.startswith("exclude")), default=0)
        excluded = max((much for much, match in own if match.startswith("exclude")), default=0)
        if included > excluded:
            found.add(condition)
    return found | {parent for c in found for parent in catalogue.conditions[c].ancestors}


ICD10_ROWS = rows("icd10.csv")
ICD10_CODES = sorted({row["code"] for row in ICD10_ROWS if len(row["code"]) >= 3})


@given(st.sampled_from(ICD10_CODES), st.text("0123456789", max_size=2))
def test_lookup_is_what_the_rows_say(start: str, ending: str) -> None:
    """Of the rows about a code the most specific decides for each condition, and parents are added."""
    code = (start + ending)[:5]
    assert set(pngroup.lookup([code])[0]) == slow_meaning(CORE, code, ICD10_ROWS)


# The codes that the specification names, one row a statement: code, system, what it is, what it is not.
STATEMENTS = [
    ("I700", "icd10", "", "peripheral_vascular_disease"),
    ("I702", "icd10", "peripheral_vascular_disease", ""),
    ("C80", "icd10", "cancer_any", "metastatic_cancer"),
    ("C787", "icd10", "metastatic_cancer cancer_any", ""),
    ("C449", "icd10", "", "cancer_any"),
    ("C4A9", "icd10cm", "", "cancer_any"),
    ("D469", "icd10", "haematological_cancer cancer_any", ""),
    ("D473", "icd10", "haematological_cancer", ""),
    ("D051", "icd10", "", "cancer_any"),
    ("Z511", "icd10", "cancer_treatment", "cancer_any"),
    ("N182", "icd10", "", "chronic_kidney_disease"),
    ("N183", "icd10", "chronic_kidney_disease", "ckd_stage_4_5"),
    ("N184", "icd10", "ckd_stage_4_5 chronic_kidney_disease", "end_stage_kidney_disease"),
    ("N180", "icd10", "end_stage_kidney_disease", ""),
    ("N186", "icd10cm", "end_stage_kidney_disease", ""),
    ("Z940", "icd10", "kidney_transplant end_stage_kidney_disease", "organ_transplant"),
    ("T861", "icd10", "kidney_transplant", "organ_transplant"),
    ("Z944", "icd10", "organ_transplant", "chronic_liver_disease"),
    ("Z992", "icd10", "dialysis", "care_dependency chronic_kidney_disease"),
    ("K760", "icd10", "fatty_liver_disease", "chronic_liver_disease"),
    ("K754", "icd10", "chronic_liver_disease", ""),
    ("F051", "icd10", "dementia", "delirium"),
    ("F050", "icd10", "delirium", "dementia"),
    ("F323", "icd10", "severe_mental_illness depression_recurrent_or_severe", ""),
    ("F334", "icd10", "depression", "depression_recurrent_or_severe"),
    ("F067", "icd10", "mild_cognitive_disorder cognitive_impairment", ""),
    ("G800", "icd10", "cerebral_palsy hemiplegia_paralysis", ""),
    ("G801", "icd10", "cerebral_palsy", "hemiplegia_paralysis"),
    ("G122", "icd10", "motor_neurone_disease", "huntington_systemic_atrophy"),
    ("G710", "icd10", "severe_neuromuscular_disease neuromuscular_disease", ""),
    ("D62", "icd10", "", "anaemia"),
    ("D680", "icd10", "inherited_coagulopathy", "coagulopathy"),
    ("I132", "icd10", "chronic_kidney_disease heart_failure hypertension", ""),
    ("Z951", "icd10", "coronary_heart_disease", ""),
    ("Q230", "icd10", "congenital_heart_disease", "valvular_heart_disease"),
    ("O600", "icd10", "pregnancy_ongoing", "pregnancy_delivery"),
    ("O601", "icd10", "pregnancy_delivery", "pregnancy_ongoing"),
    ("O60", "icd10", "", "pregnancy_ongoing pregnancy_delivery"),
    ("O680", "icd10", "", "pregnancy_ongoing pregnancy_delivery pregnancy_loss pregnancy_postnatal"),
    ("Z332", "icd10cm", "pregnancy_loss", "pregnancy_ongoing"),
    ("O244", "icd10", "pregnancy_ongoing", "pre_existing_diabetes_in_pregnancy"),
    ("O241", "icd10", "pre_existing_diabetes_in_pregnancy", ""),
    ("W190", "icd10", "falls", ""),
    ("R296", "icd10", "falls", ""),
    ("R292", "icd10", "", "falls"),
    ("L97", "icd10", "leg_ulcer skin_pressure_ulcer", "pressure_ulcer"),
    ("Z735", "icd10", "", "care_dependency"),
    ("Z993", "icd10", "care_dependency", ""),
    ("F172", "icd10", "", "drug_misuse alcohol_misuse"),
    ("F192", "icd10", "drug_dependence drug_misuse", ""),
    ("F101", "icd10", "alcohol_misuse", "alcohol_dependence"),
    ("925831000000107", "snomed", "frailty_moderate", ""),
    ("U099", "icd10", "post_covid", ""),
    ("T910", "icd10", "injury_sequelae", ""),
]


@pytest.mark.parametrize(("code", "system", "is_so", "is_not"), STATEMENTS, ids=[s[0] for s in STATEMENTS])
def test_what_the_specification_says_of_single_codes(code: str, system: str, is_so: str, is_not: str) -> None:
    """Each code that the specification names means what it says, and nothing that it denies."""
    meaning = set(pngroup.lookup([code], system)[0])
    assert set(is_so.split()) <= meaning
    assert not set(is_not.split()) & meaning


def test_restricted_topics_are_marked() -> None:
    """Loss, assisted conception, sexual health and HIV, and gender are marked, so that lists can leave them unnamed."""
    marked = {c.restricted for c in CORE.conditions.values() if c.restricted}
    assert marked == {"termination_and_loss", "assisted_conception", "sexual_health_and_hiv", "gender"}
    assert CORE.is_restricted(pngroup.lookup(["B24"])[0])
    assert CORE.is_restricted(pngroup.lookup(["O04.9"])[0])


NOT_THE_PERSON_S = [
    ("family_history", "Z80 Z81 Z82 Z83 Z84"),
    ("suspected_or_ruled_out", "Z03"),
    ("screening_or_exposure", "Z11 Z12 Z13 Z20"),
]


@pytest.mark.parametrize("system", ["icd10", "icd10cm"])
@pytest.mark.parametrize(("reason", "categories"), NOT_THE_PERSON_S, ids=[row[0] for row in NOT_THE_PERSON_S])
def test_family_history_suspicion_and_screening_never_count(reason: str, categories: str, system: str) -> None:
    """What a relative has, what is only suspected and what is looked for is no condition of the person."""
    for category in categories.split():
        for code in (category, *(category + place for place in "0123456789")):
            assert not pngroup.lookup([code], system)[0] or CORE.is_restricted(CORE.meaning(code, CodeSystem(system)))
            dismissal = CORE.dismissal(code, CodeSystem(system))
            assert dismissal is None or dismissal.reason == reason, code


@pytest.mark.shared
def test_no_snomed_id_of_family_negation_risk_or_suspicion_counts(shared: Path) -> None:
    """Of the public terms that speak of a relative, of risk or of suspicion, or that deny, none is a condition."""
    says_no = re.compile(
        r"family history|\bfh:|no history|no h/o|at risk|\brisk of|suspected|no evidence|ruled out|screening for"
        r"|vaccination",
        re.IGNORECASE,
    )
    file = shared / "reference" / "codes" / "ohdsi_phenotype_library" / "conceptsets_snomed.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        found = {row["snomed_code"] for row in csv.DictReader(lines) if says_no.search(row["snomed_term"])}
    assert len(found) > 5
    counting = {code for code in found if CORE.is_mapped(code, CodeSystem.SNOMED)}
    assert counting == set()
    never = [root for root in CORE.roots if root.condition == "never"]
    assert not [root.code for root in never if CORE.is_mapped(root.code, CodeSystem.SNOMED)]


def test_items_of_registers_have_codes_and_are_no_conditions() -> None:
    """Each item of a register has a code, none is a condition, and a code of registers alone stays undecided."""
    with_codes = {row["item"] for row in rows("register_codes.csv")}
    assert with_codes == set(CORE.register_items)
    assert with_codes.isdisjoint(CORE.conditions)
    assert all(CORE.name_of(item) == name for item, name in CORE.register_items.items())
    assert "b2h_end_stage_renal_failure" in CORE.meaning("M172", CodeSystem.OPCS4)
    assert not CORE.is_mapped("M172", CodeSystem.OPCS4)


@pytest.mark.shared
def test_registers_hold_each_code_of_the_reference(shared: Path) -> None:
    """Every ICD-10 and OPCS-4 code gathered for the registers is there, as sure as it was found to be."""
    with (shared / "reference" / "b2h_icd10.csv").open(encoding="utf-8", newline="") as file:
        gathered = [row for row in csv.DictReader(file) if row["code_system"] in ("ICD-10", "OPCS-4")]
    ours = {
        (row["item"], row["code"]): row["confidence"]
        for row in rows("register_codes.csv")
        if row["match"] == "prefix" and row["system"] in ("icd10", "opcs4")
    }
    found = 0
    for row in gathered:
        confidence = re.search(r"confidence=([ABC])", row["note"])
        if confidence is None:  # The points of the frailty score are a score of their own.
            continue
        item = "b2h_" + row["subsegment"].lower().replace(" ", "_")
        # One code is a part of a rule and not of the register itself.
        item = "b2h_ckd_stage_4" if (item, row["code_or_prefix"]) == ("b2h_end_stage_renal_failure", "N184") else item
        assert ours[item, row["code_or_prefix"]] == confidence[1]
        found += 1
    assert found > 400


def test_a_catalogue_may_be_without_registers(tmp_path: Path) -> None:
    """A folder without the tables of register items is a catalogue for models that ask for none."""
    folder = tmp_path / "own"
    shutil.copytree(str(FOLDER), folder)
    for name in ("registers.csv", "register_codes.csv"):
        (folder / name).unlink()
    own = pngroup.load_catalogue(folder)
    assert not own.register_items
    assert pngroup.load_model("need-groups", own).groups
    with pytest.raises(pngroup.ModelError):
        pngroup.load_model("bridges-to-health", own)
