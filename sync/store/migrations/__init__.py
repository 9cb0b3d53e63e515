"""Migrations of the sync's database, applied on opening."""
