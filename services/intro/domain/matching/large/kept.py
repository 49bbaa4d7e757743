"""The place for where compiled functions are kept on disk.

Numba knows a kept function by its own file alone, not by what it calls in others: so each version of these sources
keeps its functions in a folder of its own, and only the very first run waits, half a minute.
"""

import os
import tempfile
from functools import cache
from hashlib import blake2b
from pathlib import Path


@cache
def kept_in() -> Path:
    """The folder for this version: in the user's cache, or where that cannot be written, a temporary one."""
    wanted = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(wanted) / "tablemates" / f"compiled-{_version()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    return folder if usable else Path(tempfile.gettempdir()) / f"tablemates-{os.getuid()}-{_version()}"


def _version() -> str:
    domain = Path(__file__).parents[2]
    sources = sorted((*Path(__file__).parent.glob("*.py"), *domain.glob("scoring/*.py"), domain / "people.py"))
    return blake2b(b"".join(source.read_bytes() for source in sources), digest_size=8).hexdigest()
