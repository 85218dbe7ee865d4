"""Panels: what researchers draw from the corpus, by division, year and class, with the count each number rests on."""
