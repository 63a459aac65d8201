"""Reading releases as they are published: folders, zips, several packages, and what can be wrong with them."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from pngroup.errors import DataError, MissingExtraError, UsageError
from pngroup.terminology import read_release
from pngroup.terminology.rf2 import NAMES
from release import (
    DATE,
    FINDING_SITE,
    POSSIBLY_EQUIVALENT_TO,
    SAME_AS,
    STATED,
    Association,
    Concept,
    IsA,
    Member,
    Package,
    concept_id,
    description_id,
    files,
    folder_of,
    package_of,
    zip_of,
)

C = [concept_id(number + 1) for number in range(12)]
REFSET = concept_id(900)
#: 0 is the root; 1 and 2 below it; 3 below both; 4 below 3; 5 is inactive.
PACKAGE = Package(
    [*(Concept(id_) for id_ in C[:5]), Concept(C[5], active=0)],
    [IsA(C[1], C[0]), IsA(C[2], C[0]), IsA(C[3], C[1]), IsA(C[3], C[2]), IsA(C[4], C[3])],
    [Member(REFSET, C[3]), Member(REFSET, C[5]), Member(REFSET, C[1], active=0)],
    [Association(SAME_AS, C[5], C[4]), Association(POSSIBLY_EQUIVALENT_TO, C[5], C[1], active=0)],
)


def refused(path, error=DataError):
    with pytest.raises(error) as raised:
        read_release(path)
    return raised.value


def links_of(release):
    return {(int(release.ids[i]), int(release.ids[p])) for i in range(len(release.ids)) for p in release.parents.of(i)}


@pytest.fixture
def folder(tmp_path) -> Path:
    return folder_of(tmp_path / "release", files(PACKAGE))


def test_an_international_folder_is_read(folder):
    """Concepts, inferred is-a relationships, reference sets and associations of a folder are as they were written."""
    release = read_release(folder)
    assert release.ids.tolist() == C[:6]
    assert release.ids.dtype == np.int64
    assert release.active.tolist() == [True] * 5 + [False]
    assert links_of(release) == {(row.child, row.parent) for row in PACKAGE.relationships}
    assert release.date == DATE
    assert release.expand(f"^ {REFSET}").tolist() == [C[3], C[5]]
    assert release.substitutes([C[5]]).active.tolist() == [C[4]]
    counts = release.report.counts
    assert counts["concepts"] == 6
    assert counts["inactive_concepts"] == counts["members_inactive"] == counts["associations_inactive"] == 1
    assert counts["without_parents"] == 1
    assert counts["ignored_files"] == 5
    assert {each.kind for each in release.report.files} == {"concept", "relationship", "simple", "association"}


def test_all_layouts_give_the_same_release(tmp_path, folder):
    """A folder, a zip, the Monolith of the UK, and a zip inside a folder give the same release to the last bit."""
    mono = files(PACKAGE, kind="MONO", tail="GB", date="20240410")
    places = [
        folder,
        zip_of(tmp_path / "a.zip", files(PACKAGE)),
        zip_of(tmp_path / "mono.zip", mono),
        folder_of(tmp_path / "mono", mono, name="SnomedCT_MonolithRF2_PRODUCTION"),
        folder / "SnomedCT_InternationalRF2_PRODUCTION",
    ]
    (tmp_path / "downloads").mkdir()
    zip_of(tmp_path / "downloads" / "b.zip", mono)
    places.append(tmp_path / "downloads")
    assert len({read_release(place).fingerprint for place in places}) == 1


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(tmp_path_factory, random):
    """Rows in any order, in any of the files, give the same release."""
    shuffled = Package(*(random.sample(rows, len(rows)) for rows in PACKAGE))
    folder = tmp_path_factory.mktemp("shuffled")
    one = read_release(zip_of(folder / "one.zip", files(PACKAGE)))
    other = read_release(zip_of(folder / "other.zip", files(shuffled)))
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sct2_Concept_Snapshot_INT_20230731.txt", "concept"),
        ("xsct2_Concept_Snapshot_INT_20230731.txt", "concept"),
        ("sct2_Concept_MONOSnapshot_GB_20251217.txt", "concept"),
        ("sct2_Concept_UKCLSnapshot_GB1000000_20260506.txt", "concept"),
        ("sct2_Relationship_Snapshot_US1000124_20230901.txt", "relationship"),
        ("der2_Refset_SimpleMONOSnapshot_GB_20251217.txt", "simple"),
        ("der2_Refset_SimpleSnapshot_1000230_20251217.txt", "simple"),
        ("der2_cRefset_AssociationReferenceSnapshot_INT_20190131.txt", "association"),
        ("der2_cRefset_AssociationUKDGSnapshot_GB1000001_20260506.txt", "association"),
        ("sct2_Concept_Full_INT_20230731.txt", None),
        ("sct2_Concept_MONODelta_GB_20251217.txt", None),
        ("sct2_StatedRelationship_Snapshot_INT_20230731.txt", None),
        ("sct2_RelationshipConcreteValues_MONOSnapshot_GB_20251217.txt", None),
        ("sct2_Description_MONOSnapshot-en_GB_20251217.txt", None),
        ("der2_cRefset_AttributeValueSnapshot_INT_20230731.txt", None),
        ("der2_cRefset_LanguageSnapshot-en_INT_20230731.txt", None),
        ("der2_sRefset_SimpleMapSnapshot_INT_20230731.txt", None),
        ("._sct2_Concept_Snapshot_INT_20230731.txt", None),
    ],
)
def test_files_are_known_by_their_published_names(name, kind):
    """The names under which releases are published are told apart: what is read, and what lies beside it."""
    assert [each for each, pattern in NAMES.items() if pattern.fullmatch(name)] == ([kind] if kind else [])


def test_several_packages_are_one_release(tmp_path):
    """International, clinical and drug packages together are one release; of each component the latest row counts."""
    international = PACKAGE
    clinical = Package(
        # 4 has become inactive, 6 is new; the is-a from 4 ended and one row is repeated as it was.
        [Concept(C[4], active=0, time="20240405"), Concept(C[6], time="20240405"), Concept(C[0])],
        [IsA(C[4], C[3], active=0, time="20240405"), IsA(C[6], C[3], time="20240405"), IsA(C[1], C[0])],
        [Member(REFSET, C[3], active=0, time="20240405"), Member(REFSET, C[6], time="20240405")],
        [Association(SAME_AS, C[4], C[6], time="20240405")],
    )
    drug = Package([Concept(C[7], time="20240406")], [IsA(C[7], C[2], time="20240406")])
    expected = None
    for order in ((0, 1, 2), (2, 1, 0)):
        place = tmp_path / str(order)
        for name, at in zip("abc", order, strict=True):
            package, kind, tail = (
                (international, "", "INT"),
                (clinical, "UKCL", "GB1000000"),
                (drug, "UKDG", "GB1000001"),
            )[at]
            folder_of(place, files(package, kind=kind, tail=tail), name=f"{name}_{kind}")
        release = read_release(place)
        assert release.ids.tolist() == C[:8]
        assert release.ids[~release.active].tolist() == [C[4], C[5]]
        assert release.expand(f"<< {C[3]}").tolist() == [C[3], C[6]]
        assert release.expand(f"^ {REFSET}").tolist() == [C[5], C[6]]
        assert release.substitutes([C[5]]).active.tolist() == [C[6]]
        assert release.report.counts["superseded"] == 3
        assert release.report.counts["same_again"] == 2
        assert release.date == "20240406"
        expected = expected or release.fingerprint
        assert release.fingerprint == expected


def test_what_is_left_out_is_counted(tmp_path):
    """Relationships and members that cannot be used are counted, each under its own reason."""
    odd = Package(
        PACKAGE.concepts,
        [
            *PACKAGE.relationships,
            IsA(C[4], C[1], characteristic=STATED),
            IsA(C[4], C[2], active=0),
            IsA(C[4], C[9]),
            IsA(C[5], C[1]),
            IsA(C[4], C[1], type=FINDING_SITE),
            IsA(C[3], C[1], id=concept_id(77)),
        ],
        [Member(REFSET, C[9]), Member(REFSET, description_id(5)), Member(REFSET, C[1])],
        [Association(SAME_AS, C[5], C[9]), Association(SAME_AS, description_id(5), C[1])],
    )
    release = read_release(folder_of(tmp_path, files(odd)))
    counts = release.report.counts
    assert links_of(release) == {(row.child, row.parent) for row in PACKAGE.relationships}
    for key in (
        "is_a_not_inferred",
        "is_a_inactive",
        "is_a_unknown_concept",
        "is_a_inactive_concept",
        "is_a_repeated",
        "members_unknown_concept",
        "members_no_concept",
        "associations_unknown_concept",
        "associations_no_concept",
    ):
        assert counts[key] == 1, key
    assert "1 is-a relationships left out: inactive" in str(release.report)


def changed(contents, ending, change):
    """The files of a package with one of them changed."""
    [path] = [each for each in contents if f"/{ending}" in each and "Snapshot/" in each]
    return contents | {path: change(contents[path])}


@pytest.mark.parametrize(
    "row",
    [
        "x",
        "12\t2024",
        "abc\t20240401\t1\t1\t1",
        "\t20240401\t1\t1\t1",
        f"{C[8]}\t\t1\t1\t1",
        f"{C[8]}\t20240401\t2\t1\t1",
    ],
    ids=["one cell", "two cells", "no number", "no id", "no date", "neither active nor inactive"],
)
def test_a_row_that_cannot_be_read_is_counted(tmp_path, row):
    """A row with too few cells, without an id or date, or with letters in place of a number is counted and left out."""
    contents = changed(files(PACKAGE), "sct2_Concept_", lambda text: text + row + "\r\n")
    release = read_release(folder_of(tmp_path, contents))
    assert release.ids.tolist() == C[:6]
    assert release.report.counts["unreadable"] == 1


def test_a_reference_set_row_without_a_uuid_is_counted(tmp_path):
    """A member whose own id is no UUID is counted and left out."""
    row = f"no-uuid\t20240401\t1\t1\t{REFSET}\t{C[1]}\r\n" + f"{'z' * 36}\t20240401\t1\t1\t{REFSET}\t{C[1]}\r\n"
    contents = changed(files(PACKAGE), "der2_Refset_Simple", lambda text: text + row)
    release = read_release(folder_of(tmp_path, contents))
    assert release.report.counts["unreadable"] == 2
    assert release.expand(f"^ {REFSET}").tolist() == [C[3], C[5]]


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """A file with bytes that are no text is refused by name."""
    place = folder_of(tmp_path, files(PACKAGE))
    [members] = place.rglob("der2_Refset_Simple*")
    members.write_bytes(members.read_bytes() + b"\xff\xfe" * 18 + f"\t{DATE}\t1\t1\t{REFSET}\t{C[1]}\r\n".encode())
    assert "der2_Refset_Simple" in refused(place).where


def test_the_arrays_of_a_release_do_not_change(folder):
    """The arrays of a release cannot be written to: everything that is asked of it shares them."""
    release = read_release(folder)
    for array in release.content.arrays():
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_byte_order_marks_and_line_ends_do_no_harm(tmp_path):
    """Files with a byte order mark, or without carriage returns, are read as others."""
    contents = {path: "\ufeff" + text.replace("\r\n", "\n") for path, text in files(PACKAGE).items()}
    release = read_release(folder_of(tmp_path, contents))
    assert release.fingerprint == read_release(folder_of(tmp_path / "b", files(PACKAGE))).fingerprint


def test_a_file_that_is_mostly_unreadable_is_refused(tmp_path):
    """More than one unreadable row in a hundred (and more than ten) is no slip: the release is refused."""
    contents = changed(files(PACKAGE), "sct2_Concept_", lambda text: text + "broken\r\n" * 11)
    assert "11 of 17 rows cannot be read" in refused(folder_of(tmp_path, contents)).what


@pytest.mark.parametrize("ending", ["sct2_Concept_", "sct2_Relationship_", "der2_Refset_Simple", "der2_cRefset_Assoc"])
def test_a_wrong_header_is_refused(tmp_path, ending):
    """A file whose header is not that of its name is refused by name, not read by position."""
    contents = changed(files(PACKAGE), ending, lambda text: text.replace("effectiveTime", "effectivetime", 1))
    error = refused(folder_of(tmp_path, contents))
    assert "header" in error.what
    assert ending in error.where


@pytest.mark.parametrize("ending", ["sct2_Concept_", "sct2_Relationship_"])
def test_an_empty_file_is_refused(tmp_path, ending):
    """A file of no bytes at all is refused; one with a header alone leaves no hierarchy and is refused too."""
    nothing = changed(files(PACKAGE), ending, lambda _: "")
    assert "empty" in refused(folder_of(tmp_path / "a", nothing)).what
    header = changed(files(PACKAGE), ending, lambda text: text.split("\r\n")[0] + "\r\n")
    assert refused(folder_of(tmp_path / "b", header)).what.startswith(("no concept is", "no active is-a relationship"))


def test_reference_sets_may_be_missing(tmp_path):
    """A release without reference set files is read; it has none."""
    contents = {path: text for path, text in files(PACKAGE).items() if "/Refset/" not in path}
    release = read_release(folder_of(tmp_path, contents))
    assert release.report.counts["refsets"] == 0
    assert release.substitutes([C[5]]).without.tolist() == [C[5]]


def test_a_truncated_zip_is_refused(tmp_path):
    """A zip that was cut off, or damaged inside, is refused by name and never read in part."""
    whole = zip_of(tmp_path / "whole.zip", files(PACKAGE)).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert "cut.zip" in refused(tmp_path / "cut.zip").where
    with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
        [inside] = [each for each in archive.infolist() if "sct2_Concept_Snapshot" in each.filename]
    at = inside.header_offset + 30 + len(inside.filename) + inside.compress_size // 2
    (tmp_path / "hurt.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    assert "sct2_Concept" in refused(tmp_path / "hurt.zip").where


def test_two_dates_of_one_package_are_refused(tmp_path):
    """Two downloads in one folder are refused: their union is a release that nobody has published."""
    folder_of(tmp_path, files(PACKAGE), name="first")
    folder_of(tmp_path, files(PACKAGE, date="20241001"), name="second")
    error = refused(tmp_path)
    assert "20240401" in error.what
    assert "20241001" in error.what


def test_the_same_package_twice_is_read_once(tmp_path, folder):
    """A zip beside the folder that was unpacked from it changes nothing."""
    zip_of(folder / "download.zip", files(PACKAGE))
    release = read_release(folder)
    assert release.fingerprint == read_release(folder_of(tmp_path / "alone", files(PACKAGE))).fingerprint
    assert release.report.counts["same_again"] > 0


def test_two_states_of_one_date_are_refused(tmp_path):
    """Two packages that say different things of one component on one date cannot both be right."""
    folder_of(tmp_path, files(PACKAGE), name="a")
    folder_of(tmp_path, files(Package([Concept(C[1], active=0)], []), kind="UKCL", tail="GB1"), name="b")
    assert "two rows of one date that differ" in refused(tmp_path).what


def test_a_circle_is_refused(tmp_path):
    """A release in which a concept stands below itself is refused and the concepts are named."""
    circle = package_of([(1, 0), (2, 1), (3, 2), (1, 3)], 4)
    error = refused(folder_of(tmp_path, files(circle)))
    assert all(str(C[at]) in error.what for at in (1, 2, 3))


@pytest.mark.parametrize("given", ["", "no/such/place", 3, None])
def test_a_path_that_is_none_is_refused(given):
    """What is no path, or leads nowhere, is wrong usage."""
    assert refused(given, UsageError).where == "release"


def test_a_folder_without_a_release_is_refused(tmp_path):
    """A folder with Full and Delta files alone, or without relationships, is refused."""
    contents = files(PACKAGE)
    folder_of(tmp_path / "full", {path: text for path, text in contents.items() if "Snapshot/" not in path})
    assert "no snapshot file of concepts" in refused(tmp_path / "full").what
    folder_of(tmp_path / "half", {path: text for path, text in contents.items() if "sct2_Relationship_" not in path})
    assert "no snapshot file of relationships" in refused(tmp_path / "half").what


def test_without_pyarrow_the_extra_is_named(folder, monkeypatch):
    """Where pyarrow is not installed the error says what to install."""
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"] + ["pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert "pngroup[terminology]" in refused(folder, MissingExtraError).remedy
