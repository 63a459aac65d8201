"""The demonstration as a person sees it: shares, what was used, one person, the files.

Every colour stands beside a letter and a shape, so that nobody needs to see colours to read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..explanation import Explanation
from ..explanation.words import Finding, day_text
from ..quality import NOT_USED, Quality
from ..result import Grouping
from ..schemes import Scheme
from .marks import bar, is_plain, mark, on_colour

_WIDEST_BAR = 20
_NARROWEST_BAR = 6
#: Of the table of shares: its other columns with the blanks between them.
_WIDTH_WITHOUT_BAR = 84
_WIDEST_STRIP = 98
_MOST_CONDITIONS = 6
_MOST_REASONS = 2


def shares(grouping: Grouping, console: Console) -> RenderableType:
    """The share of each group with tier and colour, highest need first; shares are of the people with a group."""
    scheme, counts = grouping.scheme, grouping.counts()
    n_grouped = sum(counts.values())
    most = max(counts.values(), default=0)
    title = Text(f" Need groups of {n_grouped:,} people on {day_text(grouping.as_at)}", style="bold")
    table = _table(console)
    table.add_column("Group", justify="right", no_wrap=True)
    table.add_column("Name")
    table.add_column("Need", no_wrap=True)
    table.add_column("RAG", no_wrap=True)
    table.add_column("People", justify="right", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    width = min(_WIDEST_BAR, console.width - _WIDTH_WITHOUT_BAR)
    has_bars = width >= _NARROWEST_BAR
    if has_bars:
        table.add_column("", no_wrap=True, width=width)
    for tier in reversed(scheme.tiers):
        for number in sorted(tier.groups, reverse=True):
            n = counts.get(number, 0)
            table.add_row(
                str(number),
                scheme.group_name(number),
                tier.word,
                Text.assemble(mark(tier, console), f" {tier.colour}"),
                f"{n:,}",
                percent(n, n_grouped),
                *([bar(n / most if most else 0.0, width, tier, console)] if has_bars else []),
            )
        table.add_section()
    return Group(title, table, *_strip(counts, n_grouped, scheme, console), *_remarks(grouping))


def percent(n: int, n_all: int) -> str:
    """A share for reading: one decimal; "<0.1 %" rather than a nought that is none."""
    if not n_all:
        return "-"
    share = 100 * n / n_all
    return "<0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


def _strip(counts: dict[int, int], n_grouped: int, scheme: Scheme, console: Console) -> Iterator[Text]:
    """One line as wide as everybody, cut into tiers."""
    width = min(_WIDEST_STRIP, console.width - 2)
    in_colour = console.color_system is not None and not console.no_color
    strip, legend = Text(" "), Text(" ")
    n_before = 0
    for tier in reversed(scheme.tiers):
        n = sum(counts.get(number, 0) for number in tier.groups)
        first, end = (round(width * so_far / max(n_grouped, 1)) for so_far in (n_before, n_before + n))
        n_before += n
        if in_colour:
            strip.append(tier.letter.center(end - first) if end > first else "", style=on_colour(tier))
        else:
            strip.append(tier.letter * (end - first))
        legend.append_text(mark(tier, console))
        legend.append(f" {tier.word} {percent(n, n_grouped)}    ")
    yield strip
    yield legend


def _remarks(grouping: Grouping) -> Iterator[Text]:
    yield Text("")
    without = {reason: n for reason, n in grouping.quality.n_without_group.items() if n}
    if without:
        listed = ", ".join(f"{reason.replace('_', ' ')} {n:,}" for reason, n in without.items())
        yield Text(f" {sum(without.values()):,} more people have no group: {listed}.")
    yield Text(" Group 1 means that need is not known, never that a person is well.")


def used(quality: Quality, console: Console) -> RenderableType:
    """What became of the rows of each table, in short."""
    table = _table(console)
    table.add_column("Table", no_wrap=True)
    table.add_column("Rows", justify="right", no_wrap=True)
    table.add_column("Used", justify="right", no_wrap=True)
    table.add_column("Not used because")
    for feed in quality.feeds:
        reasons = sorted(((n, reason) for reason, n in feed.not_used.items() if n), reverse=True)
        shown = [f"{NOT_USED[reason]} {n:,}" for n, reason in reasons[:_MOST_REASONS]]
        rest = sum(n for n, _ in reasons[_MOST_REASONS:])
        table.add_row(
            feed.name,
            f"{feed.n_rows:,}",
            f"{feed.n_used:,}",
            "; ".join([*shown, *([f"other {rest:,}"] if rest else [])]),
        )
    return Group(Text(" What was used", style="bold"), table, *_mapped(quality))


def _table(console: Console) -> Table:
    edges = box.ASCII_DOUBLE_HEAD if is_plain(console) else box.SIMPLE_HEAD
    return Table(box=edges, pad_edge=False, collapse_padding=True, padding=(0, 1))


def _mapped(quality: Quality) -> Iterator[RenderableType]:
    parts = []
    for feed in quality.feeds:
        shown = []
        for system in sorted(feed.n_mapped.keys() | feed.n_unmapped.keys()):
            mapped, unmapped = feed.n_mapped.get(system, 0), feed.n_unmapped.get(system, 0)
            if mapped:
                shown.append(f"{system} {percent(mapped, mapped + unmapped)}")
        if shown:
            parts.append(f"{feed.name} {', '.join(shown)}")
    if parts:
        yield Padding(f"Used rows whose code means a condition here: {'; '.join(parts)}.", (0, 1))


def person(explanation: Explanation, scheme: Scheme, console: Console) -> RenderableType:
    """Why one person is in their group, in short: what decided, what is recorded, what the person would read."""
    if explanation.need_group is None:
        return Text(explanation.staff_text)
    tier = scheme.tier(explanation.need_group)
    head = Text.assemble(
        mark(tier, console),
        f"  Group {explanation.need_group}, {explanation.name}: need {explanation.need_tier}",
        style="bold",
    )
    parts: list[RenderableType] = [head, Text(explanation.staff_text), Text(""), Text("What decided", style="bold")]
    parts += _decided(explanation)
    if explanation.lines:
        parts += [
            Text(""),
            Text("Long-term conditions", style="bold"),
            Padding("; ".join(explanation.lines), (0, 0, 0, 2)),
        ]
    parts += [Text(""), Text("Recorded last", style="bold"), _recorded(explanation)]
    if explanation.changes:
        parts += [Text(""), Text("Nearest changes (of the model, not advice)", style="bold")]
        parts += [Padding(sentence, (0, 0, 0, 2)) for sentence in explanation.changes]
    parts += [Text(""), Text("The person would read", style="bold"), Padding(explanation.patient_text, (0, 0, 0, 2))]
    edges = box.ASCII if is_plain(console) else box.ROUNDED
    return Panel(
        Group(*parts),
        title="Why this person?",
        title_align="left",
        box=edges,
        width=min(console.width, 100),
        padding=(1, 2),
    )


def _decided(explanation: Explanation) -> Iterator[RenderableType]:
    """The criterion that decided: its lines that are met, and all below them that is."""
    for criterion in explanation.criteria:
        if criterion.met is not True:
            continue
        if not criterion.findings:
            yield Padding(criterion.summary, (0, 0, 0, 2))
        for finding in _met(criterion.findings):
            yield Padding(finding.text, (0, 0, 0, 2 + 2 * finding.depth))
        return


def _met(findings: Sequence[Finding]) -> Iterator[Finding]:
    hidden_below: int | None = None
    for finding in findings:
        if hidden_below is not None and finding.depth > hidden_below:
            continue
        hidden_below = None if finding.met is True else finding.depth
        if finding.met is True:
            yield finding


def _recorded(explanation: Explanation) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for condition in explanation.conditions[:_MOST_CONDITIONS]:
        name = f"{condition.name} ({condition.n_records} records)" if condition.n_records > 1 else condition.name
        if not condition.records:
            # Restricted records come without date and code.
            table.add_row("", "", name)
            continue
        last = condition.records[0]
        table.add_row(f"  {day_text(last.date)}", f"{last.system} {last.code}".strip(), name)
    n_more = len(explanation.conditions) - _MOST_CONDITIONS
    if n_more > 0:
        table.add_row("", "", f"and {n_more} more")
    return table


def files(folder: PurePath, listed: Sequence[tuple[str, str]]) -> RenderableType:
    """The files that were written."""
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, about in listed:
        table.add_row(f"  {name}", about)
    return Group(Text(f" Written to the folder {folder}", style="bold"), table)
