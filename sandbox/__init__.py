"""Kasauti: people and rules around the rails and the ledger; the app, the transaction, the clock."""
