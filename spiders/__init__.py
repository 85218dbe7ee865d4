"""How portals are built: one module per family of sites, a recogniser that chooses per response, and the spider."""
