"""Looking at an archived document, at the very cells its record was read from."""
