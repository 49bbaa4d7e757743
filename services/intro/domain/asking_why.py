"""The place for "why not X?" of a round that is kept: the engine's answer, from its prices and candidates."""

from services.intro.domain.coming import Rsvp, person_of
from services.intro.domain.gatherings import Gathering, rules
from services.intro.domain.matching.why_not import MANY_REASONS, why_not
from services.intro.domain.names import first_name
from services.intro.domain.rounds import Round, plan_again, unpacked


def sentence(
    kept: Round | None, gathering: Gathering, asker: Rsvp, other: Rsvp | None, *, proposed: bool, seen: bool = False
) -> str:
    """To `asker`; of somebody who is not known here it says what it says of anybody who does not wish to be found.

    `seen`: it was proposed, and the asker sees it among their own. What was proposed and the other is still asked
    about first is not given away.
    """
    if other and seen:
        return f"You and {first_name(other.name)} were suggested to each other: look among your introductions."
    if kept is None or other is None or proposed or asker.attendee_id == other.attendee_id:
        return MANY_REASONS
    couple = {asker.attendee_id, other.attendee_id}
    scores = (score for a, b, score in unpacked(kept.edges, kept.people) if {a, b} == couple)
    return why_not(
        person_of(asker),
        person_of(other),
        plan=plan_again(kept),
        rules=rules(gathering, seed=kept.seed, tips=(), hold_back=False),
        score=next(scores, None),
    )
