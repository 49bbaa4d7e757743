"""The place for rounds too large to be solved exactly: candidates are found, prices are fitted, pairs improved."""

from services.intro.domain.matching.large.engine import solve_large

__all__ = ["solve_large"]
