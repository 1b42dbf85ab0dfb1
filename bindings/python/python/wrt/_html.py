"""Tables for notebooks: plain HTML, without scripts and styles that others would have to allow."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def table(title: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """Rows of name, value, and unit or bar; the last is HTML already if it begins with a tag."""
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:right">{escape(value)}</td>'
        f'<td style="text-align:left">{last if last.startswith("<") else escape(last)}</td></tr>'
        for name, value, last in rows
    )
    return f"<table><caption>{escape(title)}</caption><tbody>{cells}</tbody></table>"


def bar(part: int, whole: int) -> str:
    """A bar whose length is the part of the whole."""
    share = 100 * part / whole if whole else 0.0
    return f'<div style="background:#4878a8;height:0.8em;width:{share:.1f}px" title="{share:.1f} %"></div>'
