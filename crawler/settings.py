"""Scrapy's settings. Each one that differs from Scrapy's default says why; the others are left alone."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version

from crawler.environment import JITTER, contact, hours, number, words

try:
    _VERSION = version("xxgk")
except PackageNotFoundError:  # a checkout that was never installed
    _VERSION = "0"

# Who we are
BOT_NAME = "xxgk"
SPIDER_MODULES = ["spiders.reports"]
NEWSPIDER_MODULE = "spiders"
_CONTACT = contact("XXGK_CONTACT")  # an address the portals' administrators can write to
USER_AGENT = f"xxgk/{_VERSION} (archive of annual disclosure reports; obeys robots.txt{_CONTACT and f'; {_CONTACT}'})"
ROBOTSTXT_USER_AGENT = "xxgk"  # the name rules in robots.txt can address, without the version

# Where the archive stands (ours; read by crawler/keeping.py)
XXGK_ARCHIVE = os.environ.get("XXGK_ARCHIVE", "xxgk-archive")
XXGK_DATABASE = os.environ.get("XXGK_DATABASE")
XXGK_DERIVE = True  # `scrapy crawl` ends with records, not only captures; `xxgk crawl` derives by itself

XXGK_RENDER = False  # show a browser the lists that only a script fills (ours; read by crawler/rendering.py)
PLAYWRIGHT_BROWSER_PROVIDER = "crawler.browsing.OfflineChromium"  # the machine's Chromium, without any network
XXGK_FULL = False  # every page of every list, unchanged or not (ours; read by crawler/conditional.py)

# What may be fetched (ours; read by crawler/guard.py and crawler/fetching.py)
XXGK_ALLOW = words("XXGK_ALLOW")  # hosts beside .gov.cn, each HOST or HOST:PORT
XXGK_INSECURE_TLS: list[str] = []  # hosts whose registry entry says that their certificate is broken
DOWNLOAD_HANDLERS = {
    "http": "crawler.fetching.Fetching",  # waits for the host's turn, and asks once more: it may have begun to rest meanwhile
    "https": "crawler.fetching.Fetching",  # and knows the portals whose certificate is broken
    "file": None,  # a page must not make us read the machine we run on
    "data": None,  # no answer of a portal
    "ftp": None,  # no portal publishes there, and its client trusts the server's word for addresses
    "s3": None,  # no portal publishes there
}
DOWNLOAD_VERIFY_CERTIFICATES = True  # off in Scrapy; a report must come from whom it claims to
TWISTED_DNS_RESOLVER = "crawler.resolver.GuardedResolver"  # judges what names resolve to, IPv6 too
DOWNLOAD_MAXSIZE = 64 << 20  # bytes, while streaming and again while inflating; the largest scans have some tens of MiB
DOWNLOAD_WARNSIZE = 0  # scans are large, that is no warning
DOWNLOAD_FAIL_ON_DATALOSS = False  # a cut answer is kept as evidence first; crawler/retries.py then refuses it
TELNETCONSOLE_ENABLED = False  # a shell into the process, for anybody on this machine
REMOTE_CONTROL_ENABLED = False  # on in Scrapy 2.19: it runs Python code that reaches its port

# Politeness
DOWNLOAD_DELAY = number("XXGK_DOWNLOAD_DELAY", 1.0)  # seconds between two requests to one host, at least
XXGK_DELAYS: dict[
    str, float
] = {}  # by host, where a portal's registry entry asks for more (ours; crawler/politeness.py)
DOWNLOAD_DELAY_JITTER = 0  # Scrapy's ±50 % would go below the least gap; replaces RANDOMIZE_DOWNLOAD_DELAY
XXGK_DELAY_JITTER = number("XXGK_DELAY_JITTER", 0.2, JITTER)  # upwards only (ours; crawler/politeness.py)
XXGK_TURNS = os.environ.get("XXGK_TURNS")  # a folder: whose turn it is at each host (ours; crawler/turns.py)
XXGK_HOURS = hours("XXGK_HOURS")  # when portals may be asked, as 20:00-06:00 in UTC+8 (ours; crawler/hours.py)
XXGK_PORTAL_HOURS: dict[str, list[str]] = {}  # by host, where a portal's registry entry says when (ours)
XXGK_ASK_RESTING = False  # ask hosts too that blocked lately (ours; read by crawler/resting.py)
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # one thing at a time of each host; crawler/turns.py holds it among all crawls
CONCURRENT_REQUESTS = 64  # hosts side by side; Scrapy's 16 would let some wait for others
CONCURRENT_ITEMS = 1  # no pipeline waits for anything; Scrapy's 100 are as many tasks begun for each answer
AUTOTHROTTLE_ENABLED = True  # a portal that slows down is asked less often
AUTOTHROTTLE_START_DELAY = 0  # begin at DOWNLOAD_DELAY, not at 5 s: crawler/politeness.py never goes below it
DOWNLOAD_TIMEOUT = 60  # seconds; Scrapy's 180, three times tried, would hold a dead portal for nine minutes
XXGK_ATTACHMENT_TIMEOUT = 300  # seconds; scans of tens of MiB come over slow lines (ours; read by crawler/fetching.py)
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408, 429, 202, 412]  # 202 and 412: a challenge, or an error
RETRY_GIVE_UP_LOG_LEVEL = "WARNING"  # a dead portal is an outcome, not a fault of the program
REDIRECT_MAX_TIMES = 8  # portals redirect to www. and https, and some for ever; browsers' 20 is patience for logins
COOKIES_ENABLED = False  # no portal needs one, and half of the challenges are passed by sending theirs back
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",  # Scrapy asks for English, and some portals answer with their English site
    "Accept-Encoding": "gzip, deflate, br",  # not zstd: the archive reads captures back without it
}
METAREFRESH_ENABLED = False  # the spider follows a shell itself, by one hop; pages that reload are none

# How requests pass: from the engine downwards by rising number, answers upwards by falling number
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # the guard decides, and says why
    "crawler.guard.Guard": 40,
    "crawler.resuming.Resuming": 60,
    "crawler.conditional.Conditional": 70,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # takes a 5xx for permission
    "crawler.robots.Robots": 100,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # we have no passwords to lose
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.retries.Retries": 550,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.redirects.Redirects": 600,
    "crawler.guard.ConnectionGuard": 760,  # below HttpProxyMiddleware (750): behind a proxy names are not resolved here
    "crawler.keeping.Keeping": 950,
    "crawler.evidence.BlockedPages": 960,
    "crawler.inflation.Inflation": 965,  # before the archive keeps it
    "crawler.rendering.Rendering": 970,  # above it nothing is judged or kept; a host that rests is not asked for it
}
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,
    "crawler.politeness.Politeness": 0,  # AutoThrottle with the floors that robots.txt and Retry-After set
    "crawler.keeping.Keeper": 10,  # opens the archive and begins the crawl
}
ITEM_PIPELINES = {"crawler.pipelines.Notes": 100}

# Running
LOG_LEVEL = os.environ.get("XXGK_LOG_LEVEL", "INFO")  # DEBUG writes a line per request
MEMUSAGE_ENABLED = False  # it warns by e-mail
