"""Intake: what this program did not fetch itself, local files and the archives of others, becomes captures."""
