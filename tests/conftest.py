"""What all tests share: the markers `shared` and `slow`, and the profiles of hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"

# No deadline: a test must not fail because the machine is busy. The big profile is for a person who asks:
# make test ARGS="--hypothesis-profile=big".
settings.register_profile("default", deadline=None)
settings.register_profile("big", deadline=None, max_examples=20_000)
settings.load_profile("default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    absent = pytest.mark.skip(reason="needs ../shared, the folder of public test data, which is not here")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public test data beside the repository; use it with the marker of the same name."""
    return SHARED


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    """A local Spark for all tests that need one."""
    from local_spark import spark_session

    with spark_session() as session:
        yield session
