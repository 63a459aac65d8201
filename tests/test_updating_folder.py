"""The folder of a state: what may stand in it, and what of it must."""

from __future__ import annotations

import json

import pytest

import pngroup
from command_line import assert_one_sentence, run
from test_updating import april, begun, contents


def test_a_state_that_lacks_something_is_damaged(tmp_path):
    """Whatever key of `state.json` is gone, the state is said to be damaged."""
    folder = begun(tmp_path / "s")
    path = folder / "state.json"
    whole = json.loads(path.read_text())
    lacking = [{key: value for key, value in whole.items() if key != gone} for gone in whole]
    # What else stands in the settings came later, and means what it meant before.
    needed = {"settings": ("model", "catalogue", "scheme", "practice_column"), "tables": ("people", "result")}
    for outer, keys in needed.items():
        for gone in keys:
            without = {key: value for key, value in whole[outer].items() if key != gone}
            lacking += [{**whole, outer: without}]
    people = whole["tables"]["people"]
    for gone in people:
        without = {key: value for key, value in people.items() if key != gone}
        lacking.append({**whole, "tables": {**whole["tables"], "people": without}})
    for about in [*lacking, {**whole, "settings": None}, {**whole, "tables": []}]:
        path.write_text(json.dumps(about))
        with pytest.raises(pngroup.DataError, match=r"the state is damaged: 'state\.json' is not as it was written"):
            april(folder)


@pytest.mark.parametrize("option", ["--out", "--would-change", "--everybody", "--quality", "--manifest"])
def test_a_file_in_the_folder_of_the_state_is_refused_before_anything_is_written(option, tmp_path):
    """It would be a foreign file there, and stop every later month."""
    folder = begun(tmp_path / "s")
    before = contents(folder)
    (tmp_path / "link").symlink_to(folder)
    for place in (folder, tmp_path / "link"):
        out = () if option == "--out" else ("--out", tmp_path / "out.csv")
        done = run("update", "--state", folder, "--as-at", "2026-04-30", *out, option, place / "list.csv")
        assert done.exit_code == 2
        assert f"in the folder of the state, which holds a state and nothing else (in option {option};" in done.stderr
        assert_one_sentence(done.stderr)
    assert contents(folder) == before
    with pytest.raises(pngroup.UsageError, match=r"\(in file 'list.csv'|in the folder of the state"):
        april(folder).write(beside={folder / "list.csv": lambda _file: None})
    assert contents(folder) == before


def test_a_foreign_file_is_named(tmp_path):
    """Who finds that a folder holds another file learns which, and what to do with it."""
    folder = begun(tmp_path / "s")
    (folder / "list.csv").write_text("person_id\np1\n")
    with pytest.raises(pngroup.UsageError, match=r"the folder holds other files: 'list\.csv'") as caught:
        april(folder).write()
    assert caught.value.remedy.startswith("move it")
    (folder / "more.csv").touch()
    with pytest.raises(pngroup.UsageError, match=r"'list\.csv' and 1 more"):
        april(folder).write()
