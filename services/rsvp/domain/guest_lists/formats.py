"""The place for what each tool's export looks like: by which columns it is known, and what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.rsvp.domain.guest_lists.records import Field

_ENOUGH = 0.6  # of a format's telltale columns: exports drop and rename some with every age


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of export. `rows_are_tickets`: several rows with one address are one person and their guests."""

    name: str
    title: str
    telltales: frozenset[str]
    known: Mapping[str, Field] = field(default_factory=dict)
    rows_are_tickets: bool = False
    note: str = ""


def folded(header: str) -> str:
    """A header as it is compared: case and repeated blanks do not count."""
    return " ".join(header.casefold().split())


def format_of(header: Iterable[str]) -> Format:
    """The format whose telltale columns the header has most of; `GENERIC` when none has enough."""
    names = {folded(name) for name in header}
    if ROSTER.telltales <= names:
        return ROSTER
    seen = [(known, len(known.telltales & names)) for known in FORMATS]
    likely = [(known, count) for known, count in seen if count >= _ENOUGH * len(known.telltales)]
    if likely:
        return max(likely, key=lambda found: found[1])[0]
    return GOOGLE_FORMS if names & TIMESTAMPS else GENERIC


def _columns(ignored: str = "", **known: str) -> dict[str, Field]:
    """Columns separated by `|`, in the order in which the tool writes them."""
    taken = {name: Field[meaning] for meaning, names in known.items() for name in names.split("|")}
    return taken | dict.fromkeys(filter(None, ignored.split("|")), Field.IGNORED)


def _telltales(names: str) -> frozenset[str]:
    return frozenset(names.split("|"))


ROSTER = Format(
    "tablemates",
    "Tablemates' own roster",
    _telltales("id|email|name|status|guests|introductions|checked_in|asks|offers|pace|reach"),
    _columns(
        EXTERNAL_ID="id", EMAIL="email", NAME="name", STATUS="status", GUESTS="guests", CONSENT="introductions",
        SHARE="share", CHECKED_IN="checked_in", CREATED_AT="created_at", UPDATED_AT="updated_at", ROLE="role",
        EMPLOYER="employer", STAGE="stage", INTERESTS="interests", GOALS="goals", ASKS="asks", OFFERS="offers",
        PACE="pace", AT_MOST="at_most", REACH="reach",
        CITY="city", REGION="region", COUNTRY="country", LANGUAGES="languages",
        TIP="tip",
    ),
)  # fmt: skip

LUMA = Format(
    "luma",
    "Luma's guest list",
    _telltales("name|first_name|last_name|email|created_at|approval_status|qr_code_url|ticket_name"),
    _columns(
        EXTERNAL_ID="guest_id|api_id", EMAIL="email", NAME="name", FIRST_NAME="first_name", LAST_NAME="last_name",
        STATUS="approval_status", CREATED_AT="created_at", CHECKED_IN="checked_in_at",
        ignored="phone_number|custom_source|utm_source|utm_medium|utm_campaign|utm_term|utm_content|google_click_id"
        "|meta_click_id|x_click_id|linkedin_click_id|tiktok_click_id|reddit_click_id|yandex_click_id|referrer"
        "|referred_by|qr_code_url|amount|amount_tax|amount_discount|currency|coupon_code|eth_address"
        "|solana_address|survey_response_rating|survey_response_feedback|ticket_type_id|ticket_name",
    ),
)  # fmt: skip

EVENTBRITE = Format(
    "eventbrite",
    "Eventbrite's attendee report",
    _telltales("order #|order date|attendee #|attendee status|ticket type|quantity"),
    _columns(
        EXTERNAL_ID="attendee #", EMAIL="email|email address", FIRST_NAME="first name",
        LAST_NAME="last name|surname", STATUS="attendee status", QUANTITY="quantity|ticket quantity",
        CREATED_AT="order date", ROLE="job title", EMPLOYER="company", CITY="home city", REGION="home state",
        COUNTRY="home country", ORDER_EMAIL="buyer email",
        ignored="order #|order id|event name|event id|barcode #|price tier|ticket type|ticket price|group|order type"
        "|currency|total paid|fees paid|eventbrite fees|eventbrite payment processing|prefix|suffix|cell phone"
        "|home phone|work phone|home address 1|home address 2|home zip|shipping address 1|shipping address 2"
        "|shipping city|shipping state|shipping zip|shipping country|work address 1|work address 2|work city"
        "|work state|work zip|work country|gender|age|birth date|website|blog|buyer first name|buyer last name"
        "|buyer surname|discount|date attending|delivery method",
    ),
    rows_are_tickets=True,
)  # fmt: skip

PARTIFUL = Format(
    "partiful",
    "Partiful's guest list",
    _telltales("name|status|rsvp date|is plus one of"),
    _columns(NAME="name", STATUS="status", CREATED_AT="rsvp date", GUEST_OF="is plus one of", ignored="invited by"),
)

MEETUP = Format(
    "meetup",
    "Meetup's attendee list",
    _telltales("name|user id|title|event host|rsvp|guests|rsvped on|joined group on|url of member profile"),
    _columns(
        EXTERNAL_ID="user id", NAME="name", STATUS="rsvp", GUESTS="guests", CREATED_AT="rsvped on",
        CHECKED_IN="attendance", ignored="title|event host|joined group on|url of member profile|notes",
    ),
)  # fmt: skip

MEETUP_MEMBERS = Format(
    "meetup",
    "Meetup's member list",
    _telltales("name|user id|member id|joined group on|last visited group on|total rsvps|url of member profile"),
    _columns(
        EXTERNAL_ID="member id", NAME="name", PLACE="location",
        ignored="user id|title|joined group on|last visited group on|last attended|total rsvps|rsvped yes"
        "|rsvped maybe|rsvped no|meetups attended|no shows|intro|photo|assistant organizer|mailing list"
        "|url of member profile",
    ),
)  # fmt: skip

_PRETIX_IGNORED = (
    "event slug|event name|phone number|product|product id|variation|variation id|price|tax rate|tax rule"
    "|tax value|voucher|voucher code|voucher budget usage|voucher tag|pseudonymization id|ticket secret|seat id"
    "|seat name|seat zone|seat row|seat number|blocked|valid from|valid until|order comment|comment|follow-up date"
    "|company (2)|invoice address company|invoice address name|invoice address street|invoice address zip code"
    "|invoice address city|invoice address country|invoice address state|vat id|sales channel|order locale"
    "|e-mail address verified|email address verified|external customer id|check-in lists|check-in text"
    "|payment providers|position order link|order link|address|zip code|requires special attention|start date"
    "|end date|invoice address name: given name|invoice address name: family name"
)

PRETIX = Format(
    "pretix",
    "pretix's list of order positions",
    _telltales("order code|position id|status|attendee name|attendee email|pseudonymization id|order date"),
    _columns(
        ORDER_ID="order code", EXTERNAL_ID="position id", STATUS="status", ORDER_EMAIL="email|e-mail",
        EMAIL="attendee email", NAME="attendee name", FIRST_NAME="attendee name: given name",
        LAST_NAME="attendee name: family name", EMPLOYER="attendee company|company", CITY="city",
        COUNTRY="country", REGION="state", CREATED_AT="order date", CREATED_TIME="order time",
        ADDON_TO="add-on to position id", ignored=_PRETIX_IGNORED,
    ),
    rows_are_tickets=True,
)  # fmt: skip

PRETIX_ORDERS = Format(
    "pretix",
    "pretix's list of orders",
    _telltales("order code|order total|status|email|date of last payment|positions|order locale"),
    _columns(
        EXTERNAL_ID="order code", STATUS="status", EMAIL="email|e-mail", NAME="name", QUANTITY="positions",
        CREATED_AT="order date", CREATED_TIME="order time",
        ignored=f"{_PRETIX_IGNORED}|order total|company|city|country|state|custom address field"
        "|date of last payment|fees|invoice numbers",
    ),
    rows_are_tickets=True,
    note="This is the list of orders: whoever ordered counts as the person, with the other tickets as guests. "
    "The list of order positions names each attendee.",
)  # fmt: skip

PRETIX_CHECKIN = Format(
    "pretix",
    "pretix's check-in list",
    _telltales("order code|attendee name|product|checked in|paid|email|automatically checked in"),
    _columns(
        EXTERNAL_ID="order code", NAME="attendee name", CHECKED_IN="checked in", PAID="paid", EMAIL="email|e-mail",
        EMPLOYER="company", CREATED_AT="order date", CREATED_TIME="order time", CITY="city", COUNTRY="country",
        ignored=f"{_PRETIX_IGNORED}|checked out|automatically checked in",
    ),
    rows_are_tickets=True,
)  # fmt: skip

PRETIX_WAITING = Format(
    "pretix",
    "pretix's waiting list",
    _telltales("name|email|product id|variation id|language|priority|status|voucher code"),
    _columns(
        NAME="name", EMAIL="email|e-mail", STATUS="status", CREATED_AT="date", LANGUAGES="language",
        ignored=f"{_PRETIX_IGNORED}|priority|date (2)",
    ),
)  # fmt: skip

HIEVENTS = Format(
    "hievents",
    "Hi.Events' attendee list",
    _telltales("first name|last name|email|product id|product name|event id|public id|short id"),
    _columns(
        EXTERNAL_ID="public id", FIRST_NAME="first name", LAST_NAME="last name", EMAIL="email", STATUS="status",
        CHECKED_IN="check ins", CREATED_AT="created date",
        ignored="id|product id|product name|event id|short id|last updated date|notes",
    ),
    rows_are_tickets=True,
)  # fmt: skip

HIEVENTS_ORDERS = Format(
    "hievents",
    "Hi.Events' list of orders",
    _telltales("total before additions|total gross|payment status|refund status|is manually created|promo code"),
    _columns(
        EXTERNAL_ID="public id", FIRST_NAME="first name", LAST_NAME="last name", EMAIL="email", STATUS="status",
        CREATED_AT="created at", REFUNDED="is fully refunded",
        ignored="id|total before additions|total gross|total tax|total fee|total refunded|payment status"
        "|refund status|currency|payment provider|is partially refunded|is free order|is manually created"
        "|billing address|notes|promo code|opted in to marketing",
    ),
    note="This is the list of orders: each counts as one person, since it does not say how many tickets it has. "
    "The list of attendees names each of them.",
)  # fmt: skip

HIEVENTS_ANSWERS = Format(
    "hievents",
    "Hi.Events' sheet of answers",
    _telltales("question|answer|order id|order email|attendee name|attendee email"),
    _columns(
        QUESTION="question", REPLY="answer", EMAIL="attendee email", ORDER_EMAIL="order email",
        NAME="attendee name", ignored="order id|product|order url",
    ),
    note="This sheet has a row for each answer and names only people who answered something, cancelled ones too: "
    "import the list of attendees first.",
)  # fmt: skip

INDICO = Format(
    "indico",
    "Indico's list of registrants",
    _telltales("registration date|modification date|registration state|created by"),
    _columns(
        EXTERNAL_ID="id", NAME="name", FIRST_NAME="first name", LAST_NAME="last name",
        EMAIL="email address|email", EMPLOYER="affiliation", ROLE="position", COUNTRY="country",
        STATUS="registration state", CREATED_AT="registration date", CHECKED_IN="checked in",
        ignored="modification date|created by|price|check-in date|payment date|tags|phone|title",
    ),
)  # fmt: skip

TIMESTAMPS = _telltales(
    "timestamp|zeitstempel|horodateur|marca temporal|carimbo de data/hora|informazioni cronologiche|tijdstempel"
)

GOOGLE_FORMS = Format(
    "google_forms",
    "a Google Form's answers",
    TIMESTAMPS,
    dict.fromkeys(TIMESTAMPS, Field.UPDATED_AT) | {"email address": Field.EMAIL, "username": Field.EMAIL},
)

GENERIC = Format("csv", "a table", frozenset())

FORMATS = (
    LUMA, EVENTBRITE, PARTIFUL, MEETUP, MEETUP_MEMBERS, PRETIX, PRETIX_ORDERS, PRETIX_CHECKIN, PRETIX_WAITING,
    HIEVENTS, HIEVENTS_ORDERS, HIEVENTS_ANSWERS, INDICO,
)  # fmt: skip
