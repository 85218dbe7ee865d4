"""WARC files: their records and gzip members, written and read strictly, and how they lie on the disk."""
