"""From the text of an expression to its tree: Python's own syntax, a closed list of what is allowed, no eval."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from ..errors import ModelError, did_you_mean
from .primitives import PRIMITIVES, Primitive
from .tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number, Or, Text

#: No window is longer than the longest life: 125 years.
MOST_MONTHS: Final = 1500
MOST_DAYS: Final = 46_000
#: Measures are 32-bit numbers; sums of constants must stay far from their end.
_LARGEST: Final = 10**6
#: Characters of an expression that a message shows.
_LONGEST_SHOWN: Final = 300

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ALLOWED = (
    "and, or, not, comparisons, + and -, whole numbers, words, measures, `a if given(feed) else b`, and "
    + ", ".join(PRIMITIVES)
)


class ExpressionError(Exception):
    """What is wrong with an expression; the reader of the file adds where."""

    def __init__(self, what: str, allowed: str = _ALLOWED) -> None:
        super().__init__(what)
        self.what = what
        self.allowed = allowed


def parse(text: str, *, where: str) -> Node:
    """The tree of an expression.

    `where` names file and place for the error. Raises `ModelError` for anything outside the language.

    >>> parse("age >= 65 and ever(a_condition)", where="example")
    And(items=(Compare(left=Measure(name='age'), operator='>=', right=Number(value=65)), \
Call(function='ever', names=('a_condition',), options=())))
    """
    # An expression may run over several lines of a model file without brackets of its own.
    text = " ".join(text.split())
    try:
        tree = ast.parse(text, mode="eval")
        return _read(tree.body)
    except SyntaxError as error:
        # Python adds advice in further sentences, about Python.
        problem = ExpressionError(f"the expression is not well formed ({error.msg.partition('. ')[0]})")
    except (ValueError, RecursionError, MemoryError):
        problem = ExpressionError("the expression is nested too deep, or holds what is no text")
    except ExpressionError as error:
        problem = error
    shown = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    raise ModelError(problem.what, where=where, allowed=problem.allowed, remedy=f"correct the expression {shown!r}")


def _read(node: ast.expr) -> Node:
    reader = _READERS.get(type(node))
    if reader is None:
        raise ExpressionError(f"{ast.unparse(node)!r} is not part of the model language")
    return reader(node)


def _constant(node: ast.Constant) -> Node:
    if isinstance(node.value, str):
        return Text(node.value)
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        if node.value > _LARGEST:
            raise ExpressionError("a number is too large", f"whole numbers up to {_LARGEST:,}")
        return Number(node.value)
    raise ExpressionError(f"the constant {node.value!r} is neither a whole number nor a word")


def _boolean(node: ast.BoolOp) -> Node:
    kind = And if isinstance(node.op, ast.And) else Or
    items: list[Node] = []
    for value in node.values:
        item = _read(value)
        # `a <= x <= b and c` is one list of three, not a list in a list.
        items += item.items if isinstance(item, kind) else [item]
    return kind(tuple(items))


def _unary(node: ast.UnaryOp) -> Node:
    if isinstance(node.op, ast.Not):
        return Not(_read(node.operand))
    if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, int):
        number = _constant(node.operand)
        if isinstance(number, Number):
            return Number(-number.value)
    raise ExpressionError(f"{ast.unparse(node)!r} is not part of the model language")


def _compare(node: ast.Compare) -> Node:
    values = [_read(value) for value in (node.left, *node.comparators)]
    pairs: list[Node] = []
    for left, operator, right in zip(values, node.ops, values[1:], strict=False):
        if type(operator) not in _COMPARISONS:
            raise ExpressionError(f"the comparison in {ast.unparse(node)!r} is not allowed", "== != < <= > >=")
        pairs.append(Compare(left, _COMPARISONS[type(operator)], right))
    return pairs[0] if len(pairs) == 1 else And(tuple(pairs))


def _arithmetic(node: ast.BinOp) -> Node:
    if isinstance(node.op, ast.Add | ast.Sub):
        return Arithmetic(_read(node.left), "+" if isinstance(node.op, ast.Add) else "-", _read(node.right))
    raise ExpressionError(f"the operation in {ast.unparse(node)!r} is not allowed", "+ and -")


def _choose(node: ast.IfExp) -> Node:
    test = _read(node.test)
    if not (isinstance(test, Call) and test.function == "given"):
        raise ExpressionError(f"the test in {ast.unparse(node)!r} is not known for everybody", "given(feed)")
    return Choose(test, _read(node.body), _read(node.orelse))


def _call(node: ast.Call) -> Node:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    primitive = PRIMITIVES.get(name)
    if primitive is None:
        hint = did_you_mean(name, PRIMITIVES)
        raise ExpressionError(f"there is no function {name!r}" + (f", {hint}" if hint else ""), ", ".join(PRIMITIVES))
    names = tuple(_word(argument, name) for argument in node.args)
    options = [(str(keyword.arg), _option(primitive, str(keyword.arg), keyword.value)) for keyword in node.keywords]
    repeated = [key for i, (key, _) in enumerate(options) if key in dict(options[:i])]
    if repeated:
        raise ExpressionError(f"{name}() has the option {repeated[0]!r} twice", "each option once")
    _check_call(primitive, names, dict(options))
    return Call(name, names, tuple(options))


def _word(argument: ast.expr, function: str) -> str:
    if isinstance(argument, ast.Name):
        return argument.id
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    raise ExpressionError(f"{ast.unparse(argument)!r} in {function}() is not a name", "names of conditions and sets")


def _option(primitive: Primitive, key: str, value: ast.expr) -> int | str:
    windows = () if primitive.window == "none" else ("months", "days")
    allowed = (*primitive.options, *primitive.words, *windows)
    if key not in allowed:
        raise ExpressionError(f"{primitive.name}() has no option {key!r}", ", ".join(allowed) or "no options")
    constant = value.value if isinstance(value, ast.Constant) else None
    if key in primitive.words:
        if isinstance(constant, str):
            return constant
        raise ExpressionError(f"{key} of {primitive.name}() is not a word", "a word in quotation marks")
    most = MOST_MONTHS if key == "months" else MOST_DAYS
    if isinstance(constant, int) and not isinstance(constant, bool) and 0 <= constant <= most:
        return constant
    raise ExpressionError(f"{key} of {primitive.name}() is not a whole number from 0 to {most}", f"0, 1, 2, ... {most}")


def _check_call(primitive: Primitive, names: tuple[str, ...], options: dict[str, int | str]) -> None:
    takes = primitive.takes
    several = bool(takes) and takes[-1].endswith("*")
    optional = bool(takes) and takes[-1].endswith("?")
    least = len(takes) - (1 if optional else 0)
    if len(names) < least or (len(names) > len(takes) and not several):
        raise ExpressionError(f"{primitive.name}() has {len(names)} names", " ".join(takes) or "no names")
    n_windows = ("months" in options) + ("days" in options)
    if n_windows > 1 or (primitive.window == "required" and n_windows == 0):
        raise ExpressionError(f"{primitive.name}() has {n_windows} windows", "one of months= and days=")


_READERS: Final[dict[type[ast.expr], Callable[..., Node]]] = {
    ast.Constant: _constant,
    ast.Name: lambda node: Measure(node.id),
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BinOp: _arithmetic,
    ast.IfExp: _choose,
    ast.Call: _call,
}
