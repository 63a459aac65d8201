"""Expressions of a model, written back in the model language."""

from __future__ import annotations

from ..model.tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number, Or, Text


def in_model_language(node: Node) -> str:
    """An expression as it stands in a model file.

    >>> in_model_language(Or((Call("ever", ("one",)), Call("within", ("another",), (("months", 60),)))))
    'ever(one) or within(another, months=60)'
    """
    match node:
        case Number(value):
            return str(value)
        case Text(value):
            return repr(value)
        case Measure(name):
            return name
        case Call(function, names, options):
            return f"{function}({', '.join([*names, *(f'{key}={value!r}' for key, value in options)])})"
        case Or(items):
            return " or ".join(map(in_model_language, items))
        case And(items):
            return " and ".join(_bracketed(item) for item in items)
        case Not(item):
            return f"not {_bracketed(item)}"
        case Compare(left, sign, right) | Arithmetic(left, sign, right):
            return f"{_bracketed(left)} {sign} {_bracketed(right)}"
        case Choose(test, then, otherwise):
            return " ".join((_bracketed(then), "if", _bracketed(test), "else", _bracketed(otherwise)))


def _bracketed(node: Node) -> str:
    is_simple = isinstance(node, Number | Text | Measure | Call | Compare)
    return in_model_language(node) if is_simple else f"({in_model_language(node)})"
