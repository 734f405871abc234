"""The modern backend: one room per domain on a shared floor (`domains/shared`)."""
