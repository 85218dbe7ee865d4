"""The doors of the dashboard: who may ask, what an answer carries, who is signed in."""
