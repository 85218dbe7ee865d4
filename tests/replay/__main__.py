"""Serves the invented city until interrupted: ``python -m tests.replay [--port N] [--edited]``."""

from __future__ import annotations

import argparse
import threading

from tests.replay.city import City
from tests.replay.server import serve


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="a free one by default")
    options.add_argument("--edited", action="store_true", help="the state after one report was changed")
    chosen = options.parse_args()
    city = City(edited=chosen.edited)
    with serve(city, port=chosen.port) as address:
        print(f"{address}/jlszn/  every unit\n{address}/jlsndbg/  the whole city's reports", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(city.asked)} requests answered")


if __name__ == "__main__":
    main()
