"""Wrong model files: each fault is told with file and line, what is allowed there, and a way out."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from faults import check, fault, group
from own_model import OTHER_VALUES, SMALL_MODEL, assert_read_or_refused, edited, places_in, with_value, written
from pngroup import ModelError
from pngroup.model.checking import check_model
from pngroup.model.reading import read_model

CORE = pngroup.load_catalogue()
LINES = SMALL_MODEL.splitlines()


def line_of(text, nth=1):
    """Where a line that begins so stands in the small model."""
    return [i for i, line in enumerate(LINES, 1) if line.startswith(text)][nth - 1]


def model_fault(name, *changes, what, line, allowed, place="", remedy="correct", raw=None):
    """A fault of a model file; `line` is where the changed file has it."""

    def call(folder):
        text = edited(SMALL_MODEL, *changes) if raw is None else raw
        return pngroup.load_model(written(folder, text), CORE)

    where = ("own.toml", *([f", line {line}"] if line else []), *([place] if place else []))
    return fault(name, call, ModelError, what=what, where=where, allowed=allowed, remedy=remedy)


OTHER = line_of("other =")
FALLS = line_of("falls =")
SCORE = line_of("[scores.hfrs]")
ACTIVE = line_of("active =")
GROUPS = line_of("[[groups]]")
WHEN = line_of("when =")
LAST = line_of("[[groups]]", 2)
OLD = line_of("old =")


def in_line(name, expression, *, what, allowed, remedy="correct the expression"):
    """A fault of an expression that stands for the line of asthma."""
    return model_fault(
        name, ("ever(asthma)", expression), what=what, line=OTHER, allowed=allowed, remedy=remedy,
        place="lines.asthma.other",
    )  # fmt: skip


def in_group(name, expression, *, what, allowed, remedy="correct"):
    """A fault of an expression that stands for the criterion of group 2."""
    return model_fault(
        name, ("n_ltc >= 1", expression), what=what, line=WHEN, allowed=allowed, remedy=remedy, place="groups[1].when"
    )


FUNCTIONS = ("ever", "within", "count_lines", "given")
TEXT_OF_A_MODEL = [
    model_fault("bad TOML", ('"ever(asthma)"', "ever(asthma)"), what="bad TOML", line=OTHER, allowed="TOML 1.0"),
    model_fault("bad TOML: a header", ("[sets]", "[sets"), what="bad TOML", line=line_of("[sets]"), allowed="TOML"),
    model_fault(
        "bad TOML: a key twice", ('by = "', 'by = "x"\nby = "'), what="Cannot overwrite", line=13, allowed="TOML",
    ),
    model_fault("bad TOML: no end", raw='[model]\nname = "', what="bad TOML", line=2, allowed="TOML"),
    model_fault(
        "not UTF-8", raw=SMALL_MODEL.replace("Hospital", "Hôpital").encode("latin-1"), what=("not UTF-8", "byte"),
        line=0, allowed="UTF-8", remedy="save it as UTF-8",
    ),
    model_fault(
        "UTF-16", raw=SMALL_MODEL.encode("utf-16"), what="not UTF-8", line=0, allowed="UTF-8", remedy="save it",
    ),
    model_fault(
        "a binary file", raw=bytes(range(256)) * 9, what="not UTF-8 text (byte 129)", line=0, allowed="UTF-8",
        remedy="save it",
    ),
    model_fault("an empty file", raw=b"", what="the key 'model' is missing", line=0, allowed=("model", "groups")),
]  # fmt: skip
KEYS_OF_A_MODEL = [
    model_fault("no [model]", ("[model]", "[modle]"), what="'modle', did you mean 'model'", line=1, allowed="model"),
    model_fault(
        "an unknown part", ("[sets]", "[setts]"), what="'setts', did you mean 'sets'?", line=line_of("[sets]"),
        allowed="measures",
    ),
    model_fault(
        "an unknown key", ("other =", "othr ="), what="'othr', did you mean 'other'?", line=OTHER,
        allowed=("system", "source", "major"), place="lines.asthma",
    ),
    model_fault(
        "no catalogue", ('catalogue = "core@2026.1"\n', ""), what="'catalogue' is missing", line=1, allowed="outputs",
    ),
    model_fault("a name that is a number", ('"small"', "3"), what="name is not a text", line=2, allowed="a text"),
    model_fault(
        "outputs that are no list", ('["n_ltc", "hfrs"]', '"n_ltc"'), what="outputs is not a list of texts", line=5,
        allowed="a list of texts",
    ),
    model_fault(
        "a line without a class", ('other = "ever(asthma)"\n', ""), what="the line has no class",
        line=line_of("[lines.asthma]"), allowed="other, moderate, major",
    ),
    model_fault(
        "a line without a source", ('source = "pngroup"\n', ""), what="'source' is missing",
        line=line_of("[lines.asthma]"), allowed="source",
    ),
    model_fault(
        "a line with an unknown source", ('"pngroup"', '"hearsay"'), what="no source 'hearsay'",
        line=line_of("source ="), allowed="sources", place="lines.asthma.source",
    ),
    model_fault(
        "an expression that is a number", ('"ever(asthma)"', "3"), what="other is not a text", line=OTHER,
        allowed="a text",
    ),
    model_fault(
        "an episode without a duration", ("longest_days = 308\n", ""), what="'longest_days' is missing",
        line=line_of("[episodes"), allowed="loses",
    ),
    model_fault(
        "an episode with a duration in words", ("= 308", '= "308"'), what="longest_days is not a whole number",
        line=line_of("longest_days"), allowed="a whole number",
    ),
    model_fault(
        "an episode of negative length", ("= 308", "= -308"), what="longest_days is -308", line=line_of("longest_days"),
        allowed="0 to",
    ),
    model_fault(
        "an episode opened by nothing", ('"pregnancy_ongoing"', '"pregnancy_going"'),
        what="no condition 'pregnancy_going', did you mean 'pregnancy_ongoing'", line=line_of("[episodes"),
        allowed="conditions",
    ),
    model_fault(
        "a score of an unknown table", ('table = "hfrs"', 'table = "hfsr"'), what="no score table 'hfsr'",
        line=SCORE + 1, allowed=("cambridge", "hfrs"),
    ),
    model_fault(
        "a score by an unknown column", ('unit = "tenths"', 'unit = "tenths"\nweight = "weight_1999"'),
        what="no column 'weight_1999'", line=SCORE, allowed="weight",
    ),
    model_fault(
        "a score by a column of words", ('unit = "tenths"', 'unit = "tenths"\nweight = "name"'),
        what="'name' holds no weights", line=SCORE + 4, allowed="weight",
    ),
    model_fault(
        "a score with items by a number", ('unit = "tenths"', 'unit = "tenths"\nonly = 3'), what="only is not a table",
        line=SCORE + 4, allowed="only = {",
    ),
    model_fault(
        "a score with items by an unknown column", ('unit = "tenths"', 'unit = "tenths"\nonly = { core = "yes" }'),
        what="no column 'core'", line=SCORE, allowed="checked",
    ),
    model_fault(
        "resolved as a table", ("[[resolved]]", "[resolved]"), what="resolved is not a list", line=10,
        allowed="[[resolved]]",
    ),
    model_fault(
        "resolved by nothing", ('by = "asthma_resolved"\n', ""), what="'by' is missing", line=10, allowed="condition",
        place="resolved[1]",
    ),
    model_fault(
        "resolved by an unknown code", ("asthma_resolved", "astma_resolved"),
        what="'astma_resolved', did you mean 'asthma_resolved'", line=10, allowed="conditions", place="resolved[1]",
    ),
    model_fault(
        "administrative codes of an unknown system", ("snomed = [", "snomd = ["),
        what="'snomd', did you mean 'snomed'?", line=8, allowed="icd10",
    ),
    model_fault(
        "administrative codes as numbers", ('["314529007"]', "[314529007]"), what="snomed is not a list of texts",
        line=8, allowed="a list of texts",
    ),
    model_fault(
        "values of what is no value", ("clinical_frailty_scale]", "asthma]"),
        what="no condition of kind value 'asthma'", line=14, allowed="clinical_frailty_scale",
    ),
    model_fault("values in no range", ("least = 1", "least = 10"), what="least is greater", line=14, allowed="<="),
    model_fault(
        "values with a bound in words", ("least = 1", 'least = "one"'), what="least is not a whole number", line=15,
        allowed="a whole number",
    ),
    model_fault(
        "a set with an unknown member", ('"copd"]', '"coppd"]'), what="no condition 'coppd', did you mean 'copd'",
        line=line_of("lungs"), allowed="conditions", place="sets.lungs",
    ),
    model_fault(
        "an empty set", ('["asthma", "copd"]', "[]"), what="the set 'lungs' is empty", line=line_of("lungs"),
        allowed="at least one condition",
    ),
    model_fault(
        "a set with the name of a condition", ("lungs =", "copd ="), what="'copd' has the name of a condition",
        line=line_of("lungs"), allowed="a name of its own",
    ),
    model_fault(
        "a set that is no list", ('["asthma", "copd"]', '"asthma"'), what="lungs is not a list",
        line=line_of("lungs"), allowed="a list of texts",
    ),
    model_fault(
        "a measure with the name of a score", ("active =", "hfrs ="), what="'hfrs' is there already", line=ACTIVE,
        allowed="a name of its own",
    ),
    model_fault(
        "an output with the name of a result", ("active =", "rag ="), ('"hfrs"]', '"rag"]'),
        what="already", line=5, allowed="a name of its own",
    ),
    model_fault(
        "an output twice", ('"hfrs"]', '"n_ltc"]'), what="a column 'n_ltc' already", line=5,
            allowed="a name of its own",
    ),
    model_fault(
        "an output that is unknown", ('"hfrs"]', '"hfsr"]'), what="no measure 'hfsr', did you mean 'hfrs'?", line=5,
        allowed=("age", "n_ltc", "hfrs"), place="model.outputs",
    ),
    model_fault("an output that is a word", ('"hfrs"]', '"sex"]'), what="'sex' is a word", line=5, allowed="numbers"),
    model_fault(
        "a flag with the name of a result", ("old =", "age_imputed ="), what="'age_imputed' already", line=OLD,
        allowed="a name of its own",
    ),
    model_fault(
        "a flag that is a text", ('{ when = "age >= 65" }', '"age >= 65"'), what="a table is expected", line=OLD,
        allowed="a TOML table",
    ),
    model_fault(
        "a flag for an unknown group", ('"age >= 65"', '"age >= 65", groups = [9]'), what="no group 9", line=OLD,
        allowed="2, 1",
    ),
    model_fault(
        "a flag for groups in words", ('"age >= 65"', '"age >= 65", groups = "all"'), what="groups is not a list",
        line=OLD, allowed="a list of numbers",
    ),
    model_fault(
        "a flag that is a number", ('"age >= 65"', '"age"'), what="a yes/no expression", line=OLD,
        allowed="a comparison or a truth",
    ),
    model_fault(
        "a short history without months", ("months = 12\n", "days = 12\n"), what="no key 'days'", line=len(LINES),
        allowed="months",
    ),
]  # fmt: skip
RULES_OF_A_MODEL = [
    model_fault(
        "a criterion that can never be met", ("n_ltc >= 1", "n_ltc >= 2"), what="group 2 can never be met", line=WHEN,
        allowed="a criterion that somebody can meet",
    ),
    in_group("a criterion beyond all ages", "age > 125", what="group 2 can never be met", allowed="somebody can meet"),
    in_group("a criterion no score can meet", "hfrs > 999999", what="can never be met", allowed="somebody can meet"),
    model_fault(
        "the last group does not take everybody", ("otherwise = true", 'when = "age >= 0"'),
        what="not everybody gets a group", line=LAST, allowed="`otherwise = true` in the last group",
    ),
    model_fault(
        "a group before the last takes everybody", ('when = "n_ltc >= 1"', "otherwise = true"),
        what="group 2 takes everybody", line=GROUPS, allowed="the last group only",
    ),
    model_fault(
        "a group with when and otherwise", ("otherwise = true", 'otherwise = true\nwhen = "age >= 0"'),
        what="either `when` or `otherwise = true`", line=LAST + 1, allowed="otherwise = true", place="groups[2]",
    ),
    model_fault(
        "a group with neither", ("otherwise = true", ""), what="either `when` or", line=LAST + 1, allowed="otherwise",
    ),
    model_fault(
        "otherwise in quotation marks", ("otherwise = true", 'otherwise = "true"'), what="either `when` or",
        line=LAST + 1, allowed="otherwise = true",
    ),
    model_fault(
        "a group number twice", ("number = 2", "number = 1"), what="the group number 1 is repeated", line=LAST,
        allowed="each number once",
    ),
    model_fault(
        "a group number in words", ("= 2", '= "two"'), what="number is not a whole", line=GROUPS + 1, allowed="whole",
    ),
    *(
        model_fault(f"group number {n}", ("number = 2", f"number = {n}"), what=f"number is {n}", line=GROUPS + 1,
            allowed="1 to 11")
        for n in (0, -1, 12, 40)
    ),
    model_fault(
        "no groups", raw=SMALL_MODEL.split("[[groups]]", maxsplit=1)[0], what="'groups' is missing", line=0,
        allowed="groups",
    ),
    model_fault(
        "groups as a table", raw=SMALL_MODEL.split("[[groups]]", maxsplit=1)[0] + "[groups]\nnumber = 1\n",
        what="groups is not a list of tables", line=GROUPS, allowed="[[groups]]",
    ),
]  # fmt: skip
CIRCLES = [
    model_fault(
        "a measure defined by itself", ('"within(any_record, months=12)"', '"not active"'),
        what=("'active' is defined by itself", "active -> active"), line=ACTIVE, allowed="no circles",
    ),
    model_fault(
        "two measures defined by each other", ('"within(any_record, months=12)"', '"other"\nother = "active"'),
        what="active -> other -> active", line=ACTIVE + 1, allowed="no circles",
    ),
    model_fault(
        "a line defined by the count of lines", ("ever(asthma)", "n_ltc >= 1"),
        what="lines.asthma -> measures.n_ltc -> lines.asthma", line=line_of("[lines.asthma]"), allowed="no circles",
    ),
    model_fault(
        "a tally defined by itself", ("within(falls, months=24)", "n(falls) >= 1"),
        what="tallies.falls -> tallies.falls", line=line_of("[tallies.falls]"), allowed="no circles",
    ),
    model_fault(
        "a score known by itself", ("ever(icd10_record)", "hfrs >= 1"), what="scores.hfrs -> scores.hfrs",
        line=SCORE, allowed="no circles",
    ),
]  # fmt: skip
EXPRESSIONS = [
    in_line("an unknown function", "evr(asthma)", what="no function 'evr', did you mean 'ever'?", allowed=FUNCTIONS),
    in_line("a function of Python", "__import__('os').system('ls')", what="no function", allowed=FUNCTIONS),
    in_line("a function without a name", "(lambda: 1)()", what="no function 'lambda: 1'", allowed=FUNCTIONS),
    in_line(
        "an unknown condition", "ever(astma)", what="no condition 'astma', did you mean 'asthma'",
        allowed="conditions", remedy="correct the file",
    ),
    in_line("a condition too few", "ever()", what="ever() has 0 names", allowed="condition"),
    in_line("a condition too many", "ever(asthma, copd)", what="ever() has 2 names", allowed="condition"),
    in_line("a number for a condition", "ever(3)", what="'3' in ever() is not a name", allowed="conditions and sets"),
    in_line("an unknown option", "ever(asthma, age=3)", what="no option 'age'", allowed="min_age"),
    in_line("a window on ever", "ever(asthma, months=3)", what="no option 'months'", allowed="min_age"),
    in_line("a window too few", "within(asthma)", what="within() has 0 windows", allowed="months= and days="),
    in_line("a window too many", "within(asthma, months=1, days=1)", what="2 windows", allowed="one of months="),
    in_line("an option twice", "within(asthma, months=1, months=2)", what="'months' twice", allowed="each option once"),
    in_line("a negative window", "within(asthma, months=-1)", what="not a whole number", allowed="0, 1, 2, ... 1500"),
    in_line("a window with a fraction", "within(asthma, days=2.5)", what="not a whole number", allowed="46000"),
    in_line("a window in words", "within(asthma, months='2')", what="not a whole number", allowed="1500"),
    in_line("a window longer than life", "within(asthma, months=1501)", what="not a whole number", allowed="1500"),
    in_line("an open list of names", "ever(*asthma)", what="'*asthma' in ever() is not a name", allowed="names"),
    in_group("an unknown measure", "n_ltcs >= 1", what="no measure 'n_ltcs', did you mean 'n_ltc'?", allowed="n_ltc"),
    in_group("an unknown line", "line(astma)", what="no line 'astma'", allowed="asthma"),
    in_group("an unknown class", "count_lines(majr) >= 1", what="'majr', did you mean 'major'?", allowed="moderate"),
    in_group("an unknown tally", "n(fall) >= 1", what="no tally 'fall', did you mean 'falls'?", allowed="falls"),
    model_fault(
        "a span of days over what has none",
        ("within(falls, months=24)", "line(asthma)"), ('"n_ltc >= 1"', '"span_days(falls) >= 1"'),
        what="no days for the item 'falls', which asks line()", line=WHEN, allowed="ever, within",
    ),
    in_group("an unknown item", "n(falls, but_not='fall') >= 1", what="no item 'fall'", allowed="falls"),
    in_group(
        "an item as a number", "n(falls, but_not=3) >= 1", what="but_not of n() is not a word", allowed="quotation",
    ),
    in_group("an unknown episode", "in_episode(birth)", what="no episode 'birth'", allowed="pregnancy"),
    in_group("an unknown feed", "given(contact)", what="no feed 'contact', did you mean 'contacts'?", allowed="values"),
    in_group(
        "medicines of a condition", "count_distinct(asthma, months=1) > 0", what="medicines only",
        allowed="any_medicine",
    ),
    in_group("the value of no value", "latest(asthma, months=1) > 0", what="'asthma' is no value", allowed="values.*"),
    in_group("a fraction", "n_ltc >= 0.5", what="the constant 0.5", allowed="whole numbers"),
    in_group("a truth of Python", "True", what="the constant True", allowed="whole numbers"),
    in_group("a number too large", "age < 99999999999", what="too large", allowed="1,000,000"),
    in_group("multiplication", "n_ltc * 2 >= 1", what="'n_ltc * 2' is not allowed", allowed="+ and -"),
    in_group("a comparison of Python", "age in (1, 2)", what="not part of the model language", allowed=FUNCTIONS),
    in_group("identity", "age is n_ltc", what="'age is n_ltc' is not allowed", allowed="== != < <= > >="),
    in_group("an attribute", "age.real >= 1", what="'age.real' is not part", allowed=FUNCTIONS),
    in_group("an assignment", "(x := 3) >= 1", what="not part of the model language", allowed=FUNCTIONS),
    in_group(
        "a choice by what may be unknown", "age > 1 if n_ltc > 1 else age > 2", what="not known for everybody",
        allowed="given(feed)",
    ),
    in_group("a choice of two kinds", "age if given(contacts) else age > 2", what="differ in kind", allowed="two"),
    in_group("half a sentence", "n_ltc >=", what="not well formed", allowed=FUNCTIONS),
    in_group("nothing", "", what="not well formed", allowed=FUNCTIONS),
    in_group("brackets without end", "(" * 400 + "age", what="not well formed", allowed=FUNCTIONS),
    in_group("nesting without end", "not " * 5000 + "active", what="too deep", allowed=FUNCTIONS),
    in_group("a number as a criterion", "n_ltc", what="a yes/no expression is needed", allowed="a comparison"),
    in_group("a word as a criterion", "sex", what="a yes/no expression is needed", allowed="a comparison"),
    in_group("a word in a sum", "sex + 1 >= 1", what="a word stands where a number", allowed="a number"),
    in_group("a word alone", "'male' and active", what="a word stands alone", allowed="comparisons"),
    in_group("a word compared by size", "sex > 'male'", what="by size", allowed="sex == 'word'"),
    in_group("a word compared with a number", "sex == 3", what="with a number", allowed="sex == 'word'"),
    in_group("an unknown sex", "sex == 'Male'", what="no sex 'Male', did you mean 'male'", allowed="female"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", [*TEXT_OF_A_MODEL, *KEYS_OF_A_MODEL, *RULES_OF_A_MODEL, *CIRCLES, *EXPRESSIONS])
def test_faults_of_a_model_file_are_told_with_their_line(wrong, tmp_path):
    """A model file that is not right is refused with file and line, what is allowed there, and a way out."""
    check(wrong, tmp_path)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_the_small_model_is_right(start, end, tmp_path):
    """The file that these tests change is a model that works, also as a Windows editor saves it."""
    path = written(tmp_path, start + SMALL_MODEL.encode().replace(b"\n", end))
    assert group(model=path).counts() == {1: 2, 2: 0}


@settings(max_examples=1000)
@given(st.sampled_from(list(places_in(tomllib.loads(SMALL_MODEL)))), st.sampled_from([None, *OTHER_VALUES]))
def test_no_value_of_a_model_file_makes_a_traceback(path, value):
    """With any value of a model file missing or of another kind it is read, or refused by a ModelError: never else."""
    text = with_value(tomllib.loads(SMALL_MODEL), path, value)
    assert_read_or_refused(lambda: _load_text(text))


def _load_text(text):
    model = read_model(text.encode(), label="own.toml", catalogue=CORE)
    check_model(model, settings=[each.value for each in pngroup.Setting], sources=CORE.sources)
    return group(model=model).to_frame()
