"""From a criterion and its values to lines that a person can read: what was asked, what was found, met or not."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from attrs import field, frozen

from ..catalogue import Catalogue
from ..model.definition import LINE_CLASSES, Model, condition_names
from ..model.reference import Reading
from ..model.registers import base_of, filter_of
from ..model.tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number, Or, Text, calls
from .texts import Texts

_WIDEST: Final = 79
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SIGNS: Final = {"==": "is", "!=": "is not", "<": "below", "<=": "at most", ">": "above", ">=": "at least"}
_FLIPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: How units of scores are written for people.
_SCALES: Final = {"hundredths": 100, "tenths": 10}


@frozen
class Finding:
    """One line of an explained criterion: `met` is None where it could not be known; `depth` is the indent."""

    depth: int
    met: bool | None
    text: str


@frozen
class Words:
    """Puts the expressions of one reading into words. Restricted topics stay unnamed unless `show_restricted`."""

    reading: Reading = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    texts: Texts = field(repr=False)
    show_restricted: bool

    @property
    def model(self) -> Model:
        """The model that is explained."""
        return self.reading.model

    # -- criteria -----------------------------------------------------------------------------------------------------

    def findings(self, node: Node, depth: int = 0) -> Iterator[Finding]:
        """The lines of a yes/no expression: an indented list for every and / or, of what decides it only.

        What decides: of "all of" that is not met, the parts that fail it, plain ones such as an age before lists; of
        "any of" that is met, the parts that do.
        """
        met = self.reading.truth(node)
        match node:
            case And() | Or():
                deciding = self._deciding(node, met)
                if len(deciding) > 1:
                    yield Finding(depth, met, "all of" if isinstance(node, And) else "any of")
                # A list of one is no list.
                for item in deciding:
                    yield from self.findings(item, depth + (len(deciding) > 1))
            case Not(item):
                yield Finding(depth, met, f"not: {self.phrase(item)}")
            case Choose(test, then, otherwise):
                yield from self.findings(then if self.reading.truth(test) else otherwise, depth)
            case Call("register", (name,)):
                yield Finding(depth, met, self.register(name))
                if met is True:
                    yield from self.findings(self.model.register_rules[name], depth + 1)
            case Call("any_register", (wanted,)):
                yield Finding(depth, met, self.phrase(node))
                for name in self.model.registers_of(wanted):
                    if self.reading.truth(Call("register", (name,))) is True:
                        yield from self.findings(Call("register", (name,)), depth + 1)
            case Measure(name) if name in self.model.measures:
                named = self._is_named(name)
                if named:
                    yield Finding(depth, met, self.phrase(node))
                if met is True or not named:
                    yield from self.findings(self.model.measures[name], depth + named)
            case _:
                yield Finding(depth, met, self.phrase(node))

    def _deciding(self, node: And | Or, met: bool | None) -> list[Node]:
        deciding: list[Node] = [item for item in node.items if self.reading.truth(item) is met]
        plain: list[Node] = [item for item in deciding if not isinstance(item, And | Or)]
        # One failing age is reason enough; a list of all else that fails beside it would hide it.
        return plain if plain and met is False and isinstance(node, And) else deciding

    def phrase(self, node: Node) -> str:
        """One expression as a clause, with the value that was found."""
        match node:
            case Compare(Number() as number, sign, measured):
                return self.phrase(Compare(measured, _FLIPPED[sign], number))
            case Compare(left, sign, right):
                found = self._amount(left, self.reading.value(left)) + self._items(left)
                return f"{self._name(left)} {_SIGNS[sign]} {self._amount(left, self._constant(right))} (found: {found})"
            case And(items) | Or(items):
                return (" and " if isinstance(node, And) else " or ").join(self.phrase(item) for item in items)
            case Not(item):
                return f"not {self.phrase(item)}"
            case Choose(test, then, otherwise):
                return self.phrase(then if self.reading.truth(test) else otherwise)
            case _:
                return self._name(node)

    def _constant(self, node: Node) -> bool | int | str | None:
        return node.value if isinstance(node, Number | Text) else self.reading.value(node)

    def _is_named(self, name: str) -> bool:
        return name in self.texts.measures

    def _amount(self, node: Node, value: bool | int | str | None) -> str:
        if value is None:
            return "not known"
        if value == 0 and self._is_latest(node):
            return "none"
        scale = self._scale(node)
        if scale and isinstance(value, int):
            return f"{value / scale:.{len(str(scale)) - 1}f}"
        return str(value)

    def _items(self, node: Node) -> str:
        """The names of what a count counted, behind it."""
        match node:
            case Measure(name) if name in self.model.measures:
                return self._items(self.model.measures[name])
            case Arithmetic(left, _, _):
                return self._items(left)
            case Call("n", (tally,)):
                but_not = node.word("but_not")
                names = [item.replace("_", " ") for item, _ in self.reading.items_present(tally) if item != but_not]
                return f", namely {', '.join(names)}" if names else ""
            case Call("count_registers", (wanted,)):
                present = self.registers_present(wanted)
                return f", namely {', '.join(present)}" if present else ""
            case Call("count_lines", names):
                number = LINE_CLASSES.index(names[0]) + 1 if names else None
                found = [(line, self.reading.line_class(line)) for line in self.model.lines]
                present = [line for line, of in found if of and (number is None or of == number)]
                lines = [self.line(line) for line in present if self.may_name_line(line)]
                return f", namely {', '.join(lines)}" if lines else ""
            case _:
                return ""

    def _is_latest(self, node: Node) -> bool:
        if isinstance(node, Measure) and node.name in self.model.measures:
            node = self.model.measures[node.name]
        return isinstance(node, Call) and node.function in ("latest", "latest_grade")

    def _scale(self, node: Node) -> int | None:
        if isinstance(node, Measure) and node.name in self.model.scores:
            return _SCALES.get(self.model.scores[node.name].unit)
        return None

    def _name(self, node: Node) -> str:
        match node:
            case Measure(name) if name in self.model.scores:
                return self.model.scores[name].name
            case Measure(name):
                return self.texts.measure(name)
            case Arithmetic(left, sign, right):
                return f"{self._name(left)} {'plus' if sign == '+' else 'minus'} {self._name(right)}"
            case Call():
                return self._call(node)
            case _:
                return str(self._constant(node))

    def _call(self, call: Call) -> str:
        asked = condition_names(call)
        names = [self.condition(name) for name in asked]
        # Where it was recorded stands with when.
        window = self._seen(asked[0] if asked else "") + self._window(call)
        match call.function:
            case "ever" | "within":
                least_age = call.option("min_age")
                return f"{names[0]} recorded{window}" + (f" at {least_age} or older" if least_age else "")
            case "on_dates":
                return f"{names[0]} recorded on {call.option('n') or 1} different dates{window}"
            case "during":
                return f"{names[0]} in this {self.texts.episodes.get(call.names[0], call.names[0])}"
            case "in_episode":
                return self.texts.episodes.get(call.names[0], call.names[0])
            case "count_days":
                return f"days with {names[0]}{window}"
            case "count_distinct":
                return f"different medicines{window}"
            case "latest" | "latest_grade":
                return f"latest {names[0]}{window}"
            case "line":
                return f"{self.line(call.names[0])} present"
            case "count_lines":
                return f"{call.names[0]} conditions" if call.names else "long-term conditions"
            case "count_systems":
                return "body systems"
            case "n":
                but_not = call.word("but_not")
                tally = self.texts.tallies.get(call.names[0], call.names[0].replace("_", " "))
                return tally + (f" other than {but_not.replace('_', ' ')}" if but_not else "")
            case "register":
                return self.register(call.names[0])
            case "any_register":
                return f"any of {call.names[0].replace('_', ' ')}"
            case "count_registers":
                return call.names[0].replace("_", " ")
            case "span_days":
                tally = self.texts.tallies.get(call.names[0], call.names[0].replace("_", " "))
                return f"days from the first to the last record of {tally}"
            case _:
                return f"{call.names[0]} given"

    def _seen(self, name: str) -> str:
        """The filter through which a condition is seen."""
        chosen = filter_of(name)
        return f" {self.model.filters[chosen].name}" if chosen else ""

    def _window(self, call: Call) -> str:
        months, days = call.option("months"), call.option("days")
        if days is not None:
            return f" in {days} days"
        return f" in {months} months" if months is not None else ""

    # -- names --------------------------------------------------------------------------------------------------------

    def may_name(self, condition: str) -> bool:
        """Whether a condition may be named: no restricted topic, or asked for."""
        return self.show_restricted or not self.catalogue.is_restricted(self.model.members(condition))

    def condition(self, name: str) -> str:
        """Our name of a condition or set; a restricted topic stays unnamed."""
        base = base_of(name)
        members = self.model.members(base)
        if base in self.model.sets:
            return base.replace("_", " ")
        if not self.show_restricted and self.catalogue.is_restricted(members):
            return self.texts.restricted_record
        return self.catalogue.name_of(base)

    def line(self, line_id: str) -> str:
        """A long-term condition line in words; unnamed where it is a restricted topic."""
        nodes = (node for _, node in self.model.lines[line_id].classes)
        if not self.show_restricted and any(self.catalogue.is_restricted(self._conditions(node)) for node in nodes):
            return self.texts.restricted_record
        return line_id.replace("_", " ")

    def register(self, register_id: str) -> str:
        """A register in words; unnamed where it rests on a restricted topic."""
        if not self.show_restricted and self._rests_on_restricted(self.model.register_rules[register_id]):
            return self.texts.restricted_record
        return self.model.registers[register_id].name

    def registers_present(self, wanted: str = "") -> list[str]:
        """The registers that the person is on, of one list or of all, in the order of the model."""
        names = self.model.registers_of(wanted) if wanted else tuple(self.model.registers)
        found = [self.register(name) for name in names if self.reading.truth(self.model.register_rules[name]) is True]
        return list(dict.fromkeys(found))

    def lines_present(self) -> list[str]:
        """The lines present, with class, highest class first; a restricted one without class, at the end."""
        found = [(self.reading.line_class(line), line) for line in self.model.lines]
        named = [(number, self.line(line)) for number, line in found if number and self.may_name_line(line)]
        lines = [f"{name} ({LINE_CLASSES[number - 1]})" for number, name in sorted(named, reverse=True)]
        hidden = any(number and not self.may_name_line(line) for number, line in found)
        return [*lines, self.texts.restricted_record] if hidden else lines

    def may_name_line(self, line_id: str) -> bool:
        """Whether a line may be named."""
        return self.line(line_id) != self.texts.restricted_record

    def score_items(self, score_id: str) -> list[str]:
        """The items of a score that are present, with their weights; what rests on restricted records is pooled."""
        score = self.model.scores[score_id]
        scale = _SCALES.get(score.unit)
        items, hidden = [], False
        for item in score.items:
            if item.when is None or self.reading.truth(item.when) is not True:
                continue
            if not self.show_restricted and self._rests_on_restricted(item.when):
                hidden = True
                continue
            weight = f"{item.weight / scale:.{len(str(scale)) - 1}f}" if scale else str(item.weight)
            items.append(f"{item.name} ({weight})")
        return [*items, self.texts.restricted_record] if hidden else items

    def _conditions(self, node: Node) -> set[str]:
        """The conditions that an expression asks for, without the filters through which it does."""
        return {base_of(m) for c in calls(node) for n in condition_names(c) for m in self.model.members(n)}

    def _rests_on_restricted(self, node: Node) -> bool:
        names = self._conditions(node)
        if self.catalogue.is_restricted(names):
            return True
        facts = (fact.conditions for fact in self.reading.person.facts if not names.isdisjoint(fact.conditions))
        return any(self.catalogue.is_restricted(conditions) for conditions in facts)


def day_text(day: datetime.date) -> str:
    """A date with the month in words, whatever the locale.

    >>> day_text(datetime.date(2026, 3, 1))
    '1 Mar 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def underline(heading: str) -> str:
    """The line below a heading, never wider than a terminal.

    >>> underline("Why")
    '==='
    """
    return "=" * min(len(heading), _WIDEST)
