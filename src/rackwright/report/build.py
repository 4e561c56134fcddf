"""The page: one HTML file that needs nothing beside itself and can be sent by mail."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from rackwright import __version__
from rackwright.models.design import Design
from rackwright.report import content, fabric, faceplate, rack
from rackwright.report.marks import Marks, marks
from rackwright.verify.model import Result


def _text(name: str) -> str:
    return (resources.files("rackwright.report") / name).read_text(encoding="utf-8")


def _plural(tier: str, count: int) -> str:
    words = {"leaf": "leaves", "oob": "out-of-band switches"}
    one = {"oob": "out-of-band switch"}.get(tier, tier)
    return one if count == 1 else words.get(tier, f"{tier}s")


def fabric_pictures(design: Design, marked: Marks) -> list[dict[str, object]]:
    """Each fabric with its picture (or face plates), legend and counts."""
    found = []
    for one in design.fabrics:
        counts = ", ".join(f"{count} {_plural(tier, count)}" for tier, count in reversed(one.tiers) if count)
        drawn = {"design": one, "counts": counts, "plates": [], "note": "", "picture": "", "keys": []}
        if fabric.drawable(design, one.name):
            svg, note = fabric.draw(design, one.name, marked)
            drawn |= {"picture": Markup(svg), "note": note, "keys": content.legend(design, one.name)}  # noqa: S704
        else:
            switches = faceplate.plates(design, one.name)
            svgs = [faceplate.draw(design, switch, one.radix, marked) for switch in switches]
            keys = [content.Key(colour, words) for words, colour in faceplate.KINDS.values()]
            drawn |= {"plates": [Markup(svg) for svg in svgs], "keys": keys}  # noqa: S704
        found.append(drawn)
    return found


def page(design: Design, result: Result | None, cluster_file: str, made: datetime | None = None) -> str:
    """The report as HTML. ``result`` None: the design only. ``made`` fixes the time for tests."""
    environment = Environment(
        loader=DictLoader({"page": _text("page.html.j2")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    marked = marks(result)
    power, unmeasured = content.power_of(design)
    racks = [(one, Markup(rack.draw(design, one, marked))) for one in design.racks]  # noqa: S704
    return environment.get_template("page").render(
        css=Markup(_text("page.css")),  # noqa: S704 - our own file
        design=design,
        result=result,
        simulated=design.spec.physical.simulated,
        cluster_file=cluster_file,
        made=(made or datetime.now(UTC)).isoformat(sep=" ", timespec="minutes").replace("+00:00", " UTC"),
        version=__version__,
        figures=content.figures(design),
        fabrics=fabric_pictures(design, marked),
        racks=racks,
        rack_limit=design.spec.physical.rack_power_kw,
        power=power,
        without_power=unmeasured,
        kilowatts=content.kilowatts,
        addresses=content.addresses(design),
        layers=content.layers(result) if result else (),
        nodes=content.nodes(design, result) if result else [],
        counts=result.counts() if result else {},
        shown_effects=content.SHOWN_EFFECTS,
    )
