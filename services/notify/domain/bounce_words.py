"""The place for the words by which mail hosts say that an address is gone, or only in trouble for now."""

import re


def _patterns(*words: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(word) for word in words)


GONE_STATUS = re.compile(r"(?<![\d.])5\.(?:1\.(?:0|1|2|3|4|6|10|351)|4\.4|4\.310)(?![\d.])")
"""RFC 3463: bad mailbox, system or syntax; moved; null MX (RFC 7505); a host that is not there."""

SENDER_STATUS = re.compile(r"(?<![\d.])[45]\.1\.[78](?![\d.])")
"""It is our own address that was refused, whatever the words say."""

SURELY_GONE = _patterns(
    r"(?:user|recipient|mailbox|account) (?:is )?unknown|unknown (?:local )?(?:user|recipient|mailbox)",
    r"no such (?:user|mailbox|recipient|person|account)",
    r"recipient address rejected: access denied",  # how Exchange Online says that there is nobody by that name
)
"""Outweighs words of trouble in the same sentence."""

NOT_GONE = _patterns(
    r"quota|mailbox (?:is |for user is )?full|full mailbox|mailfolder is full|mailbox size",
    r"storage|disk space|disk full",
    r"exceed(?:ed|s)?\b.{0,40}(?:limit|space)|insufficient|not enough|out of space|too much mail",
    r"\bspam|blacklist|blocklist|black list|block list|\bdnsbl|\brbl\b|spamhaus|blocked|reputation|junk",
    r"\bpolicy|policies|prohibited|not authori[sz]ed|unauthori[sz]ed|access denied|permission",
    r"not allowed|not permitted|not accepting mail from",
    r"\bdmarc\b|\bspf\b|\bdkim\b|authentication|unauthenticated|header error",
    r"virus|malware|content (?:rejected|denied)|rejected due to content|suspicious",
    r"too (?:large|big|long|many)|message size|size limit|exceeds (?:the )?(?:maximum|size)",
    r"timed? ?out|time limit|temporar|try again later|deferred|not responding|connection (?:refused|reset|failed)",
    r"delayed|queue too long|expired|greylist|rate limit|throttl",
    r"relay(?:ing)? (?:access )?denied|unable to relay|relay not permitted",
    r"loop|too many hops|service unavailable|system error|configuration error|couldn't create|no route to host",
    r"sender (?:address )?rejected|domain of sender|valid sender|sender domain",
    r"\b4\.[0-7]\.\d{1,3}\b",
)

ASLEEP = _patterns(r"disabled|suspended|inactive|not active|deactivated|account.{0,20}(?:hold|lock)|dormant|verified")
"""May wake up again, unless the status says that there is no such mailbox."""

GONE = _patterns(
    r"users? (?:was )?(?:not found|not known|does ?n.?o?t exist)",
    r"unknown (?:address|account|or illegal)|no such (?:address|local|domain|host|e-?mail)",
    r"no (?:mailbox|account|user|recipient) (?:here|by that name|found|with)|no valid recipients",
    r"(?:does ?n.?o?t|do not) (?:exist|have an? (?:account|\S+ account))|non-?existent|not exist|n'existe pas",
    r"(?:invalid|bad|illegal|unrouteable|nonexistent) (?:recipient|mailbox|address|user|account|domain|destination)",
    r"invalid final delivery userid",
    r"(?:recipient|mailbox|account|address|user|e-?mail)(?: address)?(?: is| was| has been)? "
    r"(?:rejected|unavailable|not found|invalid|not valid|not listed|removed|closed|no longer)",
    r"not (?:listed|known|a valid|our customer|in .{0,40}directory)|isn't (?:found|a valid)",
    r"no longer (?:valid|available|in use|with|employed|on)|has (?:moved|left)",
    r"(?:host|domain|mx|system) (?:name )?(?:is )?(?:unknown|not found|lookup failure|not exist)",
    r"unknown (?:host|domain)|host.{0,30}not found|couldn't find any host|null mx|no smtp service",
    r"does not (?:accept|receive) mail|name service error|is not a (?:known|valid|registered)",
    r"can.?not (?:find|be found)|couldn't be found|wasn't found|unable to find|見つかりません",
    r"no final email delivery point|not have a final email delivery point|this user doesn",
)

RETURNED_BELOW = re.compile(
    r"^(?:[-_=*> ]{0,12}(?:below (?:this line|is a copy)|this is a copy|original message|returned message|"
    r"returned mail|message (?:header|text|follows)|the (?:original|header)|included is|unsent message|"
    r"start of returned)|(?:Received|Return-Path|Message-ID|Delivered-To|DKIM-Signature): )",
    re.IGNORECASE | re.MULTILINE,
)

AUTO_REPLY_SUBJECT = re.compile(
    r"^(?:\W*)(?:auto(?:matic|mated)?[ -]?(?:reply|response|responder)|out of (?:the )?office|vacation|away from|"
    r"abwesenheit|automatische antwort|r[ée]ponse automatique|absence|fuera de)",
    re.IGNORECASE,
)
