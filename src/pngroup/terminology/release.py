"""A release in memory: concepts, hierarchy, reference sets and associations, and what can be asked of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError, did_you_mean
from .assembling import Content, find
from .evaluating import Evaluation
from .expressions import parse
from .graph import MOST_PAIRS, Links, ancestors_of_each
from .history import History, Substitutes, check_history, find_substitutes, supplement
from .report import ReleaseReport

Ids = npt.NDArray[np.int64]
_UNKNOWN: Final = ("error", "leave_out")
_MOST_NAMED: Final = 5


class ExpressionWarning(UserWarning):
    """Something about the concepts that an expression names: inactive, unknown, a reference set without members."""


@frozen(eq=False)
class Expansion:
    """What an expression means in a release: `ids` (int64, sorted), and what was odd about the ids it names."""

    ids: Ids = field(repr=False)
    inactive: tuple[int, ...]
    unknown: tuple[int, ...]
    empty_refsets: tuple[int, ...]

    def remarks(self) -> list[str]:
        """One clause for each kind of oddity, with the count and the first ids."""
        return [
            f"{len(ids):,} {words}: {', '.join(map(str, ids[:_MOST_NAMED]))}" + (", ..." * (len(ids) > _MOST_NAMED))
            for ids, words in (
                (self.inactive, "concepts named are inactive"),
                (self.unknown, "concepts named are not in the release and left out"),
                (self.empty_refsets, "concepts named behind ^ have no members in the release"),
            )
            if ids
        ]


@frozen(eq=False)
class Release:
    """A SNOMED CT release, read by `read_release`.

    `content` holds the arrays: `ids` (int64, sorted, of active and inactive concepts) and, as int32 indexes into them,
    the hierarchy, the members of simple reference sets and the associations. `report` says what was left out.
    """

    content: Content = field(repr=False)
    report: ReleaseReport

    def __attrs_post_init__(self) -> None:
        # What is shared by everything that was asked of the release must not change under it.
        for array in self.content.arrays():
            array.flags.writeable = False

    @property
    def ids(self) -> Ids:
        """All concept ids, active and inactive: int64, sorted."""
        return self.content.ids

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Whether each of `ids` is active."""
        return self.content.active

    @property
    def parents(self) -> Links:
        """The parents of each concept, as indexes."""
        return self.content.hierarchy.parents

    @property
    def children(self) -> Links:
        """The children of each concept, as indexes."""
        return self.content.hierarchy.children

    @property
    def date(self) -> str:
        """The latest date of any row, as 20230731."""
        return self.content.date

    @property
    def fingerprint(self) -> str:
        """A hash over all arrays: the same for the same release, however packed and in whatever order of rows."""
        return self.content.fingerprint

    def index_of(self, ids: Iterable[int | str] | npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """The index of each id; `UsageError` for ids that are not in the release."""
        wanted = as_ids(ids)
        index, known = find(self.ids, wanted)
        if not known.all():
            missing = wanted[~known]
            raise UsageError(
                f"{len(missing):,} concepts are not in the release: "
                f"{', '.join(map(str, missing[:_MOST_NAMED]))}{', ...' * (len(missing) > _MOST_NAMED)}",
                where="argument ids",
                allowed="concepts of the release",
                remedy="correct the ids, or read a release that has them",
            )
        return index

    def descendants(self, ids: Iterable[int | str] | npt.NDArray[Any], *, with_self: bool = False) -> Ids:
        """All concepts below any of these, sorted; with them, if asked. Needs no closure."""
        return self.ids[self.children.reached(self.index_of(ids), with_self=with_self)]

    def ancestors(self, ids: Iterable[int | str] | npt.NDArray[Any], *, with_self: bool = False) -> Ids:
        """All concepts above any of these, sorted; with them, if asked. Needs no closure."""
        return self.ids[self.parents.reached(self.index_of(ids), with_self=with_self)]

    def closure(self, *, most_pairs: int = MOST_PAIRS) -> Links:
        """The transitive closure: for each concept the indexes (int32) of all its ancestors, highest first.

        A concept is not among its ancestors. Computed anew at each call: seconds, and four bytes a pair. Raises
        `DataError` as soon as there are more than `most_pairs`.
        """
        return ancestors_of_each(self.content.hierarchy, most_pairs=most_pairs)

    def evaluate(self, expression: str, *, history: History = "none", unknown: str = "error") -> Expansion:
        """As `expand`, with what was odd about the ids that the expression names in place of a warning."""
        profile = check_history(history)
        if unknown not in _UNKNOWN:
            raise UsageError(
                f"unknown is {unknown!r}",
                where="argument unknown",
                allowed=", ".join(_UNKNOWN),
                remedy=did_you_mean(str(unknown), _UNKNOWN) or "name one of these",
            )
        evaluation = Evaluation(self.content, unknown=unknown)
        mask = evaluation.mask(parse(expression))
        if profile != "none":
            mask = mask | supplement(self.content, mask, profile)
        odd = (evaluation.inactive, evaluation.unknown, evaluation.empty_refsets)
        return Expansion(self.ids[mask], *(tuple(sorted(ids)) for ids in odd))

    def expand(self, expression: str, *, history: History = "none", unknown: str = "error") -> Ids:
        """The concepts that an expression of the Expression Constraint Language means: int64 ids, sorted.

        Understood are concept ids, `*` (every active concept), `<`, `<<`, `<!`, `<<!`, `>`, `>>`, `>!`, `>>!`, `^`
        (members of simple reference sets, inactive ones too), AND or a comma, OR, MINUS, parentheses, and history
        supplements (`{{ + HISTORY-MIN }}`). `history` adds one to the whole: `none`, `min`, `moderate` (ECL's
        HISTORY-MOD) or `maximum`.

        Raises `UsageError` for what is not understood, and for concepts that are not in the release unless `unknown` is
        `leave_out`. Warns of inactive concepts that are named, and of reference sets without members.

        Source: SNOMED International, Expression Constraint Language.
        """
        expansion = self.evaluate(expression, history=history, unknown=unknown)
        if remarks := expansion.remarks():
            warnings.warn("; ".join(remarks), ExpressionWarning, stacklevel=2)
        return expansion.ids

    def substitutes(self, ids: Iterable[int | str] | npt.NDArray[Any]) -> Substitutes:
        """For those of the ids that are inactive, the active concepts that replace them."""
        return find_substitutes(self.content, as_ids(ids))


def as_ids(ids: Iterable[int | str] | npt.NDArray[Any]) -> Ids:
    """Ids as an int64 array; `UsageError` where one is no whole number. One id by itself is taken too."""
    given = [ids] if isinstance(ids, str | int | np.integer) else ids
    try:
        array = np.atleast_1d(np.asarray(given if isinstance(given, np.ndarray) else list(given)))
        if not array.size or array.dtype.kind in "iu":
            return array.astype(np.int64)
        # Not floats: they have lost digits of long ids.
        texts = array.astype(str) if array.dtype.kind in "UO" else np.array(["?"])
        # int() takes underscores and signs too, which no id has.
        return np.array([int(text if text.isdecimal() else "?") for text in texts], np.int64)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            f"not all ids are whole numbers ({type(ids).__name__})",
            where="argument ids",
            allowed="concept ids as whole numbers or digits in text",
            remedy="correct the ids",
        ) from None
