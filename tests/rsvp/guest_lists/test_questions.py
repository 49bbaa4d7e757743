"""Which question asks for what: by its wording, with care, and by what people answered."""

import pytest

from services.rsvp.domain.guest_lists import Field, read_guest_list
from services.rsvp.domain.guest_lists.questions import asks_for
from services.rsvp.domain.profiles import Place
from tests.rsvp.guest_lists.exports import table


@pytest.mark.parametrize(
    ("question", "meaning"),
    [
        ("What are you interested in?", Field.INTERESTS),
        ("Which topics would you like to discuss?", Field.INTERESTS),
        ("Sessions you plan to attend", Field.INTERESTS),
        ("Your research interests", Field.INTERESTS),
        ("¿Qué te interesa?", Field.INTERESTS),
        ("Wofür interessierst du dich?", Field.INTERESTS),
        ("I can offer", Field.OFFERS),
        ("What could you help others with?", Field.OFFERS),
        ("What can you teach?", Field.OFFERS),
        ("I am looking for", Field.ASKS),
        ("What are you looking for?", Field.ASKS),
        ("Who would you like to meet?", Field.ASKS),
        ("Who do you want to be introduced to?", Field.ASKS),
        ("What do you need help with?", Field.ASKS),
        ("What do you hope to get out of this evening?", Field.GOALS),
        ("Job title", Field.ROLE),
        ("What is your job title?", Field.ROLE),
        ("What do you do?", Field.ROLE),
        ("Your current role", Field.ROLE),
        ("Company", Field.EMPLOYER),
        ("What organisation are you affiliated with?", Field.EMPLOYER),
        ("Which library do you work for?", Field.EMPLOYER),
        ("Where do you work?", Field.EMPLOYER),
        ("How many guests are you bringing?", Field.GUESTS),
        ("Number of additional guests", Field.GUESTS),
        ("+1", Field.GUESTS),
        ("Would you like to be introduced to other attendees?", Field.CONSENT),
        ("How many people would you like to meet?", Field.AT_MOST),
        ("How many mentees could you take on?", Field.AT_MOST),
        ("How many people do you bring with you?", Field.GUESTS),
        ("May we show your name in the picture of who meets whom?", Field.NAME_SHOWN),
        ("May we share your profile with other attendees?", Field.CONSENT),
        ("Are you an introvert or an extrovert?", Field.PACE),
        ("How far away may the people live whom you meet?", Field.REACH),
        ("Where are you based?", Field.PLACE),
        ("Which languages do you speak?", Field.LANGUAGES),
        ("A networking tip for newcomers", Field.TIP),
        ("E-Mail-Adresse", Field.EMAIL),
        ("Correo electrónico", Field.EMAIL),
        ("Prénom", Field.FIRST_NAME),
        ("Full Name", Field.NAME),
    ],
)
def test_a_plain_question_is_understood(question: str, meaning: Field) -> None:
    assert asks_for(question) is meaning


@pytest.mark.parametrize(
    "question",
    [
        "linkedin_click_id", "What is your LinkedIn profile?", "Ruc de la empresa", "Company VAT ID",
        "Company website", "Company size", "College name", "Parent's name", "Emergency contact name",
        "Are you interested in volunteering?", "Are you interested in sponsoring the event?",
        "What can we offer to make this better?", "How did you hear about this event?", "Dietary needs",
        "Which programming languages do you use?", "T-shirt size", "Opted In To Marketing",
        "I agree to the code of conduct", "Do you agree to be photographed? Photo consent",
        "Of which IEEE Societies and/or Affinity Groups are you a member?", "What makes you want to join the event?",
        "Your role at the event as a volunteer", "WhatsApp number", "Age", "Pronouns", "Home Zip", "Invoice company",
        "Work phone", "Did you enter your full name? (Enter your full name)",
    ],
)  # fmt: skip
def test_a_question_that_is_not_plain_is_left_alone(question: str) -> None:
    assert asks_for(question) is None


def test_a_yes_or_no_is_no_ask_no_interest_and_no_role() -> None:
    found = read_guest_list(
        table(
            "Email,What are you looking for?,Interests,Job title",
            "a@example.org,yes,No,1",
            "b@example.org,no,Yes,2",
        )
    )
    assert {column.taken_for for column in found.columns[1:]} == {Field.ANSWER}
    assert found.guests[0].answers == {"What are you looking for?": "yes", "Interests": "No", "Job title": "1"}


def test_consent_is_a_plain_yes_and_nothing_else() -> None:
    question = "Would you like to be introduced to others?"
    found = read_guest_list(
        table(f"Email,{question}", "a@example.org,Yes!", "b@example.org,no", "c@example.org,", "d@example.org,Oui")
    )
    assert [guest.introductions for guest in found.guests] == [True, False, False, True]


def test_a_column_about_introductions_in_free_text_is_no_consent() -> None:
    found = read_guest_list(
        table("Email,I want introductions to", "a@example.org,archivists", "b@example.org,anybody kind")
    )
    assert [guest.introductions for guest in found.guests] == [None, None]
    assert found.guests[0].answers == {"I want introductions to": "archivists"}


def test_a_status_column_of_other_words_is_only_an_answer() -> None:
    found = read_guest_list(table("Email,Status", "a@example.org,Member", "b@example.org,Student"))
    assert [guest.status for guest in found.guests] == ["going", "going"]
    assert found.guests[1].answers == {"Status": "Student"}


def test_guests_that_are_no_number_are_kept_as_words() -> None:
    found = read_guest_list(
        table("Email,Guests", "a@example.org,+1", "b@example.org,two", "c@example.org,my sister", "d@example.org,no")
    )
    assert [guest.guests for guest in found.guests] == [1, 2, 0, 0]
    assert found.guests[2].answers == {"Guests": "my sister"}


def test_lists_are_split_as_their_column_is_and_prose_stays_whole() -> None:
    found = read_guest_list(
        table(
            "Email;Interests;I can offer",
            'a@example.org;"maps, zines (old, new), Maps";"I can help with grants, small ones."',
            "b@example.org;trail running;MARC clean-up",
        )
    )
    assert found.guests[0].profile.interests == ("maps", "zines (old, new)")
    assert found.guests[0].profile.offers == ("I can help with grants, small ones.",)
    assert found.guests[1].profile.offers == ("MARC clean-up",)


def test_pace_reach_and_place_are_read_from_everyday_words() -> None:
    found = read_guest_list(
        table(
            "Email,Are you an introvert or an extrovert?,Reach,Where are you based?",
            'a@example.org,Introvert,my region,"Asheville, NC"',
            'b@example.org,a bit of both,anywhere,"Lyon, France"',
            "c@example.org,very outgoing,local,Berlin",
        )
    )
    assert [(guest.profile.pace, guest.profile.reach) for guest in found.guests] == [
        ("quiet", "region"),
        ("balanced", "anywhere"),
        ("outgoing", "local"),
    ]
    assert [guest.profile.place for guest in found.guests] == [
        Place(city="Asheville", region="NC"),
        Place(city="Lyon", country="France"),
        Place(city="Berlin"),
    ]


def test_two_questions_for_one_thing_the_first_counts_and_lists_add_up() -> None:
    found = read_guest_list(
        table(
            "Email,Company,Employer,Interests,Topics of interest",
            "a@example.org,Ridge Library,Hill Library,maps,zines",
        )
    )
    guest = found.guests[0]
    assert (guest.profile.employer, guest.profile.interests) == ("Ridge Library", ("maps", "zines"))
    assert guest.answers == {"Employer": "Hill Library"}


def test_a_name_beside_the_address_is_taken() -> None:
    found = read_guest_list(table("Email", "Dana Reyes <dana@example.org>", " mailto:lee@example.org "))
    assert [(guest.name, guest.email) for guest in found.guests] == [
        ("Dana Reyes", "dana@example.org"),
        ("", "lee@example.org"),
    ]


def test_the_same_person_twice_is_one_and_the_larger_number_of_guests_counts() -> None:
    found = read_guest_list(table("Email,Name,Guests,Interests", "A@example.org,,1,maps", "a@Example.ORG,Dana,2,zines"))
    (guest,) = found.guests
    assert (guest.line, guest.name, guest.guests, guest.profile.interests) == (2, "Dana", 2, ("maps",))
    assert found.notes[-1] == "Lines 2 and 3 have the same address: counted as one person, going with 2 guests."
