"""Crawling, as the archive knows it: what is due and who is at it, which hosts rest, what each crawl saw and lost."""
