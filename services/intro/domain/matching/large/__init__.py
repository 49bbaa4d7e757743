"""The place for rounds too large to be solved exactly: candidates are found, prices are fitted, pairs improved."""

from services.intro.domain.matching.all_pairs import full_graph, score_matrix
from services.intro.domain.matching.exact import solve_exactly
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.taking_part import Participants


def solve_large(who: Participants) -> tuple[Graph, Solution]:
    graph = full_graph(who, score_matrix(who.facts))
    return graph, solve_exactly(graph)
