"""Why a group differs between two dates: causes that are true, complete and silent about restricted topics."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

import pngroup
import routes
from generated import Population, generate, people_strategy
from own_model import written
from pngroup.explanation.causes import find_causes, find_differences, group_in, group_without
from pngroup.explanation.person import rows_of_person
from pngroup.explanation.states import State, state_of
from pngroup.through_time import explain_changes, explain_rises, rising_risk
from test_spells import model_of

EPOCH = datetime.date(1970, 1, 1)
#: Days between the two dates: a day, a month, a year, and longer than a window of two years.
SPANS = (1, 31, 365, 800)
#: Models with those of the spans that they are asked about.
ASKED = [*(("need-groups", days) for days in SPANS), ("bridges-to-health", 365)]


def tables(population: Population) -> tuple[dict[str, list], dict[str, list], dict[str, dict[str, list]]]:
    """People, records and the other tables of generated people whose birth is known."""
    people = [row for row in population.people if row.get("age") is None]
    given = {name: routes.table(name, getattr(population, name)) for name in routes.FEEDS}
    return routes.table("people", people), routes.table("records", population.records), given


def states(
    population: Population, days: int, model: str = "need-groups"
) -> tuple[pngroup.Model, list[tuple[State, State]]]:
    """Each person on two dates."""
    people, records, given = tables(population)
    last = population.as_at
    dates = [last - datetime.timedelta(days=days), last]
    both = pngroup.group(people, records, as_at=dates, model=model, keep_records=True, **given)

    def state(place: int, grouping: pngroup.Grouping) -> State:
        rows = rows_of_person(place, grouping.people, grouping.kept)
        return state_of(place, grouping.people, rows, grouping.as_at)

    earlier, later = both
    return later.model, [(state(place, earlier), state(place, later)) for place in range(len(later))]


def assert_true(model: pngroup.Model, pairs: Iterator[tuple[State, State]]) -> int:
    """Whether the causes named undo the change, none can be spared, and none is named without a change."""
    n_changed = 0
    for earlier, later in pairs:
        before, after = group_in(model, earlier), group_in(model, later)
        found = find_causes(model, earlier, later)
        if before == after:
            assert not found.causes
            continue
        n_changed += 1
        assert found.causes
        if before is None or after is None:
            continue
        if not found.only_together:
            assert all(group_without(model, earlier, later, [each]) == before for each in found.causes)
            continue
        assert group_without(model, earlier, later, found.causes) == before
        for each in found.causes:
            others = [cause for cause in found.causes if cause != each]
            assert group_without(model, earlier, later, others) != before
    return n_changed


@pytest.mark.parametrize(("name", "days"), ASKED)
def test_the_causes_undone_give_the_earlier_group(name, days):
    """For people whose group differs, the causes named undone give the earlier group; else nothing is named."""
    model, pairs = states(generate(150, seed=days), days, name)
    assert assert_true(model, iter(pairs)) >= (12 if days > 1 else 0)


@settings(max_examples=25)
@given(people_strategy())
def test_the_causes_are_true_at_the_edges(population):
    """The same for people drawn for the edges of windows, ages and episodes, a day and a year apart."""
    for days in (1, 365):
        if any(row.get("age") is None for row in population.people):
            model, pairs = states(population, days)
            assert_true(model, iter(pairs))


@pytest.mark.parametrize(("name", "days"), ASKED)
def test_with_all_differences_undone_it_is_the_earlier_day(name, days):
    """Nothing that can change a group escapes the differences: all undone, the earlier group is there again."""
    model, pairs = states(generate(150, seed=90 + days), days, name)
    for earlier, later in pairs:
        if earlier.reason is None and later.reason is None:
            differences = tuple(find_differences(model, earlier, later))
            assert group_without(model, earlier, later, differences) == group_in(model, earlier)


def test_a_late_or_deleted_record_is_the_cause_between_two_versions_of_a_feed():
    """With the later version's rows taken out of it, or the earlier one's put back, the group is that of the other."""
    population = generate(150, seed=4)
    people, records, given = tables(population)
    kept = [row for place, row in enumerate(population.records) if place % 3]
    before = routes.table("records", kept)
    for first, then, kind in ((before, records, "record_added"), (records, before, "record_removed")):
        found = explain_changes(
            people, then, records_before=first, between=(population.as_at, population.as_at), **given
        )
        alone = pngroup.group(people, first, as_at=population.as_at, **given).to_frame()["need_group"].tolist()
        assert [each.from_group for each in found] == [alone[place] for place in found.places]
        assert len(found) > 10
        assert {cause.kind.value for each in found for cause in each.causes} == {kind}


def test_the_turning_days_are_those_of_grouping_each_day():
    """Day by day `group()` gives the group that the turns say, for people of whom much is on record."""
    population = generate(90, seed=12)
    people, records, given = tables(population)
    last = population.as_at
    days = [last - datetime.timedelta(days=n) for n in range(120, -1, -1)]
    daily = pngroup.snapshots(people, records, as_at=days, **given)
    found = explain_changes(
        people, records, between=(days[0], last), persons=people["person_id"], show_restricted=True, **given
    )
    n_turns = 0
    for place, each in enumerate(found):
        turns = {turn.day: turn.need_group or 0 for turn in each.turns}
        n_turns += len(turns)
        groups = daily.group[:, place].tolist()
        expected = {days[at]: groups[at] for at in range(1, len(days)) if groups[at] != groups[at - 1]}
        assert turns == expected
    assert n_turns > 10


@pytest.mark.parametrize("question", ["ever(any_record, min_age=0)", "age >= 18"])
def test_the_turning_days_are_those_of_spells_where_a_birth_is_known_by_month_or_year(question, tmp_path):
    """The days on which somebody is born or comes of age are those of `spells()`, whatever is known of the birth."""
    model = pngroup.load_model(written(tmp_path, model_of(question)))
    births = ["2025-03", "2025", "2025-03-20", "2024-12", "2026", "2026-02", "2007", "2007-06", "2025-03", "2025"]
    people = {"person_id": list(range(len(births))), "birth_date": births}
    days = ["2025-03-05", "2025-03-15", "2025-03-16", "2025-05-01", "2025-07-01", "2025-08-01", "2026-02-01"]
    rows = [(person, day) for person in people["person_id"][:-2] for day in days]
    records = {
        "person_id": [person for person, _ in rows],
        "code": ["J45.9"] * len(rows),
        "date": [day for _, day in rows],
    }
    options = {"system": "icd10", "model": model}
    n_turns = 0
    for since, until in (("2024-11-30", "2026-02-10"), ("2025-01-31", "2025-03-10"), ("2025-03-02", "2025-06-10")):
        found = pngroup.spells(people, records, since=since, until=until, **options)
        explained = explain_changes(people, records, between=(since, until), persons=people["person_id"], **options)
        expected: list[list] = [[] for _ in births]
        for at in range(1, len(found)):
            person = int(found.person[at])
            if person == found.person[at - 1] and found.group[at] != found.group[at - 1]:
                day = EPOCH + datetime.timedelta(days=int(found.first_day[at]))
                expected[person].append((day, int(found.group[at])))
        turned = [[(turn.day, turn.need_group or 0) for turn in each.turns] for each in explained]
        assert turned == expected
        n_turns += sum(map(len, turned))
    assert n_turns > 5


def changed(rows, between, *, born="1950-05-05", sex="F", **options):
    people = {"person_id": ["SECRET-77"], "birth_date": [born], "sex": [sex], **options.pop("person", {})}
    records = {
        "person_id": ["SECRET-77"] * len(rows),
        "code": [code for code, _ in rows],
        "date": [date for _, date in rows],
        "system": ["snomed" if code.isdigit() else "icd10" for code, _ in rows],
    }
    return pngroup.explain_change("SECRET-77", people, records, between=between, **options)


YEAR = ("2025-03-31", "2026-03-31")


@pytest.mark.parametrize(
    ("rows", "between", "more", "kind", "turn"),
    [
        ([("I50.0", "2025-08-10")], YEAR, {}, "record_came", "2025-08-10"),
        ([("J06.9", "2024-06-10")], YEAR, {}, "record_left_window", "2025-06-10"),
        ([("J45.9", "2010-06-10"), ("162660004", "2025-05-02"), ("J06.9", "2025-03-01")],
         ("2025-03-31", "2025-06-30"), {}, "resolved_code", "2025-05-02"),
        ([("F03", "2024-06-10"), ("W19", "2024-06-10"), ("R32", "2025-01-01")], YEAR, {"born": "1960-07-01"},
         "birthday", "2025-07-01"),
        ([("Z34.0", "2024-12-01"), ("J06.9", "2025-09-01")], YEAR, {"born": "1995-01-01"}, "episode", "2025-10-05"),
        ([], YEAR, {"person": {"died_on": ["2025-12-24"]}}, "death", "2025-12-24"),
        ([], YEAR, {"person": {"registered_from": ["2025-06-01"]}}, "registration", "2025-06-01"),
        ([], YEAR, {"born": "2025-06-02"}, "birth", "2025-06-02"),
    ],
)  # fmt: skip
def test_each_kind_of_cause_is_named_with_its_day(rows, between, more, kind, turn):
    """A record that came or left its window, a resolved code, a birthday, an episode's end, birth, leaving, death."""
    found = changed(rows, between, **more)
    assert kind in [cause.kind.value for cause in found.causes], str(found)
    assert turn in [each.day.isoformat() for each in found.turns]
    assert "Why" in str(found)


@pytest.mark.parametrize(
    ("person", "kind"),
    [({"died_on": ["2026-01-05"]}, "death"), ({"registered_to": ["2026-01-05"]}, "registration")],
)
def test_the_end_of_a_group_undone_gives_the_group_of_the_later_date(person, kind):
    """Without a death, or the end of a registration, the group named is the one that `group()` gives without it."""
    rows = [("I10", "2020-01-10"), ("I50.0", "2025-11-20")]
    found = changed(rows, YEAR, person=person)
    without = changed(rows, YEAR)
    [cause] = found.causes
    assert (cause.kind.value, found.from_group, found.to_group, without.to_group) == (kind, 4, None, 9)
    assert cause.group_without == without.to_group
    assert "group 9" in cause.undone
    assert cause.undone in str(found)
    both = changed(rows, YEAR, person={"died_on": ["2026-01-05"], "registered_to": ["2026-01-04"]})
    assert both.causes[0].group_without is None
    assert "was not registered" in both.causes[0].undone


def test_what_began_a_group_undone_gives_none():
    """Of a person who was born or registered between the dates the text names no group for the case without that."""
    for more in ({"person": {"registered_from": ["2025-06-01"]}}, {"born": "2025-06-02"}):
        [cause] = changed([], YEAR, **more).causes
        assert cause.group_without is None
        assert "no group" in cause.undone


@pytest.mark.parametrize(
    ("rows", "more", "sentence"),
    [
        ([("J06.9", "2024-06-10")], {}, "Had it still counted: group 3"),
        ([("I50.0", "2025-08-10")], {}, "Without this record: group 1"),
        ([("F03", "2024-06-10"), ("W19", "2024-06-10"), ("R32", "2025-05-01")], {"born": "1960-07-01"},
         "Without the birthday: group"),
        ([("J45.9", "2010-06-10")], {"person": {"died_on": ["2025-12-24"]}}, "Had the person not died: group 4"),
        ([], {"born": "2025-06-02"}, "Before the birth: no group"),
    ],
)  # fmt: skip
def test_what_undone_means_is_said_for_each_kind(rows, more, sentence):
    """The sentence of the case without a cause suits its kind, and says each turn of the group in one sentence."""
    found = changed(rows, YEAR, **more)
    assert sentence in found.causes[0].undone
    assert "Without it" not in str(found)
    assert "A record, recorded" not in str(found)
    assert "The group changed on " in str(found)


def test_no_underline_is_wider_than_a_terminal():
    """The line below a heading has at most 79 characters, also below a heading that is longer."""
    found = changed([("J45.9", "2010-06-10"), ("I50.0", "2025-08-10")], YEAR)
    heading, line = str(found).splitlines()[:2]
    assert len(heading) > 79
    assert line == "=" * 79


def test_a_restricted_record_stays_unnamed_unless_asked_for():
    """Name, code and date of a restricted record are shown only with `show_restricted`."""
    rows = [("B24", "2025-08-10"), ("J06.9", "2025-03-01"), ("J06.9", "2026-03-01")]
    plain, shown = changed(rows, YEAR), changed(rows, YEAR, show_restricted=True)
    assert "A restricted record" in str(plain)
    assert "B24" not in str(plain)
    [cause] = plain.causes
    assert (cause.condition, cause.code, cause.date, cause.day) == ("", "", None, None)
    assert "B24" in str(shown)
    assert (plain.from_group, plain.to_group) == (shown.from_group, shown.to_group)


def test_the_day_of_a_restricted_record_is_in_no_turn():
    """A turn that a restricted record made has no day in text or `turns`; turns that others made keep theirs."""
    rows = [("J06.9", "2025-02-01"), ("B24", "2025-06-15"), ("C78.7", "2025-08-10"), ("J06.9", "2026-02-01")]
    plain, shown = changed(rows, YEAR), changed(rows, YEAR, show_restricted=True)
    assert [turn.day.isoformat() for turn in shown.turns][:1] == ["2025-06-15"]
    assert [turn.day.isoformat() for turn in plain.turns] == ["2025-08-10"]
    alone = changed(rows[:2], ("2025-05-31", "2025-07-31"))
    assert not alone.turns
    assert "15 Jun 2025" not in str(alone) + repr(alone.causes)
    assert "2025-06-15" not in str(alone) + repr(alone.causes) + repr(alone.turns)


def test_no_identifier_is_in_an_explained_change():
    """Text and repr hold no person_id, and an unknown person is not repeated in the message."""
    found = changed([("I50.0", "2025-08-10")], YEAR)
    assert "SECRET" not in str(found) + repr(found)
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"]}
    records = {"person_id": ["a"], "code": ["I10"], "date": ["2020-01-01"]}
    with pytest.raises(pngroup.DataError, match="no such person") as raised:
        pngroup.explain_change("SECRET-78", people, records, between=YEAR, system="icd10")
    assert "SECRET" not in str(raised.value)


def test_only_together_says_so():
    """Where no single record made the change, the set is named and the text says that it takes all of it."""
    found = changed([("I50.0", "2025-08-10"), ("C50.9", "2025-09-10")], YEAR)
    assert found.only_together
    assert {cause.code for cause in found.causes} == {"I500", "C509"}
    assert "Only if all of these together had not come about: group 1" in str(found)
    assert {cause.group_without for cause in found.causes} == {9}


@pytest.mark.parametrize("between", ["2025-03-31", ("2025-03-31",), YEAR[::-1], ("2025-03-31", "2025-03-31")])
def test_dates_in_no_order_are_refused(between):
    """Two dates are needed, the earlier first; the same date twice only where two feeds are compared."""
    with pytest.raises(pngroup.UsageError, match="argument between"):
        changed([("I10", "2020-01-01")], between)


def test_a_bulk_explanation_is_that_of_each_person_alone():
    """`explain_changes` says of each person what `explain_change` says, and its frame has a row for each cause."""
    people = {"person_id": ["a", "b", "c"], "birth_date": ["1950-05-05", "1990-01-01", "2000-02-02"]}
    records = {
        "person_id": ["b", "a", "a", "c"],
        "code": ["J06.9", "I50.0", "I10", "I10"],
        "date": ["2024-05-01", "2025-08-10", "2025-03-01", "2020-01-01"],
    }
    found = explain_changes(people, records, between=YEAR, system="icd10")
    assert found.places.tolist() == [0, 1]
    for person, each in zip(("a", "b"), found, strict=True):
        assert str(each) == str(pngroup.explain_change(person, people, records, between=YEAR, system="icd10"))
    frame = found.to_frame()
    assert list(frame["person_id"]) == ["a", "b"]
    assert list(frame["kind"]) == ["record_came", "record_left_window"]
    named = explain_changes(people, records, between=YEAR, system="icd10", persons=["c"])
    assert [each.causes for each in named] == [()]
    assert len(named.to_frame()["kind"]) == 0


def test_each_rise_of_a_list_is_explained_between_its_own_days():
    """A list of rising risk has for each rise the explanation of that person between the days of the rise."""
    people = {"person_id": ["a", "b", "c"], "birth_date": ["1950-05-05", "1990-01-01", "1960-02-02"]}
    records = {
        "person_id": ["a", "a", "b", "b", "c"],
        "code": ["I10", "I50.0", "J06.9", "F20.0", "I10"],
        "date": ["2019-01-01", "2025-08-10", "2025-03-01", "2025-09-20", "2020-01-01"],
    }
    months = ["2025-06-30", "2025-07-31", "2025-08-31", "2025-09-30"]
    taken = pngroup.snapshots(people, records, as_at=months, system="icd10")
    rises = rising_risk(taken, months=2, by="group")
    found = explain_rises(rises, people, records, system="icd10")
    assert [each.between[1].isoformat() for each in found] == ["2025-08-31", "2025-09-30"]
    assert [(each.from_group, each.to_group) for each in found] == list(
        zip(rises.from_group.tolist(), rises.to_group.tolist(), strict=True)
    )
    assert list(found.to_frame()["code"]) == ["I500", "F200"]
    nobody = rising_risk(taken, months=1, as_at="2025-07-31", by="group")
    assert explain_rises(nobody, people, records, system="icd10") is None


def test_rises_are_explained_with_the_arguments_that_their_groups_were_made_with(tmp_path):
    """Registrations and their columns may stand among the options; scheme and catalogue are those of the rises."""
    site = '[overlay]\nname = "site"\nedition = "2026-04"\nbase = "core"\n[[codes]]\nsystem = "icd10"\n'
    site += 'action = "add"\ncode = "J06"\ncondition = "heart_failure"\nbecause = "a test"\n'
    (tmp_path / "site.toml").write_text(site, encoding="utf-8")
    people = {"person_id": ["a", "b"], "birth_date": ["1950-05-05", "1990-01-01"]}
    records = {"person_id": ["a", "a"], "code": ["I10", "J06.9"], "date": ["2019-01-01", "2025-08-10"]}
    moves = {"person_id": ["a", "b"], "surgery": ["N", "N"], "registered_from": ["2010-01-01", "2020-01-01"]}
    made = {
        "system": "icd10",
        "registrations": moves,
        "columns": {"registrations": {"practice": "surgery"}},
    }
    chosen = {"catalogue": str(tmp_path / "site.toml"), "scheme": "medium-orange"}
    taken = pngroup.snapshots(people, records, as_at=["2025-07-31", "2025-08-31"], **made, **chosen)
    spelt = pngroup.spells(people, records, since="2025-07-31", until="2025-08-31", **made, **chosen)
    for rises in (rising_risk(taken, months=1, by="group"), rising_risk(spelt, months=1, by="group")):
        found = explain_rises(rises, people, records, **made)
        assert list(found.to_frame()["code"]) == ["J069"]
        [one] = found
        assert (one.from_group, one.to_group) == (rises.from_group[0], rises.to_group[0])
        assert found.grouping.scheme == pngroup.load_scheme("medium-orange")
        whole = explain_rises(rises, people, records, **made, **chosen, model="need-groups")
        assert str(next(iter(whole))) == str(one)
