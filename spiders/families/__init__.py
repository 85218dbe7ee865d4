"""Families of sites, and the parts they share: pages, rows, pagers."""
