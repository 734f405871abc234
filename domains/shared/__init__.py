"""The floor that every room of `domains/` stands on: behaviour is inherited from here, rooms declare facts."""
