"""What docs/families.md shows is a family that works: module, lines of the recogniser and fixture, as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.test_house import PACKAGES, ROOT


def test_the_family_that_the_page_adds_is_recognised_and_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "families.md").read_text(encoding="utf-8")
    module, lines, fixture = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    sign, reader = (line.partition("  #")[0] for line in lines.splitlines())
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    families = Path("spiders/families")
    (tmp_path / families / "yunfan.py").write_text(module, encoding="utf-8")
    (tmp_path / "tests" / families / "test_yunfan.py").write_text(fixture, encoding="utf-8")
    recogniser = tmp_path / families / "recogniser.py"
    text = recogniser.read_text(encoding="utf-8")
    for place, line in (
        ("from spiders.shells import is_shell\n", "from spiders.families.yunfan import Yunfan"),
        ("SIGNS: Final = (\n", sign),
        ("    for family in (\n", reader),
    ):
        assert text.count(place) == 1, place
        text = text.replace(place, f"{place}{line}\n")
    recogniser.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/spiders/families/test_yunfan.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "1 passed" in ran.stdout
