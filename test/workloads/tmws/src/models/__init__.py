"""The tables. Importing the package registers all of them, so that foreign keys between them resolve."""

from src.models.agent import Agent
from src.models.base import Base
from src.models.license import License
from src.models.memory import Memory

__all__ = ["Agent", "Base", "License", "Memory"]
