"""What an e-mail address may be, by verdicts that others reached, and when two are one person."""

import csv
import io
import json

import pytest

from services.rsvp.domain.addresses import NotAnAddress, read_address, read_address_cell
from tests.data import shared_data

# What is valid by the book and still refused, and why.
REFUSED_ON_PURPOSE = {
    "ISEMAIL_RFC5321_ADDRESSLITERAL": "a bracketed IP address lets a form make us connect anywhere",
    "ISEMAIL_RFC5321_IPV6DEPRECATED": "the same",
    "ISEMAIL_RFC5321_TLD": "a domain without a dot is a name of a local network",
    "ISEMAIL_RFC5321_TLDNUMERIC": "no top-level domain is a number",
}
VALID = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"}
SINGLE_LABEL_OR_EMPTY = {"test@io", '""@iana.org'}


def is_address(text: str) -> bool:
    try:
        read_address(text)
    except NotAnAddress:
        return False
    return True


def isemail_cases() -> list[tuple[str, str, str, str]]:
    text = shared_data("email_validity", "isemail_tests.csv").read_text("utf-8")
    return [
        # The suite writes a control character as its picture: U+2407 for BEL.
        (row["id"], row["address"].translate({0x2400 + n: n for n in range(33)}), row["category"], row["diagnosis"])
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


def validator_cases() -> list[tuple[str, str, str]]:
    lines = shared_data("email_validity", "python_email_validator_cases.jsonl").read_text("utf-8").splitlines()
    return [(case["test"], case["address"], case["expected"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize(("number", "address", "category", "diagnosis"), isemail_cases())
def test_isemail_verdict(number: str, address: str, category: str, diagnosis: str) -> None:
    wanted = category in VALID and diagnosis not in REFUSED_ON_PURPOSE and address not in SINGLE_LABEL_OR_EMPTY
    assert is_address(address) is wanted


@pytest.mark.parametrize(("test", "address", "expected"), validator_cases())
def test_validator_verdict(test: str, address: str, expected: str) -> None:
    if "<" in address and test.startswith("test_email_valid"):
        assert not is_address(address), "a name beside the address is for guest lists only"
        assert read_address_cell(address)[0].text
    elif address == '"quoted.with..unicode.\N{GREEK SMALL LETTER LAMDA}"@example.com':
        assert is_address(address), "refused only where SMTPUTF8 is off, which it is not here"
    else:
        assert is_address(address) is test.startswith("test_email_valid")


def test_needless_quotes_are_taken_away() -> None:
    cases = [case for case in validator_cases() if case[0] == "test_email_valid_only_if_quoted_local_part"]
    assert len(cases) == 8
    for _, address, local_part in cases:
        assert read_address(address).text == f"{local_part}@example.com"


def test_every_refusal_is_one_sentence() -> None:
    for address in (address for _, address, _, _ in isemail_cases() if not is_address(address)):
        with pytest.raises(NotAnAddress) as refused:
            read_address(address)
        assert refused.value.status == 422
        assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dana@Example.ORG", "dana@example.org"),
        ("DANA.REYES@example.org", "dana.reyes@example.org"),
        ("zo\u00eb@example.org", "zoe\u0308@example.org"),
        ("ZO\u00cb@example.org", "zo\u00eb@example.org"),
        ("dana@b\u00fccher.example", "dana@xn--bcher-kva.example"),
        ("dana@B\u00dcCHER.example", "dana@b\u00fccher.example"),
        ('"dana"@example.org', "dana@example.org"),
        ("dana@example\uff0eorg", "dana@example.org"),
    ],
)
def test_spellings_of_one_address_are_one_person(one: str, other: str) -> None:
    assert read_address(one).key == read_address(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dana@example.org", "dana@example.com"),
        ("dana@example.org", "dana+party@example.org"),
        ("dana@example.org", "d.ana@example.org"),
        ("stra\u00dfe@example.org", "strasse@example.org"),
        ("\u0131@example.org", "i@example.org"),
    ],
)
def test_different_mailboxes_are_different_people(one: str, other: str) -> None:
    assert read_address(one).key != read_address(other).key


def test_the_key_of_a_key_is_itself() -> None:
    for _, address, category, _ in isemail_cases():
        if category in VALID and is_address(address):
            key = read_address(address).key
            assert read_address(key).key == key


def test_what_the_mail_server_is_told_has_an_ascii_domain() -> None:
    address = read_address("zo\u00eb@b\u00fccher.example")
    assert (address.envelope, address.needs_smtputf8) == ("zo\u00eb@xn--bcher-kva.example", True)
    assert read_address("dana@b\u00fccher.example").needs_smtputf8 is False


def test_an_endless_address_is_refused_at_once() -> None:
    assert not is_address("a@" + "b." * 1_000_000 + "org")
