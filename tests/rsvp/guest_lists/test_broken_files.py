"""Files that are no guest lists, or nearly: one clear sentence each."""

import csv
import io

import pytest

from services.rsvp.domain.guest_lists import GuestListRefused, read_acquainted, read_guest_list
from services.rsvp.domain.guest_lists.decoding import MAX_BYTES
from services.rsvp.domain.guest_lists.errors import (
    AddressesMissing,
    EncodingUnknown,
    HeaderMissing,
    ListEmpty,
    ListTooBig,
    NobodyOnTheList,
    NotAGuestList,
    TableBroken,
)
from services.rsvp.domain.guest_lists.tables import MAX_ROWS
from tests.rsvp.guest_lists.exports import table

ACCENTS = "Name,Email\r\nZoë Brontë,zoe@example.org\r\n"


@pytest.mark.parametrize(
    ("raw", "error", "said"),
    [
        (b"", ListEmpty, "The file is empty."),
        (b" \r\n\t\n", ListEmpty, "The file is empty."),
        (b"\xef\xbb\xbf", ListEmpty, "The file is empty."),
        (b"Email\n", NobodyOnTheList, "names its columns, but there is nobody on it."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", NotAGuestList, "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", NotAGuestList, "a JPEG image"),
        (b"PK\x03\x04\x14\x00", NotAGuestList, "an Excel workbook (or another ZIP archive)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NotAGuestList, "an old Excel workbook"),
        (b"%PDF-1.7\n", NotAGuestList, "a PDF"),
        (b"\x1f\x8b\x08", NotAGuestList, "a gzip archive"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", NotAGuestList, "a web page"),
        (bytes(range(128, 256)) * 3, EncodingUnknown, "cannot be read"),
        ("Имя,Email\nДана,d@example.org\n".encode("cp1251"), EncodingUnknown, "save it as “CSV UTF-8”"),
        ("名前,Email\n花子,h@example.org\n".encode("shift-jis"), EncodingUnknown, "save it as “CSV UTF-8”"),
        (b"\xff\xfe\x00\xd8\x00", EncodingUnknown, "says it is UTF-16-LE but is not"),
        (b'Name,Email\nDana,"d@example.org\n', TableBroken, "quote that opens in the row on line 2 is never closed"),
        (b'Name,Email\n"Dana" Reyes,d@example.org\n', TableBroken, "quotes in the row on line 2 do not match"),
        (b'Name,Email\n"' + b"x" * 200_000, TableBroken, "line 2 is far too long; perhaps a quote is missing"),
        (b"Name,Phone\nDana,12345\n", AddressesMissing, "There are no e-mail addresses in a table"),
        (b"dana@example.org\nlee@example.org\n", HeaderMissing, "Line 1 already holds an address"),
        (b"Dana,dana@example.org\nLee,lee@example.org\n", HeaderMissing, "Line 1 already holds an address"),
    ],
)
def test_one_clear_sentence(raw: bytes, error: type[GuestListRefused], said: str) -> None:
    with pytest.raises(error) as refused:
        read_guest_list(raw)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_file_of_100_megabytes_is_not_even_looked_at() -> None:
    with pytest.raises(ListTooBig, match=r"The file has 100 MB; a guest list may have 20 MB at most\.") as refused:
        read_guest_list(b"x" * 100_000_000)
    assert refused.value.status == 413
    assert MAX_BYTES == 20_000_000


def test_too_many_rows_are_too_many() -> None:
    with pytest.raises(ListTooBig, match="more than 50,000 rows"):
        read_guest_list(b"Email\n" + b"a@example.org\n" * (MAX_ROWS + 1))


def test_a_row_with_too_many_cells_is_refused_and_the_others_are_read() -> None:
    found = read_guest_list(
        table("Name,Email", "Dana,dana@example.org", "Park, Lee,lee@example.org", "Kim,kim@example.org,,")
    )
    assert [guest.email for guest in found.guests] == ["dana@example.org", "kim@example.org"]
    assert [refusal.line for refusal in found.refused] == [3]
    assert found.refused[0].reason == (
        "This row has 3 cells, but the header names 2 columns: an answer with a separator in it must stand in quotes."
    )


def test_rows_without_an_address_or_with_a_bad_one_are_refused_by_line() -> None:
    found = read_guest_list(
        table("Name,Email", "Dana,dana@example.org", "Lee,", "Kim,kim(at)example.org", ",,", "", "Ute,ute@example")
    )
    assert [refusal.line for refusal in found.refused] == [3, 4, 7]
    assert found.refused[0].reason == "There is no e-mail address in this row of a table."
    assert found.refused[1].reason.startswith("“kim(at)example.org” is not an e-mail address: ")


def test_an_unknown_status_is_not_guessed() -> None:
    found = read_guest_list(
        table("Email,Status", "a@example.org,going", "b@example.org,Going ", "c@example.org,bananas", "d@example.org,")
    )
    assert [guest.status for guest in found.guests] == ["going", "going", "invited"]
    assert found.refused[0].reason.startswith("“bananas” is not a status we know")


@pytest.mark.parametrize(
    ("raw", "notes"),
    [
        (ACCENTS.encode("utf-8-sig"), 0),
        (ACCENTS.encode("utf-16"), 0),
        (ACCENTS.encode("utf-16-le"), 0),
        (ACCENTS.encode("utf-16-be"), 0),
        (b"\xfe\xff" + ACCENTS.encode("utf-16-be"), 0),
        (ACCENTS.encode("utf-32"), 0),
        (ACCENTS.encode("cp1252"), 1),
        (ACCENTS.replace(",", ";").encode(), 0),
        (ACCENTS.replace(",", "\t").encode("utf-16"), 0),
        (("sep=;\r\n" + ACCENTS.replace(",", ";")).encode(), 0),
        (ACCENTS.replace("\r\n", "\r").encode(), 0),
        (("\r\n\r\n" + ACCENTS).encode(), 0),
    ],
)
def test_the_same_list_in_every_dress(raw: bytes, notes: int) -> None:
    found = read_guest_list(raw)
    assert [(guest.name, guest.email) for guest in found.guests] == [("Zoë Brontë", "zoe@example.org")]
    assert sum("Windows-1252" in note for note in found.notes) == notes


def test_one_byte_that_is_not_utf8_is_found_by_line() -> None:
    raw = "Name,Email\nZoë,zoe@example.org\nNoël,noel@example.org\n".encode() + "Ren\xe9,rene@example.org\n".encode(
        "latin-1"
    )
    with pytest.raises(EncodingUnknown, match="Line 4 holds a character that is not UTF-8"):
        read_guest_list(raw)


def test_a_nul_is_refused_by_line_and_field() -> None:
    found = read_guest_list(b"Name,Email\nDa\x00na,dana@example.org\nLee,lee@example.org\n")
    assert [guest.name for guest in found.guests] == ["Lee"]
    assert found.refused[0].line == 2
    assert found.refused[0].reason == "“name” holds a NUL character, which cannot be stored or mailed."


def test_an_answer_with_line_breaks_keeps_them_and_the_lines_count_on() -> None:
    found = read_guest_list(
        b'Email,What else?\r\na@example.org,"one\r\ntwo\nthree"\r\nb@example.org,x\r\nnot an address,y\r\n'
    )
    assert found.guests[0].answers == {"What else?": "one\r\ntwo\nthree"}
    assert [guest.line for guest in found.guests] == [2, 5]
    assert [refusal.line for refusal in found.refused] == [6]


def test_two_columns_of_one_name_are_two_questions() -> None:
    found = read_guest_list(table("Email,Why?,Why?", "a@example.org,one,two"))
    assert found.guests[0].answers == {"Why?": "one", "Why? (2)": "two"}


def test_an_answer_too_long_for_a_profile_is_kept_as_an_answer() -> None:
    long = "x" * 400
    found = read_guest_list(table("Email,What is your job title?", f"a@example.org,{long}"))
    assert found.guests[0].profile.role is None
    assert found.guests[0].answers == {"What is your job title?": long}
    assert found.notes[-1] == (
        "Line 2: the answer to “What is your job title?” is too long for a profile and is kept as an answer."
    )


def test_the_name_of_the_file_is_never_believed() -> None:
    written = io.StringIO()
    csv.writer(written, delimiter="\t").writerows([["Name", "Email"], ["Dana", "dana@example.org"]])
    assert read_guest_list(written.getvalue().encode(), filename="picture.png").guests[0].name == "Dana"


def test_acquaintances_need_two_columns_of_addresses() -> None:
    with pytest.raises(AddressesMissing, match="exactly two columns"):
        read_acquainted(b"Name,Email\nDana,dana@example.org\n")
    with pytest.raises(NobodyOnTheList):
        read_acquainted(b"a,b\n")


def test_acquaintances_once_each_whoever_stands_first() -> None:
    found = read_acquainted(
        b"who,whom,since\na@example.org,b@example.org,2019\nB@example.org,a@example.org,2020\n"
        b"c@example.org,c@EXAMPLE.org,x\nd@example.org,nobody,x\n"
    )
    assert [(one.key, other.key) for one, other in found.pairs] == [("a@example.org", "b@example.org")]
    assert [refusal.line for refusal in found.refused] == [4, 5]
