"""The shape of the package: floors, relative imports, small files, few libraries, a folder to copy."""

from __future__ import annotations

import ast
import csv
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pngroup

SOURCE = Path(__file__).resolve().parent.parent / "src" / "pngroup"
MODULES = sorted(SOURCE.rglob("*.py"))

# Lowest first; what shares a line stands side by side and may not import each other.
FLOORS = [
    {"_version", "errors"},
    {"vocabulary"},
    {"dates", "threads"},
    {"editions", "resources", "data"},
    {"codes"},
    {"catalogue"},
    {"frames"},
    {"files"},
    {"schemes"},
    {"evidence"},
    {"model"},
    {"quality"},
    {"intake"},
    {"answering"},
    {"combining", "explanation", "score_items"},
    {"preparing", "result"},
    {"covering", "grouping", "looking_up"},
    {"one_person", "through_time"},
    {"population", "updating"},
    {"__init__"},
    {"engines", "validation", "synthetic", "terminology", "sql"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}
CORE = {name for names in FLOORS[: FLOORS.index({"__init__"}) + 1] for name in names}

CORE_DEPENDENCIES = {"attr", "attrs", "narwhals", "numpy"}
DATAFRAME_LIBRARIES = {
    "dask",
    "duckdb",
    "ibis",
    "modin",
    "pandas",
    "polars",
    "pyarrow",
    "pyspark",
    "sqlframe",
}


def label(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=label(path))


def own_imports(path: Path, *, for_types: bool = True) -> set[tuple[str, ...]]:
    """The modules of this package that a module imports, anywhere in it, each as its parts below pngroup.

    With `for_types=False` without those that only a type checker follows.
    """
    package = path.relative_to(SOURCE).parent.parts
    found: set[tuple[str, ...]] = set()
    tree = parsed(path)
    if not for_types:
        tree.body = [node for node in tree.body if not is_for_types(node)]
    for node in ast.walk(tree):
        if not (isinstance(node, ast.ImportFrom) and node.level):
            continue
        module = tuple(node.module.split(".")) if node.module else ()
        base = package[: len(package) - (node.level - 1)] + module
        for alias in node.names:
            inside = SOURCE.joinpath(*base, alias.name)
            is_module = inside.is_dir() or inside.with_suffix(".py").is_file()
            found.add((*base, alias.name) if is_module else base)
    return found


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def component(parts: tuple[str, ...]) -> str:
    return parts[0] if parts else "__init__"


def component_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def test_each_part_of_the_package_has_a_floor():
    """The file tree is the architecture: each module and folder of the package has its floor."""
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders | {path.stem for path in SOURCE.glob("*.py")} <= set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_imports_run_downwards(path):
    """A module imports only from the floors below its own: no arrow runs back up."""
    here = component_of(path)
    for parts in own_imports(path):
        there = component(parts)
        if there == here and there != "__init__":
            continue
        assert FLOOR[there] < FLOOR[here], f"{label(path)} imports {'.'.join(parts) or 'pngroup'}"


def test_no_two_modules_import_each_other():
    """Imports that run never go in a circle, not even inside one folder."""
    graph: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for path in MODULES:
        parts = path.relative_to(SOURCE).with_suffix("").parts
        graph[parts[:-1] if parts[-1] == "__init__" else parts] = own_imports(path, for_types=False)
    done: set[tuple[str, ...]] = set()

    def visit(node: tuple[str, ...], trail: tuple[tuple[str, ...], ...]) -> None:
        assert node not in trail, " -> ".join(".".join(each) or "pngroup" for each in (*trail, node))
        if node in done:
            return
        for other in graph.get(node, ()):
            visit(other, (*trail, node))
        done.add(node)

    for node in graph:
        visit(node, ())


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_imports_of_the_package_are_relative(path):
    """The package never names itself in an import, so that its folder works under another name."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        assert not [name for name in names if name.split(".")[0] == "pngroup"]


@pytest.mark.parametrize("path", [path for path in MODULES if component_of(path) in CORE], ids=label)
def test_the_core_needs_three_libraries(path):
    """Up to grouping and explanation all runs on numpy, attrs and narwhals alone."""
    allowed = CORE_DEPENDENCIES | set(sys.stdlib_module_names)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        assert {name.split(".")[0] for name in names} <= allowed


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_files_are_short(path):
    """No source file is over 500 lines: one idea a file."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_importing_pngroup_imports_no_dataframe_library():
    """Neither `import pngroup` nor any public name loads a dataframe library; what it takes is printed."""
    program = (
        "import sys, time; start = time.perf_counter(); import pngroup; took = time.perf_counter() - start; "
        "names = [getattr(pngroup, name) for name in pngroup.__all__]; all_took = time.perf_counter() - start; "
        "import json; "
        "print(json.dumps([took, all_took, sorted({name.split('.')[0] for name in sys.modules})]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    took, all_took, loaded = json.loads(done.stdout)
    print(f"import pngroup: {took:.3f} s; with every public name: {all_took:.3f} s")
    assert "numpy" in loaded
    assert not DATAFRAME_LIBRARIES & set(loaded)


def test_importing_pngroup_imports_no_optional_package():
    """Every module of the core can be imported where only the core libraries are installed."""
    names = [
        ".".join(("pngroup", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
        for path in MODULES
        if component_of(path) in CORE
    ]
    optional = sorted(DATAFRAME_LIBRARIES | {"click", "jinja2", "matplotlib", "rich", "sqlglot"})
    program = (
        f"import sys, importlib\nfor name in {optional!r}: sys.modules[name] = None\n"
        f"for name in {names!r}: importlib.import_module(name)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", sorted(set(pngroup.__all__) - {"__version__"}))
def test_each_public_name_is_documented(name, repository):
    """Each public name has a docstring and an entry in the reference; each function shows an example."""
    thing = getattr(pngroup, name)
    assert re.search(rf"\b{name}\b", (repository / "docs/reference/api.md").read_text(encoding="utf-8"))
    if inspect.ismodule(thing) or not callable(thing):
        return
    documentation = inspect.cleandoc(thing.__doc__ or "")
    inherited = [base.__doc__ for base in inspect.getmro(thing)[1:]] if inspect.isclass(thing) else []
    assert documentation
    assert thing.__doc__ not in inherited
    if inspect.isfunction(thing):
        assert ">>>" in documentation, f"{name} shows no example"


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_each_public_definition_has_a_docstring(path):
    """Modules, and the public functions and classes in them, say what they are."""
    tree = parsed(path)
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        # What type checkers see of a function stands beside the function that says what it is.
        and not any(ast.unparse(each) == "overload" for each in node.decorator_list)
    ]
    mute = [getattr(node, "name", "the module") for node in [tree, *public] if not ast.get_docstring(node)]
    if path.name == "__init__.py" and not tree.body:
        return
    assert not mute


def test_each_test_says_what_may_be_relied_on(repository):
    """Each test has a docstring: one sentence of what a user may rely on."""
    mute = [
        f"{path.name}: {node.name}"
        for path in sorted((repository / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not mute


# --- a copy under another name ---

GOLDEN = """
import sys
# Neither the installed package nor anything optional may help the copy.
for name in {blocked!r}:
    sys.modules[name] = None
import json
from {package} import explain, group, lookup, need_tier, rag
people = {{
    "person_id": ["001", "002", "003", "004", "005", "006"],
    "birth_date": ["1937-02-11", "1990-06-30", "2016-01-20", "1955-09-09", "1988-12-01", "1979-03-03"],
    "sex": ["female", "female", "male", "male", "male", "female"],
}}
records = {{
    "person_id": ["001", "001", "002", "003", "004", "005", "006"],
    "code": ["G30.9", "W19.X", "Z34.0", "J06.9", "I50.0", "F20.0", "i10x"],
    "system": ["icd10"] * 7,
    "date": "2022-06-01 2023-09-12 2024-01-15 2024-02-01 2019-05-05 2010-07-07 2021-01-01".split(),
}}
grouping = group(people, records, as_at="2024-03-31")
frame = grouping.to_frame()
print(json.dumps({{
    "need_group": [int(each) for each in frame["need_group"]],
    "need_tier": [str(each) for each in frame["need_tier"]],
    "rag": [str(each) for each in frame["rag"]],
    "lookup": [sorted(each) for each in lookup(["I10", "E11.9"], system="icd10")],
    "mapped": [str(need_tier(10)), str(rag(4))],
    "fingerprint": grouping.fingerprint,
    "explained": str(explain("001", people, records, as_at="2024-03-31")),
    "file": sys.modules[{package!r}].__file__,
}}))
"""


def golden(package: str, folder: Path, path: Path) -> dict:
    blocked = sorted(DATAFRAME_LIBRARIES | ({"pngroup"} if package != "pngroup" else set()))
    program = GOLDEN.format(blocked=blocked, package=package)
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1", "SYSTEMROOT": "C:\\Windows"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("place", ["host/_vendor/pngroup", "host/_vendor/need_groups"])
def test_a_copy_of_the_folder_works_under_another_name(place, tmp_path):
    """The package's folder, copied into another program, gives the answers of the installed one, alone."""
    copy = tmp_path.joinpath(*place.split("/"))
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (copy.parent, copy.parent.parent):
        (folder / "__init__.py").touch()
    vendored = golden(place.replace("/", "."), tmp_path, tmp_path)
    installed = golden("pngroup", tmp_path, SOURCE.parent)
    assert Path(vendored.pop("file")).is_relative_to(copy)
    assert Path(installed.pop("file")).is_relative_to(SOURCE)
    assert vendored == installed
    assert vendored["need_group"] == [11, 6, 2, 9, 8, 4]
    assert vendored["rag"] == ["red", "amber", "green", "amber", "amber", "green"]


# --- package data ---

TEXTS = sorted(
    path
    for path in (SOURCE / "data").rglob("*")
    if path.is_file() and (path.suffix in {".csv", ".toml", ".txt", ".md", ".json"} or path.name == "NOTICE")
)

# A path of somebody's machine: a home folder, a drive letter, a folder of temporary or mounted files.
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|mnt|media|work|Users|var|opt)/|\b[A-Z]:\\")
# The tags that close SNOMED CT's fully specified names.
SEMANTIC_TAG = re.compile(
    r"\((?:disorder|finding|procedure|regime/therapy|observable entity|situation|event|"
    r"morphologic abnormality|"
    r"qualifier value|assessment scale|substance|product|medicinal product|record artifact|body structure|"
    r"person|organism|physical object|navigational concept)\)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", TEXTS, ids=label)
def test_package_data_name_no_machine(path):
    """No data file holds a path of the machine it was made on, and all are UTF-8 with plain line ends."""
    data = path.read_bytes()
    assert b"\r" not in data
    assert not MACHINE_PATH.search(data.decode("utf-8"))


@pytest.mark.parametrize("path", TEXTS, ids=label)
def test_package_data_hold_no_snomed_terms(path):
    """SNOMED CT goes in as concept ids only: no fully specified name is in the package."""
    assert not SEMANTIC_TAG.search(path.read_text(encoding="utf-8"))


SNOMED_TABLES = sorted((SOURCE / "data" / "catalogue").glob("*/snomed/*.csv"))


@pytest.mark.parametrize("path", [path for path in SNOMED_TABLES if path.name != "sources.csv"], ids=label)
def test_the_snomed_tables_hold_ids_alone(path):
    """The SNOMED CT folder has ids, counts and notes of our own; it has no column for terms."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    allowed = "condition conditions role code cluster refset source note n_ids reason because topic"
    assert set(rows[0]) <= set(allowed.split())
    for column in {"code", "refset", "n_ids"} & set(rows[0]):
        assert not [row[column] for row in rows if row[column] and not row[column].isdigit()]


@pytest.mark.parametrize("path", sorted((SOURCE / "data" / "catalogue").glob("*/icd10*.csv")), ids=label)
def test_the_icd_tables_hold_codes_alone(path):
    """The ICD-10 tables have codes, sources and notes of our own; they have no column for titles."""
    with path.open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    assert columns == ["condition", "match", "code", "source", "note"]


@pytest.mark.shared
def test_package_data_hold_no_title_of_who(shared):
    """No title of WHO's ICD-10 of over five words is in the package; shorter ones are anybody's words."""
    with (shared / "reference" / "b2h_icd10.csv").open(encoding="utf-8", newline="") as file:
        notes = [row["note"].lower() for row in csv.DictReader(file)]
    titles = {part.strip() for note in notes for part in re.split(r";| - ", note) if len(part.split()) > 5}
    assert titles
    data = "\n".join(path.read_text(encoding="utf-8") for path in TEXTS).lower()
    assert not [title for title in titles if title in data]


def test_the_page_on_the_design_draws_these_floors(repository):
    """The page on the design names the floors in the order that these tests hold."""
    page = (repository / "docs" / "explanation" / "design.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- floors -->\s*```text\n(.*?)```", page, re.DOTALL).group(1)
    drawn = [set(re.findall(r"\w+", line.split("  ")[0])) for line in reversed(block.strip().splitlines())]
    assert drawn == FLOORS[: FLOORS.index({"cli"}) + 1]
