"""Evidence: one page to print, on which a figure or a finding stands with where, when and in which bytes it was seen."""
