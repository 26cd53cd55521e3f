"""What a lesson's export holds."""

from lab.export.calls import Folder
from lab.export.lesson import Lesson
from lab.export.of_contract import folders_of_contract
from lab.export.of_steps import folders_of_steps


def folders(lesson: Lesson) -> list[Folder]:
    """A lesson's steps, a folder a question; without any, the shop's whole API, a folder a tag."""
    return list(folders_of_steps(lesson) if lesson.parts else folders_of_contract(lesson.contracts["shop"]))
