"""A replay portal: an invented city's disclosure site, served from Python, and the truth about it."""

from tests.replay.city import City, Expected, ExpectedReport
from tests.replay.server import Asked, Pages, Reply, Site, serve

__all__ = ["Asked", "City", "Expected", "ExpectedReport", "Pages", "Reply", "Site", "serve"]
