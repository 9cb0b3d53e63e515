"""Webhooks: taken, stored, answered, and only then followed."""
