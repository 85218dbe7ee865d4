"""What the archive says, for people who read Chinese: its English sentences and names by two tables that a domain expert reviews."""

from archive.web.speech.names import (
    class_name,
    division_name,
    family_name,
    figure_name,
    outcome_name,
    rule_name,
    section_name,
    severity_name,
    source_name,
    state_name,
    status_name,
    table_name,
    template_name,
)
from archive.web.speech.sentences import in_chinese

__all__ = [
    "class_name",
    "division_name",
    "family_name",
    "figure_name",
    "in_chinese",
    "outcome_name",
    "rule_name",
    "section_name",
    "severity_name",
    "source_name",
    "state_name",
    "status_name",
    "table_name",
    "template_name",
]
