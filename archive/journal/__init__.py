"""The journal: what a crawl, an import or a person noted; it is kept in the WARC files, and the tables follow from it."""
