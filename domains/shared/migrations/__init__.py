"""What modern adds to the database, as Alembic migrations.

All of it is additive and safe while legacy is live: indexes, each built `CONCURRENTLY`, no column and no table of
the CRM. Without them every answer is the same.
"""
