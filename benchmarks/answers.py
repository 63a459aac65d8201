"""What is kept of a job's answer: enough to see that all of them answered alike.

A digest is over all people in the order of their numbers, whatever the order and kind of the frame that came out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from charlson import ITEMS
from population import persons_of


def nothing(_answer: Any) -> dict[str, Any]:
    """Nothing is kept."""
    return {}


def of_grouping(answer: tuple[Any, Any], *, single: bool) -> dict[str, Any]:
    """Groups and tiers of the last date, the share of rows that mean something, and the bytes that evidence takes."""
    grouping, frame = answer
    persons = person_numbers(frame["person_id"])
    last = len(np.unique(persons))
    # On earlier dates somebody may not be born yet.
    groups = numbers_in(column(frame["need_group"])[-last:])
    said: dict[str, Any] = {"groups": digest(persons[-last:], groups), "people": last}
    if not single:
        return {**said, "rows_out": len(persons)}
    for feed in grouping.quality.feeds:
        known = sum(feed.n_mapped.values())
        if known:
            said[f"mapped_{feed.name}"] = round(known / feed.n_rows, 4)
    n_facts = grouping.inputs.evidence.n_facts
    n_bytes = sum(part.facts.nbytes + part.starts.nbytes for part in grouping.inputs.evidence.parts)
    return {**said, "facts": n_facts, "bytes_a_fact": round(n_bytes / max(1, n_facts), 2)}


def of_groups(answer: tuple[Any, Any]) -> dict[str, Any]:
    """Groups on the last date."""
    ids, groups = answer
    persons = person_numbers(ids)
    return {"groups": digest(persons, np.asarray(groups)), "people": len(persons)}


def of_file(path: Path, *, with_index: bool) -> dict[str, Any]:
    """The groups in a result file, and of ICD-10 records the Charlson index, unknown as 0."""
    table = pq.read_table(path, columns=["person_id", "need_group", "charlson"])
    persons = person_numbers(table["person_id"])
    said = {"groups": digest(persons, numbers_in(table["need_group"])), "people": len(persons)}
    return said | ({"index": digest(persons, numbers_in(table["charlson"].fill_null(0)))} if with_index else {})


def of_charlson(frame: Any) -> dict[str, Any]:
    """The seventeen items and the index, by hand."""
    return _charlson(frame, {item: item for item in ITEMS}, "index")


def of_comorbidipy(frame: Any) -> dict[str, Any]:
    """The same of comorbidipy."""
    return _charlson(frame, {item: name for item, (_, name, _) in ITEMS.items()}, "comorbidity_score")


def of_pycomorb(frame: Any) -> dict[str, Any]:
    """The same of pycomorb."""
    return _charlson(frame, {item: name for item, (*_, name) in ITEMS.items()}, "Charlson Comorbidity Index")


def of_charlson_file(path: Path) -> dict[str, Any]:
    """The same of DuckDB's file."""
    return of_charlson(pq.read_table(path))


def of_items(answer: tuple[Any, Any]) -> dict[str, Any]:
    """The same of pngroup; not known, for want of any ICD-10 record, is no item here, as the others have it."""
    grouping, frame = answer
    items = grouping.items("charlson", show_restricted=True)
    columns = {item: column(items[f"charlson_{item}"]).fill_null(False) for item in ITEMS}
    made = {"person_id": column(frame["person_id"]), **columns, "index": column(frame["charlson"]).fill_null(0)}
    return of_charlson(made)


def _charlson(frame: Any, names: dict[str, str], index: str) -> dict[str, Any]:
    persons = person_numbers(frame["person_id"])
    said = {item: digest(persons, numbers_in(frame[name]) != 0) for item, name in names.items()}
    return {"items": said, "people": len(persons), "index": digest(persons, numbers_in(frame[index]))}


def digest(persons: np.ndarray, values: np.ndarray) -> str:
    """A hash of small numbers in the order of persons, and their sum, which a reader can make sense of."""
    ordered = values[np.argsort(persons)].astype(np.int32)
    return f"{int(ordered.sum())}:{hashlib.sha256(ordered.tobytes()).hexdigest()[:16]}"


def person_numbers(ids: Any) -> np.ndarray:
    """Persons 0, 1, ... of a column of ids, in whatever form a job had them."""
    numbers = numbers_in(ids)
    # Surrogate keys count from 0; ten-digit ids do not.
    return numbers if numbers.min() == 0 and numbers.max() < len(numbers) else persons_of(numbers)


def numbers_in(values: Any) -> np.ndarray:
    """A column of any kind as 64-bit integers, nothing missing."""
    found = column(values)
    if found.null_count:
        raise SystemExit("a job left answers out, so that nothing is reported")
    return found.cast(pa.int64()).to_numpy()


def column(values: Any) -> pa.ChunkedArray:
    """A column of any kind as Arrow."""
    if isinstance(values, pa.ChunkedArray):
        found = values
    elif hasattr(values, "__arrow_c_stream__"):
        found = pa.chunked_array(values)
    else:
        found = pa.chunked_array([pa.array(values, from_pandas=True)])
    return found.cast(found.type.value_type) if pa.types.is_dictionary(found.type) else found
