"""A stateful, strict fake of Klaviyo's REST API; see FIDELITY.md for what it imitates, on what evidence."""
