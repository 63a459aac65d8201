"""Short texts as pairs of numbers: read from the memory of three libraries, numbered and looked up."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from pngroup.frames import numbering_text
from pngroup.frames.hashing import MULTIPLIER
from pngroup.frames.numbering_text import SharedNumberError, TextTable, distinct_text
from pngroup.frames.short_text import LONGEST, chunk_words, short_text, texts_of, words_of
from pngroup.threads import in_blocks

SHORT = st.text(max_size=LONGEST).filter(lambda text: len(text.encode("utf-8", "replace")) <= LONGEST and is_text(text))
COLUMNS = {
    "polars": lambda rows: pl.Series(rows, dtype=pl.String),
    "arrow": lambda rows: pa.chunked_array([pa.array(rows, pa.string())]),
    "arrow large": lambda rows: pa.chunked_array([pa.array(rows, pa.large_string())]),
    "arrow chunks": lambda rows: pa.chunked_array(
        [pa.array(rows[:2], pa.string()), pa.array(rows, pa.string()).slice(2)], pa.string()
    ),
    "a slice of polars": lambda rows: pl.Series(["before", *rows, "after"], dtype=pl.String).slice(1, len(rows)),
}


def is_text(text):
    """Whether it can be written as UTF-8 at all."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


@pytest.mark.parametrize("kind", COLUMNS)
@given(rows=st.lists(SHORT | st.none(), min_size=1, max_size=30))
def test_texts_come_back_from_their_words(kind, rows):
    """Words stand for exactly the text they were read from, whatever the library and its chunks."""
    text = short_text(COLUMNS[kind](rows))
    assert text is not None
    assert text.n_rows == len(rows)
    found = []
    for chunk in text.chunks():
        missing = np.zeros(chunk.n_rows, bool) if chunk.missing is None else chunk.missing
        words = np.where(missing[:, None], np.uint64(0), chunk_words(chunk, 0, chunk.n_rows))
        found += [None if gone else each for gone, each in zip(missing, texts_of(words), strict=True)]
    assert found == rows
    assert texts_of(words_of([row for row in rows if row is not None])) == [row for row in rows if row is not None]


@pytest.mark.parametrize("kind", COLUMNS)
@given(rows=st.lists(SHORT, min_size=1, max_size=5))
def test_one_long_text_makes_a_column_long(kind, rows):
    """A column with a text of more than twelve bytes is left to another way."""
    assert short_text(COLUMNS[kind]([*rows, "thirteen char", *rows])) is None
    assert words_of([*rows, "thirteen char"]) is None


@pytest.mark.parametrize("column", [pl.Series([1, 2]), pa.chunked_array([pa.array(["a"]).dictionary_encode()])])
def test_what_is_no_text_is_no_short_text(column):
    """Numbers and dictionaries have words of no kind."""
    assert short_text(column) is None


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=40)
@given(rows=st.lists(SHORT | st.none(), max_size=60))
def test_distinct_texts_are_those_of_a_dictionary(kind, rows):
    """Each row's place leads to its own text, each text once, and missing rows to none."""
    found = distinct_text(short_text(COLUMNS[kind](rows)))
    assert [None if at < 0 else found.values[at] for at in found.index.tolist()] == rows
    assert sorted(found.values.tolist()) == sorted({row for row in rows if row is not None})


def test_what_stands_under_a_missing_row_is_never_read():
    """polars leaves the old text in memory where it puts a null: the row is missing, whatever lies there."""
    ids = pl.DataFrame({"id": ["a", "  (not known to this practice)", "b", None, "  "]})
    short = ids.with_columns(pl.when(pl.col("id").str.len_bytes() <= LONGEST).then(pl.col("id")))["id"]
    text = short_text(short)
    table = TextTable()
    table.insert(words_of(["b", "a"]))
    assert table.find_in(text, missing=-2, blank=-3).tolist() == [1, -2, 0, -2, -3]
    assert distinct_text(text).values.tolist() == ["a", "b", "  "]


@pytest.mark.parametrize("n", [1, 7, 8, 9, 64, 1000])
def test_slices_of_columns_with_missing_rows_know_which_are(n):
    """Wherever a slice begins, its missing rows are those of the slice."""
    rows = [None if place % 3 == 0 else str(place) for place in range(1100)]
    column = pa.chunked_array([pa.array(rows).slice(start, n) for start in range(0, 1100, n)])
    assert distinct_text(short_text(column)).index.tolist().count(-1) == rows.count(None)
    found = distinct_text(short_text(column))
    assert [None if at < 0 else found.values[at] for at in found.index.tolist()] == rows


def test_a_column_that_exports_no_memory_is_read_another_way():
    """Older versions of polars and pyarrow have no such export; nothing is assumed of them."""
    assert short_text(object()) is None


def test_many_texts_in_several_blocks_are_numbered_once():
    """Two million rows with texts that appear late in the column are numbered as a dictionary numbers them."""
    random = np.random.default_rng(2)
    numbers = random.integers(0, 5000, 1_300_000)
    numbers[-5:] = [9001, 9002, 9001, 9003, 9002]
    column = pl.Series(numbers).cast(pl.String)
    found = distinct_text(short_text(column))
    assert len(found.values) == len(np.unique(numbers))
    assert (pl.Series(found.values.tolist()).gather(found.index) == column).all()


def test_texts_with_the_same_mixed_number_are_numbered_another_way(monkeypatch):
    """Where mixed numbers do not tell two texts apart, nothing is guessed: the column is left to its library."""
    monkeypatch.setattr(numbering_text, "mixed", lambda words: np.zeros(len(words), np.int64))
    with pytest.raises(SharedNumberError):
        TextTable().insert(words_of(["equal", "equaL"]))
    assert distinct_text(short_text(pl.Series(["equal", "equaL"]))) is None
    assert distinct_text(short_text(pl.Series(["equal", "equal"]))).values.tolist() == ["equal"]


def test_texts_with_the_same_second_word_never_share_a_mixed_number():
    """What the look-up rests on: from a mixed number and the second word the first word follows, step by step."""
    random = np.random.default_rng(4)
    words = random.integers(0, 1 << 64, (1000, 2), np.uint64)
    words[:64, 0] = 1 << np.arange(64, dtype=np.uint64)
    key = numbering_text.mixed(words).view(np.uint64) - words[:, 1]
    key ^= key >> np.uint64(32)
    assert np.array_equal(key * np.uint64(pow(int(MULTIPLIER), -1, 1 << 64)), words[:, 0])


def test_texts_that_share_a_mixed_number_are_told_apart():
    """Two texts made to share one are never taken for each other."""
    random = np.random.default_rng(4)
    words = np.zeros((200_000, 2), np.uint64)
    words[:, 0] = np.unique(random.integers(0, 1 << 62, 210_000))[:200_000]
    first, second = words[:1].copy(), words[1:2].copy()
    second[0, 1] = (numbering_text.mixed(first) - numbering_text.mixed(second)).view(np.uint64)[0]
    both = np.concatenate([first, second])
    assert len(set(numbering_text.mixed(both).tolist())) == 1
    with pytest.raises(SharedNumberError):
        TextTable().insert(both)


@pytest.mark.parametrize("n", [0, 1, 99, 100, 101, 1000])
def test_blocks_cover_all_rows_once(n):
    """Work on blocks sees each row once, and the exception of a block is raised."""
    seen = np.zeros(n, int)

    def work(start, stop):
        seen[start:stop] += 1

    in_blocks(n, work, size=100)
    assert (seen == 1).all()

    def fail(start, _stop):
        if start == 0:
            raise ZeroDivisionError

    if n:
        with pytest.raises(ZeroDivisionError):
            in_blocks(n, fail, size=100)


def test_what_lies_under_missing_rows_is_never_looked_at():
    """Where texts were made missing their memory stays: part of a character, bytes that are no text, long texts."""
    people = {"person_id": ["a", "b"], "age": [50, 60]}
    long = pl.Series(["a", "é" * 9, "b", "\u20ac" * 7, " ", None])
    short = pl.select(pl.when(long.str.len_bytes() <= LONGEST).then(long)).to_series()
    wrong = pa.array([b"a", b"\xff\xfe", b"b", b"\xc3", b" ", None], pa.binary())
    masked = pa.StringArray.from_buffers(
        6, *wrong.buffers()[1:], pa.array([True, False, True, False, True, False]).buffers()[1], 3
    )
    for ids, table in ((short, pl.DataFrame), (masked, pa.table)):
        rows = table({"person_id": ids, "code": ["I50"] * 6, "date": ["2024-01-01"] * 6})
        found = pngroup.group(people, rows, as_at="2024-03-31", system="icd10").quality.feeds[1]
        assert (found.n_used, found.not_used) == (2, {"person_missing": 4})
