"""Two engines, one program.

Pulumi's own engine is what teams use (:mod:`rackwright.engine.find` finds it, :mod:`rackwright.engine.pulumi`
runs it). Where it cannot be had, the in-process engine runs the same stack programs in this process against
the same resource handlers. :func:`rackwright.engine.stack.run` runs one stack with either.

In-process engine, in reading order: ``project`` (Pulumi.yaml), ``state`` and ``journal`` (what is
remembered), ``program`` and ``monitor`` (the SDK's seam), ``deployment`` (create, update, replace, nothing),
``acts`` (doing it), ``sweep`` (refresh and delete), ``operation`` (from lock to summary), ``__main__``.
"""
