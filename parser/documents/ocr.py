"""Whether pictures can be read here: the ocr extra brings what that needs, some 300 MB that most do without."""

from __future__ import annotations

from importlib.util import find_spec

ADVICE = "its pictures need the ocr extra (pip install 'xxgk[ocr]')"
NOTE = ("ocr.used", "figures are recognised from pictures (OCR): at.confidence says how surely, the source decides")
_NEEDED = ("numpy", "PIL", "onnxruntime", "rapidocr_onnxruntime")


def is_installed() -> bool:
    """Whether everything the ocr extra brings can be found; nothing of it is imported."""
    return all(find_spec(name) is not None for name in _NEEDED)
