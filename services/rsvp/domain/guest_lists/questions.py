"""The place for which question of an organiser asks for which part of a profile, by its wording.

Each pattern is read against the question in lower case, without accents and punctuation. A question is only
taken when its wording is plain: a wrong guess would put a tax number where an employer belongs and show it to
strangers, while a question that is not recognised is kept with its answer and nothing is lost.
"""

import re
import unicodedata

from services.rsvp.domain.guest_lists.records import Field
from services.rsvp.domain.profiles import QUESTION_MAX

_NAMES = {
    Field.EMAIL: "email|e mail|email address|e mail address|mail|mail address|your email|your e mail|your email address"
    "|attendee email|guest email|contact email|work email|what is your email|what is your email address"
    "|correo|correo electronico|direccion de correo electronico|email adresse|e mail adresse|mailadresse"
    "|adresse email|adresse e mail|adresse mail|courriel|endereco de email|endereco de e mail|indirizzo email",
    Field.NAME: "name|full name|your name|your full name|attendee|attendee name|guest|guest name|display name"
    "|participant|participant name|first and last name|name first and last|what is your name|what is your full name"
    "|nombre completo|nombre y apellido|nombre y apellidos|nom complet|vollstandiger name|nome completo",
    Field.FIRST_NAME: "first name|given name|forename|firstname|nombre|nombres|prenom|vorname|primeiro nome",
    Field.LAST_NAME: "last name|surname|family name|lastname|apellido|apellidos|nom de famille|nachname|sobrenome",
    Field.STATUS: "status|rsvp|rsvp status|response|approval status|registration status|attendee status|attending"
    "|will you attend|will you be attending|are you attending|are you coming|will you come|can you make it"
    "|estado|statut|antwort",
    Field.GUESTS: "guests|plus ones|plus one|1|1s|additional guests|extra guests|number of guests|guest count",
    Field.CHECKED_IN: "checked in|check in|checked in at|check ins",
    Field.CREATED_AT: "created|created at|registered at|registered on|registration date|rsvp date|rsvped on|date"
    "|registration time|submitted at|signed up at",
    Field.UPDATED_AT: "updated|updated at|last updated|modified at|last modified|mtime",
    Field.EXTERNAL_ID: "id|guest id|attendee id|registration id|rsvp id|external id|ticket id|order id",
    Field.CONSENT: "introductions|consent|introductions consent|consent to introductions",
    Field.ROLE: "role|job|job title|occupation|profession|position|your role|your job|cargo|puesto|beruf|profissao",
    Field.EMPLOYER: "employer|company|company name|organization|organisation|organization name|organisation name"
    "|affiliation|institution|workplace|company organization|company organisation|library|empresa|firma"
    "|entreprise|organizacion|organisme|institucion|arbeitgeber",
    Field.STAGE: "stage|career stage",
    Field.INTERESTS: "interests|topics|hobbies|intereses|interessen|centres d interet|interesses",
    Field.GOALS: "goals|goal|objectives",
    Field.ASKS: "asks|ask|needs|looking for|seeking|i need|i want",
    Field.OFFERS: "offers|offer|offering|can help with|i offer|i can offer",
    Field.PACE: "pace|introvert or extrovert|introvert or extravert",
    Field.REACH: "reach",
    Field.PLACE: "location|place|where are you based|where do you live|where are you located|hometown|based in",
    Field.CITY: "city|town|home city|ciudad|ville|stadt|cidade",
    Field.REGION: "region|state|province|state province|county|home state",
    Field.COUNTRY: "country|home country|pais|pays|land",
    Field.LANGUAGES: "languages|language|languages spoken|idiomas|sprachen|langues",
    Field.TIP: "tip|networking tip|your tip|a tip",
}  # fmt: skip
_NAMED = {name: field for field, names in _NAMES.items() for name in names.split("|")}

# Nothing below may be taken for a part of a profile, whatever else its wording holds.
_NEVER = re.compile(
    r"click id|\butm\b|\bid\b|\b(dni|ruc|nif|cif|cpf|cnpj|vat|tax|ssn|iban)\b|linked ?in|twitter|instagram|facebook"
    r"|github|telegram|whatsapp|discord|website|\burl\b|\blinks?\b|phone|telefon|movil|celular|\bzip\b|postcode"
    r"|postal|street|birth|\bage\b|gender|pronoun|diet|allerg|\bmeal|vegetarian|shirt|\bsize\b|accessib|emergency"
    r"|parent|guardian|hear (about|of)|heard|find out about|referr|photo|terms|conduct|privacy|gdpr|marketing"
    r"|newsletter|updates|sponsor|volunteer|salary|password|payment|invoice|billing|ticket|parking|transport"
    r"|programming language|coding language|how many (years|employees|people work)|member(ship)? (number|no)\b"
)

_BRINGING = r"(bring|bringing)( a| any)?"
_WOULD_YOU = (
    r"^(would you like|do you want|may we|can we|shall we|are you (happy|open|willing)|i (would|want|agree|consent)"
    r"|i am happy|yes|please|happy|opt in|consent) "
)
_WOULD = "(would|do|can|could|will|may) (you|we)"
_OTHERS = r"(others?|people|fellow|attendees)"
_TO_MEET = "(looking for|looking to meet|want to meet|like to meet|hope to meet|hoping to meet|wish to meet)"
_WORK = "(company|organi[sz]ation|library|institution|employer|school|firm|agency)"
_JOB = "(job title|job|role|position|occupation|profession)"
_GOOD_AT = "(interested in|into|passionate about)"
_PICKED = "(topics|subjects|themes|areas|sessions|tracks|workshops)"

_WORDINGS: dict[Field, tuple[str, ...]] = {
    Field.GUESTS: (
        r"how many (extra |additional |other )?(guests|plus ones)",
        r"how many (people|persons|friends) .*(bring|with you)",
        r"number of (extra |additional )?guests",
        rf"{_BRINGING} (guests?|plus ones?|friends?)\b",
        r"(guests|plus ones?) (are you|will you be|you are) bringing",
        r"cuantos (invitados|acompanantes)|wie viele gaste",
    ),
    Field.CONSENT: (
        rf"{_WOULD_YOU}.*introduc(e|ed|ing|tions?)\b",
        rf"{_WOULD_YOU}.*match(ed)? (me |you )?with {_OTHERS}",
        rf"{_WOULD_YOU}.*share (my|your) (profile|interests) with {_OTHERS}",
    ),
    Field.NAME_SHOWN: (r"(may|can|shall) we (show|write|print|display) your name\b",),
    Field.ASKS: (
        rf"(what|who|whom) (are|do|would|else) .*{_TO_MEET}",
        r"(who|whom) (do|would) you .*be introduced to",
        r"^(i am|i m) (looking for|seeking)|^what do you need\b|^i (need|could use) ",
        r"help (do|would) you (need|want|like)|(need|want|like) help with|want to learn from others?",
        r"que (buscas|necesitas)|was suchst du|que cherchez",
    ),
    Field.OFFERS: (
        r"what (can|could|do|would) you (like to )?(offer|share|teach|help)",
        rf"(can|could|happy to|able to|willing to) (you )?(offer|help) {_OTHERS}",
        r"(can|could|happy to|able to|willing to) (you )?(offer|help) with",
        r"^i (can|could) (offer|help)|what are you offering|help others with",
        r"expertise (can|could|would) you|skills (can|could|do) you (share|offer|bring)",
        r"que (ofreces|puedes ofrecer)|was (bietest|kannst) du",
    ),
    Field.GOALS: (
        r"what (do|are|would) you (want|hope|hoping|like) to (get|gain|achieve|take|learn)",
        r"hoping to (get|gain|achieve)|(your|networking) goals?\b|want from networking|what do you want from",
        r"get out of (this|the|it|networking)",
    ),
    Field.INTERESTS: (
        rf"what {_PICKED}? ?(are|do) you ({_GOOD_AT}|enjoy)",
        rf"(which|what) {_PICKED} (are|do|will|would) (you|interest)",
        rf"{_PICKED} you (plan|want|would like|will|wish|are)",
        r"(topics|areas|fields|subjects) of (your )?interest",
        r"(your|research|main|professional|personal) (interests|hobbies)\b",
        r"interested in (talking|discussing|hearing|learning)",
        r"que te interesa|(tus|sus) intereses|wofur interessier|deine interessen|vos (centres d )?interets",
    ),
    Field.STAGE: (r"career stage|stage (of|in) your career|where are you in your career",),
    Field.PACE: (
        r"introver.*extr[ao]ver|extr[ao]ver.*introver",
        r"how do you like to (network|meet)|pace .*(introduc|network|meet)",
    ),
    Field.AT_MOST: (
        rf"how many (people|others|introductions|mentees) {_WOULD} .*(meet|mentor|take on|introduc|want|get)",
    ),
    Field.REACH: (r"how far (away )?(can|may|should|would|are) .*(meet|introduc|people|live|travel)",),
    Field.TIP: (r"(networking|conversation|your|best|any|a) tips?\b.*(share|network|newcomer|other|meet|$)",),
    Field.LANGUAGES: (
        r"(which|what) languages? (do|can) you speak|languages? (that )?you speak|que idiomas|welche sprachen",
    ),
    Field.EMPLOYER: (
        rf"(what|which) {_WORK}\b.* (work|affiliated|represent|with|from|at|for)\b",
        r"where do you (currently )?work\b|who do you work for|who is your employer",
        rf"name of (your |the )?{_WORK}|your ({_WORK}|affiliation|workplace)( name)?$",
        r"(empresa|organizacion|compania) (trabajas|trabaja|perteneces)|nombre de (la|tu|su) empresa$",
        r"wo arbeite|ou travaill",
    ),
    Field.ROLE: (
        rf"(what is your|what s your|your) (current )?{_JOB}( at (work|your {_WORK}))?$",
        r"job title|current (role|position|job)$",
        r"what do you do( for (a living|work)| professionally)?$",
        r"(cual es )?(tu|su) (cargo|puesto|profesion)$|was (machst|arbeitest) du|quel est votre (poste|metier)",
    ),
    Field.PLACE: (
        r"where are you (based|located|living|from|coming from|joining from|travell?ing from)",
        r"where do you live|(what|which) (city|town) (are|do) you|city and (state|country)",
        r"de donde (eres|vienes)|wo wohn|woher komm|ou habite",
    ),
}
_WORDED = tuple((field, re.compile("|".join(wordings))) for field, wordings in _WORDINGS.items())


def plain(header: str) -> str:
    """A question in lower case, without accents and punctuation."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", header.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def asks_for(header: str) -> Field | None:
    """The part of a guest that a column's header plainly asks for; None when it is a question of its own."""
    question = plain(header[:QUESTION_MAX])  # patterns with two stars are slow on an endless one
    if named := _NAMED.get(question) or _NAMED.get(question.removesuffix(" required").removesuffix(" optional")):
        return named
    if _NEVER.search(question):
        return None
    return next((field for field, pattern in _WORDED if pattern.search(question)), None)


def is_machinery(header: str) -> bool:
    """Whether a column is a tool's own (where a click came from), not a question of the organiser."""
    return bool(re.fullmatch(r"[a-z]+_click_?id|gclid|fbclid|utm_[a-z_]+", header.strip().casefold()))
