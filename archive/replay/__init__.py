"""Replay: the index by which other programs find a capture in the WARC files."""
