"""A January of the nation against a number of workers, reckoned event by event: no clock waits."""
