"""What news is worth a mail, and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notify.handlers.posting import AttendeeUnknown, GatheringUnknown, IntroductionUnknown
from shared.contracts.intro import (
    IntroductionMade,
    IntroductionPassed,
    IntroductionSuggested,
    IntroductionUnneeded,
    IntroductionWithdrawn,
    MenteeSilent,
    TableLeft,
    TableMade,
)
from shared.contracts.rsvp import (
    AttendeeErased,
    GatheringCancelled,
    GatheringChanged,
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpDeclined,
    RsvpErased,
    RsvpFacts,
    RsvpLinkRequested,
    RsvpPromoted,
    RsvpRequested,
    RsvpWaitlisted,
    TipApproved,
)
from tests.notify.builders import NOON, PostOffice, a_gathering, a_side, an_introduction, an_rsvp, letter_of, text_of


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (RsvpRequested, "address.confirm"),
        (RsvpConfirmed, "rsvp.confirmed"),
        (RsvpWaitlisted, "rsvp.waitlisted"),
        (RsvpPromoted, "rsvp.promoted"),
        (RsvpChanged, "rsvp.changed"),
        (RsvpCancelled, "rsvp.cancelled"),
    ],
)
async def test_each_answer_has_its_mail(office: PostOffice, event: type[RsvpFacts], kind: str) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(event))
    assert office.kinds("dana") == [kind]


async def test_the_same_news_twice_is_mailed_once(any_office: PostOffice) -> None:
    event = an_rsvp(RsvpConfirmed)
    await any_office.hears(a_gathering(), event, event)
    await any_office.hears_and_sends(event)
    assert any_office.kinds() == ["rsvp.confirmed"]


async def test_older_news_changes_nothing(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpCancelled, version=3), an_rsvp(RsvpConfirmed, version=2))
    assert await office.states() == [("rsvp.cancelled", "dana", "pending")]


async def test_a_declined_import_gets_no_mail(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpDeclined, by="import"))
    assert await office.states() == []


async def test_who_takes_a_yes_back_hears_that_it_is_noted(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpDeclined, version=2))
    assert office.kinds() == ["rsvp.confirmed", "rsvp.cancelled"]


async def test_an_expired_request_is_not_answered(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpRequested), an_rsvp(RsvpCancelled, version=2, by="system"))
    assert await office.states() == [("address.confirm", "dana", "superseded")]


async def test_what_an_organiser_changes_is_theirs_to_tell(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpChanged, version=2, by="organiser"))
    assert await office.states() == [("rsvp.confirmed", "dana", "pending")]


async def test_a_gathering_that_is_over_is_not_written_about(office: PostOffice) -> None:
    await office.hears(a_gathering(starts_at=NOON - timedelta(days=3)), an_rsvp(RsvpConfirmed, by="import"))
    assert await office.states() == []


async def test_each_request_for_a_link_is_answered_and_the_latest_is_enough(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))
    await office.hears(an_rsvp(RsvpLinkRequested, request="r1"), an_rsvp(RsvpLinkRequested, request="r1"))
    await office.hears_and_sends(an_rsvp(RsvpLinkRequested, request="r2"))
    assert await office.states(kind="rsvp.link") == [
        ("rsvp.link", "dana", "superseded"),
        ("rsvp.link", "dana", "sent"),
    ]


async def test_a_change_of_time_is_told_to_all_who_come(office: PostOffice) -> None:
    await office.hears(
        a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpWaitlisted, "lee"), an_rsvp(RsvpDeclined, "mina")
    )
    moved = a_gathering(GatheringChanged, version=2, starts_at=NOON + timedelta(days=20))
    await office.hears_and_sends(moved)
    assert office.kinds("dana")[-1] == office.kinds("lee")[-1] == "gathering.changed"
    assert office.kinds("mina") == []


async def test_a_change_that_nobody_would_notice_is_not_mailed(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), a_gathering(GatheringChanged, version=2, capacity=40))
    assert await office.states() == [("rsvp.confirmed", "dana", "pending")]


async def test_two_changes_that_were_not_sent_yet_are_told_in_one(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed))
    await office.hears(a_gathering(GatheringChanged, version=2, title="Spring social"))
    again = a_gathering(GatheringChanged, version=3, title="Spring social", starts_at=NOON + timedelta(days=20))
    await office.hears_and_sends(again)
    assert office.kinds() == ["rsvp.confirmed", "gathering.changed"]
    told = text_of(office.letters()[-1])
    assert "Winter social" in told
    assert "Sunday, March 21, 2027" in told


async def test_a_cancelled_gathering_takes_back_what_waits_and_says_so(office: PostOffice) -> None:
    await office.hears(
        a_gathering(),
        an_rsvp(RsvpConfirmed),
        an_rsvp(RsvpConfirmed, "lee"),
        an_introduction(IntroductionSuggested),
        a_gathering(GatheringCancelled, version=2, reason="The heating broke."),
    )
    await office.sends()
    assert office.kinds() == ["gathering.cancelled"] * 2
    assert "The heating broke." in text_of(office.letters()[0])
    assert await office.planned() == {}


async def test_who_is_heard_of_after_a_gathering_was_cancelled_hears_that_and_nothing_else(office: PostOffice) -> None:
    await office.hears_and_sends(
        a_gathering(), a_gathering(GatheringCancelled, version=2, reason="The heating broke."), an_rsvp(RsvpConfirmed)
    )
    assert office.kinds("dana") == ["gathering.cancelled"]
    assert "The heating broke." in text_of(office.letters()[0])
    again = an_rsvp(RsvpChanged, version=2), a_gathering(GatheringChanged, version=3, title="Alive?")
    await office.hears_and_sends(*again, an_rsvp(RsvpRequested, "lee"), an_rsvp(RsvpDeclined, "mina"))
    assert office.kinds() == ["gathering.cancelled"]


async def test_who_is_heard_of_after_a_cancelled_gathering_would_have_ended_hears_nothing(office: PostOffice) -> None:
    await office.hears(a_gathering(), a_gathering(GatheringCancelled, version=2))
    await office.turns_to(NOON + timedelta(days=11))
    await office.hears_and_sends(an_rsvp(RsvpConfirmed))
    assert office.kinds() == []


async def test_only_who_is_asked_gets_a_suggestion(office: PostOffice) -> None:
    await _two_are_coming(office)
    event = an_introduction(IntroductionSuggested)
    sides = (event.sides[0], event.sides[1].model_copy(update={"asked": False}))
    await office.hears_and_sends(event.model_copy(update={"sides": sides}))
    assert office.kinds("dana")[-1] == "introduction.suggested"
    assert office.kinds("lee") == ["rsvp.confirmed"]


async def test_a_made_introduction_goes_to_both_and_a_reply_to_the_other(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears_and_sends(an_introduction(IntroductionMade))
    letter = office.letters("dana")[-1]
    assert letter["X-Tablemates-Kind"] == "introduction.made"
    assert letter["Reply-To"] == "Lee Okafor <lee@example.org>"
    assert "You both keep zines and run trails." in text_of(letter)
    assert "Which dataset would you clean first?" in text_of(letter)


async def test_a_table_hears_of_everybody_else_at_it(office: PostOffice) -> None:
    people = ("dana", "lee", "mina")
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    await office.hears_and_sends(an_introduction(TableMade, people))
    letter = office.letters("mina")[-1]
    assert letter["X-Tablemates-Kind"] == "table.made"
    assert letter["Reply-To"] == "Dana Reyes <dana@example.org>, Lee Okafor <lee@example.org>"


async def test_who_leaves_a_table_is_not_named_to_the_others_any_more(office: PostOffice) -> None:
    people = ("dana", "lee", "mina")
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    await office.hears(an_introduction(TableMade, people))
    await office.hears_and_sends(
        an_introduction(TableLeft, ("dana", "lee"), introduction_id="dana+lee+mina", version=2),
        an_rsvp(RsvpCancelled, "mina", version=2),
    )
    assert office.kinds("mina") == ["rsvp.confirmed", "rsvp.cancelled"]
    assert "Mina" not in text_of(office.letters("dana")[-1])
    await office.turns_to(datetime(2027, 3, 10, 15, tzinfo=UTC))
    told = text_of(office.letters("dana")[-1])
    assert "Lee Okafor" in told
    assert "Mina" not in told


def the_table_without_mina(version: int = 2) -> TableLeft:
    left = ("dana", "lee")
    words = {"reasons": ("You both walk.",), "opener": "Where to?"}
    sides = tuple(a_side(who, [other for other in left if other != who], **words) for who in left)
    return an_introduction(TableLeft, left, introduction_id="dana+lee+mina", version=version, sides=sides)


MINA_IS_ERASED = (
    RsvpErased(version=3, rsvp_id="social-mina", gathering_id="social", attendee_id="mina"),
    AttendeeErased(version=3, attendee_id="mina"),
)


@pytest.mark.parametrize("heard_after", ["never", "the erasure", "before it"])
async def test_the_others_of_a_table_hear_of_it_though_one_was_erased(office: PostOffice, heard_after: str) -> None:
    people = ("dana", "lee", "mina")
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    if heard_after == "before it":
        await office.hears(an_introduction(TableMade, people))
    await office.hears(*MINA_IS_ERASED)
    if heard_after == "the erasure":
        await office.hears(an_introduction(TableMade, people))
    await office.hears(the_table_without_mina())
    await office.sends()
    for who in ("dana", "lee"):
        assert office.kinds(who) == ["rsvp.confirmed", "table.made"]
        told = text_of(office.letters(who)[-1])
        assert "You both walk." in told
        assert "Where to?" in told
        assert "Mina" not in told
    await office.turns_to(datetime(2027, 3, 10, 15, tzinfo=UTC))
    assert "Lee Okafor" in text_of(office.letters("dana")[-1])


async def test_who_had_the_tables_mail_before_an_erasure_gets_no_second_one(office: PostOffice) -> None:
    people = ("dana", "lee", "mina")
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    await office.hears_and_sends(an_introduction(TableMade, people))
    await office.hears_and_sends(*MINA_IS_ERASED, the_table_without_mina())
    assert office.kinds("dana") == ["rsvp.confirmed", "table.made"]
    await office.turns_to(datetime(2027, 3, 10, 15, tzinfo=UTC))
    reminded = text_of(office.letters("dana")[-1])
    assert "Lee Okafor" in reminded
    assert "You both walk." in reminded
    assert "Mina" not in reminded


async def test_nobody_is_told_of_an_erasure_that_nobody_asked_for(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpRequested))
    await office.hears_and_sends(AttendeeErased(version=2, attendee_id="dana", requested=False))
    assert office.kinds() == ["address.confirm"]
    assert [row.email for row in await office.rows()] == [""]


async def test_an_introduction_waits_for_people_that_are_not_known_yet(office: PostOffice) -> None:
    with pytest.raises(GatheringUnknown):
        await office.hears(an_introduction(IntroductionMade))
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))
    with pytest.raises(AttendeeUnknown):
        await office.hears(an_introduction(IntroductionMade))
    with pytest.raises(IntroductionUnknown):
        await office.hears(an_introduction(IntroductionPassed, version=2))


async def test_nobody_is_introduced_to_somebody_who_left(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears(an_rsvp(RsvpCancelled, "lee", version=2))
    await office.hears_and_sends(an_introduction(IntroductionMade))
    assert office.kinds("dana") == ["rsvp.confirmed"]


async def test_a_suggestion_that_was_answered_is_not_asked_any_more(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears(an_introduction(IntroductionSuggested), an_introduction(IntroductionPassed, version=2))
    assert [state for _, _, state in await office.states(kind="introduction.suggested")] == ["superseded"] * 2


async def test_a_withdrawal_is_told_to_those_who_had_heard(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears_and_sends(an_introduction(IntroductionMade))
    gone = an_introduction(IntroductionWithdrawn, version=2, cause="not_coming", tell=("dana",))
    await office.hears_and_sends(gone)
    assert office.kinds("dana")[-1] == "introduction.withdrawn"
    assert "introduction.withdrawn" not in office.kinds("lee")


async def test_who_said_yes_to_somebody_they_know_hears_why_it_falls_through(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears_and_sends(an_introduction(IntroductionSuggested))
    await office.hears_and_sends(an_introduction(IntroductionUnneeded, version=2, tell=("lee",)))
    assert office.kinds("dana") == ["rsvp.confirmed", "introduction.suggested"]
    told = office.letters("lee")[-1]
    assert told["Subject"] == "You and Dana Reyes know each other"
    assert "just say hello" in text_of(told)


async def test_a_withdrawal_before_anybody_heard_is_silent(office: PostOffice) -> None:
    await _two_are_coming(office)
    gone = an_introduction(IntroductionWithdrawn, version=2, cause="not_coming", tell=("dana",))
    await office.hears(an_introduction(IntroductionMade), gone)
    await office.sends()
    assert office.kinds("dana") == ["rsvp.confirmed"]
    assert {state for _, _, state in await office.states(kind="introduction.made")} == {"superseded"}


async def test_a_withdrawal_that_comes_after_the_gathering_is_silent(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears_and_sends(an_introduction(IntroductionMade))
    office.clock.pass_by(timedelta(days=11))
    await office.hears_and_sends(an_introduction(IntroductionWithdrawn, version=2, cause="not_coming", tell=("dana",)))
    assert "introduction.withdrawn" not in office.kinds("dana")


async def test_a_withdrawal_for_an_erased_person_of_what_was_emptied_before_we_read_it_is_no_news(
    office: PostOffice,
) -> None:
    await _two_are_coming(office)
    gone = an_introduction(IntroductionWithdrawn, ("lee",), version=2, cause="erased", tell=("lee",))
    await office.hears_and_sends(gone)
    assert "introduction.withdrawn" not in office.kinds("lee")


async def test_who_cancels_is_sent_no_suggestion_that_still_waited(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears(an_introduction(IntroductionSuggested), an_rsvp(RsvpCancelled, version=2))
    await office.sends()
    assert office.kinds("dana") == ["rsvp.confirmed", "rsvp.cancelled"]


async def test_a_silent_mentee_is_nudged_once(office: PostOffice) -> None:
    await _two_are_coming(office)
    nudge = an_introduction(MenteeSilent, version=2, mentee="dana")
    await office.hears(an_introduction(IntroductionMade), nudge, nudge)
    await office.sends()
    assert office.kinds("dana").count("mentee.nudge") == 1
    assert office.kinds("lee").count("mentee.nudge") == 0


async def test_a_tip_that_was_approved_closes_the_mails_of_others_only(office: PostOffice) -> None:
    tip = TipApproved(version=1, gathering_id="social", attendee_id="lee", tip="Arrive early.")
    await office.hears_and_sends(a_gathering(), tip, an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    assert "Arrive early." in text_of(office.letters("dana")[0])
    assert "Arrive early." not in text_of(office.letters("lee")[0])


async def test_erasure_is_confirmed_last_and_nothing_of_the_person_stays(any_office: PostOffice) -> None:
    office = any_office
    await _two_are_coming(office)
    await office.hears(an_introduction(IntroductionMade))
    await office.hears(
        RsvpErased(version=3, rsvp_id="social-dana", gathering_id="social", attendee_id="dana"),
        AttendeeErased(version=3, attendee_id="dana"),
    )
    await office.sends()
    assert office.kinds("dana") == ["rsvp.confirmed", "erasure.done"]
    assert office.kinds("lee") == ["rsvp.confirmed"], "an introduction to somebody who was erased is not sent"
    assert [(row.email, row.name, row.context) for row in await office.rows(attendee_id="dana")] == [("", "", {})] * 3
    everything = str([tuple(row) for row in await office.rows()])
    assert "Dana" not in everything
    assert "dana@" not in everything


async def test_late_news_brings_nobody_back_who_was_erased(office: PostOffice) -> None:
    await _two_are_coming(office)
    await office.hears(AttendeeErased(version=3, attendee_id="dana"))
    await office.hears(an_rsvp(RsvpChanged, version=9), an_introduction(IntroductionMade))
    await office.hears_and_sends(an_introduction(IntroductionWithdrawn, version=2, cause="erased", tell=("lee",)))
    assert office.kinds("dana") == ["rsvp.confirmed", "erasure.done"]
    assert office.kinds("lee") == ["rsvp.confirmed"]


async def test_what_is_kept_of_a_mail_that_was_sent_says_nothing_of_its_contents(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed))
    (row,) = await office.rows()
    assert row.context == {}
    assert letter_of(office.mailer.accepted[0][1])["Message-ID"] == f"<{row.key}@tables.example>"


async def _two_are_coming(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
