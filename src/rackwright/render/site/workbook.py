"""Workbooks: the cable plan of each fabric as XLSX, a line for each cable with its A and Z ends.

The first six columns have the names of the point-to-point form of NVIDIA's cable validation tool
(https://docs.nvidia.com/networking/display/cablevalidationtool150/p2p+file), so that it reads the file.
"""

from __future__ import annotations

import io
from datetime import datetime

import xlsxwriter

from rackwright.models.design import Cable, Design
from rackwright.render.wiring import Wiring

COLUMNS: tuple[tuple[str, int], ...] = (
    # (heading, width in characters)
    ("A-Node Name", 24),
    ("A-Type", 12),
    ("A-Port", 14),
    ("Z-Node Name", 24),
    ("Z-Type", 12),
    ("Z-Port", 14),
    ("A-Rack", 18),
    ("A-Unit", 7),
    ("Z-Rack", 18),
    ("Z-Unit", 7),
    ("Kind", 11),
    ("Speed Gb/s", 10),
    ("Length m", 9),
    ("Part", 20),
)
_EPOCH = datetime(2000, 1, 1)
"""Date of every workbook: the same design gives the same bytes."""
_SHEET_ROWS = 1_000_000
"""Cables on one sheet; the format ends at 1,048,576 rows."""


def files(design: Design, wiring: Wiring) -> dict[str, bytes]:
    """One workbook for each fabric."""
    cables: dict[str, list[Cable]] = {fabric.name: [] for fabric in design.fabrics}
    for cable in design.cables:
        cables[cable.fabric].append(cable)
    return {f"cabling/{name}.xlsx": _workbook(found, wiring) for name, found in cables.items()}


def _workbook(cables: list[Cable], wiring: Wiring) -> bytes:
    out = io.BytesIO()
    # constant_memory: a row goes out when the next begins, or a large fabric would fill the memory
    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": _EPOCH})
    bold = book.add_format({"bold": True, "bottom": 1})
    for number in range(0, max(1, len(cables)), _SHEET_ROWS):
        sheet = book.add_worksheet(f"cables {number // _SHEET_ROWS + 1}")
        sheet.freeze_panes(1, 0)
        for column, (heading, width) in enumerate(COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        part = cables[number : number + _SHEET_ROWS]
        sheet.autofilter(0, 0, len(part), len(COLUMNS) - 1)
        for row, cable in enumerate(part, start=1):
            for column, value in enumerate(_cells(cable, wiring)):
                if isinstance(value, int):
                    sheet.write_number(row, column, value)
                elif value:
                    sheet.write_string(row, column, value)
    book.close()
    return out.getvalue()


def _cells(cable: Cable, wiring: Wiring) -> tuple[str | int | None, ...]:
    a, z = cable.a, cable.z
    a_rack, a_unit = wiring.where.get(a.device, (None, None))
    z_rack, z_unit = wiring.where.get(z.device, (None, None))
    return (
        a.device,
        kind_of(a.device, wiring),
        a.port,
        z.device,
        kind_of(z.device, wiring),
        z.port,
        a_rack,
        a_unit,
        z_rack,
        z_unit,
        cable.kind,
        cable.speed_gbps,
        cable.length_m,
        cable.part,
    )


def kind_of(device: str, wiring: Wiring) -> str:
    """What stands at an end: the model of a switch or server, or ``appliance``."""
    if device in wiring.switches:
        return wiring.switches[device].model
    return wiring.servers[device].sku if device in wiring.servers else "appliance"
