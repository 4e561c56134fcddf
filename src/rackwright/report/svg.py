"""A few SVG elements as text, every value escaped."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

Value = str | float | int


def _number(value: Value) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def tag(name: str, body: str = "", **attributes: Value) -> str:
    """An element; ``class_`` is written ``class``, other underscores as hyphens. ``body`` is markup already.

    >>> tag("rect", x=1.0, class_="box")
    '<rect x="1" class="box"/>'
    """
    words = []
    for key, value in attributes.items():
        written = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
        words.append(f" {written}={quoteattr(_number(value))}")
    return f"<{name}{''.join(words)}>{body}</{name}>" if body else f"<{name}{''.join(words)}/>"


def title(text: str) -> str:
    """What a pointer that rests on the element shows."""
    return f"<title>{escape(text)}</title>"


def text(x: float, y: float, words: str, class_: str, anchor: str = "middle") -> str:
    """A line of text."""
    return tag("text", escape(words), x=x, y=y, class_=class_, text_anchor=anchor)


def curve(x1: float, y1: float, x2: float, y2: float, about: str, class_: str, colour: str) -> str:
    """A cable that leaves and arrives upright."""
    middle = (y1 + y2) / 2
    path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return tag("path", title(about), d=path, class_=class_, style=f"stroke:{colour}")


def picture(width: float, height: float, body: str, label: str, least: int) -> str:
    """The whole picture; never narrower than ``least`` pixels (its frame scrolls)."""
    return tag(
        "svg",
        body,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        role="img",
        aria_label=label,
        style=f"min-width:{least}px",
    )
