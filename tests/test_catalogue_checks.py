"""The catalogue measured, and beside the lists of others: what must hold, and that the pages say it."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache

import known_errors
import pytest
import usage
from compare import compare, differences
from counterparts import DECISIONS, RELATIONS, SIDES, Decision, Decisions, read_counterparts, read_decisions
from hypothesis import given, strategies as st
from lists import CODES, SHARED_IDS, all_listings
from places import REPOSITORY
from prefixes import cover, covers
from todo import open_differences

from pngroup.catalogue import load_catalogue
from pngroup.vocabulary import CodeSystem

PAGES = ("catalogue.md", "catalogue-comparison.md", "catalogue-undecided.md", "catalogue-dismissals-sample.md")
CODE = st.text("01AS", min_size=1, max_size=7).map(lambda text: ("A10" + text)[:7])


@cache
def used():
    return usage.read_usage()


@cache
def listings():
    return all_listings(used().counts)


@cache
def comparisons():
    return compare(load_catalogue(), listings(), read_counterparts(), used().counts)


@cache
def all_differences():
    decisions = Decisions.of(read_decisions())
    return [each for comparison in comparisons() for each in differences(comparison, decisions)]


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, str(folder / "catalogue_checks"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


# -- decided, not forgotten -------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_nearly_all_that_hospitals_record_is_decided():
    """At least 99.5 % of the diagnoses of English hospitals are mapped or, with a reason, dismissed."""
    found = usage.tally(load_catalogue(), used().counts, CodeSystem.ICD10)
    assert found.share("mapped") + found.share("no_condition") >= 0.995


@pytest.mark.shared
def test_every_american_chronic_code_is_decided():
    """Every ICD-10-CM code that AHRQ's indicator calls chronic is mapped or dismissed with a reason."""
    chronic = dict.fromkeys(usage.read_chronic(), 1)
    assert usage.undecided(load_catalogue(), chronic, CodeSystem.ICD10CM) == []


@pytest.mark.shared
def test_no_lasting_disease_is_dismissed_without_a_sentence():
    """A dismissed code that CALIBER, AHRQ's indicator or an NHS cluster knows has a sentence of its own."""
    assert usage.without_sentence(load_catalogue(), used().counts) == []


def test_nothing_shorter_than_a_category_is_dismissed():
    """Codes are dismissed at three characters or finer."""
    assert usage.too_short(load_catalogue()) == []


@pytest.mark.shared
def test_the_tally_is_of_all_diagnoses_once():
    """Mapped, dismissed and unknown use add up to the file, chapter by chapter too."""
    with usage.USAGE.open(encoding="utf-8") as file:
        written = sum(int(row["usage"]) for row in csv.DictReader(file))
    assert used().total + sum(used().unreadable.values()) == written
    found = usage.tally(load_catalogue(), used().counts, CodeSystem.ICD10)
    chapters = usage.by_chapter(load_catalogue(), used().counts, CodeSystem.ICD10)
    assert "other" not in chapters
    assert sum((Counter(each.usage) for each in chapters.values()), Counter()) == Counter(found.usage)
    assert sum(found.usage.values()) == used().total


@pytest.mark.shared
def test_the_sample_of_dismissals_stays_when_the_catalogue_changes():
    """Taking one drawn code away changes the sample by that code and the next in line, and by nothing else."""
    catalogue, counts = load_catalogue(), dict(used().counts)
    drawn = dict(usage.sample(catalogue, counts))
    assert len(drawn) == usage.SAMPLE
    gone = next(iter(drawn))
    del counts[gone]
    again = dict(usage.sample(catalogue, counts))
    assert drawn.keys() - again.keys() == {gone}
    assert len(again.keys() - drawn.keys()) == 1


# -- beside the lists of others ---------------------------------------------------------------------------------------


@pytest.mark.shared
def test_each_counterpart_names_what_exists():
    """A counterpart names a condition, a list and a category that exist, once, with a relation and a source."""
    catalogue = load_catalogue()
    categories = {(each.id, category) for each in listings() for category in each.categories}
    seen = Counter((each.condition, each.list, each.category) for each in read_counterparts())
    assert [place for place, n in seen.items() if n > 1] == []
    for each in read_counterparts():
        assert each.condition in catalogue.conditions, each
        assert (each.list, each.category) in categories, each
        assert each.relation in RELATIONS, each
        assert each.note or each.relation in ("same", "narrower"), f"why it is not the same is not said: {each}"
        assert set(each.source.split()) <= catalogue.sources.keys(), each
        assert each.source, each


@pytest.mark.shared
def test_each_decision_is_about_a_difference():
    """A decision uses words that exist, gives a sentence and a source, and is about codes that one side alone has."""
    catalogue = load_catalogue()
    about: dict[tuple[str, ...], set[str]] = {}
    for each in all_differences():
        place = (each.comparison.condition, each.comparison.list, each.side, each.comparison.system)
        about.setdefault(place, set()).update(each.codes)
    for row in read_decisions():
        assert row.side in SIDES, row
        assert row.decision in DECISIONS, row
        assert len(row.because.split()) >= 4, row
        assert row.source, row
        assert set(row.source.split()) <= catalogue.sources.keys(), row
        assert set(row.condition.split()) <= catalogue.conditions.keys(), row
        assert set(row.list.split()) <= set(SHARED_IDS), row
        for condition in row.condition.split():
            for name in row.list.split():
                codes = about.get((condition, name, row.side, row.system), ())
                assert any(covers(row.code, code) >= 0 for code in codes), f"about nothing: {condition} {name} {row}"


@pytest.mark.shared
def test_every_large_difference_has_a_decision():
    """Where the catalogue and a list differ widely, somebody has decided why, and written it down."""
    rest = open_differences(all_differences())
    assert [(each.comparison.condition, each.comparison.list, each.side, each.code) for each in rest] == []


@pytest.mark.shared
def test_what_both_have_is_found_the_slow_way_too():
    """For CALIBER, comparing code by code with plain prefixes gives the same three sets."""
    with (CODES / "caliber_chronological_map" / "icd10.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    checked = 0
    for comparison in (each for each in comparisons() if each.list == "caliber"):
        named = {part.category.removesuffix(" (history)").removesuffix(" (possible)") for part in comparison.parts}
        if any("(" in part.category for part in comparison.parts):
            continue
        starts = [
            row["icd10"].replace(".", "").removesuffix("X")
            for row in written
            if row["file"].removeprefix("ICD_").removesuffix(".csv") in named
            and not row["category"].startswith(("History", "Possible"))
        ]
        catalogue = load_catalogue()
        for code in used().counts:
            ours = comparison.condition in catalogue.meaning(code, CodeSystem.ICD10)
            theirs = any(code.startswith(start) for start in starts)
            assert (code in comparison.side("both")) == (ours and theirs)
            assert (code in comparison.side("only_ours")) == (ours and not theirs)
            assert (code in comparison.side("only_theirs")) == (theirs and not ours)
        checked += 1
        if checked == 12:
            break
    assert checked == 12


@pytest.mark.shared
def test_differences_hold_each_code_of_one_side_once():
    """The groups of codes that the table lists are, taken together, exactly what one side alone has."""
    held = {}
    for each in all_differences():
        place = (each.comparison.condition, each.comparison.list, each.comparison.system, each.side)
        held.setdefault(place, []).extend(each.codes)
    for comparison in comparisons():
        for side in SIDES:
            found = held.get((comparison.condition, comparison.list, comparison.system, side), [])
            assert sorted(found) == sorted(comparison.side(side))


@pytest.mark.shared
def test_known_errors_are_still_so_and_handled():
    """Each known error of a published list is still in it, and the catalogue does what the page says it does."""
    found = known_errors.known_errors(load_catalogue(), listings(), used().counts)
    assert [each for each in found if each.theirs is False or each.ours is False] == []
    assert sum(each.theirs is True for each in found) >= 10


@given(st.sets(CODE, min_size=1), st.sets(CODE))
def test_prefixes_name_what_is_wanted_and_nothing_else(wanted, others):
    """The prefixes and patterns of a difference name each of its codes once, and no code that is no difference."""
    # Codes that stand above others in the same list cannot be told from them by a prefix.
    others = {code for code in others - wanted if not any(code.startswith(each) for each in wanted)}
    found = cover(wanted, others)
    assert Counter(code for _, codes in found for code in codes) == Counter(wanted)
    for text, codes in found:
        assert all(covers(text, code) >= 0 for code in codes)
        assert not any(covers(text, code) >= 0 for code in others)


def test_the_longest_prefix_decides():
    """A decision about a finer code goes before one about a coarser, whatever the order of the rows."""
    rows = [
        Decision("a b", "caliber ccsr", "only_ours", "icd10", code, code, "because of this", "pngroup")
        for code in ("I1", "I10 I11", "I119")
    ]
    for order in (rows, rows[::-1]):
        decisions = Decisions.of(order)
        found = {code: decisions.about("b", "ccsr", "only_ours", "icd10", code) for code in ("I12", "I110", "I119")}
        assert {code: row.code for code, row in found.items()} == {"I12": "I1", "I110": "I10 I11", "I119": "I119"}
        assert decisions.about("b", "ccsr", "only_theirs", "icd10", "I10") is None
        assert decisions.about("b", "ccsr", "only_ours", "icd10", "J10") is None


# -- the command and its pages ----------------------------------------------------------------------------------------


@pytest.mark.shared
def test_the_pages_are_what_the_command_writes(tmp_path):
    """The pages of the repository are those that the command writes now, and writing them again changes no byte."""
    reference = REPOSITORY / "docs" / "reference"
    names = (*PAGES, "comparison.csv")
    for name in names:
        shutil.copy(reference / name, tmp_path / name)
    answer = run(REPOSITORY, "--pages", tmp_path)
    assert answer.returncode == 0, answer.stderr
    old = [name for name in names if (tmp_path / name).read_bytes() != (reference / name).read_bytes()]
    assert old == [], "run `make catalogue`"


@pytest.mark.shared
def test_prose_around_the_numbers_stays(tmp_path):
    """What a person wrote outside the markers of the page of numbers is kept when the numbers are made again."""
    page = tmp_path / "catalogue.md"
    text = (REPOSITORY / "docs" / "reference" / "catalogue.md").read_text(encoding="utf-8")
    page.write_text(text + "\nA sentence of somebody.\n", encoding="utf-8")
    assert run(REPOSITORY, "--pages", tmp_path).returncode == 0
    assert page.read_text(encoding="utf-8").endswith("\nA sentence of somebody.\n")


def test_without_the_lists_one_sentence_says_what_is_missing(tmp_path):
    """Where the lists of others are absent, the command writes nothing and says in one sentence what to put where."""
    shutil.copytree(REPOSITORY / "catalogue_checks", tmp_path / "catalogue_checks")
    answer = run(tmp_path, "--pages", tmp_path / "pages")
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "../shared/reference" in answer.stderr
    assert not (tmp_path / "pages").exists()
