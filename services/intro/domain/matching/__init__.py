"""The place for who should meet whom: one round for a whole gathering, and suggestions for one late RSVP.

    plan_round(people, rules=..., forbidden=..., sent=...) -> Plan
    check_certificate(plan, edges) -> Verdict            one pass, no solver
    Index(people, rules=..., forbidden=..., sent=...)    .add(person) .remove(id) .suggest(person) -> tuple[Pair, ...]
    why_not(asker, other, plan=..., rules=...) -> str    an answer that gives nothing away
    run_round(...) -> Round                              the plan with the edges it was chosen from

`forbidden` are pairs that must never meet again or at all (blocked, acquainted, introduced before); `sent` are
this gathering's introductions that already went out: they occupy places and are never disturbed.
"""

from services.intro.domain.matching.certificate import Verdict, check_certificate, plain_words
from services.intro.domain.matching.index import Index
from services.intro.domain.matching.plan import LeftOut, Pair, Plan, Table
from services.intro.domain.matching.round import Round, plan_round, run_round
from services.intro.domain.matching.why_not import why_not

__all__ = [
    "Index",
    "LeftOut",
    "Pair",
    "Plan",
    "Round",
    "Table",
    "Verdict",
    "check_certificate",
    "plain_words",
    "plan_round",
    "run_round",
    "why_not",
]
