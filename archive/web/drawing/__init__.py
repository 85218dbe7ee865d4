"""Drawings: charts as numbers and places, which templates write as SVG."""
