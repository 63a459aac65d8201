"""The folder of a state: what may stand in it, and what of it must."""

from __future__ import annotations

import json

import pytest

import pngroup
from test_updating import april, begun


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
            lacking.append({**whole, outer: {key: value for key, value in whole[outer].items() if key != gone}})
    people = whole["tables"]["people"]
    for gone in people:
        without = {key: value for key, value in people.items() if key != gone}
        lacking.append({**whole, "tables": {**whole["tables"], "people": without}})
    for about in [*lacking, {**whole, "settings": None}, {**whole, "tables": []}]:
        path.write_text(json.dumps(about))
        with pytest.raises(pngroup.DataError, match=r"the state is damaged: 'state\.json' is not as it was written"):
            april(folder)
