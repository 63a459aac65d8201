"""Checks of a model when it is read: names, types, totality, and no criterion that can never fire."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from attrs import frozen

from ..errors import ModelError, did_you_mean
from ..vocabulary import Sex
from .circles import find_circle
from .definition import LINE_CLASSES, NEED_GROUP, RESULT_COLUMNS, Model, Tally
from .primitives import ANY_CONTACT, ANY_MEDICINE, ANY_RECORD, CONTACT_PREFIX, FEEDS, ICD10_RECORD, PRIMITIVES
from .registers import base_of, filter_of
from .tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number, Or, Text, calls, walk

_LARGE: Final = 10**6
#: A combination has a number: one bit for each part of it.
_MOST_COMBINED: Final = 62
_BITS_OF_A_GROUP: Final = 6
#: Which filters a record passes is one byte.
_MOST_FILTERS: Final = 8
_SEXES: Final = tuple(sex.value for sex in Sex)


#: Primitives that rest on the days of records.
_WITH_DAYS: Final = ("ever", "within", "on_dates", "count_days", "latest_grade", "latest")


@frozen
class _Range:
    """What an expression can come to: a truth (least and most 0 or 1), a number, or a word."""

    kind: str
    least: int = 0
    most: int = 1


_TRUTH: Final = _Range("truth")
_WORD: Final = _Range("word")


def check_model(
    model: Model,
    *,
    settings: Iterable[str],
    sources: Iterable[str],
    items: Iterable[str] = (),
    where: Callable[[str], str] | None = None,
) -> None:
    """Raise `ModelError` unless every name is known, types fit, everybody gets a group, and each group can be met.

    `settings` are the words of the vocabulary that contacts have, `sources` the ids that a line may name, `items` what
    codes can stand for beside conditions; `where` turns a dotted place of the file into file and line.
    """
    in_file = where or (lambda place: f"{model.place}, {place}")
    _Check(model, frozenset(settings), frozenset(sources), frozenset(items), in_file).run()


class _Check:
    def __init__(
        self,
        model: Model,
        settings: frozenset[str],
        sources: frozenset[str],
        items: frozenset[str],
        where: Callable[[str], str],
    ) -> None:
        self.model = model
        self.sources = sources
        self.where = where
        self.pseudo = {
            ANY_RECORD,
            ICD10_RECORD,
            ANY_CONTACT,
            ANY_MEDICINE,
            *(CONTACT_PREFIX + s for s in settings),
        }
        self.items = {*items, *(item.id for score in model.scores.values() for item in score.items)}
        self.available = {score.available for score in model.scores.values() if score.available}
        self.open: list[str] = []
        self.ranges: dict[str, _Range] = {"age": _Range("number", 0, 125), "sex": _WORD}

    def fail(self, what: str, place: str, allowed: str) -> ModelError:
        # A row of a score table stands in a file of the catalogue and brings file and line with it.
        where = place if ", line " in place else self.where(place)
        return ModelError(what, where=where, allowed=allowed, remedy="correct the file")

    def run(self) -> None:
        model = self.model
        self._names()
        for name, members in model.sets.items():
            if not members:
                raise self.fail(f"the set {name!r} is empty", f"sets.{name}", "at least one condition")
            for member in members:
                self._condition(member, f"sets.{name}", sets=False)
        for i, resolution in enumerate(model.resolutions, 1):
            for name in (resolution.condition, resolution.by, *resolution.also, *resolution.keeps):
                self._condition(name, f"resolved[{i}]", sets=False)
        for episode in model.episodes.values():
            for name in episode.conditions:
                self._condition(name, f"episodes.{episode.id}")
        for line in model.lines.values():
            for source in line.source.split():
                self._known(source, self.sources, "source", f"lines.{line.id}.source")
            for name, node in line.classes:
                self._truth(node, f"lines.{line.id}.{name}")
        for tally in model.tallies.values():
            for item, node in tally.items:
                self._truth(node, f"tallies.{tally.id}.{item}")
        for score in model.scores.values():
            for each in score.items:
                if each.when is not None:
                    self._truth(each.when, each.place)
            if score.known_if is not None:
                self._truth(score.known_if, f"scores.{score.id}.known_if")
        for name in model.measures:
            self._measure(name, f"measures.{name}")
        for name in model.outputs:
            if self._measure(name, "model.outputs").kind == "word":
                raise self.fail(f"{name!r} is a word", "model.outputs", "measures that are numbers or yes/no")
        for flag in model.flags:
            self._truth(flag.when, f"flags.{flag.id}.when")
        self._registers()
        circle = find_circle(model)
        if circle:
            raise self.fail(f"{circle[0]} is defined by itself ({' -> '.join(circle)})", circle[0], "no circles")
        self._rules()

    def _names(self) -> None:
        """Refuse a name that stands for two things, and values that are no values."""
        model = self.model
        for name in model.sets:
            if name in {*model.kinds, *self.items, *self.pseudo}:
                raise self.fail(f"the set {name!r} has the name of a condition", f"sets.{name}", "a name of its own")
        for name in model.measures:
            if name in {"age", "sex", *model.scores, *self.available}:
                raise self.fail(f"the measure {name!r} is there already", f"measures.{name}", "a name of its own")
        taken = {*RESULT_COLUMNS, NEED_GROUP, f"{NEED_GROUP}_name", model.result, f"{model.result}_name"}
        places = [(name, "model.outputs") for name in model.outputs]
        places += [(flag.id, f"flags.{flag.id}") for flag in model.flags]
        places += [(each.id, f"combinations.{each.id}") for each in model.combinations]
        if not model.result.isidentifier() or model.result in RESULT_COLUMNS:
            raise self.fail(f"{model.result!r} is no name for a column", "model.result", "a name of its own")
        for i, (name, place) in enumerate(places):
            if name in {each for each, _ in places[:i]} or name in taken or name.startswith("criterion_"):
                raise self.fail(f"the result has a column {name!r} already", place, "a name of its own for each column")
        for name, amount in model.values.items():
            if model.kinds.get(name) != "value":
                known = [id_ for id_, kind in model.kinds.items() if kind == "value"]
                self._known(name, known, "condition of kind value", f"values.{name}")
            if amount.least > amount.most:
                raise self.fail("least is greater than most", f"values.{name}", "least <= most")

    def _registers(self) -> None:
        model = self.model
        for register in model.registers.values():
            place = f"registers.{register.id}"
            if register.counts_as not in model.registers:
                self._known(register.counts_as, model.registers, "register", f"{place}.counts_as")
            if model.registers[register.counts_as].counts_as != register.counts_as:
                raise self.fail("counts_as names a register that counts as another", place, "the head of the family")
            for source in register.source.split():
                self._known(source, self.sources, "source", f"{place}.source")
            self._truth(model.register_rules[register.id], f"{place}.when")
        if len(model.filters_used) > _MOST_FILTERS:
            raise self.fail(
                f"the model asks through {len(model.filters_used)} filters", "filters", f"{_MOST_FILTERS} at most"
            )
        for column, flag in model.facts.items():
            self._known(flag, [known.id for known in model.flags], "flag", f"facts.{column}")
        for each in model.combinations:
            most = _MOST_COMBINED - (_BITS_OF_A_GROUP if each.with_group else 0)
            if len(model.lists.get(each.registers, each.flags)) > most:
                raise self.fail(f"{each.id} combines too much", f"combinations.{each.id}", f"{most} parts at most")
            place = f"combinations.{each.id}"
            if each.registers:
                self._known(each.registers, model.lists, "list", place)
            for flag in each.flags:
                self._known(flag, [known.id for known in model.flags], "flag", place)

    def _rules(self) -> None:
        model = self.model
        groups = [rule.group for rule in model.criteria]
        for number in model.unknown:
            if number not in groups:
                raise self.fail(f"there is no group {number}", "model.unknown", ", ".join(map(str, groups)))
        named = [rule.name for rule in model.criteria if rule.name]
        if named and (len(named) < len(groups) or len(set(named)) < len(named)):
            raise self.fail("groups are named in part, or two alike", "groups", "a name for each group, or for none")
        for rule in model.beside:
            place = f"criterion of group {rule.group}"
            if rule.when is None:
                raise self.fail(f"group {rule.group} takes everybody, and the order leaves it out", "orders", "it last")
            self._truth(rule.when, place)
        for name, order in model.orders.items():
            if order[-1] != model.rules[-1].group:
                raise self.fail(f"the order {name!r} does not end with the group that takes everybody", "orders", "it")
        for flag in self.model.flags:
            for number in flag.groups:
                if number not in groups:
                    allowed = ", ".join(map(str, groups))
                    raise self.fail(f"there is no group {number}", f"flags.{flag.id}.groups", allowed)
        for i, number in enumerate(groups):
            if number in groups[:i]:
                raise self.fail(f"the group number {number} is repeated", f"groups[{i + 1}]", "each number once")
        if not groups or self.model.rules[-1].when is not None:
            place = f"groups[{len(model.rules)}]" if model.rules else "groups"
            raise self.fail("not everybody gets a group", place, "`otherwise = true` in the last group")
        for i, rule in enumerate(self.model.rules[:-1], 1):
            if rule.when is None:
                raise self.fail(
                    f"group {rule.group} takes everybody", f"groups[{i}]", "`otherwise` in the last group only"
                )
            if self._truth(rule.when, f"groups[{i}].when").most == 0:
                raise self.fail(
                    f"group {rule.group} can never be met",
                    f"groups[{i}].when",
                    "a criterion that somebody can meet",
                )

    def _truth(self, node: Node, place: str) -> _Range:
        found = self._range(node, place)
        if found.kind != "truth":
            raise self.fail(
                "a number or word stands where a yes/no expression is needed",
                place,
                "a comparison or a truth",
            )
        return found

    def _number(self, node: Node, place: str) -> _Range:
        found = self._range(node, place)
        if found.kind == "word":
            raise self.fail("a word stands where a number is needed", place, "a number")
        return found

    def _range(self, node: Node, place: str) -> _Range:
        match node:
            case Number(value):
                return _Range("number", value, value)
            case Text():
                raise self.fail("a word stands alone", place, "words in comparisons only")
            case Measure(name):
                return self._measure(name, place)
            case Call():
                return self._call(node, place)
            case And(items):
                found = [self._truth(item, place) for item in items]
                return _Range("truth", min(f.least for f in found), min(f.most for f in found))
            case Or(items):
                found = [self._truth(item, place) for item in items]
                return _Range("truth", max(f.least for f in found), max(f.most for f in found))
            case Not(item):
                one = self._truth(item, place)
                return _Range("truth", 1 - one.most, 1 - one.least)
            case Choose(_, then, otherwise):
                first, second = self._range(then, place), self._range(otherwise, place)
                if first.kind != second.kind:
                    raise self.fail("the two sides of `if` differ in kind", place, "two numbers or two truths")
                return _Range(first.kind, min(first.least, second.least), max(first.most, second.most))
            case Compare():
                return self._compare(node, place)
            case Arithmetic(left, sign, right):
                a, b = self._number(left, place), self._number(right, place)
                if sign == "+":
                    return _Range("number", a.least + b.least, a.most + b.most)
                return _Range("number", a.least - b.most, a.most - b.least)

    def _compare(self, node: Compare, place: str) -> _Range:
        sides = (node.left, node.right)
        texts = [side for side in sides if isinstance(side, Text)]
        kinds = [self._range(side, place).kind for side in sides if not isinstance(side, Text)]
        if texts or "word" in kinds:
            if len(texts) != 1 or kinds != ["word"] or node.operator not in ("==", "!="):
                raise self.fail(
                    "a word is compared with a number, by size, or with no word in quotation marks",
                    place,
                    "sex == 'word' and sex != 'word'",
                )
            self._known(texts[0].value, _SEXES, "sex", place)
            return _TRUTH
        left, right = self._range(node.left, place), self._range(node.right, place)
        always, never = {
            "<": (left.most < right.least, left.least >= right.most),
            "<=": (left.most <= right.least, left.least > right.most),
            ">": (left.least > right.most, left.most <= right.least),
            ">=": (left.least >= right.most, left.most < right.least),
            "==": (
                left.least == left.most == right.least == right.most,
                left.most < right.least or left.least > right.most,
            ),
            "!=": (
                left.most < right.least or left.least > right.most,
                left.least == left.most == right.least == right.most,
            ),
        }[node.operator]
        return _Range("truth", int(always), 0 if never else 1)

    def _measure(self, name: str, place: str) -> _Range:
        if name in self.ranges:
            return self.ranges[name]
        model = self.model
        if name in self.open:
            raise self.fail(f"{name!r} is defined by itself ({' -> '.join([*self.open, name])})", place, "no circles")
        if name in model.measures:
            self.open.append(name)
            found = self._range(model.measures[name], f"measures.{name}")
            self.open.pop()
        elif name in model.scores:
            weights = [item.weight for item in model.scores[name].items if item.when is not None]
            found = _Range("number", sum(w for w in weights if w < 0), sum(w for w in weights if w > 0))
        elif name in self.available:
            found = _Range("number", 0, _LARGE)
        else:
            known = ["age", "sex", *model.measures, *model.scores, *self.available]
            hint = did_you_mean(name, known)
            raise self.fail(f"there is no measure {name!r}" + (f", {hint}" if hint else ""), place, ", ".join(known))
        self.ranges[name] = found
        return found

    def _call(self, call: Call, place: str) -> _Range:
        model, primitive = self.model, PRIMITIVES[call.function]
        takes = primitive.takes
        for i, name in enumerate(call.names):
            kind = takes[min(i, len(takes) - 1)].rstrip("*?")
            if kind in ("condition", "value"):
                self._condition(name, place)
                if kind == "value" and (model.kinds.get(name) != "value" or name not in model.values):
                    raise self.fail(f"{name!r} is no value with a range", place, "values.* of the model, of kind value")
            else:
                known = {
                    "line": tuple(model.lines),
                    "tally": tuple(model.tallies),
                    "episode": tuple(model.episodes),
                    "feed": FEEDS,
                    "class": LINE_CLASSES,
                    "register": tuple(model.registers),
                    "list": model.lists,
                }[kind]
                self._known(name, known, kind, place)
        if call.function == "count_distinct" and call.names != (ANY_MEDICINE,):
            raise self.fail("count_distinct counts different medicines only", place, ANY_MEDICINE)
        if call.function == "span_days":
            self._has_days(model.tallies[call.names[0]], place)
        but_not = call.word("but_not")
        if but_not is not None:
            self._known(but_not, [item for item, _ in model.tallies[call.names[0]].items], "item", place)
        return _TRUTH if primitive.answers == "truth" else _Range("number", 0, self._most(call))

    def _has_days(self, tally: Tally, place: str) -> None:
        """Every item rests on records, whose days there are, and on nothing that counts them elsewhere."""
        for item, node in tally.items:
            asked = [each.function for each in calls(node) if each.function != "given"]
            without = [
                each.name for each in walk(node) if isinstance(each, Measure) and each.name in self.model.measures
            ]
            without += [f"{function}()" for function in asked if function not in _WITH_DAYS]
            if without or not asked:
                raise self.fail(
                    f"span_days({tally.id}) has no days for the item {item!r}, which asks "
                    + (without[0] if without else "for no record"),
                    place,
                    f"items that ask for records: {', '.join(_WITH_DAYS)}",
                )

    def _most(self, call: Call) -> int:
        match call.function:
            case "count_lines":
                return len(self.model.lines)
            case "count_systems":
                return len({line.system for line in self.model.lines.values()})
            case "n":
                return len(self.model.tallies[call.names[0]].items)
            case "count_registers":
                return len(self.model.families_of(call.names[0]))
            case "latest_grade":
                return len(call.names)
            case _:
                return _LARGE

    def _condition(self, name: str, place: str, *, sets: bool = True) -> None:
        name, chosen = base_of(name), filter_of(name)
        if chosen:
            self._known(chosen, (*self.model.filters, "any"), "filter", place)
        known = [*self.model.kinds, *self.items, *self.pseudo, *(self.model.sets if sets else ())]
        self._known(name, known, "condition", place)

    def _known(self, name: str, known: Iterable[str], kind: str, place: str) -> None:
        known = list(known)
        if name not in known:
            hint = did_you_mean(name, known)
            allowed = ", ".join(known) if len(known) <= 20 else f"one of {len(known)} {kind}s"
            raise self.fail(f"there is no {kind} {name!r}" + (f", {hint}" if hint else ""), place, allowed)
