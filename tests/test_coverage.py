"""Coverage: every row of a table is counted once, under what became of its code; nothing is guessed, nothing shown."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from command_line import read_rows, run, write_text
from faults import check_error
from frame_kinds import KINDS
from pngroup import CodeSystem, coverage, load_catalogue, lookup
from pngroup.catalogue.dismissal import Dismissals
from pngroup.covering import STATUSES
from pngroup.frames import Stream

CORE = load_catalogue("core")
RECORDS = {
    "code": ["I50.0", "i500", "Z00.0", "nonsense", "84114007", "404684003", "25000", "ABC.1", "J45", None],
    "system": ["icd10", "icd10", "icd10", "icd10", "snomed", "snomed", "icd9cm", "hocus", None, "icd10"],
}


def by_code(found):
    return {(row.system, row.code): row for row in found.codes}


def test_each_code_has_one_of_four_statuses():
    """Mapped with its conditions, no condition with the reason, unknown, or malformed; spellings count together."""
    found = by_code(coverage(RECORDS))
    heart = found["icd10", "I500"]
    assert (heart.n, heart.status, heart.conditions) == (2, "mapped", ("heart_failure",))
    assert (found["icd10", "Z000"].status, found["icd10", "Z000"].conditions) == ("no_condition", ())
    assert found["icd10", "Z000"].reason.startswith("contact_for_care: ")
    assert found["icd10", "aaaaaaaa"].status == "malformed"
    assert "form" in found["icd10", "aaaaaaaa"].reason
    assert found["icd10", ""].status == "malformed"
    assert (found["snomed", "84114007"].status, found["snomed", "404684003"].status) == ("mapped", "unknown")


def test_systems_that_are_not_grouped_or_unknown_are_reported_and_never_guessed():
    """ICD-9-CM, an unknown system and a missing one are unknown, each with its own reason, and show only a shape."""
    found = by_code(coverage(RECORDS))
    assert (found["icd9cm", "99999"].status, found["icd9cm", "99999"].conditions) == ("unknown", ())
    assert "never mapped" in found["icd9cm", "99999"].reason
    assert found["", "aaa.9"].reason == "unknown code system"
    assert found["", "a99"].reason == "no code system"


def test_codes_are_shown_as_they_stand_only_when_asked_for():
    """What cannot be read may be an identifier: it is shown by its shape unless the caller asks for it."""
    records = {"code": ["943 476 5919", "943 476 5919", "I10"]}
    shown = by_code(coverage(records, system="icd10"))
    assert shown["icd10", "999 999 9999"].n == 2
    assert "943" not in str(coverage(records, system="icd10"))
    assert by_code(coverage(records, system="icd10", as_found=True))["icd10", "943 476 5919"].status == "malformed"


def test_mangled_ids_are_counted_where_grouping_would_stop():
    """An id that a spreadsheet has mangled stops group(); coverage() counts it, so that it can be found."""
    found = coverage({"code": ["1.09E+16", "84114007"]}, system="snomed")
    assert found.counts()["snomed"] == {"mapped": 1, "no_condition": 0, "unknown": 0, "malformed": 1}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["I50", "i50.0", "Z00", "", "x", "R69X", "38341003", "E119"]),
            st.sampled_from(["icd10", "icd10cm", "snomed", "read2", "?", None]),
        ),
        max_size=40,
    )
)
def test_every_row_is_counted_once(rows):
    """Whatever a table holds, its rows add up over codes, systems and statuses; mapped codes are those of lookup()."""
    found = coverage({"code": [code for code, _ in rows], "system": [system for _, system in rows]})
    assert sum(row.n for row in found.codes) == found.n_rows == len(rows)
    assert sum(n for statuses in found.counts().values() for n in statuses.values()) == len(rows)
    assert [row.n for row in found.codes] == sorted((row.n for row in found.codes), reverse=True)
    for row in found.codes:
        assert row.status in STATUSES
        assert bool(row.conditions) == (row.status == "mapped")
        assert bool(row.reason) == (row.status != "mapped")
        if row.status == "mapped":
            assert row.conditions == lookup([row.code], row.system)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_comes_back_in_the_caller_s_kind_of_frame(kind):
    """to_frame() gives a row a code with the six columns, in the library of the records."""
    records = KINDS[kind]({"code": ["I10", "I10", "Z00"], "system": ["icd10"] * 3})
    frame = pngroup.frames.open_table(
        coverage(records).to_frame(),
        name="coverage",
        required=["system", "code", "n", "status", "conditions", "reason"],
    )
    assert frame.n_rows == 2
    assert frame.numbers("n").number.tolist() == [2, 1]


def test_the_command_writes_the_table_and_shows_the_counts(tmp_path):
    """`pngroup coverage` prints counts by system and status, and --out holds a row a code."""
    path = write_text(tmp_path / "r.csv", {"diagnosis": ["I50.0", "Z00.0", "Z00.0", "?!"], "system": ["icd10"] * 4})
    done = run("coverage", "--records", path, "--column", "records.code=diagnosis", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    assert "4 rows, 3 different codes" in done.stdout
    rows = read_rows(tmp_path / "out.csv")
    assert list(rows[0]) == ["system", "code", "n", "status", "conditions", "reason"]
    assert [(row["code"], row["n"], row["status"]) for row in rows] == [
        ("Z000", "2", "no_condition"), ("?!", "1", "malformed"), ("I500", "1", "mapped"),
    ]  # fmt: skip


def test_a_dismissal_speaks_only_where_nothing_is_mapped():
    """Each row of dismissals is found at its own code, unless a mapping row knows that code: mapped comes first."""
    n_mapped = 0
    for system, dismissals in CORE.dismissals.items():
        for match, code in dismissals.rows:
            told = CORE.dismissal(code, system)
            if CORE.decision(code, system) == "mapped":
                n_mapped += 1
                assert told is None
            else:
                assert (told.match, told.code) == (match, code)
    assert n_mapped > 0


@given(
    st.lists(st.text("AB1", min_size=3, max_size=5), unique=True),
    st.lists(st.text("AB1", min_size=3, max_size=5), unique=True),
    st.text("AB1", min_size=1, max_size=6),
)
def test_the_longest_prefix_decides_and_an_exact_row_before_it(prefixes, exacts, code):
    """Of several dismissals of a code the exact one decides, then the longest prefix."""
    rows = {("prefix", each): ("r", each, "s", 1) for each in prefixes}
    rows |= {("exact", each): ("r", f"exactly {each}", "s", 1) for each in exacts}
    told = Dismissals("icd10", "f", rows).dismissal(code)
    fitting = sorted((each for each in prefixes if code.startswith(each)), key=len)
    expected = f"exactly {code}" if code in exacts else fitting[-1] if fitting else None
    assert (told.because if told else None) == expected


def test_a_code_that_reveals_a_restricted_topic_is_restricted_whatever_it_means():
    """Dementia in HIV disease is dementia, and its record is a restricted one."""
    assert "dementia" in lookup(["F02.4"])[0]
    assert CORE.is_restricted(CORE.meaning("F024", CodeSystem.ICD10))
    assert not CORE.is_restricted(CORE.meaning("F023", CodeSystem.ICD10))
    assert not [c for c in lookup(["N97.9"])[0] if c.startswith("restricted")]


def test_control_characters_of_a_table_do_not_reach_the_screen():
    """A code may hold anything: line ends and escapes are spelled out, even where codes are shown as found."""
    found = coverage({"code": ["a\nb\x1b[31m"]}, system="icd10", as_found=True)
    assert "\x1b" not in str(found)
    assert str(found).count("\n") == str(coverage({"code": ["ab"]}, system="icd10")).count("\n")


def test_columns_that_are_no_mapping_are_refused():
    """As by group(), and whether records are a table or a path."""
    for records in ({"code": ["I10"]}, "records.csv"):
        with pytest.raises(pngroup.PngroupError) as caught:
            coverage(records, system="icd10", columns=["code"])
        check_error(caught.value)


def test_codes_of_one_batch_are_not_those_of_another():
    """A batch whose systems are all missing adds the codes that it holds, and no code of another batch."""
    batches = [
        {"code": ["I10", "E11", "C34"], "system": ["icd10"] * 3},
        {"code": ["I10", "J45"], "system": [None] * 2},
        {"code": ["E11"], "system": ["icd10"]},
    ]
    types = pa.schema({"code": pa.string(), "system": pa.string()})
    made = [pa.table(batch, schema=types) for batch in batches]
    found = coverage(Stream(names=("code", "system"), batches=lambda: iter(made)), as_found=True)
    assert found.codes == coverage(pa.concat_tables(made), as_found=True).codes
    assert {(code.system, code.code, code.n) for code in found.codes} == {
        ("icd10", "I10", 1), ("icd10", "E11", 2), ("icd10", "C34", 1), ("", "I10", 1), ("", "J45", 1),
    }  # fmt: skip
