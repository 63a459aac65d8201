"""The oracle itself, against cases worked by hand from the specification."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from generated import INDEX_DATES
from generated_codes import POOL, pool_meaning
from generated_edges import Draft
from oracle.codes import conditions_of, expand
from oracle.dates import age_on, birthday, in_months, months_before, read_birth
from oracle.scores import CHARLSON, HFRS
from oracle.specification import group_person

AS_AT = date(2025, 3, 31)


def group(draft: Draft, **tables):
    """The oracle's answer for a draft, with the tables that it has rows in."""
    tables = draft.tables | tables
    return group_person(draft.person, draft.records, draft.as_at, catalogue=pool_meaning, **tables)


def person(*records: str, age: int = 45, as_at: date = AS_AT, **fields) -> Draft:
    """Someone with records written as 'code days-ago', in SNOMED CT where the code is a number."""
    draft = Draft(as_at, "somebody", person=fields)
    draft.born(age, 100)
    for record in records:
        code, days = record.split()
        draft.row(code, draft.ago(int(days)), "snomed" if code.isdigit() else "icd10")
    return draft


class TestDates:
    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            (date(2025, 3, 31), 1, date(2025, 2, 28)),
            (date(2024, 3, 31), 1, date(2024, 2, 29)),
            (date(2024, 2, 29), 12, date(2023, 2, 28)),
            (date(2025, 2, 28), 12, date(2024, 2, 28)),
            (date(2024, 2, 29), 48, date(2020, 2, 29)),
            (date(2025, 12, 31), 24, date(2023, 12, 31)),
            (date(2025, 1, 1), 13, date(2023, 12, 1)),
        ],
    )
    def test_months_clip_to_the_end_of_the_month(self, day, months, expected):
        """Going back n months keeps the day of the month, or takes the last there is."""
        assert months_before(day, months) == expected

    def test_windows_are_half_open(self):
        """The day n months ago is outside a window of n months, the day after it and as_at are inside."""
        assert not in_months(date(2023, 2, 28), date(2024, 2, 29), 12)
        assert in_months(date(2023, 3, 1), date(2024, 2, 29), 12)
        assert in_months(date(2024, 2, 29), date(2024, 2, 29), 12)
        assert not in_months(date(2024, 3, 1), date(2024, 2, 29), 12)

    def test_a_leap_day_birthday_is_the_first_of_march(self):
        """Born on 29 February, one is a year older on 1 March in common years."""
        born = date(1960, 2, 29)
        assert (age_on(born, date(2025, 2, 28)), age_on(born, date(2025, 3, 1))) == (64, 65)
        assert (age_on(born, date(2024, 2, 28)), age_on(born, date(2024, 2, 29))) == (63, 64)
        assert birthday(born, 65) == date(2025, 3, 1)

    @pytest.mark.parametrize(
        ("given", "day", "earliest", "age", "is_imputed"),
        [
            (date(2000, 4, 1), date(2000, 4, 1), date(2000, 4, 1), 24, False),
            ("2000-03", date(2000, 3, 15), date(2000, 3, 1), 25, True),
            ("2000", date(2000, 7, 1), date(2000, 1, 1), 24, True),
            ("2025-03", date(2025, 3, 15), date(2025, 3, 1), 0, True),
            ("2025", AS_AT, date(2025, 1, 1), 0, True),
            (date(1899, 3, 31), date(1899, 3, 31), date(1899, 3, 31), None, False),
        ],
    )
    def test_a_birth_known_in_part(self, given, day, earliest, age, is_imputed):
        """A month is its 15th, a year its 1 July, never later than as_at; its first day is the earliest."""
        birth = read_birth({"birth_date": given}, AS_AT)
        assert (birth.day, birth.earliest, birth.age, birth.is_imputed) == (day, earliest, age, is_imputed)
        assert not birth.is_after_as_at

    def test_a_month_after_as_at_is_not_born(self):
        """A month or year wholly after as_at is not born yet; one that has begun is."""
        assert read_birth({"birth_date": "2025-04"}, AS_AT).is_after_as_at
        assert read_birth({"birth_date": "2026"}, AS_AT).is_after_as_at

    @pytest.mark.parametrize("as_at", INDEX_DATES)
    @pytest.mark.parametrize("age", [0, 3, 64, 125])
    def test_the_earliest_birth_of_an_age(self, as_at, age):
        """Who is known by age may have been born up to a day short of a year more ago, and not earlier."""
        birth = read_birth({"age": age}, as_at)
        assert birth.age == age_on(birth.earliest, as_at) == age
        assert age_on(birth.earliest - timedelta(days=1), as_at) == age + 1

    @pytest.mark.parametrize("age", [None, -1, 126])
    def test_an_impossible_age_is_unknown(self, age):
        """An age below 0 or above 125 counts as none."""
        assert read_birth({"age": age}, AS_AT).age is None


class TestCodes:
    @pytest.mark.parametrize(
        ("code", "system", "has", "has_not"),
        [
            ("C80", "icd10", "cancer_any", "metastatic_cancer"),
            ("C787", "icd10", "metastatic_cancer cancer_any", ""),
            ("C443", "icd10", "", "cancer_any"),
            ("C4A9", "icd10cm", "", "cancer_any"),
            ("D05", "icd10", "", "cancer_any"),
            ("D473", "icd10", "cancer_any", ""),
            ("Z944", "icd10", "organ_transplant", "chronic_liver_disease severe_liver_disease"),
            ("T861", "icd10", "kidney_transplant chronic_kidney_disease", "organ_transplant"),
            ("T862", "icd10", "organ_transplant", "kidney_transplant"),
            ("N180", "icd10", "end_stage_kidney_disease", ""),
            ("N186", "icd10cm", "end_stage_kidney_disease", ""),
            ("N182", "icd10", "", "chronic_kidney_disease"),
            ("Z992", "icd10", "dialysis", "care_dependency end_stage_kidney_disease"),
            ("F051", "icd10", "dementia", "delirium"),
            ("F334", "icd10", "depression", "depression_recurrent_or_severe"),
            ("F323", "icd10", "severe_mental_illness depression_recurrent_or_severe depression", ""),
            ("O60", "icd10", "", "pregnancy_ongoing pregnancy_delivery"),
            ("O600", "icd10", "pregnancy_ongoing", "pregnancy_delivery"),
            ("O602", "icd10", "pregnancy_delivery", "pregnancy_ongoing"),
            ("O68", "icd10", "", "pregnancy_ongoing pregnancy_delivery pregnancy_postnatal"),
            ("O882", "icd10", "pregnancy_postnatal pregnancy_venous_thromboembolism", "pregnancy_ongoing"),
            ("Z332", "icd10cm", "pregnancy_loss", "pregnancy_ongoing"),
            ("Q231", "icd10", "congenital_heart_disease", "valvular_heart_disease"),
            ("G800", "icd10", "cerebral_palsy hemiplegia_paralysis", ""),
            ("G801", "icd10", "cerebral_palsy", "hemiplegia_paralysis"),
            ("R522", "icd10", "chronic_pain", ""),
            ("R522", "icd10cm", "", "chronic_pain"),
            ("Z73", "icd10", "", "care_dependency"),
            ("R29", "icd10", "", "falls"),
            ("925861000000102", "snomed", "frailty_severe", "frailty_moderate"),
        ],
    )
    def test_named_codes_mean_what_the_text_says(self, code, system, has, has_not):
        """Codes that the specification singles out are in or out as it says, whatever the catalogue says."""
        everything = frozenset(condition for condition in POOL if not condition.startswith("frailty"))
        for catalogue in (lambda *_: frozenset(), pool_meaning):
            assert set(has_not.split()).isdisjoint(conditions_of(code, system, catalogue))
        named = conditions_of(code, system, lambda *_: everything)
        assert set(has_not.split()).isdisjoint(named)
        assert set(has.split()) <= conditions_of(code, system, pool_meaning)

    def test_ranges_expand_with_their_width(self):
        """A range such as F08-F11 or O240-O242 is each code in it."""
        assert expand("F08-F11 O240-O242") == ("F08", "F09", "F10", "F11", "O240", "O241", "O242")


class TestScores:
    def test_the_tables_are_whole(self):
        """The frailty score has its 109 codes and a total of 173.2; Charlson its 17 conditions."""
        assert (len(HFRS), sum(HFRS.values())) == (109, 1732)
        assert len(CHARLSON) == 17
        assert (sum(c[0] for c in CHARLSON.values()), sum(c[1] for c in CHARLSON.values())) == (33, 28)

    def test_cambridge_with_everything(self):
        """All twenty conditions add up to 16.33; without the two that stand for prescriptions, 14.29."""
        everything = (
            "F03 C509 J449 I48 I500 K590 G409 R522 I639 G459 E119 F101 F200 N183 F411 F329 I251 M069 K589 J459 H919 I10"
        )
        answer = group(person(*(f"{code} 10" for code in everything.split())))
        assert (answer["cms"], answer["cms_core"]) == (1633, 1429)

    def test_hfrs_counts_a_code_once(self):
        """Two records of one three-character code weigh once; codes older than 24 months not at all."""
        assert group(person("F009 10", "F001 20", "R31 5", "W19 800"))["hfrs"] == 71 + 30

    def test_charlson_hierarchies(self):
        """Of diabetes, cancer and liver disease only the graver of the two kinds counts."""
        answer = group(person("E109 9000", "E112 10", "C509 10", "C787 10", "K703 5", "K766 5"))
        assert (answer["charlson"], answer["charlson_2011"]) == (2 + 6 + 3, 1 + 6 + 4)

    def test_scores_are_unknown_without_icd_records(self):
        """Without a usable ICD-10 record the hospital scores are unknown, not nothing."""
        refuted = person("38341003 10")
        refuted.row("I10", refuted.ago(5), status="refuted")
        for draft in (person("38341003 10"), refuted):
            answer = group(draft)
            assert (answer["hfrs"], answer["charlson"], answer["charlson_2011"]) == (None, None, None)
        assert group(person("J00 5000"))["hfrs"] == 0

    def test_efi_counts_34_deficits(self):
        """Each deficit counts but activity limitation and foot problems; polypharmacy needs medicines."""
        codes = (
            "D509 M179 I48 G459 N183 E119 W19 M809 H919 I500 I350 I10 I951 I251 R413 R268 M819 G20 K259 I739"
            " Z740 J449 L899 Z602 E039 R32 N40 H401 R634 404640003 267036007 160689007 193462001"
        )
        draft = person(*(f"{code} 2000" for code in codes.split()), age=80)
        assert group(draft)["efi"] == 33
        for i in range(5):
            draft.medicine((f"010101{i}", "bnf"), draft.ago(10))
        assert group(draft)["efi"] == 34


class TestKidneys:
    @pytest.mark.parametrize(
        ("records", "n_ltc", "is_major"),
        [
            (["Z491 10"], 0, False),
            (["Z491 10", "Z992 10"], 0, False),
            (["Z491 4000", "Z992 10"], 1, True),
            (["N183 100", "939211000000104 50"], 0, False),
            (["N185 100", "939211000000104 50"], 0, False),
            (["N183 100", "Z940 90", "939211000000104 50"], 1, True),
            (["N183 100", "Z491 90", "Z491 40", "939211000000104 50"], 1, True),
            (["N183 100", "Z491 90", "Z491 80", "939211000000104 50"], 0, False),
            (["N183 40", "Z491 90", "Z491 80", "939211000000104 50"], 1, True),
            (["N185 10", "Z940 10", "I132 10"], 3, True),
        ],
    )
    def test_dialysis_and_resolved_disease(self, records, n_ltc, is_major):
        """One kidney line; dialysis makes it on two dates; a resolved code ends all but a transplant."""
        answer = group(person(*records))
        assert (answer["n_ltc"], 9 in answer["criteria"]) == (n_ltc, is_major)


class TestPregnancy:
    @pytest.mark.parametrize(
        ("records", "pregnant"),
        [
            (["Z34 307"], True),
            (["Z34 308"], False),
            # Later codes of the same episode do not prolong it; the next after its end opens another.
            (["Z34 308", "Z34 100"], False),
            (["Z34 309", "Z34 1"], True),
            (["Z34 308", "Z34 0"], True),
            # A delivery on the 307th day closes the episode; on the 308th it stands alone.
            (["Z34 390", "O80 83"], True),
            (["Z34 390", "O80 84"], False),
            (["O80 83"], True),
            (["O80 84"], False),
            # No opening for 56 days after a delivery.
            (["O80 150", "Z34 95"], False),
            (["O80 150", "Z34 94"], True),
            (["O80 150", "Z34 95", "Z34 94"], True),
            # Nor for 14 after a loss; on its own day she is not pregnant.
            (["Z34 60", "O039 30"], False),
            (["Z34 60", "O039 0"], False),
            (["Z34 60", "O039 30", "Z34 17"], False),
            (["Z34 60", "O039 30", "Z34 16"], True),
            # Within one day the ongoing code comes first, and a delivery decides over a loss.
            (["Z34 30", "O039 30"], False),
            (["Z34 30", "O80 30", "O039 30"], True),
            # A loss in the weeks after a delivery ends nothing.
            (["O80 50", "O039 20"], True),
            (["Z39 5"], False),
            (["O60 5"], False),
            (["O68 5"], False),
        ],
    )
    def test_episodes(self, records, pregnant):
        """Who is pregnant follows from openers, deliveries and losses by days 14, 56, 84 and 308."""
        assert group(person(*records, age=30))["pregnant"] is pregnant

    @pytest.mark.parametrize(
        ("records", "obstetric"),
        [
            (["Z34 100", "O141 20"], 5),
            (["Z34 100", "O13 20", "O140 20"], 2),
            (["Z34 100", "O440 20"], 2),
            (["Z34 100", "O432 20"], 0),
            # O14 opens an episode itself, so it is never before its own.
            (["O141 100"], 5),
            (["Z34 250", "O80 60", "O141 19"], 5),
            (["Z34 250", "O80 60", "O141 18"], 0),
            (["Z372 60", "O141 61"], 2 + 5),
            (["O80 60", "O342 61"], 1),
            # Two deliveries some days apart are two episodes, both present.
            (["O80 70", "O80 60", "O141 19"], 5),
            # What belongs to the pregnancy before the open one does not count.
            (["O141 200", "O80 150", "Z34 90"], 0),
            # Chronic conditions count whenever recorded, abuse for 60 months.
            (["Z34 100", "I251 3000", "I350 3000", "F111 1700"], 3 + 2 + 2),
            (["Z34 100", "F111 1900"], 0),
        ],
    )
    def test_bateman(self, records, obstetric):
        """Pregnancy conditions count in the present pregnancy and for 42 days after its delivery."""
        assert group(person(*records, age=30))["obstetric"] == obstetric

    @pytest.mark.parametrize(("age", "points"), [(34, 0), (35, 1), (39, 1), (40, 2), (44, 2), (45, 3), (55, 3)])
    def test_age_points(self, age, points):
        """Age 35 to 39 is one point, 40 to 44 two, over 44 three."""
        assert group(person("Z34 100", age=age))["obstetric"] == points

    def test_who_may_be_pregnant(self):
        """Nobody recorded as male, younger than 11 or older than 55; a man with the code is flagged."""
        assert group(person("Z34 9", age=30, sex="unknown"))["pregnant"]
        assert group(person("Z34 9", age=30, sex="indeterminate"))["pregnant"]
        assert not group(person("Z34 9", age=10))["pregnant"]
        assert not group(person("Z34 9", age=56))["pregnant"]
        man = group(person("Z34 9", age=30, sex="male"))
        assert (man["pregnant"], man["flags"]["sex_conflict"], man["obstetric"]) == (False, True, None)


class TestFrailty:
    @pytest.mark.parametrize(
        ("records", "is_frail"),
        [
            (["R32 100", "R13 80", "L899 72"], True),
            (["R32 100", "R13 80", "L899 73"], False),
            # Fall and fracture are one; so are the three kinds of dependency, each 60 months.
            (["W19 100", "M809 50", "R13 20"], False),
            (["Z740 1500", "160734000 100", "160689007 50", "R13 20"], False),
            (["Z740 1500", "R32 100", "R13 20"], True),
            # Gait and cognition on one day are one; with a diagnosis of cognitive disorder they are two.
            (["R268 100", "R413 100", "R13 20"], False),
            (["R268 100", "R413 99", "R13 20"], True),
            (["R268 100", "R413 100", "F067 100", "R13 20"], True),
            (["R268 100", "R413 100", "R32 90", "R13 20"], True),
            # Dementia and one more, which may be the gait that shares its day with cognition.
            (["F03 3000", "R413 20"], False),
            (["F03 3000", "R268 20"], True),
            (["F03 3000", "R413 20", "R268 20"], True),
            (["F03 3000", "F059 20"], True),
            (["F03 3000", "F051 20"], False),
            (["F03 3000", "L97 20"], False),
            (["F03 3000", "Z73 20", "Z75 20", "Z992 20"], False),
            # The latest grade decides, the worst of its day.
            (["925831000000107 100", "925791000000100 50", "J00 1"], False),
            (["925831000000107 50", "925791000000100 50", "J00 1"], True),
            (["925791000000100 100", "925861000000102 50", "J00 1"], True),
            (["R54 10"], False),
            # A hospital frailty score of 15.0 is intermediate, of 15.1 high.
            (["G819 20", "G309 20", "I698 20", "B962 20"], False),
            (["G819 20", "G309 20", "I698 20", "B962 20", "R509 20"], True),
            (["G819 20", "G309 20", "I698 20", "B962 20", "R509 800"], False),
        ],
    )
    def test_criterion_11(self, records, is_frail):
        """At 65 or older each sign of frailty is met or missed as the text says."""
        assert (11 in group(person(*records, age=80))["criteria"]) is is_frail
        assert 11 not in group(person(*records, age=64))["criteria"]

    @pytest.mark.parametrize(("value", "is_frail"), [(5, False), (6, True), (9, True), (None, False)])
    def test_clinical_frailty_scale(self, value, is_frail):
        """A Clinical Frailty Scale of 6 or more is frailty; an old mild grade does not change that."""
        draft = person("925791000000100 5", "J00 1", age=80)
        draft.value(value, draft.ago(30))
        assert (11 in group(draft)["criteria"]) is is_frail

    def test_the_latest_value_counts(self):
        """A lower value later takes the place of a higher; of one day the higher counts."""
        later = person("J00 1", age=80)
        later.value(7, later.ago(30))
        later.value(4, later.ago(20))
        assert 11 not in group(later)["criteria"]
        later.value(6, later.ago(20))
        assert 11 in group(later)["criteria"]

    def test_an_unknown_score_leaves_the_criterion_open(self):
        """At 65 without ICD-10 records frailty is not knowable, unless something else decides it."""
        assert group(person("38341003 10", age=65))["not_knowable"] == {11}
        assert group(person("38341003 10", age=64))["not_knowable"] == frozenset()
        assert group(person("38341003 10", "J00 10", age=65))["not_knowable"] == frozenset()
        assert group(person("925861000000102 10", age=65))["not_knowable"] == frozenset()

    def test_fractures_by_age_on_the_day(self):
        """A broken hip counts when 65 or older that day, osteoporotic fractures at any age."""
        assert 11 not in group(person("F03 10", "S720 500", age=66))["criteria"]
        assert 11 in group(person("F03 10", "S720 400", age=66))["criteria"]
        assert 11 in group(person("F03 10", "M809 500", age=66))["criteria"]


class TestGroups:
    @pytest.mark.parametrize(
        ("draft", "expected"),
        [
            (person(), 1),
            (person("J00 366"), 1),
            (person("281399006 5", "314529007 5"), 1),
            (person("J00 5", age=17), 2),
            (person("J00 5", age=18), 3),
            (person("E780 5"), 3),
            (person("I10 5000"), 4),
            (person("I10 5000", "H919 5000"), 5),
            (person("E119 5000"), 5),
            # One line that is not moderate: with 0.69 in an adult it is medium complexity.
            (person("F101 400"), 4),
            (person("I48 5000"), 5),
            (person("I48 5000", age=17), 4),
            (person("Z34 50", age=30), 6),
            (person("Z34 50", age=17), 7),
            (person("Z34 50", "I48 50", age=30), 7),
            (person("Z34 50", "I802 1700", age=30), 7),
            (person("Z34 50", "I802 1900", age=30), 6),
            (person("Z34 50", "O244 40", age=30), 6),
            (person("Z34 50", "O240 40", age=30), 7),
            (person("F200 5000"), 8),
            (person("F200 5000", "315051004 1"), 8),
            (person("F411 50", "F603 50"), 8),
            (person("F102 50", "F112 50"), 4),
            (person("F411 50", "F603 50", age=11), 5),
            (person("J449 5000", "F200 5000"), 9),
            (person("J449 5000", "I48 5000", "E119 5000"), 10),
            # Three systems and 1.58: diabetes, psychosis, asthma. Epilepsy, alcohol and gout make 1.57.
            (person("E119 5000", "F200 5000", "J459 5"), 10),
            (person("G409 5000", "F101 5", "M109 5"), 5),
            # 1.58 and more in two systems is not enough.
            (person("I48 5000", "I500 5000", "E119 5000"), 9),
            (person("F03 5000", "W19 5", "E119 5000", "I10 5", age=80), 11),
            # Children.
            (person("J449 5", age=9), 9),
            (person("J449 5", "I10 5", age=9), 10),
            (person("C509 5", age=9), 10),
            (person("G122 5", age=9), 10),
            (person("G710 5", age=9), 10),
            (person("G700 5", age=9), 5),
            (person("Z930 5", age=9), 10),
            (person("E119 5", "I10 5", "H919 5", age=9), 10),
            (person("E039 5", "I10 5", "H919 5", age=9), 5),
            # Cancer: five years, renewed by treatment and not by review, for ever when metastatic.
            (person("C509 1800"), 9),
            (person("C509 1900"), 1),
            (person("C509 1900", "Z08 5"), 3),
            (person("C509 1900", "Z511 5"), 9),
            (person("Z511 5"), 3),
            (person("C787 9000"), 9),
        ],
        ids=str,
    )
    def test_hand_worked_groups(self, draft, expected):
        """Short stories land in the group that the criteria and their order give."""
        answer = group(draft)
        assert answer["need_group"] == expected
        assert expected in answer["criteria"]

    def test_reasons_come_in_order(self):
        """Of several reasons for no group the first in the specification's order is given."""
        fields = {
            "excluded_reason": "opt_out",
            "birth_date": date(2025, 4, 1),
            "died_on": AS_AT,
            "registered_to": AS_AT,
        }
        draft = Draft(AS_AT, "somebody", person={"age": 999})
        reasons = []
        for field in fields:
            draft.person |= fields
            reasons.append(group(draft)["reason"])
            fields[field] = None
        draft.person |= fields
        reasons.append(group(draft)["reason"])
        assert reasons == ["excluded", "not_born", "died", "not_registered", "age_unknown"]

    def test_an_empty_contacts_table_is_a_table(self):
        """With a contacts table, even an empty one, records make nobody known to services."""
        draft = person("J00 5")
        assert group(draft)["need_group"] == 3
        assert group(draft, contacts=[])["need_group"] == 1

    def test_flags(self):
        """Palliative care lasts until it is withdrawn, metastatic cancer for ever."""
        answer = group(person("Z515 900", "1048611000000104 899", "C787 5000"))["flags"]
        assert not answer["palliative_care"]
        assert answer["metastatic_cancer"]
        assert answer["no_recent_contact"]
        assert not group(person())["flags"]["no_recent_contact"]
