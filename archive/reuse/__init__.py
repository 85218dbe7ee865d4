"""Reuse of prose: what of one report's text stands in another's, the index that finds such reports, and its scars."""
