"""The place for computing a round from its inputs: the plan, and the candidate pairs that it chose from."""

from services.intro.domain import matching
from services.intro.domain.matching import Plan, plan_round
from services.intro.domain.rounds import Edge, Inputs


def computed(inputs: Inputs) -> tuple[Plan, list[Edge]]:
    """The same inputs give the same plan and the same candidates, bit for bit."""
    plan = plan_round(inputs.people, rules=inputs.rules, forbidden=inputs.forbidden, sent=inputs.sent)
    candidate_pairs = getattr(matching, "candidate_pairs", None)
    if candidate_pairs is None:
        return plan, []
    edges = candidate_pairs(inputs.people, rules=inputs.rules, forbidden=inputs.forbidden, sent=inputs.sent)
    return plan, list(edges)
