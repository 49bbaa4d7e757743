"""The place for use cases: load, ask the domain, save, say what happened. One file a rule."""

from services.intro.ports import Store
from shared.transaction import Transaction

Tx = Transaction[Store]
