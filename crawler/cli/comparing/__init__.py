"""How ``xxgk diff`` speaks: as JSON, on a terminal, and as a page that stands alone."""
