"""The tamper-evident ledger: what happened, in an order that nobody can rewrite unnoticed."""
