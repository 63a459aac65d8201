"""The part of SNOMED International's Expression Constraint Language (ECL) that is understood here, read into a tree.

Concept ids, `*`, `<`, `<<`, `<!`, `<<!`, `>`, `>>`, `>!`, `>>!`, `^`, AND (or a comma), OR, MINUS, parentheses, and
history supplements such as `{{ + HISTORY-MIN }}`. Terms between bars and comments are skipped. Refinements, dotted
attributes and filters are refused: they need relationships other than is-a, or descriptions.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from attrs import frozen

from ..codes.snomed import has_valid_check_digit
from ..errors import UsageError

UNDERSTOOD: Final = "concept ids, *, <, <<, <!, <<!, >, >>, >!, >>!, ^, AND, OR, MINUS, ( ), {{ + HISTORY-MIN }}"
OPERATORS: Final = ("<<!", ">>!", "<<", ">>", "<!", ">!", "<", ">", "^")
_MOST_NESTED: Final = 50
_SHORTEST_ID: Final = 6
_LONGEST_ID: Final = 18
_SKIPPED: Final = re.compile(r"(?: [ \t\r\n\u00a0]+ | /\* .*? \*/ )+", re.VERBOSE | re.DOTALL)
_TERM: Final = re.compile(r"\s*\|[^|]*\|")
_TOKEN: Final = re.compile(
    r"[0-9]+ | <<!|>>!|<<|>>|<!|>!|<|> | \^ | \* | \( | \) | \{\{ | \}\} | \+ | , | [A-Za-z]+ (?:[-_][A-Za-z]+)*",
    re.VERBOSE,
)
_SUPPLEMENT: Final = re.compile(r"\{\{(?:\s|/\*.*?\*/)*\+", re.DOTALL)
_HISTORY: Final = re.compile(r"HISTORY(?:[-_](MIN|MOD|MAX))?", re.IGNORECASE)
_PROFILES: Final = {"MIN": "min", "MOD": "moderate", "MAX": "maximum"}
_REFUSED: Final = (
    (":", "refinements by attribute (:) are not understood"),
    (".", "attributes behind a dot are not understood"),
    ("{", "filters and attribute groups in braces are not understood"),
    ("[", "cardinalities and fields in brackets are not understood"),
    ("!!", "the top and bottom of a set (!!< and !!>) are not understood"),
    ("|", "a term is not closed by a second bar"),
    ("/*", "a comment is not closed by */"),
    ('"', "quoted terms are not understood"),
    ("#", "concrete values are not understood"),
    ("=", "comparisons are not understood"),
)


@frozen
class Concept:
    """One concept by its id, at a place in the expression."""

    id: int
    place: int


@frozen
class Everything:
    """`*`: every active concept."""


@frozen
class Operation:
    """One operator, as it is written, applied to what follows it."""

    operator: str
    operand: Tree


@frozen
class Compound:
    """Several parts joined by one word: AND, OR or MINUS (of two parts)."""

    word: str
    parts: tuple[Tree, ...]


@frozen
class WithHistory:
    """A part with its history supplement: `min`, `moderate`, `maximum`, or reference sets given by an expression."""

    part: Tree
    profile: str | Tree


Tree: TypeAlias = Concept | Everything | Operation | Compound | WithHistory


@frozen
class _Token:
    text: str
    place: int


def parse(expression: object) -> Tree:
    """The tree of an expression; `UsageError` says at which character something is not understood.

    >>> parse("<< 73211009 |a term| MINUS 44054006").word
    'MINUS'
    """
    if not isinstance(expression, str):
        raise UsageError(
            f"the expression is a {type(expression).__name__}",
            where="expression",
            allowed=f"a text with {UNDERSTOOD}",
            remedy="give it as a text",
        )
    return _Parser(_tokens(expression), len(expression)).whole()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        if skipped := _SKIPPED.match(text, at):
            at = skipped.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise _refusal(text, at)
        if match[0] == "{{" and not _SUPPLEMENT.match(text, at):
            raise _wrong("filters in double braces are not understood", at + 1)
        tokens.append(_Token(match[0], at + 1))
        at = match.end()
        if match[0].isdigit() and (term := _TERM.match(text, at)):
            at = term.end()
    return tokens


def _refusal(text: str, at: int) -> UsageError:
    for start, words in _REFUSED:
        if text.startswith(start, at):
            return _wrong(words, at + 1)
    return _wrong(f"the character {text[at]!r} is not understood", at + 1)


def _wrong(what: str, place: int, remedy: str = "correct the expression") -> UsageError:
    return UsageError(what, where=f"expression, character {place}", allowed=UNDERSTOOD, remedy=remedy)


class _Parser:
    """Reads tokens from left to right; what is nested is read by calling itself."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self.tokens = [*tokens, _Token("", length + 1)]
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.here
        self.at += 1
        return token

    def whole(self) -> Tree:
        tree = self.compound()
        if self.here.text:
            raise self.unexpected("AND, OR, MINUS or the end")
        return tree

    def unexpected(self, wanted: str) -> UsageError:
        found = f"{self.here.text!r}" if self.here.text else "the end"
        return _wrong(f"{found} stands where {wanted} is expected", self.here.place)

    def compound(self) -> Tree:
        parts = [self.part()]
        joined_by = ""
        while word := self.word():
            if word not in ("", joined_by or word) or (word == joined_by == "MINUS"):
                raise _wrong(
                    f"{word} after {joined_by} can be read in two ways",
                    self.here.place,
                    "put parentheses around what belongs together",
                )
            joined_by = word
            self.take()
            parts.append(self.part())
        return Compound(joined_by, tuple(parts)) if joined_by else parts[0]

    def word(self) -> str:
        text = "AND" if self.here.text == "," else self.here.text.upper()
        return text if text in ("AND", "OR", "MINUS") else ""

    def part(self) -> Tree:
        self.depth += 1
        if self.depth > _MOST_NESTED:
            raise _wrong(f"the expression is nested more than {_MOST_NESTED} deep", self.here.place, "simplify it")
        tree = self.operated()
        while self.here.text == "{{":
            tree = WithHistory(tree, self.history())
        self.depth -= 1
        return tree

    def operated(self) -> Tree:
        operators: list[str] = []
        while self.here.text in OPERATORS:
            if operators and not (len(operators) == 1 and operators[0] != "^" and self.here.text == "^"):
                raise _wrong(
                    f"{self.here.text} cannot follow {operators[-1]}",
                    self.here.place,
                    "put parentheses around what the first one is about",
                )
            operators.append(self.take().text)
        tree = self.focus()
        for operator in reversed(operators):
            tree = Operation(operator, tree)
        return tree

    def focus(self) -> Tree:
        token = self.here
        if token.text == "(":
            self.take()
            tree = self.compound()
            if self.here.text != ")":
                raise self.unexpected("a closing parenthesis")
            self.take()
            return tree
        if token.text == "*":
            self.take()
            return Everything()
        if not token.text.isdigit():
            raise self.unexpected("a concept id, * or a parenthesis")
        if len(token.text) > _LONGEST_ID:
            raise _wrong("a number is too long for a concept id", token.place, "correct the id")
        self.take()
        return Concept(int(token.text), token.place)

    def history(self) -> str | Tree:
        self.take()
        self.take()
        match = _HISTORY.fullmatch(self.here.text)
        if match is None:
            raise self.unexpected("HISTORY, HISTORY-MIN, HISTORY-MOD or HISTORY-MAX")
        self.take()
        profile: str | Tree = _PROFILES[(match[1] or "MAX").upper()]
        if self.here.text == "(" and match[1] is None:
            profile = self.focus()
        if self.here.text != "}}":
            raise self.unexpected("}}")
        self.take()
        return profile


def is_valid_id(number: int) -> bool:
    """Whether length, kind and check digit are those of a concept id.

    Not as in records: there a long id of the short format is taken for a rounded one, and reference sets have such.
    """
    digits = str(number)
    return len(digits) >= _SHORTEST_ID and digits[-2] == "0" and has_valid_check_digit(digits)
