"""The place for why a whole file cannot be read as a guest list: one clear sentence each."""

from typing import ClassVar

from shared.errors import TablematesError


class GuestListRefused(TablematesError):
    """This file cannot be read as a guest list."""

    code: ClassVar[str] = "guest_list_refused"
    status: ClassVar[int] = 422


class ListEmpty(GuestListRefused):
    """The file is empty."""

    code = "guest_list_empty"


class NobodyOnTheList(GuestListRefused):
    """The list names its columns, but there is nobody on it."""

    code = "guest_list_nobody"


class ListTooBig(GuestListRefused):
    """The file is too big for a guest list."""

    code = "guest_list_too_big"
    status = 413


class NotAGuestList(GuestListRefused):
    """This is not a guest list."""

    code = "guest_list_not_one"


class EncodingUnknown(GuestListRefused):
    """The file's characters cannot be read: save it as “CSV UTF-8” and import it again."""

    code = "guest_list_encoding_unknown"


class TableBroken(GuestListRefused):
    """The table is broken."""

    code = "guest_list_table_broken"


class HeaderMissing(GuestListRefused):
    """The first line must name the columns, one of them “Email”."""

    code = "guest_list_header_missing"


class AddressesMissing(GuestListRefused):
    """No column holds e-mail addresses, so nobody could be written to: add a column named “Email”."""

    code = "guest_list_addresses_missing"


class AddressesUnclear(GuestListRefused):
    """Several columns hold e-mail addresses: name the attendees' own “Email”."""

    code = "guest_list_addresses_unclear"
