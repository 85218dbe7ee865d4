"""The page of one report: its tables as the forms print them, where a figure stands in the copy, and the evidence of it."""
