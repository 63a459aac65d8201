"""A mapping that makes some of its values when they are first asked for."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Later(Mapping[_Key, _Value]):
    """Values that are there, and makers of others: a program that reads ICD-10 never reads the list of SNOMED CT ids.

    >>> squares = Later({2: 4}, {3: lambda: 9})
    >>> len(squares), squares[3], dict(squares)
    (2, 9, {2: 4, 3: 9})
    """

    def __init__(self, made: Mapping[_Key, _Value], makers: Mapping[_Key, Callable[[], _Value]]) -> None:
        self._made = dict(made)
        self._makers = dict(makers)

    def __getitem__(self, key: _Key) -> _Value:
        if key not in self._made and key in self._makers:
            self._made[key] = self._makers[key]()
        return self._made[key]

    def get(self, key: _Key, default: Any = None) -> Any:
        """The value, made if need be; `default` where there is none. What making it raises is not swallowed."""
        if key not in self:
            return default
        return self[key]

    def __contains__(self, key: object) -> bool:
        return key in self._made or key in self._makers

    def __iter__(self) -> Iterator[_Key]:
        return iter(dict.fromkeys([*self._made, *self._makers]))

    def __len__(self) -> int:
        return len(self._made.keys() | self._makers.keys())

    def __reduce__(self) -> tuple[Any, ...]:
        # How values are made cannot be sent to another process; the values can.
        return dict, (dict(self),)


@contextlib.contextmanager
def no_collecting() -> Iterator[None]:
    """Do not look for garbage meanwhile: tens of thousands of small objects are made, and all of them stay.

    Looking for garbage among them takes about as long as making them.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
