"""The walk: packets followed through rendered text, from NIC to NIC, and what neighbours do not agree on.

``picture`` says what is known of a port, whatever wrote it; ``host``, ``sonic``, ``nvue`` and ``eos`` read
text into pictures and know nothing of the contract or of the renderers; ``follow`` walks; ``route`` says
where; ``blame`` turns many disagreements into few findings.
"""
