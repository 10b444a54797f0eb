"""The functions (responsibility areas) of a practice that other capabilities point to."""

from enum import StrEnum
from uuid import UUID


class Function(StrEnum):
    """A responsibility that somebody holds; work points to the function, and its holder is found for a given day."""

    GENERAL_MANAGER = "GENERAL_MANAGER"
    QUALITY_LEAD = "QUALITY_LEAD"
    HSE_LEAD = "HSE_LEAD"
    DATA_CONTROLLER_LEAD = "DATA_CONTROLLER_LEAD"
    EQUIPMENT_LEAD = "EQUIPMENT_LEAD"
    CLINICAL_LEAD = "CLINICAL_LEAD"
    SAFETY_REPRESENTATIVE = "SAFETY_REPRESENTATIVE"


FunctionKey = Function | UUID
"""One of the functions above, or the id of a function that the practice has established for itself."""
