"""The artifact depot's programs and container images: everything that a lock names, by digest, and
nothing else.

``table`` says what there is (``catalog/artifacts/<name>.yaml``); ``fill`` brings it here from an official
release, an archive or a Go module; ``images`` puts container images together; ``check`` proves a filled
depot; ``registry`` serves it.
"""
