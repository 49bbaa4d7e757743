"""The rsvp service's pages: for visitors, for holders of a personal link, for organisers. No script, no session
but the organisers' cookie; looking never changes anything.
"""
