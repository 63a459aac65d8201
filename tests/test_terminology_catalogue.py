"""Expanding the catalogue with a release: what is added, what never is, and what the report says."""

from __future__ import annotations

import csv

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

import pngroup
from pngroup.catalogue import Refset, Root, apply_overlay, load_catalogue, read_overlay
from pngroup.catalogue.dismissal import Dismissals
from pngroup.catalogue.mapping import ExactRules
from pngroup.errors import ModelError, UsageError
from pngroup.terminology import expand_catalogue, read_release, save_catalogue
from pngroup.vocabulary import CodeSystem
from release import (
    POSSIBLY_EQUIVALENT_TO,
    SAME_AS,
    WAS_A,
    Association,
    Concept,
    IsA,
    Member,
    Package,
    concept_id,
    files,
    folder_of,
)

SNOMED = CodeSystem.SNOMED
SOURCE = ("pngroup",)
C = [concept_id(number + 1) for number in range(30)]
SET = concept_id(901)
TOP, DIABETES, TYPE_1, TYPE_2, GESTATIONAL, IN_GESTATION, STRAY, OTHER_ROOT = C[:8]
NEGATED, FAMILY, NEVER, BELOW_NEVER, MEMBER = C[8:13]
OLD, OLD_EXCLUDED, OLD_BOTH, OLD_PACKAGED, OLD_UNSURE, GONE = C[13:19]
ABSENT = C[29]


def mini() -> Package:
    old = {OLD, OLD_EXCLUDED, OLD_BOTH, OLD_PACKAGED, OLD_UNSURE, GONE}
    return Package(
        [Concept(id_, active=int(id_ not in old)) for id_ in C[:19]],
        [
            IsA(child, parent)
            for child, parent in [
                (DIABETES, TOP), (TYPE_1, DIABETES), (TYPE_2, DIABETES), (GESTATIONAL, DIABETES),
                (IN_GESTATION, GESTATIONAL), (IN_GESTATION, TYPE_2), (STRAY, TOP), (OTHER_ROOT, TOP),
                (NEGATED, DIABETES), (FAMILY, DIABETES), (NEVER, TOP), (BELOW_NEVER, NEVER),
                (BELOW_NEVER, DIABETES), (MEMBER, TOP),
            ]
        ],
        [Member(SET, MEMBER), Member(SET, OLD), Member(SET, BELOW_NEVER)],
        [
            Association(SAME_AS, OLD, TYPE_1),
            Association(WAS_A, OLD_EXCLUDED, GESTATIONAL),
            Association(WAS_A, OLD_BOTH, TYPE_2),
            Association(WAS_A, OLD_BOTH, GESTATIONAL),
            Association(SAME_AS, OLD_PACKAGED, OTHER_ROOT),
            Association(POSSIBLY_EQUIVALENT_TO, OLD_UNSURE, TYPE_2),
        ],
    )  # fmt: skip


def root(condition, code, role="root"):
    return Root(condition, role, str(code), SOURCE, "", "roots.csv, line 2")


def base_of(packaged, roots, refsets=(), dismissed=()):
    """A small catalogue: that which ships, with other SNOMED CT tables."""
    core = load_catalogue("core")
    codes = {str(code): (conditions, "pngroup", line) for line, (code, conditions) in enumerate(packaged.items(), 2)}
    rows = {("exact", str(code)): (reason, "", "pngroup", 2) for code, reason in dismissed}
    return evolve(
        core,
        rules={**core.rules, SNOMED: ExactRules("snomed", "ids.csv", codes)},
        dismissals={**core.dismissals, SNOMED: Dismissals("snomed", "no_condition.csv", rows)},
        roots=tuple(roots),
        refsets=tuple(refsets),
    )


ROOTS = [
    root("diabetes", DIABETES),
    root("diabetes", GESTATIONAL, "exclude"),
    root("diabetes", ABSENT),
    root("dementia", OTHER_ROOT),
    root("never", NEVER),
]
REFSETS = [
    Refset("diabetes", "DM_COD", str(SET), SOURCE, "refsets.csv, line 2"),
    Refset("dementia", "DEM_COD", "", SOURCE, "refsets.csv, line 3"),
]
PACKAGED = {TYPE_1: "diabetes", STRAY: "diabetes", OLD_PACKAGED: "diabetes", ABSENT: "diabetes",
            GESTATIONAL: "diabetes",
            OLD_UNSURE: "asthma diabetes"}  # fmt: skip
DISMISSED = [(NEGATED, "negated"), (FAMILY, "family_history"), (MEMBER, "symptom_or_sign")]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return read_release(folder_of(tmp_path_factory.mktemp("catalogue"), files(mini())))


@pytest.fixture
def base():
    return base_of(PACKAGED, ROOTS, REFSETS, DISMISSED)


def texts(*ids):
    return tuple(map(str, sorted(ids)))


def test_a_condition_gains_what_its_roots_and_sets_hold(release, base):
    """Descendants, members, inactive predecessors and substitutes are added; exclusions and dismissals never are."""
    new, report = expand_catalogue(release, base)
    row = report.row("diabetes")
    assert row.gained == texts(DIABETES, TYPE_2, MEMBER, OLD, OTHER_ROOT)
    assert row.substituted == texts(OTHER_ROOT)
    assert {each.code: str(each) for each in row.additions} == {
        str(DIABETES): f"is or stands below {DIABETES}",
        str(TYPE_2): f"is or stands below {DIABETES}",
        str(MEMBER): f"is a member of {SET}",
        str(OLD): f"is a member of {SET}",
        str(OTHER_ROOT): f"replaces the inactive {OLD_PACKAGED}",
    }
    for code in row.gained:
        assert "diabetes" in new.meaning(code, SNOMED)
    for code in (IN_GESTATION, OLD_EXCLUDED, OLD_BOTH, NEGATED, FAMILY, NEVER, BELOW_NEVER, GONE, TOP):
        assert new.meaning(str(code), SNOMED) == frozenset()
    # In gestation, negated, family, below never, and the two that were of the excluded concept.
    assert row.n_kept_out == 6


@pytest.mark.parametrize(
    "reason", ["negated", "family_history", "suspected_or_ruled_out", "screening_or_exposure", "risk_factor"]
)
@pytest.mark.parametrize("code", [TYPE_2, MEMBER])
def test_what_is_said_not_to_be_the_disease_is_never_brought_back(release, reason, code):
    """Said not to be there, in the family, suspected, screened for, at risk of: neither a root nor a set adds it."""
    new, report = expand_catalogue(release, base_of(PACKAGED, ROOTS, REFSETS, [(code, reason)]))
    assert str(code) not in report.row("diabetes").gained
    assert report.redecided == ()
    assert new.meaning(str(code), SNOMED) == frozenset()
    assert new.dismissal(str(code), SNOMED).reason == reason


def test_packaged_ids_are_kept_and_told(release, base):
    """No packaged id is taken away; what the release does not lead to, does not have or contradicts is told."""
    new, report = expand_catalogue(release, base)
    row = report.row("diabetes")
    assert row.packaged == texts(*PACKAGED)
    assert row.lost == texts(STRAY, OLD_PACKAGED, ABSENT, GESTATIONAL, OLD_UNSURE)
    assert row.inactive == texts(OLD_PACKAGED, OLD_UNSURE)
    assert row.unknown == texts(ABSENT)
    assert row.doubted == texts(GESTATIONAL)
    assert row.roots_missing == texts(ABSENT)
    assert report.row("dementia").refsets_missing == ("DEM_COD",)
    assert report.row("dementia").gained == texts(OTHER_ROOT, OLD_PACKAGED)
    assert [each.condition for each in report.rows] == ["dementia", "diabetes"]
    assert report.redecided == texts(MEMBER)
    for code, conditions in PACKAGED.items():
        assert set(conditions.split()) <= new.meaning(str(code), SNOMED)
    remarks = " ".join(report.remarks())
    assert f"diabetes ({ABSENT})" in remarks
    assert "dementia (DEM_COD)" in remarks
    changes = {(condition, code): change for condition, code, change, _ in report.changes() if change == "gained"}
    assert ("diabetes", str(TYPE_2)) in changes


def test_possibly_equivalent_concepts_are_never_used(release, base):
    """An association that leaves the choice to a person adds nothing unless the largest history is asked for."""
    base = base_of({OLD_UNSURE: "dementia"}, [root("dementia", OTHER_ROOT)])
    _, report = expand_catalogue(release, base)
    assert str(TYPE_2) not in report.row("dementia").gained
    _, least = expand_catalogue(release, base, history="none")
    assert least.row("dementia").gained == texts(OTHER_ROOT)


@pytest.mark.parametrize(("history", "gained"), [("none", ()), ("min", (OLD,)), ("moderate", (OLD, OLD_BOTH))])
def test_history_is_as_asked_for(release, history, gained):
    """Which inactive concepts are added is the caller's choice."""
    _, report = expand_catalogue(
        release, base_of({}, [root("diabetes", TYPE_1), root("diabetes", TYPE_2)]), history=history
    )
    inactive = {each.code for each in report.row("diabetes").additions if each.how == "history"}
    assert inactive == set(texts(*gained))


def test_an_inactive_root_stands_for_its_substitute(release):
    """An inactive root or exclusion does not fail in silence: what replaces it is used, and the report says so."""
    _, report = expand_catalogue(release, base_of({}, [root("diabetes", DIABETES), root("diabetes", OLD, "exclude")]))
    row = report.row("diabetes")
    assert row.roots_inactive == texts(OLD)
    assert str(TYPE_1) not in row.gained
    assert str(TYPE_2) in row.gained
    _, report = expand_catalogue(release, base_of({}, [root("dementia", OLD_PACKAGED)]))
    assert set(report.row("dementia").gained) == set(texts(OTHER_ROOT, OLD_PACKAGED))


def test_the_new_catalogue_says_why(release, base):
    """Each added row names its root or reference set in its note and its source, and the source says what it is."""
    new, _ = expand_catalogue(release, base)
    assert new.name == base.name
    assert new.edition == "2026.1+20240401"
    [row] = new.rows_for(str(TYPE_2), SNOMED)
    assert row.note == f"is or stands below {DIABETES}"
    assert row.source == (f"release-diabetes-{DIABETES}",)
    source = new.sources[row.source[0]]
    assert str(DIABETES) in source.title
    assert source.date == "20240401"
    for code in new.rules[SNOMED].codes:
        for each in new.rows_for(code, SNOMED):
            assert each.source
            assert set(each.source) <= set(new.sources)
    assert set(base.sources) < set(new.sources)


def test_the_fingerprint_follows_the_meaning(release, base):
    """The new catalogue has a fingerprint of its own, the same each time, another for another base or history."""
    one, _ = expand_catalogue(release, base)
    assert one.fingerprint == expand_catalogue(release, base)[0].fingerprint
    assert one.fingerprint != base.fingerprint
    assert one.fingerprint != expand_catalogue(release, base, history="none")[0].fingerprint
    assert one.fingerprint != expand_catalogue(release, evolve(base, fingerprint="other"))[0].fingerprint


@settings(max_examples=30, deadline=None)
@given(st.permutations(ROOTS), st.permutations(REFSETS), st.permutations(list(PACKAGED)), st.permutations(DISMISSED))
def test_the_order_of_tables_means_nothing(release, roots, refsets, packaged, dismissed):
    """Rows of roots, reference sets, ids and dismissals in any order give the same catalogue."""
    expected, _ = expand_catalogue(release, base_of(PACKAGED, ROOTS, REFSETS, DISMISSED))
    given_base = base_of({code: PACKAGED[code] for code in packaged}, roots, refsets, dismissed)
    new, _ = expand_catalogue(release, given_base)
    assert new.fingerprint == expected.fingerprint
    for code in map(str, C):
        assert new.meaning(code, SNOMED) == expected.meaning(code, SNOMED)


def test_what_an_overlay_took_out_stays_out(release, base, tmp_path):
    """An id that a site's overlay removes or dismisses is not brought back by a root."""
    (tmp_path / "own.toml").write_text(
        f"""
[overlay]
name = "own"
edition = "1"
base = "core"

[[codes]]
action = "remove"
system = "snomed"
code = "{TYPE_1}"
condition = "diabetes"
because = "decided here"
source = "own"

[[codes]]
action = "dismiss"
system = "snomed"
code = "{TYPE_2}"
reason = "minor_or_local"
because = "decided here"
source = "own"
""",
        encoding="utf-8",
    )
    own = apply_overlay(base, read_overlay(tmp_path / "own.toml"))
    new, report = expand_catalogue(release, own)
    assert str(DIABETES) in report.row("diabetes").gained
    for code in (str(TYPE_1), str(TYPE_2)):
        assert code not in report.row("diabetes").gained
        assert new.meaning(code, SNOMED) == frozenset()


def test_an_id_that_reveals_a_restricted_topic_still_does(release):
    """An id that a root leads to counts for its condition and keeps the restricted topic that it reveals."""
    base = base_of({TYPE_1: "restricted:gender"}, [root("diabetes", DIABETES)])
    new, _ = expand_catalogue(release, base)
    assert new.meaning(str(TYPE_1), SNOMED) == {"diabetes", "restricted:gender"}
    assert new.is_restricted(new.meaning(str(TYPE_1), SNOMED))
    assert {row.condition for row in new.rows_for(str(TYPE_1), SNOMED)} == {"diabetes", "restricted:gender"}


def test_an_expanded_catalogue_may_be_expanded_again(release, base):
    """Expanding twice with the same release adds nothing the second time and takes nothing away."""
    once, _ = expand_catalogue(release, base)
    twice, report = expand_catalogue(release, once)
    assert [row.gained for row in report.rows] == [(), ()]
    for code in map(str, C):
        assert twice.meaning(code, SNOMED) == once.meaning(code, SNOMED)


def test_a_catalogue_without_roots_is_refused(release):
    """A catalogue from which SNOMED CT was removed cannot be expanded, and the error says so."""
    with pytest.raises(UsageError, match="neither roots nor reference sets"):
        expand_catalogue(release, base_of({}, []))
    with pytest.raises(UsageError, match="history"):
        expand_catalogue(release, base_of({}, ROOTS), history="all")
    with pytest.raises(UsageError, match="argument release"):
        expand_catalogue("release.zip")


# --- the catalogue that ships ---


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A release in which one root of the packaged catalogue exists, with an invented concept below it."""
    core = load_catalogue("core")
    top = next(int(each.code) for each in core.roots if each.condition == "dementia" and each.role == "root")
    package = Package([Concept(C[0]), Concept(top), Concept(C[1])], [IsA(top, C[0]), IsA(C[1], top)])
    return read_release(folder_of(tmp_path_factory.mktemp("real"), files(package))), C[1]


def test_a_saved_catalogue_means_the_same(real, tmp_path):
    """The folder that is written is taken wherever a catalogue is, and means what the expanded catalogue means."""
    release, code = real
    expanded, report = expand_catalogue(release, "core")
    place = save_catalogue(expanded, report, tmp_path / "ours")
    saved = load_catalogue(place)
    assert pngroup.lookup([str(code)], "snomed", catalogue=place) == [("dementia",)]
    for each in expanded.rules[SNOMED].codes:
        assert saved.meaning(each, SNOMED) == expanded.meaning(each, SNOMED)
    assert saved.meaning("E119", CodeSystem.ICD10) == expanded.meaning("E119", CodeSystem.ICD10)
    assert len(saved.rules[SNOMED].codes) == len(expanded.rules[SNOMED].codes)
    assert saved.dismissals[SNOMED].rows.keys() == expanded.dismissals[SNOMED].rows.keys()
    assert saved.roots == tuple(
        evolve(each, place=mine.place) for each, mine in zip(expanded.roots, saved.roots, strict=True)
    )
    assert "must not be published" in (place / "snomed" / "NOTICE").read_text(encoding="utf-8")
    with (place / "snomed" / "expansion.csv").open(encoding="utf-8", newline="") as file:
        assert {(row["condition"], row["code"]) for row in csv.DictReader(file)} >= {("dementia", str(code))}
    assert [each.name for each in tmp_path.iterdir()] == ["ours"]
    again, _ = expand_catalogue(release, place)
    assert again.meaning(str(code), SNOMED) == {"dementia"}


def test_a_saved_catalogue_never_replaces_anything(real, tmp_path, monkeypatch):
    """An existing folder is refused; what ends early leaves nothing; the base must be the one that was expanded."""
    release, _ = real
    expanded, report = expand_catalogue(release, "core")
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        save_catalogue(expanded, report, tmp_path / "there")
    with pytest.raises(UsageError, match="does not exist"):
        save_catalogue(expanded, report, tmp_path / "no" / "where")
    with pytest.raises(UsageError, match="not expanded from this base"):
        save_catalogue(expanded, evolve(report, base="another"), tmp_path / "new")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pngroup.terminology.saving.read_catalogue", fail)
    with pytest.raises(UsageError, match="No space left"):
        save_catalogue(expanded, report, tmp_path / "new")
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_a_saved_catalogue_keeps_its_name_and_edition(real, tmp_path):
    """Read again from its folder, an expanded catalogue is called as it was: two releases cannot be taken for one."""
    release, _ = real
    expanded, report = expand_catalogue(release, "core")
    again = load_catalogue(save_catalogue(expanded, report, tmp_path / "ours"))
    assert (again.name, again.edition) == (expanded.name, expanded.edition)
    (tmp_path / "ours" / "edition.toml").write_text("[catalogue]\nname = 3\n", encoding="utf-8")
    with pytest.raises(ModelError, match="name and edition of the catalogue cannot be read"):
        load_catalogue(tmp_path / "ours")
