"""The list of what we hear: one short function an event type."""

from services.intro.handlers.acquainted import note_acquainted
from services.intro.handlers.coming import check_in, note_rsvp, note_suppressed
from services.intro.handlers.erasing import forget_attendee, forget_rsvp
from services.intro.handlers.gatherings import note_gathering, note_key, note_tip, revoke_key
from shared.contracts import rsvp
from shared.streams import Hears

HEARS: Hears = {
    rsvp.GatheringCreated: note_gathering,
    rsvp.GatheringChanged: note_gathering,
    rsvp.GatheringCancelled: note_gathering,
    rsvp.RsvpRequested: note_rsvp,
    rsvp.RsvpConfirmed: note_rsvp,
    rsvp.RsvpWaitlisted: note_rsvp,
    rsvp.RsvpPromoted: note_rsvp,
    rsvp.RsvpChanged: note_rsvp,
    rsvp.RsvpCancelled: note_rsvp,
    rsvp.RsvpDeclined: note_rsvp,
    rsvp.AttendeeCheckedIn: check_in,
    rsvp.RsvpErased: forget_rsvp,
    rsvp.AttendeeErased: forget_attendee,
    rsvp.AttendeeSuppressed: note_suppressed,
    rsvp.PeopleAcquainted: note_acquainted,
    rsvp.TipApproved: note_tip,
    rsvp.OrganiserKeyCreated: note_key,
    rsvp.OrganiserKeyRevoked: revoke_key,
}
"""RsvpLinkRequested changes nothing, and only notify acts on it."""
