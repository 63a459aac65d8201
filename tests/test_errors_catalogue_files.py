"""Wrong catalogues: each fault of a table is told with file and line, what is allowed there, and a way out."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

import pngroup
from faults import check, fault, group
from pngroup import ModelError

DATA = Path(str(files("pngroup"))) / "data"


@pytest.fixture(scope="module")
def catalogue_folder(tmp_path_factory):
    """A copy of the packaged catalogue, without SNOMED CT."""
    folder = tmp_path_factory.mktemp("catalogues") / "own"
    shutil.copytree(DATA / "catalogue" / "2026.1", folder, ignore=shutil.ignore_patterns("snomed"))
    return folder


def catalogue_fault(name, file, text="", *, what, allowed, remedy, raw=None, old=None, at_end=True, kind=ModelError):
    """A fault of a catalogue: a row added at the end of a file, or other content, or (None) no file."""

    def call(folder):
        path = folder / file
        kept = path.read_bytes()
        call.line = kept.count(b"\n") + 1
        new = raw if raw is not None else kept.replace(*old, 1) if old is not None else kept + text.encode()
        try:
            if new is not kept:
                path.write_bytes(new)
            if raw == b"gone":
                path.unlink()
            return group(catalogue=folder)
        finally:
            path.write_bytes(kept)

    row = fault(name, call, kind, what=what, where=file, allowed=allowed, remedy=remedy)
    row.values[0].call.at_end = at_end and raw is None and old is None
    return row


CELLS = "condition,match,code,source,note"
CATALOGUE = [
    catalogue_fault(
        "unknown source", "icd10.csv", "dementia,prefix,F99,hearsay,\n", what="no source 'hearsay'",
        allowed="ids of sources.csv", remedy="a source",
    ),
    catalogue_fault(
        "no source", "icd10.csv", "dementia,prefix,F99,,\n", what="names no source", allowed="ids of sources.csv",
        remedy="give every row a source",
    ),
    catalogue_fault(
        "too few cells", "icd10.csv", "dementia,prefix,F99\n", what="3 cells in place of 5", allowed=CELLS,
        remedy="give each column one cell",
    ),
    catalogue_fault(
        "too many cells", "icd10cm.csv", "dementia,prefix,F99,pngroup,a, b\n", what="6 cells in place of 5",
        allowed=CELLS, remedy="put cells that hold a comma in quotes",
    ),
    catalogue_fault(
        "an empty row", "icd10.csv", "\n", what="0 cells in place of 5", allowed=CELLS, remedy="each column",
    ),
    catalogue_fault(
        "unknown match", "icd10.csv", "dementia,prefx,F99,pngroup,\n", what="'prefx' is no way to match",
        allowed="prefix, exact, like, exclude, exclude_exact, exclude_like", remedy="correct the cell",
    ),
    catalogue_fault(
        "unknown condition", "opcs4.csv", "dementa,prefix,A01,pngroup,\n", what="no condition 'dementa'",
        allowed="ids of conditions.csv", remedy="correct the id",
    ),
    *(
        catalogue_fault(
            f"a code that is {name}", "icd10.csv", f"dementia,prefix,{code},pngroup,\n",
                what="the code is empty or not",
            allowed=("capital letters and digits", "without dots"), remedy="correct the cell",
        )
        for name, code in {"empty": "", "dotted": "F99.1", "in small letters": "f99", "of two words": "F99 F98"}.items()
    ),
    catalogue_fault(
        "broken quotes", "icd10.csv", 'dementia,prefix,"F99,pngroup,\n', what="not readable as CSV",
        allowed="quotes in pairs", remedy="correct the row",
    ),
    catalogue_fault(
        "another header", "icd10.csv", old=(b"condition,match", b"condition,how"), what="the header has 5 columns",
        allowed=CELLS, remedy="this header",
    ),
    catalogue_fault("an empty file", "hfrs.csv", raw=b"", what="the table is empty", allowed="weight", remedy="header"),
    catalogue_fault(
        "not UTF-8", "icd10.csv", raw=b"condition,match,code,source,note\n\xe9,,,,\n", what="not UTF-8 text (byte 34)",
        allowed="UTF-8", remedy="save the file as UTF-8",
    ),
    catalogue_fault(
        "a binary file", "sources.csv", raw=bytes(range(256)), what="not UTF-8 text (byte 129)", allowed="UTF-8",
        remedy="save the file as UTF-8",
    ),
    catalogue_fault(
        "a missing file", "charlson.csv", raw=b"gone", what="cannot be read", allowed="a readable CSV file",
        remedy="check that it exists",
    ),
    catalogue_fault(
        "an orphan parent", "conditions.csv", "zz,Z,chronic,neurological,nobody,,dementia,,pngroup,\n",
        what="no parent 'nobody'", allowed="ids of conditions.csv", remedy="correct the id",
    ),
    catalogue_fault(
        "a condition nested in itself", "conditions.csv", "zz,Z,marker,neurological,zz,,,,pngroup,\n",
        what="'zz' is nested in itself", allowed="a tree", remedy="remove one of the parents",
    ),
    catalogue_fault(
        "conditions nested in a circle", "conditions.csv",
        "za,A,marker,neurological,zb,,,,pngroup,\nzb,B,marker,neurological,za,,,,pngroup,\n",
        what="'za' is nested in itself", allowed="a tree", remedy="remove one of the parents",
    ),
    catalogue_fault(
        "a chronic condition without line or reason", "conditions.csv", "zz,Z,chronic,neurological,,,,,pngroup,\n",
        what="'zz' has neither or both of a line and a reason", allowed="not_counted_because", remedy="exactly one",
    ),
    catalogue_fault(
        "a chronic condition with line and reason", "conditions.csv",
        "zz,Z,chronic,neurological,,,dementia,why not,pngroup,\n", what="neither or both", allowed="a line",
        remedy="exactly one",
    ),
    catalogue_fault(
        "an unknown kind", "conditions.csv", "zz,Z,cronic,neurological,,,dementia,,pngroup,\n",
        what="'cronic' is no kind", allowed=("chronic", "marker"), remedy="correct the cell",
    ),
    catalogue_fault(
        "an unknown restricted topic", "conditions.csv", "zz,Z,marker,neurological,,secret,,,pngroup,\n",
        what="'secret' is no restricted topic", allowed="termination_and_loss", remedy="correct the cell",
    ),
    *(
        catalogue_fault(
            f"a condition id that is {name}", "conditions.csv", f"{id_},Z,marker,neurological,,,,,pngroup,\n",
            what=f"the condition id {id_!r}", allowed="small letters, digits and _", remedy="rename it",
        )
        for name, id_ in {"empty": "", "no name": "z-z", "in capitals": "Zz", "repeated": "dementia"}.items()
    ),
    catalogue_fault(
        "a condition without a name", "conditions.csv", "zz,,marker,neurological,,,,,pngroup,\n", what="has no name",
        allowed="some words", remedy="fill the cell",
    ),
    catalogue_fault(
        "a source twice", "sources.csv", "pngroup,x,,,,,yes\n", what="'pngroup' is empty or repeated",
        allowed="an id of its own", remedy="rename it",
    ),
    catalogue_fault(
        "a weight in words", "hfrs.csv", "hfrs_z,Z,many,ever(dementia),pngroup,yes\n", what="weight is 'many'",
        allowed="a whole number", remedy="correct the cell",
    ),
    catalogue_fault(
        "a weight with a fraction", "cambridge.csv", "z,Z,1.5,yes,ever(dementia),,pngroup,yes\n",
        what="weight is '1.5'", allowed="a whole number", remedy="correct the cell",
    ),
    catalogue_fault(
        "an item twice", "hfrs.csv", "hfrs_f00,Z,1,ever(dementia),pngroup,yes\n", what="'hfrs_f00' is repeated",
        allowed="each item once", remedy="remove one",
    ),
    *(
        catalogue_fault(
            f"a score table {name}", "score_tables.csv", f"{id_},id name weight when source checked,pngroup\n",
            what="is repeated, has the name of another table, or none", allowed="a name of its own",
            remedy="rename the table",
        )
        for name, id_ in {"twice": "hfrs", "without a name": "", "called as another table": "conditions"}.items()
    ),
    *(
        catalogue_fault(
            f"a score table {name}", "score_tables.csv", f"zz,{columns},pngroup\n", what="lacks a column that it needs",
            allowed="id, name, when, source, checked, one or more weight", remedy="correct the cell columns",
        )
        for name, columns in {
            "without weights": "id name when source checked", "without expressions": "id name weight source checked",
            "with a column twice": "id name weight weight when source checked",
        }.items()
    ),
    catalogue_fault(
        "a restricted topic twice", "topics.csv", "gender,Again,pngroup\n",
        what="the restricted topic 'gender' is repeated", allowed="small letters", remedy="correct the row",
    ),
    catalogue_fault(
        "an unknown code system", "medicines.csv", "bnff,antidepressants,prefix,0403,pngroup,\n",
        what="no code system 'bnff'", allowed=("bnf", "atc"), remedy="correct the cell",
    ),
    catalogue_fault(
        "codes of an unknown item", "score_codes.csv", "icd10,hfrs_zzz,prefix,Z99,pngroup\n",
        what="no condition 'hfrs_zzz'", allowed="ids", remedy="correct the id",
    ),
    catalogue_fault(
        "codes of an unknown register", "register_codes.csv", "icd10,b2h_zzz,prefix,Z99,pngroup,,C\n",
        what="no condition 'b2h_zzz'", allowed="ids", remedy="correct the id",
    ),
    catalogue_fault(
        "a code of a register without a confidence", "register_codes.csv", "icd10,b2h_copd,prefix,Z99,pngroup,,\n",
        what="'' is no confidence", allowed="A, B, C", remedy="correct the cell",
    ),
    *(
        catalogue_fault(
            f"a register item {name}", "registers.csv", text, what="repeated, has the id of another thing or no name",
            allowed="an id of its own", remedy="correct the row",
        )
        for name, text in {
            "twice": "b2h_copd,Lungs,pngroup,\n", "with the id of a condition": "dementia,Memory,pngroup,\n",
            "with the id of an item of a score": "hfrs_f00,Memory,pngroup,\n", "without a name": "b2h_z,,pngroup,\n",
            "in capitals": "B2H_z,Lungs,pngroup,\n",
        }.items()
    ),
    catalogue_fault(
        "an unknown function in a score", "hfrs.csv", "hfrs_z,Z,1,evr(dementia),pngroup,yes\n",
        what="no function 'evr', did you mean 'ever'?", allowed="within", remedy="correct the expression",
    ),
    catalogue_fault(
        "an unknown condition in a score", "efi.csv", "z,Z,1,ever(dementa),pngroup,yes\n",
        what="no condition 'dementa', did you mean 'dementia'", allowed="conditions", remedy="correct the file",
    ),
    catalogue_fault(
        "a row twice", "icd10.csv", "dementia,prefix,F00,pngroup,\n", what="the row repeats", allowed="each row once",
        remedy="remove one",
    ),
    catalogue_fault(
        "a pattern that ends open", "icd10cm.csv", "dementia,like,F0?,pngroup,\n", what="not in its canonical form",
        allowed="not at the end", remedy="correct the cell",
    ),
    catalogue_fault(
        "a dismissal of what is mapped", "no_condition.csv", "icd10,exact,F009,history_of,,pngroup\n",
        what="F009 is dismissed here and mapped to dementia", allowed="one of the two", remedy="remove one",
    ),
    catalogue_fault(
        "a dismissal of all that is mapped", "no_condition.csv", "icd10,prefix,F00,history_of,,pngroup\n",
        what="F00 is dismissed here and mapped to dementia", allowed="one of the two", remedy="remove one",
    ),
    catalogue_fault(
        "a dismissal of a chapter", "no_condition.csv", "icd10,prefix,R0,history_of,,pngroup\n", what="too short",
        allowed="3 characters or more", remedy="correct the cell",
    ),
    catalogue_fault(
        "a dismissal twice", "no_condition.csv", "opcs4 opcs4,prefix,A01,history_of,,pngroup\n",
        what="dismissed on line", allowed="each code once", remedy="remove one",
    ),
    catalogue_fault(
        "an unknown reason", "no_condition.csv", "opcs4,prefix,A01,boredom,,pngroup\n", what="no reason 'boredom'",
        allowed="no_condition_reasons.csv", remedy="correct the cell",
    ),
    catalogue_fault(
        "a dismissal by pattern", "no_condition.csv", "opcs4,like,A0?1,history_of,,pngroup\n",
        what="'like' is no way to match", allowed="prefix, exact", remedy="correct the cell",
    ),
    catalogue_fault(
        "a reason twice", "no_condition_reasons.csv", "history_of,Again,pngroup\n", what="'history_of' is repeated",
        allowed="small letters", remedy="correct the row",
    ),
    catalogue_fault(
        "an unknown topic", "restricted.csv", "icd10,secrets,prefix,Z99,pngroup\n",
        what="'secrets' is no restricted topic", allowed="gender", remedy="correct the cell",
    ),
    catalogue_fault(
        "a number in a score", "bateman.csv", "z,Z,1,,age,pngroup,yes\n", what="a yes/no expression is needed",
        allowed="a comparison", remedy="correct the file",
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", CATALOGUE)
def test_faults_of_a_catalogue_are_told_with_their_line(wrong, catalogue_folder):
    """A catalogue that is not right is refused with file and line, what is allowed there, and a way out."""
    error = check(wrong, catalogue_folder)
    if wrong.call.at_end:
        assert f"{wrong.call.line}" in error.where


SNOMED = [
    ("unknown condition", "ids", "52448006,dementa,pngroup", "no condition 'dementa'"),
    ("no condition", "ids", "52448006,,pngroup", "no condition ''"),
    ("unknown source", "ids", "52448006,dementia,hearsay", "no source 'hearsay'"),
    ("no number", "ids", "5244800X,dementia,pngroup", "the code is no number"),
    ("a code twice", "ids", "52448006,dementia,pngroup\n52448006,dementia,pngroup", "repeated"),
    ("a cell too many", "ids", "52448006,dementia,pngroup,yes", "4 cells in place of 3"),
    ("an unknown reason", "no_condition", "52448006,boredom,,pngroup", "no reason 'boredom'"),
    ("a code that is mapped", "no_condition", "263204007,history_of,,pngroup", "mapped to hip_fracture"),
    ("an unknown role", "roots", "dementia,rot,52448006,pngroup,", "'rot' is no role"),
    ("a root that is no number", "roots", "dementia,root,5244x,pngroup,", "the code is no number"),
    ("a refset that is no number", "refsets", "dementia,DEM_COD,5x,pngroup", "the refset is no number"),
    ("an unknown topic", "restricted", "52448006,secrets,pngroup", "'secrets' is no restricted topic"),
]


@pytest.mark.parametrize(("table", "rows", "what"), [row[1:] for row in SNOMED], ids=[row[0] for row in SNOMED])
def test_faults_of_snomed_tables_are_told_with_their_line(table, rows, what, catalogue_folder, tmp_path):
    """A row of a table of SNOMED CT ids that is not right is refused with file and line."""
    folder = tmp_path / "own"
    shutil.copytree(catalogue_folder, folder)
    (folder / "snomed").mkdir()
    for file in (DATA / "catalogue" / "2026.1" / "snomed").glob("*.csv"):
        header = file.read_text(encoding="utf-8").splitlines()[0]
        (folder / "snomed" / file.name).write_text(f"{header}\n", encoding="utf-8")
    with (folder / "snomed" / "ids.csv").open("a", encoding="utf-8") as ids:
        ids.write("263204007,hip_fracture,pngroup\n")
    with (folder / "snomed" / f"{table}.csv").open("a", encoding="utf-8") as file:
        file.write(f"{rows}\n")
    line = 2 + rows.count("\n") + (table == "ids")
    check(
        fault(
            "", lambda: pngroup.load_catalogue(folder), ModelError, what=what,
            where=f"snomed/{table}.csv, line {line}", allowed=" " if "," in table else "", remedy=" ",
        ).values[0]
    )  # fmt: skip
