"""The place where tests find the real inputs that lie beside the project, and say so when they do not."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """The path of a real input. Skips the test, or at import the whole file, where there is none."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        missing = "/".join(parts) if SHARED.exists() else ""
        pytest.skip(f"there is no ../shared/data/{missing} beside the project", allow_module_level=True)
    return path
