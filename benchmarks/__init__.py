"""How fast: ratios measured in one run, since machines are noisy; `make bench` prints them, docs/performance.md keeps them."""
