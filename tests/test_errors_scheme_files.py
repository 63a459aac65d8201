"""Wrong scheme and vignette files: each fault is told with file and line, what is allowed there, and a way out."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from faults import check, check_error, fault
from own_model import OTHER_VALUES, assert_read_or_refused, edited, places_in, with_value, written
from pngroup import ModelError, UsageError
from pngroup.schemes.loading import _check, _File
from pngroup.validation import check_vignettes, read_vignettes

DATA = Path(str(files("pngroup"))) / "data"
SCHEME = (DATA / "schemes" / "default.toml").read_text(encoding="utf-8")

TIERS = "each group 1 to 11 once"


def scheme_fault(name, *changes, what, allowed, line=None, raw=None, remedy="correct the file"):
    """A fault of a scheme file; `line` begins the line that is named."""
    text = (raw if isinstance(raw, str) else "") if raw is not None else edited(SCHEME, *changes)

    def call(folder):
        return pngroup.load_scheme(written(folder, text if not isinstance(raw, bytes) else raw))

    at = [i for i, each in enumerate(text.splitlines(), 1) if line is not None and each.startswith(line)]
    where = ("own.toml", *([f"line {at[0]}"] if at else []))
    assert at or line is None
    return fault(name, call, ModelError, what=what, where=where, allowed=allowed, remedy=remedy)


MIDDLE = ("[5, 6, 7, 8, 9]",)
SCHEMES = [
    scheme_fault("a group missing", (*MIDDLE, "[5, 6, 8, 9]"), what="group 7 is in no tier", allowed=TIERS),
    scheme_fault(
        "a group repeated", (*MIDDLE, "[4, 5, 6, 7, 8, 9]"), what="group 4 is listed twice", allowed=TIERS,
        line="groups = [4, 5",
    ),
    scheme_fault(
        "a tier that falls", ("[1, 2, 3, 4]", "[1, 2, 3, 5]"), (*MIDDLE, "[4, 6, 7, 8, 9]"),
        what="group 5 is in a lower tier than group 4", allowed="never falling", line="groups = [1, 2, 3, 5]",
    ),
    *(
        scheme_fault(
            f"groups {value}", ("[10, 11]", value), what=f"groups is {value}", allowed="group numbers 1 to 11",
            line=f"groups = {value}",
        )
        for value in ("[10, 11, 12]", "[0, 10, 11]", "[]", "10")
    ),
    scheme_fault("a group in words", ("[10, 11]", '[10, "11"]'), what="groups is [10, '11']", allowed="1 to 11"),
    scheme_fault("a truth as group", ("[1, 2, 3, 4]", "[true, 2, 3, 4]"), what="groups is [True", allowed="1 to 11"),
    scheme_fault("bad TOML", ('letter = "R"', "letter = R"), what="not valid TOML", allowed="TOML", line="letter = R"),
    scheme_fault(
        "not UTF-8", raw=SCHEME.replace("Non", "N\u00f6n").encode("latin-1"), what="not text", allowed="UTF-8",
        remedy="give a scheme file",
    ),
    scheme_fault("a binary file", raw=bytes(range(256)), what="not text", allowed="UTF-8", remedy="give a scheme file"),
    scheme_fault("an empty file", raw=b"", what="no table [scheme]", allowed="tiers"),
    scheme_fault("a huge file", raw=b"#" * 2_000_000, what="too large for a scheme", allowed="a few kilobytes"),
    scheme_fault(
        "an unknown key", ('letter = "R"', 'leter = "R"'), what="'leter' too many", allowed="letter", line="leter",
    ),
    scheme_fault(
        "an unknown part", ("[scheme]", "[schema]"), what="a part 'schema'", allowed="scheme", line="[schema]",
    ),
    scheme_fault("no tiers", raw=SCHEME.split("[[tiers]]", maxsplit=1)[0], what="no tiers", allowed="[[tiers]]"),
    scheme_fault(
        "no names", raw=SCHEME.split("[group_names]", maxsplit=1)[0], what="no table [group_names]", allowed="11",
    ),
    scheme_fault(
        "a word twice", ('word = "high"', 'word = "low"'), what="two tiers have the word 'low'", allowed="its own",
    ),
    scheme_fault(
        "a blank word", ('word = "high"', 'word = " "'), what="word is missing", allowed="some text", line='word = " "',
    ),
    scheme_fault(
        "no edition", ('edition = "2026.1"\n', ""), what="edition is missing", allowed="edition =", line="[scheme]",
    ),
    scheme_fault("no source", ('source = """', 'origin = """'), what="source is missing", allowed="source ="),
    scheme_fault("a name too few", ('7 = "Pregnancy, high complexity"\n', ""), what="7 is missing", allowed="7 ="),
    scheme_fault(
        "a name too many", ("[group_names]\n", '[group_names]\n12 = "Twelve"\n'), what="'12' too many", allowed="11",
        line="12",
    ),
    scheme_fault(
        "a name twice", ('11 = "Frailty"', '11 = "Non-user"'), what="two groups have the name 'Non-user'",
        allowed="a name of its own", line="11",
    ),
    scheme_fault(
        "a colour by name", ('"#c8102e"', '"red"'), what="colour_hex is 'red'", allowed="'#00703c'",
        line='colour_hex = "red"',
    ),
    scheme_fault(
        "a letter too many", ('letter = "R"', 'letter = "RR"'), what="letter is 'RR'", allowed="one capital letter",
        line='letter = "RR"',
    ),
    scheme_fault(
        "an unknown shape", ('"square"', '"star"'), what="shape is 'star'", allowed="triangle", line='shape = "star"',
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", SCHEMES)
def test_faults_of_a_scheme_are_told_with_their_line(wrong, tmp_path):
    """A scheme file that is not right is refused with file and line, what is allowed there, and a way out."""
    check(wrong, tmp_path)


@settings(max_examples=800)
@given(st.sampled_from(list(places_in(tomllib.loads(SCHEME)))), st.sampled_from([None, *OTHER_VALUES]))
def test_no_value_of_a_scheme_file_makes_a_traceback(path, value):
    """With any value of a scheme file missing or of another kind it is read, or refused by a ModelError: never else."""
    text = with_value(tomllib.loads(SCHEME), path, value)
    assert_read_or_refused(lambda: _check(tomllib.loads(text), _File("own.toml", text)))


# --- vignettes ---

VIGNETTE = """\
[file]
title = "Own"

[[vignette]]
id = "one"
story = "One has high blood pressure."
tests = "group 4"
as_at = 2026-03-31
person = { birth_date = 1950-01-01, sex = "female" }
records = [{ code = "I10", system = "icd10", date = 2020-01-01 }]
[vignette.expect]
need_group = 4
criteria = [4]
"""


def vignette_fault(name, *changes, what, allowed, line=4, raw=None):
    def call(folder):
        text = edited(VIGNETTE, *changes) if raw is None else raw
        return check_vignettes(read_vignettes(written(folder, text, "stories.toml")))

    where = ("stories.toml", *([f"line {line}"] if line else []))
    return fault(name, call, ModelError, what=what, where=where, allowed=allowed, remedy="correct the vignette file")


KEYS = ("id", "story", "as_at", "person", "expect")
VIGNETTES = [
    vignette_fault("bad TOML", ('tests = "', "tests = "), what="bad TOML", allowed="TOML", line=7),
    vignette_fault("not UTF-8", raw=VIGNETTE.encode("utf-16"), what="not UTF-8 text (byte 1)", allowed="UTF-8", line=0),
    vignette_fault("a binary file", raw=bytes(range(256)), what="not UTF-8", allowed="UTF-8", line=0),
    vignette_fault("an empty file", raw=b"", what="no [[vignette]]", allowed="[[vignette]]", line=0),
    vignette_fault("one table", ("[[vignette]]", "[vignette]"), what="no [[vignette]]", allowed="[[vignette]]", line=0),
    vignette_fault("an unknown key", ("story =", "stroy ="), what="'stroy', did you mean 'story'?", allowed=KEYS),
    *(
        vignette_fault(f"no {key}", (f"{key} = ", f"# {key} = "), what=f"the key '{key}' is missing", allowed=KEYS)
        for key in ("id", "story", "as_at", "person")
    ),
    vignette_fault("an id that is a number", ('"one"', "1"), what="id is not a text", allowed="quotation marks"),
    vignette_fault(
        "a date in quotes", ("2026-03-31", '"2026-03-31"'), what="as_at is not a date", allowed="2026-03-31",
    ),
    vignette_fault(
        "a date with a time", ("2026-03-31", "2026-03-31T12:00:00"), what="as_at is not a date", allowed="2026",
    ),
    vignette_fault(
        "a person that is a text", ('{ birth_date = 1950-01-01, sex = "female" }', '"Betty"'),
        what="person is not a table", allowed="person = {",
    ),
    vignette_fault("an unknown key of a person", ("sex =", "gender ="), what="no key 'gender'", allowed="sex"),
    vignette_fault(
        "records that are a text", ('[{ code = "I10", system = "icd10", date = 2020-01-01 }]', '"I10"'),
        what="records is not a list", allowed="records = [",
    ),
    vignette_fault(
        "records that are texts", ('{ code = "I10", system = "icd10", date = 2020-01-01 }', '"I10"'),
        what="records is not a list of tables", allowed="records = [",
    ),
    vignette_fault(
        "an unknown key of a record", ("code =", "cod ="), what="'cod', did you mean 'code'?", allowed="system",
    ),
    vignette_fault(
        "nothing expected", ("need_group = 4\ncriteria = [4]", "n_ltc = 1"), what="nothing is expected",
        allowed="need_group or reason",
    ),
    vignette_fault(
        "a criterion that is a number", ("[4]", "4"), what="criteria is not a list of numbers", allowed="a list",
    ),
    vignette_fault(
        "flags that are a text", ("criteria = [4]", 'flags = "old"'), what="flags is not a list of texts",
        allowed="a list",
    ),
    vignette_fault(
        "registers that are numbers", ("criteria = [4]", "registers = [4]"), what="registers is not a list of texts",
        allowed="a list",
    ),
    vignette_fault(
        "registers of a model without any", ("criteria = [4]", 'registers = ["copd"]'), what="no key 'registers'",
        allowed="need_group",
    ),
    vignette_fault(
        "an unknown key of the file", ("title =", "titel ="), what="'titel', did you mean 'title'?", allowed="model",
        line=0,
    ),
    vignette_fault(
        "a model that is a number", ('title = "Own"', "model = 1"), what="file is not a table of texts",
        allowed="[file]", line=0,
    ),
    vignette_fault(
        "options that are a text", ("as_at =", 'options = "bnssg"\nas_at ='), what="options is not a table",
        allowed="key = value",
    ),
    vignette_fault(
        "an unknown option", ("as_at =", 'options = { ordre = "bnssg" }\nas_at ='),
        what="'ordre', did you mean 'order'?", allowed="history_months",
    ),
    vignette_fault(
        "an unknown expectation", ("criteria =", "critera ="), what="'critera', did you mean 'criteria'?",
        allowed="need_group",
    ),
    vignette_fault(
        "an id twice", raw=VIGNETTE + VIGNETTE.partition("\n\n")[2], what="the id 'one' is repeated",
        allowed="each id once", line=14,
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", VIGNETTES)
def test_faults_of_a_vignette_file_are_told_with_their_line(wrong, tmp_path):
    """A vignette file that is not right is refused with file and line, what is allowed there, and a way out."""
    check(wrong, tmp_path)


@pytest.mark.parametrize(
    ("path", "what"),
    [("nowhere/none.toml", "no vignette file at 'none.toml'"), (5, "path is a int"), (["a"], "path is a list")],
    ids=["no file", "a number", "a list"],
)
def test_a_path_without_vignettes_is_told(path, what):
    """A path at which there is no vignette file is an error that names it, and no empty list."""
    row = fault(
        "", lambda: read_vignettes(path), UsageError, what=what, where="argument path", allowed="a", remedy="path"
    )
    check(row.values[0])


def test_a_folder_without_vignettes_is_told(tmp_path):
    """An empty folder passes no check of vignettes: there is nothing that could have failed."""
    with pytest.raises(UsageError) as caught:
        read_vignettes(tmp_path)
    check_error(caught.value)


def test_every_vignette_of_a_file_is_read(tmp_path):
    """However its header is written, no vignette of a file is passed over."""
    second = VIGNETTE.partition("\n\n")[2].replace('"one"', '"two"').replace("[[vignette]]", "  [[ vignette ]] # two")
    third = '{id="three", story="", as_at=2026-03-31, person={age=3}, expect={need_group=1}}'
    read = read_vignettes(written(tmp_path, VIGNETTE + second))
    assert [(vignette.id, vignette.place) for vignette in read] == [
        ("one", "stories.toml, line 4".replace("stories", "own")), ("two", "own.toml, line 14"),
    ]  # fmt: skip
    listed = read_vignettes(written(tmp_path, f"vignette = [{third}]"))
    assert [vignette.id for vignette in listed] == ["three"]
    assert not check_vignettes(listed)[0].differences


def test_a_vignette_that_fails_says_how(tmp_path):
    """A vignette with another answer names what was expected and what was found."""
    text = edited(VIGNETTE, ("need_group = 4", "need_group = 5"))
    [result] = check_vignettes(read_vignettes(written(tmp_path, text)))
    assert any("need_group: expected 5, found 4" in each for each in result.differences)


def test_a_vignette_is_held_against_the_model_of_its_file(tmp_path):
    """A file names its model, and a story what it chooses of it; a model that the caller names comes first."""
    story = edited(
        VIGNETTE,
        ('title = "Own"', 'model = "bridges-to-health"'),
        ("need_group = 4\ncriteria = [4]", 'segment = 1\nregisters = ["maternal"]'),
        ("I10", "Z34.0"), ("2020-01-01", "2026-03-01"), ("1950-01-01", "1996-01-01"),
    )  # fmt: skip
    other = edited(
        story.partition("\n\n")[2],
        ('"one"', '"two"'), ("as_at =", 'options = { order = "bnssg" }\nas_at ='), ("segment = 1", "segment = 7"),
    )  # fmt: skip
    read = read_vignettes(written(tmp_path, story + other))
    assert [result.differences for result in check_vignettes(read)] == [(), ()]
    with pytest.raises(ModelError) as caught:
        check_vignettes(read[:1], model="need-groups")
    assert "need_group or reason" in caught.value.allowed
