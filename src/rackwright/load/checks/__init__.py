"""Checks across the parts of a cluster file: one noun each, run in order, every mistake reported."""

from __future__ import annotations

from rackwright.load.checks.access import check_access
from rackwright.load.checks.addresses import check_addresses
from rackwright.load.checks.fabrics import check_fabrics
from rackwright.load.checks.kubernetes import check_kubernetes
from rackwright.load.checks.kubernetes_prefixes import check_kubernetes_prefixes
from rackwright.load.checks.machines import check_machines
from rackwright.load.checks.names import check_names
from rackwright.load.checks.prefixes import check_prefixes
from rackwright.load.checks.roce import check_roce
from rackwright.load.checks.shapes import check_shapes
from rackwright.load.checks.sharing import check_sharing
from rackwright.load.checks.site import check_site
from rackwright.load.checks.storage import check_storage
from rackwright.load.checks.tenants import check_tenants
from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.models.tables import Tables


def check(doc: Document, draft: Draft, tables: Tables) -> None:
    """Report every mistake across parts in ``doc``."""
    check_access(doc, draft)
    check_names(doc, draft, tables)
    check_machines(doc, draft, tables)
    check_fabrics(doc, draft, tables)
    check_shapes(doc, draft, tables)
    check_prefixes(doc, draft)
    check_addresses(doc, draft, tables)
    check_storage(doc, draft)
    check_roce(doc, draft, tables)
    check_tenants(doc, draft)
    check_site(doc, draft)
    check_kubernetes(doc, draft, tables)
    check_kubernetes_prefixes(doc, draft, tables)
    check_sharing(doc, draft, tables)
