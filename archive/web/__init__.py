"""The dashboard: one archive as a local site, rendered here, readable without script, in Chinese and English."""
