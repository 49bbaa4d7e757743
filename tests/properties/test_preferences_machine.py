"""Any order of clicks, wishes, bounces, news and days over HTTP: nobody is handed what they do not want."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from standardwebhooks import Webhook

from shared.contracts.intro import IntroductionMade
from shared.contracts.notify import AddressRestored, AddressSuppressed
from shared.contracts.rsvp import (
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpFacts,
    RsvpLinkRequested,
    RsvpPromoted,
)
from tests.notify.builders import (
    BOUNCE_SECRET,
    PostOffice,
    a_gathering,
    an_introduction,
    an_rsvp,
    open_post_office,
)

PEOPLE = ("guest0", "guest1", "guest2")
WHO = st.sampled_from(PEOPLE)
NEWS: dict[str, type[RsvpFacts]] = {
    "confirmed": RsvpConfirmed,
    "changed": RsvpChanged,
    "promoted": RsvpPromoted,
    "cancelled": RsvpCancelled,
    "asks for the link": RsvpLinkRequested,
}
GRAVITY = {"": 0, "unsubscribed": 1, "bounced": 2, "complained": 3}
TOPICS = {"reminders": ("reminder.before",), "followups": ("followup.after", "reconnect", "mentee.nudge")}
ANSWERS = ("address.confirm", "rsvp.link", "erasure.done")
ANSWERS_TO_OWN_DEEDS = ("rsvp.confirmed", "rsvp.waitlisted", "rsvp.changed", "rsvp.cancelled")


class PreferencesMachine(RuleBasedStateMachine):
    """What three people want to hear, as they and their mail hosts said it."""

    runner: asyncio.Runner
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.suppressed = dict.fromkeys(PEOPLE, "")
        self.muted: dict[str, set[str]] = {who: set() for who in PEOPLE}
        self.said: dict[str, list[str]] = {who: [] for who in PEOPLE}
        self.versions = dict.fromkeys(PEOPLE, 0)
        self.meetings = 0
        self.seen = 0
        url = f"sqlite:///{self.folder}/{uuid4()}.sqlite"  # the same example is the same again
        self.office: PostOffice = open_post_office(url)
        self.http: httpx.AsyncClient = self.office.http()

    @initialize()
    def invite(self) -> None:
        self._hears(a_gathering(starts_at=self.office.clock.at + timedelta(days=2)))
        for who in PEOPLE:
            self.hear_of_an_rsvp(who, "confirmed", "attendee")
        self.send()

    @rule(who=WHO, what=st.sampled_from(sorted(NEWS)), by=st.sampled_from(["attendee", "organiser", "import"]))
    def hear_of_an_rsvp(self, who: str, what: str, by: str) -> None:
        asks = {"request": f"{who}-{self.versions[who]}"} if what == "asks for the link" else {}
        self.versions[who] += what != "asks for the link"
        facts = {"version": self.versions[who], "by": by, "changed": ("guests",) if what == "changed" else None, **asks}
        given = {name: value for name, value in facts.items() if value is not None}
        self._hears(an_rsvp(NEWS[what], who, "social", **given))

    @rule(who=WHO, other=WHO)
    def introduce(self, who: str, other: str) -> None:
        if who != other:
            self.meetings += 1
            people = tuple(sorted((who, other)))
            one = f"meeting{self.meetings}"
            self._hears(an_introduction(IntroductionMade, people, gathering_id="social", introduction_id=one))

    @rule(who=WHO)
    def unsubscribe_by_one_click(self, who: str) -> None:
        self._posts(who, "List-Unsubscribe=One-Click")
        self._suppress(who, "unsubscribed")

    @rule(who=WHO)
    def want_mail_again(self, who: str) -> None:
        self._posts(who, "action=restore")
        if self.suppressed[who]:
            self.suppressed[who] = ""
            self.said[who].append("restored")

    @rule(who=WHO, wanted=st.sets(st.sampled_from(sorted(TOPICS))))
    def keep_wishes(self, who: str, wanted: set[str]) -> None:
        self._posts(who, "&".join(["action=save", *(f"topic={topic}" for topic in sorted(wanted))]))
        self.muted[who] = TOPICS.keys() - wanted

    @rule(who=WHO, event=st.sampled_from(["hard_bounce", "soft_bounce", "complaint", "delivered"]))
    def hear_of_it_from_a_provider(self, who: str, event: str) -> None:
        body = json.dumps({"event": event, "email": f"{who}@example.org"})
        now = datetime.now(UTC)  # the signature's library looks at the real clock
        headers = {
            "webhook-id": "msg",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(BOUNCE_SECRET).sign("msg", now, body),
        }
        answer = self.runner.run(self.http.post("/api/v1/bounces", content=body, headers=headers))
        assert answer.status_code == 200, answer.text
        if reason := {"hard_bounce": "bounced", "complaint": "complained"}.get(event):
            self._suppress(who, reason)

    @rule(who=WHO)
    def look(self, who: str) -> None:
        page = self.runner.run(self.http.get(self._link(who))).text
        if self.suppressed[who]:
            assert "You get no more mail from us" in page
        else:
            for topic in TOPICS:
                box = page.partition(f'value="{topic}"')[2].partition(">")[0]
                assert ("checked" in box) == (topic not in self.muted[who])

    @rule(hours=st.sampled_from([1, 12, 24]))
    def let_time_pass(self, hours: int) -> None:
        self.runner.run(self.office.turns_to(self.office.clock.at + timedelta(hours=hours)))

    @rule()
    def let_the_next_reminder_come(self) -> None:
        planned = self.runner.run(self.office.planned()).values()
        ahead = [at for at in planned if at > self.office.clock.at]
        if ahead:
            self.runner.run(self.office.turns_to(min(ahead) + timedelta(minutes=1)))

    @rule()
    def send(self) -> None:
        self.runner.run(self.office.sends())

    @invariant()
    def nobody_was_handed_what_they_do_not_want(self) -> None:
        offered = self.office.mailer.offered[self.seen :]
        self.seen += len(offered)
        rows = {row.key: row for row in self._rows()} if offered else {}
        for message in offered:
            row = rows[message.key]
            who = row.attendee_id
            assert self._is_wanted(who, row.kind, own_action=row.own_action), (who, row.kind, self.suppressed[who])
        assert len({message.key for message in self.office.mailer.offered}) == len(self.office.mailer.offered)

    @invariant()
    def everybody_else_is_told_of_every_change_and_of_nothing_twice(self) -> None:
        told: dict[str, list[str]] = {who: [] for who in PEOPLE}
        versions: dict[str, list[int]] = {who: [] for who in PEOPLE}
        for event in self.runner.run(self.office.said()):
            assert isinstance(event, AddressSuppressed | AddressRestored)
            told[event.attendee_id].append(event.reason if isinstance(event, AddressSuppressed) else "restored")
            versions[event.attendee_id].append(event.version)
        assert told == self.said
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())

    @invariant()
    def nothing_waits_that_nobody_wants(self) -> None:
        for row in self._rows():
            if row.state in ("pending", "retry"):
                assert self._is_wanted(row.attendee_id, row.kind, own_action=row.own_action)

    def teardown(self) -> None:
        self.runner.run(self.http.aclose())
        self.office.run.close()

    def _is_wanted(self, who: str, kind: str, *, own_action: bool) -> bool:
        if self.suppressed[who] in ("bounced", "complained"):
            return False
        if self.suppressed[who] == "unsubscribed":
            return kind in ANSWERS or (own_action and kind in ANSWERS_TO_OWN_DEEDS)
        return not any(kind in TOPICS[topic] for topic in self.muted[who])

    def _suppress(self, who: str, reason: str) -> None:
        if GRAVITY[reason] > GRAVITY[self.suppressed[who]]:
            self.suppressed[who] = reason
            self.said[who].append(reason)

    def _rows(self) -> list[Any]:
        rows = self.runner.run(self.office.rows(gathering_id="social"))
        return list(rows)

    def _posts(self, who: str, form: str) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.runner.run(self.http.post(self._link(who), content=form, headers=headers))
        assert answer.status_code == 200, answer.text

    def _link(self, who: str) -> str:
        return f"/u/{self.office.token('unsubscribe', who)}"

    def _hears(self, event: Any) -> None:
        self.runner.run(self.office.hears(event))


@pytest.mark.slow
def test_any_order_of_clicks_wishes_bounces_and_news(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        PreferencesMachine.runner, PreferencesMachine.folder = runner, tmp_path
        run_state_machine_as_test(PreferencesMachine, settings=settings(max_examples=25, stateful_step_count=20))
