"""How a crawl runs: settings, guards, politeness, pipelines, campaigns, the schedule, and the command line."""
