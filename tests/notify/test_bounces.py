"""What comes back is read: measured on 350 messages that real hosts sent, with labels that others gave."""

import csv
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.bounces import Report, no_such_address, read_report
from tests.data import shared_data

SAME_WORDS = ("filtered", "rejected")
"""Labels for a refusal after DATA; nearly all of these say "550 User unknown", so we take their word."""


def _sisimai() -> list[tuple[str, set[str], bool, Report]]:
    """`(file, reasons, hard, what we read)`."""
    rows = defaultdict(list)
    with shared_data("bounces", "sisimai_expected_labels.csv").open() as labels:
        for row in csv.DictReader(labels):
            rows[row["file"]].append(row)
    return [
        (
            name,
            {row["reason"] for row in told},
            any(row["hard_bounce"] == "true" for row in told),
            read_report(shared_data("bounces", "sisimai", name).read_bytes()),
        )
        for name, told in rows.items()
    ]


def _flufl() -> list[tuple[str, set[str], bool, Report]]:
    """`(file, failed addresses, temporary, what we read)`."""
    with shared_data("bounces", "flufl_expected.csv").open() as labels:
        return [
            (
                row["file"],
                {address.lower() for address in row["failed_addresses"].split(";") if address},
                row["is_temporary"] == "True",
                read_report(shared_data("bounces", "flufl", row["file"]).read_bytes()),
            )
            for row in csv.DictReader(labels)
        ]


def test_nine_in_ten_hard_bounces_are_known_as_such() -> None:
    hard = [(name, report.verdict) for name, _, is_hard, report in _sisimai() if is_hard]
    missed = [entry for entry in hard if entry[1] != "hard_bounce"]
    assert len(missed) <= len(hard) / 10, missed


def test_hardly_anybody_who_could_be_reached_is_given_up() -> None:
    others = [told for told in _sisimai() if not told[2] and not told[1] & set(SAME_WORDS)]
    wrong = [(name, reasons) for name, reasons, _, report in others if report.verdict == "hard_bounce"]
    assert len(wrong) <= len(others) * 0.04, wrong


def test_a_full_mailbox_is_not_the_end_of_it() -> None:
    full = [report for _, reasons, _, report in _sisimai() if reasons == {"mailboxfull"}]
    assert len(full) > 15
    assert sum(report.verdict == "hard_bounce" for report in full) <= 1


def test_vacation_notices_are_no_bounces_and_complaints_are_complaints() -> None:
    for name, reasons, _, report in _sisimai():
        if "vacation" in reasons:
            assert report.verdict == "auto_reply", name
        if "feedback" in reasons:
            assert report.verdict == "complaint", name


def test_a_temporary_failure_is_never_called_hard() -> None:
    temporary = [(name, report.verdict) for name, _, is_temporary, report in _flufl() if is_temporary]
    assert temporary
    assert [name for name, verdict in temporary if verdict == "hard_bounce"] == []


def test_the_addresses_that_failed_are_found() -> None:
    known = [
        (name, addresses, report) for name, addresses, temporary, report in _flufl() if addresses and not temporary
    ]
    named = [name for name, addresses, report in known if addresses & set(report.addresses)]
    assert len(named) >= len(known) * 0.9, sorted({name for name, *_ in known} - set(named))


def test_our_own_messages_are_known_by_their_ids() -> None:
    raw = b"From: MAILER-DAEMON\r\n\r\n550 no such user\r\nMessage-ID: <rsvp.confirmed.%s@tables.example>\r\n" % (
        b"0a" * 16
    )
    assert read_report(raw).message_keys == ("rsvp.confirmed." + "0a" * 16,)


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("5.1.1 <dana@example.org>: Recipient address rejected: User unknown in virtual mailbox table", True),
        ("No such user here", True),
        ("5.1.10 RESOLVER.ADR.RecipientNotFound; not found", True),
        ("5.2.2 mailbox full", False),
        ("5.7.1 blocked using zen.spamhaus.org", False),
        ("5.1.8 Sender address rejected: Domain not found", False),
        ("5.7.1 relaying denied", False),
        ("message size exceeds fixed limit", False),
    ],
)
def test_what_a_host_says_at_the_door_is_understood(said: str, gone: bool) -> None:
    assert no_such_address(said) is gone


@given(st.binary(max_size=2000))
def test_whatever_comes_is_read_without_a_fall(raw: bytes) -> None:
    read_report(raw)
    read_report(
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" + raw
    )
