"""``python -m benchmarks``: every ratio, one line each; exit status 1 where one does not hold."""

from __future__ import annotations

import platform
import sys

from benchmarks.parsing import ratios


def main() -> int:
    """Measure and print."""
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, medians of alternating rounds"
    )
    failed = False
    for ratio in ratios():
        print(ratio.line(), flush=True)
        failed = failed or not ratio.holds
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
