"""The SQL of `pngroup sql`: databases that run it give the answers and the counts of `group()`."""

from __future__ import annotations

import datetime
import itertools
import re

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import expressions as sqlglot_expressions

import pngroup
import routes
from faults import check_error
from generated import Population, generate
from generated_codes import POOL
from generated_edges import Draft
from own_model import SMALL_MODEL, edited, written
from pngroup.sql import DIALECTS, NOT_EXECUTED, write_distinct, write_sql
from sql_engines import DuckDB, Postgres, Spark, postgres_server, table, tables_of
from test_agreement import sides_of_edges

AS_AT = "2026-03-31"
FEEDS = [routes.FEEDS, (), ("contacts",), ("medicines", "values")]


def named(feeds):
    return "+".join(feeds) or "records only"


@pytest.fixture
def database():
    return DuckDB()


@pytest.fixture(scope="module")
def postgres():
    with postgres_server() as socket:
        database = Postgres(socket)
        yield database
        database.connection.close()


@pytest.fixture(scope="module")
def spark(spark_session):
    return Spark(spark_session)


@pytest.fixture(params=["duckdb", "postgres", pytest.param("spark", marks=pytest.mark.spark)])
def each(request):
    """Each of the databases that are executed."""
    return DuckDB() if request.param == "duckdb" else request.getfixturevalue(request.param)


@pytest.fixture(params=["duckdb", "postgres"])
def quick(request):
    """The databases in which a script takes a second or two."""
    return DuckDB() if request.param == "duckdb" else request.getfixturevalue(request.param)


def grouping_of(tables, as_at, **options):
    given = {name: content for name, content in tables.items() if name not in ("people", "records")}
    return pngroup.group(tables["people"], tables["records"], as_at=as_at, keep_records=True, **given, **options)


def engine_answers(grouping):
    return {row["person_id"]: row for row in grouping.to_frame().to_pylist()}


def counts_of(quality):
    """The quality report of `group()` in the form of the quality table."""
    found = {("people", "grouped", ""): quality.n_grouped}
    found |= {("people", "without_group", reason): n for reason, n in quality.n_without_group.items()}
    for feed in quality.feeds:
        found |= {(feed.name, "rows", ""): feed.n_rows, (feed.name, "used", ""): feed.n_used}
        topics = {
            "not_used": feed.not_used,
            "mapped": feed.n_mapped,
            "unmapped": feed.n_unmapped,
            "unreadable": feed.unreadable,
            "note": feed.notes,
        }
        found |= {(feed.name, topic, item): n for topic, items in topics.items() for item, n in items.items()}
    return {key: n for key, n in found.items() if n}


def assert_agrees(database, tables, as_at, *, reference=True, **options):
    """The SQL says of these tables what `group()` and the reference interpreter say."""
    feeds = tuple(name for name in tables if name not in ("people", "records"))
    database.run(database.prepare(tables, feeds=feeds, as_at=as_at, **options))
    meaning = {name: option for name, option in options.items() if name in ("model", "scheme", "catalogue", "system")}
    grouping = grouping_of(tables, as_at, **meaning)
    answers = database.answers()
    expected = engine_answers(grouping)
    assert list(next(iter(answers.values()))) == list(next(iter(expected.values())))
    assert answers.keys() == expected.keys()
    found = routes.differences(expected, answers)
    assert not found, found[:5]
    if reference:
        found = routes.differences(routes.reference_answers(grouping), answers)
        assert not found, found[:5]
    assert database.quality() == counts_of(grouping.quality)


@pytest.mark.parametrize("feeds", FEEDS, ids=named)
def test_duckdb_agrees_with_the_reference_interpreter(database, feeds):
    """On generated people every column and every count out of DuckDB is what the slow interpreter and group() say."""
    population = generate(120, seed=61 + len(feeds))
    assert_agrees(database, tables_of(population, feeds), population.as_at)


def test_duckdb_agrees_with_the_engine_on_many_people(database):
    """On some thousands of generated people DuckDB and group() differ in nobody."""
    population = generate(4000, seed=71)
    assert_agrees(database, tables_of(population, routes.FEEDS), population.as_at, reference=False)


def test_postgresql_agrees_with_the_engine_on_many_people(postgres):
    """On some hundreds of generated people PostgreSQL and group() differ in nobody."""
    population = generate(800, seed=72)
    assert_agrees(postgres, tables_of(population, routes.FEEDS), population.as_at, reference=False)


@pytest.mark.parametrize("feeds", FEEDS, ids=named)
def test_postgresql_agrees_with_the_reference_interpreter(postgres, feeds):
    """On generated people every column and every count out of PostgreSQL is what the interpreter and group() say."""
    population = generate(60, seed=81 + len(feeds))
    assert_agrees(postgres, tables_of(population, feeds), population.as_at)


@pytest.mark.spark
@pytest.mark.parametrize("feeds", [routes.FEEDS, ()], ids=named)
def test_spark_agrees_with_the_reference_interpreter(spark, feeds):
    """On generated people every column and every count out of Spark is what the interpreter and group() say."""
    population = generate(60, seed=91 + len(feeds))
    assert_agrees(spark, tables_of(population, feeds), population.as_at)


def test_every_edge_is_an_edge_in_sql_too():
    """On both days of every window, gap and birthday the SQL says what group() says, on a leap day."""
    as_at = datetime.date(2024, 2, 29)
    for feeds, population in sides_of_edges(as_at):
        assert_agrees(DuckDB(), tables_of(population, feeds), as_at, reference=False)


def pregnancies(n, seed, as_at):
    """People with years of openings, deliveries and losses, close together or months apart."""
    rng = np.random.default_rng(seed)
    kinds = ["pregnancy_ongoing", "pregnancy_delivery", "pregnancy_loss", "pre_eclampsia_or_eclampsia", "anaemia"]
    kinds = [kind for kind in kinds if kind in POOL]
    drafts = []
    for person in range(n):
        draft = Draft(as_at, f"{person:05d}")
        draft.born(30, 100)
        openings_alone = rng.random() < 0.5
        shares = np.array([1.0] + [0.002 if openings_alone else 0.12] * (len(kinds) - 1))
        day, gap = int(rng.integers(0, 40)), int(rng.choice([5, 30, 70, 200, 310]))
        while day < rng.integers(200, 5000):
            kind = str(rng.choice(kinds, p=shares / shares.sum()))
            draft.coded(POOL[kind][0], draft.ago(day))
            day += int(rng.integers(0, gap))
        drafts.append(draft)
    rows = {name: [row for draft in drafts for row in getattr(draft, name)] for name in ("records", *routes.FEEDS)}
    return Population(people=[draft.person for draft in drafts], **rows, as_at=as_at)


@pytest.mark.parametrize("seed", range(2))
def test_long_chains_of_openings_end_in_the_right_episode(database, seed):
    """However many years of openings a person has, the SQL finds the episode that the day-by-day rules find."""
    as_at = datetime.date(2025, 3, 31)
    tables = tables_of(pregnancies(150, seed, as_at), ())
    assert_agrees(database, tables, as_at, reference=False)
    groups = {answer["need_group"] for answer in database.answers().values()}
    assert groups & {6, 7}
    assert groups - {6, 7}
    starts = database.rows("SELECT COUNT(*) AS n FROM pngroup_pregnancy_start_8 WHERE is_start = 1")[0]["n"]
    first = database.rows("SELECT COUNT(*) AS n FROM pngroup_pregnancy_start_0 WHERE is_start = 1")[0]["n"]
    assert starts > first, "no chain has a second link, so that this says nothing"


RICH_MODEL = edited(
    SMALL_MODEL,
    ('"hfrs"]', '"hfrs", "kidney", "known", "spread", "always", "different"]'),
    (
        "[sets]",
        """[values.estimated_glomerular_filtration_rate]
least = 0
most = 300
decimals = 2
units = ["ml/min"]

[sets]""",
    ),
    (
        "[measures]",
        """[measures]
kidney = "latest(estimated_glomerular_filtration_rate, months=24)"
known = "1 if given(contacts) else 0"
always = "1 + 2"
spread = "span_days(falls) + n(falls)"
different = "count_distinct(any_medicine, days=100)"
""",
    ),
    ('falls = "within(falls, months=24)"', 'falls = "within(falls, months=24)"\nlungs = "ever(lungs)"'),
)


@pytest.mark.parametrize("model", [SMALL_MODEL, RICH_MODEL], ids=["small", "rich"])
@pytest.mark.parametrize("feeds", FEEDS, ids=named)
def test_another_model_needs_no_other_code(database, tmp_path, feeds, model):
    """A model file of one's own becomes SQL by itself, whatever it names and computes."""
    path = written(tmp_path, model)
    population = generate(100, seed=5)
    assert_agrees(database, tables_of(population, feeds), population.as_at, model=path)


def lean(folder, model=SMALL_MODEL):
    """A small model without episodes: half as many statements."""
    start = model.index("[episodes")
    return written(folder, model[:start] + model[model.index("[scores", start) :])


def test_values_are_rounded_as_by_group(each, tmp_path):
    """A value with decimals becomes a whole number of the last one, halves to even; one out of range is none."""
    numbers = [59.005, 59.0, 59.015, 59.025, 300.0, 300.01, -0.5, 0.0, 12.345678, 0.125, 0.375]
    ids = [f"p{place}" for place in range(len(numbers))]
    code = {"code": "1020291000000106", "system": "snomed", "date": datetime.date(2026, 1, 1), "unit": "ml/min"}
    tables = {
        "people": table("people", [{"person_id": each, "age": 50} for each in ids]),
        "records": table("records", []),
        "values": table("values", [{"person_id": id_, "value": n} | code for id_, n in zip(ids, numbers, strict=True)]),
    }
    model = lean(tmp_path, RICH_MODEL)
    each.run(each.prepare(tables, feeds=("values",), as_at=AS_AT, model=model))
    found = [each.answers()[id_]["kidney"] for id_ in ids]
    assert found == [5900, 5900, 5902, 5902, 30000, 0, 0, 0, 1235, 12, 38]


def test_a_value_that_is_no_number_is_missing(each, tmp_path):
    """NaN and the infinite are counted as no value, as by group()."""
    numbers = [float("nan"), float("inf"), float("-inf"), None, 60.0, 1e30]
    row = {"person_id": "a", "system": "snomed", "code": "1020291000000106", "date": datetime.date(2026, 1, 1)}
    tables = SIMPLE | {"values": table("values", [row | {"value": number} for number in numbers])}
    assert_agrees(each, tables, AS_AT, reference=False, model=lean(tmp_path, RICH_MODEL))
    found = each.quality()
    assert (found["values", "not_used", "value_missing"], found["values", "used", ""]) == (4, 1)


def test_words_for_no_exclude_nobody(each, tmp_path):
    """0 and false as text, as a file has them, are no reason; any other text is one, as by group()."""
    words = ["0", " FALSE ", "", None, "1", "no consent"]
    people = [{"person_id": f"p{n}", "age": 50, "excluded_reason": word} for n, word in enumerate(words)]
    tables = {"people": table("people", people), "records": table("records", [])}
    assert_agrees(each, tables, AS_AT, reference=False, model=lean(tmp_path))
    reasons = [answer["reason"] for _, answer in sorted(each.answers().items())]
    assert reasons == [None] * 4 + ["excluded"] * 2


@pytest.mark.parametrize("blank", ["", " ", "\t", "\r\n", "\v\f", "\x1c\x1d\x1e\x1f", "\x85", " \xa0\t"], ids=ascii)
def test_a_blank_id_is_none(database, blank, tmp_path):
    """What holds nothing but blanks of any kind is no id, in rows as in people, as by group()."""
    records = [*SIMPLE["records"].to_pylist(), SIMPLE["records"].to_pylist()[0] | {"person_id": blank}]
    tables = SIMPLE | {"records": table("records", records)}
    assert_agrees(database, tables, AS_AT, reference=False, model=lean(tmp_path))
    assert database.quality()["records", "not_used", "person_missing"] == 1
    people = [*SIMPLE["people"].to_pylist(), {"person_id": blank, "age": 3}]
    script = database.prepare(SIMPLE | {"people": table("people", people)}, feeds=(), as_at=AS_AT, model=lean(tmp_path))
    with pytest.raises(duckdb.Error, match="pngroup stopped: 1 rows of people without"):
        database.run(script)


def test_one_system_for_all_is_for_the_tables_that_it_fits(database, tmp_path):
    """The one system is that of records, and of medicines and values where it fits them, as by group()."""
    code = {"person_id": "a", "code": "44054006", "date": datetime.date(2026, 1, 10)}
    tables = {"people": SIMPLE["people"]} | {
        name: pa.Table.from_pylist([code | more]) for name, more in (("records", {}), ("values", {"value": 5.0}))
    }
    absent = [f"records.{name}" for name in ("system", "status", "setting")]
    absent += [f"values.{name}" for name in ("system", "unit", "status")]
    options = {"model": lean(tmp_path), "system": "snomed"}
    database.run(database.prepare(tables, feeds=("values",), as_at=AS_AT, without=absent, **options))
    grouping = grouping_of(tables, AS_AT, **options)
    assert not routes.differences(engine_answers(grouping), database.answers())
    assert database.quality() == counts_of(grouping.quality)


# --- spellings ---

ODD = [
    "I10",
    "i10.x",
    " I10 ",
    "I10'",
    '"I10"',
    "I\\10",
    "I10\\",
    "I10\n",
    "\tI10",
    "I10\u2013",
    "é",
    "💊",
    "",
    "&",
    "n/a",
    "';--",
]


def test_spellings_mean_what_they_mean_to_group(each, tmp_path):
    """Quotation marks, backslashes, line ends and any alphabet in a code come through SQL as they are."""
    day = datetime.date(2026, 1, 1)
    ids = [f"p{place}" for place in range(len(ODD))]
    rows = [
        {"person_id": id_, "code": code, "system": "ICD-10", "date": day, "status": "it's", "setting": "A & E"}
        for id_, code in zip(ids, ODD, strict=True)
    ]
    rows += [
        {"person_id": "p0", "code": "I10", "system": system, "date": day, "setting": " \t"}
        for system in (None, "it's none", "''")
    ]
    people = [{"person_id": id_, "age": 50, "sex": sex} for id_, sex in zip(ids, itertools.cycle(["F", "?!", None]))]
    tables = {"people": table("people", people), "records": table("records", rows)}
    assert_agrees(each, tables, AS_AT, reference=False, model=lean(tmp_path))


SIMPLE = {
    "people": table("people", [{"person_id": "a", "birth_date": datetime.date(1940, 5, 2), "sex": "F"}]),
    "records": table(
        "records", [{"person_id": "a", "code": "I50.0", "system": "icd10", "date": datetime.date(2026, 1, 10)}]
    ),
}


def test_a_spelling_that_was_not_listed_stops_the_script(each, tmp_path):
    """A code that came after the list was exported is no result without it: the script ends with a sentence."""
    script = each.prepare(SIMPLE, feeds=(), as_at=AS_AT, model=lean(tmp_path))
    late = {"person_id": "a", "code": "G30.9", "system": "icd10", "date": datetime.date(2026, 1, 11)}
    each.load("records", table("records", [*SIMPLE["records"].to_pylist(), late]))
    with pytest.raises(Exception, match="pngroup stopped: 1 rows of records with a spelling"):
        each.run(script)
    assert each.quality()["records", "rows", ""] == 2


def test_nothing_is_made_after_the_script_has_stopped(database):
    """A client that goes on after the error still gets no result."""
    script = database.prepare(SIMPLE, feeds=(), as_at=AS_AT)
    database.run(script)
    database.load("records", table("records", SIMPLE["records"].to_pylist() * 2 + [{"person_id": "b", "code": "new"}]))
    for statement in script.statements:
        try:
            database.execute(statement.sql)
        except duckdb.Error:
            continue
    assert {row["name"] for row in database.rows("SHOW TABLES")} & {"pngroup_quality", "pngroup_result"} == {
        "pngroup_quality"
    }


def test_people_are_one_row_each(quick, tmp_path):
    """Rows of people that are the same count once; rows that disagree, and people without an id, stop the script."""
    person = SIMPLE["people"].to_pylist()[0]
    model = lean(tmp_path)
    assert_agrees(quick, SIMPLE | {"people": table("people", [person, person])}, AS_AT, model=model)
    for other in (person | {"sex": "M"}, person | {"person_id": None}, person | {"person_id": "  "}):
        script = quick.prepare(
            SIMPLE | {"people": table("people", [person, other])}, feeds=(), as_at=AS_AT, model=model
        )
        with pytest.raises(Exception, match=r"pngroup stopped: 1 (people whose rows|rows of people without)"):
            quick.run(script)


def listed(**changes):
    row = {"feed": "records", "kind": "code", "system_spelling": "snomed", "spelling": "38341003", "n_rows": 1}
    return {name: [value] for name, value in (row | changes).items()}


@pytest.mark.parametrize(
    "codes",
    [
        listed(spelling="9.000000000000001e+16"),
        listed(feed="people", kind="code"),
        listed(feed="elsewhere"),
        listed(feed="contacts", kind="setting", system_spelling="", spelling="AMB"),
        {"feed": ["records"], "kind": ["code"]},
        3,
    ],
    ids=["mangled", "kind", "feed", "feed not read", "columns", "no table"],
)
def test_a_list_that_cannot_be_used_is_refused(codes):
    """A list with mangled ids, or of another shape, is refused with a sentence, and no script is written."""
    with pytest.raises(pngroup.PngroupError) as error:
        write_sql(as_at=AS_AT, dialect="duckdb", codes=codes)
    check_error(error.value)


def test_a_list_may_have_its_names_in_capitals():
    """Of a database that returns the names of columns in capitals the list is as good."""
    options = {"as_at": AS_AT, "dialect": "snowflake"}
    upper = {name.upper(): values for name, values in listed().items()}
    assert write_sql(codes=upper, **options) == write_sql(codes=listed(), **options)


def test_a_list_of_columns_that_are_not_there_is_refused():
    """A list that was made with other arguments than the script is refused, and none of it is left out in silence."""
    codes = listed(kind="status", system_spelling="", spelling="refuted")
    with pytest.raises(pngroup.DataError, match=r"records\.status") as error:
        write_sql(as_at=AS_AT, dialect="duckdb", codes=codes, without=("records.status",))
    check_error(error.value)


@pytest.mark.parametrize(
    "options",
    [
        {"dialect": "duckbd"},
        {"dialect": None},
        {"feeds": ("contact",)},
        {"tables": {"record": "x"}},
        {"columns": {"records": {"codes": "x"}}},
        {"without": ("records.code",)},
        {"without": ("people.age", "people.birth_date")},
        {"without": ("records.system",)},
        {"system": "icd11"},
        {"system": "icd10"},
        {"feeds": ("medicines",), "system": "icd10", "without": ("records.system", "medicines.system")},
        {"feeds": ("values",), "system": "bnf", "without": ("records.system", "values.system")},
        {"tables": {"contacts": "care.contact"}},
        {"columns": {"contacts": {"date": "day"}}},
        {"without": ("contacts.setting",)},
        {"tables": {"records": 5}},
        {"tables": {"records": " "}},
        {"columns": {"records": "code"}},
        {"columns": {"records": {"code": None}}},
    ],
    ids=str,
)
def test_wrong_arguments_are_one_sentence(options):
    """A name that is none is refused, with what is allowed there."""
    with pytest.raises(pngroup.UsageError) as error:
        write_distinct(**({"dialect": "duckdb"} | options))
    check_error(error.value)


def test_tables_and_columns_may_have_other_names(database):
    """Names of the caller's own, also with blanks and quotation marks, and columns that are not there."""
    database.execute("CREATE SCHEMA care")
    people = SIMPLE["people"].select(["person_id", "birth_date"]).rename_columns(["nhs no", "birth_date"])
    records = (
        SIMPLE["records"].select(["person_id", "code", "date"]).rename_columns(["person_id", 'the "code"', "date"])
    )
    for name, content in (("listed", people), ("diagnosis", records)):
        database.connection.register("loaded", content)
        database.execute(f"CREATE TABLE care.{name} AS SELECT * FROM loaded")
    options = {
        "tables": {"people": "care.listed", "records": "care.diagnosis"},
        "columns": {"people": {"person_id": "nhs no"}, "records": {"code": 'the "code"'}},
        "without": [
            *(
                f"people.{name}"
                for name in ("age", "sex", "registered_from", "registered_to", "died_on", "excluded_reason")
            ),
            *(f"records.{name}" for name in ("system", "status", "setting")),
        ],
        "system": "icd10",
    }
    database.run(database.prepare({}, feeds=(), as_at=AS_AT, **options))
    assert [answer["need_group"] for answer in database.answers().values()] == [9]


# --- the text ---

SCRIPTS = {}


def script_of(dialect):
    """A script with all tables, of a few hundred people's spellings."""
    if not SCRIPTS:
        database, population = DuckDB(), generate(40, seed=3)
        for name, content in tables_of(population, routes.FEEDS).items():
            database.load(name, content)
        rows = database.rows(write_distinct(dialect="duckdb", feeds=routes.FEEDS).statements[0].sql)
        codes = pa.Table.from_pylist(rows)
        for name in DIALECTS:
            SCRIPTS[name] = write_sql(as_at=population.as_at, dialect=name, codes=codes, feeds=routes.FEEDS)
    return SCRIPTS[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_is_parsed(dialect):
    """A parser of each dialect reads every statement, and no table has more columns than a database allows."""
    for statement in script_of(dialect).statements:
        parsed = sqlglot.parse(statement.sql, dialect=dialect)
        assert len(parsed) == 1
        assert not isinstance(parsed[0], sqlglot_expressions.Command) or statement.sql.startswith(("ANALYZE", "SET"))
        for select in parsed[0].find_all(sqlglot_expressions.Select):
            assert len(select.expressions) <= 1000
        for alias in parsed[0].find_all(sqlglot_expressions.Alias):
            assert len(alias.alias) <= 63
    listing = write_distinct(dialect=dialect, feeds=routes.FEEDS).statements[0].sql
    assert len(sqlglot.parse(listing, dialect=dialect)) == 1


def test_text_has_one_collation_in_sql_server():
    """Every column of text that a table is made with compares letter by letter, and rows are counted beyond an INT."""
    collated = "COLLATE Latin1_General_BIN2"
    for statement in script_of("tsql").statements:
        if statement.sql.startswith("CREATE TABLE"):
            assert statement.sql.count("NVARCHAR") == statement.sql.count(collated)
        if statement.name in ("pngroup_quality", "pngroup_count"):
            assert "COUNT(*)" not in statement.sql
        column = {"pngroup_people": "reason"} | {f"pngroup_{name}": "why" for name in ("records", *routes.FEEDS)}
        if f"INTO {statement.name}\n" in statement.sql and statement.name in column:
            assert f"END {collated} AS {column[statement.name]}" in statement.sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_that_was_only_parsed_says_so(dialect):
    """The head of a script names model, catalogue, date and fingerprint, and says when nobody has run the dialect."""
    head = script_of(dialect).text.partition("\n\n")[0]
    assert (NOT_EXECUTED in head) == (dialect not in ("duckdb", "postgres", "spark"))
    fingerprint = pngroup.group(SIMPLE["people"], SIMPLE["records"], as_at=AS_AT).fingerprint
    for words in (fingerprint, "need-groups@2026.1", "core@2026.1", "A non-user is unknown, not healthy."):
        assert words in head
    assert re.search(r"index date   \d{4}-\d\d-\d\d", head)


def test_the_rows_of_codes_may_stand_in_a_file():
    """Without the code table the script is the same but for those rows, which the caller loads."""
    whole, without = (
        write_sql(as_at=AS_AT, dialect="duckdb", codes=listed(), code_table=given) for given in (True, False)
    )
    missing = [each for each in whole.statements if each not in without.statements]
    assert {statement.name for statement in missing} == {"pngroup_code"}
    database = DuckDB()
    for name, content in SIMPLE.items():
        database.load(name, content.slice(0, 0))
    made = [place for place, each in enumerate(without.statements) if each.name == "pngroup_code"][-1]
    for place, statement in enumerate(without.statements):
        database.execute(statement.sql)
        if place == made:
            marks = ", ".join("?" * len(without.code_columns))
            database.connection.executemany(f"INSERT INTO pngroup_code VALUES ({marks})", without.code_table)
    assert database.rows("SELECT spelling FROM pngroup_code") == [{"spelling": "38341003"}]
