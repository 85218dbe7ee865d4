"""Invented reports: an agency, a year, figures whose identities hold, our own prose; rendered in any format and skin."""
