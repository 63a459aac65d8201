"""The cache of a release: only where the caller says, never believed when damaged or outdated."""

from __future__ import annotations

import os

import numpy as np
import pytest

from pngroup.errors import UsageError
from pngroup.terminology import keeping, read_release
from release import files, folder_of, zip_of
from test_terminology_expressions import C, mini


@pytest.fixture
def place(tmp_path):
    return folder_of(tmp_path / "release", files(mini()))


@pytest.fixture
def cache(tmp_path):
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def kept(cache):
    [file] = cache.iterdir()
    return file


def test_a_kept_release_is_the_same(place, cache):
    """From the cache the release is the same to the last bit, with the same counts; the report says so."""
    plain, first, second = read_release(place), read_release(place, cache=cache), read_release(place, cache=str(cache))
    assert [each.report.cache for each in (plain, first, second)] == [
        "not asked for",
        "made now",
        "read from the cache",
    ]
    assert plain.fingerprint == first.fingerprint == second.fingerprint
    assert plain.report.counts == second.report.counts
    assert plain.report.files == second.report.files
    assert second.date == plain.date
    for text in (f"<< {C[1]}", f"> {C[11]}", "^ *"):
        assert np.array_equal(plain.expand(text, history="maximum"), second.expand(text, history="maximum"))
    assert np.array_equal(plain.closure().targets, second.closure().targets)


def test_nothing_is_written_without_a_cache(place, cache, tmp_path, monkeypatch):
    """Without `cache` no file is made anywhere, neither beside the release nor where the program runs."""
    monkeypatch.chdir(cache)
    before = sorted(tmp_path.rglob("*"))
    read_release(place)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_changed_release_is_read_anew(place, cache):
    """A release that has changed since is read anew, and the report says so; the new one is kept."""
    read_release(place, cache=cache)
    [relationships] = place.rglob("sct2_Relationship_Snapshot*")
    text = relationships.read_text(encoding="utf-8").splitlines(keepends=True)
    relationships.write_text("".join(text[:-1]), encoding="utf-8", newline="")
    again = read_release(place, cache=cache)
    assert again.report.cache == "made anew: the release has changed"
    assert again.fingerprint == read_release(place).fingerprint
    assert read_release(place, cache=cache).report.cache == "read from the cache"


def test_a_touched_file_counts_as_changed(place, cache):
    """A file of another time is taken for changed even at the same size; in a zip the checksum decides."""
    read_release(place, cache=cache)
    [concepts] = place.rglob("sct2_Concept_Snapshot*")
    os.utime(concepts, (1, 1))
    assert "has changed" in read_release(place, cache=cache).report.cache
    packed = zip_of(place.parent / "release.zip", files(mini()))
    read_release(packed, cache=cache)
    os.utime(packed, (1, 1))
    assert read_release(packed, cache=cache).report.cache == "read from the cache"


def test_damage_of_any_byte_is_noticed(place, cache):
    """A kept file that was cut, emptied, overwritten or changed in one byte is made anew and never believed."""
    true = read_release(place, cache=cache).fingerprint
    file = kept(cache)
    whole = file.read_bytes()
    random = np.random.default_rng(3)
    spoilt = [b"", whole[:100], whole[: len(whole) // 2], whole[:-1], b"x" * len(whole)]
    places = random.integers(0, len(whole), 40).tolist()
    spoilt += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    n_anew = 0
    for data in spoilt:
        file.write_bytes(data)
        release = read_release(place, cache=cache)
        assert release.fingerprint == true
        assert np.array_equal(release.expand("*"), read_release(place).expand("*"))
        assert release.parents.targets.tolist() == read_release(place).parents.targets.tolist()
        n_anew += release.report.cache.startswith("made anew")
    assert n_anew > len(spoilt) / 2


def test_a_file_of_another_version_is_made_anew(place, cache, monkeypatch):
    """A kept file of another version of the library is made anew."""
    monkeypatch.setattr(keeping, "FORMAT", -1)
    read_release(place, cache=cache)
    monkeypatch.undo()
    assert read_release(place, cache=cache).report.cache == "made anew: the file was of another version"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interruption_leaves_no_half_file(place, cache, monkeypatch, error):
    """When writing ends early, an older file stays as it was and nothing half written is left."""
    read_release(place, cache=cache)
    old = kept(cache).read_bytes()
    [concepts] = place.rglob("sct2_Concept_Snapshot*")
    os.utime(concepts, (1, 1))

    def fail(stream, **_):
        stream.write(b"half")
        raise error

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(UsageError if isinstance(error, OSError) else KeyboardInterrupt):
        read_release(place, cache=cache)
    assert kept(cache).read_bytes() == old


@pytest.mark.parametrize("given", ["nowhere", 3])
def test_a_cache_that_is_no_folder_is_refused(place, given):
    """A folder that does not exist is not made: the caller says where things are written."""
    with pytest.raises(UsageError) as raised:
        read_release(place, cache=given)
    assert raised.value.where == "argument cache"
