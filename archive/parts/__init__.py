"""Works in parts: a reparse or an export that many machines do together, each taking what waits.

:mod:`ledger <archive.parts.ledger>` knows the parts and how they stand, :mod:`doing <archive.parts.doing>` does one of them;
what a part of a :mod:`reparse <archive.parts.reparses>` and of an :mod:`export <archive.parts.exports>` is stands apart.
"""
