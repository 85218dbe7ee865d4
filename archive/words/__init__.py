"""Words: full text over the prose of reports, exact for words of one character, of two and of any length.

:mod:`folding <archive.words.folding>` says when two writings are the same word, :mod:`index <archive.words.index>` knows
which sections hold which characters and pairs of them, :mod:`search <archive.words.search>` looks every candidate up in
its record.
"""
