"""Schemes and mappers: tier, colour and name for anyone with group numbers, in the kind they came in."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from pngroup import DataError, ModelError, NeedGroup, NeedTier, Rag, UsageError, group_name, load_scheme, need_tier, rag

#: The table of the specification, section 1, written out by hand.
SPECIFIED = {
    1: ("Non-user", "low", "green"),
    2: ("Low need child", "low", "green"),
    3: ("Low need adult", "low", "green"),
    4: ("Low complexity morbidity", "low", "green"),
    5: ("Medium complexity morbidity", "moderate", "amber"),
    6: ("Pregnancy, low complexity", "moderate", "amber"),
    7: ("Pregnancy, high complexity", "moderate", "amber"),
    8: ("Dominant psychiatric condition", "moderate", "amber"),
    9: ("Dominant major chronic condition", "moderate", "amber"),
    10: ("Multi-morbidity, high complexity", "high", "red"),
    11: ("Frailty", "high", "red"),
}
SCHEMES = ("default", "medium-orange", "northamptonshire-style")
GROUPS = st.lists(st.none() | st.integers(1, 11), min_size=1, max_size=20)
MAPPERS = {"name": group_name, "tier": need_tier, "colour": rag}

#: How to make a column of each kind from group numbers and None, and how to list what comes back.
COLUMNS = {
    "list": (list, list),
    "tuple": (tuple, list),
    "floats": (lambda v: np.array([np.nan if x is None else x for x in v], np.float64), np.ndarray.tolist),
    "objects": (lambda v: np.array([*v, None], dtype=object)[:-1], np.ndarray.tolist),
    "masked": (
        lambda v: np.ma.array([x or 1 for x in v], mask=[x is None for x in v], dtype=np.int16),
        np.ndarray.tolist,
    ),
    "pandas": (lambda v: pd.Series(v, dtype="float64"), lambda s: [None if pd.isna(x) else x for x in s]),
    "pandas nullable": (lambda v: pd.Series(v, dtype="Int64"), lambda s: [None if pd.isna(x) else x for x in s]),
    "pandas arrow": (
        lambda v: pd.Series(v, dtype="int8[pyarrow]"),
        lambda s: [None if pd.isna(x) else x for x in s],
    ),
    "pandas objects": (lambda v: pd.Series(v, dtype=object), lambda s: [None if pd.isna(x) else x for x in s]),
    "pandas categories": (
        lambda v: pd.Series(pd.Categorical(v, categories=range(1, 12))),
        lambda s: [None if pd.isna(x) else x for x in s],
    ),
    "polars": (lambda v: pl.Series("g", v, dtype=pl.Int8), pl.Series.to_list),
    "polars floats": (lambda v: pl.Series("g", v, dtype=pl.Float64), pl.Series.to_list),
    "arrow": (lambda v: pa.array(v, pa.int32()), lambda a: a.to_pylist()),
    "arrow chunks": (lambda v: pa.chunked_array([v[:3], v[3:]], pa.int32()), lambda a: a.to_pylist()),
    "arrow dictionary": (lambda v: pa.array(v, pa.int32()).dictionary_encode(), lambda a: a.to_pylist()),
    "narwhals": (
        lambda v: nw.from_native(pl.Series("g", v, dtype=pl.Int8), series_only=True),
        lambda s: s.to_list(),
    ),
}

#: What kind comes back where it is not the very type: text is no number, and has no mask of numpy's.
KEPT = {"masked": np.ndarray, "arrow": pa.Array, "arrow dictionary": pa.Array}


def test_the_default_scheme_is_the_table_of_the_specification():
    """By default the eleven groups have the names, tiers and colours that NHS practices show."""
    for group, (name, tier, colour) in SPECIFIED.items():
        assert (group_name(group), need_tier(group), rag(group)) == (name, tier, colour)
        assert isinstance(need_tier(group), NeedTier)
        assert isinstance(rag(group), Rag)


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=25)
@given(groups=GROUPS)
def test_a_column_is_mapped_value_by_value_in_its_kind(kind, groups):
    """Every kind of column gives its own kind back, each value mapped as alone, missing where it was missing."""
    make, listed = COLUMNS[kind]
    for place, mapper in enumerate((group_name, need_tier, rag)):
        column = make(groups)
        mapped = mapper(column)
        assert isinstance(mapped, KEPT.get(kind, type(column)))
        assert listed(mapped) == [None if group is None else SPECIFIED[group][place] for group in groups]


def test_a_series_keeps_its_name_and_index():
    """A pandas Series keeps index and name, a polars Series its name, an array its shape, chunks their
    lengths.
    """
    series = need_tier(pd.Series([1, None, 11], index=["x", "y", "z"], name="g"))
    assert (series.name, series.index.tolist(), series["z"]) == ("g", ["x", "y", "z"], "high")
    assert need_tier(pl.Series("g", [1])).name == "g"
    assert need_tier(np.array([[1, 5], [10, 11]])).tolist() == [["low", "moderate"], ["high", "high"]]
    assert need_tier(pd.Index([1, 11], name="g")).tolist() == ["low", "high"]
    assert need_tier(pd.array([1, None], dtype="Int64")).tolist()[0] == "low"


@pytest.mark.parametrize("mapper", MAPPERS.values())
def test_one_value_gives_one_value(mapper):
    """A number of any type, a NeedGroup and an array of no dimension give one value; missing gives None."""
    for one in (11, 11.0, NeedGroup.FRAILTY, np.int8(11), np.uint64(11), np.float32(11), Decimal(11), np.array(11)):
        assert mapper(one) == mapper(11)
        assert type(mapper(one)) is type(mapper(11))
    for missing in (None, float("nan"), np.float64("nan"), pd.NA, pd.NaT, np.array(np.nan)):
        assert mapper(missing) is None
    assert mapper([]) == []
    assert mapper([NeedGroup.FRAILTY, None, 1.0, np.int64(1)]) == [mapper(11), None, mapper(1), mapper(1)]


BAD = [0, 12, -1, 3.5, "5", "red", True, False, float("inf"), 110, b"5"]


@pytest.mark.parametrize("mapper", MAPPERS.values())
@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_what_is_no_group_is_refused_by_naming_it(bad, mapper):
    """Zero, twelve, fractions, text and truths are never mapped: the error names the value and what is
    allowed.
    """
    for values in (bad, [1, bad, None], np.array([1, bad, None], dtype=object), pd.Series([1, bad], dtype=object)):
        with pytest.raises(DataError) as caught:
            mapper(values)
        shown = repr(bad) if not isinstance(bad, bytes | str) or len(bad) < 3 else "aaa"
        assert caught.value.what.endswith(f"no need group: {shown}")
        assert "1 to 11" in caught.value.allowed
        assert caught.value.remedy


def test_typed_columns_of_something_else_are_refused():
    """A typed column of text, truths or numbers out of range is refused in every library."""
    for column in (
        pd.Series(["5"]),
        pl.Series(["5"]),
        pa.array(["5"]),
        np.array(["5"]),
        pd.Series(["5"], dtype="category"),
    ):
        with pytest.raises(DataError, match=r"1 of 1 values are no need group: '5'"):
            need_tier(column)
    for column in (
        pd.Series([True]),
        pl.Series([True]),
        pa.array([True]),
        np.array([True]),
        pd.Series([True], dtype="boolean"),
    ):
        with pytest.raises(DataError, match="no need group: True"):
            need_tier(column)
    many = [0, 12, 13, 14, 15, 16, 17, 0, 0, 5]
    for column in (np.array(many), pd.Series(many, dtype="Int64"), pl.Series(many, dtype=pl.UInt8), pa.array(many)):
        with pytest.raises(DataError, match=r"9 of 10 values are no need group: 0, 12, 13, 14, 15 and others"):
            need_tier(column)


def test_ids_passed_by_mistake_are_not_printed():
    """Whoever passes the wrong column sees the shape of its values, not the values."""
    for ids in (["943 476 5919"], [9434765919], np.array([9434765919]), pd.Series(["RX7-12"]), [9434765919.0], "p7d2x"):
        with pytest.raises(DataError) as caught:
            need_tier(ids)
        assert not re.search(r"943|476|RX7|12\b.*RX|7d2", caught.value.what)


@pytest.mark.parametrize(
    "thing",
    [
        pd.DataFrame({"g": [1]}),
        pl.DataFrame({"g": [1]}),
        pl.LazyFrame({"g": [1]}),
        pa.table({"g": [1]}),
        {1},
        {"g": 1},
        object(),
        iter([1]),
        pl.col("g"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_tables_and_sets_are_refused_by_their_type(thing):
    """A whole table, a set or an iterator is no column: the error says to pass the numbers alone."""
    with pytest.raises(UsageError) as caught:
        need_tier(thing)
    assert type(thing).__name__ in caught.value.what
    assert caught.value.remedy == "pass the group numbers alone"


@pytest.mark.parametrize("name", SCHEMES)
def test_every_packaged_scheme_is_whole(name):
    """Tier and colour never fall as the group number rises; every scheme names its source and all eleven
    groups.
    """
    scheme = load_scheme(name)
    assert load_scheme(f"{name}@{scheme.edition}") is scheme
    assert load_scheme(scheme) is scheme
    order = [tier.word for tier in scheme.tiers]
    assert sorted(group for tier in scheme.tiers for group in tier.groups) == list(range(1, 12))
    ranks = [order.index(need_tier(group, name)) for group in range(1, 12)]
    colours = [[tier.colour for tier in scheme.tiers].index(rag(group, name)) for group in range(1, 12)]
    assert ranks == sorted(ranks) == colours
    assert [scheme.group_name(group) for group in range(1, 12)] == [SPECIFIED[g][0] for g in range(1, 12)]
    assert "specification 2026.1, section 1" in scheme.source
    for tier in scheme.tiers:
        assert re.fullmatch("#[0-9a-f]{6}", tier.colour_hex)
    assert len({tier.letter for tier in scheme.tiers}) == len({tier.shape for tier in scheme.tiers}) == 3


def test_other_schemes_have_other_words_and_cut_points():
    """Words of another scheme come as text; a place that starts the top band at 8 says high from 8 on."""
    assert need_tier([4, 5, 10], "medium-orange") == ["low", "medium", "high"]
    assert [type(word) for word in need_tier([4, 5], "medium-orange")] == [str, str]
    assert rag(5, "medium-orange") == "orange"
    assert type(rag(1, "medium-orange")) is str
    assert need_tier([7, 8, 11], "northamptonshire-style") == [NeedTier.MODERATE, NeedTier.HIGH, NeedTier.HIGH]


def test_fingerprints_tell_schemes_apart():
    """Two schemes never share a fingerprint, and a scheme read again has the same."""
    fingerprints = {load_scheme(name).fingerprint for name in SCHEMES}
    assert len(fingerprints) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in fingerprints)


def scheme_text():
    import pngroup

    return (Path(pngroup.__file__).parent / "data/schemes/default.toml").read_text(encoding="utf-8")


def test_a_scheme_can_be_a_file(tmp_path, monkeypatch):
    """A path gives the caller's own scheme; a file in the working directory never stands in for a name."""
    own = tmp_path / "own.toml"
    own.write_text(scheme_text().replace('"moderate"', '"middling"').replace('name = "default"', 'name = "own"'))
    assert need_tier([9, 1], own) == need_tier([9, 1], str(own)) == ["middling", "low"]
    assert load_scheme(own).fingerprint != load_scheme("default").fingerprint
    (tmp_path / "default").write_text("nonsense")
    monkeypatch.chdir(tmp_path)
    assert need_tier(9) == "moderate"
    assert load_scheme("own.toml").name == "own"


#: A change of the default scheme's file, what the error says, and the text that stands in the line it names.
FAULTS = {
    "repeated group": ("[10, 11]", "[9, 10, 11]", "group 9 is listed twice", "groups = [9"),
    "absent group": ("[5, 6, 7, 8, 9]", "[5, 6, 8, 9]", "group 7 is in no tier", "groups ="),
    "twice": ("[1, 2, 3, 4]", "[1, 2, 3, 9]", "group 9 is listed twice", "groups = [5"),
    "not a group": ("[10, 11]", "[10, 11, 12]", "groups is [10, 11, 12]", "groups = [10"),
    "a truth": ("[10, 11]", "[10, true]", "groups is [10, True]", "groups = [10"),
    "no groups": ("groups = [10, 11]\n", "", "groups is None", "[[tiers]]"),
    "same word": ('word = "high"', 'word = "low"', "two tiers have the word 'low'", "groups = [10"),
    "empty word": ('word = "high"', 'word = " "', "word is missing or is no text", 'word = " "'),
    "number for text": ('letter = "R"', "letter = 7", "letter is missing or is no text", "letter = 7"),
    "letter": ('letter = "R"', 'letter = "Red"', "letter is 'Red'", 'letter = "Red"'),
    "shape": ('shape = "square"', 'shape = "star"', "shape is 'star'", 'shape = "star"'),
    "colour": ("#c8102e", "crimson", "colour_hex is 'crimson'", "crimson"),
    "extra key": ('shape = "square"', 'shape = "square"\nicon = "x"', "a key 'icon' too many", "icon"),
    "extra table": ("[group_names]", "[others]\na = 1\n[group_names]", "a part 'others'", "[others]"),
    "no name": ('11 = "Frailty"\n', "", "11 is missing or is no text", "[group_names]"),
    "twelfth name": ('11 = "Frailty"', '11 = "Frailty"\n12 = "More"', "a key '12' too many", "12 ="),
    "same name": ('11 = "Frailty"', '11 = "Non-user"', "two groups have the name 'Non-user'", '11 = "Non-user"'),
    "no source": ("source =", "origin =", "source is missing", "[scheme]"),
    "bad TOML": ('word = "high"', 'word = "high', "the scheme is not valid TOML", 'word = "high'),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_scheme_file_is_refused_with_its_line(fault, tmp_path):
    """A fault of a scheme file is told with file and line: groups once each, rising tiers, distinct words."""
    old, new, what, in_line = FAULTS[fault]
    text = scheme_text()
    assert old in text
    changed = text.replace(old, new)
    path = tmp_path / "mine.toml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_scheme(path)
    assert what in caught.value.what
    line = re.fullmatch(r"scheme file mine\.toml, line (\d+)", caught.value.where)
    assert in_line in changed.splitlines()[int(line[1]) - 1]
    assert caught.value.allowed
    assert caught.value.remedy


@settings(max_examples=50)
@given(st.permutations(range(1, 12)) | st.just(list(range(1, 12))), st.integers(1, 9), st.integers(1, 9))
def test_tiers_never_fall_as_the_group_number_rises(tmp_path_factory, order, first, second):
    """A scheme is taken exactly when its tiers are low, middle and high stretches of the group numbers."""
    cuts = sorted((first, max(second, first + 1) if second <= first else second))
    parts = [order[: cuts[0]], order[cuts[0] : cuts[1]], order[cuts[1] :]]
    left = iter(parts)
    text = re.sub(r"(?m)^groups = \[.*\]$", lambda _: f"groups = {next(left)}", scheme_text())
    path = tmp_path_factory.mktemp("scheme") / "mine.toml"
    path.write_text(text, encoding="utf-8")
    if [group for part in parts for group in sorted(part)] == list(range(1, 12)):
        assert need_tier(parts[2], path) == [NeedTier.HIGH] * len(parts[2])
        return
    with pytest.raises(ModelError, match=r"group \d+ is in a lower tier than group \d+"):
        load_scheme(path)


def test_files_that_are_no_scheme_are_refused(tmp_path):
    """An absent file, a folder, a binary, an empty and a huge file are each refused by their file name only."""
    (tmp_path / "binary.toml").write_bytes(b"PAR1\xff\xfe\x00")
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "huge.toml").write_text("#" * 2_000_000)
    (tmp_path / "folder.toml").mkdir()
    for name in ("absent.toml", "folder.toml", "binary.toml", "empty.toml", "huge.toml"):
        with pytest.raises(ModelError) as caught:
            load_scheme(tmp_path / name)
        assert name in caught.value.where
        assert str(tmp_path) not in str(caught.value)


def test_unknown_schemes_are_answered_with_those_there_are():
    """A wrong name, edition or type is answered with the schemes there are."""
    with pytest.raises(UsageError) as caught:
        need_tier(1, "defualt")
    assert caught.value.remedy == "did you mean 'default'?"
    assert caught.value.allowed == ", ".join(sorted(SCHEMES))
    with pytest.raises(UsageError, match=r"allowed: default@2026\.1"):
        load_scheme("default@1999")
    for wrong in (None, 3, ["default"], {"tiers": []}):
        with pytest.raises(UsageError, match="scheme is a"):
            load_scheme(wrong)
