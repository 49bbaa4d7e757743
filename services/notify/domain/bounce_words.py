"""The place for the words by which mail hosts say that an address is gone, or only in trouble for now."""

import re


def _patterns(*words: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(word) for word in words)


GONE_STATUS = re.compile(r"(?<![\d.])5\.(?:1\.[12346]|1\.10|1\.0|4\.4|2\.4|4\.310)(?![\d.])")
"""RFC 3463: bad mailbox, system or syntax; moved; null MX (RFC 7505); a host that is not there."""

NOT_GONE = _patterns(
    r"quota|mailbox (?:is |for user is )?full|full mailbox|over ?quota|exceed(?:ed|s)?\b.{0,40}(?:quota|storage|limit|space)",
    r"insufficient (?:disk|system|storage|mailbox)|not enough (?:space|storage)|disk full|out of space|storage",
    r"\bspam|blacklist|blocklist|black list|block list|\bdnsbl|\brbl\b|spamhaus|blocked|reputation|junk",
    r"\bpolicy|policies|prohibited|not authori[sz]ed|unauthori[sz]ed|access denied|permission|not allowed|not permitted",
    r"\bdmarc\b|\bspf\b|\bdkim\b|authentication|unauthenticated",
    r"virus|malware|content (?:rejected|denied)|rejected due to content|suspicious",
    r"too (?:large|big|long|many)|size (?:limit|exceed)|message size|exceeds (?:the )?(?:maximum|size)",
    r"timed? ?out|time(?:d)? limit|temporar|try again|deferred|not responding|connection (?:refused|reset|failed)",
    r"delay|retry|undeliverable for|queue too long|expired|greylist|rate limit|throttl",
    r"disabled|suspended|inactive|not active|deactivated|account.{0,20}(?:hold|lock)|dormant|verified",
    r"out of (?:the )?office|relay(?:ing)? (?:access )?denied|unable to relay|relay not permitted",
    r"loop|too many hops|mail system|service unavailable|system error|configuration error|no route to host",
    r"\b4\.[0-7]\.\d{1,3}\b",
)

GONE = _patterns(
    r"user(?:s)? (?:is |was )?(?:unknown|not found|not known|does ?n.?o?t exist)|unknown (?:local )?(?:user|recipient|address|account)",
    r"no such (?:user|mailbox|recipient|address|person|account|local|domain|host|email)|no (?:mailbox|account|user|recipient) (?:here|by that name|found|with)",
    r"(?:does ?n.?o?t|do not|doesn.t) (?:exist|have an? (?:account|\S+ account))|non-?existent|not exist",
    r"(?:invalid|bad|illegal|unrouteable|undeliverable|nonexistent) (?:recipient|mailbox|address|user|account|domain|destination)",
    r"(?:recipient|mailbox|account|address|user|e-?mail)(?: address)?(?: is| was| has been)? (?:rejected|unavailable|not found|unknown|invalid|not valid|not listed|removed|closed|no longer)",
    r"not (?:found|listed|known|a valid|our customer)|isn.t (?:found|a valid)|no longer (?:valid|available|in use|with|employed|on)|has (?:moved|left)",
    r"(?:host|domain|name|mx|system) (?:name )?(?:is )?(?:unknown|not found|lookup failure|not exist)|unknown (?:host|domain)|host.{0,30}not found|couldn.t find any host|null mx|does not (?:accept|receive) mail|name service error",
    r"is not a (?:known|valid|registered)|can.?not (?:find|be found)|couldn.t be found|wasn.t found|unable to (?:find|deliver to (?:the )?(?:following )?(?:recipient|address))",
    r"this user doesn|delivery to the following recipients? failed|addresses? (?:had|failed)|unknown or illegal|not our customer",
)

RETURNED_BELOW = re.compile(
    r"^(?:[-_=*> ]{0,12}(?:below this line|this is a copy|original message|returned message|returned mail|"
    r"message (?:header|text|follows)|the (?:original|header)|included is|unsent message|start of returned)|"
    r"(?:Received|Return-Path|Message-ID|Delivered-To|DKIM-Signature): )",
    re.IGNORECASE | re.MULTILINE,
)

AUTO_REPLY_SUBJECT = re.compile(
    r"^(?:\W*)(?:auto(?:matic|mated)?[ -]?(?:reply|response|responder)|out of (?:the )?office|vacation|away from|"
    r"abwesenheit|automatische antwort|r[ée]ponse automatique|absence|fuera de)",
    re.IGNORECASE,
)
