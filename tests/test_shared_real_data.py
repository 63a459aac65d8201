"""Data that nobody on the project made, through the public interface: nothing is lost, nothing is silent.

What the quality report says is held to counts made in plain Python (`shared_counts.py`); what the groups are, to the
specification written out as plain Python (`oracle/`).
"""

from __future__ import annotations

import datetime
import random
import re
from collections import defaultdict

import pytest

import pngroup
from generated import Population
from routes import differences, engine_answers, oracle_answers, reference_answers
from shared_counts import count_contacts, read_day, read_row, without_group
from shared_data import columns
from shared_groupings import OPTIONS, counted, data_set, grouped, present

pytestmark = pytest.mark.shared

SEXES = {"m": "male", "male": "male", "1": "male", "f": "female", "female": "female", "2": "female"}


@pytest.fixture(params=OPTIONS)
def name(request):
    return request.param


# -- every row is accounted for ---------------------------------------------------------------------------------------


def test_each_row_is_used_or_has_one_reason(name):
    """In each table the rows used and the rows not used, by reason, add up to all; used ones are mapped or not."""
    data = data_set(name)
    for feed in grouped(name).quality.feeds:
        assert feed.n_rows == len(getattr(data, feed.name))
        assert feed.n_used + sum(feed.not_used.values()) == feed.n_rows
        if feed.name in ("records", "medicines"):
            assert sum(feed.n_mapped.values()) + sum(feed.n_unmapped.values()) == feed.n_used


def test_the_quality_report_says_what_an_independent_count_says(name):
    """Rows not used by reason, mapped and not by system, fillers, rewritten, administrative: all as counted."""
    feed, counts = grouped(name).quality.feed("records"), counted(name)
    assert present(feed.not_used) == present(counts.not_used)
    assert present(feed.n_mapped) == present(counts.mapped)
    assert present(feed.n_unmapped) == present(counts.unmapped)
    assert present(feed.notes) == present(counts.notes)
    assert feed.n_used == counts.n_used


def test_people_without_a_group_are_counted_by_reason(name):
    """Nobody is dropped: the people without a group are as many, by reason, as an independent count says."""
    data, quality = data_set(name), grouped(name).quality
    assert present(quality.n_without_group) == present(without_group(data.people, data.as_at))
    assert quality.n_grouped + sum(quality.n_without_group.values()) == quality.n_people == len(data.people)
    assert sum(grouped(name).counts().values()) == quality.n_grouped


@pytest.mark.parametrize(
    "name", [name for name in OPTIONS if name in ("hes_ae", "synthea_27", "synthea_generated", "fhir_r4", "omop_27")]
)
def test_contacts_are_counted_by_setting(name):
    """Contacts after death are not used; the days with a contact in 12 months are those of an independent count."""
    data, grouping = data_set(name), grouped(name)
    counts = count_contacts(data.people, data.contacts, as_at=data.as_at)
    feed = grouping.quality.feed("contacts")
    assert (feed.n_used, present(feed.not_used)) == (counts.pop("used"), dict(counts))
    assert not feed.notes
    start = datetime.date.fromisoformat(data.as_at)
    start = start.replace(year=start.year - 1, day=28 if (start.month, start.day) == (2, 29) else start.day)
    died = {row["person_id"]: (row.get("died_on") or "9999-12-31")[:10] for row in data.people}
    days = defaultdict(set)
    for row in data.contacts:
        day = row["date"][:10]
        if start.isoformat() < day <= min(data.as_at, died[row["person_id"]]):
            days[row["person_id"]].add(day)
    frame = grouping.to_frame()
    alive = [i for i, group in enumerate(frame["need_group"]) if group is not None]
    assert [frame["n_contacts"][i] for i in alive] == [len(days[frame["person_id"][i]]) for i in alive]
    assert sum(frame["n_contacts"][i] for i in alive) > 0


# -- the answers ------------------------------------------------------------------------------------------------------


def population(name: str) -> Population:
    """The rows of a data set as the plain-Python reading of the specification takes them."""
    data, options = data_set(name), OPTIONS[name]
    records = [read_row(row, **options) for row in data.records]
    contacts = [{"person_id": row["person_id"], "date": read_day(row["date"])} for row in data.contacts or ()]
    settings = pngroup.codes.read_setting
    for row, source in zip(contacts, data.contacts or (), strict=True):
        row["setting"] = settings(source["setting"])
    people = []
    for row in data.people:
        dates = {key: read_day(row[key]) for key in ("died_on", "registered_from", "registered_to") if row.get(key)}
        birth = row.get("birth_date")
        person = {"person_id": row["person_id"], "sex": SEXES.get(row["sex"].lower(), "unknown"), **dates}
        person |= {"age": int(float(row["age"]))} if row.get("age") else {}
        person |= {"birth_date": read_day(birth) if len(birth) == 10 else birth} if birth else {}
        people.append(person)
    as_at = datetime.date.fromisoformat(data.as_at)
    return Population(people, [row for row in records if row is not None], contacts, [], [], as_at)


def without_medicines(name: str, **options) -> pngroup.Grouping:
    tables = {key: table for key, table in data_set(name).tables().items() if key not in ("medicines", "values")}
    return pngroup.group(**tables, **OPTIONS[name], **options)


def test_groups_are_those_of_the_specification_in_plain_python(name):
    """Group, criteria, measures and flags of everybody equal a reading of the specification that shares no code."""
    feeds = ("contacts",) if data_set(name).contacts is not None else ()
    expected = oracle_answers(population(name), feeds)
    found = engine_answers(without_medicines(name))
    assert expected.keys() == found.keys()
    assert not differences(expected, found)


@pytest.mark.parametrize(
    "name", ["mimic", "mimic_aligned", "hes_ae", "synthea_27", "fhir_r4", "omop_27", "gp_connect", "opensafely"]
)
def test_the_reference_interpreter_agrees(name):
    """The slow interpreter that asks the model about one person at a time gives the same answers, medicines too."""
    grouping = pngroup.group(**data_set(name).tables(), **OPTIONS[name], keep_records=True)
    assert not differences(reference_answers(grouping), engine_answers(grouping))


@pytest.mark.parametrize("name", ["mimic_aligned", "hes_apc", "synthea_generated", "opensafely"])
def test_order_and_duplicates_change_nothing(name):
    """Rows in another order, and each record twice, give the same answers."""
    data, rng = data_set(name), random.Random(7)
    records = data.records * 2
    rng.shuffle(records)
    people = rng.sample(data.people, len(data.people))
    tables = data.tables() | {"people": columns(people), "records": columns(records)}
    assert engine_answers(pngroup.group(**tables, **OPTIONS[name])) == engine_answers(grouped(name))


@pytest.mark.parametrize("name", ["mimic_aligned", "hes_apc", "synthea_generated", "gibleed"])
def test_an_explanation_of_ones_own_rows_says_the_same(name):
    """`explain()` reads one person's rows alone and comes to the group and tier of the whole table."""
    tables, frame = data_set(name).tables(), grouped(name).to_frame()
    groups = defaultdict(list)
    for person, group in zip(frame["person_id"], frame["need_group"], strict=True):
        groups[group].append(person)
    groups.pop(None, None)
    assert len(groups) >= 5
    for group in sorted(groups)[::2]:
        person = random.Random(group).choice(groups[group])
        explanation = pngroup.explain(person, **tables, **OPTIONS[name])
        assert explanation.need_group == group
        for text in (str(explanation), explanation.patient_text):
            assert person not in text or len(person) < 5


# -- what must hold of every data set ---------------------------------------------------------------------------------


def test_no_id_of_a_person_is_in_a_report_or_an_error(name):
    """Neither the quality report, nor the manifest, nor the error under strict holds an id of the input."""
    grouping = grouped(name)
    texts = [str(grouping.quality), repr(grouping.quality.to_dict()), repr(grouping.manifest), repr(grouping)]
    faults = [fault for feed in grouping.quality.feeds for fault in feed.faults]
    if faults:
        with pytest.raises(pngroup.DataError) as caught:
            pngroup.group(**data_set(name).tables(), **OPTIONS[name], strict=True)
        texts += [str(caught.value)]
    else:
        pngroup.group(**data_set(name).tables(), **OPTIONS[name], strict=True)
    words = set(re.findall(r"[\w-]+", " ".join(texts)))
    # Ids of one to four digits are also counts.
    assert not words & {row["person_id"] for row in data_set(name).people if len(row["person_id"]) > 4}


def test_the_same_groups_come_out_tomorrow(name):
    """A grouping of the same tables gives the same answers, fingerprint and manifest again."""
    again = pngroup.group(**data_set(name).tables(), **OPTIONS[name])
    assert engine_answers(again) == engine_answers(grouped(name))
    assert (again.fingerprint, again.manifest) == (grouped(name).fingerprint, grouped(name).manifest)
