"""Tests of the archive, on SQLite and on a real PostgreSQL."""
