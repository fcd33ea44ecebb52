"""The tables of 2.3."""

from src.models.agent import Agent
from src.models.base import Base
from src.models.memory import Memory

__all__ = ["Agent", "Base", "Memory"]
