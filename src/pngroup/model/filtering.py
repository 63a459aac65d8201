"""Filters and a limit of history, written into expressions when a model is read, so that no reader knows of either."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve

from ..errors import ModelError, did_you_mean
from .definition import Model, Rule, Score, condition_names
from .primitives import PRIMITIVES
from .registers import FILTERED
from .tree import And, Arithmetic, Call, Choose, Compare, Node, Not, Or


def replaced(node: Node, change: Callable[[Call], Call]) -> Node:
    """An expression with each primitive changed."""
    match node:
        case Call():
            return change(node)
        case Compare(left, sign, right):
            return Compare(replaced(left, change), sign, replaced(right, change))
        case Arithmetic(left, sign, right):
            return Arithmetic(replaced(left, change), sign, replaced(right, change))
        case And(items):
            return And(tuple(replaced(item, change) for item in items))
        case Or(items):
            return Or(tuple(replaced(item, change) for item in items))
        case Not(item):
            return Not(replaced(item, change))
        case Choose(test, then, otherwise):
            return Choose(replaced(test, change), replaced(then, change), replaced(otherwise, change))
        case _:
            return node


def with_filter(call: Call, default: str, is_filtered: Callable[[str], bool], model: Model) -> Call:
    """A primitive whose conditions bear the filter that it names, or the `default`; `any` stands for no filter.

    `is_filtered` says of a condition or set whether filters apply to it: those made of coded records. Raises
    `ModelError` for a filter that the model does not have, and for one on what no filter applies to.
    """
    own = call.word("where")
    chosen = own or default
    options = tuple((key, value) for key, value in call.options if key != "where")
    names = condition_names(call)
    if own is not None and own != "any":
        _check_filter(own, names, is_filtered, model)
    if chosen in ("", "any") or not names:
        return evolve(call, options=options)
    # The names of conditions are the last ones of a call.
    before = call.names[: len(call.names) - len(names)]
    return Call(call.function, (*before, *(filtered(name, chosen, is_filtered) for name in names)), options)


def _check_filter(own: str, names: tuple[str, ...], is_filtered: Callable[[str], bool], model: Model) -> None:
    unfiltered = [name for name in names if not is_filtered(name)]
    if own in model.filters and not unfiltered:
        return
    hint = did_you_mean(own, model.filters)
    missing = f"there is no filter {own!r}" + (f", {hint}" if hint else "")
    raise ModelError(
        missing if own not in model.filters else f"where={own!r} stands on {unfiltered[0]!r}, which no filter sees",
        where=model.place,
        allowed=f"filters on conditions of coded records: {', '.join(model.filters) or 'the model has none'}, any",
        remedy="correct the expression, or leave where out",
    )


def filtered(name: str, chosen: str, is_filtered: Callable[[str], bool]) -> str:
    """A condition with its filter; nothing for no condition."""
    return f"{name}{FILTERED}{chosen}" if name and chosen not in ("", "any") and is_filtered(name) else name


def with_history(call: Call, months: int) -> Call:
    """A primitive that counts nothing older than so many months."""
    if PRIMITIVES[call.function].window == "none" and call.function != "ever":
        return call
    own_months = call.option("months")
    if own_months is not None and own_months <= months:
        return call
    # A window of days stays beside that of months: which of them is the shorter depends on the date.
    options = tuple((key, value) for key, value in call.options if key != "months")
    # `ever` with a window is `within`.
    function = "within" if call.function == "ever" else call.function
    return Call(function, call.names, (*options, ("months", months)))


def with_filters(model: Model, default: str, scores: Mapping[str, str], episodes: Mapping[str, str]) -> Model:
    """A model with the filters that its primitives, scores and episodes name, or the default, written into them."""

    def is_filtered(name: str) -> bool:
        # Of a set that mixes tables its coded conditions are filtered, one by one.
        return any(model.feed_of(member) == "records" for member in model.members(name))

    def change_for(chosen: str) -> Callable[[Call], Call]:
        return lambda call: with_filter(call, chosen, is_filtered, model)

    changed = _each(model, change_for(default))
    return evolve(
        changed,
        scores={
            name: _of_score(score, change_for(scores.get(name) or default)) for name, score in model.scores.items()
        },
        episodes={
            name: evolve(
                episode,
                opens=filtered(episode.opens, episodes.get(name) or default, is_filtered),
                delivers=filtered(episode.delivers, episodes.get(name) or default, is_filtered),
                loses=filtered(episode.loses, episodes.get(name) or default, is_filtered),
                discharges=filtered(episode.discharges, episodes.get(name) or default, is_filtered),
            )
            for name, episode in model.episodes.items()
        },
    )


def with_history_of(model: Model, months: int) -> Model:
    """A model that counts nothing older than so many months; episodes read all that is on record."""
    return _each(model, lambda call: with_history(call, months))


def _of_score(score: Score, change: Callable[[Call], Call]) -> Score:
    return evolve(
        score,
        items=tuple(
            item if item.when is None else evolve(item, when=replaced(item.when, change)) for item in score.items
        ),
        known_if=None if score.known_if is None else replaced(score.known_if, change),
    )


def _each(model: Model, change: Callable[[Call], Call]) -> Model:
    """A model with each primitive of its expressions changed."""

    def of_rule(rule: Rule) -> Rule:
        return rule if rule.when is None else evolve(rule, when=replaced(rule.when, change))

    return evolve(
        model,
        lines={
            name: evolve(line, classes=tuple((each, replaced(node, change)) for each, node in line.classes))
            for name, line in model.lines.items()
        },
        tallies={
            name: evolve(tally, items=tuple((item, replaced(node, change)) for item, node in tally.items))
            for name, tally in model.tallies.items()
        },
        scores={name: _of_score(score, change) for name, score in model.scores.items()},
        measures={name: replaced(node, change) for name, node in model.measures.items()},
        register_rules={name: replaced(node, change) for name, node in model.register_rules.items()},
        rules=tuple(map(of_rule, model.rules)),
        beside=tuple(map(of_rule, model.beside)),
        flags=tuple(evolve(flag, when=replaced(flag.when, change)) for flag in model.flags),
    )
