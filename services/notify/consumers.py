"""The place for the list of what we hear: one short function an event type."""

from dataclasses import replace
from typing import Any

from services.notify.domain.deciding import Heard
from services.notify.domain.facts import Gathering, Introduction, Place, Rsvp, Shown, Side
from services.notify.handlers.erasure import forget_person
from services.notify.handlers.gatherings import note_cancelled_gathering, note_gathering
from services.notify.handlers.introductions import (
    note_answer,
    note_departure,
    note_introduction,
    note_withdrawal,
    nudge_mentee,
)
from services.notify.handlers.posting import Tx
from services.notify.handlers.rsvps import forget_rsvp, note_check_in, note_rsvp, send_link
from shared.contracts import intro, rsvp
from shared.streams import Hears


def on_gathering_created(tx: Tx, event: rsvp.GatheringCreated) -> None:
    note_gathering(tx, gathering_of(event))


def on_gathering_changed(tx: Tx, event: rsvp.GatheringChanged) -> None:
    note_gathering(tx, gathering_of(event))


def on_gathering_cancelled(tx: Tx, event: rsvp.GatheringCancelled) -> None:
    note_cancelled_gathering(tx, replace(gathering_of(event), cancelled=True, cancel_reason=event.reason))


def _on(heard: Heard) -> Any:
    def on_rsvp(tx: Tx, event: rsvp.RsvpFacts) -> None:
        note_rsvp(tx, heard, rsvp_of(event))

    return on_rsvp


def on_rsvp_changed(tx: Tx, event: rsvp.RsvpChanged) -> None:
    note_rsvp(tx, "changed", rsvp_of(event), changed=event.changed)


def on_rsvp_link_requested(tx: Tx, event: rsvp.RsvpLinkRequested) -> None:
    send_link(tx, rsvp_of(event), request=event.request)


def on_attendee_checked_in(tx: Tx, event: rsvp.AttendeeCheckedIn) -> None:
    note_check_in(tx, event.rsvp_id, event.gathering_id, event.attendee_id, checked_in=event.checked_in)


def on_rsvp_erased(tx: Tx, event: rsvp.RsvpErased) -> None:
    forget_rsvp(tx, event.rsvp_id, event.gathering_id, event.attendee_id)


def on_attendee_erased(tx: Tx, event: rsvp.AttendeeErased) -> None:
    forget_person(tx, event.attendee_id, version=event.version, requested=event.requested)


def on_tip_approved(tx: Tx, event: rsvp.TipApproved) -> None:
    if not tx.store.picture.is_erased(event.attendee_id):
        tx.store.picture.keep_tip(event.gathering_id, event.attendee_id, event.tip if event.approved else None)


def on_organiser_key_created(tx: Tx, event: rsvp.OrganiserKeyCreated) -> None:
    tx.store.picture.keep_key(event.key_id, event.sha256)


def on_organiser_key_revoked(tx: Tx, event: rsvp.OrganiserKeyRevoked) -> None:
    tx.store.picture.revoke_key(event.key_id)


def on_introduction_suggested(tx: Tx, event: intro.IntroductionSuggested) -> None:
    note_introduction(tx, introduction_of(event, event.sides, state="suggested", expires_at=event.expires_at))


def on_introduction_made(tx: Tx, event: intro.IntroductionMade) -> None:
    note_introduction(tx, introduction_of(event, event.sides, state="made"))


def on_table_made(tx: Tx, event: intro.TableMade) -> None:
    note_introduction(tx, introduction_of(event, event.sides, state="made", table=True))


def on_introduction_accepted(tx: Tx, event: intro.IntroductionAccepted) -> None:
    note_answer(tx, event.introduction_id, event.people, version=event.version, state="accepted")


def on_introduction_passed(tx: Tx, event: intro.IntroductionPassed) -> None:
    note_answer(tx, event.introduction_id, event.people, version=event.version, state="passed")


def on_introduction_expired(tx: Tx, event: intro.IntroductionExpired) -> None:
    note_answer(tx, event.introduction_id, event.people, version=event.version, state="expired")


def on_introduction_withdrawn(tx: Tx, event: intro.IntroductionWithdrawn) -> None:
    note_withdrawal(tx, event.introduction_id, event.people, version=event.version, cause=event.cause, tell=event.tell)


def on_introduction_unneeded(tx: Tx, event: intro.IntroductionUnneeded) -> None:
    note_withdrawal(tx, event.introduction_id, event.people, version=event.version, cause="acquainted", tell=event.tell)


def on_table_left(tx: Tx, event: intro.TableLeft) -> None:
    heard = introduction_of(event, event.sides, state=event.state, expires_at=event.expires_at, table=True)
    note_departure(tx, heard)


def on_mentee_silent(tx: Tx, event: intro.MenteeSilent) -> None:
    nudge_mentee(tx, event.introduction_id, event.people, version=event.version, mentee=event.mentee)


HEARS: Hears = {
    rsvp.GatheringCreated: on_gathering_created,
    rsvp.GatheringChanged: on_gathering_changed,
    rsvp.GatheringCancelled: on_gathering_cancelled,
    rsvp.RsvpRequested: _on("requested"),
    rsvp.RsvpConfirmed: _on("confirmed"),
    rsvp.RsvpWaitlisted: _on("waitlisted"),
    rsvp.RsvpPromoted: _on("promoted"),
    rsvp.RsvpChanged: on_rsvp_changed,
    rsvp.RsvpCancelled: _on("cancelled"),
    rsvp.RsvpDeclined: _on("declined"),
    rsvp.RsvpLinkRequested: on_rsvp_link_requested,
    rsvp.AttendeeCheckedIn: on_attendee_checked_in,
    rsvp.RsvpErased: on_rsvp_erased,
    rsvp.AttendeeErased: on_attendee_erased,
    rsvp.TipApproved: on_tip_approved,
    rsvp.OrganiserKeyCreated: on_organiser_key_created,
    rsvp.OrganiserKeyRevoked: on_organiser_key_revoked,
    intro.IntroductionSuggested: on_introduction_suggested,
    intro.IntroductionMade: on_introduction_made,
    intro.TableMade: on_table_made,
    intro.IntroductionAccepted: on_introduction_accepted,
    intro.IntroductionPassed: on_introduction_passed,
    intro.IntroductionExpired: on_introduction_expired,
    intro.IntroductionWithdrawn: on_introduction_withdrawn,
    intro.IntroductionUnneeded: on_introduction_unneeded,
    intro.TableLeft: on_table_left,
    intro.MenteeSilent: on_mentee_silent,
}


def gathering_of(event: rsvp.GatheringFacts) -> Gathering:
    """A gathering's event in our own words."""
    return Gathering(
        gathering_id=event.gathering_id,
        version=event.version,
        title=event.title,
        kind=event.kind,
        format=event.format,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        slug=event.slug,
        url=event.url,
        place=_place_of(event.place),
        join_url=event.join_url,
        description=event.description,
        mode=event.introductions.mode,
    )


def rsvp_of(event: rsvp.RsvpFacts) -> Rsvp:
    """An RSVP's event in our own words."""
    return Rsvp(
        rsvp_id=event.rsvp_id,
        gathering_id=event.gathering_id,
        attendee_id=event.attendee_id,
        version=event.version,
        status=event.status,
        email=event.email,
        name=event.name,
        by=event.by,
        guests=event.guests,
        introductions=event.introductions,
        place=_place_of(event.profile.place),
    )


def introduction_of(
    event: intro.IntroductionFacts,
    sides: tuple[intro.Side, ...],
    *,
    state: str,
    expires_at: Any = None,
    table: bool = False,
) -> Introduction:
    """An introduction's event in our own words."""
    return Introduction(
        introduction_id=event.introduction_id,
        gathering_id=event.gathering_id,
        version=event.version,
        state=state,
        people=tuple(sorted(event.people)),
        sides=tuple(_side_of(side) for side in sides),
        expires_at=expires_at,
        table=table,
    )


def _side_of(side: intro.Side) -> Side:
    others = tuple(Shown(other.attendee_id, other.name, other.role, other.employer) for other in side.others)
    return Side(side.attendee_id, others, tuple(side.reasons), side.opener, side.tip, side.asked)


def _place_of(place: rsvp.Place | None) -> Place:
    return Place(place.name, place.city, place.region, place.country) if place else Place()
