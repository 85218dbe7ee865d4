"""Deriving: from captures to articles, records, reports and versions; all of it can be made again from the captures."""
