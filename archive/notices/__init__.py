"""Notices: what happened to reports and portals, found once, listed, and written as feeds."""
