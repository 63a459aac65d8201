"""Overlays: a site's own changes to a catalogue take effect, and only they; a mistaken one is told with its place."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest

import pngroup
from faults import check, fault
from pngroup import CodeSystem, ModelError, UsageError, load_catalogue
from pngroup.catalogue import compare_catalogues

CORE = load_catalogue("core")
HEAD = '[overlay]\nname = "site"\nedition = "2026-04"\nbase = "core"\n'
ROWS = [
    row
    for system in (CodeSystem.ICD10, CodeSystem.ICD10CM)
    for row in CORE.rules[system].rows
    if row.condition in CORE.conditions
]


def looked_at(row):
    """The code at which a row looks, codes below it, and one of seven characters that patterns may find."""
    code = row.code.replace("?", "1")
    return {code, code + "0", code + "9", code.ljust(6, "1")[:6] + "S"}


CODES = {
    system: sorted({code for row in CORE.rules[system].rows for code in looked_at(row)})
    for system in (CodeSystem.ICD10, CodeSystem.ICD10CM)
}


def overlay(folder, text, *, head=HEAD, name="site.toml"):
    """The catalogue that an overlay with this text makes."""
    path = folder / name
    path.write_text(head + text, encoding="utf-8")
    return load_catalogue(path)


def change(**cells):
    """One table [[codes]]."""
    cells = {"system": "icd10", "because": "we think so", **cells}
    return "[[codes]]\n" + "".join(f'{key} = "{value}"\n' for key, value in cells.items())


def meaning(catalogue, code, system=CodeSystem.ICD10):
    return {c for c in catalogue.meaning(code, system) if c in catalogue.conditions}


def direct(code, system):
    """The conditions to which rows of their own map a code in the base."""
    return {row.condition for row in CORE.rows_for(code, system) if row.condition in CORE.conditions}


def with_parents(conditions):
    return {each for condition in conditions for each in (condition, *CORE.conditions[condition].ancestors)}


def near(code, system):
    """Codes of the same category, and some of others, on which a change must have no effect."""
    others = random.Random(code).sample(CODES[system], 30)
    return [each for each in CODES[system] if each[:3] == code[:3]] + others


def some(rows, n):
    return random.Random(n).sample(rows, min(n, len(rows)))


EXCLUDING = [row for row in ROWS if row.match == "exclude"]
INCLUDING = [row for row in ROWS if row.match in ("prefix", "exact")]
NESTED = [row for row in INCLUDING if CORE.conditions[row.condition].ancestors]
PATTERNS = [row for row in ROWS if row.match == "like"]


@pytest.mark.parametrize("match", ["prefix", "exact"])
def test_a_code_that_is_added_means_the_condition_and_nothing_else_changes(match, tmp_path):
    """An added code means the condition too, a prefix also below it, whatever had excluded it; no other changes."""
    for row in [*EXCLUDING, *some(INCLUDING, 60)]:
        system = CodeSystem(row.system)
        conditions = [row.condition, "gout"] if row.excludes else ["gout"]
        for condition in conditions:
            if any(each.condition == condition for each in CORE.rows_for(row.code, system)):
                continue
            text = change(action="add", system=row.system, code=row.code, condition=condition, match=match)
            site = overlay(tmp_path, text)
            for each in near(row.code, system):
                is_meant = each.startswith(row.code) if match == "prefix" else each == row.code
                kept_out = any(
                    out.match == "exclude_like" and out.condition == condition and out.applies_to(each)
                    for out in CORE.rules[system].rows
                )
                expected = direct(each, system) | ({condition} if is_meant and not kept_out else set())
                assert meaning(site, each, system) == with_parents(expected), (row.place, condition, each)


@pytest.mark.parametrize("rows", [some(INCLUDING, 80), some(NESTED, 80), PATTERNS, EXCLUDING], ids=len)
def test_a_code_that_is_taken_out_no_longer_means_the_condition(rows, tmp_path):
    """A removed prefix means the condition no more, nor does any code below it, or the removal is refused."""
    for row in rows:
        system, code = CodeSystem(row.system), row.code.partition("?")[0] or "S"
        for condition in {row.condition, *CORE.conditions[row.condition].ancestors[:1]}:
            text = change(action="remove", system=row.system, code=code, condition=condition)
            below = [each for each in CODES[system] if each.startswith(code)]
            meant = [each for each in below if condition in meaning(CORE, each, system)]
            through = {
                c
                for each in meant
                for c in direct(each, system)
                if condition in CORE.conditions[c].ancestors
            }  # fmt: skip
            own = any(condition in direct(each, system) for each in meant)
            if through or not own:
                words = "would still mean" if through else "changes nothing"
                with pytest.raises(ModelError, match=words):
                    overlay(tmp_path, text)
                continue
            site = overlay(tmp_path, text)
            for each in near(code, system):
                expected = direct(each, system) - ({condition} if each.startswith(code) else set())
                assert meaning(site, each, system) == with_parents(expected), (row.place, condition, each)


def test_a_code_that_leaves_all_conditions_means_nothing(tmp_path):
    """Without a condition named, a code and all below it leave every condition, nested ones and patterns too."""
    for row in [*some(NESTED, 40), *PATTERNS]:
        system, code = CodeSystem(row.system), row.code.partition("?")[0] or "S"
        site = overlay(tmp_path, change(action="remove", system=row.system, code=code))
        for each in near(code, system):
            expected = set() if each.startswith(code) else with_parents(direct(each, system))
            assert meaning(site, each, system) == expected, (row.place, each)


def test_a_code_that_is_redirected_means_the_other_condition(tmp_path):
    """A redirected code leaves one condition and enters another."""
    site = overlay(tmp_path, change(action="redirect", code="K58", condition="irritable_bowel_syndrome", to="obesity"))
    assert meaning(site, "K589") == {"obesity"}
    assert meaning(CORE, "K589") == {"irritable_bowel_syndrome"}


def test_a_code_that_is_dismissed_is_no_condition_by_decision(tmp_path):
    """A dismissed code means nothing, and the catalogue says why and on whose word."""
    site = overlay(tmp_path, change(action="dismiss", code="L20", reason="minor_or_local"))
    assert not meaning(site, "L209")
    told = site.dismissal("L209", CodeSystem.ICD10)
    assert (told.reason, told.because, told.source) == ("minor_or_local", "we think so", ("site",))
    assert told.place == "site.toml, codes[1]"
    assert site.decision("L209", CodeSystem.ICD10) == "no_condition"


def test_a_snomed_id_is_added_and_taken_out(tmp_path):
    """SNOMED CT ids are changed one by one, given as text or as whole numbers."""
    site = overlay(
        tmp_path,
        change(action="remove", system="snomed", code="84114007")
        + '[[codes]]\naction = "add"\nsystem = "snomed"\ncode = 404684003\ncondition = "gout"\nbecause = "a test"\n',
    )
    assert "heart_failure" in meaning(CORE, "84114007", CodeSystem.SNOMED)
    assert not meaning(site, "84114007", CodeSystem.SNOMED)
    assert meaning(site, "404684003", CodeSystem.SNOMED) == {"gout"}


def test_several_codes_share_a_change(tmp_path):
    """`codes` lists codes that share action and reason; codes are read as in records, with or without dots."""
    several = '[[codes]]\naction = "remove"\nsystem = "icd10"\ncodes = ["l20", "L23.1"]\nbecause = "a test"\n'
    site = overlay(tmp_path, several)
    assert not meaning(site, "L200")
    assert not meaning(site, "L231")
    assert meaning(site, "L230") == {"eczema"}


CONDITION = """[[conditions]]
action = "add"
id = "long_covid_clinic"
name = "Seen by the clinic for long COVID"
kind = "marker"
body_system = "general"
parents = ["post_covid"]
because = "Our service plans by it."
"""


def test_a_condition_that_is_added_counts_through_its_parents(tmp_path):
    """A new condition is nested where it says; the model's line then counts its codes."""
    site = overlay(tmp_path, CONDITION + change(action="add", code="Z71.8", condition="long_covid_clinic"))
    assert meaning(site, "Z718") == {"long_covid_clinic", "post_covid"}
    people = {"person_id": ["a"], "birth_date": ["1980-01-01"], "sex": ["F"]}
    records = {"person_id": ["a"], "code": ["Z71.8"], "date": ["2026-01-01"]}
    options = {"as_at": "2026-03-31", "system": "icd10"}
    base = pngroup.group(people, records, **options)
    own = pngroup.group(people, records, catalogue=site, **options)
    assert (base.counts()[4], own.counts()[4]) == (0, 1)
    assert own.manifest["catalogue"] == "site@2026-04"
    assert own.fingerprint != base.fingerprint


def test_a_condition_that_is_removed_is_never_met(tmp_path):
    """A removed condition keeps its id, which models name, and no code is evidence of it any more."""
    site = overlay(tmp_path, '[[conditions]]\naction = "remove"\nid = "asthma"\nbecause = "a test"\n')
    assert "asthma" in site.conditions
    assert not meaning(site, "J459")
    assert not any("asthma" in meaning(site, code) for code in CODES[CodeSystem.ICD10])
    for system in CORE.rules:
        for code in CORE.rules[system].codes_of("asthma"):
            assert "asthma" not in meaning(site, code, system)


REDIRECT = '[[conditions]]\naction = "redirect"\nid = "{}"\nto = "{}"\nbecause = "a test"\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("depression_recurrent_or_severe", "depression"),
        ("cancer_any", "gout"),
        ("organ_transplant", "chronic_liver_disease"),
        ("drug_misuse", "alcohol_misuse"),
    ],
)
def test_redirecting_a_condition_takes_no_code_out_of_the_other(tmp_path, old, new):
    """A code means the other condition if it meant the one or the other before; all else stays."""
    site = overlay(tmp_path, REDIRECT.format(old, new))

    def expected(code, system):
        before = meaning(CORE, code, system)
        if old not in before:
            return before
        # What lies above the old condition is meant only where something else leads to it.
        rest = direct(code, system) - {old}
        elsewhere = {c for c in rest if old not in CORE.conditions[c].ancestors}
        inside = (rest - elsewhere) | with_parents({new})
        return inside | with_parents(elsewhere)

    for system, codes in CODES.items():
        for code in codes:
            assert meaning(site, code, system) == expected(code, system), code


def test_a_condition_that_is_redirected_counts_as_the_other(tmp_path):
    """All codes of a redirected condition, and of those nested in it, are evidence of the other."""
    site = overlay(tmp_path, '[[conditions]]\naction = "redirect"\nid = "diabetes"\nto = "gout"\nbecause = "a test"\n')
    assert meaning(site, "E119") == {"diabetes_type_2", "gout"}
    assert meaning(site, "E149") == {"gout"}


def test_an_overlay_may_rest_on_another(tmp_path):
    """The base of an overlay may be an overlay beside it; both take effect."""
    overlay(tmp_path, change(action="remove", code="K58"), name="first.toml")
    head = '[overlay]\nname = "second"\nedition = "1"\nbase = "first.toml"\n'
    site = overlay(tmp_path, change(action="remove", code="L20"), head=head)
    assert not meaning(site, "K589")
    assert not meaning(site, "L209")
    assert site.name == "second"


def test_a_csv_holds_changes_to_codes(tmp_path):
    """A CSV is an overlay on the core catalogue: action, system, code and because, and what the action needs."""
    path = tmp_path / "Our ICB.csv"
    path.write_text("action,system,code,condition,because\nadd,icd10,Z99.8,copd,ours\n", encoding="utf-8")
    site = load_catalogue(path)
    assert (site.name, site.edition) == ("our-icb", "own")
    assert meaning(site, "Z998") == {"copd"}
    [row] = [row for row in site.rows_for("Z998", CodeSystem.ICD10) if row.condition == "copd"]
    assert row.place == "Our ICB.csv, line 2"


def test_the_fingerprint_is_of_the_base_and_of_the_overlay(tmp_path):
    """The same overlay has the same fingerprint; another has another, and so has another base."""
    one = overlay(tmp_path, change(action="remove", code="K58"))
    again = overlay(tmp_path, change(action="remove", code="K58"))
    other = overlay(tmp_path, change(action="remove", code="L20"))
    assert one.fingerprint == again.fingerprint
    assert len({CORE.fingerprint, one.fingerprint, other.fingerprint}) == 3


def test_the_difference_names_each_change_with_its_reason(tmp_path):
    """What differs between two catalogues is told statement by statement, with place and reason; the rest is not."""
    site = overlay(tmp_path, CONDITION + change(action="remove", code="K58"))
    found = compare_catalogues(CORE, site)
    assert found.conditions_added == ("long_covid_clinic",)
    assert [(row.sign, row.condition, row.system, row.code) for row in found.rows] == [
        ("+", "irritable_bowel_syndrome", "icd10", "K58")
    ]
    assert "site.toml, codes[1]" in str(found)
    assert "we think so" in str(found)
    back = compare_catalogues(site, CORE)
    assert back.conditions_removed == found.conditions_added
    assert [row.sign for row in back.rows] == ["-"]
    assert compare_catalogues(site, site).is_empty


def wrong(name, text, *, what, allowed, where="site.toml", remedy="", head=HEAD, kind=ModelError):
    def call(folder):
        return overlay(folder, text, head=head)

    return fault(name, call, kind, what=what, where=where, allowed=allowed, remedy=remedy)


REMOVE = '[[conditions]]\naction = "remove"\nid = "asthma"\nbecause = "x"\n'
WRONG = [
    wrong("an unknown action", change(action="ad", code="Z99", condition="gout"), what="'ad' is no action",
          where="site.toml, codes[1]", allowed="add, remove, redirect, dismiss", remedy="did you mean 'add'"),
    wrong("no reason", change(action="add", code="Z99", condition="gout", because=""), what="because is empty",
          where="codes[1]", allowed="a sentence that says why"),
    wrong("an unknown key", change(action="add", code="Z99", condtion="gout"), what="'condtion' is not known here",
          allowed="condition", remedy="did you mean 'condition'"),
    wrong("an unknown condition", change(action="add", code="Z99", condition="gaut"), what="no condition 'gaut'",
          allowed="ids of conditions.csv", remedy="did you mean 'gout'"),
    wrong("an unknown system", change(action="add", system="icd11", code="Z99", condition="gout"),
          what="no code system 'icd11'", allowed="icd10, icd10cm"),
    wrong("a code that cannot be read", change(action="add", match="exact", code="?", condition="gout"),
          what="cannot be read", allowed="a code of icd10"),
    wrong("a beginning of an id", change(action="add", system="dm+d", match="prefix", code="84", condition="gout"),
          what="no beginning that means something", allowed="match exact"),
    wrong("a beginning of no code", change(action="add", code="HELLO", condition="gout"),
          what="cannot be read", allowed="a code of icd10, or the beginning of one"),
    wrong("a cell without use", change(action="remove", code="K58", to="gout"), what="remove has no use for to",
          allowed="for remove", remedy="name another action"),
    wrong("a dismissal as it is", change(action="dismiss", code="R51", reason="symptom_or_sign"),
          what="R51 is dismissed as symptom_or_sign already", allowed="changes"),
    wrong("no change", "", what="the overlay changes nothing", allowed="[[codes]]", remedy="name the base itself"),
    wrong("the name of its base", REMOVE, head=HEAD.replace('"site"', '"core"'), what="may not be called 'core'",
          allowed="a name of its own", remedy="rename the overlay"),
    wrong("an unknown body system", CONDITION.replace('"general"', '"gen"'), what="no body system 'gen'",
          where="conditions[1]", allowed="circulatory"),
    wrong("the name of a source", REMOVE, head=HEAD.replace("site", "pngroup"), what="'pngroup' is the id of a source",
          allowed="a name of its own", remedy="rename the overlay"),
    wrong("a reserved id", CONDITION.replace("long_covid_clinic", "any_record"),
          what="'any_record' is repeated, reserved or not a name", where="conditions[1]", allowed="models use"),
    wrong("a condition removed twice", REMOVE * 2, what="'asthma' has no evidence any more", where="conditions[2]",
          allowed="neither removed nor redirected"),
    wrong("a code of a removed condition", REMOVE + change(action="add", code="Z99", condition="asthma"),
          what="'asthma' has no evidence any more", where="codes[1]", allowed="neither removed nor redirected"),
    wrong("an unknown way to match", change(action="add", match="like", code="Z99", condition="gout"),
          what="'like' is no way to match", allowed="prefix, exact"),
    wrong("a removal of nothing", change(action="remove", code="Z999"), what="changes nothing", allowed="changes"),
    wrong("an addition of nothing", change(action="add", code="M10", condition="gout"), what="means gout already",
          allowed="changes"),
    wrong("an unknown reason", change(action="dismiss", code="L20", reason="dull"), what="no reason 'dull'",
          allowed="minor_or_local"),
    wrong("a whole chapter", change(action="dismiss", code="L", reason="minor_or_local"), what="too short",
          allowed="3 characters"),
    wrong("an unknown source", change(action="remove", code="K58", source="hearsay"), what="no source 'hearsay'",
          allowed="sources.csv"),
    wrong("a condition that exists", CONDITION.replace("long_covid_clinic", "gout"), what="'gout' is repeated",
          where="conditions[1]", allowed="small letters"),
    wrong("a condition in itself", '[[conditions]]\naction = "redirect"\nid = "gout"\nto = "gout"\nbecause = "x"\n',
          what="'gout' is 'gout' itself", allowed="another condition"),
    wrong("no table", "", head="", what="no table [overlay]", allowed="name, edition and base"),
    wrong("no name", "", head='[overlay]\nedition = "1"\n', what="name or edition is missing", allowed="small letters"),
    wrong("no TOML", "= 1\n", what="not readable as TOML", allowed="TOML"),
    wrong("a number for a list", "codes = 3\n", head="", what="no table [overlay]", allowed="[overlay]"),
    wrong("an unknown base", "", head=HEAD.replace("core", "coer"), kind=UsageError, where="argument catalogue",
          what="no catalogue 'coer'", allowed="core", remedy="correct the name"),
    wrong("a circle", "", head=HEAD.replace("core", "site.toml"), kind=UsageError, what="in a circle",
          allowed="8 overlays", remedy="let the base be a catalogue"),
    wrong("both code and codes", '[[codes]]\naction = "remove"\nsystem = "icd10"\ncode = "K58"\ncodes = ["K59"]\n'
          'because = "x"\n', what="codes is no list, or stands beside code", allowed="a list of codes"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_overlay_is_told_in_one_sentence(wrong, tmp_path):
    """A mistaken overlay stops with one sentence: what, where in the file, what was allowed, what to do."""
    check(wrong, tmp_path)


def test_what_is_taken_out_through_a_child_alone_is_told(tmp_path):
    """Taking a code out of a condition that it means through a nested one is refused: it would take no effect."""
    with pytest.raises(ModelError) as caught:
        overlay(tmp_path, change(action="remove", code="E11", condition="diabetes"))
    assert "through diabetes_complicated, diabetes_type_2" in caught.value.what


def test_a_header_that_is_no_csv_is_told(tmp_path):
    """A CSV whose first line is broken is told as any other fault, in one sentence."""
    path = tmp_path / "site.csv"
    path.write_text('"action"x,system,code,because\n', encoding="utf-8")
    check(
        fault(
            "", lambda: load_catalogue(path), ModelError, what="not readable as CSV", where="site.csv, line 1",
            allowed="CSV", remedy="correct the file",
        ).values[0]
    )  # fmt: skip


def test_many_changes_take_one_index():
    """Two thousand changes are carried out in the time of a few loads: nothing is indexed anew for each."""
    rows = "".join(f"add,icd10cm,T{n:05d}A,gout,x\n" for n in range(2000))
    head = "action,system,code,condition,because\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.csv"
        path.write_text(head + rows, encoding="utf-8")
        site = load_catalogue(path)
    assert all("gout" in meaning(site, f"T{n:05d}A", CodeSystem.ICD10CM) for n in range(0, 2000, 97))


def test_an_overlay_s_snomed_ids_tell_their_own_place(tmp_path):
    """A row that an overlay adds or takes out names the overlay; the other conditions of the id name their own file."""
    site = overlay(tmp_path, change(action="add", system="SNOMED CT", code="52448006", condition="gout"))
    by = {row.condition: row for row in site.rows_for("52448006", CodeSystem.SNOMED)}
    assert by["gout"].place == "site.toml, codes[1]"
    assert by["gout"].source == ("site",)
    assert "ids.csv, line" in by["dementia"].place
    assert "site" not in by["dementia"].source or len(by["dementia"].source) > 1
    out = overlay(tmp_path, change(action="remove", system="snomed", code="52448006"))
    [row] = out.excluded_rows("52448006", CodeSystem.SNOMED)
    assert (row.condition, row.place) == ("dementia", "site.toml, codes[1]")
