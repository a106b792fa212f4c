"""Patchwire: a coding assistant's backend. An editor or a CI job asks for a change; a tested diff comes back."""
