"""Histories: one publisher over its years: how it stood, what its reports say, and whether each follows from the one before."""
