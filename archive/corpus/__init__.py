"""The corpus handed on: tables for researchers, in files of several formats, with a description of every column.

:mod:`columns <archive.corpus.columns>` is the one source of what a column means; :mod:`rows <archive.corpus.rows>` reads the
archive; a module per format writes; :mod:`package <archive.corpus.package>` describes the files as a Frictionless data package.
"""
