"""Every template there is."""

from patchwire.repair.templates import calls, conditions, literals, names, operators, statements

TEMPLATES = (
    *operators.TEMPLATES,
    *literals.TEMPLATES,
    *conditions.TEMPLATES,
    *calls.TEMPLATES,
    *names.TEMPLATES,
    *statements.TEMPLATES,
)
