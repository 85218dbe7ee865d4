"""Upkeep: the archive is held against itself, mended, indexed anew from its WARC files, and moved to another database."""
