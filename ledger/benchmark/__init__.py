"""`python -m ledger.benchmark`: how fast the ledger writes, each figure beside a floor of the same run.

Everything is durable as in production (SQLite: WAL, synchronous=FULL; PostgreSQL: fsync and
synchronous_commit on), all rules and indexes and the chain of digests are on, and every id is new. What is
compared is measured in turn, and each figure is the median of its rounds.
"""
